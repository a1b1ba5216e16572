"""What a pass is to be made with, settled on the first frames: cutoffs of the reference, and the motion."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from interpot.records import Trajectory
from interpot.statistic.accumulator import Accumulator
from interpot.statistic.channels import Channel
from interpot.statistic.frame_rows import NOTHING, Wanted
from interpot.statistic.heat_bath import bath_remarks
from interpot.statistic.in_bath import in_bath
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import unexplained
from interpot.statistic.observed import Observed, observe, with_friction
from interpot.statistic.one_pass import FrameProgress, counted, walked
from interpot.statistic.truncation import MOST_FRAMES, find_cutoffs
from interpot.threads import one_blas_thread
from interpot.trajectory.motion import RECORDED, Motion
from interpot.trajectory.targets import Windows
from interpot.units import UnitStyle

TOLERATED = 1.02
"""A right cutoff spares splines and loses nothing: the variance that is left hardly grows, if at all."""

PILOT_PARTICLES = 250_000
"""The first frames, on which cutoffs are looked for, are so many that they hold this many particles: 50 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """What the pass over all frames is to be made with.

    Attributes
    ----------
    channels
        With the cutoffs that were found.
    remarks
        What was found, a sentence each.
    statistic
        That of all frames, if the first frames were all.
    """

    channels: tuple[Channel, ...]
    remarks: tuple[str, ...] = ()
    statistic: Statistic | None = None

    def said(self, remarks: Sequence[str]) -> Settled:
        """The same with what was found before."""
        return replace(self, remarks=(*remarks, *self.remarks))


@one_blas_thread()
def settle(
    frames: Trajectory,
    channels: Sequence[Channel],
    motion: Motion = RECORDED,
    *,
    threads: int = 1,
    memory: int | None = None,
    wanted: Wanted = NOTHING,
    progress: FrameProgress | None = None,
) -> Settled:
    """Find out on the first frames where the reference truncated its force.

    A cutoff that is found is used if it explains the forces at least as well as the one that was asked for.
    """
    first, complete = _first_rows(frames, motion)

    def passed(candidates: Sequence[Channel]) -> Statistic:
        with closing(Accumulator(candidates, threads=threads, memory=memory, wanted=wanted)) as accumulator:
            for windows in first:
                accumulator.add(windows)
                if progress is not None:
                    progress(accumulator.frames)
            return counted(accumulator, frames, motion)

    asked = tuple(channels)
    statistic = passed(asked)
    remarks: tuple[str, ...] = ()
    found = find_cutoffs(statistic, first)
    if found:
        shorter = tuple(replace(c, cutoff=found.get(k, c.cutoff)) for k, c in enumerate(asked))
        again = passed(shorter)
        if unexplained(again) < TOLERATED * unexplained(statistic):
            statistic, remarks = again, tuple(_found_cutoffs(asked, found, frames.units))
    if motion.target == "recorded":
        remarks += tuple(bath_remarks(statistic, first, frames.units))
    return Settled(statistic.channels, remarks, statistic if complete else None)


def settled_motion(
    frames: Trajectory, channels: Sequence[Channel], asked: Motion, cutoffs: str
) -> tuple[Observed, tuple[Channel, ...]]:
    """Settle what stands for the force, and the channels that go with it."""
    observed = in_bath(frames, channels, asked, observe(frames, channels, asked), always=cutoffs == "given")
    return observed, with_friction(frames, channels, observed.motion)


def _first_rows(frames: Trajectory, motion: Motion) -> tuple[list[Windows], bool]:
    """Take the rows of the first frames; and whether they are all."""
    first: list[Windows] = []
    particles = 0
    for windows in walked(frames, motion):
        if len(first) == MOST_FRAMES or (len(first) > 1 and particles > PILOT_PARTICLES):
            return first, False
        first.append(windows)
        particles += len(windows.fresh) * len(windows.frames[0].positions)
    return first, True


def _found_cutoffs(channels: Sequence[Channel], found: dict[int, float], units: UnitStyle) -> list[str]:
    length, unit = units.length, units.length_unit
    remarks = [
        f"the reference truncates the {channels[k].label} force at {cutoff / length:.10g} {unit}; that cutoff is used "
        f"instead of the {channels[k].cutoff / length:g} {unit} asked for"
        for k, cutoff in found.items()
    ]
    of_pairs = {cutoff for k, cutoff in found.items() if channels[k].kind == "pair"}
    others = [c.label for k, c in enumerate(channels) if k not in found and c.kind == "pair"]
    if len(of_pairs) == 1 and others:  # engines usually have one cutoff for all pairs, and others for walls
        shared = of_pairs.pop() / length
        remarks.append(
            f"for {', '.join(others)} the data do not show where the force ends: if at {shared:.10g} {unit} for all, "
            f"ask for --cutoff {shared:.10g}"
        )
    return remarks
