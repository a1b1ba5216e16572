from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.lj import LennardJones
from ase.calculators.singlepoint import SinglePointCalculator
from ase.constraints import FixAtoms

from interpot.errors import InterpotError
from interpot.trajectory import from_atoms


def test_everything_that_atoms_hold() -> None:
    atoms = bulk("NaCl", "rocksalt", a=5.6, cubic=True)
    atoms.rattle(0.2, seed=1)
    atoms.set_velocities(np.random.default_rng(2).normal(size=(8, 3)))
    atoms.calc = LennardJones(sigma=2.0, rc=6.0)
    atoms.set_constraint(FixAtoms([0]))
    frame = from_atoms(atoms)
    assert frame.species == ("Cl", "Na") and frame.dimension == 3
    assert [frame.species[k] for k in frame.kinds] == atoms.get_chemical_symbols()
    assert frame.forces is not None and frame.velocities is not None and frame.masses is not None
    np.testing.assert_array_equal(frame.forces, atoms.get_forces(apply_constraint=False))
    np.testing.assert_allclose(frame.velocities, atoms.get_velocities(), rtol=1e-14)
    np.testing.assert_array_equal(frame.masses, atoms.get_masses())
    np.testing.assert_array_equal(frame.cell.vectors, atoms.cell.array)
    assert frame.cell.periodic == (True, True, True)
    atoms.positions += 1
    assert not np.array_equal(frame.positions, atoms.positions), "the frame must not share the atoms' memory"


def test_a_bare_cluster() -> None:
    atoms = Atoms("Ar3", positions=[[0, 0, 0], [3, 0, 1], [0, 4, 2]])
    atoms.calc = SinglePointCalculator(atoms, energy=1.0)  # energies only
    frame = from_atoms(atoms)
    assert frame.forces is None and frame.velocities is None
    assert frame.cell.periodic == (False, False, False)
    assert np.diag(frame.cell.vectors).tolist() == [3, 4, 2]
    atoms.calc = None
    atoms.new_array("forces", np.arange(9.0).reshape(3, 3))
    frame = from_atoms(atoms)
    assert frame.forces is not None and frame.forces.tolist() == atoms.arrays["forces"].tolist()


def test_two_dimensions() -> None:
    atoms = Atoms("Ar2", positions=[[0, 0, 1], [3, 0, 1]], cell=[9, 9, 9], pbc=True, momenta=np.ones((2, 3)))
    frame = from_atoms(atoms, dimension=2)
    assert frame.dimension == 2 and frame.cell.periodic == (True, True, False)
    assert frame.velocities is not None and not frame.velocities[:, 2].any() and frame.velocities[:, :2].all()
    atoms.positions[0, 2] = 0
    with pytest.raises(InterpotError, match="different z"):
        from_atoms(atoms, dimension=2)


def test_periodic_without_a_cell() -> None:
    with pytest.raises(InterpotError, match="periodic along c but has no cell vector"):
        from_atoms(Atoms("Ar", cell=[5, 5, 0], pbc=True))
