"""Runs made by hand, whose observables are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from proof_systems import Frames

from interpot.comparison import Curve
from interpot.proof.observables import Measured, Recorded, measure
from interpot.records import Cell, Frame
from interpot.units import unit_style

CUBE = 12.0 * np.eye(3)
SHEAR = np.array([[12.0, 0.0, 0.0], [3.0, 11.0, 0.0], [-2.0, 4.0, 13.0]])
METAL = unit_style("metal")


def recorded(frames: Sequence[Frame], units: str = "metal", **others: object) -> Recorded:
    """The run that consists of these frames, all of them kept."""
    style = unit_style(units)
    reach = others.pop("reach", 5.0)
    return Recorded(frames, Frames(tuple(frames), style), style, reach, **others)


def walks(
    path: np.ndarray,
    vectors: np.ndarray = CUBE,
    species: tuple[str, ...] = ("A",),
    kinds: np.ndarray | None = None,
    dimension: int = 3,
    spacing: float = 0.5,
    velocities: np.ndarray | None = None,
    masses: float | None = 1.0,
    periodic: bool = True,
) -> list[Frame]:
    """Frames of particles on a path (m, n, 3), `spacing` internal time units apart, unwrapped positions told."""
    n = path.shape[1]
    cell = Cell(vectors, np.zeros(3), (periodic, periodic, periodic and dimension == 3))
    kinds = np.zeros(n, dtype=np.int64) if kinds is None else kinds
    return [
        Frame(
            np.mod(q, 1e9) if not periodic else (q @ np.linalg.inv(vectors) % 1.0) @ vectors,
            species, kinds, cell, dimension, unwrapped=q, time=spacing * k, step=10 * k, source="path", index=k,
            velocities=None if velocities is None else velocities[k],
            masses=None if masses is None else np.full(n, masses),
        )
        for k, q in enumerate(path)
    ]  # fmt: skip


def lattice(kind: str, repeats: int = 4, spacing: float = 4.0, frames: int = 1) -> list[Frame]:
    """A perfect cubic crystal: sc, bcc or fcc."""
    basis = {
        "sc": [[0, 0, 0]],
        "bcc": [[0, 0, 0], [0.5, 0.5, 0.5]],
        "fcc": [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]],
    }[kind]
    grid = np.stack(np.meshgrid(*[np.arange(repeats)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    positions = spacing * (grid + np.array(basis)).reshape(-1, 3)
    return walks(np.repeat(positions[None], frames, axis=0), spacing * repeats * np.eye(3))


def brownian(
    diffusion: np.ndarray, frames: int, dimension: int = 3, spacing: float = 0.5, seed: int = 8
) -> np.ndarray:
    """Paths (m, n, 3) of independent walkers, each with its diffusion coefficient."""
    random = np.random.default_rng(seed)
    steps = random.normal(0, 1, (frames, len(diffusion), 3)) * np.sqrt(2 * diffusion * spacing)[:, None]
    steps[:, :, dimension:] = 0.0
    return 6.0 + np.cumsum(steps, axis=0)


def found(name: str, run: Recorded) -> dict[str, Measured]:
    """What one row of the table measures, by name of the quantity."""
    return {m.quantity.name: m for m in measure(name, run)}


def curve(measured: Measured) -> Curve:
    assert measured.curve is not None, measured.remark
    return measured.curve


def number(measured: Measured) -> tuple[float, float]:
    """Value and standard error of a single number."""
    (value,), (error,) = curve(measured).y, curve(measured).error
    return float(value), float(error)
