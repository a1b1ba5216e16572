"""The compiled inner loops: arrays in, arrays out; they know no channel, no file and no unit."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from interpot.lanes import LANES
from interpot.neighbours import neighbours
from interpot.records import FloatArray, IntArray
from interpot.statistic.vectors import add_slopes, add_slopes_once, add_values_once

# mypy: disable-error-code="no-untyped-def"

_PAIRS = 512  # worked on at a time
_LN2 = np.log(2.0)
_ARTANH = tuple(1 / (2 * k + 1) for k in range(11))  # artanh(s)/s in powers of s²; the next is below 1e-18
_BELOW_ONE = int(np.float64(1.0).view(np.int64) - np.float64(np.sqrt(0.5)).view(np.int64))


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
def open_rows(panel, row, stride, forces, low, high, dimension):
    """Clear the rows of the particles of rank low ... high-1, and write their forces to the last column.

    Parameters
    ----------
    panel : one-dimensional float64 array, in and out
        Rows of `stride` columns; `dimension` rows per particle, those of rank `low` from `row` on.
    forces : (n, 3) float64
        By rank.
    """
    at = row * stride
    panel[at : at + dimension * (high - low) * stride] = 0.0
    for rank in range(low, high):
        for d in range(dimension):
            at += stride
            panel[at - 1] = forces[rank, d]


class Lattice(NamedTuple):
    """The splines of a pair channel: where they are anchored, 1/spacing, number of intervals, first column."""

    cutoff: float
    knots_per_log: float
    intervals: int
    column: int


class Bench(NamedTuple):
    """Working memory: the pairs of some consecutive particles between search, splines and rows.

    A few hundred pairs stay in the processor's first cache, and are enough for loops over vectors.

    Attributes
    ----------
    found : (g + 8,) uint32
        Images near one particle.
    stop : (most particles,) int64
        Where the pairs of each particle end.
    x, y, z : (p,) float64
        r_ij, and then what the slopes dB/du are to be multiplied with.
    square : (p,) float64
        r².
    t : (p,) float64
        Where in its interval.
    interval : (p,) uint32
        Knot interval.
    """

    found: NDArray[np.uint32]
    stop: IntArray
    x: FloatArray
    y: FloatArray
    z: FloatArray
    square: FloatArray
    t: FloatArray
    interval: NDArray[np.uint32]


def bench_for(images: int, particles: int) -> Bench:
    """Make room for the pairs of any particle of a grid of so many images, beside those of `_PAIRS` others."""
    room = _PAIRS + images
    x, y, z, square, t = np.empty((5, room))
    found, interval = np.empty(images + LANES, dtype=np.uint32), np.empty(room, dtype=np.uint32)
    return Bench(found, np.empty(particles, dtype=np.int64), x, y, z, square, t, interval)


@numba.njit(cache=True, nogil=True)
def add_pair_rows(
    panel, row, stride, low, high, dimension, grid, other, stencil, lattice, bench, ends, extremes
):  # fmt: skip
    """Add the features of one pair channel to the rows of the particles of rank low ... high-1 of one species.

    Each pair is met from both of its ends, so that the rows of a particle are made in one go, in the first cache,
    whichever particles share its panel. That is no slower than to meet it once and to write to rows far apart.

    Parameters
    ----------
    panel : one-dimensional float64 array, in and out
        Rows of `stride` columns; `dimension` rows per particle, those of rank `low` from `row` on. One more row than
        is filled must be there.
    grid : Grid
    other : int
        Species of the partners.
    stencil
        Whole, as `interpot.grid.GridMaker.stencil` gives it.
    lattice : Lattice
    bench : Bench
        As `bench_for` makes it for the grid.
    ends : (intervals,) int64, in and out
        Ends of pairs in each knot interval.
    extremes : (2,) float64, in and out
        Smallest and largest squared distance. Where pairs are closer than the lattice reaches, nothing more is added:
        the caller sees them here.
    """
    x, y, z, first = grid.x, grid.y, grid.z, grid.first
    owner, home, places = grid.owner, grid.home, grid.place
    found, stop, base = bench.found, bench.stop, other * grid.bins
    square_cutoff, begin, count = lattice.cutoff * lattice.cutoff, low, 0
    for rank in range(low, high):
        place = places[rank]
        near = neighbours(x, y, z, first, place, base + home[rank], stencil, False, square_cutoff, found)
        count = _lay_out(
            x, y, z, owner, rank, place, found, near, bench.x, bench.y, bench.z, bench.square, count
        )
        stop[rank - begin] = count
        if count < _PAIRS and rank + 1 < high and rank + 1 - begin < len(stop):
            continue
        _note_extremes(bench.square, count, extremes)
        _places(bench.square, count, square_cutoff, lattice.knots_per_log, bench.t, bench.interval)
        if _largest(bench.interval, count) >= lattice.intervals:
            return
        _factors(bench.square, count, lattice.knots_per_log, dimension, bench.x, bench.y, bench.z)
        here = (row + dimension * (begin - low)) * stride + lattice.column
        _write(panel, here, stride, dimension, rank + 1 - begin, bench, ends)
        begin, count = rank + 1, 0


@numba.njit(cache=True, nogil=True)
def _lay_out(x, y, z, owner, rank, place, found, near, to_x, to_y, to_z, square, count):
    """Append r_ij and r² of a particle's neighbours, itself and its images left out: their forces cancel."""
    at_x, at_y, at_z = x[place], y[place], z[place]
    at: Any = np.uint64(count)  # unsigned: it cannot count from the end, and need not ask
    for h in range(np.uint64(near)):
        g = found[h]
        dx, dy, dz = x[g] - at_x, y[g] - at_y, z[g] - at_z
        to_x[at], to_y[at], to_z[at] = dx, dy, dz
        square[at] = dx * dx + dy * dy + dz * dz
        at += np.uint64(owner[g] != rank)
    return np.int64(at)


