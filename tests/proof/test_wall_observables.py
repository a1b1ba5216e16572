"""What walls feel: the ideal gas, whose answers are integrals, and LAMMPS, whose forces and energies are its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from observed_runs import curve, found, number, recorded
from proof_systems import channel, potential
from scipy.integrate import quad
from walled_runs import HARMONIC, LJ93, argon, between, lammps, script, wall

from interpot.proof.observables import Measured, Recorded, measure
from interpot.proof.observables.windows import windows
from interpot.proof.observables.work import work
from interpot.proof.verdict import measured_alike
from interpot.records import Cell, Frame, Surface

# ---------------------------------------------------------------------------- an ideal gas, sampled

KT, LENGTH, EDGE, NUMBER, REACH = 1.3, 9.0, 5.0, 150, 2.0
STIFF = {"zlo": 1.0, "zhi": 4.0}  # K of the walls K (r - 2)², r < 2


def energy(z: float | np.ndarray) -> float | np.ndarray:
    low = STIFF["zlo"] * np.minimum(z - REACH, 0) ** 2
    return low + STIFF["zhi"] * np.minimum(LENGTH - z - REACH, 0) ** 2


FREE = quad(lambda z: np.exp(-energy(z) / KT), 0, LENGTH, points=[REACH, LENGTH - REACH])[
    0
]  # ∫ exp(-φ/kT) dz


def ideal_gas(frames: int = 400, dimension: int = 3) -> Recorded:
    """Independent particles drawn from Boltzmann's distribution, and what they push the walls with."""
    random = np.random.default_rng(5)
    grid = np.linspace(0, LENGTH, 20_001)
    share = np.cumsum(np.exp(-energy(grid) / KT))
    axis = dimension - 1
    cell = Cell(
        np.diag([EDGE] * axis + [LENGTH] + [1.0] * (2 - axis)), np.zeros(3), (True, dimension == 3, False)
    )
    made, pushes, places = [], {"lo": [], "hi": []}, "xyz"[axis]
    surfaces = (
        Surface(f"{places}lo", "plane", axis, 1, 0.0),
        Surface(f"{places}hi", "plane", axis, -1, LENGTH),
    )
    for k in range(frames):
        positions, forces = random.random((NUMBER, 3)) * EDGE, np.zeros((NUMBER, 3))
        z = np.interp(random.random(NUMBER), share / share[-1], grid)
        up = -2 * STIFF["zlo"] * np.minimum(z - REACH, 0)
        down = 2 * STIFF["zhi"] * np.minimum(LENGTH - z - REACH, 0)
        positions[:, axis], forces[:, axis] = z, up + down
        flat = np.arange(3) < dimension
        velocities = random.normal(0, np.sqrt(KT / 2.0), (NUMBER, 3)) * flat
        made.append(
            Frame(
                positions * flat, ("A", "B"), np.arange(NUMBER) % 2, cell, dimension, forces * flat, 0.0,
                np.zeros((3, 3)), velocities, np.full(NUMBER, 2.0), time=float(k), index=k, surfaces=surfaces,
            )
        )  # fmt: skip
        pushes["lo"].append(-up.sum())
        pushes["hi"].append(-down.sum())
    thermo = {f"wall force {places}{end}": np.array(series) for end, series in pushes.items()}
    functions = [
        wall(f"{places}{end}", HARMONIC, REACH, {"K": STIFF[f"z{end}"], "r_c": REACH}, species)
        for end in ("lo", "hi")
        for species in "AB"
    ]
    none = [
        channel("Lennard-Jones 12-6", pair, 4.0, epsilon=0.0) for pair in (("A", "A"), ("A", "B"), ("B", "B"))
    ]
    return recorded(made, "lj", thermo=thermo, potential=potential(*none, *functions, units="lj"), reach=4.0)


def near(measured: Measured, exact: float, relative: float) -> None:
    value, error = number(measured)
    assert abs(value - exact) < 3.5 * error
    assert error < relative * abs(exact)


