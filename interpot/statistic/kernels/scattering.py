"""Products of the rows of dilute systems, added one by one: the rows are never written.

Rows of particles with few neighbours, and columns of channels of one particle, are nearly empty.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from interpot.neighbours import neighbours
from interpot.records import FloatArray, IntArray
from interpot.statistic.kernels.vectors import add_slopes_once, add_values_once

# mypy: disable-error-code="no-untyped-def"


class Samples(NamedTuple):
    """What functions of one particle's coordinates contribute, sorted by the rank of the particle.

    Attributes
    ----------
    begin : (n + 1,) int64
        First sample of each rank, and their number.
    column : (p,) int64
        Of the first of six splines, among those that act on the particle's species.
    values : (p, 6) float64
        dB/ds.
    arm : (p, 3) float64
        Minus the gradient of s, times the charge if any; nothing in directions that do not count.
    """

    begin: IntArray
    column: IntArray
    values: FloatArray
    arm: FloatArray


@numba.njit(cache=True, nogil=True)
def no_samples(particles):
    """Make the arrays of `Samples` of no function."""
    return np.zeros(particles + 1, np.int64), np.zeros(0, np.int64), np.zeros((0, 6)), np.zeros((0, 3))


@numba.njit(cache=True, nogil=True)
def six(values, row):
    """A row as a tuple, which stays in registers."""
    return values[row, 0], values[row, 1], values[row, 2], values[row, 3], values[row, 4], values[row, 5]


@numba.njit(cache=True, nogil=True)
def scatter_alone(products, stride, forces, low, high, alone):
    """Add the products of the columns of `alone` with each other, both triangles, and with the forces.

    Parameters
    ----------
    products : one-dimensional float64 array, in and out
        [X F]ᵀ[X F] of one species, row after row of `stride` columns.
    forces : (n, 3) float64
        By rank.
    low, high
        Ranks of the species.
    alone : Samples
    """
    begin, column, values, arm = alone.begin, alone.column, alone.values, alone.arm
    for rank in range(low, high):
        for one in range(begin[rank], begin[rank + 1]):
            along = 0.0
            for d in range(3):
                along += arm[one, d] * forces[rank, d]
            for q in range(6):
                products[(column[one] + q) * stride + stride - 1] += values[one, q] * along
            for two in range(begin[rank], begin[rank + 1]):
                both = 0.0
                for d in range(3):
                    both += arm[one, d] * arm[two, d]
                if both == 0.0:
                    continue
                others = six(values, two)
                for q in range(6):
                    at = (column[one] + q) * stride + column[two]
                    add_values_once(products, at, others, both * values[one, q])


@numba.njit(cache=True, nogil=True)
def cross_with_rows(products, stride, panel, row, low, high, dimension, alone, where):
    """Add the products of the columns of `alone` with those of the same particles' rows in a panel.

    A particle near a wall has six numbers there in one of its rows: they cost a hundredth of the rank-k update that
    whole rows with mostly empty columns would take part in.

    Parameters
    ----------
    products
        As in `scatter_alone`; its upper triangle is filled.
    panel : (rows, k + 1) float64
        `dimension` rows per particle, those of rank `low` from `row` on.
    where : (k,) int64
        Column of `products` for each of the panel's, rising.
    """
    begin, column, values, arm = alone.begin, alone.column, alone.values, alone.arm
    for rank in range(low, high):
        for sample in range(begin[rank], begin[rank + 1]):
            mine, at = six(values, sample), column[sample]
            before = np.searchsorted(where, at)
            for d in range(dimension):
                along = arm[sample, d]
                if along == 0.0:
                    continue
                x = panel[row + dimension * (rank - low) + d]
                for k in range(before):
                    add_values_once(products, where[k] * stride + at, mine, along * x[k])
                for q in range(6):
                    factor = along * values[sample, q]
                    for k in range(before, len(where)):
                        products[(at + q) * stride + where[k]] += factor * x[k]


class Beside(NamedTuple):
    """What else acts on particles whose pairs are scattered.

    Attributes
    ----------
    alone : Samples
        Of channels of one particle; without any, `together` is not touched.
    together : one-dimensional float64 array, in and out
        Row after row of `width` columns: gets the products of the columns of pairs with those of `alone`.
    where : (columns of pairs,) int64
        Column of `together` for each column of pairs.
    """

    alone: Samples
    together: FloatArray
    width: int
    where: IntArray


def nobody_beside(particles: int) -> Beside:
    """Nothing else acts on so many particles."""
    return Beside(Samples(*no_samples(particles)), np.zeros(0), 0, np.zeros(0, np.int64))


@numba.njit(cache=True, nogil=True)
def scatter_pair_rows(
    products, stride, forces, a, low, high, dimension, grid, acting, found, ends, squares, beside
):
    """Add the products of the rows of a dilute system to the sums, without ever writing the rows.

    A row of a particle with few neighbours is nearly empty: with 2 of them, 12 of its hundreds of columns differ from
    zero, and 144 products do what a rank-k update needs tens of thousands for.

    Parameters
    ----------
    products : one-dimensional float64 array, in and out
        [X F]ᵀ[X F] of one species, row after row of `stride` columns; of X both triangles are filled.
    forces : (n, 3) float64
        By rank.
    a, low, high
        The species, and its ranks.
    grid, dimension, found
        As in `interpot.statistic.kernels.pair_rows.add_pair_rows`.
    acting : Acting
    ends : (K,) int64, in and out
        Ends of pairs in each interval, at the first column of the channel among all.
    squares : (channels, 2) float64, in and out
        Smallest and largest squared distance of each channel.
    beside : Beside
    """
    others, cutoffs, knots_per_log = acting.partner, acting.cutoff, acting.knots_per_log
    intervals, columns, starts, channels = acting.intervals, acting.column, acting.start, acting.channel
    stencil = acting.stencils[acting.reach[-2] :]
    alone, together, width, where = beside.alone, beside.together, beside.width, beside.where
    most = len(found)  # no channel meets an image twice, and no image belongs to two channels
    column, t, arm = np.empty(most, dtype=np.int64), np.empty(most), np.empty((most, 3))
    slopes, step = np.empty(6), np.empty(3)
    x, y, z, first = grid.x, grid.y, grid.z, grid.first
    owner, home, places = grid.owner, grid.home, grid.place
    for rank in range(low, high):
        place, met = places[rank], 0
        for c in range(acting.begin[a], acting.begin[a + 1]):
            square_cutoff = cutoffs[c] * cutoffs[c]
            base = others[c] * grid.bins + home[rank]
            near = neighbours(x, y, z, first, place, base, stencil, False, square_cutoff, found)
            for h in range(np.uint64(near)):
                g = found[h]
                if owner[g] == rank:
                    continue
                step[0], step[1], step[2] = x[g] - x[place], y[g] - y[place], z[g] - z[place]
                square = step[0] * step[0] + step[1] * step[1] + step[2] * step[2]
                squares[channels[c], 0] = min(squares[channels[c], 0], square)
                squares[channels[c], 1] = max(squares[channels[c], 1], square)
                if square == 0.0:
                    continue
                u = max(0.5 * knots_per_log[c] * np.log(square_cutoff / square), 0.0)
                interval = int(u)
                if interval >= intervals[c]:
                    continue
                ends[starts[c] + interval] += 1
                column[met], t[met] = columns[c] + interval, u - interval
                for d in range(3):
                    arm[met, d] = -knots_per_log[c] / square * step[d] if d < dimension else 0.0
                met += 1
        for d in range(dimension):
            products[stride * stride - 1] += forces[rank, d] * forces[rank, d]
        for one in range(met):
            slopes[:] = 0.0
            add_slopes_once(slopes, 0, t[one], 1.0)
            along = (
                arm[one, 0] * forces[rank, 0] + arm[one, 1] * forces[rank, 1] + arm[one, 2] * forces[rank, 2]
            )
            for q in range(6):
                products[(column[one] + q) * stride + stride - 1] += slopes[q] * along
            for two in range(met):
                both = arm[one, 0] * arm[two, 0] + arm[one, 1] * arm[two, 1] + arm[one, 2] * arm[two, 2]
                for q in range(6):
                    add_slopes_once(
                        products, (column[one] + q) * stride + column[two], t[two], both * slopes[q]
                    )
        for sample in range(alone.begin[rank], alone.begin[rank + 1]):
            values, at = six(alone.values, sample), alone.column[sample]
            for one in range(met):
                both = 0.0
                for d in range(3):
                    both += arm[one, d] * alone.arm[sample, d]
                slopes[:] = 0.0
                add_slopes_once(slopes, 0, t[one], both)
                there = where[column[one]]
                for q in range(6):
                    add_values_once(together, (there + q) * width + at, values, slopes[q])
                    add_slopes_once(
                        together, (at + q) * width + there, t[one], both * alone.values[sample, q]
                    )
