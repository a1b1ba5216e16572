"""Terms that users write: what they mean, and one sentence for every mistake."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from interpot.errors import InterpotError
from interpot.formula.codegen import R, compile_array, derivative
from interpot.formula.naming import name
from interpot.formula.regress.form import Form
from interpot.formula.terms import TERMS, library
from interpot.formula.terms.user import terms_from, undefined, user_term


def test_names_and_formulas_are_mixed() -> None:
    terms = terms_from(["power", " exp(-(r/w)**4); w = 0.5..5 Å ", "zbl"])
    assert [t.name for t in terms] == ["power", "exp(-(r/w)**4)", "zbl"]
    assert terms[0] is library(["power"])[0]
    assert terms_from(TERMS) == library(TERMS)


def test_a_term_is_what_it_says() -> None:
    (term,) = terms_from(["exp(-(r/w)^4); w = 0.5..5 Å"])
    (shape,) = term.shapes
    r = np.array([0.7, 1.9, 4.0])
    np.testing.assert_allclose(term.values(r, 1.7), np.exp(-((r / 1.7) ** 4)), rtol=1e-14)
    np.testing.assert_allclose(
        term.shape_slope(0, r, 1.7), np.exp(-((r / 1.7) ** 4)) * 4 * r**4 / 1.7**5, rtol=1e-13
    )
    assert (shape.name, shape.length, shape.bounds(2, 9), shape.integer) == ("w", 1, (0.5, 5.0), False)
    grid = shape.grid(2, 9)
    assert (np.diff(grid) > 0).all() and grid[0] > 0.5 and grid[-1] < 5 and 4 <= len(grid) <= 16
    assert term.decays and term.coefficient_length == 0


DIMENSIONS = {
    "exp(-(r/w)**4)": ({"w": 1}, "0", True),
    "exp(-k*r)*cos(q*r + d)/r; d = 0..6.283": ({"k": -1, "q": -1, "d": 0}, "1", True),
    "1/(r**n + w**n); n = 2..9": ({"n": 0, "w": 1}, "n", True),
    "r**2/(r**2 + w**2)": ({"w": 1}, "0", False),
    "1/(1 + exp((r - c)/w))": ({"c": 1, "w": 1}, "0", True),
    "log(1 - exp(-r/w))/r": ({"w": 1}, "1", True),
    "Max(0, 1 - r/w)**2": ({"w": 1}, "0", True),
    "sqrt(r*w) + r": ({"w": 1}, "-1", False),
    "exp(-c*r**2); c = 0.1..2": ({"c": -2}, "0", True),
    "erf(r/w)*tanh(r/v)/r**3": ({"w": 1, "v": 1}, "3", True),
    "r*exp(-r/w)": ({"w": 1}, "-1", True),
    "exp(-s/(u - r)); u = 10..20 Å": ({"s": 1, "u": 1}, "0", False),
    "r": ({}, "-1", False),
}


@pytest.mark.parametrize("text", DIMENSIONS)
def test_dimensions_and_decay_are_worked_out(text: str) -> None:
    powers, coefficient, decays = DIMENSIONS[text]
    (term,) = terms_from([text])
    assert {s.name: s.length for s in term.shapes} == powers
    assert str(term.coefficient_length) == coefficient
    assert term.decays == decays
    # in another unit of length it is the same function, up to the coefficient
    r, values = np.array([0.8, 1.9, 3.3]), [1.3 + 0.2 * k for k in range(len(term.shapes))]
    values = [v if s.name not in "uc" else 11.0 for v, s in zip(values, term.shapes, strict=True)]
    scaled = [v * 1.7**s.length for v, s in zip(values, term.shapes, strict=True)]
    power = float(term.coefficient_length.subs(dict(zip(term.symbols, values, strict=True))))
    np.testing.assert_allclose(
        term.values(1.7 * r, *scaled) * 1.7**power, term.values(r, *values), rtol=1e-12, atol=1e-300
    )
    assert np.prod([len(s.grid(2.5, 9.0)) for s in term.shapes]) <= 64


def test_units_are_read() -> None:
    assert terms_from(["exp(-r/w); w = 0.05..0.5 nm"])[0].shapes[0].bounds(1, 2) == (0.5, 5.0)
    assert terms_from(["exp(-r*w); w = 0.5..5 nm^-1"])[0].shapes[0].bounds(1, 2) == pytest.approx((0.05, 0.5))
    assert terms_from(["exp(-c*r**2); c = 1e-2..2 A^-2"])[0].shapes[0].bounds(1, 2) == (0.01, 2.0)
    # what the formula does not tell, a unit does
    (term,) = terms_from(["exp(-r*q/w); q = 1..3 1; w = 1..2 Å"])
    assert {s.name: s.length for s in term.shapes} == {"q": 0, "w": 1}


MISTAKES = {
    "powre": "unknown term 'powre': expected one of power, ",
    "foo(r)": "term 'foo\\(r\\)' calls 'foo', which is not one of exp, ",
    "__import__('os').system('true')": "calls '__import__\\('os'\\).system', which is not one of",
    "r.real": "holds 'r.real', which is no part of a formula",
    "exp(-r/w": "is no formula",
    "": "is no formula",
    "5": "is no function of r: a term depends on the distance",
    "exp(-w)": "is no function of r",
    "exp(-r/w) - exp(-r/w)": "is no function of r",
    "r**2 + w - w": "does not depend on 'w', which cancels",
    "exp(-(r/w)**4); w = 5..1": "'w' between 5 and 1 is no range: expected 0 ≤ smallest < largest",
    "exp(-(r/w)**4); w = -1..1": "'w' between -1 and 1 is no range",
    "exp(-(r/w)**4); w = 1..1": "'w' between 1 and 1 is no range",
    "exp(-(r/w)**4); w 1..2": "'w 1..2' is no range of a constant: expected, for example, 'w = 0.5..5 Å'",
    "exp(-(r/w)**4); w = 1..2 furlong": "is no range of a constant",
    "exp(-(r/w)**4); w = 1..2 1^2": "is no range of a constant",
    "exp(-(r/w)**4); w = 1.2.3..2": "is no range of a constant",
    "exp(-(r/w)**4); v = 1..2": "holds no constant 'v': it has w",
    "r**2; v = 1..2": "holds no constant 'v': it has no constants",
    "exp(-(r/w)**4); w = 1..2 Å^-1": "of which exp is taken, has a dimension",
    "exp(-r/2.5)": "-0.4\\*r, of which exp is taken, has a dimension: divide r by a constant such as w",
    "log(r)": "r, of which log is taken, has a dimension",
    "r + r**2": "which are added or compared, differ in dimension",
    "1/(r - 5)^6": "-5 and r, .* differ in dimension: put a constant with bounds for the number",
    "2**r": "the exponent r has a dimension",
    "exp(-r*q/w)": "the dimension of 'q' does not follow: state its unit, for example 'q = 0.5..5 Å'",
    "1/(r**n + w**n)": "'n' is a pure number and has no natural bounds: give them",
    "exp(-c*r**2)": "'c' is a length to the power -2 and has no natural bounds",
    "A*exp(-r/w)": "'A' only multiplies it or adds a constant, as its coefficient does: leave it out",
    "exp(-r/w) + c": "'c' only multiplies it or adds a constant",
    "log(r/w)": "'w' only multiplies it or adds a constant",
    "exp(-r/r_c)": "'r_c' has another meaning, give that constant another name",
    "log(-r**2/w**2)": "is undefined at every distance",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told_in_one_sentence(text: str) -> None:
    with pytest.raises(InterpotError, match=MISTAKES[text]) as caught:
        terms_from([text])
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_where_a_term_is_undefined_is_told() -> None:
    (term,) = terms_from(["log(1 - r/w); w = 1..5"])
    assert undefined(term, 2.0, 4.0) is None  # for the wider ones of its grid
    assert undefined(term, 2.5, 9.0) == (
        "term 'log(1 - r/w)' is undefined between 2.5 and 9 Å, where the data are (at 2.5 Å, for example): "
        "it was left out"
    )
    assert undefined(library(["logarithm"])[0], 2.5, 9.0) is None


def test_a_form_of_users_terms_keeps_their_constants() -> None:
    """Constants called alike, or as others are, get numbers; the function is the same."""
    terms = (user_term("exp(-(r/A)**4)"), *library(["power"]), user_term("exp(-(r/A)**3)/r"))
    form = Form.of(terms, np.array([1.9, 6.0, 2.3]))
    coefficients = np.array([0.4, -30.0, 1.1])
    named = name(form, coefficients, 9.0)
    assert named.name == "exp(-(r/A)^4) + r^-6 + exp(-(r/A)^3)/r"
    names = [p.name for p in named.parameters]
    assert len(set(names)) == 5 and {s.name for s in named.expression.free_symbols} == {*names, "r"}
    r = np.array([1.4, 2.2, 5.0])
    values = {p.symbol: p.value for p in named.parameters}
    found = [float(named.expression.subs(values).subs(R, x)) for x in r]
    np.testing.assert_allclose(found, form.columns(r) @ coefficients, rtol=1e-12)
    lengths = {p.name: p.length for p in named.parameters}
    assert sorted(lengths.values()) == [0, 1, 1, 1, 6]


def test_shapes_of_users_are_not_shared_with_the_librarys() -> None:
    """Stillinger and Weber's a is one constant; a user's a is another."""
    terms = (user_term("exp(-(r/a)**4)"), *library(["stillinger_weber", "stillinger_weber"]))
    form = Form.of(terms, np.array([1.9, 4, 2.1, 9.4, 0, 2.1, 9.4]))
    assert form.constants == 3 + 3
    named = name(form, np.array([0.1, 2.0, -1.0]), 9.0)
    assert {p.value for p in named.parameters if p.name.startswith(("a", "A"))} >= {1.9, 9.4}
    assert len(named.parameters) == 6 and len({p.name for p in named.parameters}) == 6


def test_a_fitted_power_of_max_has_a_slope_everywhere() -> None:
    """d/dr max(0, 1 - r/a)^n is -n/a max(0, 1 - r/a)^(n - 1), also where that is zero."""
    n, a = sympy.symbols("n a", real=True)
    slope = compile_array(derivative(sympy.Max(0, 1 - R / a) ** n, R), (R, n, a))
    r = np.array([0.5, 1.0, 2.0, 3.0])
    np.testing.assert_allclose(slope(r, 3.0, 2.0), -1.5 * np.maximum(0, 1 - r / 2) ** 2, rtol=1e-14)
