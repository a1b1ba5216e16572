"""What a user types and sees: options, output with and without a terminal, and Ctrl-C."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write as ase_write
from cli_samples import BOX, EPSILON, SIGMA, configurations, forces, write_dump
from rich.console import Console
from typer.testing import CliRunner

import interpot
from interpot import Potential, Statistic
from interpot.cli import app
from interpot.formula import schema
from interpot.report.terminal import Terminal
from interpot.version import VERSION


def call(*words: object) -> str:
    """Run a command that succeeds; returns what it prints."""
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return result.stdout


def assert_found(potential: Potential, *species: str) -> None:
    """The Lennard-Jones constants of the samples came back."""
    channel = potential.channel(*species)
    constants = {p.name: p.value for p in channel.parameters}
    assert channel.form == "Lennard-Jones 12-6"
    assert constants["epsilon"] == pytest.approx(EPSILON, rel=1e-6)
    assert constants["sigma"] == pytest.approx(SIGMA, rel=1e-6)
    assert channel.cutoff == pytest.approx(5.5, rel=1e-12)


# ---------------------------------------------------------------------------- help


def test_version() -> None:
    assert call("--version") == f"interpot {VERSION}\n"


@pytest.mark.parametrize(
    "command", ["run", "discover", "accumulate", "merge", "show", "export", "simulate", "validate"]
)
def test_every_command_explains_its_options(command: str) -> None:
    text = call(command, "--help")
    assert "Usage" in text
    if command != "show":
        assert "--out" in text and "-o" in text


# ---------------------------------------------------------------------------- discover, show, export


def test_one_species_with_all_options(tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "ne.dump", frames=60, units="metal")
    out = tmp_path / "out"
    text = call(
        "discover", dump, "--units", "metal", "--cutoff", 7, "--cutoff", "A-A=6", "--species", "Ne=A",
        "--stride", 2, "--frames", "10:50", "-o", out,
    )  # fmt: skip
    assert "Lennard-Jones 12-6" in text and "truncates the A-A force at 5.5 Å" in text
    found = Potential.load(out / "potential.json")
    assert_found(found, "A")
    assert found.provenance["frames"] == 20
    assert found.provenance["sources"] == [str(dump)]
    assert found.provenance["command"].startswith("interpot")
    statistic = Statistic.load(out / "statistics.h5")
    assert statistic.frames == 20 and [c.cutoff for c in statistic.channels] == [5.5]
    assert {"report.html", "potential.lammps", "figures", "tables"} <= {p.name for p in out.iterdir()}


@pytest.mark.usefixtures("no_report")
def test_a_cutoff_that_is_kept(tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "ne.dump")
    # the force jumps, which no formula has: all of them would be tried
    options = ["--keep-cutoff", "--search", "none", "--library", "power", "--max-terms", 2]
    call("discover", dump, "--units", "metal", "--cutoff", 5.8, *options, "-o", tmp_path / "out")
    assert Potential.load(tmp_path / "out" / "potential.json").channel().cutoff == 5.8


@pytest.mark.usefixtures("no_report")
def test_another_method(tmp_path: Path) -> None:
    """What it finds is its affair; that it was asked for stands in the file."""
    dump, out = write_dump(tmp_path / "ne.dump"), tmp_path / "out"
    call("discover", dump, "--units", "metal", "--cutoff", 6.5, "--method", "omp", "-o", out)
    found = Potential.load(out / "potential.json")
    assert found.provenance["method"] == "omp" and found.channel().domain[1] <= 5.5


@pytest.mark.usefixtures("no_report")
def test_several_files_are_one(tmp_path: Path) -> None:
    files = [write_dump(tmp_path / f"{seed}.dump", frames=8, seed=seed) for seed in (1, 2, 3)]
    call("discover", *files, "--units", "metal", "--cutoff", 6.5, "-o", tmp_path / "out")
    found = Potential.load(tmp_path / "out" / "potential.json")
    assert found.provenance["frames"] == 24 and found.provenance["sources"] == [str(f) for f in files]
    assert_found(found)


@pytest.mark.usefixtures("no_report")
def test_extended_xyz(tmp_path: Path) -> None:
    images = []
    for x in configurations(20):
        atoms = Atoms("Ne" * len(x), positions=x, cell=[BOX] * 3, pbc=True)
        atoms.calc = SinglePointCalculator(atoms, forces=forces(x))
        images.append(atoms)
    ase_write(tmp_path / "ne.xyz", images, format="extxyz")
    # eight decimals, which is what ASE writes, are all that the constants can be good to
    call("discover", tmp_path / "ne.xyz", "--cutoff", 6.5, "-o", tmp_path / "out")
    constants = {p.name: p.value for p in Potential.load(tmp_path / "out" / "potential.json").parameters}
    assert constants == pytest.approx({"epsilon": EPSILON, "sigma": SIGMA}, rel=1e-5)


@pytest.mark.usefixtures("no_report")
def test_numpy_archive(tmp_path: Path) -> None:
    x = np.array(configurations(20))
    np.savez(
        tmp_path / "ne.npz",
        positions=x,
        forces=np.array([forces(one) for one in x]),
        cell=BOX * np.eye(3),
        species=np.array(["Ne"] * x.shape[1]),
        units="metal",
    )
    call("discover", tmp_path / "ne.npz", "--cutoff", 6.5, "-o", tmp_path / "out")
    assert_found(Potential.load(tmp_path / "out" / "potential.json"), "Ne")


def test_a_torn_last_frame_is_left_out_and_remarked_once(tmp_path: Path) -> None:
    dump, out = write_dump(tmp_path / "[bold]ne.dump", frames=13), tmp_path / "out"
    dump.write_text(dump.read_text()[:-200])
    text = call("discover", dump, "--units", "metal", "--cutoff", 6.5, "-o", out)
    assert text.count("is cut short") == 1
    assert "the 12 whole frames before it are used" in text and "[bold]ne.dump" in text
    found = Potential.load(out / "potential.json")
    assert found.provenance["frames"] == 12
    assert ["cut short" in remark for remark in found.provenance["remarks"]].count(True) == 1
    assert (out / "report.html").read_text().count("12 whole frames") >= 1


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a discovery in a mixture in real units, whose species only the type numbers tell apart."""
    folder = tmp_path_factory.mktemp("found")
    dump = write_dump(folder / "mix.dump", ("C", "C"), frames=30)
    call("discover", dump, "--units", "real", "--cutoff", 6.5, "--species", "1=Ne,2=Xe", "-o", folder)
    return folder


