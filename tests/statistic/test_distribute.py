"""The pass on a Dask cluster of real processes: the same sums, also when workers die on the way."""

from __future__ import annotations

import gzip
import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from cli_samples import write_dump
from distributed import Client, LocalCluster

from interpot import InterpotError, Statistic, accumulate, pair_channels, read
from interpot.statistic import distribute
from interpot.statistic.block_store import block_length
from interpot.statistic.distribute import Span, distributed_pass, plan
from interpot.trajectory import FileTrajectory

FRAMES = 150


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as running:
        yield running


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("distribute")
    return write_dump(folder / "mix.dump", ("Ne", "Xe"), frames=FRAMES, units="metal")


def serial(path: Path) -> Statistic:
    frames = read(path)
    return accumulate(frames, pair_channels(frames, 5.5), cutoffs="given")


def assert_equal(found: Statistic, expected: Statistic, tolerance: float = 1e-12) -> None:
    """The same blocks, each to `tolerance` of its largest entry."""
    assert found.bases == expected.bases and found.channels == expected.channels
    np.testing.assert_array_equal(found.blocks.frames, expected.blocks.frames)
    np.testing.assert_array_equal(found.blocks.rows, expected.blocks.rows)
    for name in ("gram", "moment", "square"):
        for one, two in zip(sums(found, name), sums(expected, name), strict=True):
            assert np.abs(one - two).max() <= tolerance * np.abs(two).max()
    for a, b in zip(found.coverage, expected.coverage, strict=True):
        np.testing.assert_array_equal(a.counts, b.counts)
        assert (a.minimum, a.maximum) == (b.minimum, b.maximum)


def sums(statistic: Statistic, name: str) -> list[np.ndarray]:
    """A, B or C of each block."""
    blocks = range(len(statistic.blocks))
    if name == "gram":
        return [statistic.blocks.gram(b) for b in blocks]
    return list(getattr(statistic.blocks, name))


# ---------------------------------------------------------------------------- the plan


@pytest.mark.parametrize("frames", [1, 2, 63, 64, 65, 127, 1000, 4097])
@pytest.mark.parametrize("tasks", [1, 3, 64, 1000])
@pytest.mark.parametrize("seekable", [True, False])
def test_spans_cover_every_frame_once_and_keep_to_blocks(frames: int, tasks: int, seekable: bool) -> None:
    spans, length = plan(frames, tasks, seekable), block_length(frames)
    everything = [k for block in spans for s in block for k in range(s.start, s.stop)]
    assert everything == list(range(frames))
    for block in spans:
        assert all(s.length == length for s in block)
        inside = {k // length for s in block for k in (s.start, s.stop - 1)}
        assert len(inside) == 1 or (not seekable and len(block) == 1 and block[0].start % length == 0)


def test_long_blocks_become_several_tasks() -> None:
    assert sum(map(len, plan(6400, 1000))) >= 900
    assert plan(3, 1) == [[Span(0, 1, 1)], [Span(1, 2, 1)], [Span(2, 3, 1)]]
    assert len(plan(6400, 4, seekable=False)) <= 5


# ---------------------------------------------------------------------------- the sums


def test_the_cluster_gives_what_one_process_does(cluster: LocalCluster, dump: Path) -> None:
    frames, counted = read(dump), []
    channels = pair_channels(frames, 5.5)
    found, _ = distributed_pass(
        frames, channels, scheduler=cluster.scheduler_address, progress=counted.append
    )
    expected = serial(dump)
    assert_equal(found, expected)
    assert counted == sorted(counted) and counted[-1] == FRAMES
    known = {k: v for k, v in expected.provenance.items() if k != "remarks"}
    assert {k: found.provenance[k] for k in known} == known


def test_long_blocks_are_summed_as_a_tree(
    cluster: LocalCluster, dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distribute, "TASKS_PER_WORKER", 150)
    frames = read(dump)
    channels = pair_channels(frames, 5.5)
    found, _ = distributed_pass(frames, channels, scheduler=cluster.scheduler_address)
    assert_equal(found, serial(dump))


def test_workers_of_this_machine_and_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative names, a torn last frame, truncated forces, and the file of the result."""
    monkeypatch.chdir(tmp_path)
    names = ["a.dump", "b.dump"]
    for seed, name in enumerate(names):
        write_dump(Path(name), frames=20, units="metal", seed=seed)
    Path("b.dump").write_text(Path("b.dump").read_text()[:-200])
    frames = read(*names)
    channels = pair_channels(frames, 6.5)
    found = accumulate(frames, channels, workers=1, out="statistics.h5")
    again = read(*names)
    expected = accumulate(again, channels)
    assert_equal(found, expected)
    assert [c.cutoff for c in found.channels] == [5.5]
    assert sorted(found.provenance["remarks"]) == sorted(expected.provenance["remarks"])
    assert_equal(Statistic.load("statistics.h5"), found, 0.0)


def test_a_compressed_file_is_passed_by_and_that_is_remarked(cluster: LocalCluster, dump: Path) -> None:
    packed = dump.with_name("packed.dump.gz")
    packed.write_bytes(gzip.compress(dump.read_bytes()))
    frames = read(packed)
    found, remarks = distributed_pass(frames, pair_channels(frames, 5.5), scheduler=cluster.scheduler_address)
    assert_equal(found, serial(dump))
    assert "is compressed: every one of" in remarks[-1]


def test_a_worker_that_is_killed_changes_nothing(dump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGKILL after a third of the frames; what the worker held is made again."""
    frames = read(dump, dump.with_name(dump.name))
    channels, killed = pair_channels(frames, 5.5), []
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as running,
        Client(running, set_as_default=False) as other,
    ):
        processes = other.run(os.getpid)

        def kill(done: int) -> None:
            if done > FRAMES // 3 and not killed:
                killed.append(next(iter(processes.values())))
                os.kill(killed[0], signal.SIGKILL)

        found, _ = distributed_pass(frames, channels, scheduler=running.scheduler_address, progress=kill)
        assert killed and killed[0] not in other.run(os.getpid).values()
    expected = accumulate(read(dump, dump), channels, cutoffs="given")
    assert_equal(found, expected)


