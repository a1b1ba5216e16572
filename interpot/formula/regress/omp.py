"""Orthogonal matching pursuit: the column that points most along the residual enters, all are refitted, and so on.

    S ← S ∪ {argmax_j |x_jᵀ (y - X_S a_S)|},      a_S = argmin ‖X_S a - y‖²

It finds a true support of k columns for certain if no two columns have a cosine of 1/(2k - 1) or more.

Sources: Y. C. Pati, R. Rezaiifar, P. S. Krishnaprasad, Proc. 27th Asilomar Conf. Signals, Systems and Computers, 40
(1993); the condition: J. A. Tropp, IEEE Trans. Inf. Theory 50, 2231 (2004).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from interpot.formula.regress.paths import PathMethod, Support, least_squares
from interpot.records import FloatArray


def supports(X: FloatArray, y: FloatArray, max_terms: int) -> Iterator[Support]:
    """Yield the support after each step."""
    kept: list[int] = []
    residual = y
    for _ in range(min(max_terms, X.shape[1])):
        along = np.abs(X.T @ residual)
        along[kept] = -1.0  # rounding may leave the residual along them
        kept.append(int(along.argmax()))
        residual = y - X[:, kept] @ least_squares(X[:, kept], y)
        yield tuple(sorted(kept))


search = PathMethod(supports)
