"""The figures, one function each: records in, `matplotlib.figure.Figure` out, nothing saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from interpot.comparison import Curve, ForceCheck, Observable
from interpot.formula.band import Band, band
from interpot.formula.channel_formula import ChannelFormula
from interpot.records import FloatArray, IntArray, MdRun
from interpot.report.findings import ChannelData, Findings, SplineCurve
from interpot.report.style import (
    CEILING,
    COLUMN,
    FOUND,
    GREEN,
    GREY,
    PAGE,
    PALE,
    REFERENCE,
    SKY,
    VERMILION,
    in_journal_style,
    plain,
)
from interpot.report.typeset import LEADING, math_extent
from interpot.report.words import raised
from interpot.statistic.channels import Channel
from interpot.units import UnitStyle

_MARKERS = 60  # points of the spline that are drawn
_BINS = 12  # of the sizes of forces, in the figure of residuals
_PARTS = 8  # of the sample, whose scatter gives the errors there
_NAMED_POINTS = {"Voigt component": ("xx", "yy", "zz", "yz", "xz", "xy")}  # abscissae that are no numbers
_SYMBOLS = ("r", "t", "V", "x", "y", "z")
_SCATTER = 5000  # points of the parity plot
_DOTS: dict[str, Any] = {"ls": "", "marker": ".", "ms": 2.5, "mew": 0, "alpha": 0.5, "rasterized": True}


def with_unit(quantity: str, unit: str) -> str:
    """Label an axis: "r (Å)"; no parenthesis for a pure number."""
    return quantity if unit in ("", "1") else f"{quantity} ({plain(raised(unit))})"


def coordinate(channel: ChannelFormula | Channel) -> str:
    """Label an axis with the coordinate of a channel: "$r$", "distance to the wall zlo", "$z$"."""
    if channel.kind == "wall":
        return f"distance to the wall {plain(channel.site)}"
    return f"${channel.site or 'r'}$"


# ---------------------------------------------------------------------------- the potential


@in_journal_style
def potential_figure(findings: Findings, channel: ChannelFormula) -> Figure:
    """φ(r) and the force -φ'(r) of one channel with its error band, over the spline ceiling and the reference.

    Below stand how often each r was seen, and the differences of the forces from the formula's. The spline's φ is
    shifted by a constant, which forces do not fix, to meet the formula at the largest sampled distance.
    """
    data, truth, units = (
        findings.channels.get(channel.label),
        findings.true_channel(channel),
        findings.potential.units,
    )
    figure = Figure(figsize=(PAGE, 3.9 if data else 3.0), layout="constrained")
    panels = figure.subplots(2 if data else 1, 2, sharex=True, squeeze=False,
                             height_ratios=(3, 1) if data else None)  # fmt: skip
    energy, force = panels[0]
    r = np.linspace(_near(channel), channel.cutoff if data and channel.ends else _far(channel), 601)[:-1]
    errors = band(findings.potential, channel, r)
    _curve(energy, r, channel.energy(r), channel.domain, errors.energy, errors.factor)
    _curve(force, r, -channel.slope(r), channel.domain, errors.slope, errors.factor)
    if truth is not None:
        for axes, y in ((energy, truth.energy(r)), (force, -truth.slope(r))):
            axes.plot(r, y, color=REFERENCE, ls=(0, (4, 3)), lw=0.9, label="reference", zorder=5)
    unit, measure = f"{units.energy_unit}/{units.length_unit}", channel.measure(units)
    energy.set_ylabel(with_unit("φ", measure.function))
    force.set_ylabel(with_unit("−φ′", unit))
    if data is not None:
        _histogram(panels[1, 0], data, "pairs" if channel.kind == "pair" else "particles")
        if data.spline is not None:
            _spline_points(energy, force, channel, data.spline)
        _differences(panels[1, 1], channel, truth, data.spline, errors)
        panels[1, 1].set_ylabel(with_unit("difference", unit).replace(" (", "\n("))
    for axes in panels.flat:
        _mark_domain(axes, channel, r[-1])
    for axes in panels[-1]:
        axes.set_xlabel(with_unit(coordinate(channel), measure.coordinate))
    energy.legend(loc="upper right")
    energy.set_title(f"{plain(channel.label)}: {plain(channel.form)}", loc="left")
    figure.align_ylabels()
    return figure


def _near(channel: ChannelFormula) -> float:
    """From where on a function is drawn: a little beyond the sampled range."""
    low, high = channel.domain
    if channel.kind == "friction":  # no speed is negative
        return max(0.0, low - 0.04 * (high - low))
    return 0.92 * low if channel.ends else low - 0.04 * (high - low)


def _far(channel: ChannelFormula) -> float:
    """How far a function is drawn whose tail reaches much farther than its well."""
    if not channel.ends:
        return channel.domain[1] + 0.04 * (channel.domain[1] - channel.domain[0])
    r = np.linspace(*channel.domain, 400)
    energy = channel.energy(r)
    bottom = r[int(energy.argmin())]
    return min(channel.cutoff, 2.5 * bottom if bottom < 0.9 * r[-1] else float(r[-1]))


def _histogram(axes: Axes, data: ChannelData, what: str) -> None:
    axes.stairs(data.counts, data.edges, fill=True, color=GREEN, alpha=0.55, label="sampled")
    axes.set_ylim(0)
    axes.set_ylabel(what)
    axes.yaxis.set_major_locator(MaxNLocator(3))


def _curve(
    axes: Axes, r: FloatArray, y: FloatArray, domain: tuple[float, float], error: FloatArray, factor: float
) -> None:
    axes.axhline(0.0, color=GREY, lw=0.5)
    _shaded(axes, r, y, error, factor)
    axes.plot(r, y, color=FOUND, label="formula", zorder=3)
    inside = y[(r >= domain[0]) & (r <= domain[1]) & np.isfinite(y)]
    if not len(inside):
        return
    low, high = float(inside.min()), float(inside.max())
    if low < 0 < high and high > -2.5 * low:
        high = -2.5 * low  # the well is the picture; the wall runs out of it
    margin = 0.08 * (high - low) or 0.5 * abs(high) or 1.0
    axes.set_ylim(low - margin, high + margin)


def _shaded(axes: Axes, r: FloatArray, y: FloatArray, error: FloatArray, factor: float) -> None:
    """One standard error either way, and the paler 95 %."""
    for half, alpha in ((factor * error, 0.15), (error, 0.25)):
        axes.fill_between(r, y - half, y + half, color=FOUND, alpha=alpha, lw=0, zorder=2)


def _spline_points(energy: Axes, force: Axes, channel: ChannelFormula, spline: SplineCurve) -> None:
    inside = _sampled(channel, spline)
    if not inside.size:
        return
    shown = inside[np.unique(np.linspace(0, inside.size - 1, _MARKERS).astype(int))]
    r, last = spline.r[shown], inside[-1]
    shift = channel.energy(spline.r[last]) - spline.energy[last]
    style: dict[str, Any] = {"ls": "", "marker": "o", "mfc": "none", "mec": CEILING, "mew": 0.9, "zorder": 4}
    values = spline.energy[shown] + shift
    energy.plot(r, values, label="spline ceiling", **style)
    low, high = energy.get_ylim()
    energy.set_ylim(max(min(low, 1.08 * values.min()), -high), high)  # a well that the formula lacks is seen
    force.plot(r, -spline.slope[shown], label="spline ceiling", **style)


def _sampled(channel: ChannelFormula, spline: SplineCurve) -> IntArray:
    return np.flatnonzero((spline.r >= channel.domain[0]) & (spline.r <= channel.domain[1]))


def _differences(
    axes: Axes,
    channel: ChannelFormula,
    truth: ChannelFormula | None,
    spline: SplineCurve | None,
    errors: Band,
) -> None:
    """Forces of spline and reference less the formula's, over its error band."""
    axes.axhline(0.0, color=FOUND, lw=0.8)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    _shaded(axes, errors.r, np.zeros_like(errors.r), errors.slope, errors.factor)
    seen = (errors.r >= channel.domain[0]) & (errors.r <= channel.domain[1]) & np.isfinite(errors.slope)
    reach = [errors.slope[seen] * errors.factor]
    if spline is not None and (inside := _sampled(channel, spline)).size:
        r = spline.r[inside]
        reach.append(channel.slope(r) - spline.slope[inside])
        axes.plot(r, reach[-1], color=CEILING, lw=0.9, label="spline − formula")
    if truth is not None:
        r = errors.r[seen]
        reach.append(channel.slope(r) - truth.slope(r))
        axes.plot(r, reach[-1], color=REFERENCE, lw=0.9, ls=(0, (4, 3)), label="reference − formula")
    # the last points at the ends are the spline's least certain ones: they must not set the scale
    scale = max((1.4 * float(np.quantile(np.abs(y), 0.95)) for y in reach if len(y)), default=0.0) or 1.0
    axes.set_ylim(-scale, scale)


