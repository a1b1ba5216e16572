"""Sums over a batch: a few consecutive frames, the unit of work of a thread.

Rows are gathered in a panel that fits the processor's second cache, whether they come from one frame or from several,
because one rank-k update of hundreds of rows keeps its multipliers busy where many short ones wait for memory. What
a batch sums up depends on its frames and on the lattices it starts with, on nothing else: the same settings give the
same bits on any number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import nan

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame, IntArray
from interpot.statistic.basis import KnotSplines
from interpot.statistic.features import Features, Seen
from interpot.statistic.frame_rows import NOTHING, Wanted, energy_row, knows_kinetic, virial_rows
from interpot.statistic.freed import Freed
from interpot.statistic.kernels.blas import add_products
from interpot.statistic.kernels.frame_sums import MOST_FRAMES
from interpot.statistic.kernels.pair_rows import open_rows
from interpot.statistic.layout import Layout, moved
from interpot.statistic.mixed_features import features_of
from interpot.statistic.panels import panels_of
from interpot.statistic.triangular import RowTables
from interpot.statistic.windows import WindowRows
from interpot.trajectory.targets import Windows

BATCH_BYTES, BATCH_FRAMES = 2**23, MOST_FRAMES
"""Rows and sums of a batch: enough that to hand it to a thread costs little beside them; and how many
frames it holds at most, so that a pass over few frames takes as much memory as one over many."""

SLACK = 0.02
"""How much further inwards a growing lattice reaches than it must, in ln r, so that it grows seldom."""

Batch = Sequence[Sequence[Windows]]
"""Frames with their targets, those of each block by themselves."""


class BatchSums:
    """Normal equations per species, and what was seen; filled in place.

    Parameters
    ----------
    layout
        See below.
    joined, rows
        Where to keep the products of all species, one after the other, and `rows`; zeros.

    Attributes
    ----------
    layout
        Of the columns.
    products
        Per species, (k + 1, k + 1): the upper triangle of [X F]ᵀ[X F], which holds A, B and C.
    rows : (species,) int64
        Force components.
    frames
        Number of frames.
    net
        Sum over the frames of |Σ_i F_i|²; NaN where particles are left out.
    tables
        What `Wanted` asks for beside the products, one block; nothing before the first batch.
    seen
        Coverage of all channels.
    """

    def __init__(
        self, layout: Layout, joined: FloatArray | None = None, rows: IntArray | None = None
    ) -> None:
        self.layout = layout
        sizes = [len(own) + 1 for own in layout.own]
        places = [0, *accumulate(size**2 for size in sizes)]
        joined = np.zeros(places[-1]) if joined is None else joined
        self.products = [
            joined[place : place + size**2].reshape(size, size)
            for place, size in zip(places, sizes, strict=False)
        ]
        self.rows = np.zeros(len(sizes), dtype=np.int64) if rows is None else rows
        self.frames, self.net = 0, 0.0
        self.tables: tuple[RowTables, ...] = ()
        self.seen = Seen(layout)

    def add(self, other: BatchSums) -> None:
        """Add sums over the same layout; what was seen is not added."""
        for mine, theirs in zip(self.products, other.products, strict=True):
            mine += theirs
        self.rows += other.rows
        self.frames += other.frames
        self.net += other.net
        self.tables = tuple(a.beside(b).summed() for a, b in zip(self.tables, other.tables, strict=True))

    def see(self, other: Seen) -> None:
        """Take over what else was seen."""
        self.seen.counts += other.counts
        np.minimum(self.seen.extremes[:, 0], other.extremes[:, 0], out=self.seen.extremes[:, 0])
        np.maximum(self.seen.extremes[:, 1], other.extremes[:, 1], out=self.seen.extremes[:, 1])

    def over(self, layout: Layout) -> BatchSums:
        """Return the same sums over a layout that reaches as far or further."""
        if layout.sizes == self.layout.sizes:
            return self
        grown = BatchSums(layout)
        for a, acting in enumerate(layout.members):
            old, new = self.layout.local[a], layout.local[a]
            sizes = [(old[c], new[c], self.layout.bases[c].size) for c in acting]
            sizes.append((len(self.layout.own[a]), len(layout.own[a]), 1))  # of the forces
            for row, new_row, height in sizes:
                for column, new_column, width in sizes:
                    part = self.products[a][row : row + height, column : column + width]
                    grown.products[a][new_row : new_row + height, new_column : new_column + width] = part
        grown.rows, grown.frames, grown.net = self.rows, self.frames, self.net
        columns = moved(self.layout.bases, layout.bases)
        grown.tables = tuple(t.laid_out(columns, layout.columns_on(t.species)) for t in self.tables)
        for c, basis in enumerate(self.layout.bases):
            old, new = self.layout.starts[c], layout.starts[c]
            grown.seen.counts[new : new + basis.size] = self.seen.counts[old : old + basis.size]
        grown.seen.extremes[:] = self.seen.extremes
        return grown


def empty_tables(layout: Layout, wanted: Wanted) -> tuple[RowTables, ...]:
    """One block without rows of each kind that is wanted."""
    tables = []
    if wanted.energies is not None:
        leading = (*layout.species, "kinetic")
        tables.append(RowTables.empty("energies", "", leading, layout.columns_on("")))
    if wanted.factor == "qr":
        tables += [RowTables.empty("forces", name, (), layout.columns_on(name)) for name in layout.species]
    if wanted.virials is not None:
        tables.append(RowTables.empty("virials", "", ("kinetic",), layout.columns_on("")))
    return tuple(tables)


class _Blocks:
    """Sums of several blocks side by side.

    Attributes
    ----------
    products : (blocks, Σ(k + 1)²) float64
        Of the species one after the other.
    rows : (blocks, species) int64
    sums
        Views of these, one per block.
    """

    def __init__(self, layout: Layout, count: int, wanted: Wanted) -> None:
        self.layout = layout
        self.products = np.zeros((count, sum((len(own) + 1) ** 2 for own in layout.own)))
        self.rows = np.zeros((count, len(layout.own)), dtype=np.int64)
        self.sums = [BatchSums(layout, *both) for both in zip(self.products, self.rows, strict=True)]
        for sums in self.sums:
            sums.tables = empty_tables(layout, wanted)


class _TooCloseError(Exception):
    """A pair closer than the lattices reach."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout


