"""Particles that OpenMM moves, and what is recorded of them.

Forces that move the particles are in single precision (the CPU platform); energies and forces that are recorded are
evaluated at the recorded positions in double precision (Reference). OpenMM's integrators leapfrog: recorded velocities
are those of the positions' own time, v(t - δ/2) + ½ δ f/m, which is velocity Verlet's.

"nvt" is a Nosé-Hoover chain, as in LAMMPS: it leaves the motion smooth, where Langevin's noise would spoil velocity
correlations. "npt" adds Monte Carlo moves of the volume, which answer to energies: where a formula ends with a step at
its cutoff, they would feel the pressure of that step beside the one of the forces. So the functions that move the
particles are shifted to 0 at the cutoff, which changes no force; recorded energies are those of the potential.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.proof.blow_up import blown_up
from interpot.proof.engines.openmm_systems import (
    Box,
    PairSystems,
    check_agreement,
    in_its_words,
    library,
    openmm_box,
    systems_of,
    values,
)
from interpot.proof.engines.pair_sums import Evaluator
from interpot.proof.engines.recorder import freedom
from interpot.records import Cell, Dynamics, Evaluation, FloatArray, Frame, ReferenceModel
from interpot.units import UnitStyle

_DAMPING = 100  # timesteps: relaxation time of the thermostat, that of the engine lammps
_VOLUME_MOVES = 25  # timesteps between two, OpenMM's own choice
_AT_ONCE = 500_000  # particles times steps between two looks at Ctrl-C


@dataclass(slots=True, eq=False)
class _Run:
    """OpenMM's objects of one ensemble; the barostat, where there is a volume, tells the pressure in any."""

    context: Any
    integrator: Any
    barostat: Any | None


