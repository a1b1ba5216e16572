"""The bytes of a file, compressed or not, as a window of whole lines."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import cast

import numpy as np
import zstandard

from interpot.errors import InterpotError
from interpot.trajectory.readers.parsing import skip_lines

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"  # how such files begin
_DAMAGED = (zlib.error, gzip.BadGzipFile, zstandard.ZstdError)


@contextmanager
def open_bytes(path: Path) -> Iterator[BufferedIOBase]:
    """Open a file for reading, through gzip or Zstandard where its first bytes say so.

    Raises
    ------
    InterpotError
        The file does not exist or cannot be read.
    """
    with _open(path) as file:
        magic = file.read(4)
        file.seek(0)
        if magic.startswith(_GZIP):
            with gzip.GzipFile(fileobj=file) as unzipped:
                yield cast(BufferedIOBase, unzipped)
        elif magic == _ZSTD:
            # LAMMPS flushes after every snapshot, so that the file may be many Zstandard frames in a row
            with zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as unzipped:
                yield cast(BufferedIOBase, unzipped)
        else:
            yield file


def is_compressed(path: Path) -> bool:
    """Whether the file can only be read from its beginning; raises as `open_bytes`."""
    with _open(path) as file:
        return file.read(4).startswith((_GZIP, _ZSTD))


def _open(path: Path) -> BufferedReader:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise InterpotError(f"no such file: '{path}'") from None
    except OSError as error:
        raise InterpotError(f"cannot read '{path}' ({error.strerror})") from error


class LineStream:
    """A window of whole lines on a file, in constant memory.

    Parameters
    ----------
    file
        Open at its beginning; it has to be seekable where `offset` is not 0.
    path
        For messages.
    size
        Of the window, in bytes; it grows to hold two of the longest lines.
    offset, line
        Where to begin: at the beginning of a line.

    Attributes
    ----------
    data, text
        The same memory, as bytes and as a (size,) uint8 array; both change with `advance`.
    position, end
        ``data[position:end]`` is what is not yet read: whole lines, the last of which ends in a line feed.
    line
        Number of the line at `position`, from 1.
    cut
        Whether the file has turned out to be compressed data that ends too early.
    """

    def __init__(
        self, file: BufferedIOBase, path: Path, size: int = 2**20, offset: int = 0, line: int = 1
    ) -> None:
        self._file, self._path = file, path
        if offset:
            file.seek(offset)
        self._allocate(size)
        self._start = offset  # of the window, in the file
        self._filled = 0  # bytes in the window, of which those behind `end` are a piece of a line
        self.position = self.end = 0
        self.line = line
        self.cut = False

    def _allocate(self, size: int) -> None:
        self.data = bytearray(size)
        self._memory = memoryview(self.data)
        self.text = np.frombuffer(self.data, dtype=np.uint8)

    def advance(self) -> bool:
        """Read on, keeping what is not yet read; returns whether more whole lines have come."""
        rest = bytes(self._memory[self.position : self._filled])
        if 2 * len(rest) > len(self.data):
            self._allocate(2 * len(self.data))
        self._memory[: len(rest)] = rest
        self._start += self.position
        self.position, self.end, self._filled = 0, self.end - self.position, len(rest)
        while self._filled < len(self.data):
            count = self._read()
            if not count:
                return False
            newline = self.data.rfind(b"\n", self._filled, self._filled + count)
            self._filled += count
            if newline >= 0:
                self.end = newline + 1
                return True
        return self.advance()

    def peek(self) -> bytes:
        """Return the first bytes of the file, as many as the window holds; before anything else is read."""
        while self._filled < len(self.data) and (count := self._read()):
            self._filled += count
        return bytes(self._memory[: self._filled])

    def _read(self) -> int:
        try:
            # one piece at a time, so that nothing is lost that precedes a fault
            return self._file.readinto1(self._memory[self._filled :])
        except EOFError:  # a compressed file that ends too early
            self.cut = True
            return 0
        except _DAMAGED as error:
            raise InterpotError(
                f"'{self._path}' is damaged after line {self.line} ({error}): restore it from its source"
            ) from error
        except OSError as error:
            raise InterpotError(f"cannot read '{self._path}' ({error.strerror})") from error

    def readline(self) -> bytes | None:
        """Return the next line without its end, None where no whole line is left."""
        while (newline := self.data.find(b"\n", self.position, self.end)) < 0:
            if not self.advance():
                return None
        line = bytes(self._memory[self.position : newline])
        self.position = newline + 1
        self.line += 1
        return line.rstrip(b"\r")

    def skip(self, count: int, barrier: bytes = b"") -> int:
        """Pass by `count` lines, or those before the file ends or a line begins with `barrier`; returns how many."""
        stop = np.frombuffer(barrier, dtype=np.uint8)
        passed = 0
        while True:
            more, self.position = skip_lines(self.text, self.position, self.end, count - passed, stop)
            self.line += more
            passed += int(more)
            if passed == count or self.position < self.end or not self.advance():
                return passed

    def take(self, count: int) -> bytes:
        """Return the next `count` lines, or those that are left, as they stand in the file."""
        nothing = np.zeros(0, dtype=np.uint8)
        pieces: list[bytes] = []
        passed = 0
        while True:
            begin = self.position
            more, self.position = skip_lines(self.text, begin, self.end, count - passed, nothing)
            pieces.append(bytes(self._memory[begin : self.position]))
            self.line += more
            passed += int(more)
            if passed == count or self.position < self.end or not self.advance():
                return b"".join(pieces)

    def line_at(self, position: int) -> bytes:
        """Return the line that begins at a position within the window."""
        return bytes(self.data[position : self.data.find(b"\n", position, self.end)]).rstrip(b"\r")

    @property
    def offset(self) -> int:
        """Where in the file, decompressed, `position` is."""
        return self._start + self.position

    @property
    def torn(self) -> bool:
        """Whether the file, read to its end, ends within a line or within compressed data."""
        return self.cut or bool(self._memory[self.end : self._filled].tobytes().strip())
