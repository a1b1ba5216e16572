"""Sequentially thresholded least squares (SINDy).

    a ← argmin ‖X a - y‖² + α ‖a‖² over the columns kept,      kept ← those with |a| ≥ τ

until nothing changes, from all columns on, for each threshold τ of a path. α = 0 is the method as published; where
columns are alike, their least-squares coefficients are huge and of either sign, and a threshold keeps all of them or
none, which is why its users add a little ridge: several α are tried.

Sources: S. L. Brunton, J. L. Proctor, J. N. Kutz, Proc. Natl. Acad. Sci. 113, 3932 (2016); with the ridge: B. M.
de Silva et al., J. Open Source Softw. 5, 2104 (2020).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from interpot.formula.regress.paths import PathMethod, Support, least_squares
from interpot.records import FloatArray

RIDGES = (0.0, 1e-12, 1e-8, 1e-4, 0.05)
"""α, relative to the length of a column, which is 1."""

THRESHOLDS = 200
"""How many τ are tried, in even ratios up to the largest coefficient of all columns."""

SMALLEST = 1e-6
"""Smallest τ, relative to ‖y‖."""


def supports(X: FloatArray, y: FloatArray, max_terms: int) -> Iterator[Support]:
    """Yield where the iteration ends for each α and τ, if that is small enough."""
    for ridge in RIDGES:
        solved: dict[Support, FloatArray] = {}
        everything = tuple(range(X.shape[1]))
        smallest = SMALLEST * float(np.linalg.norm(y))
        largest = max(float(np.abs(_solve(X, y, ridge, everything, solved)).max()), smallest)
        for threshold in np.geomspace(smallest, largest, THRESHOLDS):
            kept: Support = everything
            before: Support = ()
            while kept and kept != before:
                large = np.abs(_solve(X, y, ridge, kept, solved)) >= threshold
                before, kept = kept, tuple(np.array(kept)[large].tolist())
            if 0 < len(kept) <= max_terms:
                yield kept


def _solve(
    X: FloatArray, y: FloatArray, ridge: float, kept: Support, solved: dict[Support, FloatArray]
) -> FloatArray:
    """Coefficients of the columns kept; those of different thresholds often meet again."""
    if kept not in solved:
        weights = np.sqrt(ridge) * np.eye(len(kept)) if ridge else np.zeros((0, len(kept)))
        rows = np.vstack([X[:, kept], weights])
        solved[kept] = least_squares(rows, np.concatenate([y, np.zeros(len(weights))]))
    return solved[kept]


search = PathMethod(supports)
