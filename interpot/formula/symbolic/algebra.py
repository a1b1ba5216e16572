"""Formulas with numbers in them as sums of products, so that equal functions of r become equal data.

    Sum = Σ Product,      Product = c r^p e^x Π f(s)^q

with numbers c, p, q and sums x, s. Like terms are added up as the sum is made, exponentials and powers of r are
gathered, what multiplies a sum is taken out of it: (2.0 + 4.0/r)^-1 is 0.5 r (r + 2)^-1. What sympy would do in
seconds for a formula full of floating-point numbers is done here in fractions of a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product as combinations
from math import cos, exp, inf, isfinite, log, sin

import numpy as np
from scipy import special

from interpot.records import FloatArray

Sum = tuple["Product", ...]

WHOLE = 1e-9
"""Exponents this near to a multiple of a half are that: rounding, not a fitted number."""

_CANCELLED = 1e-13  # of the parts of a sum: what is left of them is rounding
_DIGITS = 9  # in which numbers agree that are taken as equal
_LARGEST = 60  # exponent of r or of a sum

ODD = ("erf", "tanh", "sin", "sinh", "tan")
EVEN = ("cos", "cosh")
FUNCTIONS = (*ODD, *EVEN, "erfc", "log")
"""Functions that a product may have for factors; "" is the sum itself."""


_NUMERIC = {name: getattr(special if name.startswith("erf") else np, name) for name in FUNCTIONS}


class NoFormError(ValueError):
    """The expression is no real function of r that a form can have; the message says why."""


@dataclass(frozen=True, slots=True)
class Factor:
    """f(s)^q; f is one of `FUNCTIONS` or "" for s itself."""

    function: str
    argument: Sum
    power: float

    @property
    def key(self) -> str:
        """Equal for the same function, whatever its power."""
        return f"{self.function}({key(self.argument)})"


@dataclass(frozen=True, slots=True)
class Product:
    """c e^l r^p e^x Π f(s)^q.

    Attributes
    ----------
    number, log
        c, and l: a number that is taken out of an exponential may be beyond double precision.
    power
        p.
    exponent
        x, without a number among its parts.
    factors
        By their keys.
    """

    number: float
    log: float = 0.0
    power: float = 0.0
    exponent: Sum = ()
    factors: tuple[Factor, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether it does not depend on r."""
        return not (self.power or self.exponent or self.factors)

    @property
    def is_power(self) -> bool:
        """Whether it is a power of r, or a number."""
        return not (self.exponent or self.factors)

    @property
    def value(self) -> float:
        """The number in front, c e^l."""
        if not self.log:
            return self.number
        return self.number * exp(self.log) if self.log < 700 else self.number * inf

    @property
    def key(self) -> str:
        """Equal for like terms."""
        factors = "".join(f"*{f.key}^{_rounded(f.power)}" for f in self.factors)
        return f"r^{_rounded(self.power)}*e^({key(self.exponent)}){factors}"


def key(parts: Sum) -> str:
    """Equal for equal sums, up to rounding."""
    return "+".join(f"{_rounded(p.value)}*{p.key}" for p in parts)


def _rounded(number: float) -> str:
    return f"{number:.{_DIGITS}g}"


# ---------------------------------------------------------------------------- algebra


def number(value: float) -> Product:
    """A number as a product.

    Raises
    ------
    NoFormError
        It is not finite.
    """
    if not isfinite(value):
        raise NoFormError("a number in it is not finite")
    return Product(float(value))


def collected(parts: Iterable[Product]) -> Sum:
    """Add up like terms; parts in the order of their keys."""
    like: dict[str, list[Product]] = {}
    for part in parts:
        like.setdefault(part.key, []).append(part)
    out = []
    for some in like.values():
        top = max(p.log for p in some)
        shares = [p.number * exp(p.log - top) for p in some]
        whole = sum(shares)
        if abs(whole) > _CANCELLED * sum(map(abs, shares)):
            one = replace(some[0], number=whole, log=top)
            out.append(number(one.value) if one.is_number else one)
    return tuple(sorted(out, key=lambda p: p.key))


def times(one: Product, other: Product) -> Product:
    """The product of two products."""
    factors: dict[str, Factor] = {}
    for factor in (*one.factors, *other.factors):
        known = factors.get(factor.key)
        power = factor.power + (known.power if known else 0.0)
        factors[factor.key] = replace(factor, power=tidy(power))
    kept = tuple(factors[k] for k in sorted(factors) if factors[k].power)
    return Product(
        one.number * other.number,
        one.log + other.log,
        tidy(one.power + other.power),
        collected((*one.exponent, *other.exponent)),
        kept,
    )


