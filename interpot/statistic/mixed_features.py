"""Channels of one particle, walls and fields, beside those of pairs.

Their columns are nearly empty: a particle near a plane wall has six numbers, all in one of its rows. So these columns
are never written into rows, nor take part in the rank-k update, whose time goes with the square of the width. What
pairs make is summed up as if they were alone; the few products with the other columns are added one by one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interpot.records import FloatArray, Frame, IntArray
from interpot.statistic.basis import Functions, KnotSplines, LogSplines
from interpot.statistic.channels import Channel, Contributions, collectors
from interpot.statistic.features import AnyFeatures, Features, Seen
from interpot.statistic.kernels.rows import add_rows
from interpot.statistic.kernels.scattering import (
    Beside,
    Samples,
    cross_with_rows,
    nobody_beside,
    scatter_alone,
)
from interpot.statistic.layout import Layout
from interpot.statistic.pair_splines import PairSplines, Workbench


class OneBody:
    """Channels of one particle over bases with six functions at each coordinate."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._places = [c for c, channel in enumerate(channels) if channel.kind != "pair"]
        self._collectors = collectors([channels[c] for c in self._places])

    def begin(self, frame: Frame, layout: Layout, order: IntArray, starts: IntArray) -> None:
        """Take up a frame, whose particles have been ranked."""
        self._layout, self._parts = layout, dict[int, Contributions]()
        for members, collect in self._collectors:
            self._parts |= zip((self._places[k] for k in members), collect(frame), strict=True)
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        self._first: dict[int, IntArray] = {}
        self.reached = layout.covering(self.closest().tolist()) is layout
        self.samples = self._sorted(rank, starts, frame.dimension, len(order))

    def _sorted(self, rank: IntArray, starts: IntArray, dimension: int, particles: int) -> Samples:
        """All samples by the rank of their particle; none before the lattices reach."""
        parts = self._parts if self.reached else {}
        kinds = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        nobody = nobody_beside(0).alone
        ranks, columns, values, arms = [nobody.column], [nobody.column], [nobody.values], [nobody.arm]
        for c, part in parts.items():
            self._first[c], slopes = self._layout.bases[c].slopes(part.s)
            firsts = np.array([local.get(c, 0) for local in self._layout.local], dtype=np.int64)
            ranks.append(rank[part.i])
            columns.append(self._first[c] + firsts[kinds[ranks[-1]]])
            values.append(slopes)
            arms.append(part.unit * (np.arange(3) < dimension))
        joined = np.concatenate(ranks)
        order = np.argsort(joined, kind="stable")
        begin = np.concatenate([[0], np.cumsum(np.bincount(joined, minlength=particles))])
        column, value, arm = np.concatenate(columns), np.concatenate(values), np.concatenate(arms)
        return Samples(begin, column[order], value[order], arm[order])

    def closest(self) -> FloatArray:
        """Smallest coordinate of each channel, inf where there is none and for pairs."""
        closest = np.full(len(self._layout.channels), np.inf)
        for c, part in self._parts.items():
            closest[c] = part.s.min(initial=np.inf)
        return closest

    def sums(self) -> FloatArray:
        """Energy of every function, (K,), nothing for those of pairs."""
        layout = self._layout
        energy = np.zeros(layout.size)
        for c, part in self._parts.items():
            if layout.channels[c].kind == "friction":  # dissipates, and is no part of an energy
                continue
            basis = layout.bases[c]
            assert isinstance(basis, KnotSplines)
            energy[layout.starts[c] : layout.starts[c + 1]] = basis.sums(part.s, part.factor)
        return energy

    def end(self, seen: Seen) -> None:
        """See `interpot.statistic.features.Features`."""
        for c, part in self._parts.items():
            if part.s.size:
                extremes, basis = seen.extremes[c], self._layout.bases[c]
                extremes[:] = min(extremes[0], part.s.min()), max(extremes[1], part.s.max())
                if isinstance(basis, KnotSplines):
                    counts = np.bincount(self._first[c], minlength=basis.intervals)
                    seen.counts[self._layout.starts[c] :][: basis.intervals] += counts


