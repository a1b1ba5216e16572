"""Pair channels: a function of the distance between two particles, one per pair of species."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations_with_replacement

import numpy as np

from interpot.errors import InterpotError
from interpot.neighbours import PairSearch
from interpot.records import Frame, IntArray
from interpot.statistic.channels.channel import Channel, Contributions


class PairCollector:
    """Collects the contributions of all pair channels with one neighbour search."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._channels = tuple(channels)
        self._search = PairSearch(max(c.cutoff for c in channels))
        self._tables: dict[tuple[str, ...], IntArray] = {}

    def __call__(self, frame: Frame) -> list[Contributions]:
        """Contributions of each channel; s is the distance, unit points from i to j."""
        pairs = self._search(frame)
        channel = self._table(frame.species)[frame.kinds[pairs.i], frame.kinds[pairs.j]]
        channel[pairs.i == pairs.j] = -1  # a particle and its own image: their forces cancel
        found = []
        for k, c in enumerate(self._channels):
            mine = np.flatnonzero((channel == k) & (pairs.r < c.cutoff))
            found.append(Contributions(pairs.r[mine], pairs.i[mine], pairs.j[mine], pairs.unit[mine]))
        return found

    def _table(self, species: tuple[str, ...]) -> IntArray:
        """Index of the channel for each two kinds of a frame, -1 where there is none."""
        if species not in self._tables:
            index = {c.species: k for k, c in enumerate(self._channels)}
            rows = [[index.get((min(a, b), max(a, b)), -1) for b in species] for a in species]
            self._tables[species] = np.array(rows, dtype=np.int64).reshape(len(species), len(species))
        return self._tables[species]


def pair_channels(
    species: Iterable[str], cutoff: float, cutoffs: Mapping[str, float] | None = None
) -> tuple[Channel, ...]:
    """Make one pair channel for every two species.

    Parameters
    ----------
    species
        Names, in any order, repeats allowed.
    cutoff
        Å, for every pair that `cutoffs` does not name.
    cutoffs
        Exceptions: {"Ne-Xe": 8.0}, in either order of the names.

    Raises
    ------
    InterpotError
        A cutoff is not positive, or one names a species that does not exist.
    """
    names = sorted(set(species))
    known = {
        "-".join(pair): pair for a, b in combinations_with_replacement(names, 2) for pair in ((a, b), (b, a))
    }
    reach = {tuple(sorted(pair)): float(cutoff) for pair in known.values()}
    for label, value in (cutoffs or {}).items():
        if label not in known:
            strangers = [part for part in label.split("-") if part and part not in names]
            lack = f"no {' and no '.join(strangers)}, only" if strangers else "the species"
            raise InterpotError(
                f"a cutoff was given for '{label}', but the data hold {lack} {', '.join(names)}: "
                f"expected one of {', '.join('-'.join(p) for p in reach)}"
            )
        reach[tuple(sorted(known[label]))] = float(value)
    for pair, value in reach.items():
        if not value > 0:
            raise InterpotError(f"the cutoff of {'-'.join(pair)} is {value:g}, expected a positive length")
    return tuple(Channel("pair", pair, value) for pair, value in reach.items())
