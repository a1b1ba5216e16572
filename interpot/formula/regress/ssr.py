"""The stepwise sparse regressor: from the whole library down, the smallest coefficient leaves, the rest is refitted.

    S ← S without argmin_{j ∈ S} |a_j|,      a_S = argmin ‖X_S a - y‖²

Source: L. Boninsegna, F. Nüske, C. Clementi, J. Chem. Phys. 148, 241723 (2018).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from interpot.formula.regress.paths import PathMethod, Support, least_squares
from interpot.records import FloatArray


def supports(X: FloatArray, y: FloatArray, max_terms: int) -> Iterator[Support]:
    """Yield the supports that are small enough."""
    kept = list(range(X.shape[1]))
    while kept:
        if len(kept) <= max_terms:
            yield tuple(kept)
        del kept[int(np.abs(least_squares(X[:, kept], y)).argmin())]


search = PathMethod(supports)
