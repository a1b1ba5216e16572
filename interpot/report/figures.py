"""The figures, one function each: records in, `matplotlib.figure.Figure` out, nothing saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from interpot.formula.potential import ChannelFormula
from interpot.records import Curve, FloatArray, ForceCheck, MdRun, Observable
from interpot.report.findings import ChannelData, SplineCurve
from interpot.report.style import (
    BLACK,
    BLUE,
    CEILING,
    COLUMN,
    FOUND,
    GREEN,
    GREY,
    PAGE,
    PALE,
    REFERENCE,
    VERMILION,
    in_journal_style,
    plain,
)
from interpot.report.tables import raised, ranked
from interpot.units import UnitStyle

_MARKERS = 60  # points of the spline that are drawn
_LISTED = 14  # candidates that get a number in the Pareto figure
_SCATTER = 5000  # points of the parity plot


def with_unit(quantity: str, unit: str) -> str:
    """Label an axis: "r (Å)"; no parenthesis for a pure number."""
    return quantity if unit in ("", "1") else f"{quantity} ({plain(raised(unit))})"


# ---------------------------------------------------------------------------- the potential


@in_journal_style
def potential_figure(channel: ChannelFormula, data: ChannelData | None, units: UnitStyle) -> Figure:
    """φ(r) and the force -φ'(r) of one channel over the spline ceiling, and how often each r was seen.

    Below the force stands the difference between formula and spline. The spline's φ is shifted by a
    constant, which forces do not fix, to meet the formula at the largest sampled distance.
    """
    figure = Figure(figsize=(PAGE, 3.9 if data else 3.0), layout="constrained")
    panels = figure.subplots(2 if data else 1, 2, sharex=True, squeeze=False,
                             height_ratios=(3, 1) if data else None)  # fmt: skip
    energy, force = panels[0]
    r = np.linspace(0.92 * channel.domain[0], channel.cutoff, 601)[:-1]
    unit = f"{units.energy_unit}/{units.length_unit}"
    _curve(energy, r, channel.energy(r), channel.domain)
    _curve(force, r, -channel.slope(r), channel.domain)
    energy.set_ylabel(with_unit("φ", units.energy_unit))
    force.set_ylabel(with_unit("−φ′", unit))
    if data is not None:
        seen, rest = panels[1]
        seen.stairs(data.counts, data.edges, fill=True, color=GREEN, alpha=0.55, label="sampled")
        seen.set_ylim(0)
        seen.set_ylabel("pairs")
        rest.set_ylabel(with_unit("difference", unit).replace(" (", "\n("))
        if data.spline is not None:
            _spline_points(energy, force, rest, channel, data.spline)
        for axes in panels[1]:
            axes.yaxis.set_major_locator(MaxNLocator(3))
    for axes in panels.flat:
        _mark_domain(axes, channel)
    for axes in panels[-1]:
        axes.set_xlabel(with_unit("$r$", units.length_unit))
    energy.legend(loc="upper right")
    energy.set_title(f"{plain(channel.label)}: {plain(channel.form)}", loc="left")
    figure.align_ylabels()
    return figure


def _curve(axes: Axes, r: FloatArray, y: FloatArray, domain: tuple[float, float]) -> None:
    axes.axhline(0.0, color=GREY, lw=0.5)
    axes.plot(r, y, color=FOUND, label="formula", zorder=3)
    inside = y[(r >= domain[0]) & (r <= domain[1]) & np.isfinite(y)]
    if not len(inside):
        return
    low, high = float(inside.min()), float(inside.max())
    if low < 0 < high and high > -2.5 * low:
        high = -2.5 * low  # the well is the picture; the wall runs out of it
    margin = 0.08 * (high - low) or 1.0
    axes.set_ylim(low - margin, high + margin)


def _spline_points(
    energy: Axes, force: Axes, rest: Axes, channel: ChannelFormula, spline: SplineCurve
) -> None:
    inside = np.flatnonzero((spline.r >= channel.domain[0]) & (spline.r <= channel.domain[1]))
    if not inside.size:
        return
    shown = inside[np.unique(np.linspace(0, inside.size - 1, _MARKERS).astype(int))]
    r, last = spline.r[shown], inside[-1]
    shift = channel.energy(spline.r[last]) - spline.energy[last]
    style: dict[str, Any] = {"ls": "", "marker": "o", "mfc": "none", "mec": CEILING, "mew": 0.9, "zorder": 4}
    energy.plot(r, spline.energy[shown] + shift, label="spline ceiling", **style)
    force.plot(r, -spline.slope[shown], label="spline ceiling", **style)
    rest.axhline(0.0, color=GREY, lw=0.5)
    # the last points at the ends are the spline's least certain ones: they must not set the scale
    difference = -channel.slope(spline.r[inside]) + spline.slope[inside]
    rest.plot(spline.r[inside], difference, color=FOUND, lw=0.9, label="formula − spline")
    scale = 1.4 * float(np.quantile(np.abs(difference), 0.95)) or 1.0
    rest.set_ylim(-scale, scale)


def _mark_domain(axes: Axes, channel: ChannelFormula) -> None:
    left, right = 0.92 * channel.domain[0], 1.02 * channel.cutoff
    axes.axvspan(left, channel.domain[0], color=PALE, lw=0, zorder=0, label="not sampled")
    if channel.domain[1] < channel.cutoff:
        axes.axvspan(channel.domain[1], channel.cutoff, color=PALE, lw=0, zorder=0)
    axes.axvline(channel.cutoff, color=GREY, ls=":", lw=0.8, label="cutoff")
    axes.set_xlim(left, right)


# ---------------------------------------------------------------------------- Pareto front


@in_journal_style
def pareto_figure(front: pd.DataFrame, ceiling: float, title: str = "", error: str = "force error") -> Figure:
    """Relative error against the number of constants: the front, the chosen formula and the spline ceiling.

    The best candidates have numbers, listed beside the figure in the order of their loss.
    """
    figure = Figure(figsize=(PAGE, 3.4), layout="constrained")
    axes, key = figure.subplots(1, 2, width_ratios=(3, 2))
    best = ranked(front)
    x, y = _dodged(best), positive(best["loss"])
    staircase = best.groupby("constants")["loss"].min().cummin()
    axes.step(staircase.index, positive(staircase), where="post", color=GREY, lw=0.8, zorder=1)
    _error_bars(axes, x, best)
    same, chosen = best["indistinguishable"].to_numpy(bool), best["chosen"].to_numpy(bool)
    axes.plot(x, y, ls="", marker="o", mfc="white", mec=BLUE, ms=5, label="candidate", zorder=3)
    _marked(axes, x, y, same & ~chosen, marker="o", mfc=BLUE, mec=BLUE, ms=5, label="indistinguishable")
    _marked(axes, x, y, chosen, marker="*", mfc=VERMILION, mec=BLACK, mew=0.6, ms=12, label="chosen")
    if np.isfinite(ceiling) and ceiling > 0:
        axes.axhline(ceiling, color=CEILING, ls="--", lw=1, label="spline ceiling")
    axes.set_yscale("log")
    axes.margins(y=0.15)
    axes.set_xlim(best["constants"].min() - 0.5, max(best["constants"].max(), x.max()) + 0.5)
    every = max(1, int(np.ptp(best["constants"])) // 12)
    axes.set_xticks(np.arange(best["constants"].min(), best["constants"].max() + 1, every))
    axes.set_xlabel("number of constants")
    axes.set_ylabel(f"relative {error}")
    axes.set_title(plain(title), loc="left")
    figure.legend(loc="outside lower left", ncols=5, handletextpad=0.4, columnspacing=1.2)
    for number in range(min(len(best), _LISTED)):
        height = 9 if chosen[number] else 6
        place = (x[number], y[number])
        axes.annotate(str(number + 1), place, (0, height), textcoords="offset points", ha="center", size=8)
    _key(key, best)
    return figure


def positive(values: pd.Series) -> FloatArray:
    """Values for a logarithmic axis: what is zero stands at the smallest double precision can tell."""
    return np.asarray(np.maximum(values.to_numpy(dtype=np.float64), 1e-16))


def _dodged(best: pd.DataFrame) -> FloatArray:
    """Abscissae, shifted where several candidates with as many constants are as good."""
    constants = best["constants"].to_numpy(dtype=np.float64)
    height = np.log10(positive(best["loss"]))
    close, step = 0.09 * (np.ptp(height) + 0.1), 0.045 * (np.ptp(constants) + 1.0)
    x = constants.copy()
    for index in range(1, len(x)):
        taken = [
            x[other]
            for other in range(index)
            if constants[other] == constants[index] and abs(height[other] - height[index]) < close
        ]
        while any(abs(x[index] - place) < 0.9 * step for place in taken):
            x[index] += step
    return x


def _marked(axes: Axes, x: FloatArray, y: FloatArray, which: NDArray[np.bool_], **style: Any) -> None:
    if which.any():
        axes.plot(x[which], y[which], ls="", zorder=4, **style)


def _error_bars(axes: Axes, x: FloatArray, best: pd.DataFrame) -> None:
    mean, error = best["cross_validated"].to_numpy(np.float64), best["stderr"].to_numpy(np.float64)
    known = np.isfinite(mean) & (mean > 0)
    down = np.minimum(np.nan_to_num(error), 0.9 * np.where(known, mean, 0.0))
    bars = np.array([down, np.nan_to_num(error)])[:, known]
    axes.errorbar(
        x[known], mean[known], bars, ls="", marker="_", ms=7, color=GREY, lw=0.8, label="cross-validated"
    )


def _key(axes: Axes, best: pd.DataFrame) -> None:
    axes.axis("off")
    for number, row in enumerate(best.head(_LISTED).itertuples(), start=1):
        height = 1.0 - (number - 0.5) / _LISTED
        weight = "bold" if row.chosen else "normal"
        axes.text(0.05, height, str(number), fontsize=8, weight=weight, va="center", ha="right")
        axes.text(0.09, height, plain(shortened(str(row.form), 36)), fontsize=8, weight=weight, va="center")
    if len(best) > _LISTED:
        axes.text(0.09, -0.5 / _LISTED, f"and {len(best) - _LISTED} more", fontsize=8, va="center")
    axes.set_xlim(0, 1)
    axes.set_ylim(-1 / _LISTED, 1)


def shortened(text: str, length: int) -> str:
    """Cut a long name."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


