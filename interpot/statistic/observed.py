"""What stands for the force where the user has not said it: settled on the first frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from interpot.errors import InterpotError
from interpot.records import Trajectory
from interpot.statistic.channels import Channel
from interpot.trajectory.motion import Motion
from interpot.trajectory.targets import TARGETS


def observe(frames: Trajectory, channels: Sequence[Channel], motion: Motion) -> Motion:
    """Settle what is open in a motion: target, widths; in internal units.

    Raises
    ------
    InterpotError
        The data have nothing that could stand for the force.
    """
    asked = motion.internal(frames.units)
    if asked.target != "auto":
        if asked.target not in TARGETS:
            raise InterpotError(f"unknown target '{asked.target}': expected one of {', '.join(TARGETS)}")
    else:
        frame = next(iter(frames))
        known = {"": True, "forces": frame.forces is not None, "velocities": frame.velocities is not None}
        asked = replace(
            asked,
            target=next(
                n for n, row in TARGETS.items() if asked.dynamics in row.dynamics and known[row.needs]
            ),
        )
    return asked if asked.width or asked.target == "recorded" else replace(asked, width=(1,))
