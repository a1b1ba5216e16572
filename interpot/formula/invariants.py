"""Variables beside the distance: numbers of each pair, such as the product of charges, that one formula shares.

One function φ(r, q) for all channels, with one set of constants, is a stronger claim than one form with constants of
its own in each: a salt whose ions meet by q_i q_j/r and one common repulsion has four constants, not twelve. Values
are given for each channel, or for each species with a rule of i and j:

    "qq: Na-Na=1, Cl-Na=-1, Cl-Cl=1"          "qq = q_i*q_j: Na=1, Cl=-1"          "s = (s_i + s_j)/2: Ne=2.8, Xe=4"

They are pure numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy

from interpot.errors import InterpotError
from interpot.expression import FUNCTIONS, names_in, parse_expression
from interpot.formula.codegen import R, numpy_function
from interpot.records import FloatArray
from interpot.statistic.channels import Channel

Given = Mapping[str, Mapping[str, float]] | Sequence[str]
"""What a user gives: texts as above, or {"qq": {"Na-Na": 1.0, ...}}, {"qq = q_i*q_j": {"Na": 1.0, ...}}."""

_NAME = re.compile(r"[A-Za-z]\w*")
_EXAMPLE = "'qq: Na-Na=1, Cl-Na=-1, Cl-Cl=1' or 'qq = q_i*q_j: Na=1, Cl=-1'"


@dataclass(frozen=True, slots=True, eq=False)
class Variables:
    """The variables and their values in each channel.

    Attributes
    ----------
    names
        One each.
    labels
        Of the channels.
    table : (channels, variables) float64
        Pure numbers; each variable differs between some channels.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    table: FloatArray

    @property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """Their symbols, which no constant of a formula has, whatever its name."""
        return tuple(sympy.Symbol(name, extended_real=True) for name in self.names)

    def inserted(self, c: int) -> dict[sympy.Symbol, sympy.Expr]:
        """Their values in one channel, as sympy writes numbers: whole ones without a point."""
        return {
            symbol: sympy.Integer(int(v)) if v == int(v) else sympy.Float(v, 17)
            for symbol, v in zip(self.symbols, self.table[c], strict=True)
        }

    def __str__(self) -> str:
        columns = (
            f"{name} = " + ", ".join(f"{v:g} ({label})" for v, label in zip(column, self.labels, strict=True))
            for name, column in zip(self.names, self.table.T, strict=True)
        )
        return "; ".join(columns)


def variables_of(given: Given, channels: Sequence[Channel]) -> Variables:
    """Read the variables of a set of channels, all of pairs.

    Raises
    ------
    InterpotError
        A wall or a field, a text or a rule that is not understood, a name that means something else, a channel or a
        species that the data do not have or that has no value, a variable that is the same in all channels.
    """
    only_pairs(channels)
    parts = given.items() if isinstance(given, Mapping) else [read_variable(text) for text in given]
    labels = tuple(channel.label for channel in channels)
    if len(channels) < 2:
        raise InterpotError(
            f"one formula for several channels needs at least two, the data have {labels[0] if labels else 'none'}: "
            "leave the variables out"
        )
    columns: dict[str, FloatArray] = {}
    for head, values in parts:
        name, _, rule = (part.strip() for part in head.partition("="))
        _check_name(name, list(columns))
        numbers = {label: _number(value, label, name) for label, value in values.items()}
        column = _by_species(name, rule, numbers, channels) if rule else _by_channel(name, numbers, channels)
        if np.ptp(column) == 0:
            raise InterpotError(
                f"variable '{name}' is {column[0]:g} for all of {', '.join(labels)}: it tells nothing; leave it out"
            )
        columns[name] = column
    if not columns:
        raise InterpotError(f"no variable was given: expected, for example, {_EXAMPLE}")
    return Variables(tuple(columns), labels, np.column_stack(list(columns.values())))


def only_pairs(channels: Sequence[Channel]) -> None:
    """Refuse channels that one formula cannot be for.

    Raises
    ------
    InterpotError
        There are walls or fields among them.
    """
    others = [channel.label for channel in channels if channel.kind != "pair"]
    if others:
        raise InterpotError(
            f"one formula is for pairs: this statistic has {', '.join(others)}, too; leave the variables out"
        )


