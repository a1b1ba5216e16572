"""Formulas with constants: their values, their fit to an objective, and how long they are, whoever found them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy
from scipy.optimize import least_squares

from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.expression import parse_expression
from interpot.formula.symbolic.complexity import complexity
from interpot.records import FloatArray
from interpot.statistic.objective import Objective
from searching.records import Published

_STEPS = 2000
_TWICE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Parametric:
    """φ(r; constants).

    Attributes
    ----------
    expression
        In `R` and the symbols.
    symbols
        The constants.
    values : (p,) float64
        Of these, eV and Å.
    """

    expression: sympy.Expr
    symbols: tuple[sympy.Symbol, ...]
    values: FloatArray

    @classmethod
    def of(cls, published: Published) -> Parametric:
        """The truth."""
        symbols = {
            name: sympy.Symbol(name, positive=value > 0, real=True)
            for name, value in published.constants.items()
        }
        expression = parse_expression(published.formula, symbols)
        return cls(expression, tuple(symbols.values()), np.array(list(published.constants.values())))

    @classmethod
    def read(cls, text: str) -> Parametric:
        """A formula with numbers: each that is not whole or rational is a constant, equal ones are one."""
        expression = parse_expression(text, {})
        numbers = sorted(expression.atoms(sympy.Float), key=float)
        symbols = tuple(sympy.Symbol(f"c_{k}", positive=n > 0, real=True) for k, n in enumerate(numbers))
        with_symbols = expression.xreplace(dict(zip(numbers, symbols, strict=True)))
        return cls(with_symbols, symbols, np.array([float(n) for n in numbers]))

    @property
    def numeric(self) -> sympy.Expr:
        """The formula in r alone."""
        numbers = [sympy.Float(float(value), 17) for value in self.values]
        return self.expression.xreplace(dict(zip(self.symbols, numbers, strict=True))).doit()

    @property
    def complexity(self) -> int:
        """Nodes of the shortest of the ways in which the formula can be written, without additive constants."""
        return canonical_complexity(self.numeric)

    @property
    def doubled(self) -> int:
        """How many of the constants are twice another one, as closely as data without noise determine them."""
        sizes = np.abs(self.values)
        return int(np.sum(np.isclose(sizes[:, None], 2 * sizes, rtol=_TWICE, atol=0.0).any(axis=1)))

    def energy(self, r: FloatArray) -> FloatArray:
        """φ at each r."""
        return numpy_function.__wrapped__(self.expression, (R, *self.symbols))(r, *self.values)

    def fitted(self, objective: Objective) -> Parametric:
        """Fit all constants to the only channel of an objective, from the values that they have."""
        (r,), (M,) = objective.nodes, objective.maps
        phi = numpy_function.__wrapped__(self.expression, (R, *self.symbols))
        slopes = [
            numpy_function.__wrapped__(derivative(self.expression, s), (R, *self.symbols))
            for s in self.symbols
        ]
        size = np.sqrt(objective.square)

        def residual(x: FloatArray) -> FloatArray:
            found = (M @ _finite(phi(r, *self.values * (1 + x))) - objective.y) / size
            return np.asarray(np.clip(found, -1e6, 1e6))

        def jacobian(x: FloatArray) -> FloatArray:
            values = self.values * (1 + x)
            columns = np.column_stack([_finite(slope(r, *values)) for slope in slopes])
            return np.asarray(M @ columns * self.values / size)

        if not self.symbols:
            return self
        with np.errstate(all="ignore"):
            solved = least_squares(
                residual, np.zeros(len(self.values)), jacobian, x_scale="jac",
                ftol=1e-15, xtol=1e-15, gtol=1e-15, max_nfev=_STEPS,
            )  # fmt: skip
        return Parametric(self.expression, self.symbols, self.values * (1 + solved.x))


def _finite(values: FloatArray) -> FloatArray:
    """What is not finite is far too much."""
    return np.nan_to_num(values, nan=1e9, posinf=1e9, neginf=-1e9)


def canonical_complexity(expression: sympy.Expr) -> int:
    """Nodes of a formula's tree in the shortest of four ways of writing it, without additive constants."""
    ways = [
        expression,
        sympy.expand_mul(expression),
        sympy.factor_terms(expression),
        sympy.powsimp(expression),
    ]
    return min(complexity(_without_constant(way)) for way in ways)


def _without_constant(expression: sympy.Expr) -> sympy.Expr:
    """Forces do not see it."""
    return expression.as_independent(R, as_Add=True)[1] if expression.is_Add else expression
