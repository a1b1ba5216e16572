"""A pass that is stopped at any instant goes on to the same bits."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from cli_samples import write_dump

from interpot import InterpotError, Statistic, accumulate, pair_channels, read
from interpot.statistic import checkpoint
from interpot.statistic.checkpoint import Checkpoint

FRAMES = 150


@pytest.fixture(autouse=True)
def _every_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint at the end of every batch, whatever it costs."""
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoint")
    return write_dump(folder / "ne.dump", frames=FRAMES, units="metal")


class StoppedError(Exception):
    """What a test stops a pass with."""


def kept(out: Path) -> int:
    """Frames that a checkpoint holds; none without one."""
    partial = checkpoint.partial_path(out)
    return Checkpoint.load(partial).snapshot.frames if partial.exists() else 0


def stop_after(frames: int) -> Any:
    def progress(done: int) -> None:
        if done == frames:
            raise StoppedError

    return progress


def make(dump: Path, out: Path, cutoff: float = 5.5, **options: Any) -> Statistic:
    frames = read(dump, **{k: options.pop(k) for k in ("stride", "frames", "species") if k in options})
    channels = pair_channels(frames, cutoff)
    return accumulate(frames, channels, out=out, **{"cutoffs": "given", **options})


def arrays(path: Path) -> dict[str, Any]:
    """Everything that a file holds, bit by bit."""
    found: dict[str, Any] = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, one: found.update({name: one[()].tobytes()} if isinstance(one, h5py.Dataset) else {})
        )
        file.visititems(lambda name, one: found.update({f"{name}@": sorted(map(str, one.attrs.items()))}))
        found["provenance"] = file.attrs["provenance"]
    return found


@pytest.mark.parametrize("stops", [[1], [63], [64], [65], [97, 140], [10, 20, 149], [150]])
def test_a_stopped_pass_goes_on_to_the_same_bits(stops: list[int], dump: Path, tmp_path: Path) -> None:
    """Before the first closer pair, at the doubling of the blocks, amid a block, behind the last frame."""
    whole, out = tmp_path / "whole.h5", tmp_path / "out.h5"
    make(dump, whole)
    for k, stop in enumerate(stops):
        with pytest.raises(StoppedError):
            make(dump, out, progress=stop_after(stop - kept(out)), resume=k > 0)
        assert not out.exists()
    made = make(dump, out, resume=True)
    assert arrays(out) == arrays(whole)
    assert made.frames == FRAMES and not checkpoint.partial_path(out).exists()


def test_a_resume_says_where_it_goes_on_and_counts_from_there(
    dump: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out, counted = tmp_path / "out.h5", list[int]()
    with pytest.raises(StoppedError):
        make(dump, out, progress=stop_after(100))
    before = kept(out)
    assert 0 < before <= 100
    make(dump, out, progress=counted.append, resume=True)
    assert counted == list(range(1, FRAMES - before + 1))
    assert (
        f"goes on after frame {before}, the last that '{checkpoint.partial_path(out)}' holds" in caplog.text
    )


def test_the_file_is_what_the_pass_without_one_gives(dump: Path, tmp_path: Path) -> None:
    frames = read(dump)
    plain = accumulate(frames, pair_channels(frames, 6.5))
    make(dump, tmp_path / "out.h5", cutoff=6.5, cutoffs="find")
    kept = Statistic.load(tmp_path / "out.h5")
    assert kept.channels == plain.channels and [c.cutoff for c in kept.channels] == [5.5]
    np.testing.assert_allclose(kept.moment, plain.moment, rtol=0, atol=1e-12 * np.abs(plain.moment).max())
    assert kept.provenance["remarks"] == plain.provenance["remarks"]


def test_found_cutoffs_are_kept_with_the_checkpoint(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not looked for a second time."""
    monkeypatch.setattr("interpot.statistic.settled.MOST_FRAMES", 40)
    whole, out = tmp_path / "whole.h5", tmp_path / "out.h5"
    make(dump, whole, cutoff=6.5, cutoffs="find")
    with pytest.raises(StoppedError):
        make(dump, out, cutoff=6.5, cutoffs="find", progress=stop_after(100))
    monkeypatch.setattr("interpot.statistic.settled.find_cutoffs", None)
    make(dump, out, cutoff=6.5, cutoffs="find", resume=True)
    assert arrays(out) == arrays(whole)


def test_remarks_of_the_frames_before_are_kept(tmp_path: Path) -> None:
    """Of a torn frame in the first of two files, and of the last one in the second."""
    files = [write_dump(tmp_path / f"{k}.dump", frames=20, units="metal", seed=k) for k in (1, 2)]
    for file in files:
        file.write_text(file.read_text()[:-200])
    whole, out = tmp_path / "whole.h5", tmp_path / "out.h5"
    for path, stops in ((whole, ()), (out, (30,))):
        for stop in stops:
            frames = read(*files)
            with pytest.raises(StoppedError):
                accumulate(
                    frames, pair_channels(frames, 5.5), out=path, progress=stop_after(stop), cutoffs="given"
                )
        frames = read(*files)
        accumulate(frames, pair_channels(frames, 5.5), out=path, resume=bool(stops), cutoffs="given")
    assert arrays(out) == arrays(whole)
    assert sum("cut short" in r for r in Statistic.load(out).provenance["remarks"]) == 2


@pytest.fixture
def _batches_of_one_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interpot.statistic.accumulator.BATCH_BYTES", 1)


@pytest.mark.usefixtures("_batches_of_one_frame")
def test_a_checkpoint_is_a_statistic_of_the_frames_so_far(dump: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.h5"
    with pytest.raises(StoppedError):
        make(dump, out, progress=stop_after(101))
    half = Statistic.load(checkpoint.partial_path(out))
    assert half.frames == 100 and half.provenance["frames"] == 100


@pytest.mark.usefixtures("_batches_of_one_frame")
def test_checkpoints_take_little_of_the_time(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock says 50 ms for a frame, 100 ms for a checkpoint: one at the end of a batch 5 s after the last."""
    now, written = [0.0], []
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.5)
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: now[0])
    original = checkpoint.Checkpoint.save

    def save(self: checkpoint.Checkpoint, path: Path) -> None:
        now[0] += 0.1
        written.append(self.snapshot.frames)
        original(self, path)

    monkeypatch.setattr(checkpoint.Checkpoint, "save", save)

    def frame_done(_: int) -> None:
        now[0] += 0.0499

    make(dump, tmp_path / "out.h5", progress=frame_done)
    assert written == [11, 112]


