"""ASE: dynamics with any of its calculators, and with a potential through the calculator of this package.

ASE's units are the internal ones, time included (Å sqrt(amu/eV)); only the numbers of the dynamics and of what is
recorded are in the run's style, whose own constants (`interpot.units`) convert them.

The thermostat is Bussi's. It rescales velocities, so that recorded forces are the potential's alone and momentum stays
zero, and does so stochastically, so that the ensemble is canonical for small and for stiff systems, too. Langevin's
would let every atom forget its velocity, which diffusion shows. Constant pressure is that of Martyna, Tobias and
Klein, isotropic. Both count 3 n degrees of freedom in ASE, where a centre of mass at rest leaves 3 n - 3, as is set
here.

G. Bussi, D. Donadio, M. Parrinello, J. Chem. Phys. 126, 014101 (2007);
G. J. Martyna, D. J. Tobias, M. L. Klein, J. Chem. Phys. 101, 4177 (1994).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import ase
import ase.units
import numpy as np
from ase import Atoms
from ase.data import atomic_numbers
from ase.md.bussi import Bussi
from ase.md.verlet import VelocityVerlet
from ase.stress import voigt_6_to_full_3x3_stress

from interpot.errors import InterpotError
from interpot.files import writable_folder
from interpot.formula.potential import Potential
from interpot.geometry import complete_vectors
from interpot.proof.blow_up import blown_up
from interpot.proof.calculator import PairCalculator, stand_ins
from interpot.proof.checks import check_pairs_only
from interpot.proof.engines.black_box import BlackBox, NoNumberError
from interpot.proof.engines.recorder import Recorder, freedom, recorder
from interpot.proof.ensembles import check_dynamics
from interpot.records import Cell, Dynamics, Evaluation, FloatArray, Frame, MdRun, Progress, ReferenceModel
from interpot.units import UnitStyle

_TEMPERATURE_STEPS, _PRESSURE_STEPS = 100, 1000  # relaxation times in timesteps, which ASE recommends


class Ase:
    """ASE's dynamics."""

    def version(self) -> str:
        """Name and version: "ASE 3.29.0"."""
        return f"ASE {ase.__version__}"

    def forces(self, model: Potential | ReferenceModel, frame: Frame, units: UnitStyle) -> FloatArray:
        """Return the forces on the particles of one frame, (n, 3) in eV/Å (internal units)."""
        atoms = _atoms(model, frame)
        return np.asarray(atoms.calc.get_forces(atoms))

    def evaluate(self, model: Potential | ReferenceModel, frame: Frame, units: UnitStyle) -> Evaluation:
        """Return potential energy, forces and virial of one frame (internal units).

        The virial is None for a calculator that knows no stress.
        """
        atoms = _atoms(model, frame)
        return Evaluation(
            atoms.calc.get_potential_energy(atoms), atoms.calc.get_forces(atoms), _virial(atoms)
        )

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
            An ASE calculator (``ReferenceModel("ase", source=calculator)``), or a potential.
        start
            Needs masses; velocities are drawn at `dynamics.temperature` where it has none.
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
            One frame every `dynamics.every` steps, first and last included, all digits, energies and, where the
            calculator knows stresses, virials among them. Positions are continued across boundaries.

        Raises
        ------
        InterpotError
            The dynamics contradict themselves, the calculator fails, or the run blows up.
        """
        check_dynamics(dynamics, start)
        check_pairs_only(model, "the ase engine", dynamics)
        _check_start(start, dynamics)
        system = _System(model, start, dynamics, units)
        path = writable_folder(Path(folder)) / f"{label}.npz"
        with recorder(path, start, dynamics.steps // dynamics.every + 1, units) as record:
            try:
                for done in system.run(record):
                    if progress is not None:
                        progress(done, dynamics.equilibration + dynamics.steps)
            except NoNumberError as error:
                if not system.moving:
                    raise  # what the start itself is blamed for
                raise blown_up(system.step + 1, system.last(), dynamics.timestep, units) from error
            return MdRun(path, record.series, units, system.seconds)


class _System:
    """Atoms in motion, in internal units."""

    def __init__(
        self, model: Potential | ReferenceModel, start: Frame, dynamics: Dynamics, units: UnitStyle
    ) -> None:
        self.start, self.dynamics, self.units = start, dynamics, units
        self.atoms = _atoms(model, start)
        self.atoms.set_masses(start.masses)
        self.thermal = (dynamics.temperature or 0.0) * units.boltzmann * units.energy  # k T
        self.random = np.random.default_rng(dynamics.seed)
        self.atoms.set_velocities(self._drawn() if start.velocities is None else start.velocities)
        self.moving = False
        """Whether the first step has begun."""
        self.step = 0
        """Steps done, equilibration included."""
        self.seconds = 0.0
        """Wall time of the recorded part."""

    def run(self, record: Recorder) -> Iterator[int]:
        """Equilibrate, move and record; yield how many steps are done."""
        plan = self.dynamics
        if plan.equilibration:
            yield from self._move("nve" if plan.temperature is None else "nvt", plan.equilibration)
        began = time.perf_counter()
        first = self.step
        record.add(self.frame(0), self._trace())
        for done in self._move(plan.ensemble, plan.steps):
            if done > first:
                record.add(self.frame(done - first), self._trace())
            yield done
        self.seconds = time.perf_counter() - began

    def frame(self, step: int) -> Frame:
        """Return the present state."""
        atoms, origin = self.atoms, self.start.cell.origin
        cell = self.start.cell
        if self.dynamics.ensemble == "npt":
            cell = Cell(np.array(atoms.cell), origin, cell.periodic)
        return replace(
            self.start,
            positions=atoms.positions + origin,
            velocities=atoms.get_velocities(),
            forces=atoms.calc.get_forces(atoms),
            energy=atoms.calc.get_potential_energy(atoms),
            virial=_virial(atoms),
            cell=cell,
            step=step,
            time=step * self.dynamics.timestep * self.units.time,
        )

    def last(self) -> Frame:
        """Return the last places of the atoms that were in order."""
        known = self.atoms.calc.last
        cell = Cell(np.array(self.atoms.cell), self.start.cell.origin, self.start.cell.periodic)
        return self.start if known is None else replace(self.start, positions=known + cell.origin, cell=cell)

    def _trace(self) -> float | None:
        """Return tr W where no stress tells it."""
        return None if self.atoms.calc.has_stress else self.atoms.calc.trace(self.atoms)

    def _move(self, ensemble: str, steps: int) -> Iterator[int]:
        """Move, and yield the number of steps done: at the beginning, every so often, and at the end."""
        motion, before = self._motion(ensemble), self.step
        yield before
        self.moving = True
        while motion.nsteps < steps:
            try:
                motion.run(min(self.dynamics.every, steps - motion.nsteps))
            finally:
                self.step = before + motion.nsteps
            yield self.step

    def _motion(self, ensemble: str) -> Any:
        """Return ASE's integrator; temperatures are given as k T over ASE's own k."""
        step = self.dynamics.timestep * self.units.time
        kelvin = self.thermal / ase.units.kB
        if ensemble == "nve":
            return VelocityVerlet(self.atoms, step)
        if ensemble == "npt":
            pressure = (self.dynamics.pressure or 0.0) * self.units.energy / self.units.nktv2p
            return _isobaric(self.atoms, step, kelvin, pressure / self.units.length**3)
        motion = Bussi(self.atoms, step, kelvin, _TEMPERATURE_STEPS * step, rng=self.random)
        motion.ndof = freedom(self.start)  # ASE counts the centre of mass, too
        motion.target_kinetic_energy = 0.5 * motion.ndof * self.thermal
        return motion

    def _drawn(self) -> FloatArray:
        """Draw velocities of the temperature exactly, without momentum."""
        masses = self.atoms.get_masses()[:, None]
        velocities = self.random.normal(size=(len(masses), 3)) / np.sqrt(masses)
        velocities -= (masses * velocities).sum(axis=0) / masses.sum()
        velocities[:, self.start.dimension :] = 0.0
        twice = float((masses * velocities**2).sum())  # 0 of a single atom
        scale = np.sqrt(self.thermal * freedom(self.start) / twice) if twice else 0.0
        return np.asarray(scale * velocities)


def _isobaric(atoms: Atoms, step: float, kelvin: float, pressure: float) -> Any:
    """Return ASE's isotropic MTK integrator, its degrees of freedom set to 3 (n - 1)."""
    try:
        from ase.md.nose_hoover_chain import IsotropicMTKNPT, NoseHooverChainThermostat
    except ImportError as error:
        raise InterpotError(
            f"constant pressure needs a newer ASE than {ase.__version__}: pip install --upgrade ase"
        ) from error
    n, relaxation = len(atoms) - 1, _TEMPERATURE_STEPS * step
    motion = IsotropicMTKNPT(atoms, step, kelvin, pressure, relaxation, _PRESSURE_STEPS * step)
    motion._num_atoms_global = n
    motion._thermostat = NoseHooverChainThermostat(n, motion.masses, kelvin, relaxation)
    return motion