def tidy(power: float) -> float:
    """Take rounding from an exponent; refuses one beyond all sense."""
    if not abs(power) <= _LARGEST:
        raise NoFormError(f"it has a power of {power:.4g}")
    return round(2 * power) / 2 if abs(2 * power - round(2 * power)) < WHOLE else power


def _raised(part: Product, power: float) -> Product:
    """A product to a power."""
    if part.number < 0 and power != round(power):
        raise NoFormError("it has a fractional power of something negative")
    if part.number == 0:
        raise NoFormError("it divides by zero" if power < 0 else "it has a power of zero")
    value = number(part.number**power if abs(power * log(abs(part.number))) < 700 else inf)
    factors = tuple(replace(f, power=tidy(f.power * power)) for f in part.factors)
    scaled = collected(replace(x, number=x.number * power) for x in part.exponent)
    return Product(value.number, part.log * power, tidy(part.power * power), scaled, factors)


def to_power(parts: Sum, power: float) -> Product:
    """A sum to a power, with what multiplies the sum taken out."""
    if power == 0:
        return Product(1.0)
    if len(parts) == 1:
        return _raised(parts[0], power)
    if not parts:
        raise NoFormError("it has a power of zero")
    outside, inside = normalised(parts, signed=power == round(power))
    return times(_raised(outside, power), Product(1.0, factors=(Factor("", inside, tidy(power)),)))


def normalised(parts: Sum, signed: bool = True, scaled: bool = False) -> tuple[Product, Sum]:
    """Write a sum as a product of a power of r with a number and a sum of which one part has the number 1.

    That is the highest power in r + d, r² + br + c and r^p + c; in other sums the number, or else the first part.

    Parameters
    ----------
    signed
        Whether the number taken out may be negative; otherwise it is the part's size.
    scaled
        Whether it is never the highest power, so that all parts of what is left are pure numbers.
    """
    least = min(part.power for part in parts)
    out = Product(1.0, power=least)
    moved = collected(replace(p, power=tidy(p.power - least)) for p in parts)
    powers = sorted(p.power for p in moved)
    half = all(2 * p == round(2 * p) for p in powers)
    simple = all(p.is_power for p in moved) and half and (len(moved) == 2 or powers == [0.0, 1.0, 2.0])
    if simple and not scaled:
        leader = max(moved, key=lambda p: p.power)
    else:
        leader = next((p for p in moved if p.is_number), moved[0])
    size = leader.number if signed else abs(leader.number)
    inside = collected(replace(p, number=p.number / size, log=p.log - leader.log) for p in moved)
    return replace(out, number=size, log=leader.log), inside


def multiplied(sums: Iterable[Sum]) -> Sum:
    """The product of sums; a sum is multiplied out by numbers only."""
    outside, inside = Product(1.0), []
    for parts in sums:
        if not parts:
            return ()
        if len(parts) == 1:
            outside = times(outside, parts[0])
        else:
            inside.append(parts)
    if len(inside) == 1 and outside.is_number:
        return collected(times(outside, p) for p in inside[0])
    for parts in inside:
        outside = times(outside, to_power(parts, 1.0))
    return (outside,)


def exponential(argument: Sum) -> Product:
    """e^x; the logarithms in x become powers."""
    out, rest, constant = Product(1.0), [], 0.0
    for part in argument:
        alone = part.factors[0] if len(part.factors) == 1 and not (part.power or part.exponent) else None
        if part.is_number:
            constant += part.number
        elif alone is not None and alone.function == "log" and alone.power == 1:
            out = times(out, to_power(alone.argument, part.value))
        else:
            rest.append(part)
    return times(out, Product(1.0, log=constant, exponent=collected(rest)))


def logarithm(argument: Sum) -> Sum:
    """Logarithm of x as the sum of the logarithms of its factors."""
    if len(argument) != 1:
        outside, inside = normalised(argument, signed=False, scaled=True)
        return collected((*logarithm((outside,)), Product(1.0, factors=(Factor("log", inside, 1.0),))))
    (part,) = argument
    if part.number <= 0:
        raise NoFormError("it has a logarithm of something negative")
    out = [number(log(part.number) + part.log), *part.exponent]
    if part.power:
        out.append(Product(part.power, factors=(Factor("log", (Product(1.0, power=1.0),), 1.0),)))
    for factor in part.factors:
        out.append(Product(factor.power, factors=(Factor("log", _itself(factor), 1.0),)))
    return collected(out)


def _itself(factor: Factor) -> Sum:
    return factor.argument if not factor.function else (Product(1.0, factors=(replace(factor, power=1.0),)),)


