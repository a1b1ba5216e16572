"""ASE's Atoms into frames of a file: units, further numbers, and what ASE says of a mistake."""

from __future__ import annotations

from dataclasses import replace
from numbers import Real
from pathlib import Path

from ase import Atoms

from interpot.errors import InterpotError
from interpot.records import Cell, Frame
from interpot.trajectory.atoms import from_atoms
from interpot.trajectory.place import place, printable
from interpot.trajectory.readers.reader import Request, not_told
from interpot.units import UnitStyle


def reason(error: Exception) -> str:
    """Say what ASE found wrong."""
    if isinstance(error, KeyError):
        return f"{printable(str(error).encode())} is not a chemical symbol"
    return printable(" ".join(str(error).split()).encode()) or type(error).__name__


def told_by(atoms: Atoms, keys: tuple[str, ...], where: str) -> dict[str, float]:
    """Numbers that stand with the frame, or that a calculator left behind."""
    numbers = {
        name: float(value)
        for name, value in {**atoms.info, **(atoms.calc.results if atoms.calc else {})}.items()
        if isinstance(value, Real) and not isinstance(value, bool)
    }
    for key in keys:
        if key not in numbers:
            raise not_told(key, where, numbers)
    return {key: numbers[key] for key in keys}


def in_style(frame: Frame, atoms: Atoms, units: UnitStyle) -> Frame:
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


def frame_of(atoms: Atoms, path: Path, index: int, request: Request) -> Frame:
    """Return the frame of a file, in internal units; raises `InterpotError` that names it."""
    where = place(path, index)
    try:
        frame = from_atoms(atoms)
    except InterpotError as error:
        raise InterpotError(f"{where}: {error}") from error
    told = told_by(atoms, request.told, where)
    return replace(in_style(frame, atoms, request.units), source=str(path), index=index, told=told)
