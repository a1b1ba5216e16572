"""The ASE calculator of a potential against our forces, ASE's own calculators and finite differences."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest
import sympy
from ase import Atoms, units
from ase.build import bulk
from ase.calculators.lj import LennardJones
from ase.md.verlet import VelocityVerlet
from ase.stress import voigt_6_to_full_3x3_stress
from proof_systems import channel, disordered, lennard_jones, mixture, potential

import interpot
from interpot import InterpotError
from interpot.formula.channel_formula import Parameter
from interpot.formula.potential import Potential
from interpot.proof.calculator import PairCalculator
from interpot.proof.forces import PairForces
from interpot.proof.pair_loop import PairLoop
from interpot.records import Cell, Frame

SHEAR = np.array([[1.0, 0.2, 0.1], [-0.3, 1.1, 0.2], [0.1, 0.3, 0.9]])
NOWHERE = Cell(np.zeros((3, 3)), np.zeros(3), (False, False, False))
FRAMES = {
    "periodic": disordered(),
    "several images": disordered(repeats=(1, 1, 2)),
    "one atom": disordered(repeats=(1, 1, 1), vectors=SHEAR),
    "triclinic": disordered(vectors=SHEAR),
    "left-handed": disordered(vectors=SHEAR[[1, 0, 2]]),
    "open": disordered(periodic=(False, False, False)),
    "open without a cell": replace(disordered(), cell=NOWHERE),
    "one open axis": disordered(vectors=SHEAR, periodic=(True, False, True)),
    "two open axes": disordered(vectors=SHEAR, periodic=(False, False, True)),
    "far away": replace(disordered(), positions=disordered().positions + 37.0 * np.arange(108)[:, None]),
}
FRAMES["one atom"] = replace(
    FRAMES["one atom"], positions=FRAMES["one atom"].positions[:1], kinds=FRAMES["one atom"].kinds[:1]
)


def atoms_of(frame: Frame) -> Atoms:
    symbols = [frame.species[kind] for kind in frame.kinds]
    return Atoms(symbols, frame.positions, cell=frame.cell.vectors, pbc=frame.cell.periodic)


def shifted(cutoff: float) -> Potential:
    """Lennard-Jones that ends at 0, as ASE's does."""
    known = channel("Lennard-Jones 12-6", cutoff=cutoff)
    height = float(known.energy(cutoff * (1 - 1e-15)))
    c = Parameter("c", height, 0.0, 1, 0)
    return potential(
        replace(known, expression=known.expression - c.symbol, parameters=(*known.parameters, c))
    )


@pytest.mark.parametrize("name", FRAMES)
def test_sums_in_every_cell(name: str) -> None:
    frame = FRAMES[name]
    atoms = atoms_of(frame)
    atoms.calc = interpot.calculator(lennard_jones())
    wanted = PairForces(lennard_jones())(frame)
    assert wanted.virial is not None
    assert atoms.get_potential_energy() == pytest.approx(wanted.energy, rel=1e-12)
    size = max(np.abs(wanted.forces).max(), 1e-3)
    np.testing.assert_allclose(atoms.get_forces(), wanted.forces, rtol=0, atol=1e-12 * size)
    assert atoms.get_potential_energies().sum() == pytest.approx(wanted.energy, rel=1e-12)
    assert atoms.get_potential_energy(force_consistent=True) == atoms.get_potential_energy()
    if atoms.cell.rank == 3:
        virial = -atoms.get_volume() * voigt_6_to_full_3x3_stress(atoms.get_stress())
        np.testing.assert_allclose(virial, wanted.virial, rtol=0, atol=1e-12 * np.abs(wanted.virial).max())
    else:
        with pytest.raises(NotImplementedError):
            atoms.get_stress()


@pytest.mark.parametrize("name", ["periodic", "several images", "triclinic", "left-handed", "open"])
def test_ases_own_lennard_jones(name: str) -> None:
    ours, theirs = atoms_of(FRAMES[name]), atoms_of(FRAMES[name])
    ours.calc = interpot.calculator(shifted(8.0))
    theirs.calc = LennardJones(epsilon=0.0103, sigma=3.405, rc=8.0)
    for property_ in ("energy", "energies", "forces", "stress"):
        wanted = theirs.calc.get_property(property_, theirs)
        found = ours.calc.get_property(property_, ours)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-10 * np.abs(wanted).max())


