"""XDATCAR files of VASP, plain or compressed, each configuration read by ASE: positions and boxes.

Lengths are in Å ("metal"); the file tells no times, masses are those of the elements. The head is repeated before each
configuration where the box changes. Source: the VASP wiki, page "XDATCAR".
"""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from itertools import count
from pathlib import Path

from ase.io import read as ase_read

from interpot.errors import InterpotError
from interpot.records import Frame
from interpot.trajectory.place import place, shown
from interpot.trajectory.readers.ase_frames import frame_of, reason
from interpot.trajectory.readers.reader import CutShortError, Request, cut_short
from interpot.trajectory.readers.stream import LineStream, open_bytes

_HEAD = 7  # lines: title, scale, three vectors, elements, numbers of their atoms
_BEGIN = b"Direct configuration="


def stated_units(path: Path) -> str | None:
    """Return None: the format means Å, its convention."""
    return None


def walk(path: Path, request: Request) -> Iterator[Frame | None]:
    """Walk the frames; see `interpot.trajectory.readers.reader.Reader`."""
    with open_bytes(path) as file:
        configurations = _Configurations(LineStream(file, path), path)
        for index in count():
            if not configurations.begin(index):
                return
            if request.wanted(index):
                yield configurations.frame(index, request)
            else:
                configurations.skip(index)
                yield None


class _Configurations:
    """Reads one configuration after the other; `head` is that of the last."""

    def __init__(self, stream: LineStream, path: Path) -> None:
        self.stream, self.path = stream, path
        self.head: list[bytes] = []
        self.atoms = 0

    def begin(self, index: int) -> bool:
        """Read up to the atoms of a configuration; False at the proper end of the file."""
        line = self.stream.readline()
        if line is None:
            if self.stream.torn:
                raise CutShortError(self.path, index, "no atoms")
            return False
        if not self._begins(line):
            first = self.stream.line - 1
            self.head = [line, *(self._next(index) for _ in range(_HEAD - 1))]
            self.atoms = self._count(first)
            line = self._next(index)
        if not (self._begins(line) and self.head):
            raise InterpotError(
                f"line {self.stream.line - 1} of '{self.path}': expected '{_BEGIN.decode()}' before the atoms of frame "
                f"{index}, found '{shown(line)}'"
            )
        return True

    @staticmethod
    def _begins(line: bytes) -> bool:
        return line.strip().startswith(_BEGIN)

    def _next(self, index: int) -> bytes:
        line = self.stream.readline()
        if line is None:
            raise CutShortError(self.path, index, "no atoms")
        return line

    def _count(self, first: int) -> int:
        """Count the atoms of the head, which begins at line `first`."""
        elements, numbers = self.head[5].split(), self.head[6].split()
        try:
            counts, scale = [int(n) for n in numbers], float(self.head[1])
        except ValueError:
            counts, scale = [], 0.0
        if not counts or min(counts) < 1 or len(counts) != len(elements) or not 0 < scale < float("inf"):
            raise InterpotError(
                f"lines {first} to {first + _HEAD - 1} of '{self.path}' are no head of an XDATCAR file: expected "
                "title, a positive scale, three vectors, the elements and how many atoms of each there are"
            )
        return sum(counts)

    def skip(self, index: int) -> None:
        """Pass the atoms by."""
        passed = self.stream.skip(self.atoms)
        if passed < self.atoms:
            raise cut_short(self.path, index, passed, self.atoms, self.stream.torn)

    def frame(self, index: int, request: Request) -> Frame:
        """Read the atoms."""
        first = self.stream.line
        lines = [*self.head, _BEGIN]
        for k in range(self.atoms):
            line = self.stream.readline()
            if line is None:
                raise cut_short(self.path, index, k, self.atoms, self.stream.torn)
            lines.append(line)
        text = b"\n".join((*lines, b"")).decode(errors="replace")
        try:
            atoms = ase_read(StringIO(text), index=0, format="vasp-xdatcar")
        except Exception as error:  # ASE raises whatever its conversions raise
            raise InterpotError(
                f"{place(self.path, index)} (lines {first} to {self.stream.line - 1}) is no configuration that ASE "
                f"reads: {reason(error)}"
            ) from error
        return frame_of(atoms, self.path, index, request)
