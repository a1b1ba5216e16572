"""A dense gas of soft particles that moves by velocity Verlet, in files as positions and velocities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

SIDE, BOX = 3, 3.6
"""Particles along an edge at the start, and the edge, in lj units."""

STEP, EVERY = 0.005, 4
CUTOFF = 1.75


def forces(x: FloatArray) -> FloatArray:
    """Of φ = (1 - r/1.75)⁴ · 12 below r = 1.75."""
    away = x[None] - x[:, None]
    away -= BOX * np.round(away / BOX)
    r = np.linalg.norm(away, axis=2)
    np.fill_diagonal(r, np.inf)
    slope = -48 / CUTOFF * np.clip(1 - r / CUTOFF, 0, None) ** 3
    return np.asarray((slope / r)[:, :, None] * away).sum(axis=1)


def write_gas(
    path: Path, frames: int = 120, noise: float = 0.0, seed: int = 3, gaps: tuple[int, ...] = ()
) -> Path:
    """Write every fourth step as .npz; behind the frames named as gaps ten more steps are passed over."""
    random = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(*[np.arange(SIDE)] * 3, indexing="ij"), -1).reshape(-1, 3)
    x = (grid + 0.5) * BOX / SIDE
    v = random.normal(size=x.shape)
    v -= v.mean(axis=0)
    f, step = forces(x), 0
    shots: list[FloatArray] = []
    speeds: list[FloatArray] = []
    steps: list[int] = []
    for k in range(frames):
        shots.append(x + noise * random.normal(size=x.shape))
        speeds.append(v)
        steps.append(step)
        for _ in range(EVERY * (11 if k in gaps else 1)):
            v = v + STEP / 2 * f
            x = x + STEP * v
            f = forces(x)
            v = v + STEP / 2 * f
            step += 1
    np.savez(
        path,
        positions=np.array(shots) % BOX,
        velocities=np.array(speeds),
        species=np.array(["A"] * len(x)),
        step=np.array(steps),
        cell=np.eye(3) * BOX,
    )
    return path
