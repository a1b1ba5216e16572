"""interpot discover --curve: from a table to files, and mistakes in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from interpot import Potential
from interpot.cli import app

R = np.geomspace(2.6, 9.0, 14)


def lennard_jones(epsilon: float, sigma: float) -> np.ndarray:
    return 4e3 * epsilon * ((sigma / R) ** 12 - (sigma / R) ** 6)  # meV


def table(path: Path, pairs: tuple[str, ...] = ("Ar-Ar",)) -> Path:
    rows = [
        f"{pair},{r!r},{e!r}"
        for k, pair in enumerate(pairs)
        for r, e in zip(R.tolist(), lennard_jones(0.0104 + 0.001 * k, 3.4).tolist(), strict=True)
    ]
    path.write_text("\n".join(["pair,r_A,V_meV", *rows, ""]))
    return path


def call(*words: object) -> Result:
    return CliRunner().invoke(app, ["discover", *map(str, words)], catch_exceptions=False)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    folder = tmp_path_factory.mktemp("curve")
    path = table(folder / "dimers.csv", ("Ar-Ar", "Kr-Ar"))
    return call("--curve", path, "-o", folder / "out", "--units", "real", "--cutoff", "12"), folder / "out"


def test_what_is_written(found: tuple[Result, Path]) -> None:
    result, out = found
    assert result.exit_code == 0, result.output
    potential = Potential.load(out / "potential.json")
    assert [c.form for c in potential.channels] == ["Lennard-Jones 12-6"] * 2
    assert potential.units.name == "real" and {c.cutoff for c in potential.channels} == {12.0}
    assert potential.to_units("metal").channel("Ar-Ar").parameters[0].value == pytest.approx(0.0104, rel=1e-9)
    points = pd.read_csv(out / "tables/points.csv")
    assert points.groupby("channel").size().to_dict() == {"Ar-Ar": 14, "Ar-Kr": 14}
    front = pd.read_csv(out / "tables/pareto.csv")
    assert front.groupby("channel").chosen.sum().tolist() == [1, 1]
    assert (out / "figures/curve_Ar-Kr.png").stat().st_size > 1e4
    assert not (out / "potential.lammps").exists() and "no formula for Kr-Kr" in result.output


def test_nothing_calls_it_a_force_error(found: tuple[Result, Path]) -> None:
    result, out = found
    page = (out / "report.html").read_text(encoding="utf-8")
    for text in (result.output, page):
        assert "energy error" in text.lower() and "force error" not in text.lower()
        assert "spline ceiling" not in text
    assert "explains the energies" in page


@pytest.mark.usefixtures("no_report")
def test_a_single_pair_goes_to_lammps(tmp_path: Path) -> None:
    path = table(tmp_path / "dimers.csv", ("Ar-Ar", "Kr-Ar"))
    result = call("--curve", path, "-o", tmp_path / "out", "--pair", "Ar-Ar", "--weights", "0.001,0.01")
    assert result.exit_code == 0, result.output
    assert "energy error on its data" in (tmp_path / "out/potential.lammps").read_text()
    assert "√((0.001 eV)² + (0.01 E)²)" in " ".join(result.output.split())


def test_the_cutoff_of_one_pair_leaves_the_others_theirs(tmp_path: Path) -> None:
    path, out = table(tmp_path / "dimers.csv", ("Ar-Ar", "Kr-Ar")), tmp_path / "out"
    assert call("--curve", path, "-o", out, "--cutoff", "Ar-Kr=12").exit_code == 0
    reaches = {c.label: c.cutoff for c in Potential.load(out / "potential.json").channels}
    assert reaches.pop("Ar-Kr") == 12.0 and reaches["Ar-Ar"] > 12.0
    again = call("--curve", path, "-o", out, "--cutoff", "Ar-Kr=12")
    assert "holds an earlier result, which this one replaces" in " ".join(again.output.split())


# name → what is typed after "discover -o OUT", and what the sentence holds
BAD: dict[str, tuple[Callable[[Path], list[object]], tuple[str, ...]]] = {
    "no such file": (lambda d: ["--curve", d / "none.csv"], ("no such file", "none.csv")),
    "too few points": (lambda d: ["--curve", d / "few.csv"], ("has 2 points", "at least 5")),
    "no units": (lambda d: ["--curve", d / "bare.csv"], ("does not state the unit", "--units metal")),
    "a trajectory beside it": (lambda d: ["a.dump", "--curve", d / "ar.csv"], ("'a.dump'", "one of the two")),
    "strides of a table": (
        lambda d: ["--curve", d / "ar.csv", "--stride", "2"],
        ("--stride", "table of energies", "leave it out"),
    ),
    "columns of a trajectory": (lambda d: ["a.dump", "--columns", "r=x"], ("--columns", "--curve FILE")),
    "columns without a role": (lambda d: ["--curve", d / "ar.csv", "--columns", "x=r_A"], ("'x=r_A'", "ROLE=NAME")),
    "absent pair": (lambda d: ["--curve", d / "ar.csv", "--pair", "Ne-Ne"], ("no pair Ne-Ne", "Ar-Ar")),
    "a pair that is none": (lambda d: ["--curve", d / "ar.csv", "--pair", "argon"], ("'argon' is no pair",)),
    "unknown weights": (lambda d: ["--curve", d / "ar.csv", "--weights", "most"], ("'most'", "well, tail")),
    "weights that are no numbers": (lambda d: ["--curve", d / "ar.csv", "--weights", "a,b"], ("'a' is no positive",)),
    "weights of two dots": (lambda d: ["--curve", d / "ar.csv", "--weights", "1,2,3"], ("'2,3' is no positive",)),
    "cutoff of no pair": (
        lambda d: ["--curve", d / "ar.csv", "--cutoff", "Ar-Xe=12"],
        ("'Ar-Xe'", "no such pair", "expected one of Ar-Ar"),
    ),
    "two cutoffs": (lambda d: ["--curve", d / "ar.csv", "--cutoff", "9", "--cutoff", "12"], ("2 cutoffs",)),
    "cutoff": (lambda d: ["--curve", d / "ar.csv", "--cutoff", "-2"], ("--cutoff", "'-2' is no positive")),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case: str, tmp_path: Path) -> None:
    table(tmp_path / "ar.csv")
    (tmp_path / "few.csv").write_text("r_A,V_meV\n3,1\n4,-1\n")
    (tmp_path / "bare.csv").write_text("r,V\n3,1\n4,-1\n")
    words, holds = BAD[case]
    result = call(*words(tmp_path), "-o", tmp_path / "out")
    assert result.exit_code == 1, result.output
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("error "), result.stderr
    for part in holds:
        assert part in lines[0]
    assert not (tmp_path / "out").exists()
