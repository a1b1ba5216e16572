"""The library: each term written once in sympy. One module per term, one row in TERMS."""

from collections.abc import Iterable
from importlib import import_module

from interpot.errors import InterpotError
from interpot.formula.terms.term import Shape, Term

TERMS = {
    "power": "interpot.formula.terms.power",
    "exponential": "interpot.formula.terms.exponential",
    "yukawa": "interpot.formula.terms.yukawa",
    "gaussian": "interpot.formula.terms.gaussian",
    "erf_coulomb": "interpot.formula.terms.erf_coulomb",
    "erfc_coulomb": "interpot.formula.terms.erfc_coulomb",
    "logarithm": "interpot.formula.terms.logarithm",
    "polynomial": "interpot.formula.terms.polynomial",
}
"""The table of terms, each the attribute TERM of its module."""


def library(names: Iterable[str] | None = None) -> tuple[Term, ...]:
    """Load terms by name, all of them by default.

    Raises
    ------
    InterpotError
        A name that is not in the table.
    """
    chosen = tuple(TERMS if names is None else names)
    for name in chosen:
        if name not in TERMS:
            raise InterpotError(f"unknown term '{name}': the library has {', '.join(TERMS)}")
    terms: list[Term] = [import_module(TERMS[name]).TERM for name in chosen]
    return tuple(terms)


__all__ = ["TERMS", "Shape", "Term", "library"]
