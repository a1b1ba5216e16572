"""Frames into sums without Python in between: search, rows and products in one compiled loop.

Two threads that go back to Python several times a frame wait for its lock there, and once they sleep they wake late:
a quarter of the time at K = 28. Here a thread takes it once for a few frames.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from interpot.grid import Grid, sort_images
from interpot.records import FloatArray, IntArray
from interpot.statistic.kernels.blas import update
from interpot.statistic.kernels.pair_rows import (
    Bench,
    add_rows_of_pairs,
    few_neighbours,
    open_rows,
    working_memory,
)
from interpot.statistic.kernels.scattering import Beside, Samples, no_samples, scatter_pair_rows

# mypy: disable-error-code="no-untyped-def"


MOST_FRAMES = 8
"""So many at most are summed up in one go."""


class Run(NamedTuple):
    """Frames of as many particles in the same box, where they are in memory.

    There are always `MOST_FRAMES` arrays, because loops are compiled for a number of them; the last one is repeated.

    Attributes
    ----------
    positions, forces
        (n, 3) float64 each.
    kinds
        (n,) int64 each: species.
    origins : (frames, 3) float64
        Of the cells.
    blocks : (frames,) int64
        Number of the block that each belongs to.
    """

    positions: tuple[FloatArray, ...]
    forces: tuple[FloatArray, ...]
    kinds: tuple[IntArray, ...]
    origins: FloatArray
    blocks: IntArray


class RunSums(NamedTuple):
    """What frames are added to.

    Attributes
    ----------
    products : (blocks, all products) float64
        [X F]ᵀ[X F] of one species after the other; of X the upper triangle counts.
    rows : (blocks, species) int64
        Force components.
    ends : (K,) int64
        Ends of pairs in each interval, at the first column of the channel among all.
    squares : (channels, 2) float64
        Smallest and largest squared distance of each channel.
    """

    products: FloatArray
    rows: IntArray
    ends: IntArray
    squares: FloatArray


@numba.njit(cache=True, nogil=True)
def sum_frames(run, count, dimension, box, acting, panels, sums, nearest, scatter_below, dsyrk):
    """Sum up the first frames of a run, as far as the lattices reach.

    Parameters
    ----------
    run : Run
    count : int
        Number of its frames.
    box : Box
        Of all frames.
    acting : Acting
    panels : Panels
        Rows of the first block may be in them, and of the last one some are left in them.
    sums : RunSums, in and out
    nearest : (channels,) float64
        Squared distances from on which the lattices reach.
    scatter_below : float
        Neighbours per column below which products are scattered.
    dsyrk : int
        See `interpot.statistic.kernels.blas`.

    Returns
    -------
    int, bool
        How many frames are done, and whether the last of these has a closer pair.
    """
    species, squares = len(panels.start), sums.squares
    met, forces = np.empty_like(squares), np.empty(run.forces[0].shape)
    bench = Bench(*working_memory(0, 0))
    for f in range(count):
        order, starts, home, place, x, y, z, owner, first = sort_images(
            run.positions[f], run.origins[f], run.kinds[f], species, box, False
        )
        grid = Grid(order, starts, home, place, x, y, z, owner, first, box.bins)
        if len(bench.found) < len(x) or len(bench.stop) < len(order):
            bench = Bench(*working_memory(len(x) * 5 // 4, len(order)))
        if f > 0 and run.blocks[f] != run.blocks[f - 1]:
            for a in range(species):
                _sum_up_panel(a, panels, sums.products[run.blocks[f - 1]], dsyrk)
        products, given = sums.products[run.blocks[f]], run.forces[f]
        for rank in range(len(forces)):
            for d in range(3):  # an array expression costs seconds of compiling
                forces[rank, d] = given[order[rank], d]
        met[:, 0], met[:, 1] = np.inf, -np.inf
        for a in range(species):
            particles = starts[a + 1] - starts[a]
            sums.rows[run.blocks[f], a] += dimension * particles
            if particles:
                _add_species(
                    a,
                    forces,
                    dimension,
                    grid,
                    acting,
                    panels,
                    products,
                    bench,
                    sums.ends,
                    met,
                    scatter_below,
                    dsyrk,
                )
        closer = False
        for c in range(len(met)):
            closer |= met[c, 0] < nearest[c]
            squares[c, 0], squares[c, 1] = min(squares[c, 0], met[c, 0]), max(squares[c, 1], met[c, 1])
        if closer:
            return f + 1, True
    return count, False


@numba.njit(cache=True, nogil=True)
def _add_species(
    a, forces, dimension, grid, acting, panels, products, bench, ends, met, scatter_below, dsyrk
):
    """Add the rows of one species of a frame to its panel, which is summed up when it is full, or scatter them."""
    low, high, stride = grid.starts[a], grid.starts[a + 1], panels.stride[a]
    if few_neighbours(scatter_below * stride, a, low, high, grid, acting, bench.found):
        mine = products[panels.place[a] :][: stride * stride]
        scatter_pair_rows(
            mine, stride, forces, a, low, high, dimension, grid, acting, bench.found, ends, met,
            Beside(Samples(*no_samples(len(forces))), np.empty(0), 0, np.empty(0, np.int64)),
        )  # fmt: skip
        return
    start, capacity = panels.start[a], panels.capacity[a]
    panel = panels.rows[start : start + (capacity + 1) * stride]
    while low < high:
        row = panels.filled[a]
        stop = min(low + (capacity - row) // dimension, high)
        open_rows(panel, row, stride, forces, low, stop, dimension)
        add_rows_of_pairs(panel, row, stride, a, low, stop, dimension, grid, acting, bench, ends, met)
        panels.filled[a] = row + dimension * (stop - low)
        low = stop
        if panels.filled[a] + dimension > capacity:
            _sum_up_panel(a, panels, products, dsyrk)


@numba.njit(cache=True, nogil=True)
def _sum_up_panel(a, panels, products, dsyrk):
    """Add the products of the gathered rows of a species."""
    if panels.filled[a]:
        update(
            dsyrk, panels.rows, panels.start[a], panels.filled[a], panels.stride[a], products, panels.place[a]
        )
        panels.filled[a] = 0
