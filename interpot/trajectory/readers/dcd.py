"""DCD files, of CHARMM, NAMD, LAMMPS, OpenMM and others: positions in single precision, and boxes.

A file says nothing of its units. Its time step is in units that each program chooses, and that of LAMMPS is known to be
wrong, so that frames have no time; their step numbers are the header's first and the steps between two frames. Records
are Fortran's, of either byte order. Sources: the page "Binary trajectory files" of VMD's DCD plug-in; MDAnalysis's
``lib/formats/libdcd.pyx`` and ``coordinates/DCD.py`` for the three ways to write a box.
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
from interpot.trajectory.readers.boxes import cell_of, cosine, vectors_of
from interpot.trajectory.readers.reader import NamedAtoms, Request, named_atoms, no_numbers

_HEADER = 84  # bytes of the first record


@dataclass(frozen=True, slots=True)
class _Header:
    """What a file says of all its frames: byte order, atoms, steps (0, 0 if unknown), and which records there are."""

    order: str
    atoms: int
    first: int
    every: int
    box: bool
    fourth: bool

    def step(self, index: int) -> int | None:
        """Step number of a frame, where the file tells."""
        return self.first + index * self.every if self.every > 0 and self.first >= 0 else None


def stated_units(path: Path) -> str | None:
    """Return None: the format states no units."""
    return None


def walk(path: Path, request: Request) -> Iterator[Frame | None]:
    """Walk the frames; see `interpot.trajectory.readers.reader.Reader`."""
    for key in request.told:
        raise no_numbers(path, key)
    with open_binary(path) as file:
        header = _header(file)
        atoms = named_atoms(path, request, header.atoms)
        told = "only step numbers" if header.every > 0 else "neither times nor steps"
        request.remark(
            f"'{path}' is a DCD file, whose time step is not to be trusted, so that {told} of its frames are known: "
            "--timestep or --interval gives the rest where it is needed"
        )
        for index in count():
            if file.at_end:
                return
            file.index = index
            if not request.wanted(index):
                file.skip(header.box * 56 + (3 + header.fourth) * (4 * header.atoms + 8))
                yield None
                continue
            yield _frame(file, header, atoms, request)


@np.errstate(all="ignore")  # of damaged numbers, which are told as such
def _frame(file: BinaryFile, header: _Header, atoms: NamedAtoms, request: Request) -> Frame:
    step = header.step(file.index)
    box = _record(file, f"{header.order}f8", 6) if header.box else None
    columns = [_record(file, f"{header.order}f4", header.atoms) for _ in range(3 + header.fourth)]
    positions = np.stack(columns[:3], axis=1) * request.units.length
    try:
        cell = cell_of(None if box is None else _vectors(box) * request.units.length, positions)
    except InterpotError as error:
        raise InterpotError(f"{place(file.path, file.index, step)}: {error}") from None
    return Frame(
        positions=positions,
        species=atoms.species,
        kinds=atoms.kinds,
        cell=cell,
        masses=atoms.masses,
        step=step,
        source=str(file.path),
        index=file.index,
    )


def _header(file: BinaryFile) -> _Header:
    path = file.path
    opening = file.numbers("u1", 8).tobytes()
    order = {b"T\0\0\0CORD": "<", b"\0\0\0TCORD": ">"}.get(opening)
    if order is None:
        raise InterpotError(
            f"'{path}' does not begin as a DCD file of positions does (84 and 'CORD', in 4-byte records): write it anew"
        )
    file.seek(0)
    numbers = _record(file, f"{order}i4", _HEADER // 4, exact=True).astype(np.int64)[1:]
    charmm = numbers[19] != 0
    if numbers[8]:
        raise InterpotError(
            f"'{path}' leaves out {numbers[8]} fixed atoms: write a DCD file with all of them"
        )
    size = int(file.numbers(f"{order}i4", 1)[0])
    file.skip(max(size, 0) + 4)  # the title
    atoms = int(_record(file, f"{order}i4", 1, exact=True)[0])
    if atoms < 1:
        raise InterpotError(f"'{path}' says that it has {atoms} atoms: it is damaged")
    every, first = int(numbers[2]), int(numbers[1])
    return _Header(order, atoms, first, every, bool(charmm and numbers[10]), bool(charmm and numbers[11]))


def _record(file: BinaryFile, dtype: str, count: int, exact: bool = False) -> FloatArray:
    """Read one record, of so many numbers between two counts of their bytes."""
    counts = f"{dtype[0]}i4"
    (before,) = file.numbers(counts, 1)
    size = count * int(dtype[-1])
    if before != size:
        where = f"frame {file.index} of '{file.path}'" if file.index >= 0 else f"the header of '{file.path}'"
        raise InterpotError(
            f"{where} has a record of {before} bytes where {size} belong: the file is damaged"
        )
    values = file.numbers(dtype, count) if exact else file.reals(dtype, count)
    file.numbers(counts, 1)
    return values


def _vectors(box: FloatArray) -> FloatArray:
    """Cell vectors from A, γ, B, β, α, C; the angles as cosines, or in degrees, or the lower half of a matrix."""
    lengths, angles = box[[0, 2, 5]], box[[4, 3, 1]]
    if (np.abs(angles) <= 1).all():
        return vectors_of(lengths, angles)
    if (box < 0).any() or (angles > 180).any():  # CHARMM's symmetric shape matrix, xx xy yy xz yz zz
        xx, xy, yy, xz, yz, zz = box
        return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    return vectors_of(lengths, cosine(angles))
