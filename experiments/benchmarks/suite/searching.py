"""The exhaustive search of a library: formulas a second, whatever the length of the trajectory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from interpot import accumulate, pair_channels
from interpot.formula.regress.grid import Grid
from interpot.formula.regress.scan import scan
from interpot.formula.regress.subsets import together
from interpot.formula.terms import library
from interpot.records import IntArray
from interpot.statistic.objective import Objective
from suite.measuring import in_turns
from suite.records import Figure, Row, Setting, Wish
from suite.systems import CUTOFF, liquid

WISH = Wish("≥ 10⁶", 1e6)
SAMPLE = 2000
"""Subsets that the peer solves: all of them would take it hours."""


def formulas(setting: Setting) -> Iterator[Row]:
    """All subsets of the default library, from statistics of trajectories of different lengths."""
    for frames in (setting.frames(10), setting.frames(100)):
        grid = _grid(setting, frames)
        for size in (2, 3):
            allowed = together(grid, size)
            count = scan(grid, size, allowed).count
            sample = _sample(grid, size)
            times = in_turns(
                setting.repeats,
                {"scan": partial(scan, grid, size, allowed), "lstsq": partial(_solve_each, grid, sample)},
            )
            yield Row(
                f"{size} of {len(grid.terms)} terms, {frames} frames",
                "formulas/s",
                Figure.rate(count, times["scan"]),
                "numpy.linalg.lstsq",
                Figure.rate(len(sample), times["lstsq"]),
                remark=f"{count:,} formulas; the peer solves {len(sample):,} of them",
            )
    grid = _grid(setting, setting.frames(10))
    allowed = together(grid, 4)
    count = scan(grid, 4, allowed).count
    times = in_turns(setting.repeats, {"scan": partial(scan, grid, 4, allowed)})
    yield Row(
        f"4 of {len(grid.terms)} terms",
        "formulas/s",
        Figure.rate(count, times["scan"]),
        wish=WISH,
        remark=f"{count:,} formulas",
    )


def _grid(setting: Setting, frames: int) -> Grid:
    """The library on the compressed objective of the liquid."""
    trajectory = liquid(setting, 864, frames)
    statistic = accumulate(trajectory, pair_channels(trajectory, CUTOFF), cutoffs="given")
    seen = statistic.coverage[0]
    return Grid.of(Objective.of(statistic), library(), (seen.minimum, seen.maximum))


def _sample(grid: Grid, size: int) -> IntArray:
    random = np.random.default_rng(1)
    return np.array([random.choice(len(grid.terms), size, replace=False) for _ in range(SAMPLE)])


def _solve_each(grid: Grid, subsets: IntArray) -> None:
    """The same problems, tangents and all, by LAPACK one after the other."""
    for subset in subsets:
        columns = np.hstack([grid.columns[:, grid.first[k] : grid.first[k + 1]] for k in subset])
        np.linalg.lstsq(columns, grid.y)
