"""Symmetric matrices kept as their upper triangles, row after row."""

from __future__ import annotations

import numba
import numpy as np

# mypy: disable-error-code="no-untyped-def"

SQUARE = 32
"""Rows and columns of the squares in which a matrix is mirrored."""


@numba.njit(cache=True, nogil=True)
def pack(full, packed):
    """Copy the upper triangle of a square matrix to ``packed``, row after row."""
    at = 0
    for row in range(len(full)):
        for column in range(row, len(full)):  # a slice costs two seconds of compiling
            packed[at + column - row] = full[row, column]
        at += len(full) - row


@numba.njit(cache=True, nogil=True)
def move_packed(packed, size, kept, moved, new_size, place):
    """Copy rows and columns `kept` (rising) of a packed symmetric matrix to `place` in another of `new_size`."""
    ends = np.empty(len(kept), dtype=np.int64)  # of the run of neighbours, here as there, that a column is in
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
                for k in range(count):
                    moved[new + column + k] = packed[old + kept[j] + k]
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
def add_upper(packed, columns, full):
    """Add a packed symmetric matrix to the upper triangle of another, to some of its rows and columns (rising)."""
    at = 0
    for i in range(len(columns)):
        row = columns[i]
        for j in range(i, len(columns)):
            full[row, columns[j]] += packed[at]
            at += 1


@numba.njit(cache=True, nogil=True)
def mirror(full):
    """Copy the upper triangle to the lower one, in squares that fit in the cache."""
    size = len(full)
    for top in range(0, size, SQUARE):
        for start in range(top, size, SQUARE):
            for row in range(top, min(top + SQUARE, size)):
                for column in range(max(start, row + 1), min(start + SQUARE, size)):
                    full[column, row] = full[row, column]
