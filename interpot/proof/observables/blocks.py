"""Standard errors from blocks: a series is cut into up to eight consecutive pieces.

Their means scatter as independent measurements do once a piece is longer than the correlation time; a shorter one
promises too small an error: 20 % too small in its square with blocks of five correlation times, 4 % with 27.

Sources: H. Flyvbjerg and H. G. Petersen, J. Chem. Phys. 91, 461 (1989); D. Frenkel and B. Smit, Understanding
Molecular Simulation, 2nd ed. (2002), section 4.4 and appendix D.
"""

from __future__ import annotations

import numpy as np

from interpot.comparison import Curve
from interpot.records import FloatArray

BLOCKS = 8
PER_BLOCK = 4  # measurements; with fewer a block's mean says little


def block_count(measurements: int) -> int:
    """How many blocks a series is cut into: 8, or fewer with at least 4 measurements each."""
    return min(BLOCKS, measurements // PER_BLOCK)


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


def single(value: float | FloatArray, error: float | FloatArray) -> Curve:
    """Return a number as a curve of one point at x = 0."""
    return Curve(np.zeros(1), np.array([value], dtype=np.float64), np.array([error], dtype=np.float64))


def mean_value(series: FloatArray, blocks: int | None = None) -> Curve:
    """Mean of a time series with its block error, as a curve of one point."""
    return single(*block_average(np.asarray(series, dtype=np.float64), blocks))


def scatter(series: FloatArray) -> FloatArray:
    """Standard deviation of single measurements, at least (1,), NaN for one alone: no error of their mean is larger."""
    if len(series) < 2:
        return np.atleast_1d(np.full(series.shape[1:], np.nan))
    return np.atleast_1d(series.std(axis=0, ddof=1))


def drift(time: FloatArray, energy: FloatArray) -> Curve:
    """Slope of a total energy against time, as a curve of one point.

    The mean step from one block's mean to the next's, over the time between them, and its standard error. Cutting a
    potential off makes the energy a random walk, in which the residuals of one long fit would promise far too small
    an error: steps of a walk are independent but for the half blocks on either side that neighbours share, for
    which their covariance, a quarter of their variance, is added. Where the energy fluctuates about a line instead,
    steps undo each other, and the error is too large, by two or three.
    """
    time, energy, blocks = time - time[0], energy - energy[0], block_count(len(time))
    if blocks < 2:
        return single(float(np.polynomial.polynomial.polyfit(time, energy, 1)[1]), np.nan)
    t, e = (np.array([piece.mean() for piece in np.array_split(x, blocks)]) for x in (time, energy))
    slope = (e[-1] - e[0]) / (t[-1] - t[0])
    if blocks < 3:
        return single(slope, np.nan)
    steps = blocks - 1
    shared = 1 + 2 * 0.25 * (steps - 1) / steps
    error = np.diff(e).std(ddof=1) * np.sqrt(shared * steps) / (t[-1] - t[0])
    return single(slope, float(error))
