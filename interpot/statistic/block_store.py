"""Finished blocks of a pass that is under way: packed, few, and on disk where they are large."""

from __future__ import annotations

import numpy as np

from interpot.statistic.batches import BatchSums
from interpot.statistic.blocks import ARRAYS, Blocks, SpeciesSums, unpacked
from interpot.statistic.frame_rows import NOTHING, Wanted
from interpot.statistic.kernels.packed import pack
from interpot.statistic.large_arrays import zeros
from interpot.statistic.layout import Layout, moved
from interpot.statistic.triangular import RowTables, beside

MAX_BLOCKS = 64
"""When so many blocks are full, neighbours are joined: a stream of any length ends with 32 to 64."""

MIN_BLOCKS = 8
"""However little memory there is, cross-validation and errors need so many."""


def block_length(frames: int, most: int = MAX_BLOCKS) -> int:
    """Frames per block that a pass over so many frames ends with: the smallest power of two of less than `most` blocks.

    >>> block_length(63), block_length(64), block_length(1000)
    (1, 2, 16)
    """
    length = 1
    while frames // length >= most:
        length *= 2
    return length


def most_blocks(layout: Layout, memory: int | None, wanted: Wanted = NOTHING) -> int:
    """How many blocks may be kept, a power of two, so that they fit into `memory` bytes."""
    most = MAX_BLOCKS
    if memory is None:
        return most
    block = 8 * sum(len(own) * (len(own) + 3) // 2 for own in layout.own)
    block += 8 * layout.size**2 * ((wanted.energies is not None) + (wanted.virials is not None))
    block += 8 * sum(len(own) ** 2 for own in layout.own) * (wanted.factor == "qr")
    while most > 2 * MIN_BLOCKS and most * block > memory:
        most //= 2
    return most


class BlockStore:
    """Blocks of consecutive frames whose length doubles when there are too many.

    Parameters
    ----------
    layout
        Of the columns; may grow.
    memory
        Bytes that finished blocks may take; neighbours are joined sooner where they would take more.
    length
        Frames per block at the start.
    fixed
        Whether blocks keep that length, however many there are.
    wanted
        What is kept beside the products.
    """

    def __init__(
        self,
        layout: Layout,
        memory: int | None = None,
        length: int = 1,
        fixed: bool = False,
        wanted: Wanted = NOTHING,
    ) -> None:
        self.layout, self.length, self._memory, self.fixed = layout, length, memory, fixed
        self._wanted = wanted
        self._tables: tuple[RowTables, ...] = ()
        self.count = 0
        self._frames: list[int] = []
        self._net: list[float] = []
        self._parts = self._allocate(layout, self.most)

    def _allocate(self, layout: Layout, capacity: int) -> list[SpeciesSums]:
        return [
            SpeciesSums(
                name, own, zeros(capacity, len(own) * (len(own) + 1) // 2), np.zeros((capacity, len(own))),
                np.zeros(capacity), np.zeros(capacity, dtype=np.int64),
            )
            for name, own in zip(layout.species, layout.own, strict=True)
        ]  # fmt: skip

    @property
    def most(self) -> int:
        """How many blocks there may be before neighbours are joined."""
        return most_blocks(self.layout, self._memory, self._wanted)

    def joins_at(self, count: int) -> bool:
        """Whether so many blocks are too many, so that neighbours are joined and the length doubles."""
        return not self.fixed and count >= self.most and count % 2 == 0

    @property
    def _capacity(self) -> int:
        return len(self._parts[0].square)

    def grow(self, layout: Layout) -> None:
        """Make room for closer pairs."""
        if layout.sizes == self.layout.sizes:
            return
        blocks = self.blocks().laid_out(moved(self.layout.bases, layout.bases), layout.size, layout.own)
        self.layout = layout
        self.restore(blocks)

    def restore(self, blocks: Blocks, capacity: int = 0) -> None:
        """Take over finished blocks, which are over the present layout."""
        self._parts = self._allocate(self.layout, max(self.most, len(blocks) + 1, capacity))
        self.count, self._frames, self._net = len(blocks), blocks.frames.tolist(), blocks.net.tolist()
        self._tables = blocks.tables
        for mine, theirs in zip(self._parts, blocks.parts, strict=True):
            for name in ARRAYS:
                getattr(mine, name)[: self.count] = getattr(theirs, name)

    def close(self, sums: BatchSums) -> None:
        """File a finished block away, and join neighbours if the store is full."""
        if self.count == self._capacity:  # where the length is fixed, or memory is scarcer than it was
            self.restore(self.blocks(), 2 * self._capacity)
        for a, part in enumerate(self._parts):
            products = sums.products[a]
            pack(products[:-1, :-1], part.gram[self.count])
            part.moment[self.count] = products[:-1, -1]
            part.square[self.count] = products[-1, -1]
            part.rows[self.count] = sums.rows[a]
        self._tables = beside(self._tables, [t.closed() for t in sums.tables])
        self._frames.append(sums.frames)
        self._net.append(sums.net)
        self.count += 1
        if self.joins_at(self.count):
            self._join()

    def _join(self) -> None:
        """Add every second block to the one before it."""
        joined = self.count // 2
        for part in self._parts:
            for name in ARRAYS:
                array = getattr(part, name)
                for b in range(joined):  # block by block: no second copy of all
                    array[b] = array[2 * b] + array[2 * b + 1]
        self._tables = tuple(_in_pairs(table, joined) for table in self._tables)
        self._frames = [sum(self._frames[2 * b : 2 * b + 2]) for b in range(joined)]
        self._net = [sum(self._net[2 * b : 2 * b + 2]) for b in range(joined)]
        self.count = joined
        self.length *= 2

    def blocks(self) -> Blocks:
        """Return the finished blocks; the arrays are views."""
        parts = tuple(
            SpeciesSums(p.species, p.columns, *(getattr(p, name)[: self.count] for name in ARRAYS))
            for p in self._parts
        )
        frames, net = np.array(self._frames, dtype=np.int64), np.array(self._net)
        return Blocks(self.layout.size, parts, frames, net, self._tables)


def _in_pairs(table: RowTables, count: int) -> RowTables:
    """Rows of `count` blocks, each of two neighbours."""
    joined = table.joined(0, 2)
    for b in range(1, count):
        joined = joined.beside(table.joined(2 * b, 2 * b + 2))
    return joined.closed()


def one_block(sums: BatchSums) -> Blocks:
    """Pack sums as a block of their own."""
    parts = []
    for a, (name, own) in enumerate(zip(sums.layout.species, sums.layout.own, strict=True)):
        gram, products = np.empty((1, len(own) * (len(own) + 1) // 2)), sums.products[a]
        pack(products[:-1, :-1], gram[0])
        moment, square = products[None, :-1, -1].copy(), products[None, -1, -1].copy()
        parts.append(SpeciesSums(name, own, gram, moment, square, sums.rows[a : a + 1].copy()))
    return Blocks(sums.layout.size, tuple(parts), np.array([sums.frames]), np.array([sums.net]), sums.tables)


def reopen(blocks: Blocks, sums: BatchSums) -> None:
    """Make empty sums those of the last block, to go on with it."""
    for a, part in enumerate(blocks.parts):
        sums.products[a][:-1, :-1] = unpacked(part.gram[-1], len(part.columns))
        sums.products[a][:-1, -1] = part.moment[-1]
        sums.products[a][-1, -1] = part.square[-1]
        sums.rows[a] = part.rows[-1]
    sums.frames, sums.net = int(blocks.frames[-1]), float(blocks.net[-1])
    sums.tables = tuple(t.part(len(blocks) - 1, len(blocks)) for t in blocks.tables)
