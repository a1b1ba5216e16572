"""Stochastic trajectories whose law is known, as instants; frames are far coarser than the steps that made them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.linalg import expm

from interpot.records import Cell, FloatArray, Frame
from interpot.trajectory.following import Instant

OPEN = Cell(np.zeros((3, 3)), np.zeros(3), (False, False, False))


def instants(
    path: FloatArray, interval: float, mass: float = 1.0, velocities: FloatArray | None = None
) -> Iterator[Instant]:
    """Instants of one stretch from a path (frames, n, 3)."""
    n = path.shape[1]
    for k, positions in enumerate(path):
        v = None if velocities is None else velocities[k]
        frame = Frame(
            positions, ("A",), np.zeros(n, dtype=np.int64), OPEN, velocities=v, index=k, source="made"
        )
        yield Instant(frame, positions, k * interval, None, np.full(n, mass), k == 0)


def harmonic_langevin(
    interval: float,
    frames: int,
    n: int,
    stiffness: float,
    gamma: float,
    temperature: float,
    mass: float,
    seed: int,
) -> tuple[FloatArray, FloatArray]:
    """Paths and velocities (frames, n, 3) of m dv = -stiffness q dt - mγ v dt + noise, exactly distributed.

    A linear stochastic equation: the state after an interval is Gaussian about e^{AΔ} x with covariance
    S - e^{AΔ} S e^{AᵀΔ}, S the one of equilibrium.
    """
    random = np.random.default_rng(seed)
    turn = expm(np.array([[0, 1], [-stiffness / mass, -gamma]]) * interval)
    equilibrium = np.diag([temperature / stiffness, temperature / mass])
    spread = np.linalg.cholesky(equilibrium - turn @ equilibrium @ turn.T)
    state = np.sqrt(equilibrium) @ random.normal(size=(2, n * 3))
    kept = np.empty((frames, 2, n * 3))
    for k in range(frames):
        kept[k] = state
        state = turn @ state + spread @ random.normal(size=state.shape)
    shaped = kept.reshape(frames, 2, n, 3)
    return shaped[:, 0], shaped[:, 1]


def harmonic_brownian(
    interval: float, frames: int, n: int, stiffness: float, temperature: float, drag: float, seed: int
) -> FloatArray:
    """Paths (frames, n, 3) of drag dq = -stiffness q dt + noise, exactly distributed."""
    random = np.random.default_rng(seed)
    decay, variance = np.exp(-stiffness / drag * interval), temperature / stiffness
    q = np.sqrt(variance) * random.normal(size=(n, 3))
    path = np.empty((frames, n, 3))
    for k in range(frames):
        path[k] = q
        q = decay * q + np.sqrt(variance * (1 - decay**2)) * random.normal(size=q.shape)
    return path
