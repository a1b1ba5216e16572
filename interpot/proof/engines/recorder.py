"""What a run records: frames on disk as they come, thermodynamic series in memory.

For engines without a trajectory format of their own that says all of it: a NumPy archive
(`interpot.trajectory.readers.npz`) has all digits, any species, energies and virials beside forces and velocities.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interpot.files import UNFINISHED, atomic
from interpot.records import FloatArray, Frame
from interpot.units import UnitStyle

_TENSOR = {"xx": (0, 0), "yy": (1, 1), "zz": (2, 2), "xy": (0, 1), "xz": (0, 2), "yz": (1, 2)}


@contextmanager
def recorder(path: Path, start: Frame, count: int, units: UnitStyle) -> Iterator[Recorder]:
    """Open a record; the file is there once the block has ended without an exception.

    Parameters
    ----------
    path
        An npz file.
    start
        Tells species, masses, periodic axes and the lower corner of the cell.
    count
        Number of frames that will be added.
    units
        Style of the file and the series.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".record-", suffix=UNFINISHED) as folder:
        record = Recorder(Path(folder), start, count, units)
        yield record
        with atomic(path) as temporary:
            record.save(temporary)


class Recorder:
    """See `recorder`."""

    def __init__(self, folder: Path, start: Frame, count: int, units: UnitStyle) -> None:
        self._folder, self._start, self._units = folder, start, units
        self._count, self._done = count, 0
        self._arrays: dict[str, NDArray[Any]] = {}
        self._series: dict[str, list[float]] = {}

    @property
    def series(self) -> Mapping[str, FloatArray]:
        """The series of `MdRun.thermo`, as far as they go."""
        return {name: np.array(values, dtype=np.float64) for name, values in self._series.items()}

    def add(self, frame: Frame, trace: float | None = None) -> None:
        """Record a frame.

        Parameters
        ----------
        frame
            Internal units, with step, time, energy, forces, velocities, masses and, where there is one, virial.
        trace
            tr W in eV, for the pressure where there is no virial.
        """
        units, d = self._units, frame.dimension
        vectors = {"positions": units.length, "velocities": units.velocity, "forces": units.force}
        for name, unit in vectors.items():
            self._put(name, getattr(frame, name)[:, :d] / unit)
        self._put("cell", frame.cell.vectors / units.length)
        self._put("step", np.asarray(frame.step))
        for name, unit in {"time": units.time, "energy": units.energy, "virial": units.energy}.items():
            if getattr(frame, name) is not None:
                self._put(name, np.asarray(getattr(frame, name)) / unit)
        for name, value in thermo(frame, units, trace).items():
            self._series.setdefault(name, []).append(value)
        self._done += 1

    def _put(self, name: str, values: NDArray[Any]) -> None:
        if name not in self._arrays:
            self._arrays[name] = np.lib.format.open_memmap(
                self._folder / f"{name}.npy",
                mode="w+",
                dtype=values.dtype,
                shape=(self._count, *values.shape),
            )
        self._arrays[name][self._done] = values

    def save(self, path: Path) -> None:
        """Write the archive; nothing can be added after."""
        start, units = self._start, self._units
        np.save(self._folder / "units.npy", np.array(units.name))
        np.save(self._folder / "species.npy", np.array([start.species[kind] for kind in start.kinds]))
        np.save(self._folder / "origin.npy", start.cell.origin / units.length)
        np.save(self._folder / "periodic.npy", np.array(start.cell.periodic))
        if start.masses is not None:
            np.save(self._folder / "masses.npy", start.masses / units.mass)
        self._arrays.clear()  # the arrays of frames are on disk then
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(self._folder.iterdir()):
                archive.write(file, file.name)


def freedom(frame: Frame) -> int:
    """Degrees of freedom of a temperature, d (n - 1): the centre of mass does not count."""
    return max(frame.dimension * (len(frame.kinds) - 1), 1)


def thermo(frame: Frame, units: UnitStyle, trace: float | None = None) -> dict[str, float]:
    """Return one entry of each series of `MdRun.thermo`, in units of the style; see `Recorder.add`.

    The temperature is Σ m v²/(k d (n - 1)), the pressure tensor (Σ m v ⊗ v + W)/V, and the pressure its trace over d;
    in two dimensions V is the area. Without a volume there is no pressure (NaN).
    """
    velocities, energy, d = frame.velocities, frame.energy, frame.dimension
    assert velocities is not None and frame.masses is not None
    assert energy is not None and frame.step is not None and frame.time is not None
    moving = (frame.masses[:, None] * velocities).T @ velocities  # Σ m v ⊗ v
    kinetic = 0.5 * float(np.trace(moving))
    h = frame.cell.vectors
    volume = abs(float(np.linalg.det(h) if d == 3 else np.cross(h[0], h[1])[2]))
    density = units.nktv2p / units.energy * units.length**d / volume if volume else np.nan
    if trace is None:
        trace = np.nan if frame.virial is None else float(np.trace(frame.virial[:d, :d]))
    series = {
        "step": float(frame.step),
        "time": frame.time / units.time,
        "temperature": 2 * kinetic / (freedom(frame) * units.boltzmann * units.energy),
        "potential": energy / units.energy,
        "kinetic": kinetic / units.energy,
        "total": (energy + kinetic) / units.energy,
        "pressure": (2 * kinetic + trace) * density / d,
        "volume": volume / units.length**d,
    }
    if frame.virial is not None:
        tensor = (moving + frame.virial) * density
        series |= {f"p{name}": float(tensor[at]) for name, at in _TENSOR.items()}
    return series
