"""The figures: errors against n, m and l with the law, and the share of small data sets that give the exact form."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from erring.law import LAW, slope_of
from interpot.report.style import BLUE, GREY, ORANGE, PAGE, VERMILION, in_journal_style

PANELS = {"n": "particles $n$", "m": "frames $m$, 0.1 ps apart", "l": "runs $l$"}
COLOURS = {"epsilon": BLUE, "sigma": VERMILION}
LETTERS = {"epsilon": "ε", "sigma": "σ"}


@in_journal_style
def errors_figure(errors: pd.DataFrame) -> Figure:
    """Three panels: deviations (points), what was reported (lines), the law (grey)."""
    figure = Figure(figsize=(PAGE, 2.7), layout="constrained")
    for axes, (question, label) in zip(figure.subplots(1, 3, sharey=True), PANELS.items(), strict=True):
        _panel(axes, errors[errors.question == question])
        if question == "m":
            _persistent(axes, errors[errors.question == "m persistent"])
        axes.set(xscale="log", yscale="log", xlabel=label)
        numbers = errors[errors.question == question].number.to_numpy()
        axes.set_xticks(numbers[::2], [f"{number:d}" for number in numbers[::2]])
        axes.set_xticks([], minor=True)
        axes.legend(loc="lower left", fontsize=7)
    low, high = axes.get_ylim()
    axes.set_ylim(low / (high / low) ** 0.3, high)  # room for the legends
    figure.axes[0].set_ylabel("relative error of the constant")
    return figure


def _panel(axes: Axes, group: pd.DataFrame) -> None:
    x, N, k = (group[name].to_numpy(float) for name in ("number", "rows", "repeats"))
    for name, colour in COLOURS.items():
        y = group[name].to_numpy(float)
        line = slope_of(N, y, k)
        words = f"{LETTERS[name]}: slope ${line.slope:.2f} \\pm {line.error:.2f}$"
        axes.errorbar(
            x, y, y / np.sqrt(2 * k), fmt="o", color=colour, label=words, capsize=1.5, linewidth=0.8
        )
        axes.plot(x, group[f"{name}_error"], color=colour, linewidth=0.8)
        centre = np.exp(np.mean(np.log(y) - LAW * np.log(N)))
        axes.plot(x, centre * N**LAW, color=GREY, linestyle="--", linewidth=0.8, zorder=0)


def _persistent(axes: Axes, group: pd.DataFrame) -> None:
    x, k = (group[name].to_numpy(float) for name in ("number", "repeats"))
    y = group["sigma"].to_numpy(float)
    axes.errorbar(
        x, y, y / np.sqrt(2 * k), fmt="s", mfc="none", color=ORANGE, label="σ, noise that lasts 0.5 ps", capsize=1.5,
        linewidth=0.8,
    )  # fmt: skip
    axes.plot(x, group["sigma_error"], color=ORANGE, linewidth=0.8)


@in_journal_style
def smallest_figure(table: pd.DataFrame) -> Figure:
    """Share of the data sets with the exact form against their number of force components."""
    figure = Figure(figsize=(PAGE / 2, 2.6), layout="constrained")
    axes = figure.subplots()
    for (noise, group), colour, mark in zip(table.groupby("noise"), (BLUE, VERMILION), "os", strict=False):
        x = group.sort_values("rows")
        label = f"{noise:.0%} noise: exact form" if noise else "no noise: exact form, constants to $10^{-6}$"
        axes.plot(x["rows"], x.exact / x.sets, color=colour, marker=mark, label=label)
    axes.axhline(0.95, color=GREY, linestyle="--", linewidth=0.8)
    axes.set(
        xscale="log", ylim=(-0.05, 1.3), xlabel="force components $3lmn$", ylabel="share of the data sets"
    )
    axes.legend(loc="upper left")
    return figure
