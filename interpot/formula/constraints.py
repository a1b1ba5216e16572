"""Constraints on formulas: what a user demands of them, as records and as words.

    repulsive-core            -φ'(r) ≥ 0 at the smallest sampled distance and down to half of it
    repulsive-core:0.8        ... down to 0.8 of it
    decay                     φ(∞) = 0: only terms that vanish there
    smooth, smooth:1          φ'(r_c) = φ''(r_c) = 0 at the cutoff, or φ'(r_c) = 0 only
    power:6 < 0               sign or bounds of a term's coefficient, where a formula has it: <, <=, >, >=, in LOW..HIGH
    power:12 = 95800          a coefficient that is known: every formula has the term
    exponential.alpha in 2..6 range of a term's shape
    Ne-Xe: smooth             for one channel only; Ne-zlo: and Ne@z: for a wall and a field

A repulsive core, decay and smoothness at the cutoff are demanded of functions of a distance, not of fields; a demand on
a term is one on the kinds of channels that have it.

Numbers are in the units of the data. The dimensions of a formula are right by construction: every term of the library
says which power of length its shapes and its coefficient carry, so that a formula is the same function in
every system of units (`interpot.formula.known.is_consistent` tests that for formulas from elsewhere).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from interpot.errors import InterpotError
from interpot.formula.known import Known
from interpot.formula.regress.restriction import Bound, Pointwise, Range, Restriction, Selector
from interpot.formula.regress.varpro import Fit, fit
from interpot.formula.terms import TERMS, Term
from interpot.statistic.channels import ENDLESS, Channel
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective
from interpot.units import UnitStyle

CORE_POINTS = 8  # at which a repulsive core is demanded, from the smallest sampled distance inwards


@dataclass(frozen=True, slots=True)
class Place:
    """Where a constraint has to hold: smallest sampled distance and cutoff (Å), what is known there, and the units."""

    r_min: float
    cutoff: float
    known: Known | None
    units: UnitStyle

    def pointwise(self, name: str, order: int, sign: float, r: Sequence[float], equal: bool) -> Pointwise:
        """Demand sign · φ⁽ᵏ⁾(r) ≥ 0 or = 0, with what is known taken into account."""
        points = np.asarray(r, dtype=np.float64)
        known = np.zeros_like(points) if self.known is None else self.known.values(points, order)
        return Pointwise(name, order, sign, points, known, equal)


class Constraint(Protocol):
    """One demand; `channel` is the label of the only channel that it is for, or empty."""

    @property
    def channel(self) -> str:
        """Label of the channel, or empty for all."""

    def suits(self, kind: str, library: Sequence[Term]) -> bool:
        """Whether it means anything for a channel of a kind, with its library."""

    def restrict(self, restriction: Restriction, place: Place, library: Sequence[Term]) -> Restriction:
        """Add the demand to what restricts a channel."""


class _OfDistances:
    """Demanded of functions that end."""

    __slots__ = ()

    def suits(self, kind: str, library: Sequence[Term]) -> bool:
        """Whether a channel of a kind is a function of a distance."""
        return kind not in ENDLESS


@dataclass(frozen=True, slots=True)
class RepulsiveCore(_OfDistances):
    """-φ'(r) ≥ 0 from `depth` times the smallest sampled distance up to it."""

    depth: float = 0.5
    channel: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.depth <= 1:
            raise InterpotError(
                f"a repulsive core is demanded down to {self.depth:g} times the smallest sampled distance: expected a "
                "share of it, such as 0.5"
            )

    def restrict(self, restriction: Restriction, place: Place, library: Sequence[Term]) -> Restriction:
        """Demand a slope that is not positive, on a few distances."""
        r = np.geomspace(self.depth, 1.0, CORE_POINTS) * place.r_min
        core = place.pointwise(str(self), 1, -1.0, r.tolist(), equal=False)
        return replace(restriction, pointwise=(*restriction.pointwise, core))

    def __str__(self) -> str:
        return _labelled(self.channel, "repulsive-core" + ("" if self.depth == 0.5 else f":{self.depth:g}"))


