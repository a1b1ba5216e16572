"""The length of a formula against trees counted by hand."""

from __future__ import annotations

import pytest
import sympy

from interpot.formula.codegen import R
from interpot.formula.symbolic.complexity import complexity

COUNTED = {
    "r": 1,
    "2.5": 1,
    "-r": 1,
    "r + 1.5": 3,
    "r - 1.5": 3,
    "2.5*r": 3,
    "-2.5*r": 3,
    "r**2": 3,
    "r**-12": 3,
    "1/r": 3,
    "-1/r": 3,
    "2.0/r": 3,
    "1/(r*(r + 2.0))": 7,
    "sqrt(r)": 2,
    "3.0/sqrt(r + 2.0)": 6,
    "exp(r)": 2,
    "exp(-r)": 2,
    "exp(-2.0*r)": 4,
    "exp(-(r - 4.0)**2)": 6,
    "tanh(2.0*(r - 1.0))/r": 8,
    "3.0/r**12 - 2.0/r**6": 11,
    "3.0*exp(-2.0*r) - 2.0*exp(-1.0*r) + 1.5/r": 17,
    "0.3/(1.2 + exp(2.5*r))": 8,
    "(r**2 + 2.5)**(-1.7)": 7,
}


@pytest.mark.parametrize("text", COUNTED)
def test_nodes_are_counted(text: str) -> None:
    """3.0*exp(-2.0*r): 3.0, times, exp, times, -2.0, r; a sign, also that of a number, is none."""
    assert complexity(sympy.sympify(text, locals={"r": R})) == COUNTED[text]
