"""Adds frames to the normal equations: batches, threads, and blocks in their order.

Frames are gathered in batches, batches are summed up by threads (`interpot.statistic.batches`), and their sums are
added in order to the open block. Block boundaries follow the number of the frame: blocks begin with one frame, and
double when there are too many, so that a stream of any length ends with 32 to 64 and two passes over the same frames
have the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np

from interpot.errors import InterpotError
from interpot.statistic.basis import Basis, KnotSplines, splines_for
from interpot.statistic.batches import BATCH_BYTES, BATCH_FRAMES, Batch, BatchSums, Summation
from interpot.statistic.block_store import BlockStore, one_block, reopen
from interpot.statistic.blocks import Blocks
from interpot.statistic.channels import Channel
from interpot.statistic.frame_rows import NOTHING, Wanted
from interpot.statistic.layout import Layout, moved
from interpot.statistic.normal_equations import Coverage, Statistic
from interpot.trajectory.targets import Windows
from interpot.units import UnitStyle


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """State of an accumulator between two batches; what is needed to go on as if nothing had happened.

    Attributes
    ----------
    blocks
        Finished ones, and at the end the open one if it holds frames.
    bases
        What their columns are.
    coverage
        Per channel.
    length
        Frames per block at present.
    in_block
        Frames in the open one.
    start, ahead
        Lattices that batches start with at present, and from the next power of two on.
    batches, items, frames
        How many have been added; items are frames with their forces, or windows over several frames.
    """

    blocks: Blocks
    bases: tuple[Basis, ...]
    coverage: tuple[Coverage, ...]
    length: int
    in_block: int
    start: tuple[Basis, ...]
    ahead: tuple[Basis, ...]
    batches: int
    items: int
    frames: int


class Accumulator:
    """Adds frames to the normal equations, one at a time.

    Parameters
    ----------
    channels
        What the forces may depend on.
    bases
        One per channel, grown inwards when a closer pair turns up; splines anchored at each cutoff by default.
    threads
        How many sum up batches. The result does not depend on it.
    memory
        Bytes that finished blocks may take; neighbours are joined sooner where they would take more.
    block_length
        Frames per block; by default 1, doubled whenever there are 64 blocks.
    wanted
        What is to be kept beside the products of the forces.
    snapshot
        Goes on from there.
    """

    def __init__(
        self,
        channels: Sequence[Channel],
        bases: Iterable[Basis] | None = None,
        *,
        threads: int = 1,
        memory: int | None = None,
        block_length: int | None = None,
        wanted: Wanted = NOTHING,
        snapshot: Snapshot | None = None,
    ) -> None:
        if threads < 1:
            raise InterpotError(f"{threads} threads were asked for: expected 1 or more")
        self._first = Layout.of(channels, list(bases or splines_for(channels)))
        self._start = self._first  # what batches begin with: grows; `_first` is what was asked for
        self._ahead = self._first  # what they will begin with from the next power of two on
        self._memory, self._wanted = memory, wanted
        fixed = block_length is not None
        self._store = BlockStore(self._first, memory, block_length or 1, fixed, wanted)
        self._length = (
            self._store.length
        )  # of the block that frames come to; the store is some batches behind
        self._open = BatchSums(self._first)
        self._coverage = BatchSums(self._first)  # of all frames; its sums stay empty
        self._batch: list[list[Windows]] = [[]]  # by blocks
        self._frames_gathered = self._rows_gathered = 0
        self._in_block = self._closed = self._batches = self._reduced = self.items = self.frames = 0
        self._summations: SimpleQueue[Summation] = SimpleQueue()
        for _ in range(threads):
            self._summations.put(Summation(self._first, wanted))
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._under_way: deque[tuple[Future[list[BatchSums]], bool]] = deque()
        self._most_under_way = 2 * threads
        if snapshot is not None:
            self._go_on_from(snapshot)

    # ------------------------------------------------------------------ frames in, batches out

    def add(self, windows: Windows) -> None:
        """Add one frame with its forces, or windows over several.

        Parameters
        ----------
        windows
            Their frames are kept for a while, and must not change.

        Raises
        ------
        InterpotError
            A frame of these, or of those a little before, holds a species that no channel has, or two particles in
            one place.
        """
        _check_usable(windows)
        self._batch[-1].append(windows)
        self._frames_gathered += 1
        self._rows_gathered += (
            windows.targets.shape[0] * windows.targets.shape[1] * windows.frames[0].dimension
        )
        self._in_block += 1
        self.items += 1
        self.frames += len(windows.fresh)
        block_ends = self._in_block == self._length
        asked = (
            block_ends and self._memory is not None
        )  # with little memory the width of the lattices decides
        if asked or self._batch_is_full:
            self._submit(block_ends)
        elif block_ends:
            self._batch.append([])
        if block_ends:
            self._in_block = 0
            self._count_block(asked)

    def _count_block(self, asked: bool) -> None:
        """Follow the store, which joins blocks when there are too many, without waiting for it unless it is asked."""
        self._closed += 1
        if asked:
            self._drain()
            self._closed, self._length = self._store.count, self._store.length
        elif self._store.joins_at(self._closed):
            self._closed, self._length = self._closed // 2, 2 * self._length

    @property
    def _batch_is_full(self) -> bool:
        """The first batches are short, because each time that the lattices must grow, a batch begins anew."""
        widths = [len(own) + 1 for own in self._start.of_pairs.own]  # what else there is takes no rows
        size = 8 * (self._rows_gathered * max(widths) + len(self._batch) * sum(k * k for k in widths))
        return size >= BATCH_BYTES or self._frames_gathered >= min(2 * self._batches + 1, BATCH_FRAMES)

    def _submit(self, block_ends: bool) -> None:
        """Hand the gathered frames to a thread."""
        batch, self._batch = self._batch, [[]]
        self._frames_gathered = self._rows_gathered = 0
        self._batches += 1
        if _is_power_of_two(self._batches):
            self._look_ahead()
        if self._pool is None:
            self._reduce(self._sum(batch, self._start), block_ends)
        else:
            self._under_way.append((self._pool.submit(self._sum, batch, self._start), block_ends))
            while len(self._under_way) >= self._most_under_way:
                self._reduce_next()

    def _look_ahead(self) -> None:
        """Let batches n, n + 1 ... 2 n - 1 begin with the lattices as grown by the first n/2, for n = 1, 2, 4, 8 ...

        No timing changes which these are; and only while there are few batches must they be waited for.
        """
        while self._reduced < self._batches // 2:
            self._reduce_next()
        self._start = self._ahead

    def _sum(self, batch: Batch, layout: Layout) -> list[BatchSums]:
        summation = self._summations.get()
        try:
            return summation(batch, layout)
        finally:
            self._summations.put(summation)

    # ------------------------------------------------------------------ sums of batches in order

    def _reduce_next(self) -> None:
        future, block_ends = self._under_way.popleft()
        self._reduce(future.result(), block_ends)

    def _drain(self) -> None:
        while self._under_way:
            self._reduce_next()

    def _reduce(self, batch: list[BatchSums], block_ends: bool) -> None:
        """Add the sums of a batch to the open block, and to those that follow."""
        self._reduced += 1
        for k, sums in enumerate(batch):
            self._grow(sums.layout)
            sums = sums.over(self._store.layout)
            self._coverage.see(sums.seen)
            if self._open.frames:
                self._open.add(sums)
            else:
                self._open = sums
            if block_ends or k + 1 < len(batch):
                self._close()
        if _is_power_of_two(self._reduced):
            self._ahead = self._store.layout

    def _grow(self, other: Layout) -> None:
        """Let all sums cover what a batch covers, and what they did before."""
        if other.sizes == self._store.layout.sizes:
            return
        bases = [
            max(pair, key=lambda b: b.size)
            for pair in zip(self._store.layout.bases, other.bases, strict=True)
        ]
        layout = Layout.of(other.channels, bases)
        if layout.sizes == self._store.layout.sizes:
            return
        self._store.grow(layout)
        self._open = self._open.over(layout)
        self._coverage = self._coverage.over(layout)

    def _close(self) -> None:
        self._store.close(self._open)
        self._open = BatchSums(self._store.layout)

    # ------------------------------------------------------------------ results

    @property
    def at_batch_end(self) -> bool:
        """Whether all frames so far have been handed to the threads, as they have after every few frames."""
        return self._frames_gathered == 0

    def snapshot(self) -> Snapshot:
        """Return the state, at the end of a batch."""
        assert self.at_batch_end
        self._drain()
        blocks, layout = self._store.blocks(), self._store.layout
        if self._open.frames:
            blocks = blocks.beside(one_block(self._open))
        return Snapshot(
            blocks, layout.bases, self._seen(layout), self._store.length, self._in_block, self._start.bases,
            self._ahead.bases, self._batches, self.items, self.frames,
        )  # fmt: skip

    def _go_on_from(self, snapshot: Snapshot) -> None:
        layout = Layout.of(self._first.channels, snapshot.bases)
        self._start = Layout.of(self._first.channels, snapshot.start)
        self._ahead = Layout.of(self._first.channels, snapshot.ahead)
        self._store = BlockStore(layout, self._memory, snapshot.length, self._store.fixed, self._wanted)
        self._open, self._coverage = BatchSums(layout), BatchSums(layout)
        self._in_block = snapshot.in_block
        self._store.restore(snapshot.blocks.first(len(snapshot.blocks) - (self._in_block > 0)))
        if self._in_block:
            reopen(snapshot.blocks, self._open)
        self._closed, self._length = self._store.count, snapshot.length
        self._batches = self._reduced = snapshot.batches
        self.items, self.frames = snapshot.items, snapshot.frames
        for c, seen in enumerate(snapshot.coverage):
            start = layout.starts[c]
            self._coverage.seen.counts[start : start + len(seen.counts)] = seen.counts
            self._coverage.seen.extremes[c] = seen.minimum, seen.maximum

    def _seen(self, layout: Layout) -> tuple[Coverage, ...]:
        """Coverage, in the lattices of a layout."""
        seen, starts = self._coverage.seen, self._store.layout.starts
        return tuple(
            Coverage(
                seen.counts[starts[c] : starts[c] + basis.intervals].copy() if isinstance(basis, KnotSplines)
                else np.zeros(0, dtype=np.int64),
                *seen.extremes[c].tolist(),
            )
            for c, basis in enumerate(layout.bases)
        )  # fmt: skip

    def statistic(self, units: UnitStyle, provenance: dict[str, object]) -> Statistic:
        """Close the last block and return the sums over lattices that reach to the closest pair and no further."""
        if self._frames_gathered:
            self._submit(block_ends=False)
        self._drain()
        if self._open.frames:
            self._close()
        layout = self._first.covering(self._coverage.seen.extremes[:, 0].tolist())
        columns = moved(self._store.layout.bases, layout.bases)
        blocks = self._store.blocks().laid_out(columns, layout.size, layout.own)
        return Statistic(layout.channels, layout.bases, blocks, self._seen(layout), units, provenance)

    def close(self) -> None:
        """Let the threads go."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _is_power_of_two(number: int) -> bool:
    return number & (number - 1) == 0


def _check_usable(windows: Windows) -> None:
    """Files are checked when they are read; this is for frames from elsewhere."""
    count, frame = len(windows.weights), windows.frames[0]
    if windows.targets.shape != (count, *frame.positions.shape):
        raise InterpotError(
            f"{frame.source} frame {frame.index}: forces of shape {windows.targets.shape[1:]} for positions of shape "
            f"{frame.positions.shape}: expected the same"
        )
    if not (
        np.isfinite(windows.targets).all() and all(np.isfinite(f.positions).all() for f in windows.frames)
    ):
        raise InterpotError(
            f"{frame.source} frame {frame.index}: a position or a force is not finite: leave that frame out"
        )