# ---------------------------------------------------------------------------- forces


@in_journal_style
def parity_figure(check: ForceCheck, units: UnitStyle) -> Figure:
    """Force components of the found potential against the recorded ones, and their difference."""
    figure = Figure(figsize=(COLUMN, 3.7), layout="constrained")
    parity, rest = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    unit = f"{units.energy_unit}/{units.length_unit}"
    every = max(1, -(-check.sample_reference.size // _SCATTER))
    x, y = check.sample_reference[::every], check.sample_found[::every]
    dots: dict[str, Any] = {"ls": "", "marker": ".", "ms": 2.5, "mew": 0, "alpha": 0.5, "rasterized": True}
    reach = 1.05 * float(np.max(np.abs(x), initial=0.0)) or 1.0
    parity.plot([-reach, reach], [-reach, reach], color=GREY, lw=0.7, label="equal")
    parity.plot(x, y, color=FOUND, label="force components", **dots)
    parity.set_ylabel(with_unit("found $F$", unit))
    parity.text(
        0.04,
        0.95,
        f"relative error {scientific(check.relative_error)}\nroot mean square {scientific(check.rms)}"
        f"\nworst {scientific(check.worst)}",
        transform=parity.transAxes,
        va="top",
        fontsize=8,
    )
    rest.axhline(0.0, color=GREY, lw=0.7)
    rest.plot(x, y - x, color=VERMILION, label="found − recorded", **dots)
    rest.set_ylabel(with_unit("difference", unit).replace(" (", "\n("))
    rest.set_xlabel(with_unit("recorded $F$", unit))
    rest.yaxis.set_major_locator(MaxNLocator(3))
    parity.set_xlim(-reach, reach)
    parity.set_ylim(-reach, reach)
    figure.align_ylabels()
    return figure


def scientific(value: float, digits: int = 2) -> str:
    """Write a number in mathtext: 2.3 × 10⁻⁷."""
    if not np.isfinite(value) or value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.{digits}g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return rf"${mantissa}\times 10^{{{int(exponent)}}}$"


# ---------------------------------------------------------------------------- the proof


@in_journal_style
def observable_figure(observable: Observable) -> Figure:
    """One observable as a function, in both runs, with error bands; below, their distance in errors."""
    figure = Figure(figsize=(COLUMN, 3.0), layout="constrained")
    reference = observable.reference
    if reference is None:
        axes = figure.subplots()
        _band(axes, observable.found, FOUND, "-", "found")
        bottom = axes
    else:
        axes, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        _band(axes, reference, REFERENCE, "-", "reference")
        _band(axes, observable.found, FOUND, (0, (4, 2)), "found")
        _deviation(bottom, reference, observable.found)
    axes.set_ylabel(with_unit(_symbol(observable.name), observable.unit))
    axes.legend(loc="best")
    axes.set_title(plain(observable.name), loc="left")
    label = f"${observable.x_label}$" if observable.x_label in ("r", "t") else plain(observable.x_label)
    bottom.set_xlabel(with_unit(label, observable.x_unit))
    bottom.set_xlim(observable.found.x[0], observable.found.x[-1])
    figure.align_ylabels()
    return figure


def _symbol(name: str) -> str:
    """Label an axis with the symbol where the name has one: "g(r) Ar-Ar" → g(r)."""
    if name.startswith("g(r)"):
        return "$g(r)$"
    return "MSD" if name.startswith("mean-square displacement") else plain(shortened(name, 32))


def _band(axes: Axes, curve: Curve, color: str, ls: Any, label: str) -> None:
    axes.fill_between(curve.x, curve.y - curve.error, curve.y + curve.error, color=color, alpha=0.2, lw=0)
    axes.plot(curve.x, curve.y, color=color, ls=ls, label=label)


def _deviation(axes: Axes, reference: Curve, found: Curve) -> None:
    """Draw (found - reference)/combined error; two of them either way are nothing to wonder about."""
    error = np.hypot(reference.error, found.error)
    difference = np.divide(found.y - reference.y, error, out=np.full_like(error, np.nan), where=error > 0)
    axes.axhspan(-2, 2, color=PALE, lw=0)
    axes.axhline(0.0, color=GREY, lw=0.6)
    axes.plot(found.x, difference, color=FOUND, lw=0.9, label="deviation")
    largest = float(np.nanmax(np.abs(difference), initial=0.0)) if np.isfinite(difference).any() else 0.0
    reach = max(3.0, 1.1 * largest)
    axes.set_ylim(-reach, reach)
    axes.set_ylabel("deviation\n(std. errors)")


@in_journal_style
def energy_figure(runs: Mapping[str, MdRun], units: UnitStyle, particles: int | None) -> Figure:
    """Total energy against time in both runs, relative to where each starts; per particle if known."""
    figure = Figure(figsize=(COLUMN, 2.5), layout="constrained")
    axes = figure.subplots()
    looks = {"reference": (REFERENCE, "-"), "found": (FOUND, (0, (4, 2)))}
    for name, run in runs.items():
        total, time = run.thermo["total"], run.thermo["time"]
        color, ls = looks.get(name, (VERMILION, "-"))
        change = (total - total[0]) / (particles or 1)
        axes.plot(time - time[0], change, color=color, ls=ls, lw=1, label=plain(name))
    share = r"/\,n" if particles else ""
    axes.set_ylabel(with_unit(rf"$[E(t) - E(0)]{share}$", units.energy_unit))
    axes.set_xlabel(with_unit("$t$", units.time_unit))
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.25 * (high - low))  # room for the legend
    axes.legend(loc="upper left", ncols=2)
    axes.set_title("total energy", loc="left")
    return figure


@in_journal_style
def formula_figure(lines: list[str], size: float = 17.0) -> Figure:
    """Typeset lines of mathtext, one under the other, to be saved with a tight box."""
    figure = Figure(figsize=(0.1, 0.1))
    for number, line in enumerate(lines):
        figure.text(0.0, -number * 3.2 * size / 72 / 0.1, f"${line}$", fontsize=size, va="center")
    return figure
