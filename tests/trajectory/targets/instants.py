"""Instants made by hand, and particles on springs moved by velocity Verlet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interpot.records import Cell, FloatArray, Frame
from interpot.trajectory.following import Instant

OPEN = Cell(vectors=100 * np.eye(3), origin=np.zeros(3), periodic=(False, False, False))


def instants(
    path: FloatArray,
    times: FloatArray,
    masses: FloatArray | None = None,
    velocities: FloatArray | None = None,
    begins: Sequence[int] = (0,),
    steps: int | None = None,
) -> list[Instant]:
    """Of a path (T, n, 3)."""
    count = path.shape[1]
    masses = np.ones(count) if masses is None else masses
    return [
        Instant(
            frame=Frame(
                positions=positions,
                species=("A",),
                kinds=np.zeros(count, dtype=np.int64),
                cell=OPEN,
                velocities=None if velocities is None else velocities[index],
                index=index,
                source="made",
            ),
            path=positions,
            time=float(times[index]),
            steps=None if index in begins else steps,
            masses=masses,
            begins=index in begins,
        )
        for index, positions in enumerate(path)
    ]


def springs(count: int, step: float, masses: FloatArray, seed: int = 4) -> tuple[FloatArray, FloatArray]:
    """Path and velocities (count, n, 3) of particles in F = -q - q³, by velocity Verlet."""
    rng = np.random.default_rng(seed)
    mass = masses[:, None]
    q, v = rng.normal(size=(2, len(masses), 3))
    path, velocities = [q], [v]
    for _ in range(count - 1):
        force = field(q)
        q = q + step * v + step**2 / 2 * force / mass
        v = v + step / 2 * (force + field(q)) / mass
        path.append(q)
        velocities.append(v)
    return np.array(path), np.array(velocities)


def field(q: FloatArray) -> FloatArray:
    return -q - q**3
