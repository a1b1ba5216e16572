"""What a fit leaves, block by block: noise points another way in each, a wrong form the same way in all.

The residual of a fit in the compressed objective is minus the sum of its scores s_n over the blocks of frames, with
s_n = W⁻ᵀ(B_n - A_n k). If it is noise, blocks are independent, and

    Z = (Σ s_n·s_m - h) / √(2 Σ (s_n·s_m)²)      over |n - m| > 1

is about 0 with variance 1, however the noise depends on where particles are: rounded positions make errors that are a
hundred times as large between close pairs as elsewhere, so that the true form leaves many times what one variance for
all forces lets expect. A wrong form leaves the same in every block: Z comes to b/√2. Blocks next to each other are left
out, as what frames that were dumped too often have in common passes their border.

Channels that are eliminated follow the noise of each block, the more the fewer data there are, and that of one block
is missed in all others: their products are no longer 0 in the mean. With Q the projection on what the other channels
reach, U on the rest and S_n = W⁻ᵀA_nW⁻¹, even noise makes them add up to

    h = Σ_n (U s_n)·(U S_n Q s_n)

to first order in how much of what is known a block holds: the correction CR2 of `interpot.formula.uncertainty`.

Sources: H. White, Econometrica 48, 817 (1980), for errors whose variance is not known; A. J. Lee, U-Statistics (1990);
R. M. Bell, D. F. McCaffrey, Surv. Methodol. 28, 169 (2002).
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
        return np.asarray(self._slopes(fit) @ self.alone.inverse)

    def _slopes(self, fit: Fit) -> FloatArray:
        """B_n - A_n k of each block, (b, K)."""
        left = self.alone.residual(fit.values(self.alone.nodes))
        k = self.whole.inverse @ self.whole.target + self.alone.inverse @ left
        return self.statistic.blocks.moment - self.statistic.blocks.times(k)

    def hidden(self, fit: Fit) -> float:
        """What the products of blocks' scores add up to because other channels were eliminated, h."""
        if self.alone.inverse.shape == self.whole.inverse.shape:
            return 0.0
        slopes = self._slopes(fit)
        own = slopes @ self.alone.inverse
        others = (slopes @ self.whole.inverse) @ self.whole.inverse.T - own @ self.alone.inverse.T
        return float(np.sum(own * (self.statistic.blocks.times(others) @ self.alone.inverse)))

    def scatter(self, fit: Fit, variance: float) -> bool:
        """Whether what a fit leaves `is_scatter`; `variance` is that of noise along one direction, eV²/Å²."""
        scores = self.of(fit)
        return is_scatter(scores, variance * scores.shape[1] / len(scores), hidden=self.hidden(fit))


def is_scatter(
    scores: FloatArray, expected: float, deviations: float = DEVIATIONS, hidden: float = 0.0
) -> bool:
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
    hidden
        What noise makes the products add up to; see `BlockScores.hidden`.
    """
    products = scores @ scores.T
    beyond = np.maximum(np.diag(products) - expected, 0.0)
    if len(scores) < LEAST_BLOCKS or beyond.sum() ** 2 <= SEEN_BY * np.sum(beyond**2):
        return False
    blocks = np.arange(len(scores))
    apart = products[np.abs(blocks[:, None] - blocks) > 1]
    return bool(apart.sum() - hidden <= deviations * np.sqrt(2 * np.sum(apart**2)))