def _mark_domain(axes: Axes, channel: ChannelFormula, last: float) -> None:
    left, right = _near(channel), min(1.02 * last, 1.02 * channel.cutoff) if channel.ends else last
    end = channel.cutoff if channel.ends else right
    shaded: dict[str, Any] = {"fc": PALE, "ec": GREY, "lw": 0.3, "zorder": 0}
    axes.axvspan(left, channel.domain[0], label="not sampled", **shaded)
    if channel.domain[1] < end:
        axes.axvspan(channel.domain[1], end, **shaded)
    if end < right:
        axes.axvline(end, color=GREY, ls=":", lw=0.8, label="cutoff")
    axes.set_xlim(left, right)


# ---------------------------------------------------------------------------- forces


@in_journal_style
def parity_figure(check: ForceCheck, units: UnitStyle) -> Figure:
    """Force components of the found potential against the recorded ones."""
    figure = Figure(figsize=(COLUMN, 3.1), layout="constrained")
    axes = figure.subplots()
    unit = f"{units.energy_unit}/{units.length_unit}"
    x, y = _thinned(check)
    reach = 1.05 * float(np.max(np.abs(x), initial=0.0)) or 1.0
    axes.plot([-reach, reach], [-reach, reach], color=GREY, lw=0.7, label="equal")
    axes.plot(x, y, color=FOUND, label="force components", **_DOTS)
    axes.set_ylabel(with_unit("found $F$", unit))
    axes.set_xlabel(with_unit("recorded $F$", unit))
    words = (
        f"relative error {scientific(check.relative_error)}\nroot mean square {scientific(check.rms)}"
        f"\nworst {scientific(check.worst)}"
    )
    axes.text(0.04, 0.95, words, transform=axes.transAxes, va="top", fontsize=8)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    return figure


