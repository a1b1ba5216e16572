"""Walls and fields of a potential against LAMMPS's own, at rest, moving, curved, in two dimensions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from proof_systems import TRUTH, lennard_jones, mixture
from wall_systems import WALLS, between, gas, one_body, plane

import interpot
from interpot.errors import InterpotError
from interpot.proof.engines.lammps import Lammps
from interpot.proof.engines.wall_motion import table_words
from interpot.proof.forces import PotentialForces
from interpot.records import Dynamics, Evaluation, Frame, ReferenceModel, Surface, Wall
from interpot.units import unit_style

METAL = unit_style("metal")
LJ93 = WALLS["wall/lj93"]


def reference(*lines: str, **kwargs: object) -> ReferenceModel:
    """Argon with walls and fields in LAMMPS's words; every fix counts in the energy."""
    fixes = [f"fix_modify {line.split()[1]} energy yes" for line in lines if line.startswith("fix ")]
    return ReferenceModel("lammps", (*TRUTH.commands, *lines, *fixes), **kwargs)  # type: ignore[arg-type]


def assert_alike(found: Evaluation, wanted: Evaluation, tolerance: float = 1e-10) -> None:
    size = np.sqrt(np.mean(wanted.forces**2))
    np.testing.assert_allclose(found.forces, wanted.forces, rtol=0, atol=tolerance * size)
    assert found.energy == pytest.approx(wanted.energy, rel=tolerance)
    assert found.virial is not None and wanted.virial is not None
    np.testing.assert_allclose(found.virial, wanted.virial, rtol=0, atol=1e-10 * np.abs(wanted.virial).max())


@pytest.mark.parametrize("style", WALLS)
def test_plane_walls_are_those_of_lammps(style: str) -> None:
    arguments, formula, cutoff = WALLS[style]
    frame = gas()
    truth = reference(f"fix w gas {style} zlo v_wall_zlo {arguments} zhi 40.0 {arguments}")
    wanted = Lammps().evaluate(truth, frame, METAL)
    found = between(*(one_body(formula, site=site, cutoff=cutoff) for site in ("zlo", "zhi")))
    assert np.abs(wanted.forces - Lammps().evaluate(TRUTH, frame, METAL).forces).max() > 1e-3
    assert_alike(Lammps().evaluate(found, frame, METAL), wanted)
    assert_alike(PotentialForces(found)(frame), wanted)


def test_each_species_has_its_own_wall() -> None:
    frame = gas(species=("Ne", "Xe"), surfaces=(plane("zlo", 0.0),))
    found = between(
        one_body("1/r**9", ("Ne",)), one_body("0.01*exp(3 - r)", ("Xe",), cutoff=6.0), pairs=mixture()
    )
    assert_alike(Lammps().evaluate(found, frame, METAL), PotentialForces(found)(frame))


def test_a_gas_that_only_sees_the_walls() -> None:
    frame = gas()
    found = replace(between(one_body(LJ93[1])), channels=(one_body(LJ93[1]),))
    ours = PotentialForces(found)(frame)
    engine = Lammps().evaluate(found, frame, METAL)
    np.testing.assert_allclose(engine.forces, ours.forces, rtol=0, atol=1e-14)
    assert (ours.forces[frame.positions[:, 2] > 8.0] == 0).all()


