"""Boxes as formats give them, into cells."""

from __future__ import annotations

import numpy as np
from ase.geometry import complete_cell
from numpy.typing import ArrayLike

from interpot.errors import InterpotError
from interpot.records import Cell, FloatArray


def cell_of(vectors: ArrayLike | None, positions: FloatArray, origin: ArrayLike = (0.0, 0.0, 0.0)) -> Cell:
    """Make a cell that is periodic along each vector that is not zero.

    Parameters
    ----------
    vectors : (3, 3), Å
        Rows are the cell vectors; None: there is none.
    positions : (n, 3), Å
        Without any vector, the cell is the box that spans them.
    origin : (3,), Å
    """
    rows = np.zeros((3, 3)) if vectors is None else np.array(vectors, dtype=np.float64).reshape(3, 3)
    given = np.any(rows != 0, axis=1)
    periodic = (bool(given[0]), bool(given[1]), bool(given[2]))
    if not given.any():
        low, high = (f(positions, axis=0, initial=0.0) for f in (np.min, np.max))
        return Cell(np.diag(np.where(high > low, high - low, 1.0)), low, periodic)
    if not np.isfinite(rows).all():
        raise InterpotError(f"its box is {rows.tolist()}: expected finite numbers")
    complete = rows if given.all() else np.asarray(complete_cell(rows), dtype=np.float64)
    if abs(np.linalg.det(complete)) <= 1e-12 * np.prod(np.linalg.norm(complete, axis=1)):
        raise InterpotError(f"its box {rows.tolist()} has no volume: expected three independent vectors")
    return Cell(complete, np.array(origin, dtype=np.float64), periodic)


def vectors_of(lengths: ArrayLike, cosines: ArrayLike) -> FloatArray:
    """Lower triangular cell vectors of lengths (a, b, c) and the cosines of the angles (α, β, γ) between b and c, a
    and c, a and b; zero where the lengths are.

    Raises
    ------
    InterpotError
        Angles that do not fit together, or negative lengths.
    """  # noqa: D205
    a, b, c = (float(x) for x in np.asarray(lengths))
    alpha, beta, gamma = (float(x) for x in np.asarray(cosines))
    vectors = np.diag([a, b, c])
    if not vectors.any() or not (alpha or beta or gamma):
        good = min(a, b, c) >= 0
    else:
        good = min(a, b, c) >= 0 and gamma**2 < 1
        sine = np.sqrt(1 - gamma**2) if good else 1.0
        cy = (alpha - beta * gamma) / sine
        square = 1 - beta**2 - cy**2
        good = good and square > 0
        vectors[1, :2] = b * gamma, b * sine
        vectors[2] = c * beta, c * cy, c * np.sqrt(max(square, 0.0))
    if not good or not np.isfinite(vectors).all():
        raise InterpotError(
            f"its box has lengths {a:g}, {b:g}, {c:g} and cosines of the angles {alpha:g}, {beta:g}, {gamma:g}, which "
            "span no cell"
        )
    return vectors


def cosine(degrees: ArrayLike) -> FloatArray:
    """Cosines of angles, exactly 0 for 90°."""
    angles = np.asarray(degrees, dtype=np.float64)
    return np.where(angles == 90.0, 0.0, np.cos(np.radians(angles)))