@pytest.mark.parametrize("dimension", [2, 3])
def test_an_ideal_gas_pushes_its_walls(dimension: int) -> None:
    """P = N kT/(A ∫ exp(-φ/kT) dz), by the force on each wall and by the virial theorem."""
    measured = found("wall pressure", ideal_gas(dimension=dimension))
    x, area = "xyz"[dimension - 1], EDGE ** (dimension - 1)
    exact = NUMBER * KT / (area * FREE)
    for name in (f"wall pressure {x}lo", f"wall pressure {x}hi", f"virial pressure along {x}"):
        near(measured[name], exact, 0.03)
    assert FREE < 0.85 * LENGTH  # N kT/V of the box is far off
    near(measured[f"virial balance along {x}"], 1.0, 0.03)
    assert "standard errors from it" in measured[f"virial pressure along {x}"].remark
    assert measured[f"wall pressure {x}lo"].scale == pytest.approx(NUMBER * KT / (area * LENGTH), rel=0.02)


def test_units_of_pressure_are_the_styles() -> None:
    run = ideal_gas(40)
    metal = recorded(run.frames, "metal", thermo=run.thermo)
    one, two = (found("wall pressure", r)["wall pressure zlo"] for r in (run, metal))
    assert number(two)[0] == pytest.approx(number(one)[0] * 1.6021765e6)


def test_an_ideal_gas_is_spread_as_boltzmann_says() -> None:
    """ρ(z) = N exp(-φ/kT)/(A ∫), resolved at the walls; half of it of each species."""
    run = ideal_gas()
    measured = found("profiles", run)
    density = curve(measured["density along z"])
    assert (density.x[0], density.x[-1]) == pytest.approx((0.05, 8.95)) and len(density.x) == 90
    exact = NUMBER / EDGE**2 * np.exp(-energy(density.x) / KT) / FREE
    dense = exact > 0.05
    score = (density.y - exact)[dense] / density.error[dense]
    assert dense.sum() > 50 and np.sqrt(np.mean(score**2)) < 1.6
    parts = [curve(measured[f"density of {name} along z"]).y for name in "AB"]
    np.testing.assert_allclose(parts[0] + parts[1], density.y, rtol=1e-12)
    heat = curve(measured["temperature along z"])
    assert np.sqrt(np.mean(((heat.y - KT) / heat.error) ** 2)) < 1.6


def test_both_runs_have_the_same_slices() -> None:
    run = ideal_gas(64)
    shifted = tuple(
        replace(f, surfaces=tuple(replace(s, position=s.position * 1.01) for s in f.surfaces))
        for f in run.frames
    )
    for one, two in measured_alike("profiles", run, replace(run, frames=shifted, kept={})):
        if one.quantity.name.startswith("density"):
            np.testing.assert_array_equal(curve(one).x, curve(two).x)


def test_shells_about_a_curved_wall() -> None:
    """Uniform points in a ball and in a cylinder have the same density in every shell."""
    random = np.random.default_rng(2)
    for shape, name, dimension in (
        ("sphere", "sphere", 3),
        ("cylinder", "cylinder_z", 3),
        ("cylinder", "cylinder_z", 2),
    ):
        surface = Surface(name, shape, 2 if shape == "cylinder" else 0, -1, 6.0, (1.0, 2.0, 3.0))
        cell = Cell(
            np.diag([20.0, 20.0, 8.0]), np.zeros(3), (False, False, shape == "cylinder" and dimension == 3)
        )
        frames = []
        for _ in range(100):
            arms = random.uniform(-6, 6, (4000, 3))
            ranged = arms if shape == "sphere" else arms[:, :2]
            arms = arms[np.linalg.norm(ranged, axis=1) < 6][:1000] * [1, 1, dimension == 3]
            frames.append(
                Frame(arms + surface.centre, ("A",), np.zeros(1000, dtype=np.int64), cell, dimension,
                      surfaces=(surface,))
            )  # fmt: skip
        density = curve(found("profiles", recorded(frames, "lj", reach=8.0))[f"density along r of {name}"])
        size = 4 / 3 * np.pi * 6**3 if shape == "sphere" else np.pi * 36 * (8 if dimension == 3 else 1)
        assert density.x[-1] == pytest.approx(6.0, abs=0.1)
        filled = slice(5, None)
        score = (density.y[filled] - 1000 / size) / density.error[filled]
        assert np.sqrt(np.mean(score**2)) < 1.6 and density.error[-1] < 0.1 * 1000 / size


