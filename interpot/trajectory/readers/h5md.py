"""H5MD files (HDF5), read by h5py in the precision of the file.

Of the one group under ``particles`` the elements position, velocity, force, mass, species, id and image are read, and
the box. Where an element says its unit (module "units"), that is converted; an element without one is in the units of
the style. Results are reported in the style that is nearest to the stated ones. An element that is recorded at other
steps than the positions belongs to the frames that have its step. Source: https://www.nongnu.org/h5md/h5md.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from interpot.errors import InterpotError
from interpot.records import Cell, FloatArray, Frame, IntArray
from interpot.trajectory.place import place, printable
from interpot.trajectory.readers.boxes import cell_of
from interpot.trajectory.readers.reader import NamedAtoms, Request, named_atoms, no_numbers
from interpot.trajectory.readers.stream import is_compressed
from interpot.trajectory.readers.unit_words import unit_of

_NEAREST = (("nm", "gromacs"), ("eV", "metal"), ("kcal", "real"), ("kJ", "gromacs"), ("Angstrom", "metal"))
"""Word in the units of forces and positions → style, the first that fits."""


def stated_units(path: Path) -> str | None:
    """Return the style nearest to the units that positions and forces state, None where positions state none."""
    with _particles(path) as group:
        unit = _unit(group, "position")
        if unit is None:
            return None
        words = f"{_unit(group, 'force') or ''} {unit}"
        return next((style for word, style in _NEAREST if word in words), "metal")


def walk(path: Path, request: Request) -> Iterator[Frame | None]:
    """Walk the frames; see `interpot.trajectory.readers.reader.Reader`."""
    for key in request.told:
        raise no_numbers(path, key)
    with _particles(path) as group:
        frames = _Frames(path, group, request)
        for index in range(frames.count):
            yield frames.frame(index) if request.wanted(index) else None


@contextmanager
def _particles(path: Path) -> Iterator[h5py.Group]:
    """Open the group of the particles; what h5py raises of a damaged file becomes a sentence."""
    if is_compressed(path):
        raise InterpotError(
            f"'{path}' is compressed, and HDF5 files are read as they are: decompress it first"
        )
    try:
        with h5py.File(path, "r") as file:
            particles = file.get("particles")
            if "h5md" not in file or not isinstance(particles, h5py.Group):
                raise InterpotError(
                    f"'{path}' is an HDF5 file, but no H5MD trajectory, which has groups 'h5md' and 'particles': "
                    "a statistic of interpot goes to discover, any other file has to be converted"
                )
            groups = [
                name
                for name, item in particles.items()
                if isinstance(item, h5py.Group) and "position" in item
            ]
            if len(groups) != 1:
                raise InterpotError(
                    f"'{path}' has {len(groups)} groups of particles with positions "
                    f"({printable(', '.join(groups).encode()) or 'none'}): expected one"
                )
            yield particles[groups[0]]
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        reason = printable(" ".join(str(error).split()).encode())
        raise InterpotError(
            f"'{path}' is a damaged HDF5 file, or is cut short ({reason}): restore it from its source"
        ) from error


def _value(group: h5py.Group, name: str) -> h5py.Dataset | None:
    """The numbers of an element, whether it changes with time (a group) or not."""
    item = group.get(name)
    item = item.get("value") if isinstance(item, h5py.Group) else item
    return item if isinstance(item, h5py.Dataset) else None


def _unit(group: h5py.Group, name: str) -> str | None:
    item = _value(group, name)
    unit = None if item is None else item.attrs.get("unit")
    return None if unit is None else _text(unit)


def _text(word: Any) -> str:
    return word.decode(errors="replace") if isinstance(word, bytes) else str(word)


class _Element:
    """Numbers of the particles, or of the box, with time or without."""

    def __init__(self, path: Path, group: h5py.Group, name: str, unit: float) -> None:
        self.name, self.data = f"{name} of '{path}'", _value(group, name)
        self.moves = isinstance(group.get(name), h5py.Group)
        self.unit = unit
        if self.data is None:
            raise InterpotError(
                f"'{path}' has no numbers of the element '{name}': expected a dataset 'value'"
            )
        if (words := self.data.attrs.get("unit")) is not None:
            self.unit = unit_of(_text(words), self.name)
        item = group[name]
        self.steps = _series(item, "step", len(self.data)) if self.moves else None
        self.times = _series(item, "time", len(self.data)) if self.moves else None

    def at(self, index: int, step: int | None, shape: tuple[int, ...]) -> NDArray[Any] | None:
        """The raw numbers of a frame, None where they were not recorded then."""
        assert self.data is not None
        if not self.moves:
            found = self.data[()]
        elif self.steps is not None and step is not None:
            places = np.flatnonzero(self.steps == step)
            if not len(places):
                return None
            found = self.data[int(places[0])]
        else:
            if index >= len(self.data):
                return None
            found = self.data[index]
        if np.shape(found) != shape:
            raise InterpotError(f"{self.name} has shape {np.shape(found)} in a frame: expected {shape}")
        return np.asarray(found)

    def numbers(self, index: int, step: int | None, shape: tuple[int, ...]) -> FloatArray | None:
        """The same in internal units."""
        found = self.at(index, step, shape)
        if found is None:
            return None
        if found.dtype.kind not in "fiu":
            raise InterpotError(f"{self.name} holds {found.dtype}: expected real numbers")
        return np.asarray(found, dtype=np.float64) * self.unit


def _series(item: h5py.Group, name: str, count: int) -> NDArray[Any] | None:
    """Steps or times of all frames; a single number is what lies between two frames."""
    data = item.get(name)
    if not isinstance(data, h5py.Dataset):
        return None
    if data.shape == ():
        return np.asarray(data.attrs.get("offset", 0) + data[()] * np.arange(count))
    return np.asarray(data[:count])


class _Frames:
    """Reads the frames of one file."""

    def __init__(self, path: Path, group: h5py.Group, request: Request) -> None:
        self.path, self.group, units = path, group, request.units
        factors = {
            "position": units.length,
            "velocity": units.velocity,
            "force": units.force,
            "mass": units.mass,
        }
        self.elements = {
            name: _Element(path, group, name, factors.get(name, 1.0))
            for name in ("position", "velocity", "force", "mass", "species", "id", "image")
            if name in group
        }
        self.box = group.get("box")
        self.position, data = self.elements["position"], self.elements["position"].data
        assert data is not None
        self.edges = _Element(path, self.box, "edges", self.position.unit) if self._has_edges() else None
        if not self.position.moves or data.ndim != 3 or data.shape[2] not in (2, 3):
            raise InterpotError(
                f"positions of '{path}' have shape {data.shape}: expected (frames, particles, 3 or 2)"
            )
        self.count, self.atoms, self.dimension = data.shape
        self.named = (
            named_atoms(path, request, self.atoms) if request.atoms or "species" not in group else None
        )
        self.time = units.time
        if isinstance(group["position"].get("time"), h5py.Dataset):
            words = group["position"]["time"].attrs.get("unit")
            self.time = units.time if words is None else unit_of(_text(words), f"time of '{path}'")

    def _has_edges(self) -> bool:
        return isinstance(self.box, h5py.Group) and "edges" in self.box

    def frame(self, index: int) -> Frame:
        """Read one frame, in internal units."""
        steps, times = self.position.steps, self.position.times
        step = None if steps is None else int(steps[index])
        ids, order = self._order(index, step)
        vectors = {
            name: self._vectors(name, index, step, order) for name in ("position", "velocity", "force")
        }
        positions = vectors["position"]
        assert positions is not None
        cell, named = self._cell(index, step, positions), self._named(index, step, order)
        return Frame(
            positions=positions,
            species=named.species,
            kinds=named.kinds,
            cell=cell,
            dimension=self.dimension,
            forces=vectors["force"],
            velocities=vectors["velocity"],
            masses=named.masses,
            ids=ids,
            unwrapped=self._unwrapped(index, step, order, positions, cell),
            step=step,
            time=None if times is None else float(times[index]) * self.time,
            source=str(self.path),
            index=index,
        )

    def _order(self, index: int, step: int | None) -> tuple[IntArray | None, IntArray]:
        """Ids, sorted, and where they are in the file."""
        found = self.elements["id"].at(index, step, (self.atoms,)) if "id" in self.elements else None
        if found is None:
            return None, np.arange(self.atoms)
        order = np.argsort(found, kind="stable")
        return found[order].astype(np.int64), order

    def _vectors(self, name: str, index: int, step: int | None, order: IntArray) -> FloatArray | None:
        element = self.elements.get(name)
        found = None if element is None else element.numbers(index, step, (self.atoms, self.dimension))
        if found is None:
            return None
        return np.ascontiguousarray(np.pad(found[order], ((0, 0), (0, 3 - self.dimension))))

    def _named(self, index: int, step: int | None, order: IntArray) -> NamedAtoms:
        """Species of the topology or the file; masses of the file or the topology."""
        element = self.elements.get("mass")
        masses = None if element is None else element.numbers(index, step, (self.atoms,))
        masses = None if masses is None else masses[order]
        if self.named is not None:
            masses = self.named.masses if masses is None else masses
            return NamedAtoms(self.named.source, self.named.species, self.named.kinds, masses)
        element = self.elements["species"]
        assert element.data is not None
        kinds = element.at(index, step, (self.atoms,))
        if kinds is None:
            raise InterpotError(
                f"{place(self.path, index, step)} does not tell its species: write them with each frame"
            )
        words = {number: word for word, number in (h5py.check_enum_dtype(element.data.dtype) or {}).items()}
        names = np.array([words.get(kind, _text(kind)) for kind in kinds[order].tolist()])
        species, indices = np.unique(names, return_inverse=True)
        return NamedAtoms("", tuple(str(name) for name in species), indices.astype(np.int64), masses)

    def _cell(self, index: int, step: int | None, positions: FloatArray) -> Cell:
        vectors = np.zeros((3, 3))
        if self.edges is not None and self.edges.data is not None:
            d = self.dimension
            square = self.edges.data.ndim - self.edges.moves == 2
            found = self.edges.numbers(index, step, (d, d) if square else (d,))
            if found is None:
                raise InterpotError(
                    f"{place(self.path, index, step)} has no box: write it as often as the positions"
                )
            vectors[:d, :d] = found if square else np.diag(found)
        try:
            cell = cell_of(vectors, positions)
        except InterpotError as error:
            raise InterpotError(f"{place(self.path, index, step)}: {error}") from None
        x, y, z = (a and b for a, b in zip(cell.periodic, self._periodic(), strict=True))
        return replace(cell, periodic=(x, y, z))

    def _periodic(self) -> list[bool]:
        """Whether the box says of each axis that it repeats, which an older file leaves open."""
        given = [] if self.box is None else np.ravel(self.box.attrs.get("boundary", ["periodic"])).tolist()
        words = [_text(word) for word in given] or ["none"]
        return [word == "periodic" for word in (words * 3 if len(words) == 1 else [*words, "none"])][:3]

    def _unwrapped(
        self, index: int, step: int | None, order: IntArray, positions: FloatArray, cell: Cell
    ) -> FloatArray | None:
        element = self.elements.get("image")
        images = None if element is None else element.at(index, step, (self.atoms, self.dimension))
        if images is None or not any(cell.periodic):
            return None
        whole = np.pad(images[order].astype(np.float64), ((0, 0), (0, 3 - self.dimension)))
        return positions + whole @ cell.vectors