@dataclass(frozen=True, slots=True)
class Decay(_OfDistances):
    """φ(∞) = 0."""

    channel: str = ""

    def restrict(self, restriction: Restriction, place: Place, library: Sequence[Term]) -> Restriction:
        """Leave out the terms that grow."""
        return replace(restriction, decaying=True)

    def __str__(self) -> str:
        return _labelled(self.channel, "decay")


@dataclass(frozen=True, slots=True)
class Smooth(_OfDistances):
    """φ'(r_c) = 0 and, with `order` 2, φ''(r_c) = 0: the force, and its slope, have no jump at the cutoff."""

    order: int = 2
    channel: str = ""

    def __post_init__(self) -> None:
        if self.order not in (1, 2):
            raise InterpotError(
                f"smoothness of order {self.order} is demanded: expected 1 (the force) or 2 (its slope too)"
            )

    def restrict(self, restriction: Restriction, place: Place, library: Sequence[Term]) -> Restriction:
        """Demand that derivatives vanish at the cutoff."""
        new = [
            place.pointwise(str(self), k, 1.0, [place.cutoff], equal=True) for k in range(1, self.order + 1)
        ]
        return replace(restriction, pointwise=(*restriction.pointwise, *new))

    def __str__(self) -> str:
        return _labelled(self.channel, "smooth" + ("" if self.order == 2 else f":{self.order}"))


@dataclass(frozen=True, slots=True)
class Coefficient:
    """low ≤ a ≤ high for the coefficient a of a term, where a formula has it; in the units of the data.

    Every formula has it where both bounds are the same, and not zero.
    """

    selector: Selector
    low: float = -np.inf
    high: float = np.inf
    channel: str = ""

    def __post_init__(self) -> None:
        _check_bounds(self)

    def suits(self, kind: str, library: Sequence[Term]) -> bool:
        """Whether the library has the term."""
        return any(term.name == self.selector.term for term in library)

    def restrict(self, restriction: Restriction, place: Place, library: Sequence[Term]) -> Restriction:
        """Bound the coefficient; a term that is not in the library is refused."""
        _member(str(self), self.selector, library)
        bound = Bound(str(self), self.selector, self.low, self.high, place.units)
        return replace(restriction, bounds=(*restriction.bounds, bound))

    def __str__(self) -> str:
        return _labelled(self.channel, f"{self.selector} {_written(self.low, self.high)}")


@dataclass(frozen=True, slots=True)
class ShapeRange:
    """low ≤ s ≤ high for a shape s of a term, where a formula has it; in the units of the data."""

    selector: Selector
    shape: str
    low: float = -np.inf
    high: float = np.inf
    channel: str = ""

    def __post_init__(self) -> None:
        _check_bounds(self)

    def suits(self, kind: str, library: Sequence[Term]) -> bool:
        """Whether the library has the term."""
        return any(term.name == self.selector.term for term in library)

    def restrict(self, restriction: Restriction, place: Place, library: Sequence[Term]) -> Restriction:
        """Limit the shape; a term or a shape that is not in the library is refused."""
        term = _member(str(self), self.selector, library)
        shapes = {shape.name: shape for shape in term.shapes}
        if self.shape not in shapes:
            known = ", ".join(shapes) or "none"
            raise InterpotError(f"'{self}': the term {term.name} has no shape '{self.shape}', it has {known}")
        shape = shapes[self.shape]
        if self.low == self.high and not shape.integer:
            raise InterpotError(f"'{self}' leaves the shape a single value: give it a range, such as 2..6")
        unit = place.units.length**shape.length
        limits = Range(str(self), self.selector, self.shape, self.low * unit, self.high * unit)
        return replace(restriction, ranges=(*restriction.ranges, limits))

    def __str__(self) -> str:
        return _labelled(self.channel, f"{self.selector}.{self.shape} {_written(self.low, self.high)}")


