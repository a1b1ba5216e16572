"""Where and how a pass is made: in memory, kept on the way so that it can go on, or on a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from interpot.errors import InterpotError
from interpot.records import Trajectory
from interpot.statistic.channels import Channel
from interpot.statistic.checkpoint import begin, checkpointed_pass, complete, partial_path
from interpot.statistic.concluded import concluded
from interpot.statistic.distribute import check_cluster, check_shareable, distributed_pass
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.one_pass import FrameProgress
from interpot.statistic.recipe import Recipe, wanted_of
from interpot.statistic.settled import Settled, settle, settled_motion
from interpot.trajectory.motion import Motion
from interpot.trajectory.targets.choice import choose


@dataclass(frozen=True, slots=True)
class Way:
    """Where and how a pass is made, and where its result goes; see `accumulate`."""

    out: Path | None
    resume: bool
    threads: int
    memory: int | None
    workers: int | None
    scheduler: str | None

    @property
    def is_shared(self) -> bool:
        """Whether the pass is one of a cluster."""
        return self.workers is not None or self.scheduler is not None

    @property
    def is_kept(self) -> bool:
        """Whether it keeps checkpoints."""
        return self.out is not None and not self.is_shared

    def __post_init__(self) -> None:
        if self.workers is not None and self.scheduler is not None:
            raise InterpotError("workers and a scheduler were given: expected one of them")
        if self.is_shared:
            check_cluster(self.workers, self.scheduler)
        if self.is_shared and self.resume:
            raise InterpotError(
                "a pass on a cluster keeps no checkpoints: leave out --resume (resume=True in Python)"
            )
        if self.is_shared and (self.threads != 1 or self.memory is not None):
            raise InterpotError(
                "threads and memory are those of a pass in one process: leave them out with workers or a "
                "scheduler"
            )
        if self.memory is not None and not isinstance(self.memory, int):
            raise InterpotError(f"memory is {self.memory!r}: expected bytes, such as 2 * 10**9")
        if self.resume and self.out is None:
            raise InterpotError("there is nothing to resume without a file: name that of the stopped pass")

    def check_free(self, frames: Trajectory) -> None:
        """Refuse to write over anything that is there: a trajectory, say, or what took a day."""
        if self.out is not None and not self.resume and self.out.exists():
            data = any(self.out.samefile(path) for path in frames.sources if path.exists())
            what = "one of the trajectories" if data else "there already"
            raise InterpotError(f"'{self.out}' is {what}: name another output, or delete it")


def kept(
    frames: Trajectory,
    channels: Sequence[Channel],
    asked: Motion,
    recipe: Recipe,
    way: Way,
    progress: FrameProgress | None,
) -> Statistic:
    """Make a pass that can be resumed, or go on with one, in the motion and the channels that it was begun with."""
    assert way.out is not None
    begun = begin(way.out, recipe, way.resume)
    if isinstance(begun, Statistic):
        return begun
    if begun is not None:
        motion, settled = begun.motion, Settled(begun.statistic.channels, begun.settled)
    else:
        motion, settled = _settled(frames, channels, asked, recipe, way, progress)
    statistic = settled.statistic or checkpointed_pass(
        frames,
        settled.channels,
        partial_path(way.out),
        recipe,
        motion,
        settled.remarks,
        begun,
        threads=way.threads,
        progress=progress,
    )
    statistic = _with_recipe(concluded(statistic, settled, frames, wanted_of(recipe), motion), recipe)
    complete(statistic, way.out)
    return statistic


def shared(
    frames: Trajectory,
    channels: Sequence[Channel],
    asked: Motion,
    recipe: Recipe,
    way: Way,
    progress: FrameProgress | None,
) -> Statistic:
    """Make a pass on a cluster; the first frames are looked at here."""
    check_shareable(choose(frames, asked))  # before minutes are spent on settling windows
    motion, settled = _settled(frames, channels, asked, recipe, way, progress)
    statistic, met = distributed_pass(
        frames,
        settled.channels,
        motion=motion,
        workers=way.workers,
        scheduler=way.scheduler,
        wanted=wanted_of(recipe),
        progress=progress,
    )
    settled = replace(settled, remarks=(*met, *settled.remarks))
    statistic = _with_recipe(concluded(statistic, settled, frames, wanted_of(recipe), motion), recipe)
    if way.out is not None:
        statistic.save(way.out)
    return statistic


def _settled(
    frames: Trajectory,
    channels: Sequence[Channel],
    asked: Motion,
    recipe: Recipe,
    way: Way,
    progress: FrameProgress | None,
) -> tuple[Motion, Settled]:
    """Settle on the first frames what the pass is to be made with."""
    observed, channels = settled_motion(frames, channels, asked, recipe["cutoffs"])
    settled = Settled(channels)
    if recipe["cutoffs"] == "find":
        settled = settle(
            frames, channels, observed.motion, threads=way.threads, memory=way.memory, wanted=wanted_of(recipe),
            progress=progress,
        )  # fmt: skip
    return observed.motion, settled.said(observed.remarks)


def _with_recipe(statistic: Statistic, recipe: Recipe) -> Statistic:
    remarks = list(dict.fromkeys(statistic.provenance["remarks"]))
    return replace(statistic, provenance={**statistic.provenance, "remarks": remarks, "recipe": recipe})
