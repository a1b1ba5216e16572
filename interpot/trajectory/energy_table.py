"""Tables of the energy of two particles at several distances: CSV, TSV or columns of text, with a header.

A column is known by its name and by the unit in it ("r_angstrom", "V_meV", "R/Å", "E (kcal/mol)"), or by what the
user says of it. A table may hold several pairs, each row naming its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from interpot.errors import InterpotError
from interpot.records import EnergyCurve
from interpot.units import ENERGIES, ENERGY_NAMES, LENGTHS, STYLES, UnitStyle, unit_style

LEAST = 5
"""Points of a curve: two constants, one to spare for their error, and some to tell forms from each other."""

ROLES: dict[str, tuple[str, ...]] = {
    "pair": ("pair", "species", "dimer"),
    "weight": ("weight", "weights", "w"),
    "error": ("error", "err", "stderr", "uncertainty", "unc", "std", "sigma"),
    "r": ("r", "distance", "dist", "separation"),
    "energy": ("e", "eint", "energy", "v", "u", "phi"),
}
"""What a column may hold, and words that say so; the first role that fits counts."""

_NEITHER = (
    "--units metal, or names such as r_angstrom and energy_meV, or --columns r=NAME:angstrom,energy=NAME:meV"
)


@dataclass(frozen=True, slots=True)
class _Column:
    """One column that is read: its place in a row, its name, and its unit in eV or Å, None where it has none."""

    place: int
    name: str
    unit: float | None = None


@dataclass(frozen=True, slots=True)
class _Rows:
    """A table as words: the header and, with their line numbers, the rows."""

    path: Path
    header: list[str]
    rows: list[tuple[int, list[str]]]


def parse_columns(text: str) -> dict[str, str]:
    """Read ``--columns r=R:bohr,energy=V:meV,pair=dimer``.

    Raises
    ------
    InterpotError
        Not of this form, or a role that no column has.
    """
    columns: dict[str, str] = {}
    for word in text.split(","):
        role, equals, name = word.partition("=")
        if not equals or role not in ROLES or not name:
            raise InterpotError(
                f"--columns {text}: '{word}' is not of the form ROLE=NAME or ROLE=NAME:UNIT with a role of "
                f"{', '.join(ROLES)}"
            )
        columns[role] = name
    return columns


def read_curves(
    path: str | Path,
    *,
    units: str | None = None,
    columns: Mapping[str, str] | None = None,
    pair: str | None = None,
) -> tuple[EnergyCurve, ...]:
    """Read the energy curves of a table, one per pair.

    Parameters
    ----------
    path
        A table with a header, its columns separated by commas, semicolons, tabs or blanks; lines that start with #
        are comments, the last of which may be the header.
    units
        A LAMMPS unit style: of columns that state no unit, and of results. Without it every column has to state its
        unit, and results are in the style of that energy (real for kcal/mol, electron for hartree, otherwise metal).
    columns
        Which column is what: role → name or name:unit, with the roles of `ROLES`; others are told by their names.
    pair
        "Ar-Kr": the only pair that is read; in a table that names none, the name of its pair.

    Returns
    -------
    tuple of EnergyCurve
        In the order of the table, each sorted by distance; a point that stands there twice is taken once.

    Raises
    ------
    InterpotError
        The file, the line, what was found and what was expected.
    """
    table = _words(Path(path))
    found = _columns(table, columns or {})
    style = unit_style(units) if units else _style(table, found)
    if style.name == "lj" and any(c.unit for c in found.values()):
        raise InterpotError(
            f"'{path}' states physical units, but --units lj was given: reduced units have no relation to them"
        )
    wanted = "-".join(_species(pair, f"--pair {pair}")) if pair else None
    groups: dict[str, list[tuple[int, list[float]]]] = {}
    for line, row in table.rows:
        where = f"line {line} of '{path}'"
        label = wanted or "X-X"
        if "pair" in found:
            label = "-".join(_species(row[found["pair"].place], where))
        groups.setdefault(label, []).append((line, _numbers(row, found, style, where)))
    if wanted and wanted not in groups:
        raise InterpotError(f"'{path}' holds no pair {wanted}: expected one of {', '.join(groups)}")
    names = [name for name in ("r", "energy", "error", "weight") if name in found]
    if not table.rows:
        raise InterpotError(f"'{path}' holds a header and no points: expected a row for each distance")
    digit = _last_digit(table, found["energy"]) * (found["energy"].unit or style.energy)
    return tuple(
        replace(
            _curve(label, points, names, style, digit, table.path),
            unit=ENERGY_NAMES.get(found["energy"].unit or 0.0, ""),
        )
        for label, points in groups.items()
        if wanted in (None, label)
    )


# ---------------------------------------------------------------------------- words


def _words(path: Path) -> _Rows:
    """Split a table into words."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise InterpotError(f"no such file: '{path}': name a table of distances and energies") from None
    except UnicodeDecodeError:
        raise InterpotError(f"'{path}' is no text: expected a table of distances and energies") from None
    except OSError as error:
        raise InterpotError(f"'{path}' cannot be read ({error.strerror})") from None
    filled = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    data = [(number, line) for number, line in filled if not line.startswith("#")]
    if not data:
        raise InterpotError(f"'{path}' holds no table: expected a header and rows of distances and energies")
    (first, head), rows = data[0], data[1:]
    if any(_is_number(word) for word in _split(head, _separator(head))):
        comments = [line.lstrip("# \t") for number, line in filled if number < first]
        if not comments:
            raise InterpotError(
                f"line {first} of '{path}' holds numbers: expected a header before them, such as r_angstrom,energy_meV"
            )
        head, rows = comments[-1], data
    separator = _separator(head)
    header = _split(head, separator)
    split = [(number, _split(line, separator)) for number, line in rows]
    for number, row in split:
        if len(row) != len(header):
            raise InterpotError(
                f"line {number} of '{path}' has {len(row)} columns: expected {len(header)} as in the header "
                f"({', '.join(header)})"
            )
    return _Rows(path, header, split)


