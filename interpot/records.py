"""The frozen records that pass along the pipeline, and the Protocols its parts meet by; no behaviour.

Everything is in internal units (`interpot.units`) unless an attribute says otherwise. Index letters used
throughout: n particles, d dimensions (2 or 3), r the channel's coordinate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from interpot.units import UnitStyle

if TYPE_CHECKING:  # a Protocol may speak of what stands below it without importing it
    from interpot.formula.potential import Potential

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Progress = Callable[[int, int], None]
"""Called as ``progress(done, total)`` while something long goes on."""


# ---------------------------------------------------------------------------- what was observed


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A parallelepiped, each of its axes periodic or open.

    Attributes
    ----------
    vectors : (3, 3) float64, Å
        Rows are the cell vectors H.
    origin : (3,) float64, Å
        The lower corner.
    periodic
        Whether each axis repeats. An open axis does not confine the particles: they may lie outside.
    """

    vectors: FloatArray
    origin: FloatArray
    periodic: tuple[bool, bool, bool]


@dataclass(frozen=True, slots=True)
class Surface:
    """A wall at one instant; `interpot.geometry.across` says what its coordinate ξ is.

    A particle is the distance s = `inward` (ξ - `position`) > 0 from it.

    Attributes
    ----------
    name
        "zlo", "zhi", "cylinder_z", "sphere": by it a channel finds its wall.
    shape
        "plane" (ξ is a Cartesian coordinate), "cylinder" (ξ is the distance from its axis) or "sphere".
    axis
        0, 1, 2: the normal of a plane, the axis of a cylinder; 0 for a sphere.
    inward
        +1 where particles are at larger ξ (zlo, the outside of a sphere), -1 where at smaller ones.
    position
        Å: ξ of the wall; the radius of a curved one.
    centre : (3,), Å
        Of a cylinder (any point of its axis) or sphere.
    hard
        Whether it reflects particles and has no force, so that no function belongs to it.
    """

    name: str
    shape: str
    axis: int
    inward: int
    position: float
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Wall:
    """A wall as it is described; where it stands in each frame is found by `interpot.trajectory.walls`.

    Attributes
    ----------
    name, shape, axis, inward
        As of a `Surface`.
    position
        In words, lengths and times in the units of the trajectory: "edge" (the face of the box), a number, a function
        of time such as "40 - 0.5*t", "frame:KEY" (what the file says with each frame), "FILE" or "FILE:COLUMN" (a table
        or a LAMMPS log; a "*" in FILE is the trajectory's name), "log:COLUMN" (the log beside the trajectory, of the
        same name).
    centre
        Of a cylinder or sphere, in the units of the trajectory.
    """

    name: str
    shape: str
    axis: int
    inward: int
    position: str
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    hard: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One instant of a trajectory, particles in the order of their ids.

    Attributes
    ----------
    positions : (n, 3) float64, Å
        Anywhere in space; periodic images are taken care of by `interpot.geometry`.
    species
        Names of the species, sorted; may hold a name that no particle of this frame has.
    kinds : (n,) int64
        Index of each particle's species in `species`.
    cell
        Box and periodicity.
    dimension
        2 or 3. In two dimensions every z is the same, the z axis is open and z components are no data.
    forces : (n, 3) float64, eV/Å, or None
    energy : eV, or None
        Potential energy of all particles, as the file holds it.
    virial : (3, 3) float64, eV, or None
        W = Σ r_ij ⊗ f_j over pairs (`interpot.geometry`), without a kinetic part.
    velocities : (n, 3) float64, sqrt(eV/amu), or None
    masses : (n,) float64, amu, or None
    ids : (n,) int64, or None
        The file's own names of the particles.
    unwrapped : (n, 3) float64, Å, or None
        Positions continued across periodic boundaries, where the file tells (xu, or image flags).
    step
        The engine's step number, where the file tells.
    time
        Internal units, where the file tells.
    source
        File name, for messages.
    index
        Number of the frame in that file, from 0.
    surfaces
        The walls, where they are in this frame.
    told
        What else the file says with each frame, of the names that were asked for, in its own units.
    """

    positions: FloatArray
    species: tuple[str, ...]
    kinds: IntArray
    cell: Cell
    dimension: int = 3
    forces: FloatArray | None = None
    energy: float | None = None
    virial: FloatArray | None = None
    velocities: FloatArray | None = None
    masses: FloatArray | None = None
    ids: IntArray | None = None
    unwrapped: FloatArray | None = None
    step: int | None = None
    time: float | None = None
    source: str = ""
    index: int = 0
    surfaces: tuple[Surface, ...] = ()
    told: Mapping[str, float] = field(default_factory=dict)


class Trajectory(Protocol):
    """A lazy sequence of frames that can be walked any number of times, in constant memory.

    Walking may log warnings (a truncated last frame) through `logging`, and raises `InterpotError` with
    file and frame for anything that makes the data unusable.
    """

    @property
    def sources(self) -> tuple[Path, ...]:
        """The files, in the order in which they are walked."""

    @property
    def units(self) -> UnitStyle:
        """The style in which the files are written, and in which results are reported."""

    def __iter__(self) -> Iterator[Frame]:
        """Walk the frames from the first."""


@dataclass(frozen=True, slots=True, eq=False)
class EnergyCurve:
    """The energy of two particles at several distances: a table of ab initio calculations.

    Attributes
    ----------
    species
        Of the two, sorted.
    r : (m,) float64, Å
        Increasing, positive.
    energy : (m,) float64, eV
        Interaction energies (zero at infinite distance), or total ones.
    units
        Style in which results are reported.
    error : (m,) float64, eV, or None
        Standard errors, where the table tells.
    weight : (m,) float64, or None
        Of the squared deviations, up to a common factor, where the table tells.
    resolution
        One unit in the last digit that a table gives of its energies, eV: they are no more exact.
    source
        File name, for messages.
    unit
        Name of the unit of energy that the table states, "meV"; empty where it states none.
    """

    species: tuple[str, str]
    r: FloatArray
    energy: FloatArray
    units: UnitStyle
    error: FloatArray | None = None
    weight: FloatArray | None = None
    resolution: float = 0.0
    source: str = ""
    unit: str = ""

    @property
    def label(self) -> str:
        """The pair's name in tables: "Ne-Xe"."""
        return "-".join(self.species)