@pytest.mark.parametrize("shape", ["cylinder", "sphere"])
def test_curved_walls_are_regions_of_lammps(shape: str) -> None:
    centre = (15.0, 14.0, 20.0)
    away = gas().positions - np.array(centre)
    if shape == "cylinder":
        away[:, 2] = 0.0
    xi = np.linalg.norm(away, axis=1)
    radius = float(xi.max() + 2.5)
    surface = Surface("vessel", shape, 2, -1, radius, centre)
    frame = replace(gas(), surfaces=(surface,), cell=replace(gas().cell, periodic=(False, False, False)))
    place = "cylinder z 15.0 14.0" if shape == "cylinder" else "sphere 15.0 14.0 20.0"
    ends = " INF INF" if shape == "cylinder" else ""
    truth = reference(
        f"region vessel {place} {radius!r}{ends} side in",
        "fix w gas wall/region vessel lj93 0.01 3.2 8.0",
    )
    wanted = Lammps().evaluate(truth, frame, METAL)
    found = between(one_body(LJ93[1], site="vessel"))
    assert np.abs(wanted.forces - Lammps().evaluate(TRUTH, frame, METAL).forces).max() > 1e-3
    assert_alike(Lammps().evaluate(found, frame, METAL), wanted)
    assert_alike(PotentialForces(found)(frame), wanted)


def test_particles_outside_a_sphere() -> None:
    frame = gas()
    nearest = np.linalg.norm(frame.positions - 15.0, axis=1).min()
    ball = Surface("ball", "sphere", 0, 1, float(nearest - 2.0), (15.0, 15.0, 15.0))
    found = between(one_body("0.3*exp(-r)", site="ball"))
    frame = replace(frame, surfaces=(ball,))
    assert_alike(Lammps().evaluate(found, frame, METAL), PotentialForces(found)(frame))


def test_a_uniform_field_is_addforce() -> None:
    frame = gas(surfaces=())
    wanted = Lammps().evaluate(
        reference(
            "variable f atom -0.002", "variable e atom 0.002*z", "fix g gas addforce 0.0 0.0 v_f energy v_e"
        ),
        frame,
        METAL,
    )
    found = between(one_body("0.002*r", kind="field", site="z", cutoff=50.0))
    assert_alike(Lammps().evaluate(found, frame, METAL), wanted)
    assert_alike(PotentialForces(found)(frame), wanted)


FIELDS = {
    "a power of a negative coordinate": ("-0.001*r**2 - r**3/30000 + 0.2*exp(-r**2/50)", "x"),
    "a trap": ("0.001*r**2 + 0.1*cos(r/3)", "r"),
    "functions": ("0.02*tanh(r/7) - 0.01*log(r**2 + 1) + 0.05*Max(0, r - 2)**2*cosh(r/30)", "y"),
}


@pytest.mark.parametrize("name", FIELDS)
def test_fields_in_lammps_are_ours(name: str) -> None:
    text, coordinate = FIELDS[name]
    frame, centre = gas(species=("Ne", "Xe"), surfaces=()), (14.0, 16.0, 18.0)
    charged = one_body(text, ("Ne", "Xe"), coordinate, 60.0, "field", (1.0, -0.5), centre)
    found = between(charged, pairs=mixture())
    assert_alike(Lammps().evaluate(found, frame, METAL), PotentialForces(found)(frame))


def test_forces_are_slopes_of_the_energy() -> None:
    frame = gas(12)
    found = between(
        one_body(LJ93[1]),
        one_body("0.001*r**2", kind="field", site="r", cutoff=99.0, centre=(15.0, 15.0, 20.0)),
    )
    evaluate, step = PotentialForces(found), 1e-5
    for k, axis in ((0, 2), (5, 0)):
        ends = []
        for sign in (1, -1):
            positions = frame.positions.copy()
            positions[k, axis] += sign * step
            ends.append(evaluate(replace(frame, positions=positions)).energy)
        assert evaluate(frame).forces[k, axis] == pytest.approx(-(ends[0] - ends[1]) / (2 * step), rel=1e-6)


def test_two_dimensions() -> None:
    frame = gas(40, (plane("ylo", 0.0), plane("yhi", 40.0)), dimension=2)
    arguments = LJ93[0]
    truth = reference(f"fix w gas wall/lj93 ylo 0.0 {arguments} yhi 40.0 {arguments}")
    found = between(one_body(LJ93[1], site="ylo"), one_body(LJ93[1], site="yhi"))
    assert_alike(Lammps().evaluate(found, frame, METAL), Lammps().evaluate(truth, frame, METAL))


