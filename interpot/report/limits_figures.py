"""The figure of what the data cannot tell: how far rivals are from the chosen formula."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from interpot.formula.deciding import Decision
from interpot.report.figures import coordinate, with_unit
from interpot.report.style import (
    BLUE,
    COLUMN,
    GREEN,
    GREY,
    ORANGE,
    PALE,
    PURPLE,
    in_journal_style,
    plain,
)
from interpot.report.words import in_letters, shortened
from interpot.statistic.channels import measure_of
from interpot.units import UnitStyle

_LOOKS = ((BLUE, "-"), (ORANGE, (0, (4, 2))), (GREEN, (0, (1, 1))), (PURPLE, (0, (4, 1, 1, 1))))


@in_journal_style
def rivals_figure(decisions: Sequence[Decision], units: UnitStyle) -> Figure:
    """Difference of the forces of one channel's rivals from that of the chosen formula, over the spline's error."""
    figure = Figure(figsize=(COLUMN, 2.7), layout="constrained")
    axes = figure.subplots()
    first = decisions[0]
    measure = measure_of(first.of.kind, units)
    r, error = first.r / measure.length, 2 * first.error / units.force
    axes.fill_between(r, -error, error, color=GREY, alpha=0.35, lw=0, label="2 s.e. of the spline")
    axes.axhline(0.0, color=GREY, lw=0.5)
    sampled = np.isfinite(error)
    reach = 0.0
    for decision, (color, ls) in zip(decisions, _LOOKS, strict=False):
        apart = decision.difference / units.force
        axes.plot(r, apart, color=color, ls=ls, label=plain(shortened(in_letters(decision.rival), 30)))
        reach = max(reach, float(np.max(np.abs(apart[sampled]))))
    # the band is wide at the ends, where pairs are few: it must not set the scale
    reach = 1.2 * max(reach, float(np.median(error[sampled])))
    axes.set_ylim(-reach, 1.5 * reach)  # room for the legend
    if not sampled[0]:
        axes.axvspan(r[0], r[sampled][0], color=PALE, lw=0, zorder=0)
    axes.set_xlim(r[0], r[-1])
    axes.set_xlabel(with_unit(coordinate(first.of), measure.coordinate))
    axes.set_ylabel(with_unit("difference of forces", f"{units.energy_unit}/{units.length_unit}"))
    axes.set_title(
        f"{plain(first.channel)}: rivals of {plain(shortened(in_letters(first.chosen), 30))}", loc="left"
    )
    axes.legend(loc="upper right")
    return figure
