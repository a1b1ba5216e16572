"""What a run is judged by: g(r), mean-square displacement, energy drift, means; each with a standard error.

Standard errors come from blocks: a series is cut into up to eight consecutive pieces, whose means scatter as
independent measurements do once a piece is longer than the correlation time.

Sources: D. Frenkel and B. Smit, Understanding Molecular Simulation, 2nd ed. (2002), sections 4.4 and 4.5;
H. Flyvbjerg and H. G. Petersen, J. Chem. Phys. 91, 461 (1989).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from interpot.errors import InterpotError
from interpot.geometry import complete_vectors
from interpot.neighbours import PairSearch
from interpot.records import Curve, FloatArray, Frame
from interpot.units import UnitStyle

_BLOCKS = 8
_PER_BLOCK = 4  # measurements; with fewer a block's mean says little
_LAGS = 50
_PARTICLES = 1000  # of which displacements are followed

Pair = tuple[str, str]


def block_count(measurements: int) -> int:
    """How many blocks a series is cut into: 8, or fewer with at least 4 measurements each."""
    return min(_BLOCKS, measurements // _PER_BLOCK)


def block_average(series: FloatArray, blocks: int | None = None) -> tuple[FloatArray, FloatArray]:
    """Mean over the first axis and its standard error.

    Parameters
    ----------
    series : (m, ...) float64
        Consecutive measurements.
    blocks
        Number of blocks; None takes `block_count`. With fewer than two the error is nan.
    """
    blocks = block_count(len(series)) if blocks is None else blocks
    mean = series.mean(axis=0)
    if blocks < 2:
        return mean, np.full_like(mean, np.nan)
    means = np.stack([piece.mean(axis=0) for piece in np.array_split(series, blocks)])
    return mean, means.std(axis=0, ddof=1) / np.sqrt(blocks)


# ---------------------------------------------------------------------------- structure


def rdf(frames: Iterable[Frame], pair: Pair, rmax: float, bins: int = 100) -> Curve:
    """Radial distribution function of one pair of species; see `rdfs`."""
    names = sorted(pair)
    return rdfs(frames, rmax, bins)[names[0], names[1]]


def rdfs(frames: Iterable[Frame], rmax: float, bins: int = 100) -> dict[Pair, Curve]:
    """Radial distribution functions of all pairs of species that have particles.

        g(r) = V n_ab(r, r+dr) / (P_ab v(r, r+dr)),    P_aa = N_a (N_a - 1)/2,    P_ab = N_a N_b

    with n the number of pairs of images of different particles in a shell of volume v (in two dimensions: area),
    V the volume of the cell; independent uniform particles give 1 at all r. Without periodicity in every
    direction there is no such volume; then the distribution of pair distances is returned instead,
    n/(P_ab dr) in 1/Å.

    Parameters
    ----------
    frames
        Their number of particles may vary.
    rmax
        Å.
    bins
        Of equal width from 0 to `rmax`; x is their middle.
    """
    search = PairSearch(rmax)
    edges = np.linspace(0.0, rmax, bins + 1)
    series: dict[Pair, list[FloatArray]] = {}
    for frame in frames:
        for pair, curve in _frame_rdf(frame, search, edges):
            series.setdefault(pair, []).append(curve)
    middle = (edges[1:] + edges[:-1]) / 2
    return {pair: Curve(middle, *block_average(np.stack(curves))) for pair, curves in sorted(series.items())}


def fills_space(frame: Frame) -> bool:
    """Whether every axis repeats, so that a density and g(r) exist."""
    return all(frame.cell.periodic[: frame.dimension])


def _frame_rdf(frame: Frame, search: PairSearch, edges: FloatArray) -> Iterator[tuple[Pair, FloatArray]]:
    bins, species = len(edges) - 1, len(frame.species)
    pairs = search(frame)
    apart = pairs.i != pairs.j  # a particle's own images lie where the cell puts them
    index = np.minimum((pairs.r[apart] / edges[-1] * bins).astype(np.int64), bins - 1)
    kinds = frame.kinds[pairs.i[apart]], frame.kinds[pairs.j[apart]]
    code = (np.minimum(*kinds) * species + np.maximum(*kinds)) * bins + index
    counts = np.bincount(code, minlength=species**2 * bins).reshape(species, species, bins)
    ideal = _ideal_shells(frame, edges)
    numbers = np.bincount(frame.kinds, minlength=species)
    for a, b in combinations_with_replacement(np.flatnonzero(numbers).tolist(), 2):
        total = numbers[a] * (numbers[a] - 1) / 2 if a == b else numbers[a] * numbers[b]
        if total > 0:
            yield (frame.species[a], frame.species[b]), counts[a, b] / (total * ideal)


def _ideal_shells(frame: Frame, edges: FloatArray) -> FloatArray:
    """Return what a pair of independent particles adds to each bin: v/V, or the bin's width."""
    if not fills_space(frame):
        return np.diff(edges)
    vectors = complete_vectors(frame.cell)
    if frame.dimension == 2:
        area = np.linalg.norm(np.cross(vectors[0], vectors[1]))
        return np.asarray(np.pi * np.diff(edges**2) / area)
    return np.asarray(4 * np.pi / 3 * np.diff(edges**3) / abs(np.linalg.det(vectors)))


