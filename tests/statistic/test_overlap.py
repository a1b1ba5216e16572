"""Which frames two statistics share, against sets of frames counted out."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_samples import write_dump

from interpot import InterpotError, Statistic, accumulate, pair_channels, read
from interpot.statistic.merge import merge
from interpot.statistic.overlap import overlap, parts_of

LENGTHS = {"a": 10, "b": 7, "c": 5}


def part(
    files: str, start: int = 0, stop: int | None = None, step: int = 1, mtime: int = 1
) -> dict[str, Any]:
    sources = [{"path": name, "size": 100 * LENGTHS[name], "mtime_ns": mtime} for name in files]
    frames = len(held({"sources": sources, "range": [start, stop, step]}))
    return {"sources": sources, "range": [start, stop, step], "frames": frames, "exact": True}


def held(one: dict[str, Any]) -> set[tuple[str, int]]:
    """The frames themselves, by file and number in it."""
    names = [source["path"] for source in one["sources"]]
    start, stop, step = one["range"]
    return set([(name, k) for name in names for k in range(LENGTHS[name])][start:stop:step])


def test_what_is_known_is_true() -> None:
    """Random ranges of one to three files, in pairs: what is certain is so, and none is missed."""
    random, undecided = np.random.default_rng(7), 0
    parts = []
    for files, _ in product(("a", "b", "ab", "bc", "abc"), range(12)):
        start = int(random.integers(0, 6))
        stop = None if random.random() < 0.5 else start + int(random.integers(1, 8))
        one = part(files, start, stop, int(random.integers(1, 5)))
        parts += [one] if one["frames"] else []
        parts.append(part(files))
    for one, two in product(parts, parts):
        shared, found = held(one) & held(two), overlap(one, two)
        if found is None:
            assert not shared
        elif found.certain:
            assert shared
        else:
            undecided += 1
            assert len(one["sources"]) + len(two["sources"]) > 2  # of one file each, all is known
    assert undecided < 0.4 * len(parts) ** 2


def test_the_same_file_under_another_name() -> None:
    """By another path it is the same; renamed it may be, which a size and a time of change to the ns speak for."""
    mine, moved, renamed = part("a", 0, 5), part("a", 3), part("a", 3)
    moved["sources"] = [dict(moved["sources"][0], path="elsewhere/a")]
    renamed["sources"] = [dict(renamed["sources"][0], path="b")]
    same, maybe = overlap(mine, moved), overlap(mine, renamed)
    assert same is not None and same.certain
    assert maybe is not None and not maybe.certain


def test_a_file_that_was_written_to_since_may_hold_the_same() -> None:
    earlier = overlap(part("a", 0, 5), part("a", 3, mtime=2))
    assert earlier is not None and not earlier.certain
    assert overlap(part("a", 0, 5), part("a", 5, mtime=2)) is None
    unknown = overlap({"sources": [{"path": "a"}]}, part("a"))
    assert unknown is not None and not unknown.certain


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Makes statistics of frames of one file."""
    monkeypatch.chdir(tmp_path)
    dump = write_dump(tmp_path / "ne.dump", frames=20, units="metal")

    def make(name: str, frames: str, path: str | Path = dump) -> Path:
        data = read(path, frames=frames)
        accumulate(data, pair_channels(data, 5.5), out=tmp_path / name, cutoffs="given")
        return tmp_path / name

    return make


def test_frames_do_not_count_twice(made, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Not by way of a sum, either, nor where the same file goes by another name."""
    one, two, rest, all_of_it = (
        made("1.h5", "0:5"),
        made("2.h5", "5:9"),
        made("3.h5", "9:"),
        made("4.h5", ":"),
    )
    merge([one, two]).save(tmp_path / "sum.h5")
    whole = merge([tmp_path / "sum.h5", rest])
    assert whole.frames == 20 and len(parts_of(whole.provenance)) == 3
    np.testing.assert_allclose(whole.moment.sum(), Statistic.load(all_of_it).moment.sum(), rtol=1e-9)
    relative = made("5.h5", "4:6", "ne.dump")
    for files, words in (
        (
            (one, all_of_it),
            r"4.h5' \(frames 0:20\) cannot be merged with '.*1.h5' \(frames 0:5\): they share frames",
        ),
        (
            (tmp_path / "sum.h5", all_of_it),
            r"4.h5' \(frames 0:20\) cannot be merged with '.*sum.h5' \(frames 0:5\)",
        ),
        ((rest, one, relative), r"5.h5' \(frames 4:6\) cannot be merged with '.*1.h5' \(frames 0:5\)"),
    ):
        with pytest.raises(InterpotError, match=words):
            merge(files)


def test_where_frames_are_not_known_it_is_said(
    made, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:  # type: ignore[no-untyped-def]
    data = read(tmp_path / "ne.dump", frames="5:9")
    accumulate(data, pair_channels(data, 5.5), cutoffs="given").save(tmp_path / "memory.h5")
    assert merge([made("1.h5", "0:5"), tmp_path / "memory.h5"]).frames == 9
    assert "both hold data of" in caplog.text and "if any, count twice" in caplog.text
