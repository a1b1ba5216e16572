"""Every export target against the sympy original, for every form."""

from __future__ import annotations

import importlib.util
import runpy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sympy
from ase import Atoms
from proof_systems import FORMS, channel, lennard_jones, mixture, potential

from interpot.errors import InterpotError
from interpot.formula.codegen import R
from interpot.formula.continuation import continued
from interpot.formula.potential import Potential
from interpot.formula.quantity import with_error
from interpot.proof.dialects.lepton import lepton
from interpot.proof.dialects.openmm import native_units
from interpot.proof.engines.lammps import Lammps
from interpot.proof.export import EXPORTERS, export, usage
from interpot.proof.export.exporter import ANALYTIC
from interpot.records import Cell, Frame, ReferenceModel
from interpot.table import load_row
from interpot.units import ENERGIES

Values = tuple[np.ndarray, np.ndarray]


def lammps_values(path: Path, original: Potential, a: str, b: str, r: np.ndarray, *before: str) -> Values:
    """Pairs that do not see each other; LAMMPS includes the file itself and tells the sum of their energies."""
    species = original.species
    direction = np.array([0.6, 0.0, 0.8])
    kinds = np.array([species.index(a), species.index(b)] * len(r))
    places = 3 * original.units.length * original.channel(a, b).cutoff * np.arange(len(r))
    first = places[:, None] * np.array([0.0, 1.0, 0.0])
    second = first + original.units.length * r[:, None] * direction
    frame = Frame(
        np.stack([first, second], axis=1).reshape(-1, 3),
        species,
        kinds,
        Cell(np.eye(3), np.zeros(3), (False, False, False)),
    )
    found = Lammps().evaluate(ReferenceModel("lammps", (*before, f"include {path}")), frame, original.units)
    force = found.forces[1::2] @ direction
    return np.array(found.energy) / original.units.energy, force / original.units.force


def openmm_values(path: Path, original: Potential, a: str, b: str, r: np.ndarray) -> Values:
    """As a user would: two atoms in open space, without a cutoff of OpenMM's."""
    import openmm
    from openmm import app

    style = native_units(original.units)  # nm and kJ/mol
    topology = app.Topology()
    for name in (a, b):
        residue = topology.addResidue(name, topology.addChain())
        topology.addAtom(name, app.Element.getBySymbol(name), residue)
    system = app.ForceField(str(path)).createSystem(topology, nonbondedMethod=app.NoCutoff)
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    energies, force = np.empty(len(r)), np.empty(len(r))
    for k, distance in enumerate(r):
        context.setPositions([[0.0, 0.0, 0.0], [0.0, 0.0, distance * original.units.length / style.length]])
        state = context.getState(energy=True, forces=True)
        energies[k] = state.getPotentialEnergy() / openmm.unit.kilojoule_per_mole
        force[k] = state.getForces(asNumpy=True)[1, 2]._value
    return energies * style.energy / original.units.energy, force * style.force / original.units.force