# ---------------------------------------------------------------------------- motion


def msd(frames: Iterable[Frame], spacing: float | None = None, longest: int | None = None) -> Curve:
    """Mean-square displacement <|q(t0 + t) - q(t0)|²> over particles and time origins.

    The frames are cut into blocks; each yields one independent curve from all time origins inside it, so that
    the longest time is a block's length.

    Parameters
    ----------
    frames
        Evenly spaced in time, the same particles in each; up to 1000 of them are followed.
    spacing
        Time between two frames in internal units; None takes it from the frames' own times.
    longest
        Largest number of frames between origin and end; None takes a block's length.

    Returns
    -------
    Curve
        x in internal time units, y in Å²; empty with fewer than two frames to a block.

    Raises
    ------
    InterpotError
        The particles change, the frames are too far apart to follow the particles across a periodic boundary,
        or the spacing is neither given nor even.
    """
    path = follow(frames)
    if spacing is None:
        spacing = path.spacing()
    return path.msd(spacing, longest)


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Where particles went: continuous positions, (m, p, d) in Å, and the frames' times."""

    positions: FloatArray
    times: tuple[float | None, ...]

    def block_length(self) -> int:
        """Frames in each of the blocks into which the paths are cut."""
        return len(self.times) // max(block_count(len(self.times)), 1)

    def spacing(self) -> float:
        """Time between two frames; raises `InterpotError` where it is unknown or uneven."""
        known = np.array([t for t in self.times if t is not None])
        steps = np.diff(known)
        if len(known) < len(self.times) or len(steps) == 0:
            raise InterpotError("the frames do not tell their times: give the time between two frames")
        if steps.min() <= 0 or np.ptp(steps) > 1e-6 * steps.mean():
            raise InterpotError(
                f"the frames are not evenly spaced in time ({steps.min():g} to {steps.max():g} internal "
                "units apart): choose a range of frames that is"
            )
        return float(steps.mean())

    def msd(self, spacing: float, longest: int | None = None) -> Curve:
        """Mean-square displacement; see the function `msd`."""
        blocks = max(block_count(len(self.times)), 1)
        reach = self.block_length() - 1
        longest = max(reach if longest is None else min(longest, reach), 0)
        lags = np.unique(np.linspace(1, longest, min(longest, _LAGS)).astype(np.int64))
        pieces = np.array_split(self.positions, blocks)
        curves = np.array([[_displacement(piece, lag) for lag in lags] for piece in pieces])
        return Curve(np.asarray(lags * spacing), *block_average(curves, blocks))