def _check_bounds(bounds: Coefficient | ShapeRange) -> None:
    low, high = bounds.low, bounds.high
    if np.isnan(low) or np.isnan(high):
        raise InterpotError(
            f"a bound of '{bounds.selector}' is no number: expected {low:g}..{high:g} without nan"
        )
    if low > high:
        raise InterpotError(
            f"the lower bound {low:g} of '{bounds.selector}' is above the upper one {high:g}: swap them"
        )
    if low == high and np.isinf(low):
        raise InterpotError(f"both bounds of '{bounds.selector}' are {low:g}: expected a finite one")


def _labelled(channel: str, words: str) -> str:
    return f"{channel}: {words}" if channel else words


def _written(low: float, high: float) -> str:
    if low == high:
        return f"= {low:g}"
    if np.isinf(low):
        return f"< {high:g}"
    return f"> {low:g}" if np.isinf(high) else f"in {low:g}..{high:g}"


def _member(words: str, selector: Selector, library: Sequence[Term]) -> Term:
    for term in library:
        if term.name == selector.term:
            return term
    names = ", ".join(t.name for t in library)
    if selector.term in TERMS:
        raise InterpotError(
            f"'{words}' is about the term '{selector.term}', which is not among those combined ({names}): add it with "
            f"--term {selector.term}"
        )
    own = [t.name for t in library if t.name not in TERMS]
    raise InterpotError(
        f"'{words}' is about the term '{selector.term}': expected one of {', '.join([*TERMS, *own])}"
    )


# ---------------------------------------------------------------------------- words


def _core(detail: str, channel: str) -> Constraint:
    depth = _number(detail, f"repulsive-core:{detail}") if detail else 0.5
    if not 0 < depth <= 1:
        raise InterpotError(
            f"'repulsive-core:{detail}': expected a share of the smallest sampled distance, such as 0.5"
        )
    return RepulsiveCore(depth, channel)


def _decay(detail: str, channel: str) -> Constraint:
    if detail:
        raise InterpotError(f"'decay:{detail}': expected decay alone")
    return Decay(channel)


def _smooth(detail: str, channel: str) -> Constraint:
    if detail not in ("", "1", "2"):
        raise InterpotError(f"'smooth:{detail}': expected smooth:1 (the force) or smooth:2 (its slope too)")
    return Smooth(int(detail or 2), channel)


CONSTRAINTS: dict[str, Callable[[str, str], Constraint]] = {
    "repulsive-core": _core,
    "decay": _decay,
    "smooth": _smooth,
}
"""The table of constraints that have a word: what makes them from the rest of the word and the channel's label."""

_RELATION = re.compile(
    r"(?P<term>[A-Za-z_]\w*)(?P<exponents>(:\d+)*)(\.(?P<shape>\w+))?\s*(?P<sign><=|>=|<|>|=|\bin\b)\s*(?P<value>.+)"
)


def parse(text: str) -> Constraint:
    """Read a constraint in words.

    Raises
    ------
    InterpotError
        It is none, or its bounds are the wrong way round.
    """
    words, channel = text.strip(), ""
    head, colon, rest = words.partition(":")
    if colon and ("-" in head or "@" in head) and head.strip() not in CONSTRAINTS:
        channel, words = head.strip(), rest.strip()
    name, _, detail = words.partition(":")
    if name in CONSTRAINTS:
        return CONSTRAINTS[name](detail.strip(), channel)
    relation = _RELATION.fullmatch(words)
    if relation is None:
        known = ", ".join(CONSTRAINTS)
        raise InterpotError(
            f"'{text}' is no constraint: expected one of {known}, or a relation such as 'power:6 < 0' or "
            "'exponential.alpha in 2..6'"
        )
    low, high = _interval(relation["sign"], relation["value"], text)
    selector = Selector(relation["term"], tuple(map(int, relation["exponents"].split(":")[1:])))
    if relation["shape"]:
        return ShapeRange(selector, relation["shape"], low, high, channel)
    return Coefficient(selector, low, high, channel)


