"""Which atoms a trajectory is of, where its format names none: from a file beside it.

Any topology that MDAnalysis reads (PDB, GRO, PSF, prmtop, TPR, LAMMPS data ...) or, by the readers of this package, the
first frame of an extended XYZ, LAMMPS dump or NumPy archive. The species are the elements if the file has one for each
atom, else the types (of the force field, or a LAMMPS data file's numbers), else the names. The order of the atoms has
to be that of the trajectory; those of a LAMMPS data file are sorted by their ids, as in LAMMPS's ``dump dcd`` and
``dump xtc``. Source: the user guide of MDAnalysis, "Topology system".
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from interpot.errors import InterpotError, NotInstalledError
from interpot.records import Frame
from interpot.trajectory.place import printable
from interpot.trajectory.readers import READERS, recognise
from interpot.trajectory.readers.reader import NamedAtoms, Request
from interpot.trajectory.readers.stream import open_bytes
from interpot.units import UnitStyle

_OWN = ("lammps-dump", "extxyz", "npz")
_NOT_OURS = (".gro", ".g96", ".pdb", ".ent", ".mol2", ".crd")  # may begin as an XYZ file does

_STYLES = {
    "atomic": "id type x y z",
    "charge": "id type charge x y z",
    "molecular": "id resid type x y z",
    "bond": "id resid type x y z",
    "angle": "id resid type x y z",
    "full": "id resid type charge x y z",
}
"""Columns of LAMMPS's atom styles, as MDAnalysis has to be told them."""


def read_topology(path: Path, units: UnitStyle) -> NamedAtoms:
    """Read which atoms there are.

    Parameters
    ----------
    path
        The topology.
    units
        Of the trajectory; masses of a LAMMPS data file are in this style. In the style "lj" no other file tells masses.

    Raises
    ------
    InterpotError
        No such file, none that is understood, or (`NotInstalledError`) MDAnalysis is missing.
    """
    with open_bytes(path) as file:
        head = file.read(2**14)
    if path.suffix.lower() not in _NOT_OURS:
        for name in _OWN:
            row = READERS[name]
            if row.opening.match(head) or path.suffix.lower() in row.suffixes:
                return _first_frame(path, units)
    is_data = re.search(rb"(?m)^\s*\d+\s+atom types\b", head) is not None
    universe = _universe(path, is_data)
    species, kinds = np.unique(_names(universe, path), return_inverse=True)
    masses = None
    if hasattr(universe.atoms, "masses") and (is_data or units.name != "lj"):
        masses = np.array(universe.atoms.masses, dtype=np.float64) * (units.mass if is_data else 1.0)
        if not (np.isfinite(masses).all() and (masses > 0).all()):
            masses = None
    return NamedAtoms(str(path), tuple(str(name) for name in species), kinds.astype(np.int64), masses)


def _first_frame(path: Path, units: UnitStyle) -> NamedAtoms:
    """Return the atoms of the first frame of a trajectory."""
    request = Request(units, lambda index: index == 0, lambda _: None)
    for frame in recognise(path).load().walk(path, request):
        assert isinstance(frame, Frame)
        return NamedAtoms(str(path), frame.species, frame.kinds, frame.masses)
    raise InterpotError(f"the topology '{path}' holds no frame: name a file with one")


def _universe(path: Path, is_data: bool) -> Any:
    """Let MDAnalysis read a file."""
    try:
        import MDAnalysis
    except ImportError as error:
        raise NotInstalledError(
            f"the topology '{path}' needs the package 'MDAnalysis': pip install 'interpot[MDAnalysis]', or give an "
            "extended XYZ file instead"
        ) from error
    options = {"topology_format": "DATA", "format": "DATA", **_atom_style(path)} if is_data else {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what a topology lacks that is not asked for here
            return MDAnalysis.Universe(str(path), to_guess=(), **options)
    except Exception as error:  # MDAnalysis raises whatever its parsers raise
        reason = printable(" ".join(str(error).split())[:200].encode()) or type(error).__name__
        raise InterpotError(
            f"'{path}' is no topology that MDAnalysis reads ({reason}): give a PDB, GRO, PSF, prmtop, LAMMPS data or "
            "extended XYZ file"
        ) from error


def _atom_style(path: Path) -> dict[str, str]:
    """Say which columns the atoms of a LAMMPS data file have: as its heading says, else as their number tells."""
    lines = path.read_text(errors="replace").splitlines()
    for number, line in enumerate(lines):
        words = line.split()
        if words[:1] != ["Atoms"]:
            continue
        if len(words) == 3 and words[1] == "#":
            style = words[2]
        else:
            first = next((row.split("#")[0].split() for row in lines[number + 1 :] if row.strip()), [])
            # three image flags may follow; a charge is written with a point, the number of a type without
            usual = "charge" if len(first) > 2 and not first[2].lstrip("+-").isdigit() else "molecular"
            style = {5: "atomic", 8: "atomic", 6: usual, 9: usual, 7: "full", 10: "full"}.get(
                len(first), "unknown"
            )
        if style not in _STYLES:
            raise InterpotError(
                f"line {number + 1} of '{path}' heads atoms of style '{printable(style.encode())}': expected one of "
                f"{', '.join(_STYLES)}"
            )
        return {"atom_style": _STYLES[style]}
    raise InterpotError(f"'{path}' has no section 'Atoms': expected a whole LAMMPS data file")


def _names(universe: Any, path: Path) -> Any:
    """Elements if there is one for each atom, else types, else names."""
    for attribute in ("elements", "types", "names"):
        names = getattr(universe.atoms, attribute, None)
        if names is not None and len(names) and all(str(name).strip() for name in names):
            return np.array([str(name).strip() for name in names])
    raise InterpotError(
        f"'{path}' names no atoms: give a topology with elements, types or names of all of them"
    )
