"""Frames out of files, in internal units: the walk over all files, and over a part of it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Frame, Wall
from interpot.trajectory.bounces import BounceWatch
from interpot.trajectory.checks import check_dimension, check_finite
from interpot.trajectory.dimension import settle_dimension
from interpot.trajectory.hard_wall import ENOUGH
from interpot.trajectory.hits import not_left_out
from interpot.trajectory.index import FrameIndex, frame_index
from interpot.trajectory.motion import RECORDED, Motion
from interpot.trajectory.place import place
from interpot.trajectory.readers import Format
from interpot.trajectory.readers.reader import START, CutShortError, Mark, NamedAtoms, Request
from interpot.trajectory.selection import check_covered
from interpot.trajectory.topology import read_topology
from interpot.trajectory.walls import WallPositions
from interpot.units import UnitStyle

_log = logging.getLogger("interpot")


@dataclass(frozen=True, slots=True)
class _Begin:
    """Where a walk begins, and what is known there of the frames before.

    Attributes
    ----------
    file, passed
        Number of the file, and of the frames in the files before it.
    mark
        The place in that file.
    learnt
        See `Request`.
    dimension
        Of the first frame of the whole that has more than one particle, None if it has not been met.
    """

    file: int = 0
    passed: int = 0
    mark: Mark = START
    learnt: frozenset[str] = frozenset()
    dimension: int | None = None


class FileTrajectory:
    """A `interpot.records.Trajectory` on files, as `read` makes it. It can be pickled, and is small then.

    Attributes
    ----------
    sources, units
        As in the protocol.
    walls
        As they were described; `Frame.surfaces` has their places.
    topology
        The file that says which atoms there are, None where the sources do.
    remarks
        What walking it so far has found worth knowing: one sentence each, also logged as a warning. Its parts
        add theirs, as long as they are in the same process.
    """

    def __init__(
        self,
        sources: tuple[Path, ...],
        units: UnitStyle,
        formats: tuple[Format, ...],
        species: dict[str, str] | None,
        frames: slice,
        dimension: int | None,
        walls: tuple[Wall, ...] = (),
        topology: Path | None = None,
    ) -> None:
        self.sources = sources
        self.units = units
        self.remarks: list[str] = []
        self.walls = walls
        self.topology = topology
        self._atoms: NamedAtoms | None = None
        self._surfaces = WallPositions(walls, units)
        self._formats, self._species, self._frames, self._dimension = formats, species, frames, dimension
        self._begin = _Begin()
        self._whole = frames  # of which `_frames` may be a part
        self._indices: dict[int, FrameIndex] = {}
        self._forget_first_frames()

    def _forget_first_frames(self) -> None:
        self._learnt: dict[int, frozenset[str]] = {}  # from the first chosen frame of each file
        self._first_dimension: int | None = None  # of the first chosen frame of all; 0: it does not tell

    def __getstate__(self) -> dict[str, object]:
        """What another process needs: it finds the indices beside the files, and a part has its place in its."""
        return {**self.__dict__, "_indices": {}, "_atoms": None}

    def named_atoms(self) -> NamedAtoms | None:
        """Return which atoms there are as the topology says, None without one; raises where it cannot be read."""
        if self._atoms is None and self.topology is not None:
            self._atoms = read_topology(self.topology, self.units)
        return self._atoms

    def __repr__(self) -> str:
        names = ", ".join(str(source) for source in self.sources)
        return f"<trajectory in {names} ({self.units.name} units)>"

    def __iter__(self) -> Iterator[Frame]:
        """Walk the chosen frames; see `interpot.records.Trajectory`."""
        whole = [path.resolve() for path in self.sources]
        for source, path in zip(self.sources, whole, strict=True):
            if whole.count(path) > 1:
                self.remark(f"'{source}' is given {whole.count(path)} times: its frames count as often")
        return self._walk()

    def species(self) -> tuple[str, ...]:
        """Names of the species, sorted: those in the first chosen frame of each file, and all that the user gave.

        Raises
        ------
        InterpotError
            No frame has a species that the user named.
        """
        given = set(self._species.values()) if self._species else set()
        found = {name for frame in self._walk(heads=True) for name in present(frame)}
        for frame in self if given - found else ():  # a species may turn up later
            found.update(present(frame))
            if given <= found:
                break
        if lacking := sorted(given - found):
            raise InterpotError(
                f"species '{lacking[0]}' was named, but no frame of {self._names()} has it, only "
                f"{', '.join(sorted(found))}: leave it out of --species"
            )
        return tuple(sorted(found))

    # ------------------------------------------------------------------ parts

    def count(self) -> int:
        """Count the chosen frames, by the index of each file, which is made if there is none yet.

        A frame that is cut short is not counted.

        Raises
        ------
        InterpotError
            What a walk that reads none of the frames would meet.
        """
        stop, passed = self._frames.stop, self._begin.passed
        for number in range(self._begin.file, len(self.sources)):
            if stop is not None and passed >= stop:
                break
            passed += self._index(number, None if stop is None else stop - passed).count
        total = passed if stop is None else min(passed, stop)
        return len(range(self._frames.start, total, self._frames.step))

    def part(self, start: int, stop: int | None = None) -> FileTrajectory:
        """Return the same trajectory limited to its chosen frames number `start` to `stop` - 1, from 0.

        It begins by the index of its first file instead of passing frames by, where that can be done; a
        part from 0 needs none. Frames, messages and remarks are those of the whole. A part may be empty, and
        walking it then yields nothing.

        Raises
        ------
        InterpotError
            A range that is none, or what a walk up to `start` would meet.
        """
        if start < 0 or (stop is not None and stop < start):
            raise InterpotError(f"the part {start}:{stop} is none: expected 0 ≤ start ≤ stop, counted from 0")
        chosen = self._frames
        ends = [chosen.stop, None if stop is None else chosen.start + stop * chosen.step]
        end = min((e for e in ends if e is not None), default=None)
        first = chosen.start + start * chosen.step
        if end is not None:
            first = min(first, end)
        part = copy(self)
        part._frames = slice(first, end, chosen.step)
        part._forget_first_frames()
        if start and first != end:
            part._begin = self._begin_at(first)
        return part

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What is read and how, as JSON can hold it: for provenance, and to find out whether a file has changed.

        "sources" has "path", "size" (bytes) and "mtime_ns" of each file; "units", "frames" (start, stop, step),
        "species", "dimension" and "walls" are what `read` was told; "wall files" are tables that tell where walls are,
        "topology" is the file that tells which atoms there are.

        Raises
        ------
        InterpotError
            A file is gone.
        """
        files = self._surfaces.files(self.sources)
        return {
            "sources": [_state(path) for path in self.sources],
            "units": self.units.name,
            "frames": [self._frames.start, self._frames.stop, self._frames.step],
            "species": None if self._species is None else dict(self._species),
            "dimension": self._dimension,
            **(
                {"walls": [{**asdict(wall), "centre": [*wall.centre]} for wall in self.walls]}
                if self.walls
                else {}
            ),
            **({"wall files": [_state(path) for path in files]} if files else {}),
            **({"topology": _state(self.topology)} if self.topology else {}),
        }

    def _index(self, number: int, frames: int | None) -> FrameIndex:
        known = self._indices.get(number)
        if known is None or not known.reaches(frames):
            request = self._request(number, 0, set())
            known = frame_index(self.sources[number], self._formats[number], request, frames)
            self._indices[number] = known
        return known

    def _begin_at(self, frame: int) -> _Begin:
        """Find the place from which the chosen frame of this number, over all files, is read."""
        passed = self._begin.passed
        for number in range(self._begin.file, len(self.sources)):
            index = self._index(number, frame - passed + 1)
            if passed + index.count > frame and not index.is_of(self.sources[number]):
                del self._indices[number]  # written to since it was scanned
                self._forget_first_frames()
                index = self._index(number, frame - passed + 1)
            if passed + index.count > frame:
                mark = index.mark(frame - passed)
                return _Begin(number, passed, mark, self._learnt_in(number, passed), self._dimension_before())
            passed += index.count
        return _Begin(len(self.sources), passed)

    def _known(self, number: int) -> set[str]:
        """What is known of a file before the walk."""
        return set(self._begin.learnt) if number == self._begin.file else set()

    def _learnt_in(self, number: int, passed: int) -> frozenset[str]:
        """What a reader learns from the first chosen frame of a file."""
        if number not in self._learnt:
            learnt = self._known(number)
            any(frame is not None for frame in self._walk_file(number, passed, learnt))
            self._learnt[number] = frozenset(learnt)
        return self._learnt[number]

    def _dimension_before(self) -> int | None:
        """Dimension with which later frames must agree, None where the first chosen one does not tell."""
        if self._first_dimension is None:
            frame = next(self._walk(heads=True))
            self._first_dimension = frame.dimension if len(frame.positions) > 1 else 0
        return self._begin.dimension or self._first_dimension or None

    # ------------------------------------------------------------------ the walk

    def _walk(self, heads: bool = False) -> Iterator[Frame]:
        """Walk the chosen frames, or only the first of them in each file."""
        begin, stop = self._begin, self._frames.stop
        if stop is not None and stop <= self._frames.start:
            return
        # behind its last frame a part passes one more by, so that it meets a torn one as the whole would
        enough = None if stop is None else stop + (stop != self._whole.stop)
        first, passed, taken, dimension = begin.passed, begin.passed + begin.mark.frame, 0, begin.dimension
        for number in range(begin.file, len(self.sources)):
            for raw in self._walk_file(number, first, self._known(number)):
                passed += 1
                if raw is not None:
                    frame = self._complete(raw)
                    if len(frame.positions) > 1:
                        check_dimension(frame, dimension)
                        dimension = frame.dimension
                    taken += 1
                    yield frame
                    if heads:
                        break
                if enough is not None and passed >= enough:
                    return
            if heads and number < len(self.sources) - 1:  # by the index instead of to the end of the file
                passed = first + self._index(number, None if stop is None else stop - first).count
            if stop is not None and passed >= stop:
                break
            first = passed
        if not taken and self._frames.start == self._whole.start:
            end = "" if self._whole.stop is None else self._whole.stop
            raise InterpotError(
                f"no frame is in the range {self._frames.start}:{end}: there are {passed} in {self._names()}"
            )

    def _walk_file(self, number: int, first: int, learnt: set[str]) -> Iterator[Frame | None]:
        """Frames of one file, whose first has the number `first` overall; a torn last one is remarked."""
        path, reader = self.sources[number], self._formats[number].load()
        try:
            yield from reader.walk(path, self._request(number, first, learnt))
        except CutShortError as cut:
            if not cut.whole:
                raise cut.no_frame() from None
            frames = "1 whole frame" if cut.whole == 1 else f"{cut.whole} whole frames"
            self.remark(
                f"the last frame of '{path}' is cut short ({cut.reason}): the {frames} before it are used"
            )

    def _request(self, number: int, first: int, learnt: set[str]) -> Request:
        """What is asked of the reader of a file, whose first frame has the number `first` overall."""
        begin = self._begin.mark if number == self._begin.file else START
        return Request(
            self.units,
            lambda index: self._is_chosen(first + index),
            self.remark,
            self._species,
            self._dimension,
            begin,
            learnt,
            self._surfaces.told,
            self.named_atoms(),
        )

    def _is_chosen(self, frame: int) -> bool:
        start, stop, step = self._frames.start, self._frames.stop, self._frames.step
        return bool(frame >= start and (stop is None or frame < stop) and (frame - start) % step == 0)

    def watched(self, frames: Iterable[Frame], motion: Motion = RECORDED) -> Iterator[Frame]:
        """Pass on frames of a walk; after the last of them, hard walls that turned particles back are remarked.

        `motion` is that of the pass: the remark says, too, if rows should have been left out.
        """
        watch = BounceWatch(ENOUGH)
        for frame in frames:
            watch.see(frame)
            yield frame
        for wall in watch.bounces().hard_walls:
            self.remark(wall.sentence(self.units))
            if said := not_left_out(wall, motion, self.units):
                self.remark(said)

    def remark(self, sentence: str) -> None:
        """Keep what the user should know, and log it as a warning."""
        if sentence not in self.remarks:  # a second walk meets the same
            self.remarks.append(sentence)
            _log.warning(sentence)

    def _names(self) -> str:
        return ", ".join(f"'{source}'" for source in self.sources)

    def _complete(self, frame: Frame) -> Frame:
        """Check a reader's frame, name its species, settle its dimension."""
        check_finite(frame)
        frame = settle_dimension(self._named(frame), self._dimension)
        return replace(frame, surfaces=self._surfaces(frame, self._frames_of)) if self.walls else frame

    def _frames_of(self, source: str) -> int:
        """Count the frames of one of the files, by its name."""
        return self._index([str(path) for path in self.sources].index(source), None).count

    def _named(self, frame: Frame) -> Frame:
        if self._species is None:
            return frame
        check_covered(frame.species, self._species, place(frame.source, frame.index, frame.step))
        names = [self._species[name] for name in frame.species]
        species = tuple(sorted(set(names)))
        rank = np.array([species.index(name) for name in names], dtype=np.int64)
        return replace(frame, species=species, kinds=rank[frame.kinds] if len(rank) else frame.kinds)


def _state(path: Path) -> dict[str, object]:
    try:
        state = path.stat()
    except OSError as error:
        raise InterpotError(f"cannot read '{path}' ({error.strerror})") from error
    return {"path": str(path), "size": state.st_size, "mtime_ns": state.st_mtime_ns}


def present(frame: Frame) -> set[str]:
    """Names of the species that a frame has particles of."""
    return {frame.species[kind] for kind in np.unique(frame.kinds)}
