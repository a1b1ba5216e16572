"""What the benchmark of validation MD compares is the same physics, and it notices where it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from suite import validation_md
from suite.records import NotMeasured, Setting
from suite.validation_md import Contest, buckingham, check, in_ase, in_lammps, in_openmm, lennard_jones

from interpot.proof.engines import engine
from interpot.records import Cell, Frame


def rattled(cells: int = 3) -> Frame:
    """An fcc lattice near the liquid's density, atoms displaced by a tenth of σ or so."""
    atoms = bulk("Ar", "fcc", a=1.7, cubic=True).repeat(cells)
    atoms.rattle(0.07, seed=5)
    cell = Cell(np.array(atoms.cell), np.zeros(3), (True, True, True))
    n = len(atoms)
    return Frame(atoms.positions, ("Ar",), np.zeros(n, dtype=np.int64), cell, masses=np.ones(n))


@pytest.mark.parametrize("made", [in_lammps, in_ase, in_openmm])
def test_what_is_compared_is_the_same_potential(made: Callable[[Path, int], Contest], tmp_path: Path) -> None:
    start = rattled()
    contest = made(tmp_path, len(start.kinds))
    program = engine(contest.engine)
    for ours, theirs, _ in contest.pairs:
        check(program, contest.runners[ours].model, contest.runners[theirs].model, start)


def test_other_potentials_are_not_compared() -> None:
    with pytest.raises(NotMeasured, match="the forces of the two models differ by"):
        check(engine("ase"), lennard_jones(), buckingham(), rattled())


def test_only_buckingham_needs_its_continuation() -> None:
    assert lennard_jones().channel().core is None
    core = buckingham().channel().core
    assert core is not None and core.r < validation_md.CLOSEST


def test_a_row_tells_how_many_times_as_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation_md, "_start", lambda setting, atoms: rattled())
    atoms = len(rattled().kinds)
    [row] = validation_md._measured(Setting(1, True, tmp_path), in_ase(tmp_path, atoms), atoms, tmp_path)
    assert row.ratio is not None and row.unit == "atom-steps/s" and row.peer.endswith("LennardJones")
    times = row.ratio if row.ratio > 1 else 1 / row.ratio
    assert row.remark.startswith(f"{times:.3g} times as ")
