"""Features of one frame: what each basis function contributes to the force on each particle.

Particles are ranked by species, so that the rows of one species follow each other. `PairSplines` is the fast
way, for pair channels over splines: search, splines and rows in one compiled loop. `AnyFeatures` takes any channels
and any bases through their contributions. `interpot.statistic.mixed_features` puts channels of one particle beside
either. All say by `closest` what they have met, so that the lattices can grow.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from interpot.errors import InterpotError
from interpot.grid import GridMaker
from interpot.lanes import LANES
from interpot.neighbours import PairSearch
from interpot.records import FloatArray, Frame, IntArray
from interpot.statistic.basis import KnotSplines, LogSplines
from interpot.statistic.channels import Channel, Contributions, collectors
from interpot.statistic.kernels import (
    Bench,
    Lattice,
    Samples,
    add_pair_rows,
    add_rows,
    bench_for,
    no_samples,
    note_lengths,
    scatter_pair_rows,
    sum_powers,
    survey,
)
from interpot.statistic.layout import Layout
from interpot.statistic.pair_sums import applied

SCATTER_BELOW = 1 / 12
"""Neighbours per column of the matrix below which single products are taken to beat the rank-k update.

Estimated from the number of products, not tuned; at 2 neighbours an atom they do by far (`experiments/benchmarks`).
"""

_SURVEYED = 16  # so many particles are asked for their number of neighbours


class Seen:
    """Histogram and range of the sampled coordinates of all channels.

    Attributes
    ----------
    counts : (K,) int64
        Samples per knot interval, at the joint column of the channel plus the interval.
    extremes : (channels, 2) float64
        Smallest and largest coordinate; inf and -inf where nothing was seen.
    """

    def __init__(self, layout: Layout) -> None:
        self.counts = np.zeros(layout.size, dtype=np.int64)
        self.extremes = nothing_met(len(layout.bases))


def nothing_met(channels: int) -> FloatArray:
    """Smallest and largest of no numbers, (channels, 2)."""
    extremes = np.full((channels, 2), -np.inf)
    extremes[:, 0] = np.inf
    return extremes


class Features(ABC):
    """Rows of one frame after the other."""

    order: IntArray
    """Particle of each rank."""
    starts: IntArray
    """First rank of each species of the layout, and the number of particles."""

    def start(self, layout: Layout, whole: bool) -> None:
        """Take up sums of a batch over a layout; `whole` asks for rows with all columns."""
        return

    @abstractmethod
    def width(self, a: int) -> int:
        """Columns of the features in the panel of species `a`."""

    def products(self, products: FloatArray, a: int) -> FloatArray:
        """Where products of the panel's rows belong, given those of all columns of species `a`."""
        return products

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
        """Add products of the same particles' columns that the panel does not hold."""
        return

    def conclude(self, products: Sequence[FloatArray]) -> None:
        """Add what else belongs to the products of all columns, per species, when all rows have been made."""
        return

    @abstractmethod
    def begin(self, frame: Frame, layout: Layout) -> None:
        """Take up a frame; raises `InterpotError` for a species without channels."""

    @abstractmethod
    def fill(self, panel: FloatArray, row: int, a: int, low: int, high: int) -> None:
        """Add the rows of ranks low ... high-1, of species `a`, to its panel, whose last column is not ours."""

    @abstractmethod
    def scatter(self, products: FloatArray, forces: FloatArray, a: int) -> bool:
        """Add the products of all rows of a species directly, if that is faster; return whether it was."""

    @abstractmethod
    def closest(self) -> FloatArray:
        """Smallest coordinate of each channel that `fill` and `scatter` have met in this frame, (channels,)."""

    @abstractmethod
    def survey(self) -> FloatArray:
        """Smallest coordinate of each channel in the whole frame, (channels,)."""

    def sums(self) -> tuple[FloatArray, FloatArray]:
        """Energy and virial of every function in the whole frame, (K,) and (6, K)."""
        raise NotImplementedError

    @abstractmethod
    def end(self, seen: Seen) -> None:
        """Add what was met to what was seen, when the rows of all species have been made."""


def kinds_of(frame: Frame, layout: Layout) -> IntArray:
    """Index of each particle's species in the layout; raises `InterpotError` where one has no channel."""
    known = layout.species
    if frame.species == known:
        return np.asarray(frame.kinds, dtype=np.int64)
    table = np.array([known.index(name) if name in known else -1 for name in frame.species], dtype=np.int64)
    kinds = table[frame.kinds] if len(table) else frame.kinds
    if (table < 0).any() and (kinds < 0).any():
        unknown = sorted({frame.species[k] for k in np.unique(frame.kinds)} - set(known))
        raise InterpotError(
            f"{frame.source} frame {frame.index}: species '{unknown[0]}' has no channel, known are "
            f"{', '.join(sorted(known))}: name every species, such as --species "
            + ",".join(f"{name}={name}" for name in sorted({*known, *unknown}))
        )
    return kinds


