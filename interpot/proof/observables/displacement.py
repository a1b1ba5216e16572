"""Mean-square displacement.

Source: D. Frenkel and B. Smit, Understanding Molecular Simulation, 2nd ed. (2002), section 4.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from interpot.comparison import Curve
from interpot.proof.observables.blocks import block_average
from interpot.proof.observables.paths import Paths, follow
from interpot.proof.observables.recorded import Measured, Quantity, Recorded, in_style, or_missing
from interpot.records import FloatArray, Frame, IntArray

_LAGS = 50
LONGEST = "longest time"  # internal units: the name of the choice that both runs share


def measure(run: Recorded) -> Iterator[Measured]:
    """<|q(t0 + t) - q(t0)|²> of all particles."""
    style = run.units
    quantity = Quantity("mean-square displacement", f"{style.length_unit}^2", "t", style.time_unit)

    def measured() -> Iterator[Measured]:
        paths = run.paths
        curve = in_style(mean_square(paths, chosen_lags(run)), style.time, style.length**2)
        yield Measured(quantity, curve, len(paths), chosen=shared_time(run))

    yield from or_missing([quantity], measured)


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
    paths = follow(frames, interval=spacing)
    reach = paths.block_length - 1
    lags = lag_grid(reach if longest is None else min(longest, reach))
    return mean_square(paths, lags, paths.spacing() if spacing is None else spacing)


def mean_square(paths: Paths, lags: IntArray, spacing: float | None = None) -> Curve:
    """Mean-square displacement of all particles, Å², from those followed."""
    spacing = paths.spacing() if spacing is None else spacing
    if len(lags) == 0:
        return Curve(np.zeros(0), np.zeros(0), np.zeros(0))
    curves = block_curves(paths.positions, lags, paths.blocks, paths.weights)
    return Curve(np.asarray(lags * spacing, dtype=np.float64), *block_average(curves, paths.blocks))


def block_curves(positions: FloatArray, lags: IntArray, blocks: int, weights: FloatArray) -> FloatArray:
    """Mean-square displacements in each block, (b, l): from all time origins, particles weighted.

    Few lags are wanted, so that adding up squares is quicker than the Fourier method, and exact.
    """
    return np.array(
        [[_displacement(piece, lag, weights) for lag in lags] for piece in np.array_split(positions, blocks)]
    )


def lag_grid(longest: int) -> IntArray:
    """Up to 50 evenly spaced numbers of frames from 1 to the longest."""
    longest = max(longest, 0)
    return np.unique(np.linspace(1, longest, min(longest, _LAGS)).astype(np.int64))


def longest(run: Recorded) -> int:
    """Return the longest time in frames over which both runs are followed: what the first run chose, or a block."""
    if LONGEST in run.chosen:
        return round(run.chosen[LONGEST] / run.paths.spacing())
    return run.paths.block_length - 1


def shared_time(run: Recorded) -> dict[str, float]:
    """Return this choice for the other run."""
    return {LONGEST: longest(run) * run.paths.spacing()}


def chosen_lags(run: Recorded) -> IntArray:
    """Return the lags that both runs share, those left out that this run is too short for."""
    lags = lag_grid(longest(run))
    return lags[lags < run.paths.block_length]


def _displacement(path: FloatArray, lag: int, weights: FloatArray) -> float:
    return float(np.mean(np.sum((path[lag:] - path[:-lag]) ** 2, axis=2) @ weights))
