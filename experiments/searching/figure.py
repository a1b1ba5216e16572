"""The figure: forms down, methods across, each case a square with its force error."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from interpot.report.style import GREEN, PAGE, PALE, SKY, in_journal_style
from searching.summary import STATES

COLOURS = (GREEN, SKY, PALE)
_ROW = 0.17  # inches
_BLANK = "white"


@in_journal_style
def reach_figure(frame: pd.DataFrame) -> Figure:
    """Draw every case; a dot marks those in which a formula that reaches the truth was shown, but not chosen."""
    forms, noises = list(dict.fromkeys(frame.form)), sorted(frame.noise.unique())
    methods = list(dict.fromkeys(frame.method))
    figure = Figure(figsize=(PAGE, 1.7 + _ROW * len(forms)), layout="constrained")
    parts = figure.subplots(1, len(noises), sharey=True, squeeze=False)[0]
    for axes, noise in zip(parts, noises, strict=True):
        rows = frame[frame.noise == noise]
        _squares(axes, rows, forms, methods)
        axes.set_title(f"{noise:.0%} noise" if noise else "no noise", pad=4)
    parts[0].set_yticks(range(len(forms)), forms)
    handles = [Patch(color=colour, label=label) for colour, label in zip(COLOURS, STATES, strict=True)]
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=3,
        title="force error, as a power of ten; • shown, not chosen",
    )
    return figure


def _squares(axes: Axes, rows: pd.DataFrame, forms: list[str], methods: list[str]) -> None:
    grid = [[3] * len(methods) for _ in forms]
    for _, row in rows.iterrows():
        y, x = forms.index(row.form), methods.index(row.method)
        grid[y][x] = row.state
        dot = " •" if row.front_state < 2 and row.state == 2 else ""
        error = (
            "–"
            if not math.isfinite(row.error)
            else f"{math.log10(max(row.error, 1e-16)):.1f}".replace("-", "−")
        )
        axes.text(x, y, error + dot, ha="center", va="center", fontsize=6.5)
    axes.imshow(grid, cmap=ListedColormap([*COLOURS, _BLANK]), vmin=-0.5, vmax=3.5, aspect="auto")
    axes.set_xticks(range(len(methods)), methods, rotation=35, ha="right")
    axes.tick_params(length=0, which="both")
    axes.set_xticks([k - 0.5 for k in range(len(methods))], minor=True)
    axes.set_yticks([k - 0.5 for k in range(len(forms))], minor=True)
    axes.grid(which="minor", color="white", linewidth=0.8)
