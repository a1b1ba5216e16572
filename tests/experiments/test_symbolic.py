"""The reach of the symbolic search: truths that LAMMPS computes, a judgement and files that do what they say."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sympy
from searching import command, methods, running, simulating
from searching.asking import ALONE, ask
from searching.forms import FORMS
from searching.judging import SAME, Judge
from searching.records import Answer, Case, Formula, Outcome, Published
from searching.truth import Parametric, canonical_complexity
from systems import Frames, clusters, noisy, statistic_of

from interpot import InterpotError
from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.expression import print_expression
from interpot.formula.symbolic import beyond
from interpot.formula.symbolic.search import OPERATORS, Backend, Budget, Candidate, Watch
from interpot.formula.symbolic.structure import NoFormError, form_of
from interpot.formula.terms import TERMS
from interpot.proof.engines import engine
from interpot.records import Cell, Frame, ReferenceModel
from interpot.statistic.normal_equations import Statistic
from interpot.units import STYLES

KIHARA = FORMS["argon-kihara"]


def slope_of(truth: Parametric) -> sympy.Expr:
    return sympy.diff(truth.numeric, R)


# ---------------------------------------------------------------------------- the forms


def test_there_are_enough_forms_each_with_its_source() -> None:
    assert len(FORMS) >= 24
    assert all(re.search(r"\((19|20)\d\d\)", form.reference) for form in FORMS.values())
    volume_and_page = re.compile(r"\d+[A-Z]?, [A-Z]?\d+ \(")
    assert all(volume_and_page.search(form.reference) for form in FORMS.values())


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_form_is_finite_and_none_of_its_constants_is_idle(form: Published) -> None:
    truth = Parametric.of(form)
    r = np.linspace(0.85 * form.length, 0.9999 * form.cutoff, 400)
    assert np.isfinite(truth.energy(r)).all()
    assert np.isfinite(numpy_function(derivative(truth.numeric, R), (R,))(r)).all()
    by_constant = [
        numpy_function(derivative(truth.expression, s), (R, *truth.symbols)) for s in truth.symbols
    ]
    columns = [np.gradient(of_r(r, *truth.values), r) for of_r in by_constant]
    scaled = np.column_stack([c / np.linalg.norm(c) for c in columns])
    assert np.linalg.svd(scaled, compute_uv=False)[-1] > 1e-9


@pytest.mark.filterwarnings("ignore:All-NaN")  # Hertz' form has no value beyond σ
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_form_is_no_sum_of_the_librarys_terms(form: Published) -> None:
    try:
        found, _ = form_of(Parametric.of(form).numeric)
    except NoFormError:
        return
    assert not all(term.name in TERMS for term in found.terms)


@pytest.mark.parametrize(
    "name", ["dzugutov", "argon-hfd-b", "argon-maitland-smith", "continuous-square-well"]
)
def test_lammps_computes_the_stated_formula(name: str) -> None:
    """Forces of dimers against central differences of the energy."""
    form = FORMS[name]
    model = ReferenceModel("lammps", simulating.commands(form))
    distances = np.array([0.85, 1.0, 1.2, 1.5, 1.66, 3.2]) * form.length
    places = [[(0.0, 99.0 * k, 0.0), (r, 99.0 * k, 0.0)] for k, r in enumerate(distances)]
    box = Cell(np.eye(3) * 600, np.zeros(3), (False, False, False))
    frame = Frame(
        np.array(places).reshape(-1, 3), ("Ar",), np.zeros(12, dtype=np.int64), box, masses=np.ones(12)
    )
    first = engine("lammps").forces(model, frame, STYLES["metal"])[::2, 0]
    truth, step = Parametric.of(form), 1e-3
    near = [truth.energy(distances + k * step) for k in (-2, -1, 1, 2)]
    slope = np.array([1.0, -8.0, 8.0, -1.0]) @ near / (12 * step)
    slope[distances > form.cutoff] = 0.0
    assert first == pytest.approx(slope, rel=2e-6, abs=1e-10)


# ---------------------------------------------------------------------------- the judgement


@cache
def argon(noise: float = 0.0) -> Statistic:
    """Open clusters whose forces are Kihara's."""
    slope = numpy_function(slope_of(Parametric.of(KIHARA)), (R,))
    frames = clusters(lambda r: np.where(r < KIHARA.cutoff, slope(r), 0.0), frames=20, low=3.0, high=11.0)
    return statistic_of(Frames(noisy(frames, noise, seed=7) if noise else frames), KIHARA.cutoff)


def written(constants: dict[str, float] | None = None, extra: str = "0") -> Formula:
    """Kihara's formula with other constants, and something added."""
    truth = Parametric.of(replace(KIHARA, constants={**KIHARA.constants, **(constants or {})}))
    whole = truth.numeric + sympy.sympify(extra, {"r": R})
    return Formula(print_expression(whole), 3 + extra.count("."))


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_the_truth_itself_passes(noise: float) -> None:
    judge = Judge.of(KIHARA, argon(), argon(noise))
    judged = judge.judge(written())
    assert judged.exact and judged.good
    assert judged.error == pytest.approx(0.0, abs=1e-9) and judged.complexity == judge.truth.complexity
    expanded = Formula(print_expression(sympy.expand_mul(judge.truth.numeric + 0.3)), 3)
    assert judge.judge(expanded).exact and judge.judge(expanded).complexity <= judge.truth.complexity


