"""A formula of the grammar: factors with shapes, monomials of them, coefficients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy

from interpot.formula.codegen import R
from interpot.formula.symbolic.grammar.factors import Factor
from interpot.formula.symbolic.grammar.functions import INNERS, OUTERS
from interpot.formula.symbolic.grammar.kernels import LOG

Monomial = tuple[float, ...]
"""Powers of r and of each factor; LOG stands for a logarithm."""


@dataclass(frozen=True, eq=False)
class Structure:
    """A sum of monomials.

    Attributes
    ----------
    factors
        All that the monomials have powers of.
    shapes
        Two numbers for each; of one shape the second is 0.
    monomials
        Each with 1 + K powers.
    """

    factors: tuple[Factor, ...]
    shapes: tuple[tuple[float, float], ...]
    monomials: tuple[Monomial, ...]

    @cached_property
    def constants(self) -> int:
        """Coefficients and shapes."""
        return len(self.monomials) + sum(factor.shapes for factor in self.factors)

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Equal for formulas that differ in numbers and order only."""
        names = [factor.name for factor in self.factors]
        order = sorted(range(len(names)), key=names.__getitem__)
        if len({*names}) < len(names):
            order.sort(key=lambda k: (names[k], sorted((m[k + 1], m[0]) for m in self.monomials)))
        monomials: Sequence[Monomial] = self.monomials
        if order != [*range(len(names))]:
            monomials = [(m[0], *(m[k + 1] for k in order)) for m in monomials]
        return tuple(names[k] for k in order), tuple(sorted(monomials))

    def parts(self) -> list[Structure]:
        """What is left without one of the monomials, and without factors that only it had."""
        made = []
        for leave in range(len(self.monomials) if len(self.monomials) > 1 else 0):
            kept = self.monomials[:leave] + self.monomials[leave + 1 :]
            used = [k for k in range(len(self.factors)) if any(m[k + 1] for m in kept)]
            made.append(
                Structure(
                    tuple(self.factors[k] for k in used),
                    tuple(self.shapes[k] for k in used),
                    tuple((m[0], *(m[k + 1] for k in used)) for m in kept),
                )
            )
        return made

    def expression(self, coefficients: Sequence[float]) -> sympy.Expr:
        """The formula with numbers; a factor that several monomials share is written once."""
        bases = [R, *(_factor(f, s) for f, s in zip(self.factors, self.shapes, strict=True))]
        parts = [(m, sympy.Float(c, precision=53)) for m, c in zip(self.monomials, coefficients, strict=True)]
        return _sum(parts, bases)


def _factor(factor: Factor, shapes: tuple[float, float]) -> sympy.Expr:
    q = sympy.nsimplify(factor.q)
    a, b = (sympy.Float(s, precision=53) for s in shapes)
    return OUTERS[factor.outer].of(INNERS[factor.inner].of(q, a, b))


def _power(base: sympy.Expr, p: float) -> sympy.Expr:
    if p == LOG:
        return sympy.log(base)
    return base ** (sympy.Integer(int(p)) if p == int(p) else sympy.Rational(int(2 * p), 2))


def _sum(parts: list[tuple[Monomial, sympy.Float]], bases: Sequence[sympy.Expr]) -> sympy.Expr:
    """Take the power of a factor that most monomials have out of these, as long as there is one."""
    shared = Counter((k, m[k]) for m, _ in parts for k in range(1, len(bases)) if m[k] != 0)
    if shared and len(parts) > 1:
        (k, p), times = max(shared.items(), key=lambda item: (item[1], -item[0][0], item[0][1]))
        if times > 1:
            inside = [((*m[:k], 0.0, *m[k + 1 :]), c) for m, c in parts if m[k] == p]
            outside = [(m, c) for m, c in parts if m[k] != p]
            product = sympy.Mul(_power(bases[k], p), _sum(inside, bases))
            return product + _sum(outside, bases) if outside else product
    return sympy.Add(
        *(sympy.Mul(c, *(_power(b, p) for b, p in zip(bases, m, strict=True) if p != 0)) for m, c in parts)
    )
