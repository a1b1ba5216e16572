"""The sections on what the data cannot tell, in terminal and page."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from report_samples import argon
from rich.console import Console

from interpot.formula.adequacy import Adequacy, Share
from interpot.formula.collinear import Conditions
from interpot.formula.deciding import Decision
from interpot.formula.honesty import Honesty
from interpot.formula.outside import Finding
from interpot.report import as_html
from interpot.report.findings import Findings
from interpot.report.limits import adequacy_rows, print_limits, share_text
from interpot.report.limits_figures import rivals_figure
from interpot.report.page import document, write_report
from interpot.statistic.channels import Channel
from interpot.units import unit_style

RESOLVED = Adequacy(
    Share(0.31, 0.002), Share(0.0, 0.01), Share(0.004, 0.0002), Share(0.3099, 0.002), 0.004, 90.0, 0.1, ""
)
REMOVED = replace(RESOLVED, noise=None, missing_physics=None, net=1e-9, reason="the net force <was> removed")


def rival(name: str, size: float) -> Decision:
    r = np.linspace(2.7, 9.0, 80)
    error = np.where(r < 3.0, np.nan, 1e-3 * (1 + 20 * np.exp(-5 * (r - 3))))
    argon = Channel("pair", ("Ar", "Ar"), 8.0)
    return Decision(argon, "Lennard-Jones 12-6", name, 0.5, 16.0, 3.2, 0.4, 2.9, 1.5, np.nan, r,
                    size * np.cos(r) / r**3, error)  # fmt: skip


def honest(adequacy: Adequacy = RESOLVED) -> Honesty:
    decisions = (rival("r^-12 + exponential <i>", 0.02), rival("Yukawa + r^-12", 0.03))
    return Honesty(
        adequacy,
        (
            Finding("Ar-Ar", True, 1.5, "Ar-Ar: attracts again <b>below</b> 1.5 Å"),
            Finding("Ar-Ar", False, 9, "Ar-Ar: small jump"),
        ),
        (),
        decisions,
        Conditions(195, 193, 4.3e8, 5.9),
        0.0134,
        ("Ar-Ar: r⁻⁶ cannot be told from exp(-r/0.6 Å)",),
        tuple(d.sentence(unit_style("metal")) for d in decisions),
    )


def page_alone(findings: Findings, folder: Path) -> str:
    """The page without the files beside it, which take longer."""
    as_html.write(document(findings), folder / "report.html")
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("adequacy", [RESOLVED, REMOVED])
def test_the_page_says_it(tmp_path: Path, adequacy: Adequacy) -> None:
    findings = replace(argon(), honesty=honest(adequacy), comparison=None)
    page = write_report(findings, tmp_path).read_text(encoding="utf-8")
    for words in (
        "What the data cannot tell", "Which data would tell", "Outside the sampled range", "cannot be told from exp(",
        "193 of 195 splines", "No pair formula will do", "Sampled: Ar-Ar between 3.05",
    ):  # fmt: skip
        assert words in page, words
    assert "<b>below</b>" not in page and "<was>" not in page and "exponential <i>" not in page
    assert page.count("✗ warning") == 1
    assert (tmp_path / "figures" / "rivals_Ar-Ar.png").is_file()


def test_a_page_without_it(tmp_path: Path) -> None:
    assert "What the data cannot tell" not in page_alone(argon(), tmp_path)


def test_what_is_said_in_its_section_is_not_said_again(tmp_path: Path) -> None:
    honesty = honest()
    findings = replace(argon(), honesty=honesty, remarks=honesty.warnings)
    page = page_alone(findings, tmp_path)
    assert "What was decided" not in page


def test_the_terminal_says_it() -> None:
    out = io.StringIO()
    print_limits(Console(file=out, width=120), honest())
    text = out.getvalue()
    for words in (
        "missing physics",
        "0.4 % ± 0.02 %",
        "- ! Ar-Ar: attracts again",
        "r⁻¹² + exponential",
        "4.3×10⁸",
    ):
        assert words in text, words


def test_shares_in_words() -> None:
    assert share_text(None) == "–"
    assert share_text(Share(0.012, 0.001)) == "1.2 % ± 0.1 %"
    assert share_text(Share(0.01, 0.004)) == "< 2 %" and share_text(Share(0.01, 0.004), True) == "1 % ± 0.4 %"
    assert share_text(Share(0.0, 0.01)) == "< 1.7 %"  # three standard errors of the square
    assert "cannot be told" in adequacy_rows(REMOVED)[2][2]


def test_the_figure_keeps_the_rivals_in_sight() -> None:
    figure = rivals_figure([rival("Yukawa", 0.5)], unit_style("metal"))
    axes = figure.axes[0]
    [line] = [line for line in axes.lines if line.get_label() == "Yukawa"]
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    low, high = axes.get_ylim()
    assert (y[x >= 3.0] > low).all() and (y[x >= 3.0] < high).all()
