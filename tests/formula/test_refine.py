"""Candidates refitted on statistics of frames whose forces are known: constants, structures and losses."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import sympy
from systems import Frames, clusters, statistic_of

from interpot.errors import InterpotError
from interpot.formula.assembly import potential_of
from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.constraints import asked_for, restrictions
from interpot.formula.judge import Judge
from interpot.formula.kinds import loss_of
from interpot.formula.naming import agreed, of_channel
from interpot.formula.potential import Potential
from interpot.formula.regress import varpro
from interpot.formula.regress.form import Form
from interpot.formula.regress.restriction import Restriction
from interpot.formula.regress.varpro import Fit
from interpot.formula.symbolic.complexity import complexity
from interpot.formula.symbolic.problem import SearchProblem
from interpot.formula.symbolic.refine import expression_of, joined, refine, with_value
from interpot.formula.symbolic.search import Candidate
from interpot.formula.symbolic.structure import form_of
from interpot.formula.terms import library
from interpot.proof.export import export
from interpot.statistic.channels import Channel
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective

CUTOFF = 9.0


def parsed(text: str) -> sympy.Expr:
    return sympy.sympify(text, locals={"r": R})


def candidate(text: str, loss: float = 0.5) -> Candidate:
    expression = parsed(text)
    return Candidate(expression, loss, complexity(expression))


@cache
def statistic(truth: str, noise: float = 0.0) -> Statistic:
    slope = numpy_function(derivative(parsed(truth), R), (R,))
    frames = clusters(lambda r: slope(r) * (r < CUTOFF), frames=20, low=2.6, high=11.0, noise=noise)
    return statistic_of(Frames(frames), CUTOFF)


def objective(truth: str, noise: float = 0.0) -> Objective:
    return Objective.of(statistic(truth, noise))


def share(fit: Fit, problem: Objective) -> float:
    """Of the forces, what a fit leaves."""
    return float(np.sqrt(fit.misfit / problem.square))


GAUSS = "2e4*r**(-12) - 30*r**(-6) - 0.3*exp(-2*(r - 4.1)**2)"
MORSE = "0.4*(exp(-2.4*(r - 3.3)) - 2*exp(-1.2*(r - 3.3)))"

PERTURBED = {
    GAUSS: ("1.9e4/r**11.8 - 25/r**5.93 - 0.25*exp(-1.9*(r - 4.05)**2) + 0.7", 5),
    MORSE: ("0.42*exp(-2.5*r + 7.8) - 0.8*exp(-1.18*(r - 3.3))", 3),
    "14/sqrt(r**2 + 1.5**2) - 30/(r**6 + 3.0**6)": ("13/sqrt(r**2 + 2) - 1/(r**5.8/27 + 27.0)", 4),
    "0.5/(1 + exp((r - 5.0)/0.4))": ("0.3/(1.2 + exp((r - 4.9)*2.3))", 3),
    "3.0*exp(-0.7*r)*cos(2.2*r + 0.4)": ("2.6*exp(-0.65*r)*cos(2.23*r + 0.5)", 4),
    "-0.3*(1 + 1.3*(r - 3.1))*exp(-1.3*(r - 3.1))": ("(3.6 - 2.1*r)*exp(3.0 - 1.2*r)", 3),
    "0.5*exp(-(r/3.5)**4)": ("0.6*exp(-(r*0.28)**3.9)", 2),
    "2e4/r**12 + 0.5*tanh(2.0*(r - 4.5))": ("0.4*tanh(1.8*r - 8.0) + 1.5e4*(1/r)**11.9 - 3", 4),
}


@pytest.mark.parametrize("truth", PERTURBED)
def test_perturbed_constants_come_back(truth: str) -> None:
    """Without noise: the true function, in the true number of constants, whatever the additive one."""
    text, constants = PERTURBED[truth]
    problem = objective(truth)
    fits = refine([candidate(text)], problem)
    best = next(f for f in fits if share(f, problem) < 1e-8)
    assert best.constants == constants
    r = np.linspace(3.0, 8.5, 50)
    phi, wanted = (numpy_function(derivative(e, R), (R,))(r) for e in (expression_of(best), parsed(truth)))
    np.testing.assert_allclose(phi, wanted, atol=1e-6 * np.abs(wanted).max())


def test_whole_exponents_are_found_beneath_noise() -> None:
    """Where 12 and 6 leave no more than chance does; the fit with free exponents is there as well."""
    problem = objective(GAUSS, 0.01)
    true = refine([candidate(GAUSS)], problem)[0].misfit
    fits = refine([candidate(PERTURBED[GAUSS][0])], problem, limit=1.1 * true)
    assert {f.constants for f in fits} >= {5, 7}
    (simple,) = [f for f in fits if f.constants == 5]
    powers = [
        s[0] for t, s in zip(simple.forms[0].terms, simple.forms[0].split(), strict=True) if t.name == "power"
    ]
    assert sorted(powers) == [6, 12] and simple.misfit <= 1.1 * true


def test_what_is_too_much_is_left_out() -> None:
    """A term that is not there, a softening that is none, two widths that are one."""
    problem = objective("14/r - 200/r**6")
    limit = (1e-7) ** 2 * problem.square
    fits = refine([candidate("13.5/sqrt(r**2 + 0.05) - 180/r**6 + 0.01*exp(-r)")], problem, limit=limit)
    simple = min(fits, key=lambda f: f.constants)
    assert sorted(simple.forms[0].shapes) == pytest.approx([1, 6], abs=1e-12) and simple.constants == 2
    assert share(simple, problem) < 1e-7


TEXTS = [
    "{a}*1e4*r**(-11 - {b}) - {c}*10/r**6",
    "{a}*exp(-{b}*(r - 3 - {c})**2) + {c}*9e3/r**12",
    "{a}*exp(-{b}*r) - {c}*exp(-{d}*r)",
    "({a} - {c}*r)*exp(-{b}*r)",
    "{a}/(1 + exp((r - 3 - {c})/{b}))",
    "{a}*tanh({b}*r - {d}) + {c}/r",
    "{a}*erf({b}*(r - {c}))/(r**2 + {d})",
    "{a}*cos({b}*r + {c})/r**{d}",
    "{a}/(r**(4 + {b}) + {c}*100)",
    "{a}*exp(-{b}*r)*log(1 + {c}*r)",
    "({a}*r**-6 - {b}/100)*({c} - exp(-{d}*r))",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("seed", [1, 2])
def test_no_candidate_gets_a_larger_loss(text: str, seed: int) -> None:
    """The exact loss of the formula as it was written, on the nodes of the objective."""
    problem = objective(GAUSS, 0.01)
    random = np.random.default_rng(seed).uniform(0.2, 3.0, 4).round(4)
    expression = parsed(text.format(**dict(zip("abcd", random, strict=True))))
    written = problem.residual([numpy_function(expression, (R,))(problem.nodes[0])])
    fits = refine([Candidate(expression, 1.0, complexity(expression))], problem)
    assert fits and fits[0].misfit <= float(written @ written) * (1 + 1e-9)
    for fit in fits:
        residual = problem.residual(fit.values(problem.nodes))
        assert fit.misfit == pytest.approx(float(residual @ residual), rel=1e-6)


def test_terms_that_run_into_each_other_become_one_and_its_derivative() -> None:
    problem = objective("(2.0 - 0.9*r)*exp(-0.7*r)")
    (best, *_) = refine([candidate("60.0*exp(-0.71*r) - 58.0*exp(-0.69*r)")], problem)
    assert sorted(t.name for t in best.forms[0].terms) == ["exponential", "r*exp(-k*r)"]
    assert best.constants == 3 and share(best, problem) < 1e-8
    assert best.forms[0].shapes == pytest.approx([0.7, 0.7], rel=1e-6)


def test_equal_functions_are_one_fit() -> None:
    """Written twice, with other numbers, and as another function that is the same: tanh is a Fermi function."""
    problem = objective("0.5/(1 + exp((r - 5.0)/0.4))")
    texts = ["0.3/(1 + exp((r - 4.9)/0.45))", "1/(2 + exp(2.3*r)*3e-5)", "0.3 - 0.2*tanh(1.1*r - 5.6)"]
    fits = refine([candidate(t, 0.1 * k) for k, t in enumerate(texts)], problem)
    assert len(fits) == 1 and share(fits[0], problem) < 1e-8


def test_the_result_is_sorted_and_distinct() -> None:
    problem = objective(GAUSS, 0.01)
    texts = [text for text, _ in PERTURBED.values()]
    fits = refine([candidate(t) for t in texts], problem)
    assert [f.misfit for f in fits] == sorted(f.misfit for f in fits)
    assert len({f.key for f in fits}) == len(fits) >= len(texts)
    again = refine([candidate(t) for t in texts], problem)
    assert [f.key for f in again] == [f.key for f in fits] and again[0].misfit == fits[0].misfit


def test_what_is_no_form_is_left_out() -> None:
    problem = objective(MORSE)
    nothing = ["5.0", "Abs(r - 4.0)", "1/(r - r)", "sqrt(r - 6.0)", "log(r - 5.0)", "1/(r - 5.0)**900"]
    assert refine([candidate(t) for t in nothing if parsed(t).is_finite is not False], problem) == []
    assert refine([], problem) == []


def test_constraints_are_met() -> None:
    """A core that attracts is refused, or forced to repel."""
    data = statistic(GAUSS, 0.01)
    problem = Objective.of(data)
    (rule,) = restrictions(asked_for(["repulsive-core", "decay"], data.channels), data, [library()])
    fits = refine(
        [candidate(PERTURBED[GAUSS][0]), candidate("-3.0/r**6 + exp(-r)"), candidate("9.0/r - r")],
        problem,
        rule=rule,
    )
    assert fits
    for fit in fits:
        assert rule.satisfied(fit.forms[0], fit.coefficients[0], 1e-6)
        assert "polynomial" not in [t.name for t in fit.forms[0].terms]


def test_the_loss_of_the_problem_is_that_of_the_fit() -> None:
    """`SearchProblem.loss` of the formula that is written for a fit, for seeds."""
    data = statistic(GAUSS, 0.01)
    exact = Objective.of(data)
    problem = SearchProblem.of(exact, (2.6, CUTOFF), "Ar-Ar")
    fit = refine([candidate(PERTURBED[GAUSS][0])], exact)[0]
    loss = problem.loss(problem.values(expression_of(fit)))
    assert loss == pytest.approx(fit.misfit / float(exact.y @ exact.y), rel=1e-4)


# ---------------------------------------------------------------------------- steps


def test_a_tie_is_kept_when_a_shape_is_set() -> None:
    form = Form(library(["exponential", "exponential"]), np.array([1.2, 2.4]), np.array([[1.0], [2.0]]))
    fixed = with_value(form, 1, 3.0)
    assert fixed.shapes.tolist() == [1.5, 3.0] and fixed.ties.shape == (2, 0)


def test_two_shapes_become_one() -> None:
    form = Form.of(library(["exponential", "exponential", "yukawa"]), np.array([1.2, 2.5, 0.9]))
    one = joined(form, 0, 1, 2.0)
    assert one.shapes.tolist() == [1.2, 2.4, 0.9] and one.ties.tolist() == [[1, 0], [2, 0], [0, 1]]
    all_one = joined(one, 2, 0, 1.0)
    assert all_one.shapes == pytest.approx([0.9, 1.8, 0.9])
    assert all_one.moved(all_one.free * 2).shapes == pytest.approx([1.8, 3.6, 1.8])


# ---------------------------------------------------------------------------- what follows

NEAR_HALVES = [
    "60.0*r**(-2.47) - 0.3*exp(-2*(r - 4.1)**2)",
    "60.0*r**(-2.47)",
    "2.0*r**1.52*exp(-1.2*r)",
    "5.0*exp(-(r/3.0)**1.47)",
    "3.0*(r + 1.0)**(-3.52) - 2.0/r**6",
    "1e4*r**(-11.47) - 40.0*r**(-5.6)",
    "0.1*r**1.48 + 60.0*r**(-2.47)*exp(-1.1*r)",
]


@pytest.mark.parametrize("text", NEAR_HALVES)
def test_an_exponent_that_is_a_half_is_named_as_one(text: str) -> None:
    """The function in the field's constants is that of the form, whichever of its exponents are set."""
    form, coefficients = form_of(parsed(text), reach=CUTOFF)
    exponents = [k for k, s in enumerate(form.shape_list) if s.integer and form.driven[k]]
    every = form
    for k in exponents:
        every = with_value(every, k, round(2 * form.shapes[k]) / 2)
    channel, r = Channel("pair", ("A", "B"), CUTOFF), np.linspace(2.5, 8.5, 20)
    for some in (*(with_value(form, k, round(2 * form.shapes[k]) / 2) for k in exponents), every):
        named = of_channel(some, coefficients, channel)
        phi = named.expression.subs({p.symbol: p.value for p in named.parameters})
        wanted = some.columns(r) @ coefficients
        apart = numpy_function(phi, (R,))(r) - wanted
        assert np.ptp(apart) <= 1e-12 * np.abs(wanted).max()
        assert all(p.name.isidentifier() for p in named.parameters)
        halves = [f"{some.shapes[k]:g}" for k in exponents if not some.driven[k]]
        assert named.name == "Generalised exponential" or all(half in named.name for half in halves)


