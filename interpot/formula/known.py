"""What is known of a channel's function already: a baseline φ₀(r) that discovery has to add to.

It is given as a formula in the units of the data ("14.4*0.16/r") or as a potential.json. The compressed objective
becomes that of the rest, y' = y - W P φ₀, exactly as well as it is that of any formula.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import sympy

from interpot.errors import InterpotError
from interpot.formula.channel_formula import UNITS_OF_KNOWN, ChannelFormula, Loss, Parameter
from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.expression import parse_expression
from interpot.formula.naming import Named
from interpot.formula.potential import Potential
from interpot.records import FloatArray
from interpot.statistic.channels.channel import ENDLESS, Channel
from interpot.statistic.objective import Objective
from interpot.units import STYLES, UnitStyle

SUFFIX = "known"  # of the names of its constants
_UNJUDGED = Loss(np.nan, np.nan, np.nan)


@dataclass(frozen=True, slots=True)
class Known:
    """φ₀(r) of one channel.

    Attributes
    ----------
    text
        As it was given, for people.
    expression
        In `interpot.formula.codegen.R` and the parameters' symbols.
    parameters
        Internal units, stderr 0: they are not fitted.
    """

    text: str
    expression: sympy.Expr
    parameters: tuple[Parameter, ...]

    def values(self, r: FloatArray, order: int = 0) -> FloatArray:
        """φ₀ or its derivative of an order, eV/Å^order, at each r (Å)."""
        expression = self.expression
        for _ in range(order):
            expression = derivative(expression, R)
        function = numpy_function(expression, (R, *(p.symbol for p in self.parameters)))
        return np.asarray(function(r, *(p.value for p in self.parameters)))

    def decays(self, cutoff: float) -> bool:
        """Whether φ₀ vanishes at infinity, judged by its values far beyond the cutoff."""
        near, far = np.abs(self.values(np.array([cutoff, 1e9 * cutoff])))
        return bool(far <= 1e-6 * near)

    def added_to(self, named: Named, channel: Channel) -> Named:
        """The whole function, what was found and what was known; zero at the cutoff if it does not decay.

        A field, which is not zero anywhere by itself, is the plain sum.
        """
        cutoff = channel.cutoff
        taken = {p.name for p in named.parameters}
        units = {p for p in named.parameters if p.name in UNITS_OF_KNOWN}
        fresh = {p: p if p in units else _fresh(p, taken) for p in self.parameters}
        known = self.expression.subs({p.symbol: q.symbol for p, q in fresh.items()}, simultaneous=True)
        expression = named.expression + known
        parameters = (*named.parameters, *(p for p in fresh.values() if p not in units))
        decays = channel.kind in ENDLESS or (named.decays and self.decays(cutoff))
        if not decays:
            end = Parameter("r_c", cutoff, 0.0, 0, 1)
            expression -= expression.subs(R, end.symbol)
            parameters = parameters if end.name in taken else (*parameters, end)
        unmoved = np.zeros((len(parameters) - len(named.parameters), named.gradient.shape[1]))
        return Named(
            f"{named.name} + {SUFFIX}" if named.name else SUFFIX.capitalize(),
            expression,
            parameters,
            np.vstack([named.gradient, unmoved]),
            decays,
        )


def _fresh(parameter: Parameter, taken: set[str]) -> Parameter:
    """Give a parameter a name that is not taken yet."""
    label = parameter.name
    while label in taken:
        label += f"_{SUFFIX}"
    taken.add(label)
    return replace(parameter, name=label)


def from_text(text: str, units: UnitStyle, variable: str = R.name) -> Known:
    """Read a formula whose numbers are in a unit style.

    It becomes E f(r/L) with one unit of energy E and of length L as its constants, so that its dimension is right and
    that it is the same function in all units.

    Raises
    ------
    InterpotError
        The text is no formula in r, or in another letter of the coordinate.
    """
    try:
        expression = parse_expression(text, {}, variable)
    except ValueError as error:
        example = "2.3/r" if variable == R.name else f"2.3*{variable}"
        raise InterpotError(
            f"known part '{text}': it {error}; expected a formula in {variable} such as '{example}'"
        ) from None
    energy, length = UNITS_OF_KNOWN
    E, L = Parameter(energy, units.energy, 0.0, 1, 0), Parameter(length, units.length, 0.0, 0, 1)
    return Known(text, E.symbol * expression.subs(R, R / L.symbol), (E, L))


def from_channel(channel: ChannelFormula, units: UnitStyle, text: str) -> Known:
    """Take the formula of a channel, in internal units; raises `InterpotError` where its dimensions are wrong."""
    if not is_consistent(channel):
        raise InterpotError(
            f"{text}: the formula of {channel.label} changes with the units of its constants: numbers in it carry "
            "a dimension; make them parameters with units"
        )
    alone = Potential(units, (channel,), np.zeros((len(channel.parameters),) * 2), _UNJUDGED)
    internal = alone if units.name == "lj" else alone.to_units(STYLES["metal"])
    fixed = tuple(replace(p, stderr=0.0) for p in internal.channels[0].parameters)
    return Known(text, channel.expression, fixed)


def is_consistent(channel: ChannelFormula) -> bool:
    """Whether a formula's dimensions are right: whether it is the same function in other units."""
    energy, length = 1.7, 1.3
    low, high = channel.domain
    r = np.geomspace(max(low, 1e-3 * channel.cutoff), channel.cutoff, 7)
    r = r if channel.ends else np.linspace(low, high, 7)
    values = {p.symbol: p.value for p in channel.parameters}
    scaled = {p.symbol: p.value * energy**p.energy * length**p.length for p in channel.parameters}
    function = numpy_function(channel.expression, (R, *values))
    one, other = function(r, *values.values()), function(r * length, *scaled.values())
    return bool(np.allclose(other, energy * one, rtol=1e-9, atol=1e-9 * float(np.abs(one).max())))


