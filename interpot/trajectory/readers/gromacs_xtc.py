"""XTC files of GROMACS: positions and boxes, compressed, each frame unpacked by MDAnalysis.

Lengths are in nm, times in ps ("gromacs"). Positions are rounded to what the file says, usually 0.001 nm (those of
fewer than 10 atoms are not), and single precision at best. Source: the GROMACS manual, "xtc file format".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from interpot.errors import InterpotError, NotInstalledError
from interpot.records import Frame
from interpot.trajectory.place import place
from interpot.trajectory.readers.binary import BinaryFile, open_binary
from interpot.trajectory.readers.boxes import cell_of
from interpot.trajectory.readers.reader import Request, named_atoms, no_numbers

_MAGIC, _LARGE = 1995, 2023  # the latter, since GROMACS 2023, for more than 298 million atoms
_FEW = 9  # atoms that are not compressed


@dataclass(frozen=True, slots=True)
class _Header:
    """A frame's step and precision (0 where nothing is rounded); `begin` is the byte of its beginning."""

    begin: int
    atoms: int
    step: int
    precision: float


def stated_units(path: Path) -> str | None:
    """Return None: the format means GROMACS's units, its convention."""
    return None


def walk(path: Path, request: Request) -> Iterator[Frame | None]:
    """Walk the frames; see `interpot.trajectory.readers.reader.Reader`."""
    for key in request.told:
        raise no_numbers(path, key)
    with open_binary(path) as file, _unpacker(path, file) as unpacker:
        for index in count():
            if file.at_end:
                return
            file.index = index
            header = _pass(file)
            yield _frame(file, unpacker, header, request) if request.wanted(index) else None


def _unpacker(path: Path, file: BinaryFile) -> Any:
    """Open the file by MDAnalysis, whose class for whole trajectories would write an index beside it."""
    try:
        from MDAnalysis.lib.formats.libmdaxdr import XTCFile
    except ImportError as error:
        raise NotInstalledError(
            f"'{path}' (GROMACS XTC) needs the package 'MDAnalysis': pip install 'interpot[MDAnalysis]'"
        ) from error
    file.index = 0
    _pass(file)  # one whole frame there must be
    file.seek(0)
    try:
        return XTCFile(str(path))
    except OSError as error:
        raise InterpotError(f"'{path}' is no XTC file that MDAnalysis opens ({error})") from error


def _pass(file: BinaryFile) -> _Header:
    """Read what the header of a frame says of its size, and go on to the next frame."""
    begin, where = file.position, place(file.path, file.index)
    magic, atoms, step = (int(k) for k in file.numbers(">i4", 3))
    if magic not in (_MAGIC, _LARGE):
        raise InterpotError(f"{where} does not begin as one of an XTC file does: the file is damaged")
    file.skip(40)  # time and box
    (again,) = file.numbers(">i4", 1)
    if atoms < 1 or again != atoms:
        raise InterpotError(f"{where} says that it has {atoms} and {again} atoms: the file is damaged")
    if atoms <= _FEW:
        file.skip(12 * atoms)
        return _Header(begin, atoms, step, 0.0)
    (precision,) = file.numbers(">f4", 1)
    file.skip(28)  # range of the integers, and the size of small ones
    size = int(file.numbers(">i4" if magic == _MAGIC else ">i8", 1)[0])
    if size < 0 or not 0 < precision < np.inf:
        raise InterpotError(f"{where} has {size} bytes of a precision of {precision:g}: the file is damaged")
    file.skip(size + -size % 4)
    return _Header(begin, atoms, step, float(precision))


def _frame(file: BinaryFile, unpacker: Any, header: _Header, request: Request) -> Frame:
    units, where = request.units, place(file.path, file.index, header.step)
    atoms = named_atoms(file.path, request, header.atoms)
    unpacker.set_offsets(np.array([0, header.begin], dtype=np.int64))
    try:
        unpacker.seek(1 if header.begin else 0)
        packed = unpacker.read()
        if len(packed.x) != header.atoms:
            raise OSError(f"{header.atoms} atoms, but {len(packed.x)} in the first frame")
        positions = packed.x.astype(np.float64) * units.length
        cell = cell_of(packed.box.astype(np.float64) * units.length, positions)
    except (OSError, EOFError, StopIteration, RuntimeError, MemoryError) as error:
        raise InterpotError(f"{where} cannot be unpacked ({error}): the file is damaged") from error
    except InterpotError as error:
        raise InterpotError(f"{where}: {error}") from None
    if header.precision:
        request.remark(
            f"the positions in '{file.path}' are rounded to {1 / header.precision:.3g} {units.length_unit}: forces "
            "from the motion are no better than that allows"
        )
    return Frame(
        positions=positions,
        species=atoms.species,
        kinds=atoms.kinds,
        cell=cell,
        masses=atoms.masses,
        step=header.step,
        time=float(packed.time) * units.time,
        source=str(file.path),
        index=file.index,
    )
