"""The index of a file: right, found in one scan, kept, and never trusted where it does not fit."""

from __future__ import annotations

import gzip
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import zstandard
from writers import NAMES, WRITERS

from interpot.errors import InterpotError
from interpot.trajectory import index, read
from interpot.trajectory.index import FrameIndex, frame_index, index_path
from interpot.trajectory.readers import READERS, recognise
from interpot.trajectory.readers.reader import Mark, Request
from interpot.units import unit_style

INDEXED = [name for name, row in READERS.items() if row.indexed]
BEGINS = {"lammps-dump": rb"ITEM: TIMESTEP", "extxyz": rb"(?m)^5$"}  # how each frame of `writers` begins

REQUEST = Request(unit_style("metal"), lambda _: True, lambda _: None)


def indexed(path: Path, frames: int | None = None) -> FrameIndex:
    return frame_index(path, recognise(path), REQUEST, frames)


def count(path: Path, **choice: object) -> int:
    return read(path, units="metal", **choice).count()  # type: ignore[arg-type]


@pytest.fixture(params=INDEXED)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def scans(form: str, monkeypatch: pytest.MonkeyPatch) -> list[Mark]:
    """Where each scan began."""
    module, begun = READERS[form].load(), []

    def ends(
        path: Path, request: Request, scan: Callable[..., Iterator[Mark]] = module.ends
    ) -> Iterator[Mark]:  # type: ignore[attr-defined]
        begun.append(request.begin)
        return scan(path, request)

    monkeypatch.setattr(module, "ends", ends)
    return begun


def test_agrees_with_a_search_for_what_begins_a_frame(make: Callable[..., Path], form: str) -> None:
    """In a file of several windows of the reader, with blank lines here and there."""
    path = make(30)
    text = path.read_bytes()
    path.write_bytes(b"".join(text + b"\n" * (k % 3) for k in range(90)))
    data = path.read_bytes()
    assert len(data) > 2.5 * 2**20
    truth = [match.start() for match in re.finditer(BEGINS[form], data)]
    found = indexed(path)
    assert found.count == len(truth) == 30 * 90 and found.complete
    # a frame begins where the one before it ends, blank lines included
    assert found.offsets[0] == 0 and found.lines[0] == 1
    for k, (begin, line, next_) in enumerate(zip(found.offsets, found.lines, truth, strict=False)):
        assert not data[begin:next_].strip()
        if k % 97 == 0:
            assert line == 1 + data[:begin].count(b"\n")
    assert not data[found.offsets[-1] :].strip()


@pytest.mark.parametrize("squeeze", [None, gzip.compress, zstandard.compress])
@pytest.mark.parametrize("cut", [0, 1, 40, 200, 600])
def test_a_frame_cut_short_does_not_count(
    make: Callable[..., Path], squeeze: Callable[[bytes], bytes] | None, cut: int
) -> None:
    path = make(4)
    data = path.read_bytes()
    data = data[: len(data) - cut]
    path.write_bytes(squeeze(data) if squeeze else data)
    walked = len(list(read(path, units="metal")))
    assert walked == (3 if cut else 4)
    for _ in range(2):  # from the scan, and from what is kept of it
        assert count(path) == walked
    assert indexed(path).offsets.shape == ((0,) if squeeze else (walked + 1,))


def test_is_made_once(make: Callable[..., Path], scans: list[Mark]) -> None:
    path = make(5)
    assert count(path) == 5 and scans == [Mark()]
    assert sorted(p.name for p in path.parent.iterdir()) == sorted([path.name, index_path(path).name])
    assert index_path(path).name == f".{path.name}.index.npz"
    assert count(path, stride=2) == 3 and count(path, frames="1:3") == 2 and count(path, frames="7:") == 0
    assert len(scans) == 1


def test_scans_on_where_a_file_has_grown(make: Callable[..., Path], scans: list[Mark]) -> None:
    """From its last whole frame, whether another was begun or not."""
    path = make(6)
    whole = path.read_bytes()
    third = indexed(path).offsets[3]
    for size in (third, third + 100, len(whole)):
        path.write_bytes(whole[:size])
        assert count(path) == len(list(read(path, units="metal"))) == (3 if size < len(whole) else 6)
    assert [mark.frame for mark in scans] == [0, 0, 3, 3]
    again = frame_index(path, recognise(path), REQUEST)
    index_path(path).unlink()
    afresh = indexed(path)
    np.testing.assert_array_equal(again.offsets, afresh.offsets)
    np.testing.assert_array_equal(again.lines, afresh.lines)


def test_scans_no_farther_than_needed(make: Callable[..., Path], form: str, scans: list[Mark]) -> None:
    """What is wrong with frames that are not wanted does not matter."""
    path = make(6)
    path.write_bytes(path.read_bytes() + b"garbage\n")
    assert count(path, frames="1:4") == 3
    assert read(path, units="metal").part(2, 3).count() == 1 and len(scans) == 1
    assert count(path, frames=":6") == 6 and [mark.frame for mark in scans] == [0, 4]
    sentence = f"line .* of '.*{path.name}': expected .*garbage"
    with pytest.raises(InterpotError, match=sentence):
        count(path)
    with pytest.raises(InterpotError, match=sentence):
        list(read(path, units="metal", stride=100))


