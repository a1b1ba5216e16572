"""Which column belongs to which function: of all channels together, and of those that act on one species."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray, IntArray
from interpot.statistic.basis import Basis, KnotSplines
from interpot.statistic.channels import Channel


def offsets(bases: Sequence[Basis]) -> IntArray:
    """First column of each basis in the joint matrix, and the total number of columns at the end."""
    return np.concatenate([[0], np.cumsum([basis.size for basis in bases])]).astype(np.int64)


def moved(old: Sequence[Basis], new: Sequence[Basis]) -> IntArray:
    """Column that each function of `old` has in `new`, -1 where it is not among them.

    Functions keep their index within a channel: a lattice grows at its end.
    """
    starts = offsets(new)
    parts = []
    for c, (a, b) in enumerate(zip(old, new, strict=True)):
        index = np.arange(a.size)
        parts.append(np.where(index < b.size, starts[c] + index, -1))
    return np.concatenate(parts).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Layout:
    """Columns of a set of bases.

    Attributes
    ----------
    channels, bases
        One basis per channel.
    species
        All that the channels act on, sorted.
    starts : (channels + 1,) int64
        First joint column of each channel, and their number.
    members
        Per species, the channels that act on it.
    own
        Per species, (k,) joint columns of those channels.
    local
        Per species, the first of the k columns of each of its channels.
    """

    channels: tuple[Channel, ...]
    bases: tuple[Basis, ...]
    species: tuple[str, ...]
    starts: IntArray
    members: tuple[tuple[int, ...], ...]
    own: tuple[IntArray, ...]
    local: tuple[dict[int, int], ...]

    @classmethod
    def of(
        cls, channels: Sequence[Channel], bases: Sequence[Basis], species: tuple[str, ...] | None = None
    ) -> Layout:
        """Lay out the columns; `species` are those of the channels where none are given.

        Raises
        ------
        InterpotError
            Two channels of the same kind, species and site.
        """
        for one, channel in enumerate(channels):
            if any(c.key == channel.key for c in channels[:one]):
                raise InterpotError(f"two channels are given for {channel.label}: expected one")
        if species is None:
            species = tuple(sorted({name for channel in channels for name in channel.species}))
        starts = offsets(bases)
        members = tuple(tuple(c for c, ch in enumerate(channels) if name in ch.species) for name in species)
        own, local = [], []
        for acting in members:
            sizes = [bases[c].size for c in acting]
            parts = [np.arange(starts[c], starts[c + 1]) for c in acting]
            own.append(np.concatenate([np.zeros(0, dtype=np.int64), *parts]))
            firsts = np.cumsum([0, *sizes])[:-1].tolist()
            local.append(dict(zip(acting, firsts, strict=True)))
        return cls(tuple(channels), tuple(bases), species, starts, members, tuple(own), tuple(local))

    @cached_property
    def of_pairs(self) -> Layout:
        """Layout of the pair channels alone, with all species."""
        chosen = self.pairs
        if len(chosen) == len(self.channels):
            return self
        return Layout.of([self.channels[c] for c in chosen], [self.bases[c] for c in chosen], self.species)

    @property
    def pairs(self) -> list[int]:
        """Places of the pair channels."""
        return [c for c, channel in enumerate(self.channels) if channel.kind == "pair"]

    @property
    def size(self) -> int:
        """Number of joint columns."""
        return int(self.starts[-1])

    def columns_on(self, species: str) -> IntArray:
        """Joint columns of the channels that act on a species; all of them for ""."""
        return self.own[self.species.index(species)] if species else np.arange(self.size, dtype=np.int64)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Size of each basis."""
        return tuple(basis.size for basis in self.bases)

    @cached_property
    def surely_covered(self) -> FloatArray:
        """Coordinates from which on the bases need not be asked whether they must grow, (channels,).

        They are a hair above the smallest that lattices cover, which spares asking in nearly all frames.
        """
        return np.array(
            [float(b.place(b.intervals - 1e-6)) if isinstance(b, KnotSplines) else np.inf for b in self.bases]
        )

    def covering(self, smallest: Sequence[float], slack: float = 0.0) -> Layout:
        """Return the layout whose bases reach the smallest coordinates (inf: none); what grows has a slack."""
        bases = [
            b
            if s == np.inf or b.covering(s).size == b.size
            else b.covering(b.inwards(s, slack) if isinstance(b, KnotSplines) else s)
            for b, s in zip(self.bases, smallest, strict=True)
        ]
        return self if bases == list(self.bases) else Layout.of(self.channels, bases)
