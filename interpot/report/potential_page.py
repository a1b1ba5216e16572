"""The section on the potential: its formulas, its constants, its curves with their error band."""

from __future__ import annotations

import math

import numpy as np
from sympy.printing.pretty.pretty_symbology import pretty_symbol

from interpot.formula.band import band
from interpot.formula.channel_formula import ChannelFormula
from interpot.report import curve, figures, frames
from interpot.report.document import Block, Entry, Heading, Panel, Plots, Table
from interpot.report.findings import Findings, written
from interpot.report.formulas import formula
from interpot.report.words import raised, short, typeset, unique_names
from interpot.units import UnitStyle

_VISIBLE = 0.004  # of an axis: half the width of a line


def potential_section(findings: Findings) -> list[Block]:
    """Formulas, constants, a figure for each channel."""
    potential = findings.potential
    blocks: list[Block] = [Heading("The potential"), *map(formula, potential.channels), *_constants(findings)]
    names = unique_names([c.label for c in potential.channels])
    for channel, name in zip(potential.channels, names, strict=True):
        drawn = figures.potential_figure(findings, channel)
        alt = f"Potential and force of {channel.label} against {'distance' if channel.ends else channel.variable}"
        blocks.append(Plots(_caption(findings, channel), (Panel(drawn, f"potential_{name}", alt),)))
        if findings.points is not None:
            points = findings.points[findings.points["channel"] == channel.label]
            drawn = curve.curve_figure(channel, points, potential.units)
            panel = Panel(drawn, f"curve_{name}", f"Table and formula of {channel.label}")
            blocks.append(Plots(curve.curve_caption(channel.label), (panel,)))
    return blocks


def _caption(findings: Findings, channel: ChannelFormula) -> str:
    """What the figure shows; of the second and further channels only what is their own."""
    data, truth = findings.channels.get(channel.label), findings.true_channel(channel)
    zero = _end(channel, findings.potential.units)
    if channel != findings.potential.channels[0]:
        words = [f"{channel.label}, as above; {zero}."]
        return " ".join([*words, *_band_words(findings, channel)])
    words = [
        f"{channel.label}. Potential φ({channel.variable}) and force −φ′({channel.variable}); what is shaded was not "
        f"sampled, {zero}."
    ]
    if truth is not None:
        words.append("Dashed: the reference, the same form with the constants that the engine was given.")
    if data is not None:
        words.append("Below, how often each distance was seen.")
    if data is not None and data.spline is not None:
        words.append(
            "Circles: the spline, the best that any function of the distance can do; its φ is shifted to meet the "
            "formula at the largest distance, since forces fix no constant."
        )
    if truth is not None or (data is not None and data.spline is not None):
        words.append("Below right, the difference of the forces from the formula's.")
    return " ".join([*words, *_band_words(findings, channel)])


def _end(channel: ChannelFormula, units: UnitStyle) -> str:
    """Where the function ends; of friction, what it is."""
    if channel.kind == "friction":
        return "φ(v) is Rayleigh's dissipation function of the speed, and −φ′(v) the force along the velocity"
    if channel.ends:
        return f"from {channel.cutoff:.6g} {channel.measure(units).coordinate} on the function is zero"
    return "the field goes on"


def _band_words(findings: Findings, channel: ChannelFormula) -> list[str]:
    """How wide the error band is, in words where it is too narrow to be seen."""
    units = findings.potential.units
    r = np.linspace(*channel.domain, 400)
    r = r[r < channel.cutoff] if channel.ends else r
    found = band(findings.potential, channel, r)
    if not (np.isfinite(found.energy).all() and np.isfinite(found.slope).all()) or not found.energy.any():
        return []
    energy, force = float(found.energy.max()), float(found.slope.max())
    depth = float(np.abs(channel.energy(r)).max())
    of_force = f"{units.energy_unit}/{units.length_unit}"
    sizes = f"{short(energy, 2)} {channel.measure(units).function} in φ and {short(force, 2)} {of_force} in the force"
    if energy < _VISIBLE * depth:
        return [
            f"The error band of the formula is thinner than the line: one standard error is at most {sizes}."
        ]
    return [f"Blue bands: one standard error of the formula, at most {sizes}, and its 95 % interval, paler."]


def _constants(findings: Findings) -> list[Block]:
    frame = frames.constants_frame(findings)
    if frame.empty:
        return []
    known = bool(frame["truth"].notna().any())
    rows: list[tuple[Entry, ...]] = []
    marked, last = list[str](), ""
    constants = ((c, p) for c in findings.potential.channels for p in c.plain.parameters)
    for (channel, parameter), (_, row) in zip(constants, frame.iterrows(), strict=True):
        fresh = channel.label != last
        last = channel.label
        value, unit = typeset(written(parameter)), raised(channel.unit(parameter, findings.potential.units))
        cells = [channel.label if fresh else "", pretty_symbol(parameter.name), value, unit]
        if known:
            truth = f"{row['truth']:.10g} {raised(row['truth_unit'])}" if math.isfinite(row["truth"]) else "–"
            cells += [typeset(truth.strip()), short(row["relative_deviation"], 2)]
        rows.append(tuple(cells))
        marked.append("group" if fresh else "")
    columns = ["channel", "constant", ">value", "unit"]
    words = "The constants; in parentheses the standard error of the last digits"
    if known:
        columns += [">reference", ">relative deviation"]
        words += ", beside them what the reference was given"
    return [Table(f"{words}.", tuple(columns), tuple(rows), tuple(marked))]