class MixedFeatures(Features):
    """Pairs in rows, and channels of one particle beside them; see `Features`."""

    def __init__(self, layout: Layout, workbench: Workbench | None = None) -> None:
        pairs = layout.of_pairs
        fast = pairs.channels and all(isinstance(basis, LogSplines) for basis in pairs.bases)
        self._pairs: Features = (
            PairSplines(pairs.channels, workbench) if fast else AnyFeatures(pairs.channels)
        )
        self._alone = OneBody(layout.channels)
        self._places = layout.pairs

    def start(self, layout: Layout, whole: bool) -> None:
        """See `Features`."""
        self._layout, self._of_pairs, self._whole = layout, layout.of_pairs, whole
        sizes = [len(own) + 1 for own in self._of_pairs.own]
        self._products = [np.zeros((size, size)) for size in sizes]
        self._where = [
            np.concatenate(
                [np.zeros(0, dtype=np.int64)]
                + [local[c] + np.arange(layout.bases[c].size) for c in acting if c in self._places]
            )
            for local, acting in zip(layout.local, layout.members, strict=True)
        ]

    def width(self, a: int) -> int:
        """See `Features`."""
        return len((self._layout if self._whole else self._of_pairs).own[a])

    def products(self, products: FloatArray, a: int) -> FloatArray:
        """See `Features`."""
        return products if self._whole else self._products[a]

    def begin(self, frame: Frame, layout: Layout) -> None:
        """See `Features`."""
        self._dimension = frame.dimension
        self._pairs.begin(frame, self._of_pairs)
        self.order, self.starts = self._pairs.order, self._pairs.starts
        self._alone.begin(frame, layout, self.order, self.starts)

    def fill(self, panel: FloatArray, row: int, a: int, low: int, high: int) -> None:
        """See `Features`."""
        if not self._whole:
            return self._pairs.fill(panel, row, a, low, high)
        where, rows, samples = self._where[a], self._dimension * (high - low), self._alone.samples
        pairs = np.zeros((rows + 1, len(where) + 1))
        self._pairs.fill(pairs, 0, a, low, high)
        panel[row : row + rows, where] += pairs[:rows, :-1]
        i = np.repeat(np.arange(len(samples.begin) - 1), np.diff(samples.begin))
        nobody = np.full(len(i), -1, dtype=np.int64)
        add_rows(
            panel, row, low, high, self._dimension, i, nobody, samples.arm, samples.column, samples.values
        )
        return None

    def cross(
        self,
        products: FloatArray,
        panel: FloatArray,
        row: int,
        a: int,
        low: int,
        high: int,
        forces: FloatArray,
    ) -> None:
        """See `Features`."""
        if not self._whole:
            flat, stride, samples = products.ravel(), len(products), self._alone.samples
            scatter_alone(flat, stride, forces, low, high, samples)
            cross_with_rows(flat, stride, panel, row, low, high, self._dimension, samples, self._where[a])

    def scatter(self, products: FloatArray, forces: FloatArray, a: int) -> bool:
        """See `Features`."""
        if not isinstance(self._pairs, PairSplines):
            return False
        flat, stride, samples = products.ravel(), len(products), self._alone.samples
        beside = Beside(samples, flat, stride, self._where[a])
        if not self._pairs.scatter(self._products[a], forces, a, beside):
            return False
        scatter_alone(flat, stride, forces, int(self.starts[a]), int(self.starts[a + 1]), samples)
        return True

    def conclude(self, products: Sequence[FloatArray]) -> None:
        """See `Features`."""
        if self._whole:
            return
        for of_pairs, whole, where in zip(self._products, products, self._where, strict=True):
            runs = np.split(where, np.flatnonzero(np.diff(where) > 1) + 1) if where.size else []
            slices = [slice(int(run[0]), int(run[-1]) + 1) for run in runs]
            own = np.cumsum([0, *(len(run) for run in runs), 1]).tolist()
            slices.append(slice(len(whole) - 1, len(whole)))
            for k, rows in enumerate(slices):
                for m, columns in enumerate(slices):
                    whole[rows, columns] += of_pairs[own[k] : own[k + 1], own[m] : own[m + 1]]

    def sums(self) -> tuple[FloatArray, FloatArray]:
        """See `Features`; walls and fields do not count in the virial."""
        energy, virial = self._alone.sums(), np.zeros((6, self._layout.size))
        if self._places:
            columns = self._columns()
            energy[columns], virial[:, columns] = self._pairs.sums()
        return energy, virial

    def _columns(self) -> IntArray:
        """Joint columns of the pairs."""
        starts = self._layout.starts
        return np.concatenate([np.arange(starts[c], starts[c + 1]) for c in self._places])

    def closest(self) -> FloatArray:
        """See `Features`."""
        return self._with_pairs(self._pairs.closest()) if self._places else self._alone.closest()

    def survey(self) -> FloatArray:
        """See `Features`."""
        return self._with_pairs(self._pairs.survey()) if self._places else self._alone.closest()

    def _with_pairs(self, of_pairs: FloatArray) -> FloatArray:
        closest = self._alone.closest()
        closest[self._places] = of_pairs
        return closest

    def end(self, seen: Seen) -> None:
        """See `Features`."""
        self._alone.end(seen)
        if self._places:
            of_pairs = Seen(self._of_pairs)
            self._pairs.end(of_pairs)
            seen.counts[self._columns()] += of_pairs.counts
            for c, (low, high) in zip(self._places, of_pairs.extremes, strict=True):
                extremes = seen.extremes[c]
                extremes[:] = min(extremes[0], low), max(extremes[1], high)


def features_of(layout: Layout, workbench: Workbench | None = None) -> Features:
    """Choose the fastest way that can be gone; aligned ones where they share a workbench."""
    if any(isinstance(basis, Functions) for basis in layout.bases):
        return AnyFeatures(layout.channels)
    if len(layout.pairs) < len(layout.channels):
        return MixedFeatures(layout, workbench)
    splines = all(isinstance(basis, LogSplines) for basis in layout.bases)
    return PairSplines(layout.channels, workbench) if splines else AnyFeatures(layout.channels)
