"""The factors of the grammar: which outer function of which inner one, the powers it comes in, the grid of its shapes.

FACTORS is composed, not listed by hand: each outer function names the inner ones that make sense in it, and the
powers of r that it is multiplied by. Grids are coarse (a Gaussian moves by half its width from one point to the next):
they only have to lead into the valley that variable projection then descends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from interpot.formula.symbolic.grammar.functions import INNERS, OUTERS
from interpot.formula.symbolic.grammar.kernels import INNER, LOG, OUTER
from interpot.records import FloatArray

Domain = tuple[float, float]
Grid = Callable[[Domain], FloatArray]

POWERS = (
    *(-30.0, -24.0, -20.0, -18.0, -16.0, -14.0, -12.0, -10.0, -9.0, -8.0, -7.0, -6.0, -5.0, -4.0, -3.0, -2.0, -1.0),
    *(1.0, 2.0, 3.0, 4.0, LOG),
)  # fmt: skip
"""Of r, without any factor."""


@dataclass(frozen=True, eq=False)
class Factor:
    """F(r; a, b) = outer(inner(r; q, a, b)).

    Attributes
    ----------
    outer, inner, q
        Rows of OUTERS and INNERS, and the inner function's number.
    powers
        Pairs (n, p) of monomials r^n F^p with it.
    grid
        Points (points, 2) from the domain; the second column is unused where there is one shape.
    bounds
        (low, high) of both shapes, (2, 2), from the domain.
    """

    outer: str
    inner: str
    q: float
    powers: tuple[tuple[float, float], ...]
    grid: Grid
    bounds: Grid

    @cached_property
    def name(self) -> str:
        """Unlike that of any other factor."""
        return f"{self.outer}({self.inner}, {self.q:g})"

    @cached_property
    def shapes(self) -> int:
        """How many it has."""
        return INNERS[self.inner].shapes

    @cached_property
    def codes(self) -> tuple[int, int]:
        """Its numbers in the kernels."""
        return OUTER[self.outer], INNER[self.inner]

    def allowed(self, operators: Collection[str]) -> bool:
        """Whether it can be written with these operators."""
        return OUTERS[self.outer].needs <= set(operators) and any(
            power_allowed(p, operators) for _, p in self.powers
        )


def power_allowed(p: float, operators: Collection[str]) -> bool:
    """Whether x^p can be written with these operators: as a quotient, a square root or a logarithm, too."""
    if p == LOG:
        return "log" in operators
    if p in (0.0, 1.0) or (p == -1.0 and "/" in operators) or (p == 2.0 and "*" in operators):
        return True
    return "^" in operators or (abs(p) == 0.5 and "sqrt" in operators)


def _steps(low: float, high: float, ratio: float) -> FloatArray:
    """Geometric, both ends among them."""
    return np.geomspace(low, high, 1 + max(1, int(np.ceil(np.log(high / low) / np.log(ratio)))))


def _rows(*axes: FloatArray) -> FloatArray:
    """All combinations of values of a and b."""
    if len(axes) == 1:
        return np.column_stack([axes[0], np.zeros(len(axes[0]))])
    return np.array(list(product(*(axis.tolist() for axis in axes))))


def _both(values: FloatArray) -> FloatArray:
    return np.concatenate([values, -values])


# ---------------------------------------------------------------------------- grids by inner function


def _reach(domain: Domain, q: float) -> float:
    """By how much r^q changes over the domain."""
    return float(abs(domain[1] ** q - domain[0] ** q))


def _scaled(q: float, low: float, high: float, ratio: float = 1.25, signs: bool = False) -> Grid:
    """Give a r^q that changes by `low` to `high` over the domain."""

    def grid(domain: Domain) -> FloatArray:
        values = _steps(low, high, ratio) / _reach(domain, q)
        return _rows(_both(values) if signs else values)

    return grid


def _stretched(domain: Domain) -> FloatArray:
    b = np.array([0.5, 0.75, 1.5, 2.5, 3.5, 5.0, 7.0, 9.0])
    return np.array([(u / _reach(domain, x), x) for x in b for u in _steps(0.6, 40, 1.7)])


def _sum(q: float) -> Grid:
    def grid(domain: Domain) -> FloatArray:
        a = _steps(0.5, 32, 1.6) / _reach(domain, 1)
        b = _both(_steps(0.35, 16, 1.7)) / _reach(domain, q)
        return _rows(a, b)

    return grid


def _step(domain: Domain, steepest: float = 20.0) -> FloatArray:
    span = domain[1] - domain[0]
    rows = []
    for k in _steps(1.5, steepest, 1.5):
        rows += [
            (k / span, d) for d in np.arange(domain[0] - 2 * span / k, domain[1], span * max(1 / k, 0.04))
        ]
    return np.array(rows)


def _logistic(domain: Domain) -> FloatArray:
    """That of tanh, which is as steep at half the rate."""
    return _step(domain, 40.0)


def _before(domain: Domain) -> FloatArray:
    """Give a (r - b) with b before the domain."""
    return _rows(
        _steps(0.5, 40, 1.5) / _reach(domain, 1), domain[0] * np.array([0.95, 0.85, 0.7, 0.5, 0.25, -0.5])
    )


def _bump(q: float) -> Grid:
    def grid(domain: Domain) -> FloatArray:
        span = domain[1] - domain[0]
        rows = []
        for w in span * _steps(0.035, 0.8, 1.5):
            places = np.arange(domain[0] - w, domain[1] + w / 2, max(0.7 * w, 0.03 * span))
            rows += [(0.5 / w**q, d) for d in places]
        return np.array(rows)

    return grid


def _shifted(q: float) -> Grid:
    """Give a + r^q: before the domain no zero of an odd or even q."""

    def grid(domain: Domain) -> FloatArray:
        inside = -((domain[0] * np.array([0.97, 0.92, 0.85, 0.75, 0.6, 0.4, 0.2])) ** q)
        softened = _steps(0.15 * domain[0], 1.5 * domain[1], 1.25) ** q
        return _rows(np.concatenate([inside, softened]))

    return grid


def _quadratic(domain: Domain) -> FloatArray:
    """Give 1 + a r + b r² = (1 - r/x)² + (r/w)² with its minimum at x."""
    rows = []
    for x in np.concatenate([np.linspace(domain[0] / 2, domain[1], 9), -_steps(domain[0], 4 * domain[1], 3)]):
        for w in _steps(0.2, 8, 1.8) * abs(x):
            rows.append((-2 / x, 1 / x**2 + 1 / w**2))
    return np.array(rows)


def _wave(domain: Domain) -> FloatArray:
    k = np.arange(2.0, 40.0, 1.0) / _reach(domain, 1)
    return _rows(k, np.pi * np.arange(4) / 4)


def _real(domain: Domain) -> FloatArray:
    return _rows(_steps(0.3, 40, 1.12))


def _pole(domain: Domain) -> FloatArray:
    ends = domain[1] * np.array([1.003, 1.03, 1.1, 1.3])
    beyond = _rows(-_steps(0.02, 3, 2.2) * domain[1], ends)
    before = _rows(_both(_steps(0.1, 10, 2) * domain[0]), domain[0] * np.array([0.8, 0.5, -0.5]))
    return np.concatenate([beyond, before])


def _one_plus(q: float) -> Grid:
    def grid(domain: Domain) -> FloatArray:
        near, far = sorted((domain[0] ** q, domain[1] ** q))
        return _rows(
            np.concatenate([_steps(0.05 / far, 20 / near, 1.5), -np.array([0.3, 0.7, 0.9, 0.97]) / far])
        )

    return grid


def _ending(domain: Domain) -> FloatArray:
    """Give a - r with its zero just beyond the domain, or far."""
    span = domain[1] - domain[0]
    return _rows(domain[1] + span * np.array([0.0005, 0.002, 0.008, 0.025, 0.06, 0.15, 0.4, 1.0, 3.0]))


def _saturating(q: float) -> Grid:
    """Give a / (b + r^q)."""

    def grid(domain: Domain) -> FloatArray:
        rows = []
        for b in _steps(0.6 * domain[0], 1.1 * domain[1], 1.4) ** q:
            change = 1 / (b + domain[0] ** q) - 1 / (b + domain[1] ** q)
            rows += [(a, b) for a in _both(_steps(0.4, 12.0, 1.6)) / change]
        return np.array(rows)

    return grid


# ---------------------------------------------------------------------------- bounds


def _positive(domain: Domain) -> FloatArray:
    return np.array([[1e-9, -1e9], [1e9, 1e9]])


def _any(domain: Domain) -> FloatArray:
    return np.array([[-1e12, -1e9], [1e12, 1e9]])


def _exponents(domain: Domain) -> FloatArray:
    return np.array([[1e-12, 0.1], [1e9, 24.0]])


def _before_it(domain: Domain) -> FloatArray:
    return np.array([[1e-9, -20 * domain[1]], [1e9, 0.9999 * domain[0]]])


def _without_zero(q: float) -> Grid:
    """Give a + r^q that has no zero in the domain."""
    return lambda domain: np.array([[-0.9999 * domain[0] ** q, 0.0], [(30 * domain[1]) ** q, 0.0]])


def _after(domain: Domain) -> FloatArray:
    return np.array([[1.00001 * domain[1], 0.0], [30 * domain[1], 0.0]])


def _softened(q: float) -> Grid:
    return lambda domain: np.array([[-1e15, 0.0], [1e15, (30 * domain[1]) ** q]])


def _number(domain: Domain) -> FloatArray:
    return np.array([[0.05, 0.0], [150.0, 0.0]])


# ---------------------------------------------------------------------------- the table


def _monomials(ladder: dict[float, tuple[float, ...]]) -> tuple[tuple[float, float], ...]:
    """Pairs (n, p) from the n of each p."""
    return tuple((float(n), float(p)) for p, ns in ladder.items() for n in ns)


_NEAR = (-6, -4, -3, -2, -1, 0, 1, 2, 3)
_LADDER = _monomials({1: _NEAR, 2: (-2, -1, 0, 1, 2)})
_BUMP = _monomials({1: (-6, -3, -2, -1, 0, 1, 2), 2: (0,)})
_STEP = _monomials({1: (-12, -6, -4, -3, -2, -1, 0, 1), 2: (0,)})
_DAMPED = _monomials({1: (-12, -10, -8, -6, -5, -4, -3, -2, -1, 0), 2: (-6, -2, -1, 0)})
_CHARGE = _monomials({1: (-6, -4, -3, -2, -1, 0, 1)})
_TANH = _monomials({1: (-6, -2, -1, 0), 2: (0, -1)})
_BELL = _monomials({1: (-1, 0, 1), 2: (0,)})
_WAVES = _monomials({1: (-6, -5, -4, -3, -2, -1, 0, 1)})
_SOFT = _monomials({-1: (-2, -1, 0, 1, 2, 3), -2: (0, 1, 2)})
_SHIFTED = _monomials(
    {-1: (-1, 0, 1), **dict.fromkeys((-2, -3, -4, -5, -6, -7, -8, -9, -10, -12, -14), (0,)), LOG: (0,)}
)
_PLUMMER = _monomials(
    {-1: (-2, -1, 0, 1), **dict.fromkeys((-0.5, -1.5, -2, -2.5, -3, -4, -5, -6, 0.5, LOG), (0,))}
)

_ENDING = _monomials(
    {
        **dict.fromkeys((2.5, 1.5), (0, -1)), 2: (0, -1, -2, 1), 3: (0, -1, 1), LOG: (0,),
        **dict.fromkeys((0.5, 3.5, 4, 5, 6, -1, -2), (0,)),
    }
)  # fmt: skip
_LONG_RANGE = _monomials({1: (-6, -5, -4, -3, -2, -1, 0), 2: (-12, -10, -8, -6, -4, 0)})
_SPHERES = ((0.0, LOG), (-2.0, -1.0))


def _exponentials() -> list[Factor]:
    scaled = [
        Factor("exp", "scaled", q, _LADDER, _scaled(q, 0.25, 80.0, 1.25), _positive)
        for q in (1.0, 2.0, 3.0, 4.0, 6.0)
    ]
    near = Factor("exp", "scaled", -1.0, _LADDER, _scaled(-1.0, 0.3, 20.0, 1.4, signs=True), _any)
    return [
        *scaled,
        near,
        Factor("exp", "sum", 2.0, _LADDER, _sum(2.0), _any),
        Factor("exp", "bump", 2.0, _BUMP, _bump(2.0), _positive),
        Factor("exp", "sum", -1.0, _LADDER, _sum(-1.0), _any),
        Factor("exp", "stretched", 0.0, _LADDER, _stretched, _exponents),
        *(Factor("exp", "saturating", q, _LONG_RANGE, _saturating(q), _softened(q)) for q in (3.0, 4.0)),
        Factor("exp", "pole", 0.0, _monomials({1: (-12, -8, -6, -4, -2, 0)}), _pole, _any),
    ]


def _steps_and_waves() -> list[Factor]:
    return [
        Factor("bose", "scaled", 1.0, _LADDER, _scaled(1.0, 0.25, 40.0, 1.3), _positive),
        Factor("csch", "scaled", 1.0, _BELL, _scaled(1.0, 0.25, 40.0, 1.3), _positive),
        Factor("sech", "scaled", 1.0, _BELL, _scaled(1.0, 0.25, 40.0, 1.3), _positive),
        Factor("tanh", "scaled", 1.0, _TANH, _scaled(1.0, 0.2, 15.0, 1.3), _positive),
        Factor("logistic", "step", 0.0, _STEP, _logistic, _positive),
        Factor("tanh", "step", 0.0, _STEP, _step, _positive),
        Factor("sech", "step", 0.0, _monomials({1: (0, -1), 2: (0, -1)}), _step, _positive),
        Factor("erf", "step", 0.0, _monomials({1: (-6, -1, 0)}), _step, _positive),
        Factor("bose", "step", 0.0, _monomials({1: (-1, 0), 2: (0,)}), _before, _before_it),
        Factor("cos", "wave", 0.0, _WAVES, _wave, _positive),
    ]  # fmt: skip


def _lengths() -> list[Factor]:
    soft = [
        Factor("power", "shifted", q, _SOFT, _shifted(q), _without_zero(q))
        for q in (3.0, 4.0, 6.0, 7.0, 8.0, 12.0)
    ]
    return [
        Factor("power", "shifted", 1.0, _SHIFTED, _shifted(1.0), _without_zero(1.0)),
        Factor("power", "shifted", 2.0, _PLUMMER, _shifted(2.0), _without_zero(2.0)),
        *soft,
        Factor("power", "ending", 1.0, _ENDING, _ending, _after),
        Factor("power", "real", 0.0, _monomials({-1: (0,), -2: (0,)}), _real, _number),
        Factor("power", "quadratic", 0.0, _monomials({-1: (-2, -1, 0, 1), -2: (0,)}), _quadratic, _any),
        Factor("power", "one_plus", -2.0, _SPHERES, _one_plus(-2.0), _any),
        *(Factor("power", "one_plus", q, ((0.0, LOG),), _one_plus(q), _any) for q in (-1.0, -6.0, 1.0, 2.0)),
    ]  # fmt: skip


def _dampings() -> list[Factor]:
    steep = (1.0, 2.0, 3.0, 4.0, 6.0)
    return [
        *(Factor("damping", "scaled", q, _DAMPED, _scaled(q, 0.2, 30.0, 1.3), _positive) for q in steep),
        Factor("erf", "scaled", 1.0, _CHARGE, _scaled(1.0, 0.1, 10.0, 1.25), _positive),
        Factor("erfc", "scaled", 1.0, _CHARGE, _scaled(1.0, 0.1, 10.0, 1.25), _positive),
    ]  # fmt: skip


FACTORS = (*_exponentials(), *_lengths(), *_steps_and_waves(), *_dampings())
"""All factors: simple and common ones before others."""
