"""What a notebook shows: numbers and verdicts, texts escaped, no arrays."""

from __future__ import annotations

import numpy as np
from report_samples import argon, bare, comparison, mixture

from interpot.display import html_table
from interpot.formula.discover import Discovery


def test_a_potential_is_shown_with_its_constants() -> None:
    shown = mixture().potential._repr_html_()
    for words in (
        "$$",
        r"\varphi",
        "Buckingham (exp-6)",
        "0.0031250(20)",
        "1.389(12)e+4",
        "eV·Å^6",
        "Ne-Xe",
        "2.3e-07",
    ):
        assert words in shown, words
    assert "<i>" not in bare().potential._repr_html_().partition("$$<")[2]


def test_a_comparison_is_shown_with_its_verdicts() -> None:
    shown = comparison(["Ar-Ar"])._repr_html_()
    for words in ("LAMMPS 2 Aug 2023", "412 ± 9", "differs", "cannot tell", "g(r) Ar-Ar", "curve", "2.3e-07"):
        assert words in shown, words
    assert shown.count("<tr>") == 1 + 5


def test_cells_are_escaped() -> None:
    assert "<b>" not in html_table(("<b>",), [("<b>",)], "<b>")


def test_a_discovery_is_short() -> None:
    sample = argon()
    found = Discovery(sample.potential, sample.front, np.zeros(9), np.zeros(9), (), None)  # type: ignore[arg-type]
    assert repr(found) == (
        "<Discovery: Ar-Ar: Lennard-Jones 12-6, ε = 0.0103419990(12) eV, σ = 3.40500010(13) Å; force error 2.3e-07, "
        "11 candidates>"
    )
    shown = found._repr_html_()
    assert "Born-Mayer" in shown and "array" not in shown
