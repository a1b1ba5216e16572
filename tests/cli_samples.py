"""Small trajectories, written as LAMMPS writes them, for the tests of the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np

BOX = 12.0  # Å
EPSILON, SIGMA, CUTOFF = 0.0103, 3.0, 5.5
COLUMNS = "id type element x y z vx vy vz fx fy fz"


def configurations(frames: int = 12, atoms: int = 24, seed: int = 5) -> list[np.ndarray]:
    """Positions of atoms that come no closer than 2.7 Å, in a periodic box."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(frames):
        placed = random.uniform(0, BOX, (1, 3))
        while len(placed) < atoms:
            trial = random.uniform(0, BOX, 3)
            away = placed - trial
            away -= BOX * np.round(away / BOX)
            if np.linalg.norm(away, axis=1).min() > 2.7:
                placed = np.vstack([placed, trial])
        found.append(placed)
    return found


def forces(positions: np.ndarray, epsilon: float = EPSILON) -> np.ndarray:
    """Lennard-Jones forces, straight from the textbook; eV/Å."""
    away = positions[None] - positions[:, None]
    away -= BOX * np.round(away / BOX)
    r = np.linalg.norm(away, axis=2)
    np.fill_diagonal(r, np.inf)
    slope = np.where(r < CUTOFF, 4 * epsilon * (6 * SIGMA**6 / r**7 - 12 * SIGMA**12 / r**13), 0.0)
    return (slope[:, :, None] * away / r[:, :, None]).sum(axis=1)


def snapshot(step: int, positions: np.ndarray, kinds: np.ndarray, names: tuple[str, ...], head: str) -> str:
    """One frame of a dump; every atom stands on a line of its own, the first on line 10 (12 with units)."""
    pull = forces(positions)
    rows = [
        f"{k + 1} {kinds[k] + 1} {names[kinds[k]]} " + " ".join(f"{v:.12g}" for v in (*x, 0.1, -0.1, 0, *f))
        for k, (x, f) in enumerate(zip(positions, pull, strict=True))
    ]
    edges = [f"0 {BOX}"] * 3
    lines = [f"{head}ITEM: TIMESTEP", str(step), "ITEM: NUMBER OF ATOMS", str(len(rows))]
    lines += ["ITEM: BOX BOUNDS pp pp pp", *edges, f"ITEM: ATOMS {COLUMNS}", *rows, ""]
    return "\n".join(lines)


def write_dump(
    path: Path, names: tuple[str, ...] = ("Ne",), frames: int = 12, units: str | None = None, seed: int = 5
) -> Path:
    """Write a trajectory in which the species alternate; two species have the same forces."""
    head = f"ITEM: UNITS\n{units}\n" if units else ""
    shots = [
        snapshot(10 * k, x, np.arange(len(x)) % len(names), names, head if k == 0 else "")
        for k, x in enumerate(configurations(frames, seed=seed))
    ]
    path.write_text("".join(shots))
    return path


def edit(path: Path, line: int, column: str | None, value: str) -> Path:
    """Change one word of a dump, or one line; lines count from 1."""
    lines = path.read_text().splitlines()
    if column is None:
        lines[line - 1] = value
    else:
        words = lines[line - 1].split()
        words[COLUMNS.split().index(column)] = value
        lines[line - 1] = " ".join(words)
    path.write_text("\n".join([*lines, ""]))
    return path
