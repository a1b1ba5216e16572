"""Neighbour pairs that stay good for many steps of a run: a list with a skin.

The list holds all pairs within the cutoff and a skin, and is good as long as no other pair can be within the cutoff.
With H₀ and x₀ cell and positions when it was made, F = H₀⁻¹ H the strain since and u_i = x_i - x₀_i F what an atom has
moved beyond it, two atoms that were r₀ apart are at least s r₀ - 2 max|u| apart, s the least singular value of F. The
list is therefore made anew when

    2 max|u| > s (cutoff + skin) - cutoff,

which in a box that stays the same is the rule that no atom may move by more than half of the skin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from interpot.geometry import complete_vectors
from interpot.neighbours import PairSearch
from interpot.records import Cell, FloatArray, Frame, IntArray

# mypy: disable-error-code="no-untyped-def"


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Neighbour pairs, each once, ready for a loop: r_ij = x_j + shift - x_i.

    Attributes
    ----------
    positions : (n, 3) float64, Å
        x, in the box that they were in when the list was made.
    shifts : (s, 3) float64, Å
        Of images.
    first : (m, n + 1) int64
        For each pair of species a <= b, in row b (b + 1)/2 + a, the first pair of each atom i, and their end.
    partner : (p,) int32
        j of each pair.
    image : (p,) int32
        Its row of `shifts`.
    """

    positions: FloatArray
    shifts: FloatArray
    first: IntArray
    partner: np.typing.NDArray[np.int32]
    image: np.typing.NDArray[np.int32]


class SkinList:
    """Lists the pairs of configurations that follow each other.

    Parameters
    ----------
    cutoff, skin
        Å. Pairs somewhat beyond the cutoff are listed, too.
    """

    def __init__(self, cutoff: float, skin: float) -> None:
        self.cutoff, self.reach = float(cutoff), float(cutoff + skin)
        self.made = 0
        """How often a list was made."""
        self._search = PairSearch(self.reach)
        self._state: _State | None = None

    def __call__(self, frame: Frame) -> Listed:
        """Return a list that holds all pairs within the cutoff.

        Raises
        ------
        InterpotError
            Two atoms in one place, or a cell without volume.
        """
        vectors = complete_vectors(frame.cell)
        if self._state is None or not self._state.covers(frame, vectors, self.cutoff, self.reach):
            self._state = self._make(frame, vectors)
            self.made += 1
        return self._state.listed(frame, vectors)

    def _make(self, frame: Frame, vectors: FloatArray) -> _State:
        inverse = np.asarray(np.linalg.inv(vectors), dtype=np.float64)
        repeats = np.array(frame.cell.periodic) & (np.arange(3) < frame.dimension)
        boxes = np.floor((frame.positions - frame.cell.origin) @ inverse) * repeats
        inside = frame.positions - boxes @ vectors
        cell = Cell(vectors, frame.cell.origin, frame.cell.periodic)
        wrapped = Frame(inside, frame.species, frame.kinds, cell, frame.dimension, source=frame.source)
        pairs = self._search(wrapped)
        first, partner, image, most = _packed(
            pairs.i, pairs.j, pairs.r, pairs.unit, inside, inverse, frame.kinds, len(frame.species)
        )
        grid = np.meshgrid(*(np.arange(-m, m + 1) for m in most), indexing="ij")
        images = np.stack(grid, axis=-1).reshape(-1, 3).astype(np.float64)
        return _State(frame, vectors, inverse, boxes, images, first, partner, image)


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """A list and the configuration for which it was made."""

    frame: Frame
    vectors: FloatArray
    inverse: FloatArray
    boxes: FloatArray
    images: FloatArray
    first: IntArray
    partner: np.typing.NDArray[np.int32]
    image: np.typing.NDArray[np.int32]

    def covers(self, frame: Frame, vectors: FloatArray, cutoff: float, reach: float) -> bool:
        """Tell whether no pair that is not listed can be within the cutoff."""
        before = self.frame
        if (frame.cell.periodic, frame.dimension) != (before.cell.periodic, before.dimension):
            return False
        if not np.array_equal(frame.kinds, before.kinds) or len(frame.species) != len(before.species):
            return False
        moved, least = frame.positions - before.positions, 1.0
        if not np.array_equal(vectors, self.vectors):
            strain = self.inverse @ vectors
            moved = frame.positions - before.positions @ strain
            least = float(np.linalg.svd(strain, compute_uv=False)[-1])
        farthest = np.sqrt(np.einsum("ij,ij->i", moved, moved).max(initial=0.0))
        return bool(2.0 * farthest <= least * reach - cutoff)

    def listed(self, frame: Frame, vectors: FloatArray) -> Listed:
        positions = frame.positions - self.boxes @ vectors
        return Listed(positions, self.images @ vectors, self.first, self.partner, self.image)


@numba.njit(cache=True, nogil=True)
def _packed(first_of, second_of, r, unit, x, inverse, kinds, species):
    """Sort pairs by their species and their first atom; find the image of each."""
    n, pairs = len(x), len(r)
    shift, most = np.empty((pairs, 3), dtype=np.int32), np.zeros(3, dtype=np.int64)
    first = np.zeros((species * (species + 1) // 2, n + 1), dtype=np.int64)
    for p in range(pairs):
        i, j = first_of[p], second_of[p]
        first[_row(kinds[i], kinds[j]), i + 1] += 1
        for d in range(3):
            s = 0.0
            for e in range(3):
                s += (r[p] * unit[p, e] - (x[j, e] - x[i, e])) * inverse[e, d]
            shift[p, d] = np.int32(np.rint(s))
            most[d] = max(most[d], abs(shift[p, d]))
    total = 0
    for row in first:
        for i in range(n + 1):
            total += row[i]
            row[i] = total
    partner, image = np.empty(pairs, dtype=np.int32), np.empty(pairs, dtype=np.int32)
    vacant = first[:, :-1].copy()
    for p in range(pairs):
        i, j = first_of[p], second_of[p]
        row = _row(kinds[i], kinds[j])
        at = vacant[row, i]
        vacant[row, i] += 1
        partner[at] = j
        code = shift[p, 0] + most[0]
        for d in range(1, 3):
            code = code * (2 * most[d] + 1) + shift[p, d] + most[d]
        image[at] = code
    return first, partner, image, most


@numba.njit(cache=True, inline="always")
def _row(a, b):
    """Row of a pair of species, in either order."""
    low, high = min(a, b), max(a, b)
    return high * (high + 1) // 2 + low
