"""Polynomials of r times exponentials, written about the point at which their first coefficients vanish.

(c_0 + c_1 r + ... + c_n r^n) e^{-kr} has n + 2 constants. About a point x at which the derivatives up to an order
vanish, it is c_0' e^{-kr} + (r - x)^j (c_j' + ...) e^{-kr}, with fewer. Where e^{-kr/2} is there, too, and x is the
minimum of what the two give, they are the square D (1 - e^{-k(r-x)/2})², and yet one is less: the potential of
Hulburt and Hirschfelder is such a one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy
from numpy.polynomial import Polynomial

from interpot.formula.codegen import R

_SAME = 1e-5  # rates that differ by no more than this share are one
_VANISHES = 1e-3  # a coefficient about a point, with (r - x) of 1/k, of the largest
_REAL = 1e-2  # imaginary part of a root that rounding makes, of its size
_DEGREE = 3  # below it a point costs what it saves


@dataclass(frozen=True, slots=True, eq=False)
class _Ladder:
    """A polynomial times e^{-kr}."""

    rate: float
    polynomial: Polynomial


def about_points(expression: sympy.Expr) -> Iterator[sympy.Expr]:
    """Give the formulas that a sum is near to, about points; R and numbers, nothing multiplied out."""
    ladders, rest = _ladders(expression)
    for ladder in ladders:
        others = [other for other in ladders if other is not ladder]
        for x in _points(ladder):
            c = ladder.polynomial(Polynomial([x, 1.0])).coef
            size = np.abs(c) / ladder.rate ** np.arange(len(c))
            kept = np.flatnonzero(size > _VANISHES * size.max())
            if len(c) - len(kept) < 2:
                continue
            s, k = R - sympy.Float(x), sympy.Float(ladder.rate)
            parts = {int(j): sympy.Float(c[j]) * s ** int(j) * sympy.exp(-k * R) for j in kept}
            plain = rest + sympy.Add(*map(_written, others))
            for partner in others if 0 in parts else []:
                if _squares(partner, ladder.rate, float(c[0]), x):
                    depth = sympy.Float(c[0] * np.exp(-ladder.rate * x))
                    square = sympy.Mul(depth, (1 - sympy.exp(-k / 2 * s)) ** 2, evaluate=False)
                    left = plain - _written(partner)
                    yield sympy.Add(left, square, *(part for j, part in parts.items() if j > 0))
            yield sympy.Add(plain, *parts.values())


def _ladders(expression: sympy.Expr) -> tuple[list[_Ladder], sympy.Expr]:
    """Take the monomials c r^n e^{-kr} of a sum together by their k; the rest."""
    found: list[tuple[float, dict[int, float]]] = []
    rest = []
    for part in sympy.Add.make_args(expression):
        monomial = _monomial(part)
        if monomial is None:
            rest.append(part)
            continue
        c, n, k = monomial
        powers = next((p for rate, p in found if abs(rate / k - 1) < _SAME), None)
        if powers is None:
            found.append((k, {n: c}))
        else:
            powers[n] = powers.get(n, 0.0) + c
    ladders = [_Ladder(k, Polynomial([p.get(n, 0.0) for n in range(max(p) + 1)])) for k, p in found]
    return ladders, sympy.Add(*rest)


def _monomial(part: sympy.Expr) -> tuple[float, int, float] | None:
    """(c, n, k) of c r^n e^{-kr} with n from 0 on and k above 0."""
    c, function = part.as_independent(R)
    n, k = 0, 0.0
    for factor in sympy.Mul.make_args(function):
        base, exponent = factor.as_base_exp()
        if base == R and exponent.is_Integer and exponent > 0:
            n += int(exponent)
        elif isinstance(factor, sympy.exp) and (slope := factor.args[0] / R).is_number:
            k -= float(slope)
        else:
            return None
    return (float(c), n, k) if k > 0 and c.is_number else None


def _points(ladder: _Ladder) -> list[float]:
    """Where a derivative of the polynomial from the second on vanishes; real, each once."""
    points: list[float] = []
    for order in range(2, ladder.polynomial.degree() if ladder.polynomial.degree() >= _DEGREE else 2):
        for root in map(complex, ladder.polynomial.deriv(order).roots()):
            if abs(root.imag) <= _REAL * abs(root) and not np.isclose(points, root.real, rtol=1e-9).any():
                points.append(root.real)
    return points


def _squares(other: _Ladder, rate: float, c: float, x: float) -> bool:
    """Whether other = b e^{-kr/2} with b = -2 c e^{-kx/2}, so that both are a square."""
    b = -2 * c * float(np.exp(-rate * x / 2))
    return (
        other.polynomial.degree() == 0
        and abs(2 * other.rate / rate - 1) < _SAME
        and abs(float(other.polynomial.coef[0]) / b - 1) < _VANISHES
    )


def _written(ladder: _Ladder) -> sympy.Expr:
    k = sympy.Float(ladder.rate)
    return sympy.Add(
        *(sympy.Float(c) * R**n * sympy.exp(-k * R) for n, c in enumerate(ladder.polynomial.coef) if c)
    )
