"""From frames to the statistic, cutoffs of the reference included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from interpot.errors import InterpotError
from interpot.records import Trajectory
from interpot.statistic.channels import Channel
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import unexplained
from interpot.statistic.one_pass import FrameProgress, one_pass
from interpot.statistic.truncation import find_cutoffs
from interpot.units import UnitStyle

TOLERATED = 1.02
"""A right cutoff spares splines and loses nothing: the variance that is left hardly grows, if at all."""


def accumulate(
    frames: Trajectory,
    channels: Sequence[Channel],
    *,
    target: str = "recorded",
    cutoffs: str = "find",
    progress: FrameProgress | None = None,
) -> Statistic:
    """Accumulate the normal equations of all channels in one pass over the frames.

    Where the reference seems to have truncated its force below the asked cutoff, the pass is made a second time with
    the cutoff that was found. It is kept if it explains the forces at least as well; the statistic's provenance
    then says so under "remarks", where it also keeps what reading the files brought up.

    Parameters
    ----------
    frames
        `interpot.read`, or anything that can be walked again.
    channels
        What the forces may depend on: `interpot.pair_channels`.
    target
        What stands for the force, a row of `interpot.trajectory.targets.TARGETS`.
    cutoffs
        "find" looks for truncated forces, "given" takes the channels' cutoffs as they are.
    progress
        Called with the number of frames done in the present pass.

    Raises
    ------
    InterpotError
        No frames or bad ones, a pair that never meets, a cutoff beyond all sampled distances.
    """
    statistic = one_pass(frames, channels, target=target, progress=progress)
    _check_reach(statistic)
    found = find_cutoffs(statistic, frames, target) if cutoffs == "find" else {}
    remarks = list(getattr(frames, "remarks", ()))  # a file that ends within a frame
    if found:
        shorter = [replace(c, cutoff=found.get(k, c.cutoff)) for k, c in enumerate(channels)]
        again = one_pass(frames, shorter, target=target, progress=progress)
        if unexplained(again) < TOLERATED * unexplained(statistic):
            statistic, remarks = again, remarks + _found_cutoffs(channels, found, frames.units)
    return replace(statistic, provenance={**statistic.provenance, "remarks": remarks})


def _found_cutoffs(channels: Sequence[Channel], found: dict[int, float], units: UnitStyle) -> list[str]:
    length, unit = units.length, units.length_unit
    return [
        f"the reference truncates the {channels[k].label} force at {cutoff / length:.10g} {unit}; that cutoff is used "
        f"instead of the {channels[k].cutoff / length:g} {unit} asked for"
        for k, cutoff in found.items()
    ]


def _check_reach(statistic: Statistic) -> None:
    length, unit = statistic.units.length, statistic.units.length_unit
    for channel, seen in zip(statistic.channels, statistic.coverage, strict=True):
        if seen.maximum < 0.95 * channel.cutoff:
            raise InterpotError(
                f"the cutoff of {channel.cutoff / length:g} {unit} for {channel.label} lies beyond the largest sampled "
                f"distance, {seen.maximum / length:.6g} {unit}: give one within it, such as "
                f"--cutoff {channel.label}={0.99 * seen.maximum / length:.3g}"
            )
