"""From frames to the statistic, cutoffs of the reference included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from interpot.errors import InterpotError
from interpot.records import Frame, Trajectory
from interpot.statistic.basis import Basis
from interpot.statistic.channels import Channel, collectors
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
    bases: Sequence[Basis] | None = None,
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
    bases
        One per channel, such as `interpot.Functions` of given callables: the textbook normal equations, solved by
        `Statistic.solve`. The channels' cutoffs are then taken as they are. Splines by default.
    progress
        Called with the number of frames done in the present pass.

    Raises
    ------
    InterpotError
        No frames or bad ones, a pair that never meets, a cutoff beyond all sampled distances.
    """
    if cutoffs not in ("find", "given"):
        raise InterpotError(f"cutoffs is '{cutoffs}': expected find or given")
    statistic = one_pass(frames, channels, bases, target=target, progress=progress)
    _check_reach(statistic, frames)
    found = find_cutoffs(statistic, frames, target) if cutoffs == "find" and bases is None else {}
    remarks = list(getattr(frames, "remarks", ()))  # a file that ends within a frame
    if found:
        shorter = [replace(c, cutoff=found.get(k, c.cutoff)) for k, c in enumerate(channels)]
        again = one_pass(frames, shorter, target=target, progress=progress)
        if unexplained(again) < TOLERATED * unexplained(statistic):
            statistic, remarks = again, remarks + _found_cutoffs(channels, found, frames.units)
    return replace(statistic, provenance={**statistic.provenance, "remarks": remarks})


def _meet_beyond(channel: Channel, frame: Frame) -> bool:
    """Whether there are pairs of a channel between its cutoff and twice that distance."""
    [(_, collect)] = collectors([replace(channel, cutoff=2 * channel.cutoff)])
    return bool((collect(frame)[0].s >= channel.cutoff).any())


def _found_cutoffs(channels: Sequence[Channel], found: dict[int, float], units: UnitStyle) -> list[str]:
    length, unit = units.length, units.length_unit
    return [
        f"the reference truncates the {channels[k].label} force at {cutoff / length:.10g} {unit}; that cutoff is used "
        f"instead of the {channels[k].cutoff / length:g} {unit} asked for"
        for k, cutoff in found.items()
    ]


def _check_reach(statistic: Statistic, frames: Trajectory) -> None:
    """Refuse a cutoff that no pair of a cluster reaches; between the shells of a crystal there are pairs beyond."""
    length, unit = statistic.units.length, statistic.units.length_unit
    for channel, seen in zip(statistic.channels, statistic.coverage, strict=True):
        if seen.maximum < 0.95 * channel.cutoff and not _meet_beyond(channel, next(iter(frames))):
            raise InterpotError(
                f"the cutoff of {channel.cutoff / length:g} {unit} for {channel.label} lies beyond the largest sampled "
                f"distance, {seen.maximum / length:.6g} {unit}: give one within it, such as "
                f"--cutoff {channel.label}={0.99 * seen.maximum / length:.3g}"
            )
