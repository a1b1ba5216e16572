"""Files into one lazy trajectory: units, naming of species, choice of frames, dimension, and checks."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Frame
from interpot.trajectory.dimension import settle_dimension
from interpot.trajectory.readers import Format, recognise
from interpot.trajectory.readers.reader import CutShortError, Request, place
from interpot.trajectory.selection import check_covered, frame_slice
from interpot.units import UnitStyle, unit_style

_log = logging.getLogger("interpot")


def read(
    *paths: str | PathLike[str],
    units: str | None = None,
    species: Mapping[str, str] | None = None,
    stride: int = 1,
    frames: str | slice | tuple[int | None, int | None] | None = None,
    dimension: int | None = None,
    format: str | None = None,
) -> FileTrajectory:
    """Open trajectory files as one trajectory; nothing but their heads is read before it is walked.

    Parameters
    ----------
    paths
        One or several files, of which each continues the one before. Formats and compression (gzip,
        Zstandard) are recognised by content.
    units
        Unit style of the files (`interpot.units.STYLES`); needed unless they state it. Extended XYZ is in eV
        and Å ("metal") unless told otherwise.
    species
        The files' names (elements or type numbers) → the names to be used.
    stride
        Of the chosen frames take every n-th, from the first.
    frames
        Range of frame numbers, counted from 0 over all files: "A:B", (A, B) or a slice; B is not included.
    dimension
        2 or 3. None decides per frame: two-dimensional are more than one particle without z, or with equal z
        and no z component in any force or velocity.
    format
        A row of `interpot.trajectory.readers.READERS`, where the content does not tell.

    Returns
    -------
    FileTrajectory
        Can be walked any number of times, in constant memory.

    Raises
    ------
    InterpotError
        No file, no such file, none of the known formats, units missing or contradicting the file's.
    """
    if not paths:
        raise InterpotError("no trajectory file was given: name at least one")
    if stride < 1:
        raise InterpotError(f"a stride of {stride} was given: expected 1 or more")
    if dimension not in (None, 2, 3):
        raise InterpotError(f"a dimension of {dimension} was given: expected 2 or 3")
    chosen = frame_slice(frames)
    sources = tuple(Path(path) for path in paths)
    formats = tuple(recognise(path, format) for path in sources)
    styles = [_style(path, row, units) for path, row in zip(sources, formats, strict=True)]
    for path, style in zip(sources, styles, strict=True):
        if style != styles[0]:
            raise InterpotError(
                f"'{path}' is in units '{style.name}', but '{sources[0]}' in '{styles[0].name}': "
                "read them apart"
            )
    return FileTrajectory(
        sources,
        styles[0],
        formats,
        dict(species) if species else None,
        slice(chosen.start, chosen.stop, chosen.step * stride),
        dimension,
    )


def known_units(path: str | PathLike[str]) -> str | None:
    """Name the unit style that a file states or that its format implies, None where the user has to tell."""
    row = recognise(Path(path))
    return row.load().stated_units(Path(path)) or row.convention


def _style(path: Path, row: Format, given: str | None) -> UnitStyle:
    """Return the unit style of one file: as stated, else as given, else the format's convention."""
    stated = row.load().stated_units(path)
    if stated is not None and given is not None and stated != given:
        raise InterpotError(f"'{path}' states that it is in units '{stated}', but '{given}' was given")
    name = stated or given or row.convention
    if name is None:
        raise InterpotError(
            f"'{path}' does not state its units: give --units (units= in Python) with a LAMMPS style such as "
            "metal, real or lj"
        )
    return unit_style(name)


