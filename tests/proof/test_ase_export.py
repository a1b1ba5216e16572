"""The file that is written for ASE, used as its users will: alone, with and without what makes it fast."""

from __future__ import annotations

import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms, units
from ase.md.verlet import VelocityVerlet
from proof_systems import channel, disordered, mixture, potential
from test_calculator import FRAMES, SHEAR, atoms_of

import interpot
from interpot.proof.export import export
from interpot.proof.forces import PairForces

BUCKINGHAM = potential(channel("Buckingham"))  # with a continuation


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "neon_xenon.py"
    export(mixture(), "ase", path, units="real", checked=False)
    return path


@pytest.fixture(scope="module")
def module(written: Path) -> dict[str, Any]:
    return runpy.run_path(str(written))


def test_the_file_says_what_it_is(written: Path) -> None:
    text = written.read_text(encoding="utf-8")
    assert "import interpot" not in text and "from interpot" not in text
    assert "units metal: energy in eV, length in Å" in text  # whatever was asked for
    assert "sigma = 3.35  # Å" in text and "epsilon = 0.0064" in text
    assert "from neon_xenon import PairPotential" in text and "_step" not in text
    compile(text, str(written), "exec")


def test_a_user_who_has_only_ase_and_numpy(tmp_path: Path) -> None:
    """Neither numba nor vesin nor this package can be imported."""
    export(BUCKINGHAM, "ase", tmp_path / "argon.py", checked=False)
    code = """
import sys
sys.modules.update(dict.fromkeys(("numba", "vesin", "interpot")))
from ase.build import bulk
from argon import PairPotential
atoms = bulk("Ar", "fcc", a=5.4, cubic=True)
atoms.rattle(0.2, seed=1)
atoms.calc = PairPotential()
print(repr(float(atoms.get_potential_energy())), *atoms.get_stress())
"""
    words = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout.split()
    from ase.build import bulk

    atoms = bulk("Ar", "fcc", a=5.4, cubic=True)
    atoms.rattle(0.2, seed=1)
    atoms.calc = interpot.calculator(BUCKINGHAM)
    wanted = [atoms.get_potential_energy(), *atoms.get_stress()]
    np.testing.assert_allclose([float(w) for w in words], wanted, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("name", FRAMES)
def test_every_cell(name: str, module: dict[str, Any]) -> None:
    frame = replace(FRAMES[name], species=("Ne", "Xe"), kinds=np.arange(len(FRAMES[name].kinds)) % 2)
    atoms = atoms_of(frame)
    atoms.calc = module["PairPotential"]()
    wanted = PairForces(mixture())(frame)
    size = max(np.abs(wanted.forces).max(), 1e-3)
    np.testing.assert_allclose(atoms.get_forces(), wanted.forces, rtol=0, atol=1e-11 * size)
    assert atoms.get_potential_energies().sum() == pytest.approx(wanted.energy, rel=1e-11)


def test_neighbours_are_listed_anew_in_time(module: dict[str, Any]) -> None:
    atoms = atoms_of(disordered(("Ne", "Xe"), vectors=SHEAR))
    atoms.set_velocities(np.random.default_rng(1).normal(0, 0.06, (108, 3)))
    atoms.calc, fresh = module["PairPotential"](skin=0.6), PairForces(mixture())
    motion = VelocityVerlet(atoms, 2 * units.fs)
    for k in range(30):
        motion.run(6)
        if k % 10 == 9:
            atoms.set_cell(atoms.cell * 1.01, scale_atoms=True)
        wanted = fresh(interpot.from_atoms(atoms)).forces
        np.testing.assert_allclose(atoms.get_forces(), wanted, rtol=0, atol=1e-10 * np.abs(wanted).max())


def test_symbols_and_species(module: dict[str, Any]) -> None:
    make = module["PairPotential"]
    far = Atoms("ArKr", [[0, 0, 0], [0, 0, 3.3]], calculator=make(types={"Ne": "Ar", "Xe": "Kr"}))
    assert far.get_potential_energy() == pytest.approx(float(mixture().energy(3.3, "Ne", "Xe")))
    for types, message in (
        ({"Ne": "Xe"}, "expected one symbol for each of Ne, Xe"),
        ({"He": "Xe"}, "expected one symbol for each of Ne, Xe"),
        ({"Ne": "N1"}, "'N1' is no chemical symbol"),
    ):
        with pytest.raises(ValueError, match=message):
            make(types=types)
    with pytest.raises(ValueError, match="the atoms have Ar, Kr: expected Ne, Xe"):
        Atoms("ArKr", [[0, 0, 0], [0, 0, 3.3]], calculator=make()).get_potential_energy()


def test_species_that_are_no_elements_are_checked_too(tmp_path: Path) -> None:
    beads = potential(channel("Morse", ("bead", "bead"), 2.5, alpha=3.0, r_0=1.1), units="lj")
    beads = replace(beads, channels=(replace(beads.channels[0], domain=(0.8, 2.5)),))
    result = export(beads, "ase", tmp_path / "beads.py")
    assert result is not None and max(result.energy, result.forces, result.virial) < 1e-12
    assert result.engine.startswith("ASE 3")
