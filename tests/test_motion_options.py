"""From motion to a formula on the command line, and what is said where that cannot be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cli_samples import write_dump
from typer.testing import CliRunner

from interpot.cli import app
from interpot.cli.motion import MotionOptions
from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.statistic.normal_equations import Statistic
from interpot.trajectory.motion import Motion

STEP, EVERY, STIFFNESS = 0.01, 4, 2.0


def call(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert "Traceback" not in result.output
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def springs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Particles of mass 1.5 tied to the origin by springs, velocity Verlet, every fourth step as npz in lj units."""
    random = np.random.default_rng(7)
    x, v = random.normal(size=(40, 3)), random.normal(size=(40, 3))
    xs, vs = [], []
    for k in range(200 * EVERY):
        if k % EVERY == 0:
            xs.append(x)
            vs.append(v)
        a = -STIFFNESS * x / 1.5
        x = x + STEP * v + STEP**2 / 2 * a
        v = v + STEP / 2 * (a - STIFFNESS * x / 1.5)
    path = tmp_path_factory.mktemp("springs") / "springs.npz"
    steps = EVERY * np.arange(200)
    np.savez(path, positions=np.array(xs), velocities=np.array(vs), species=np.array(["A"] * 40), step=steps)
    return path


COMMON = ("--units", "lj", "--cutoff", "0.001", "--field", "x", "--keep-cutoff")


def test_options_are_put_together() -> None:
    asked = MotionOptions(
        "positions", timestep=0.002, masses="Ar=40,Xe=131", width="4,8", substeps=2, noise=0.0
    ).asked()
    assert asked == Motion(
        "positions", timestep=0.002, masses={"Ar": 40.0, "Xe": 131.0}, width=(4, 8), substeps=2, noise=0.0
    )


@pytest.mark.parametrize(
    ("masses", "width", "words"),
    [
        ("Ar=heavy", None, "--masses Ar=heavy: expected a number for each species, such as Ar=39.95"),
        (None, "wide", "--width wide: expected whole numbers of frames"),
        (None, "0", "a width of 0 frames was given: expected 1 or more"),
    ],
)
def test_what_is_no_number_is_said(masses: str | None, width: str | None, words: str) -> None:
    with pytest.raises(InterpotError, match=words):
        MotionOptions(masses=masses, width=width).asked()


@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize("target", [pytest.param("positions", marks=pytest.mark.slow), "momenta"])
def test_a_spring_is_found_from_its_motion(springs: Path, target: str, tmp_path: Path) -> None:
    out = tmp_path / "found"
    words = ["discover", springs, "--units", "lj", "--cutoff", 1e-6, "--field", "r", "--timestep", STEP]
    code, told, error = call(
        *words, "--masses", "A=1.5", "--target", target, "--width", 4, "--search", "none", "-o", out
    )
    assert code == 0, error + told
    (spring,) = [c for c in Potential.load(out / "potential.json").channels if c.kind == "field"]
    r = np.array([0.5, 1.0, 1.5])
    np.testing.assert_allclose(np.diff(spring.energy(r)), np.diff(STIFFNESS * r**2 / 2), rtol=1e-6)
    statistic = Statistic.load(out / "statistics.h5")
    assert statistic.provenance["target"]["target"] == target  # type: ignore[index]


def test_a_step_that_is_not_known_is_asked_for(springs: Path, tmp_path: Path) -> None:
    code, _, error = call("discover", springs, *COMMON, "--masses", "A=1.5", "-o", tmp_path / "out")
    assert code == 1 and "--timestep" in error and len(error.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_unknown_names_are_said_with_those_there_are(springs: Path, tmp_path: Path) -> None:
    for option, value in (("--target", "guessed"), ("--dynamics", "quantum")):
        code, _, error = call("discover", springs, *COMMON, option, value, "-o", tmp_path / "out")
        assert code == 1 and f"'{value}': expected one of" in error and len(error.splitlines()) == 1


def test_options_of_the_motion_beside_recorded_forces_are_said_to_have_no_effect(tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "ne.dump")
    words = ["accumulate", dump, "--units", "metal", "--cutoff", 5, "--keep-cutoff"]
    told = call(*words, "--timestep", 0.001, "--width", 4, "-o", tmp_path / "timed.h5")[1]
    assert "--timestep, --width had no effect: the forces that the files hold were taken" in " ".join(
        told.split()
    )
    assert "no effect" not in call(*words, "-o", tmp_path / "plain.h5")[1]
