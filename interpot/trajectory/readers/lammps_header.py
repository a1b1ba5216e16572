"""What precedes the atoms of a frame in a text dump of LAMMPS: step, time, number of atoms, box and columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from pathlib import Path

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Cell
from interpot.trajectory.place import printable, shown
from interpot.trajectory.readers.parsing import number
from interpot.trajectory.readers.reader import CutShortError, Request
from interpot.trajectory.readers.stream import LineStream


@dataclass(frozen=True, slots=True, eq=False)
class Header:
    """What precedes the atoms of a frame, numbers in the file's units."""

    step: int | None
    time: float | None
    atoms: int
    cell: Cell
    columns: tuple[str, ...]


@lru_cache(maxsize=64)
def _columns(heading: bytes) -> tuple[str, ...]:
    return tuple(printable(word) for word in heading.split()[2:])


class HeaderReader:
    """Reads the headers of one file while it is walked."""

    def __init__(self, path: Path, request: Request, stream: LineStream) -> None:
        self.path, self.request, self.stream = path, request, stream
        self._box: tuple[tuple[bytes, ...], Cell] | None = None

    def following(self, index: int) -> Header | None:
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
                time = self._numbers(index, self._next(index), self.stream.line - 1, 1)[0]
            elif line.startswith(b"ITEM: NUMBER OF ATOMS"):
                atoms = self._whole(index)
            elif line.startswith(b"ITEM: BOX BOUNDS"):
                cell = self._cell(index, line)
            else:
                raise self._unexpected(line, index)
            line = self.stream.readline()
        if atoms is None or cell is None:
            lacking = "NUMBER OF ATOMS" if atoms is None else "BOX BOUNDS"
            raise InterpotError(
                f"line {self.stream.line - 1} of '{self.path}': the atoms of frame {index} begin without an "
                f"'ITEM: {lacking}' before them: the file is garbled"
            )
        return Header(step, time, atoms, cell, _columns(line))

    def _next(self, index: int) -> bytes:
        line = self.stream.readline()
        if line is None:
            raise CutShortError(self.path, index, "no atoms")
        return line

    def _numbers(self, index: int, text: bytes, line: int, expected: int) -> list[float]:
        try:
            numbers = [number(token) for token in text.split()]
        except ValueError:
            numbers = []
        if len(numbers) != expected or not all(map(isfinite, numbers)):
            raise InterpotError(
                f"line {line} of '{self.path}' (frame {index}): expected "
                f"{expected} {'number' if expected == 1 else 'numbers'}, found '{shown(text)}'"
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

    def _cell(self, index: int, heading: bytes) -> Cell:
        """Build the box, in the file's units, from the three lines that follow its heading."""
        lines = (heading, *(self._next(index) for _ in range(3)))
        if self._box is None or self._box[0] != lines:  # most runs keep their box
            self._box = lines, self._new_cell(index, *lines)
        return self._box[1]

    def _new_cell(self, index: int, heading: bytes, *lines: bytes) -> Cell:
        words = heading.decode(errors="replace").split()[3:]
        general, tilted = words[:2] == ["abc", "origin"], words[:3] == ["xy", "xz", "yz"]
        flags = words[2 if general else 3 if tilted else 0 :]
        columns = 4 if general else 3 if tilted else 2
        first = self.stream.line - len(lines)
        rows = np.array([self._numbers(index, text, first + k, columns) for k, text in enumerate(lines)])
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

    def _unexpected(self, line: bytes, index: int) -> InterpotError:
        before = f"after the atoms of frame {index - 1}" if index else "at the head of the file"
        return InterpotError(
            f"line {self.stream.line - 1} of '{self.path}': expected 'ITEM: TIMESTEP' or another heading of "
            f"a LAMMPS dump {before}, found '{shown(line)}'"
        )


def line_of(path: Path, line: int, index: int, header: Header) -> str:
    """Say where: "line 22 of 'argon.lammpstrj' (frame 1, step 5)"."""
    step = "" if header.step is None else f", step {header.step}"
    return f"line {line} of '{path}' (frame {index}{step})"


def continued(path: Path, line: int, index: int, header: Header) -> InterpotError:
    """Say that a heading stands where there should be an atom."""
    return InterpotError(
        f"{line_of(path, line, index, header)}: another frame begins where one of its {header.atoms} atoms was "
        "expected: the file was cut short there and continued; remove that frame from it"
    )
