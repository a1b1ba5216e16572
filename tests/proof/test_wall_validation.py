"""Validation of potentials with walls: standing, moving, on a piston, in a gas without pairs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from proof_systems import TRUTH, Frames, lennard_jones
from wall_systems import WALLS, between, gas, one_body, plane

import interpot
from interpot.errors import InterpotError
from interpot.formula.channel_formula import Loss
from interpot.proof.domain import check_overlap, closeness
from interpot.proof.elsewhere import compressed
from interpot.proof.engines import engine
from interpot.proof.engines.lammps import Lammps
from interpot.proof.forces import PotentialForces
from interpot.proof.validate import validate
from interpot.proof.walls import WalledRun, motions
from interpot.records import Dynamics, Frame, Piston, ReferenceModel, Wall
from interpot.units import unit_style

METAL = unit_style("metal")
ARGUMENTS, FORMULA, _ = WALLS["wall/lj93"]
FOUND = replace(between(one_body(FORMULA), one_body(FORMULA, site="zhi")), loss=Loss(1e-9, 1e-9, 1e-9))
REFERENCE = ReferenceModel(
    "lammps",
    (
        *TRUTH.commands,
        f"fix w gas wall/lj93 zlo v_wall_zlo {ARGUMENTS} zhi v_wall_zhi {ARGUMENTS}",
        "fix_modify w energy yes",
    ),
    series={"f_w[1]": "wall force zlo", "f_w[2]": "wall force zhi"},
)


@pytest.mark.parametrize(
    ("walls", "piston"),
    [
        ((Wall("zhi", "plane", 2, -1, "40 - 2*t"),), None),
        ((), Piston("zhi", 400.0, -0.5, 1.5)),
    ],
    ids=["moving", "piston"],
)
def test_a_reference_run_is_repeated(walls: tuple[Wall, ...], piston: Piston | None, tmp_path: Path) -> None:
    plan = Dynamics(0.002, 200, 20, temperature=200.0, equilibration=20, walls=walls, piston=piston)
    run = Lammps().run(REFERENCE, gas(), plan, METAL, tmp_path, "truth")
    told = validate(FOUND, run, walls=("zlo=0", "zhi=40"), piston=piston, folder=tmp_path)
    assert told.forces is not None and told.forces.relative_error < 1e-8
    found = told.runs["found"].thermo
    assert np.ptp(run.thermo["wall position zhi"]) > 0.1
    for name in ("wall position zhi", "wall force zhi", "total"):
        np.testing.assert_allclose(found[name], run.thermo[name], rtol=1e-7, atol=1e-8)


def test_forces_are_compared_elsewhere_with_walls_that_stand(tmp_path: Path) -> None:
    plan = Dynamics(0.002, 100, 20, temperature=200.0, equilibration=20)
    run = Lammps().run(REFERENCE, gas(), plan, METAL, tmp_path, "truth")
    told = validate(FOUND, run, walls=("zlo=0", "zhi=40"), truth=REFERENCE, folder=tmp_path)
    assert [s.name for s in told.elsewhere] == [
        "frames of its own run",
        "0.75 × temperature",
        "1.5 × temperature",
    ]
    assert [s.verdict for s in told.elsewhere] == ["agrees"] * 3


def moving(place: object, frames: int = 5, time: bool = True) -> Frames:
    start = gas()
    made = [
        replace(
            start,
            surfaces=(plane("zlo", 0.0), plane("zhi", place(0.5 * k))),  # type: ignore[operator]
            time=0.5 * k * METAL.time if time else None,
        )
        for k in range(frames)
    ]
    return Frames(tuple(made))


def test_motions_go_through_the_positions_of_the_frames() -> None:
    found = motions(moving(lambda t: 40.0 - t**2))
    assert [w.name for w in found] == ["zhi"]
    assert found[0].position == "table: 0.0 40.0; 0.5 39.75; 1.0 39.0; 1.5 37.75; 2.0 36.0"
    assert motions(moving(lambda t: 40.0)) == ()
    with pytest.raises(InterpotError, match="the wall zhi moves, but the frames do not tell their times"):
        motions(moving(lambda t: 40.0 - t, time=False))


def test_a_start_without_the_walls_is_told(tmp_path: Path) -> None:
    run = Lammps().run(REFERENCE, gas(), Dynamics(0.002, 20, 20), METAL, tmp_path, "truth")
    with pytest.raises(InterpotError, match="does not say where the wall zhi of the potential is"):
        validate(FOUND, run, walls=("zlo=0",), folder=tmp_path)


def alone(z: float) -> Frame:
    """One atom at a height."""
    start = gas(1)
    return replace(start, positions=np.array([[15.0, 15.0, z]]), forces=np.zeros((1, 3)))


def test_a_gas_without_pairs_in_reach_is_fine() -> None:
    check_overlap(FOUND, [alone(20.0)])
    near = replace(alone(4.0), forces=np.array([[0.0, 0.0, 0.1]]))
    check_overlap(FOUND, [near])
    far = replace(alone(20.0), forces=np.array([[0.0, 0.0, 0.1]]))
    with pytest.raises(InterpotError, match="though there are forces"):
        check_overlap(FOUND, [far])


def test_particles_closer_to_a_wall_than_sampled_are_counted() -> None:
    low = FOUND.channels[1].domain[0]
    assert closeness(FOUND, [alone(low * 1.01)]).closer == 0.0
    assert closeness(FOUND, [alone(low * 0.99)]).closer == 1.0
    assert closeness(FOUND, [alone(20.0)]).pairs == 0


def test_walls_are_compressed_with_their_box() -> None:
    small = compressed(gas(), 8.0)
    assert [s.position for s in small.surfaces] == [0.0, 20.0]
    assert (PotentialForces(lennard_jones())(small).forces != 0).any()


@pytest.mark.parametrize("name", ["ase", "openmm"])
def test_engines_of_pairs_refuse_walls(name: str, tmp_path: Path) -> None:
    program = engine(name)
    with pytest.raises(InterpotError, match="runs pair functions only, but Ar-zlo, Ar-zhi"):
        program.evaluate(FOUND, gas(), METAL)
    plan = Dynamics(0.002, 100, 50, walls=(Wall("zhi", "plane", 2, -1, "40"),))
    with pytest.raises(InterpotError, match="runs pair functions only, but the wall zhi"):
        program.run(lennard_jones(), gas(), plan, METAL, tmp_path)


def test_the_calculator_refuses_walls() -> None:
    with pytest.raises(InterpotError, match="the calculator runs pair functions only"):
        interpot.calculator(FOUND)


def test_a_function_of_time_is_taken_as_it_is(tmp_path: Path) -> None:
    """Not as straight lines between the frames, and counted from the first of them."""
    plan = Dynamics(0.002, 40, 20, walls=(Wall("zhi", "plane", 2, -1, "40 - sin(9*t)"),))
    run = Lammps().run(REFERENCE, gas(), plan, METAL, tmp_path, "truth")
    words = (Wall("zhi", "plane", 2, -1, "40 - sin(9*t)"),)
    (table,) = motions(WalledRun(run, walls=("zlo=0", "zhi=40")))
    assert table.position.startswith("table: 0.0 40.0; 0.04")
    frames = [
        replace(f, surfaces=(plane("zhi", 40.0 - k),), time=(2.0 + k) * METAL.time)
        for k, f in enumerate((gas(), gas()))
    ]
    late = Frames(tuple(frames))
    object.__setattr__(late, "walls", words)
    assert motions(late)[0].position in ("40 - sin(9*t + 18.0)", "40 - sin(9*(t + 2.0))")
