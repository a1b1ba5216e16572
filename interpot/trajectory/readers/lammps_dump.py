"""Text dumps of LAMMPS (styles ``atom`` and ``custom``), plain, gzip or Zstandard.

Positions may be written as x, xs (scaled), xu (unwrapped) or xsu (both), with or without the image flags ix;
columns in any order, atoms in any order. Source: the LAMMPS manual, pages ``dump``, ``dump_modify`` and
``Howto_triclinic``; verified against files of the program itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Cell, FloatArray, Frame, IntArray
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
    skip_lines,
)
from interpot.trajectory.readers.reader import CutShortError, Request, cut_short, place, printable, shown
from interpot.trajectory.readers.stream import LineStream, open_bytes

_STYLES = (("x", "y", "z"), ("xu", "yu", "zu"), ("xs", "ys", "zs"), ("xsu", "ysu", "zsu"))
_UNWRAPPED = (("xu", "yu", "zu"), ("xsu", "ysu", "zsu"))
_SCALED = (("xs", "ys", "zs"), ("xsu", "ysu", "zsu"))
_IMAGES, _VELOCITIES, _FORCES = ("ix", "iy", "iz"), ("vx", "vy", "vz"), ("fx", "fy", "fz")
_NAMES = ("element", "typelabel", "type")
_MOST_NAMES = 256

UNTOLD_ELEMENT = (
    "the only element is 'C', which is what LAMMPS writes when it is told no element: name it with --species C=Ar "
    "(species= in Python; C=C if it is carbon) or with 'dump_modify d element Ar'"
)
"""Remark that one type of particle may be carbon, or anything."""


def stated_units(path: Path) -> str | None:
    """Return the style of ``ITEM: UNITS`` (``dump_modify units yes``), None where there is none."""
    with open_bytes(path) as file:
        stream = LineStream(file, path, size=2**12)
        while (line := stream.readline()) is not None and not line.startswith(b"ITEM: TIMESTEP"):
            if line.startswith(b"ITEM: UNITS"):
                return (stream.readline() or b"").strip().decode(errors="replace")
    return None


def walk(path: Path, request: Request) -> Iterator[Frame | None]:
    """Walk the frames; see `interpot.trajectory.readers.reader.Reader`."""
    with open_bytes(path) as file:
        dump = _Dump(path, request, LineStream(file, path))
        for index in count():
            header = dump.header(index)
            if header is None:
                return
            if request.wanted(index):
                yield dump.frame(index, header)
            else:
                dump.skip(index, header)
                yield None


@dataclass(frozen=True, slots=True, eq=False)
class _Header:
    """What precedes the atoms of a frame, numbers in the file's units."""

    step: int | None
    time: float | None
    atoms: int
    cell: Cell
    columns: tuple[str, ...]


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


