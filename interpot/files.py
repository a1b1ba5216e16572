"""Writing files so that none is ever half-written, and finding out early that one cannot be."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from interpot.errors import InterpotError


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its place when the block ends without an exception.

    On an exception, Ctrl-C included, the temporary file is removed and an earlier `path` stays as it was.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)  # mkstemp makes private files
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


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
