"""The whole way, from LAMMPS to the report and back, in a small box of argon."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from ase.build import bulk
from cli_samples import write_dump
from rich.console import Console
from typer.testing import CliRunner

import interpot
from interpot import Dynamics, Experiment, InterpotError, Potential, ReferenceModel, Statistic, from_atoms
from interpot.cli import app
from interpot.experiment_script import load_experiment
from interpot.files import results_folder
from interpot.formula import schema
from interpot.report.terminal import Terminal
from interpot.session import Session
from interpot.workflow import Result

EPSILON, SIGMA = 0.0103, 3.405
ARGON = Experiment(
    name="argon",
    title="A little argon",
    units="metal",
    reference=ReferenceModel(
        "lammps",
        ("pair_style lj/cut 8.0", f"pair_coeff 1 1 {EPSILON} {SIGMA}"),
        {"epsilon": (EPSILON, "eV"), "sigma": (SIGMA, "Å")},
    ),
    start=from_atoms(bulk("Ar", "fcc", a=5.9, cubic=True).repeat(4)),
    dynamics=Dynamics(timestep=0.002, steps=600, every=20, temperature=300.0, equilibration=300),
    cutoff=9.0,
)


def quiet() -> Session:
    return Session(Terminal(Console(quiet=True)))


@pytest.fixture(scope="module")
def argon(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The experiment, run once."""
    return interpot.run(ARGON, tmp_path_factory.mktemp("results") / "argon", quiet())


def assert_argon(potential: Potential) -> None:
    constants = {p.name: p.value for p in potential.parameters}
    assert potential.channel().form == "Lennard-Jones 12-6"
    assert constants == pytest.approx({"epsilon": EPSILON, "sigma": SIGMA}, rel=1e-6)


def test_what_lammps_was_given_comes_back(argon: Result) -> None:
    assert_argon(argon.found.best)
    assert argon.found.best.channel().cutoff == pytest.approx(8.0, rel=1e-12)
    assert argon.comparison is not None and argon.comparison.agrees
    assert argon.comparison.forces is not None and argon.comparison.forces.relative_error < 1e-8


def test_the_folder_holds_everything(argon: Result) -> None:
    folder = argon.folder
    assert {p.name for p in folder.iterdir()} == {
        "report.html", "report.pdf", "potential.json", "potential.lammps", "potential.lammps.check.json",
        "statistics.h5", "figures", "tables", "md",
    }  # fmt: skip
    figures = {p.name for p in (folder / "figures").iterdir()}
    assert {f"potential_Ar-Ar.{kind}" for kind in ("png", "pdf")} <= figures
    assert {"constants.csv", "pareto.csv", "observables.csv"} <= {
        p.name for p in (folder / "tables").iterdir()
    }
    assert "pair_style lepton" in (folder / "potential.lammps").read_text()
    page = (folder / "report.html").read_text()
    assert "A little argon" in page and "truncates the Ar-Ar force at 8 Å" in page
    assert not list(folder.rglob(".*"))


def test_files_give_back_what_was_found(argon: Result) -> None:
    path = argon.folder / "potential.json"
    schema.check(json.loads(path.read_text()), path)
    kept = Potential.load(path)
    assert kept.parameters == argon.found.best.parameters
    assert set(kept.provenance["versions"]) == {
        "interpot",
        "python",
        "numpy",
        "scipy",
        "numba",
        "sympy",
        "pyoperon",
    }
    again = interpot.discover(Statistic.load(argon.folder / "statistics.h5"))
    assert again.best.parameters == kept.parameters


@pytest.mark.usefixtures("no_report")
def test_once_more_the_bits_are_the_same_and_the_terminal_shows_each_thing_once(
    argon: Result, tmp_path: Path
) -> None:
    with (tmp_path / "log").open("w") as file:
        console = Console(record=True, width=80, file=file)
        again = interpot.run(ARGON, tmp_path / "out", Session(Terminal(console)))
        shown = console.export_text()
    assert again.found.best.parameters == argon.found.best.parameters
    np.testing.assert_array_equal(again.found.best.covariance, argon.found.best.covariance)
    with (
        h5py.File(again.folder / "statistics.h5") as one,
        h5py.File(argon.folder / "statistics.h5") as two,
    ):
        np.testing.assert_array_equal(one["forces_on/Ar/gram"][:], two["forces_on/Ar/gram"][:])
    lines = shown.splitlines()
    for stage in ("reference MD", "accumulation", "discovery", "validation MD", "report"):
        assert sum(line.startswith(f"{stage}: ") for line in lines) == 1, stage
    assert sum("truncates the Ar-Ar force" in line for line in lines) == 1
    assert f"written: {again.folder / 'report.html'}" in lines
    assert not any(letter in shown for letter in "⠋⠙⠹⠸━")


def test_five_lines_of_python(argon: Result, tmp_path: Path) -> None:
    frames = interpot.read(argon.folder / "md" / "reference.lammpstrj", units="metal")
    statistic = interpot.accumulate(frames, interpot.pair_channels(frames, cutoff=9.0))
    found = interpot.discover(statistic)
    radial = found.best.force(3.8)
    check = interpot.validate(found.best, frames, folder=tmp_path)
    expected = 24 * EPSILON * (2 * SIGMA**12 / 3.8**13 - SIGMA**6 / 3.8**7)
    assert radial == pytest.approx(expected, rel=1e-6)
    assert check.agrees
    found.best.save(tmp_path / "potential.json")
    assert Potential.load(tmp_path / "potential.json").parameters == found.best.parameters


