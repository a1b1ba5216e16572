"""What stands for the force where the user has not said it: settled on the first frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from interpot.records import Trajectory
from interpot.statistic.channels import Channel, friction_channels
from interpot.trajectory.motion import RECORDED, Motion
from interpot.trajectory.targets import target_rows
from interpot.trajectory.targets.choice import choose
from interpot.trajectory.targets.overdamped import with_drag

FRAMES = 32
"""That tell how fast particles are."""


def with_friction(frames: Trajectory, channels: Sequence[Channel], motion: Motion) -> tuple[Channel, ...]:
    """Add friction to the channels where the dynamics has it and they do not; `motion` is settled."""
    if motion.dynamics != "langevin" or any(channel.kind == "friction" for channel in channels):
        return tuple(channels)
    rows = islice(target_rows(frames, motion, frames.units, lambda _: None), FRAMES)
    moving = (frame for windows in rows for frame in windows.frames)
    return (*channels, *friction_channels(moving, frames.units))


def observe(frames: Trajectory, channels: Sequence[Channel], motion: Motion) -> Motion:
    """Settle what is open in a motion: target, widths; in internal units.

    Raises
    ------
    InterpotError
        The data have nothing that could stand for the force.
    """
    asked = motion.internal(frames.units)
    asked = replace(asked, target=choose(frames, asked))
    if asked.target == "recorded":
        return RECORDED
    if asked.target == "overdamped":
        return with_drag(asked, sorted({name for c in channels for name in c.species}), frames.units)
    if asked.dynamics == "langevin":
        return asked
    return asked if asked.width else replace(asked, width=(1,))
