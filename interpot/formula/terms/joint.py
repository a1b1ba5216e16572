"""Terms of one function of several variables: of the distance and of what else tells channels apart.

A term of the library, f(r), enters such a function as it is, times the variable, its size or its square, or with
distances measured by a variable that is positive, f(r/v):

    φ(r, q) = Σ_t a_t g_t(q) f_t(r; s_t)

with the same a_t and s_t wherever it is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import sympy

from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.terms.term import Term
from interpot.records import FloatArray

ONE = sympy.Integer(1)


@dataclass(frozen=True, slots=True, eq=False)
class JointTerm(Term):
    """A term whose expression holds variables beside `R`, evaluated on nodes at which their values are known.

    Attributes
    ----------
    variables
        Their symbols.
    points : (m, variables) float64
        Their values at the nodes at which the term is evaluated; these are always the same.
    """

    variables: tuple[sympy.Symbol, ...] = ()
    points: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))

    def values(self, r: FloatArray, *shapes: float) -> FloatArray:
        """Evaluate the expression at each node."""
        return self._evaluated(self.expression, r, shapes)

    def shape_slope(self, which: int, r: FloatArray, *shapes: float) -> FloatArray:
        """Derivative of the expression with respect to one of the shapes, at each node."""
        return self._evaluated(derivative(self.expression, self.symbols[which]), r, shapes)

    def _evaluated(self, expression: sympy.Expr, r: FloatArray, shapes: Sequence[float]) -> FloatArray:
        # a variable may be called as a shape is
        stand_ins = {v: sympy.Symbol(f"variable_{k}", real=True) for k, v in enumerate(self.variables)}
        function = numpy_function(expression.xreplace(stand_ins), (R, *stand_ins.values(), *self.symbols))
        return function(r, *self.points.T, *shapes)

    def at(self, values: dict[sympy.Symbol, sympy.Expr]) -> Term:
        """The term of r alone that it is where the variables have these values; its expression may be 0."""
        plain = {f.name: getattr(self, f.name) for f in fields(Term)}
        return Term(**(plain | {"expression": self.expression.subs(values)}))


def joint_terms(
    term: Term, variables: Sequence[sympy.Symbol], table: FloatArray, counts: Sequence[int]
) -> Iterator[JointTerm]:
    """All ways in which a term of the library may depend on the variables.

    Parameters
    ----------
    term
        Of r alone.
    variables, table : (channels, variables)
        Symbols and their values in each channel.
    counts
        Nodes of each channel, which stand one after the other.
    """
    points = np.repeat(table, counts, axis=0)
    for factor, unit in _dependences(variables, table):
        expression = factor * term.expression.xreplace({R: R / unit})
        plain = {f.name: getattr(term, f.name) for f in fields(Term)}
        plain |= {"name": joint_name(term.name, factor, unit), "expression": expression}
        yield JointTerm(**plain, variables=tuple(variables), points=points)


def joint_name(term: str, factor: sympy.Expr, unit: sympy.Expr = ONE) -> str:
    """Name of a term times a factor, with distances in a unit: "|qq|·power", "s²·yukawa", "power of r/s"."""
    written = re.sub(r"\*\*2\b", "²", re.sub(r"\bAbs\((\w+)\)", r"|\1|", str(factor)))
    measured = term if unit == 1 else f"{term} of r/{unit}"
    return measured if factor == 1 else f"{written}·{measured}"


def _dependences(
    variables: Sequence[sympy.Symbol], table: FloatArray
) -> Iterator[tuple[sympy.Expr, sympy.Expr]]:
    """Factor and unit of length of each; of factors that are the same in all channels the simplest."""
    yield ONE, ONE
    seen = [np.ones(len(table))]
    for v, column in zip(variables, table.T, strict=True):
        for factor, numbers in ((v, column), (sympy.Abs(v), np.abs(column)), (v**2, column**2)):
            scaled = numbers / np.abs(numbers).max()
            if any(np.allclose(scaled, sign * known, rtol=1e-12) for known in seen for sign in (1, -1)):
                continue
            seen.append(scaled)
            yield factor, ONE
        if column.min() > 0:
            yield ONE, v