def test_curved_walls_are_pushed_outwards() -> None:
    surface = Surface("sphere", "sphere", 0, -1, 5.0)
    frames = [replace(f, surfaces=(surface,)) for f in ideal_gas(20).frames]
    run = recorded(frames, "lj", thermo={"wall force sphere": np.full(40, 7.0)})
    measured = found("wall pressure", run)["wall pressure sphere"]
    assert number(measured)[0] == pytest.approx(7.0 / (4 * np.pi * 25)) and "own position" in measured.remark


def test_what_is_not_recorded_is_said() -> None:
    run = ideal_gas(40)
    bare = [replace(f, forces=None, virial=None) for f in run.frames]
    measured = found("wall pressure", recorded(bare, "lj", potential=run.potential))
    assert "neither pzz with the volume nor virials" in measured["virial pressure along z"].remark
    assert "no forces" in measured["virial balance along z"].remark
    opened = [replace(f, cell=replace(f.cell, periodic=(False, True, False))) for f in run.frames]
    measured = found("wall pressure", recorded(opened, "lj", thermo=run.thermo))["wall pressure zlo"]
    assert measured.remark.startswith("the box is open along x, without walls at both ends")
    assert "see that on the walls" in found("pressure", run)["mean pressure"].remark


# ---------------------------------------------------------------------------- LAMMPS

LIQUID = "pair_style lj/cut 2.5\npair_coeff * * 1.0 1.0"
DUMP = (
    "dump d all custom {every} d.lammpstrj id type element mass x y z vx vy vz fx fy fz\n"
    "dump_modify d sort id format float %.12g units yes time yes element {names}"
)


