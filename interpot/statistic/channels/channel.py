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
        Å; the function is zero from here on. Of a field, the largest coordinate.
    site
        Of a wall, its name (`interpot.records.Surface`); of a field, its coordinate: "x", "y", "z" or "r".
    charges
        Of each of the species, in e: the function is multiplied with them, and is one for all (a potential in V).
        Without them it is the energy of a particle itself.
    centre
        Å, from which the coordinate of a field is counted.
    time
        Of friction, internal units: how long a particle goes with its velocity for the distance that is its coordinate.
    """

    kind: str
    species: tuple[str, ...]
    cutoff: float
    site: str = ""
    charges: tuple[float, ...] = ()
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    time: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.cutoff < np.inf:
            raise InterpotError(f"the cutoff of {self.label} is {self.cutoff} Å: expected a positive number")

    @property
    def label(self) -> str:
        """Name for people: "Ne-Xe", "Ne-zlo" (a wall), "Ne@z" (a field), "charge@z" (on charges), "Ne drag"."""
        return label_of(self.kind, self.species, self.site, bool(self.charges), self.centre)

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from the other channels of a system."""
        return (self.kind, self.label)


def label_of(
    kind: str,
    species: Sequence[str],
    site: str = "",
    charged: bool = False,
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> str:
    """Name of a channel for people, also that of its formula."""
    if kind == "friction":
        return f"{species[0]} drag"
    if kind == "field":
        place = ":" + ",".join(f"{x:.6g}" for x in centre) if any(centre) else ""
        return f"{'charge' if charged else species[0]}@{site}{place}"
    return "-".join((*species, site) if site else species)


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
        Minus the gradient of s with respect to the position of i, times `factor`.
    factor : (p,) float64 or None
        With what the function is multiplied, such as a charge; None where it is 1.
    """

    s: FloatArray
    i: IntArray
    j: IntArray
    unit: FloatArray
    factor: FloatArray | None = None


Collector = Callable[[Frame], list[Contributions]]
"""Maps a frame to the contributions of each channel of one kind, in the channels' order."""

CHANNELS = {
    "pair": "interpot.statistic.channels.pair:PairCollector",
    "wall": "interpot.statistic.channels.wall:WallCollector",
    "field": "interpot.statistic.channels.field:FieldCollector",
    "friction": "interpot.statistic.channels.friction:FrictionCollector",
}
"""The table of kinds: what collects the contributions of all channels of that kind."""

ENDLESS = ("field", "friction")
"""Kinds whose functions end nowhere: the cutoff is but the largest coordinate of the data, 0 is one like others."""


def collectors(channels: Sequence[Channel]) -> list[tuple[list[int], Collector]]:
    """Make one collector per kind, with the indices of its channels in `channels`."""
    found = []
    for kind in dict.fromkeys(c.kind for c in channels):
        members = [k for k, c in enumerate(channels) if c.kind == kind]
        maker = load_row(CHANNELS, kind, "kind of channel")
        found.append((members, maker([channels[k] for k in members])))
    return found
