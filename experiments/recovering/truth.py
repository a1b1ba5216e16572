"""A published formula as functions, written from its text by sympy alone; interpot's own terms have no part in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import sympy
from scipy.optimize import least_squares
from scipy.special import erf, erfc

from interpot.formula.codegen import R
from interpot.records import FloatArray
from recovering.records import Truth
from recovering.structure import constants_of, read_formula

_SAME = 1e-6
"""Relative difference of two slopes up to which a fit of one form to the other has found it."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """φ(r) of a truth in the units of its style.

    Attributes
    ----------
    names
        Of the constants, in the order in which they are given.
    values : (p,) float64
        The constants.
    """

    truth: Truth

    @property
    def names(self) -> tuple[str, ...]:
        """The constants, in the order of all arrays."""
        return tuple(self.truth.constants)

    @property
    def values(self) -> FloatArray:
        """The published constants."""
        return np.array([self.truth.constants[name] for name in self.names])

    def energy(self, r: FloatArray) -> FloatArray:
        """φ at each r."""
        return self._call(())(r, *self.values)

    def slope(self, r: FloatArray, values: FloatArray | None = None) -> FloatArray:
        """φ' at each r, with other constants where they are given."""
        return self._call(("r",))(r, *(self.values if values is None else values))

    def jacobian(self, r: FloatArray) -> FloatArray:
        """∂φ/∂ln c of each constant c, (m, p)."""
        parts = [c * self._call((name,))(r, *self.values) for name, c in self.truth.constants.items()]
        return np.column_stack(parts)

    def slope_jacobian(self, r: FloatArray, values: FloatArray) -> FloatArray:
        """∂φ'/∂c of each constant c, (m, p)."""
        return np.column_stack([self._call(("r", name))(r, *values) for name in self.names])

    def _call(self, by: tuple[str, ...]):  # type: ignore[no-untyped-def]
        return _function(self.truth.formula, self.names, by)


@cache
def _function(formula: str, names: tuple[str, ...], by: tuple[str, ...]):  # type: ignore[no-untyped-def]
    """Derivative of a formula with respect to the names in `by`, as a function of r and all constants."""
    if set(constants_of(formula)) != set(names):
        raise ValueError(f"{formula} has the constants {constants_of(formula)}, not {names}")
    expression = read_formula(formula)
    symbols = [sympy.Symbol(name, positive=True) for name in names]
    for name in by:
        expression = sympy.diff(expression, R if name == "r" else sympy.Symbol(name, positive=True))
    made = sympy.lambdify((R, *symbols), expression, modules=[{"erf": erf, "erfc": erfc}, "numpy"])
    return lambda r, *c: np.broadcast_to(np.asarray(made(r, *c), dtype=np.float64), np.shape(r)).copy()


def constants_error(truth: Truth, r: FloatArray, slope: FloatArray) -> float:
    """Largest relative error of the constants with which the truth's form gives a slope φ'(r) that was found.

    The constants are fitted to the slope, starting from the truth, so that it does not matter in which constants the
    finder states the form. NaN where no constants give that slope: the forms differ.
    """
    curve = Curve(truth)
    scale = np.abs(slope) + 1e-6 * np.abs(slope).max()
    start = curve.values

    def residual(x: FloatArray) -> FloatArray:
        return np.nan_to_num(
            (curve.slope(r, start * (1 + x)) - slope) / scale, nan=1e6, posinf=1e6, neginf=-1e6
        )

    def jacobian(x: FloatArray) -> FloatArray:
        values = start * (1 + x)
        return np.nan_to_num(curve.slope_jacobian(r, values) * start / scale[:, None])

    with np.errstate(all="ignore"):
        solved = least_squares(
            residual,
            np.zeros(len(start)),
            jacobian,
            x_scale="jac",
            ftol=1e-15,
            xtol=1e-15,
            gtol=1e-15,
            max_nfev=500,
        )
    if np.sqrt(np.mean(solved.fun**2)) > _SAME:
        return float("nan")
    return float(np.abs(solved.x).max())
