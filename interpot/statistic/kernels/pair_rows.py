"""Rows of pair channels over splines: search, splines and rows of some consecutive particles in one compiled loop."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from interpot.lanes import LANES
from interpot.neighbours import neighbours
from interpot.records import FloatArray, IntArray
from interpot.statistic.kernels.vectors import add_slopes

# mypy: disable-error-code="no-untyped-def"

_SURVEYED = 16  # so many particles are asked for their number of neighbours
_PAIRS = 512  # worked on at a time
_LN2 = np.log(2.0)
_ARTANH = tuple(1 / (2 * k + 1) for k in range(11))  # artanh(s)/s in powers of s²; the next is below 1e-18
_BELOW_ONE = int(np.float64(1.0).view(np.int64) - np.float64(np.sqrt(0.5)).view(np.int64))


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


@numba.njit(cache=True, nogil=True)
def working_memory(images, particles):
    """Make the arrays of a `Bench` for any particle of a grid of so many images, beside `_PAIRS` pairs of others."""
    room = _PAIRS + images
    found, interval = np.empty(images + LANES, dtype=np.uint32), np.empty(room, dtype=np.uint32)
    x, y, z, square, t = np.empty(room), np.empty(room), np.empty(room), np.empty(room), np.empty(room)
    return found, np.empty(particles, dtype=np.int64), x, y, z, square, t, interval


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
        Of `working_memory` for the grid.
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
def add_rows_of_pairs(panel, row, stride, a, low, high, dimension, grid, acting, bench, ends, squares):
    """Add the features of all pair channels to the rows of the particles of rank low ... high-1 of species `a`.

    Parameters
    ----------
    panel, row, stride, dimension, grid, bench
        As in `add_pair_rows`.
    acting : Acting
    ends : (K,) int64, in and out
        Ends of pairs in each interval, at the first column of the channel among all.
    squares : (channels, 2) float64, in and out
        Smallest and largest squared distance of each channel.
    """
    for m in range(acting.begin[a], acting.begin[a + 1]):
        c = acting.channel[m]
        lattice = Lattice(acting.cutoff[m], acting.knots_per_log[m], acting.intervals[m], acting.column[m])
        add_pair_rows(
            panel, row, stride, low, high, dimension, grid, acting.partner[m],
            acting.stencils[acting.reach[c] : acting.reach[c + 1]], lattice, bench, ends[acting.start[m] :], squares[c],
        )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def survey(a, low, high, step, grid, acting, found, squares):
    """Count the neighbours of every `step`-th particle of a species, and note the smallest squared distances.

    Returns the mean number; the others as in `add_rows_of_pairs`.
    """
    x, y, z, first = grid.x, grid.y, grid.z, grid.first
    owner, home, places = grid.owner, grid.home, grid.place
    total, asked = 0, max((high - low + step - 1) // step, 1)
    for m in range(acting.begin[a], acting.begin[a + 1]):
        c, bins, cutoff = acting.channel[m], acting.partner[m] * grid.bins, acting.cutoff[m]
        stencil, nearest = acting.stencils[acting.reach[c] : acting.reach[c + 1]], squares[c, 0]
        for rank in range(low, high, step):
            place, base = places[rank], bins + home[rank]
            near = neighbours(x, y, z, first, place, base, stencil, False, cutoff * cutoff, found)
            for h in range(np.uint64(near)):
                g = found[h]
                if owner[g] != rank:
                    dx, dy, dz = x[g] - x[place], y[g] - y[place], z[g] - z[place]
                    nearest = min(nearest, dx * dx + dy * dy + dz * dz)
            total += near
        squares[c, 0] = nearest
    return total / asked


@numba.njit(cache=True, nogil=True)
def few_neighbours(most, a, low, high, grid, acting, found):
    """Whether the particles of a species have no more than so many neighbours, by a survey of a few."""
    step = max((high - low) // _SURVEYED, 1)
    nobody = np.full((len(acting.reach) - 2, 2), np.inf)
    return survey(a, low, high, step, grid, acting, found, nobody) <= most
