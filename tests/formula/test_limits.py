"""What the data cannot tell: substitutes, correlated constants, condition numbers, and which data would decide."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import sympy
from systems import Frames, clusters, noisy, statistic_of

from interpot import discover
from interpot.formula.codegen import R
from interpot.formula.collinear import conditions, correlated_constants, member_name, substitutes
from interpot.formula.deciding import Decision, decision
from interpot.formula.paired import difference, surely_apart
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit, fit
from interpot.formula.symbolic.structure import form_of
from interpot.formula.terms import library
from interpot.formula.terms.variants import varied
from interpot.records import Frame
from interpot.statistic.channels import measure_of
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective, spline_fit
from interpot.units import unit_style

CUTOFF = 9.0


def slope(r: np.ndarray) -> np.ndarray:
    s6 = (3.4 / r) ** 6
    return np.where(r < CUTOFF, -24 * 0.0103 * (2 * s6**2 - s6) / r, 0.0)


@cache
def frames(count: int, seed: int = 1) -> list[Frame]:
    return clusters(slope, frames=count, atoms=40, low=3.1, high=16.0, seed=seed)


def form(terms: str, *shapes: float, free: list[int] | None = None) -> Form:
    return Form.of(library(terms.split()), np.array(shapes)).freed(free or [])


LJ = form("power power", 12, 6)
CLOSE = form("power exponential", 12, 1.5, free=[1])


@cache
def fitted(count: int, noise: float, seed: int = 1) -> tuple[Statistic, Objective, float]:
    data = frames(count)
    statistic = statistic_of(Frames(noisy(data, noise, seed) if noise else data), CUTOFF)
    objective = Objective.of(statistic)
    return statistic, objective, objective.floor / (statistic.rows - len(objective.y))


def test_the_difference_of_two_fits_has_the_error_that_repeats_show() -> None:
    rises, errors = [], []
    for seed in range(40):
        _, objective, variance = fitted(12, 0.2, seed)
        lj, close = (fit(objective, [f]) for f in (LJ, CLOSE))
        rises.append(difference(objective, lj, close, variance).rise)
        errors.append(difference(objective, lj, close, variance).error)
    assert np.std(rises, ddof=1) == pytest.approx(np.mean(errors), rel=0.35)


def test_what_is_surely_told_apart_is_told_apart() -> None:
    """The bound needs a fit's misfit only, and rejects what is far from the data, never what that allows."""
    _, objective, variance = fitted(12, 0.2)
    lj, sure = fit(objective, [LJ]), 0
    for first in range(4, 16):
        other = fit(objective, [form("power power", first + 2.0, first)])
        if surely_apart(objective, lj, other.misfit, other.constants, variance):
            assert difference(objective, lj, other, variance).told_apart
            sure += 1
    assert sure > 3
    assert not surely_apart(objective, lj, lj.misfit, lj.constants, variance)


def test_terms_that_can_stand_for_each_other_are_named() -> None:
    statistic, objective, variance = fitted(3, 0.1)
    lj = fit(objective, [LJ])
    found = substitutes(statistic, objective, lj, library(), variance)
    assert any(s.term == "r⁻¹²" and s.other.startswith("exp(-r/") and "Å" in s.other for s in found)
    for s in found:  # each explains the data about as well
        assert s.fit.misfit < lj.misfit + 2 * difference(objective, lj, s.fit, variance).error + 8 * variance


def test_good_data_tell_all_terms_apart() -> None:
    statistic, objective, variance = fitted(40, 0.0)
    assert substitutes(statistic, objective, fit(objective, [LJ]), library(), variance) == ()


def test_names_of_members() -> None:
    metal, power, exponential, yukawa, gaussian = (
        measure_of("pair", unit_style("metal")),
        *library(["power", "exponential", "yukawa", "gaussian"]),
    )
    assert member_name(power, np.array([12.0]), metal) == "r⁻¹²"
    assert member_name(power, np.array([5.32]), metal) == "r⁻⁵·³²"
    assert member_name(exponential, np.array([1 / 0.28]), metal) == "exp(-r/0.28 Å)"
    nano, speed = measure_of("pair", unit_style("nano")), measure_of("friction", unit_style("real"))
    assert member_name(exponential, np.array([1 / 2.8]), nano) == "exp(-r/0.28 nm)"
    assert member_name(exponential, np.array([1 / 2800]), speed, "v") == "exp(-v/2.8 Å/fs)"
    assert member_name(yukawa, np.array([0.5]), metal) == "exp(-r/2 Å)/r"
    assert "(1.5 Å)^2" in member_name(gaussian, np.array([1.5]), metal)


def test_condition_numbers_are_those_of_the_scaled_matrices() -> None:
    statistic, objective, _ = fitted(12, 0.2)
    found = conditions(statistic, objective, fit(objective, [LJ]))
    scale = np.sqrt(np.diag(statistic.gram))
    values = np.linalg.eigvalsh(statistic.gram / np.outer(scale, scale))
    assert found.columns == len(scale) and found.rank == len(objective.y)
    assert found.gram == pytest.approx(values[-1] / values[-found.rank], rel=1e-6)
    one, two = (objective.maps[0] @ column for column in LJ.columns(objective.nodes[0]).T)
    cosine = abs(one @ two) / np.linalg.norm(one) / np.linalg.norm(two)
    assert found.jacobian == pytest.approx(np.sqrt((1 + cosine) / (1 - cosine)), rel=1e-9)