def known_parts(
    known: str | Path | Potential | Mapping[str, str] | Sequence[str] | None,
    channels: Sequence[Channel],
    units: UnitStyle,
) -> tuple[Known | None, ...]:
    """Read what is known, per channel.

    Parameters
    ----------
    known
        A potential or its file (.json): channels that it has not are unknown altogether. Else one or several formulas
        in the units of the data, for all pairs ("2.3/r") or for one channel ("Ne-Xe: 2.3/r", "Ne@z: 0.1*z"), also by
        label.
    channels
        Of the data.
    units
        Of the data.

    Raises
    ------
    InterpotError
        What was given is no formula, is for a channel that is not there, or ends before the data do.
    """
    if known is None:
        return (None,) * len(channels)
    if isinstance(known, Potential):
        return _of_potential(known, channels, units, "known potential")
    if isinstance(known, Path) or (isinstance(known, str) and known.endswith(".json")):
        return _of_potential(Potential.load(known), channels, units, f"'{known}'")
    if isinstance(known, Mapping):
        known = [f"{label}: {text}" for label, text in known.items()]
    texts = [known] if isinstance(known, str) else list(known)
    if len(texts) == 1 and texts[0].endswith(".json"):
        return known_parts(texts[0], channels, units)
    return _of_texts(texts, channels, units)


def _of_texts(
    texts: Sequence[str], channels: Sequence[Channel], units: UnitStyle
) -> tuple[Known | None, ...]:
    labels, formulas = [c.label for c in channels], dict[str, str]()
    pairs = [c.label for c in channels if c.kind == "pair"]
    for text in texts:
        label, colon, rest = (part.strip() for part in text.partition(":"))
        chosen = [label] if colon else (pairs or labels)
        if colon and label not in labels:
            raise InterpotError(f"known part '{text}': expected one of the channels {', '.join(labels)}")
        for one in chosen:
            if one in formulas:
                raise InterpotError(f"known part '{text}': one of {one} was given before; add the two up")
            formulas[one] = rest if colon else text
    letters = [c.site if c.kind in ENDLESS else R.name for c in channels]
    return tuple(
        from_text(formulas[one], units, letter) if one in formulas else None
        for one, letter in zip(labels, letters, strict=True)
    )


def _of_potential(
    potential: Potential, channels: Sequence[Channel], units: UnitStyle, text: str
) -> tuple[Known | None, ...]:
    ours, theirs = [c.label for c in channels], [c.label for c in potential.channels]
    if strangers := [label for label in theirs if label not in ours]:
        raise InterpotError(
            f"{text} has the channel {strangers[0]}, which the data do not have: expected {', '.join(ours)}"
        )
    if ("lj" in (potential.units.name, units.name)) and potential.units.name != units.name:
        raise InterpotError(
            f"{text} is in '{potential.units.name}' units and the data are in '{units.name}' units: reduced units "
            "have no fixed relation to physical ones"
        )
    made: list[Known | None] = []
    for channel in channels:
        if channel.label not in theirs:
            made.append(None)
            continue
        formula = potential.channel(channel.label)
        if formula.ends and formula.cutoff * potential.units.length < channel.cutoff * (1 - 1e-9):
            raise InterpotError(
                f"{text} ends at {formula.cutoff:g} {potential.units.length_unit} for {channel.label}, before the "
                "cutoff of the data: accumulate with that cutoff"
            )
        made.append(from_channel(formula, potential.units, text))
    return tuple(made)


def without_known(
    objective: Objective, known: Sequence[Known | None], channels: Sequence[Channel]
) -> Objective:
    """The objective of what is not known: y' = y - W P φ₀."""
    baseline = np.zeros_like(objective.y)
    for part, channel, M, r in zip(known, channels, objective.maps, objective.nodes, strict=True):
        if part is None:
            continue
        values = part.values(r)
        if not np.isfinite(values).all():
            raise InterpotError(
                f"{channel.label}: the known part {part.text} is not finite everywhere between {r.min():.4g} and "
                f"{r.max():.4g} Å"
            )
        baseline = baseline + M @ values
    return replace(objective, y=objective.y - baseline, baseline=baseline)
