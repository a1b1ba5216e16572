"""Parts of a trajectory: together they are the whole, in frames, in words and in faults."""

from __future__ import annotations

import gzip
import json
import os
import pickle
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from writers import WRITERS

from interpot.errors import InterpotError
from interpot.records import Frame
from interpot.trajectory import FileTrajectory, file_trajectory, read
from interpot.trajectory.readers import READERS, recognise
from interpot.trajectory.readers.reader import Mark, Request

SQUEEZES = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}
LENGTHS = (5, 1, 4, 3)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Files of several lengths in every format, plain and compressed; of some the last frame is cut short."""
    folder = tmp_path_factory.mktemp("files")
    found: dict[str, list[Path]] = {}
    for form, row in ((name, READERS[name]) for name in WRITERS):
        for squeeze in SQUEEZES if row.indexed else ("",):
            for seed, frames in enumerate(LENGTHS):
                written = folder / WRITERS[form][0]
                WRITERS[form][1](written, frames, seed)
                path = written.rename(folder / f"{seed}{written.name}{squeeze}")
                data = path.read_bytes()
                if row.indexed:
                    path.write_bytes(SQUEEZES[squeeze](data + data[: 300 * (seed % 2)]))
                found.setdefault(form + squeeze, []).append(path)
    return found


def same(found: Frame, truth: Frame) -> bool:
    assert found.forces is not None and truth.forces is not None
    assert (found.source, found.index, found.step) == (truth.source, truth.index, truth.step)
    assert (found.species, found.dimension) == (truth.species, truth.dimension)
    return bool(np.all(found.positions == truth.positions) and np.all(found.forces == truth.forces))


def assert_same(found: list[Frame], truth: list[Frame]) -> None:
    assert [(f.source, f.index) for f in found] == [(f.source, f.index) for f in truth]
    assert all(map(same, found, truth))


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_parts_are_the_whole(files: dict[str, list[Path]], data: st.DataObject) -> None:
    paths = files[data.draw(st.sampled_from(sorted(files)))]
    paths = data.draw(st.lists(st.sampled_from(paths), min_size=1, max_size=3, unique=True))
    total = sum(LENGTHS[int(path.name[0])] for path in paths)
    start = data.draw(st.integers(0, total - 1))
    stop = data.draw(st.none() | st.integers(start + 1, total + 2))
    stride = data.draw(st.integers(1, 4))

    def opened() -> FileTrajectory:
        return read(paths, units="metal", frames=(start, stop), stride=stride)

    whole, cut = opened(), opened()
    truth = list(whole)
    assert cut.count() == len(truth) == len(range(total)[start:stop:stride])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(truth) + 1), max_size=3)))
    parts = [cut.part(low, high) for low, high in pairwise([0, *cuts])]
    parts.append(cut.part(cuts[-1] if cuts else 0, data.draw(st.sampled_from([None, len(truth) + 3]))))
    assert [part.count() for part in parts] == [len(list(part)) for part in parts]
    assert_same([frame for part in parts for frame in part], truth)
    assert sorted(cut.remarks) == sorted(whole.remarks)

    low, high = sorted(data.draw(st.tuples(st.integers(0, len(truth)), st.integers(0, len(truth)))))
    first = data.draw(st.integers(0, low))
    inner = cut.part(first, data.draw(st.none() | st.just(high))).part(low - first, high - first)
    assert_same(list(inner), truth[low:high])
    assert_same(list(pickle.loads(pickle.dumps(inner))), truth[low:high])


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Mark]:
    """Where each walk of a dump began."""
    module, marks = READERS["lammps-dump"].load(), []

    def walk(
        path: Path, request: Request, real: Callable[..., Iterator[Frame | None]] = module.walk
    ) -> Iterator[Frame | None]:
        marks.append(request.begin)
        return real(path, request)

    monkeypatch.setattr(module, "walk", walk)
    return marks


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_part_begins_by_the_index_where_it_can(
    files: dict[str, list[Path]], begun: list[Mark], suffix: str
) -> None:
    paths = files[f"lammps-dump{suffix}"]
    part = read(paths, units="metal", frames="1:").part(7)
    begun.clear()
    assert [(Path(f.source).name[0], f.index) for f in part][:2] == [("2", 2), ("2", 3)]
    assert [mark.frame for mark in begun] == [0 if suffix else 2, 0]


def test_a_part_that_begins_at_the_beginning_needs_no_index(
    make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("an index was asked for")

    path = make(5)
    trajectory = read(path, units="metal", frames="1:")
    later = trajectory.part(2)
    monkeypatch.setattr(file_trajectory, "frame_index", refused)
    assert [f.index for f in trajectory.part(0, 3)] == [1, 2, 3]
    assert [f.index for f in trajectory.part(0).part(0, 2)] == [1, 2]
    sent = pickle.loads(pickle.dumps(later))  # to where, perhaps, no index can be kept
    assert [f.index for f in sent] == [f.index for f in sent.part(0)] == [3, 4]


def test_species_of_several_files_take_one_frame_of_each(files: dict[str, list[Path]]) -> None:
    for paths in files.values():
        trajectory = read(paths[::-1], units="metal", frames="2:9")
        assert trajectory.species() == ("Ar", "Ne", "Xe") and trajectory.count() == 7
        assert trajectory.remarks == []
        with pytest.raises(InterpotError, match="no frame is in the range 20:30: there are 13 in"):
            read(paths, units="metal", frames="20:30").species()


def test_is_small_to_send(make: Callable[..., Path]) -> None:
    path = make(40)
    trajectory = read(path, units="metal", stride=2, species={"Ne": "N", "Ar": "A", "Xe": "X"})
    empty = len(pickle.dumps(trajectory))
    assert trajectory.count() == 20 and len(pickle.dumps(trajectory)) == empty < 3000
    copy = pickle.loads(pickle.dumps(trajectory.part(18)))
    assert [f.index for f in copy] == [36, 38] and copy.units == trajectory.units
    assert copy.species() == ("A", "N", "X") and copy.fingerprint == trajectory.part(18).fingerprint


def test_faults_are_named_as_in_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.lammpstrj"
    WRITERS["lammps-dump"][1](path, 6)
    lines = path.read_text().splitlines()
    lines[-1] = lines[-1].replace(".", "x", 1)
    path.write_text("\n".join([*lines, ""]))
    trajectory = read(path, units="metal")
    assert trajectory.count() == 6 and len(list(trajectory.part(3, 5))) == 2
    sentences = []
    for walk in (trajectory, trajectory.part(4), trajectory.part(5)):
        with pytest.raises(InterpotError, match=rf"line {len(lines)} of '.*' \(frame 5, step 50\)") as caught:
            list(walk)
        sentences.append(str(caught.value))
    assert len(set(sentences)) == 1


ROWS = "ITEM: TIMESTEP\n{}\nITEM: NUMBER OF ATOMS\n{}\nITEM: BOX BOUNDS pp pp pp\n0 9\n0 9\n0 9\nITEM: ATOMS {}\n{}\n"


def test_species_are_named_as_in_the_whole(tmp_path: Path) -> None:
    """Types that share an element in the first frame; later ones have but one of them."""
    columns, rows = "type element x y z fx fy fz", ["1 C 0 0 0 1 1 1", "2 C 1 1 1 1 1 1"]
    frames = [
        ROWS.format(k, 2 if k == 0 else 1, columns, "\n".join(rows[: 2 if k == 0 else 1])) for k in range(5)
    ]
    path = tmp_path / "a.lammpstrj"
    path.write_text("".join(frames))
    whole, cut = read(path, units="metal"), read(path, units="metal")
    truth = list(whole)
    assert [frame.species for frame in truth] == [("1", "2"), *[("1",)] * 4]
    assert_same(list(cut.part(2, 4)), truth[2:4])
    assert_same(list(cut.part(1).part(2)), truth[3:])
    assert cut.remarks == whole.remarks
    (tmp_path / "b.lammpstrj.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert [f.species for f in read(tmp_path / "b.lammpstrj.gz", units="metal").part(3)] == [("1",)] * 2


def test_a_change_of_dimension_is_found_by_parts_too(tmp_path: Path) -> None:
    flat, deep = ("1 0 0 0\n2 1 1 0", "1 0 0 0\n2 1 1 1")
    for name, frames in {"a": [flat] * 3, "b": [flat, deep, deep], "c": [deep] * 2}.items():
        text = (ROWS.format(k, 2, "id x y z", rows) for k, rows in enumerate(frames))
        (tmp_path / f"{name}.lammpstrj").write_text("".join(text))
    trajectory = read([tmp_path / f"{name}.lammpstrj" for name in "abc"], units="metal")
    for k, where in (
        (4, "frame 1 .*b.lammpstrj"),
        (5, "frame 2 .*b.lammpstrj"),
        (6, "frame 0 .*c.lammpstrj"),
    ):
        assert [f.dimension for f in trajectory.part(0, 4)] == [2] * 4
        with pytest.raises(InterpotError, match=rf"{where}' is 3-dimensional, but the frames before it 2-"):
            list(trajectory.part(k))
        with pytest.raises(InterpotError, match="but the frames before it 2-"):
            list(pickle.loads(pickle.dumps(trajectory.part(1).part(k - 1))))


def test_a_file_written_anew_meanwhile(make: Callable[..., Path], form: str) -> None:
    path = make(9)
    trajectory = read(path, units="metal")
    assert trajectory.count() == 9 and len(list(trajectory.part(6))) == 3
    path.unlink()
    make(8, seed=3)
    data = path.read_bytes()
    if READERS[form].indexed:
        path.write_bytes(b"\n\n" + data)
    os.utime(path, ns=(0, 0))
    assert_same(list(trajectory.part(6)), list(read(path, units="metal"))[6:])
    path.unlink()
    with pytest.raises(InterpotError, match=r"no such file"):
        trajectory.part(7)


def test_no_frame_and_no_range(make: Callable[..., Path]) -> None:
    trajectory = read(make(3), units="metal")
    for low, high in ((0, 0), (2, 2), (3, 5), (70, 80)):
        part = trajectory.part(low, high)
        assert list(part) == [] and part.count() == 0
    for low, high in ((-1, 2), (3, 2)):
        with pytest.raises(InterpotError, match="expected 0 ≤ start ≤ stop"):
            trajectory.part(low, high)
    with pytest.raises(InterpotError, match="no frame is in the range 5:"):
        list(read(trajectory.sources, units="metal", frames="5:").part(0, 2))


def test_fingerprint(make: Callable[..., Path]) -> None:
    path = make(3)
    trajectory = read(path, units="metal", stride=2, species={"Ne": "N", "Ar": "A", "Xe": "X"})
    state = path.stat()
    assert (
        json.loads(json.dumps(trajectory.fingerprint))
        == trajectory.fingerprint
        == {
            "sources": [{"path": str(path), "size": state.st_size, "mtime_ns": state.st_mtime_ns}],
            "units": "metal",
            "frames": [0, None, 2],
            "species": {"Ne": "N", "Ar": "A", "Xe": "X"},
            "dimension": None,
        }
    )
    before = trajectory.fingerprint
    os.utime(path, ns=(0, 0))
    assert trajectory.fingerprint != before
    path.unlink()
    with pytest.raises(InterpotError, match="cannot read"):
        _ = trajectory.fingerprint


def test_lists_of_paths(make: Callable[..., Path]) -> None:
    path = make(2)
    row = recognise(path)
    for paths in ([path], (str(path),)):
        assert read(paths, units="metal").sources == (path,)
    other = make(3, 4, f"other{row.suffixes[0]}")
    assert read([path, other], units="metal").count() == read(path, [other], units="metal").count() == 5
    with pytest.raises(InterpotError, match="3 was given as a trajectory file: expected the path of a file"):
        read(3)  # type: ignore[arg-type]
    with pytest.raises(InterpotError, match="was given as a trajectory file"):
        read([[path]])  # type: ignore[list-item]
    with pytest.raises(InterpotError, match="no trajectory file was given"):
        read([])
