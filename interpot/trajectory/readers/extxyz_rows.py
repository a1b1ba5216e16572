"""The rows of an extended XYZ frame, compiled: ASE reads the head and the first atom, and the rest follows its lead.

ASE converts token by token, which takes milliseconds a frame. What the columns mean, and what the head says, is left to
it: it is given the frame cut down to one atom, and the columns of reals of the others are put where it has put those
of the first. Columns of other kinds, which no frame of ours holds, are passed by.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from io import StringIO

import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.data import atomic_numbers
from ase.io import read as ase_read

from interpot.records import FloatArray, IntArray
from interpot.trajectory.place import shown
from interpot.trajectory.readers.parsing import LONGEST_NAME, NAME, SKIP, WHOLE, number, read_rows

_PROPERTIES = re.compile(rb"Properties\s*=\s*(?:\"([^\"]*)\"|(\S+))")
_USUAL = b"species:S:1:pos:R:3"
_CALLED = {"pos": "positions"}  # by ASE
_OF_FRAMES = {"pos", "forces", "force", "momenta", "masses"}  # what a frame of ours holds, as reals only
_OTHER_NAMES = {"Z", "numbers", "symbols"}  # of species: which of several columns counts, ASE decides
_NUMBERS: dict[str, Callable[[bytes], float]] = {"R": float, "I": int}
_MOST_NAMES, _MOST_ODD = 256, 2**12


def atoms_of(head: bytes, rows: bytes) -> Atoms | None:
    """Return a frame as ASE reads it, but for columns that are neither species nor reals.

    Parameters
    ----------
    head
        The second line of the frame.
    rows
        The lines of its atoms, each with its line feed.

    Returns
    -------
    Atoms or None
        None where the rows are not plain enough, or wrong: ASE must then read, or refuse, the whole.
    """
    told = _PROPERTIES.findall(head)
    if len(told) > 1 or head.count(b"Properties") != len(told):
        return None  # one of them is part of a comment
    layout = _laid_out(b"".join(told[0]) if told else _USUAL)
    if layout is None or not rows:
        return None
    codes, places = layout
    table = np.empty((rows.count(b"\n"), sum(width for _, _, width in places)))
    kinds = _read(rows, codes, table)
    if kinds is None:
        return None
    first = b"1\n" + head + b"\n" + rows[: rows.index(b"\n") + 1]
    one = ase_read(StringIO(first.decode(errors="replace")), index=0, format="extxyz")
    assert isinstance(one, Atoms)
    return _continued(one, kinds, {name: _column(table, start, width) for name, start, width in places})


def fault(head: bytes, rows: bytes) -> tuple[int, str] | None:
    """Find the first row that is not what its columns say: its place from 0, and what is wrong with it.

    For the message only, after ASE has refused the frame; None where no row is at fault.
    """
    told = _PROPERTIES.findall(head)
    parts = (b"".join(told[0]) if told else _USUAL).decode(errors="replace").split(":")
    if len(parts) % 3 or not all(width.isdigit() for width in parts[2::3]):
        return None
    widths = map(int, parts[2::3])
    columns = [
        (name, kind)
        for name, kind, width in zip(parts[::3], parts[1::3], widths, strict=True)
        for _ in range(width)
    ]
    for row, line in enumerate(rows.splitlines()):
        words = line.split()
        if len(words) < len(columns):
            expected = f"expected {len(columns)} columns ({', '.join(dict.fromkeys(n for n, _ in columns))})"
            return row, f"{expected}, found {len(words)}: '{shown(line)}'"
        for (name, kind), word in zip(columns, words, strict=False):
            if (wrong := _wrong(name, kind, word)) is not None:
                return row, wrong
    return None


def _wrong(name: str, kind: str, word: bytes) -> str | None:
    """Say what is wrong with a word of a column, None if it is what the column holds."""
    if name == "species" and kind == "S" and word.decode(errors="replace").capitalize() not in atomic_numbers:
        return f"'{shown(word)}' is not a chemical symbol"
    if kind not in _NUMBERS:
        return None
    try:
        _NUMBERS[kind](word)
    except ValueError:
        return f"column '{name}' holds '{shown(word)}': expected a {'whole ' if kind == 'I' else ''}number"
    return None


@lru_cache(maxsize=64)
def _laid_out(properties: bytes) -> tuple[IntArray, tuple[tuple[str, int, int], ...]] | None:
    """What `read_rows` does with each column; and name, first column and number of columns of all reals."""
    parts = properties.decode(errors="replace").split(":")
    names, kinds, widths = parts[::3], parts[1::3], parts[2::3]
    plain = len(parts) % 3 == 0 and all(width.isdigit() for width in widths)
    columns = list(zip(names, kinds, widths, strict=True)) if plain else []
    if ("species", "S", "1") not in columns or _OTHER_NAMES.intersection(names):
        return None
    if any(name in _OF_FRAMES and kind != "R" for name, kind, _ in columns) or len({*names}) < len(names):
        return None
    codes: list[int] = []
    places: list[tuple[str, int, int]] = []
    filled = 0
    for name, kind, width in zip(names, kinds, map(int, widths), strict=True):  # as they stand in a row
        if kind == "R":
            codes += range(filled, filled + width)
            places.append((_CALLED.get(name, name), filled, width))
            filled += width
        else:
            codes += [NAME if name == "species" else SKIP] * width
    return np.array(codes, dtype=np.int64), tuple(places)


def _column(table: FloatArray, start: int, width: int) -> FloatArray:
    return table[:, start] if width == 1 else table[:, start : start + width]


def _read(rows: bytes, codes: IntArray, table: FloatArray) -> IntArray | None:
    """Fill the table; returns the atomic numbers, None where a row is not what its columns say."""
    kinds = np.zeros(len(table), dtype=np.int64)
    names, lengths = np.zeros((_MOST_NAMES, LONGEST_NAME), np.uint8), np.zeros(_MOST_NAMES, np.int64)
    odd = np.zeros((_MOST_ODD, 4), dtype=np.int64)
    text, row, at = np.frombuffer(bytearray(rows), dtype=np.uint8), 0, 0
    while row < len(table):
        status, after, at, found = read_rows(
            text, at, len(text), codes, row, table, kinds, names, lengths, odd
        )
        if status != WHOLE or after == row:
            return None
        row = after
        for there, column, begin, end in odd[:found].tolist():
            try:
                table[there, column] = number(rows[begin:end])
            except ValueError:
                return None
    symbols = [
        bytes(name[:length]).decode(errors="replace").capitalize()
        for name, length in zip(names, lengths, strict=True)
        if length
    ]
    if any(symbol not in atomic_numbers for symbol in symbols):
        return None
    return np.array([atomic_numbers[symbol] for symbol in symbols])[kinds]


def _continued(one: Atoms, numbers: IntArray, columns: dict[str, FloatArray]) -> Atoms | None:
    """All atoms of a frame, given how ASE reads the first and the columns of all; None where names do not match."""
    if "positions" not in columns:
        columns["positions"] = np.zeros((len(numbers), 3))
    atoms = Atoms(numbers=numbers, positions=columns["positions"], cell=one.cell, pbc=one.pbc, info=one.info)
    results = dict(one.calc.results) if one.calc else {}
    for name, values in columns.items():
        if name in results:
            results[name] = values
        elif name not in one.arrays:
            return None  # ASE calls it something else
        elif name != "positions":
            atoms.set_array(name, values)
    if one.calc is not None:
        atoms.calc = SinglePointCalculator(atoms, **results)
    return atoms
