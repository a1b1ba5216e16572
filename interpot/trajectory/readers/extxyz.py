"""Extended XYZ, each frame read by ASE.

ASE's convention is eV, Å, amu and, for ``momenta``, its own unit of time: the internal units. For another
style than "metal" every number, momenta included, is taken to be in that style. Forces are the columns
``forces`` (or ``force``); velocities come from ``momenta`` only, as programs agree on no unit for ``velo``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from itertools import count
from pathlib import Path

from ase import Atoms
from ase.io import read as ase_read

from interpot.errors import InterpotError
from interpot.records import Cell, Frame
from interpot.trajectory.atoms import from_atoms
from interpot.trajectory.readers.reader import CutShortError, Request, cut_short, place, printable, shown
from interpot.trajectory.readers.stream import LineStream, open_bytes
from interpot.units import UnitStyle


def stated_units(path: Path) -> str | None:
    """Return None: the format states no units."""
    return None


def walk(path: Path, request: Request) -> Iterator[Frame | None]:
    """Walk the frames; see `interpot.trajectory.readers.reader.Reader`."""
    with open_bytes(path) as file:
        stream = LineStream(file, path)
        for index in count():
            first = stream.line
            block = _block(stream, path, index)
            if block is None:
                return
            if not request.wanted(index):
                yield None
                continue
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
            yield replace(_in_style(frame, atoms, request.units), source=str(path), index=index)


def _block(stream: LineStream, path: Path, index: int) -> str | None:
    """Return the lines of one frame, None at the proper end of the file."""
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
    lines = [head]
    atoms = int(head)
    for k in range(atoms + 1):
        line = stream.readline()
        if line is None:
            raise cut_short(path, index, max(k - 1, 0), atoms, stream.torn)
        lines.append(line)
    return b"\n".join((*lines, b"")).decode(errors="replace")


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{printable(str(error).encode())} is not a chemical symbol"
    return printable(" ".join(str(error).split()).encode()) or type(error).__name__


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
        velocities=None if velocities is None else velocities * units.velocity,
        masses=masses,
    )
