"""NumPy archives (``np.savez``, compressed or not), read frame by frame.

The arrays, for m frames of n particles, numbers in the units of the style:

==============  =====================  ==========================================================
positions       (m, n, 3) or (m, n, 2) needed
forces          as positions
velocities      as positions
masses          (n,)
species         (n,) names             "1" for all if missing
cell            (3, 3) or (m, 3, 3)    rows are the cell vectors; without it every axis is open, which
                                       is remarked unless `periodic` says so
origin          (3,)                   lower corner of the cell; 0 if missing
periodic        (3,) bool              all true if missing but a cell is given
energy          (m,)                   potential energy of all particles
virial          (m, 3, 3)              W of `interpot.geometry`, an energy, without a kinetic part
units           a name                 the unit style
time            (m,)
step            (m,) integer
any other name  (m,)                   asked for by name (`Frame.told`)
==============  =====================  ==========================================================
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from os import SEEK_CUR
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from interpot.errors import InterpotError
from interpot.records import Cell, FloatArray, Frame, IntArray
from interpot.trajectory.place import place, shown
from interpot.trajectory.readers.reader import Request, not_told

# RuntimeError: what reads as encryption or as an unknown compression; KeyError: as another name
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, KeyError)
_VECTORS = ("positions", "forces", "velocities")
_NOT_PER_FRAME = ("masses", "species", "cell", "origin", "periodic", "virial", "units")


def stated_units(path: Path) -> str | None:
    """Return the name in the array "units", None where there is none."""
    with _Archive(path) as archive:
        return str(archive.whole("units")) if "units" in archive.names else None


def walk(path: Path, request: Request) -> Iterator[Frame | None]:
    """Walk the frames; see `interpot.trajectory.readers.reader.Reader`."""
    with _Archive(path) as archive:
        vectors = {name: _Frames(archive, name) for name in _VECTORS if name in archive.names}
        if "positions" not in vectors:
            raise InterpotError(
                f"'{path}' has no array 'positions': found {shown(', '.join(archive.names).encode())}"
            )
        shape = vectors["positions"].shape
        if len(shape) != 3 or shape[2] not in (2, 3):
            raise InterpotError(
                f"positions of '{path}' have shape {shape}: expected (frames, particles, 3 or 2)"
            )
        for name, array in vectors.items():
            if array.shape != shape:
                raise InterpotError(
                    f"{name} of '{path}' have shape {array.shape}: expected that of positions, {shape}"
                )
        constant = _Constant(archive, shape, request)
        if constant.cells is None and "periodic" not in archive.names:
            request.remark(
                f"'{path}' has no cell: particles are taken to be in open space, without periodic images; if they are "
                "in a periodic box, store it as `cell`"
            )
        for index in range(shape[0]):
            if request.wanted(index):
                yield constant.frame(index, {name: array.at(index) for name, array in vectors.items()})
            else:
                yield None


class _Archive:
    """The arrays of a file, each of which can be read whole or as a stream."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> _Archive:
        self.stack = ExitStack()
        try:
            self.zip = self.stack.enter_context(zipfile.ZipFile(self.path))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise InterpotError(
                f"'{self.path}' is no NumPy archive, or is damaged or cut short ({error}): write it anew "
                "with numpy.savez"
            ) from error
        self.names = [name.removesuffix(".npy") for name in self.zip.namelist()]
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def whole(self, name: str) -> NDArray[Any]:
        """Read a small array."""
        with self.undamaged(name), self.zip.open(f"{name}.npy") as member:
            return np.asarray(npy.read_array(member, allow_pickle=False))

    @contextmanager
    def undamaged(self, name: str) -> Iterator[None]:
        """Turn what is raised while an array is read into one sentence."""
        try:
            yield
        except _DAMAGE as error:
            raise InterpotError(
                f"cannot read array '{name}' of '{self.path}' ({error}): expected undamaged plain numbers or "
                "names, as numpy.savez writes them"
            ) from error


class _Frames:
    """An array whose first index counts the frames, read frame by frame."""

    def __init__(self, archive: _Archive, name: str) -> None:
        self._archive, self._name = archive, name
        with archive.undamaged(name):
            self._member = archive.stack.enter_context(archive.zip.open(f"{name}.npy"))
            old = npy.read_magic(self._member) == (1, 0)
            header = npy.read_array_header_1_0 if old else npy.read_array_header_2_0
            self.shape, fortran, self._dtype = header(self._member)
        if self._dtype.kind not in "fiu":
            raise InterpotError(
                f"array '{name}' of '{archive.path}' holds {self._dtype}: expected real numbers"
            )
        # in Fortran's order the frames are scattered over the file
        self._memory = archive.whole(name) if fortran else None
        self._next = 0

    def at(self, index: int) -> FloatArray:
        """Return the values of a frame behind those asked for before."""
        if self._memory is not None:
            return np.ascontiguousarray(self._memory[index], dtype=np.float64)
        shape = self.shape[1:]
        size = int(np.prod(shape)) * self._dtype.itemsize
        with self._archive.undamaged(self._name):
            if index > self._next:
                self._member.seek((index - self._next) * size, SEEK_CUR)
            self._next = index + 1
            raw = self._member.read(size)
            if len(raw) < size:
                raise EOFError("it ends too early")
        return np.frombuffer(raw, dtype=self._dtype).reshape(shape).astype(np.float64)


