"""Field channels: a function of one coordinate of space, per species, or one for all that acts on charges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interpot.errors import InterpotError
from interpot.geometry import across
from interpot.records import FloatArray, Frame
from interpot.statistic.channels.channel import Channel, Contributions

COORDINATES = {"x": ("plane", 0), "y": ("plane", 1), "z": ("plane", 2), "r": ("sphere", 0)}
"""Name → shape and axis, as `interpot.geometry.across` takes them: Cartesian ones, and the distance from a centre."""


class FieldCollector:
    """Collects the contributions of all field channels."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._channels = tuple(channels)

    def __call__(self, frame: Frame) -> list[Contributions]:
        """Contributions of each channel; s is the coordinate, unit is minus its gradient, times the charge if any.

        Raises
        ------
        InterpotError
            A particle is beyond the largest coordinate that the channel reaches.
        """
        return [self._of(channel, frame) for channel in self._channels]

    def _of(self, channel: Channel, frame: Frame) -> Contributions:
        factor = _factors(channel, frame)
        mine = np.flatnonzero(factor)
        xi, gradient = across(
            frame.positions[mine], *COORDINATES[channel.site], channel.centre, frame.dimension
        )
        outside = np.abs(xi) >= channel.cutoff
        if outside.any():
            raise _too_far(channel, frame, int(mine[outside][0]), float(xi[outside][0]))
        nobody = np.full(len(mine), -1, dtype=np.int64)
        return Contributions(xi, mine, nobody, -factor[mine, None] * gradient, factor[mine])


def _factors(channel: Channel, frame: Frame) -> FloatArray:
    """With what the function is multiplied for each particle: its charge, or 1."""
    charges = channel.charges or (1.0,) * len(channel.species)
    of = dict(zip(channel.species, charges, strict=True))
    return np.array([of.get(name, 0.0) for name in frame.species])[frame.kinds]


def _too_far(channel: Channel, frame: Frame, particle: int, xi: float) -> InterpotError:
    name = particle + 1 if frame.ids is None else int(frame.ids[particle])
    return InterpotError(
        f"atom {name} of frame {frame.index} of '{frame.source}' is at {channel.site} = {xi:.4g} Å, beyond the "
        f"{channel.cutoff:.4g} Å that the field {channel.label} reaches: enlarge its cutoff"
    )