def read_variable(text: str) -> tuple[str, dict[str, float]]:
    """Head and values of ``head: label=value, label=value``.

    Raises
    ------
    InterpotError
        The text is not of this kind.
    """
    head, colon, rest = text.partition(":")
    values: dict[str, float] = {}
    for item in rest.split(","):
        label, equals, number = (part.strip() for part in item.rpartition("="))
        if not (colon and equals and label and number):
            raise InterpotError(f"variable '{text}' is not understood: expected, for example, {_EXAMPLE}")
        if label in values:
            raise InterpotError(f"variable '{text}' gives {label} twice: leave one out")
        values[label] = _number(number, label, head.strip())
    return head.strip(), values


def _number(value: float | str, label: str, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        raise InterpotError(f"variable '{name}' is {value!r} for {label}: expected a finite number")
    return number


def _check_name(name: str, taken: Sequence[str]) -> None:
    if not _NAME.fullmatch(name):
        raise InterpotError(f"'{name}' is no name of a variable: expected, for example, {_EXAMPLE}")
    if name in taken:
        raise InterpotError(f"variable '{name}' is given twice: give one of them another name")
    if name in (R.name, "R", "pi", "x", *FUNCTIONS):
        raise InterpotError(f"a variable cannot be called '{name}', which means something else: call it 'q'")


def _by_channel(name: str, values: Mapping[str, float], channels: Sequence[Channel]) -> FloatArray:
    """Values that are given for each channel; a pair's species in either order."""
    labels = [channel.label for channel in channels]
    turned = {"-".join(reversed(channel.species)): channel.label for channel in channels}
    known = {turned.get(label, label): value for label, value in values.items()}
    for label in values:
        if turned.get(label, label) not in labels:
            raise InterpotError(
                f"variable '{name}' has a value for '{label}', which is no channel of the data: "
                f"expected {', '.join(labels)}"
            )
    for label in labels:
        if label not in known:
            raise InterpotError(
                f"variable '{name}' has no value for {label}: give one, '{label}=1' for example"
            )
    return np.array([known[label] for label in labels])


def _by_species(name: str, rule: str, values: Mapping[str, float], channels: Sequence[Channel]) -> FloatArray:
    """Values that follow from those of the two species by a rule that does not ask for their order."""
    place = f"variable '{name} = {rule}'"
    expression, one, two = _rule(rule, place)
    species = sorted({s for channel in channels for s in channel.species})
    for label in values:
        if label not in species:
            raise InterpotError(
                f"{place} has a value for '{label}', which is no species of the data: expected {', '.join(species)}"
            )
    for label in species:
        if label not in values:
            raise InterpotError(
                f"{place} has no value for the species {label}: give one, '{label}=1' for example"
            )
    i, j = (np.array([values[channel.species[k]] for channel in channels]) for k in (0, 1))
    function = numpy_function(expression, (one, two))
    found, other = function(i, j), function(j, i)
    for k, channel in enumerate(channels):
        if not np.isfinite(found[k]):
            raise InterpotError(
                f"{place} is no finite number for {channel.label}: mend the rule or the values"
            )
    if not np.allclose(found, other, rtol=1e-12, atol=0):
        raise InterpotError(f"{place} changes when i and j are exchanged: a pair has no order")
    return np.asarray(found)


def _rule(rule: str, place: str) -> tuple[sympy.Expr, sympy.Symbol, sympy.Symbol]:
    """A formula in one letter of i and j, and its two symbols."""
    text = rule.replace("^", "**")
    try:
        names = sorted(names_in(text) - set(FUNCTIONS) - {"pi"})
        stems = {n[:-2] for n in names}
        if len(stems) != 1 or names != [f"{stem}{end}" for stem in stems for end in ("_i", "_j")]:
            raise ValueError("is no formula in a constant of i and j")
        one, two = (sympy.Symbol(n, real=True) for n in names)
        return parse_expression(text, dict(zip(names, (one, two), strict=True))), one, two
    except (SyntaxError, ValueError) as error:
        said = "is no formula" if isinstance(error, SyntaxError) else str(error)
        raise InterpotError(f"{place}: it {said}; expected, for example, q_i*q_j or (s_i + s_j)/2") from None
