"""The figures: error of the constants against the interval between frames, and against the width of the windows."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from interpot.report.style import BLACK, BLUE, GREEN, GREY, ORANGE, PAGE, VERMILION, in_journal_style
from observing.summary import TITLES, WISHED

STYLES = {
    "recorded": (BLACK, "s"), "momenta": (GREEN, "D"), "positions": (BLUE, "o"),
    "difference": (VERMILION, "^"), "smoothed": (ORANGE, "v"),
}  # fmt: skip
"""Method → colour and mark."""


@in_journal_style
def errors_figure(frame: pd.DataFrame) -> Figure:
    """A panel for each liquid and noise; marks are filled where the form is exact."""
    panels = list(frame.groupby(["liquid", "noise"]))
    lines = -(-len(panels) // 2)
    figure = Figure(figsize=(PAGE, 0.7 + 2.2 * lines), layout="constrained")
    grid = figure.subplots(lines, min(len(panels), 2), sharex=True, sharey=True, squeeze=False)
    for axes, ((liquid, noise), cases) in zip(grid.flat, panels, strict=False):
        _panel(axes, cases)
        _wishes(axes, noise)
        axes.set_title(f"{liquid}, {_words(noise)}")
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    for row in grid:
        row[0].set_ylabel("error of constants (filled)\nor forces (open)")
    intervals = sorted(frame.interval_fs.unique())
    for axes in grid[-1]:
        axes.set_xlabel("time between frames / fs")
        axes.set_xticks(intervals, [f"{x:g}" for x in intervals])
        axes.set_xticks([], minor=True)
    marks = {
        line.get_label(): line for axes in grid.flat for line in axes.lines if line.get_label()[0] != "_"
    }
    figure.legend(handles=list(marks.values()), loc="outside lower center", ncols=3)
    return figure


def _words(noise: float) -> str:
    return f"noise {noise:.1%} of σ" if noise else "no noise"


def _panel(axes: Axes, cases: pd.DataFrame) -> None:
    """Constants where the form is exact (filled), else the error of the forces (open)."""
    axes.set(xscale="log", yscale="log")
    for method, (colour, mark) in STYLES.items():
        mine = cases[cases.method == method].sort_values("interval_fs")
        if mine.empty:
            continue
        shown = mine.error.where(mine.exact, mine.force_error)
        axes.plot(mine.interval_fs, shown, color=colour, linewidth=0.8, label=TITLES[method], marker=mark)
        wrong = mine[~mine.exact.astype(bool)]
        axes.plot(wrong.interval_fs, wrong.force_error, mark, color=colour, mfc="white")


def _wishes(axes: Axes, noise: float) -> None:
    """Short lines where the errors of positions and momenta were to be."""
    for method, interval, of_noise, wished in WISHED:
        if of_noise == noise:
            colour = STYLES[method][0]
            axes.plot(
                [interval / 1.25, interval * 1.25], [wished] * 2, color=colour, linewidth=2.2, alpha=0.35
            )


@in_journal_style
def widths_figure(frame: pd.DataFrame) -> Figure:
    """Error of ε and σ with the form known, against the half-width in time; a curve for each interval."""
    panels = list(frame.groupby(["method", "noise"]))
    figure = Figure(figsize=(PAGE, 2.9), layout="constrained")
    grid = figure.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)[0]
    colours = dict(
        zip(sorted(frame.interval_fs.unique()), (BLACK, BLUE, GREEN, ORANGE, VERMILION, GREY), strict=False)
    )
    for axes, ((method, noise), cases) in zip(grid, panels, strict=True):
        for interval, mine in cases.groupby("interval_fs"):
            axes.plot(
                mine.half_width_fs,
                mine.error,
                "o-",
                color=colours[interval],
                label=f"{interval:g} fs",
                linewidth=0.8,
            )
        axes.set(xscale="log", yscale="log", xlabel="half-width / fs", title=f"{method}, {_words(noise)}")
    grid[0].set_ylabel("error of the constants, form known")
    marks = {line.get_label(): line for axes in grid for line in axes.lines}
    figure.legend(handles=list(marks.values()), loc="outside lower center", ncols=6)
    return figure
