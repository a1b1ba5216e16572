"""The words of the grammar: outer functions of inner functions of r, each written once in sympy.

The compiled twins are in `kernels`; a test compares them over all rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy

from interpot.formula.codegen import R

Function = Callable[[sympy.Expr], sympy.Expr]


@dataclass(frozen=True, slots=True)
class Outer:
    """F(u), and the operators without which there is none."""

    of: Function
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Inner:
    """u(r) with constants a and b, and a number q that a factor fixes; and how many of a and b it has."""

    of: Callable[[sympy.Expr, sympy.Expr, sympy.Expr], sympy.Expr]
    shapes: int


def _needs(*operators: str) -> frozenset[str]:
    return frozenset(operators)


OUTERS = {
    "power": Outer(lambda u: u, _needs()),
    "exp": Outer(lambda u: sympy.exp(-u), _needs("exp")),
    "logistic": Outer(lambda u: 1 / (1 + sympy.exp(u)), _needs("exp", "/")),
    "bose": Outer(lambda u: 1 / (sympy.exp(u) - 1), _needs("exp", "/")),
    "damping": Outer(lambda u: 1 - sympy.exp(-u), _needs("exp")),
    "tanh": Outer(sympy.tanh, _needs("tanh")),
    "erf": Outer(sympy.erf, _needs("erf")),
    "erfc": Outer(lambda u: 1 - sympy.erf(u), _needs("erf")),
    "cos": Outer(sympy.cos, _needs("cos")),
    "sech": Outer(lambda u: 1 / (sympy.exp(u) + sympy.exp(-u)), _needs("exp", "/")),
    "csch": Outer(lambda u: 1 / (sympy.exp(u) - sympy.exp(-u)), _needs("exp", "/")),
}
"""Outer functions by name, as numbered in `kernels.OUTER`."""

INNERS = {
    "scaled": Inner(lambda q, a, b: a * R**q, 1),
    "stretched": Inner(lambda q, a, b: a * R**b, 2),
    "sum": Inner(lambda q, a, b: a * R + b * R**q, 2),
    "step": Inner(lambda q, a, b: sympy.Mul(a, R - b, evaluate=False), 2),
    "bump": Inner(lambda q, a, b: a * (R - b) ** q, 2),
    "shifted": Inner(lambda q, a, b: a + R**q, 1),
    "quadratic": Inner(lambda q, a, b: 1 + a * R + b * R**2, 2),
    "wave": Inner(lambda q, a, b: a * R + b, 2),
    "real": Inner(lambda q, a, b: R**a, 1),
    "pole": Inner(lambda q, a, b: a / (R - b), 2),
    "one_plus": Inner(lambda q, a, b: 1 + a * R**q, 1),
    "ending": Inner(lambda q, a, b: a - R, 1),
    "saturating": Inner(lambda q, a, b: a / (b + R**q), 2),
}
"""Inner functions by name, as numbered in `kernels.INNER`."""
