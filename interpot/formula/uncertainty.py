"""How well the constants are known: their covariance from the spread over blocks of frames, and intervals.

Frames next to each other are alike, so that force components are no independent observations; blocks of many frames
nearly are. With H = Σ_b h_b the Hessian of half the loss in the constants and g_b its gradient on block b, the sandwich

    H⁻¹ (Σ_b g̃_b g̃_bᵀ) H⁻¹,      g̃_b = (1 - h_b H⁻¹)^(-1/2) g_b

holds for any correlation within blocks and any noise that differs between them. The power -1/2 makes it unbiased where
blocks are alike: a fit follows each block, the more the larger its part of what is known, and hides part of its
gradient (power 0 is White's, too small; power -1 is the jackknife's, too large). Over repeats, intervals of
Student's t with blocks - 1 degrees of freedom hold the truth as often as they say.

Sources: H. White, Econometrica 48, 817 (1980); R. M. Bell, D. F. McCaffrey, Surv. Methodol. 28, 169 (2002), the
correction CR2; R. G. Miller, Biometrika 61, 1 (1974), the jackknife.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from interpot.formula.regress.varpro import Fit, fit
from interpot.records import FloatArray
from interpot.statistic.blocks import ARRAYS
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective

LEAST_BLOCKS = 2.0
"""A combination of constants that effectively no more blocks tell of has no spread over blocks."""

WHOLE = 0.98
"""Largest part of what is known of a combination of constants that one block is taken to hold."""


def meat(H: FloatArray, scores: FloatArray, shares: FloatArray, independent: float) -> FloatArray:
    """Return Σ_b g̃_b g̃_bᵀ, the filling of the sandwich.

    Combinations of constants of which effectively no more than `LEAST_BLOCKS` blocks tell, 1/Σ_b λ_b² of them if λ_b
    is the part of what is known that block b holds, get what independent residuals give, where that is larger.

    Parameters
    ----------
    H : (p, p)
        Σ_b h_b.
    scores : (b, p)
        g_b.
    shares : (b, p, p)
        h_b.
    independent
        Variance of a residual, eV²/Å².
    """
    scale, inverse = scaled_inverse(H)
    values, vectors = np.linalg.eigh(inverse)
    root = vectors * np.sqrt(np.maximum(values, 0.0)) / scale[:, None]  # H⁻¹ = root rootᵀ
    parts = root.T @ shares @ root
    known, directions = np.linalg.eigh(parts, UPLO="U")
    factors = 1 / np.sqrt(1 - np.clip(known, 0.0, WHOLE))
    whitened = np.einsum("bij,bj,bkj,bk->bi", directions, factors, directions, scores @ root)
    few, axes = np.linalg.eigh(np.einsum("bij,bjk->ik", parts, parts))  # Σ λ², 1 over the blocks that tell
    filling = axes.T @ (whitened.T @ whitened) @ axes
    short = np.maximum(independent - np.diag(filling), 0.0) * (few * LEAST_BLOCKS >= 1)
    back = H @ root @ axes  # root⁻ᵀ, as H root rootᵀ = 1
    return np.asarray(back @ (filling + np.diag(short)) @ back.T)


def sandwich(H: FloatArray, filling: FloatArray) -> FloatArray:
    """Return H⁻¹ filling H⁻¹, symmetric; directions of which H knows nothing are left out."""
    scale, inverse = scaled_inverse(H)
    with np.errstate(over="ignore", invalid="ignore"):  # of a term that is nowhere seen
        covariance = inverse @ (filling / scale / scale[:, None]) @ inverse / scale / scale[:, None]
    return np.asarray((covariance + covariance.T) / 2)


def jackknife(statistic: Statistic, found: Fit) -> FloatArray:
    """Covariance of all constants from refits without one block each, (b - 1)/b Σ_b (θ_b - θ̄)(θ_b - θ̄)ᵀ.

    Every refit is exact, by variable projection on the sums of the other blocks, and starts at what all blocks give.
    Where blocks differ much in what they tell of a constant, this is larger than the sandwich, and too large.

    Parameters
    ----------
    statistic
        Of at least two blocks.
    found
        Forms and constants of all channels.

    Returns
    -------
    (p, p) float64
        By channel: coefficients, then free shapes; internal units.
    """
    count = len(statistic.blocks.square)
    refits = [fit(Objective.of(_without(statistic, n)), found.forms) for n in range(count)]
    constants = np.array([_constants(refit) for refit in refits])
    away = constants - constants.mean(axis=0)
    return np.asarray(away.T @ away * (count - 1) / count)


def _without(statistic: Statistic, n: int) -> Statistic:
    blocks = statistic.blocks
    parts = [
        replace(part, **{name: np.delete(getattr(part, name), n, axis=0) for name in ARRAYS})
        for part in blocks.parts
    ]
    return replace(statistic, blocks=replace(blocks, parts=tuple(parts), frames=np.delete(blocks.frames, n)))


def _constants(found: Fit) -> FloatArray:
    parts = zip(found.forms, found.coefficients, strict=True)
    return np.concatenate([np.concatenate([a, form.free]) for form, a in parts])


def scaled_inverse(H: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Scale and pseudo-inverse of the scaled matrix: H⁺ = inverse / scale / scaleᵀ."""
    scale: FloatArray = np.sqrt(np.maximum(np.diag(H), 0.0))
    scale[scale == 0] = 1.0
    return scale, np.asarray(np.linalg.pinv(H / scale / scale[:, None], rcond=1e-13, hermitian=True))