# ---------------------------------------------------------------------------- what is refused, what is said


def test_a_checkpoint_is_not_overwritten_unasked(dump: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.h5"
    with pytest.raises(StoppedError):
        make(dump, out, progress=stop_after(100))
    with pytest.raises(InterpotError, match=r"'.*out\.h5\.partial' holds the state.*--resume.*or delete it"):
        make(dump, out)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"cutoff": 5.0}, "the channels Ne-Ne to 5.5 Å, not Ne-Ne to 5 Å"),
        ({"stride": 2}, "the frames .from, to, stride. 0, none, 1, not 0, none, 2"),
        ({"species": {"Ne": "A"}}, "the species none, not Ne=A"),
        ({"memory": 10**9}, "the memory none, not 1000000000"),
        ({"cutoffs": "find"}, "the cutoffs given, not find"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_resume_of_something_else_is_refused(
    other: dict[str, Any], words: str, dump: Path, tmp_path: Path
) -> None:
    """Neither a checkpoint nor a complete file is mistaken for that of another pass."""
    out = tmp_path / "out.h5"
    with pytest.raises(StoppedError):
        make(dump, out, progress=stop_after(100))
    with pytest.raises(InterpotError, match=f"out.h5.partial' was made with {words}.*: ask for the same"):
        make(dump, out, **other, resume=True)
    make(dump, out, resume=True)
    with pytest.raises(InterpotError, match=f"out.h5' was made with {words}"):
        make(dump, out, **other, resume=True)


def test_a_resume_of_other_data_is_refused(dump: Path, tmp_path: Path) -> None:
    path, out = tmp_path / "other.dump", tmp_path / "out.h5"
    path.write_bytes(dump.read_bytes())
    with pytest.raises(StoppedError):
        make(path, out, progress=stop_after(100))
    with pytest.raises(InterpotError, match=r"from .*other\.dump, not from .*ne\.dump"):
        make(dump, out, resume=True)
    path.write_bytes(dump.read_bytes() + b"\n")
    with pytest.raises(InterpotError, match=r"'.*other\.dump' as it was before it was written to again"):
        make(path, out, resume=True)


def test_resuming_nothing_starts_and_resuming_what_is_done_leaves_it(
    dump: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = tmp_path / "out.h5"
    make(dump, out, resume=True)
    assert "to resume: the pass begins with the first frame" in caplog.text
    before = out.stat().st_mtime_ns
    make(dump, out, resume=True, progress=stop_after(1))
    assert out.stat().st_mtime_ns == before and "is complete: it is left as it is" in caplog.text


def test_something_else_in_the_place_of_a_checkpoint(dump: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.h5"
    make(dump, out)
    out.rename(checkpoint.partial_path(out))
    with pytest.raises(InterpotError, match="is no checkpoint of interpot"):
        make(dump, out, resume=True)


def test_a_checkpoint_of_an_earlier_version_is_named(dump: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.h5"
    with pytest.raises(StoppedError):
        make(dump, out, progress=stop_after(3))
    partial = checkpoint.partial_path(out)
    with h5py.File(partial, "a") as file:
        state = json.loads(file.attrs["checkpoint"])
        del state["ahead"]
        file.attrs["checkpoint"] = json.dumps(state)
    with pytest.raises(InterpotError, match="of an earlier interpot: delete it, and begin anew"):
        make(dump, out, resume=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_obeyed_at_the_end_of_a_batch(
    number: signal.Signals, dump: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With a last checkpoint."""
    out, whole = tmp_path / "out.h5", tmp_path / "whole.h5"

    def end(*_: object) -> None:
        raise SystemExit

    def progress(done: int) -> None:
        if done == 100:
            os.kill(os.getpid(), number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        with pytest.raises((KeyboardInterrupt, SystemExit)):
            make(dump, out, progress=progress)
        assert signal.getsignal(signal.SIGTERM) is end
    finally:
        signal.signal(signal.SIGTERM, before)
    [kept] = re.findall(r"the first (\d+) are kept in .*--resume", caplog.text)
    assert 100 <= int(kept) < FRAMES
    make(dump, out, resume=True)
    make(dump, whole)
    assert arrays(out) == arrays(whole)


def test_half_written_files_of_a_killed_process_are_swept(dump: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.h5"
    names = (
        ".out.h5-0123abcd-unfinished.partial",
        "..out.h5-0123abcd-unfinished-4567ef89-unfinished.partial",
        ".out-0123abcd-unfinished.h5",
    )
    left = [tmp_path / name for name in names]
    for path in left:
        path.touch()
    others = {".other-0123abcd-unfinished.h5", ".out-20240101.h5"}
    for name in others:
        (tmp_path / name).touch()
    make(dump, out)
    assert {p.name for p in tmp_path.iterdir()} == {"out.h5", *others}


def test_a_checkpoint_that_cannot_be_written_stops_nothing(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The disk is full while the second and the third are written: the first is kept, and a resume begins with it."""
    out, original, written = tmp_path / "out.h5", checkpoint.Checkpoint.save, []

    def save(self: checkpoint.Checkpoint, path: Path) -> None:
        written.append(self.snapshot.frames)
        if len(written) in (2, 3):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        original(self, path)

    monkeypatch.setattr(checkpoint.Checkpoint, "save", save)
    with pytest.raises(StoppedError):
        make(dump, out, progress=stop_after(15))
    assert Statistic.load(checkpoint.partial_path(out)).frames == written[0] == 1
    assert f"no checkpoint after frame {written[1]}: " in caplog.text and "No space left" in caplog.text
    monkeypatch.setattr(checkpoint.Checkpoint, "save", original)
    make(dump, out, resume=True)
    make(dump, tmp_path / "whole.h5")
    assert arrays(out) == arrays(tmp_path / "whole.h5")


def test_what_is_there_is_never_written_over(dump: Path, tmp_path: Path) -> None:
    """Neither a finished statistic nor the trajectory itself, and also not through another name."""
    out, link = tmp_path / "out.h5", tmp_path / "link.h5"
    out.write_text("a day's work")
    link.symlink_to(dump)
    for path, words in (
        (out, "is there already"),
        (dump, "one of the trajectories"),
        (link, "one of the trajector"),
    ):
        before = path.read_bytes()
        with pytest.raises(InterpotError, match=f"{words}.*name another output, or delete it"):
            make(dump, path)
        assert path.read_bytes() == before


def test_what_is_no_file_can_be_kept_too(dump: Path, tmp_path: Path) -> None:
    """A trajectory of one's own is walked from its beginning."""

    class Mine:
        sources = (Path("mine"),)
        units = read(dump).units

        def __iter__(self) -> Iterator[Any]:
            return iter(read(dump))

    channels = pair_channels(read(dump), 5.5)
    for name, stops in (("whole.h5", ()), ("out.h5", (90,))):
        for stop in stops:
            with pytest.raises(StoppedError):
                accumulate(Mine(), channels, cutoffs="given", out=tmp_path / name, progress=stop_after(stop))
        accumulate(Mine(), channels, cutoffs="given", out=tmp_path / name, resume=bool(stops))
    assert arrays(tmp_path / "out.h5") == arrays(tmp_path / "whole.h5")
