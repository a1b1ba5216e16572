"""Features of one frame: what each basis function contributes to the force on each particle.

Particles are ranked by species, so that the rows of one species follow each other. `AnyFeatures` takes any channels
and any bases through their contributions. `interpot.statistic.pair_splines` is the fast way, for pair channels over
splines; `interpot.statistic.mixed_features` puts channels of one particle beside either. All say by `closest` what
they have met, so that the lattices can grow.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame, IntArray
from interpot.statistic.basis import KnotSplines
from interpot.statistic.channels import Channel, Contributions, collectors
from interpot.statistic.kernels.rows import add_rows
from interpot.statistic.layout import Layout
from interpot.statistic.panels import Panels
from interpot.trajectory.targets import Windows


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
    return np.array([(np.inf, -np.inf)] * channels).reshape(channels, 2)


class Features(ABC):
    """Rows of one frame after the other."""

    order: IntArray
    """Particle of each rank."""
    starts: IntArray
    """First rank of each species of the layout, and the number of particles."""

    def start(self, layout: Layout, whole: bool) -> None:
        """Take up sums of a batch over a layout; `whole` asks for rows with all columns."""
        self._layout = layout

    def run(self, windows: Sequence[Windows]) -> int:
        """How many of these, from the first on, can be summed up without Python in between."""
        return 0

    def sum_up(
        self, run: Sequence[Windows], blocks: Sequence[int], panels: Panels, products: FloatArray, rows: IntArray,
        seen: Seen,
    ) -> tuple[int, bool]:  # fmt: skip
        """Sum up a run of frames with their forces, as far as the lattices reach.

        Parameters
        ----------
        blocks
            Number of the block that each frame belongs to, rising.
        panels
            Of all species; rows of the first block may be in them, and some of the last one are left in them.
        products : (blocks, all products) float64, in and out
            [X F]ᵀ[X F] of one species after the other.
        rows : (blocks, species) int64, in and out
            Force components.
        seen
            Gets what is met.

        Returns
        -------
        int, bool
            How many frames are done, and whether the last of these holds a pair that may be closer than the lattices
            reach: it is to be looked at before the others follow.
        """
        raise NotImplementedError

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
