"""The only pass over the data: frames × channels → Statistic.

Features of several frames are gathered in a long panel, because one rank-k update of a thousand rows keeps the
processor's multipliers busy where many short ones wait for memory. A frame larger than the panel is cut by
ranges of particles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame, IntArray, Trajectory
from interpot.statistic.basis import Basis, LogSplines
from interpot.statistic.channels import Channel, Contributions, collectors
from interpot.statistic.kernels import add_rows
from interpot.statistic.normal_equations import Blocks, Coverage, Statistic, offsets, regrown
from interpot.threads import one_blas_thread
from interpot.trajectory.targets import target_rows
from interpot.units import UnitStyle

MAX_BLOCKS = 64
"""When so many blocks are full, neighbours are joined: a stream of any length ends with 32 to 64."""

PANEL_BYTES = 16_000_000

FrameProgress = Callable[[int], None]


class _BlockSums:
    """Sums of blocks of consecutive frames, whose length doubles when there are too many."""

    def __init__(self, size: int) -> None:
        self.length = 1
        self.done: list[list[FloatArray]] = []
        self._start(size)

    def _start(self, size: int) -> None:
        self.open = [np.zeros((size, size)), np.zeros(size), np.zeros(3)]  # A, B, (C, rows, frames)

    def add(self, panel: FloatArray, target: FloatArray) -> None:
        self.open[0] += panel.T @ panel  # numpy sends this to BLAS's symmetric rank-k update
        self.open[1] += panel.T @ target
        self.open[2] += np.array([target @ target, len(target), 0])

    def end_frame(self) -> bool:
        """Count a frame; return whether it filled the block."""
        self.open[2][2] += 1
        return bool(self.open[2][2] >= self.length)

    def close(self) -> None:
        """File the open block away and start the next."""
        self.done.append(self.open)
        if len(self.done) == MAX_BLOCKS:
            pairs = zip(self.done[::2], self.done[1::2], strict=True)
            self.done = [[a + b for a, b in zip(one, two, strict=True)] for one, two in pairs]
            self.length *= 2
        self._start(len(self.open[1]))

    def regrow(self, columns: IntArray, size: int) -> None:
        for block in (*self.done, self.open):
            gram, moment = np.zeros((size, size)), np.zeros(size)
            gram[columns[:, None], columns] = block[0]
            moment[columns] = block[1]
            block[:2] = gram, moment

    def blocks(self) -> Blocks:
        if self.open[2][2]:
            self.close()
        gram, moment, counts = (np.array([b[k] for b in self.done]) for k in range(3))
        whole = counts[:, 1:].astype(np.int64)
        return Blocks(gram, moment, counts[:, 0], whole[:, 0], whole[:, 1])


class _Seen:
    """Histogram, minimum and maximum of one channel's coordinate."""

    def __init__(self) -> None:
        self.counts = np.zeros(0, dtype=np.int64)
        self.minimum, self.maximum = np.inf, 0.0

    def add(self, s: FloatArray, interval: IntArray | None) -> None:
        if s.size == 0:
            return
        self.minimum, self.maximum = min(self.minimum, s.min()), max(self.maximum, s.max())
        if interval is not None:
            counts = np.bincount(interval, minlength=self.counts.size)
            counts[: self.counts.size] += self.counts
            self.counts = counts


