"""The compressed positions of an XTC frame: whole numbers, packed into as few bits as their ranges allow.

Bits are read from the highest of each byte. Three numbers below given sizes are one mixed-radix number, its bytes in
ascending order. An atom is given in full, and atoms that follow it, up to ten, by their small distances from the one
before; the first of these stands before the atom that it follows, which packs water better. The range of the small
distances is a row of a table, to which each atom may add or subtract one. The usual libraries write beyond their memory
where a file is damaged; this does not. Source: F. van Hoesel's algorithm, GROMACS ``src/gromacs/fileio/libxdrf.cpp``.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from interpot.records import IntArray

FIRST = 9  # of the table's rows that are used
SIZES: IntArray = np.array(
    [
        *(0,) * FIRST, 8, 10, 12, 16, 20, 25, 32, 40, 50, 64, 80, 101, 128, 161, 203, 256, 322, 406, 512, 645, 812,
        1024, 1290, 1625, 2048, 2580, 3250, 4096, 5060, 6501, 8192, 10321, 13003, 16384, 20642, 26007, 32768, 41285,
        52015, 65536, 82570, 104031, 131072, 165140, 208063, 262144, 330280, 416127, 524287, 660561, 832255, 1048576,
        1321122, 1664510, 2097152, 2642245, 3329021, 4194304, 5284491, 6658042, 8388607, 10568983, 13316085, 16777216,
    ],
    dtype=np.int64,
)  # fmt: skip
"""Sizes of the ranges of small distances: steps of about 2^(1/3)."""

_WIDE = 0xFFFFFF  # above this range the three coordinates stand one by one


@njit(cache=True, nogil=True)
def _bits(data, place, count):  # type: ignore[no-untyped-def]
    """Number in the next bits, and where they end; bits behind the end of the data are 0."""
    value = np.int64(0)
    while count > 0:
        free = 8 - (place & 7)  # bits of this byte that are not yet read
        taken = min(count, free)
        byte = np.int64(data[place >> 3]) if place >> 3 < len(data) else np.int64(0)
        value = (value << taken) | ((byte >> (free - taken)) & ((1 << taken) - 1))
        place += taken
        count -= taken
    return value, place


@njit(cache=True, nogil=True)
def _three(data, place, count, sizes, digits, found):  # type: ignore[no-untyped-def]
    """Fill `found` with three numbers below `sizes`, packed into so many bits; returns where they end."""
    length = 0
    digits[:4] = 0
    while count > 0:
        digits[length], place = _bits(data, place, min(count, 8))
        count -= 8
        length += 1
    for k in (2, 1):
        rest = np.int64(0)
        for j in range(length - 1, -1, -1):
            rest = (rest << 8) | digits[j]
            digits[j] = rest // sizes[k]
            rest -= digits[j] * sizes[k]
        found[k] = rest
    found[0] = digits[0] | (digits[1] << 8) | (digits[2] << 16) | (digits[3] << 24)
    return place


@njit(cache=True, nogil=True)
def _unpacked(data, low, sizes, bits, row, table, first, out):  # type: ignore[no-untyped-def]
    """Fill `out` with the positions of all atoms; returns whether the bits were such as a writer leaves behind."""
    # `bits` has those of each coordinate and, where all three are one number, of that
    digits, here = np.zeros(16, dtype=np.int64), np.zeros(3, dtype=np.int64)
    small, previous = np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64)
    place, done, run = 0, 0, 0
    while done < len(out):
        if bits[3]:
            place = _three(data, place, bits[3], sizes, digits, here)
        else:
            for k in range(3):
                here[k], place = _bits(data, place, bits[k])
        here += low
        change, step = 0, 0
        told, place = _bits(data, place, 1)
        if told:
            run, place = _bits(data, place, 5)
            change = run % 3
            run -= change
            step = change - 1
        followers = run // 3
        if done + 1 + followers > len(out) or place > 8 * len(data):
            return False
        previous[:] = here
        small[:] = table[row]
        for k in range(followers):
            place = _three(data, place, row, small, digits, here)
            here += previous - table[row] // 2
            out[done + 1 + k] = here
            if k == 0:  # it stands before the atom that it follows
                out[done], out[done + 1] = here, previous
            previous[:] = here
        if followers == 0:
            out[done] = here
        done += 1 + followers
        row += step
        if row < first or row >= len(table):
            return False
    return place <= 8 * len(data)


def unpack(data: NDArray[np.uint8], atoms: int, low: IntArray, high: IntArray, row: int) -> IntArray | None:
    """Unpack the positions of a frame, (atoms, 3), in units of its precision.

    Parameters
    ----------
    data : (size,) uint8
    low, high : (3,)
        Least and largest coordinates.
    row
        Of `SIZES`, at the beginning.

    Returns
    -------
    (atoms, 3) int64, or None
        None where no program can have written this.
    """
    sizes = high - low + 1
    if sizes.min() < 1 or not FIRST <= row < len(SIZES):
        return None
    wide = bool(sizes.max() > _WIDE)
    together = 0 if wide else (int(sizes[0]) * int(sizes[1]) * int(sizes[2])).bit_length()
    bits = np.array([*(int(size).bit_length() for size in sizes), together], dtype=np.int64)
    out = np.empty((atoms, 3), dtype=np.int64)
    return out if _unpacked(data, low, sizes, bits, row, SIZES, FIRST, out) else None