# what follows are loops over few arrays, so that the compiler sees that they do not overlap and takes vectors


@numba.njit(cache=True, nogil=True)
def _note_extremes(square, count, extremes):
    """Positive numbers rise with their bits, and whole numbers are compared as vectors."""
    bits = square.view(np.int64)
    smallest, largest = np.iinfo(np.int64).max, np.int64(0)
    for h in range(count):
        smallest, largest = min(smallest, bits[h]), max(largest, bits[h])
    if count:
        both = np.array([smallest, largest]).view(np.float64)
        extremes[0], extremes[1] = min(extremes[0], both[0]), max(extremes[1], both[1])


@numba.njit(cache=True)
def note_lengths(squares, extremes):
    """Take the smallest and largest squared distances of channels over as distances; (channels, 2) both."""
    for c in range(len(squares)):
        if squares[c, 1] >= 0.0:  # something was met
            extremes[c, 0] = min(extremes[c, 0], np.sqrt(squares[c, 0]))
            extremes[c, 1] = max(extremes[c, 1], np.sqrt(squares[c, 1]))


@numba.njit(cache=True, nogil=True)
def _largest(numbers, count):
    largest = np.uint32(0)
    for h in range(count):
        largest = max(largest, numbers[h])
    return largest


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _places(square, count, square_cutoff, knots_per_log, t, interval):
    """Knot interval and place in it, from u = -knots_per_log/2 ln(r²/r_c²).

    With r²/r_c² = m 2^e, m between √½ and √2, is ln(r²/r_c²) = e ln 2 + 2 artanh((m - 1)/(m + 1)). A call of `np.log`
    for each pair takes 8 ns, this 1.3. (Only signed whole numbers of 32 bits are made from vectors of reals.)
    """
    bits, inverse = t.view(np.int64), 1.0 / square_cutoff
    for h in range(count):
        t[h] = square[h] * inverse
    for h in range(count):
        power = ((bits[h] + _BELOW_ONE) >> 52) - 1023
        bits[h] -= power << 52
        interval[h] = power
    per_power = -0.5 * knots_per_log * _LN2
    for h in range(count):
        s = (t[h] - 1.0) / (t[h] + 1.0)
        w = s * s
        series = _ARTANH[-1]
        for k in range(len(_ARTANH) - 2, -1, -1):
            series = series * w + _ARTANH[k]
        u = max(per_power * np.int32(interval[h]) - knots_per_log * s * series, 0.0)
        whole = np.int32(u)
        interval[h] = np.uint32(whole)
        t[h] = u - whole


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _factors(square, count, knots_per_log, dimension, x, y, z):
    """Make r_ij the factors of dB/du: dB/dr r̂ = dB/du du/dr r̂ with du/dr = -knots_per_log/r."""
    for h in range(count):
        square[h] = -knots_per_log / square[h]
    for h in range(count):
        x[h] *= square[h]
    for h in range(count):
        y[h] *= square[h]
    in_z = 1.0 if dimension == 3 else 0.0  # in two dimensions the third row is another's
    for h in range(count):
        z[h] *= in_z * square[h]