@pytest.mark.parametrize(
    "frame", [disordered(("Ne", "Xe"), vectors=SHEAR), disordered(("Ne", "Xe"), (1, 1, 2))]
)
def test_forces_and_stress_are_the_slopes_of_the_energy(frame: Frame) -> None:
    """Of an energy that is smooth at its cutoff: Gaussians have decayed there."""
    smooth = potential(
        *(channel("Gaussian", c.species, 9.0, w=0.9 + 0.1 * k) for k, c in enumerate(mixture().channels))
    )
    atoms = atoms_of(frame)
    atoms.calc = PairCalculator(smooth, {})
    forces, stress = atoms.get_forces(), voigt_6_to_full_3x3_stress(atoms.get_stress())
    h = 1e-4

    def energy(positions: np.ndarray, cell: np.ndarray) -> float:
        moved = Atoms(atoms.numbers, positions, cell=cell, pbc=atoms.pbc, calculator=atoms.calc)
        return float(moved.get_potential_energy())

    x, cell = atoms.positions, atoms.cell.array
    for atom, axis in ((0, 0), (3, 1), (5, 2)):
        step = np.zeros_like(x)
        step[atom, axis] = h
        slope = (energy(x + step, cell) - energy(x - step, cell)) / (2 * h)
        assert forces[atom, axis] == pytest.approx(-slope, rel=1e-6, abs=1e-9)
    for a in range(3):
        for b in range(3):
            strain = np.zeros((3, 3))
            strain[a, b] = h
            up, down = np.eye(3) + strain, np.eye(3) - strain
            slope = (energy(x @ up, cell @ up) - energy(x @ down, cell @ down)) / (2 * h)
            assert stress[a, b] * atoms.get_volume() == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_a_list_with_a_skin_misses_nothing_in_a_long_hot_run() -> None:
    """2,000 K: an atom crosses half of the skin in some 50 steps."""
    atoms = bulk("Ar", "fcc", a=5.6, cubic=True).repeat((3, 3, 2))
    atoms.set_velocities(np.random.default_rng(5).normal(0, 0.066, (len(atoms), 3)))
    atoms.calc = interpot.calculator(lennard_jones())
    fresh = PairForces(lennard_jones())
    motion = VelocityVerlet(atoms, 2 * units.fs)
    for _ in range(150):
        motion.run(7)
        wanted = fresh(interpot.from_atoms(atoms)).forces
        np.testing.assert_allclose(atoms.get_forces(), wanted, rtol=0, atol=1e-11 * np.abs(wanted).max())
    assert 5 < atoms.calc._loop.pairs.made < 200
    scaled = atoms.get_scaled_positions(wrap=False)
    assert ((scaled < 0) | (scaled > 1)).any(axis=1).sum() > 10  # they have left the box


def test_a_list_stands_small_strains() -> None:
    """Strained up to where the list must be made anew, and beyond."""
    random = np.random.default_rng(9)
    start = disordered(("Ne", "Xe"), vectors=SHEAR)
    loop, fresh, scaled = PairLoop(mixture(), skin=1.0), PairForces(mixture()), 0
    for size in np.linspace(0.0, 0.08, 60):
        strain = np.eye(3) + size * random.uniform(-1, 1, (3, 3))
        positions = start.positions @ strain + random.uniform(-0.15, 0.15, start.positions.shape)
        cell = replace(start.cell, vectors=start.cell.vectors @ strain)
        frame = replace(start, positions=positions, cell=cell)
        before = loop.pairs.made
        found, wanted = loop(frame), fresh(frame)
        scaled += loop.pairs.made == before
        np.testing.assert_allclose(
            found.forces, wanted.forces, rtol=0, atol=1e-11 * np.abs(wanted.forces).max()
        )
        assert found.energies.sum() == pytest.approx(wanted.energy, rel=1e-11)
    assert scaled > 5 and loop.pairs.made > 5


