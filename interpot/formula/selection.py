"""Which formula the data support: the choice among candidates, and those that the data cannot tell from it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from interpot.formula.candidate import INDIFFERENT, Candidate, description, information
from interpot.records import FloatArray

DECISIVE = 10.0
"""Difference in BIC that is decisive evidence; R. E. Kass, A. E. Raftery, J. Am. Stat. Assoc. 90, 773 (1995)."""

STRONG = 6.0
"""Difference in BIC that is strong evidence, from the same source."""

CLEAR = 4.0
"""Standard errors of a paired difference that are beyond chance, also that of the best of many formulas."""


def _told_apart(losses: FloatArray, best: int, even: bool) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which candidates are worse than the best one on held-out folds, and which so clearly that this is enough.

    Worse is by more than two standard errors, or by `CLEAR` ones of the logarithm; clear is by `CLEAR` standard errors
    of the former, and where the noise is uneven of either.
    """
    folds, excess = losses.shape[1], (losses - losses[best]).mean(axis=1)
    if folds < 2:
        return excess > INDIFFERENT**2, np.zeros(len(losses), dtype=np.bool_)
    spread = (losses - losses[best]).std(axis=1, ddof=1) / np.sqrt(folds)
    logs = np.log(np.maximum(losses, INDIFFERENT**2))
    ratio = logs - logs[best]
    every = ratio.mean(axis=1) > CLEAR * ratio.std(axis=1, ddof=1) / np.sqrt(folds)
    every &= excess > INDIFFERENT**2
    worse = (excess > np.maximum(2 * spread, INDIFFERENT**2)) | every
    clear = excess > CLEAR * spread
    return worse, clear if even else clear | every


def choose(
    candidates: Sequence[Candidate], named: Collection[int] = (), even: bool = True
) -> tuple[int, list[int]]:
    """Choose the simplest formula that the data cannot tell from the best, and give the others that they cannot tell.

    A formula is excluded if frames that its constants have not seen are described worse than by the best one, by
    more than two standard errors of the paired difference over the folds, and the BIC, which sees all frames at once
    but trusts their residuals to be alike, agrees: is higher by more than `STRONG`. More than `CLEAR` standard errors
    need no second opinion; where there is a single block, the BIC decides alone. With the BIC, as many standard errors
    of the logarithm of the losses exclude, too: a formula may fail in every fold by orders of magnitude, and by so
    different ones that the plain difference scatters. Differences below `INDIFFERENT` are none, nor is what the
    splines do not resolve of a formula. Formulas with a coefficient that the data do not tell from zero are considered
    only where there is no other.

    That is what may be chosen. Of a form with a name people ask whether it may be true, and neither constants that the
    data do not tell from zero nor their number speak against that: its second opinion is what it leaves of all frames
    as it is fitted, without the price of its constants, by more than `DECISIVE`, as the best is the best of many. Where
    none is asked, what constants of no use cost on held-out frames is taken off first, with what they gain on frames
    that they were fitted to: every fold pays much the same for them, so that it may be many standard errors.

    Noise that is not the same everywhere (`Judge.is_uneven`) deceives the BIC, which then is not asked: more than
    `CLEAR` standard errors exclude, of the losses or of their logarithms, and the fewest constants are chosen.

    Parameters
    ----------
    candidates
        On the same folds.
    named
        Indices of forms with a name.
    even
        Whether the noise is the same everywhere.

    Returns
    -------
    chosen
        Index of the candidate with the shortest description among those that are not excluded and whose BIC is not
        decisively higher; of several the one with the lowest loss.
    rivals
        Indices of the others that are not excluded, forms of which it is a special case among them.
    """
    losses = np.array([c.held_out if len(c.held_out) else [c.loss**2] for c in candidates])
    measured = losses.mean(axis=1)
    losses = np.maximum(losses - np.array([[c.unresolved**2] for c in candidates]), 0.0)
    usable = np.array([c.determined for c in candidates])
    if not usable.any():
        usable[:] = True
    means = losses.mean(axis=1)
    best = int(np.where(usable, means, np.inf).argmin())
    rows = candidates[best].rows
    bic = np.array([information(c, rows) for c in candidates])
    bic -= bic[usable].min()
    worse, clear = _told_apart(losses, best, even)
    near = np.flatnonzero(usable & ~(worse & (clear | (even & (bic > STRONG))))).tolist()
    simple = [k for k in near if bic[k] <= DECISIVE and even] or near

    def length(k: int) -> float:
        return description(candidates[k], rows) if even else candidates[k].fit.constants

    chosen = int(min(simple, key=lambda k: (length(k), measured[k])))
    speaks = np.array([information(c, rows) - description(c, rows) for c in candidates])
    more = np.array([max(c.fit.constants - candidates[best].fit.constants, 0) for c in candidates])
    # a constant of no use makes held-out losses larger by s², and that of all frames, which speaks, smaller by s²
    _, clear = _told_apart(losses - (2 * means[best] / rows) * more[:, None], best, even)
    excluded = worse & (clear | (even & (speaks - speaks[best] > DECISIVE)))
    near = sorted({*near, *(k for k in named if not excluded[k])})
    return chosen, [k for k in near if k != chosen]
