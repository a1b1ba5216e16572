"""Noise of recorded positions: how large it is, and the rows that take it out of the normal equations.

**How large.** The k-th divided difference of a path in time, its weights scaled to squares of sum 1, has the variance
σ² of white noise whatever k is, but of smooth motion it leaves the less the higher k is. Where two orders agree, it is
noise; where the higher one is still smaller, motion hides the noise, and it bounds σ from above. On liquid argon noise
of 1e-4 of the diameter is found within 1 % up to 20 fs between frames, within 6 % at 40 fs.

**What it does.** Features X(q + η) at noisy positions are too large where they are squared, so that least squares gives
too small forces (errors in variables). Noise of 1 % of the diameter makes ε of liquid argon 4 % too small at 10 fs
between frames, 9 (hats) to 16 % (wide bumps) at 40 fs, 30 % at 80 fs. To smooth the positions first does not mend it:
a window averages noise as well as a local polynomial does, and the polynomial adds a bias of its own (at 40 fs, 9 to
14 % remain with five frames; with nine it is between 5 % too much and 4 % too little).

**Rows of noise.** What the noise adds to the sums is drawn once more: with η' of the same σ, the rows

    X' = Σ_t v_t [X(q_t + η'_t) - X(q_t)],      y' = Σ_t c_t m η'_t

have the products X'ᵀX' and X'ᵀy' that the noise has put into XᵀX and Xᵀy, those of the features with the targets, which
share their noise, among them. They are subtracted (`Windows.subtracted`). As above: 0.5 % instead of 4 % at 10 fs, 0.5
to 3 % instead of 9 to 16 % at 40 fs, 3 % instead of 30 % at 80 fs. What is left, now on the other side, is of second
order: the noise is drawn about positions that have it already.

Source: J. R. Cook and L. A. Stefanski, J. Am. Stat. Assoc. 89, 1314 (1994), who draw further noise to extrapolate to
none; here one level of it is enough, as it is moments that are subtracted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from interpot.records import FloatArray
from interpot.trajectory.following import Instant
from interpot.trajectory.targets.windows import Windows

_ORDERS = (7, 10)
"""Orders of difference that are compared."""

_AGREEMENT = 0.8
"""Least ratio of the variances of the higher and the lower order for which they are called noise."""

_SEED = 20261121


@dataclass(frozen=True, slots=True)
class Noise:
    """White noise of recorded positions.

    Attributes
    ----------
    deviation : Å
        σ of one coordinate, or its upper bound.
    seen
        Whether it is noise; else motion hides what noise there is.
    """

    deviation: float
    seen: bool


def estimate_noise(instants: Sequence[Instant]) -> dict[str, Noise]:
    """Noise of the positions by species, from the paths of one stretch; empty if it has fewer than 11 instants.

    Parameters
    ----------
    instants
        Consecutive, with the same particles; a hundred do for ten particles.
    """
    if len(instants) <= max(_ORDERS):
        return {}
    times = np.array([instant.time for instant in instants])
    path = np.array([instant.path for instant in instants])
    frame = instants[0].frame
    lower, higher = (_difference_variances(times, path[:, :, : frame.dimension], order) for order in _ORDERS)
    found = {}
    for kind in np.unique(frame.kinds):
        low, high = (float(np.mean(variances[frame.kinds == kind])) for variances in (lower, higher))
        found[frame.species[kind]] = Noise(deviation=float(np.sqrt(high)), seen=high > _AGREEMENT * low)
    return found


def _difference_variances(times: FloatArray, path: FloatArray, order: int) -> FloatArray:
    """Mean square of the differences of an order, for each particle, (n,)."""
    squares = []
    for first in range(len(times) - order):
        span = slice(first, first + order + 1)
        weights = _divided_difference(times[span])
        about = (
            path[span] - path[first]
        )  # the difference of a constant is zero; coordinates may be far from the origin
        squares.append(np.mean(np.tensordot(weights, about, axes=1) ** 2, axis=1))
    return np.asarray(np.mean(squares, axis=0))


def _divided_difference(times: FloatArray) -> FloatArray:
    """Weights 1/Π_{s≠t}(t - s), which give zero on all lower polynomials, with squares of sum 1."""
    apart = (times[:, None] - times) / (times[-1] - times[0])
    np.fill_diagonal(apart, 1.0)
    weights = 1 / np.prod(apart, axis=1)
    return np.asarray(weights / np.linalg.norm(weights))


def with_noise_rows(
    windows: Windows, instants: Sequence[Instant], moved: FloatArray, order: int, deviation: float
) -> Windows:
    """The same windows, and behind them as many rows of noise, which are to be subtracted.

    Parameters
    ----------
    windows
        Of the frames of `instants`.
    instants : T
    moved : (W, T) float64
        Weights C or B of what moves.
    order
        2 where the targets are made of the positions and share their noise, 1 where they are made of momenta.
    deviation
        σ of the positions, Å.
    """
    drawn = np.array([_drawn(instant, deviation) for instant in instants])
    noisy = tuple(
        replace(instant.frame, positions=instant.frame.positions + shift)
        for instant, shift in zip(instants, drawn, strict=True)
    )
    blank = np.zeros_like(windows.weights)
    shared = instants[0].masses[:, None] * np.tensordot(moved, drawn, axes=1)
    targets = shared if order == 2 else np.zeros_like(windows.targets)
    return replace(
        windows,
        frames=windows.frames + noisy,
        weights=np.block([[windows.weights, blank], [-windows.weights, windows.weights]]),
        targets=np.concatenate([windows.targets, targets]),
        subtracted=len(windows.weights),
    )


def _drawn(instant: Instant, deviation: float) -> FloatArray:
    """η' of one frame, (n, 3), Å: the same in all windows that it belongs to, another for every frame."""
    key = (_SEED, int(np.float64(instant.time).view(np.uint64)))
    drawn = deviation * np.random.default_rng(key).standard_normal(instant.path.shape)
    drawn[:, instant.frame.dimension :] = 0.0
    return np.asarray(drawn)
