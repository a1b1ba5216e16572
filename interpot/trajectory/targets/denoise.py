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

**Noise upon noise.** With as much noise drawn once more, η' of the same σ, the sums change as they have changed
already, to first order in σ²: XᵀX by A(q + η') - A(q), and Xᵀy likewise, what features and targets share of the noise
and what noise does to the mean of a curved function included. The changes are taken back
(`interpot.statistic.less_noise`). Each η' is drawn with both signs, whose mean has no error of first order.

Source: J. R. Cook and L. A. Stefanski, J. Am. Stat. Assoc. 89, 1314 (1994), who extrapolate from several levels of
further noise to none; here it is moments that are extrapolated, for which one level is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from interpot.records import FloatArray
from interpot.trajectory.following import Instant

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
    """Noise of the positions by species; empty if no stretch has 11 instants.

    Parameters
    ----------
    instants
        Successive ones; differences do not reach from stretch to stretch. A hundred do for ten particles.
    """
    sums: dict[str, FloatArray] = {}
    for stretch in _long_stretches(instants):
        times = np.array([instant.time for instant in stretch])
        frame = stretch[0].frame
        path = np.array([instant.path[:, : frame.dimension] for instant in stretch])
        free = np.array([np.full(path.shape[1], True) if i.hit is None else ~i.hit for i in stretch])
        variances = np.array([_difference_variances(times, path, free, order) for order in _ORDERS])
        for kind in np.unique(frame.kinds):
            own, name = (frame.kinds == kind) & np.isfinite(variances).all(axis=0), frame.species[kind]
            if not own.any():
                continue
            met = len(stretch) * np.r_[variances[:, own].sum(axis=1), own.sum()]
            sums[name] = sums.get(name, np.zeros(3)) + met
    found = {}
    for name, (low, high, count) in sums.items():
        found[name] = Noise(deviation=float(np.sqrt(high / count)), seen=bool(high > _AGREEMENT * low))
    return found


def _long_stretches(instants: Iterable[Instant]) -> list[list[Instant]]:
    """Stretches that hold the differences of all orders."""
    stretches: list[list[Instant]] = []
    for instant in instants:
        if instant.begins or not stretches:
            stretches.append([])
        stretches[-1].append(instant)
    return [stretch for stretch in stretches if len(stretch) > max(_ORDERS)]


def _difference_variances(
    times: FloatArray, path: FloatArray, free: NDArray[np.bool_], order: int
) -> FloatArray:
    """Mean square of the differences of an order, for each particle, (n,); NaN for one that hits walls all the time.

    `free`, (T, n), says who has hit no hard wall since the instant before: a kink looks like noise.
    """
    squares, counted = [], []
    for first in range(len(times) - order):
        span = slice(first, first + order + 1)
        weights = _divided_difference(times[span])
        about = (
            path[span] - path[first]
        )  # the difference of a constant is zero; coordinates may be far from the origin
        squares.append(np.mean(np.tensordot(weights, about, axes=1) ** 2, axis=1))
        counted.append(free[first + 1 : first + order + 1].all(axis=0))
    count = np.sum(counted, axis=0)
    return np.where(count, np.sum(np.array(squares) * counted, axis=0) / np.maximum(count, 1), np.nan)


def _divided_difference(times: FloatArray) -> FloatArray:
    """Weights 1/Π_{s≠t}(t - s), which give zero on all lower polynomials, with squares of sum 1."""
    apart = (times[:, None] - times) / (times[-1] - times[0])
    np.fill_diagonal(apart, 1.0)
    weights = 1 / np.prod(apart, axis=1)
    return np.asarray(weights / np.linalg.norm(weights))


def noisier(instants: Iterable[Instant], deviation: float, sign: int) -> Iterator[Instant]:
    """The same instants with further noise of the positions.

    Parameters
    ----------
    instants
        As they were recorded.
    deviation
        σ of each coordinate, Å.
    sign
        +1 or -1: the two differ from the instants by opposite vectors.
    """
    for instant in instants:
        drawn = sign * _drawn(instant, deviation)
        frame = replace(instant.frame, positions=instant.frame.positions + drawn)
        yield replace(instant, frame=frame, path=instant.path + drawn)


def _drawn(instant: Instant, deviation: float) -> FloatArray:
    """η' of one frame, (n, 3), Å: the same in all windows that it belongs to, another for every frame."""
    key = (_SEED, int(np.float64(instant.time).view(np.uint64)))
    drawn = deviation * np.random.default_rng(key).standard_normal(instant.path.shape)
    drawn[:, instant.frame.dimension :] = 0.0
    return np.asarray(drawn)