class Motion:
    """One run.

    Parameters
    ----------
    model, start, dynamics, units
        See `interpot.proof.engines.openmm.OpenMM.run`.
    platform, threads
        What moves the particles.
    """

    def __init__(
        self,
        model: Potential | ReferenceModel,
        start: Frame,
        dynamics: Dynamics,
        units: UnitStyle,
        platform: str,
        threads: int,
    ) -> None:
        self._start, self._dynamics, self._units = start, dynamics, units
        self._platform, self._threads = platform, threads
        self._masses = _masses(start)
        moving = systems_of(model, start, units, shifted=True)
        own = self._own = moving.units
        self._box = openmm_box(start, own)
        if isinstance(moving, PairSystems):
            _check_box(self._box, moving, start, units)
        self._rotation = np.eye(3) if self._box is None else self._box.rotation
        self._exact = Evaluator(systems_of(model, start, units))
        self._system = self._with_masses(
            moving.system([start.species[kind] for kind in start.kinds], self._box)
        )
        self._timestep = dynamics.timestep * units.time / own.time  # ps
        degree = units.boltzmann * units.energy / (own.boltzmann * own.energy)  # K
        pressure = (
            units.energy / units.length**3 / units.nktv2p / (own.energy / own.length**3 / own.nktv2p)
        )  # bar
        self._temperature = (dynamics.temperature or 0.0) * degree
        self._pressure = (dynamics.pressure or 0.0) * pressure
        self._last = start  # the last frame with places for its particles
        warm = dynamics.ensemble == "nve" and dynamics.temperature is not None and dynamics.equilibration > 0
        self._ensemble = "nvt" if warm else dynamics.ensemble
        self._run = self._in_ensemble()
        self._place()

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

    def _in_ensemble(self) -> _Run:
        """Make what moves the particles in the present ensemble."""
        mm = library()
        integrator = mm.VerletIntegrator(self._timestep)
        if self._ensemble != "nve":
            # OpenMM counts 3 n degrees of freedom, but the centre of mass is at rest
            bath = self._temperature * freedom(self._start) / (3 * len(self._masses))
            integrator = mm.NoseHooverIntegrator(bath, 1 / (_DAMPING * self._timestep), self._timestep)
        system, barostat = deepcopy(self._system), None
        if self._box is not None:
            moves = _VOLUME_MOVES if self._ensemble == "npt" else 0
            barostat = mm.MonteCarloBarostat(self._pressure, self._temperature, moves)
            barostat.setScaleMoleculesAsRigid(False)
            barostat.setRandomNumberSeed(
                self._dynamics.seed % (2**31 - 1) + 1
            )  # with 0 it would choose its own
            system.addForce(barostat)
        properties = {}
        if self._platform == "CPU":
            properties = {"Threads": str(self._threads), "DeterministicForces": "true"}
        with in_its_words("cannot run the start"):
            context = mm.Context(
                system, integrator, mm.Platform.getPlatformByName(self._platform), properties
            )
        return _Run(context, integrator, barostat)

    def _place(self) -> None:
        """Put the particles where the start has them; velocities are half a step behind."""
        start, own = self._start, self._own
        velocities = start.velocities
        if velocities is None:
            velocities = _drawn(start, self._masses, self._dynamics, self._units)
        behind = velocities - self._half_kick(self._exact(start).forces)
        self._run.context.setPositions(start.positions @ self._rotation / own.length)
        self._run.context.setVelocities(behind @ self._rotation / own.velocity)

    def _half_kick(self, forces: FloatArray) -> FloatArray:
        """½ δ f/m in internal units."""
        return 0.5 * self._timestep * self._own.time * forces / self._masses[:, None]

    # ------------------------------------------------------------------ moving

    def equilibrate(self) -> Iterator[int]:
        """Yield the number of steps done, every `every` and at the end."""
        steps, every = self._dynamics.equilibration, self._dynamics.every
        for done in range(0, steps, every):
            self._steps(min(every, steps - done), done)
            yield min(done + every, steps)
        if self._ensemble != self._dynamics.ensemble:
            state = self._run.context.getState(positions=True, velocities=True)
            self._ensemble = self._dynamics.ensemble
            self._run = self._in_ensemble()
            self._run.context.setState(state)

    def frames(self) -> Iterator[tuple[int, Frame, float | None]]:
        """Yield steps, frame and, where the frame has no virial, its trace in eV."""
        for step in range(0, self._dynamics.steps + 1, self._dynamics.every):
            if step > 0:
                self._steps(self._dynamics.every, step - self._dynamics.every)
            self._last, trace = self._frame(step)
            yield step, self._last, trace

    def _steps(self, count: int, before: int) -> None:
        """Make steps, a few at once: OpenMM hears of Ctrl-C between two calls."""
        at_once = max(1, _AT_ONCE // len(self._masses))
        try:
            for done in range(0, count, at_once):
                self._run.integrator.step(min(at_once, count - done))
        except library().OpenMMException as error:
            if "nan" in str(error).lower():
                raise self._blown_up(before + count) from error
            words = " ".join(str(error).split())
            raise InterpotError(
                f"OpenMM stopped between steps {before} and {before + count}: {words}"
            ) from error

    def _blown_up(self, step: int) -> InterpotError:
        return blown_up(step, self._last, self._dynamics.timestep, self._units)

    def _frame(self, step: int) -> tuple[Frame, float | None]:
        """Return what is to be recorded at a step."""
        own, start = self._own, self._start
        state = self._run.context.getState(positions=True, velocities=True)
        behind = np.array(state.getVelocities(asNumpy=True)._value)
        positions = np.array(state.getPositions(asNumpy=True)._value) @ self._rotation.T * own.length
        if not (np.isfinite(positions).all() and np.isfinite(behind).all()):
            raise self._blown_up(step)
        cell, volume = start.cell, 0.0
        if self._box is not None:
            volume = float(
                np.prod([vector[k] for k, vector in enumerate(state.getPeriodicBoxVectors()._value)])
            )
            grown = np.cbrt(volume / np.linalg.det(self._box.vectors))
            cell = Cell(cell.vectors * grown, cell.origin, cell.periodic)
        frame = replace(
            start, positions=positions, cell=cell, masses=self._masses, unwrapped=None,
            step=step, time=step * self._dynamics.timestep * self._units.time,
        )  # fmt: skip
        found = self._checked(self._exact(frame), step)
        velocities = behind @ self._rotation.T * own.velocity + self._half_kick(found.forces)
        frame = replace(
            frame, energy=found.energy, forces=found.forces, virial=found.virial, velocities=velocities
        )
        return frame, self._trace(behind, volume) if found.virial is None else None

    def _checked(self, found: Evaluation, step: int) -> Evaluation:
        if not (np.isfinite(found.energy) and np.isfinite(found.forces).all()):
            raise self._blown_up(step)
        if self._box is not None and self._box.sheared:
            single = values(self._run.context)[1] @ self._rotation.T * self._own.force
            check_agreement(found.forces, single)
        return found

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