def applied(function: str, argument: Sum) -> Sum:
    """f(x), its sign taken out where f is odd and dropped where it is even."""
    if function == "log":
        return logarithm(argument)
    x, sign = squares_out(argument), 1.0
    if function in (*ODD, *EVEN) and x and _leading(x) < 0:
        x = collected(replace(p, number=-p.number) for p in x)
        sign = -1.0 if function in ODD else 1.0
    return (Product(sign, factors=(Factor(function, x, 1.0),)),)


def _leading(parts: Sum) -> float:
    dependent = [p for p in parts if not p.is_number] or list(parts)
    return dependent[-1].number


def squares_out(parts: Sum) -> Sum:
    """Multiply out what is a polynomial of degree two at most, as (r - d)²; other products stay."""
    out: list[Product] = []
    for part in parts:
        degree = part.power + sum(f.power * _degree(f) for f in part.factors)
        plain = part.factors and not part.exponent and 0 < degree <= 2
        if plain and all(f.power in (1.0, 2.0) for f in part.factors):
            out += expanded(part, range(len(part.factors)))
        else:
            out.append(part)
    return collected(out)


def _degree(factor: Factor) -> float:
    """Of a polynomial; infinite for anything else."""
    if factor.function or not all(p.is_power and p.power in (0.0, 1.0, 2.0) for p in factor.argument):
        return inf
    return max(p.power for p in factor.argument)


def expanded(part: Product, which: Iterable[int]) -> Sum:
    """Multiply out some of the factors of a product, sums to whole powers or shifted waves."""
    chosen = set(which)
    rest = replace(part, factors=tuple(f for k, f in enumerate(part.factors) if k not in chosen))
    choices = []
    for k in sorted(chosen):
        factor = part.factors[k]
        choices += [_parts_of(factor)] * round(factor.power)
    out = []
    for some in combinations(*choices):
        made = rest
        for one in some:
            made = times(made, one)
        out.append(made)
    return collected(out)


def _parts_of(factor: Factor) -> Sum:
    """The parts of a sum, or those of cos(x + δ) = cos δ cos x - sin δ sin x."""
    if not factor.function:
        return factor.argument
    x = tuple(p for p in factor.argument if not p.is_number)
    shift = sum(p.number for p in factor.argument if p.is_number)
    even, odd = (Product(1.0, factors=(Factor(name, x, 1.0),)) for name in ("cos", "sin"))
    if factor.function == "cos":
        return replace(even, number=cos(shift)), replace(odd, number=-sin(shift))
    return replace(even, number=sin(shift)), replace(odd, number=cos(shift))


def expandable(part: Product) -> list[int]:
    """Factors that can be multiplied out: sums to small whole powers, waves with a phase."""
    out = []
    for k, f in enumerate(part.factors):
        wave = f.function in ("cos", "sin") and f.power == 1 and any(p.is_number for p in f.argument)
        if wave or (not f.function and f.power in (1.0, 2.0, 3.0)):
            out.append(k)
    return out


def falling(part: Product) -> Product:
    """Write what rises from zero to a number as what falls, up to that number.

    1/(1 + e^-x) is 1 - 1/(1 + e^x), and r^p/(r^p + c) is 1 - c/(r^p + c).
    """
    if part.exponent or len(part.factors) != 1:
        return part
    (factor,) = part.factors
    constant = next((p for p in factor.argument if p.is_number), None)
    if factor.function or factor.power != -1 or len(factor.argument) != 2 or constant is None:
        return part
    (other,) = (p for p in factor.argument if not p.is_number)
    if other.is_power and part.power == other.power > 0:
        return replace(part, power=0.0, number=-part.number * constant.value / other.value)
    rate = other.exponent[0] if len(other.exponent) == 1 and not (other.power or other.factors) else None
    if part.power or rate is None or not rate.is_power or rate.power != 1 or rate.number > 0:
        return part
    slope = (replace(rate, number=-rate.number),)
    rises = Product(constant.value / other.number, -other.log, exponent=slope)
    inside = collected([Product(1.0), rises])
    return replace(part, number=-part.number / constant.value, factors=(Factor("", inside, -1.0),))


def values(part: Product, r: FloatArray) -> FloatArray:
    """Evaluate a product at each r."""
    out = part.value * r**part.power * np.exp(total(part.exponent, r))
    for factor in part.factors:
        x = total(factor.argument, r)
        out = out * (_NUMERIC[factor.function](x) if factor.function else x) ** factor.power
    return np.asarray(out)


def total(parts: Sum, r: FloatArray) -> FloatArray:
    """Evaluate a sum at each r."""
    return np.asarray(sum((values(part, r) for part in parts), np.zeros_like(r)))
