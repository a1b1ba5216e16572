"""What GROMACS itself makes of a table: two atoms, a tabulated bond between them, one frame for each distance.

Tables of bonds are read by every GROMACS and interpolated as those of non-bonded interactions are: V and -V' on the
nodes, a cubic between them. A bond without exclusions (type 9) with force constant 1 is the table.

Source: GROMACS manual, "Tabulated bond interactions functions", and the layout of its TRR files.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from interpot.errors import InterpotError
from interpot.proof.export.xvg import Table
from interpot.records import FloatArray

_AT_ONCE = 200_000  # distances: 50 MB on disk
_BOX = 20.0  # nm: a bond must not see its own image
_TOPOLOGY = """[ defaults ]
1 1 no 1.0 1.0
[ atomtypes ]
X 0 1.0 0.0 A 0.0 0.0
[ moleculetype ]
pair 0
[ atoms ]
1 X 1 P X 1 0.0 1.0
2 X 1 P X 2 0.0 1.0
[ bonds ]
1 2 9 0 1.0
[ system ]
pair
[ molecules ]
pair 1
"""
_PARAMETERS = """integrator = md
continuation = yes
comm-mode = none
cutoff-scheme = verlet
verlet-buffer-tolerance = -1
rlist = 1.0
rvdw = 1.0
rcoulomb = 1.0
nstlist = 1
nstfout = 1
nstenergy = 1
nstcalcenergy = 1
"""
_START = f"""pair
2
    1P        X    1   0.000   0.000   0.000
    1P        X    2   0.100   0.000   0.000
{_BOX} {_BOX} {_BOX}
"""
# Head of a frame in a TRR file (big-endian XDR): a version, the sizes in bytes of what follows, and the frame's number.
_SIZES = ("ir", "e", "box", "vir", "pres", "top", "sym", "x", "v", "f", "natoms", "step", "nre")
_HEAD = [("magic", ">i4"), ("length", ">i4", 2), ("version", "S12"), *((size, ">i4") for size in _SIZES)]
_MAGIC, _VERSION = 1993, b"GMX_trn_file"


def command() -> str | None:
    """Return the path of gmx, in mixed or double precision, or None."""
    return shutil.which("gmx") or shutil.which("gmx_d")


@cache
def version() -> str:
    """Name, version and precision: "GROMACS 2022.5 in mixed precision"."""
    text = _run(Path.cwd(), "--version")
    found = re.search(r"GROMACS version:\s*(\d[\w.]*)", text)
    precision = "double" if re.search(r"Precision:\s*double", text) else "mixed"
    return f"GROMACS {found[1] if found else 'of unknown version'} in {precision} precision"


@dataclass(frozen=True, eq=False)
class Bonds(Table):
    """A table whose values come from GROMACS."""

    _last: dict[bytes, tuple[FloatArray, FloatArray]] = field(default_factory=dict)

    def values(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """V and V' at x; asked once, since energy and slope are wanted one after the other."""
        key = x.tobytes()
        if key not in self._last:
            found = np.zeros((2, len(x)))
            for first in range(0, len(x), _AT_ONCE):
                part = slice(first, first + _AT_ONCE)
                found[:, part] = bond_table(self, x[part])
            self._last.clear()
            self._last[key] = found[0], -found[1]
        return self._last[key]


def bond_table(table: Table, r: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Let GROMACS evaluate a table at distances: energies in kJ/mol and forces that push apart in kJ/mol/nm.

    Raises
    ------
    InterpotError
        GROMACS fails; its own words are in the sentence.
    """
    with tempfile.TemporaryDirectory(prefix="interpot-") as name:
        folder = Path(name)
        for file, text in (("topol.top", _TOPOLOGY), ("grompp.mdp", _PARAMETERS), ("conf.gro", _START)):
            (folder / file).write_text(text, encoding="utf-8")
        columns = np.column_stack([table.r, table.energies, table.forces])
        np.savetxt(folder / "table_b0.xvg", columns, fmt="%.15e")
        _write_distances(folder / "distances.trr", r)
        _run(folder, "grompp", "-maxwarn", "3")
        _run(folder, "mdrun", "-s", "topol.tpr", "-rerun", "distances.trr", "-tableb", "table_b0.xvg",
             "-nt", "1", "-o", "forces.trr", "-e", "ener.edr")  # fmt: skip
        _run(folder, "energy", "-f", "ener.edr", "-o", "energy.xvg", "-dp", "-xvg", "none",
             say="Potential\n\n")  # fmt: skip
        energies = np.loadtxt(folder / "energy.xvg", ndmin=2)[:, 1]
        return energies, _read_forces(folder / "forces.trr", len(r))


def _run(folder: Path, *arguments: str, say: str = "") -> str:
    """Run gmx with some arguments and answers; return what it says."""
    program = command()
    assert program is not None
    done = subprocess.run(
        [program, *arguments], cwd=folder, input=say.encode(), capture_output=True, check=False
    )
    told, said = (stream.decode(errors="replace") for stream in (done.stdout, done.stderr))
    if done.returncode:
        reasons = (said.partition("Fatal error:")[2] or said).splitlines()
        lines = [line.strip() for line in reasons if line.strip()][:4]
        reason = " ".join(lines) or f"exit status {done.returncode}"
        raise InterpotError(f"gmx {arguments[0]} stopped: {reason}")
    return told + said


def _frames(real: str, *vectors: str) -> np.dtype[np.void]:
    """Layout of a frame of two atoms with some of positions, velocities and forces."""
    body = [("time", real, 2), ("cell", real, (3, 3)), *((name, real, (2, 3)) for name in vectors)]
    return np.dtype([*_HEAD, *body])


def _write_distances(path: Path, r: FloatArray) -> None:
    """Write one frame for each distance: an atom at the origin, one on the axis, where no digit is lost."""
    frames = np.zeros(len(r), dtype=_frames(">f8", "positions"))
    frames["magic"], frames["length"], frames["version"] = (
        _MAGIC,
        (len(_VERSION) + 1, len(_VERSION)),
        _VERSION,
    )
    frames["box"], frames["x"], frames["natoms"] = 9 * 8, 6 * 8, 2
    frames["step"], frames["time"][:, 0] = np.arange(len(r)), np.arange(len(r))
    frames["cell"] = _BOX * np.eye(3)
    frames["positions"][:, 1, 0] = r
    frames.tofile(path)


def _read_forces(path: Path, count: int) -> FloatArray:
    """Read the force on the second atom along the axis, frame by frame."""
    head = np.fromfile(path, dtype=np.dtype(_HEAD), count=1)[0]
    real = ">f8" if head["box"] == 9 * 8 else ">f4"
    vectors = [name for name in ("x", "v", "f") if head[name]]
    frames = np.fromfile(path, dtype=_frames(real, *(f"{name}_values" for name in vectors)))
    if len(frames) != count or "f" not in vectors:
        raise InterpotError(f"gmx mdrun wrote forces of {len(frames)} frames, expected {count}")
    return frames["f_values"][:, 1, 0].astype(np.float64)