def _separator(line: str) -> str | None:
    return next((s for s in ",;\t" if s in line), None)


def _split(line: str, separator: str | None) -> list[str]:
    return [word.strip().strip("\"'") for word in line.split(separator)]


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


# ---------------------------------------------------------------------------- columns


def _columns(table: _Rows, named: Mapping[str, str]) -> dict[str, _Column]:
    """Find the column of every role that the table has."""
    found = {role: _named_column(table, role, name) for role, name in named.items()}
    taken = {column.place for column in found.values()}
    told: dict[str, list[_Column]] = {}
    for place, name in enumerate(table.header):
        role = None if place in taken else _role(name)
        if role:
            told.setdefault(role, []).append(_Column(place, name, _unit(name)))
    for role, candidates in told.items():
        if role in found:
            continue
        if len(candidates) > 1:
            names = ", ".join(f"'{c.name}'" for c in candidates)
            raise InterpotError(
                f"'{table.path}': several columns could be the {_spoken(role)} ({names}): say which with "
                f"--columns {role}={candidates[0].name}"
            )
        found[role] = candidates[0]
    for role in ("r", "energy"):
        if role not in found:
            raise InterpotError(
                f"'{table.path}': no column is known for the {_spoken(role)} among {', '.join(table.header)}: say "
                f"which with --columns {role}=NAME"
            )
    if "error" in found and "weight" in found:
        raise InterpotError(
            f"'{table.path}' has standard errors ('{found['error'].name}') and weights "
            f"('{found['weight'].name}'): leave one of the two out"
        )
    return found


def _spoken(role: str) -> str:
    return {"r": "distance", "error": "standard error"}.get(role, role)


def _named_column(table: _Rows, role: str, name: str) -> _Column:
    """The column that the user names, with the unit that is given or that stands in its name."""
    if name in table.header:
        return _Column(table.header.index(name), name, _unit(name))
    column, _, word = name.rpartition(":")
    if column not in table.header:
        raise InterpotError(
            f"'{table.path}' has no column '{name}': expected one of {', '.join(table.header)}"
        )
    known = LENGTHS if role == "r" else ENERGIES
    if word.lower() not in known:
        raise InterpotError(
            f"unknown unit '{word}' of the {_spoken(role)}: expected one of {', '.join(known)}"
        )
    return _Column(table.header.index(column), column, known[word.lower()])


