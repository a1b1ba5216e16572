"""Neighbour pairs of a frame: the compiled search, and its list of pairs for occasional use."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from interpot.errors import InterpotError
from interpot.grid import GridMaker
from interpot.lanes import LANES, note_near
from interpot.records import FloatArray, Frame, IntArray

# mypy: disable-error-code="no-untyped-def"

_ONE_PLACE = 1e-8  # of the cutoff: smaller distances are rounding errors of images of the same place


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Neighbour pairs of one frame, a half list.

    Attributes
    ----------
    i, j : (p,) int64
        Particles.
    r : (p,) float64, Å
        Distance.
    unit : (p, 3) float64
        r̂_ij, from i to j.
    """

    i: IntArray
    j: IntArray
    r: FloatArray
    unit: FloatArray


@numba.njit(cache=True, nogil=True)
def neighbours(x, y, z, first, place, base, stencil, half, square_cutoff, found):
    """Images of one species within the cutoff of a particle, itself included unless half; returns how many.

    Parameters
    ----------
    x, y, z, first
        Of the `Grid`. (Kernels take its arrays out of the tuple once: there, each access counts references.)
    place : int
        Where the particle stands among the images.
    base : int
        Its bin, counted among those of the species that is looked for.
    stencil, half
        As `GridMaker.stencil` gives them.
    found : (g + 8,) uint32, out
        The images.
    """
    at_x, at_y, at_z, count = x[place], y[place], z[place], 0
    for s in range(len(stencil)):
        end = first[base + stencil[s, 1] + 1]
        for g in range(place + 1 if half and s == 0 else first[base + stencil[s, 0]], end, LANES):
            count = note_near(x, y, z, g, end - g, at_x, at_y, at_z, square_cutoff, found, count)
    return count


@numba.njit(cache=True, nogil=True)
def _list(grid, stencil, cutoff, found, ij, r, unit):
    """Store all pairs of a grid of one species; return their number, stored or not."""
    x, y, z, first = grid.x, grid.y, grid.z, grid.first
    owner, home, places, order = grid.owner, grid.home, grid.place, grid.order
    total = 0
    for rank in range(len(order)):
        place = places[rank]
        count = neighbours(x, y, z, first, place, home[rank], stencil, True, cutoff * cutoff, found)
        if total + count <= r.size:
            for h in range(np.uint64(count)):  # unsigned: it cannot count from the end, and need not ask
                at, g = np.uint64(total) + h, found[h]
                dx, dy, dz = x[g] - x[place], y[g] - y[place], z[g] - z[place]
                distance = np.sqrt(dx * dx + dy * dy + dz * dz)
                inverse = 1.0 / distance if distance > 0.0 else 0.0
                ij[0, at], ij[1, at] = order[rank], order[owner[g]]
                r[at] = distance
                unit[at, 0], unit[at, 1], unit[at, 2] = dx * inverse, dy * inverse, dz * inverse
        total += count
    return total


class PairSearch:
    """Finds neighbour pairs frame after frame, reusing its memory.

    Parameters
    ----------
    cutoff
        Å; pairs with r < cutoff are found.
    """

    def __init__(self, cutoff: float) -> None:
        self.cutoff = float(cutoff)
        self._grid = GridMaker(cutoff)
        self._resize(1024)

    def _resize(self, capacity: int) -> None:
        self._ij = np.empty((2, capacity), dtype=np.int64)
        self._r = np.empty(capacity)
        self._unit = np.empty((capacity, 3))

    def __call__(self, frame: Frame) -> Pairs:
        """Pairs of one frame; the arrays are views that the next call overwrites.

        Raises
        ------
        InterpotError
            Two particles in one place, or a cell without volume.
        """
        grid = self._grid(frame, np.zeros(len(frame.positions), dtype=np.int64), 1)
        found = np.empty(len(grid.x), dtype=np.uint32)
        stencil = self._grid.stencil(self.cutoff, True)
        for _ in range(2):
            count = _list(grid, stencil, self.cutoff, found, self._ij, self._r, self._unit)
            if count <= self._r.size:
                break
            self._resize(count + count // 8)  # the kernel counts on when the memory is full
        pairs = Pairs(self._ij[0, :count], self._ij[1, :count], self._r[:count], self._unit[:count])
        _check_overlap(frame, pairs, self.cutoff)
        return pairs


def pairs(frame: Frame, cutoff: float) -> Pairs:
    """Neighbour pairs of one frame, for occasional use; see `PairSearch`."""
    return PairSearch(cutoff)(frame)


def _check_overlap(frame: Frame, pairs: Pairs, cutoff: float) -> None:
    if pairs.r.size == 0 or pairs.r.min() > _ONE_PLACE * cutoff:
        return
    p = int(pairs.r.argmin())
    ids = np.arange(1, len(frame.positions) + 1) if frame.ids is None else frame.ids
    a, b = sorted((int(ids[pairs.i[p]]), int(ids[pairs.j[p]])))
    raise InterpotError(
        f"atoms {a} and {b} of frame {frame.index} of '{frame.source}' are in one place, where no force is defined: "
        "remove one of them or leave the frame out with --frames"
    )
