"""What a fit leaves, block by block: noise points another way in each, a wrong form the same way in all.

The residual of a fit in the compressed objective is minus the sum of its scores s_n over the blocks of frames, with
s_n = W⁻ᵀ(B_n - A_n k). If it is noise, blocks are independent, and

    Z = Σ_{n≠m} s_n·s_m / √(2 Σ_{n≠m} (s_n·s_m)²)

is about 0 with variance 1, however the noise depends on where particles are: rounded positions make errors that are a
hundred times as large between close pairs as elsewhere, so that the true form leaves many times what one variance for
all forces lets expect. A wrong form leaves the same in every block: Z comes to b/√2.

Source: H. White, Econometrica 48, 817 (1980), for errors whose variance is not known; A. J. Lee, U-Statistics (1990).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interpot.formula.regress.varpro import Fit
from interpot.records import FloatArray
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective

DEVIATIONS = 2.0
"""Standard deviations of what noise leaves, up to which more is chance."""

LEAST_BLOCKS = 8
"""Fewer do not tell what noise is."""

SEEN_BY = 6
"""So many blocks at least have to hold what is more than one variance explains: the same in m of them makes Z no more
than √(m(m-1)/2), which is chance where m is 3."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockScores:
    """Scores of fits of one channel, all others eliminated, or of all channels.

    Attributes
    ----------
    statistic, whole
        The same data, as sums per block and compressed.
    alone
        `Objective.without_others` of the channel, or the whole.
    """

    statistic: Statistic
    whole: Objective
    alone: Objective

    def of(self, fit: Fit) -> FloatArray:
        """s_n of each block, (b, R)."""
        left = self.alone.residual(fit.values(self.alone.nodes))
        k = self.whole.inverse @ self.whole.target + self.alone.inverse @ left
        return np.asarray(
            (self.statistic.blocks.moment - self.statistic.blocks.times(k)) @ self.alone.inverse
        )

    def scatter(self, fit: Fit, variance: float) -> bool:
        """Whether what a fit leaves `is_scatter`; `variance` is that of noise along one direction, eV²/Å²."""
        scores = self.of(fit)
        return is_scatter(scores, variance * scores.shape[1] / len(scores))


def is_scatter(scores: FloatArray, expected: float, deviations: float = DEVIATIONS) -> bool:
    """Whether scores scatter as noise does that is not the same everywhere; False also where the blocks cannot tell.

    Parameters
    ----------
    scores : (b, R)
        Of the blocks.
    expected
        |s_n|² of noise that is the same everywhere: what is beyond that has to be seen by `SEEN_BY` blocks, as counted
        by (Σ x)²/Σ x².
    deviations
        Largest Z.
    """
    products = scores @ scores.T
    beyond = np.maximum(np.diag(products) - expected, 0.0)
    if len(scores) < LEAST_BLOCKS or beyond.sum() ** 2 <= SEEN_BY * np.sum(beyond**2):
        return False
    np.fill_diagonal(products, 0.0)
    return bool(products.sum() <= deviations * np.sqrt(2 * np.sum(products**2)))