def follow(frames: Iterable[Frame]) -> Paths:
    """Follow up to 1000 particles through the frames; raises as `msd` does."""
    times, positions = [], []
    for frame, unwrapped in _unwrapped(frames):
        times.append(frame.time)
        positions.append(unwrapped)
    return Paths(np.stack(positions), tuple(times))


def _displacement(path: FloatArray, lag: int) -> float:
    return float(np.mean(np.sum((path[lag:] - path[:-lag]) ** 2, axis=2)))


def _unwrapped(frames: Iterable[Frame]) -> Iterator[tuple[Frame, FloatArray]]:
    """Frames with the positions of the particles followed, (p, d), continuous across boundaries."""
    before: Frame | None = None
    shift = np.zeros((1, 3))
    for frame in frames:
        chosen = slice(None, None, -(-len(frame.kinds) // _PARTICLES))
        if before is not None:
            _same_particles(before, frame)
        if frame.unwrapped is not None:
            positions = frame.unwrapped
        else:
            if before is not None:
                shift = shift + _jumps(before, frame)
            positions = frame.positions + shift
        before = frame
        yield frame, positions[chosen, : frame.dimension].copy()  # a view would keep all particles


def _jumps(before: Frame, frame: Frame) -> FloatArray:
    """Lattice vectors that undo what wrapping did between two frames."""
    vectors = complete_vectors(frame.cell)
    repeats = np.array(frame.cell.periodic)
    fractional = (frame.positions - before.positions) @ np.linalg.inv(vectors)
    whole = np.round(fractional) * repeats
    moved = (np.abs(fractional - whole) * repeats).max(initial=0.0)
    if moved > 0.25:  # half a cell is where the nearest image becomes a guess
        raise InterpotError(
            f"{frame.source} frame {frame.index}: a particle moved by {moved:.2f} of the cell since the "
            "frame before, too far to follow across the boundary: record more often, or unwrapped positions"
        )
    return np.asarray(-whole @ vectors)


def _same_particles(before: Frame, frame: Frame) -> None:
    alike = len(before.kinds) == len(frame.kinds) and np.array_equal(before.kinds, frame.kinds)
    if alike and before.ids is not None and frame.ids is not None:
        alike = np.array_equal(before.ids, frame.ids)
    if not alike:
        raise InterpotError(
            f"{frame.source} frame {frame.index} does not hold the same particles as the frame before: "
            "displacements need the same ones throughout"
        )


# ---------------------------------------------------------------------------- time series


def mean_value(series: FloatArray) -> Curve:
    """Mean of a time series with its block error, as a curve of one point."""
    value, error = block_average(np.asarray(series, dtype=np.float64))
    return Curve(np.zeros(1), np.array([value]), np.array([error]))


def drift(time: FloatArray, energy: FloatArray) -> Curve:
    """Slope of a total energy against time, as a curve of one point.

    The mean of straight-line fits to each block, and its standard error. Cutting a potential off makes the
    energy a random walk, in which the residuals of one long fit would promise far too small an error.
    """
    blocks = max(block_count(len(time)), 1)
    pieces = zip(np.array_split(time, blocks), np.array_split(energy, blocks), strict=True)
    slopes = np.array([np.polynomial.polynomial.polyfit(t - t[0], e - e[0], 1)[1] for t, e in pieces])
    mean, error = block_average(slopes, blocks)
    return Curve(np.zeros(1), np.array([mean]), np.array([error]))


def kinetic_temperature(frame: Frame, units: UnitStyle) -> float | None:
    """Kinetic temperature 2K/(f k), f = d(n - 1), in the style's units; None without velocities or masses."""
    if frame.velocities is None or frame.masses is None or len(frame.kinds) < 2:
        return None
    velocities = frame.velocities[:, : frame.dimension]
    kinetic = 0.5 * float(frame.masses @ np.sum(velocities**2, axis=1)) / units.energy
    return 2 * kinetic / (frame.dimension * (len(frame.kinds) - 1) * units.boltzmann)
