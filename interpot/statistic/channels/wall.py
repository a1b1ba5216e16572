"""Wall channels: a function of the distance to a wall, one per species and wall."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from interpot.errors import InterpotError
from interpot.geometry import across
from interpot.records import Frame, Surface
from interpot.statistic.channels.channel import Channel, Contributions

TOLERANCE = 1e-6
"""Of the box: a wall at its edge may be beyond it by the rounding of a file."""


class WallCollector:
    """Collects the contributions of all wall channels."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._channels = tuple(channels)

    def __call__(self, frame: Frame) -> list[Contributions]:
        """Contributions of each channel; s is the distance, unit points from the particle to the wall.

        Raises
        ------
        InterpotError
            A frame does not say where a wall is, it is outside a periodic box, or a particle is on it or beyond.
        """
        return [self._of(channel, frame) for channel in self._channels]

    def _of(self, channel: Channel, frame: Frame) -> Contributions:
        surface = _surface(channel, frame)
        if surface.shape == "plane" and frame.cell.periodic[surface.axis]:
            _check_within(surface, frame)
        mine = particles_of(channel.species[0], frame)
        xi, gradient = across(
            frame.positions[mine], surface.shape, surface.axis, surface.centre, frame.dimension
        )
        s = surface.inward * (xi - surface.position)
        if s.size and s.min() <= 0:
            raise _beyond(surface, frame, int(mine[s.argmin()]), float(s.min()))
        near = s < channel.cutoff
        nobody = np.full(int(near.sum()), -1, dtype=np.int64)
        return Contributions(s[near], mine[near], nobody, -surface.inward * gradient[near])


def particles_of(species: str, frame: Frame) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Numbers of the particles of a species."""
    kind = frame.species.index(species) if species in frame.species else -1
    return np.flatnonzero(frame.kinds == kind)


def _surface(channel: Channel, frame: Frame) -> Surface:
    for surface in frame.surfaces:
        if surface.name == channel.site:
            return surface
    raise InterpotError(
        f"frame {frame.index} of '{frame.source}' does not say where the wall {channel.site} is: give it with --wall "
        f"{channel.site}=POSITION (walls= of interpot.read in Python)"
    )


def _check_within(surface: Surface, frame: Frame) -> None:
    if (gap := outside(surface, frame)) > TOLERANCE * float(np.abs(frame.cell.vectors).max()):
        raise InterpotError(
            f"the wall {surface.name} at {surface.position:.6g} Å is {gap:.4g} Å outside the box of frame "
            f"{frame.index} of '{frame.source}', which is periodic along {'xyz'[surface.axis]}: expected it within; "
            "check the wall's position"
        )


def outside(surface: Surface, frame: Frame) -> float:
    """How far a plane wall is from the box, whichever side; 0 within it, of curved walls, and without a box."""
    edge = float(np.abs(frame.cell.vectors[:, surface.axis]).max())
    if surface.shape != "plane" or edge == 0:
        return 0.0
    corners = frame.cell.vectors[:, surface.axis]
    low = float(frame.cell.origin[surface.axis] + corners[corners < 0].sum())
    high = float(frame.cell.origin[surface.axis] + corners[corners > 0].sum())
    return max(low - surface.position, surface.position - high, 0.0)


def _beyond(surface: Surface, frame: Frame, particle: int, s: float) -> InterpotError:
    name = particle + 1 if frame.ids is None else int(frame.ids[particle])
    return InterpotError(
        f"atom {name} of frame {frame.index} of '{frame.source}' is {-s:.4g} Å beyond the wall {surface.name} at "
        f"{surface.position:.6g} Å, where it has no energy: expected it inside; check the wall's position"
    )


def wall_channels(
    species: Iterable[str],
    surfaces: Iterable[str],
    cutoff: float,
    cutoffs: Mapping[str, float] | None = None,
) -> tuple[Channel, ...]:
    """Make one channel for every species and wall.

    Parameters
    ----------
    species, surfaces
        Names.
    cutoff
        Å, for every channel that `cutoffs` does not name.
    cutoffs
        Exceptions by label, {"Ar-zlo": 8.0}, or for all species of a wall, {"zlo": 8.0}.
    """
    given = cutoffs or {}
    made = []
    for name in sorted(set(species)):
        for surface in surfaces:
            reach = given.get(f"{name}-{surface}", given.get(surface, cutoff))
            made.append(Channel("wall", (name,), float(reach), surface))
    return tuple(made)
