"""What stands for the force where the user has not said it: settled on the first frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from interpot.records import Trajectory
from interpot.statistic.channels import Channel
from interpot.trajectory.motion import RECORDED, Motion
from interpot.trajectory.targets.choice import choose


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
    return asked if asked.width else replace(asked, width=(1,))
