"""vasprun.xml files of VASP, plain or compressed, each step read by ASE: positions, forces, energies and stresses.

Numbers are in eV and Å ("metal"). The energy is the free energy, whose slope the forces are; masses are those of
the file, which VASP used, and times multiples of its POTIM in molecular dynamics (IBRION = 0). A step at a time is cut
out of the file, so that memory does not grow. Source: the VASP wiki, page "vasprun.xml", and ASE's ``ase/io/vasp.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import StringIO
from itertools import count
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from ase.io import read as ase_read
from ase.units import fs

from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame
from interpot.trajectory.place import place
from interpot.trajectory.readers.ase_frames import frame_of, reason
from interpot.trajectory.readers.reader import CutShortError, Request
from interpot.trajectory.readers.stream import LineStream, open_bytes

_BEGIN, _END = b"<calculation>", b"</calculation>"
_NO_KPOINTS = '<kpoints><varray name="kpointlist"/><varray name="weights"/></kpoints>'


@dataclass(frozen=True, slots=True)
class _Head:
    """What precedes the steps: what ASE needs of it as text, the atoms' masses, and the (internal) time of a step."""

    text: str
    masses: FloatArray | None
    timestep: float | None


def stated_units(path: Path) -> str | None:
    """Return None: the format means eV and Å, its convention."""
    return None


def walk(path: Path, request: Request) -> Iterator[Frame | None]:
    """Walk the frames; see `interpot.trajectory.readers.reader.Reader`."""
    with open_bytes(path) as file:
        stream = LineStream(file, path)
        lines = list(_until(stream, _BEGIN))
        if not lines or _BEGIN not in lines[-1]:
            raise InterpotError(
                f"'{path}' holds no step: VASP has not written any '{_BEGIN.decode()}' into it"
            )
        head = _head(b"\n".join(lines[:-1]), path)
        for index in count():
            wanted = request.wanted(index)
            begin, step = stream.line - 1, []
            ended = False
            for line in _until(stream, _END):
                ended = _END in line
                if wanted:
                    step.append(line)
            if not ended:
                raise CutShortError(path, index, f"it begins in line {begin} and has no end")
            yield _frame(head, step, path, index, request) if wanted else None
            if not any(_BEGIN in line for line in _until(stream, _BEGIN)):
                return


def _until(stream: LineStream, word: bytes) -> Iterator[bytes]:
    """Yield lines up to and with that which has a word."""
    while (line := stream.readline()) is not None:
        yield line
        if word in line:
            return


def _head(text: bytes, path: Path) -> _Head:
    try:
        root = ElementTree.fromstring(text + b"\n</modeling>")
    except ElementTree.ParseError as error:
        raise InterpotError(f"the head of '{path}' is no XML ({error}): the file is damaged") from error
    atoms, start = root.find("atominfo"), root.find("structure[@name='initialpos']")
    if atoms is None or start is None:
        raise InterpotError(
            f"'{path}' tells no atoms (atominfo) or no first positions: expected a vasprun.xml of VASP"
        )
    told = {str(i.get("name")): (i.text or "").strip() for i in root.iterfind("parameters//i")}
    pressure = (
        f'<parameters><i name="PSTRESS">{told["PSTRESS"]}</i></parameters>' if "PSTRESS" in told else ""
    )
    parts = [ElementTree.tostring(element, encoding="unicode") for element in (atoms, start)]
    try:
        masses = _masses(atoms)
        timestep = float(told["POTIM"]) * fs if told.get("IBRION") == "0" and "POTIM" in told else None
    except (ValueError, IndexError, AttributeError) as error:
        raise InterpotError(
            f"the masses or the time step in the head of '{path}' are no numbers ({error})"
        ) from error
    return _Head(f"<modeling>{_NO_KPOINTS}{pressure}{''.join(parts)}", masses, timestep)


def _masses(atoms: ElementTree.Element) -> FloatArray | None:
    """POMASS of each atom, amu: kinds of atoms have a row "number, element, mass, valence, potential"."""
    kinds = atoms.findall("array[@name='atomtypes']/set/rc")
    rows = atoms.findall("array[@name='atoms']/set/rc")
    if not kinds or not rows:
        return None
    by_kind = [float(row[2].text or "") for row in kinds]
    masses = np.array([by_kind[int(row[1].text or "") - 1] for row in rows])
    return masses if (masses > 0).all() else None


def _frame(head: _Head, step: list[bytes], path: Path, index: int, request: Request) -> Frame:
    text = b"\n".join(step).decode(errors="replace")
    try:
        atoms = ase_read(StringIO(f"{head.text}<calculation>{text}</modeling>"), index=0, format="vasp-xml")
        atoms.calc.results["energy"] = atoms.calc.results["free_energy"]
    except Exception as error:  # ASE raises whatever its conversions raise
        raise InterpotError(f"{place(path, index)} is no step that ASE reads: {reason(error)}") from error
    if head.masses is not None:
        atoms.set_masses(head.masses)
    frame = frame_of(atoms, path, index, request)
    if head.timestep is None:
        return frame
    return replace(frame, step=index, time=index * head.timestep)
