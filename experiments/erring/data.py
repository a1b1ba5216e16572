"""Argon at moderate density by LAMMPS, and the data sets that are drawn from its runs.

ε and σ are those of A. Rahman, Phys. Rev. 136, A405 (1964); ρσ³ = 0.3 at 300 K, where frames are 0.1 ps apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from ase.build import bulk
from recovering.simulating import Frames, noise_level

from erring.plan import Case, Size
from interpot import Dynamics, ReferenceModel, from_atoms, read
from interpot.proof.engines import engine
from interpot.records import FloatArray, Frame
from interpot.units import unit_style

METAL = unit_style("metal")
EPSILON, SIGMA, CUTOFF = 120 * METAL.boltzmann, 3.405, 8.0  # eV, Å, Å
DENSITY, TEMPERATURE = 0.3, 300.0
TIMESTEP, EVERY = 0.002, 50
TRUTH = {"epsilon": EPSILON, "sigma": SIGMA}

_CELLS = {2: (1, 1, 1), 8: (2, 1, 1), 16: (2, 2, 1)}
"""Cells along each edge, where these are not 4k³ particles."""


def start(particles: int) -> Frame:
    """A crystal that melts at once."""
    edge = round((particles / 4) ** (1 / 3))
    cells = _CELLS.get(particles, (edge, edge, edge))
    lattice, sites = ("bcc", 2) if particles == 2 else ("fcc", 4)
    atoms = bulk("Ar", lattice, a=(sites / DENSITY) ** (1 / 3) * SIGMA, cubic=True).repeat(cells)
    if len(atoms) != particles:
        raise ValueError(f"{particles} particles are no crystal: take 2, 4, 8, 16 or 4k³")
    return from_atoms(atoms)


def simulated(particles: int, run: int, frames: int, folder: Path) -> Path:
    """The file of a run, made unless it is there."""
    path = folder / f"argon_{particles}_{frames}_{run}.lammpstrj"
    if not path.exists():
        model = ReferenceModel(
            "lammps", (f"pair_style lj/cut {CUTOFF}", f"pair_coeff 1 1 {EPSILON!r} {SIGMA!r}")
        )
        plan = Dynamics(
            TIMESTEP,
            (frames - 1) * EVERY,
            EVERY,
            temperature=TEMPERATURE,
            equilibration=2000,
            seed=1000 + run,
        )
        engine("lammps").run(model, start(particles), plan, METAL, folder, path.stem)
    return path


@lru_cache(maxsize=128)
def loaded(path: Path) -> tuple[Frame, ...]:
    """All frames of a run, without what is not needed."""
    bare = {"velocities": None, "unwrapped": None, "masses": None}
    return tuple(replace(frame, **bare) for frame in read(path, units="metal"))  # type: ignore[arg-type]


def drawn(case: Case, size: Size, folder: Path) -> Frames:
    """The frames of a case with its noise; consecutive frames, so that those of few frames are neighbours."""
    runs, frames = size.pool(case)
    random = np.random.default_rng(case.seed)
    chosen: list[Frame] = []
    for k in range(case.runs):
        run = loaded(simulated(case.particles, (case.repeat + k) % runs, frames, folder))
        first = int(random.integers(0, len(run) - case.frames + 1))
        part = run[first : first + case.frames]
        chosen += _noisy(part, case.noise * usual_force(folder), case.memory, random) if case.noise else part
    return Frames(chosen, METAL)


@lru_cache
def usual_force(folder: Path) -> float:
    """Root mean square force component of this state, eV/Å: that of few particles differs from run to run."""
    return noise_level(loaded(simulated(*_USUAL, folder)), 1.0)


_USUAL = (256, 0, 32)
"""Particles, run and frames on which it is taken."""


def _noisy(run: Sequence[Frame], level: float, memory: float, random: np.random.Generator) -> list[Frame]:
    forces = [frame.forces for frame in run if frame.forces is not None]
    noise = level * remembering(random.normal(size=(len(run), *forces[0].shape)), memory)
    return [replace(frame, forces=f + e) for frame, f, e in zip(run, forces, noise, strict=True)]


def remembering(white: FloatArray, memory: float) -> FloatArray:
    """Turn white noise, (m, ...), into noise of the same variance whose correlation decays with this time, ps."""
    keep = np.exp(-TIMESTEP * EVERY / memory) if memory else 0.0
    made = np.array(white)
    for k in range(1, len(made)):
        made[k] = keep * made[k - 1] + np.sqrt(1 - keep**2) * white[k]
    return made
