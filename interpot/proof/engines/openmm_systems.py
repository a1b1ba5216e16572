"""What OpenMM moves: a System of a potential, of a force-field file or given by the user, in a box it knows.

OpenMM's boxes are lower triangular and reduced: H_10, H_20 at most half of H_00 and H_21 at most half of H_11, which
adding cell vectors to each other always brings about. All axes repeat or none, and each particle sees one image of each
other, so that a cutoff reaches at most half across.

In sheared boxes OpenMM's neighbour lists are not to be trusted blindly. That of the platform Reference (8.6.1) finds no
bin that is shifted by more than the whole box, and then misses pairs; that of the platform CPU did so up to July 2026
(https://github.com/openmm/openmm/issues/5382). So pair potentials are evaluated by explicit images there
(`interpot.proof.engines.pair_sums`), and whatever both platforms evaluate must agree.

Source: http://docs.openmm.org/latest/userguide/theory/05_other_features.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.proof.dialects.openmm import KIND, energy_expression, is_element, native, native_units
from interpot.proof.engines.lammps_input import lammps_box, model_species
from interpot.records import FloatArray, Frame, ReferenceModel
from interpot.units import UnitStyle

_AGREEMENT = 1e-3  # of the root mean square force: ten times what single precision leaves
# in the names of forces that say how particles move, which is for `Dynamics` to say
_MOTION = ("Barostat", "Thermostat", "CMMotionRemover")


def library() -> Any:
    """Import OpenMM.

    Raises
    ------
    InterpotError
        It is not installed.
    """
    try:
        import openmm
        import openmm.app
    except ModuleNotFoundError as error:
        raise InterpotError("OpenMM is not installed: pip install 'interpot[openmm]'") from error
    return openmm


@contextmanager
def in_its_words(what: str) -> Iterator[None]:
    """Turn what OpenMM raises into one sentence."""
    mm = library()
    try:
        yield
    except (mm.OpenMMException, ValueError, KeyError) as error:
        raise InterpotError(f"OpenMM {what}: {' '.join(str(error).split())}") from error


# ---------------------------------------------------------------------------- boxes


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """A periodic cell as OpenMM wants it.

    Attributes
    ----------
    vectors : (3, 3) float64, nm
        Lower triangular, reduced.
    rotation : (3, 3) float64
        The orthogonal Q that turns the frame's row vectors: v Q are those of OpenMM.
    """

    vectors: FloatArray
    rotation: FloatArray

    @property
    def sheared(self) -> bool:
        """Whether its axes are not perpendicular."""
        return bool(np.tril(self.vectors, -1).any())

    @property
    def reach(self) -> float:
        """The longest cutoff that fits in, nm."""
        return float(np.diag(self.vectors).min()) / 2


def openmm_box(frame: Frame, units: UnitStyle) -> Box | None:
    """Return the box of a frame in OpenMM's units, None for open space.

    Raises
    ------
    InterpotError
        Some axes repeat and some do not, or the frame has two dimensions.
    """
    where = frame.source or "the frame"
    if frame.dimension == 2:
        raise InterpotError(f"{where} has two dimensions, which OpenMM does not know: use the engine lammps")
    if not any(frame.cell.periodic):
        return None
    if not all(frame.cell.periodic):
        raise InterpotError(
            f"{where} repeats along some axes only, which OpenMM does not know: use the engine lammps, or make the box "
            "periodic with empty space along the open axes"
        )
    box = lammps_box(frame)
    return Box(_reduced(box.vectors / units.length), box.rotation)


def _reduced(lower: FloatArray) -> FloatArray:
    vectors = lower.copy()
    for row, column in ((2, 1), (2, 0), (1, 0)):
        period = vectors[column]
        vectors[row] -= period * np.round(vectors[row, column] / period[column])
        if 2 * abs(vectors[row, column]) > period[column]:  # by a rounding error
            vectors[row] -= period * np.sign(vectors[row, column])
    return vectors


# ---------------------------------------------------------------------------- systems


class Systems(Protocol):
    """Makes a System of particles of given species.

    Attributes
    ----------
    units
        OpenMM's, as they stand to the internal ones.
    """

    units: UnitStyle

    def system(self, species: Sequence[str], box: Box | None) -> Any:
        """Return a System with masses of 1 or the elements', in a box or in open space."""


class PairSystems:
    """Systems of a potential.

    Parameters
    ----------
    potential
        Any units.
    shifted
        Whether each function is shifted to 0 at its cutoff, which leaves the forces as they are.
    """

    def __init__(self, potential: Potential, shifted: bool = False) -> None:
        own = native(potential)
        self.units = own.units
        self.reach = max(float(c.cutoff) for c in own.channels)
        self._numbers = {name: float(k) for k, name in enumerate(own.species, 1)}
        self._energy = energy_expression(own, shifted)

    def system(self, species: Sequence[str], box: Box | None) -> Any:
        """See `Systems`."""
        mm = library()
        system, force = mm.System(), mm.CustomNonbondedForce(self._energy)
        force.addPerParticleParameter(KIND)
        force.setNonbondedMethod(force.CutoffNonPeriodic if box is None else force.CutoffPeriodic)
        force.setCutoffDistance(self.reach)
        for name in species:
            system.addParticle(1.0)
            force.addParticle([self._numbers[name]])
        system.addForce(force)
        if box is not None:
            system.setDefaultPeriodicBoxVectors(*box.vectors)
        return system


