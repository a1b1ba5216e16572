"""NetCDF trajectories by AMBER's convention, of AMBER, OpenMM, LAMMPS (``dump netcdf``) and others.

Numbers are kept in the precision of the file, and multiplied by its scale factors. Without other word lengths are in Å,
times in ps, forces in kcal/mol/Å ("amber"); LAMMPS writes those of its own style, and says which; its column ``id``
sorts the atoms. Source: https://ambermd.org/netcdf/nctraj.xhtml.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Cell, FloatArray, Frame, IntArray
from interpot.trajectory.place import place, shown
from interpot.trajectory.readers.binary import BinaryFile, open_binary
from interpot.trajectory.readers.boxes import cell_of, cosine, vectors_of
from interpot.trajectory.readers.netcdf_header import Header, Variable, read_header
from interpot.trajectory.readers.reader import Request, named_atoms, not_told

_LAMMPS = {"lj": "lj", "femtosecond": "real", "picosecond": "metal", "second": "si", "nanosecond": "nano"}
"""Unit of time in LAMMPS's files → style; electron, which has femtoseconds too, is told by its Bohr."""

_AMBER = {
    "time": ("picosecond", "ps", "picoseconds"),
    "coordinates": ("angstrom", "angstroms", "Angstrom", "A"),
    "cell_lengths": ("angstrom", "angstroms", "Angstrom", "A"),
    "velocities": ("angstrom/picosecond", "angstroms/picosecond"),
    "forces": ("kilocalorie/mole/angstrom",),
}
"""Words for the units of the convention."""


def stated_units(path: Path) -> str | None:
    """Return the style of a file that LAMMPS wrote, None for any other: AMBER's units are the convention."""
    with _opened(path) as (_, header):
        if str(header.attributes.get("program", "")).upper() != "LAMMPS":
            return None
        units = {name: _unit(header.variables.get(name)) for name in ("time", "coordinates")}
        return "electron" if units["coordinates"].lower() == "bohr" else _LAMMPS.get(units["time"])


def walk(path: Path, request: Request) -> Iterator[Frame | None]:
    """Walk the frames; see `interpot.trajectory.readers.reader.Reader`."""
    with _opened(path) as (file, header):
        atoms = _Atoms(file, header, request)
        for index in count():
            begin = header.first + index * header.stride
            if begin >= file.size if header.frames is None else index >= header.frames:
                return
            file.index = index
            file.seek(min(begin, file.size))
            file.need(header.stride)
            yield atoms.frame(index) if request.wanted(index) else None


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryFile, Header]]:
    with open_binary(path) as file:
        header = read_header(file)
        conventions = str(header.attributes.get("Conventions", "")).replace(",", " ").split()
        coordinates = header.variables.get("coordinates")
        if "AMBER" not in conventions or coordinates is None or not coordinates.per_frame:
            found = shown(", ".join(header.variables).encode()) or "nothing"
            raise InterpotError(
                f"'{path}' is a NetCDF file, but no trajectory by AMBER's convention (Conventions = AMBER, a variable "
                f"'coordinates' with a frame dimension): it holds {found}"
            )
        if len(coordinates.shape) != 2 or coordinates.shape[1] != 3:
            raise InterpotError(
                f"coordinates of '{path}' have shape {coordinates.shape}: expected (atoms, 3)"
            )
        yield file, header


def _unit(variable: Variable | None) -> str:
    return "" if variable is None else str(variable.attributes.get("units", ""))


class _Atoms:
    """Reads the frames of one file."""

    def __init__(self, file: BinaryFile, header: Header, request: Request) -> None:
        self.file, self.variables, self.units = file, header.variables, request.units
        self.told, self._first = request.told, header.first
        self.count = header.variables["coordinates"].shape[0]
        self.named = named_atoms(file.path, request, self.count)
        if str(header.attributes.get("program", "")).upper() != "LAMMPS" and request.units.name == "amber":
            self._check_units()
        numbers = [n for n, v in self.variables.items() if v.per_frame and not v.shape and n != "time"]
        for key in request.told:
            if key not in numbers:
                raise not_told(key, f"'{file.path}'", numbers)

    def _check_units(self) -> None:
        for name, allowed in _AMBER.items():
            unit = _unit(self.variables.get(name))
            if unit and unit not in allowed:
                raise InterpotError(
                    f"{name} of '{self.file.path}' are in '{shown(unit.encode())}', by AMBER's convention in "
                    f"'{allowed[0]}': say what the file is in with --units (units= in Python)"
                )

    @np.errstate(all="ignore")  # of damaged numbers, which are told as such
    def frame(self, index: int) -> Frame:
        """Read one frame, in internal units."""
        units, where = self.units, place(self.file.path, index)
        start = self.file.position - self._first
        vectors = {
            name: self._values(name, start, (self.count, 3))
            for name in ("coordinates", "velocities", "forces")
            if self._has(name)
        }
        order = self._order(start)
        if order is not None:
            vectors = {name: values[order] for name, values in vectors.items()}
        positions = vectors["coordinates"] * units.length
        velocities, forces = vectors.get("velocities"), vectors.get("forces")
        try:
            cell = self._cell(start, positions)
        except InterpotError as error:
            raise InterpotError(f"{where}: {error}") from None
        return Frame(
            positions=positions,
            species=self.named.species,
            kinds=self.named.kinds,
            cell=cell,
            forces=None if forces is None else forces * units.force,
            velocities=None if velocities is None else velocities * units.velocity,
            masses=self.named.masses,
            time=float(self._values("time", start, ())) * units.time if self._has("time") else None,
            source=str(self.file.path),
            index=index,
            told={key: float(self._values(key, start, ())) for key in self.told},
        )

    def _has(self, name: str) -> bool:
        return name in self.variables and self.variables[name].per_frame

    def _values(self, name: str, start: int, shape: tuple[int, ...]) -> FloatArray:
        """Numbers of one frame, whose first byte is `start` behind that of the first frame."""
        variable = self.variables[name]
        if variable.shape != shape:
            raise InterpotError(f"{name} of '{self.file.path}' have shape {variable.shape}: expected {shape}")
        self.file.seek(variable.begin + start)
        values: Any = self.file.numbers(variable.dtype, int(np.prod(shape, dtype=np.int64)))
        factor = np.ravel(variable.attributes.get("scale_factor", 1.0))
        if values.dtype.kind not in "fiu" or factor.dtype.kind not in "fiu" or factor.size != 1:
            raise InterpotError(f"{name} of '{self.file.path}' are no numbers: expected real numbers")
        return np.asarray(values.reshape(shape) * np.float64(factor[0]), dtype=np.float64)

    def _order(self, start: int) -> IntArray | None:
        """Places of the atoms in the order of their ids, None where that is the order of the file."""
        if not self._has("id") or self.variables["id"].shape != (self.count,):
            return None
        return np.argsort(self._values("id", start, (self.count,)), kind="stable").astype(np.int64)

    def _cell(self, start: int, positions: FloatArray) -> Cell:
        if not self._has("cell_lengths"):
            return cell_of(None, positions)
        lengths = self._values("cell_lengths", start, (3,)) * self.units.length
        angles = self._values("cell_angles", start, (3,)) if self._has("cell_angles") else np.full(3, 90.0)
        origin = self._values("cell_origin", start, (3,)) if self._has("cell_origin") else np.zeros(3)
        return cell_of(vectors_of(lengths, cosine(angles)), positions, origin * self.units.length)
