"""Words and numbers as people write them, and names of files."""

from __future__ import annotations

import re

import numpy as np
from sympy.printing.pretty.pretty_symbology import pretty_symbol

EXPONENT = re.compile(r"(?<=[\w)])\^(?P<sign>-?)(?P<up>\d+(?:\.\d+)?|[a-z])(?P<below>_\w|[₀-₉])?(?![\w.])")
"""An exponent in plain text: that of "r^-n₁" or "r^-n_1", of "Å^0.5"."""

VERDICT_MARKS = {
    "agrees": "✓", "differs": "✗", "excluded": "✗", "nearly holds": "≈", "cannot tell": "?",
    "not judged": "–",
}  # fmt: skip
"""Signs of verdicts, so that colour is not the only one."""

RAISED, _OF_RAISED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹ᵃᵇᵈᵏᵐⁿᵖˢ", "-0123456789abdkmnps"
LOWERED, _OF_LOWERED = "₀₁₂₃₄₅₆₇₈₉", "0123456789"
"""Letters of Unicode above and below the line."""

SUPERSCRIPT = str.maketrans(_OF_RAISED, RAISED)
_SUBSCRIPT = str.maketrans(_OF_LOWERED, LOWERED)
_LEVEL = str.maketrans(RAISED + LOWERED, _OF_RAISED + _OF_LOWERED)


def below_exponent(found: re.Match[str]) -> str:
    """Return what stands below an exponent, in plain digits: the 1 of "r^-n₁"."""
    return (found["below"] or "").removeprefix("_").translate(_LEVEL)


def on_the_line(letters: str) -> str:
    """Return raised and lowered letters as ordinary ones."""
    return letters.translate(_LEVEL)


def raised(unit: str) -> str:
    """Write exponents of a unit as superscripts: "eV·Å^-6" becomes "eV·Å⁻⁶"; a pure number has none."""
    return "" if unit == "1" else re.sub(r"\^(-?\d+)(?![\d.])", lambda m: m[1].translate(SUPERSCRIPT), unit)


def in_letters(text: str) -> str:
    """Raise exponents that are letters, too, where nothing sets them: "r^-n_2" becomes "r⁻ⁿ₂"."""
    return EXPONENT.sub(_raised_name, raised(text))


def _raised_name(found: re.Match[str]) -> str:
    if found["up"] not in _OF_RAISED:  # a letter that Unicode has not above the line, or a fraction
        return found[0]
    return (found["sign"] + found["up"]).translate(SUPERSCRIPT) + below_exponent(found).translate(_SUBSCRIPT)


def short(value: float, digits: int = 3) -> str:
    """Write a number for people: few digits, an en dash where there is none."""
    return typeset(f"{value:.{digits}g}") if np.isfinite(value) else "–"


def resolved(error: float, resolution: float, digits: int = 3) -> str:
    """Write an error, or that it is below what the data resolve: "< 2×10⁻⁸"."""
    return f"< {short(resolution, 2)}" if error < resolution else short(error, digits)


def typeset(number: str) -> str:
    """Write the power of ten as people do: "2.1(3)e-07" becomes "2.1(3)×10⁻⁷"."""
    raised_power = re.sub(r"e([+-]?\d+)$", lambda m: f"×10{str(int(m[1])).translate(SUPERSCRIPT)}", number)
    return raised_power.replace("-", "−")


def sentence(words: str) -> str:
    """Set numbers and units in a sentence: "9.9e-06 eV·Å^6" becomes "9.9×10⁻⁶ eV·Å⁶"."""
    return raised(
        re.sub(r"(?<=[\d)])e([+-]\d+)\b", lambda m: f"×10{str(int(m[1])).translate(SUPERSCRIPT)}", words)
    )


def file_name(name: str) -> str:
    """Name the file of a quantity: "g(r) Ne-Xe" → "g_of_r_Ne-Xe", "mean-square displacement" → "msd"."""
    known = name.replace("g(r)", "g_of_r").replace("mean-square displacement", "msd")
    return re.sub(r"[^\w-]+", "_", known).strip("_") or "unnamed"


def unique_names(names: list[str]) -> list[str]:
    """File names for several quantities, numbered where two are the same."""
    taken: list[str] = []
    for name in map(file_name, names):
        number = sum(other == name or other.startswith(f"{name}.") for other in taken)
        taken.append(f"{name}.{number + 1}" if number else name)
    return taken


def shortened(text: str, length: int) -> str:
    """Cut a long name."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def readable(formula: str) -> str:
    """A formula in sympy's notation as people write it: "4*epsilon*(sigma/r)**12" becomes "4·ε·(σ/r)¹²"."""
    letters = re.sub(r"[A-Za-z_]\w*", lambda m: pretty_symbol(m[0]), formula.replace("**", "^"))
    return raised(letters.replace("*", "·"))