class Beside(NamedTuple):
    """What else acts on the particles whose pairs are scattered; see `interpot.statistic.kernels.scatter_pair_rows`."""

    alone: Samples
    together: FloatArray
    width: int
    where: IntArray


def nobody_beside(particles: int) -> Beside:
    """Nothing else acts on them."""
    return Beside(no_samples(particles), np.zeros(0), 0, np.zeros(0, np.int64))


class Workbench:
    """Working memory of one thread, large enough for the largest frame so far."""

    def __init__(self) -> None:
        self.bench = bench_for(0, 0)

    def fit(self, images: int, particles: int) -> None:
        """Make room for a frame."""
        if len(self.bench.found) < images + LANES or len(self.bench.stop) < particles:
            self.bench = bench_for(images * 5 // 4, particles * 5 // 4)


class PairSplines(Features):
    """Pair channels over `LogSplines`; see `Features`.

    Those that share a workbench are aligned: a particle has the same rank in the frames of all of them.
    """

    def __init__(self, channels: Sequence[Channel], workbench: Workbench | None = None) -> None:
        self._grid_of = GridMaker(max(c.cutoff for c in channels), aligned=workbench is not None)
        self._cutoff = self._grid_of.cutoff
        self._workbench = workbench or Workbench()

    @property
    def _bench(self) -> Bench:
        return self._workbench.bench

    def width(self, a: int) -> int:
        """See `Features`."""
        return len(self._layout.own[a])

    def begin(self, frame: Frame, layout: Layout) -> None:
        """See `Features`."""
        self._frame, self._layout = frame, layout
        self._grid = grid = self._grid_of(frame, kinds_of(frame, layout), len(layout.species))
        self.order, self.starts = grid.order, grid.starts
        self._workbench.fit(len(grid.x), len(grid.order))
        self._squares = nothing_met(len(layout.channels))
        self._ends = np.zeros(layout.size, dtype=np.int64)

    def _partner(self, a: int, c: int) -> int:
        """Index of the species that a channel pairs with species `a`."""
        one, two = (self._layout.species.index(name) for name in self._layout.channels[c].species)
        return two if one == a else one

    def _lattice(self, a: int, c: int) -> Lattice:
        """Splines of a channel in the columns of species `a`."""
        basis = self._layout.bases[c]
        assert isinstance(basis, LogSplines)
        return Lattice(
            self._layout.channels[c].cutoff, 1 / basis.spacing, basis.intervals, self._layout.local[a][c]
        )

    def fill(self, panel: FloatArray, row: int, a: int, low: int, high: int) -> None:
        """See `Features`."""
        layout, flat, stride = self._layout, panel.ravel(), panel.shape[1]
        for c in layout.members[a]:
            lattice = self._lattice(a, c)
            add_pair_rows(
                flat, row, stride, low, high, self._frame.dimension, self._grid, self._partner(a, c),
                self._grid_of.stencil(lattice.cutoff, False), lattice, self._bench, self._ends[layout.starts[c] :],
                self._squares[c],
            )  # fmt: skip

    def scatter(self, products: FloatArray, forces: FloatArray, a: int, beside: Beside | None = None) -> bool:
        """See `Features`; `beside` says what else acts on the particles."""
        layout, low, high = self._layout, int(self.starts[a]), int(self.starts[a + 1])
        acting = list(layout.members[a])
        partners = [self._partner(a, c) for c in acting]
        cutoffs = [layout.channels[c].cutoff for c in acting]
        step, [nobody] = max((high - low) // _SURVEYED, 1), nothing_met(1)
        mean = sum(
            survey(
                self._grid, low, high, step, partner, self._grid_of.stencil(cutoff, False), cutoff,
                self._bench.found, nobody,
            )
            for partner, cutoff in zip(partners, cutoffs, strict=True)
        )  # fmt: skip
        if mean > SCATTER_BELOW * len(products):
            return False
        lattices = [self._lattice(a, c) for c in acting]
        squares = self._squares[acting]
        scatter_pair_rows(
            products.ravel(), len(products), forces, low, high, self._frame.dimension, self._grid,
            self._grid_of.stencil(self._cutoff, False), np.array(partners, np.int64), np.array(cutoffs, float),
            np.array([lattice.knots_per_log for lattice in lattices], float),
            np.array([lattice.intervals for lattice in lattices], np.int64),
            np.array([lattice.column for lattice in lattices], np.int64), layout.starts[acting], self._bench.found,
            self._ends, squares, *(beside or nobody_beside(len(forces))),
        )  # fmt: skip
        self._squares[acting] = squares
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
        layout, grid = self._layout, self._grid
        energy, virial = np.zeros(layout.size), np.zeros((6, layout.size))
        for c, channel in enumerate(layout.channels):
            a = layout.species.index(channel.species[0])
            lattice, columns = self._lattice(a, c), slice(layout.starts[c], layout.starts[c + 1])
            powers, moments = np.zeros((lattice.intervals, 6)), np.zeros((6, lattice.intervals, 5))
            sum_powers(
                grid, int(grid.starts[a]), int(grid.starts[a + 1]), self._frame.dimension, self._partner(a, c),
                self._partner(a, c) == a, self._grid_of.stencil(channel.cutoff, False), lattice, self._bench.found,
                powers, moments, self._ends[columns], self._squares[c],
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
        for a in range(len(self._layout.species)):
            for c in self._layout.members[a]:
                cutoff = self._layout.channels[c].cutoff
                survey(
                    self._grid, int(self.starts[a]), int(self.starts[a + 1]), 1, self._partner(a, c),
                    self._grid_of.stencil(cutoff, False), cutoff, self._bench.found, self._squares[c],
                )  # fmt: skip
        return self.closest()

    def end(self, seen: Seen) -> None:
        """See `Features`."""
        seen.counts += self._ends // 2  # each pair was met from both of its ends
        note_lengths(self._squares, seen.extremes)


class AnyFeatures(Features):
    """Any channels over any bases; see `Features`."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._collectors = collectors(channels)
        self._count = len(channels)

    def width(self, a: int) -> int:
        """See `Features`."""
        return len(self._layout.own[a])

    def begin(self, frame: Frame, layout: Layout) -> None:
        """See `Features`."""
        kinds = kinds_of(frame, layout)
        self._layout, self._dimension = layout, frame.dimension
        self.order = np.argsort(kinds, kind="stable")
        self.starts = np.concatenate([[0], np.cumsum(np.bincount(kinds, minlength=len(layout.species)))])
        found: dict[int, Contributions] = {}
        for members, collect in self._collectors:
            found.update(zip(members, collect(frame), strict=True))
        self._parts = [found[c] for c in range(self._count)]
        rank = np.full(len(kinds) + 1, -1)  # the last is what -1, no partner, points at
        rank[self.order] = np.arange(len(kinds))
        self._ranks = [(rank[part.i], rank[part.j]) for part in self._parts]
        self._slopes: list[tuple[IntArray, FloatArray]] | None = None

    def _evaluated(self) -> list[tuple[IntArray, FloatArray]]:
        """Slopes of the frame, at first asking, which is when the lattices are known to reach."""
        if self._slopes is None:
            self._slopes = [
                basis.slopes(part.s) for basis, part in zip(self._layout.bases, self._parts, strict=True)
            ]
        return self._slopes

    def fill(self, panel: FloatArray, row: int, a: int, low: int, high: int) -> None:
        """See `Features`."""
        if self._layout.covering(self.closest().tolist()) is not self._layout:
            return  # the lattices must grow first
        slopes = self._evaluated()
        for c in self._layout.members[a]:
            (i, j), (first, values) = self._ranks[c], slopes[c]
            column = first + self._layout.local[a][c]
            add_rows(panel, row, low, high, self._dimension, i, j, self._parts[c].unit, column, values)

    def scatter(self, products: FloatArray, forces: FloatArray, a: int) -> bool:
        """Never faster here."""
        return False

    def closest(self) -> FloatArray:
        """See `Features`."""
        return np.array([part.s.min() if part.s.size else np.inf for part in self._parts])

    def survey(self) -> FloatArray:
        """All is known already."""
        return self.closest()

    def end(self, seen: Seen) -> None:
        """See `Features`."""
        for c, (basis, part) in enumerate(zip(self._layout.bases, self._parts, strict=True)):
            if part.s.size == 0:
                continue
            extremes = seen.extremes[c]
            extremes[:] = min(extremes[0], part.s.min()), max(extremes[1], part.s.max())
            if isinstance(basis, KnotSplines):
                first, _ = self._evaluated()[c]
                seen.counts[self._layout.starts[c] :][: basis.intervals] += np.bincount(
                    first, minlength=basis.intervals
                )
