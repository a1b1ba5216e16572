"""Formulas with kinks, piece by piece: Max(0, x) as a letter that is 0 up to some distance and x beyond.

Max(a, b), Heaviside(g) and Piecewise become letters, each with its values and the conditions under which it has them.
Where a condition says on which side of one distance r lies, it is written so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sympy

from interpot.formula.codegen import R
from interpot.formula.notation import latex

_NAMES = ["x", "y", "z", "u", "v", "w", "s", "t"]
_STEP = 1e-3  # relative, to either side of a kink

Values = Mapping[sympy.Symbol, float]


@dataclass(frozen=True, slots=True)
class Cases:
    """A letter and its values.

    Attributes
    ----------
    symbol
        Stands for the kink in a formula; `R` does not occur in its name.
    branches
        Each a value and, in LaTeX, when it holds; the last may hold otherwise (an empty condition).
    """

    symbol: sympy.Symbol
    branches: tuple[tuple[sympy.Expr, str], ...]


def unfolded(expression: sympy.Expr, values: Values) -> tuple[sympy.Expr, tuple[Cases, ...]]:
    """Return a formula in which letters stand for its kinks, and what these are.

    Parameters
    ----------
    expression
        φ(r).
    values
        Of its constants, which tell on which side of a kink a branch holds.
    """
    kinks = sorted(_outermost(expression), key=str)
    taken = {symbol.name for symbol in expression.free_symbols}
    names = iter([n for n in _NAMES if n not in taken] + [f"x_{k}" for k in range(1, len(kinks) + 1)])
    letters = {kink: sympy.Symbol(next(names), real=True) for kink in kinks}
    cases = tuple(Cases(letters[kink], tuple(_branches(kink, values))) for kink in kinks)
    return expression.xreplace(letters), cases


def _outermost(expression: sympy.Expr) -> set[sympy.Expr]:
    if isinstance(expression, sympy.Max | sympy.Min | sympy.Heaviside | sympy.Piecewise):
        return {expression}
    return set().union(*map(_outermost, expression.args))


def _branches(kink: sympy.Expr, values: Values) -> Iterator[tuple[sympy.Expr, str]]:
    if isinstance(kink, sympy.Piecewise):
        for value, condition in kink.args:
            yield value, "" if condition == sympy.true else str(sympy.latex(condition))
        return
    if isinstance(kink, sympy.Heaviside):
        low, high, difference = sympy.Integer(0), sympy.Integer(1), kink.args[0]
    else:
        first, *others = sorted(kink.args, key=lambda value: value.has(R))  # 0 before x
        low, high = first, others[0] if len(others) == 1 else kink.func(*others)
        low, high = (high, low) if isinstance(kink, sympy.Min) else (low, high)
        difference = high - low
    below, above = _sides(difference, values)
    yield from [(low, below), (high, above)] if not above.startswith("r <") else [(high, above), (low, below)]


def _sides(difference: sympy.Expr, values: Values) -> tuple[str, str]:
    """When a difference is not positive and when it is, in LaTeX."""
    edge = _edge(difference)
    if edge is not None:
        at = float(edge.subs(values))
        beyond = difference.subs(values).subs(R, at * (1 + _STEP)) > 0
        name = latex(edge)
        return (rf"r \leq {name}", f"r > {name}") if beyond else (rf"r \geq {name}", f"r < {name}")
    text = latex(difference)
    return rf"{text} \leq 0", f"{text} > 0"


def _edge(difference: sympy.Expr) -> sympy.Expr | None:
    """The distance at which a difference that is linear in r or in r² vanishes."""
    above = sympy.fraction(sympy.together(difference))[0]
    if not above.is_polynomial(R):
        return None
    polynomial = sympy.Poly(above, R)
    powers = [n for (n,), _ in polynomial.terms() if n]
    if powers not in ([1], [2]):
        return None
    root = -polynomial.coeff_monomial(1) / polynomial.LC()
    if powers == [1]:
        return sympy.simplify(root)
    return sympy.sqrt(sympy.simplify(root)).replace(sympy.Abs, lambda inner: inner)
