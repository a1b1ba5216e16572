"""From sympy's expressions to sums of products (`interpot.formula.symbolic.algebra`)."""

from __future__ import annotations

import sympy

from interpot.formula.codegen import R
from interpot.formula.symbolic.algebra import (
    FUNCTIONS,
    NoFormError,
    Product,
    Sum,
    applied,
    collected,
    exponential,
    logarithm,
    multiplied,
    number,
    squares_out,
    tidy,
    to_power,
)


def sum_of(node: sympy.Expr) -> Sum:
    """Write an expression in R with numbers for constants as a sum of products.

    Raises
    ------
    NoFormError
        It is not real, or holds something else than numbers, R, sums, products, powers and `FUNCTIONS`.
    """
    if node == R:
        return (Product(1.0, power=1.0),)
    if node.is_number:
        value = sympy.N(node)
        if not value.is_real:
            raise NoFormError("a number in it is not real")
        return collected([number(float(value))])
    if node.is_Add:
        return collected(p for argument in node.args for p in sum_of(argument))
    if node.is_Mul:
        return multiplied(sum_of(argument) for argument in node.args)
    if isinstance(node, sympy.exp):
        return (exponential(squares_out(sum_of(node.args[0]))),)
    if node.is_Pow:
        return _power_of(*node.as_base_exp())
    name = node.func.__name__
    if name not in FUNCTIONS:
        raise NoFormError(f"it holds {name}")
    return applied(name, sum_of(node.args[0]))


def _power_of(base: sympy.Expr, exponent: sympy.Expr) -> Sum:
    if exponent.is_number:
        parts = sum_of(base)
        power = tidy(float(exponent))
        return (to_power(parts, power),)
    # x^y = exp(y ln x)
    return (exponential(squares_out(multiplied([sum_of(exponent), logarithm(sum_of(base))]))),)
