"""No file is ever half-written, and a folder that cannot be written to is found before the work starts."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from interpot.errors import InterpotError
from interpot.files import atomic, writable_folder


@pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.parametrize("earlier", [None, "the earlier result"])
def test_an_interruption_leaves_things_as_they_were(
    tmp_path: Path, interruption: type[BaseException], earlier: str | None
) -> None:
    path = tmp_path / "result.json"
    if earlier is not None:
        path.write_text(earlier)
    with pytest.raises(interruption), atomic(path) as temporary:
        temporary.write_text("half of a res")
        raise interruption
    assert (path.read_text() if path.exists() else None) == earlier
    assert set(tmp_path.iterdir()) == ({path} if earlier else set())


def test_the_result_appears_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "result.tar.json"
    path.write_text("old")
    with atomic(path) as temporary:
        assert temporary.parent == tmp_path, "on another disk the last step would be a copy"
        assert temporary.suffix == ".json", "matplotlib and others tell the format by the suffix"
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "result"
    with atomic(path) as one, atomic(path) as two:
        assert one != two
        one.write_text("one")
        two.write_text("two")
    assert path.read_text() == "one"  # the outer block ends last


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_are_those_of_any_new_file(tmp_path: Path, mask: int, mode: int) -> None:
    earlier = os.umask(mask)
    try:
        with atomic(tmp_path / "result") as temporary:
            temporary.write_text("")
    finally:
        os.umask(earlier)
    assert stat.S_IMODE((tmp_path / "result").stat().st_mode) == mode


def test_a_writer_may_replace_the_temporary_file(tmp_path: Path) -> None:
    """Some libraries delete what is there and write afresh."""
    with atomic(tmp_path / "result") as temporary:
        temporary.unlink()
        temporary.write_text("whole")
    assert (tmp_path / "result").read_text() == "whole"


@pytest.mark.parametrize("folder", ["missing", "file", "file/below"])
def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / folder / "result.json"
    with pytest.raises(InterpotError, match=r"cannot write '.*result\.json' \(.+\): "), atomic(path):
        pytest.fail("the work started")


def test_a_folder_in_the_way_of_the_result(tmp_path: Path) -> None:
    (tmp_path / "result" / "inner").mkdir(parents=True)
    with pytest.raises(InterpotError, match=r"cannot write '.*result'"), atomic(tmp_path / "result") as part:
        part.write_text("whole")
    assert list(tmp_path.iterdir()) == [tmp_path / "result"]


def test_a_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    folder = writable_folder(tmp_path / "a" / "b" / "c")
    assert folder == tmp_path / "a" / "b" / "c" and folder.is_dir() and not list(folder.iterdir())
    (folder / "kept").write_text("")
    assert list(writable_folder(folder).iterdir()) == [folder / "kept"]


@pytest.mark.parametrize("name", ["file", "file/below", "file/below/deeper", "/proc/interpot"])
def test_a_folder_that_cannot_be_written_to(tmp_path: Path, name: str) -> None:
    """A file in the way, a path below a file, and a place where even root writes nothing."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InterpotError, match=r"cannot write to the output folder '.*' \(.+\): .*--out"):
        writable_folder(tmp_path / name)
    assert (tmp_path / "file").read_text() == "in the way"