class Accumulator:
    """Adds frames to the normal equations, one at a time.

    Parameters
    ----------
    channels
        What the forces may depend on.
    bases
        One per channel; grown inwards when a closer pair turns up.
    """

    def __init__(self, channels: Sequence[Channel], bases: Sequence[Basis]) -> None:
        self.channels, self.bases = tuple(channels), list(bases)
        self._species = {name for c in channels for name in c.species}
        self._collectors = collectors(channels)
        self._seen = [_Seen() for _ in channels]
        self._resize()
        self._sums = _BlockSums(self._panel.shape[1])

    def _resize(self) -> None:
        """Lay out the panel for the present bases."""
        self._starts = offsets(self.bases)
        size = int(self._starts[-1])
        self._panel = np.zeros((max(PANEL_BYTES // (8 * size), 3), size))
        self._target = np.zeros(len(self._panel))
        self._filled = 0

    def add(self, frame: Frame, target: FloatArray) -> None:
        """Add one frame.

        Parameters
        ----------
        frame
            Positions and species.
        target : (n, 3) float64, eV/Å
            What stands for the force.

        Raises
        ------
        InterpotError
            The frame holds a species that no channel has, or two particles in one place.
        """
        self._check_species(frame)
        contributions = self._collect(frame)
        self._grow(contributions)
        features = []
        for c, part in enumerate(contributions):
            first, slopes = self.bases[c].slopes(part.s)
            self._seen[c].add(part.s, first if isinstance(self.bases[c], LogSplines) else None)
            features.append((part, first + self._starts[c], slopes))
        self._fill(frame, target, features)
        if self._sums.end_frame():
            self._flush()
            self._sums.close()

    def _collect(self, frame: Frame) -> list[Contributions]:
        found: dict[int, Contributions] = {}
        for members, collect in self._collectors:
            found.update(zip(members, collect(frame), strict=True))
        return [found[c] for c in range(len(self.channels))]

    def _check_species(self, frame: Frame) -> None:
        present = {frame.species[k] for k in np.unique(frame.kinds)}
        if unknown := sorted(present - self._species):
            raise InterpotError(
                f"{frame.source} frame {frame.index}: species '{unknown[0]}' has no channel, known are "
                f"{', '.join(sorted(self._species))}: name every species, such as --species "
                + ",".join(f"{name}={name}" for name in sorted(self._species | present))
            )

    def _grow(self, contributions: list[Contributions]) -> None:
        """Let the bases reach the closest samples of this frame."""
        grown = [
            b.covering(p.s.min()) if p.s.size else b for b, p in zip(self.bases, contributions, strict=True)
        ]
        if [b.size for b in grown] == [b.size for b in self.bases]:
            return
        self._flush()
        columns = regrown(self.bases, grown)
        self.bases = grown
        self._resize()
        self._sums.regrow(columns, self._panel.shape[1])

    def _fill(
        self, frame: Frame, target: FloatArray, features: list[tuple[Contributions, IntArray, FloatArray]]
    ) -> None:
        d, n, low = frame.dimension, len(frame.positions), 0
        while low < n:
            room = (len(self._panel) - self._filled) // d
            if room == 0 or (room < n <= len(self._panel) // d):  # do not cut a frame that fits whole
                self._flush()
                continue
            high = min(low + room, n)
            for part, first, slopes in features:
                add_rows(self._panel, self._filled, low, high, d, part.i, part.j, part.unit, first, slopes)
            rows = slice(self._filled, self._filled + d * (high - low))
            self._target[rows] = target[low:high, :d].ravel()
            self._filled = rows.stop
            low = high

    def _flush(self) -> None:
        """Add the gathered rows to the open block."""
        if self._filled:
            self._sums.add(self._panel[: self._filled], self._target[: self._filled])
            self._panel[: self._filled] = 0
            self._filled = 0

    def statistic(self, units: UnitStyle, provenance: dict[str, object]) -> Statistic:
        """Close the last block and return the sums."""
        self._flush()
        coverage = tuple(Coverage(s.counts, float(s.minimum), float(s.maximum)) for s in self._seen)
        return Statistic(self.channels, tuple(self.bases), self._sums.blocks(), coverage, units, provenance)


@one_blas_thread()
def one_pass(
    frames: Trajectory,
    channels: Sequence[Channel],
    bases: Iterable[Basis] | None = None,
    *,
    target: str = "recorded",
    progress: FrameProgress | None = None,
) -> Statistic:
    """Walk the trajectory once and return its statistic.

    Parameters
    ----------
    frames
        The data.
    channels
        What the forces may depend on (`interpot.statistic.channels`).
    bases
        One per channel; `LogSplines` anchored at each cutoff by default.
    target
        What stands for the force, a row of `interpot.trajectory.targets.TARGETS`.
    progress
        Called with the number of frames done.

    Raises
    ------
    InterpotError
        No frames, bad data (see the readers), or no pair of a channel ever within its cutoff.
    """
    if not channels:
        raise InterpotError(
            "no channels were given: expected at least one, as interpot.pair_channels makes them"
        )
    accumulator = Accumulator(channels, list(bases or (LogSplines(c.cutoff) for c in channels)))
    count = 0
    for frame, rows in target_rows(frames, target):
        accumulator.add(frame, rows)
        count += 1
        if progress is not None:
            progress(count)
    names = ", ".join(str(path) for path in frames.sources)
    if count == 0:
        raise InterpotError(f"no frames in {names}: expected at least one (see --frames and --stride)")
    statistic = accumulator.statistic(
        frames.units, {"sources": [str(path) for path in frames.sources], "frames": count, "target": target}
    )
    _check_sampled(statistic, names)
    return statistic


def _check_sampled(statistic: Statistic, names: str) -> None:
    length, unit = statistic.units.length, statistic.units.length_unit
    for channel, seen in zip(statistic.channels, statistic.coverage, strict=True):
        if seen.maximum == 0:
            raise InterpotError(
                f"{names}: no {channel.label} pair ever comes within its cutoff of "
                f"{channel.cutoff / length:g} {unit}: enlarge the cutoff, or add data in which they meet"
            )