@numba.njit(cache=True, nogil=True)
def _write(panel, here, stride, dimension, particles, bench, ends):
    """Add the slopes of all pairs on the bench to the rows of their particles, those of the first at `here`.

    Two particles have their turns, because a sum that is read again the moment it was written, and a few columns
    aside, is waited for: at K = 28 that would cost a quarter of the time.
    """
    stop, x, y, z, t, interval = bench.stop, bench.x, bench.y, bench.z, bench.t, bench.interval
    begin = 0
    for particle in range(0, particles, 2):
        middle, end = stop[particle], stop[min(particle + 1, particles - 1)]
        there = here + dimension * stride
        both = min(middle - begin, end - middle)
        for h in range(np.uint64(begin), np.uint64(begin + both)):
            g = h + np.uint64(middle - begin)
            ends[interval[h]] += 1
            add_slopes(panel, here + np.int64(interval[h]), stride, t[h], x[h], y[h], z[h])
            ends[interval[g]] += 1
            add_slopes(panel, there + np.int64(interval[g]), stride, t[g], x[g], y[g], z[g])
        for h in range(np.uint64(begin + both), np.uint64(middle)):
            ends[interval[h]] += 1
            add_slopes(panel, here + np.int64(interval[h]), stride, t[h], x[h], y[h], z[h])
        for h in range(np.uint64(middle + both), np.uint64(end)):
            ends[interval[h]] += 1
            add_slopes(panel, there + np.int64(interval[h]), stride, t[h], x[h], y[h], z[h])
        begin, here = end, there + dimension * stride


@numba.njit(cache=True, nogil=True)
def survey(grid, low, high, step, other, stencil, cutoff, found, extremes):
    """Count the neighbours of every `step`-th particle of a range, and note the smallest squared distance.

    Returns the mean number; `extremes` as in `add_pair_rows`.
    """
    x, y, z, first = grid.x, grid.y, grid.z, grid.first
    owner, home, places = grid.owner, grid.home, grid.place
    total, asked, bins, nearest = 0, 0, other * grid.bins, extremes[0]
    for rank in range(low, high, step):
        place, base = places[rank], bins + home[rank]
        near = neighbours(x, y, z, first, place, base, stencil, False, cutoff * cutoff, found)
        for h in range(np.uint64(near)):
            g = found[h]
            if owner[g] != rank:
                dx, dy, dz = x[g] - x[place], y[g] - y[place], z[g] - z[place]
                nearest = min(nearest, dx * dx + dy * dy + dz * dz)
        total += near
        asked += 1
    extremes[0] = nearest
    return total / max(asked, 1)


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


def no_samples(particles: int) -> Samples:
    """Samples of no function."""
    return Samples(
        np.zeros(particles + 1, np.int64), np.zeros(0, np.int64), np.zeros((0, 6)), np.zeros((0, 3))
    )


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


