"""The atoms of a frame in a text dump of LAMMPS: columns into positions, species, forces and the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Cell, FloatArray, Frame, IntArray
from interpot.trajectory.place import place, shown
from interpot.trajectory.readers.lammps_header import Header, continued, line_of
from interpot.trajectory.readers.parsing import (
    CROWDED,
    LONG,
    LONGEST_NAME,
    NAME,
    SHORT,
    SKIP,
    WHOLE,
    number,
    read_rows,
)
from interpot.trajectory.readers.reader import Request, cut_short
from interpot.trajectory.readers.stream import LineStream

_STYLES = (("x", "y", "z"), ("xu", "yu", "zu"), ("xs", "ys", "zs"), ("xsu", "ysu", "zsu"))
_UNWRAPPED = (("xu", "yu", "zu"), ("xsu", "ysu", "zsu"))
_SCALED = (("xs", "ys", "zs"), ("xsu", "ysu", "zsu"))
_IMAGES, _VELOCITIES, _FORCES = ("ix", "iy", "iz"), ("vx", "vy", "vz"), ("fx", "fy", "fz")
_NAMES = ("element", "typelabel", "type")
_MOST_NAMES = 256
_BY_TYPE = "several types share an element, so that species are named by type"

UNTOLD_ELEMENT = (
    "the only element is 'C', which is what LAMMPS writes when it is told no element: name it with --species C=Ar "
    "(species= in Python; C=C if it is carbon) or with 'dump_modify d element Ar'"
)
"""Remark that one type of particle may be carbon, or anything."""


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """Where the columns of a file go.

    Attributes
    ----------
    codes : (c,) int64
        For each column of the file: the column of the table that it fills, or `SKIP` or `NAME`.
    groups
        The quantities that are there → their first column in the table; three columns for a vector, of
        which the third stays 0 where the file lacks it.
    lacking_z
        Those of the groups that lack it.
    width
        Of the table.
    """

    codes: IntArray
    groups: Mapping[tuple[str, ...], int]
    lacking_z: frozenset[tuple[str, ...]]
    width: int


@lru_cache(maxsize=64)
def _plan(columns: tuple[str, ...], by_type: bool, doubt: bool) -> _Plan:
    """Lay out the table for the columns of a file.

    The species are named by type numbers if so told; with `doubt`, type numbers are kept beside elements.
    """
    codes = np.full(len(columns), SKIP, dtype=np.int64)
    groups: dict[tuple[str, ...], int] = {}
    lacking_z = set()
    width = 0
    check = (("type",),) if doubt and not by_type and "element" in columns else ()
    for group in (*_STYLES, _IMAGES, _VELOCITIES, _FORCES, ("mass",), ("id",), *check):
        if all(name in columns for name in group[:2]):
            groups[group] = width
            for k, name in enumerate(group):
                if name in columns:
                    codes[columns.index(name)] = width + k
                else:
                    lacking_z.add(group)
            width += len(group)
    names = [name for name in (("type",) if by_type else _NAMES) if name in columns]
    if names:
        codes[columns.index(names[0])] = NAME
    return _Plan(codes, groups, frozenset(lacking_z), width)


class AtomReader:
    """Reads the atoms of one file while it is walked."""

    def __init__(self, path: Path, request: Request, stream: LineStream) -> None:
        self.path, self.request, self.stream = path, request, stream
        self.names = np.zeros((_MOST_NAMES, LONGEST_NAME), dtype=np.uint8)
        self.lengths = np.zeros(_MOST_NAMES, dtype=np.int64)
        self.odd = np.zeros((2**12, 4), dtype=np.int64)

    def frame(self, index: int, header: Header) -> Frame:
        """Read the atoms of a frame and convert them to internal units."""
        plan = self._choose(index, header)
        table, kinds = self._rows(index, header, plan)
        ids = None
        if ("id",) in plan.groups:
            ids = self._whole_numbers(index, header, "id", table[:, plan.groups["id",]])
            if np.any(ids[1:] < ids[:-1]):
                order = np.argsort(ids, kind="stable")
                ids, table, kinds = ids[order], table[order], kinds[order]
        species, kinds = self._species(kinds, named=NAME in plan.codes)
        if ("type",) in plan.groups:
            types = self._whole_numbers(index, header, "type", table[:, plan.groups["type",]])
            species, kinds = self._told_apart(species, kinds, types)
        units = self.request.units
        positions, unwrapped = self._positions(header.cell, plan, table)
        masses = table[:, plan.groups["mass",]] * units.mass if ("mass",) in plan.groups else None
        cell = header.cell
        return Frame(
            positions=positions * units.length,
            species=species,
            kinds=kinds,
            cell=Cell(cell.vectors * units.length, cell.origin * units.length, cell.periodic),
            dimension=2 if plan.lacking_z.intersection(_STYLES) else 3,
            forces=self._vectors(_FORCES, plan, table, positions, units.force),
            velocities=self._vectors(_VELOCITIES, plan, table, positions, units.velocity),
            masses=masses,
            ids=ids,
            unwrapped=None if unwrapped is None else unwrapped * units.length,
            step=header.step,
            time=None if header.time is None else header.time * units.time,
            source=str(self.path),
            index=index,
        )

    def _choose(self, index: int, header: Header) -> _Plan:
        species = self.request.species
        by_type = bool(species) and "type" in header.columns and all(name.isdigit() for name in species or ())
        plan = _plan(header.columns, by_type, doubt=not species)
        if not any(style in plan.groups for style in _STYLES):
            raise InterpotError(
                f"{place(self.path, index, header.step)} has no positions: expected columns x y z (or xs, "
                f"xu, xsu ...), found '{' '.join(header.columns)}'"
            )
        return plan

    def _rows(self, index: int, header: Header, plan: _Plan) -> tuple[FloatArray, IntArray]:
        stream = self.stream
        try:
            table = np.zeros((header.atoms, plan.width))
            kinds = np.zeros(header.atoms, dtype=np.int64)
        except (MemoryError, ValueError) as error:
            raise InterpotError(
                f"{place(self.path, index, header.step)} is said to have {header.atoms} atoms: expected a "
                "number that fits into memory; the file is garbled"
            ) from error
        if len(self.odd) < len(plan.codes):
            self.odd = np.zeros((len(plan.codes), 4), dtype=np.int64)
        row = 0
        while True:
            status, after, position, odd = read_rows(
                stream.text, stream.position, stream.end, plan.codes, row, table, kinds,
                self.names, self.lengths, self.odd,
            )  # fmt: skip
            for at, column, begin, end in self.odd[:odd].tolist():
                try:
                    table[at, column] = number(bytes(stream.data[begin:end]))
                except ValueError:
                    text = stream.line_at(stream.data.rfind(b"\n", 0, begin) + 1)
                    token = text if text.startswith(b"ITEM:") else bytes(stream.data[begin:end])
                    name = header.columns[plan.codes.tolist().index(column)]
                    raise self._garbled(
                        index, header, stream.line + at - row, shown(token), f"a number in column '{name}'"
                    ) from None
            stream.line += after - row
            stream.position, row = position, after
            if status != WHOLE:
                raise self._bad_row(index, header, row, status)
            if row == header.atoms:
                return table, kinds
            if position >= stream.end and not stream.advance():
                raise cut_short(self.path, index, row, header.atoms, stream.torn)

    def _whole_numbers(self, index: int, header: Header, name: str, column: FloatArray) -> IntArray:
        whole = (np.floor(column) == column) & (np.abs(column) < 2**53)
        if not whole.all():
            raise InterpotError(
                f"column '{name}' of {place(self.path, index, header.step)} holds {column[~whole][0]}: expected "
                "whole numbers"
            )
        return column.astype(np.int64)

    def _species(self, kinds: IntArray, named: bool) -> tuple[tuple[str, ...], IntArray]:
        """Names of the species that occur, sorted, and the kinds by their order."""
        if not named:
            return ("1",), kinds
        present = np.flatnonzero(np.bincount(kinds))
        names = [bytes(self.names[k, : self.lengths[k]]).decode(errors="replace") for k in present]
        rank = np.zeros(_MOST_NAMES, dtype=np.int64)
        rank[present] = np.argsort(np.argsort(names))
        return tuple(sorted(names)), rank[kinds]

    def _told_apart(
        self, species: tuple[str, ...], kinds: IntArray, types: IntArray
    ) -> tuple[tuple[str, ...], IntArray]:
        """Name the species by their types, here and in later frames, where several types share an element."""
        numbers, kinds_by_type = np.unique(types, return_inverse=True)
        elements = [species[kinds[np.argmax(kinds_by_type == k)]] for k in range(len(numbers))]
        shared = [name for name in species if elements.count(name) > 1]
        if shared:
            self.request.learnt.add(_BY_TYPE)
            alike = [str(t) for t, name in zip(numbers, elements, strict=True) if name == shared[0]]
            self.request.remark(
                f"the column element of '{self.path}' names types {' and '.join(alike)} all '{shared[0]}' (LAMMPS "
                "writes C when it is told no elements): species are named by type number; name them with --species "
                "1=Ne,2=Xe (species= in Python) or with 'dump_modify d element Ne Xe'"
            )
        if _BY_TYPE not in self.request.learnt:
            if species == ("C",):
                self.request.remark(UNTOLD_ELEMENT)
            return species, kinds
        names = [str(t) for t in numbers]
        return tuple(sorted(names)), np.argsort(np.argsort(names))[kinds_by_type]

    def _bad_row(self, index: int, header: Header, row: int, status: int) -> InterpotError:
        line = self.stream.line_at(self.stream.position)
        if status == CROWDED:
            return InterpotError(
                f"line {self.stream.line} of '{self.path}': the species column of frame {index} holds more "
                f"than {_MOST_NAMES} names, or one longer than {LONGEST_NAME} letters: '{shown(line)}'"
            )
        assert status in (SHORT, LONG)
        expected = f"{len(header.columns)} columns ({' '.join(header.columns)})"
        return self._garbled(index, header, self.stream.line, shown(line), expected)

    def _garbled(self, index: int, header: Header, line: int, found: str, expected: str) -> InterpotError:
        if found.startswith("ITEM:"):
            return continued(self.path, line, index, header)
        return InterpotError(
            f"{line_of(self.path, line, index, header)}: expected {expected}, found '{found}'"
        )

    def _positions(self, cell: Cell, plan: _Plan, table: FloatArray) -> tuple[FloatArray, FloatArray | None]:
        """Positions, and those continued across the boundaries where the file tells; in the file's units."""

        def trio(style: tuple[str, ...]) -> FloatArray:
            values = table[:, plan.groups[style] : plan.groups[style] + 3]
            if style not in _SCALED:
                return values
            positions = values @ cell.vectors + cell.origin
            if style in plan.lacking_z:
                positions[:, 2] = 0.0
            return positions

        positions = trio(next(style for style in _STYLES if style in plan.groups))
        for style in _UNWRAPPED:
            if style in plan.groups:
                return positions, trio(style)
        if _IMAGES in plan.groups:
            images = table[:, plan.groups[_IMAGES] : plan.groups[_IMAGES] + 3]
            return positions, positions + images @ cell.vectors
        return positions, None

    def _vectors(
        self, group: tuple[str, ...], plan: _Plan, table: FloatArray, positions: FloatArray, unit: float
    ) -> FloatArray | None:
        """Return forces or velocities; two columns will do where the particles lie in a plane."""
        if group not in plan.groups:
            return None
        if group in plan.lacking_z and not plan.lacking_z.intersection(_STYLES):
            flat = self.request.dimension == 2 or (
                self.request.dimension is None and len(positions) > 1 and np.ptp(positions[:, 2]) == 0
            )
            if not flat:
                return None
        return table[:, plan.groups[group] : plan.groups[group] + 3] * unit