def _check_start(start: Frame, dynamics: Dynamics) -> None:
    """Refuse what ASE cannot run from."""
    if start.masses is None:
        raise InterpotError(
            f"{start.source or 'the start'} holds no masses, without which nothing moves: give them"
        )
    still = start.velocities is not None and not start.velocities.any()
    if still and (
        dynamics.ensemble != "nve" or (dynamics.equilibration and dynamics.temperature is not None)
    ):
        raise InterpotError(
            "the atoms of the start are at rest, so that a thermostat that rescales velocities cannot heat them: leave "
            "the velocities out, and they are drawn"
        )
    if dynamics.ensemble == "npt" and start.dimension == 2:
        raise InterpotError("ASE keeps no constant pressure in two dimensions: use nve or nvt, or LAMMPS")


def _atoms(model: Potential | ReferenceModel, frame: Frame) -> Atoms:
    """Return a frame as ASE's Atoms with the model as calculator; the corner of the cell is the origin."""
    if isinstance(model, Potential):
        check_pairs_only(model, "the ase engine")
        missing = sorted({frame.species[k] for k in np.unique(frame.kinds)} - set(model.species))
        if missing:
            raise InterpotError(
                f"{frame.source or 'the frame'} has the species {', '.join(missing)}, but the potential is for "
                f"{', '.join(model.species)}: name the species alike with --species"
            )
        types = stand_ins(model.species)
        source: Any = PairCalculator(model, types)
    else:
        types, source = _symbols(frame), _source(model)
    atoms = Atoms(
        [types[frame.species[k]] for k in frame.kinds],
        positions=frame.positions - frame.cell.origin,
        cell=complete_vectors(frame.cell),
        pbc=frame.cell.periodic,
    )
    atoms.calc = BlackBox(source, frame.dimension)
    return atoms


def _source(model: ReferenceModel) -> Any:
    if model.engine != "ase":
        raise InterpotError(f"the reference model is written for the engine '{model.engine}', not for ase")
    if model.source is None:
        raise InterpotError(
            "the reference model holds no calculator: give ReferenceModel('ase', source=calculator)"
        )
    return model.source


def _symbols(frame: Frame) -> dict[str, str]:
    """Return the species as the chemical symbols that a calculator goes by."""
    strange = sorted({frame.species[k] for k in np.unique(frame.kinds)} - set(atomic_numbers))
    if strange:
        raise InterpotError(
            f"{frame.source or 'the frame'} has the species {', '.join(strange)}, which are no chemical symbols, by "
            "which an ASE calculator tells atoms: name them with --species"
        )
    return {name: name for name in frame.species}


def _virial(atoms: Atoms) -> FloatArray | None:
    """Return W = -V σ; None where the calculator knows no stress."""
    if not atoms.calc.has_stress:
        return None
    return np.asarray(-atoms.get_volume() * voigt_6_to_full_3x3_stress(atoms.calc.get_stress(atoms)))
