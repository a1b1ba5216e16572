"""What a report is made of: everything that was found, in one frozen record, in the potential's units."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from interpot.comparison import Comparison, ExportCheck
from interpot.formula.channel_formula import ChannelFormula, Parameter
from interpot.formula.discover import Discovery
from interpot.formula.honesty import Honesty
from interpot.formula.mixing import RuleTest
from interpot.formula.potential import Potential
from interpot.formula.quantity import with_error
from interpot.records import FloatArray, IntArray
from interpot.statistic.basis import KnotSplines


@dataclass(frozen=True, slots=True, eq=False)
class SplineCurve:
    """The spline fit of one channel: the best that any function of the distance can do.

    Attributes
    ----------
    r : (k,) float64, length unit
        Increasing.
    energy : (k,) float64, energy unit
        φ(r), up to a constant: forces do not fix it.
    slope : (k,) float64, energy unit / length unit
        φ'(r).
    """

    r: FloatArray
    energy: FloatArray
    slope: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class ChannelData:
    """What the data say of one channel.

    Attributes
    ----------
    edges : (b + 1,) float64, length unit
        Bins of the sampled distances.
    counts : (b,) int64 or float64
        Pairs in each.
    spline
        The ceiling, where it was fitted.
    """

    edges: FloatArray
    counts: FloatArray | IntArray
    spline: SplineCurve | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """All that a report shows. Numbers are in the unit style of `potential`.

    Attributes
    ----------
    title
        Heads the page.
    potential
        The chosen formula.
    front
        One row per candidate, any order, with the columns ``form``, ``formula`` (text), ``terms``,
        ``constants`` (how many), ``loss`` (relative error), ``cross_validated``, ``stderr`` (of the
        latter), ``chosen``, ``indistinguishable`` and ``contains_chosen`` (booleans); ``channel`` (label) where each
        channel has a front of its own.
    channels
        By label: {"Ne-Xe": ChannelData(...)}.
    comparison
        Of the validation run, where there was one.
    points
        Of tables of energies, as `interpot.formula.curve.CurveDiscovery` has them, where the formulas come from these.
    truth
        Constants of the reference: name → (value, unit). In a mixture the name is followed by the channel:
        "epsilon Ne-Xe".
    particles
        How many, for the energy per particle.
    mixing
        Tests of mixing rules, where there are unlike pairs.
    remarks
        What was decided on the way, a sentence each.
    honesty
        What the data cannot tell, where a discovery has asked.
    provenance
        Files, frames, versions.
    command
        What repeats it.
    exports
        Checks of the files that were written for other programs.
    """

    title: str
    potential: Potential
    front: pd.DataFrame
    channels: Mapping[str, ChannelData] = field(default_factory=dict)
    comparison: Comparison | None = None
    points: pd.DataFrame | None = None
    truth: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    particles: int | None = None
    mixing: tuple[RuleTest, ...] = ()
    remarks: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""
    honesty: Honesty | None = None
    exports: tuple[ExportCheck, ...] = ()

    @property
    def discovered(self) -> bool:
        """Whether the potential was found here, and not brought along to be validated."""
        return not self.front.empty or self.honesty is not None or self.points is not None

    def true_constant(self, channel: ChannelFormula, parameter: Parameter) -> tuple[float, str] | None:
        """Value and unit that the reference has for a constant, where it has one of that name."""
        alone = sum(c.kind == "pair" for c in self.potential.channels) == 1 and channel.kind == "pair"
        if alone and parameter.name in self.truth:
            return self.truth[parameter.name]
        return self.truth.get(f"{parameter.name} {channel.label}")

    def true_channel(self, channel: ChannelFormula) -> ChannelFormula | None:
        """The formula with the reference's constants, where all that were fitted are known in their own units."""
        parameters, known = [], False
        for parameter in channel.parameters:
            truth = self.true_constant(channel, parameter)
            if truth is not None and truth[1] == parameter.unit(self.potential.units):
                parameters.append(replace(parameter, value=truth[0]))
                known = True
            elif parameter.stderr == 0:  # not fitted: a cutoff, an exponent
                parameters.append(parameter)
            else:
                return None
        return replace(channel, parameters=tuple(parameters)) if known else None


def written(parameter: Parameter) -> str:
    """Write a constant's value with its error in the last digits, "exact" ones as they are."""
    return with_error(parameter.value, parameter.stderr)


def findings_of(title: str, found: Discovery, checks: tuple[ExportCheck, ...] = ()) -> Findings:
    """Collect what the report shows, in the units of the potential."""
    return Findings(
        title=title,
        potential=found.best,
        front=found.front,
        channels=_channel_data(found),
        mixing=found.mixing,
        exports=checks,
        remarks=found.remarks,
        honesty=found.honesty,
        provenance={**found.best.provenance, "date": time.strftime("%Y-%m-%d")},
    )


def _channel_data(found: Discovery) -> dict[str, ChannelData]:
    units, statistic, splines = found.best.units, found.statistic, found.splines
    places, data = {channel.label: c for c, channel in enumerate(statistic.channels)}, {}
    for c, channel in enumerate(found.best.channels):  # pairs that never meet have none
        basis = statistic.bases[places[channel.label]]
        assert isinstance(basis, KnotSplines)
        counts = statistic.coverage[places[channel.label]].counts[::-1]  # outwards
        measure = channel.measure(units)
        edges = basis.place(np.arange(len(counts), -1, -1)) / measure.length
        curve = SplineCurve(
            splines.r[c] / measure.length, splines.energy[c] / measure.energy, splines.slope[c] / units.force
        )
        data[channel.label] = ChannelData(edges, counts, curve)
    return data
