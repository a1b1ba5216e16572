"""What is shown of a table of energies: the points beside the formula, and what is left of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console

from interpot.formula.channel_formula import ChannelFormula
from interpot.records import FloatArray
from interpot.report.document import Block, Heading, Table
from interpot.report.figures import with_unit
from interpot.report.findings import Findings
from interpot.report.style import BLACK, FOUND, GREY, PAGE, in_journal_style, plain
from interpot.report.tables import new_table, table_row
from interpot.report.words import short
from interpot.units import ENERGY_NAMES, UnitStyle

_FINE = 800  # points of a curve that is drawn
_ERROR = "Relative energy error ‖(φ − E)/σ‖ / ‖E/σ‖ over the points, with the errors σ that were taken."


def residual_frame(points: pd.DataFrame, units: UnitStyle) -> pd.DataFrame:
    """Root mean square residuals of each channel: where it attracts, and everywhere in units of the error taken.

    Energies are in the unit of the table, where that states one.
    """
    rows = []
    for label, group in points.groupby("channel", sort=False):
        residual = group["residual"].to_numpy()
        well = group["energy"].to_numpy() - _zero(group) < 0
        unit, scale = table_unit(group, units)
        rows.append(
            {
                "channel": label,
                "points": len(group),
                "well": scale * _rms(residual[well]),
                "depth": scale * float(_zero(group) - group["energy"].min()),
                "unit": unit,
                "weighted": _rms(residual / group["sigma"].to_numpy()),
                "worst": float(np.abs(residual / group["sigma"].to_numpy()).max()),
            }
        )
    return pd.DataFrame(rows)


def table_unit(points: pd.DataFrame, units: UnitStyle) -> tuple[str, float]:
    """Name of the unit of energy that a table states, and what turns energies of the style into it."""
    name = str(points["table_unit"].iloc[0]) if "table_unit" in points else units.energy_unit
    value = {named: value for value, named in ENERGY_NAMES.items()}.get(name)
    return (units.energy_unit, 1.0) if value is None or units.name == "lj" else (name, units.energy / value)


def _zero(group: pd.DataFrame) -> float:
    """The energy of two particles that do not interact: e_0 where it was fitted."""
    return float(group["offset"].iloc[0])


def _rms(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(values**2))) if len(values) else float("nan")


def print_residuals(console: Console, points: pd.DataFrame, units: UnitStyle) -> None:
    """Print for each channel what the formula leaves of the table."""
    columns = (">points", ">depth of the well", ">rms residual in it", "unit", ">rms residual/σ", ">worst")
    shown = new_table("channel", *columns)
    for row in residual_frame(points, units).to_dict("records"):
        numbers = [short(row[name]) for name in ("weighted", "worst")]
        well = [short(row["depth"]), short(row["well"])] if row["depth"] > 0 else ["–", "–"]
        table_row(shown, [str(row["channel"]), str(row["points"]), *well, str(row["unit"]), *numbers])
    console.print("", shown)


@in_journal_style
def curve_figure(channel: ChannelFormula, points: pd.DataFrame, units: UnitStyle) -> Figure:
    """The points of a table and the formula: the well on the left, all decades on the right, residuals below."""
    figure = Figure(figsize=(PAGE, 3.9), layout="constrained")
    (well, whole), (rest, weighted) = figure.subplots(2, 2, sharex="col", height_ratios=(3, 1))
    r, shift = points["r"].to_numpy(), _zero(points)
    energy, residual = points["energy"].to_numpy() - shift, points["residual"].to_numpy()
    fine = np.geomspace(r.min(), min(r.max(), channel.cutoff), _FINE)[:-1]
    marks = {"ls": "", "marker": "o", "mfc": "none", "mec": BLACK, "mew": 0.8, "zorder": 4}
    for axes, shown in ((well, lambda y: y), (whole, np.abs)):
        axes.plot(fine, shown(channel.energy(fine)), color=FOUND, label="formula")
        axes.plot(r, shown(energy), label="table", **marks)
    near = _well_limits(well, r, energy)
    unit, finer = table_unit(points, units)
    for axes, left in ((rest, finer * residual), (weighted, residual / points["sigma"].to_numpy())):
        axes.plot(r, left, color=FOUND, lw=0.6, marker="o", ms=2.5)
    scale = 1.3 * finer * float(np.abs(residual[near]).max()) or 1.0
    rest.set_ylim(-scale, scale)
    for axes in (well, rest, weighted):
        axes.axhline(0.0, color=GREY, lw=0.5)
    whole.set(xscale="log", yscale="log")
    _round_ticks(whole, r)
    well.set_ylabel(with_unit("φ", units.energy_unit))
    whole.set_ylabel(with_unit("|φ|", units.energy_unit))
    rest.set_ylabel(with_unit("formula − table", unit).replace(" (", "\n("))
    weighted.set_ylabel("(formula − table)\n/ σ")
    for axes in (rest, weighted):
        axes.set_xlabel(with_unit("$r$", units.length_unit))
    well.legend(loc="upper right")
    well.set_title(f"{plain(channel.label)}: {plain(channel.form)}", loc="left")
    figure.align_ylabels()
    return figure


def _round_ticks(axes: Axes, r: FloatArray) -> None:
    """Mark 1, 2, 3, 5 times powers of ten on the logarithmic axis of distances, which spans hardly one decade."""
    decades = 10.0 ** np.arange(np.floor(np.log10(r.min())), np.log10(r.max()) + 1)
    ticks = np.outer(decades, (1, 2, 3, 5)).ravel()
    inside = ticks[(ticks >= 0.95 * r.min()) & (ticks <= 1.05 * r.max())]
    axes.set_xticks(inside, [f"{tick:g}" for tick in inside])
    axes.set_xticks([], minor=True)


def _well_limits(axes: Axes, r: FloatArray, energy: FloatArray) -> NDArray[np.bool_]:
    """Set the axes to the well, where there is one; returns which points lie there."""
    depth = -float(energy.min())
    if depth <= 0 or energy.max() < 2.5 * depth:
        return np.ones(len(r), dtype=bool)
    bottom = r[energy.argmin()]
    near = (energy < 2.5 * depth) & (r < 2.2 * bottom)
    axes.set(xlim=(0.95 * r[near].min(), 2.2 * bottom), ylim=(-1.15 * depth, 2.5 * depth))
    return np.asarray(near)


def energies_section(findings: Findings) -> list[Block]:
    """The part of the page that says how well the formulas explain the table."""
    potential, points = findings.potential, findings.points
    assert points is not None
    loss = potential.loss
    rows = (
        ("closed form", short(loss.formula), "on the points it was fitted to"),
        (
            "closed form, cross-validated",
            short(loss.cross_validated),
            "on points its constants have not seen",
        ),
    )
    errors = Table(_ERROR, ("model", ">error", "meaning"), rows)
    left = tuple(
        (
            row["channel"],
            str(row["points"]),
            short(row["depth"]),
            short(row["well"]),
            row["unit"],
            short(row["weighted"]),
        )
        for row in residual_frame(points, potential.units).to_dict("records")
    )
    columns = ("channel", ">points", ">depth of the well", ">rms residual in it", "unit", ">rms residual/σ")
    residuals = Table("What the formulas leave of the table.", columns, left)
    return [Heading("How well it explains the energies"), errors, residuals]


def curve_caption(label: str) -> str:
    """What the figure of a curve shows."""
    return (
        f"{label}. The points of the table and the formula: the well, and all energies by size. Below, the residuals, "
        "and these in units of the error σ that was taken."
    )
