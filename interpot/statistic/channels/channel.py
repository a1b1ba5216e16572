"""What every kind of channel has in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame, IntArray
from interpot.table import load_row


@dataclass(frozen=True, slots=True)
class Channel:
    """One unknown function of one coordinate.

    Attributes
    ----------
    kind
        A row of `CHANNELS`.
    species
        Whose coordinate it is, sorted.
    cutoff
        Å; the function is zero from here on.
    """

    kind: str
    species: tuple[str, ...]
    cutoff: float

    def __post_init__(self) -> None:
        if not 0 < self.cutoff < np.inf:
            raise InterpotError(f"the cutoff of {self.label} is {self.cutoff} Å: expected a positive number")

    @property
    def label(self) -> str:
        """Name for people: "Ne-Xe"."""
        return "-".join(self.species)


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """Everything that one channel's function contributes to the forces of one frame.

    A contribution with slope φ'(s) gives the force +φ' `unit` on i and -φ' `unit` on j.

    Attributes
    ----------
    s : (p,) float64, Å
        Coordinate.
    i, j : (p,) int64
        Particles; j = -1 where there is no partner.
    unit : (p, 3) float64
        Minus the gradient of s with respect to the position of i.
    """

    s: FloatArray
    i: IntArray
    j: IntArray
    unit: FloatArray


Collector = Callable[[Frame], list[Contributions]]
"""Maps a frame to the contributions of each channel of one kind, in the channels' order."""

CHANNELS = {
    "pair": "interpot.statistic.channels.pair:PairCollector",
}
"""The table of kinds: what collects the contributions of all channels of that kind."""


def collectors(channels: Sequence[Channel]) -> list[tuple[list[int], Collector]]:
    """Make one collector per kind, with the indices of its channels in `channels`."""
    found = []
    for kind in dict.fromkeys(c.kind for c in channels):
        members = [k for k, c in enumerate(channels) if c.kind == kind]
        maker = load_row(CHANNELS, kind, "kind of channel")
        found.append((members, maker([channels[k] for k in members])))
    return found
