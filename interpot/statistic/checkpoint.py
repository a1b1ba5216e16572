"""The pass that loses no work: it keeps its state beside the output, and a later call goes on from there.

`statistics.h5.partial` is itself the statistic of the frames so far, with what else the `Accumulator` needs to go on.
It is written atomically, and as seldom as a fiftieth of the time allows.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from glob import escape
from itertools import islice
from pathlib import Path
from typing import Any

import h5py

from interpot.errors import InterpotError
from interpot.files import UNFINISHED, atomic, writable_file
from interpot.interrupts import held_back
from interpot.records import Trajectory
from interpot.statistic.accumulator import Accumulator, Snapshot
from interpot.statistic.basis import Basis, KnotSplines
from interpot.statistic.channels import Channel
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.one_pass import FrameProgress, finished, walked
from interpot.statistic.recipe import Recipe, check_same_recipe, wanted_of
from interpot.threads import one_blas_thread
from interpot.trajectory import FileTrajectory
from interpot.trajectory.motion import RECORDED, Motion, motion_of
from interpot.trajectory.targets import Windows

INTERVAL = 10.0
"""Least time between two checkpoints, seconds."""

SHARE = 0.02
"""Of the time, the most that writing checkpoints may take."""

_log = logging.getLogger("interpot")


def partial_path(out: Path) -> Path:
    """Where the state of a pass is kept: `statistics.h5.partial` beside `statistics.h5`."""
    return out.with_name(f"{out.name}.partial")


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """The state of a pass.

    Attributes
    ----------
    statistic
        Of the frames so far, in the settled channels; its provenance holds the recipe.
    snapshot
        What else the accumulator needs.
    settled, walked
        Remarks on what was settled at first, and on what reading has met so far.
    """

    statistic: Statistic
    snapshot: Snapshot
    settled: tuple[str, ...]
    walked: tuple[str, ...]

    @property
    def motion(self) -> Motion:
        """What stands for the force, as it was settled when the pass began; internal units."""
        return motion_of(self.statistic.provenance["target"])

    def save(self, path: Path) -> None:
        """Write it, atomically."""
        state = {
            "length": self.snapshot.length,
            "in_block": self.snapshot.in_block,
            "start": _kept(self.snapshot.start),
            "ahead": _kept(self.snapshot.ahead),
            "batches": self.snapshot.batches,
            "items": self.snapshot.items,
            "frames": self.snapshot.frames,
            "settled": self.settled,
            "walked": self.walked,
        }
        with atomic(path) as temporary:
            self.statistic.save(temporary)
            with h5py.File(temporary, "a") as file:
                file.attrs["checkpoint"] = json.dumps(state)

    @classmethod
    def load(cls, path: Path) -> Checkpoint:
        """Read what `save` wrote.

        Raises
        ------
        InterpotError
            It is no such file.
        """
        statistic = Statistic.load(path)
        with h5py.File(path, "r") as file:
            kept = file.attrs.get("checkpoint")
        if kept is None:
            raise InterpotError(f"'{path}' is no checkpoint of interpot: delete it, or name another output")
        state = json.loads(kept)
        if "ahead" not in state:
            raise InterpotError(f"'{path}' is a checkpoint of an earlier interpot: delete it, and begin anew")
        bases = tuple(basis for basis in statistic.bases if isinstance(basis, KnotSplines))
        snapshot = Snapshot(
            blocks=statistic.blocks,
            bases=bases,
            coverage=statistic.coverage,
            length=state["length"],
            in_block=state["in_block"],
            start=_lattices(state["start"], bases),
            ahead=_lattices(state["ahead"], bases),
            batches=state["batches"],
            items=state["items"],
            frames=state["frames"],
        )
        return cls(statistic, snapshot, tuple(state["settled"]), tuple(state["walked"]))


def _kept(bases: Sequence[Basis]) -> list[dict[str, Any]]:
    return [asdict(basis) for basis in bases if isinstance(basis, KnotSplines)]


def _lattices(kept: Sequence[dict[str, Any]], like: Sequence[Basis]) -> tuple[Basis, ...]:
    return tuple(type(basis)(**own) for own, basis in zip(kept, like, strict=True))


def begin(out: Path, recipe: Recipe, resume: bool) -> Statistic | Checkpoint | None:
    """Find out where a pass begins.

    Parameters
    ----------
    out
        File of the statistic.
    recipe
        All that the result depends on; a resume must have the same.
    resume
        Whether it is to go on from a checkpoint.

    Returns
    -------
    Statistic, Checkpoint or None
        The finished one that is there already, the checkpoint to go on from, or None: with the first frame.

    Raises
    ------
    InterpotError
        A checkpoint of another recipe, or one that nobody asked to resume.
    """
    partial = partial_path(writable_file(out))
    if resume and out.is_file() and not partial.exists():
        return _complete(out, recipe)
    checkpoint = _found(partial, recipe, resume)
    _sweep(partial)
    _sweep(out)
    return checkpoint


def complete(statistic: Statistic, out: Path) -> None:
    """Write what a pass has made, and remove its checkpoint."""
    statistic.save(out)
    partial_path(out).unlink(missing_ok=True)


@one_blas_thread()
def checkpointed_pass(
    frames: Trajectory,
    channels: Sequence[Channel],
    partial: Path,
    recipe: Recipe,
    motion: Motion = RECORDED,
    settled: Sequence[str] = (),
    checkpoint: Checkpoint | None = None,
    *,
    threads: int = 1,
    progress: FrameProgress | None = None,
) -> Statistic:
    """Walk the trajectory once and keep the state on the way.

    Killed at any instant, the pass goes on from its last checkpoint; the sums are then those of an uninterrupted one,
    bit for bit. Ctrl-C and SIGTERM are obeyed at the end of a batch, a few frames, with a last checkpoint.

    Parameters
    ----------
    frames
        The data; it must give the same frames again on resuming.
    channels
        With the cutoffs that count.
    partial
        File of the checkpoints.
    recipe
        Its memory and what is wanted are those of the pass.
    motion
        What stands for the force: settled, in internal units.
    settled
        Remarks on what was settled, to be kept with the checkpoints.
    checkpoint
        To go on from.
    threads
        As in `interpot.statistic.accumulator.Accumulator`.
    progress
        Called with the number of frames done since the pass was begun or resumed.

    Raises
    ------
    InterpotError
        See `interpot.statistic.one_pass.one_pass`.
    """
    if checkpoint:
        _log.warning(
            "the pass goes on after frame %s, the last that '%s' holds",
            f"{checkpoint.snapshot.frames:,}",
            partial,
        )
    if checkpoint and isinstance(frames, FileTrajectory):
        frames.remarks[:] = dict.fromkeys([*checkpoint.walked, *frames.remarks])
    snapshot = checkpoint.snapshot if checkpoint else None
    wanted = wanted_of(recipe)
    with closing(
        Accumulator(channels, threads=threads, memory=recipe["memory"], wanted=wanted, snapshot=snapshot)
    ) as accumulator:
        keeper = _Keeper(partial, frames, recipe, motion, tuple(settled), channels, accumulator)
        keeper.walk(progress)
        return finished(accumulator, frames, motion)


def _complete(out: Path, recipe: Recipe) -> Statistic:
    """Return what an earlier pass has finished."""
    statistic = Statistic.load(out)
    check_same_recipe(out, statistic.provenance.get("recipe", {}), recipe)
    _log.warning("'%s' is complete: it is left as it is", out)
    return statistic


def _found(partial: Path, recipe: Recipe, resume: bool) -> Checkpoint | None:
    """Read the checkpoint to go on from."""
    if not resume:
        if partial.exists():
            raise InterpotError(
                f"'{partial}' holds the state of a pass that was stopped: go on with --resume (resume=True in "
                "Python), or delete it to begin anew"
            )
        return None
    if not partial.exists():
        _log.warning("there is no '%s' to resume: the pass begins with the first frame", partial)
        return None
    checkpoint = Checkpoint.load(partial)
    check_same_recipe(partial, checkpoint.statistic.provenance.get("recipe", {}), recipe)
    return checkpoint


def _sweep(path: Path) -> None:
    """Remove the half-written files that a killed process has left.

    `interpot.files.atomic` names them: a point before the name, a token behind; twice for a checkpoint, whose
    statistic is written in a file of its own.
    """
    stem, suffix = escape(path.stem), escape(path.suffix)
    token = f"-{'[0-9a-f]' * 8}{UNFINISHED}"
    for pattern in (f".{stem}{token}{suffix}", f"..{stem}{token}{token}{suffix}"):
        for left in path.parent.glob(pattern):
            left.unlink(missing_ok=True)


class _Keeper:
    """Walks what an accumulator does not hold yet, and keeps its state."""

    def __init__(
        self,
        partial: Path,
        frames: Trajectory,
        recipe: Recipe,
        motion: Motion,
        settled: tuple[str, ...],
        channels: Sequence[Channel],
        accumulator: Accumulator,
    ) -> None:
        self.partial, self.frames, self.recipe, self.channels = partial, frames, recipe, tuple(channels)
        self.motion, self.settled, self.accumulator = motion, settled, accumulator
        self.kept = self.before = accumulator.frames
        self.due = time.monotonic() + INTERVAL

    def walk(self, progress: FrameProgress | None) -> None:
        """Go on to the last frame; what was signalled meanwhile is obeyed between two batches."""
        accumulator, rest = self.accumulator, self._rest()
        with held_back() as held:
            for windows in rest:
                accumulator.add(windows)
                if progress is not None:
                    progress(accumulator.frames - self.before)
                if not accumulator.at_batch_end:
                    continue
                if held.number is not None or time.monotonic() >= self.due:
                    self._keep()
                if held.number is not None:
                    self._say_stopped()
                    break
        if held.number is not None:  # whoever handles the signal has let the call live
            raise KeyboardInterrupt

    def _rest(self) -> Iterator[Windows]:
        """Rows that the checkpoint does not hold."""
        items = self.accumulator.items
        if items and self.motion == RECORDED and isinstance(self.frames, FileTrajectory):
            return walked(self.frames.part(items), self.motion)
        # windows depend on where the first begins; their features, which are most of the work, are made of the rest
        return islice(walked(self.frames, self.motion), items, None)

    def _keep(self) -> None:
        """Write a checkpoint; the longer that takes, the longer until the next."""
        started, state = time.monotonic(), self.accumulator.snapshot()
        remarks = tuple(getattr(self.frames, "remarks", ()))
        provenance = {
            "sources": [str(path) for path in self.frames.sources],
            "frames": state.frames,
            "target": self.motion.written(),
            "remarks": [*remarks, *self.settled],
            "recipe": self.recipe,
        }
        statistic = Statistic(
            self.channels, state.bases, state.blocks, state.coverage, self.frames.units, provenance
        )
        try:
            Checkpoint(statistic, state, self.settled, remarks).save(self.partial)
            self.kept = state.frames
        except (OSError, InterpotError) as error:
            # the one before is still there, and the disk may have room later
            _log.warning("no checkpoint after frame %d: %s", state.frames, error)
        end = time.monotonic()
        self.due = end + max(INTERVAL, (end - started) / SHARE) if INTERVAL else end

    def _say_stopped(self) -> None:
        done = self.accumulator.frames
        if self.kept:
            _log.warning(
                "stopped after frame %d: the first %d are kept in '%s'; go on with --resume "
                "(resume=True in Python)",
                done,
                self.kept,
                self.partial,
            )
        else:
            _log.warning("stopped after frame %d, before anything was kept: begin anew", done)