def frames_of(run: interpot.MdRun, dimension: int = 3) -> list[Frame]:
    return list(interpot.read(run.trajectory, units=run.units.name, dimension=dimension))


@pytest.mark.parametrize(
    "position", ["40 - 2*t", "40 - sin(3*t)", "table: 0 40; 0.1 39.5; 0.2 39.6; 0.4 39.0"]
)
def test_a_moving_wall_moves_alike(position: str, tmp_path: Path) -> None:
    """The same trajectory as with LAMMPS's own wall at the same place, with the walls at rest before."""
    arguments = LJ93[0]
    truth = reference(
        f"fix w gas wall/lj93 zlo v_wall_zlo {arguments} zhi v_wall_zhi {arguments}",
        series={"f_w[1]": "wall force zlo", "f_w[2]": "wall force zhi"},
    )
    walls = (Wall("zhi", "plane", 2, -1, position),)
    plan = Dynamics(0.002, 200, 20, temperature=200.0, equilibration=50, walls=walls)
    found = between(one_body(LJ93[1]), one_body(LJ93[1], site="zhi"))
    wanted = Lammps().run(truth, gas(), plan, METAL, tmp_path, "truth")
    run = Lammps().run(found, gas(), plan, METAL, tmp_path, "found")
    for one, two in zip(frames_of(wanted), frames_of(run), strict=True):
        np.testing.assert_allclose(two.positions[:, 2], one.positions[:, 2], rtol=0, atol=1e-8)
    for name in ("wall position zlo", "wall position zhi", "wall force zlo", "wall force zhi", "total"):
        np.testing.assert_allclose(run.thermo[name], wanted.thermo[name], rtol=1e-7, atol=1e-8)
    t = run.thermo["time"]
    expected = {
        "40 - 2*t": 40 - 2 * t,
        "40 - sin(3*t)": 40 - np.sin(3 * t),
        "table: 0 40; 0.1 39.5; 0.2 39.6; 0.4 39.0": np.interp(t, [0, 0.1, 0.2, 0.4], [40, 39.5, 39.6, 39.0]),
    }[position]
    np.testing.assert_allclose(run.thermo["wall position zhi"], expected, atol=1e-12)
    assert np.ptp(run.thermo["wall position zlo"]) == 0


def test_the_force_on_a_wall_is_that_of_the_particles(tmp_path: Path) -> None:
    """Recorded forces are those of pairs, walls and fields; of the momentum that a wall takes up, all is told."""
    found = between(
        one_body(LJ93[1]),
        one_body(LJ93[1], site="zhi"),
        one_body("0.001*r", kind="field", site="z", cutoff=99.0),
    )
    run = Lammps().run(found, gas(), Dynamics(0.002, 100, 50), METAL, tmp_path)
    for k, frame in enumerate(frames_of(run)):
        frame = replace(frame, surfaces=gas().surfaces)
        ours = PotentialForces(found)(frame)
        assert frame.forces is not None
        np.testing.assert_allclose(frame.forces, ours.forces, rtol=0, atol=1e-8)
        assert run.thermo["potential"][k] == pytest.approx(ours.energy, rel=1e-9)
        net = run.thermo["wall force zlo"][k] + run.thermo["wall force zhi"][k]
        assert -frame.forces[:, 2].sum() == pytest.approx(net + 0.001 * len(frame.kinds), abs=1e-9)
    assert np.ptp(run.thermo["total"]) < 1e-3 * run.thermo["kinetic"][0]  # pairs jump at their cutoff


