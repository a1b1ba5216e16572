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
    topology
        Whether another file has to say which atoms there are: "needed", "possible" (where a file lacks them) or "".
    """

    title: str
    suffixes: tuple[str, ...]
    opening: re.Pattern[bytes]
    module: str
    convention: str | None = None
    indexed: bool = False
    topology: str = ""

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
    "xtc": Format(
        "GROMACS XTC",
        (".xtc",),
        re.compile(rb"\x00\x00\x07[\xcb\xe7]"),  # 1995 or, for very many atoms, 2023
        "interpot.trajectory.readers.gromacs_xtc",
        convention="gromacs",
        topology="needed",
    ),
    "trr": Format(
        "GROMACS TRR",
        (".trr",),
        re.compile(rb"\x00\x00\x07\xc9"),  # 1993
        "interpot.trajectory.readers.gromacs_trr",
        convention="gromacs",
        topology="needed",
    ),
    "dcd": Format(
        "DCD",
        (".dcd",),
        re.compile(rb".{4}CORD", re.DOTALL),
        "interpot.trajectory.readers.dcd",
        topology="needed",
    ),
    "netcdf": Format(
        "AMBER NetCDF",
        (".nc", ".ncdf"),
        re.compile(rb"CDF[\x01\x02\x05]"),
        "interpot.trajectory.readers.amber_netcdf",
        convention="amber",
        topology="needed",
    ),
    "h5md": Format(
        "H5MD",
        (".h5md", ".h5"),
        re.compile(rb"\x89HDF\r\n\x1a\n"),
        "interpot.trajectory.readers.h5md",
        topology="possible",
    ),
    "ase-traj": Format(
        "ASE trajectory",
        (".traj",),
        re.compile(rb"- of UlmASE-Trajectory"),
        "interpot.trajectory.readers.ase_trajectory",
        convention="metal",
    ),
    "xdatcar": Format(
        "VASP XDATCAR",
        (".xdatcar",),
        re.compile(rb"[^\n]*\n[^\n]*\n(?:[ \t]*[-+.\d][^\n]*\n){3}[^\n]*\n[\d \t\r]+\nDirect configuration="),
        "interpot.trajectory.readers.vasp_xdatcar",
        convention="metal",
    ),
    "vasprun": Format(
        "VASP vasprun.xml",
        (".xml",),
        re.compile(rb"\s*<\?xml[^>]*>\s*<modeling>"),
        "interpot.trajectory.readers.vasp_xml",
        convention="metal",
    ),
    "ase": Format(
        "a further format of ASE",
        (".md", ".geom", ".pwo", ".xsf", ".axsf"),
        re.compile(rb"(?!)"),  # by its name only
        "interpot.trajectory.readers.ase_formats",
        convention="metal",
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
        opening = LineStream(file, path, size=1024).peek()
    if not opening.strip():
        raise InterpotError(f"'{path}' is empty: expected a trajectory ({_formats()})")
    if name is not None:
        return READERS[name]
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in _COMPRESSED]
    by_suffix = (f for f in READERS.values() if suffixes and suffixes[-1] in f.suffixes)
    for format_ in (*(f for f in READERS.values() if f.opening.match(opening)), *by_suffix):
        return format_
    if _is_table(opening):
        raise InterpotError(
            f"'{path}' is a table, no trajectory: energies over the distance of a pair are read with --curve {path} "
            "(interpot.read_curves in Python)"
        )
    raise InterpotError(f"'{path}' is in no format that is known here: expected one of {_formats()}")


def _is_table(opening: bytes) -> bool:
    """Whether these lines, of which the last may be torn, are columns of numbers below a header."""
    lines = [line for line in opening.splitlines() if line.strip() and not line.startswith(b"#")]
    rows = [re.split(rb"\s*[,;]\s*|\s+", line.strip()) for line in lines[1:-1] or lines[1:]]
    return (
        bool(rows)
        and len({len(row) for row in rows}) == 1
        and all(sum(map(_is_real, row)) > 1 for row in rows)
    )


def _is_real(word: bytes) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _formats() -> str:
    return ", ".join(f"{f.title} ({' '.join(f.suffixes)})" for f in READERS.values())
