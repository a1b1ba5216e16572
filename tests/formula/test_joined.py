"""One formula in r and other variables for all channels: a salt whose truth is known, its errors, wrong charges."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
from systems import Frames, Slope, brute_forces, noisy, statistic_of

from interpot import InterpotError, discover, discover_shared
from interpot.formula.assembly import without_units
from interpot.formula.codegen import R
from interpot.formula.discover import Discovery
from interpot.formula.invariants import variables_of
from interpot.formula.naming import of_channel
from interpot.formula.potential import Potential
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit
from interpot.formula.symbolic.asked import Symbolic
from interpot.formula.symbolic.joined import joint_form, refined
from interpot.formula.symbolic.problem import SearchProblem
from interpot.formula.symbolic.search import OPERATORS, Backend, Candidate
from interpot.formula.symbolic.structure import NoFormError
from interpot.formula.terms import library
from interpot.formula.terms.joint import joint_terms
from interpot.formula.tied import joint_library, separated
from interpot.records import Cell, FloatArray, Frame
from interpot.statistic.channels import Channel
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective

CUTOFF = 8.0
TRUTH = {"A_1": 1000.0, "alpha": 1 / 0.33, "A_2": 14.4, "kappa": 0.3}  # eV, 1/Å, eV·Å, 1/Å
CHARGES = "qq = q_i*q_j: Na=1, Cl=-1"
TERMS = ("exponential", "yukawa")
NOISE = 0.02
KINDS = np.arange(42) % 2

Slopes = Mapping[tuple[int, int], Slope]


def salt_slope(qq: float, constants: Mapping[str, float] = TRUTH) -> Slope:
    """Of A e^{-αr} + C qq e^{-κr}/r, ending at the cutoff."""
    A, alpha, C, kappa = constants.values()

    def slope(r: FloatArray) -> FloatArray:
        screened = -C * qq * np.exp(-kappa * r) * (1 / r**2 + kappa / r)
        return np.where(r < CUTOFF, screened - A * alpha * np.exp(-alpha * r), 0.0)

    return slope


def salt_slopes(constants: Mapping[str, float] = TRUTH) -> Slopes:
    """Cl is kind 0, Na kind 1."""
    return {
        (0, 0): salt_slope(1, constants),
        (0, 1): salt_slope(-1, constants),
        (1, 1): salt_slope(1, constants),
    }


def mixture(slopes: Slopes, species: tuple[str, str] = ("Cl", "Na"), low: float = 2.2) -> list[Frame]:
    """Open clusters of random atoms, the two species in turn."""
    random, made = np.random.default_rng(1), []
    for index in range(12):
        placed: list[FloatArray] = []
        while len(placed) < 42:
            trial = random.uniform(0, 9, 3)
            if all(np.linalg.norm(trial - other) > low for other in placed):
                placed.append(trial)
        x = np.array(placed)
        cell = Cell(np.diag([9.0] * 3), np.zeros(3), (False, False, False))
        forces = brute_forces(x, KINDS.tolist(), slopes)
        made.append(Frame(x, species, KINDS, cell, forces=forces, source="memory", index=index))
    return made


@pytest.fixture(scope="module")
def salt() -> Statistic:
    return statistic_of(Frames(mixture(salt_slopes())), CUTOFF)


@pytest.fixture(scope="module")
def noisy_salt() -> Statistic:
    return statistic_of(Frames(noisy(mixture(salt_slopes()), NOISE, 1)), CUTOFF)


def separate(statistic: Statistic) -> Discovery:
    return discover(statistic, terms=TERMS, max_terms=2, symbolic="none")


@pytest.fixture(scope="module")
def apart(salt: Statistic) -> Discovery:
    return separate(salt)


@pytest.fixture(scope="module")
def noisy_apart(noisy_salt: Statistic) -> Discovery:
    return separate(noisy_salt)


def shared(variables: Any, alone: Discovery, **options: Any) -> Discovery:
    given = {"terms": TERMS, "max_terms": 2, "symbolic": "none", **options}
    return discover_shared(alone.statistic, variables, separate=alone, **given)


# ---------------------------------------------------------------------------- what is found


def test_a_salt_has_one_formula_with_its_constants(apart: Discovery) -> None:
    found = shared([CHARGES], apart)
    first = found.best.channels[0]
    assert {p.name: p.value for p in first.parameters} == pytest.approx(TRUTH, rel=1e-6)
    for channel in found.best.channels:
        assert [(p.name, p.value, p.stderr) for p in channel.parameters] == [
            (p.name, p.value, p.stderr) for p in first.parameters
        ]
    r = np.linspace(2.3, 7.9, 20)
    for label, qq in (("Cl-Cl", 1), ("Cl-Na", -1), ("Na-Na", 1)):
        assert found.best.channel(label).slope(r) == pytest.approx(salt_slope(qq)(r), rel=1e-6)
    assert found.chosen is not None
    assert found.chosen.fit.constants == 4
    assert "the data allow it" in found.remarks[0]
    assert "φ(r, qq) = A_1*exp(-alpha*r) + A_2*qq*exp(-kappa*r)/r" in found.remarks[0]
    assert found.front[found.front.chosen].channel.tolist() == ["Cl-Cl", "Cl-Na", "Na-Na"]


def test_the_potential_is_like_any_other(apart: Discovery, tmp_path: Path) -> None:
    found = shared([CHARGES], apart).best
    found.save(tmp_path / "potential.json")
    read = Potential.load(tmp_path / "potential.json")
    assert str(read) == str(found)
    r = np.linspace(2.3, 7.9, 5)
    assert read.force(r, "Cl", "Na") == pytest.approx(-salt_slope(-1)(r), rel=1e-6)
    real = found.to_units("real")  # kcal/mol
    assert real.channels[1].parameters[2].value == pytest.approx(14.4 * 23.0605, rel=1e-5)
    errors = np.array([[p.stderr for p in channel.parameters] for channel in real.channels])
    assert errors == pytest.approx(np.tile(errors[0], (3, 1)), rel=1e-12)


def test_values_per_channel_are_those_of_the_rule(apart: Discovery) -> None:
    found = shared({"q": {"Na-Na": 1, "Na-Cl": -1, "Cl-Cl": 1}}, apart)
    assert {p.name: p.value for p in found.best.channels[0].parameters} == pytest.approx(TRUTH, rel=1e-6)


def test_distances_in_units_of_a_variable() -> None:
    """Lennard-Jones with σ the mean of two, 4ε[(σ/r)^12 - (σ/r)^6], has one constant per power."""

    def slope(sigma: float) -> Slope:
        return lambda r: np.where(r < CUTOFF, 4 * 0.1 * (6 * sigma**6 / r**7 - 12 * sigma**12 / r**13), 0.0)

    slopes = {(0, 0): slope(2.4), (0, 1): slope(2.7), (1, 1): slope(3.0)}
    data = statistic_of(Frames(mixture(slopes, ("Ne", "Xe"))), CUTOFF)
    alone = discover(data, terms=["power"], max_terms=2, symbolic="none")
    found = shared({"sigma = (s_i + s_j)/2": {"Ne": 2.4, "Xe": 3.0}}, alone, terms=["power"])
    assert found.chosen is not None and found.chosen.fit.constants == 2
    values = sorted(p.value for p in found.best.channels[0].parameters)
    assert values == pytest.approx([-0.4, 0.4], rel=1e-6)


@pytest.mark.parametrize(
    "wrong", [{"Cl-Cl": 1, "Cl-Na": -1, "Na-Na": 1.1}, {"Cl-Cl": 1, "Cl-Na": 1, "Na-Na": -1}]
)
def test_wrong_charges_are_rejected(
    wrong: dict[str, float], apart: Discovery, noisy_apart: Discovery
) -> None:
    for alone in (apart, noisy_apart):
        found = shared({"qq": wrong}, alone)
        assert found.remarks[0].startswith("the data reject one formula for all channels")


def test_right_charges_are_allowed_by_noisy_data(noisy_apart: Discovery) -> None:
    assert "the data allow it" in shared([CHARGES], noisy_apart).remarks[0]


def test_errors_are_those_of_least_squares_with_shared_constants(noisy_apart: Discovery) -> None:
    """σ²(XᵀX)⁻¹ with X from differences of forces; twelve blocks tell an error to about a fifth."""
    found = shared([CHARGES], noisy_apart)
    frames = mixture(salt_slopes())
    sigma = NOISE * np.sqrt(np.mean([f.forces**2 for f in frames]))

    def forces(constants: Sequence[Mapping[str, float]]) -> FloatArray:
        slopes = {
            pair: salt_slope(qq, own)
            for (pair, qq), own in zip((((0, 0), 1.0), ((0, 1), -1.0), ((1, 1), 1.0)), constants, strict=True)
        }
        return np.concatenate([brute_forces(f.positions, KINDS.tolist(), slopes).ravel() for f in frames])

    base = [dict(TRUTH) for _ in range(3)]
    columns = []
    for c in range(3):
        for name, value in TRUTH.items():
            up, down = ([{**own} for own in base] for _ in range(2))
            up[c][name], down[c][name] = value * (1 + 1e-5), value * (1 - 1e-5)
            columns.append((forces(up) - forces(down)) / (2e-5 * value))
    X = np.column_stack(columns)
    B = np.tile(np.eye(4), (3, 1))  # shared constants move all channels
    together = sigma * np.sqrt(np.diag(np.linalg.inv(B.T @ X.T @ X @ B)))
    alone = sigma * np.sqrt(np.diag(np.linalg.inv(X.T @ X))).reshape(3, 4)
    told = np.array([p.stderr for p in found.best.channels[0].parameters])
    told_alone = np.array([[p.stderr for p in c.parameters] for c in noisy_apart.best.channels])
    assert told == pytest.approx(together, rel=0.5)
    assert told_alone == pytest.approx(alone, rel=0.7)
    assert np.all(told < told_alone.min(axis=0))
    values = np.array([p.value for p in found.best.channels[0].parameters])
    assert np.all(np.abs(values - list(TRUTH.values())) < 4 * together)


# ---------------------------------------------------------------------------- forms


def test_a_term_that_vanishes_in_a_channel_is_left_out_and_equations_hold(salt: Statistic) -> None:
    table = {"q": {"Cl-Cl": 2, "Cl-Na": 0, "Na-Na": -1}}
    variables = variables_of(table, salt.channels)
    (power,) = library(["yukawa"])
    plain, times, *_ = joint_terms(power, variables.symbols, variables.table, [5, 5, 5])
    form = Form.of((plain, times), np.array([2.0, 1.0]))
    joint = Fit((form,), (np.array([3.0, 4.0]),), 0.0)
    made = separated(joint, variables)
    assert [len(f.terms) for f in made.fit.forms] == [2, 1, 2]
    assert made.fit.constants == 4
    r = np.linspace(2, 7, 5)
    for f, a, q in zip(made.fit.forms, made.fit.coefficients, (2, 0, -1), strict=True):
        assert f.columns(r) @ a == pytest.approx(3 * np.exp(-2 * r) / r + 4 * q * np.exp(-r) / r, rel=1e-14)
    constants = np.concatenate(
        [x for f, a in zip(made.fit.forms, made.fit.coefficients, strict=True) for x in (a, f.free)]
    )
    assert made.fit.active is not None
    assert made.fit.active @ constants == pytest.approx(0, abs=1e-14)
    assert made.to_joint @ constants == pytest.approx([3, 4, 2, 1])


# ---------------------------------------------------------------------------- symbolic search


def expression(constants: Sequence[float], q: sympy.Symbol) -> sympy.Expr:
    A, alpha, C, kappa = map(sympy.Float, constants)
    return A * sympy.exp(-alpha * R) + C * q * sympy.exp(-kappa * R) / R


def test_the_loss_of_a_joined_problem_is_that_of_all_channels(salt: Statistic) -> None:
    variables, objective = variables_of([CHARGES], salt.channels), Objective.of(salt)
    problem = SearchProblem.joined(objective, variables.symbols, variables.table, (2.2, CUTOFF), "all")
    values = problem.values(expression(list(TRUTH.values()), variables.symbols[0]))
    assert problem.loss(values) < 1e-20
    assert problem.loss(values + np.array([7.0, -3.0, 2.0])[problem.groups]) < 1e-20
    wrong = expression([900.0, 3.0, 13.0, 0.2], variables.symbols[0])
    nodes = [
        sympy.lambdify((R, *variables.symbols), wrong)(r, q)
        for r, (q,) in zip(objective.nodes, variables.table, strict=True)
    ]
    assert problem.loss(problem.values(wrong)) == pytest.approx(
        objective.relative_error(nodes) ** 2, rel=1e-9
    )
    assert problem.loss(0 * values) == pytest.approx(1, rel=1e-12)


WRITTEN: dict[str, Callable[[sympy.Symbol], sympy.Expr]] = {
    "far": lambda q: expression([900, 2.9, 13, 0.32], q),
    "multiplied": lambda q: (
        (910.0 * R * sympy.exp(-3.1 * R) + 13.0 * q**1.0000000001 * sympy.exp(-0.32 * R)) / R
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_formula_from_a_search_is_refitted_with_one_set_of_constants(name: str, salt: Statistic) -> None:
    variables = variables_of([CHARGES], salt.channels)
    candidate = Candidate(WRITTEN[name](variables.symbols[0]), 1.0, 1)
    best = refined([candidate], Objective.of(salt), variables)[0]
    assert best.coefficients[0] == pytest.approx([1000.0, 14.4], rel=1e-6)
    assert best.forms[0].free == pytest.approx([1 / 0.33, 0.3], rel=1e-6)


def test_what_mixes_r_and_the_variables_is_a_term_of_its_own(salt: Statistic) -> None:
    variables = variables_of({"q": {"Cl-Cl": 2, "Cl-Na": 1, "Na-Na": 3}}, salt.channels)
    (q,), points = variables.symbols, np.column_stack([np.repeat([2.0, 1.0, 3.0], 2)])
    written = 5.0 * sympy.exp(-0.7 * R / (q + 0.5)) - 2.0 * q / R**6
    form, coefficients = joint_form(written, variables.symbols, points)
    r = np.array([2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
    wanted = sympy.lambdify((R, q), written)(r, points[:, 0])
    assert form.columns(r) @ coefficients == pytest.approx(wanted, rel=1e-13)
    assert sorted(form.free) == pytest.approx([0.5, 0.7])
    with pytest.raises(NoFormError, match="does not depend on r"):
        joint_form(3.0 * q, variables.symbols, points)


def test_a_backend_searches_all_channels_at_once(monkeypatch: pytest.MonkeyPatch, apart: Discovery) -> None:
    def search(problem: SearchProblem, operators: Any, budget: Any, seed: int, watch: Any) -> list[Candidate]:
        assert problem.nodes.shape[1] == 2
        assert [str(s) for s in problem.symbols] == ["r", "qq"]
        found = WRITTEN["far"](problem.symbols[1])
        return [Candidate(found, problem.loss(problem.values(found)), 9)]

    backend = Backend("grammar", frozenset(OPERATORS), search)
    monkeypatch.setattr("interpot.formula.symbolic.beyond.load_backend", lambda name: backend)
    found = shared([CHARGES], apart, terms=["exponential"], symbolic="grammar")
    assert {p.name: p.value for p in found.best.channels[0].parameters} == pytest.approx(TRUTH, rel=1e-6)


def test_a_term_is_called_the_same_whoever_found_it(salt: Statistic) -> None:
    variables = variables_of({"q": {"Cl-Cl": 2, "Cl-Na": -1, "Na-Na": 3}}, salt.channels)
    (q,), objective = variables.symbols, Objective.of(salt)
    names = {term.name for term in joint_library(library(["power"]), variables, objective)}
    written = sympy.Abs(q) / R**6 + 2.0 * q**2 / R**12 - q / R + 3.0 / R**9
    form, _ = joint_form(written, (q,), np.array([[2.0], [-1.0], [3.0]]))
    assert {term.name for term in form.terms} == names == {"power", "q·power", "|q|·power", "q²·power"}


def test_a_number_that_is_not_fitted_is_no_name_of_one_that_is() -> None:
    """A rate that is the first free parameter, and the unit of length, which is shape 1."""
    q = sympy.Symbol("q", extended_real=True)
    points = np.repeat([[2.0], [3.0]], 3, axis=0)
    form, coefficients = joint_form(0.5 * sympy.exp(-1.3 * R) + 2.0 * R ** (-q), (q,), points)
    named = of_channel(form, coefficients, Channel("pair", ("A", "B"), CUTOFF))
    assert named.name == "exponential + r^-q"
    r = np.array([2.0, 3.0, 4.0, 2.0, 3.0, 4.0])
    function = sympy.lambdify(
        (R, q), named.expression.subs({p.symbol: p.value for p in named.parameters}), modules="numpy"
    )
    apart = function(r, points[:, 0]) - form.columns(r) @ coefficients
    assert np.ptp(apart[:3]) < 1e-14 and np.ptp(apart[3:]) < 1e-14
    phi = str(without_units(named.expression))
    assert "A_2*r**(-q)" in phi or "A_2/r**q" in phi


# ---------------------------------------------------------------------------- names and channels


@pytest.mark.parametrize("name", ["kappa", "alpha", "n", "variable_0"])
def test_a_variable_may_be_called_as_a_constant_is(name: str, apart: Discovery) -> None:
    found = shared([CHARGES.replace("qq", name)], apart)
    values = [p.value for p in found.best.channels[0].parameters]
    assert values == pytest.approx(list(TRUTH.values()), rel=1e-6)


def test_one_formula_is_for_pairs(salt: Statistic, monkeypatch: pytest.MonkeyPatch) -> None:
    wall = Channel("wall", ("Na",), CUTOFF, "zlo")
    with pytest.raises(InterpotError, match="one formula is for pairs: this statistic has Na-zlo, too"):
        variables_of([CHARGES], [*salt.channels, wall])
    monkeypatch.setattr("interpot.formula.one_formula.discover", None)  # nothing is searched before
    with pytest.raises(InterpotError, match="one formula is for pairs"):
        discover_shared(replace(salt, channels=(*salt.channels[:-1], wall)), [CHARGES])


@pytest.mark.parametrize(("asked", "apart"), [("auto", "auto"), ("operon", "none"), ("none", "none")])
def test_backends_that_are_named_are_for_the_one_formula(
    asked: str, apart: str, salt: Statistic, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched = []

    def separately(*_: Any, symbolic: Symbolic, **__: Any) -> Discovery:
        searched.append(symbolic.search)
        raise InterpotError("enough")

    monkeypatch.setattr("interpot.formula.one_formula.discover", separately)
    with pytest.raises(InterpotError, match="enough"):
        discover_shared(salt, [CHARGES], symbolic=asked)
    assert searched == [apart]


# ---------------------------------------------------------------------------- bad input

BAD: list[tuple[Any, str]] = [
    ({"q": {"Cl-Cl": 1, "Cl-Na": -1}}, "has no value for Na-Na: give one"),
    ({"q": {"Cl-Cl": 1, "Cl-Na": -1, "Na-Na": 1, "K-K": 1}}, "'K-K', which is no channel of the data: expected Cl-Cl"),
    ({"q": {"Cl-Cl": 1, "Cl-Na": 1, "Na-Na": 1}}, "is 1 for all of Cl-Cl, Cl-Na, Na-Na: it tells nothing"),
    ({"r": {"Cl-Cl": 1, "Cl-Na": 1, "Na-Na": 2}}, "cannot be called 'r'"),
    ({"exp": {"Cl-Cl": 1, "Cl-Na": 1, "Na-Na": 2}}, "cannot be called 'exp'"),
    ({"q": {"Cl-Cl": 1, "Cl-Na": float("nan"), "Na-Na": 2}}, "expected a finite number"),
    ({}, "no variable was given"),
    (["q: Cl-Cl=1, Cl-Na"], "is not understood: expected, for example"),
    (["q Cl-Cl=1"], "is not understood"),
    (["q: Cl-Cl=1, Cl-Cl=2"], "gives Cl-Cl twice"),
    (["q: Cl-Cl=1, Cl-Na=2, Na-Na=x"], "expected a finite number"),
    (["q*q: Na=1, Cl=-1"], "is no name of a variable"),
    (["q = q_i*q_j: Na=1"], "has no value for the species Cl"),
    (["q = q_i*q_j: Na=1, Cl=-1, K=1"], "'K', which is no species of the data: expected Cl, Na"),
    (["q = q_i - q_j: Na=1, Cl=-1"], "changes when i and j are exchanged"),
    (["q = q_i*: Na=1, Cl=-1"], "is no formula"),
    (["q = 3: Na=1, Cl=-1"], "is no formula in a constant of i and j"),
    (["q = log(q_i*q_j): Na=1, Cl=-1"], "is no finite number for Cl-Na"),
    ([CHARGES, CHARGES], "is given twice"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "sentence"), BAD)
@pytest.mark.filterwarnings("error")
def test_variables_that_are_not_understood(given: Any, sentence: str, salt: Statistic) -> None:
    with pytest.raises(InterpotError) as told:
        variables_of(given, salt.channels)
    assert sentence in str(told.value)


def test_one_channel_needs_no_variable(salt: Statistic) -> None:
    with pytest.raises(InterpotError, match="needs at least two"):
        variables_of([CHARGES], salt.channels[:1])