def test_the_force_on_a_curved_wall_points_outwards(tmp_path: Path) -> None:
    radius = float(np.linalg.norm(gas().positions - (15.0, 15.0, 20.0), axis=1).max() + 2.0)
    vessel = Surface("vessel", "sphere", 0, -1, radius, (15.0, 15.0, 20.0))
    frame = replace(gas(), surfaces=(vessel,), cell=replace(gas().cell, periodic=(False, False, False)))
    found = between(one_body("0.3*exp(-r)", site="vessel"))
    run = Lammps().run(found, frame, Dynamics(0.002, 20, 20), METAL, tmp_path)
    s = radius - np.linalg.norm(frame.positions - (15.0, 15.0, 20.0), axis=1)
    assert run.thermo["wall force vessel"][0] == pytest.approx((0.3 * np.exp(-s[s < 8.0])).sum(), rel=1e-9)
    np.testing.assert_allclose(run.thermo["wall position vessel"], radius, rtol=1e-15)


def test_a_wall_that_the_reference_moves_itself(tmp_path: Path) -> None:
    lines = ("fix w gas wall/lj93 zhi 40.0 0.01 3.2 8.0",)
    moved = (
        "variable place equal 40-2*time",
        "fix w gas wall/lj93 zhi v_place 0.01 3.2 8.0",
        "fix_modify w energy yes",
    )
    truth = reference(
        *lines, recorded=moved, series={"v_place": "wall position zhi", "f_w[1]": "wall force zhi"}
    )
    plan = Dynamics(0.002, 100, 50, temperature=200.0, equilibration=20)
    run = Lammps().run(truth, gas(), plan, METAL, tmp_path)
    np.testing.assert_allclose(run.thermo["wall position zhi"], [40.0, 39.8, 39.6])


def test_bad_walls_are_told() -> None:
    found = between(one_body(LJ93[1]))
    engine = Lammps()
    with pytest.raises(InterpotError, match="has the walls zlo, but the configuration to run has zhi"):
        engine.evaluate(found, gas(surfaces=(plane("zhi", 40.0),)), METAL)
    with pytest.raises(InterpotError, match="a particle is on a wall or beyond it"):
        engine.evaluate(found, gas(surfaces=(plane("zlo", 10.0),)), METAL)
    ball = Surface("zlo", "sphere", 0, -1, 10.0, (15.0, 15.0, 20.0))
    with pytest.raises(InterpotError, match="a particle is on a wall or beyond it"):
        engine.evaluate(found, gas(surfaces=(ball,)), METAL)
    with pytest.raises(InterpotError, match="LAMMPS's variables cannot express 'erf"):
        engine.evaluate(between(one_body("erf(r)/r", kind="field", site="r")), gas(), METAL)


@pytest.mark.parametrize(
    ("walls", "words"),
    [
        ((Wall("xlo", "plane", 0, 1, "0"),), "move the wall xlo, but the walls of the start are zlo, zhi"),
        ((Wall("zhi", "plane", 2, -1, "log:v_z"),), "the position 'log:v_z' of the wall zhi"),
        ((Wall("zhi", "plane", 2, -1, "table: 0 1; 0 2"),), "times that do not increase"),
    ],
)
def test_bad_motions_are_told(walls: tuple[Wall, ...], words: str, tmp_path: Path) -> None:
    plan = Dynamics(0.002, 100, 50, walls=walls)
    with pytest.raises(InterpotError, match=words):
        Lammps().run(between(one_body(LJ93[1])), gas(), plan, METAL, tmp_path)


def test_a_reference_whose_wall_stands_elsewhere_is_told(tmp_path: Path) -> None:
    truth = reference("fix w gas wall/lj93 zhi 40.0 0.01 3.2 8.0")
    plan = Dynamics(0.002, 100, 50, walls=(Wall("zhi", "plane", 2, -1, "40 - t"),))
    with pytest.raises(InterpotError, match="write v_wall_zhi for its position"):
        Lammps().run(truth, gas(), plan, METAL, tmp_path)


def test_tables_keep_only_the_corners() -> None:
    t = np.linspace(0, 3, 31)
    x = np.where(t < 1, 40.0, 41.0 - t)
    assert table_words(t, x) == "table: 0.0 40.0; 1.0 40.0; 3.0 38.0"
    assert table_words(t, np.full(31, 40.0)) == "40.0"
    assert lennard_jones().channels[0].kind == "pair"
