"""Which products are terms of the library, with which shapes."""

from __future__ import annotations

from collections.abc import Iterator

from interpot.formula.symbolic.algebra import Factor, Product
from interpot.formula.symbolic.writing import polynomial, square
from interpot.formula.terms import TERMS, Term
from interpot.table import load_row

Known = tuple[str, tuple[float, ...], float]
"""Name of the row, the shapes, and the logarithm of what the product has beyond the term and its number."""

WHOLE_POWERS = {1.0: "linear", 2.0: "quadratic", 3.0: "cubic", 4.0: "quartic"}
"""Terms of fields."""


def recognised(part: Product, kind: str) -> tuple[Term, tuple[float, ...], float] | None:
    """Return the first term of the library that the kind of channel permits and that the product is a multiple of."""
    for name, shapes, factor in _known(part, kind):
        term: Term = load_row(TERMS, name, "term")
        if kind in term.kinds:
            return term, shapes, factor
    return None


def _known(part: Product, kind: str) -> Iterator[Known]:
    if part.is_power:
        yield from _powers(part.power, kind)
    elif not part.factors:
        yield from _exponentials(part)
    elif not part.exponent and len(part.factors) == 1:
        yield from _functions(part, part.factors[0])


def _powers(power: float, kind: str) -> Iterator[Known]:
    if kind == "field":
        if power in WHOLE_POWERS:
            yield WHOLE_POWERS[power], (), 0.0
    elif -60 < power < -0.3:
        yield "power", (-power,), 0.0
    elif 0.3 < power < 8:
        yield "polynomial", (power,), 0.0


def _exponentials(part: Product) -> Iterator[Known]:
    powers = polynomial(part.exponent)
    if powers is None:
        return
    if set(powers) == {1.0} and powers[1.0] < 0 and part.power in (0.0, -1.0):
        yield "exponential" if part.power == 0 else "yukawa", (-powers[1.0],), 0.0
    elif 2.0 in powers and set(powers) <= {1.0, 2.0} and powers[2.0] < 0 and part.power == 0:
        d, w, rest = square(powers[2.0], powers.get(1.0, 0.0))
        if not d:
            yield "gaussian", (w,), 0.0
        yield "hill", (d, w), rest


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