def test_validation_on_a_users_trajectory(argon: Result, tmp_path: Path) -> None:
    dump = tmp_path / "ar.dump"
    shutil.copy(argon.folder / "md" / "reference.lammpstrj", dump)  # with UNITS and TIME
    words = ["validate", str(argon.folder / "potential.json"), "--reference", str(dump)]
    result = CliRunner().invoke(app, [*words, "-o", str(tmp_path / "out")], catch_exceptions=False)
    assert result.exit_code == 0 and result.stderr == ""
    assert "mean-square" in result.stdout and "✗" not in result.stdout
    assert "does not state its units" not in result.stdout
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Validation against ar.dump" in page and "g(r) Ar-Ar" in page
    assert (tmp_path / "out" / "md" / "validation.lammpstrj").is_file()


def test_validation_takes_the_potentials_units_and_says_so(argon: Result, tmp_path: Path) -> None:
    dump, found = tmp_path / "ar.dump", tmp_path / "found" / "potential.json"
    found.parent.mkdir()
    shutil.copy(argon.folder / "potential.json", found)
    text = (argon.folder / "md" / "reference.lammpstrj").read_text()
    dump.write_text(text.replace("ITEM: UNITS\nmetal\n", ""))
    words = ["validate", str(found), "--reference", str(dump), "--frames", ":11", "--timestep", "0.002"]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert result.stdout.count("does not state its units: those of the potential (metal) are taken") == 1
    assert (found.parent / "validation" / "report.html").is_file()


def test_a_validation_that_fails_is_a_finding(
    argon: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise InterpotError("the run blew up: at step 7 its energy is no number any more")

    def remembered(self: Session, *_: object, **__: object) -> interpot.Discovery:
        return argon.found

    monkeypatch.setattr("interpot.session.validate", failing)
    monkeypatch.setattr(Session, "discover", remembered)
    with pytest.raises(InterpotError, match="blew up"):
        interpot.run(ARGON, tmp_path, quiet())
    assert "validation failed: the run blew up: at step 7" in (tmp_path / "report.html").read_text()
    assert_argon(Potential.load(tmp_path / "potential.json"))


# ---------------------------------------------------------------------------- channels


def test_species_are_those_of_all_files_and_those_named(tmp_path: Path) -> None:
    neon, mix = write_dump(tmp_path / "ne", ("Ne",)), write_dump(tmp_path / "mix", ("Ne", "Xe"))
    late = tmp_path / "late"
    late.write_text(neon.read_text() + mix.read_text())

    def pairs(*files: Path, **options: object) -> list[str]:
        frames = interpot.read(*files, units="metal", **options)
        return [channel.label for channel in interpot.pair_channels(frames, 6.0)]

    every = ["Ne-Ne", "Ne-Xe", "Xe-Xe"]
    assert pairs(neon) == ["Ne-Ne"]
    assert pairs(neon, mix) == pairs(neon, mix, neon) == every
    assert pairs(neon, mix, frames=":12") == ["Ne-Ne"]  # what is not chosen does not count
    assert pairs(neon, mix, neon, frames="12:") == every
    assert pairs(late) == ["Ne-Ne"]
    assert pairs(late, species={"Ne": "Ne", "Xe": "Xe"}) == every
    assert pairs(mix, species={"1": "Ne", "2": "Ne"}) == ["Ne-Ne"]
    frames = interpot.read(late, units="metal", species={"Ne": "Ne", "Xe": "Xe"})
    assert interpot.accumulate(frames, interpot.pair_channels(frames, 6.0), cutoffs="given").frames == 24


def test_each_pair_has_its_own_cutoff_in_the_files_unit(tmp_path: Path) -> None:
    frames = interpot.read(write_dump(tmp_path / "mix", ("Ne", "Xe")), units="nano")
    channels = interpot.pair_channels(frames, 0.6, {"Xe-Ne": 0.5})
    assert {c.label: c.cutoff for c in channels} == pytest.approx({"Ne-Ne": 6, "Ne-Xe": 5, "Xe-Xe": 6})


# ---------------------------------------------------------------------------- folders and scripts


def test_a_folder_without_results_is_taken_away(tmp_path: Path) -> None:
    with pytest.raises(ValueError), results_folder(tmp_path / "a" / "b") as folder:
        assert folder.is_dir()
        raise ValueError
    assert not (tmp_path / "a").exists()


def test_a_folder_with_anything_in_it_stays(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with results_folder(tmp_path / "mine"):
        pass
    assert (tmp_path / "mine").is_dir()
    with pytest.raises(ValueError), results_folder(tmp_path / "a" / "b") as folder:
        (folder / "result").write_text("whole")
        raise ValueError
    assert (tmp_path / "a" / "b" / "result").read_text() == "whole"


def test_the_script_of_argon_is_an_experiment() -> None:
    experiment = load_experiment(Path(__file__).parents[1] / "experiments" / "argon.py")
    assert experiment.name == "argon" and len(experiment.start.kinds) >= 500


def test_warnings_of_the_package_are_remarks_only_while_the_terminal_listens() -> None:
    console = Console(record=True, width=80, quiet=False, file=None)
    terminal, log = Terminal(console), logging.getLogger("interpot")
    with terminal.listening():
        log.warning("half a frame")
        log.warning("half a frame")
    assert terminal not in log.handlers
    assert console.export_text() == "note half a frame\n"
