"""The elastic net: the LASSO with a ridge, which lets columns that are alike enter together.

    a(λ, μ) = argmin ½ ‖X a - y‖² + λ ‖a‖₁ + ½ μ ‖a‖²

For each μ it is a LASSO whose Gram matrix is XᵀX + μ, and is followed from kink to kink as that is.

Source: H. Zou, T. Hastie, J. R. Stat. Soc. B 67, 301 (2005).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from interpot.formula.regress.lasso import path
from interpot.formula.regress.paths import PathMethod, Support, largest_of
from interpot.records import FloatArray

RIDGES = (1e-8, 1e-6, 1e-4, 1e-2, 1.0)
"""μ, relative to the length of a column, which is 1."""


def supports(X: FloatArray, y: FloatArray, max_terms: int) -> Iterator[Support]:
    """Yield the largest entries of a at each kink, for each μ."""
    gram, moment = X.T @ X, X.T @ y
    for ridge in RIDGES:
        for a in path(gram + ridge * np.eye(len(gram)), moment)[1]:
            yield from largest_of(a, max_terms)


search = PathMethod(supports)
