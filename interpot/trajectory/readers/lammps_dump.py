"""Text dumps of LAMMPS (styles ``atom`` and ``custom``), plain, gzip or Zstandard.

Positions may be written as x, xs (scaled), xu (unwrapped) or xsu (both), with or without the image flags ix;
columns in any order, atoms in any order. A dump holds no energy and no virial of the whole system. Source: the
LAMMPS manual, pages ``dump``, ``dump_modify`` and ``Howto_triclinic``; verified against files of the program itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from interpot.records import Frame
from interpot.trajectory.readers.lammps_atoms import UNTOLD_ELEMENT, AtomReader
from interpot.trajectory.readers.lammps_header import Header, HeaderReader, continued
from interpot.trajectory.readers.reader import Mark, Request, cut_short
from interpot.trajectory.readers.stream import LineStream, open_bytes

__all__ = ["UNTOLD_ELEMENT", "ends", "stated_units", "walk"]


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
        _, offset, line = request.begin
        stream = LineStream(file, path, offset=offset, line=line)
        headers, atoms = HeaderReader(path, request, stream), AtomReader(path, request, stream)
        for index in count(request.begin.frame):
            header = headers.following(index)
            if header is None:
                return
            if request.wanted(index):
                yield atoms.frame(index, header)
            else:
                _pass_by(stream, path, index, header)
                yield None


def ends(path: Path, request: Request) -> Iterator[Mark]:
    """Find where frames end; see `interpot.trajectory.readers.reader.Indexed`."""
    with open_bytes(path) as file:
        index, offset, line = request.begin
        stream = LineStream(file, path, offset=offset, line=line)
        headers = HeaderReader(path, request, stream)
        while (header := headers.following(index)) is not None:
            _pass_by(stream, path, index, header)
            index += 1
            yield Mark(index, stream.offset, stream.line)


def _pass_by(stream: LineStream, path: Path, index: int, header: Header) -> None:
    passed = stream.skip(header.atoms, barrier=b"ITEM:")
    if passed == header.atoms:
        return
    if stream.position < stream.end:
        raise continued(path, stream.line, index, header)
    raise cut_short(path, index, passed, header.atoms, stream.torn)