def _interval(sign: str, value: str, text: str) -> tuple[float, float]:
    if sign == "in":
        low, dots, high = value.partition("..")
        if not dots:
            raise InterpotError(f"'{text}': expected two bounds, such as 2..6")
        ends = _number(low, text), _number(high, text)
        if ends[0] > ends[1]:
            raise InterpotError(
                f"'{text}': the lower bound {ends[0]:g} is above the upper one {ends[1]:g}: swap them"
            )
        return ends
    number = _number(value, text)
    return (-np.inf if "<" in sign else number), (np.inf if ">" in sign else number)


def _number(word: str, text: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise InterpotError(f"'{text}': '{word.strip()}' is no number")
    return value


# ---------------------------------------------------------------------------- all of them


def asked_for(constraints: Iterable[str | Constraint], channels: Sequence[Channel]) -> list[Constraint]:
    """Read constraints, each a record or words for one.

    Raises
    ------
    InterpotError
        One cannot be read, or is about a channel that is not there.
    """
    demands = [parse(c) if isinstance(c, str) else c for c in constraints]
    labels = [channel.label for channel in channels]
    for demand in demands:
        if demand.channel and demand.channel not in labels:
            raise InterpotError(
                f"'{demand}' is about the channel '{demand.channel}': expected one of {', '.join(labels)}"
            )
    return demands


def restrictions(
    demands: Iterable[Constraint],
    statistic: Statistic,
    libraries: Sequence[Sequence[Term]],
    known: Sequence[Known | None] | None = None,
) -> tuple[Restriction, ...]:
    """What the constraints mean for each channel of a statistic.

    Parameters
    ----------
    demands
        As `asked_for` reads them; those for other channels are of no account.
    statistic
        Whose channels, sampled distances and units count.
    libraries
        The terms that the formulas of each channel are made of.
    known
        Known part of each channel's function.

    Raises
    ------
    InterpotError
        A constraint is about a term that is not there, or means nothing for the channel that it names.
    """
    demands, made = list(demands), []
    everywhere = [term for library in libraries for term in library]
    for c, (channel, library) in enumerate(zip(statistic.channels, libraries, strict=True)):
        own = [d for d in demands if d.channel == channel.label or _for_all(d, channel, library, everywhere)]
        for demand in own:
            if isinstance(demand, _OfDistances) and not demand.suits(channel.kind, library):
                raise InterpotError(
                    f"'{demand}' means nothing for a field, which neither ends nor has a core: demand it of pairs or "
                    "walls"
                )
        place = Place(
            statistic.coverage[c].minimum, channel.cutoff, known[c] if known else None, statistic.units
        )
        restriction = Restriction(tuple(map(str, own)))
        for demand in own:
            restriction = demand.restrict(restriction, place, library)
        made.append(restriction)
    return tuple(made)


def _for_all(
    demand: Constraint, channel: Channel, library: Sequence[Term], everywhere: Sequence[Term]
) -> bool:
    """Whether a demand on all channels is one on this; one on a term that none has is told as an error."""
    if demand.channel:
        return False
    return demand.suits(channel.kind, library) or not (
        isinstance(demand, _OfDistances) or demand.suits(channel.kind, everywhere)
    )


def price(
    objective: Objective, found: Fit, restrictions: Sequence[Restriction], labels: Sequence[str]
) -> list[str]:
    """What the constraints cost, a sentence per channel: where the data would have the same form break them."""
    if found.active is None:
        return []
    free = fit(objective, found.forms)
    errors = [f"{np.sqrt((f.misfit + objective.floor) / objective.square):.3g}" for f in (free, found)]
    if errors[0] == errors[1]:
        return []
    sentences = []
    for rule, label, form, a in zip(restrictions, labels, free.forms, free.coefficients, strict=True):
        if broken := rule.broken(form, a):
            sentences.append(
                f"{label}: without {'; '.join(broken)} the same form would leave a relative error of "
                f"{errors[0]} instead of {errors[1]}"
            )
    return sentences
