"""Cells and neighbour pairs, and the one sentence that settles every sign.

    r_ij = r_j - r_i + S·H      F_i = Σ_j φ'(r_ij) r̂_ij

H has the cell vectors as rows, S is the integer image shift, r̂_ij points from i to j; φ' > 0 attracts.
Each unordered pair of images is found once (a half list): the force of the pair is +φ' r̂_ij on i and
-φ' r̂_ij on j. A particle and its own periodic image are a pair too (i = j); their two forces cancel.

The search bins particles into cells no smaller than half the cutoff, sorts them by bin and visits one half of the
neighbouring bins. A box shorter than the cutoff simply has neighbours several boxes away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from interpot.errors import InterpotError
from interpot.records import Cell, FloatArray, Frame, IntArray

# Bins that hold less than a particle on average cost time without sparing any.
_BINS_PER_PARTICLE = 2

# Distances below this fraction of the cutoff are rounding errors of images of the same place.
_ONE_PLACE = 1e-8
_MOST_NEIGHBOURS = 20_000  # water has as many within 36 Å; more are a mistake of units
_MOST_IMAGES = 20  # a cutoff beyond is a mistake of units, and would be searched for ever


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


def heights(vectors: FloatArray) -> FloatArray:
    """Distances between opposite faces of a cell, (3,): V/|b × c| and cyclic."""
    normals = np.cross(np.roll(vectors, -1, axis=0), np.roll(vectors, -2, axis=0))
    return np.asarray(abs(np.linalg.det(vectors)) / np.linalg.norm(normals, axis=1))


def complete_vectors(cell: Cell) -> FloatArray:
    """Cell vectors in which open axes of no length are replaced by unit vectors, so that they span space.

    Raises
    ------
    InterpotError
        A periodic axis has no length, or the vectors lie in a plane.
    """
    vectors = np.array(cell.vectors, dtype=np.float64)
    empty = ~vectors.any(axis=1)
    if np.any(empty & np.array(cell.periodic)):
        raise InterpotError("a periodic axis of the cell has no length: expected three cell vectors")
    if empty.any():
        _, _, basis = np.linalg.svd(vectors)  # the last rows span what the given vectors leave out
        vectors[empty] = basis[3 - empty.sum() :]
    if abs(np.linalg.det(vectors)) < 1e-12 * np.prod(np.linalg.norm(vectors, axis=1)):
        raise InterpotError(f"the cell vectors {cell.vectors.tolist()} lie in a plane: expected a volume")
    return vectors


class PairSearch:
    """Finds neighbour pairs frame after frame, reusing its memory.

    Parameters
    ----------
    cutoff
        Å; pairs with r < cutoff are found.
    """

    def __init__(self, cutoff: float) -> None:
        self.cutoff = float(cutoff)
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
        grid = _bin(frame, self.cutoff)
        count = _search(*grid, self.cutoff, self._ij, self._r, self._unit)
        if count > self._r.size:  # the kernel counts on when the memory is full
            self._resize(count + count // 8)
            count = _search(*grid, self.cutoff, self._ij, self._r, self._unit)
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


Grid = tuple[FloatArray, IntArray, IntArray, IntArray, IntArray, IntArray, FloatArray]


def _bin(frame: Frame, cutoff: float) -> Grid:
    """Sort the particles into bins along the cell vectors.

    Returns positions (wrapped, in bin order), their original indices, the first particle of each bin, the
    number of bins per axis, how many bins the cutoff reaches, which axes repeat, and the cell vectors.
    """
    vectors = complete_vectors(frame.cell)
    repeats = np.array(frame.cell.periodic)
    if frame.dimension == 2:
        repeats[2] = False
    fractional = (frame.positions - frame.cell.origin) @ np.linalg.inv(vectors)
    fractional -= np.floor(fractional) * repeats
    if len(fractional):
        low = np.where(repeats, 0.0, fractional.min(axis=0))
        span = np.where(repeats, 1.0, np.maximum(fractional.max(axis=0) - low, 1e-12))
    else:
        low, span = np.zeros(3), np.ones(3)
    extent = heights(vectors) * span
    if np.any(repeats & (cutoff > _MOST_IMAGES * extent)):
        raise InterpotError(
            f"a cutoff of {cutoff:g} Å reaches over more than {_MOST_IMAGES} images of the box of {frame.source} frame "
            f"{frame.index}, which is {extent[repeats].min():g} Å wide: give a smaller one, in the unit of the data"
        )
    neighbours = 4 / 3 * np.pi * cutoff**3 * len(fractional) / abs(np.linalg.det(vectors))
    if repeats.all() and neighbours > _MOST_NEIGHBOURS:
        raise InterpotError(
            f"within a cutoff of {cutoff:g} Å each atom of {frame.source} frame {frame.index} has about "
            f"{neighbours:,.0f} neighbours: give a smaller one, in the length unit of the data"
        )
    bins = np.maximum(np.floor(2 * extent / cutoff), 1)
    excess = bins.prod() / (_BINS_PER_PARTICLE * len(fractional) + 1)
    if excess > 1:  # thin out the finest axes of a dilute system
        bins = np.maximum(np.floor(bins / excess ** (1 / max(int(np.sum(bins > 1)), 1))), 1)
    reach = np.ceil(cutoff * bins / extent)
    reach = np.where(repeats, reach, np.minimum(reach, bins - 1)).astype(np.int64)
    shape = bins.astype(np.int64)
    index = np.minimum((fractional - low) / span * bins, bins - 1).astype(np.int64)
    flat = (index[:, 0] * shape[1] + index[:, 1]) * shape[2] + index[:, 2]
    order = np.argsort(flat, kind="stable")
    first = np.zeros(shape.prod() + 1, dtype=np.int64)
    np.cumsum(np.bincount(flat, minlength=shape.prod()), out=first[1:])
    positions = np.ascontiguousarray((fractional @ vectors)[order])
    return positions, order, first, shape, reach, repeats.astype(np.int64), vectors


@numba.njit(cache=True, nogil=True)
def _search(positions, order, first, shape, reach, repeats, vectors, cutoff, ij, r, unit):  # type: ignore[no-untyped-def]
    """Visit every bin and one half of the bins around it; return the number of pairs, stored or not.

    Bins that follow each other along the last axis hold particles that follow each other in memory, so that a
    whole row of them is one loop, cut only where it leaves the box and comes back shifted.
    """
    count = 0
    for a in range(shape[0]):
        for b in range(shape[1]):
            for c in range(shape[2]):
                home = (a * shape[1] + b) * shape[2] + c
                if first[home] == first[home + 1]:
                    continue
                for da in range(0, reach[0] + 1):
                    if not repeats[0] and a + da >= shape[0]:
                        continue
                    sa, na = divmod(a + da, shape[0])
                    for db in range(-reach[1] if da > 0 else 0, reach[1] + 1):
                        if not repeats[1] and not 0 <= b + db < shape[1]:
                            continue
                        sb, nb = divmod(b + db, shape[1])
                        row = (na * shape[1] + nb) * shape[2]
                        low = c - reach[2] if da > 0 or db > 0 else c
                        high = c + reach[2]
                        if not repeats[2]:
                            low, high = max(low, 0), min(high, shape[2] - 1)
                        while low <= high:
                            sc, nc = divmod(low, shape[2])
                            length = min(high - low + 1, shape[2] - nc)
                            # three numbers instead of a vector: an array here would be allocated per row
                            x = sa * vectors[0, 0] + sb * vectors[1, 0] + sc * vectors[2, 0]
                            y = sa * vectors[0, 1] + sb * vectors[1, 1] + sc * vectors[2, 1]
                            z = sa * vectors[0, 2] + sb * vectors[1, 2] + sc * vectors[2, 2]
                            same = da == 0 and db == 0 and low == c
                            count = _pairs_of_bins(
                                positions, order, first[home], first[home + 1], first[row + nc],
                                first[row + nc + length], x, y, z, same, cutoff, count, ij, r, unit,
                            )  # fmt: skip
                            low += length
    return count


@numba.njit(cache=True, nogil=True)
def _pairs_of_bins(  # type: ignore[no-untyped-def]
    positions, order, home, home_end, other, other_end, x, y, z, same, cutoff, count, ij, r, unit
):
    """Store the pairs of two ranges of particles, the second shifted by (x, y, z), from place `count` on.

    `same` says that the second range begins with the first: each pair in it is then taken once.
    """
    square_cutoff = cutoff * cutoff
    for p in range(home, home_end):
        px = positions[p, 0] - x
        py = positions[p, 1] - y
        pz = positions[p, 2] - z
        for q in range(p + 1 if same else other, other_end):
            dx = positions[q, 0] - px
            dy = positions[q, 1] - py
            dz = positions[q, 2] - pz
            square = dx * dx + dy * dy + dz * dz
            if square < square_cutoff:
                if count < r.size:
                    distance = np.sqrt(square)
                    inverse = 1.0 / distance if distance > 0.0 else 0.0
                    ij[0, count] = order[p]
                    ij[1, count] = order[q]
                    r[count] = distance
                    unit[count, 0] = dx * inverse
                    unit[count, 1] = dy * inverse
                    unit[count, 2] = dz * inverse
                count += 1
    return count
