"""Frames, and the textbook's feature matrix, made without the package's own geometry, splines and kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from ase.neighborlist import primitive_neighbor_list
from numpy.typing import NDArray
from scipy.interpolate import BSpline

from interpot.records import Cell, Frame
from interpot.statistic.basis import LogSplines
from interpot.statistic.channels import Channel
from interpot.units import UnitStyle, unit_style

FloatArray = NDArray[np.float64]
METAL = unit_style("metal")
Slope = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Frames:
    """A trajectory in memory."""

    frames: Sequence[Frame]
    units: UnitStyle = METAL
    sources: tuple[Path, ...] = (Path("memory.dump"),)

    def __iter__(self) -> Iterator[Frame]:
        return iter(self.frames)


def lattice_gas(
    random: np.random.Generator,
    sites: int = 3,
    spacing: float = 3.0,
    rattle: float = 0.6,
    species: tuple[str, ...] = ("Ar",),
    dimension: int = 3,
    vacancies: int = 0,
    periodic: bool = True,
    shear: float = 0.0,
) -> Frame:
    """Particles rattled around a simple lattice, species dealt at random, some sites empty."""
    shape = (sites,) * dimension + (1,) * (3 - dimension)
    x = spacing * np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1).reshape(-1, 3)
    x = x + random.uniform(-rattle, rattle, x.shape) * (np.arange(3) < dimension)
    x = x[random.permutation(len(x))[vacancies:]]
    vectors = spacing * np.diag(np.array(shape, dtype=float))
    vectors[1, 0] = shear
    repeats = (periodic, periodic, periodic and dimension == 3)
    kinds = np.concatenate([np.arange(len(species)), random.integers(len(species), size=len(x))])[: len(x)]
    return Frame(x, species, kinds.astype(np.int64), Cell(vectors, np.zeros(3), repeats), dimension)


def neighbours(frame: Frame, channel: Channel) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
    """Both directions of every pair of a channel: i, j and the vector from i to j."""
    i, j, vector = primitive_neighbor_list(
        "ijD", frame.cell.periodic, frame.cell.vectors, frame.positions, channel.cutoff
    )
    names = np.array(frame.species)[frame.kinds]
    mine = [tuple(sorted(pair)) == channel.species for pair in zip(names[i], names[j], strict=True)]
    keep = np.array(mine, dtype=bool) & (np.linalg.norm(vector, axis=1) < channel.cutoff)
    return i[keep], j[keep], vector[keep]


def columns(frame: Frame, channel: Channel, slopes: Sequence[Slope]) -> FloatArray:
    """X_m = Σ_j B_m'(r_ij) r̂_ij for every particle i, flattened as (n d, M)."""
    i, _, vector = neighbours(frame, channel)
    r = np.linalg.norm(vector, axis=1)
    out = np.zeros((len(frame.positions), 3, len(slopes)))
    for m, slope in enumerate(slopes):
        np.add.at(out[:, :, m], i, (slope(r) / r)[:, None] * vector)
    return out[:, : frame.dimension].reshape(-1, len(slopes))


def spline_slopes(basis: LogSplines) -> list[Slope]:
    """dB_m/dr by scipy: B_m stands on the knots u = m-5 ... m+1 of u = ln(cutoff/r)/spacing."""

    def slope(m: int) -> Slope:
        derivative = BSpline.basis_element(np.arange(m - 5.0, m + 2.0), extrapolate=False).derivative()

        def at(r: FloatArray) -> FloatArray:
            u = np.log(basis.cutoff / r) / basis.spacing
            return np.asarray(np.nan_to_num(derivative(u)) * -1 / (basis.spacing * r))

        return at

    return [slope(m) for m in range(basis.size)]


def features(frame: Frame, channels: Sequence[Channel], bases: Sequence[LogSplines]) -> FloatArray:
    """The feature matrix of one frame, all channels side by side."""
    return np.hstack([columns(frame, c, spline_slopes(b)) for c, b in zip(channels, bases, strict=True)])


def with_forces(
    frame: Frame,
    channels: Sequence[Channel],
    slopes: Sequence[Slope],
    noise: float = 0.0,
    random: np.random.Generator | None = None,
) -> Frame:
    """The frame with the forces of φ' = slopes, one per channel, and independent Gaussian noise on each."""
    d = frame.dimension
    forces = np.zeros(frame.positions.shape)
    for channel, slope in zip(channels, slopes, strict=True):
        forces[:, :d] += columns(frame, channel, [slope])[:, 0].reshape(-1, d)
    if random is not None:
        forces[:, :d] += noise * random.normal(size=(len(forces), d))
    return replace(frame, forces=forces)


def with_any_forces(frame: Frame, random: np.random.Generator) -> Frame:
    return replace(frame, forces=random.normal(size=frame.positions.shape))


def lennard_jones(epsilon: float = 0.01, sigma: float = 2.6) -> Slope:
    return lambda r: 4 * epsilon * (-12 * (sigma / r) ** 12 + 6 * (sigma / r) ** 6) / r
