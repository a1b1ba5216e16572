"""The sums of the one pass, per block of consecutive frames and per species whose forces they explain.

The force on a particle depends on the channels of its own species only. Kept apart by species, the normal equations
are dense; put together, they are full of zeros: with three species half the columns of a row, and so three quarters
of its products, never differ from zero. Of each symmetric matrix the upper triangle is kept, row after row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg.blas import dspmv

from interpot.records import FloatArray, IntArray
from interpot.statistic.kernels.packed import add_upper, mirror, move_packed, unpack
from interpot.statistic.large_arrays import joined, zeros
from interpot.statistic.triangular import RowTables
from interpot.statistic.triangular import beside as tables_beside


def unpacked(packed: FloatArray, size: int) -> FloatArray:
    """Symmetric (size, size) matrix of its packed upper triangle."""
    full = np.empty((size, size))
    unpack(np.ascontiguousarray(packed), full)
    return full


ARRAYS = ("gram", "moment", "square", "rows")


@dataclass(frozen=True, slots=True, eq=False)
class SpeciesSums:
    """Normal equations of the forces on one species, a row per block; float64 in internal units.

    Attributes
    ----------
    species
        Whose forces.
    columns : (k,) int64
        Where its columns stand among those of all channels; ascending.
    gram : (b, k (k + 1)/2)
        A = XᵀX, packed upper triangle.
    moment : (b, k)
        B = XᵀF.
    square : (b,)
        C = FᵀF.
    rows : (b,) int64
        Force components.
    """

    species: str
    columns: IntArray
    gram: FloatArray
    moment: FloatArray
    square: FloatArray
    rows: IntArray

    def laid_out(self, columns: IntArray, own: IntArray) -> SpeciesSums:
        """Return the same sums in other columns.

        Parameters
        ----------
        columns : (K,) int64
            What joint column k becomes; -1 leaves it out.
        own : (k',) int64
            The columns that the species then has, ascending; those that are new are zero.
        """
        target = columns[self.columns]
        if np.array_equal(own, target):
            return replace(self, columns=own)
        kept = np.flatnonzero(target >= 0)
        place = np.searchsorted(own, target[kept])
        gram = zeros(len(self.gram), len(own) * (len(own) + 1) // 2)
        for b, packed in enumerate(self.gram):
            move_packed(np.ascontiguousarray(packed), len(target), kept, gram[b], len(own), place)
        moment = np.zeros((len(self.moment), len(own)))
        moment[:, place] = self.moment[:, kept]
        return replace(self, columns=own, gram=gram, moment=moment)

    def summed(self) -> SpeciesSums:
        """Return the sum over the blocks as one block."""
        summed = (getattr(self, name).sum(axis=0, keepdims=True) for name in ARRAYS)
        return SpeciesSums(self.species, self.columns, *summed)

    def beside(self, other: SpeciesSums) -> SpeciesSums:
        """Return the blocks of both."""
        small = (np.concatenate([getattr(self, name), getattr(other, name)]) for name in ARRAYS[1:])
        return SpeciesSums(self.species, self.columns, joined([self.gram, other.gram]), *small)


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """The sums of all species over blocks of consecutive frames.

    Attributes
    ----------
    size
        K, the number of columns of all channels.
    parts
        One per species.
    frames : (b,) int64
        Frames in each block.
    net : (b,) float64
        Sum over the frames of the squared net force |Σ_i F_i|², eV²/Å²; NaN where it was not recorded. Internal forces
        cancel in it, so that noise independent from row to row has the same expectation in it as in C.
    tables
        Rows of energies and virials and factors of the forces' rows, where they were wanted.
    """

    size: int
    parts: tuple[SpeciesSums, ...]
    frames: IntArray
    net: FloatArray
    tables: tuple[RowTables, ...] = ()

    def __len__(self) -> int:
        return len(self.frames)

    def gram(self, which: int | np.integer | slice | IntArray = slice(None)) -> FloatArray:
        """A summed over the chosen blocks, (K, K)."""
        total = np.zeros((self.size, self.size))
        for part in self.parts:
            one = isinstance(which, int | np.integer)
            packed = part.gram[which] if one else part.gram[which].sum(axis=0)
            add_upper(np.ascontiguousarray(packed), part.columns, total)
        mirror(total)
        return total

    def times(self, k: FloatArray) -> FloatArray:
        """A k of each block, (b, K), without unpacking A; k is (K,), or (b, K) with one for each block."""
        products = np.zeros((len(self), self.size))
        vectors = np.broadcast_to(k, products.shape)
        for part in self.parts:
            for n in range(len(self)):
                own = vectors[n, part.columns]
                # the upper triangle, row after row, is to BLAS the lower one, column after column
                products[n, part.columns] += dspmv(len(own), 1.0, part.gram[n], own, lower=1)
        return products

    @property
    def moment(self) -> FloatArray:
        """B of each block, (b, K)."""
        total = np.zeros((len(self), self.size))
        for part in self.parts:
            total[:, part.columns] += part.moment
        return total

    @property
    def square(self) -> FloatArray:
        """C of each block, (b,)."""
        return np.asarray(sum(part.square for part in self.parts))

    @property
    def rows(self) -> IntArray:
        """Force components of each block, (b,)."""
        return np.asarray(sum(part.rows for part in self.parts))

    def laid_out(self, columns: IntArray, size: int, own: Sequence[IntArray]) -> Blocks:
        """Return the same sums with column k moved to columns[k] of `size`; see `SpeciesSums.laid_out`."""
        parts = tuple(p.laid_out(columns, c) for p, c in zip(self.parts, own, strict=True))
        all_columns = np.arange(size, dtype=np.int64)
        on = {"": all_columns} | {p.species: p.columns for p in parts}
        return Blocks(
            size, parts, self.frames, self.net, tuple(t.laid_out(columns, on[t.species]) for t in self.tables)
        )

    def beside(self, other: Blocks) -> Blocks:
        """Return the blocks of both; species and columns must be the same."""
        parts = tuple(a.beside(b) for a, b in zip(self.parts, other.parts, strict=True))
        frames, net = (np.concatenate([getattr(self, n), getattr(other, n)]) for n in ("frames", "net"))
        return Blocks(self.size, parts, frames, net, tables_beside(self.tables, other.tables))

    def first(self, count: int) -> Blocks:
        """Return the first blocks; the arrays are views."""
        parts = (
            SpeciesSums(p.species, p.columns, *(getattr(p, name)[:count] for name in ARRAYS))
            for p in self.parts
        )
        tables = tuple(t.part(0, count) for t in self.tables)
        return Blocks(self.size, tuple(parts), self.frames[:count], self.net[:count], tables)

    def summed(self) -> Blocks:
        """Return the sum as one block."""
        tables = tuple(t.summed() for t in self.tables)
        parts = tuple(p.summed() for p in self.parts)
        return Blocks(self.size, parts, self.frames.sum(keepdims=True), self.net.sum(keepdims=True), tables)

    @property
    def nbytes(self) -> int:
        """Memory that the arrays take."""
        sums = sum(p.gram.nbytes + p.moment.nbytes + p.square.nbytes + p.rows.nbytes for p in self.parts)
        return sums + sum(t.nbytes for t in self.tables)
