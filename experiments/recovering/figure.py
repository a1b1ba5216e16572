"""The figure: every case of the benchmark as one square."""

from __future__ import annotations

import pandas as pd
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from interpot.report.style import BLUE, GREEN, ORANGE, PAGE, SKY, VERMILION, in_journal_style

STATES = {
    "exact form": GREEN,
    "in the set; the form was identifiable": BLUE,
    "in the set; not identifiable": SKY,
    "not in the set, not identifiable": ORANGE,
    "not in the set, identifiable": VERMILION,
}


def state(row: pd.Series) -> int:
    """Which of `STATES` a case is in."""
    if row.exact:
        return 0
    if row.in_set:
        return 1 if row.identifiable_apart else 2
    return 4 if row.identifiable_apart else 3


@in_journal_style
def cases_figure(own: pd.DataFrame) -> Figure:
    """Potentials down; density, noise and number of frames across."""
    states = own.assign(state=own.apply(state, axis=1))
    grid = states.pivot_table(
        index="potential", columns=["density", "noise", "frames"], values="state", sort=False
    )
    grid = grid.sort_index(axis=1)
    figure = Figure(figsize=(PAGE, 0.9 + 0.16 * len(grid)), layout="constrained")
    axes = figure.subplots()
    axes.imshow(
        grid, cmap=ListedColormap(list(STATES.values())), vmin=-0.5, vmax=len(STATES) - 0.5, aspect="auto"
    )
    axes.set_yticks(range(len(grid)), grid.index)
    axes.set_xticks(range(grid.shape[1]), [f"{frames}" for _, _, frames in grid.columns], rotation=90)
    axes.tick_params(length=0)
    axes.set_xticks([k - 0.5 for k in range(grid.shape[1])], minor=True)
    axes.set_yticks([k - 0.5 for k in range(len(grid))], minor=True)
    axes.grid(which="minor", color="white", linewidth=0.8)
    axes.tick_params(which="minor", length=0)
    axes.set_xlabel("frames")
    groups = list(dict.fromkeys((density, noise) for density, noise, _ in grid.columns))
    above = axes.secondary_xaxis("top")
    width = grid.shape[1] / len(groups)
    places = [(k + 0.5) * width - 0.5 for k in range(len(groups))]
    above.set_xticks(places, [f"{density}\n{noise:.1%}" for density, noise in groups])
    above.tick_params(length=0)
    patches = [Patch(color=colour, label=label) for label, colour in STATES.items()]
    figure.legend(handles=patches, loc="outside lower center", ncols=3)
    return figure
