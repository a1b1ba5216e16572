"""What an experimenter would have of a run: some of its frames, with errors of measurement, and nothing else.

Noise is Gaussian, white in time, the same on every coordinate. It is drawn with a seed of its own for each file, and
the noisy positions are written as a dump again, in the same digits and without velocities and forces, so that they are
read as any other data.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from zlib import crc32

import numpy as np

import interpot
from interpot.files import atomic
from interpot.trajectory import FileTrajectory
from observing.records import Case
from observing.systems import LIQUIDS, Liquid, file_of, recorded

HEADER = 9
"""Lines before the particles of a frame."""


def observed(case: Case, frames: int, folder: Path) -> FileTrajectory:
    """The frames of a case, so many of them or as many as the run has, at its stride."""
    liquid, every = LIQUIDS[case.liquid], file_of(case.stride)
    path = recorded(liquid, every, frames, folder)
    if case.noise:
        path = noisy(path, case.noise * liquid.length)
    return opened(path, liquid, case.stride // every, frames)


def opened(path: Path, liquid: Liquid, stride: int = 1, frames: int | None = None) -> FileTrajectory:
    """Open a file of a liquid; so many frames at a stride."""
    last = None if frames is None else (frames - 1) * stride + 1
    return interpot.read(path, units="metal", species=liquid.names, stride=stride, frames=(0, last))


def noisy(path: Path, sigma: float) -> Path:
    """The dump with noise on its positions, made at most once however many processes ask."""
    made = path.with_name(path.name.replace(".lammpstrj", f".noise{sigma:.6g}.lammpstrj"))
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            random = np.random.default_rng(crc32(f"{path.name}.{sigma:.6g}".encode()))
            with atomic(made) as part:
                _with_noise(path, part, sigma, random)
    return made


def _with_noise(path: Path, made: Path, sigma: float, random: np.random.Generator) -> None:
    """Rewrite a dump frame by frame: id, type and noisy xu yu zu."""
    with path.open(encoding="ascii") as source, made.open("w", encoding="ascii") as target:
        while head := [line for _, line in zip(range(HEADER), source, strict=False)]:
            count = int(head[3])
            rows = np.loadtxt((next(source) for _ in range(count)), usecols=range(5))
            rows[:, 2:] += sigma * random.normal(size=(count, 3))
            target.writelines([*head[:-1], "ITEM: ATOMS id type xu yu zu\n"])
            np.savetxt(target, rows, fmt="%d %d %.15g %.15g %.15g")
