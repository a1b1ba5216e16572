"""What a discovery knows of its own limits, gathered: adequacy, what the data cannot tell, what lies outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interpot.formula.adequacy import Adequacy
from interpot.formula.collinear import (
    Conditions,
    Substitute,
    collinear_sentences,
    conditions,
    correlated_constants,
    substitutes,
)
from interpot.formula.deciding import Decision, decision
from interpot.formula.outside import Finding, outside
from interpot.formula.potential import Potential
from interpot.formula.regress.varpro import Fit
from interpot.formula.tail import cut_too_short
from interpot.formula.temperature import thermal_energy
from interpot.formula.terms import Term
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective, SplineFit

UNTOLD = 1e-3
"""Forces that differ by less than this part of the spline's errors are those of one function under two names."""

DECISIONS = 4
"""Rivals of each channel, the closest first, for which it is said what would decide."""

Rival = tuple[int, Fit, Fit]
"""Channel, and fits of all channels that differ in its form: the chosen one and a rival."""


@dataclass(frozen=True, slots=True, eq=False)
class Honesty:
    """The limits of a result.

    Attributes
    ----------
    adequacy
        Where the force error comes from.
    outside
        What the formulas do where they were not sampled.
    substitutes
        Terms that can stand for those of the chosen formula.
    decisions
        What would tell rivals apart, by channel, those that need the least first.
    conditions
        Condition numbers.
    thermal
        kT of the data in the potential's energy unit, as its forces tell; NaN where they do not.
    cannot_tell
        What the data cannot tell, a sentence each.
    would_decide
        Which new data would, a sentence each.
    """

    adequacy: Adequacy
    outside: tuple[Finding, ...]
    substitutes: tuple[Substitute, ...]
    decisions: tuple[Decision, ...]
    conditions: Conditions
    thermal: float
    cannot_tell: tuple[str, ...]
    would_decide: tuple[str, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user should know before anything else, a sentence each."""
        verdict = [self.adequacy.verdict] if self.adequacy.notable else []
        return (*verdict, *(f.sentence for f in self.outside if f.severe))


def examine(
    statistic: Statistic,
    objective: Objective,
    chosen: Fit,
    split: Adequacy,
    rivals: Sequence[Rival],
    library: Sequence[Term],
    potential: Potential,
    splines: SplineFit,
) -> Honesty:
    """Find out the limits of a result.

    Parameters
    ----------
    statistic, objective
        The same data, as sums per block and compressed.
    chosen
        One form per channel.
    split
        Where the force error comes from.
    rivals
        Formulas that the data cannot tell from the chosen one.
    library
        The terms that were searched.
    potential
        `chosen` in the field's constants and the units of the data.
    splines
        The best functions, with their errors.
    """
    # the variance of a component as it widens the errors of what is fitted to all of them
    widened = max(split.dispersion, 1.0) if np.isfinite(split.dispersion) else 1.0
    variance = widened * objective.floor / max(statistic.rows - len(objective.y), 1)
    found = substitutes(statistic, objective, chosen, library, variance)
    labels = [channel.label for channel in statistic.channels]
    pairs = [*rivals, *((labels.index(s.channel), chosen, s.fit) for s in found)]
    # a form that holds the chosen one as a special case is never worse: no data speak against it
    pairs = [(c, one, two) for c, one, two in pairs if two.misfit > one.misfit]
    decisions = _closest(
        [decision(statistic, objective, one, two, c, variance, splines) for c, one, two in pairs], labels
    )
    if not split.adequate:
        decisions = ()  # formulas differ in how they miss what is not of pair form: no such data would mend that
    thermal, units = thermal_energy(statistic, potential), potential.units
    return Honesty(
        split,
        (*outside(potential, thermal), *cut_too_short(statistic, potential, split)),
        found,
        decisions,
        conditions(statistic, objective, chosen),
        thermal,
        (*collinear_sentences(found, potential), *correlated_constants(potential)),
        tuple(d.sentence(units) for d in decisions),
    )


def _closest(decisions: Sequence[Decision], labels: Sequence[str]) -> tuple[Decision, ...]:
    """The rivals of each channel that the data come nearest to telling apart, each once."""
    best: dict[tuple[str, str], Decision] = {}
    for d in sorted(decisions, key=lambda d: d.more_data):
        if d.rival != d.chosen and d.ratio > UNTOLD:
            best.setdefault((d.channel, d.rival), d)
    return tuple(d for label in labels for d in [d for d in best.values() if d.channel == label][:DECISIONS])
