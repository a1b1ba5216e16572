"""Timing: in turns, on one core, medians."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

ALL_CORES = tuple(sorted(os.sched_getaffinity(0)))
"""Those that this process was given at its start."""


@dataclass(frozen=True, slots=True)
class Times:
    """Wall times of one job, in seconds."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """What is reported."""
        return statistics.median(self.seconds)

    @property
    def fastest(self) -> float:
        """The least."""
        return min(self.seconds)

    @property
    def slowest(self) -> float:
        """The largest."""
        return max(self.seconds)


@contextmanager
def cores(count: int) -> Iterator[None]:
    """Let this thread, and those and the programs that it starts, run on the last `count` cores only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, ALL_CORES[-count:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


Job = Callable[[], object]


def in_turns(repeats: int, jobs: Mapping[str, Job]) -> dict[str, Times]:
    """Time several jobs in turns, after one untimed round that compiles and warms the caches.

    In turns, because then whatever else the machine does in these seconds meets all of them alike.

    Parameters
    ----------
    repeats
        Timed rounds.
    jobs
        By name; each returns when it is done. One that returns a float says itself how many seconds it took
        (another program, less its start).
    """
    for job in jobs.values():
        job()
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(repeats):
        for name, job in jobs.items():
            begin = time.perf_counter()
            told = job()
            seconds[name].append(told if isinstance(told, float) else time.perf_counter() - begin)
    return {name: Times(tuple(taken)) for name, taken in seconds.items()}


def timed(repeats: int, job: Job) -> Times:
    """Time one job; see `in_turns`."""
    return in_turns(repeats, {"it": job})["it"]
