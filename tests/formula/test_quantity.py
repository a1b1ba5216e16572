"""Numbers with errors, as tables of constants print them."""

from __future__ import annotations

import re
from decimal import Decimal
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interpot.formula.quantity import power, unit_name, with_error


@pytest.mark.parametrize(
    ("value", "stderr", "text"),
    [
        (3.4051234, 0.0012, "3.4051(12)"),
        (3.4051234, 0.0034, "3.405(3)"),
        (3.4051234, 0.0296, "3.41(3)"),  # the first digit is that of the rounded error
        (3.4051234, 0.0294, "3.41(3)"),
        (3.4051234, 0.0249, "3.405(25)"),
        (3.4051234, 0.0996, "3.41(10)"),  # rounds up to the next power of ten
        (3.4051234, 0.96, "3.4(10)"),
        (3.4051234, 0.097, "3.41(10)"),
        (3.4051234, 9.7, "3(10)"),
        (3.4051234, 0.1, "3.41(10)"),
        (-3.4051234, 0.0012, "-3.4051(12)"),
        (9.99996, 0.0004, "10.0000(4)"),
        (0.99996, 0.004, "1.000(4)"),
        (12345.678, 0.5, "12345.7(5)"),
        (12345.678, 30.0, "1.235(3)e+4"),
        (12345.678, 15.0, "12346(15)"),
        (1234567.8, 0.5, "1.2345678(5)e+6"),
        (9999999.0, 5e3, "1.0000(5)e+7"),
        (1.234567e-7, 1.2e-11, "1.23457(12)e-7"),
        (1.234567e-7, 3e-9, "1.23(3)e-7"),
        (0.000123456, 1e-6, "0.0001235(10)"),
        (0.00999996, 3e-6, "0.010000(3)"),
        (6.02214076e23, 1.2e16, "6.02214076(12)e+23"),
        # nothing but the error is known
        (0.0, 0.0012, "0.0000(12)"),
        (0.0, 4e-7, "0(4)e-7"),
        (0.0, 300.0, "0(3)e+2"),
        (1e-7, 5.0, "0(5)"),
        (3e-9, 4e-7, "0(4)e-7"),
        (0.02, 0.4, "0.0(4)"),
        (-2.0, 30.0, "0(3)e+1"),
        # nothing is known of the error
        (0.0103, 0.0, "0.0103"),
        (0.0, 0.0, "0"),
        (1 / 3, 0.0, "0.333333333333"),
        (1 / 3, 1e-13, "0.333333333333"),
        (1 / 3, 1e-11, "0.333333333333(10)"),
        (3.405, nan, "3.405(?)"),
        (3.405, inf, "3.405(?)"),
        (nan, 0.1, "unknown"),
        (inf, 0.1, "inf(?)"),
    ],
)  # fmt: skip
def test_table(value: float, stderr: float, text: str) -> None:
    assert with_error(value, stderr) == text


@settings(deadline=None, max_examples=400)
@given(
    st.floats(1e-30, 1e15) | st.just(0.0) | st.floats(-1e15, -1e-30),
    st.floats(-11.0, 2.0),
    st.floats(1.0, 9.999),
)
def test_it_reads_back_within_its_last_digit(value: float, magnitude: float, digit: float) -> None:
    stderr = (abs(value) or 1.0) * digit * 10.0 ** round(magnitude)
    text = with_error(value, stderr)
    if "(" not in text:  # too many digits for a double
        assert float(text) == pytest.approx(value, rel=1e-11)
        return
    match = re.fullmatch(r"(-?\d+)(?:\.(\d+))?\((\d+)\)(e[+-]\d+)?", text)
    assert match is not None, text
    whole, fraction, error, exponent = match[1], match[2] or "", int(match[3]), match[4] or ""
    unit = float(Decimal(f"1{exponent}") * Decimal(10) ** -len(fraction))
    assert abs(error * unit - stderr) <= 0.51 * unit
    assert 2 <= error <= 29  # one digit from 3 on, two below (2.5 may be either)
    read = float(f"{whole}.{fraction or 0}{exponent}")
    assert abs(read - value) <= 0.51 * unit + 1e-12 * abs(value)


def test_units() -> None:
    assert [power("Å", e) for e in (-1, 0, 1, 6, 2.5)] == ["Å^-1", "", "Å", "Å^6", "Å^2.5"]
    assert unit_name(1, 6, "eV", "Å") == "eV·Å^6"
    assert unit_name(1, 0, "kcal/mol", "Å") == "kcal/mol"
    assert unit_name(0, -1, "ε", "σ") == "σ^-1"
    assert unit_name(0, 0, "eV", "Å") == "1"
    assert unit_name(-1, 0.5, "eV", "Å") == "eV^-1·Å^0.5"