def test_another_file_under_the_same_name(make: Callable[..., Path]) -> None:
    path = make(3)
    state = path.stat()
    assert count(path) == 3
    path.unlink()
    longer = make(8, seed=8)  # is no longer version of the first
    assert longer == path and count(path) == 8
    for frames, seed in ((3, 9), (3, 10)):
        path.unlink()
        make(frames, seed=seed)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))  # even where the time is the same
        np.testing.assert_array_equal(indexed(path).offsets[-1], path.stat().st_size)


def test_is_made_anew_where_it_is_damaged(make: Callable[..., Path]) -> None:
    path = make(5)
    truth = indexed(path)
    kept = index_path(path)
    whole, source = kept.read_bytes(), np.random.default_rng(5)
    for k in range(120):
        data = bytearray(whole)
        if k % 3 == 0:
            data = data[: int(source.integers(len(data)))]
        else:
            begin = int(source.integers(len(data)))
            piece = data[begin : begin + int(source.integers(1, 60))]
            data[begin : begin + len(piece)] = source.bytes(len(piece))
        kept.write_bytes(data)
        found = indexed(path)
        assert found.count == 5 and found.complete
        np.testing.assert_array_equal(found.offsets, truth.offsets)
        np.testing.assert_array_equal(found.lines, truth.lines)


def test_is_made_anew_where_it_is_of_something_else(
    make: Callable[..., Path], form: str, tmp_path: Path
) -> None:
    path = make(5)
    other = make(7, 9, f"other{path.suffix}")
    assert count(other) == 7
    shutil.copy(index_path(other), index_path(path))
    assert count(path) == 5
    truth = indexed(path)
    for arrays in (
        {"offsets": np.zeros(6, dtype=np.int64)},
        {"offsets": truth.offsets.astype(float)},
        {"offsets": truth.offsets[:-1], "lines": truth.lines[:-1]},
        {"offsets": truth.offsets[:0], "lines": truth.lines[:0]},
        {"lines": truth.lines[::-1].copy()},
        {"lines": np.array([object()] * 6)},
        {"numbers": np.arange(3)},
        {"identity": np.zeros(16, dtype=np.uint8)},
    ):
        with np.load(index_path(path)) as kept:
            everything = dict(kept)
        np.savez(index_path(path), **{**everything, **arrays})  # type: ignore[arg-type]
        found = indexed(path)
        assert found.count == 5
        np.testing.assert_array_equal(found.offsets, truth.offsets)
        np.testing.assert_array_equal(found.lines, truth.lines)
    index_path(path).write_text("not an archive")
    assert count(path) == 5
    index_path(path).unlink()
    index_path(path).mkdir()
    assert count(path) == 5


def test_of_another_format_it_is_not_trusted(tmp_path: Path) -> None:
    """One file, read as what it is not: five lines of a dump's header, five of what might be atoms."""
    path = tmp_path / "a.xyz"
    path.write_text("1\n\nAr 0 0 0\n" * 3)
    assert count(path) == 3
    with pytest.raises(InterpotError, match="expected 'ITEM: TIMESTEP'"):
        read(path, units="metal", format="lammps-dump").count()


def test_a_folder_that_cannot_be_written_to(
    make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def refused(path: Path) -> Iterator[Path]:
        raise InterpotError("cannot write")
        yield path

    monkeypatch.setattr(index, "atomic", refused)
    path = make(5)
    trajectory = read(path, units="metal")
    assert trajectory.count() == 5 and [f.index for f in trajectory.part(3)] == [3, 4]
    assert list(path.parent.iterdir()) == [path] and trajectory.remarks == []


def test_no_whole_frame(make: Callable[..., Path]) -> None:
    path = make(1)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(
        InterpotError, match=r"holds no whole frame: it ends within the first \(4 of its 5 atoms"
    ):
        count(path)
    path.unlink()
    with pytest.raises(InterpotError, match="no such file"):
        frame_index(path, READERS["lammps-dump"], REQUEST)


def test_a_dump_that_was_cut_short_and_continued(tmp_path: Path) -> None:
    """The scan says it as well as the walk does."""
    path = tmp_path / "a.lammpstrj"
    WRITERS["lammps-dump"][1](path, 3)
    lines = path.read_bytes().splitlines(keepends=True)
    frame = len(lines) // 3
    path.write_bytes(b"".join(lines[: 2 * frame - 2] + lines[2 * frame :]))
    sentence = (
        rf"line {2 * frame - 1} of '.*' \(frame 1, step 10\): another frame begins where one of its "
        f"{len(NAMES)} atoms was expected"
    )
    trajectory = read(path, units="metal")
    for use in (
        trajectory.count,
        lambda: list(trajectory),
        lambda: list(read(path, units="metal", stride=9)),
    ):
        with pytest.raises(InterpotError, match=sentence):
            use()


def test_formats_without_an_index_are_counted_by_walking(tmp_path: Path) -> None:
    for form in WRITERS.keys() - set(INDEXED):
        name, writer = WRITERS[form]
        folder = tmp_path / form
        folder.mkdir()
        writer(folder / name, 6)
        trajectory = read(folder / name, units="metal", frames="1:", stride=2)
        assert trajectory.count() == 3 and [f.index for f in trajectory.part(1)] == [3, 5]
        assert [p.name for p in folder.iterdir()] == [name]
