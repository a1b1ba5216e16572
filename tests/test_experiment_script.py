"""Experiment scripts: options that they take, and experiments of several runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from rich.console import Console
from typer.testing import CliRunner

import interpot
from interpot import Dynamics, Experiment, InterpotError, ReferenceModel, from_atoms
from interpot.cli import app
from interpot.experiment_script import load_experiment, parse_options, script_options
from interpot.report.terminal import Terminal
from interpot.session import Session

SCRIPT = """
from __future__ import annotations
from typing import Literal
from ase.build import bulk
from interpot import Dynamics, Experiment, ReferenceModel, from_atoms

def experiment(
    species: Literal["one", "several"] = "one", dimension: Literal[2, 3] = 3, seed: int = 7, warm: float = 1.5
) -> Experiment:
    if seed < 0:
        raise ValueError("a negative seed")
    return Experiment(
        name=f"{species}_{dimension!r}_{seed!r}_{warm!r}", title="", units="metal", reference=ReferenceModel("lammps"),
        start=from_atoms(bulk("Ar", cubic=True)), dynamics=Dynamics(0.002, 10, 10), cutoff=8.0,
    )
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


def test_options_become_arguments_of_their_types(script: Path) -> None:
    assert load_experiment(script).name == "one_3_7_1.5"
    words = ["--species", "several", "--dimension=2", "--seed", "-0", "--warm", "2"]
    assert load_experiment(script, parse_options(words)).name == "several_2_0_2.0"


def test_a_script_says_which_options_it_takes(script: Path) -> None:
    assert script_options(script) == {
        "species": "one (default) or several",
        "dimension": "2 or 3 (default)",
        "seed": "a whole number (7 by default)",
        "warm": "a number (1.5 by default)",
    }
    shown = CliRunner().invoke(app, ["run", str(script), "--options"], catch_exceptions=False)
    assert shown.exit_code == 0
    assert shown.stdout.splitlines()[:2] == [
        "--species one (default) or several",
        "--dimension 2 or 3 (default)",
    ]


@pytest.mark.parametrize(
    ("words", "holds"),
    {
        ("--colour", "red"): ("no option --colour", "--species one (default) or several; --dimension"),
        ("--species", "two"): ("--species two", "expected one (default) or several"),
        ("--seed", "1.5"): ("--seed 1.5", "expected a whole number (7 by default)"),
        ("--seed",): ("--seed has no value",),
        ("--seed", "--species", "one"): ("--seed has no value",),
        ("--seed", "1", "--seed=2"): ("--seed is given twice",),
        ("several",): ("'several' belongs to no option",),
        ("--seed", "-3"): ('raise ValueError("a negative seed")', "ValueError: a negative seed"),
    }.items(),
)
@pytest.mark.parametrize("command", ["run", "simulate"])
def test_bad_options_are_one_sentence(
    script: Path, tmp_path: Path, words: tuple[str, ...], holds: tuple[str, ...], command: str
) -> None:
    result = CliRunner().invoke(
        app, [command, str(script), "--out", str(tmp_path / "out"), *words], catch_exceptions=False
    )
    assert result.exit_code == 1 and len(result.stderr.splitlines()) == 1
    assert all(part in result.stderr for part in holds)
    assert not (tmp_path / "out").exists()


def test_a_script_without_options_refuses_them() -> None:
    argon = Path(__file__).parents[1] / "experiments" / "argon.py"
    with pytest.raises(InterpotError, match="takes no options, but --seed was given"):
        load_experiment(argon, {"seed": "1"})
    assert script_options(argon) == {}


def test_a_function_that_cannot_be_called(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text("def experiment(seed):\n    return seed\n")
    with pytest.raises(InterpotError, match=r"missing 1 required.*expected parameters with defaults"):
        load_experiment(path)
    with pytest.raises(InterpotError, match="defines a str as 'experiment'"):
        load_experiment(path, {"seed": "1"})


# ---------------------------------------------------------------------------- several runs

ARGON = Experiment(
    name="argon",
    title="Three runs of argon",
    units="metal",
    reference=ReferenceModel("lammps", ("pair_style lj/cut 8.0", "pair_coeff 1 1 0.0103 3.405")),
    start=from_atoms(bulk("Ar", "fcc", a=5.9, cubic=True).repeat(4)),
    dynamics=Dynamics(timestep=0.002, steps=60, every=20, temperature=300.0, equilibration=200, seed=5),
    cutoff=9.0,
    runs=3,
)


def quiet() -> Session:
    return Session(Terminal(Console(quiet=True)))


@pytest.mark.usefixtures("no_report")
def test_several_runs_are_one_data_set(tmp_path: Path) -> None:
    result = interpot.run(ARGON, tmp_path, quiet())
    assert result.found.best.channel().form == "Lennard-Jones 12-6"
    assert result.found.statistic.frames == 3 * 4
    assert sorted(p.name for p in (tmp_path / "md").glob("*.lammpstrj")) == [
        "reference_1.lammpstrj", "reference_2.lammpstrj", "reference_3.lammpstrj", "validation.lammpstrj",
        "validation_2.lammpstrj", "validation_3.lammpstrj",
    ]  # fmt: skip
    assert result.comparison is not None and result.comparison.agrees


def test_each_run_has_velocities_of_its_own_and_can_be_repeated(tmp_path: Path) -> None:
    runs = quiet().simulate(ARGON, tmp_path / "three")
    alone = quiet().simulate(
        replace(ARGON, runs=1, dynamics=replace(ARGON.dynamics, seed=6)), tmp_path / "one"
    )
    frames = [next(iter(interpot.read(run.trajectory))) for run in (*runs, *alone)]
    assert [run.trajectory.stem for run in alone] == ["reference"]
    np.testing.assert_array_equal(frames[1].positions, frames[3].positions)
    apart = [np.abs(frames[k].velocities - frames[k - 1].velocities).max() for k in (1, 2)]
    assert min(apart) > 1e-3


def test_several_runs_from_the_same_velocities_are_refused(tmp_path: Path) -> None:
    moving = replace(ARGON.start, velocities=np.zeros_like(ARGON.start.positions))
    with pytest.raises(InterpotError, match="3 runs from the same velocities"):
        quiet().simulate(replace(ARGON, start=moving), tmp_path)
