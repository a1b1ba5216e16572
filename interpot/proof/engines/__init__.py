"""Molecular-dynamics programs that make references and run what was found; the table of them."""

from __future__ import annotations

from interpot.records import Engine
from interpot.table import load_row

ENGINES: dict[str, str] = {
    "lammps": "interpot.proof.engines.lammps:Lammps",
    "openmm": "interpot.proof.engines.openmm:OpenMM",
    "ase": "interpot.proof.engines.ase:Ase",
}
"""Name → "module:Class"."""


def engine(name: str) -> Engine:
    """Start an engine by name.

    Raises
    ------
    InterpotError
        No such engine, or it is not installed; the sentence names the extra that brings it.
    """
    made: Engine = load_row(ENGINES, name, "engine")()
    return made
