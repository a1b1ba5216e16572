"""XTC files of GROMACS: positions and boxes, compressed.

Lengths are in nm, times in ps ("gromacs"). Positions are rounded to what the file says, usually 0.001 nm (those of
fewer than 10 atoms are not), and single precision at best. Source: the GROMACS manual, "xtc file format".
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
from interpot.trajectory.readers.xtc_coding import unpack

_MAGIC, _LARGE = 1995, 2023  # the latter, since GROMACS 2023, for more than 298 million atoms
_FEW = 9  # atoms that are not compressed


@dataclass(frozen=True, slots=True)
class _Header:
    """What stands before a frame's positions; `time` in ps, `box` (3, 3) in nm."""

    atoms: int
    step: int
    time: float
    box: FloatArray
    large: bool


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
            positions = _positions(file, header, request, request.wanted(index))
            yield None if positions is None else _frame(file, header, positions, request)


def _header(file: BinaryFile) -> _Header:
    where = place(file.path, file.index)
    magic, atoms, step = (int(k) for k in file.numbers(">i4", 3))
    if magic not in (_MAGIC, _LARGE):
        raise InterpotError(f"{where} does not begin as one of an XTC file does: the file is damaged")
    time, *box = file.reals(">f4", 10)
    (again,) = file.numbers(">i4", 1)
    if atoms < 1 or again != atoms:
        raise InterpotError(f"{where} says that it has {atoms} and {again} atoms: the file is damaged")
    return _Header(atoms, step, float(time), np.array(box).reshape(3, 3), magic == _LARGE)


def _positions(file: BinaryFile, header: _Header, request: Request, wanted: bool) -> FloatArray | None:
    """Positions in nm, None where they are not wanted and passed by."""
    where = place(file.path, file.index, header.step)
    if header.atoms <= _FEW:
        values = file.reals(">f4", 3 * header.atoms)
        return values.reshape(-1, 3) if wanted else None
    precision = float(file.reals(">f4", 1)[0])
    low, high = file.numbers(">i4", 6).astype(np.int64).reshape(2, 3)
    row = int(file.numbers(">i4", 1)[0])
    size = int(file.numbers(">i8" if header.large else ">i4", 1)[0])
    if size < 0 or not 0 < precision < np.inf:
        raise InterpotError(f"{where} has {size} bytes of a precision of {precision:g}: the file is damaged")
    if not wanted:
        file.skip(size + -size % 4)
        return None
    data = file.numbers("u1", size + -size % 4)[:size]
    # an atom takes one bit at least
    found = unpack(data, header.atoms, low, high, row) if header.atoms <= 8 * size else None
    if found is None:
        raise InterpotError(f"{where} cannot be unpacked: the file is damaged")
    request.remark(
        f"the positions in '{file.path}' are rounded to {1 / precision:.3g} {request.units.length_unit}: forces "
        "from the motion are no better than that allows"
    )
    return found / precision


@np.errstate(all="ignore")  # of damaged numbers, which are told as such
def _frame(file: BinaryFile, header: _Header, positions: FloatArray, request: Request) -> Frame:
    units = request.units
    atoms = named_atoms(file.path, request, header.atoms)
    try:
        cell = cell_of(header.box * units.length, positions * units.length)
    except InterpotError as error:
        raise InterpotError(f"{place(file.path, file.index, header.step)}: {error}") from None
    return Frame(
        positions=positions * units.length,
        species=atoms.species,
        kinds=atoms.kinds,
        cell=cell,
        masses=atoms.masses,
        step=header.step,
        time=header.time * units.time,
        source=str(file.path),
        index=file.index,
    )