def test_a_potential_has_the_half_that_was_fitted(tmp_path: Path) -> None:
    truth = "60.0*r**(-2.5) - 0.3*exp(-2*(r - 4.1)**2)"
    data = statistic(truth)
    problem = Objective.of(data)
    fits = refine([candidate("50.0*r**(-2.44) - 0.29*exp(-2.1*(r - 4.0)**2)")], problem)
    fit = min(fits, key=lambda f: (f.constants, f.misfit))
    judge = Judge(data, problem)
    judged = judge.candidate(fit)
    potential = potential_of(data, judge, judged, [None], loss_of(judge, judged, problem, None, [None]), {})
    assert potential.channels[0].form == "r^-2.5 + shifted Gaussian"
    (size,) = [p for p in potential.parameters if p.length == 2.5]
    assert size.value == pytest.approx(60.0, rel=1e-6) and size.energy == 1
    r = np.linspace(3.0, 8.5, 30)
    wanted = numpy_function(derivative(parsed(truth), R), (R,))(r)
    potential.save(tmp_path / "potential.json")
    for one in (
        potential,
        Potential.load(tmp_path / "potential.json"),
        potential.to_units("real").to_units("metal"),
    ):
        np.testing.assert_allclose(-one.force(r), wanted, atol=1e-7 * np.abs(wanted).max())


