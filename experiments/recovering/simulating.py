"""The reference data: one LAMMPS run per potential and density, from which all cases are drawn."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np
from ase import Atoms
from ase.build import bulk

from interpot import from_atoms, read
from interpot.proof.engines import engine
from interpot.records import Cell, Dynamics, Frame, ReferenceModel
from interpot.units import UnitStyle, unit_style
from recovering.records import FRAMES, Case, Published

EVERY = 20
"""Steps between two frames."""
EQUILIBRATION = 4000
CELLS = 3
"""Cubic cells of four particles along each edge: 108 particles."""
SQUARE = 12
"""Particles along each edge in two dimensions."""
CHARGES = ("fix charges all property/atom q ghost yes",)
"""Gives LAMMPS's atoms room for charges."""


@dataclass(frozen=True, slots=True)
class Frames:
    """A trajectory in memory."""

    frames: Sequence[Frame]
    units: UnitStyle
    sources: tuple[Path, ...] = (Path("memory"),)

    def __iter__(self) -> Iterator[Frame]:
        return iter(self.frames)


def start(published: Published, density: float) -> Frame:
    """A crystal of the given density, its sites dealt to the species at random."""
    units = unit_style(published.units)
    if published.dimension == 3:
        atoms = bulk("Ar", "fcc", a=(4 / density) ** (1 / 3) * units.length, cubic=True).repeat(CELLS)
    else:
        edge = SQUARE * density ** (-1 / 2) * units.length
        x, y = np.meshgrid(*[np.arange(SQUARE) / SQUARE] * 2)
        sites = np.column_stack([x.ravel(), y.ravel(), np.zeros(SQUARE**2)])
        atoms = Atoms(f"Ar{SQUARE**2}", scaled_positions=sites, cell=[edge, edge, 1.0], pbc=(1, 1, 0))
    pattern = np.repeat(np.arange(len(published.counts)), published.counts)
    kinds = np.random.default_rng(1).permutation(np.resize(pattern, len(atoms)))
    masses = np.array(list(published.masses.values()))[kinds] * units.mass
    frame = from_atoms(atoms, dimension=published.dimension)
    return replace(frame, species=tuple(published.masses), kinds=kinds, masses=masses)


def trajectory(published: Published, density: str, folder: Path) -> Path:
    """The file of a run, made at most once however many processes ask."""
    label = f"{published.name}.{density}"
    path = folder / f"{label}.lammpstrj"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{label}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            point = getattr(published, density)
            dynamics = Dynamics(
                published.timestep,
                EVERY * (max(FRAMES) - 1),
                EVERY,
                temperature=point.temperature,
                equilibration=EQUILIBRATION,
            )
            model = ReferenceModel("lammps", published.commands)
            units = unit_style(published.units)
            engine("lammps").run(model, start(published, point.density), dynamics, units, folder, label)
    return path


def load(published: Published, density: str, folder: Path) -> Frames:
    """All frames of a run, in memory."""
    path = trajectory(published, density, folder)
    kept = [
        replace(f, velocities=None, unwrapped=None, masses=None)
        for f in read(path, units=published.units, dimension=published.dimension)
    ]
    return Frames(kept, unit_style(published.units))


def drawn(run: Frames, case: Case) -> Frames:
    """The frames of a case, evenly spaced over the run, with its noise."""
    chosen = np.linspace(0, len(run.frames) - 1, case.frames).round().astype(int)
    frames = [run.frames[k] for k in chosen]
    if case.noise:
        random, level = np.random.default_rng(crc32(case.key.encode())), noise_level(frames, case.noise)
        frames = [_noisy(f, random, level) for f in frames]
    return Frames(frames, run.units)


def noise_level(frames: Sequence[Frame], noise: float) -> float:
    """Standard deviation of the noise on a force component, eV/Å."""
    squares = [np.mean(f.forces[:, : f.dimension] ** 2) for f in frames if f.forces is not None]
    return float(noise * np.sqrt(np.mean(squares)))


def _noisy(frame: Frame, random: np.random.Generator, level: float) -> Frame:
    assert frame.forces is not None
    noise = random.normal(0.0, level, frame.forces.shape)
    noise[:, frame.dimension :] = 0.0
    return replace(frame, forces=frame.forces + noise)


def dimers(published: Published, fractions: Sequence[float]) -> tuple[Frame, list[tuple[str, float]]]:
    """Two particles of each pair of species at each fraction of its cutoff, out of reach of one another.

    Returns the frame, in which particles 2k and 2k + 1 are a dimer along x, and the dimers: pair, distance (length
    units of the style).
    """
    units, species = unit_style(published.units), tuple(published.masses)
    made = [(pair, f * cutoff) for pair, cutoff in published.cutoffs.items() for f in fractions]
    apart = 3 * max(published.cutoffs.values())
    places = [[(0.0, k * apart, 0.0), (r, k * apart, 0.0)] for k, (_, r) in enumerate(made)]
    kinds = np.array([species.index(name) for pair, _ in made for name in pair.split("-")])
    box = Cell(np.eye(3) * apart * len(made) * units.length, np.zeros(3), (False, False, False))
    masses = np.array(list(published.masses.values()))[kinds] * units.mass
    positions = np.array(places).reshape(-1, 3) * units.length
    return Frame(positions, species, kinds, box, masses=masses, source="dimers"), made
