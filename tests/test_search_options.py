"""Options of the symbolic search on the command line: what they mean, and what is refused before any file is read."""

from __future__ import annotations

from pathlib import Path

import pytest
import sympy
from rich.console import Console
from typer.testing import CliRunner

from interpot import InterpotError
from interpot.cli import app
from interpot.cli.formulas import SearchOptions, parse_budget
from interpot.formula.codegen import R
from interpot.formula.symbolic.julia import resolved
from interpot.formula.symbolic.search import Budget, Candidate
from interpot.report.search_table import front_table
from interpot.report.terminal import Terminal
from interpot.units import STYLES


@pytest.mark.parametrize(
    "text, budget",
    [
        (None, Budget()),
        ("500k", Budget(evaluations=500_000)),
        ("1.5M", Budget(evaluations=1_500_000)),
        ("2e4", Budget(evaluations=20_000)),
        ("90s", Budget(seconds=90.0)),
        ("5 min", Budget(seconds=300.0)),
        ("1h", Budget(seconds=3600.0)),
    ],
)
def test_a_budget_is_a_number_or_a_time(text: str | None, budget: Budget) -> None:
    assert parse_budget(text) == budget


@pytest.mark.parametrize("text", ["", "0", "0.2", "-5", "5 minutes", "1e400", "s", "3 k s"])
def test_what_is_no_budget(text: str) -> None:
    with pytest.raises(
        InterpotError, match="expected a number of evaluations such as 500k, or a time such as 90s"
    ):
        parse_budget(text)


def test_the_options_together() -> None:
    asked = SearchOptions("grammar,operon", "+, *,exp", "20k", 3, ["0.1/r"]).asked()
    assert asked.backends()[0] == ["grammar", "operon"]
    assert (asked.operators, asked.budget.evaluations, asked.seed) == (("+", "*", "exp"), 20_000, 3)
    assert asked.always and asked.guesses == ("0.1/r",)


REFUSED = {
    "unknown operator 'gamma': expected some of +": ["--operators", "+,gamma"],
    "expected one of grammar, operon, pysr, auto, none": ["--search", "eureqa"],
    "--budget 5 minutes: expected a number": ["--budget", "5 minutes"],
    "--budget was given, but --search none makes no search: leave it out": [
        "--search",
        "none",
        "--budget",
        "9k",
    ],
    "the guess '0.1*exp(' is no formula": ["--guess", "0.1*exp("],
    "the search 'operon' knows no operator 'erf'": ["--search", "operon", "--operators", "+,erf"],
    "variable 'qq q_i*q_j' is not understood": ["--variable", "qq q_i*q_j"],
    "--guess was given, but --variable asks for one": [
        "--variable",
        "qq = q_i*q_j: Na=1, Cl=-1",
        "--guess",
        "1/r",
    ],
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_refusals_come_before_the_data(tmp_path: Path, sentence: str) -> None:
    """The file is not there: what is wrong with the options is said first."""
    words = [
        "discover",
        "none.lammpstrj",
        "--units",
        "metal",
        "--cutoff",
        "6",
        "--out",
        str(tmp_path / "out"),
    ]
    result = CliRunner().invoke(app, [*words, *REFUSED[sentence]])
    assert result.exit_code == 1 and sentence in " ".join(result.stderr.split())
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(resolved()[0], reason="PySR is set up here: nothing is missing")
def test_pysr_by_name_where_it_is_not_set_up() -> None:
    words = ["discover", "none.lammpstrj", "--cutoff", "6", "--out", "out", "--search", "pysr"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1 and "interpot setup pysr" in result.stderr


# ---------------------------------------------------------------------------- what is shown meanwhile

FRONT = [
    Candidate(0.5 / R**6, 0.25, 5),
    Candidate(sympy.Float(0.0433634) / R**12 - 3.0 * sympy.exp(-((R - 4.0) ** 2)), 1e-8, 14),
]


def test_the_front_is_shown_in_the_units_of_the_data() -> None:
    console = Console(width=120, record=True)
    console.print(front_table(FRONT, STYLES["real"], 120))
    lines = console.export_text().splitlines()
    assert lines[0].split() == ["complexity", "force", "error", "φ(r),", "kcal/mol", "and", "Å"]
    assert lines[1].split() == ["5", "0.5", "11.53/r^6"]  # eV in kcal/mol: 23.06
    assert lines[2].split()[:2] == ["14", "0.0001"] and "1/r^12" in lines[2]


def test_the_front_is_below_the_bar_while_it_grows() -> None:
    console = Console(width=100, force_terminal=True, color_system=None, record=True)
    with Terminal(console).stage("discovery") as stage:
        stage.show("Ar-Ar: grammar", 0.4, FRONT, STYLES["metal"])
        stage._bar.refresh()
        stage.say("estimating errors")
    shown = console.export_text()
    assert "Ar-Ar: grammar, 40%" in shown and "0.5/r^6" in shown


def test_without_a_terminal_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interpot.report.terminal.PLAIN_INTERVAL", -1.0)
    console = Console(width=100, force_terminal=False, record=True)
    with Terminal(console).stage("discovery") as stage:
        stage.show("Ar-Ar: operon", 0.4, FRONT, STYLES["metal"])
    assert "discovery: Ar-Ar: operon: 40% of the budget, best error 0.0001\n" in console.export_text()
