"""Polynomials times exponentials about points: the same function, with fewer constants."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from interpot.formula.codegen import R, numpy_function
from interpot.formula.symbolic.about import about_points
from interpot.formula.symbolic.structure import form_as_written, form_of

r = np.linspace(2.2, 9.0, 60)


def multiplied(expression):
    return sympy.expand(sympy.expand(expression, power_exp=False), power_exp=True)


def hulburt_hirschfelder(depth, a, r_0, b, c):
    s = R - r_0
    return depth * ((1 - sympy.exp(-a * s)) ** 2 + c * a**3 * s**3 * sympy.exp(-2 * a * s) * (1 + b * a * s))


@pytest.mark.parametrize("constants", [(0.15, 1.5, 3.0, 2.0, 0.3), (2.0, 0.9, 4.1, 0.7, 0.5)])
def test_hulburt_hirschfelder_has_five_constants(constants):
    truth = hulburt_hirschfelder(*constants)
    found = multiplied(truth)
    assert form_of(found)[0].constants == 7
    shortest = min(about_points(found), key=lambda e: form_as_written(e).constants)
    assert form_as_written(shortest).constants == 5
    apart = numpy_function(shortest, (R,))(r) - numpy_function(truth, (R,))(r)
    assert np.ptp(apart) < 1e-7 * np.ptp(numpy_function(truth, (R,))(r))


def test_a_polynomial_that_vanishes_three_times_at_a_point_has_its_power():
    truth = (5.0 + 0.7 * (R - 3.2) ** 4) * sympy.exp(-1.4 * R) + 80.0 / R**8
    found = multiplied(truth)
    short = [e for e in about_points(found) if form_as_written(e).constants == 5]
    assert short  # three coefficients, the rate and the point, for six coefficients and the rate
    apart = numpy_function(short[0], (R,))(r) - numpy_function(truth, (R,))(r)
    assert np.ptp(apart) < 1e-3 * np.ptp(numpy_function(truth, (R,))(r))


@pytest.mark.parametrize(
    "formula",
    [
        (1 + R + R**2 + R**3) * sympy.exp(-R),  # its coefficients vanish nowhere
        (R - 2) ** 2 * sympy.exp(-1.3 * R),  # a point costs what it saves
        12 / R**12 - 3 / R**6,
        sympy.exp(-1.3 * R) - 2 * sympy.exp(-2.6 * R),
    ],
)
def test_others_are_left_as_they_are(formula):
    form = form_of(multiplied(formula))[0]
    assert all(form_as_written(e).constants >= form.constants for e in about_points(multiplied(formula)))
