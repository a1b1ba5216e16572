"""TRR files of GROMACS: positions, velocities, forces and boxes, in single or double precision, as they are.

A frame is a header of big-endian (XDR) integers, which say how many bytes each of the arrays takes, and the arrays.
Lengths are in nm, times in ps, forces in kJ/mol/nm ("gromacs"). Source: GROMACS ``src/gromacs/fileio/trrio.cpp``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame
from interpot.trajectory.place import place
from interpot.trajectory.readers.binary import BinaryFile, open_binary
from interpot.trajectory.readers.boxes import cell_of
from interpot.trajectory.readers.reader import Request, named_atoms, no_numbers

_MAGIC, _TITLE = 1993, b"GMX_trn_file"
_ARRAYS = ("ir", "e", "box", "vir", "pres", "top", "sym", "x", "v", "f")  # in the order of the file


@dataclass(frozen=True, slots=True)
class _Header:
    """What precedes the arrays of a frame: bytes of each of them, and the rest."""

    sizes: dict[str, int]
    atoms: int
    step: int
    time: float
    real: str


def stated_units(path: Path) -> str | None:
    """Return None: the format means GROMACS's units, its convention."""
    return None


def walk(path: Path, request: Request) -> Iterator[Frame | None]:
    """Walk the frames; see `interpot.trajectory.readers.reader.Reader`."""
    for key in request.told:
        raise no_numbers(path, key)
    with open_binary(path) as file:
        for index in count():
            if file.at_end:
                return
            file.index = index
            header = _header(file)
            if request.wanted(index):
                yield _frame(file, header, request)
            else:
                file.skip(sum(header.sizes.values()))
                yield None


def _header(file: BinaryFile) -> _Header:
    where = place(file.path, file.index)
    magic, _, length = (int(k) for k in file.numbers(">i4", 3))
    title = file.numbers("u1", 12).tobytes() if (magic, length) == (_MAGIC, len(_TITLE)) else b""
    if title != _TITLE:
        raise InterpotError(f"{where} does not begin as one of a TRR file does: the file is damaged")
    *sizes, atoms, step, _ = (int(k) for k in file.numbers(">i4", 13))
    found = dict(zip(_ARRAYS, sizes, strict=True))
    real = next(
        (found[a] / k for a, k in (("box", 9), ("x", 3 * atoms), ("v", 3 * atoms)) if found[a] and k), 0
    )
    if (
        real not in (4, 8)
        or atoms < 1
        or not all(_fits(found, atoms, int(real), a) for a in ("box", "x", "v", "f"))
    ):
        raise InterpotError(f"{where} has a header in which sizes contradict each other: the file is damaged")
    kind = f">f{int(real)}"
    time, _ = file.reals(kind, 2)
    return _Header(found, atoms, step, float(time), kind)


def _fits(sizes: dict[str, int], atoms: int, real: int, name: str) -> bool:
    whole = real * (9 if name == "box" else 3 * atoms)
    return sizes[name] in (0, whole) and all(size >= 0 for size in sizes.values())


@np.errstate(all="ignore")  # of damaged numbers, which are told as such
def _frame(file: BinaryFile, header: _Header, request: Request) -> Frame:
    units, where = request.units, place(file.path, file.index, header.step)
    arrays: dict[str, FloatArray] = {}
    for name, size in header.sizes.items():
        if name in ("box", "x", "v", "f") and size:
            arrays[name] = file.reals(header.real, size // int(header.real[-1])).reshape(-1, 3)
        else:
            file.skip(size)
    if "x" not in arrays:
        raise InterpotError(
            f"{where} holds no positions: write them as often as velocities and forces (nstxout), or leave such frames "
            "out with gmx trjconv"
        )
    atoms = named_atoms(file.path, request, header.atoms)
    positions = arrays["x"] * units.length
    try:
        cell = cell_of(arrays["box"] * units.length if "box" in arrays else None, positions)
    except InterpotError as error:
        raise InterpotError(f"{where}: {error}") from None
    return Frame(
        positions=positions,
        species=atoms.species,
        kinds=atoms.kinds,
        cell=cell,
        forces=arrays["f"] * units.force if "f" in arrays else None,
        velocities=arrays["v"] * units.velocity if "v" in arrays else None,
        masses=atoms.masses,
        step=header.step,
        time=header.time * units.time,
        source=str(file.path),
        index=file.index,
    )
