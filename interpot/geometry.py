"""Cells, and the one sentence that settles every sign.

    r_ij = r_j - r_i + S·H      F_i = Σ_j φ'(r_ij) r̂_ij

H has the cell vectors as rows, S is the integer image shift, r̂_ij points from i to j; φ' > 0 attracts.
The force of a pair is +φ' r̂_ij on i and -φ' r̂_ij on j. A particle and its own periodic image are a pair too (i = j);
their two forces cancel, their energy and their virial do not.

    E = Σ_pairs φ(r_ij) + Σ_i e(species of i)      W = Σ_pairs r_ij ⊗ f_j = -Σ_pairs φ'(r) r r̂ ⊗ r̂ = -V σ

f_j is the force of the pair on j, and W has no kinetic part: repulsion makes tr W > 0 and adds tr W/(3V) to the
pressure. σ = (1/V) ∂E/∂strain is ASE's stress, positive under tension; VASP prints -σ (in kB), LAMMPS the
pressure W/V plus the kinetic part, GAP's ``virial`` is W.

A wall or a field is a function φ(s) of a coordinate of one particle, and the force on that is -φ'(s) ∇s. The distance
from a wall is s = ±(ξ - ξ_wall), positive inside (`interpot.records.Surface`), the coordinate of a field is ξ itself.
E gains Σ_i φ(s_i), of a wall counted from its value at the cutoff, as in LAMMPS; W, which is that of the pairs, gains
nothing.
"""

from __future__ import annotations

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Cell, FloatArray


def heights(vectors: FloatArray) -> FloatArray:
    """Distances between opposite faces of a cell, (3,): V/|b × c| and cyclic."""
    normals = np.cross(np.roll(vectors, -1, axis=0), np.roll(vectors, -2, axis=0))
    return np.asarray(abs(np.linalg.det(vectors)) / np.linalg.norm(normals, axis=1))


def complete_vectors(cell: Cell) -> FloatArray:
    """Cell vectors in which open axes of no length are replaced by unit vectors, so that they span space.

    Raises
    ------
    InterpotError
        A periodic axis has no length, or the vectors lie in a plane.
    """
    vectors = np.array(cell.vectors, dtype=np.float64, order="C")
    empty = ~vectors.any(axis=1)
    if np.any(empty & np.array(cell.periodic)):
        raise InterpotError("a periodic axis of the cell has no length: expected three cell vectors")
    if empty.any():
        _, _, basis = np.linalg.svd(vectors)  # the last rows span what the given vectors leave out
        vectors[empty] = basis[3 - empty.sum() :]
    if abs(np.linalg.det(vectors)) < 1e-12 * np.prod(np.linalg.norm(vectors, axis=1)):
        raise InterpotError(f"the cell vectors {cell.vectors.tolist()} lie in a plane: expected a volume")
    return vectors


def across(
    positions: FloatArray, shape: str, axis: int, centre: tuple[float, float, float], dimension: int = 3
) -> tuple[FloatArray, FloatArray]:
    """Coordinate ξ of each particle, and its gradient.

    Parameters
    ----------
    positions : (n, 3) float64, Å
    shape
        "plane": ξ is the coordinate along `axis`, less that of the centre; "cylinder": the distance from the axis
        through the centre; "sphere": the distance from the centre.
    axis
        0, 1 or 2.
    centre
        Å.
    dimension
        2 or 3; in two dimensions z is no data.

    Returns
    -------
    xi : (n,) float64, Å
    gradient : (n, 3) float64
        ∇ξ, of length 1; zero where a particle is on the axis or in the centre.
    """
    arms = positions - np.array(centre)
    if dimension == 2:
        arms[:, 2] = 0.0
    if shape == "plane":
        gradient = np.zeros_like(arms)
        gradient[:, axis] = 1.0
        return np.ascontiguousarray(arms[:, axis]), gradient
    if shape == "cylinder":
        arms[:, axis] = 0.0
    xi = np.linalg.norm(arms, axis=1)
    return xi, arms / np.where(xi > 0, xi, 1.0)[:, None]
