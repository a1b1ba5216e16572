"""What terms are called in words: "r^-12", "erfc Coulomb", and a formula that has no name by what it says."""

from __future__ import annotations

import re
from collections.abc import Mapping

import sympy

from interpot.formula.named_structures import TITLES_OF_STRUCTURES

TITLES = {
    "power": "r^-{n}",
    "polynomial": "r^{k}",
    "yukawa": "Yukawa",
    "gaussian": "Gaussian",
    "erf_coulomb": "erf Coulomb",
    "erfc_coulomb": "erfc Coulomb",
    "damped_6": "damped r^-6",
    "damped_8": "damped r^-8",
    "damped_10": "damped r^-10",
    "zbl": "ZBL",
    "cosine": "cosine r^-{n}",
    "sine": "sine r^-{n}",
    "stillinger_weber": "Stillinger-Weber r^-{p}",
    "soft_cosine": "soft cosine",
    "steele": "Steele 10-4-3",
    "harmonic_wall": "harmonic wall",
    "wave_cosine": "cosine wave",
    "wave_sine": "sine wave",
    **TITLES_OF_STRUCTURES,
}
"""Names of terms in a sum that has none; others are called what they are."""

_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def written(value: sympy.Expr) -> str:
    """Write an exponent as people do: "2.5", "n₁" for the symbol "n_1"."""
    if value.is_number:
        return f"{float(value):.3g}"
    letter, bar, number = str(value).partition("_")
    return letter + number.translate(_SUBSCRIPT) if bar and number.isdigit() else str(value)


def title_of(term: str, shapes: Mapping[sympy.Symbol, sympy.Expr]) -> str:
    """Write a term's name: "r^-12", "erfc Coulomb", "Yukawa"; a formula as it is: "r·exp(-(r - r₀)^2/w^2)".

    Parameters
    ----------
    term
        Its name.
    shapes
        What stands for each of its shapes: a number for an exponent that is not fitted, or a symbol.
    """
    if term in TITLES:
        return TITLES[term].format(**{symbol.name: written(value) for symbol, value in shapes.items()})
    for symbol, value in shapes.items():
        if value.is_number:
            term = re.sub(rf"(?<=\*\*)(\(?-?){symbol.name}\b", rf"\g<1>{written(value)}", term)
    formula = bare_exponents(term.replace("**", "^").replace("*", "·"))
    return re.sub(r"(?<=\w)_(\d+)\b", lambda found: found[1].translate(_SUBSCRIPT), formula)


def bare_exponents(formula: str) -> str:
    """Write exponents without brackets: "r^(-6)" becomes "r^-6", "r^(5/2)" becomes "r^2.5"."""
    formula = re.sub(r"\^\((-?\d+)/2\)", lambda found: f"^{int(found[1]) / 2:g}", formula)
    return re.sub(r"\^\((-[\w.]+)\)", r"^\1", formula)
