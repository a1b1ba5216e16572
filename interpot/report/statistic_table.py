"""What a statistic holds, for the terminal."""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.text import Text

from interpot.formula.adequacy import resolved_to
from interpot.report.tables import new_table, table_row
from interpot.report.target_words import ERRORS, motion_behind, told
from interpot.report.words import resolved
from interpot.statistic.channels import measure_of
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective
from interpot.trajectory.motion import RECORDED


def print_statistic(console: Console, statistic: Statistic) -> None:
    """Print how much data there are, where each channel was sampled, and what no such functions can explain."""
    units = statistic.units
    counts = np.unique(statistic.blocks.frames)
    each = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    each += " frame" if counts[-1] == 1 else " frames"
    console.print(
        Text(
            f"{statistic.frames} frames, {statistic.rows} force components, "
            f"{len(statistic.blocks.frames)} blocks of {each}"
        )
    )
    motion = motion_behind(statistic.provenance)
    if motion != RECORDED:
        console.print(Text(told(motion, units, statistic.provenance.get("spacing"))))
    for rows, what in ((statistic.energies, "energies"), (statistic.virials, "components of virials")):
        if rows is not None:
            console.print(Text(f"{rows.rows.sum()} {what}"))
    table = new_table("channel", ">cutoff", ">sampled from", ">to", "unit", ">samples", ">functions")
    for channel, basis, seen in zip(statistic.channels, statistic.bases, statistic.coverage, strict=True):
        measure = measure_of(channel.kind, units)
        ends = (channel.cutoff, seen.minimum, seen.maximum)
        numbers = [f"{r / measure.length:.6g}" if np.isfinite(r) else "–" for r in ends]
        table_row(
            table, [channel.label, *numbers, measure.coordinate, f"{seen.counts.sum()}", f"{basis.size}"]
        )
    console.print("", table, "")
    if statistic.square > 0:
        ceiling, least = Objective.of(statistic).ceiling, resolved_to(statistic)
        console.print(Text(f"spline ceiling: relative force error {resolved(ceiling, least)}"))
    if motion != RECORDED:
        console.print(Text(ERRORS[motion.target], style="dim"))