# ---------------------------------------------------------------------------- molecular dynamics


@dataclass(frozen=True, slots=True)
class Piston:
    """A plane wall that moves as the particles and a load push it: M Ẍ = F_on_wall + load, along its axis.

    Numbers are in the unit style of the run.

    Attributes
    ----------
    wall
        Its name: "zhi".
    mass
        M, mass units.
    load
        External force along +axis, force units; for "zhi" a negative one compresses.
    velocity
        At the beginning of the recorded part.
    """

    wall: str
    mass: float
    load: float
    velocity: float = 0.0


@dataclass(frozen=True, slots=True)
class Dynamics:
    """How an engine moves the particles. All numbers are in the unit style of the run, not internal.

    Attributes
    ----------
    timestep
        Time units of the style.
    steps
        Number of steps that are recorded, after `equilibration` steps that are not.
    every
        Steps between two recorded frames.
    ensemble
        Of the recorded part: "nve", "nvt" or "npt" (the periodic axes scale together).
    temperature
        Temperature units of the style. None keeps the velocities of the start and is then NVE throughout.
    equilibration
        Steps of NVT before the recorded part; 0 starts recording at once.
    seed
        For the velocities and thermostats.
    pressure
        Pressure units of the style, for "npt".
    walls
        That act on the particles during the recorded part, as they move; before it they stand where the start has
        them (`Frame.surfaces`), and throughout if there are none here.
    piston
        The one of the walls that moves freely.
    """

    timestep: float
    steps: int
    every: int
    ensemble: str = "nve"
    temperature: float | None = None
    equilibration: int = 0
    seed: int = 20261121
    pressure: float | None = None
    walls: tuple[Wall, ...] = ()
    piston: Piston | None = None