def _role(name: str) -> str | None:
    """What a column holds, by the words of its name and, where these say nothing, by its unit."""
    words = re.split(r"[^a-z]+", name.lower())
    if "per" in words:  # a slope
        return None
    for role, signs in ROLES.items():
        marks = words if role in ("weight", "error", "pair") else words[:1]
        if any(word in signs for word in marks):
            return role
    for role, units in (("r", LENGTHS), ("energy", ENERGIES)):
        if _unit(name) is not None and _unit_word(name) in units:
            return role
    return None


def _unit(name: str) -> float | None:
    """The unit that a column's name ends with, in Å or eV."""
    word = _unit_word(name)
    return None if word is None else {**LENGTHS, **ENERGIES}[word]


def _unit_word(name: str) -> str | None:
    """Find a unit behind a parenthesis, bracket, slash, underscore or blank: "V_kcal_mol", "R/Å", "E (K)"."""
    text = name.lower()
    inside = re.findall(r"[(\[]([^()\[\]]+)[)\]]", text)
    behind = [text[match.end() :] for match in re.finditer(r"[_/ :]", text)]
    return next((word.strip() for word in (*inside, *behind) if word.strip() in LENGTHS | ENERGIES), None)


def _style(table: _Rows, found: Mapping[str, _Column]) -> UnitStyle:
    """The style of results, where the user names none."""
    for role in ("r", "energy", "error"):
        if role in found and found[role].unit is None:
            raise InterpotError(
                f"'{table.path}' does not state the unit of the {_spoken(role)} ('{found[role].name}'): give {_NEITHER}"
            )
    energy = found["energy"].unit
    return next((STYLES[n] for n in ("real", "electron") if STYLES[n].energy == energy), STYLES["metal"])


# ---------------------------------------------------------------------------- numbers


def _species(text: str, where: str) -> tuple[str, str]:
    parts = sorted(part.strip() for part in text.split("-"))
    if len(parts) != 2 or not all(parts):
        raise InterpotError(f"{where}: '{text}' is no pair: expected two species, such as Ar-Kr")
    return parts[0], parts[1]


def _numbers(row: Sequence[str], found: Mapping[str, _Column], style: UnitStyle, where: str) -> list[float]:
    """Distance, energy and, where there is one, standard error or weight of a row; internal units."""
    numbers = []
    for role in ("r", "energy", "error", "weight"):
        if role not in found:
            continue
        column = found[role]
        word = row[column.place]
        value = float(word) if _is_number(word) else np.nan
        if not np.isfinite(value):
            raise InterpotError(f"{where}: the {_spoken(role)} is '{word}': expected a finite number")
        if value <= 0 and role != "energy":
            raise InterpotError(f"{where}: the {_spoken(role)} is {word}: expected a positive number")
        own = {"r": style.length, "weight": 1.0}.get(role, style.energy)
        numbers.append(value * (column.unit or own))
    return numbers


def _last_digit(table: _Rows, column: _Column) -> float:
    """One unit in the last place of the number with the most decimals, in the units of the column."""
    words = (row[column.place] for _, row in table.rows)
    return 10.0 ** min(int(Decimal(word).as_tuple().exponent) for word in words)


def _curve(
    label: str,
    points: list[tuple[int, list[float]]],
    names: Sequence[str],
    style: UnitStyle,
    digit: float,
    path: Path,
) -> EnergyCurve:
    """Sort the points of a pair by distance and check that they can tell something."""
    kept: dict[float, tuple[int, list[float]]] = {}
    for line, numbers in points:
        earlier, same = kept.setdefault(numbers[0], (line, numbers))
        if same[1] != numbers[1]:
            raise InterpotError(
                f"line {line} of '{path}': {label} has another energy at this distance than in line {earlier}: "
                "expected one energy per distance, give their mean"
            )
    if len(kept) < LEAST:
        raise InterpotError(f"'{path}': {label} has {len(kept)} points: expected at least {LEAST}")
    values = np.array([numbers for _, (_, numbers) in sorted(kept.items())])
    of = dict(zip(names, values.T, strict=True))
    first, second = label.split("-")
    return EnergyCurve(
        (first, second), of["r"], of["energy"], style, of.get("error"), of.get("weight"), digit, str(path)
    )
