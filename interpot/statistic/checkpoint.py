"""The pass that loses no work: it keeps its state beside the output, and a later call goes on from there.

`statistics.h5.partial` is itself the statistic of the frames so far, at the end of a block, with what else the
`Accumulator` needs to go on. It is written atomically, and as seldom as a fiftieth of the time allows.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from glob import escape
from itertools import islice
from pathlib import Path
from typing import Any

import h5py

from interpot.errors import InterpotError
from interpot.files import atomic, writable_file
from interpot.interrupts import held_back
from interpot.records import FloatArray, Frame, Trajectory
from interpot.statistic.basis import LogSplines
from interpot.statistic.channels import Channel
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.one_pass import Accumulator, FrameProgress, Snapshot
from interpot.statistic.recipe import Recipe, check_same_recipe
from interpot.threads import one_blas_thread
from interpot.trajectory import FileTrajectory
from interpot.trajectory.ahead import ahead
from interpot.trajectory.targets import target_rows

INTERVAL = 10.0
"""Least time between two checkpoints, seconds."""

SHARE = 0.02
"""Of the time, the most that writing checkpoints may take."""

Settled = tuple[Sequence[Channel], Sequence[str]]
"""The channels with the cutoffs that count, and remarks on how they were found."""

_log = logging.getLogger("interpot")


def partial_path(out: Path) -> Path:
    """Where the state of a pass is kept: `statistics.h5.partial` beside `statistics.h5`."""
    return out.with_name(f"{out.name}.partial")


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """The state of a pass at the end of a block.

    Attributes
    ----------
    statistic
        Of the frames so far, in the settled channels; its provenance holds the recipe.
    snapshot
        What else the accumulator needs.
    settled, walked
        Remarks on the cutoffs, and on what reading has met so far.
    """

    statistic: Statistic
    snapshot: Snapshot
    settled: tuple[str, ...]
    walked: tuple[str, ...]

    def save(self, path: Path) -> None:
        """Write it, atomically."""
        state = {
            "length": self.snapshot.length,
            "start": [asdict(basis) for basis in self.snapshot.start],
            "batches": self.snapshot.batches,
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
        bases = tuple(basis for basis in statistic.bases if isinstance(basis, LogSplines))
        start = tuple(LogSplines(**basis) for basis in state["start"])
        snapshot = Snapshot(
            blocks=statistic.blocks,
            bases=bases,
            coverage=statistic.coverage,
            length=state["length"],
            start=start,
            batches=state["batches"],
            frames=state["frames"],
        )
        return cls(statistic, snapshot, tuple(state["settled"]), tuple(state["walked"]))


def checkpointed_pass(
    frames: Trajectory,
    out: Path,
    recipe: Recipe,
    settle: Callable[[], Settled],
    *,
    resume: bool = False,
    progress: FrameProgress | None = None,
    interval: float | None = None,
) -> Statistic:
    """Walk the trajectory once, keep the state on the way, and write the statistic.

    Killed at any instant, it goes on from the last checkpoint when it is called again with ``resume``; the
    arrays of the file are then those of an uninterrupted run, bit for bit. Ctrl-C and SIGTERM are obeyed at the next
    end of a frame, with a last checkpoint if that is the end of a block.

    Parameters
    ----------
    frames
        The data; it must give the same frames again on resuming.
    out
        File of the statistic.
    recipe
        All that the result depends on; a resume must have the same.
    settle
        Finds the cutoffs that count; called at the beginning only.
    resume
        Go on from a checkpoint. Without one the pass starts, unless `out` is complete: it is then left as it is.
    progress
        Called with the number of frames done, those before the resume included.
    interval
        Least time between two checkpoints, seconds; `INTERVAL` by default.

    Raises
    ------
    InterpotError
        A checkpoint of another recipe, or one that nobody asked to resume; no frames, or bad ones.
    """
    partial = partial_path(writable_file(out))
    if resume and out.is_file() and not partial.exists():
        return _complete(out, recipe)
    checkpoint = _found(partial, recipe, resume)
    _sweep(partial)
    _sweep(out)
    settled: Settled = settle() if checkpoint is None else (checkpoint.statistic.channels, checkpoint.settled)
    keeper = _Keeper(partial, frames, recipe, settled, checkpoint, INTERVAL if interval is None else interval)
    statistic = keeper.walk(progress)
    statistic.save(out)
    partial.unlink(missing_ok=True)
    return statistic


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
    """Remove the half-written files that a killed process has left (`interpot.files.atomic` names them)."""
    for left in path.parent.glob(f".{escape(path.stem)}-????????{escape(path.suffix)}"):
        left.unlink(missing_ok=True)


class _Keeper:
    """A pass that keeps checkpoints."""

    def __init__(
        self,
        partial: Path,
        frames: Trajectory,
        recipe: Recipe,
        settled: Settled,
        checkpoint: Checkpoint | None,
        interval: float,
    ) -> None:
        self.partial, self.frames, self.recipe, self.interval = partial, frames, recipe, interval
        self.channels, self.settled = tuple(settled[0]), tuple(settled[1])
        self.walked = checkpoint.walked if checkpoint else ()
        self.kept = checkpoint.snapshot.frames if checkpoint else 0
        snapshot = checkpoint.snapshot if checkpoint else None
        threads, memory = recipe["threads"], recipe["memory"]
        self.accumulator = Accumulator(self.channels, threads=threads, memory=memory, snapshot=snapshot)
        self.due = time.monotonic() + interval

    @one_blas_thread()
    def walk(self, progress: FrameProgress | None) -> Statistic:
        """Go on to the last frame; what was signalled meanwhile is obeyed between two frames."""
        accumulator = self.accumulator
        rest = self._rest()
        with held_back() as held:
            for frame, rows in rest:
                accumulator.add(frame, rows)
                if progress is not None:
                    progress(accumulator.frames)
                if accumulator.at_block_end and (held.number is not None or time.monotonic() >= self.due):
                    self._keep()
                if held.number is not None:
                    self._say_stopped()
                    break
        if held.number is not None:  # whoever handles the signal has let the call live
            raise KeyboardInterrupt
        if accumulator.frames == 0:
            names = ", ".join(map(str, self.frames.sources))
            raise InterpotError(f"no frames in {names}: expected at least one (see --frames and --stride)")
        return accumulator.statistic(self.frames.units, self._provenance())

    def _rest(self) -> Iterator[tuple[Frame, FloatArray]]:
        """Frames that the checkpoint does not hold, with their targets; read on another core."""
        done, frames = self.kept, self.frames
        if done and isinstance(frames, FileTrajectory):
            return ahead(target_rows(frames.part(done), self.recipe["target"]))
        return ahead(islice(target_rows(frames, self.recipe["target"]), done, None))

    def _keep(self) -> None:
        """Write a checkpoint; the longer that takes, the longer until the next."""
        begin, snapshot = time.monotonic(), self.accumulator.snapshot()
        statistic = Statistic(
            self.channels,
            snapshot.bases,
            snapshot.blocks,
            snapshot.coverage,
            self.frames.units,
            self._provenance(),
        )
        Checkpoint(statistic, snapshot, self.settled, self._walked()).save(self.partial)
        self.kept, end = snapshot.frames, time.monotonic()
        self.due = end + max(self.interval, (end - begin) / SHARE) if self.interval else end

    def _walked(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.walked, *getattr(self.frames, "remarks", ())]))

    def _provenance(self) -> dict[str, Any]:
        return {
            "sources": [str(path) for path in self.frames.sources],
            "frames": self.accumulator.frames,
            "target": self.recipe["target"],
            "remarks": list(dict.fromkeys([*self._walked(), *self.settled])),
            "recipe": dict(self.recipe),
        }

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