@dataclass(frozen=True, slots=True)
class ReferenceModel:
    """The truth, in an engine's own words, so that it never comes from our own code.

    Attributes
    ----------
    engine
        A row of `interpot.proof.engines.ENGINES`.
    commands
        For LAMMPS: the ``pair_style`` and ``pair_coeff`` lines; types count the species in sorted order.
    constants
        What was given to the engine, for the comparison in the report: name → (value, unit).
    source
        For engines that take objects: an ASE calculator; an OpenMM ``System``, or the path of its XML.
    species
        Names of the types 1, 2 ... in `commands`; the species of the frame in sorted order unless given.
    recorded
        For LAMMPS: lines issued when the recorded part begins, such as a wall that begins to move (a fix given again
        under its ID takes the place of the first).
    series
        For LAMMPS: further columns of thermo → their names in `MdRun.thermo`, {"f_piston[1]": "wall force zhi"}.
    """

    engine: str
    commands: tuple[str, ...] = ()
    constants: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    source: Any = None
    species: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    series: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What a potential says of one frame.

    Attributes
    ----------
    energy : eV
    forces : (n, 3) float64, eV/Å
    virial : (3, 3) float64, eV, or None
        W = Σ r_ij ⊗ f_j over pairs (`interpot.geometry`), without a kinetic part; None where an engine does not tell.
    """

    energy: float
    forces: FloatArray
    virial: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MdRun:
    """What an engine leaves behind.

    Attributes
    ----------
    trajectory
        The file with the recorded frames.
    thermo
        Time series recorded every `Dynamics.every` steps, each (m,) float64 in the style's units: at least
        "step", "time", "temperature", "potential", "kinetic", "total" (extensive energies) and "pressure"; where the
        engine tells, the pressure tensor "pxx", "pyy", "pzz", "pxy", "pxz", "pyz", and "volume"; for each wall NAME
        "wall position NAME" and "wall force NAME", the force of the particles on it (a plane: along +axis; a curved
        one: away from its centre), and others of `interpot.proof.series`.
    units
        Style of the file and the series.
    seconds
        Wall time of the recorded part.
    """

    trajectory: Path
    thermo: Mapping[str, FloatArray]
    units: UnitStyle
    seconds: float


class Engine(Protocol):
    """A molecular-dynamics program. Failures are an `InterpotError` with the engine's own last lines."""

    def version(self) -> str:
        """Name and version, for provenance."""

    def evaluate(self, model: Potential | ReferenceModel, frame: Frame, units: UnitStyle) -> Evaluation:
        """Return energy, forces and virial of one frame (internal units)."""

    def forces(self, model: Potential | ReferenceModel, frame: Frame, units: UnitStyle) -> FloatArray:
        """Return the forces on the particles of one frame, (n, 3) in eV/Å (internal units)."""

    def run(
        self,
        model: Potential | ReferenceModel,
        start: Frame,
        dynamics: Dynamics,
        units: UnitStyle,
        folder: Path,
        label: str = "md",
        progress: Progress | None = None,
    ) -> MdRun:
        """Run `dynamics` from `start` in `folder`; files there are named after `label`, progress is in steps.

        `start` needs masses; velocities are drawn at `dynamics.temperature` where it has none.
        """


@dataclass(frozen=True, slots=True)
class Experiment:
    """One physical system, from reference to report: what an experiment script defines.

    Attributes
    ----------
    name
        Names the results folder.
    title
        Heads the report.
    units
        Unit style of `dynamics`, `cutoff` and the results.
    reference
        The model to be rediscovered.
    start
        Starting configuration (internal units).
    dynamics
        Of the reference; validation repeats its recorded part.
    cutoff
        How far the pair channels reach, in length units of the style.
    cutoffs
        Exceptions, by channel: {"Ne-Xe": 8.0, "Ne-zlo": 6.0, "zhi": 7.0}.
    walls
        As `interpot.read` takes them.
    fields, charges
        As `interpot.workflow.channels` takes them.
    runs
        How many references, from velocities of their own.
    discovery
        Options of `interpot.discover`: {"symbolic": "operon"}.
    """

    name: str
    title: str
    units: str
    reference: ReferenceModel
    start: Frame
    dynamics: Dynamics
    cutoff: float
    cutoffs: Mapping[str, float] = field(default_factory=dict)
    walls: tuple[str | Wall, ...] = ()
    fields: tuple[str, ...] = ()
    charges: Mapping[str, float] = field(default_factory=dict)
    runs: int = 1
    discovery: Mapping[str, Any] = field(default_factory=dict)