# ---------------------------------------------------------------------------- mistakes


def test_a_file_that_workers_cannot_read(
    cluster: LocalCluster, dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the workers were on machines that do not see the folder."""
    frames, elsewhere = read(dump), Path("/nowhere/mix.dump")
    channels, original = pair_channels(frames, 5.5), FileTrajectory.part

    def part(self: FileTrajectory, start: int, stop: int | None = None) -> FileTrajectory:
        found = original(self, start, stop)
        found.sources = (elsewhere,)
        return found

    monkeypatch.setattr(FileTrajectory, "part", part)
    with pytest.raises(
        InterpotError, match=r"worker of the cluster cannot read '/nowhere/mix\.dump'.*same path"
    ):
        distributed_pass(frames, channels, scheduler=cluster.scheduler_address)


def test_bad_data_are_said_as_in_one_process(cluster: LocalCluster, tmp_path: Path) -> None:
    path = write_dump(tmp_path / "bad.dump", frames=8, units="metal")
    words = path.read_text().splitlines()
    words[-3] = words[-3].replace(" 0.1 -0.1 0 ", " 0.1 -0.1 nan ").rsplit(" ", 1)[0] + " nan"
    path.write_text("\n".join([*words, ""]))
    frames = read(path)
    channels = pair_channels(frames, 5.5)
    with pytest.raises(InterpotError) as alone:
        accumulate(frames, channels, cutoffs="given")
    with pytest.raises(InterpotError) as shared:
        distributed_pass(frames, channels, scheduler=cluster.scheduler_address)
    assert str(shared.value) == str(alone.value)


def test_a_scheduler_that_is_not_there(dump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribute, "PATIENCE", 0.5)
    frames = read(dump)
    channels = pair_channels(frames, 5.5)
    for address, sentence in (
        ("tcp://127.0.0.1:1", "no Dask scheduler answers at 'tcp://127.0.0.1:1'"),
        ("nonsense", "'nonsense' is no address of a Dask scheduler"),
    ):
        with pytest.raises(InterpotError, match=sentence):
            distributed_pass(frames, channels, scheduler=address)


def test_a_missing_dask_says_what_to_install(dump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribute, "find_spec", lambda _: None)
    with pytest.raises(InterpotError, match=r"pip install 'interpot\[dask\]'"):
        distributed_pass(read(dump), pair_channels(read(dump), 5.5), workers=2)


def test_what_does_not_go_together(dump: Path) -> None:
    frames = read(dump)
    channels = pair_channels(frames, 5.5)
    for options, words in (
        ({"workers": 2, "scheduler": "tcp://a:1"}, "expected one of them"),
        ({"workers": 2, "resume": True, "out": "x.h5"}, "keeps no checkpoints"),
        ({"workers": 2, "threads": 2}, "those of a pass in one process"),
        ({"workers": 0}, "expected 1 or more"),
        ({"resume": True}, "nothing to resume without a file"),
    ):
        with pytest.raises(InterpotError, match=words):
            accumulate(frames, channels, **options)
