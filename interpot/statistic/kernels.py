"""The compiled inner loops: arrays in, arrays out; they know no channel, no file and no unit."""

from __future__ import annotations

import numba
import numpy as np

from interpot.neighbours import neighbours
from interpot.statistic.vectors import add_slopes, add_slopes_once

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
def add_pair_rows(
    panel, row, stride, low, high, dimension, grid, other, same, half, stencil,
    cutoff, knots_per_log, intervals, column, found, squares, counts, extremes,
):  # fmt: skip
    """Add the features of one pair channel to the rows of the particles of rank low ... high-1 of one species.

    A pair within the range is met once and written to both of its rows, a pair across its edge is met from each end.
    Search, splines and rows are one loop, so that a pair never leaves the processor's first cache.

    Parameters
    ----------
    panel : one-dimensional float64 array, in and out
        Rows of `stride` columns; `dimension` rows per particle, those of rank `low` from `row` on. One more row than
        is filled must be there.
    grid : Grid
    other : int
        Species of the partners; `same` tells whether it is that of the range.
    half, stencil
        As `interpot.neighbours.GridMaker.stencil` gives them; half only where the range is the whole species.
    cutoff, knots_per_log, intervals, column
        Lattice of the channel's splines: where it is anchored, 1/spacing, how many intervals it has, and the
        first of its columns.
    found : (g,) int64; squares : (g,) float64
        Working memory for `neighbours`.
    counts : (intervals,) int64, in and out
        Pairs in each knot interval, each pair once over all ranges.
    extremes : (2,) float64, in and out
        Smallest and largest squared distance. Pairs closer than the lattice reaches are left out of everything else:
        the caller sees them here.
    """
    images, first, owner, home, places = grid.images, grid.first, grid.owner, grid.home, grid.place
    square_cutoff, bins = cutoff * cutoff, other * grid.bins
    nearest, farthest = extremes[0], extremes[1]
    for rank in range(low, high):
        place = places[rank]
        near = neighbours(
            images, first, place, bins + home[rank], stencil, half, square_cutoff, found, squares
        )
        here = (row + dimension * (rank - low)) * stride + column
        for h in range(near):
            partner = owner[found[h]]
            within = same and low <= partner < high
            if partner == rank or (within and not half and partner < rank):
                continue  # a particle and its own image: their forces cancel; or met from the other end
            square = squares[h]
            nearest, farthest = min(nearest, square), max(farthest, square)
            if square == 0.0:
                continue  # two in one place: the caller sees it, too
            inverse = 1.0 / square
            u = max(0.5 * knots_per_log * np.log(square_cutoff * inverse), 0.0)
            interval = int(u)
            if interval >= intervals:
                continue
            t = u - interval
            if within or partner > rank:
                counts[interval] += 1
            scale = -knots_per_log * inverse  # dB/dr r̂ = dB/du du/dr r̂ with du/dr = -knots_per_log/r
            x = scale * (images[0, found[h]] - images[0, place])
            y = scale * (images[1, found[h]] - images[1, place])
            # in two dimensions nothing is added to the third row, which is another's
            z = scale * (images[2, found[h]] - images[2, place]) if dimension == 3 else 0.0
            add_slopes(panel, here + interval, stride, t, x, y, z)
            if within:
                there = (row + dimension * (partner - low)) * stride + column
                add_slopes(panel, there + interval, stride, t, -x, -y, -z)
    extremes[0], extremes[1] = nearest, farthest


@numba.njit(cache=True, nogil=True)
def survey(grid, low, high, step, other, stencil, cutoff, found, squares, extremes):
    """Count the neighbours of every `step`-th particle of a range, and note the smallest squared distance.

    Returns the mean number; `extremes` as in `add_pair_rows`.
    """
    images, first, owner, home, places = grid.images, grid.first, grid.owner, grid.home, grid.place
    total, asked, bins, nearest = 0, 0, other * grid.bins, extremes[0]
    for rank in range(low, high, step):
        base = bins + home[rank]
        near = neighbours(images, first, places[rank], base, stencil, False, cutoff * cutoff, found, squares)
        for h in range(near):
            if owner[found[h]] != rank:
                nearest = min(nearest, squares[h])
        total += near
        asked += 1
    extremes[0] = nearest
    return total / max(asked, 1)


