"""Rows kept as rows, and as their triangular factor where they are many: sums that lose no digits.

XᵀX squares the condition of X, so that half of the digits are gone before anything is solved. The triangular factor
R of X = QR has the products of X, RᵀR = XᵀX, the condition of X, and the factor of two sets of rows is the factor of
their two factors one above the other: it is additive like a sum (TSQR; J. Demmel, L. Grigori, M. Hoemmen, J. Langou,
SIAM J. Sci. Comput. 34, A206 (2012)). By Householder reflections it is backward stable column by column, whatever the
columns' scales. It takes twice the products of XᵀX at least: on one core, 2 to 3 times the time of the pass.

A table here is any matrix whose products are those of the rows it stands for: the rows themselves while they are few,
else their factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from interpot.records import FloatArray, IntArray

PATIENCE = 2
"""Rows per column that are gathered before they are replaced by their factor: the fewer factors, the less work."""


def factor(rows: FloatArray) -> FloatArray:
    """R of the QR decomposition of rows, (min(m, w), w); fewer rows than columns are left as they are."""
    return np.asarray(np.linalg.qr(rows, mode="r")) if len(rows) > rows.shape[1] else rows


@dataclass(frozen=True, slots=True, eq=False)
class RowTables:
    """Rows [N X F] of one kind, a table per block.

    Attributes
    ----------
    kind
        "energies", "virials" or "forces".
    species
        Whose forces; "" for the other kinds.
    leading
        Names of the columns N: for energies the species, whose constants they multiply, and "kinetic".
    columns : (k,) int64
        Where the columns X stand among those of all channels.
    tables
        Per block, (m, l + k + 1) float64.
    rows : (b,) int64
        How many rows each stands for.
    kinetic : (b,) int64
        How many of them know their kinetic part; it is 0 in the others.
    """

    kind: str
    species: str
    leading: tuple[str, ...]
    columns: IntArray
    tables: tuple[FloatArray, ...]
    rows: IntArray
    kinetic: IntArray

    @classmethod
    def empty(cls, kind: str, species: str, leading: tuple[str, ...], columns: IntArray) -> RowTables:
        """Return one block without rows."""
        table = np.zeros((0, len(leading) + len(columns) + 1))
        zero = np.zeros(1, dtype=np.int64)
        return cls(kind, species, leading, columns, (table,), zero, zero)

    @property
    def label(self) -> str:
        """Name among all row tables, and in files."""
        return f"{self.kind}_on_{self.species}" if self.species else self.kind

    @property
    def width(self) -> int:
        """Columns of a table."""
        return len(self.leading) + len(self.columns) + 1

    def with_rows(self, rows: FloatArray, kinetic: bool = False) -> RowTables:
        """Return the only block with more rows."""
        table = np.concatenate([self.tables[0], rows])
        if len(table) > PATIENCE * self.width:
            table = factor(table)
        known = self.kinetic + len(rows) * kinetic
        return replace(self, tables=(table,), rows=self.rows + len(rows), kinetic=known)

    def closed(self) -> RowTables:
        """Return the same with tables of no more rows than columns."""
        return replace(self, tables=tuple(factor(table) for table in self.tables))

    def joined(self, first: int, stop: int) -> RowTables:
        """Return the blocks of a range as one, uncompressed unless that is much smaller."""
        part = slice(first, stop)
        table = np.concatenate([np.zeros((0, self.width)), *self.tables[part]])
        if len(table) > PATIENCE * self.width:
            table = factor(table)
        sums = (counts[part].sum(keepdims=True) for counts in (self.rows, self.kinetic))
        return RowTables(self.kind, self.species, self.leading, self.columns, (table,), *sums)

    def summed(self) -> RowTables:
        """Return all blocks as one."""
        return self.joined(0, len(self.tables))

    def beside(self, other: RowTables) -> RowTables:
        """Return the blocks of both."""
        rows, kinetic = (np.concatenate([getattr(self, n), getattr(other, n)]) for n in ("rows", "kinetic"))
        return replace(self, tables=(*self.tables, *other.tables), rows=rows, kinetic=kinetic)

    def part(self, first: int, stop: int) -> RowTables:
        """Return a range of blocks; the arrays are views."""
        return replace(
            self,
            tables=self.tables[first:stop],
            rows=self.rows[first:stop],
            kinetic=self.kinetic[first:stop],
        )

    def laid_out(self, columns: IntArray, own: IntArray) -> RowTables:
        """Return the same rows in other columns; see `interpot.statistic.blocks.SpeciesSums.laid_out`."""
        target = columns[self.columns]
        if np.array_equal(own, target):
            return replace(self, columns=own)
        kept, lead = np.flatnonzero(target >= 0), len(self.leading)
        place = lead + np.searchsorted(own, target[kept])
        tables = []
        for table in self.tables:
            moved = np.zeros((len(table), lead + len(own) + 1))
            moved[:, :lead], moved[:, -1] = table[:, :lead], table[:, -1]
            moved[:, place] = table[:, lead + kept]
            tables.append(moved)
        return replace(self, columns=own, tables=tuple(tables))

    def write(self, group: Any) -> None:
        """Write to a group of an HDF5 file: the tables one below the other, and how many rows each has."""
        group.attrs.update(kind=self.kind, species=self.species, leading=list(self.leading))
        group["table"] = np.concatenate([np.zeros((0, self.width)), *self.tables])
        group["lengths"] = np.array([len(table) for table in self.tables], dtype=np.int64)
        group["rows"], group["kinetic"] = self.rows, self.kinetic

    @classmethod
    def read(cls, group: Any, columns: IntArray) -> RowTables:
        """Read what `write` wrote."""
        a, ends = group.attrs, np.cumsum(group["lengths"][:])
        tables = tuple(np.split(group["table"][:], ends[:-1]))
        leading = tuple(str(name) for name in a["leading"])
        return cls(
            str(a["kind"]), str(a["species"]), leading, columns, tables, group["rows"][:], group["kinetic"][:]
        )

    @property
    def nbytes(self) -> int:
        """Memory that the tables take."""
        return sum(table.nbytes for table in self.tables)


def row_labels(species: Sequence[str]) -> list[tuple[str, str]]:
    """Labels of all row tables that there may be, in their order, and the species of each."""
    return [("energies", ""), *((f"forces_on_{name}", name) for name in species), ("virials", "")]


def beside(one: Sequence[RowTables], other: Sequence[RowTables]) -> tuple[RowTables, ...]:
    """Blocks of both, kind by kind; without any of one kind on one side, those of the other."""
    if not one or not other:
        return tuple(one or other)
    return tuple(a.beside(b) for a, b in zip(one, other, strict=True))


def joint_factor(forces: Sequence[RowTables], size: int) -> FloatArray:
    """R of the rows [X F] on all species in the joint columns, (≤ size + 1, size + 1)."""
    tall = []
    for part in forces:
        table = part.summed().tables[0]
        wide = np.zeros((len(table), size + 1))
        wide[:, part.columns], wide[:, -1] = table[:, :-1], table[:, -1]
        tall.append(wide)
    return factor(np.concatenate(tall))


def scaled(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Columns of length 1, and the lengths; those of a column of zeros count as 1."""
    lengths = np.linalg.norm(matrix, axis=0)
    lengths[lengths == 0] = 1.0
    return matrix / lengths, lengths


def least_squares(R: FloatArray) -> FloatArray:
    """Coefficients k of X k = F that explain F best, (K,), from the factor of [X F]; columns are scaled first."""
    X, lengths = scaled(R[:, :-1])
    return np.asarray(np.linalg.lstsq(X, R[:, -1], rcond=None)[0] / lengths)
