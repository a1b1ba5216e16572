"""Numbers and names out of text: the compiled part of the text readers; arrays in, arrays out.

A decimal m·10^k with an integer m below 2^53 and |k| ≤ 22 is one exact multiplication or division of two
exact doubles, hence correctly rounded (Clinger 1990). A longer m (a file of 17 digits) takes the same step
with its rounding error carried along, and is accepted where that error cannot change the rounded result
(Ziv's test). Whatever is left ("nan", 1e-300, garbage) is handed back to Python as an *odd* token. Every
value is therefore bit for bit what Python's ``float`` makes of the token.
"""

from __future__ import annotations

import numpy as np
from numba import njit

SKIP, NAME = -1, -2
"""What a column may be besides the number of the value that it holds: of no interest, or the species."""

WHOLE, SHORT, LONG, CROWDED = 0, 1, 2, 3
"""How reading rows ended: well, at a row with too few or too many columns, or at one name too many."""

LONGEST_NAME = 32
_POWERS = np.array([float(10**k) for k in range(23)])  # all exact
_EXACT = 2**53
_SPLITTER = 2.0**27 + 1
_SPACE, _TAB, _NEWLINE, _RETURN = 32, 9, 10, 13
_PLUS, _MINUS, _POINT, _ZERO, _E = 43, 45, 46, 48, 101


def number(token: bytes) -> float:
    """Python's own reading of a token that the compiled code hands back; raises `ValueError`."""
    if b"_" in token:  # a digit separator in Python, not in data
        raise ValueError
    return float(token)


@njit(cache=True, nogil=True, inline="always")
def _split(a):  # type: ignore[no-untyped-def]
    # Veltkamp: a = high + low exactly, each of 26 bits
    c = _SPLITTER * a
    high = c - (c - a)
    return high, a - high


@njit(cache=True, nogil=True)
def _long_decimal(mantissa, exponent):  # type: ignore[no-untyped-def]
    """m·10^k for 2^53 < m < 2^63 and |k| ≤ 22, and whether it is certain to be correctly rounded."""
    head = np.float64(mantissa)
    rest = np.float64(mantissa - np.int64(head))  # |rest| ≤ 512: exact
    power = _POWERS[abs(exponent)]
    quotient = head / power if exponent < 0 else head * power
    # Dekker: the exact error of the product of power and the other factor
    factor = quotient if exponent < 0 else head
    product = factor * power
    a, b = _split(factor)
    c, d = _split(power)
    error = ((a * c - product) + a * d + b * c) + b * d
    tail = (((head - product) - error) + rest) / power if exponent < 0 else error + rest * power
    margin = abs(tail) * 2.0**-45  # far above the rounding errors of tail itself
    low, high = quotient + (tail - margin), quotient + (tail + margin)
    return low, low == high


@njit(cache=True, nogil=True)
def _scaled(mantissa, exponent):  # type: ignore[no-untyped-def]
    """m·10^k for 0 < m < 2^63, and whether it is certain to be correctly rounded."""
    if exponent < -22 or exponent > 22:
        return 0.0, False
    if mantissa > _EXACT:
        return _long_decimal(mantissa, exponent)
    if exponent < 0:
        return np.float64(mantissa) / _POWERS[-exponent], True
    return np.float64(mantissa) * _POWERS[exponent], True


@njit(cache=True, nogil=True)
def _digits(text, p, mantissa):  # type: ignore[no-untyped-def]
    """Append the digits at p to an integer; returns it and where they end."""
    digit = np.int64(text[p]) - _ZERO
    while 0 <= digit <= 9:
        mantissa = mantissa * 10 + digit
        p += 1
        digit = np.int64(text[p]) - _ZERO
    return mantissa, p


