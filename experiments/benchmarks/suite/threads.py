"""Two cores: accumulating on both, and reading on one while the other accumulates."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np

from interpot import read
from interpot.records import FloatArray
from interpot.statistic.kernels.blas import add_products
from suite.measuring import ALL_CORES, Job, cores, in_turns
from suite.passes import SIZES, SMALL, Pass, takes_threads
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
        yield from _updates(setting)


def _updates(setting: Setting) -> Iterator[Row]:
    """What two cores of this machine gain at best: the rank-k update alone, on two panels that share nothing."""
    for size in SIZES[1:]:
        calls = (200 if setting.quick else 2000) * SIZES[1] ** 2 // size**2
        rows = 10**6 // (8 * size)
        panels = [np.random.default_rng(k).normal(size=(rows, size)) for k in range(2)]
        with ThreadPoolExecutor(2) as pool:
            jobs = {
                "1": partial(_update, panels[:1], 2 * calls, pool),
                "2": partial(_update, panels, calls, pool),
            }
            times = in_turns(setting.repeats, jobs)
        one, both = (Figure.rate(2 * calls * rows, times[name]) for name in jobs)
        yield Row(f"the update of BLAS alone, K = {size}, 2 threads", "rows/s", both, "1 thread", one)


def _update(panels: Sequence[FloatArray], calls: int, pool: ThreadPoolExecutor) -> None:
    """Add the products of each panel, so often, in a thread of its own."""

    def work(panel: FloatArray) -> None:
        gram = np.zeros((panel.shape[1], panel.shape[1]))
        for _ in range(calls):
            add_products(panel, gram)

    list(pool.map(work, panels))


def _from_memory(setting: Setting, frames: Frames, closest: float) -> Iterator[Row]:
    """Frames of a small basis several times over: a pass of a fifth of a second is over before both are busy."""
    for size in SIZES:
        run = Pass(("1",), CUTOFF, closest, size)
        longer = replace(frames, frames=[*frames.frames] * (5 if size == SMALL else 1))
        jobs = {str(threads): partial(run, longer, threads) for threads in (1, 2)}
        times = in_turns(setting.repeats, jobs)
        one, both = (Figure.rate(longer.atoms, times[name]) for name in jobs)
        case = f"from memory, 864 atoms, K = {run.size}, {len(longer.frames)} frames, 2 threads"
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
