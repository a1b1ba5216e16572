from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms

from interpot.errors import InterpotError
from interpot.trajectory import from_atoms
from interpot.trajectory.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_has_a_row_per_particle_and_is_lazy(name: str) -> None:
    atoms = Atoms("Ar5", positions=np.random.default_rng(3).normal(size=(5, 3)))
    atoms.new_array("forces", np.random.default_rng(4).normal(size=(5, 3)))
    frame = from_atoms(atoms)

    def endless():  # type: ignore[no-untyped-def]
        while True:
            yield frame

    found, target = next(iter(TARGETS[name](endless())))
    assert target.shape == found.positions.shape and target.dtype == np.float64


def test_recorded_forces() -> None:
    atoms = Atoms("Ar2", positions=[[0, 0, 0], [1, 1, 1]])
    atoms.new_array("forces", np.arange(6.0).reshape(2, 3))
    frame = from_atoms(atoms)
    ((same, target),) = TARGETS["recorded"]([frame])
    assert same is frame and target.tolist() == [[0, 1, 2], [3, 4, 5]]
    silent = replace(frame, forces=None, source="x.lammpstrj", index=4, step=400)
    with pytest.raises(
        InterpotError, match=r"no force columns \(fx fy fz\) in frame 4 \(step 400\) of 'x.lammpstrj'"
    ):
        list(TARGETS["recorded"]([frame, silent]))
