"""One module per file format, and the table of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

from interpot.errors import InterpotError
from interpot.trajectory.readers.reader import Reader
from interpot.trajectory.readers.stream import LineStream, open_bytes


@dataclass(frozen=True, slots=True)
class Format:
    """One row of `READERS`.

    Attributes
    ----------
    title
        The name for people.
    suffixes
        Of usual file names, those of compression left away.
    opening
        What the first bytes of such a file match.
    module
        The `Reader`.
    convention
        Unit style of files that do not state theirs, where the format has such a convention.
    indexed
        Whether the module is `Indexed` too. Other formats are walked without reading to count their frames,
        as is right where that costs next to nothing.
    """

    title: str
    suffixes: tuple[str, ...]
    opening: re.Pattern[bytes]
    module: str
    convention: str | None = None
    indexed: bool = False

    def load(self) -> Reader:
        """Import the reader."""
        return cast(Reader, import_module(self.module))


READERS: dict[str, Format] = {
    "lammps-dump": Format(
        "LAMMPS text dump",
        (".lammpstrj", ".dump"),
        re.compile(rb"\s*ITEM: "),
        "interpot.trajectory.readers.lammps_dump",
        indexed=True,
    ),
    "extxyz": Format(
        "extended XYZ",
        (".extxyz", ".xyz"),
        re.compile(rb"\s*\d+[ \t]*\r?\n"),
        "interpot.trajectory.readers.extxyz",
        convention="metal",  # ASE's eV and Å; its velocities the reader converts
        indexed=True,
    ),
    "npz": Format(
        "NumPy archive",
        (".npz",),
        re.compile(rb"PK\x03\x04"),
        "interpot.trajectory.readers.npz",
    ),
}
"""The table of formats; the order is that in which a file is tried."""

_COMPRESSED = (".gz", ".zst")


def recognise(path: Path, name: str | None = None) -> Format:
    """Find a file's format: the one named, else by its first bytes, else by its suffix.

    Raises
    ------
    InterpotError
        No such file or format; an empty file; no format fits.
    """
    if name is not None and name not in READERS:
        raise InterpotError(f"unknown format '{name}': expected one of {', '.join(READERS)}")
    with open_bytes(path) as file:
        opening = LineStream(file, path, size=256).peek()
    if not opening.strip():
        raise InterpotError(f"'{path}' is empty: expected a trajectory ({_formats()})")
    if name is not None:
        return READERS[name]
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in _COMPRESSED]
    by_suffix = (f for f in READERS.values() if suffixes and suffixes[-1] in f.suffixes)
    for format_ in (*(f for f in READERS.values() if f.opening.match(opening)), *by_suffix):
        return format_
    raise InterpotError(f"'{path}' is in no format that is known here: expected one of {_formats()}")


def _formats() -> str:
    return ", ".join(f"{f.title} ({' '.join(f.suffixes)})" for f in READERS.values())
