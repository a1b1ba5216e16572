"""Windows that overlap share the noise of their frames: their covariance, and rows that are free of it.

Rows are whitened for white noise of the positions (or momenta) whether there is noise or not. With noise this is the
generalised least-squares fit: on liquid argon with noise of 1 % of σ, half the error of one width, a tenth of that of
several at once. Without noise what is left is the error of sums over few times; it lies in fast motion, as the noise
does, and to undo a second difference weights fast motion down: it costs bumps up to 1.4 times of an error of 1e-5, and
saves hats a factor 6 (40 fs, 5e-3 to 8e-4) to 11 (80 fs, 6e-2 to 5e-3). Where every step is recorded nothing is
changed, for the rows are exact; the digits of the file are white noise too.
"""

from __future__ import annotations

import numpy as np

from interpot.records import FloatArray

_SMALLEST = 1e-6
"""Variance, relative to the largest, below which a combination of windows is one of rounding."""


def noise_covariance(weights: FloatArray) -> FloatArray:
    """Covariance of the targets of W windows, in units of m²σ² (or σ² of the momenta).

    White noise of standard deviation σ on every coordinate q(t) gives the targets Σ_t c_wt m q(t) the covariance
    m²σ² C Cᵀ.

    Parameters
    ----------
    weights : (W, T) float64
        C, or the weights of the momenta.

    Returns
    -------
    (W, W) float64
    """
    return np.asarray(weights @ weights.T)


def whitener(covariance: FloatArray, scale: float) -> FloatArray:
    """U with U S Uᵀ = scale² on the space that S spans: rows of equal, independent noise.

    U = scale · S^(-1/2), the symmetric root: of all whitened rows they are the closest to those they were made of.
    Combinations without noise of their own (more windows than frames) are left out.

    Parameters
    ----------
    covariance : (W, W) float64
        S.
    scale
        Noise of each new row: the same for all groups of a trajectory, so that their rows count alike; that of
        one window keeps rows in units of force.

    Returns
    -------
    (W, W) float64
    """
    variances, directions = np.linalg.eigh(covariance)
    kept = variances > _SMALLEST * variances[-1]
    root = directions[:, kept] / np.sqrt(variances[kept])
    return np.asarray(scale * root @ directions[:, kept].T)
