"""The one pass on a Dask cluster: a tree of sums whose leaves are ranges of frames.

The blocks are those of the pass in one process, because they follow the frame number. A long block is cut into several
ranges, a task each, whose sums are added four at a time; whole blocks are then put side by side, four at a time again.
No worker ever holds more than a few statistics, and what a dead one held is made again by the others.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from copy import copy
from dataclasses import dataclass, replace
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interpot.errors import InterpotError
from interpot.records import Trajectory
from interpot.statistic.accumulator import Accumulator
from interpot.statistic.block_store import block_length
from interpot.statistic.channels import Channel
from interpot.statistic.frame_rows import NOTHING, Wanted
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.one_pass import FrameProgress
from interpot.statistic.unmet import check_sampled
from interpot.threads import one_blas_thread
from interpot.trajectory import FileTrajectory, read
from interpot.trajectory.motion import RECORDED, Motion
from interpot.trajectory.readers.stream import is_compressed
from interpot.trajectory.targets.recorded import recorded

if TYPE_CHECKING:
    from distributed import Client, Future

TASKS_PER_WORKER = 8
"""So many at least, where there are frames enough: the last to finish keeps the others waiting for little."""

FAN_IN = 4
"""How many statistics a reduction holds at once."""

RETRIES = 2
"""Of a task that fails: a file system may be out of reach for a moment."""

PATIENCE = 30
"""Seconds until a scheduler that does not answer, or one without workers, is given up."""

_log = logging.getLogger("interpot")


@dataclass(frozen=True, slots=True)
class Span:
    """Frames `start` to `stop` - 1 of the trajectory, in blocks of `length` frames."""

    start: int
    stop: int
    length: int


def plan(frames: int, tasks: int, seekable: bool = True) -> list[list[Span]]:
    """Cut a trajectory into spans, about `tasks` of them; those of one list are to be summed into one block.

    Parameters
    ----------
    frames
        How many there are.
    tasks
        How many spans are wanted. A span lies in one block, so that there are at least as many as blocks.
    seekable
        False where reading can only begin at the beginning of a file: a span may then hold several blocks,
        because every one costs a walk through the file.
    """
    length = block_length(frames)
    blocks = ceil(frames / length)
    if not seekable:
        size = length * max(blocks // tasks, 1)
        return [[Span(a, min(a + size, frames), length)] for a in range(0, frames, size)]
    size = ceil(length / ceil(tasks / blocks))
    return [
        [
            Span(a, min(a + size, start + length, frames), length)
            for a in range(start, min(start + length, frames), size)
        ]
        for start in range(0, frames, length)
    ]


def distributed_pass(
    frames: Trajectory,
    channels: Sequence[Channel],
    *,
    motion: Motion = RECORDED,
    workers: int | None = None,
    scheduler: str | None = None,
    wanted: Wanted = NOTHING,
    progress: FrameProgress | None = None,
) -> tuple[Statistic, list[str]]:
    """Make the pass on a Dask cluster; the result is that of one process but for rounding, 1e-12.

    Parameters
    ----------
    frames
        `interpot.read`; all workers must see the files under the same path.
    channels
        With the cutoffs that count.
    motion
        Recorded forces: windows over several frames would end at the borders of the tasks.
    workers
        Start so many processes on this machine. In a script of your own, call it below
        ``if __name__ == "__main__":``, because they import it.
    scheduler
        Or use the cluster behind this address, such as "tcp://10.0.0.1:8786".
    wanted
        What is to be kept beside the products.
    progress
        Called with the number of frames done.

    Returns
    -------
    Statistic, list
        The sums, and remarks on what reading met.

    Raises
    ------
    InterpotError
        No dask, no scheduler, no workers, a file that they cannot read, bad data, or workers that die again and again.
    """
    if not isinstance(frames, FileTrajectory):
        raise InterpotError("a cluster needs a trajectory in files, as interpot.read opens it")
    check_shareable(motion.target)
    with _cluster(workers, scheduler) as client:
        many = workers or max(len(client.ncores()), 1)
        if len(frames.sources) > 1:  # each file by one worker; what is kept beside it is found by `count`
            paths = [path.absolute() for path in frames.sources]
            client.gather(client.map(keep_index, paths, units=frames.units.name, pure=False), errors="skip")
        compressed = [path for path in frames.sources if is_compressed(path)]
        spans = plan(frames.count(), many if compressed else TASKS_PER_WORKER * many, not compressed)
        remarks = _cost(compressed, len(spans))
        statistic = _reduced(client, frames, channels, spans, wanted, progress)
    met = [_as_given(sentence, frames) for sentence in statistic.provenance.get("remarks", [])]
    for sentence in set(met) - set(frames.remarks):
        _log.warning(sentence)
    provenance = {
        "sources": [str(path) for path in frames.sources],
        "frames": statistic.frames,
        "target": motion.written(),
    }
    check_sampled(statistic, ", ".join(str(path) for path in frames.sources))
    return replace(statistic, provenance=provenance), [*met, *remarks]


def check_cluster(workers: int | None, scheduler: str | None) -> None:
    """Refuse, before any work, a cluster that cannot be had.

    Raises
    ------
    InterpotError
        No dask, no address of a scheduler, no workers.
    """
    if find_spec("distributed") is None:
        raise InterpotError("a cluster needs Dask: pip install 'interpot[dask]'")
    if scheduler is not None and not scheduler.rpartition(":")[2].isdigit():
        raise InterpotError(
            f"'{scheduler}' is no address of a Dask scheduler: expected one such as tcp://10.0.0.1:8786, as "
            "'dask scheduler' prints it"
        )
    if scheduler is None and (workers is None or workers < 1):
        raise InterpotError(f"{workers} workers were asked for: expected 1 or more")


def check_shareable(target: str) -> None:
    """Refuse a target whose rows are of several frames: they would end at the borders of the tasks.

    Raises
    ------
    InterpotError
        It is another than recorded forces.
    """
    if target != RECORDED.target:
        raise InterpotError(
            f"the target is {target}: a cluster takes recorded forces only, as rows of several frames would end at "
            "the borders of its tasks; leave out --workers and --scheduler, or make a pass for each file with the "
            f"same --width{' and --substeps' if target in ('positions', 'momenta') else ''}, and merge them"
        )


def _cost(compressed: Sequence[Path], tasks: int) -> list[str]:
    """Say what compression costs."""
    if not compressed or tasks == 1:
        return []
    sentence = (
        f"'{compressed[0]}' is compressed: every one of {tasks} tasks unpacks it from its beginning to pass by the "
        "frames before its own; uncompressed it would be read once"
    )
    _log.warning(sentence)
    return [sentence]


# ---------------------------------------------------------------------------- the cluster


@contextmanager
def _cluster(workers: int | None, scheduler: str | None) -> Iterator[Client]:
    """Connect to a cluster, or start one here and stop it in the end."""
    check_cluster(workers, scheduler)
    from distributed import Client, LocalCluster

    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise InterpotError(
                f"no Dask scheduler answers at '{scheduler}' ({_line(error)}): expected an address such as "
                "tcp://10.0.0.1:8786, as 'dask scheduler' prints it"
            ) from error
        with _quiet(), client:
            try:
                client.wait_for_workers(1, timeout=PATIENCE)
            except TimeoutError as error:
                raise InterpotError(
                    f"the Dask scheduler at '{scheduler}' has no workers: start some with 'dask worker'"
                ) from error
            yield client
        return
    with (
        _quiet(),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            silence_logs=logging.CRITICAL,
        ) as local,
        Client(local, set_as_default=False) as client,
    ):
        yield client


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's own account of lost workers to itself: what matters to a person is said by this module."""
    log = logging.getLogger("distributed")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def _reduced(
    client: Client,
    frames: FileTrajectory,
    channels: Sequence[Channel],
    spans: Sequence[Sequence[Span]],
    wanted: Wanted,
    progress: FrameProgress | None,
) -> Statistic:
    """Hand out the spans and the reductions, and wait for the last of them."""
    leaves: dict[Any, int] = {}
    futures: list[Future] = []
    anywhere = _absolute(frames)

    def leaf(span: Span) -> Future:
        part = anywhere.part(span.start, span.stop)  # knows its place in the file: workers need no index
        one = client.submit(
            accumulate_span, part, tuple(channels), span.length, wanted, pure=False, retries=RETRIES
        )
        leaves[one.key] = span.stop - span.start
        futures.append(one)
        return one

    # reductions go before further leaves, so that finished sums do not pile up
    def reduced(function: Any, parts: list[Future]) -> Future:
        while len(parts) > 1:
            groups = [parts[k : k + FAN_IN] for k in range(0, len(parts), FAN_IN)]
            parts = [client.submit(function, *some, pure=False, priority=1) for some in groups]
        return parts[0]

    whole = reduced(beside, [reduced(summed, [leaf(span) for span in block]) for block in spans])
    try:
        return _awaited(client, whole, futures, leaves, progress)
    finally:
        client.cancel(whole)


