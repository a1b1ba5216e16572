"""Extended XYZ, each frame read by ASE.

ASE's convention is eV, Å, amu and, for ``momenta``, its own unit of time: the internal units. For another
style than "metal" every number, momenta included, is taken to be in that style. Forces are the columns
``forces`` (or ``force``); velocities come from ``momenta`` only, as programs agree on no unit for ``velo``. The
energy is the entry ``energy``, the virial the entry ``virial`` (GAP), else ``stress`` (ASE: σ = -W/V). Any other
entry that is a number can be asked for by its name (`Frame.told`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from itertools import count
from numbers import Real
from pathlib import Path

from ase import Atoms
from ase.io import read as ase_read

from interpot.errors import InterpotError
from interpot.records import Cell, Frame
from interpot.trajectory.atoms import from_atoms
from interpot.trajectory.place import place, printable, shown
from interpot.trajectory.readers.reader import CutShortError, Mark, Request, cut_short, not_told
from interpot.trajectory.readers.stream import LineStream, open_bytes
from interpot.units import UnitStyle


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
            block = _block(stream, path, index, head)
            try:
                atoms = ase_read(StringIO(block), index=0, format="extxyz")
                frame = from_atoms(atoms)
            except InterpotError as error:
                raise InterpotError(f"{place(path, index)}: {error}") from error
            except Exception as error:  # ASE raises whatever its conversions raise
                raise InterpotError(
                    f"{place(path, index)} (lines {first} to {stream.line - 1}) is no extended XYZ that ASE "
                    f"reads: {_reason(error)}"
                ) from error
            told = _told(atoms, request.told, place(path, index))
            yield replace(_in_style(frame, atoms, request.units), source=str(path), index=index, told=told)


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


def _block(stream: LineStream, path: Path, index: int, head: bytes) -> str:
    """Return the lines of one frame."""
    lines = [head]
    atoms = int(head)
    for k in range(atoms + 1):
        line = stream.readline()
        if line is None:
            raise cut_short(path, index, max(k - 1, 0), atoms, stream.torn)
        lines.append(line)
    return b"\n".join((*lines, b"")).decode(errors="replace")


def _pass_by(stream: LineStream, path: Path, index: int, head: bytes) -> None:
    atoms = int(head)
    passed = stream.skip(atoms + 1)
    if passed <= atoms:
        raise cut_short(path, index, max(passed - 1, 0), atoms, stream.torn)


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{printable(str(error).encode())} is not a chemical symbol"
    return printable(" ".join(str(error).split()).encode()) or type(error).__name__


def _told(atoms: Atoms, keys: tuple[str, ...], where: str) -> dict[str, float]:
    """Numbers of the comment line."""
    numbers = {
        name: float(value)
        for name, value in {**atoms.info, **(atoms.calc.results if atoms.calc else {})}.items()
        if isinstance(value, Real) and not isinstance(value, bool)
    }
    for key in keys:
        if key not in numbers:
            raise not_told(key, where, numbers)
    return {key: numbers[key] for key in keys}


def _in_style(frame: Frame, atoms: Atoms, units: UnitStyle) -> Frame:
    """Convert numbers of another style than ASE's to internal units."""
    if units.name == "metal":
        return frame
    cell = frame.cell
    masses, velocities = frame.masses, frame.velocities
    if atoms.has("masses"):
        masses = None if masses is None else masses * units.mass
    elif velocities is not None:
        velocities = velocities * units.mass  # ASE has divided by the elements' masses, in amu
    if units.name == "lj" and not atoms.has("masses"):
        masses = velocities = None  # reduced units know no elements
    return replace(
        frame,
        positions=frame.positions * units.length,
        cell=Cell(cell.vectors * units.length, cell.origin * units.length, cell.periodic),
        forces=None if frame.forces is None else frame.forces * units.force,
        energy=None if frame.energy is None else frame.energy * units.energy,
        virial=None if frame.virial is None else frame.virial * units.energy,
        velocities=None if velocities is None else velocities * units.velocity,
        masses=masses,
    )