def test_a_binary_mixture_in_real_units_by_type_number(found: Path) -> None:
    """The numbers of the file are taken as kcal/mol and Å, and so come the constants."""
    potential = Potential.load(found / "potential.json")
    assert potential.units.name == "real" and potential.species == ("Ne", "Xe")
    for pair in (("Ne", "Ne"), ("Ne", "Xe"), ("Xe", "Xe")):
        assert_found(potential, *pair)
    assert potential.channel("Ne", "Xe").parameters[0].unit(potential.units) == "kcal/mol"


def test_results_are_what_the_schemas_say_and_give_the_same_again(found: Path) -> None:
    from interpot import discover

    document = json.loads((found / "potential.json").read_text())
    schema.check(document, found / "potential.json")
    again = discover(Statistic.load(found / "statistics.h5")).best
    kept = Potential.load(found / "potential.json")
    assert [p.value for p in again.parameters] == [p.value for p in kept.parameters]
    assert {p.suffix for p in (found / "figures").iterdir()} == {".png", ".pdf"}
    assert {"constants.csv", "pareto.csv"} <= {p.name for p in (found / "tables").iterdir()}
    assert not list(found.rglob(".*"))


def test_show_says_it_all(found: Path) -> None:
    text = call("show", found / "potential.json")
    assert call("show", found) == text  # the folder that holds it
    for words in ("Ne-Ne", "Ne-Xe", "Xe-Xe", "Lennard-Jones", "12-6", "ε", "σ", "kcal/mol", "Å"):
        assert words in text
    assert "φ(r) Ne-Xe = 4·ε·(-σ⁶/r⁶ + σ¹²/r¹²)" in text
    assert text.count("φ(∞) = 0; pairs from 5.5 Å on do not interact") == 3
    assert re.search(
        r"force error: formula (< )?\S+, cross-validated (< )?\S+, spline ceiling (< )?\S+", text
    )
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("target", ["lammps", "python", "latex"])
def test_export(found: Path, target: str, tmp_path: Path) -> None:
    out = tmp_path / "new" / f"pair.{target}"
    assert str(out) in call("export", found / "potential.json", "--to", target, "-o", out)
    assert "Lennard-Jones 12-6" in out.read_text()