class Summation:
    """Sums up batches, one after the other, in memory of its own: one per thread.

    Parameters
    ----------
    layout
        Whose channels and kinds of basis are to be summed over; batches may be given further-reaching ones.
    wanted
        What is to be kept beside the products.

    Raises
    ------
    InterpotError
        Energies or virials over something else than splines.
    """

    def __init__(self, layout: Layout, wanted: Wanted = NOTHING) -> None:
        self._features: Features = features_of(layout)
        self._wanted = wanted
        if wanted.of_frames and not all(isinstance(basis, KnotSplines) for basis in layout.bases):
            raise InterpotError("rows of energies and virials need splines: leave out bases")
        self._panels = panels_of([])
        self._windows = WindowRows(layout)

    def __call__(self, batch: Batch, layout: Layout) -> list[BatchSums]:
        """Sum up a batch over a layout, or over one that reaches further where the batch has closer pairs.

        Returns
        -------
        list
            Sums of the frames of each block.

        Raises
        ------
        InterpotError
            A frame holds a species that no channel has, or two particles in one place.
        """
        while True:
            try:
                return self._sum(batch, layout)
            except _TooCloseError as closer:  # seldom: the batch begins anew with the lattices grown
                layout = closer.layout

    def _sum(self, batch: Batch, layout: Layout) -> list[BatchSums]:
        """Sums of each block; frames that can be summed up in one go are, whichever blocks they belong to."""
        self._clear_panels(layout)
        blocks = _Blocks(layout, len(batch), self._wanted)
        items = [(b, windows) for b, frames in enumerate(batch) for windows in frames]
        at = 0
        while at < len(items):
            run = self._features.run([windows for _, windows in items[at:]]) if self._wanted == NOTHING else 0
            if run:
                at += self._add_run(blocks, items[at : at + run])
            else:
                self._add(blocks.sums[items[at][0]], items[at][1])
                at += 1
            last = items[at - 1][0]
            if at == len(items) or items[at][0] != last:
                self._finish(blocks.sums[last])
        for b, windows in items:
            _count(blocks.sums[b], windows)
        return blocks.sums

    def _finish(self, sums: BatchSums) -> None:
        """Add what is under way to the products of a block."""
        for a in range(len(sums.layout.species)):
            self._flush(sums, a)
        self._features.conclude(sums.products)
        self._features.start(sums.layout, self._wanted.factor == "qr")

    def _clear_panels(self, layout: Layout) -> None:
        """Throw away what an attempt that failed has left; make panels where a layout asks for others."""
        self._features.start(layout, self._wanted.factor == "qr")
        widths = [self._features.width(a) for a in range(len(layout.species))]
        if (self._panels.stride - 1).tolist() != widths:
            self._panels = panels_of(widths)
        self._panels.filled[:] = 0

    def _add_run(self, blocks: _Blocks, run: Sequence[tuple[int, Windows]]) -> int:
        """Add frames with their forces, without Python in between; return how many have been added.

        What is seen in any block of a batch is noted with the first: it is not told apart by blocks.
        """
        numbers, windows = [b for b, _ in run], [windows for _, windows in run]
        done, closer = self._features.sum_up(
            windows, numbers, self._panels, blocks.products, blocks.rows, blocks.sums[0].seen
        )
        if closer:
            self._features.begin(windows[done - 1].frames[0], blocks.layout)
            self._features.survey()
            self._check_reach(blocks.layout, self._features)
        return done

    def _add(self, sums: BatchSums, windows: Windows) -> None:
        """Add one frame with its forces, or windows over several."""
        if windows.is_instant:
            self._add_instant(sums, windows.frames[0], windows.targets[0])
        else:
            self._add_windows(sums, windows)

    def _add_instant(self, sums: BatchSums, frame: Frame, target: FloatArray) -> None:
        """Add one frame with its forces."""
        self._features.begin(frame, sums.layout)
        forces = target.take(self._features.order, axis=0)
        starts = self._features.starts
        for a in range(len(sums.layout.species)):
            if starts[a] == starts[a + 1]:
                continue
            sums.rows[a] += frame.dimension * (starts[a + 1] - starts[a])
            scattered = self._wanted.factor == "gram" and self._features.scatter(sums.products[a], forces, a)
            if not scattered:
                self._fill(sums, a, forces, frame.dimension)
            self._check_reach(sums.layout, self._features)
        if self._wanted.of_frames:
            self._add_frame_rows(sums, frame, self._features)
        self._features.end(sums.seen)

    def _add_windows(self, sums: BatchSums, windows: Windows) -> None:
        """Add rows of several frames each."""
        made, layout = self._windows, sums.layout
        made.begin(windows, layout)
        for a, name in enumerate(layout.species):
            unknown = 0 if windows.rescaling is None else len(windows.rescaling.mixing)
            if unknown and self._wanted.factor == "qr":
                raise InterpotError(
                    "forces that are freed of a thermostat have no triangular factor: leave out factor='qr', or take "
                    "the thermostat to be none"
                )
            freed = Freed(unknown, len(layout.own[a]) + 1)
            for rows, scaled in made.rows(a):
                sums.rows[a] += len(rows)
                if self._wanted.factor == "qr":
                    sums.tables = tuple(t.with_rows(rows) if t.species == name else t for t in sums.tables)
                add_products(rows, sums.products[a])
                if scaled is not None:
                    freed.see(scaled, rows)
            if unknown and sums.rows[a]:
                sums.rows[a] -= freed.take_out(sums.products[a])
            self._check_reach(layout, made)
        for frame, features in made.fresh():
            if self._wanted.of_frames:
                self._add_frame_rows(sums, frame, features)
            features.end(sums.seen)
        # frames that are not counted here, and places between frames, may hold the closest pairs: lattices cover them
        np.minimum(sums.seen.extremes[:, 0], made.closest(), out=sums.seen.extremes[:, 0])

    def _add_frame_rows(self, sums: BatchSums, frame: Frame, features: Features) -> None:
        """Add the rows of energy and virial of one frame."""
        energy, virial = features.sums()
        self._check_reach(sums.layout, features)
        composition, known = np.diff(features.starts).astype(np.float64), knows_kinetic(frame)
        tables = list(sums.tables)
        for k, table in enumerate(tables):
            if table.kind == "energies":
                row = energy_row(frame, str(self._wanted.energies), composition, energy)
                tables[k] = table.with_rows(row, known)
            elif table.kind == "virials":
                tables[k] = table.with_rows(virial_rows(frame, str(self._wanted.virials), virial), known)
        sums.tables = tuple(tables)

    def _flush(self, sums: BatchSums, a: int) -> None:
        """Add the products of the gathered rows of a species, and the rows themselves where they are wanted."""
        rows = self._panels.taken(a)
        if self._wanted.factor == "qr" and len(rows):
            name = sums.layout.species[a]
            sums.tables = tuple(t.with_rows(rows) if t.species == name else t for t in sums.tables)
        add_products(rows, self._features.products(sums.products[a], a))

    @staticmethod
    def _check_reach(layout: Layout, met: Features | WindowRows) -> None:
        closest = met.closest()
        if (closest < layout.surely_covered).any() and layout.covering(closest.tolist()) is not layout:
            raise _TooCloseError(layout.covering(met.survey().tolist(), SLACK))

    def _fill(self, sums: BatchSums, a: int, forces: FloatArray, dimension: int) -> None:
        """Add the rows of one species of the present frame to its panel."""
        panels, rows = self._panels, self._panels.of(a)
        capacity, filled = int(panels.capacity[a]), int(panels.filled[a])
        first, stop = (int(rank) for rank in self._features.starts[a : a + 2])
        while first < stop:
            last = min(first + (capacity - filled) // dimension, stop)
            open_rows(rows.reshape(-1), filled, rows.shape[1], forces, first, last, dimension)
            self._features.fill(rows, filled, a, first, last)
            self._features.cross(sums.products[a], rows, filled, a, first, last, forces)
            panels.filled[a] = filled = filled + dimension * (last - first)
            first = last
            if filled + dimension > capacity:
                self._flush(sums, a)
                filled = 0


def _count(sums: BatchSums, windows: Windows) -> None:
    """Count the frames of windows, and add the net force of their particles."""
    sums.frames += len(windows.fresh)
    if windows.left_out is not None and windows.left_out.any():
        sums.net = nan  # what the others lack is no noise: forces of walls, and on those left out
    else:
        net = np.ones(windows.targets.shape[1]) @ windows.targets
        sums.net += float(np.sum(net[:, : windows.frames[0].dimension] ** 2))
