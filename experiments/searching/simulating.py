"""The data: one LAMMPS run per form, with `pair_style lepton`, and the statistic of its frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np
from ase.build import bulk
from recovering.simulating import Frames, noise_level

from interpot import accumulate, from_atoms, pair_channels, read
from interpot.files import writable_folder
from interpot.proof.dialects.lepton import lepton
from interpot.proof.engines import engine
from interpot.records import Dynamics, Frame, ReferenceModel
from interpot.statistic.normal_equations import Statistic
from interpot.units import STYLES
from searching.records import Published
from searching.truth import Parametric

CELLS = 4
"""Cubic cells of four particles along each edge: 256 particles."""
MASS = 39.948
"""Of every particle, amu: forces do not depend on it."""
FRAMES, EVERY, EQUILIBRATION = 40, 50, 3000
"""Recorded; steps between two; steps before the first."""
STEP = 0.0015
"""Of the time in which a particle moves by the length of the form."""
_BOLTZMANN = 8.617333262e-5  # eV/K
_ANGSTROM_PER_PS = 9648.533212  # (eV/amu) in Å²/ps²


def start(published: Published) -> Frame:
    """A crystal that melts at once."""
    spacing = (4 / published.crowd) ** (1 / 3) * published.length
    frame = from_atoms(bulk("Ar", "fcc", a=spacing, cubic=True).repeat(CELLS))
    return replace(frame, masses=np.full(len(frame.kinds), MASS))


def dynamics(published: Published) -> Dynamics:
    """NVE after a while at the form's temperature."""
    heat = published.heat * published.energy
    speed = np.sqrt(heat / MASS * _ANGSTROM_PER_PS)
    timestep = float(f"{STEP * published.length / speed:.2g}")
    return Dynamics(
        timestep, EVERY * (FRAMES - 1), EVERY, temperature=heat / _BOLTZMANN, equilibration=EQUILIBRATION
    )


def commands(published: Published) -> tuple[str, str]:
    """The form in LAMMPS's words; its force ends at the cutoff as it is."""
    text = lepton(Parametric.of(published).numeric).replace(" ", "")
    return f"pair_style lepton {published.cutoff!r}", f"pair_coeff 1 1 {text}"


def trajectory(published: Published, folder: Path) -> Path:
    """The file of the run, made once."""
    path = writable_folder(folder) / f"{published.name}.lammpstrj"
    if not path.exists():
        model = ReferenceModel("lammps", commands(published))
        engine("lammps").run(
            model, start(published), dynamics(published), STYLES["metal"], folder, published.name
        )
    return path


def statistic(published: Published, noise: float, folder: Path) -> Statistic:
    """The statistic of the run with so much noise on its forces, made once."""
    path = folder / f"{published.name}.{noise:g}.h5"
    if not path.exists():
        frames = [replace(f, velocities=None) for f in read(trajectory(published, folder), units="metal")]
        accumulated(published, frames, noise).save(path)
    return Statistic.load(path)


def accumulated(published: Published, frames: list[Frame], noise: float) -> Statistic:
    """The one pass over frames in memory."""
    if noise:
        random = np.random.default_rng(crc32(f"{published.name}.{noise:g}".encode()))
        level = noise_level(frames, noise)
        frames = [replace(f, forces=f.forces + random.normal(0.0, level, f.positions.shape)) for f in frames]
    run = Frames(frames, STYLES["metal"])
    return accumulate(run, pair_channels(run, published.cutoff), cutoffs="given")
