"""What errors of the positions have taken from the forces is given back.

Errors of positions change the sums: A = Ā + D and B = B̄ + d. As much noise drawn upon them changes them by D and d once
more (`interpot.trajectory.targets.denoise`), so that these are known. Least squares finds too small coefficients; those
without noise obey (A - D) k = B - d. But A - D is not positive along combinations of splines that noise hides.

In directions v with D v = μ A v, vᵀAv = 1, the coefficient is vᵀ(B - d)/(1 - μ) instead of vᵀB. The difference of the
two, over the directions of which noise makes up no more than `MOST`, is a function κ like any other, and what is to be
given back are its forces: F + X κ stand for F. So B + A κ and C + 2 κᵀB + κᵀA κ take the places of B and C in every
block, A stays as it is, and residuals stay what they were.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from interpot.records import FloatArray
from interpot.statistic.blocks import SpeciesSums, unpacked
from interpot.statistic.layout import Layout, moved
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import decomposed

MOST = 0.5
"""Share of noise in a direction above which the data say too little of it."""


def less_noise(statistic: Statistic, plain: Statistic, noisy: Statistic) -> tuple[Statistic, float]:
    """Give the forces back that noise of positions has taken away.

    Parameters
    ----------
    statistic
        Of all rows at noisy positions.
    plain, noisy
        Of some of them, and of the same with as much noise again; only their sums per row matter.

    Returns
    -------
    Statistic
        As the head of this module says.
    float
        Root mean square of the forces that are given back, as a fraction of that of the explained ones.
    """
    less, more = _per_row_of(statistic, plain), _per_row_of(statistic, noisy)
    added, cross = more[0] - less[0], more[1] - less[1]
    solved = decomposed(statistic)
    shares, axes = np.linalg.eigh(solved.inverse.T @ added @ solved.inverse)
    found, shifted = axes.T @ solved.y, axes.T @ (solved.inverse.T @ cross)
    told = np.abs(shares) <= MOST
    change = np.where(told, (found - shifted) / (1 - np.where(told, shares, 0.0)) - found, 0.0)
    given = solved.inverse @ (axes @ change)
    parts = tuple(_with_forces(part, given[part.columns]) for part in statistic.blocks.parts)
    size = float(np.linalg.norm(change) / max(float(np.linalg.norm(found + change)), 1e-300))
    return replace(statistic, blocks=replace(statistic.blocks, parts=parts)), size


def _per_row_of(statistic: Statistic, some: Statistic) -> tuple[FloatArray, FloatArray]:
    """A and B of as many rows as the statistic has, in its columns, (K, K) and (K,)."""
    layout = Layout.of(statistic.channels, statistic.bases)
    same = some.blocks.laid_out(moved(some.bases, statistic.bases), layout.size, layout.own).summed()
    gram, moment = np.zeros((layout.size, layout.size)), np.zeros(layout.size)
    for mine, theirs in zip(statistic.blocks.parts, same.parts, strict=True):
        share = float(mine.rows.sum()) / max(int(theirs.rows[0]), 1)
        columns = theirs.columns
        gram[np.ix_(columns, columns)] += share * unpacked(theirs.gram[0], len(columns))
        moment[columns] += share * theirs.moment[0]
    return gram, moment


def _with_forces(sums: SpeciesSums, given: FloatArray) -> SpeciesSums:
    """The sums of one species with F + X κ for F."""
    pulls = np.array([unpacked(packed, len(given)) @ given for packed in sums.gram])
    square = sums.square + 2 * sums.moment @ given + pulls @ given
    return replace(sums, moment=sums.moment + pulls, square=square)