def test_one_calculator_for_one_system_after_the_other() -> None:
    calculator = interpot.calculator(mixture())
    for frame in (disordered(("Ne", "Xe")), disordered(("Xe", "Xe")), disordered(("Ne", "Xe"), (2, 2, 2))):
        atoms = atoms_of(frame)
        atoms.calc = calculator
        wanted = PairForces(mixture())(interpot.from_atoms(atoms_of(frame))).forces
        np.testing.assert_allclose(atoms.get_forces(), wanted, rtol=0, atol=1e-13)
    for twin in (copy.deepcopy(calculator), pickle.loads(pickle.dumps(calculator))):  # for another process
        np.testing.assert_array_equal(twin.get_forces(atoms), atoms.get_forces())
    nothing = Atoms(calculator=calculator)
    assert nothing.get_potential_energy() == 0 and nothing.get_forces().shape == (0, 3)


def test_what_does_not_repel_is_continued() -> None:
    falling = potential(channel("Buckingham"))
    pair = Atoms("Ar2", [[0, 0, 0], [0.2, 0, 0]], calculator=interpot.calculator(falling))
    assert falling.force(0.2) < 0 < pair.get_forces()[1, 0]


def test_units_are_converted() -> None:
    atoms = atoms_of(disordered())
    wanted = PairForces(lennard_jones())(disordered()).forces
    for style in ("real", "electron", "nano"):
        atoms.calc = interpot.calculator(lennard_jones().to_units(style))
        np.testing.assert_allclose(atoms.get_forces(), wanted, rtol=0, atol=1e-12)


def test_species_that_are_no_elements() -> None:
    names = potential(*(replace(c, species=n) for c, n in zip(
        mixture().channels, (("big", "big"), ("big", "small"), ("small", "small")), strict=True)))  # fmt: skip
    atoms = atoms_of(disordered(("Ne", "Xe")))
    atoms.calc = interpot.calculator(names, types={"big": "Ne", "small": "Xe"})
    wanted = PairForces(mixture())(disordered(("Ne", "Xe"))).forces
    np.testing.assert_allclose(atoms.get_forces(), wanted, rtol=0, atol=1e-13)
    for types, message in (
        (None, "the species 'big' is no chemical symbol"),
        ({"big": "Ne", "small": "Zz"}, "'small' to 'Zz', which is no chemical symbol"),
        ({"big": "Ne", "small": "Ne"}, "Ne stands for two species"),
        ({"huge": "Ne"}, "types= names huge: the species of the potential are big, small"),
    ):
        with pytest.raises(InterpotError, match=message):
            interpot.calculator(names, types=types)


def test_atoms_that_the_potential_does_not_know() -> None:
    half = potential(*mixture().channels[:2])
    for found, atoms, message in (
        (lennard_jones(), Atoms("ArKr", [[0, 0, 0], [4, 0, 0]]), "ArKr has Kr, but the potential is for Ar"),
        (half, Atoms("Xe2", [[0, 0, 0], [4, 0, 0]]), "no channel Xe-Xe"),
        (
            lennard_jones(),
            Atoms("Ar2", [[0, 0, 0], [np.nan, 0, 0]]),
            "position of atom 2 of the atoms is no number",
        ),
        (lennard_jones(), Atoms("Ar2", [[1, 0, 0], [1, 0, 0]]), "in one place"),
        (lennard_jones(), Atoms("Ar", pbc=True), "a periodic axis of the cell has no length"),
    ):
        atoms.calc = interpot.calculator(found)
        with pytest.raises(InterpotError, match=message):
            atoms.get_forces()


def test_value_and_slope_share_what_they_have_in_common() -> None:
    from interpot.formula.codegen import R, compile_pair

    a = sympy.Symbol("a", real=True)
    value, slope = compile_pair(sympy.exp(-a * R) / R + sympy.Max(0, 1 - R) ** 3, (R, a))(0.7, 1.3)
    assert value == pytest.approx(np.exp(-0.91) / 0.7 + 0.3**3, rel=1e-14)
    assert slope == pytest.approx(-np.exp(-0.91) * (1.3 / 0.7 + 1 / 0.49) - 3 * 0.3**2, rel=1e-14)
