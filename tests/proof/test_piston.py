"""A free piston in LAMMPS against its own integration here, and against the energy that it must keep."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from proof_systems import TRUTH
from wall_systems import WALLS, between, gas, one_body, plane

import interpot
from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.proof.engines.lammps import Lammps
from interpot.proof.forces import PotentialForces
from interpot.records import Dynamics, FloatArray, Frame, MdRun, Piston, ReferenceModel, Surface
from interpot.units import UnitStyle, unit_style

METAL = unit_style("metal")
ARGUMENTS, FORMULA, CUTOFF = WALLS["wall/lj93"]
FOUND = between(one_body(FORMULA), one_body(FORMULA, site="zhi"))
REFERENCE = ReferenceModel(
    "lammps",
    (
        *TRUTH.commands,
        f"fix w gas wall/lj93 zlo v_wall_zlo {ARGUMENTS} zhi v_wall_zhi {ARGUMENTS}",
        "fix_modify w energy yes",
    ),
    series={"f_w[1]": "wall force zlo", "f_w[2]": "wall force zhi"},
)
PISTON = Piston("zhi", mass=400.0, load=-0.5, velocity=1.5)
PLAN = Dynamics(0.002, 100, 10, piston=PISTON)


def integrated(
    potential: Potential, start: Frame, plan: Dynamics, units: UnitStyle
) -> tuple[FloatArray, list[FloatArray]]:
    """Velocity Verlet of particles and piston in internal units: the piston's places, the particles' at each frame."""
    assert plan.piston is not None and start.velocities is not None and start.masses is not None
    h, load = plan.timestep * units.time, plan.piston.load * units.force
    wall = next(s for s in start.surfaces if s.name == plan.piston.wall)
    x, v, mass = start.positions.copy(), start.velocities.copy(), start.masses[:, None]
    place, speed, heavy = wall.position, plan.piston.velocity * units.velocity, plan.piston.mass * units.mass
    evaluate = PotentialForces(potential)
    channel = next(c for c in potential.channels if c.site == wall.name)

    def forces() -> tuple[FloatArray, float]:
        moved = tuple(replace(s, position=place) if s is wall else s for s in start.surfaces)
        s = wall.inward * (x[:, wall.axis] - place)
        push = wall.inward * float(channel.slope(s / potential.units.length).sum()) * potential.units.force
        return evaluate(replace(start, positions=x, surfaces=moved)).forces, push + load

    places, frames = [place], [x.copy()]
    f, push = forces()
    for step in range(1, plan.steps + 1):
        v += 0.5 * h * f / mass
        speed += 0.5 * h * push / heavy
        x += h * v
        place += h * speed
        f, push = forces()
        v += 0.5 * h * f / mass
        speed += 0.5 * h * push / heavy
        if step % plan.every == 0:
            places.append(place)
            frames.append(x.copy())
    return np.array(places), frames


def assert_follows(run: MdRun, places: FloatArray, frames: list[FloatArray], start: Frame) -> None:
    np.testing.assert_allclose(run.thermo["wall position zhi"] * run.units.length, places, rtol=0, atol=2e-7)
    recorded = list(interpot.read(run.trajectory, units=run.units.name))
    edges = np.diag(start.cell.vectors) * (1, 1, 1e9)
    for frame, wanted in zip(recorded, frames, strict=True):
        assert len(frame.kinds) == len(start.kinds)
        away = frame.positions - wanted
        assert np.abs(away - edges * np.round(away / edges)).max() < 1e-6


@pytest.mark.parametrize("style", ["metal", "real"])
def test_a_piston_moves_as_newton_has_it(style: str, tmp_path: Path) -> None:
    units = unit_style(style)
    like = replace(
        PLAN,
        timestep=PLAN.timestep * METAL.time / units.time,
        piston=replace(
            PISTON,
            load=PISTON.load * METAL.force / units.force,
            velocity=PISTON.velocity * METAL.velocity / units.velocity,
        ),
    )
    run = Lammps().run(FOUND, gas(), like, units, tmp_path)
    assert_follows(run, *integrated(FOUND, gas(), like, units), gas())


def test_the_piston_of_a_reference_is_the_same(tmp_path: Path) -> None:
    wanted = Lammps().run(REFERENCE, gas(), PLAN, METAL, tmp_path, "truth")
    run = Lammps().run(FOUND, gas(), PLAN, METAL, tmp_path, "found")
    names = (
        "wall position zhi",
        "wall velocity zhi",
        "wall force zhi",
        "wall force zlo",
        "temperature",
        "total",
    )
    for name in names:
        np.testing.assert_allclose(run.thermo[name], wanted.thermo[name], rtol=1e-8, atol=1e-9)


def test_a_piston_keeps_the_energy(tmp_path: Path) -> None:
    """E_gas + M V²/2 - load X is conserved, after an equilibration in which the piston stands."""
    plan = Dynamics(0.001, 2000, 100, temperature=200.0, equilibration=100, piston=PISTON)
    thermo = Lammps().run(REFERENCE, gas(40), plan, METAL, tmp_path).thermo
    place, speed = thermo["wall position zhi"], thermo["wall velocity zhi"]
    assert place[0] == pytest.approx(40.0, abs=1e-12) and speed[0] == pytest.approx(1.5, rel=1e-12)
    own = 0.5 * METAL.mvv2e * PISTON.mass * speed**2 - PISTON.load * place
    assert np.ptp(own) > 0.1
    assert np.ptp(thermo["total"] + own) < 0.01 * np.ptp(own)  # pairs jump at their cutoff


def test_the_atom_that_carries_the_piston_is_no_particle(tmp_path: Path) -> None:
    run = Lammps().run(FOUND, gas(), PLAN, METAL, tmp_path)
    still = Lammps().run(FOUND, gas(), replace(PLAN, piston=None), METAL, tmp_path, "still")
    for name in ("temperature", "potential", "kinetic", "total"):
        assert run.thermo[name][0] == pytest.approx(still.thermo[name][0], rel=1e-12)
    # LAMMPS's box ends a little beyond the piston
    assert run.thermo["pressure"][0] == pytest.approx(still.thermo["pressure"][0], rel=2e-4)


def test_two_dimensions(tmp_path: Path) -> None:
    start = gas(40, (plane("ylo", 0.0), plane("yhi", 40.0)), dimension=2)
    found = between(one_body(FORMULA, site="ylo"), one_body(FORMULA, site="yhi"))
    plan = replace(PLAN, piston=replace(PISTON, wall="yhi"))
    run = Lammps().run(found, start, plan, METAL, tmp_path)
    places, _ = integrated(found, start, plan, METAL)
    np.testing.assert_allclose(run.thermo["wall position yhi"], places, rtol=0, atol=2e-7)


@pytest.mark.parametrize(
    ("piston", "surfaces", "words"),
    [
        (Piston("xhi", 1.0, 0.0), None, "move the wall xhi, but the walls of the start are zlo, zhi"),
        (Piston("zhi", 0.0, 0.0), None, "mass of the piston zhi is 0"),
        (
            Piston("zhi", 1.0, 0.0),
            (plane("zlo", 0.0), Surface("zhi", "sphere", 0, -1, 90.0, (15.0, 15.0, 20.0))),
            "cannot be a piston: expected a plane",
        ),
    ],
)
def test_bad_pistons_are_told(
    piston: Piston, surfaces: tuple[Surface, ...] | None, words: str, tmp_path: Path
) -> None:
    start = gas() if surfaces is None else gas(surfaces=surfaces)
    with pytest.raises(InterpotError, match=words):
        Lammps().run(FOUND, start, replace(PLAN, piston=piston), METAL, tmp_path)


def test_a_reference_must_tell_the_force_on_its_piston(tmp_path: Path) -> None:
    with pytest.raises(InterpotError, match="nothing tells the force on the piston zhi"):
        Lammps().run(replace(REFERENCE, series={}), gas(), PLAN, METAL, tmp_path)
