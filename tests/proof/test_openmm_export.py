"""What OpenMM's users do with an exported force field."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import openmm
import pytest
from openmm import app, unit
from proof_systems import FORMS, channel, disordered, lennard_jones, mixture, potential

from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.proof.dialects.openmm import KIND, energy_expression, native, native_units
from interpot.proof.export import export
from interpot.proof.export import openmm as target
from interpot.proof.forces import PairForces
from interpot.records import Frame
from interpot.units import ENERGIES, LENGTHS, unit_style


def topology(frame: Frame, length: float) -> app.Topology:
    """Each atom a residue of its own; species that are no elements by name."""
    made = app.Topology()
    chain = made.addChain()
    for kind in frame.kinds:
        name = frame.species[kind]
        element = app.Element.getBySymbol(name) if name in ("Ar", "Ne", "Xe") else None
        made.addAtom(name, element, made.addResidue(name, chain))
    if any(frame.cell.periodic):
        made.setPeriodicBoxVectors(frame.cell.vectors / length * unit.nanometer)
    return made


def forces(system: openmm.System, frame: Frame, length: float) -> tuple[float, np.ndarray]:
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(system, openmm.LangevinMiddleIntegrator(300, 1, 0.002), platform)
    context.setPositions(frame.positions / length * unit.nanometer)
    state = context.getState(energy=True, forces=True)
    per_nm = unit.kilojoule_per_mole / unit.nanometer
    return state.getPotentialEnergy() / unit.kilojoule_per_mole, state.getForces(asNumpy=True) / per_nm


def species_names(found: Potential, names: dict[str, str]) -> Potential:
    channels = tuple(replace(c, species=tuple(sorted(names[s] for s in c.species))) for c in found.channels)
    return replace(found, channels=channels)


@pytest.mark.parametrize("names", [{"Ne": "Ne", "Xe": "Xe"}, {"Ne": "bead", "Xe": "wax & oil"}])
@pytest.mark.parametrize("cutoff", [0.4, 1.0, 1.05])
def test_a_periodic_mixture_whatever_cutoff_is_asked_for(
    names: dict[str, str], cutoff: float, tmp_path: Path
) -> None:
    """The formula reaches 0.95 nm."""
    found, frame = mixture(), disordered(("Ne", "Xe"), (4, 4, 4))
    path = tmp_path / "mixture.xml"
    export(species_names(found, names), "openmm", path)
    named = replace(frame, species=tuple(names.values()))
    system = app.ForceField(str(path)).createSystem(
        topology(named, 10.0), nonbondedMethod=app.CutoffPeriodic, nonbondedCutoff=cutoff * unit.nanometer
    )
    energy, found_forces = forces(system, named, 10.0)
    ours, scale = PairForces(found)(frame), ENERGIES["kj/mol"]
    assert energy * scale == pytest.approx(ours.energy, rel=1e-12)
    np.testing.assert_allclose(found_forces * scale / LENGTHS["nm"], ours.forces, rtol=0, atol=1e-12)


def test_elements_have_their_masses(tmp_path: Path) -> None:
    export(mixture(), "openmm", tmp_path / "mixture.xml")
    frame = disordered(("Ne", "Xe"), (1, 1, 1), periodic=(False, False, False))
    system = app.ForceField(str(tmp_path / "mixture.xml")).createSystem(topology(frame, 10.0))
    masses = [system.getParticleMass(k) / unit.dalton for k in range(2)]
    assert masses == pytest.approx([20.1797, 131.293], abs=1e-3)


def test_reduced_units_are_openmms_own(tmp_path: Path) -> None:
    """σ = 1 nm, ε = 1 kJ/mol, m = 1 amu."""
    reduced = channel("Lennard-Jones 12-6", ("A", "A"), 2.5, epsilon=1.0, sigma=1.0)
    found = potential(replace(reduced, domain=(0.9, 2.5)), units="lj")
    path = tmp_path / "reduced.xml"
    assert export(found, "openmm", path) is not None
    frame = disordered(("A",), (3, 3, 3), spacing=1.8)
    system = app.ForceField(str(path)).createSystem(topology(frame, 1.0), nonbondedMethod=app.CutoffPeriodic)
    energy, found_forces = forces(system, frame, 1.0)
    ours = PairForces(found)(frame)
    assert energy == pytest.approx(ours.energy, rel=1e-12)
    np.testing.assert_allclose(found_forces, ours.forces, rtol=0, atol=1e-12 * np.abs(ours.forces).max())
    assert system.getParticleMass(0) / unit.dalton == 1.0
    assert "1 nm stands for sigma" in path.read_text(encoding="utf-8")


def test_beside_another_force_field(tmp_path: Path) -> None:
    """Its own NonbondedForce keeps its cutoff, and so does ours where that is longer than it needs."""
    ours, theirs = tmp_path / "argon.xml", tmp_path / "charges.xml"
    export(lennard_jones(), "openmm", ours)
    theirs.write_text(
        '<ForceField><NonbondedForce coulomb14scale="1" lj14scale="1">'
        '<Atom type="Ar" charge="0" sigma="1" epsilon="0"/></NonbondedForce></ForceField>'
    )
    frame = disordered(repeats=(4, 4, 4))
    system = app.ForceField(str(ours), str(theirs)).createSystem(
        topology(frame, 10.0), nonbondedMethod=app.CutoffPeriodic, nonbondedCutoff=0.9 * unit.nanometer
    )
    cutoffs = [
        f.getCutoffDistance() / unit.nanometer for f in system.getForces() if hasattr(f, "getCutoffDistance")
    ]
    assert cutoffs == [0.9, 0.9]
    energy, _ = forces(system, frame, 10.0)
    assert energy * ENERGIES["kj/mol"] == pytest.approx(PairForces(lennard_jones())(frame).energy, rel=1e-12)


def test_every_pair_of_five_species_is_its_own() -> None:
    """The numbering of pairs: each of fifteen energies where it belongs."""
    names = ("A", "B", "C", "D", "E")
    pairs = [(a, b) for a in names for b in names if a <= b]
    found = potential(*(channel("Gaussian", pair, A=float(k + 1)) for k, pair in enumerate(pairs)))
    system, force = openmm.System(), openmm.CustomNonbondedForce(energy_expression(native(found)))
    force.addPerParticleParameter(KIND)
    for _ in range(2):
        system.addParticle(1.0)
        force.addParticle([1.0])
    system.addForce(force)
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    context.setPositions([[0, 0, 0], [0.5, 0, 0]])
    for a, b in [*pairs, *((b, a) for a, b in pairs)]:
        force.setParticleParameters(0, [names.index(a) + 1.0])
        force.setParticleParameters(1, [names.index(b) + 1.0])
        force.updateParametersInContext(context)
        energy = context.getState(energy=True).getPotentialEnergy() / unit.kilojoule_per_mole
        assert energy * ENERGIES["kj/mol"] == pytest.approx(float(found.energy(5.0, a, b)), rel=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_a_shifted_function_ends_at_zero_with_the_same_force(form: str) -> None:
    found = native(potential(channel(form)))
    values = []
    for shifted in (False, True):
        system, force = openmm.System(), openmm.CustomNonbondedForce(energy_expression(found, shifted))
        force.addPerParticleParameter(KIND)
        for _ in range(2):
            system.addParticle(1.0)
            force.addParticle([1.0])
        system.addForce(force)
        platform = openmm.Platform.getPlatformByName("Reference")
        context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
        for r in (0.5, 0.8 * (1 - 1e-12)):
            context.setPositions([[0, 0, 0], [r, 0, 0]])
            state = context.getState(energy=True, forces=True)
            values.append((state.getPotentialEnergy()._value, state.getForces()[1].x))
    (near, f_near), (end, f_end), (near_shifted, g_near), (end_shifted, g_end) = values
    assert (f_near, f_end) == (g_near, g_end)
    assert end_shifted == pytest.approx(0.0, abs=1e-9 * abs(near))
    assert near_shifted == pytest.approx(near - end, rel=1e-9)


def test_the_check_tells_of_single_precision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "argon.xml"
    made = export(lennard_jones(), "openmm", path)
    assert made is not None and 1e-8 < made.single < 1e-4 and made.forces < 1e-11 > made.virial
    assert json.loads((tmp_path / "argon.xml.check.json").read_text())["single"] == made.single
    monkeypatch.setattr(sys.modules["interpot.proof.export.check"], "SINGLE", 1e-9)
    with pytest.raises(InterpotError, match=r"cannot be run in single precision: OpenMM .* deviate by"):
        export(lennard_jones(), "openmm", tmp_path / "other.xml")
    assert not (tmp_path / "other.xml").exists()


def test_a_wrong_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = target.energy_expression
    monkeypatch.setattr(
        target, "energy_expression", lambda found: right(found).replace("/r^6", "/r^6.000001")
    )
    with pytest.raises(InterpotError, match="the export to openmm is not what was found"):
        export(lennard_jones(), "openmm", tmp_path / "argon.xml")
    assert not list(tmp_path.iterdir())


def test_openmms_units() -> None:
    """As OpenMM itself converts them."""
    style = native_units(unit_style("metal"))
    bar = 1 * unit.bar * unit.AVOGADRO_CONSTANT_NA
    assert 1 / style.nktv2p == pytest.approx(
        bar.value_in_unit(unit.kilojoule_per_mole / unit.nanometer**3), rel=1e-9
    )
    boltzmann = unit.MOLAR_GAS_CONSTANT_R.value_in_unit(unit.kilojoule_per_mole / unit.kelvin)
    assert style.boltzmann == pytest.approx(boltzmann, rel=1e-7)
    assert style.energy * 96.48533212331 == pytest.approx(1.0, rel=1e-9)
    picosecond = (1 * unit.dalton * unit.nanometer**2 / unit.picosecond**2).in_units_of(
        unit.kilojoule_per_mole
    )
    assert picosecond._value == pytest.approx(style.mvv2e, rel=1e-6)
