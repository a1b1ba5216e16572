"""What a run records: frames on disk as they come, thermodynamic series in memory.

Engines without a trajectory format that says all of it write NumPy archives (`interpot.trajectory.readers.npz`): all
digits, any species, energies and virials beside forces and velocities.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from interpot.files import UNFINISHED, atomic
from interpot.records import FloatArray, Frame
from interpot.units import UnitStyle

_PER_FRAME = ("step", "time", "energy")
_TENSOR = {"xx": (0, 0), "yy": (1, 1), "zz": (2, 2), "xy": (0, 1), "xz": (0, 2), "yz": (1, 2)}


@contextmanager
def recorder(path: Path, start: Frame, count: int, units: UnitStyle) -> Iterator[Recorder]:
    """Open a record of `count` frames; the file is there if the block ends without an exception.

    Parameters
    ----------
    path
        An npz file.
    start
        Tells species, masses, periodicity, dimension and the lower corner of the cell.
    count
        Of frames that will be added.
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
        self._arrays: dict[str, NDArray[np.generic]] = {}
        self._series: dict[str, list[float]] = {}

    @property
    def series(self) -> Mapping[str, FloatArray]:
        """The thermodynamic series of `MdRun.thermo`, so far."""
        return {name: np.array(values, dtype=np.float64) for name, values in self._series.items()}

    def add(self, frame: Frame, pressure: float | None = None) -> None:
        """Record a frame, with everything but its virial.

        Parameters
        ----------
        frame
            Internal units, with step, time, energy, forces, velocities and masses; with its virial, where there
            is one.
        pressure
            Internal units; from the virial unless given.
        """
        units, d = self._units, frame.dimension
        for name, values, unit in (
            ("positions", frame.positions[:, :d], units.length),
            ("velocities", frame.velocities, units.velocity),
            ("forces", frame.forces, units.force),
            ("cell", frame.cell.vectors, units.length),
            ("virial", frame.virial, units.energy),
            ("energy", frame.energy, units.energy),
            ("time", frame.time, units.time),
        ):
            if values is not None:
                rows = np.asarray(values)
                self._put(name, (rows[:, :d] if rows.shape == frame.positions.shape else rows) / unit)
        self._put("step", np.asarray(frame.step))
        for name, value in thermo(frame, units, pressure).items():
            self._series.setdefault(name, []).append(value)
        self._done += 1

    def _put(self, name: str, values: NDArray[np.generic]) -> None:
        if name not in self._arrays:
            self._arrays[name] = np.lib.format.open_memmap(
                self._folder / f"{name}.npy", mode="w+", dtype=values.dtype, shape=(self._count, *values.shape)
            )
        self._arrays[name][self._done] = values

    def save(self, path: Path) -> None:
        """Write the archive."""
        start, units = self._start, self._units
        names = np.array([start.species[kind] for kind in start.kinds])
        constant: dict[str, NDArray[np.generic]] = {
            "units": np.array(units.name),
            "species": names,
            "origin": start.cell.origin / units.length,
            "periodic": np.array(start.cell.periodic),
        }
        if start.masses is not None:
            constant["masses"] = start.masses / units.mass
        for name, values in constant.items():
            np.save(self._folder / f"{name}.npy", values)
        self._arrays.clear()  # which writes what is not written yet
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(self._folder.iterdir()):
                archive.write(file, file.name)


@dataclass(frozen=True, slots=True)
class Kinetic:
    """Kinetic energy and what follows from it.

    Attributes
    ----------
    tensor : (3, 3) float64, eV
        Σ m v ⊗ v.
    freedom
        Degrees of freedom, d (n - 1): the centre of mass stands still.
    """

    tensor: FloatArray
    freedom: int


def kinetic(frame: Frame) -> Kinetic:
    """Return Σ m v ⊗ v of a frame with masses and velocities."""
    assert frame.velocities is not None and frame.masses is not None
    tensor = (frame.masses[:, None] * frame.velocities).T @ frame.velocities
    return Kinetic(tensor, max(frame.dimension * (len(frame.kinds) - 1), 1))


def thermo(frame: Frame, units: UnitStyle, pressure: float | None = None) -> dict[str, float]:
    """Return one entry of each series of `MdRun.thermo`, in units of the style; see `Recorder.add`.

    The temperature is 2 K/(k d (n - 1)), the pressure tensor (Σ m v ⊗ v + W)/V, and the pressure a third of its trace;
    of two dimensions half, and per area.
    """
    assert frame.energy is not None and frame.step is not None and frame.time is not None
    motion, d = kinetic(frame), frame.dimension
    energy = 0.5 * float(np.trace(motion.tensor))
    volume = abs(float(np.linalg.det(frame.cell.vectors)))
    if d == 2:
        volume /= float(np.linalg.norm(frame.cell.vectors[2])) or 1.0
    per_volume = units.nktv2p * units.length**d / units.energy / volume if volume else np.nan
    series = {
        "step": float(frame.step),
        "time": frame.time / units.time,
        "temperature": 2 * energy / (motion.freedom * units.boltzmann * units.energy),
        "potential": frame.energy / units.energy,
        "kinetic": energy / units.energy,
        "total": (frame.energy + energy) / units.energy,
    }
    if frame.virial is None:
        return series | {"pressure": np.nan if pressure is None else pressure * volume * per_volume}
    tensor = (motion.tensor + frame.virial) * per_volume
    parts = {f"p{name}": float(tensor[at]) for name, at in _TENSOR.items()}
    return series | {"pressure": float(np.trace(tensor[:d, :d])) / d} | parts
