"""OpenMM, in this process: reference and validation dynamics, energies and forces of single frames.

Forces that move the particles are in single precision (the CPU platform); energies and forces that are recorded are
evaluated at the recorded positions in double precision (Reference). OpenMM's integrators leapfrog: recorded velocities
are those of the positions' own time, v(t - δ/2) + ½ δ f/m, which is velocity Verlet's.

"nvt" is a Nosé-Hoover chain, as in LAMMPS: it leaves the motion smooth, where Langevin's noise would spoil velocity
correlations. "npt" adds Monte Carlo moves of the volume, which answer to energies: where a formula ends with a step at
its cutoff, they would feel the pressure of that step beside the one of the forces. So the functions that move the
particles are shifted to 0 at the cutoff, which changes no force; recorded energies are those of the potential.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from interpot.errors import InterpotError
from interpot.files import writable_folder
from interpot.formula.potential import Potential
from interpot.proof.blow_up import blown_up
from interpot.proof.engines.lammps_input import model_species
from interpot.proof.engines.openmm_systems import (
    Box,
    GivenSystem,
    PairSystems,
    Systems,
    in_its_words,
    library,
    measured,
    openmm_box,
    values,
)
from interpot.proof.engines.pair_sums import evaluate_pairs
from interpot.proof.engines.recorder import freedom, recorder
from interpot.proof.ensembles import check_dynamics
from interpot.proof.export.openmm import native_units
from interpot.records import Cell, Dynamics, Evaluation, FloatArray, Frame, MdRun, Progress, ReferenceModel
from interpot.units import UnitStyle

_DAMPING = 100  # timesteps: relaxation time of the thermostat, that of the engine lammps
_VOLUME_MOVES = 25  # timesteps between two, OpenMM's own choice
_AT_ONCE = 500_000  # particles times steps between two looks at Ctrl-C


class OpenMM:
    """The OpenMM library.

    Parameters
    ----------
    platform
        What moves the particles: "CPU", "Reference", or "CUDA", "OpenCL" where they are installed.
    threads
        Of the platform CPU. With one, a seed gives the same run each time.

    Raises
    ------
    InterpotError
        OpenMM, or the platform, is not installed.
    """

    def __init__(self, platform: str = "CPU", threads: int = 1) -> None:
        mm = library()
        known = [mm.Platform.getPlatform(k).getName() for k in range(mm.Platform.getNumPlatforms())]
        if platform not in known:
            raise InterpotError(
                f"OpenMM has no platform '{platform}' here: expected one of {', '.join(known)}"
            )
        self.platform, self.threads = platform, threads

    def version(self) -> str:
        """Name and version: "OpenMM 8.6.1"."""
        return f"OpenMM {library().__version__}"

    def forces(self, model: Potential | ReferenceModel, frame: Frame, units: UnitStyle) -> FloatArray:
        """Return the forces on the particles of one frame, (n, 3) in eV/Å (internal units)."""
        return self.evaluate(model, frame, units).forces

    def evaluate(self, model: Potential | ReferenceModel, frame: Frame, units: UnitStyle) -> Evaluation:
        """Return potential energy, forces and virial of one frame (internal units) in double precision.

        A potential can be evaluated in any cell; the virial of a periodic reference model is None.
        """
        systems = _systems(model, frame, units)
        if isinstance(systems, PairSystems):
            return evaluate_pairs(systems, frame, systems.reach * systems.units.length)
        own, box = systems.units, openmm_box(frame, systems.units)
        rotation = np.eye(3) if box is None else box.rotation
        system = systems.system([frame.species[kind] for kind in frame.kinds], box)
        energy, forces = measured(system, frame.positions @ rotation / own.length)
        forces = forces @ rotation.T * own.force
        return Evaluation(energy * own.energy, forces, frame.positions.T @ forces if box is None else None)

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
        """Run `dynamics` from `start` in `folder`.

        Parameters
        ----------
        model
            A potential, or ``ReferenceModel("openmm", source=...)`` with a System or the path of its XML. Masses, cell
            and what moves the particles are those of `start` and `dynamics`, not the System's.
        start
            Three-dimensional, periodic along all axes or none. Needs masses; velocities are drawn at
            `dynamics.temperature` where it has none.
        dynamics
            In the units of the style.
        units
            Style of the run and its files.
        folder
            Made if needed. It holds LABEL.npz afterwards, only if the run came to its end.
        label
            A file name without suffix.
        progress
            Called with the steps done and their total, equilibration included.

        Returns
        -------
        MdRun
            One frame every `dynamics.every` steps, first and last included, all digits, with energies. Positions are
            continued across boundaries, but at constant pressure. Open space has no pressure (NaN).

        Raises
        ------
        InterpotError
            The dynamics contradict themselves, OpenMM fails or cannot hold the box, or the run blows up.
        """
        check_dynamics(dynamics, start)
        motion = _Motion(model, start, dynamics, units, self)
        path = writable_folder(Path(folder)) / f"{label}.npz"
        total = dynamics.equilibration + dynamics.steps
        with recorder(path, start, dynamics.steps // dynamics.every + 1, units) as record:
            if progress is not None:
                progress(0, total)
            for done in motion.equilibrate():
                if progress is not None:
                    progress(done, total)
            began = time.perf_counter()
            for done, frame, trace in motion.frames():
                record.add(frame, trace)
                if progress is not None and dynamics.equilibration + done > 0:
                    progress(dynamics.equilibration + done, total)
            seconds = time.perf_counter() - began
            return MdRun(path, record.series, units, seconds)


def _systems(
    model: Potential | ReferenceModel, frame: Frame, units: UnitStyle, shifted: bool = False
) -> Systems:
    if isinstance(model, ReferenceModel):
        return GivenSystem(model, native_units(units))
    model_species(model, frame)  # all of them are known to it
    if "lj" in (units.name, model.units.name):
        model = model.to_units(units)  # or it refuses
    return PairSystems(model, shifted)


@dataclass(slots=True, eq=False)
class _Context:
    """Particles under way, in OpenMM's units."""

    context: Any
    integrator: Any
    barostat: Any | None