class _Dump:
    """One file while it is walked."""

    def __init__(self, path: Path, request: Request, stream: LineStream) -> None:
        self.path, self.request, self.stream = path, request, stream
        self.names = np.zeros((_MOST_NAMES, LONGEST_NAME), dtype=np.uint8)
        self.lengths = np.zeros(_MOST_NAMES, dtype=np.int64)
        self.odd = np.zeros((2**12, 4), dtype=np.int64)
        self.shared = False  # whether an element has been seen to stand for several types

    # ------------------------------------------------------------------ before the atoms

    def header(self, index: int) -> _Header | None:
        """Read up to the first atom of a frame; None at the proper end of the file."""
        line = self.stream.readline()
        while line is not None and not line.strip():
            line = self.stream.readline()
        if line is None and not self.stream.torn:
            return None
        step, time, atoms, cell = None, None, None, None
        while True:
            if line is None:
                raise CutShortError(self.path, index, "no atoms")
            if line.startswith(b"ITEM: ATOMS"):
                break
            if line.startswith(b"ITEM: UNITS"):
                self._check_units(printable(self._next(index).strip()))
            elif line.startswith(b"ITEM: TIMESTEP"):
                step = self._whole(index)
            elif line.startswith(b"ITEM: TIME"):
                time = self._numbers(index, 1)[0]
            elif line.startswith(b"ITEM: NUMBER OF ATOMS"):
                atoms = self._whole(index)
            elif line.startswith(b"ITEM: BOX BOUNDS"):
                cell = self._cell(index, line.decode(errors="replace").split()[3:])
            else:
                raise self._unexpected(line, index)
            line = self.stream.readline()
        if atoms is None or cell is None:
            lacking = "NUMBER OF ATOMS" if atoms is None else "BOX BOUNDS"
            raise InterpotError(
                f"line {self.stream.line - 1} of '{self.path}': the atoms of frame {index} begin without an "
                f"'ITEM: {lacking}' before them: the file is garbled"
            )
        columns = tuple(printable(word) for word in line.split()[2:])
        return _Header(step, time, atoms, cell, columns)

    def _next(self, index: int) -> bytes:
        line = self.stream.readline()
        if line is None:
            raise CutShortError(self.path, index, "no atoms")
        return line

    def _numbers(self, index: int, expected: int) -> list[float]:
        line = self._next(index)
        try:
            numbers = [number(token) for token in line.split()]
        except ValueError:
            numbers = []
        if len(numbers) != expected or not np.all(np.isfinite(numbers)):
            raise InterpotError(
                f"line {self.stream.line - 1} of '{self.path}' (frame {index}): expected "
                f"{expected} {'number' if expected == 1 else 'numbers'}, found '{shown(line)}'"
            )
        return numbers

    def _whole(self, index: int) -> int:
        line = self._next(index).strip()
        if not line.isdigit():
            raise InterpotError(
                f"line {self.stream.line - 1} of '{self.path}' (frame {index}): expected a whole number, "
                f"found '{shown(line)}'"
            )
        return int(line)

    def _check_units(self, name: str) -> None:
        if name != self.request.units.name:
            raise InterpotError(
                f"line {self.stream.line - 1} of '{self.path}' states units '{name}', but it is read in "
                f"'{self.request.units.name}': give the units that the file states"
            )

    def _cell(self, index: int, words: list[str]) -> Cell:
        """Build the box, in the file's units, from the three lines that follow its heading."""
        general, tilted = words[:2] == ["abc", "origin"], words[:3] == ["xy", "xz", "yz"]
        flags = words[2 if general else 3 if tilted else 0 :]
        rows = np.array([self._numbers(index, 4 if general else 3 if tilted else 2) for _ in range(3)])
        if len(flags) != 3:
            flags = ["pp"] * 3
            self.request.remark(
                f"'{self.path}' does not say which boundaries of its box are periodic: all are taken to be"
            )
        periodic = (flags[0][0] == "p", flags[1][0] == "p", flags[2][0] == "p")
        if general:
            return Cell(rows[:, :3].copy(), rows[:, 3].copy(), periodic)
        low, high = rows[:, 0], rows[:, 1]
        xy, xz, yz = rows[:, 2] if tilted else (0.0, 0.0, 0.0)
        # what is written are the bounds of the box that encloses the tilted one
        low = low - [min(0.0, xy, xz, xy + xz), min(0.0, yz), 0.0]
        high = high - [max(0.0, xy, xz, xy + xz), max(0.0, yz), 0.0]
        vectors = np.diag(high - low)
        vectors[1, 0], vectors[2, 0], vectors[2, 1] = xy, xz, yz
        return Cell(vectors, low, periodic)

    # ------------------------------------------------------------------ the atoms

    def skip(self, index: int, header: _Header) -> None:
        """Pass by the atoms of a frame."""
        stream, passed = self.stream, 0
        while True:
            more, stream.position = skip_lines(
                stream.text, stream.position, stream.end, header.atoms - passed
            )
            passed += more
            stream.line += more
            if passed == header.atoms:
                return
            if not stream.advance():
                raise cut_short(self.path, index, passed, header.atoms, stream.torn)

    def frame(self, index: int, header: _Header) -> Frame:
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

    def _choose(self, index: int, header: _Header) -> _Plan:
        species = self.request.species
        by_type = bool(species) and "type" in header.columns and all(name.isdigit() for name in species or ())
        plan = _plan(header.columns, by_type, doubt=not species)
        if not any(style in plan.groups for style in _STYLES):
            raise InterpotError(
                f"{place(self.path, index, header.step)} has no positions: expected columns x y z (or xs, "
                f"xu, xsu ...), found '{' '.join(header.columns)}'"
            )
        return plan

    def _rows(self, index: int, header: _Header, plan: _Plan) -> tuple[FloatArray, IntArray]:
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
                    line = stream.line + at - row
                    token = shown(bytes(stream.data[begin:end]))
                    name = header.columns[plan.codes.tolist().index(column)]
                    raise self._garbled(index, header, line, token, f"a number in column '{name}'") from None
            stream.line += after - row
            stream.position, row = position, after
            if status != WHOLE:
                raise self._bad_row(index, header, row, status)
            if row == header.atoms:
                return table, kinds
            if position >= stream.end and not stream.advance():
                raise cut_short(self.path, index, row, header.atoms, stream.torn)

    def _whole_numbers(self, index: int, header: _Header, name: str, column: FloatArray) -> IntArray:
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
            self.shared = True
            alike = [str(t) for t, name in zip(numbers, elements, strict=True) if name == shared[0]]
            self.request.remark(
                f"the column element of '{self.path}' names types {' and '.join(alike)} all '{shared[0]}' (LAMMPS "
                "writes C when it is told no elements): species are named by type number; name them with --species "
                "1=Ne,2=Xe (species= in Python) or with 'dump_modify d element Ne Xe'"
            )
        if not self.shared:
            if species == ("C",):
                self.request.remark(UNTOLD_ELEMENT)
            return species, kinds
        names = [str(t) for t in numbers]
        return tuple(sorted(names)), np.argsort(np.argsort(names))[kinds_by_type]

    # ------------------------------------------------------------------ what is wrong

    def _unexpected(self, line: bytes, index: int) -> InterpotError:
        before = f"after the atoms of frame {index - 1}" if index else "at the head of the file"
        return InterpotError(
            f"line {self.stream.line - 1} of '{self.path}': expected 'ITEM: TIMESTEP' or another heading of "
            f"a LAMMPS dump {before}, found '{shown(line)}'"
        )

    def _bad_row(self, index: int, header: _Header, row: int, status: int) -> InterpotError:
        line = self.stream.line_at(self.stream.position)
        if status == CROWDED:
            return InterpotError(
                f"line {self.stream.line} of '{self.path}': the species column of frame {index} holds more "
                f"than {_MOST_NAMES} names, or one longer than {LONGEST_NAME} letters: '{shown(line)}'"
            )
        assert status in (SHORT, LONG)
        expected = f"{len(header.columns)} columns ({' '.join(header.columns)})"
        return self._garbled(index, header, self.stream.line, shown(line), expected)

    def _garbled(self, index: int, header: _Header, line: int, found: str, expected: str) -> InterpotError:
        where = f"line {line} of '{self.path}' (frame {index}"
        where += ")" if header.step is None else f", step {header.step})"
        if found.startswith("ITEM:"):
            return InterpotError(
                f"{where}: another frame begins where one of its {header.atoms} atoms was expected: the file "
                "was cut short there and continued; remove that frame from it"
            )
        return InterpotError(f"{where}: expected {expected}, found '{found}'")

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
