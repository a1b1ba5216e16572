"""The LASSO path: least squares with a penalty on the sum of the coefficients' sizes.

    a(λ) = argmin ½ ‖X a - y‖² + λ ‖a‖₁

a is piecewise linear in λ, and between two kinks its support does not change: the path is followed from kink to kink by
least angle regression. Where more columns are active than a formula may have terms, the largest are kept.

Sources: R. Tibshirani, J. R. Stat. Soc. B 58, 267 (1996); B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, Ann. Stat.
32, 407 (2004); the threshold: N. Meinshausen, B. Yu, Ann. Stat. 37, 246 (2009).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import lars_path_gram

from interpot.formula.regress.paths import PathMethod, Support, largest_of
from interpot.records import FloatArray

MAX_KINKS = 500
"""Where columns are nearly collinear, the path turns for ever."""


def path(gram: FloatArray, moment: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Follow the path from the λ at which a is zero downwards.

    Parameters
    ----------
    gram, moment
        XᵀX (T, T) and Xᵀy (T,).

    Returns
    -------
    penalties, coefficients
        λ (kinks,), descending, and a(λ) (kinks, T) there.
    """
    with warnings.catch_warnings():
        # a column that is collinear with the active ones is left out of them, or ends the path
        warnings.simplefilter("ignore", ConvergenceWarning)
        penalties, _, coefficients = lars_path_gram(
            moment, gram, n_samples=1, max_iter=MAX_KINKS, method="lasso"
        )
    return penalties, coefficients.T


def supports(X: FloatArray, y: FloatArray, max_terms: int) -> Iterator[Support]:
    """Yield the largest entries of a at each kink."""
    for a in path(X.T @ X, X.T @ y)[1]:
        yield from largest_of(a, max_terms)


search = PathMethod(supports)
