"""Opening files as one trajectory: their formats and units, and which of their frames are meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path

from interpot.errors import InterpotError
from interpot.records import Wall
from interpot.trajectory.file_trajectory import FileTrajectory
from interpot.trajectory.readers import Format, recognise
from interpot.trajectory.selection import frame_slice
from interpot.trajectory.walls import parse_wall
from interpot.units import UnitStyle, unit_style


def read(
    *paths: str | PathLike[str] | Sequence[str | PathLike[str]],
    units: str | None = None,
    species: Mapping[str, str] | None = None,
    stride: int = 1,
    frames: str | slice | tuple[int | None, int | None] | None = None,
    dimension: int | None = None,
    format: str | None = None,
    walls: Sequence[str | Wall] = (),
) -> FileTrajectory:
    """Open trajectory files as one trajectory; nothing but their heads is read before it is walked.

    Parameters
    ----------
    paths
        One or several files, or a list of them, of which each continues the one before. Formats and compression (gzip,
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
    walls
        As `interpot.trajectory.walls.parse_wall` reads them, or described: each frame is given its `surfaces`.

    Returns
    -------
    FileTrajectory
        Can be walked any number of times, in constant memory.

    Raises
    ------
    InterpotError
        No file, no such file, none of the known formats, units missing or contradicting the file's.
    """
    sources = _flat(paths)
    if stride < 1:
        raise InterpotError(f"a stride of {stride} was given: expected 1 or more")
    if dimension not in (None, 2, 3):
        raise InterpotError(f"a dimension of {dimension} was given: expected 2 or 3")
    chosen = frame_slice(frames)
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
        tuple(wall if isinstance(wall, Wall) else parse_wall(wall) for wall in walls),
    )


def _flat(given: Sequence[object]) -> tuple[Path, ...]:
    """Bring paths, and lists of them, into one row."""
    paths: list[Path] = []
    for one in given:
        for path in one if isinstance(one, list | tuple) else (one,):
            if not isinstance(path, str | PathLike):
                raise InterpotError(
                    f"{path!r} was given as a trajectory file: expected the path of a file, or a list of paths"
                )
            paths.append(Path(path))
    if not paths:
        raise InterpotError("no trajectory file was given: name at least one")
    return tuple(paths)


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
