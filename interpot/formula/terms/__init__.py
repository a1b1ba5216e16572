"""The library: each term written once in sympy, one row in TERMS each; a module holds one term or one family."""

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
    "damped_6": "interpot.formula.terms.damped_dispersion:C6",
    "damped_8": "interpot.formula.terms.damped_dispersion:C8",
    "damped_10": "interpot.formula.terms.damped_dispersion:C10",
    "zbl": "interpot.formula.terms.zbl:TERM",
    "cosine": "interpot.formula.terms.oscillation:COSINE",
    "sine": "interpot.formula.terms.oscillation:SINE",
    "stillinger_weber": "interpot.formula.terms.stillinger_weber:TERM",
    "soft_cosine": "interpot.formula.terms.soft_cosine:TERM",
    "steele": "interpot.formula.terms.steele:TERM",
    "harmonic_wall": "interpot.formula.terms.harmonic_wall:TERM",
    "linear": "interpot.formula.terms.fields:LINEAR",
    "quadratic": "interpot.formula.terms.fields:QUADRATIC",
    "cubic": "interpot.formula.terms.fields:CUBIC",
    "quartic": "interpot.formula.terms.fields:QUARTIC",
    "hill": "interpot.formula.terms.fields:HILL",
    "wave_cosine": "interpot.formula.terms.fields:WAVE_COSINE",
    "wave_sine": "interpot.formula.terms.fields:WAVE_SINE",
}
"""Name → "module:object"."""


def library(names: Iterable[str] | None = None, kind: str = "pair") -> tuple[Term, ...]:
    """Load terms by name; by default all for one kind of channel that need not be asked for (`Term.default`).

    Raises
    ------
    InterpotError
        A name that is not in the table.
    """
    terms = tuple(load_row(TERMS, name, "term") for name in (TERMS if names is None else names))
    return tuple(t for t in terms if names is not None or (t.default and kind in t.kinds))


__all__ = ["TERMS", "Shape", "Term", "library"]