def test_a_formula_that_is_not_the_fitted_function_is_no_potential() -> None:
    form, coefficients = form_of(parsed("2.0/r**6 + 3.0*exp(-1.1*r)"), reach=CUTOFF)
    named = of_channel(form, coefficients, Channel("pair", ("A", "B"), CUTOFF))
    assert agreed(named, form, coefficients, (2.0, 8.0)) is named
    wrong = replace(named, expression=named.expression / R)
    with pytest.raises(InterpotError, match="is not the function that was fitted"):
        agreed(wrong, form, coefficients, (2.0, 8.0))


@pytest.mark.parametrize(
    "truth",
    [
        GAUSS,
        "3*erf(0.6*(r - 3))*exp(-0.8*r)",
        "log(1 - exp(-1.1*(r - 1)))/r**2 + 3*exp(-(r/2.0)**3.4)",
    ],
)
def test_a_fit_becomes_a_potential_that_other_programs_read(truth: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    data = statistic(truth, 0.01)
    problem = Objective.of(data)
    fit, judge = refine([candidate(truth)], problem)[0], Judge(data, problem)
    judged = judge.candidate(fit)
    potential = potential_of(data, judge, judged, [None], loss_of(judge, judged, problem, None, [None]), {})
    r = np.linspace(3.0, 8.5, 30)
    wanted = numpy_function(derivative(expression_of(fit), R), (R,))(r)
    scale = np.abs(wanted).max()
    np.testing.assert_allclose(-potential.force(r), wanted, atol=1e-10 * scale)
    assert all(np.isfinite(p.stderr) and p.stderr > 0 for p in potential.parameters)
    potential.save(tmp_path / "potential.json")
    loaded = Potential.load(tmp_path / "potential.json")
    np.testing.assert_allclose(-loaded.force(r), wanted, atol=1e-10 * scale)
    np.testing.assert_allclose(
        -potential.to_units("real").to_units("metal").force(r), wanted, atol=1e-9 * scale
    )
    for target in ("lammps", "openmm", "ase"):
        check = export(potential, target, tmp_path / f"exported.{target}")
        assert check is not None and check.forces < 1e-10


def test_hulburt_and_hirschfelder_multiplied_out_is_put_together_again():
    """A polynomial of the fourth degree times e^{-2ar}, and e^{-ar}: seven constants for five."""
    s = R - 3.0
    truth = 0.15 * ((1 - sympy.exp(-1.5 * s)) ** 2 + s**3 * (2.7 + 8.2 * s) * sympy.exp(-3 * s))
    problem = objective(str(truth))
    found = sympy.expand(sympy.expand(truth, power_exp=False), power_exp=True)
    best = min(refine([Candidate(found, 0.0, complexity(found))], problem), key=lambda fit: fit.constants)
    assert best.constants == 5
    assert share(best, problem) < 1e-7
    np.testing.assert_allclose(sorted({*map(float, best.forms[0].shapes)})[-1], 3.0, rtol=1e-5)


# ---------------------------------------------------------------------------- what overflows

POWERS = "1e4/r**12 - 10/r**6 + "


@pytest.mark.parametrize("constraints", [None, [Restriction()]])
@pytest.mark.parametrize("text", ["1/(1 + exp(9*(r - 5)))", "1/cosh(9*(r - 5))", "1/(exp(9*(r - 1.5)) - 1)"])
def test_steep_functions_are_flat_where_their_slopes_overflow(
    text: str, constraints: list[Restriction] | None
) -> None:
    form, problem = form_of(parsed(POWERS + text))[0], objective(GAUSS)
    rate = next(k for k, shape in enumerate(form.shape_list) if shape.name == "k")
    steep = replace(form, shapes=np.where(np.arange(len(form.shapes)) == rate, 300.0, form.shapes))
    fit = varpro.fit(problem, [steep], constraints=constraints)
    assert np.isfinite(fit.misfit)
    assert np.isfinite(steep.jacobian(problem.nodes[0], np.ones(3))).all()
    assert np.isfinite(Judge(statistic(GAUSS), problem).candidate(fit).loss)


@pytest.mark.parametrize("constraints", [None, [Restriction()]])
@pytest.mark.parametrize(("text", "shape"), [("exp(9*r)", 300.0), ("sqrt(r - 2.1)", 4.0)])
def test_what_is_not_finite_has_no_misfit(
    text: str, shape: float, constraints: list[Restriction] | None
) -> None:
    form = form_of(parsed(POWERS + text))[0]
    broken = replace(form, shapes=np.array([*form.shapes[:-1], shape])).freed([])
    assert varpro.fit(objective(GAUSS), [broken], constraints=constraints).misfit == np.inf
