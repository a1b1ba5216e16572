"""Forces in states that no fit has seen: the error of a constant shows everywhere, and closeness is counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from proof_systems import Frames, disordered, lennard_jones, mixture

from interpot.neighbours import pairs
from interpot.proof.elsewhere import STATES, compressed, elsewhere, on_frames, on_own_frames, on_trajectory
from interpot.proof.engines.lammps import Lammps
from interpot.proof.forces import PairForces
from interpot.records import Cell, Dynamics, ReferenceModel
from interpot.units import unit_style

METAL = unit_style("metal")
TRUTH = ReferenceModel("lammps", ("pair_style lj/cut 8.0", "pair_coeff 1 1 0.0103 3.405"))
PLAN = Dynamics(0.002, 100, 50, temperature=150.0)


def test_a_wrong_constant_shows_in_every_state() -> None:
    wrong = lennard_jones(epsilon=0.0103 * 1.001)
    counted: list[int] = []
    states = list(
        elsewhere(wrong, TRUTH, Lammps(), disordered(), PLAN, METAL, lambda done, total: counted.append(done))
    )
    assert [s.name for s in states] == [name for name, _, _ in STATES]
    for state in states:
        assert state.forces is not None and state.verdict == "differs"
        assert "fitted to a relative error of 1e-09, here it is 0.001" in state.remark
        assert state.forces.relative_error == pytest.approx(1e-3, rel=1e-6)
    assert counted == sorted(counted) and counted[-1] == 1500 * len(STATES)
    hot, cold = states[1], states[0]
    assert hot.shortest < cold.shortest


def test_frames_of_its_own_run() -> None:
    """LAMMPS is asked, whatever forces the frames hold."""
    frames = [replace(disordered(seed=k), forces=np.ones((108, 3))) for k in range(3)]
    state = on_own_frames(lennard_jones(epsilon=0.0103 * 1.01), TRUTH, Lammps(), frames, METAL)
    assert state.forces is not None and state.forces.frames == 3
    assert state.forces.relative_error == pytest.approx(1e-2, rel=1e-6)


def test_types_count_the_species_in_sorted_order() -> None:
    """Whatever the order in which the start names them: LAMMPS's type 1 is neon."""
    commands = (
        "pair_style lj/cut 9.5",
        "pair_coeff 1 1 0.0031 2.74 6.0",
        "pair_coeff 1 2 0.0064 3.35 8.0",
        "pair_coeff 2 2 0.0190 4.10 9.5",
    )
    frame = disordered(("Ne", "Xe"))
    turned = replace(frame, species=("Xe", "Ne"), kinds=1 - frame.kinds)
    for start in (frame, turned):
        state = on_own_frames(mixture(), ReferenceModel("lammps", commands), Lammps(), [start], METAL)
        assert state.forces is not None and state.forces.relative_error < 1e-12


def test_a_trajectory_is_called_by_its_file() -> None:
    truth = PairForces(lennard_jones())
    frames = tuple(replace(disordered(seed=k), forces=truth(disordered(seed=k)).forces) for k in range(2))
    state = on_trajectory(lennard_jones(), Frames(frames))
    assert state.forces is not None and state.forces.relative_error < 1e-12
    assert state.verdict == "agrees" and state.remark == ""
    assert state.name == ", ".join(path.name for path in Frames(frames).sources)


def test_pairs_closer_than_any_that_was_sampled_are_counted() -> None:
    frame = disordered()
    r = np.sort(pairs(frame, 8.0).r)
    low = float((r[6] + r[7]) / 2)
    found = lennard_jones()
    narrow = replace(found, channels=(replace(found.channels[0], domain=(low, 8.0)),))
    state = on_frames("here", narrow, [replace(frame, forces=PairForces(found)(frame).forces)], METAL)
    assert state.closer == pytest.approx(7 / len(r)) and state.shortest == pytest.approx(r[0])


@pytest.mark.parametrize("factor", [0.5, 1.3])
def test_the_density_is_what_was_asked_for(factor: float) -> None:
    frame = disordered()
    dense = compressed(frame, factor)
    volume = [abs(np.linalg.det(f.cell.vectors)) for f in (frame, dense)]
    assert volume[0] / volume[1] == pytest.approx(factor)
    inverse = [f.positions @ np.linalg.inv(f.cell.vectors) for f in (frame, dense)]
    np.testing.assert_allclose(inverse[0], inverse[1], atol=1e-12)


def test_an_open_system_has_no_density() -> None:
    cluster = replace(disordered(), cell=Cell(np.eye(3) * 20, np.zeros(3), (False, False, False)))
    names = [s.name for s in elsewhere(lennard_jones(), TRUTH, Lammps(), cluster, PLAN, METAL)]
    assert names == [name for name, _, density in STATES if density == 1.0]


def test_a_state_that_cannot_be_run_says_why(tmp_path: Path) -> None:
    broken = replace(TRUTH, commands=("pair_style lj/cut 8.0", "pair_coeff 1 1 0.0103"))
    states = list(elsewhere(lennard_jones(), broken, Lammps(), disordered(), PLAN, METAL))
    assert len(states) == len(STATES)
    assert all(
        s.forces is None and s.verdict == "cannot tell" and "pair_coeff 1 1 0.0103" in s.remark
        for s in states
    )
