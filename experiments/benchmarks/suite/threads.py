"""Two cores: accumulating on both, and reading on one while the other accumulates."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import partial

from interpot import read
from suite.measuring import ALL_CORES, Job, cores, in_turns
from suite.passes import SIZES, Pass, takes_threads
from suite.records import Figure, NotMeasured, Row, Setting, Wish
from suite.systems import CUTOFF, LIQUIDS, Frames, dump, liquid, sampled

ATOMS = 864
RATE = "atom-frames/s"


def two(setting: Setting) -> Iterator[Row]:
    """From memory against one thread, from a file against the slower half of the work."""
    if len(ALL_CORES) < 2:
        raise NotMeasured("this process has one core only")
    frames = liquid(setting, ATOMS, setting.frames(200))
    closest, _ = sampled(frames, CUTOFF)
    with cores(2):
        if takes_threads():
            yield from _from_memory(setting, frames, closest)
        else:
            yield Row("from memory", RATE, None, "1 thread", remark="interpot.accumulate takes no threads")
        yield from _from_file(setting, frames, closest)


def _from_memory(setting: Setting, frames: Frames, closest: float) -> Iterator[Row]:
    for size in SIZES:
        run = Pass(("1",), CUTOFF, closest, size)
        jobs = {str(threads): partial(run, frames, threads) for threads in (1, 2)}
        times = in_turns(setting.repeats, jobs)
        one, both = (Figure.rate(frames.atoms, times[name]) for name in jobs)
        case = f"from memory, 864 atoms, K = {run.size}, 2 threads"
        yield Row(case, RATE, both, "1 thread", one, Wish("≥ 1.8", 1.8))


def _from_file(setting: Setting, frames: Frames, closest: float) -> Iterator[Row]:
    file = read(dump(setting, LIQUIDS[ATOMS]), units="lj", frames=(0, len(frames.frames)))
    for size in SIZES[:2]:
        run = Pass(("1",), CUTOFF, closest, size)
        jobs: dict[str, Job] = {
            "both": partial(run, file),
            "reading alone": lambda: deque(file, maxlen=0),
            "accumulating alone": partial(run, frames),
        }
        times = in_turns(setting.repeats, jobs)
        slower = max("reading alone", "accumulating alone", key=lambda name: times[name].median)
        rates = {name: Figure.rate(frames.atoms, taken) for name, taken in times.items()}
        yield Row(
            f"from a dump, 864 atoms, K = {run.size}, 2 cores",
            RATE,
            rates["both"],
            f"{slower}, 1 core",
            rates[slower],
            Wish("≥ 0.9", 0.9),
        )
