"""Trajectories of formats that name no atoms, written by MDAnalysis, and files that say which atoms they are."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import MDAnalysis
import numpy as np
from MDAnalysis.lib.mdamath import triclinic_box

from interpot.records import FloatArray

ATOMS = 12  # XTC rounds from 10 atoms on
ELEMENTS = ["Ne", "Xe", "Ar"] * 4
CELL = np.array([[19.0, 0, 0], [1.5, 18, 0], [-2, 0.5, 17]])  # Å
STEPS, INTERVAL = 5, 0.5  # between two frames, of ps

BINARY = {"xtc": "a.xtc", "trr": "a.trr", "dcd": "a.dcd", "netcdf": "a.nc"}


def truth(frames: int, seed: int = 3) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Positions (Å), velocities (Å/ps) and forces (kJ/mol/Å)."""
    source = np.random.default_rng(seed)
    x = source.uniform(0, 15, size=(frames, ATOMS, 3))
    v, f = source.normal(size=(2, frames, ATOMS, 3))
    return x, v, f


@contextmanager
def quiet() -> Iterator[None]:
    """MDAnalysis warns of all that is not there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def universe(atoms: int = ATOMS) -> Any:
    made = MDAnalysis.Universe.empty(atoms, trajectory=True, velocities=True, forces=True)
    for attribute, values in (
        ("names", ELEMENTS),
        ("elements", ELEMENTS),
        ("resnames", ["GAS"]),
        ("resids", [1]),
    ):
        made.add_TopologyAttr(attribute, values[:atoms])
    return made


def write_trajectory(path: Path, frames: int, seed: int = 3, box: FloatArray | None = CELL) -> None:
    """Write a trajectory in the format of its suffix."""
    made = universe()
    with quiet(), MDAnalysis.Writer(str(path), ATOMS, **_options(path.suffix)) as writer:
        for k, (x, v, f) in enumerate(zip(*truth(frames, seed), strict=True)):
            made.atoms.positions, made.atoms.velocities, made.atoms.forces = x, v, f
            made.dimensions = None if box is None else triclinic_box(*box)
            made.trajectory.ts.time, made.trajectory.ts.data["step"] = INTERVAL * k, STEPS * k
            writer.write(made.atoms)


def _options(suffix: str) -> dict[str, Any]:
    vectors = {"velocities": True, "forces": True}
    words = {
        "lengthunit": "Angstrom",
        "velocityunit": "Angstrom/ps",
        "timeunit": "ps",
        "forceunit": "kJ/(mol*Angstrom)",
    }
    return {
        ".dcd": {"dt": INTERVAL, "nsavc": STEPS},
        ".nc": vectors,
        ".h5md": {**vectors, **words, "positions": True},
    }.get(suffix, {})


def write_topology(path: Path, atoms: int = ATOMS) -> None:
    """Write a topology in the format of its suffix."""
    made = universe(atoms)
    made.dimensions = triclinic_box(*CELL)
    with quiet():
        made.atoms.write(str(path))
