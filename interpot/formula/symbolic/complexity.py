"""How long a formula is: the nodes of its tree, as symbolic regression counts them.

Every variable, every constant and every operation of one or two values is one: A/r^12 - B/r^6 has 11 (two constants,
two variables, two exponents, two powers, two quotients, one difference). Signs cost nothing.
"""

from __future__ import annotations

import sympy


def complexity(expression: sympy.Expr) -> int:
    """Count the nodes of a formula's tree.

    A sum of n parts has n - 1 operations, and so has a product of n factors; a factor of -1 is a sign, and r^-n costs
    what r^n does: it is a quotient, or has a negative exponent. A root is a function; 1/x is a 1 divided by x.
    """
    if expression.is_Atom:
        return 1
    if expression.is_Add:
        return sum(complexity(part) for part in expression.args) + len(expression.args) - 1
    if expression.is_Mul:
        factors = [factor for factor in expression.args if factor != -1]
        divided = [_reciprocal(factor) for factor in factors]
        one = 2 if all(d is not None for d in divided) else 0  # all that stands above the bar is a 1
        parts = (factor if d is None else d for factor, d in zip(factors, divided, strict=True))
        return one + sum(map(complexity, parts)) + len(factors) - 1
    if (below := _reciprocal(expression)) is not None:
        return complexity(below) + 2
    if expression.is_Pow and not isinstance(expression, sympy.exp):
        base, exponent = expression.as_base_exp()
        if exponent == sympy.Rational(1, 2):
            return complexity(base) + 1
        return complexity(base) + complexity(exponent) + 1
    return sum(complexity(argument) for argument in expression.args) + 1


def _reciprocal(factor: sympy.Expr) -> sympy.Expr | None:
    """What is divided by: x of 1/x, √x of 1/√x, nothing of all else."""
    if factor.is_Pow and not isinstance(factor, sympy.exp) and factor.exp in (-1, sympy.Rational(-1, 2)):
        return 1 / factor
    return None
