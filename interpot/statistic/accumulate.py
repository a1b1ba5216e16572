"""From frames to the statistic, cutoffs of the reference included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from pathlib import Path

from interpot.errors import InterpotError
from interpot.records import Frame, Trajectory
from interpot.statistic.basis import Basis
from interpot.statistic.channels import Channel, collectors
from interpot.statistic.checkpoint import checkpointed_pass
from interpot.statistic.distribute import distributed_pass
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import unexplained
from interpot.statistic.one_pass import FrameProgress, one_pass
from interpot.statistic.recipe import recipe_of
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
    out: str | PathLike[str] | None = None,
    resume: bool = False,
    threads: int = 1,
    memory: int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
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
    out
        Write the statistic there, with checkpoints on the way (``OUT.partial``).
    resume
        Go on from the checkpoint of a pass to `out` that was stopped; the result is the same bit for bit.
    threads, memory
        Of the pass in this process: how many threads, and about how many bytes its blocks may take.
    workers, scheduler
        Make the pass on a Dask cluster instead: so many processes of this machine, or the cluster at this address
        (`interpot.statistic.distribute`). It keeps no checkpoints; what a dead worker held is made again.

    Raises
    ------
    InterpotError
        No frames or bad ones, a pair that never meets, a cutoff beyond all sampled distances.
    """
    if cutoffs not in ("find", "given"):
        raise InterpotError(f"cutoffs is '{cutoffs}': expected find or given")
    if out is not None or workers is not None or scheduler is not None:
        way = Way(None if out is None else Path(out), resume, threads, memory, workers, scheduler)
        return _elsewhere(frames, channels, target, cutoffs, bases, progress, way)
    if resume:
        raise InterpotError("there is nothing to resume without a file: name that of the stopped pass")
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


@dataclass(frozen=True, slots=True)
class Way:
    """Where and how a pass is made, and where its result goes; see `accumulate`."""

    out: Path | None
    resume: bool
    threads: int
    memory: int | None
    workers: int | None
    scheduler: str | None

    def __post_init__(self) -> None:
        if self.workers is not None and self.scheduler is not None:
            raise InterpotError("workers and a scheduler were given: expected one of them")
        on_cluster = self.workers is not None or self.scheduler is not None
        if on_cluster and self.resume:
            raise InterpotError(
                "a pass on a cluster keeps no checkpoints: leave out --resume (resume=True in Python)"
            )
        if on_cluster and (self.threads != 1 or self.memory is not None):
            raise InterpotError(
                "threads and memory are those of a pass in one process: leave them out with workers or a "
                "scheduler"
            )


def _elsewhere(
    frames: Trajectory,
    channels: Sequence[Channel],
    target: str,
    cutoffs: str,
    bases: Sequence[Basis] | None,
    progress: FrameProgress | None,
    way: Way,
) -> Statistic:
    """Make a pass that is kept on the way, or on a cluster."""
    if bases is not None:
        raise InterpotError("given functions have no file form: leave out the file and the cluster, or bases")
    recipe = recipe_of(
        frames, channels, target=target, cutoffs=cutoffs, threads=way.threads, memory=way.memory
    )
    settle = partial(_settle, frames, channels, target, cutoffs)
    if way.workers is None and way.scheduler is None:
        assert way.out is not None
        return checkpointed_pass(frames, way.out, recipe, settle, resume=way.resume, progress=progress)
    settled, remarks = settle()
    statistic = distributed_pass(
        frames, settled, target=target, workers=way.workers, scheduler=way.scheduler, progress=progress
    )
    _check_reach(statistic, frames)
    known = statistic.provenance
    provenance = {**known, "remarks": [*known["remarks"], *remarks], "recipe": recipe}
    statistic = replace(statistic, provenance=provenance)
    if way.out is not None:
        statistic.save(way.out)
    return statistic


def _settle(
    frames: Trajectory, channels: Sequence[Channel], target: str, cutoffs: str
) -> tuple[tuple[Channel, ...], list[str]]:
    """Find the cutoffs that count, with remarks on those that are not the asked ones."""
    if cutoffs == "given":
        return tuple(channels), []
    settled = accumulate(frames, channels, target=target)
    remarks = settled.provenance["remarks"]
    return settled.channels, [sentence for sentence in remarks if "truncates the" in sentence]


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