def test_export_in_other_units(found: Path, tmp_path: Path) -> None:
    call("export", found / "potential.json", "--to", "lammps", "--units", "metal", "-o", tmp_path / "pair")
    assert "units metal" in (tmp_path / "pair").read_text()


# ---------------------------------------------------------------------------- what it looks like


def shown(width: int, lively: bool) -> str:
    """Two stages and a remark, as a terminal of that width or a file gets them."""
    console = Console(file=io.StringIO(), width=width, force_terminal=lively, color_system=None)
    terminal = Terminal(console)
    with terminal.stage("accumulation", "frames") as stage:
        for done in (1, 2, 3, 1, 2, 3):  # two passes
            stage(done)
        terminal.note("a remark with [brackets] that is longer than eighty letters, and so has to be broken")
    with terminal.stage("discovery") as stage:
        stage.say("trying all formulas of up to three terms, which is a long story that does not fit a line")
    terminal.note("a remark with [brackets] that is longer than eighty letters, and so has to be broken")
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_plain_lines_without_a_terminal() -> None:
    lines = shown(80, lively=False).splitlines()
    assert len(lines) == 3
    assert lines[0].endswith("longer than eighty letters, and so has to be broken")
    assert re.fullmatch(r"accumulation: 3 frames in \d+\.\d s", lines[1])
    assert re.fullmatch(r"discovery: \d+\.\d s", lines[2])


def test_a_plain_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock says 25 s for a frame."""
    now = [0.0]
    monkeypatch.setattr("interpot.report.terminal.time.monotonic", lambda: now[0])
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    with Terminal(console).stage("accumulation", "frames") as stage:
        for done in range(1, 7):
            now[0] += 25.0
            stage(done, 9)
    assert console.file.getvalue().splitlines()[:-1] == [
        "accumulation: 3 of 9 frames so far",
        "accumulation: 6 of 9 frames so far",
    ]


@pytest.mark.parametrize("width", [80, 100])
def test_bars_fit_a_terminal(width: int) -> None:
    text = shown(width, lively=True)
    assert text.count("[brackets]") == 1
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", text)
    assert max(len(line) for line in re.split(r"[\r\n]", plain)) <= width
    assert "✓ accumulation" in text and "✓ discovery" in text


def test_a_count_that_starts_anew_has_as_far_to_go_as_before() -> None:
    from rich.progress import Progress

    from interpot.report.terminal import Stage

    bar = Progress(disable=True)
    lines: list[str] = []
    stage = Stage(bar, "accumulation", "frames", lines.append)
    for done in (1, 2, 3):
        stage(done)
    assert bar.tasks[0].total is None
    stage(1)
    assert bar.tasks[0].total == 3
    stage(2)
    stage.then("other states")(7, 9)  # ends this one
    stage.finish()
    assert [line[: line.index(" in ")] for line in lines] == [
        "accumulation: 2 frames",
        "other states: 7 frames",
    ]


# ---------------------------------------------------------------------------- Ctrl-C

SCRIPT = """
from ase.build import bulk
from interpot import Dynamics, Experiment, ReferenceModel, from_atoms

