"""Radial distribution functions.

Source: D. Frenkel and B. Smit, Understanding Molecular Simulation, 2nd ed. (2002), section 4.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations_with_replacement

import numpy as np

from interpot.comparison import Curve
from interpot.errors import InterpotError
from interpot.geometry import complete_vectors
from interpot.neighbours import PairSearch
from interpot.proof.observables.blocks import block_average
from interpot.proof.observables.recorded import Measured, Quantity, Recorded, fills_space, in_style
from interpot.records import FloatArray, Frame

BINS = 100
_SMOOTH = 3  # bins over which a curve is averaged before its extremes are looked for

Pair = tuple[str, str]


def measure(run: Recorded) -> Iterator[Measured]:
    """g(r) of every pair of species up to the run's reach, or distributions of distances in open systems."""
    style = run.units
    name, unit, scale = "g(r)", "1", 1.0
    if not run.periodic:
        name, unit, scale = "pair distances", f"1/{style.length_unit}", 1 / style.length
    curves = all_rdfs(run)
    if not curves:
        yield Quantity(name, unit, "r", style.length_unit).missing("there is one particle only")
    for pair, curve in curves.items():
        quantity = Quantity(f"{name} {'-'.join(pair)}", unit, "r", style.length_unit, many=True)
        yield Measured(quantity, in_style(curve, style.length, scale), len(run.frames))


def all_rdfs(run: Recorded) -> dict[Pair, Curve]:
    """g(r) of all pairs of species of a run, in Å; counted once."""
    return run.once("g(r)", lambda: rdfs(run.frames, run.reach, BINS))


def rdf(frames: Iterable[Frame], pair: Pair, rmax: float, bins: int = BINS) -> Curve:
    """Radial distribution function of one pair of species; see `rdfs`."""
    names = sorted(pair)
    return rdfs(frames, rmax, bins)[names[0], names[1]]


def rdfs(frames: Iterable[Frame], rmax: float, bins: int = BINS) -> dict[Pair, Curve]:
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


def total_rdf(curves: Mapping[Pair, Curve], frame: Frame) -> Curve:
    """g(r) of all particles whatever their species: the mean over pairs of particles, without errors."""
    numbers = dict(zip(frame.species, np.bincount(frame.kinds, minlength=len(frame.species)), strict=True))
    pairs = [numbers[a] * (numbers[a] - 1) / 2 if a == b else numbers[a] * numbers[b] for a, b in curves]
    y = np.average([curve.y for curve in curves.values()], axis=0, weights=pairs)
    return Curve(next(iter(curves.values())).x, y, np.full_like(y, np.nan))


def neighbours_density(curve: Curve, frame: Frame) -> Curve:
    """g(r), or in an open system what it is up to a factor: the distribution of distances over r^(d - 1).

    Without that division its highest peak is the size of the whole cloud.
    """
    if fills_space(frame):
        return curve
    shells = curve.x ** (frame.dimension - 1)
    return Curve(curve.x, curve.y / shells, curve.error / shells)


def first_shell(curve: Curve) -> tuple[float, str]:
    """Return the radius of the first coordination shell, Å, and the criterion that gave it.

    The first minimum of g(r) behind its first peak, or 1.5 times the place of that peak where the curve ends
    before it or does not fall to three quarters of the peak: in a gas nothing separates the shells.

    Raises
    ------
    InterpotError
        There are no pairs at all.
    """
    if not curve.y.any():
        raise InterpotError("there are no pairs within reach: no shell of neighbours to count")
    smooth = np.convolve(np.pad(curve.y, _SMOOTH // 2, mode="edge"), np.full(_SMOOTH, 1 / _SMOOTH), "valid")
    peak = _first_peak(smooth)
    behind = _lowest_behind(smooth, peak, curve.x)
    if smooth[behind] < 0.75 * smooth[peak] and behind < len(smooth) - 1:
        return float(curve.x[behind]), "the first minimum of g(r)"
    return 1.5 * float(curve.x[peak]), "1.5 times the first peak of g(r)"


def _first_peak(smooth: FloatArray) -> int:
    """Return the top of the first stretch that is above half of the highest point."""
    high = smooth > 0.5 * smooth.max()
    start = int(high.argmax())
    end = start + int(np.append(~high[start:], True).argmax())
    return start + int(smooth[start:end].argmax())


def _lowest_behind(smooth: FloatArray, peak: int, x: FloatArray) -> int:
    """Return the lowest point between a peak and 1.8 times its distance, in the middle of a flat bottom.

    Noise makes small minima on the way; the lowest point is none of them. The second shell lies at 1.15 (body-centred
    cubic) to 1.7 times the first (dense liquids: 1.9); where there are gaps on both sides of it, the first counts.
    """
    reach = int(np.searchsorted(x, 1.8 * x[peak], side="right"))
    window = smooth[peak:reach]
    lowest = np.flatnonzero(window <= window.min() + 1e-12 * smooth[peak])
    gaps = np.flatnonzero(np.diff(lowest) > 1)
    flat = lowest[: gaps[0] + 1] if len(gaps) else lowest
    return peak + int(flat[len(flat) // 2])


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
    if frame.dimension == 2:
        return np.asarray(np.pi * np.diff(edges**2) / volume(frame))
    return np.asarray(4 * np.pi / 3 * np.diff(edges**3) / volume(frame))


def volume(frame: Frame) -> float:
    """Volume of the cell, Å³; in two dimensions its area, Å²."""
    vectors = complete_vectors(frame.cell)
    if frame.dimension == 2:
        return float(np.linalg.norm(np.cross(vectors[0], vectors[1])))
    return float(abs(np.linalg.det(vectors)))