class ForceFieldFile:
    """Systems of an exported file, made as its users will; see `interpot.proof.export.openmm`."""

    def __init__(self, path: Path, units: UnitStyle) -> None:
        self.units = units
        with in_its_words(f"cannot read the force field '{path}'"):
            self._file = library().app.ForceField(str(path))

    def system(self, species: Sequence[str], box: Box | None) -> Any:
        """See `Systems`."""
        app = library().app
        topology = app.Topology()
        chain = topology.addChain()
        elements = {s: app.Element.getBySymbol(s) if is_element(s) else None for s in set(species)}
        for name in species:
            topology.addAtom(name, elements[name], topology.addResidue(name, chain))
        if box is not None:
            topology.setPeriodicBoxVectors(box.vectors)
        method = app.CutoffNonPeriodic if box is None else app.CutoffPeriodic
        with in_its_words("cannot apply the force field"):
            return self._file.createSystem(topology, nonbondedMethod=method)


class GivenSystem:
    """The System of a reference model, without what says how it moves.

    Raises
    ------
    InterpotError
        The source is no System, nor the path of its XML, or the model is another engine's.
    """

    def __init__(self, model: ReferenceModel, units: UnitStyle) -> None:
        mm = library()
        if model.engine != "openmm":
            raise InterpotError(
                f"the reference model is written for the engine '{model.engine}', not for openmm"
            )
        self.units = units
        self._system = deepcopy(model.source) if isinstance(model.source, mm.System) else _read(model.source)
        for k in reversed(range(self._system.getNumForces())):
            if any(word in type(self._system.getForce(k)).__name__ for word in _MOTION):
                self._system.removeForce(k)

    def system(self, species: Sequence[str], box: Box | None) -> Any:
        """See `Systems`; raises `InterpotError` where particles or periodicity are not those of the System."""
        system = deepcopy(self._system)
        if system.getNumParticles() != len(species):
            raise InterpotError(
                f"the System of the reference model has {system.getNumParticles()} particles, the frame "
                f"{len(species)}: give the System of this frame"
            )
        if system.usesPeriodicBoundaryConditions() != (box is not None):
            own, given = ("open", "periodic") if box is not None else ("periodic", "open")
            raise InterpotError(
                f"the System of the reference model is {own}, but the frame is {given}: choose the nonbonded method "
                "that goes with the frame"
            )
        if box is not None:
            system.setDefaultPeriodicBoxVectors(*box.vectors)
        return system


def _read(source: Any) -> Any:
    """Return the System in an XML file."""
    mm = library()
    if not isinstance(source, str | Path):
        raise InterpotError(
            f"the source of the reference model is {type(source).__name__}: expected an OpenMM System "
            "or the path of its XML"
        )
    try:
        text = Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InterpotError(f"cannot read the reference model '{source}' ({error})") from error
    with in_its_words(f"cannot read the reference model '{source}'"):
        found = mm.XmlSerializer.deserialize(text)
    if not isinstance(found, mm.System):
        raise InterpotError(
            f"'{source}' holds {type(found).__name__}: expected a System, as XmlSerializer.serialize writes it"
        )
    return found


def systems_of(
    model: Potential | ReferenceModel, frame: Frame, units: UnitStyle, shifted: bool = False
) -> PairSystems | GivenSystem:
    """Return the systems of a model; see `PairSystems` and `GivenSystem`.

    Raises
    ------
    InterpotError
        The potential lacks a species of the frame or a pair, or the reference model is no System.
    """
    if isinstance(model, ReferenceModel):
        return GivenSystem(model, native_units(units))
    model_species(model, frame)  # all of them are known to it
    if "lj" in (units.name, model.units.name):
        model = model.to_units(units)  # or it refuses
    return PairSystems(model, shifted)


# ---------------------------------------------------------------------------- values


def context(system: Any, platform: str) -> Any:
    """Return a Context that only evaluates."""
    mm = library()
    with in_its_words("cannot evaluate the frame"):
        return mm.Context(system, mm.VerletIntegrator(0.001), mm.Platform.getPlatformByName(platform))


def check_agreement(double: FloatArray, single: FloatArray) -> None:
    """Refuse forces in single precision that are not those in double precision.

    Raises
    ------
    InterpotError
        They differ by more than their digits do.
    """
    size = float(np.linalg.norm(double) / np.sqrt(max(double.size, 1)))
    worst = float(np.abs(single - double).max(initial=0.0))
    if worst > _AGREEMENT * size:
        raise InterpotError(
            "OpenMM misses pairs in this sheared box: the forces of two of its platforms differ by "
            f"{worst / size:.2g} of their size; use a box with perpendicular axes, or the engine lammps"
        )


def values(context: Any) -> tuple[float, FloatArray]:
    """Return energy (kJ/mol) and forces (kJ/mol/nm) of a Context as it is."""
    state = context.getState(energy=True, forces=True)
    return float(state.getPotentialEnergy()._value), np.array(state.getForces(asNumpy=True)._value)
