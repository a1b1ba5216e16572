"""The only pass over the data: frames × channels → Statistic."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, replace

from interpot.errors import InterpotError
from interpot.records import Frame, Trajectory
from interpot.statistic.accumulator import Accumulator
from interpot.statistic.basis import Basis
from interpot.statistic.channels import Channel
from interpot.statistic.frame_rows import NOTHING, Wanted
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.unmet import check_sampled
from interpot.threads import one_blas_thread
from interpot.trajectory import FileTrajectory
from interpot.trajectory.ahead import ahead
from interpot.trajectory.motion import RECORDED, Motion
from interpot.trajectory.targets import Windows, target_rows

FrameProgress = Callable[[int], None]

_log = logging.getLogger("interpot")


@one_blas_thread()
def one_pass(
    frames: Trajectory,
    channels: Sequence[Channel],
    bases: Iterable[Basis] | None = None,
    *,
    motion: Motion = RECORDED,
    threads: int = 1,
    memory: int | None = None,
    wanted: Wanted = NOTHING,
    progress: FrameProgress | None = None,
) -> Statistic:
    """Walk the trajectory once and return its statistic.

    Parameters
    ----------
    frames
        The data. They are read in a thread of their own, a few frames ahead.
    channels
        What the forces may depend on (`interpot.statistic.channels`).
    bases
        One per channel; splines anchored at each cutoff by default.
    motion
        What stands for the force: settled, in internal units (`interpot.statistic.observed`).
    threads, memory, wanted
        As in `Accumulator`.
    progress
        Called with the number of frames done.

    Raises
    ------
    InterpotError
        No frames, bad data (see the readers), or no pair of a channel ever within its cutoff.
    """
    if not channels:
        raise InterpotError(
            "no channels were given: expected at least one, as interpot.pair_channels makes them"
        )
    with closing(Accumulator(channels, bases, threads=threads, memory=memory, wanted=wanted)) as accumulator:
        for windows in walked(frames, motion):
            accumulator.add(windows)
            if progress is not None:
                progress(accumulator.frames)
        return finished(accumulator, frames, motion)


def walked(frames: Trajectory, motion: Motion) -> Iterator[Windows]:
    """Rows of all frames; frames from files are read ahead, on another core, others are copied."""
    if isinstance(frames, FileTrajectory):
        return target_rows(frames.watched(ahead(frames), motion), motion, frames.units, frames.remark)
    return target_rows(map(_own, frames), motion, frames.units, _log.warning)


def _own(frame: Frame) -> Frame:
    """Copy a frame: whoever made it may use its memory for the next."""
    names = ("positions", "velocities", "forces", "masses", "virial", "unwrapped")
    return replace(frame, **{name: one.copy() for name in names if (one := getattr(frame, name)) is not None})


def finished(accumulator: Accumulator, frames: Trajectory, motion: Motion) -> Statistic:
    """Statistic of all frames; raises `InterpotError` where there are none, or where no pair ever meets."""
    statistic = counted(accumulator, frames, motion)
    check_sampled(statistic, ", ".join(str(path) for path in frames.sources))
    return statistic


def counted(accumulator: Accumulator, frames: Trajectory, motion: Motion) -> Statistic:
    """Statistic of the frames so far; raises `InterpotError` where there are none."""
    names = ", ".join(str(path) for path in frames.sources)
    if accumulator.frames == 0:
        raise InterpotError(f"no frames in {names}: expected at least one (see --frames and --stride)")
    provenance: dict[str, object] = {
        "sources": [str(path) for path in frames.sources],
        "frames": accumulator.frames,
        "target": motion.written(),
    }
    if walls := getattr(frames, "walls", ()):
        provenance["walls"] = [{**asdict(wall), "centre": [*wall.centre]} for wall in walls]
    return accumulator.statistic(frames.units, provenance)
