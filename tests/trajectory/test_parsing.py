"""The compiled number reader against Python's float, bit for bit."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interpot.trajectory.readers.parsing import LONGEST_NAME, decimal, number, read_rows, skip_lines


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


def as_read(token: str) -> tuple[float, bool]:
    """What the reader makes of a token, by way of Python where the compiled code is not certain."""
    text = np.frombuffer(token.encode() + b" \n", dtype=np.uint8)
    value, end, certain = decimal(text, 0)
    assert end == len(token)
    return (value if certain else number(token.encode())), certain


@settings(deadline=None, max_examples=2000)
@given(
    st.floats(allow_nan=False), st.sampled_from(["%g", "%.12g", "%.15g", "%.16g", "%.17g", "%.20g", "%.9f"])
)
def test_any_double_in_any_format(value: float, form: str) -> None:
    token = form % value
    assert bits(as_read(token)[0]) == bits(float(token))


DIGITS = st.integers(0, 10**22).map(str)


@settings(deadline=None, max_examples=2000)
@given(st.tuples(st.sampled_from(["", "+", "-"]), DIGITS, st.sampled_from(["", ".", ".0", ".000"]), DIGITS,
                 st.sampled_from(["", "e", "E+", "e-", "e-0"]), st.integers(0, 330)))  # fmt: skip
def test_any_decimal(parts: tuple[str, str, str, str, str, int]) -> None:
    sign, whole, point, fraction, e, exponent = parts
    token = f"{sign}{whole}{point}{fraction if point else ''}{f'{e}{exponent}' if e else ''}"
    assert bits(as_read(token)[0]) == bits(float(token))


@pytest.mark.parametrize("digits", [6, 12, 15, 16, 17])
def test_many_numbers_of_a_size_that_occurs(digits: int) -> None:
    source = random.Random(20261121)
    certain = 0
    for _ in range(20_000):
        token = f"{source.gauss(0, 1) * 10 ** source.uniform(-4, 4):.{digits}g}"
        value, sure = as_read(token)
        assert bits(value) == bits(float(token)), token
        certain += sure
    assert certain > 19_000  # else the compiled reader would be of no use


def test_halfway_cases() -> None:
    """Integers of 17 and 18 digits in the middle between two doubles, and one to either side."""
    for k in range(54, 60):
        for odd in (1, 3, 5, 1001):
            middle = 2**k + odd * 2 ** (k - 53)
            for token in (str(middle - 1), str(middle), str(middle + 1), f"{middle}e-3", f"{middle}e7"):
                assert bits(as_read(token)[0]) == bits(float(token)), token


@pytest.mark.parametrize(
    "token", ["nan", "-nan", "inf", "-Infinity", "1e400", "4.9e-324", "-0", "+7", "1E5", "3."]
)
def test_special_numbers(token: str) -> None:
    value = as_read(token)[0]
    assert bits(value) == bits(float(token)) or (value != value and "nan" in token)


@pytest.mark.parametrize(
    "token", ["", "-", "+", ".", "-.", "e5", "1e", "1e+", "1.2.3", "--1", "1_0", "0x10", "1,5", "Ar"]
)
def test_garbage_is_refused(token: str) -> None:
    with pytest.raises(ValueError):
        as_read(token)


def test_reading_resumes_where_the_text_or_the_room_for_odd_tokens_ends() -> None:
    rows = [(k + 1, f"{k}.5", "nan") for k in range(7)]
    text = "".join(f"{a} {b}\t{c} \r\n" for a, b, c in rows).encode()
    columns = np.array([-2, 0, 1])
    values = np.zeros((7, 2))
    kinds = np.zeros(7, dtype=np.int64)
    names, lengths = np.zeros((8, LONGEST_NAME), dtype=np.uint8), np.zeros(8, dtype=np.int64)
    odd = np.zeros((5, 4), dtype=np.int64)  # room for two rows at worst
    array, row, position, found = np.frombuffer(text, dtype=np.uint8), 0, 0, []
    while row < 7:
        end = text.index(b"\n", position + 15) + 1 if row < 5 else len(text)
        status, row, position, count = read_rows(
            array, position, end, columns, row, values, kinds, names, lengths, odd
        )
        assert status == 0
        found += [text[begin:stop] for _, column, begin, stop in odd[:count] if column == 1]
    assert found == [b"nan"] * 7
    assert values[:, 0].tolist() == [k + 0.5 for k in range(7)]
    assert kinds.tolist() == list(range(7))


def test_skipping_lines() -> None:
    text = np.frombuffer(b"a\nbb\n\nccc\nc\n", dtype=np.uint8)
    nothing, barrier = (np.frombuffer(word, dtype=np.uint8) for word in (b"", b"cc"))
    assert skip_lines(text, 0, 12, 3, nothing) == (3, 6)
    assert skip_lines(text, 2, 12, 9, nothing) == (4, 12)
    assert skip_lines(text, 2, 12, 9, barrier) == (2, 6)
    assert skip_lines(text, 10, 12, 9, barrier) == (1, 12)