class _Motion:
    """One run."""

    def __init__(
        self,
        model: Potential | ReferenceModel,
        start: Frame,
        dynamics: Dynamics,
        units: UnitStyle,
        engine: OpenMM,
    ) -> None:
        self._start, self._dynamics, self._units, self._engine = start, dynamics, units, engine
        self._masses = _masses(start)
        moving = _systems(model, start, units, shifted=True)
        self._own = moving.units
        self._box = openmm_box(start, self._own)
        if isinstance(moving, PairSystems):
            _check_box(self._box, moving, start, units)
        names = [start.species[kind] for kind in start.kinds]
        self._system = self._with_masses(moving.system(names, self._box))
        exact = _systems(model, start, units).system(names, self._box)
        self._exact = self._context(exact, library().VerletIntegrator(1.0), "Reference")
        self._timestep = dynamics.timestep * units.time / self._own.time  # ps
        self._last = start  # the last frame with places for its particles
        self._move(self._first_ensemble())

    # ------------------------------------------------------------------ setting up

    def _with_masses(self, system: Any) -> Any:
        if system.getNumConstraints() > 0:
            raise InterpotError(
                "the System of the reference model has constraints, whose forces OpenMM does not tell: make it with "
                "constraints=None and rigidWater=False"
            )
        for k, mass in enumerate((self._masses / self._own.mass).tolist()):
            system.setParticleMass(k, mass)
        return system

    def _first_ensemble(self) -> str:
        """Return the ensemble of the equilibration: with a thermostat where there is a temperature."""
        dynamics = self._dynamics
        warm = dynamics.ensemble == "nve" and dynamics.temperature is not None and dynamics.equilibration > 0
        return "nvt" if warm else dynamics.ensemble

    def _move(self, ensemble: str) -> None:
        """Begin to move in an ensemble, from the start or from where the particles are."""
        mm, dynamics, own = library(), self._dynamics, self._own
        kelvin = own.energy * own.boltzmann
        temperature = (dynamics.temperature or 0.0) * self._units.boltzmann * self._units.energy / kelvin
        bar = own.energy / own.length**3 / own.nktv2p * self._units.nktv2p
        pressure = (dynamics.pressure or 0.0) * self._units.energy / self._units.length**3 / bar
        if ensemble == "nve":
            integrator = mm.VerletIntegrator(self._timestep)
        else:
            # OpenMM counts 3 n degrees of freedom; the centre of mass is at rest
            bath = temperature * freedom(self._start) / (3 * len(self._masses))
            integrator = mm.NoseHooverIntegrator(bath, 1 / (_DAMPING * self._timestep), self._timestep)
        self._ensemble = ensemble
        self._system, barostat = self._with_barostat(ensemble, pressure, temperature)
        before = getattr(self, "_run", None)
        context = self._context(self._system, integrator, self._engine.platform)
        if before is None:
            self._place(context, temperature)
        else:
            context.setState(before.context.getState(positions=True, velocities=True))
        self._run = _Context(context, integrator, barostat)

    def _with_barostat(self, ensemble: str, pressure: float, temperature: float) -> tuple[Any, Any | None]:
        """Give a periodic System the barostat that moves its volume, or only tells its pressure."""
        mm, system = library(), self._system
        for k in reversed(range(system.getNumForces())):
            if isinstance(system.getForce(k), mm.MonteCarloBarostat):
                system.removeForce(k)
        if self._box is None:
            return system, None
        barostat = mm.MonteCarloBarostat(pressure, temperature, _VOLUME_MOVES if ensemble == "npt" else 0)
        barostat.setScaleMoleculesAsRigid(False)
        barostat.setRandomNumberSeed(
            self._dynamics.seed % (2**31 - 1) + 1
        )  # 0 would be a seed of its own choice
        system.addForce(barostat)
        return system, barostat

    def _context(self, system: Any, integrator: Any, platform: str) -> Any:
        mm = library()
        properties = {}
        if platform == "CPU":
            properties = {"Threads": str(self._engine.threads), "DeterministicForces": "true"}
        with in_its_words("cannot run the start"):
            return mm.Context(system, integrator, mm.Platform.getPlatformByName(platform), properties)

    def _place(self, context: Any, temperature: float) -> None:
        """Put the particles where the start has them; velocities are half a step behind."""
        start, own, turn = self._start, self._own, self._rotation
        velocities = start.velocities
        if velocities is None:
            velocities = _drawn(start, self._masses, self._dynamics, self._units)
        positions = start.positions @ turn / own.length
        self._exact.setPositions(positions)
        context.setPositions(positions)
        with in_its_words("cannot evaluate the start"):
            _, forces = values(self._exact)
        context.setVelocities(velocities @ turn / own.velocity - self._half_kick(forces))

    @property
    def _rotation(self) -> FloatArray:
        return np.eye(3) if self._box is None else self._box.rotation

    def _half_kick(self, forces: FloatArray) -> FloatArray:
        return 0.5 * self._timestep * forces / (self._masses[:, None] / self._own.mass)

    # ------------------------------------------------------------------ moving

    def equilibrate(self) -> Iterator[int]:
        """Yield the number of steps done, every `every` and at the end."""
        steps, every = self._dynamics.equilibration, self._dynamics.every
        for done in range(0, steps, every):
            self._steps(min(every, steps - done), done)
            yield min(done + every, steps)
        if self._ensemble != self._dynamics.ensemble:
            self._move(self._dynamics.ensemble)

    def frames(self) -> Iterator[tuple[int, Frame, float | None]]:
        """Yield steps, frame and tr W in eV, None in open space."""
        for step in range(0, self._dynamics.steps + 1, self._dynamics.every):
            if step > 0:
                self._steps(self._dynamics.every, step - self._dynamics.every)
            frame, trace = self._frame(step)
            self._check(frame, step)
            self._last = frame
            yield step, frame, trace

    def _steps(self, count: int, before: int) -> None:
        """Make steps, a few at once: OpenMM hears of Ctrl-C between two calls."""
        mm = library()
        at_once = max(1, _AT_ONCE // len(self._masses))
        try:
            for done in range(0, count, at_once):
                self._run.integrator.step(min(at_once, count - done))
        except mm.OpenMMException as error:
            if "nan" in str(error).lower():
                raise blown_up(before + count, self._last, self._dynamics.timestep, self._units) from error
            words = " ".join(str(error).split())
            raise InterpotError(
                f"OpenMM stopped between steps {before} and {before + count}: {words}"
            ) from error

    def _check(self, frame: Frame, step: int) -> None:
        assert frame.energy is not None and frame.velocities is not None
        if not (np.isfinite(frame.energy) and np.isfinite(frame.velocities).all()):
            raise blown_up(step, self._last, self._dynamics.timestep, self._units)

    def _frame(self, step: int) -> tuple[Frame, float | None]:
        """Return what is to be recorded at a step."""
        own, back, units = self._own, self._rotation.T, self._units
        state = self._run.context.getState(positions=True, velocities=True)
        positions = np.array(state.getPositions(asNumpy=True)._value)
        behind = np.array(state.getVelocities(asNumpy=True)._value)
        cell, trace = self._start.cell, None
        if self._box is not None:
            box = np.array([list(vector) for vector in state.getPeriodicBoxVectors()._value])
            self._exact.setPeriodicBoxVectors(*box)
            grown = np.linalg.det(box) / np.linalg.det(self._box.vectors)
            cell = Cell(cell.vectors * np.cbrt(grown), cell.origin, cell.periodic)
            trace = self._trace(behind, float(np.linalg.det(box)))
        self._exact.setPositions(positions)
        try:
            energy, forces = values(self._exact)
        except library().OpenMMException as error:
            raise blown_up(step, self._last, self._dynamics.timestep, units) from error
        places, turned = positions @ back * own.length, forces @ back * own.force
        frame = replace(
            self._start,
            positions=places,
            cell=cell,
            forces=turned,
            energy=energy * own.energy,
            virial=places.T @ turned if self._box is None else None,
            velocities=(behind + self._half_kick(forces)) @ back * own.velocity,
            masses=self._masses,
            unwrapped=None,
            step=step,
            time=step * self._dynamics.timestep * units.time,
        )
        return frame, trace

    def _trace(self, velocities: FloatArray, volume: float) -> float:
        """Return tr W, from the pressure that OpenMM finds by scaling the box: P V = (2 K + tr W)/3."""
        own, run = self._own, self._run
        assert run.barostat is not None
        bar = float(run.barostat.computeCurrentPressure(run.context)._value)
        twice_kinetic = float(self._masses @ (velocities**2).sum(axis=1)) / own.mass
        return (3 * bar / own.nktv2p * volume - twice_kinetic) * own.energy


def _masses(start: Frame) -> FloatArray:
    if start.masses is None:
        raise InterpotError(
            f"{start.source or 'the start'} holds no masses, without which nothing moves: give them"
        )
    return start.masses


def _check_box(box: Box | None, systems: PairSystems, start: Frame, units: UnitStyle) -> None:
    if box is not None and box.reach < systems.reach:
        own, name = systems.units.length / units.length, units.length_unit
        raise InterpotError(
            f"the cutoff of {systems.reach * own:.6g} {name} is more than half of the box of "
            f"{start.source or 'the start'} ({2 * box.reach * own:.6g} {name} across), in which OpenMM sees one image "
            "of each particle only: repeat the box, or use the engine lammps"
        )


def _drawn(start: Frame, masses: FloatArray, dynamics: Dynamics, units: UnitStyle) -> FloatArray:
    """Draw velocities of exactly the temperature, the centre of mass at rest (internal units)."""
    random = np.random.default_rng(dynamics.seed)
    velocities = random.normal(size=start.positions.shape) / np.sqrt(masses)[:, None]
    velocities -= masses @ velocities / masses.sum()
    assert dynamics.temperature is not None
    wanted = freedom(start) * dynamics.temperature * units.boltzmann * units.energy
    found = float(masses @ (velocities**2).sum(axis=1))
    return velocities * np.sqrt(wanted / found) if found > 0 else velocities
