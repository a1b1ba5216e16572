"""Writing files so that none is ever half-written, and finding out early that one cannot be."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from interpot.errors import InterpotError

UNFINISHED = "-unfinished"
"""In the names of temporary files, so that none is taken for a person's own."""


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its place when the block ends without an exception.

    On an exception, Ctrl-C included, the temporary file is removed and an earlier `path` stays as it was.

    Raises
    ------
    InterpotError
        No file can be made there, or a folder is in the way.
    """
    temporary = path.with_name(f".{path.stem}-{token_hex(4)}{UNFINISHED}{path.suffix}")
    with _explained(path):
        temporary.touch(exist_ok=False)  # with the permissions of any new file, unlike tempfile's
    try:
        yield temporary
        with _explained(path):
            with temporary.open("rb") as written:
                os.fsync(written.fileno())  # or a power cut could leave an empty file in place of the old one
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InterpotError(f"cannot write '{path}' ({error.strerror}): choose another place") from error


def writable_folder(path: Path) -> Path:
    """Make a folder, parents included, and check that files can be written there, before the work starts.

    Raises
    ------
    InterpotError
        A file is in the way, or the folder cannot be made or written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise InterpotError(
            f"cannot write to the output folder '{path}' ({error.strerror}): choose another with --out"
        ) from error
    return path


def writable_file(path: str | Path) -> Path:
    """Make the folder of a file and check that it can be written there, before the work starts.

    Raises
    ------
    InterpotError
        The path is a folder, or its folder cannot be made or written to.
    """
    file = Path(path)
    if file.is_dir():
        raise InterpotError(f"'{file}' is a folder: name a file in it with --out")
    writable_folder(file.parent)
    return file


@contextmanager
def results_folder(path: str | Path) -> Iterator[Path]:
    """Make a folder for results before the work starts; without results it is taken away again.

    Raises
    ------
    InterpotError
        It cannot be made or written to.
    """
    folder = Path(path)
    new = [part for part in (folder, *folder.parents) if not part.exists()]
    writable_folder(folder)
    try:
        yield folder
    finally:
        with suppress(OSError):  # the first that is not empty stays, and all above it
            for part in new:
                part.rmdir()