@in_journal_style
def residual_figure(check: ForceCheck, units: UnitStyle) -> Figure:
    """Size of the difference of force components against that of the recorded ones, and its mean in bins."""
    figure = Figure(figsize=(COLUMN, 3.1), layout="constrained")
    axes = figure.subplots()
    unit = f"{units.energy_unit}/{units.length_unit}"
    x, y = _thinned(check)
    away = np.abs(y - x)
    shown = (x != 0) & (away > 0)
    axes.plot(np.abs(x[shown]), away[shown], color=SKY, label="components", **_DOTS)
    size, mean, error = binned_residuals(check)
    style: dict[str, Any] = {
        "ls": "",
        "marker": "o",
        "ms": 4,
        "color": VERMILION,
        "mfc": "white",
        "capsize": 2,
    }
    down = np.minimum(error, 0.9 * mean)  # a logarithmic axis has no zero
    axes.errorbar(size, mean, [down, error], label="root mean square", zorder=4, **style)
    if shown.any():
        axes.set(xscale="log", yscale="log")
        low, high = np.quantile(np.abs(x[shown]), 0.005), np.abs(x[shown]).max()
        axes.set_xlim(0.7 * low, 1.4 * high)
        bottom, top = np.quantile(away[shown], 0.02), max(away[shown].max(), mean.max(initial=0.0))
        axes.set_ylim(0.5 * bottom, 8 * top)  # room for the legend
    axes.set_xlabel(with_unit("recorded $|F|$", unit))
    axes.set_ylabel(with_unit(r"$|F_\mathrm{found} - F|$", unit))
    axes.legend(loc="upper left", markerscale=1.5)
    return figure