def _awaited(
    client: Client,
    whole: Future,
    futures: list[Future],
    leaves: dict[Any, int],
    progress: FrameProgress | None,
) -> Statistic:
    """Count the leaves as they are done, and return the sum."""
    from distributed import CancelledError, as_completed
    from distributed.comm.core import CommClosedError
    from distributed.scheduler import KilledWorker

    done = 0
    waiting = as_completed(futures, loop=client.loop)
    futures.clear()  # whoever holds a leaf keeps its sums in a worker's memory
    try:
        for one in waiting:
            if one.status == "error":
                one.result()
            done += leaves[one.key]
            if progress is not None:
                progress(done)
        statistic: Statistic = whole.result()
    except InterpotError:
        raise
    except KilledWorker as error:
        raise InterpotError(
            "workers of the cluster died several times on the same frames: give them more memory, or see their logs"
        ) from error
    except (CancelledError, CommClosedError, TimeoutError) as error:
        raise InterpotError(f"the Dask scheduler was lost ({_line(error)}): begin anew") from error
    except Exception as error:  # whatever may go wrong on a machine far away
        raise InterpotError(
            f"a worker of the cluster failed ({type(error).__name__}: {_line(error)}): is interpot "
            "installed there in the same version?"
        ) from error
    return statistic


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _absolute(frames: FileTrajectory) -> FileTrajectory:
    """Return the same trajectory under paths that hold in every folder, with remarks of its own."""
    other = copy(frames)
    other.sources = tuple(path.absolute() for path in frames.sources)
    other.topology = None if frames.topology is None else frames.topology.absolute()
    other.remarks = []
    return other