@numba.njit(cache=True, nogil=True)
def scatter_pair_rows(
    products, stride, forces, low, high, dimension, grid, stencil,
    others, cutoffs, knots_per_log, intervals, columns, starts, found, ends, extremes, alone, together, width, where,
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
        For each of its channels, as in `add_pair_rows`, and where ends of its pairs are counted in `ends`.
    stencil
        Whole, for the largest cutoff.
    extremes : (c, 2) float64, in and out
    alone : Samples
        Of channels of one particle; without any, `together` is not touched.
    together : one-dimensional float64 array, in and out
        Row after row of `width` columns: gets the products of the columns of pairs with those of `alone`.
    where : (stride - 1,) int64
        Column of `together` for each column of pairs.
    """
    most = len(found)  # no channel meets an image twice, and no image belongs to two channels
    column, t, arm = np.empty(most, dtype=np.int64), np.empty(most), np.empty((most, 3))
    slopes, step = np.empty(6), np.empty(3)
    x, y, z, first = grid.x, grid.y, grid.z, grid.first
    owner, home, places = grid.owner, grid.home, grid.place
    for rank in range(low, high):
        place, met = places[rank], 0
        for c in range(len(others)):
            square_cutoff = cutoffs[c] * cutoffs[c]
            base = others[c] * grid.bins + home[rank]
            near = neighbours(x, y, z, first, place, base, stencil, False, square_cutoff, found)
            for h in range(np.uint64(near)):
                g = found[h]
                if owner[g] == rank:
                    continue
                step[0], step[1], step[2] = x[g] - x[place], y[g] - y[place], z[g] - z[place]
                square = step[0] * step[0] + step[1] * step[1] + step[2] * step[2]
                extremes[c, 0] = min(extremes[c, 0], square)
                extremes[c, 1] = max(extremes[c, 1], square)
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


@numba.njit(cache=True, nogil=True)
def sum_powers(
    grid, low, high, dimension, other, same, stencil, lattice, found, energies, virials, ends, extremes
):  # fmt: skip
    """Sum the powers of t over all pairs of one channel.

    Every pair of one species is met from both of its ends, and counts half each time; a particle and its own image,
    which feel no force, are such a pair.

    Parameters
    ----------
    grid, dimension, other, stencil, lattice, found
        As in `add_pair_rows`; `same` tells whether the partners are of the channel's first species, too.
    low, high
        Ranks of the channel's first species, all of them.
    energies : (intervals, 6) float64, in and out
        Σ t^p.
    virials : (6, intervals, 5) float64, in and out
        Σ x_a x_b / (spacing r²) t^p, because -dB/dr x_a x_b / r is that times dB/du.
    ends : (intervals,) int64, in and out
        Ends of pairs of particles with their own images: those of other pairs are counted with the forces.
    extremes : (2,) float64, in and out
        Smallest and largest squared distance. Pairs closer than the lattice reaches are left out of all else.
    """
    x, y, z, first = grid.x, grid.y, grid.z, grid.first
    owner, home, places = grid.owner, grid.home, grid.place
    knots_per_log, square_cutoff, bins = (
        lattice.knots_per_log,
        lattice.cutoff * lattice.cutoff,
        other * grid.bins,
    )
    nearest, farthest = extremes[0], extremes[1]
    share = 0.5 if same else 1.0
    for rank in range(low, high):
        place = places[rank]
        base = bins + home[rank]
        near = neighbours(x, y, z, first, place, base, stencil, False, square_cutoff, found)
        for h in range(np.uint64(near)):
            g = found[h]
            if g == place:
                continue
            dx, dy, dz = x[g] - x[place], y[g] - y[place], z[g] - z[place]
            square = dx * dx + dy * dy + dz * dz
            nearest, farthest = min(nearest, square), max(farthest, square)
            if square == 0.0:
                continue
            inverse = 1.0 / square
            u = max(0.5 * knots_per_log * np.log(square_cutoff * inverse), 0.0)
            interval = int(u)
            if interval >= lattice.intervals:
                continue
            t = u - interval
            if dimension == 2:
                dz = 0.0
            ends[interval] += owner[g] == rank
            power, scale = share, share * knots_per_log * inverse
            for p in range(6):
                energies[interval, p] += power
                power *= t
            power = scale
            for p in range(5):
                virials[0, interval, p] += power * dx * dx
                virials[1, interval, p] += power * dy * dy
                virials[2, interval, p] += power * dz * dz
                virials[3, interval, p] += power * dy * dz
                virials[4, interval, p] += power * dx * dz
                virials[5, interval, p] += power * dx * dy
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
def move_packed(packed, size, kept, moved, new_size, place):
    """Copy rows and columns `kept` (rising) of a packed symmetric matrix to `place` in another of `new_size`."""
    ends = np.empty(
        len(kept), dtype=np.int64
    )  # of the run of neighbours, here as there, that a column belongs to
    for j in range(len(kept) - 1, -1, -1):
        goes_on = j + 1 < len(kept) and kept[j + 1] == kept[j] + 1 and place[j + 1] == place[j] + 1
        ends[j] = ends[j + 1] if goes_on else j + 1
    for i in range(len(kept)):
        row, new_row = kept[i], place[i]
        old = row * (2 * size - row - 1) // 2  # of the element in column 0, if the row began there
        new = new_row * (2 * new_size - new_row - 1) // 2
        j = i
        while j < len(kept):
            column, count = place[j], ends[j] - j
            if column >= new_row:
                moved[new + column : new + column + count] = packed[old + kept[j] : old + kept[j] + count]
            else:
                for k in range(count):
                    at = column + k
                    moved[at * (2 * new_size - at - 1) // 2 + new_row] = packed[old + kept[j] + k]
            j = ends[j]


@numba.njit(cache=True, nogil=True)
def unpack(packed, full):
    """Fill a symmetric matrix from its packed upper triangle."""
    at = 0
    for row in range(len(full)):
        for column in range(row, len(full)):
            full[row, column] = full[column, row] = packed[at]
            at += 1


@numba.njit(cache=True, nogil=True)
def add_unpacked(packed, columns, full):
    """Add a symmetric matrix, of which the packed upper triangle is given, to some rows and columns of another."""
    at = 0
    for i, row in enumerate(columns):
        full[row, row] += packed[at]
        at += 1
        for column in columns[i + 1 :]:
            full[row, column] += packed[at]
            full[column, row] += packed[at]
            at += 1


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
