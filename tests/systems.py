"""Systems whose truth is known: molecular dynamics by LAMMPS, and frames with forces from a formula."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.build import bulk

from interpot import accumulate, from_atoms, pair_channels, read
from interpot.proof.engines import engine
from interpot.records import Cell, Dynamics, FloatArray, Frame, IntArray, ReferenceModel, Trajectory
from interpot.statistic.blocks import Blocks, SpeciesSums
from interpot.statistic.normal_equations import Statistic
from interpot.units import STYLES, UnitStyle, unit_style


@dataclass(frozen=True)
class Frames:
    """A trajectory in memory."""

    frames: Sequence[Frame]
    units: UnitStyle = STYLES["metal"]
    sources: tuple[Path, ...] = (Path("memory"),)

    def __iter__(self) -> Iterator[Frame]:
        return iter(self.frames)


# ---------------------------------------------------------------------------- by LAMMPS


@dataclass(frozen=True)
class System:
    """A system that LAMMPS simulates; numbers are in the units of the style.

    `constants` are what was given to LAMMPS, by channel, under the names that interpot should give them;
    `forms` the names of the forms, `cutoffs` what LAMMPS truncates at where that is to be found.
    """

    name: str
    commands: tuple[str, ...]
    start: Frame
    dynamics: Dynamics
    cutoff: float
    constants: Mapping[str, Mapping[str, float]]
    forms: Mapping[str, str]
    units: str = "metal"
    cutoffs: Mapping[str, float] = field(default_factory=dict)

    def simulate(self, folder: Path) -> Trajectory:
        """Its frames, simulated at most once however many processes ask."""
        path = folder / f"{self.name}.lammpstrj"
        with (folder / f"{self.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                model = ReferenceModel("lammps", self.commands)
                engine("lammps").run(
                    model, self.start, self.dynamics, unit_style(self.units), folder, self.name
                )
        return read(path, units=self.units, dimension=self.start.dimension)


def crystal(
    spacing: float,
    repeats: int,
    kinds: Sequence[str] = ("Ar",),
    units: str = "metal",
    mass: float | None = None,
) -> Frame:
    """A face-centred cubic crystal, its sites taken by the kinds in turn.

    `spacing` and `mass` are in the units of the style; the masses of the elements are the default.
    """
    style = unit_style(units)
    atoms = bulk("Ar", "fcc", a=spacing * style.length, cubic=True).repeat(repeats)
    # a shuffled order, so that no species forms layers
    order = np.random.default_rng(1).permutation(len(atoms))
    symbols = np.resize(np.array(kinds), len(atoms))[order]
    atoms.set_chemical_symbols(symbols.tolist())
    frame = from_atoms(atoms)
    return frame if mass is None else replace(frame, masses=np.full(len(atoms), mass * style.mass))


def square_lattice(spacing: float, repeats: int, mass: float = 1.0) -> Frame:
    """A two-dimensional square lattice in reduced units."""
    cell = np.diag([spacing * repeats, spacing * repeats, 1.0])
    x, y = np.meshgrid(np.arange(repeats), np.arange(repeats))
    sites = np.column_stack([x.ravel(), y.ravel(), np.zeros(repeats**2)]) * spacing
    frame = from_atoms(Atoms(f"Ar{repeats**2}", positions=sites, cell=cell, pbc=(1, 1, 0)), dimension=2)
    return replace(frame, masses=np.full(repeats**2, mass))


def opened(frame: Frame) -> Frame:
    """The same atoms without periodicity."""
    return replace(frame, cell=Cell(frame.cell.vectors, frame.cell.origin, (False, False, False)))


# ---------------------------------------------------------------------------- by a formula

Slope = Callable[[FloatArray], FloatArray]


def brute_forces(
    positions: FloatArray, kinds: Sequence[int], slopes: Mapping[tuple[int, int], Slope]
) -> FloatArray:
    """F_i = Σ_j φ'(r_ij) r̂_ij over all pairs of an open cluster, straight from the definition."""
    difference = positions[None] - positions[:, None]  # r_j - r_i
    distance = np.linalg.norm(difference, axis=-1)
    np.fill_diagonal(distance, 1.0)
    kinds = np.asarray(kinds)
    pull = np.zeros_like(distance)
    for (a, b), slope in slopes.items():
        chosen = (np.minimum.outer(kinds, kinds) == a) & (np.maximum.outer(kinds, kinds) == b)
        pull[chosen] = slope(distance[chosen])
    np.fill_diagonal(pull, 0.0)
    return np.asarray((pull / distance)[..., None] * difference).sum(axis=1)


def clusters(
    slope: Slope,
    frames: int = 12,
    atoms: int = 40,
    low: float = 3.0,
    high: float = 9.0,
    noise: float = 0.0,
    seed: int = 1,
) -> list[Frame]:
    """Open clusters of random atoms no closer than `low`, in a cube that is filled to two thirds at most.

    `high` is the edge of the cube, in units of `low` it should be above 3; noise is relative to the
    root mean square force component.
    """
    random = np.random.default_rng(seed)
    made = []
    for index in range(frames):
        placed: list[FloatArray] = []
        while len(placed) < atoms:
            trial = random.uniform(0, high, 3)
            if all(np.linalg.norm(trial - other) > low for other in placed):
                placed.append(trial)
        positions = np.array(placed)
        forces = brute_forces(positions, [0] * atoms, {(0, 0): slope})
        made.append(
            Frame(
                positions,
                ("Ar",),
                np.zeros(atoms, dtype=np.int64),
                Cell(np.diag([high] * 3), np.zeros(3), (False, False, False)),
                forces=forces,
                source="memory",
                index=index,
            )
        )
    return noisy(made, noise, seed) if noise else made


def noisy(frames: Iterable[Frame], level: float, seed: int) -> list[Frame]:
    """Add Gaussian noise to the forces, relative to the root mean square component of all frames."""
    random, kept = np.random.default_rng(seed), list(frames)
    size = np.sqrt(np.mean([frame.forces[:, : frame.dimension] ** 2 for frame in kept]))
    return [replace(f, forces=f.forces + random.normal(0, level * size, f.forces.shape)) for f in kept]


def scaled(frames: Iterable[Frame], length: float = 1.0, energy: float = 1.0) -> list[Frame]:
    """The same physics with all lengths and energies multiplied."""
    return [
        replace(
            f,
            positions=f.positions * length,
            cell=Cell(f.cell.vectors * length, f.cell.origin * length, f.cell.periodic),
            forces=f.forces * (energy / length),
            velocities=None,
            unwrapped=None,
        )
        for f in frames
    ]


def statistic_of(frames: Trajectory, cutoff: float, find: str = "given") -> Statistic:
    """Accumulate with one cutoff, in the units of the frames."""
    return accumulate(frames, pair_channels(frames, cutoff), cutoffs=find)


def blocks_of(
    gram: FloatArray,
    moment: FloatArray,
    square: FloatArray,
    rows: IntArray,
    frames: IntArray,
    net: FloatArray | None = None,
) -> Blocks:
    """Sums of a single species "Ar", whose matrices are given in full: (b, K, K), (b, K), (b,) ..."""
    upper = np.triu_indices(gram.shape[1])
    own = np.arange(gram.shape[1])
    part = SpeciesSums("Ar", own, gram[:, *upper], moment, square, rows)
    return Blocks(len(own), (part,), frames, np.full(len(frames), np.nan) if net is None else net)
