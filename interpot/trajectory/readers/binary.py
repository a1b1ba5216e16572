"""Binary files, read piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from os import SEEK_CUR, SEEK_END
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from interpot.errors import InterpotError
from interpot.records import FloatArray
from interpot.trajectory.readers.reader import CutShortError
from interpot.trajectory.readers.stream import is_compressed


class BinaryFile:
    """A file whose frames follow each other, as numbers of known types.

    Attributes
    ----------
    index
        Number of the frame that is being read, for messages; none before the first has begun.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self.path = file, path
        self.size = file.seek(0, SEEK_END)
        file.seek(0)
        self.index = -1

    @property
    def position(self) -> int:
        """Byte that is read next."""
        return self._file.tell()

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self.position >= self.size

    def numbers(self, dtype: DTypeLike, count: int) -> NDArray[Any]:
        """Read so many numbers; raises `CutShortError` where there are fewer."""
        kind = np.dtype(dtype)
        self.need(count * kind.itemsize)
        return np.frombuffer(self._file.read(count * kind.itemsize), dtype=kind)

    def reals(self, dtype: DTypeLike, count: int) -> FloatArray:
        """Read so many real numbers, whatever they are: of those that are none a frame's check tells."""
        with np.errstate(all="ignore"):
            return self.numbers(dtype, count).astype(np.float64)

    def skip(self, size: int) -> None:
        """Pass bytes by; raises `CutShortError` where there are fewer."""
        self.need(size)
        self._file.seek(size, SEEK_CUR)

    def seek(self, position: int) -> None:
        """Read on from another byte."""
        self._file.seek(position)

    def need(self, size: int) -> None:
        """Raise `CutShortError` unless so many bytes are left."""
        left = self.size - self.position
        if size > left and self.index < 0:
            raise InterpotError(
                f"'{self.path}' ends within its header, after {self.size} bytes: it is cut short"
            )
        if size > left:
            raise CutShortError(self.path, self.index, f"{left} of {size} bytes")


@contextmanager
def open_binary(path: Path) -> Iterator[BinaryFile]:
    """Open a file that is not compressed.

    Raises
    ------
    InterpotError
        It is compressed, or cannot be read.
    """
    if is_compressed(path):
        raise InterpotError(
            f"'{path}' is compressed, and files of this binary format are read as they are: decompress it first"
        )
    try:
        with path.open("rb") as file:
            yield BinaryFile(file, path)
    except OSError as error:
        raise InterpotError(f"cannot read '{path}' ({error.strerror or error})") from error