def python_values(path: Path, original: Potential, a: str, b: str, r: np.ndarray) -> Values:
    spec = importlib.util.spec_from_file_location("exported", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.energy(r, a, b), module.force(r, b, a)


def ase_values(path: Path, original: Potential, a: str, b: str, r: np.ndarray) -> Values:
    """Two atoms in nothing; the file runs alone."""
    calculator = runpy.run_path(str(path))["PairPotential"]()
    direction = np.array([0.6, 0.0, 0.8])
    energies, force = np.empty(len(r)), np.empty(len(r))
    for k, distance in enumerate(r):
        atoms = Atoms(
            [a, b], np.outer([0.0, distance * original.units.length], direction), calculator=calculator
        )
        energies[k], force[k] = atoms.get_potential_energy(), atoms.get_forces()[1] @ direction
    return energies / original.units.energy, force / original.units.force


def latex_values(path: Path, original: Potential, a: str, b: str, r: np.ndarray) -> Values:
    """LaTeX computes nothing: its formula and its numbers must be there, and it must be balanced."""
    text = path.read_text(encoding="utf-8")
    for c in original.channels:
        assert c.latex in text
        assert all(with_error(p.value, p.stderr).partition("e")[0] in text for p in c.parameters)
    assert text.count("{") == text.count("}")
    assert text.count(r"\begin") == text.count(r"\end") == 2
    return original.energy(r, a, b), original.force(r, a, b)


def lammps_table_values(path: Path, original: Potential, a: str, b: str, r: np.ndarray) -> Values:
    """The same through the folder's include file, which is told where the folder is."""
    return lammps_values(path / "potential.lammps", original, a, b, r, f"variable tables index {path}")


def gromacs_values(path: Path, original: Potential, a: str, b: str, r: np.ndarray) -> Values:
    """The manual's own formula: the cubic through V and -V' at both ends of an interval, and its slope."""
    x, *_, energy, force = np.loadtxt(path / f"table_{a}_{b}.xvg", unpack=True)
    nm, kilojoule = original.units.length / 10, ENERGIES["kj/mol"] / original.units.energy
    h = x[1]
    i = (r * nm / h).astype(int)
    eps = r * nm / h - i
    a_1, rise = -h * force[i], energy[i + 1] - energy[i]
    a_2 = 3 * rise + h * (force[i + 1] + 2 * force[i])
    a_3 = -2 * rise - h * (force[i + 1] + force[i])
    inside = r < original.channel(a, b).cutoff
    end = original.energy(original.channel(a, b).cutoff * (1 - 1e-14), a, b)  # stated, and not in the table
    v = (energy[i] + a_1 * eps + a_2 * eps**2 + a_3 * eps**3) * kilojoule + end
    f = -(a_1 + 2 * a_2 * eps + 3 * a_3 * eps**2) / h * kilojoule * nm
    return np.where(inside, v, 0.0), np.where(inside, f, 0.0)


EVALUATE: dict[str, Callable[..., Values]] = {
    "lammps": lammps_values,
    "lammps-table": lammps_table_values,
    "gromacs": gromacs_values,
    "openmm": openmm_values,
    "ase": ase_values,
    "python": python_values,
    "latex": latex_values,
}
POTENTIALS = {form: potential(channel(form)) for form in FORMS} | {"mixture": mixture()}


@pytest.mark.parametrize("name", POTENTIALS)
@pytest.mark.parametrize("target", EXPORTERS)
def test_export_equals_original(target: str, name: str, tmp_path: Path) -> None:
    original = POTENTIALS[name]
    path = tmp_path / "potential.py"
    error = load_row(EXPORTERS, target, "target").tolerance
    made = export(original, target, path)
    original = continued(original)
    for c in original.channels:
        # not sampled ... beyond the cutoff; a table ends further out
        r = np.array([0.3 if error > ANALYTIC else 0.2, 0.4, 0.7, 0.99999, 1.00001]) * c.cutoff
        energy, force = EVALUATE[target](path, original, *c.species, r)
        wanted = original.energy(r, *c.species)
        wanted = wanted if energy.ndim else wanted.sum()  # LAMMPS tells the sum
        for found, truth in (energy, wanted), (force, original.force(r, *c.species)):
            within = (1e-12, 1e-15) if error <= ANALYTIC else (error, error * np.abs(truth).max())
            np.testing.assert_allclose(found, truth, *within)
    kept = [path] if made is None or path.is_dir() else [path, tmp_path / "potential.py.check.json"]
    assert sorted(tmp_path.iterdir()) == kept


@pytest.mark.parametrize("target", EXPORTERS)
def test_export_converts_units(target: str, tmp_path: Path) -> None:
    original = lennard_jones()
    path = tmp_path / "potential.py"
    export(original, target, path, units="electron")
    converted = original.to_units("electron")
    r = np.array([6.2, 7.4])
    energy, _ = EVALUATE[target](path, converted, "Ar", "Ar", r)
    expected = original.energy(r * converted.units.length) / converted.units.energy
    expected = expected if energy.ndim else expected.sum()
    error = load_row(EXPORTERS, target, "target").tolerance
    np.testing.assert_allclose(energy, expected, rtol=1e-12 if error <= ANALYTIC else error)


def test_a_python_file_names_the_pairs_it_has(tmp_path: Path) -> None:
    export(mixture(), "python", tmp_path / "mix.py")
    module = runpy.run_path(str(tmp_path / "mix.py"))
    with pytest.raises(ValueError, match="no pair Ar-Kr in this potential: it has Ne-Ne, Ne-Xe, Xe-Xe"):
        module["energy"](3.0, "Ar", "Kr")
    assert usage("python", "mix.py", mixture()) == 'energy(r, "Ne", "Ne") and force(r, "Ne", "Ne") of mix.py'


def test_python_file_stands_alone(tmp_path: Path) -> None:
    export(lennard_jones(), "python", tmp_path / "argon.py")
    assert "import interpot" not in (tmp_path / "argon.py").read_text(encoding="utf-8")


def test_unknown_target(tmp_path: Path) -> None:
    with pytest.raises(InterpotError, match="unknown export target 'dlpoly': expected one of lammps"):
        export(lennard_jones(), "dlpoly", tmp_path / "x")


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (sympy.Symbol("epsilon") / R, "no value for epsilon"),
        (sympy.besselj(0, R), "cannot express"),
        (sympy.Piecewise((R, R < 1), (0, True)), "cannot express"),
        (R * sympy.I, "cannot express"),
        (sympy.oo + R, "cannot express"),
    ],
)
def test_lepton_refuses_what_it_does_not_know(expression: sympy.Expr, message: str) -> None:
    with pytest.raises(InterpotError, match=message):
        lepton(expression)


def test_lepton_numbers_are_exact() -> None:
    third = sympy.Float(1 / 3, 17)
    text = lepton(third * R**2 + sympy.pi * sympy.sqrt(R) - sympy.Rational(1, 3) * sympy.exp(1))
    assert "0.3333333333333333*r^2" in text
    assert "3.141592653589793*sqrt(r)" in text
    assert "pi" not in text and "E" not in text and "**" not in text


def test_a_pair_without_formula_is_refused(tmp_path: Path) -> None:
    half = potential(*mixture().channels[:2])
    with pytest.raises(InterpotError, match="no formula for Xe-Xe"):
        export(half, "lammps", tmp_path / "x")
    assert not list(tmp_path.iterdir())
