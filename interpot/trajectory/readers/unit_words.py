"""Units as files spell them, "kJ mol-1 nm-1", as one number in internal units."""

from __future__ import annotations

import re
from math import sqrt

from scipy import constants

from interpot.errors import InterpotError
from interpot.units import ENERGIES, LENGTHS

_EV, _AMU = constants.electron_volt, constants.atomic_mass
_SECOND = 1e10 / sqrt(_AMU / _EV)  # in Å·sqrt(amu/eV)

_UNITS: dict[str, float] = {
    **{name: LENGTHS[name.lower()] for name in ("nm", "pm", "Angstrom", "angstrom", "Å", "A", "Bohr", "bohr", "a0")},
    **dict.fromkeys(("m", "meter"), 1e10),
    **{name: ENERGIES[name.lower()] for name in ("eV", "meV", "Ha", "Hartree", "hartree")},
    **dict.fromkeys(("J", "Joule"), 1 / _EV),
    **dict.fromkeys(("kJ", "kiloJoule"), 1e3 / _EV),
    **dict.fromkeys(("kcal", "kilocalorie"), 1e3 * constants.calorie / _EV),
    **dict.fromkeys(("mol", "mole"), constants.Avogadro),
    **dict.fromkeys(("s", "second"), _SECOND),
    **dict.fromkeys(("ns", "nanosecond"), 1e-9 * _SECOND),
    **dict.fromkeys(("ps", "picosecond"), 1e-12 * _SECOND),
    **dict.fromkeys(("fs", "femtosecond"), 1e-15 * _SECOND),
    **dict.fromkeys(("u", "amu", "Da"), 1.0),
    "g": 1e-3 / _AMU,
    "kg": 1 / _AMU,
    "N": 1e-10 / _EV,
}  # fmt: skip

_FACTOR = re.compile(r"(?P<name>[A-Za-zÅ]+[0-9]*?)(?P<power>[+-]?\d+)?")


def unit_of(words: str, where: str) -> float:
    """Return one unit in internal units: eV, Å, amu and their time.

    Parameters
    ----------
    words
        Powers of units with spaces between them (H5MD's module "units"), or with "*" and "/".
    where
        What is in them, for messages.

    Raises
    ------
    InterpotError
        A unit that is not known.

    >>> unit_of("nm", "position")
    10.0
    """
    value = 1.0
    for number, part in enumerate(words.replace("*", " ").split("/")):
        for word in part.split():
            found = _FACTOR.fullmatch(word)
            if word != "1" and (found is None or found["name"] not in _UNITS):
                raise InterpotError(
                    f"{where} is in '{words}', and '{word}' is no unit that is known here: expected powers of "
                    f"{', '.join(_UNITS)}, such as 'kJ mol-1 nm-1'"
                )
            if found is not None:
                power = int(found["power"] or 1)
                value *= _UNITS[found["name"]] ** (-power if number else power)
    return value
