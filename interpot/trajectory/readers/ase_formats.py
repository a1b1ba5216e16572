"""What else ASE reads as a trajectory: CASTEP (.md, .geom), Quantum ESPRESSO (.pwo), XCrySDen (.axsf) and more.

ASE finds out which format it is; numbers are in ASE's units. ASE reads files of some formats as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from ase import Atoms
from ase.io import iread

from interpot.errors import InterpotError
from interpot.records import Frame
from interpot.trajectory.place import place
from interpot.trajectory.readers.ase_frames import frame_of, reason
from interpot.trajectory.readers.reader import Request


def stated_units(path: Path) -> str | None:
    """Return None: ASE converts to its own units, the convention."""
    return None


def walk(path: Path, request: Request) -> Iterator[Frame | None]:
    """Walk the frames; see `interpot.trajectory.readers.reader.Reader`."""
    images: Iterator[Atoms] = iread(path, index=":")
    for index in count():
        try:
            atoms = next(images, None)
        except Exception as error:  # ASE raises whatever its readers raise
            raise InterpotError(f"{place(path, index)} is none that ASE reads: {reason(error)}") from error
        if atoms is None:
            return
        yield frame_of(atoms, path, index, request) if request.wanted(index) else None