class _Constant:
    """What is the same for all frames, and the small arrays with one entry per frame."""

    def __init__(self, archive: _Archive, shape: tuple[int, ...], request: Request) -> None:
        units = request.units
        self.path, self.units, self.dimension = archive.path, units, shape[2]
        frames, particles, _ = shape
        shapes: dict[str, list[tuple[int, ...]]] = {
            "masses": [(particles,)],
            "species": [(particles,)],
            "cell": [(3, 3), (frames, 3, 3)],
            "origin": [(3,)],
            "periodic": [(3,)],
            "time": [(frames,)],
            "step": [(frames,)],
            "energy": [(frames,)],
            "virial": [(frames, 3, 3)],
        }
        given = {name: self._get(archive, name, shapes[name]) for name in shapes if name in archive.names}
        self.time, self.step, self.cells = given.get("time"), given.get("step"), given.get("cell")
        self.energy, self.virial = given.get("energy"), given.get("virial")
        self.told = {key: self._told(archive, key, frames) for key in request.told}
        self.masses = given["masses"] * units.mass if "masses" in given else None
        self.origin = np.asarray(given.get("origin", np.zeros(3)), dtype=np.float64)
        periodic = given.get("periodic", np.full(3, self.cells is not None)).astype(bool).tolist()
        if any(periodic) and self.cells is None:
            raise InterpotError(
                f"'{self.path}' has periodic axes but no array 'cell': expected one of shape (3, 3)"
            )
        self.periodic = (periodic[0], periodic[1], periodic[2])
        names, kinds = np.unique(given.get("species", np.full(particles, "1")), return_inverse=True)
        self.species = tuple(str(name) for name in names)
        self.kinds: IntArray = kinds.astype(np.int64)

    @staticmethod
    def _get(archive: _Archive, name: str, shapes: list[tuple[int, ...]]) -> NDArray[Any]:
        array = archive.whole(name)
        if array.shape not in shapes:
            raise InterpotError(
                f"array '{name}' of '{archive.path}' has shape {array.shape}: expected "
                + " or ".join(str(shape) for shape in shapes)
            )
        if name != "species" and array.dtype.kind not in "fiub":
            raise InterpotError(f"array '{name}' of '{archive.path}' holds {array.dtype}: expected numbers")
        return array

    @classmethod
    def _told(cls, archive: _Archive, key: str, frames: int) -> NDArray[Any]:
        if key not in archive.names:
            others = (name for name in archive.names if name not in (*_VECTORS, *_NOT_PER_FRAME))
            raise not_told(key, f"'{archive.path}'", others)
        return cls._get(archive, key, [(frames,)])

    def frame(self, index: int, vectors: dict[str, FloatArray]) -> Frame:
        """Put one frame together, in internal units."""
        units = self.units
        step = None if self.step is None else int(self.step[index])
        if self.dimension == 2:
            vectors = {name: np.pad(values, ((0, 0), (0, 1))) for name, values in vectors.items()}
        positions = vectors["positions"]
        forces, velocities = vectors.get("forces"), vectors.get("velocities")
        return Frame(
            positions=positions * units.length,
            species=self.species,
            kinds=self.kinds,
            cell=self._cell(index, positions, step),
            dimension=self.dimension,
            forces=None if forces is None else forces * units.force,
            energy=None if self.energy is None else float(self.energy[index]) * units.energy,
            virial=None if self.virial is None else self.virial[index] * units.energy,
            velocities=None if velocities is None else velocities * units.velocity,
            masses=self.masses,
            step=step,
            time=None if self.time is None else float(self.time[index]) * units.time,
            source=str(self.path),
            index=index,
            told={key: float(values[index]) for key, values in self.told.items()},
        )

    def _cell(self, index: int, positions: FloatArray, step: int | None) -> Cell:
        if self.cells is None:  # open everywhere: any box will do, so the one that spans the particles
            low, high = (f(positions, axis=0, initial=0.0) for f in (np.min, np.max))
            vectors, origin = np.diag(np.where(high > low, high - low, 1.0)), low
        else:
            vectors, origin = (
                np.asarray(self.cells if self.cells.ndim == 2 else self.cells[index], float),
                self.origin,
            )
        if not np.isfinite(vectors).all():
            raise InterpotError(
                f"the cell of {place(self.path, index, step)} is not finite: expected (3, 3) numbers"
            )
        return Cell(vectors * self.units.length, origin * self.units.length, self.periodic)
