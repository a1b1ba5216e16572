"""Ridge regression with the whole library, then a threshold.

    a(λ) = argmin ‖X a - y‖² + λ ‖a‖²

over a path of λ; of each a(λ) the largest entries are kept. Ridge by itself selects nothing: where columns are alike,
it spreads a term over them, and the largest entries need not be those of the truth.

Source: A. E. Hoerl, R. W. Kennard, Technometrics 12, 55 (1970).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from interpot.formula.regress.paths import PathMethod, Support, largest_of
from interpot.records import FloatArray

PENALTIES = np.logspace(-14, 1, 46)
"""λ, relative to the length of a column, which is 1."""


def supports(X: FloatArray, y: FloatArray, max_terms: int) -> Iterator[Support]:
    """Yield the largest entries of a(λ), for each λ."""
    U, s, V = np.linalg.svd(X, full_matrices=False)
    for penalty in PENALTIES:
        a = V.T @ (s / (s**2 + penalty) * (U.T @ y))
        yield from largest_of(a, max_terms)


search = PathMethod(supports)