@numba.njit(cache=True, nogil=True)
def scatter_pair_rows(
    products, stride, forces, low, high, dimension, grid, stencil,
    others, cutoffs, knots_per_log, intervals, columns, starts, found, squares, counts, extremes,
):  # fmt: skip
    """Add the products of the rows of a dilute system to the sums, without ever writing the rows.

    A row of a particle with few neighbours is nearly empty: with 2 of them, 12 of its hundreds of columns differ from
    zero, and 144 products do what a rank-k update needs tens of thousands for.

    Parameters
    ----------
    products : one-dimensional float64 array, in and out
        [X F]ᵀ[X F] of one species, row after row of `stride` columns; of X both triangles are filled.
    forces : (n, 3) float64
        By rank.
    low, high
        Ranks of the species.
    others, cutoffs, knots_per_log, intervals, columns, starts : (c,)
        For each of its channels, as in `add_pair_rows`, and where its pairs are counted in `counts`.
    stencil
        Whole, for the largest cutoff.
    extremes : (c, 2) float64, in and out
    """
    most = len(squares)  # no channel meets an image twice, and no image belongs to two channels
    column, t, arm = np.empty(most, dtype=np.int64), np.empty(most), np.empty((most, 3))
    slopes = np.empty(6)
    images, first, owner, home, places = grid.images, grid.first, grid.owner, grid.home, grid.place
    for rank in range(low, high):
        place, met = places[rank], 0
        for c in range(len(others)):
            square_cutoff = cutoffs[c] * cutoffs[c]
            base = others[c] * grid.bins + home[rank]
            near = neighbours(images, first, place, base, stencil, False, square_cutoff, found, squares)
            for h in range(near):
                partner, square = owner[found[h]], squares[h]
                if partner == rank:
                    continue
                extremes[c, 0] = min(extremes[c, 0], square)
                extremes[c, 1] = max(extremes[c, 1], square)
                if square == 0.0:
                    continue
                u = max(0.5 * knots_per_log[c] * np.log(square_cutoff / square), 0.0)
                interval = int(u)
                if interval >= intervals[c]:
                    continue
                if partner > rank:
                    counts[starts[c] + interval] += 1
                column[met], t[met] = columns[c] + interval, u - interval
                for d in range(3):
                    step = images[d, found[h]] - images[d, place]
                    arm[met, d] = -knots_per_log[c] / square * step if d < dimension else 0.0
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


@numba.njit(cache=True, nogil=True)
def sum_powers(
    grid, low, high, dimension, other, same, stencil, cutoff, knots_per_log, intervals, found, squares,
    energies, virials, counts, extremes,
):  # fmt: skip
    """Sum the powers of t over all pairs of one channel.

    Every pair of one species is met from both of its ends, and counts half each time; a particle and its own image,
    which feel no force, are such a pair.

    Parameters
    ----------
    grid, dimension, other, same, stencil, cutoff, knots_per_log, intervals, found, squares
        As in `add_pair_rows`; the stencil is whole.
    low, high
        Ranks of the channel's first species, all of them.
    energies : (intervals, 6) float64, in and out
        Σ t^p.
    virials : (6, intervals, 5) float64, in and out
        Σ x_a x_b / (spacing r²) t^p, because -dB/dr x_a x_b / r is that times dB/du.
    counts : (intervals,) int64, in and out
        Pairs of particles with their own images: the other pairs are counted with the forces.
    extremes : (2,) float64, in and out
        Smallest and largest squared distance. Pairs closer than the lattice reaches are left out of all else.
    """
    images, first, owner, home, places = grid.images, grid.first, grid.owner, grid.home, grid.place
    square_cutoff, bins = cutoff * cutoff, other * grid.bins
    nearest, farthest = extremes[0], extremes[1]
    share = 0.5 if same else 1.0
    for rank in range(low, high):
        place = places[rank]
        base = bins + home[rank]
        near = neighbours(images, first, place, base, stencil, False, square_cutoff, found, squares)
        for h in range(near):
            if found[h] == place:
                continue
            square = squares[h]
            nearest, farthest = min(nearest, square), max(farthest, square)
            if square == 0.0:
                continue
            inverse = 1.0 / square
            u = max(0.5 * knots_per_log * np.log(square_cutoff * inverse), 0.0)
            interval = int(u)
            if interval >= intervals:
                continue
            t = u - interval
            x = images[0, found[h]] - images[0, place]
            y = images[1, found[h]] - images[1, place]
            z = images[2, found[h]] - images[2, place] if dimension == 3 else 0.0
            if owner[found[h]] == rank and (x > 0 or (x == 0 and (y > 0 or (y == 0 and z > 0)))):
                counts[interval] += 1
            power, scale = share, share * knots_per_log * inverse
            for p in range(6):
                energies[interval, p] += power
                power *= t
            power = scale
            for p in range(5):
                virials[0, interval, p] += power * x * x
                virials[1, interval, p] += power * y * y
                virials[2, interval, p] += power * z * z
                virials[3, interval, p] += power * y * z
                virials[4, interval, p] += power * x * z
                virials[5, interval, p] += power * x * y
                power *= t
    extremes[0], extremes[1] = nearest, farthest


@numba.njit(cache=True, nogil=True)
def pack(full, packed):
    """Copy the upper triangle of a square matrix to ``packed``, row after row."""
    at = 0
    for row in range(len(full)):
        packed[at : at + len(full) - row] = full[row, row:]
        at += len(full) - row


@numba.njit(cache=True, nogil=True)
def unpack(packed, full):
    """Fill a symmetric matrix from its packed upper triangle."""
    at = 0
    for row in range(len(full)):
        for column in range(row, len(full)):
            full[row, column] = full[column, row] = packed[at]
            at += 1
