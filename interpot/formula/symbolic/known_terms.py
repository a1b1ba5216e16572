"""Which products are terms of the library, with which shapes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from interpot.formula.symbolic.algebra import Factor, Product, Sum, values
from interpot.formula.symbolic.writing import polynomial, square
from interpot.formula.terms import TERMS, Term
from interpot.formula.terms.zbl import UNIVERSAL
from interpot.statistic.channels import ENDLESS
from interpot.table import load_row

Known = tuple[str, tuple[float, ...], float]
"""Name of the row, the shapes, and the logarithm of what the product has beyond the term and its number."""

WHOLE_POWERS = {1.0: "linear", 2.0: "quadratic", 3.0: "cubic", 4.0: "quartic"}
"""Terms of fields."""


DAMPED = (6.0, 8.0, 10.0)
"""Powers of damped dispersion."""

_MULTIPLE = 1e-9  # ratios that differ by no more are one


def recognised(part: Product, kind: str, reach: float = 0.0) -> tuple[Term, tuple[float, ...], float] | None:
    """Return the first term of the library that the kind of channel permits and that the product is a multiple of.

    Parameters
    ----------
    reach
        Distance, Å, up to which the function is used: a term that ends does so beyond.
    """
    for name, shapes, factor in _known(part, kind):
        term: Term = load_row(TERMS, name, "term")
        ends = [v for s, v in zip(term.shapes, shapes, strict=True) if s.name == term.ends]
        if kind in term.kinds and all(end > reach for end in ends):
            return term, shapes, factor
    return None


def _known(part: Product, kind: str) -> Iterator[Known]:
    if part.is_power:
        yield from _powers(part.power, kind)
    elif not part.factors:
        yield from _exponentials(part)
    elif not part.exponent and len(part.factors) == 1:
        yield from _sums(part, part.factors[0])
        yield from _functions(part, part.factors[0])


def _sums(part: Product, factor: Factor) -> Iterator[Known]:
    """Damped dispersion and screened nuclei: by their rates, and by their values."""
    if factor.function or factor.power != 1:
        return
    if -part.power in DAMPED and len(factor.argument) >= 2:
        name, rate = f"damped_{round(-part.power)}", max(_rates(factor.argument), default=0.0)
        shape, near = rate, 4.0
    elif part.power == -1 and len(factor.argument) == len(UNIVERSAL):
        name, rate = "zbl", max(_rates(factor.argument), default=0.0)
        shape, near = UNIVERSAL[0][1] / rate if rate else 0.0, 0.1
    else:
        return
    if rate <= 0:
        return
    r = np.linspace(near, 15.0, 20) / rate
    term: Term = load_row(TERMS, name, "term")
    ratio = values(part, r) / term.values(r, shape)
    if np.ptp(ratio) <= _MULTIPLE * abs(ratio[0]):
        # what the sum is written with is not what the term is: the number of the one, not of the other
        yield name, (shape,), float(np.log(abs(ratio[0] / part.value)))


def _rates(parts: Sum) -> list[float]:
    """The rates at which parts of a sum decay."""
    slopes = [polynomial(p.exponent) for p in parts if p.exponent]
    return [-s[1.0] for s in slopes if s is not None and set(s) == {1.0}]


def _powers(power: float, kind: str) -> Iterator[Known]:
    if kind in ENDLESS:
        if power in WHOLE_POWERS:
            yield WHOLE_POWERS[power], (), 0.0
    elif -60 < power < -0.3:
        yield "power", (-power,), 0.0
    elif 0.3 < power < 8:
        yield "polynomial", (power,), 0.0


def _exponentials(part: Product) -> Iterator[Known]:
    powers = polynomial(part.exponent)
    if powers is None:
        yield from _ending(part)
    elif set(powers) == {1.0} and powers[1.0] < 0 and part.power in (0.0, -1.0):
        yield "exponential" if part.power == 0 else "yukawa", (-powers[1.0],), 0.0
    elif 2.0 in powers and set(powers) <= {1.0, 2.0} and powers[2.0] < 0 and part.power == 0:
        d, w, rest = square(powers[2.0], powers.get(1.0, 0.0))
        if not d:
            yield "gaussian", (w,), 0.0
        yield "hill", (d, w), rest


def _ending(part: Product) -> Iterator[Known]:
    """The pair part of Stillinger and Weber's potential, r^-p exp(s/(r - a))."""
    if len(part.exponent) != 1 or not -30 < part.power <= 0:
        return
    (x,) = part.exponent
    if len(x.factors) != 1 or x.power or x.exponent or x.factors[0].power != -1 or x.factors[0].function:
        return
    powers = polynomial(x.factors[0].argument)
    if powers is not None and set(powers) == {0.0, 1.0} and powers[1.0] == 1 and x.number > 0:
        yield "stillinger_weber", (abs(part.power), x.value, -powers[0.0]), 0.0


def _functions(part: Product, factor: Factor) -> Iterator[Known]:
    powers = polynomial(factor.argument)
    if factor.power != 1 or powers is None or set(powers) != {1.0}:
        return
    rate, name = powers[1.0], factor.function
    if name == "log" and part.power == 0 and rate == 1:
        yield "logarithm", (), 0.0
    elif name in ("erf", "erfc") and part.power == -1 and rate > 0:
        yield f"{name}_coulomb", (rate,), 0.0
    elif name in ("cos", "sin") and part.power == 0:
        yield {"cos": "wave_cosine", "sin": "wave_sine"}[name], (rate,), 0.0
    elif name in ("cos", "sin") and -12 < part.power < -0.3:
        yield {"cos": "cosine", "sin": "sine"}[name], (rate, -part.power), 0.0
