"""Strong and weak scaling on the workers of a Dask cluster; its page is `scaling.md`."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from interpot import accumulate, read
from interpot.records import Trajectory
from interpot.statistic.channels import Channel
from interpot.statistic.distribute import distributed_pass, summed
from interpot.statistic.normal_equations import Statistic
from interpot.trajectory.index import index_path
from suite.measuring import ALL_CORES, Job, cores, in_turns, timed
from suite.passes import Pass
from suite.records import Figure, NotMeasured, Row, Setting
from suite.scaling_page import Measured, write_page
from suite.systems import CUTOFF, LIQUIDS, dump, liquid, mixed, sampled

ATOMS = 864
RATE = "atom-frames/s"
EMPTY_TASKS = 500
COPIES = 10
PAGE = Path(__file__).parents[1] / "scaling.md"


def workers(setting: Setting) -> Iterator[Row]:
    """Two workers beside one, and what the cost model needs to know; writes the page."""
    if find_spec("distributed") is None:
        raise NotMeasured("distributed is not installed: pip install 'interpot[dask]'")
    if len(ALL_CORES) < 2:
        raise NotMeasured("this process has one core only")
    path = dump(setting, LIQUIDS[ATOMS])
    count = LIQUIDS[ATOMS].frames * setting.frames(COPIES)
    again = [path] * setting.frames(COPIES)  # as if it were so many files
    whole, half = (read(again, units="lj", frames=(0, stop)) for stop in (count, count // 2))
    channels = whole_channels()
    with cores(2), _cluster(1) as one, _cluster(2) as two:
        jobs: dict[str, Job] = {
            "one": partial(_shared, whole, channels, one),
            "two": partial(_shared, whole, channels, two),
            "half": partial(_shared, half, channels, one),
        }
        times = in_turns(setting.repeats, jobs)
        overhead = timed(setting.repeats, partial(_empty_tasks, two))
    atoms = ATOMS * count
    rates = {name: Figure.rate(atoms // (2 if name == "half" else 1), taken) for name, taken in times.items()}
    case = f"from a dump, {ATOMS} atoms, {count} frames, 2 workers"
    yield Row(f"strong: {case}", RATE, rates["two"], "1 worker", rates["one"])
    yield Row(f"weak: {case}", RATE, rates["two"], f"1 worker, {count // 2} frames", rates["half"])
    per_frame = path.stat().st_size / LIQUIDS[ATOMS].frames
    read_rate = Figure.rate(per_frame * count / 1e6, times["one"])
    yield Row("a worker takes in", "MB/s", read_rate)
    indexing = Figure.rate(path.stat().st_size / 1e6, timed(setting.repeats, partial(_index, path)))
    yield Row("the index of a file is made at", "MB/s", indexing)
    per_task = Figure(*(1e3 * t / EMPTY_TASKS for t in (overhead.median, overhead.fastest, overhead.slowest)))
    yield Row("the scheduler spends on a task", "ms", per_task)
    blocks = [_block(setting, species) for species in (1, 3)]
    for species, columns, size, adding in blocks:
        yield Row(f"a block, {species} species, K = {columns}", "MB", Figure(size, size, size))
        yield Row("two such blocks are added in", "ms", adding)
    measured = Measured(
        worker=read_rate.median * 1e6,
        index=indexing.median * 1e6,
        task=per_task.median / 1e3,
        blocks=tuple((s, k, size * 1e6, adding.median / 1e3) for s, k, size, adding in blocks),
        strong=rates["two"].median / rates["one"].median,
        weak=rates["two"].median / rates["half"].median,
        rates=tuple(rates[name].median for name in ("one", "two", "half")),
    )
    write_page(setting.data / "scaling.md" if setting.quick else PAGE, measured, case)


def whole_channels() -> tuple[Channel, ...]:
    """One pair channel of the liquid, with the splines that interpot takes by itself."""
    return Pass(("1",), CUTOFF, 0.9, 200).channels


@contextmanager
def _cluster(count: int) -> Iterator[str]:
    """Workers that are there before the clock starts; yields their scheduler's address."""
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=count, threads_per_worker=1, dashboard_address=":0") as cluster:
        with Client(
            cluster, set_as_default=False
        ) as client:  # workers inherit the pin of the process, not of this thread
            client.run(os.sched_setaffinity, 0, ALL_CORES)
        yield cluster.scheduler_address


def _shared(frames: Trajectory, channels: tuple[Channel, ...], address: str) -> Statistic:
    return distributed_pass(frames, channels, scheduler=address)[0]


def _empty_tasks(address: str) -> float:
    """Seconds for tasks that do nothing."""
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        begin = time.perf_counter()
        client.gather(client.map(_nothing, range(EMPTY_TASKS), pure=False))
        return time.perf_counter() - begin


def _nothing(_: int) -> None:
    pass


def _index(path: Path) -> int:
    index_path(path).unlink(missing_ok=True)
    return read(path, units="lj").count()


def _block(setting: Setting, species: int) -> tuple[int, int, float, Figure]:
    """Species, columns, megabytes of one block as it travels, and milliseconds to add two."""
    frames = liquid(setting, ATOMS, 2)
    names = ("A", "B", "C") if species == 3 else ("1",)
    frames = mixed(frames, names) if species == 3 else frames
    closest, _ = sampled(frames, CUTOFF)
    channels = Pass(names, CUTOFF, closest, 200).channels
    statistic = accumulate(frames, channels, cutoffs="given").in_one_block()
    size = len(pickle.dumps(statistic)) / 1e6
    adding = timed(setting.repeats, partial(summed, statistic, statistic))
    columns = sum(basis.size for basis in statistic.bases)
    return species, columns, size, Figure(*(1e3 * t for t in (adding.median, adding.fastest, adding.slowest)))
