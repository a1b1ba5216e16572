"""Extended XYZ, each frame read by ASE, its plain columns compiled (`interpot.trajectory.readers.extxyz_rows`).

ASE's convention is eV, Å, amu and, for ``momenta``, its own unit of time: the internal units. For another
style than "metal" every number, momenta included, is taken to be in that style. Forces are the columns
``forces`` (or ``force``); velocities come from ``momenta`` only, as programs agree on no unit for ``velo``. The
energy is the entry ``energy``, the virial the entry ``virial`` (GAP), else ``stress`` (ASE: σ = -W/V). Any other
entry that is a number can be asked for by its name (`Frame.told`).
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
from interpot.trajectory.readers.extxyz_rows import atoms_of, fault
from interpot.trajectory.readers.reader import CutShortError, Mark, Request, cut_short
from interpot.trajectory.readers.stream import LineStream, open_bytes


def stated_units(path: Path) -> str | None:
    """Return None: the format states no units."""
    return None


def walk(path: Path, request: Request) -> Iterator[Frame | None]:
    """Walk the frames; see `interpot.trajectory.readers.reader.Reader`."""
    with open_bytes(path) as file:
        _, offset, line = request.begin
        stream = LineStream(file, path, offset=offset, line=line)
        for index in count(request.begin.frame):
            head = _head(stream, path, index)
            if head is None:
                return
            if not request.wanted(index):
                _pass_by(stream, path, index, head)
                yield None
                continue
            first = stream.line - 1
            comment, rows = _lines(stream, path, index, int(head))
            try:
                atoms = atoms_of(comment, rows) or ase_read(
                    StringIO(b"\n".join((head, comment, rows)).decode(errors="replace")),
                    index=0,
                    format="extxyz",
                )
            except Exception as error:  # ASE raises whatever its conversions raise
                if (bad := fault(comment, rows)) is not None:
                    row, what = bad
                    raise InterpotError(
                        f"line {first + 2 + row} of '{path}' (frame {index}, atom {row + 1}): {what}"
                    ) from error
                raise InterpotError(
                    f"{place(path, index)} (lines {first} to {stream.line - 1}) is no extended XYZ that ASE "
                    f"reads: {reason(error)}"
                ) from error
            yield frame_of(atoms, path, index, request)


def ends(path: Path, request: Request) -> Iterator[Mark]:
    """Find where frames end; see `interpot.trajectory.readers.reader.Indexed`."""
    with open_bytes(path) as file:
        index, offset, line = request.begin
        stream = LineStream(file, path, offset=offset, line=line)
        while (head := _head(stream, path, index)) is not None:
            _pass_by(stream, path, index, head)
            index += 1
            yield Mark(index, stream.offset, stream.line)


def _head(stream: LineStream, path: Path, index: int) -> bytes | None:
    """Return the line with the number of atoms, None at the proper end of the file."""
    head = stream.readline()
    while head is not None and not head.strip():
        head = stream.readline()
    if head is None:
        if stream.torn:
            raise CutShortError(path, index, "no atoms")
        return None
    if not head.strip().isdigit():
        raise InterpotError(
            f"line {stream.line - 1} of '{path}': expected the number of atoms of frame {index}, "
            f"found '{shown(head)}'"
        )
    return head


def _lines(stream: LineStream, path: Path, index: int, atoms: int) -> tuple[bytes, bytes]:
    """Return the second line of a frame and those of its atoms."""
    line = stream.readline()
    rows = b"" if line is None else stream.take(atoms)
    found = rows.count(b"\n")
    if line is None or found < atoms:
        raise cut_short(path, index, found, atoms, stream.torn)
    return line, rows


def _pass_by(stream: LineStream, path: Path, index: int, head: bytes) -> None:
    atoms = int(head)
    passed = stream.skip(atoms + 1)
    if passed <= atoms:
        raise cut_short(path, index, max(passed - 1, 0), atoms, stream.torn)
