"""Rows on their way into the sums: one panel per species, for compiled loops and for Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from interpot.records import FloatArray, IntArray

PANEL_BYTES = 2**20
"""Rows are gathered until they fill the second cache, where their products still find them."""


class Panels(NamedTuple):
    """Rows [X F] of each species: one rank-k update makes A, B and C.

    Attributes
    ----------
    rows : one-dimensional float64 array
        Panel after panel, row after row.
    start, stride, capacity : (species,) int64
        Where each begins, number of its columns, and of rows it holds: a whole number of particles, in two dimensions
        and in three, and one row to spare, which the kernels want.
    filled : (species,) int64
        Rows that are gathered.
    place : (species,) int64
        Where the products of each begin among those of all, which have as many rows and columns as it has columns.
    """

    rows: FloatArray
    start: IntArray
    stride: IntArray
    capacity: IntArray
    filled: IntArray
    place: IntArray

    def of(self, a: int) -> FloatArray:
        """Rows of one species, (capacity + 1, columns): a view."""
        size = int((self.capacity[a] + 1) * self.stride[a])
        return self.rows[self.start[a] :][:size].reshape(-1, self.stride[a])

    def taken(self, a: int) -> FloatArray:
        """Rows of one species that are gathered: a view. Gathering begins anew."""
        count, self.filled[a] = int(self.filled[a]), 0
        return self.of(a)[:count]


def panels_of(widths: Sequence[int]) -> Panels:
    """Empty panels for species with so many features."""
    stride = np.array(widths, dtype=np.int64) + 1
    capacity = np.maximum(PANEL_BYTES // (8 * stride) // 6, 1) * 6
    start, place = (np.cumsum([0, *sizes]) for sizes in ((capacity + 1) * stride, stride**2))
    rows = np.zeros(start[-1])
    return Panels(rows, start[:-1], stride, capacity, np.zeros(len(stride), np.int64), place[:-1])
