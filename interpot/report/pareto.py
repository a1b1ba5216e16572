"""The figure of the Pareto front: error against number of constants, with a key of the candidates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from interpot.records import FloatArray
from interpot.report.cells import listed, ranked, resolution
from interpot.report.style import BLACK, BLUE, CEILING, GREY, PAGE, PALE, VERMILION, in_journal_style, plain
from interpot.report.words import in_letters, shortened

_LISTED = 14  # candidates that get a number
_DECADES = 1.5  # by how much errors differ at least where the axis is logarithmic
_WIDTH, _NUMBER = 280.0, 11.0  # points: of the axis, and of a number with the space beside it


@in_journal_style
def pareto_figure(
    front: pd.DataFrame,
    ceiling: float,
    title: str = "",
    error: str = "force error",
    least: float | None = None,
) -> Figure:
    """Relative error against the number of constants: the front, the chosen formula and the spline ceiling.

    The chosen one, those that may be true as well and the best of the others have numbers, listed beside the figure:
    their places in the table (`interpot.report.cells.ORDER`). What is below `least` is not resolved.
    """
    least = resolution(error) if least is None else least
    figure = Figure(figsize=(PAGE, 3.4), layout="constrained")
    axes, key = figure.subplots(1, 2, width_ratios=(3, 2))
    best = ranked(front)
    numbered = listed(best, _LISTED)
    x, rows = _dodged(best, numbered)
    y = positive(best["loss"])
    staircase = best.groupby("constants")["loss"].min().cummin()
    axes.step(staircase.index, positive(staircase), where="post", color=GREY, lw=0.8, zorder=1)
    _error_bars(axes, x, best)
    same, chosen = best["indistinguishable"].to_numpy(bool), best["chosen"].to_numpy(bool)
    axes.plot(x, y, ls="", marker="o", mfc="white", mec=BLUE, ms=5, label="candidate", zorder=3)
    _marked(axes, x, y, same & ~chosen, marker="o", mfc=BLUE, mec=BLUE, ms=5, label="indistinguishable")
    _marked(axes, x, y, chosen, marker="*", mfc=VERMILION, mec=BLACK, mew=0.6, ms=12, label="chosen")
    if np.isfinite(ceiling) and ceiling > 0:
        axes.axhline(ceiling, color=CEILING, ls="--", lw=1, label="spline ceiling")
    if y.max() > _DECADES * y.min():
        axes.set_yscale("log")
    axes.margins(y=0.2)
    if (best["loss"] < least).any():
        bottom, top = axes.get_ylim()
        axes.axhspan(bottom, least, color=PALE, lw=0, zorder=0)
        axes.set_ylim(bottom, top)
    axes.set_xlim(best["constants"].min() - 0.5, max(best["constants"].max(), x.max()) + 0.5)
    every = max(1, int(np.ptp(best["constants"])) // 12)
    axes.set_xticks(np.arange(best["constants"].min(), best["constants"].max() + 1, every))
    axes.set_xlabel("number of constants")
    axes.set_ylabel(f"relative {error}")
    axes.set_title(plain(title), loc="left")
    figure.legend(loc="outside lower left", ncols=5, handletextpad=0.4, columnspacing=1.2)
    for number in numbered:
        height = (9 if chosen[number] else 6) + 9 * int(rows[number])
        place = (x[number], y[number])
        halo = [withStroke(linewidth=2, foreground="white")]  # over the line of the front
        axes.annotate(
            str(number + 1), place, (0, height), textcoords="offset points", ha="center", size=8,
            path_effects=halo, zorder=6,
        )  # fmt: skip
    _key(key, best, numbered)
    return figure


def positive(values: pd.Series) -> FloatArray:
    """Values for a logarithmic axis: what is zero stands at the smallest double precision can tell."""
    return np.asarray(np.maximum(values.to_numpy(dtype=np.float64), 1e-16))


def _dodged(best: pd.DataFrame, numbered: list[int]) -> tuple[FloatArray, NDArray[np.int64]]:
    """Abscissae of the candidates, side by side where several with as many constants are as good; rows of numbers.

    Those that have numbers are spread within half a constant to either side; where more stand there than fit beside
    each other, their numbers are in several rows.
    """
    constants = best["constants"].to_numpy(dtype=np.float64)
    height = np.log10(positive(best["loss"]))
    close, unit = 0.09 * (np.ptp(height) + 0.1), _WIDTH / (np.ptp(constants) + 1.3)
    x, rows = constants.copy(), np.zeros(len(best), dtype=np.int64)
    free = set(numbered)
    while free:
        first = min(free)
        alike = [
            k
            for k in sorted(free)
            if constants[k] == constants[first] and abs(height[k] - height[first]) < close
        ]
        step = min(0.25, 0.8 / max(1, len(alike) - 1))
        apart = int(np.ceil(_NUMBER / (step * unit)))  # that many numbers take as much room as one
        for place, k in enumerate(alike):
            x[k] += step * (place - (len(alike) - 1) / 2)
            rows[k] = place % apart
        free -= set(alike)
    return x, rows


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


def _key(axes: Axes, best: pd.DataFrame, numbered: list[int]) -> None:
    axes.axis("off")
    for line, (number, row) in enumerate(zip(numbered, best.iloc[numbered].itertuples(), strict=True)):
        height = 1.0 - (line + 0.5) / _LISTED
        weight = "bold" if row.chosen else "normal"
        axes.text(0.05, height, str(number + 1), fontsize=8, weight=weight, va="center", ha="right")
        axes.text(
            0.09,
            height,
            plain(shortened(in_letters(str(row.form)), 36)),
            fontsize=8,
            weight=weight,
            va="center",
        )
    if len(best) > _LISTED:
        axes.text(0.09, -0.5 / _LISTED, f"and {len(best) - _LISTED} more", fontsize=8, va="center")
    axes.set_xlim(0, 1)
    axes.set_ylim(-1 / _LISTED, 1)
