"""From one sympy expression to compiled code; the only place that does so.

A formula is written once. Its derivative is sympy's, its numbers come from the functions made here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numba
import numpy as np
import sympy
from numpy.typing import ArrayLike

from interpot.records import FloatArray

R = sympy.Symbol("r", positive=True)
"""The one symbol that every expression uses for its coordinate: the distance of a pair, the distance to a wall, the
coordinate of a field. The last may be negative: what sympy makes of a sign does not touch whole powers and functions of
such, of which the terms of fields are made."""

# What a formula may be made of; both numba and every export target know these. Max is of two values: a smooth
# switch is a polynomial in Max(0, x).
_FUNCTIONS = {
    name: getattr(math, name)
    for name in ("exp", "log", "sqrt", "erf", "erfc", "sin", "cos", "tan", "sinh", "cosh", "tanh")
} | {"Max": max}


@numba.njit
def _step(x, at_zero=0.5):  # type: ignore[no-untyped-def]
    """Derivative of Max(0, x) as sympy writes it: Heaviside(x)."""
    if x == 0:
        return float(at_zero)
    return 1.0 if x > 0 else 0.0


@lru_cache(maxsize=1024)
def derivative(expression: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    """Differentiate exactly; remembered, because searches ask for the same few thousands of times.

    sympy asks what follows for the sign of every sum from that of its symbols, and compares the values of every Max
    that it makes: seconds for a potential and its slopes at the cutoff. So the symbols stand for any real numbers
    meanwhile, each Max for a variable, and the chain rule brings it back.
    """
    kinks = {node: sympy.Dummy(real=True) for node in expression.atoms(sympy.Max)}
    smooth = expression.xreplace(kinks)
    plain = {s: sympy.Dummy(real=True) for s in (smooth.free_symbols | {symbol}) - set(kinks.values())}
    smooth = smooth.xreplace(plain)
    back = {dummy: known for known, dummy in (kinks | plain).items()}
    slope = sympy.diff(smooth, plain[symbol]).xreplace(back)
    for node, dummy in kinks.items():
        if node.has(symbol):
            slope += sympy.diff(smooth, dummy).xreplace(back) * sympy.diff(node, symbol)
    if any(power.exp.free_symbols and power.base.has(sympy.Max) for power in expression.atoms(sympy.Pow)):
        slope = sympy.powsimp(slope, combine="exp")  # n Max^n/Max, 0/0 where Max is 0, is n Max^(n - 1)
    return slope


@lru_cache(maxsize=256)
def compile_array(expression: sympy.Expr, arguments: tuple[sympy.Symbol, ...]) -> Callable[..., FloatArray]:
    """Compile an expression to a numba function on arrays.

    Parameters
    ----------
    expression
        In the symbols of `arguments` only.
    arguments
        The first is an array argument, the others are scalars.

    Returns
    -------
    callable
        ``f(x, *scalars)``, elementwise over `x` of any shape, float64 in and out.
    """
    scalar = _compiled(sympy.sympify(expression), arguments)

    @numba.njit
    def fill(x, scalars, out):  # type: ignore[no-untyped-def]
        for k in range(x.size):
            out[k] = scalar(x[k], *scalars)

    def evaluate(x: ArrayLike, *scalars: float) -> FloatArray:
        x = np.asarray(x, dtype=np.float64)
        out = np.empty(x.size)
        fill(x.ravel(), tuple(map(float, scalars)), out)
        return out.reshape(x.shape)

    return evaluate


@lru_cache(maxsize=256)
def compile_pair(expression: sympy.Expr, arguments: tuple[sympy.Symbol, ...]) -> Callable[..., Any]:
    """Compile a function and its derivative to one that gives both, for use in compiled loops.

    Parameters
    ----------
    expression
        In the symbols of `arguments` only.
    arguments
        The first is the variable, the others are constants.

    Returns
    -------
    numba function
        ``f(x, *constants) -> (value, slope)`` of scalars; what value and slope share is computed once.
    """
    value, slope = sympy.sympify(expression), derivative(expression, arguments[0])
    return _compiled((value, slope), arguments)


def _compiled(expression: Any, arguments: tuple[sympy.Symbol, ...]) -> Callable[..., Any]:
    modules = [{**_FUNCTIONS, "Heaviside": _step}, "math"]
    # numpy's errors: 1/0 is infinite, as for the functions that numpy makes, and no exception
    compiled: Callable[..., Any] = numba.njit(error_model="numpy")(
        sympy.lambdify(arguments, expression, modules=modules, cse=True)
    )
    return compiled


@lru_cache(maxsize=1024)
def numpy_function(expression: sympy.Expr, arguments: tuple[sympy.Symbol, ...]) -> Callable[..., FloatArray]:
    """Make the same function from numpy and scipy calls: slower per value, but ready at once.

    For searches, which try many expressions on a thousand nodes; the value has the first argument's shape, with
    which the others broadcast.
    """
    function = sympy.lambdify(arguments, sympy.sympify(expression), modules=["scipy", "numpy"], cse=True)

    def evaluate(first: ArrayLike, *others: ArrayLike) -> FloatArray:
        x = np.asarray(first, dtype=np.float64)
        rest = [np.asarray(v, dtype=np.float64)[()] for v in others]  # numpy's numbers: 1/0 is inf
        with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
            value = np.asarray(function(x[()], *rest), dtype=np.float64)
        return value if value.shape == x.shape else np.broadcast_to(value, x.shape)

    return evaluate
