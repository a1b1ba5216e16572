"""Compiled loops over rows of features: arrays in, arrays out; they know no channel, no file and no unit."""

from __future__ import annotations

import numba
import numpy as np

# mypy: disable-error-code="no-untyped-def"


@numba.njit(cache=True, nogil=True)
def spline_slopes(s, cutoff, knots_per_log, segment_slopes, first, values):
    """Slopes dB/ds of the splines that are not zero at each s, on knots uniform in ln s.

    Parameters
    ----------
    s : (p,) float64
        Coordinates, below the cutoff.
    cutoff : float
        Where the lattice is anchored.
    knots_per_log : float
        1/spacing.
    segment_slopes : (w, w - 1) float64
        Polynomials of the splines' derivatives on one interval, highest power first.
    first : (p,) int64, out
        Interval, which is the index of the first spline.
    values : (p, w) float64, out
        dB/ds = dB/du du/ds with du/ds = -knots_per_log/s.
    """
    width, terms = segment_slopes.shape
    for p in range(s.size):
        u = np.log(cutoff / s[p]) * knots_per_log
        interval = max(int(u), 0)
        t = u - interval
        first[p] = interval
        scale = -knots_per_log / s[p]
        for q in range(width):
            slope = segment_slopes[q, 0]
            for k in range(1, terms):
                slope = slope * t + segment_slopes[q, k]
            values[p, q] = slope * scale


@numba.njit(cache=True, nogil=True)
def add_rows(panel, row, low, high, dimension, i, j, unit, first, values):
    """Add the force of every basis function on the particles low ... high-1 to a panel of rows.

    The force on i is +B' r̂_ij and the one on j is -B' r̂_ij (`interpot.geometry`).

    Parameters
    ----------
    panel : (rows, K) float64, in and out
        Feature matrix X; `dimension` rows per particle, particle `low` at `row`.
    i, j : (p,) int64
        Particles of each contribution; j = -1 where there is no partner (a wall, a field).
    unit : (p, 3) float64
        r̂_ij.
    first, values : (p,) int64, (p, w) float64
        As `spline_slopes` gives them, `first` counted in the panel's columns.
    """
    width = values.shape[1]
    for p in range(i.size):
        column = first[p]
        if low <= i[p] < high:
            start = row + dimension * (i[p] - low)
            for d in range(dimension):
                for q in range(width):
                    panel[start + d, column + q] += values[p, q] * unit[p, d]
        if low <= j[p] < high:
            start = row + dimension * (j[p] - low)
            for d in range(dimension):
                for q in range(width):
                    panel[start + d, column + q] -= values[p, q] * unit[p, d]


@numba.njit(cache=True, nogil=True)
def add_weighted(sums, rows, weights):
    """Add the features of one frame to the rows of each window: sums[w] += weights[w] rows."""
    count, size, width = sums.shape
    for w in range(count):
        weight = weights[w]
        if weight != 0.0:
            for i in range(size):
                for k in range(width):
                    sums[w, i, k] += weight * rows[i, k]
