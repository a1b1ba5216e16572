"""The library: each term written once in sympy. One module per term, one row in TERMS."""

from collections.abc import Iterable

from interpot.formula.terms.term import Shape, Term
from interpot.table import load_row

TERMS = {
    "power": "interpot.formula.terms.power:TERM",
    "exponential": "interpot.formula.terms.exponential:TERM",
    "yukawa": "interpot.formula.terms.yukawa:TERM",
    "gaussian": "interpot.formula.terms.gaussian:TERM",
    "erf_coulomb": "interpot.formula.terms.erf_coulomb:TERM",
    "erfc_coulomb": "interpot.formula.terms.erfc_coulomb:TERM",
    "logarithm": "interpot.formula.terms.logarithm:TERM",
    "polynomial": "interpot.formula.terms.polynomial:TERM",
}
"""Name → "module:TERM"."""


def library(names: Iterable[str] | None = None) -> tuple[Term, ...]:
    """Load terms by name, all of them by default.

    Raises
    ------
    InterpotError
        A name that is not in the table.
    """
    return tuple(load_row(TERMS, name, "term") for name in (TERMS if names is None else names))


__all__ = ["TERMS", "Shape", "Term", "library"]
