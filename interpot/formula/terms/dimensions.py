"""The dimension of a user's constants: which power of length makes the formula meaningful.

The rules give linear equations for the unknown powers: what a function is taken of and what stands in an exponent is
a pure number, and what is added up has one dimension. Numbers have none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy

from interpot.errors import InterpotError
from interpot.formula.codegen import R

Equation = tuple[sympy.Expr, str]
"""What has to be zero, and the part of a sentence that says why."""


def lengths(
    expression: sympy.Expr, symbols: Sequence[sympy.Symbol], given: Mapping[str, float], place: str
) -> tuple[dict[str, float], sympy.Expr]:
    """Work out the powers of length of a term's shapes.

    Parameters
    ----------
    expression
        In `R` and the symbols.
    given
        Powers that the user states.
    place
        Start of the sentence where they cannot be worked out.

    Returns
    -------
    powers
        By name.
    coefficient
        Power of length of the coefficient, which makes the term an energy; in the symbols of exponents.

    Raises
    ------
    InterpotError
        A contradiction, or a power that does not follow.
    """
    unknown = {s: sympy.Dummy(s.name) for s in symbols}
    known = {unknown[s]: sympy.nsimplify(given[s.name]) for s in symbols if s.name in given}
    equations: list[Equation] = []
    total = _power(expression, {**unknown, R: sympy.Integer(1)}, equations)
    solution: dict[sympy.Symbol, sympy.Expr] = dict(known)
    # one after the other, so that the first which cannot hold is the one that is told
    for left, reason in equations:
        rest = sympy.simplify(left.subs(solution))
        free = sorted(rest.free_symbols & set(unknown.values()), key=str)
        if rest == 0:
            continue
        if not free:
            raise InterpotError(f"{place}: {reason}")
        found = sympy.solve(rest, free[0])
        solution = {k: v.subs(free[0], found[0]) for k, v in solution.items()} | {free[0]: found[0]}
    powers = {}
    for symbol, dummy in unknown.items():
        power = sympy.simplify(solution.get(dummy, dummy))
        if power.free_symbols:
            raise InterpotError(
                f"{place}: the dimension of '{symbol.name}' does not follow: state its unit, for example "
                f"'{symbol.name} = 0.5..5 Å' for a length or '{symbol.name} = 0.5..5 1' for a number"
            )
        powers[symbol.name] = float(power)
    return powers, sympy.simplify(-total.subs(solution))


def _power(
    node: sympy.Expr, powers: Mapping[sympy.Symbol, sympy.Expr], equations: list[Equation]
) -> sympy.Expr:
    """Power of length of a part of the formula; what it demands is added to the equations."""
    if node in powers:
        return powers[node]
    if node.is_number:
        return sympy.Integer(0)
    if node.is_Mul:
        return sum((_power(factor, powers, equations) for factor in node.args), sympy.Integer(0))
    if node.is_Add or isinstance(node, sympy.Max):
        # a zero has every dimension
        first, *others = [(a, _power(a, powers, equations)) for a in node.args if a != 0]
        for part, power in others:
            words = f"{first[0]} and {part}, which are added or compared, differ in dimension"
            if first[0].is_number or part.is_number:
                words += ': put a constant with bounds for the number, as in "1/(r - a)^6; a = 0.1..1 Å"'
            equations.append((power - first[1], words))
        return first[1]
    if node.is_Pow and not isinstance(node, sympy.exp):
        base, exponent = node.as_base_exp()
        equations.append((_power(exponent, powers, equations), f"the exponent {exponent} has a dimension"))
        return _power(base, powers, equations) * exponent
    (argument,) = node.args
    equations.append(
        (
            _power(argument, powers, equations),
            f"{argument}, of which {node.func.__name__} is taken, has a dimension: divide r by a constant such as w",
        )
    )
    return sympy.Integer(0)