@pytest.fixture(scope="module")
def fluid(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Lennard-Jones particles between two different 9-3 walls."""
    folder = tmp_path_factory.mktemp("fluid")
    walls = "fix w all wall/lj93 zlo 0.0 1.0 1.0 2.5 zhi 9.0 2.0 0.9 2.2"
    run = f"run 4000\nthermo 20\n{DUMP.format(every=60, names='1')}\nrun 18000"
    thermo = lammps(folder, script(150, (8, 8, 9), walls, run, LIQUID))
    functions = (
        wall("zlo", LJ93, 2.5, {"eps": 1.0, "sig": 1.0}),
        wall("zhi", LJ93, 2.2, {"eps": 2.0, "sig": 0.9}),
    )
    return between(folder, thermo, {"zlo": 0.0, "zhi": 9.0}, argon(*functions))


def test_walls_and_virial_theorem_agree_in_a_fluid(fluid: Recorded) -> None:
    measured = found("wall pressure", fluid)
    low, high, virial = (
        number(measured[name])
        for name in ("wall pressure zlo", "wall pressure zhi", "virial pressure along z")
    )
    for one, two in ((low, high), (low, virial), (high, virial)):
        assert abs(one[0] - two[0]) < 3 * np.hypot(one[1], two[1])
    assert virial[1] < 0.05 * virial[0] and low[1] < 0.05 * low[0]
    near(measured["virial balance along z"], 1.0, 0.3)
    assert not found("work", fluid)


def test_forces_of_lammps_are_those_on_the_walls(fluid: Recorded) -> None:
    """The particles' net force is the opposite of what they do to both walls."""
    for frame in fluid.frames[:20]:
        assert frame.forces is not None and frame.step is not None
        row = int(np.searchsorted(fluid.thermo["step"], frame.step))
        both = sum(fluid.thermo[f"wall force {name}"][row] for name in ("zlo", "zhi"))
        assert frame.forces[:, 2].sum() == pytest.approx(-both, rel=1e-6, abs=1e-9)


def test_speeds_between_walls(fluid: Recorded) -> None:
    """Maxwell's: <v²> = 3kT/m, and nothing at rest."""
    speeds = curve(found("speeds", fluid)["speeds 1"])
    width = speeds.x[1] - speeds.x[0]
    assert speeds.y.sum() * width == pytest.approx(1, abs=0.01)
    temperature, _ = number(found("temperature", fluid)["mean temperature"])
    assert (speeds.y * speeds.x**2).sum() * width == pytest.approx(3 * temperature, rel=0.02)


def test_every_row_measures_between_walls(fluid: Recorded) -> None:
    for row in ("profiles", "speeds", "temperature", "wall pressure", "g(r)", "diffusion"):
        for m in measure(row, fluid):
            assert m.curve is not None and np.isfinite(m.curve.y).all(), m.remark


def driven(folder: Path, every: int) -> Recorded:
    """The upper wall comes down by 1.5 within 0.52 τ, and goes back a quarter of that."""
    moves = "variable z equal 8.0-1.5*sin(3.0*step*dt)"
    walls = f"{moves}\nfix w all wall/lj93 zlo 0.0 1.0 1.0 2.5 zhi v_z 2.0 0.9 2.2"
    run = f"thermo {every}\n{DUMP.format(every=400, names='1')}\nrun 800"
    text = script(
        60, (7, 7, 8), walls, run, f"{LIQUID}\npair_modify shift yes", columns="f_w[1] f_w[2] v_z"
    ).replace("0.005", "0.001")
    thermo = lammps(folder, text)
    return between(folder, thermo, {"zlo": 0.0, "zhi": thermo["v_z"]})


def test_work_is_the_energy_gained(tmp_path: Path) -> None:
    run = driven(tmp_path, 1)
    measured = found("work", run)
    assert list(measured) == ["work of wall zhi", "energy gained less the walls' work"]
    gained = run.thermo["total"][-1] - run.thermo["total"][0]
    assert abs(gained) > 10
    assert number(measured["work of wall zhi"])[0] == pytest.approx(gained, rel=1e-5)
    assert abs(number(measured["energy gained less the walls' work"])[0]) < 1e-5 * abs(gained)
    assert "over 801 rows" in measured["work of wall zhi"].remark
    pressure = found("wall pressure", run)["wall pressure zhi"]
    assert pressure.quantity.x_label == "t" and len(curve(pressure).x) == 16
    heat = curve(found("temperature", run)["temperature"])
    assert len(heat.x) == 16 and np.average(heat.y) == pytest.approx(
        np.mean(run.thermo["temperature"]), rel=0.01
    )
    energies = found("energy", run)
    assert list(energies) == ["potential energy since the start"]
    assert len(curve(energies["potential energy since the start"]).x) == 16
    assert not any(name.startswith("virial") for name in found("wall pressure", run))


def test_coarse_rows_are_told(tmp_path: Path) -> None:
    fine, coarse = (found("work", driven(tmp_path, every))["work of wall zhi"] for every in (1, 40))
    assert number(coarse)[1] > number(fine)[1]
    assert abs(number(coarse)[0] - number(fine)[0]) < 4 * number(coarse)[1]


def test_an_engine_that_sums_up_every_step_is_believed(tmp_path: Path) -> None:
    fine, coarse = (driven(tmp_path, every) for every in (1, 40))
    exact = work(fine.thermo["wall position zhi"], fine.thermo["wall force zhi"])[::40]
    told = replace(coarse, thermo={**coarse.thermo, "wall work zhi": exact + 5.0})
    measured = found("work", told)
    assert number(measured["work of wall zhi"])[0] == pytest.approx(exact[-1])
    assert "summed up by the engine" in measured["work of wall zhi"].remark
    assert abs(number(measured["energy gained less the walls' work"])[0]) < 1e-5 * abs(exact[-1])


def test_the_work_of_a_known_force() -> None:
    """F = c/X², X falling from 4 to 2: W = -∫ F dX = c/4."""
    x = np.linspace(4, 2, 2001)
    assert work(x, 3 / x**2)[-1] == pytest.approx(0.75, rel=1e-6)
    assert work(x[::-1], 3 / x[::-1] ** 2)[-1] == pytest.approx(-0.75, rel=1e-6)


def test_a_trend_is_no_error() -> None:
    """Noise about a straight line: the errors of windows are those of noise alone."""
    random = np.random.default_rng(1)
    time = np.arange(16 * 64.0)
    scores = []
    for _ in range(40):
        told = windows(time, 0.01 * time + random.normal(0, 1, len(time)))
        assert told is not None and len(told.x) == 16
        scores.append((told.y - 0.01 * told.x) / told.error)
        assert np.sqrt(np.mean(told.error**2)) == pytest.approx(1 / 8, rel=0.4)
    assert np.sqrt(np.mean(np.square(scores))) == pytest.approx(
        np.sqrt(6 / 4), rel=0.15
    )  # Student's t, ν = 6
    assert windows(time[:15], time[:15]) is None
    fine, coarse = windows(time, time), windows(time[::3] + 7.0, time[::3])
    assert fine is not None and coarse is not None
    np.testing.assert_allclose(fine.x, coarse.x)