class FileTrajectory:
    """A `interpot.records.Trajectory` on files, as `read` makes it.

    Attributes
    ----------
    sources, units
        As in the protocol.
    remarks
        What walking it so far has found worth knowing: one sentence each, also logged as a warning.
    """

    def __init__(
        self,
        sources: tuple[Path, ...],
        units: UnitStyle,
        formats: tuple[Format, ...],
        species: dict[str, str] | None,
        frames: slice,
        dimension: int | None,
    ) -> None:
        self.sources = sources
        self.units = units
        self.remarks: list[str] = []
        self._formats, self._species, self._frames, self._dimension = formats, species, frames, dimension

    def __repr__(self) -> str:
        names = ", ".join(str(source) for source in self.sources)
        return f"<trajectory in {names} ({self.units.name} units)>"

    def __iter__(self) -> Iterator[Frame]:
        """Walk the chosen frames; see `interpot.records.Trajectory`."""
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

    def _walk(self, heads: bool = False) -> Iterator[Frame]:
        """Walk the chosen frames, or only the first of them in each file."""
        passed = taken = 0
        dimension = None
        for left, (path, row) in enumerate(
            zip(self.sources, self._formats, strict=True), 1 - len(self.sources)
        ):
            first = passed
            for raw in self._walk_file(path, row, first, heads):
                passed += 1
                if raw is not None:
                    frame = self._complete(raw)
                    if len(frame.positions) > 1:
                        dimension = self._same_dimension(frame, dimension)
                    taken += 1
                    yield frame
                    if heads and left == 0:
                        return
                if self._frames.stop is not None and passed >= self._frames.stop:
                    return
        if not taken:
            stop = "" if self._frames.stop is None else self._frames.stop
            raise InterpotError(
                f"no frame is in the range {self._frames.start}:{stop}: there are {passed} in {self._names()}"
            )

    def _walk_file(self, path: Path, row: Format, first: int, head: bool) -> Iterator[Frame | None]:
        """Frames of one file, whose first has the number `first` overall; a torn last one is remarked.

        With `head`, only the first chosen one is read.
        """
        chosen = self._frames
        enough = False

        def wanted(index: int) -> bool:
            beyond: int = first + index - chosen.start
            return not enough and beyond >= 0 and beyond % chosen.step == 0

        request = Request(self.units, wanted, self._remark, self._species, self._dimension)
        try:
            for frame in row.load().walk(path, request):
                enough = head and (enough or frame is not None)
                yield frame
        except CutShortError as cut:
            if not cut.whole:
                raise InterpotError(
                    f"'{path}' holds no whole frame: it ends within the first ({cut.reason})"
                ) from None
            frames = "1 whole frame" if cut.whole == 1 else f"{cut.whole} whole frames"
            self._remark(
                f"the last frame of '{path}' is cut short ({cut.reason}): the {frames} before it are used"
            )

    def _remark(self, sentence: str) -> None:
        if sentence not in self.remarks:  # a second walk meets the same
            self.remarks.append(sentence)
            _log.warning(sentence)

    def _names(self) -> str:
        return ", ".join(f"'{source}'" for source in self.sources)

    def _complete(self, frame: Frame) -> Frame:
        """Check a reader's frame, name its species, settle its dimension."""
        _check_finite(frame)
        return settle_dimension(self._named(frame), self._dimension)

    def _named(self, frame: Frame) -> Frame:
        if self._species is None:
            return frame
        check_covered(frame.species, self._species, place(frame.source, frame.index, frame.step))
        names = [self._species[name] for name in frame.species]
        species = tuple(sorted(set(names)))
        rank = np.array([species.index(name) for name in names], dtype=np.int64)
        return replace(frame, species=species, kinds=rank[frame.kinds] if len(rank) else frame.kinds)

    @staticmethod
    def _same_dimension(frame: Frame, before: int | None) -> int:
        if before is not None and frame.dimension != before:
            raise InterpotError(
                f"{place(frame.source, frame.index, frame.step)} is {frame.dimension}-dimensional, but the "
                f"frames before it {before}-dimensional: say which it is (dimension=2 or dimension=3)"
            )
        return frame.dimension


def present(frame: Frame) -> set[str]:
    """Names of the species that a frame has particles of."""
    return {frame.species[kind] for kind in np.unique(frame.kinds)}


def _check_finite(frame: Frame) -> None:
    for values, columns in (
        (frame.positions, ("x", "y", "z")),
        (frame.unwrapped, ("unwrapped x", "unwrapped y", "unwrapped z")),
        (frame.forces, ("fx", "fy", "fz")),
        (frame.velocities, ("vx", "vy", "vz")),
        (frame.masses, ("mass",)),
    ):
        if values is None or np.isfinite(values).all():
            continue
        atom, axis = (int(k) for k in np.argwhere(~np.isfinite(values.reshape(len(values), -1)))[0])
        name = f"the {atom + 1}. atom" if frame.ids is None else f"atom {frame.ids[atom]}"
        raise InterpotError(
            f"{columns[axis]} of {name} is {values[atom].flat[axis]} in "
            f"{place(frame.source, frame.index, frame.step)}: expected a finite number; leave that frame out "
            "(--frames) or write the file anew"
        )
