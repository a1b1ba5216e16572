"""Features of pair channels over splines, the fast way: search, splines and rows in compiled loops."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interpot.grid import GridMaker, gridded, ready
from interpot.lanes import LANES
from interpot.neighbours import PairSearch
from interpot.records import FloatArray, Frame, IntArray
from interpot.statistic.acting import acting
from interpot.statistic.channels import Channel
from interpot.statistic.features import Features, Seen, kinds_of, nothing_met
from interpot.statistic.kernels.blas import DSYRK
from interpot.statistic.kernels.frame_sums import MOST_FRAMES, Run, RunSums, sum_frames
from interpot.statistic.kernels.pair_rows import (
    Bench,
    Lattice,
    add_rows_of_pairs,
    few_neighbours,
    note_lengths,
    survey,
    working_memory,
)
from interpot.statistic.kernels.powers import sum_powers
from interpot.statistic.kernels.scattering import Beside, nobody_beside, scatter_pair_rows
from interpot.statistic.layout import Layout
from interpot.statistic.pair_sums import applied
from interpot.statistic.panels import Panels
from interpot.trajectory.targets import Windows

SCATTER_BELOW = 1 / 12
"""Neighbours per column of the matrix below which single products are taken to beat the rank-k update.

Estimated from the number of products, not tuned; at 2 neighbours an atom they do by far (`experiments/benchmarks`).
"""


class Workbench:
    """Working memory of one thread, large enough for the largest frame so far."""

    def __init__(self) -> None:
        self.bench = Bench(*working_memory(0, 0))

    def fit(self, images: int, particles: int) -> None:
        """Make room for a frame."""
        if len(self.bench.found) < images + LANES or len(self.bench.stop) < particles:
            self.bench = Bench(*working_memory(images * 5 // 4, particles * 5 // 4))


class PairSplines(Features):
    """Pair channels over `LogSplines`; see `Features`.

    Those that share a workbench are aligned: a particle has the same rank in the frames of all of them.
    """

    def __init__(self, channels: Sequence[Channel], workbench: Workbench | None = None) -> None:
        self._grid_of, self._aligned = GridMaker(max(c.cutoff for c in channels)), workbench is not None
        self._cutoff = self._grid_of.cutoff
        self._workbench = workbench or Workbench()
        self._acting_in: Layout | None = None

    @property
    def _bench(self) -> Bench:
        return self._workbench.bench

    def width(self, a: int) -> int:
        """See `Features`."""
        return len(self._layout.own[a])

    def _take_up(self, frame: Frame, layout: Layout) -> None:
        """Make arrays of who meets whom, where a box or a layout is new."""
        if self._acting_in is not layout or not self._grid_of.fits(frame):
            self._box, self._acting_in = self._grid_of.box(frame), layout
            self._acting = acting(layout, self._grid_of)

    def begin(self, frame: Frame, layout: Layout) -> None:
        """See `Features`."""
        self._frame, self._layout = frame, layout
        kinds = kinds_of(frame, layout)
        self._take_up(frame, layout)
        self._grid = grid = gridded(frame, kinds, len(layout.species), self._box, self._aligned)
        self.order, self.starts = grid.order, grid.starts
        self._workbench.fit(len(grid.x), len(grid.order))
        self._squares = nothing_met(len(layout.channels))
        self._ends = np.zeros(layout.size, dtype=np.int64)

    def run(self, windows: Sequence[Windows]) -> int:
        """See `Features`: frames in the same box; an open box has its bins from the particles, and is alone."""
        if self._aligned or not windows[0].is_instant:
            return 0
        self._take_up(windows[0].frames[0], self._layout)
        count = 1
        while count < min(len(windows), MOST_FRAMES) and windows[count].is_instant:
            if not self._grid_of.fits(windows[count].frames[0]):
                break
            count += 1
        return count

    def sum_up(
        self, run: Sequence[Windows], blocks: Sequence[int], panels: Panels, products: FloatArray, rows: IntArray,
        seen: Seen,
    ) -> tuple[int, bool]:  # fmt: skip
        """See `Features`."""
        layout, frames = self._layout, [windows.frames[0] for windows in run]
        together = Run(
            _padded([ready(frame.positions) for frame in frames]),
            _padded([ready(windows.targets[0]) for windows in run]),
            _padded([ready(kinds_of(frame, layout), np.int64) for frame in frames]),
            np.array([frame.cell.origin for frame in frames], dtype=np.float64),
            np.array(blocks, dtype=np.int64),
        )
        sums = RunSums(
            products, rows, np.zeros(layout.size, dtype=np.int64), nothing_met(len(layout.channels))
        )
        done, closer = sum_frames(
            together, len(frames), frames[0].dimension, self._box, self._acting, panels, sums,
            layout.surely_covered**2, SCATTER_BELOW, DSYRK,
        )  # fmt: skip
        seen.counts += sums.ends // 2  # each pair was met from both of its ends
        note_lengths(sums.squares, seen.extremes)
        return done, closer

    def fill(self, panel: FloatArray, row: int, a: int, low: int, high: int) -> None:
        """See `Features`."""
        add_rows_of_pairs(
            panel.reshape(-1), row, panel.shape[1], a, low, high, self._frame.dimension, self._grid, self._acting,
            self._bench, self._ends, self._squares,
        )  # fmt: skip

    def scatter(self, products: FloatArray, forces: FloatArray, a: int, beside: Beside | None = None) -> bool:
        """See `Features`; `beside` says what else acts on the particles."""
        low, high, found = int(self.starts[a]), int(self.starts[a + 1]), self._bench.found
        if not few_neighbours(SCATTER_BELOW * len(products), a, low, high, self._grid, self._acting, found):
            return False
        scatter_pair_rows(
            products.reshape(-1), len(products), forces, a, low, high, self._frame.dimension, self._grid, self._acting,
            found, self._ends, self._squares, beside or nobody_beside(len(forces)),
        )  # fmt: skip
        return True

    def sums(self) -> tuple[FloatArray, FloatArray]:
        """Energy and virial of every spline of all channels in the whole frame, by one more search.

        Returns
        -------
        energy : (K,) float64
            Σ_pairs B_m(r).
        virial : (6, K) float64
            -Σ_pairs B_m'(r) x_a x_b / r, in the order of `interpot.statistic.pair_sums.COMPONENTS`.
        """
        layout, grid, acting = self._layout, self._grid, self._acting
        energy, virial = np.zeros(layout.size), np.zeros((6, layout.size))
        for c, channel in enumerate(layout.channels):
            a = layout.species.index(channel.species[0])
            m = int(acting.begin[a]) + layout.members[a].index(c)
            partner, columns = int(acting.partner[m]), slice(layout.starts[c], layout.starts[c + 1])
            lattice = Lattice(channel.cutoff, float(acting.knots_per_log[m]), int(acting.intervals[m]), 0)
            powers, moments = np.zeros((lattice.intervals, 6)), np.zeros((6, lattice.intervals, 5))
            sum_powers(
                grid, int(grid.starts[a]), int(grid.starts[a + 1]), self._frame.dimension, partner, partner == a,
                self._grid_of.stencil(channel.cutoff, False), lattice, self._bench.found, powers, moments,
                self._ends[columns], self._squares[c],
            )  # fmt: skip
            energy[columns], virial[:, columns] = applied(powers, moments)
        return energy, virial

    def closest(self) -> FloatArray:
        """See `Features`; raises `InterpotError` where two particles are in one place."""
        closest = np.sqrt(self._squares[:, 0])
        if closest.min() <= 1e-8 * self._cutoff:
            PairSearch(self._cutoff)(self._frame)  # names them
        return np.asarray(closest)

    def survey(self) -> FloatArray:
        """Smallest coordinates of the whole frame, by one more search."""
        for a, (low, high) in enumerate(pairwise(self.starts.tolist())):
            survey(a, low, high, 1, self._grid, self._acting, self._bench.found, self._squares)
        return self.closest()

    def end(self, seen: Seen) -> None:
        """See `Features`."""
        seen.counts += self._ends // 2  # each pair was met from both of its ends
        note_lengths(self._squares, seen.extremes)


def _padded(arrays: list[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
    """As many arrays as loops are compiled for: the last one is repeated."""
    return tuple(arrays + arrays[-1:] * (MOST_FRAMES - len(arrays)))
