"""A known part is shown as it was given; rivals that hold the chosen form are told from real ones."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from systems import Frames, clusters, statistic_of

from interpot import Discovery, discover
from interpot.formula.potential import Potential
from interpot.report.cells import excluded_sentence, loss_badge, marks_sentence, resolution
from interpot.report.findings import Findings
from interpot.report.formulas import formula
from interpot.report.frames import constants_frame
from interpot.report.tables import print_front, print_potential
from interpot.report.words import short

EPSILON, SIGMA, CHARGE, CUTOFF = 0.0103, 3.4, 2.3, 9.0


def slope(r: np.ndarray) -> np.ndarray:
    s6 = (SIGMA / r) ** 6
    return np.where(r < CUTOFF, -24 * EPSILON * (2 * s6**2 - s6) / r - CHARGE / r**2, 0.0)


@pytest.fixture(scope="module")
def found() -> Discovery:
    frames = clusters(slope, frames=12, atoms=40, low=3.0, high=14.0, noise=1e-5)
    return discover(statistic_of(Frames(frames), CUTOFF), known="2.3/r", terms=["power"], max_terms=2)


def shown(found: Discovery) -> str:
    console = Console(width=200, record=True, file=StringIO())
    print_potential(console, found.best)
    print_front(console, found.front)
    return console.export_text()


def test_units_of_a_known_part_are_no_constants(found: Discovery) -> None:
    assert found.best.channel().form == "Lennard-Jones 12-6 + known"
    text = shown(found) + str(found.best) + found.best._repr_latex_() + str(formula(found.best.channel()))
    assert "known" in text and "E_known" not in text and "L_known" not in text
    assert "2.3/r" in shown(found) and "2.3/r" in found.front[found.front.chosen].formula.iloc[0]
    assert list(constants_frame(Findings("", found.best, found.front)).constant) == ["epsilon", "sigma"]


def test_in_other_units_they_are(found: Discovery) -> None:
    """Numbers of electronvolts mean nothing in kcal/mol: the factor stays, and the function."""
    real = found.best.to_units("real")
    assert "E_known = 23.06" in str(real)
    assert real.energy(4.0) / found.best.energy(4.0) == pytest.approx(23.0605, rel=1e-4)
    plain = found.best.channel().plain
    np.testing.assert_allclose(plain.energy([3.0, 5.0]), found.best.energy([3.0, 5.0]), rtol=1e-15)


def test_forms_that_hold_the_chosen_one_are_marked(found: Discovery) -> None:
    front = found.front
    holding = front[front.contains_chosen]
    assert {"Mie n-6 + known", "Mie n-m + known"} & set(holding.form)
    assert not (front.contains_chosen & (front.chosen | front.form.str.contains("11-"))).any()
    both = front.indistinguishable & front.contains_chosen
    assert both.any() and (both == front.indistinguishable).all()
    assert (
        "from the chosen one (Ar-Ar none)   ⊃ nor this, which holds the chosen one as a special case "
        f"(Ar-Ar {both.sum()})" in marks_sentence(front)
    )
    assert shown(found).count("⊃") == both.sum() + 1
    assert "⊃" not in marks_sentence(front.drop(columns="contains_chosen"))


def test_forms_with_a_name_that_no_channel_may_have_are_told() -> None:
    forms = ["Lennard-Jones 12-6", "Mie 13-6", "Morse", "r^-7 + Yukawa", "Buckingham exp-6", "Morse"]
    front = pd.DataFrame({"form": forms, "chosen": False, "indistinguishable": False})
    front.loc[0, "chosen"] = True
    front.loc[5, "indistinguishable"] = True
    front["excluded"] = front.form.isin(["Mie 13-6", "Buckingham exp-6"])
    told = "the data exclude, of the forms with a name, Mie 13-6, Buckingham exp-6"
    assert excluded_sentence(front) == told
    assert excluded_sentence(front[front.form == "r^-7 + Yukawa"]) == ""


def test_a_restricted_search_excludes_nothing(found: Discovery) -> None:
    """Forms were not fitted for their name's sake; one of which a term may be zero is not called worse either."""
    assert not found.front.excluded.any()
    forms = ["Lennard-Jones 12-6", "Mie 13-6", "Morse"]
    front = pd.DataFrame({"form": forms, "chosen": [True, False, False], "indistinguishable": False})
    front = front.assign(excluded=False, determined=[True, True, False])
    said = (
        "of the forms with a name, these were tried and are worse: Mie 13-6; others may not have been tried"
    )
    assert excluded_sentence(front) == said
    assert excluded_sentence(front[front.form != "Mie 13-6"]) == ""
    assert "○ a term of it may be zero" in marks_sentence(front.assign(channel="Ar-Ar"))


def test_what_the_data_exclude_by_name_is_told_apart_from_what_may_be_zero() -> None:
    """With much noise some forms with a name remain and others do not: the front says which."""
    frames = clusters(slope, frames=12, atoms=40, low=3.0, high=14.0, noise=1e-3)
    front = discover(statistic_of(Frames(frames), CUTOFF), known="2.3/r", symbolic="none").front
    assert front.excluded.any() and not (front.excluded & (front.chosen | front.indistinguishable)).any()
    held_out = front.cross_validated.where(front.determined).min()
    assert (front.cross_validated[front.excluded] > held_out).all()
    best = front[front.worse_by == 0]
    assert best.determined.all() and best.cross_validated.tolist() == [held_out]
    np.testing.assert_allclose(front.worse_by, front.cross_validated - held_out, rtol=0, atol=1e-15)
    # of two forms on the same frames the difference is known far better than either error
    near = front[front.indistinguishable & (front.worse_by > 0)]
    assert len(near) and (near.worse_by_stderr < near.stderr).all()


@pytest.mark.parametrize("step", [1e-6, 1e-7, 1e-9])
def test_errors_that_are_shown_as_bounds_hold_for_rounded_forces(step: float, tmp_path: Path) -> None:
    """Rounding to a step q leaves q/√12 in each component, whether the sums resolve that or not."""
    frames = clusters(slope, frames=12, atoms=40, low=3.0, high=14.0)
    rounded = [replace(f, forces=np.round(f.forces / step) * step) for f in frames]
    size = np.sqrt(np.mean([f.forces**2 for f in rounded]))
    best = discover(statistic_of(Frames(rounded), CUTOFF), known="2.3/r", terms=["power"], max_terms=2).best
    left, least = step / np.sqrt(12) / size, resolution(best.loss.name, best.loss)
    if best.loss.formula < least:
        assert left < least and f"< {short(least, 2)}" in loss_badge(best.loss)
    else:
        assert best.loss.formula == pytest.approx(left, rel=0.1)
    best.save(tmp_path / "potential.json")
    assert Potential.load(tmp_path / "potential.json").loss == best.loss
