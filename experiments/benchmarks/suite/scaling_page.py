"""The page `scaling.md`: what was measured on two workers, and what follows for a thousand."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log
from pathlib import Path

from interpot.files import atomic
from interpot.statistic.block_store import MAX_BLOCKS
from interpot.statistic.distribute import FAN_IN, TASKS_PER_WORKER

WORKERS = 1000
DATA = 100e12
"""Bytes of trajectory."""
NETWORK = 1.25e9
"""Bytes per second into one machine, 10 Gbit/s: an assumption."""
FILE_SYSTEMS = (10e9, 100e9, 1000e9)
"""Bytes per second out of a shared file system: assumptions."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the model stands on.

    Attributes
    ----------
    worker, index
        Bytes of trajectory per second that one worker takes in, and that one process indexes.
    task
        Seconds of the scheduler per task.
    blocks
        Species, columns, bytes of a block as it travels, and seconds to add two.
    strong, weak
        Rate of two workers over that of one, on the same frames and on half as many.
    rates
        Atom-frames per second: one worker, two, one on half the frames.
    """

    worker: float
    index: float
    task: float
    blocks: tuple[tuple[int, int, float, float], ...]
    strong: float
    weak: float
    rates: tuple[float, ...]


def duration(seconds: float) -> str:
    """Write a time for people."""
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.2g} s"


def write_page(path: Path, measured: Measured, case: str) -> None:
    """Write the page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part:
        part.write_text(page(measured, case), encoding="utf-8")


def page(m: Measured, case: str) -> str:
    """Markdown of the whole page."""
    one, two, half = m.rates
    leaves = max(MAX_BLOCKS, TASKS_PER_WORKER * WORKERS)
    tasks = ceil(leaves * FAN_IN / (FAN_IN - 1))
    scheduling, work = tasks * m.task, DATA / WORKERS / m.worker
    systems = ", ".join(f"{duration(DATA / b)} at {b / 1e9:.0f} GB/s" for b in FILE_SYSTEMS)
    rows = "\n".join(reduction(*block, leaves) for block in m.blocks)
    longest = max(times(*block, leaves)[0] for block in m.blocks)
    return f"""# Beyond one machine

Written by `python experiments/benchmarks/run.py --only scaling`; the model below is computed from the figures measured
in that run (`results.md` has the machine and the extremes).

## Measured

{case[0].upper()}{case[1:]}, one thread each, the cluster already running, splines as by default.

| | atom-frames/s | two workers over one |
| --- | --- | --- |
| 1 worker | {one:.3g} | |
| 2 workers, the same frames (strong) | {two:.3g} | {m.strong:.2f} |
| 1 worker, half the frames (weak) | {half:.3g} | {m.weak:.2f} |

A worker takes in {m.worker / 1e6:.3g} MB of text dump a second, one process makes the index of a file at
{m.index / 1e6:.3g} MB/s, and the scheduler spends {1e3 * m.task:.2g} ms on a task.
Client, scheduler and workers share the two cores.

## Model: {WORKERS:,} workers, {DATA / 1e12:.0f} TB

**Work.** {DATA / WORKERS / 1e9:.0f} GB a worker, at the measured rate {duration(work)}, if the file system keeps
up: that is {WORKERS * m.worker / 1e9:.3g} GB/s for all of them. It alone would need
{systems}; whichever is longer counts.

**Scheduler.** {leaves:,} ranges of frames ({TASKS_PER_WORKER} a worker) and the reductions, {FAN_IN} at a time, are
{tasks:,} tasks: {duration(scheduling)} of the scheduler's time, spread over the whole run. It would bind if
tasks took less than {duration(WORKERS * m.task)} each; they take {duration(work / TASKS_PER_WORKER)}.

**Reduction.** Each of at most {MAX_BLOCKS} blocks is summed up from {leaves // MAX_BLOCKS} ranges in
{levels(leaves)} levels, and the blocks are put side by side. With {NETWORK / 1e9:.3g} GB/s into a machine (assumed):

| species | K | a block | after the last range | traffic of all ranges | the result |
| --- | --- | --- | --- | --- | --- |
{rows}

"After the last range" is what cannot be hidden behind the work: one path up the tree and the transfer of all blocks
to where they are put side by side, three times, and to the client.

**Index.** To know where ranges begin, each file is scanned once, by one worker, and the index is kept beside it. At
the measured rate that is {duration(DATA / m.index / WORKERS)} for {DATA / 1e12:.0f} TB in at least {WORKERS:,} files;
a single file would be scanned by one process, for {duration(DATA / m.index)}.

## What binds

{verdict(m, work, longest)}
"""


def levels(leaves: int) -> int:
    """Levels of sums within a block."""
    return ceil(log(leaves / MAX_BLOCKS, FAN_IN))


def times(species: int, columns: int, size: float, adding: float, leaves: int) -> tuple[float, float]:
    """Seconds after the last range, and bytes that travel altogether."""
    up = levels(leaves) * ((FAN_IN - 1) * (size / NETWORK + adding))
    beside = ceil(log(MAX_BLOCKS, FAN_IN)) + 1
    # at each level at most three quarters of what it puts together come from elsewhere; the last is all of it
    return up + beside * MAX_BLOCKS * size / NETWORK, leaves * size * FAN_IN / (FAN_IN - 1)


def reduction(species: int, columns: int, size: float, adding: float, leaves: int) -> str:
    """One row of the table of reductions."""
    after, traffic = times(species, columns, size, adding, leaves)
    return (
        f"| {species} | {columns} | {size / 1e6:.3g} MB, added in {1e3 * adding:.2g} ms | {duration(after)} | "
        f"{traffic / 1e9:.3g} GB | {MAX_BLOCKS * size / 1e6:.3g} MB |"
    )


def verdict(m: Measured, work: float, reduction: float) -> str:
    """Name what takes longest."""
    demand = WORKERS * m.worker
    slow = [b for b in FILE_SYSTEMS if b < demand]
    file_system = (
        f"A file system of less than {demand / 1e9:.3g} GB/s binds before the processors do"
        + (f" (at {slow[-1] / 1e9:.0f} GB/s: {duration(DATA / slow[-1])})" if slow else "")
        + "."
    )
    index = (
        f"The index adds {duration(DATA / m.index / WORKERS)} before the pass, in as many files as there are "
        f"workers; keep a trajectory of this size in many files, because one file alone would be scanned for "
        f"{duration(DATA / m.index)}."
    )
    return (
        f"{file_system} {index} Neither the scheduler nor the reduction do: together they add less than "
        f"{duration(reduction + 0.5)} to {duration(work)}."
    )