experiment = Experiment(
    name="long", title="Long", units="metal",
    reference=ReferenceModel("lammps", ("pair_style lj/cut 8.5", "pair_coeff 1 1 0.0103 3.405")),
    start=from_atoms(bulk("Ar", cubic=True).repeat(4)),
    dynamics=Dynamics(timestep=0.002, steps=10_000_000, every=10, temperature=100.0),
    cutoff=8.5,
)
"""

# runs a command and interrupts it, as Ctrl-C would, at some call of a function
INTERRUPTED = """
import os, signal, sys
import {module}
from interpot import cli

original, calls = {module}.{function}, []
def interrupted(*words, **named):
    calls.append(None)
    if len(calls) == {at}:
        os.kill(os.getpid(), signal.SIGINT)
    return original(*words, **named)
{module}.{function} = interrupted
sys.argv[0] = "interpot"
cli.main()
"""


def assert_interrupted(process: subprocess.Popen[str], folder: Path) -> None:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, (out, err)
    assert err == "interrupted: files that were complete are kept, none is half-written\n"
    assert "Traceback" not in out


@pytest.mark.parametrize(
    ("module", "function", "at"),
    [
        ("interpot.statistic.one_pass", "target_rows", 1),
        ("interpot.statistic.pair_splines", "sum_frames", 1),
        ("interpot.formula.discover", "joint_choice", 1),
        ("interpot.formula.schema", "check", 1),  # while potential.json is written
        ("interpot.statistic.normal_equations", "json.dumps", 1),  # while statistics.h5 is
    ],
)
def test_ctrl_c_leaves_nothing_half_done(module: str, function: str, at: int, tmp_path: Path) -> None:
    dump, out = write_dump(tmp_path / "ne.dump"), tmp_path / "out"
    out.mkdir()
    (out / "statistics.h5").write_text("earlier")
    code = INTERRUPTED.format(module=module, function=function, at=at)
    words = ["discover", str(dump), "--units", "metal", "--cutoff", "6.5", "-o", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert_interrupted(process, tmp_path)
    left = {p.name for p in out.iterdir()} - {"potential.json"}
    assert left == {"statistics.h5"} and (out / "statistics.h5").read_text() == "earlier"
    if (out / "potential.json").exists():
        Potential.load(out / "potential.json")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_the_end_of_a_batch_job_stop_lammps(sign: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text(SCRIPT)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "interpot", "simulate", "long.py", "-o", "out"],
        cwd=tmp_path,
        env=os.environ | {"TMPDIR": str(temporary), "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    out = tmp_path / "out"
    for _ in range(600):  # until LAMMPS has written something
        if any(p.stat().st_size for p in out.glob(".*.lammpstrj")):
            break
        time.sleep(0.1)
    else:
        raise AssertionError("LAMMPS never began")
    assert running_in(out)
    process.send_signal(sign)
    if sign == signal.SIGINT:
        assert_interrupted(process, tmp_path)
    else:
        assert process.wait(60) == 128 + signal.SIGTERM
        process.communicate()
    assert {p.name for p in out.iterdir()} == {"reference.in", "reference.data"}
    assert not list(temporary.iterdir())
    for _ in range(50):
        if not running_in(out):
            return
        time.sleep(0.1)
    raise AssertionError(f"orphans: {running_in(out)}")


def running_in(folder: Path) -> list[str]:
    """Processes whose working folder this is."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").resolve(strict=True) == folder.resolve() and (entry / "cmdline").read_bytes():
                found.append(entry.name)
        except OSError:  # it has just ended
            continue
    return found


def test_ctrl_c_while_it_loads(tmp_path: Path) -> None:
    """The signal comes when the command line asks for its first library."""
    (tmp_path / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    root = str(Path(interpot.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "interpot", "show", "potential.json"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(tmp_path), root))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130 and done.stderr == "interrupted\n"