def binned_residuals(check: ForceCheck) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Root mean square residual of force components in bins of their size that hold as many each.

    Returns
    -------
    size, mean, error : (b,) float64, force unit
        Median size, root mean square, and its standard error from consecutive parts of the sample.
    """
    x, squares = np.abs(check.sample_reference), (check.sample_found - check.sample_reference) ** 2
    order = np.argsort(x, kind="stable")
    rows = []
    for bin in np.array_split(order, _BINS):
        parts = np.array_split(squares[np.sort(bin)], _PARTS)
        means = np.array([part.mean() for part in parts if len(part)])
        if len(means) < _PARTS:
            continue
        mean = float(np.sqrt(squares[bin].mean()))
        error = float(means.std(ddof=1) / np.sqrt(len(means)) / (2 * mean)) if mean > 0 else 0.0
        rows.append((float(np.median(x[bin])), mean, error))
    return tuple(np.array(rows, dtype=np.float64).reshape(-1, 3).T)  # type: ignore[return-value]


def _thinned(check: ForceCheck) -> tuple[FloatArray, FloatArray]:
    every = max(1, -(-check.sample_reference.size // _SCATTER))
    return check.sample_reference[::every], check.sample_found[::every]


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
    reference, named = observable.reference, observable.x_label in _NAMED_POINTS
    draw = _points if named else _band
    if reference is None:
        axes = figure.subplots()
        draw(axes, observable.found, FOUND, "-", "found")
        bottom = axes
    else:
        axes, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        draw(axes, reference, REFERENCE, "-", "reference")
        draw(axes, observable.found, FOUND, (0, (4, 2)), "found")
        _deviation(bottom, observable, named)
    axes.set_ylabel(with_unit(_symbol(observable.name), observable.unit))
    axes.legend(loc="best")
    axes.set_title(plain(observable.name), loc="left")
    label = f"${observable.x_label}$" if observable.x_label in _SYMBOLS else plain(observable.x_label)
    bottom.set_xlabel(with_unit(label, observable.x_unit))
    bottom.set_xlim(observable.found.x[0], observable.found.x[-1])
    if named:
        names = _NAMED_POINTS[observable.x_label]
        bottom.set_xticks(range(1, len(names) + 1), names)
        bottom.set_xlim(0.5, len(names) + 0.5)
    figure.align_ylabels()
    return figure


def _points(axes: Axes, curve: Curve, color: str, ls: Any, label: str) -> None:
    """Draw values that no line joins, reference left and found right of their place."""
    aside = 0.0 if label == "found" and ls == "-" else -0.1 if ls == "-" else 0.1  # alone in the middle
    axes.errorbar(
        curve.x + aside, curve.y, curve.error, color=color, ls="", marker="o", capsize=2, label=label
    )


def _symbol(name: str) -> str:
    """Label an axis with the symbol where the name has one: "g(r) Ar-Ar" → g(r)."""
    if name.startswith("g(r)"):
        return "$g(r)$"
    return "MSD" if name.startswith("mean-square displacement") else plain("\n".join(wrap(name, 26)))


def _band(axes: Axes, curve: Curve, color: str, ls: Any, label: str) -> None:
    axes.fill_between(curve.x, curve.y - curve.error, curve.y + curve.error, color=color, alpha=0.2, lw=0)
    axes.plot(curve.x, curve.y, color=color, ls=ls, label=label)


def _deviation(axes: Axes, observable: Observable, named: bool) -> None:
    """Draw (found - reference)/combined error over the limit of agreement of their root mean square."""
    reference, found = observable.reference, observable.found
    assert reference is not None
    error = np.hypot(reference.error, found.error)
    difference = np.divide(found.y - reference.y, error, out=np.full_like(error, np.nan), where=error > 0)
    if np.isfinite(observable.limit):
        axes.axhspan(-observable.limit, observable.limit, color=PALE, lw=0)
    axes.axhline(0.0, color=GREY, lw=0.6)
    look: dict[str, Any] = {"ls": "", "marker": "o"} if named else {"lw": 0.9}
    axes.plot(found.x, difference, color=FOUND, label="deviation", **look)
    largest = float(np.nanmax(np.abs(difference), initial=0.0)) if np.isfinite(difference).any() else 0.0
    reach = max(3.0, 1.1 * largest, 1.2 * np.nan_to_num(observable.limit))
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
def formula_figure(lines: Sequence[str], size: float) -> Figure:
    """Typeset lines of mathtext, one under the other, to be saved with a tight box."""
    figure = Figure(figsize=(0.1, 0.1))
    below = 0.0
    for line in lines:
        _, ascent, descent = math_extent(line, size)
        below -= ascent
        figure.text(0.0, below / 7.2, f"${line}$", fontsize=size)
        below -= descent + LEADING * size
    return figure
