"""One formula, written for other programs: one module per target and the table of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from interpot.formula.potential import Potential
from interpot.table import load_row
from interpot.units import UnitStyle

Exporter = Callable[[Potential, Path], None]
"""Writes a potential, in the potential's own units, to a file; never leaves a half-written one."""

EXPORTERS: dict[str, str] = {
    "lammps": "interpot.proof.export.lammps:write",
    "python": "interpot.proof.export.python:write",
    "latex": "interpot.proof.export.latex:write",
}
"""Target → "module:function"."""


def export(potential: Potential, target: str, path: str | Path, units: str | UnitStyle | None = None) -> None:
    """Write a potential for another program.

    Parameters
    ----------
    potential
        Any units.
    target
        A row of `EXPORTERS`.
    path
        The file to write; its folder exists.
    units
        Style in which the file is written; the potential's own if None.

    Raises
    ------
    InterpotError
        Unknown target or style, or a formula that the target cannot express.
    """
    exporter: Exporter = load_row(EXPORTERS, target, "export target")
    exporter(potential if units is None else potential.to_units(units), Path(path))