@njit(cache=True, nogil=True)
def decimal(text, p):  # type: ignore[no-untyped-def]
    """Read one number.

    Parameters
    ----------
    text : (size,) uint8
        Ends in white space.
    p
        Where the token begins.

    Returns
    -------
    value : float
    end : int
        First byte behind the token.
    certain : bool
        Whether `value` is what ``float`` gives; if not, the token is odd.
    """
    negative = text[p] == _MINUS
    if negative or text[p] == _PLUS:
        p += 1
    begin = p
    mantissa, p = _digits(text, p, 0)
    digits = p - begin
    empty = digits == 0
    exponent = 0
    if text[p] == _POINT:
        p += 1
        begin = p
        while mantissa == 0 and text[p] == _ZERO:  # zeros behind the point that are not significant
            p += 1
        significant = p
        mantissa, p = _digits(text, p, mantissa)
        exponent = begin - p
        digits += p - significant
        empty = empty and p == begin
    certain = not empty and digits <= 18  # 18 digits fit into 63 bits
    if text[p] | 32 == _E:
        p += 1
        falling = text[p] == _MINUS
        if falling or text[p] == _PLUS:
            p += 1
        begin = p
        shift, p = _digits(text, p, 0)
        certain = certain and 0 < p - begin <= 4
        exponent += -shift if falling else shift
    while text[p] > _SPACE:
        certain = False
        p += 1
    value = 0.0
    if certain and mantissa != 0:
        value, certain = _scaled(mantissa, exponent)
    return (-value if negative else value), p, certain


@njit(cache=True, nogil=True)
def _name(text, begin, end, names, lengths):  # type: ignore[no-untyped-def]
    """Index of a token among the names met so far, which it joins if there is room; else -1."""
    size = end - begin
    if size > names.shape[1]:
        return -1
    for k in range(len(lengths)):
        if lengths[k] == 0:
            lengths[k] = size
            for j in range(size):  # a slice costs three seconds of compiling
                names[k, j] = text[begin + j]
            return k
        if lengths[k] == size:
            same = True
            for j in range(size):
                same = same and names[k, j] == text[begin + j]
            if same:
                return k
    return -1


@njit(cache=True, nogil=True)
def read_rows(text, p, end, columns, row, values, kinds, names, lengths, odd):  # type: ignore[no-untyped-def]
    """Read rows of columns until all are read, the text ends, there is no room for odd tokens, or one is bad.

    Parameters
    ----------
    text : (size,) uint8
        ``text[:end]`` ends in a line feed.
    p
        Where the first row begins.
    columns : (c,) int64
        For each column of the file: the column of `values` that it fills, or `SKIP` or `NAME`.
    row
        Number of rows that have been read before.
    values : (n, v) float64
    kinds : (n,) int64
        Index of the row's name.
    names, lengths : (s, LONGEST_NAME) uint8, (s,) int64
        The names met so far, in that order; added to.
    odd : (k, 4) int64
        Filled with row, column of `values`, begin and end of each token that `decimal` is not certain of.

    Returns
    -------
    status, row, p, number of odd tokens
        `row` and `p` are those of the next row to be read, or of the bad one.
    """
    found = 0
    while row < len(values) and p < end and found + len(columns) <= len(odd):
        begin = p
        for column in columns:
            while text[p] == _SPACE or text[p] == _TAB:
                p += 1
            if text[p] == _NEWLINE or text[p] == _RETURN:
                return SHORT, row, begin, found
            if column >= 0:
                token = p
                value, p, certain = decimal(text, p)
                values[row, column] = value
                if not certain:
                    odd[found, 0], odd[found, 1], odd[found, 2], odd[found, 3] = row, column, token, p
                    found += 1
            else:
                token = p
                while text[p] > _SPACE:
                    p += 1
                if p == token:  # a control character, which is neither a space nor part of a word
                    return SHORT, row, begin, found
                if column == NAME:
                    kinds[row] = _name(text, token, p, names, lengths)
                    if kinds[row] < 0:
                        return CROWDED, row, begin, found
        while text[p] == _SPACE or text[p] == _TAB or text[p] == _RETURN:
            p += 1
        if text[p] != _NEWLINE:
            return LONG, row, begin, found
        p += 1
        row += 1
    return WHOLE, row, p, found


@njit(cache=True, nogil=True, inline="always")
def _begins(text, p, word):  # type: ignore[no-untyped-def]
    for k in range(len(word)):
        if text[p + k] != word[k]:
            return False
    return len(word) > 0


@njit(cache=True, nogil=True)
def skip_lines(text, p, end, count, barrier):  # type: ignore[no-untyped-def]
    """Pass `count` lines, or as many as there are before one that begins with `barrier`.

    Parameters
    ----------
    text : (size,) uint8
        ``text[:end]`` ends in a line feed.
    p
        Where the first line begins.
    barrier : (k,) uint8
        Not of any use if empty.

    Returns
    -------
    passed, p
        How many lines, and where the next begins.
    """
    passed = 0
    while passed < count and p < end and not _begins(text, p, barrier):
        while text[p] != _NEWLINE:
            p += 1
        p += 1
        passed += 1
    return passed, p
