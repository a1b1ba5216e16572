"""ASE's own trajectories (.traj), each frame read by ASE, at any place in the file.

Numbers are in eV, Å, amu and ASE's unit of time, the internal units; for another style than "metal" as those of
extended XYZ. Such a file tells no times. Source: ASE's page "ULM files", for where the frames are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ase.io.trajectory import TrajectoryReader

from interpot.errors import InterpotError
from interpot.records import Frame, IntArray
from interpot.trajectory.place import place
from interpot.trajectory.readers.ase_frames import frame_of, reason
from interpot.trajectory.readers.binary import BinaryFile, open_binary
from interpot.trajectory.readers.reader import Request

_TITLE = 24  # bytes: "- of Ulm" and what it is


def stated_units(path: Path) -> str | None:
    """Return None: the format means ASE's units, its convention."""
    return None


def walk(path: Path, request: Request) -> Iterator[Frame | None]:
    """Walk the frames; see `interpot.trajectory.readers.reader.Reader`."""
    with open_binary(path) as file:
        places = _places(file)
        if not len(places):
            return
        _check_whole(file, 0, int(places[0]))  # holds what is the same for all
        with _opened(path) as reader:
            for index, begin in enumerate(places.tolist()):
                _check_whole(file, index, begin)
                yield _frame(reader, path, index, request) if request.wanted(index) else None


def _places(file: BinaryFile) -> IntArray:
    """Where the descriptions of the frames are, which end them."""
    file.skip(_TITLE)
    _, frames, table = (int(k) for k in file.numbers("<i8", 3))
    if frames < 0 or not 0 <= table <= file.size - 8 * frames:
        raise InterpotError(
            f"the table of the {frames} frames of '{file.path}' is not where it should be: the file is damaged or cut "
            "short before it"
        )
    file.seek(table)
    return file.numbers("<i8", frames)


def _check_whole(file: BinaryFile, index: int, begin: int) -> None:
    """Raise `CutShortError` where the file ends before a frame does."""
    file.index = index
    file.seek(min(max(begin, 0), file.size))
    size = int(file.numbers("<i8", 1)[0])
    if begin < 0 or size < 0:
        raise InterpotError(f"{place(file.path, index)} is not where it should be: the file is damaged")
    file.need(size)


@contextmanager
def _opened(path: Path) -> Iterator[TrajectoryReader]:
    with path.open("rb") as file:
        try:
            reader = TrajectoryReader(file)  # not of the path, which ASE would leave open where it fails
        except Exception as error:  # ASE raises whatever decoding raises
            raise InterpotError(f"'{path}' is no trajectory that ASE reads: {reason(error)}") from error
        yield reader


def _frame(reader: TrajectoryReader, path: Path, index: int, request: Request) -> Frame:
    try:
        atoms = reader[index]
    except Exception as error:
        raise InterpotError(f"{place(path, index)} is none that ASE reads: {reason(error)}") from error
    return frame_of(atoms, path, index, request)