def _as_given(sentence: str, frames: FileTrajectory) -> str:
    """Name files in a remark as the user does."""
    for path in frames.sources:
        sentence = sentence.replace(f"'{path.absolute()}'", f"'{path}'")
    return sentence


# ---------------------------------------------------------------------------- on a worker


def keep_index(path: Path, units: str) -> None:
    """Make the index of one file, and keep it beside the file; runs on a worker."""
    with suppress(InterpotError, OSError):  # whatever is wrong with the file is said where it is read
        read(path, units=units).count()


@one_blas_thread()
def accumulate_span(
    part: FileTrajectory, channels: Sequence[Channel], length: int, wanted: Wanted = NOTHING
) -> Statistic:
    """Accumulate a part of a trajectory in blocks of `length` frames; runs on a worker."""
    if not _log.handlers:
        _log.addHandler(logging.NullHandler())  # what reading brings up travels with the sums
    for path in part.sources:
        if not path.is_file():
            raise InterpotError(
                f"a worker of the cluster cannot read '{path}': put the trajectory where all workers see it under "
                "the same path"
            )
    with closing(Accumulator(channels, block_length=length, wanted=wanted)) as accumulator:
        for windows in recorded(part):
            accumulator.add(windows)
        return accumulator.statistic(part.units, {"remarks": list(part.remarks)})


def summed(*parts: Statistic) -> Statistic:
    """Add the sums of ranges of one block; runs on a worker."""
    total = parts[0]
    for part in parts[1:]:
        total = (total + part).in_one_block()
    return total


def beside(*parts: Statistic) -> Statistic:
    """Put blocks side by side; runs on a worker."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total
