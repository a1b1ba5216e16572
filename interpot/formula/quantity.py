"""How numbers with errors and units are written."""

from __future__ import annotations

import re
from math import isfinite, isnan

from scipy.special import stdtrit

from interpot.errors import InterpotError


def with_error(value: float, stderr: float) -> str:
    """Write a value with its standard error in the last digits, as tables of constants do.

    >>> with_error(3.4051234, 0.0012)
    '3.4051(12)'
    >>> with_error(0.0103, 0.0)
    '0.0103'

    An error whose first digit is 1 or 2 gets two digits, others one. Beyond twelve significant digits of
    the value nothing is written: double precision and the files do not carry more.
    """
    if isnan(value):
        return "unknown"
    if not isfinite(value) or not isfinite(stderr):
        return f"{value:.6g}(?)"
    if stderr <= 0:
        return f"{value:.12g}"
    first = f"{stderr:.0e}"  # to one digit, which may be a 1 of the next power of ten
    last = int(first[2:]) - (first[0] in "12")  # power of ten of the last digit that is written
    digits = round(value / 10.0**last)
    leading = last + len(str(abs(digits))) - 1
    if leading - last > 11:
        return f"{value:.12g}"
    exponent = leading if (leading < -4 or leading > 5 or last > 0) else 0
    mantissa = f"{digits * 10.0 ** (last - exponent):.{max(exponent - last, 0)}f}"
    text = f"{mantissa}({round(stderr / 10.0**last)})"
    return f"{text}e{exponent:+d}" if exponent else text


def half_width(stderr: float, freedom: float, level: float = 0.95) -> float:
    """Half the width of the interval that holds the truth with a probability of `level`, by Student's t.

    Parameters
    ----------
    stderr
        Standard error.
    freedom
        Degrees of freedom of it; infinite where it is not from a spread.
    level
        Between 0 and 1.

    >>> round(half_width(1.0, 7), 3), round(half_width(1.0, inf), 3)
    (2.365, 1.96)

    Raises
    ------
    InterpotError
        A level that is no probability.
    """
    if not 0 < level < 1:
        raise InterpotError(f"a level of {level:g} was asked for: expected one between 0 and 1, such as 0.95")
    return float(stdtrit(freedom, (1 + level) / 2) * stderr)


def power(base: str, exponent: float) -> str:
    """Write a power of a unit.

    >>> power("Å", -1), power("Å", 6), power("Å", 0)
    ('Å^-1', 'Å^6', '')
    """
    if exponent == 0:
        return ""
    return base if exponent == 1 else f"{base}^{exponent:g}"


def unit_name(energy: float, length: float, energy_unit: str, length_unit: str) -> str:
    """Write the unit energy^a · length^b; dimensionless is ``1``.

    >>> unit_name(1, 6, "eV", "Å")
    'eV·Å^6'
    """
    return "·".join(filter(None, (power(energy_unit, energy), power(length_unit, length)))) or "1"


def unit_exponents(unit: str, energy_unit: str, length_unit: str) -> tuple[float, float]:
    """Read the exponents of energy and length from a unit as `unit_name` writes it; "" is dimensionless too.

    >>> unit_exponents("eV·Å^6", "eV", "Å")
    (1.0, 6.0)

    Raises
    ------
    ValueError
        The unit is not written so.
    """
    if unit in ("", "1"):
        return 0.0, 0.0
    energy, length = (rf"(?P<{n}>{re.escape(u)}(\^(?P<{n}_power>[-+.e\d]+))?)"
                      for n, u in (("E", energy_unit), ("L", length_unit)))  # fmt: skip
    found = re.fullmatch(f"{energy}?·?{length}?", unit)
    if found is not None:
        a, b = (float(found[f"{n}_power"] or 1) if found[n] else 0.0 for n in "EL")
        if unit_name(a, b, energy_unit, length_unit) == unit:
            return a, b
    raise ValueError(f"'{unit}' is no product of powers of {energy_unit} and {length_unit}")
