"""How long a formula is: the nodes of its tree, as symbolic regression counts them.

Every variable, every constant and every operation of one or two values is one: A/r^12 - B/r^6 has 11 (two constants,
two variables, two exponents, two powers, two quotients, one difference). Signs cost nothing.
"""

from __future__ import annotations

import sympy


def complexity(expression: sympy.Expr) -> int:
    """Count the nodes of a formula's tree.

    A sum of n parts has n - 1 operations, and so has a product of n factors; a factor of -1 is a sign, and r^-n costs
    what r^n does: it is a quotient.
    """
    if expression.is_Atom:
        return 1
    if expression.is_Add:
        return sum(complexity(part) for part in expression.args) + len(expression.args) - 1
    if expression.is_Mul:
        factors = [factor for factor in expression.args if factor != -1]
        return sum(complexity(factor) for factor in factors) + len(factors) - 1
    if expression.is_Pow and not isinstance(expression, sympy.exp):
        base, exponent = expression.as_base_exp()
        if exponent == -1:  # 1/x: where it is a factor, the product counts the division
            return complexity(base)
        return complexity(base) + complexity(exponent) + 1
    return sum(complexity(argument) for argument in expression.args) + 1
