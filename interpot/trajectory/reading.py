"""Opening files as one trajectory: their formats and units, and which of their frames are meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path

from interpot.errors import InterpotError
from interpot.records import Wall
from interpot.trajectory.file_trajectory import FileTrajectory
from interpot.trajectory.readers import Format, recognise
from interpot.trajectory.readers.reader import no_topology
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
    topology: str | PathLike[str] | None = None,
) -> FileTrajectory:
    """Open trajectory files as one trajectory; nothing but their heads is read before it is walked.

    Parameters
    ----------
    paths
        One or several files, or a list of them, of which each continues the one before. Formats and compression (gzip,
        Zstandard) are recognised by content.
    units
        Unit style of the files (`interpot.units.STYLES`); needed unless they state it or their format implies it:
        eV and Å ("metal") for extended XYZ and what ASE and VASP write, "gromacs" for XTC and TRR, "amber" for NetCDF.
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
    topology
        A file that says which atoms there are, where the trajectory does not (XTC, TRR, DCD, NetCDF, H5MD without
        species): PDB, GRO, PSF, prmtop, LAMMPS data, extended XYZ and others (`interpot.trajectory.topology`), atoms in
        the same order. Species are its elements, else its types, else its names.

    Returns
    -------
    FileTrajectory
        Can be walked any number of times, in constant memory.

    Raises
    ------
    InterpotError
        No file, no such file, none of the known formats, units missing or contradicting the file's, a topology missing,
        not understood or not needed.
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
    named = _topology(topology, sources, formats)
    trajectory = FileTrajectory(
        sources,
        styles[0],
        formats,
        dict(species) if species else None,
        slice(chosen.start, chosen.stop, chosen.step * stride),
        dimension,
        tuple(wall if isinstance(wall, Wall) else parse_wall(wall) for wall in walls),
        named,
    )
    trajectory.named_atoms()  # what is wrong with it is said at once
    return trajectory


def _topology(
    given: str | PathLike[str] | None, sources: Sequence[Path], formats: Sequence[Format]
) -> Path | None:
    """Check that there is a topology where one is needed, and none where none has a place."""
    for path, row in zip(sources, formats, strict=True):
        if given is None and row.topology == "needed":
            raise no_topology(path)
        if given is not None and not row.topology:
            raise InterpotError(
                f"--topology (topology= in Python) was given, but '{path}' ({row.title}) says itself which atoms it is "
                "of: leave it out"
            )
    return None if given is None else Path(given)


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