def test_with_noise_the_true_forms_own_fit_passes_as_the_true_form() -> None:
    judge = Judge.of(KIHARA, argon(), argon(0.01))
    fitted = Parametric.of(KIHARA).fitted(Judge.of(KIHARA, argon(0.01), argon(0.01)).clean)
    judged = judge.judge(Formula(print_expression(fitted.numeric), 3))
    assert judged.exact and judged.good
    assert judged.error == pytest.approx(judge.own, rel=1e-6) and judged.error > 100 * SAME


def test_one_wrong_constant_fails() -> None:
    for noise in (0.0, 0.01):
        judged = Judge.of(KIHARA, argon(), argon(noise)).judge(written({"sigma": 1.01 * 3.317}))
        assert not judged.exact and not judged.good
        assert 0.01 < judged.error < 0.5


def test_an_error_is_that_of_the_forces() -> None:
    """A formula 1 % too strong has forces 1 % too large."""
    judge = Judge.of(KIHARA, argon(), argon())
    epsilon = KIHARA.constants["epsilon"]
    assert judge.judge(written({"epsilon": 1.01 * epsilon})).error == pytest.approx(0.01, rel=1e-6)


def test_a_number_that_is_twice_another_is_no_constant_of_its_own() -> None:
    assert Parametric.read("2.5*exp(-0.48*r)/r - 7.1*exp(-0.24*r)").doubled == 1
    assert Parametric.read("2.5*exp(-0.4801*r)/r - 7.1*exp(-0.24*r)").doubled == 0


def test_a_formula_that_is_longer_than_the_truth_fails_however_near_it_is() -> None:
    judged = Judge.of(KIHARA, argon(), argon()).judge(written(extra="1.0e-7/r**2.5"))
    assert judged.error < 1e-4 and not judged.exact and not judged.good


def test_a_formula_without_a_value_fails() -> None:
    judged = Judge.of(KIHARA, argon(), argon()).judge(Formula("log(r - 5.0)", 1))
    assert judged.error == np.inf and not judged.reached


def test_the_shortest_way_of_writing_counts() -> None:
    assert canonical_complexity(2.5 * (1.5 / R**2 + 3) + 1) == canonical_complexity(3.75 / R**2) == 5


# ---------------------------------------------------------------------------- asking and running


def test_what_discovery_chooses_from_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    def search(
        problem: object, operators: Sequence[str], budget: Budget, seed: int, watch: Watch
    ) -> list[Candidate]:
        near = Parametric.of(replace(KIHARA, constants={"epsilon": 0.013, "sigma": 3.3, "d": 0.34}))
        return [Candidate(near.numeric, 0.1, 15), Candidate(sympy.Float(0.2) / R**3, 0.9, 5)]

    fake = Backend("grammar", frozenset(OPERATORS), search)
    monkeypatch.setattr(beyond, "load_backend", lambda name: fake)
    answer = ask(argon(), "grammar", 1.0, 0, **ALONE)
    judge = Judge.of(KIHARA, argon(), argon())
    assert answer.chosen is not None and judge.judge(answer.chosen).exact
    best = judge.best(answer.front)
    assert len(answer.front) > 1 and best is not None and best.exact


def test_a_refusal_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> Backend:
        raise InterpotError("no")

    monkeypatch.setattr(beyond, "load_backend", refuse)
    answer = ask(argon(), "grammar", 1.0, 0, **ALONE)
    assert (answer.chosen, answer.front, answer.failure) == (None, (), "no")


@pytest.mark.slow
def test_a_tiny_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[float, int]] = []

    def oracle(statistic: Statistic, seconds: float, seed: int) -> Answer:
        asked.append((seconds, seed))
        return Answer(written(), (written(),), 0.5, 0.4)

    def stranger(statistic: Statistic, seconds: float, seed: int) -> Answer:
        return Answer(Formula("0.1/r**3", 1), (written(),), 0.5, 0.4)

    fakes = {"operon": oracle, "grammar": stranger, "pysr": oracle}
    monkeypatch.setattr(running, "METHODS", fakes)
    monkeypatch.setattr(command, "not_run", lambda name: "no Julia" if name == "pysr" else "")
    for name, value in {"CELLS": 3, "FRAMES": 4, "EVERY": 20, "EQUILIBRATION": 200}.items():
        monkeypatch.setattr(simulating, name, value)
    wanted = Namespace(
        out=tmp_path,
        forms=["argon-k*"],
        backends=list(fakes),
        noise=[0.0, 0.01],
        seconds=3.0,
        seed=5,
        summary=False,
        judge=False,
    )
    assert command.run(wanted) == 0
    assert asked == [(3.0, 5)] * 2
    frame = pd.read_csv(tmp_path / "results.csv")
    assert list(frame.exact) == [True, True, False, False] and frame.front_exact.all()
    page = (tmp_path / "results.md").read_text()
    assert "pysr was not run: no Julia" in page and KIHARA.reference in page
    assert (tmp_path / "reach.png").stat().st_size > 10_000
    assert command.run(wanted) == 0 and len(asked) == 2  # nothing is done twice

    case = Case("argon-kihara", 0.01, "operon")
    assert running.missing([case], tmp_path) == []
    (kept,) = running.outcomes([case], tmp_path)
    assert kept.chosen is not None and kept.chosen.exact and Outcome.of(kept.document()) == kept


def test_what_cannot_run_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert methods.not_run("operon") == ""
    wanted = Namespace(
        out=tmp_path,
        forms=["no-such"],
        backends=["operon"],
        noise=[0.0],
        seconds=1.0,
        seed=1,
        summary=False,
        judge=False,
    )
    assert command.run(wanted) == 1
    assert "no form is called no-such" in capsys.readouterr().out
