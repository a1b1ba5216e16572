"""Friction channels: a function of a particle's speed, per species.

With Rayleigh's dissipation function R(s) the force is -R'(s) v̂, as that of a field φ of one coordinate is -φ'(s) ∇s:
the same regression finds both. The coordinate s = |v| τ is the distance that the particle would go in one unit of time
τ, so that everything downstream counts lengths: R = ζ s²/2 is linear drag, -ζ v.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame
from interpot.statistic.channels.channel import Channel, Contributions
from interpot.units import STYLES, UnitStyle

LETTER = "v"
"""Of the coordinate, for people; and the site of the channel."""

MARGIN = 3.0
"""By how much the lattice reaches beyond the largest speed of the frames that were looked at: in equilibrium beyond
this multiple of the largest of some hundred speeds there is none in e³⁰."""


def unit_of_time(units: UnitStyle) -> float:
    """τ, internal units: one of the style lj, else a picosecond, as the style metal has it."""
    return units.time if units.name == "lj" else STYLES["metal"].time


def friction_channels(frames: Iterable[Frame], units: UnitStyle) -> tuple[Channel, ...]:
    """Make a channel for the friction of every species.

    Parameters
    ----------
    frames
        Some with velocities, which tell how far the functions have to reach: of a trajectory, or those that a target
        has made (`interpot.trajectory.targets`).
    units
        Of the trajectory.

    Raises
    ------
    InterpotError
        A frame without velocities, or none whose particles move.
    """
    time, fastest = unit_of_time(units), dict[str, float]()
    for frame in frames:
        speeds = np.linalg.norm(_velocities(frame), axis=1)
        for kind, name in enumerate(frame.species):
            largest = float(speeds[frame.kinds == kind].max(initial=0.0))
            fastest[name] = max(fastest.get(name, 0.0), largest)
    if not any(fastest.values()):
        raise InterpotError(
            "no particle moves in the first frames: friction cannot be told from velocities of zero"
        )
    return tuple(
        Channel("friction", (name,), MARGIN * speed * time, LETTER, time=time)
        for name, speed in sorted(fastest.items())
        if speed > 0
    )


class FrictionCollector:
    """Collects the contributions of all friction channels."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._channels = tuple(channels)

    def __call__(self, frame: Frame) -> list[Contributions]:
        """Contributions of each channel; s is the speed times τ, unit is -v̂.

        Raises
        ------
        InterpotError
            No velocities, or a particle is faster than the channel reaches.
        """
        return [self._of(channel, frame) for channel in self._channels]

    def _of(self, channel: Channel, frame: Frame) -> Contributions:
        (name,) = channel.species
        mine = np.flatnonzero(np.array([own == name for own in frame.species])[frame.kinds])
        v = _velocities(frame)[mine]
        speed = np.linalg.norm(v, axis=1)
        if (outside := speed * channel.time >= channel.cutoff).any():
            raise _too_fast(channel, frame, int(mine[outside][0]), float(speed[outside][0]))
        nobody = np.full(len(mine), -1, dtype=np.int64)
        return Contributions(
            speed * channel.time, mine, nobody, -v / np.where(speed > 0, speed, 1.0)[:, None]
        )


def _velocities(frame: Frame) -> FloatArray:
    """Velocities, (n, 3); in two dimensions z is no data."""
    if frame.velocities is None:
        raise InterpotError(
            f"no velocities in frame {frame.index} of '{frame.source}', on which friction depends: dump them "
            "(vx vy vz), or take a target that estimates them (langevin-positions)"
        )
    if frame.dimension == 3:
        return frame.velocities
    return np.asarray(frame.velocities * (np.arange(3) < frame.dimension))


def _too_fast(channel: Channel, frame: Frame, particle: int, speed: float) -> InterpotError:
    name = particle + 1 if frame.ids is None else int(frame.ids[particle])
    return InterpotError(
        f"atom {name} of frame {frame.index} of '{frame.source}' is {speed * channel.time / channel.cutoff:.3g} times "
        f"as fast as {channel.label} reaches: is the interval between frames right, or enlarge its cutoff"
    )
