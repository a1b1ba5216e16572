"""Arrays too large for memory: the sums of many channels over many blocks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray

IN_MEMORY = 2**28
"""Bytes from which on an array is kept in a file."""


def zeros(rows: int, columns: int) -> FloatArray:
    """Zeros in memory, or in a file that vanishes with them where they are large."""
    if 8 * rows * columns < max(IN_MEMORY, 1):
        return np.zeros((rows, columns))
    with tempfile.TemporaryFile(prefix="interpot-blocks-") as file:
        try:
            # all of it at once: else a full disk is a bus error later
            os.posix_fallocate(file.fileno(), 0, 8 * rows * columns)
        except OSError as error:
            raise InterpotError(
                f"no room for {8 * rows * columns / 1e6:.0f} MB of sums in '{tempfile.gettempdir()}' "
                f"({error.strerror}): set TMPDIR to another folder, or keep fewer blocks with --memory"
            ) from error
        return np.memmap(file, dtype=np.float64, mode="w+", shape=(rows, columns))


def joined(arrays: Sequence[FloatArray]) -> FloatArray:
    """Rows of several arrays one below the other, in memory or in a file."""
    whole, first = zeros(sum(map(len, arrays)), arrays[0].shape[1]), 0
    for array in arrays:
        whole[first : first + len(array)] = array
        first += len(array)
    return whole
