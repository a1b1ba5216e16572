"""The same frames, written in every format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write as ase_write
from ase.io.trajectory import Trajectory as AseTrajectory

from interpot.records import FloatArray
from interpot.units import STYLES

CELL = np.array([[9.0, 0, 0], [1.5, 8, 0], [-2, 0.5, 7]])
NAMES = ["Ne", "Xe", "Ne", "Ar", "Xe"]
MASSES = {"Ne": 20.18, "Xe": 131.29, "Ar": 39.95}


def numbers(frames: int, seed: int = 7) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Positions, forces and velocities."""
    source = np.random.default_rng(seed)
    return tuple(source.normal(size=(frames, len(NAMES), 3)) for _ in range(3))  # type: ignore[return-value]


def write_lammps_dump(path: Path, frames: int, seed: int = 7) -> None:
    (xy, xz, yz), (low, high) = CELL[[1, 2, 2], [0, 0, 1]], (np.zeros(3), np.diag(CELL))
    low = low + np.array([min(0, xy, xz, xy + xz), min(0, yz), 0])
    high = high + np.array([max(0, xy, xz, xy + xz), max(0, yz), 0])
    lines = []
    for k, (x, f, v) in enumerate(zip(*numbers(frames, seed), strict=True)):
        lines += ["ITEM: TIMESTEP", str(10 * k), "ITEM: NUMBER OF ATOMS", str(len(NAMES))]
        lines += ["ITEM: BOX BOUNDS xy xz yz pp pp ff"]
        lines += [
            f"{a!r} {b!r} {t!r}" for a, b, t in zip(low.tolist(), high.tolist(), [xy, xz, yz], strict=True)
        ]
        lines += ["ITEM: ATOMS element mass x y z fx fy fz vx vy vz"]
        for name, row in zip(NAMES, np.hstack([x, f, v]).tolist(), strict=True):
            lines.append(f"{name} {MASSES[name]} " + " ".join(map(repr, row)))
    path.write_text("\n".join(lines).replace("np.float64(", "").replace(")", "") + "\n")


def _images(frames: int, seed: int) -> Iterator[Atoms]:
    """The frames as ASE has them."""
    metal = STYLES["metal"]
    for x, f, v in zip(*numbers(frames, seed), strict=True):
        atoms = Atoms(NAMES, positions=x, cell=CELL, pbc=(True, True, False))
        atoms.set_masses([MASSES[name] for name in NAMES])
        atoms.set_velocities(v * metal.velocity)
        atoms.calc = SinglePointCalculator(atoms, forces=f)
        yield atoms


def write_extxyz(path: Path, frames: int, seed: int = 7) -> None:
    ase_write(path, list(_images(frames, seed)), format="extxyz")


def write_npz(path: Path, frames: int, seed: int = 7) -> None:
    x, f, v = numbers(frames, seed)
    masses = np.array([MASSES[name] for name in NAMES])
    arrays = {"positions": x, "forces": f, "velocities": v, "masses": masses, "species": np.array(NAMES)}
    np.savez(path, cell=CELL, periodic=(True, True, False), step=10 * np.arange(frames), **arrays)


def write_h5md(path: Path, frames: int, seed: int = 7) -> None:
    x, f, v = numbers(frames, seed)
    with h5py.File(path, "w") as file:
        file.create_group("h5md").attrs["version"] = [1, 1]
        group = file.create_group("particles/all")
        for name, values in (("position", x), ("force", f), ("velocity", v)):
            element = group.create_group(name)
            element["value"], element["step"] = values, 10 * np.arange(frames)
        group["mass"] = [MASSES[name] for name in NAMES]
        group["species"] = np.array(NAMES, dtype="S2")
        box = group.create_group("box")
        box["edges"] = CELL
        box.attrs["dimension"], box.attrs["boundary"] = (
            3,
            np.array(["periodic", "periodic", "none"], dtype="S8"),
        )


def write_ase_trajectory(path: Path, frames: int, seed: int = 7) -> None:
    with AseTrajectory(path, "w") as file:
        for atoms in _images(frames, seed):
            file.write(atoms)


WRITERS: dict[str, tuple[str, Callable[..., None]]] = {
    "lammps-dump": ("a.lammpstrj", write_lammps_dump),
    "extxyz": ("a.extxyz", write_extxyz),
    "npz": ("a.npz", write_npz),
    "h5md": ("a.h5md", write_h5md),
    "ase-traj": ("a.traj", write_ase_trajectory),
}