def compared(count: int, noise: float, seed: int = 1) -> tuple[Decision, Fit, Fit, float]:
    statistic, objective, variance = fitted(count, noise, seed)
    lj, close = fit(objective, [LJ]), fit(objective, [CLOSE])
    made = decision(statistic, objective, lj, close, 0, variance, spline_fit(statistic))
    return made, lj, close, variance


def test_more_frames_decide_as_promised() -> None:
    few = [compared(6, 0.3, seed)[0] for seed in range(12)]
    z = np.mean([d.errors for d in few])
    many = [compared(24, 0.3, seed)[0] for seed in range(12)]
    assert np.mean([d.errors for d in many]) == pytest.approx(2 * z, rel=0.35)  # four times the frames
    # not less than the rise at hand promises, and more where noise took the chosen one's side
    for d in (*few, *many):
        assert d.more_data >= (2 / d.errors) ** 2 * (1 - 1e-9) or d.errors <= 0
    six, twenty_four = (np.median([d.more_data for d in some]) for some in (few, many))
    assert six == pytest.approx(4 * twenty_four, rel=0.35)


def test_the_price_of_a_constant_does_not_grow_with_the_data() -> None:
    """A function with one more constant that says next to nothing is no other one: no data would tell."""
    _, objective, variance = fitted(6, 0.3)
    lj = fit(objective, [LJ])
    more = Form.of((*LJ.terms, library(["power"])[0]), np.array([12.0, 6.0, 9.0]))
    rival = Fit((more,), (np.append(lj.coefficients[0], 1e-6 * lj.coefficients[0][1]),), lj.misfit)
    found = difference(objective, lj, rival, variance)
    assert found.rise == pytest.approx(2 * variance, rel=0.05)  # the price alone
    assert found.more_data > 1e6


def test_where_closer_pairs_decide() -> None:
    made, lj, close, variance = compared(6, 0.3)
    assert made.closer < 3.1 and made.hotter > 1
    h, r = 1e-4, made.closer
    slopes = [
        float(
            (f.forms[0].columns(np.array([r + h])) - f.forms[0].columns(np.array([r - h])))[0]
            @ f.coefficients[0]
        )
        / (2 * h)
        for f in (lj, close)
    ]
    # ten pairs, each felt twice, raise the loss by about 16 variances
    assert 20 * (slopes[0] - slopes[1]) ** 2 == pytest.approx(16 * variance, rel=0.2)
    well = -(float(lj.coefficients[0][1]) ** 2) / 4 / float(lj.coefficients[0][0])
    energies = [
        float(f @ lj.coefficients[0])
        for f in LJ.columns(np.array([fitted(6, 0.3)[0].coverage[0].minimum, r]))
    ]
    assert made.hotter == pytest.approx((energies[1] + well * -1) / (energies[0] + well * -1), rel=1e-3)
    assert f"closer than {made.closer:.3g} Å" in made.sentence(unit_style("metal"))


def test_discovery_speaks_of_its_limits() -> None:
    found = discover(fitted(3, 0.1)[0], max_terms=2)
    honesty = found.honesty
    assert any("cannot be told from" in s for s in honesty.cannot_tell)
    assert honesty.would_decide and honesty.adequacy.verdict in found.remarks
    assert honesty.conditions.rank <= honesty.conditions.columns


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("3*(r - 1.2)**-6", "(r - 1.2 Å)^-6"),
        ("3*(r**2 + 4)**-1.5", "((2 Å)^2 + r^2)^-1.5"),
        ("3*(r + 1.2)**-6", "(r + 1.2 Å)^-6"),
        ("r*exp(-2*(r - 4.1)**2)", "r exp(-(r - 4.1 Å)^2/(2 (0.5 Å)^2))"),
        (
            "r*exp(-r/0.9)*tanh(2*(r - 3.1))/(r**2 + 4)",
            "r·exp(-k₁·r)·tanh(k₂·(r - r₀))/(r^2 + w^2) (1/k₁ = 0.9 Å, w = 2 Å, 1/k₂ = 0.5 Å, r₀ = 3.1 Å)",
        ),
    ],
)
def test_terms_of_its_own_are_written_with_their_lengths(text: str, words: str) -> None:
    form, _ = form_of(sympy.sympify(text, locals={"r": R}))
    assert member_name(form.terms[0], form.shapes, measure_of("pair", unit_style("metal"))) == words


def test_correlated_constants_are_named() -> None:
    best = discover(statistic_of(Frames(frames(12)), CUTOFF), max_terms=2).best
    errors = np.array([1e-5, 1e-4])
    tight = replace(best, covariance=np.outer(errors, errors) * np.array([[1, -0.995], [-0.995, 1]]))
    [sentence] = correlated_constants(tight)
    assert "ε and σ (-0.9950)" in sentence
    loose = replace(best, covariance=np.outer(errors, errors) * np.array([[1, 0.5], [0.5, 1]]))
    assert correlated_constants(loose) == ()


def test_long_terms_are_called_what_the_field_calls_them() -> None:
    metal, (power, damped) = measure_of("pair", unit_style("metal")), library(["power", "damped_6"])
    assert member_name(damped, np.array([1 / 0.27]), metal) == "damped r^-6 (1/b = 0.27 Å)"
    switched, shifted = varied(power, "force_switched", 9.0), varied(power, "force_shifted", 9.0)
    assert (
        member_name(switched, np.array([6.0, 6.2]), metal)
        == "r⁻⁶, force-switched between 6.2 Å and the cutoff"
    )
    assert member_name(shifted, np.array([6.0]), metal) == "r⁻⁶, force-shifted at the cutoff"
