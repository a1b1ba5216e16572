"""Fields from Brownian trajectories, and charged particles in a field that is known."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from systems import Frames, crystal

from interpot import Potential, accumulate, discover, read
from interpot.proof.engines import engine
from interpot.records import Cell, Dynamics, Frame, ReferenceModel
from interpot.statistic.normal_equations import Statistic
from interpot.trajectory.motion import Motion
from interpot.units import STYLES
from interpot.workflow import channels

OPEN = Cell(np.zeros((3, 3)), np.zeros(3), (False, False, False))


def brownian(particles: int, frames: int, every: int = 4, step: float = 0.005, seed: int = 11) -> Frames:
    """Independent particles in V = (x² - 1)² + y², D = 0.5, ζ = 1, by Euler and Maruyama."""
    random = np.random.default_rng(seed)
    place, made = np.zeros((particles, 3)), []
    place[:, 0] = 1.0
    kinds = np.zeros(particles, dtype=np.int64)
    for index in range(frames):
        time = index * every * step
        made.append(
            Frame(place.copy(), ("A",), kinds, OPEN, dimension=2, time=time, index=index, source="made")
        )
        for _ in range(every):
            x, y = place[:, 0], place[:, 1]
            slope = np.column_stack([4 * x * (x * x - 1), 2 * y, np.zeros(particles)])
            noise = random.normal(size=(particles, 3)) * [1, 1, 0]
            place += -slope * step + np.sqrt(2 * 0.5 * step) * noise
    return Frames(made, STYLES["lj"])


def fields_of(frames: Frames) -> Statistic:
    asked = [c for c in channels(frames, 1.0, fields=("x", "y")) if c.kind == "field"]
    asked = [replace(c, cutoff=4.0) for c in asked]
    return accumulate(frames, asked, motion=Motion(dynamics="overdamped"), cutoffs="given")


def test_a_single_particle_in_two_dimensions_makes_a_statistic() -> None:
    statistic = fields_of(brownian(1, 60))
    assert statistic.rows == 2 * 58 and [c.label for c in statistic.channels] == ["A@x", "A@y"]


def test_the_potential_of_brownian_motion_in_two_dimensions(tmp_path: Path) -> None:
    discovery = discover(fields_of(brownian(40, 1500)))
    best = discovery.best
    well, trap = best.channel("A@x"), best.channel("A@y")
    assert (well.form, trap.form) == ("Double well", "Harmonic trap")
    found = {p.name: (p.value, p.stderr) for p in (*well.parameters, *trap.parameters)}
    for name, value, allowed in (("D", 1.0, 0.2), ("x_0", 1.0, 0.05), ("k", 2.0, 0.25)):
        assert abs(found[name][0] - value) < min(4 * found[name][1], allowed), (name, found)
    (told,) = (remark for remark in discovery.remarks if remark.startswith("A: temperature "))
    [(kT, last)] = re.findall(r"([\d.]+)\((\d+)\)", told)  # and no friction: it was given
    assert float(kT) == pytest.approx(0.5, abs=0.02) and 0 < int(last) * 10 ** -len(kT.split(".")[1]) < 0.01
    assert told.endswith("by the noise and friction")
    best.save(tmp_path / "potential.json")
    assert Potential.load(tmp_path / "potential.json").provenance["heat baths"]["A"]["mass"] is None


@pytest.fixture(scope="module")
def in_a_field(tmp_path_factory: pytest.TempPathFactory) -> Statistic:
    """Charges in LAMMPS's fix efield beside a pair potential."""
    start = crystal(5.6, 3, ("Na", "Cl"))
    model = ReferenceModel(
        "lammps",
        (
            "pair_style lj/cut 7.0",
            "pair_coeff * * 0.0103 3.4",
            "fix charges all property/atom q",
            "set type 2 charge 1.0",
            "set type 1 charge -1.0",
        ),
        recorded=("fix field all efield 0.02 0.0 0.0",),
    )
    dynamics = Dynamics(0.002, 400, 20, temperature=80.0, equilibration=50)
    ran = engine("lammps").run(model, start, dynamics, STYLES["metal"], tmp_path_factory.mktemp("field"))
    frames = read(ran.trajectory, units="metal")
    asked = channels(frames, 7.0, fields=("charge@x",), charges={"Na": 1.0, "Cl": -1.0})
    return accumulate(frames, asked, cutoffs="given")


@pytest.mark.parametrize("known", [None, {"charge@x": "-0.015*x"}, {"charge@x": "-0.02*x"}])
def test_charged_particles_in_a_uniform_field(in_a_field: Statistic, known: dict[str, str] | None) -> None:
    """The field is found, or what is left of it; where nothing is left, nothing is added to it."""
    found = discover(in_a_field, known=known)
    best = found.best
    for pair in ("Cl-Cl", "Cl-Na", "Na-Na"):
        assert best.channel(pair).form == "Lennard-Jones 12-6"
        assert [p.value for p in best.channel(pair).parameters] == pytest.approx([0.0103, 3.4], rel=1e-9)
    field = best.channel("charge@x")
    np.testing.assert_allclose(-field.slope(np.linspace(2, 15, 5)), 0.02, rtol=1e-9)
    whole = known == {"charge@x": "-0.02*x"}
    assert field.form == "Known" if whole else field.form.startswith("Uniform electric field")
    assert any("nothing is added" in remark for remark in found.remarks) == whole


LJ = "4*0.0103*((3.4/r)**12-(3.4/r)**6)"


@pytest.mark.parametrize("constraints", [(), ("repulsive-core",)])
def test_what_is_known_altogether_is_kept(in_a_field: Statistic, constraints: tuple[str, ...]) -> None:
    known = {"charge@x": "-0.02*x", "Cl-Cl": LJ, "Na-Na": LJ}
    best = discover(in_a_field, known=known, constraints=constraints).best
    assert [c.form for c in best.channels] == ["Known", "Lennard-Jones 12-6", "Known", "Known"]
    best = discover(in_a_field, known={**known, "Cl-Na": LJ}, constraints=constraints).best
    assert {c.form for c in best.channels} == {"Known"} and best.loss.formula < 1e-8
