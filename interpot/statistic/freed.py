"""Sums of rows that are freed of what an unknown thermostat does to all particles alike.

Rows y ≈ X k - N ξ have unknowns ξ that belong to one group of windows only: the factor by which a thermostat scales all
momenta in each (`interpot.trajectory.targets.windows.Rescaling`). Least squares in k and ξ gives the k of
the rows P y ≈ P X k with P = 1 - N (NᵀN)⁺ Nᵀ (the theorem of Frisch, Waugh and Lovell), and their products are

    [PX Py]ᵀ[PX Py] = [X y]ᵀ[X y] - ([X y]ᵀN) (NᵀN)⁺ (Nᵀ[X y]) ,

so that nothing is fitted by itself, and sums stay sums. ξ is free for each species: the sums of species are kept apart,
and hundreds of rows lose but a few.
"""

from __future__ import annotations

import numpy as np

from interpot.records import FloatArray

_TOLD = 1e-10
"""Smallest eigenvalue of the scaled NᵀN, over the largest, of an unknown that counts."""


class Freed:
    """Takes the part of the rows along N out of their products, group by group of windows.

    Parameters
    ----------
    unknown, width
        Columns of N and of [X y].
    """

    def __init__(self, unknown: int, width: int) -> None:
        self._own, self._shared = np.zeros((unknown, unknown)), np.zeros((unknown, width))

    def see(self, along: FloatArray, rows: FloatArray) -> None:
        """Take note of some rows [X y] of the group, (n, width), and of those of N, (n, unknown)."""
        self._own += along.T @ along
        self._shared += along.T @ rows

    def take_out(self, products: FloatArray) -> int:
        """Subtract from products of all rows what lies along N; returns how many rows that is worth.

        Parameters
        ----------
        products : (width, width) float64
            [X y]ᵀ[X y], changed in place.
        """
        diagonal = np.diag(self._own)
        scales = np.where(diagonal > 0, 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0)), 0.0)
        values, vectors = np.linalg.eigh(self._own * scales * scales[:, None])
        seen = values > _TOLD * values[-1]
        part = (vectors[:, seen] / np.sqrt(values[seen])).T @ (scales[:, None] * self._shared)
        products -= part.T @ part
        return int(seen.sum())
