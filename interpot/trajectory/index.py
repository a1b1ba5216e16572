"""Where the frames of a file begin: found in one scan and kept beside the file.

The scan counts lines instead of reading numbers. What it finds is kept in a hidden file,
``.run.lammpstrj.index.npz`` beside ``run.lammpstrj``, for as long as the size and the time of change of the
trajectory stay the same; of a file that has grown since, only what is new is scanned. A folder that cannot be
written to costs a scan per process, nothing else. An index that does not fit its file in every respect is made anew.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from interpot.errors import InterpotError
from interpot.files import atomic
from interpot.records import IntArray
from interpot.trajectory.readers import Format
from interpot.trajectory.readers.reader import START, CutShortError, Indexed, Mark, Request
from interpot.trajectory.readers.stream import is_compressed

_VERSION = 1
_PIECE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class FrameIndex:
    """The frames of one file, as far as they have been counted.

    Attributes
    ----------
    count
        Number of whole frames that were found.
    complete
        Whether there are no others.
    size, mtime_ns
        Of the file when it was scanned: bytes, nanoseconds.
    offsets, lines : (count + 1,) int64, or (0,)
        Byte and line (from 1) at which each frame begins, and at which the last one ends; empty where the
        file can only be read from its beginning.
    """

    count: int
    complete: bool
    size: int
    mtime_ns: int
    offsets: IntArray
    lines: IntArray

    def reaches(self, frames: int | None) -> bool:
        """Whether it tells of so many frames, or of all that there are."""
        return self.complete or (frames is not None and self.count >= frames)

    def mark(self, frame: int) -> Mark:
        """Return the place nearest before a frame from which reading can begin."""
        if not len(self.offsets):
            return START
        return Mark(frame, int(self.offsets[frame]), int(self.lines[frame]))

    def is_of(self, path: Path) -> bool:
        """Whether the file is still as it was scanned."""
        try:
            state = path.stat()
        except OSError:
            return False
        return (self.size, self.mtime_ns) == (state.st_size, state.st_mtime_ns)


def frame_index(path: Path, row: Format, request: Request, frames: int | None = None) -> FrameIndex:
    """Return the index of a file, from beside it or by a scan.

    Parameters
    ----------
    path, row
        The file and its format.
    request
        How the file is to be read; its choice of frames plays no part.
    frames
        How many frames suffice; None: all.

    Raises
    ------
    InterpotError
        The file is garbled, or holds no whole frame.
    """
    seekable = not is_compressed(path) and row.indexed  # in this order: the file may be gone
    known = _load(path, row, seekable) if row.indexed else None
    if known is not None and known.reaches(frames):
        return known
    found = _scan(path, row, request, known if seekable else None, frames)
    if not seekable:
        found = replace(found, offsets=found.offsets[:0], lines=found.lines[:0])
    if row.indexed:
        with suppress(InterpotError, OSError):  # where it cannot be kept, it is made again when needed
            _keep(found, path, row)
    return found


def index_path(path: Path) -> Path:
    """Return where the index of a file is kept."""
    return path.with_name(f".{path.name}.index.npz")


def _scan(
    path: Path, row: Format, request: Request, known: FrameIndex | None, frames: int | None
) -> FrameIndex:
    """Scan a file, or what follows the frames that are known."""
    state = (
        path.stat()
    )  # before the scan: what is written meanwhile makes the index one of a file that has grown
    offsets, lines, count = array("q", [0]), array("q", [1]), 0
    if known is not None:
        offsets, lines = array("q", known.offsets.tobytes()), array("q", known.lines.tobytes())
        count = known.count
    first = count
    marks = _ends(row, path, replace(request, begin=Mark(first, offsets[-1], lines[-1])))
    try:
        for mark in islice(marks, None if frames is None else frames - first):
            count = mark.frame
            offsets.append(mark.offset)
            lines.append(mark.line)
        complete = frames is None or count < frames
    except CutShortError as cut:
        if not cut.whole:
            raise cut.no_frame() from None
        complete = True
    arrays = (np.array(values, dtype=np.int64) for values in (offsets, lines))
    return FrameIndex(count, complete, state.st_size, state.st_mtime_ns, *arrays)


def _ends(row: Format, path: Path, request: Request) -> Iterator[Mark]:
    """Find where the frames end by the reader's own scan, else by a walk that reads none of them."""
    silent = replace(request, wanted=lambda _: False, remark=lambda _: None, learnt=set())
    reader = row.load()
    if row.indexed:
        return cast(Indexed, reader).ends(path, silent)
    return (Mark(k) for k, _ in enumerate(reader.walk(path, silent), 1))


# ---------------------------------------------------------------------------- beside the file


def _identity(path: Path, row: Format, index: FrameIndex) -> bytes:
    """Digest of the format, and of the file's first bytes and those before the end of what was scanned."""
    end = int(index.offsets[-1]) if len(index.offsets) else index.size
    digest = blake2b(f"{_VERSION} {row.module}".encode(), digest_size=16)
    with path.open("rb") as file:
        digest.update(file.read(min(end, _PIECE)))
        file.seek(max(end - _PIECE, 0))
        digest.update(file.read(min(end, _PIECE)))
    return digest.digest()


def _keep(index: FrameIndex, path: Path, row: Format) -> None:
    numbers = np.array([index.count, index.complete, index.size, index.mtime_ns], dtype=np.int64)
    identity = np.frombuffer(_identity(path, row, index), dtype=np.uint8)
    if index.is_of(path):  # else it has been written to meanwhile, perhaps anew
        with atomic(index_path(path)) as temporary, temporary.open("wb") as file:
            np.savez(file, numbers=numbers, offsets=index.offsets, lines=index.lines, identity=identity)


def _load(path: Path, row: Format, seekable: bool) -> FrameIndex | None:
    """Return the index that is kept if it fits the file; not complete where the file has grown since."""
    try:
        with index_path(path).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            count, complete, size, mtime_ns = (int(k) for k in arrays["numbers"])
            offsets, lines, identity = (arrays[name] for name in ("offsets", "lines", "identity"))
    except Exception:  # there is none, or it is damaged, where NumPy raises whatever comes: it is made anew
        return None
    index = FrameIndex(count, bool(complete), size, mtime_ns, offsets, lines)
    places = count + 1 if seekable else 0
    if not (_rises(offsets, 0, places) and _rises(lines, 1, places)):
        return None
    if identity.tobytes() != _identity(path, row, index):
        return None
    if index.is_of(path):
        return index
    grown = seekable and path.stat().st_size > size
    return replace(index, complete=False) if grown else None


def _rises(places: NDArray[Any], first: int, number: int) -> bool:
    """Whether an array is such as a scan leaves behind."""
    if places.dtype != np.int64 or places.shape != (number,):
        return False
    return number == 0 or (places[0] == first and bool(np.all(np.diff(places) > 0)))
