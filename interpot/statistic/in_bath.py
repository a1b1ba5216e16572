"""Recorded forces that hold the noise of a thermostat are fitted with its friction.

Friction goes with the noise, and is a function of the velocity: where velocities and the time step are known it is
found beside the forces (`interpot.trajectory.targets.langevin.langevin_forces`), else it is left in what no function
explains. Constants have the larger errors that the noise makes in either case: their blocks show it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice

from interpot.errors import InterpotError
from interpot.records import Trajectory
from interpot.statistic.accumulator import Accumulator
from interpot.statistic.channels import Channel
from interpot.statistic.heat_bath import PAIRS, bath_remarks, step_of
from interpot.statistic.observed import Observed
from interpot.statistic.one_pass import counted, walked
from interpot.trajectory.motion import RECORDED, Motion
from interpot.trajectory.targets import Windows, target_rows

PARTICLES = 10_000
"""In the frames that are looked at, of which there are three at least: so many tell correlations to a per cent."""


def in_bath(
    frames: Trajectory, channels: Sequence[Channel], asked: Motion, observed: Observed, always: bool
) -> Observed:
    """Settle whether recorded forces are to be fitted with friction; what else is observed stays as it is.

    Parameters
    ----------
    asked
        As the user has it. Where the target "recorded" is asked for by name, it is kept.
    observed
        Settled.
    always
        Look for a thermostat also where it could be remarked on only: nothing else does so.

    Returns
    -------
    Observed
        As it was, or with the target langevin-forces; what was found, and what was done about it, is among its remarks.
    """
    if observed.motion.target != RECORDED.target or asked.dynamics == "overdamped":
        return observed
    asked = asked.internal(frames.units)
    two = list(islice(frames, 2))
    timestep = asked.timestep or (step_of(two) if two else None)
    mendable = timestep is not None and all(frame.velocities is not None for frame in two)
    mendable &= asked.target != RECORDED.target
    if not (mendable or always):
        return observed
    first = _first_rows(frames)
    with closing(Accumulator(channels)) as accumulator:
        for windows in first:
            accumulator.add(windows)
        statistic = counted(accumulator, frames, RECORDED)
    remarks = bath_remarks(statistic, first, frames.units, timestep)
    if not remarks or not mendable:
        return observed.said(remarks)
    motion = replace(asked, target="langevin-forces", dynamics="langevin", timestep=timestep)
    try:
        list(islice(target_rows((w.frames[0] for w in first), motion, frames.units, lambda _: None), 2))
    except InterpotError as error:
        return observed.said([*remarks, f"friction is not fitted with these forces: {error}"])
    done = (
        "friction, with velocities before the noise acts (half a step back), is fitted beside the forces: the "
        "target is langevin-forces; --target recorded leaves it out"
    )
    return replace(observed, motion=motion).said([remarks[0], done, *remarks[1:]])


def _first_rows(frames: Trajectory) -> list[Windows]:
    """Take the recorded forces of the first frames."""
    first: list[Windows] = []
    particles = 0
    for windows in walked(frames, RECORDED):
        if len(first) > PAIRS or (len(first) > 2 and particles > PARTICLES):
            break
        first.append(windows)
        particles += len(windows.frames[0].positions)
    return first
