"""Standard errors and covariances of a potential's constants in other units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interpot.formula.channel_formula import ChannelFormula
from interpot.records import FloatArray


def converted_errors(
    channels: Sequence[ChannelFormula], covariance: FloatArray, scales: FloatArray, length: float
) -> tuple[FloatArray, FloatArray]:
    """Standard errors and covariance of the constants of all channels in other units.

    The unit of C in C/r^n has n in it: C' = C λ^n in lengths λ times as many. Where n is fitted, its error therefore
    enters that of C': G has dC'/dn = C' ln λ, and the covariance becomes G Σ Gᵀ.

    Parameters
    ----------
    channels, covariance
        Of a potential.
    scales : (p,) float64
        What each constant is multiplied by.
    length
        λ.

    Notes
    -----
    The sums are of correlations, not covariances: in SI the square of an error can underflow.
    """
    parameters = [p for channel in channels for p in channel.parameters]
    sigma = np.array([p.stderr for p in parameters], dtype=np.float64)
    step = np.where(sigma > 0, sigma, 1.0)
    correlation = correlation_matrix(covariance, step)
    stderrs = sigma * scales
    for c, n, slope in _links(channels):
        # row and column c of G Σ Gᵀ, in units of the errors
        weight = slope * np.log(length) * step[n] / step[c]
        correlation[c] += weight * correlation[n]
        correlation[:, c] += weight * correlation[:, n]
        stderrs[c] = step[c] * scales[c] * np.sqrt(max(correlation[c, c], 0.0))
    factors = step * scales
    return stderrs, factors[:, None] * correlation * factors


def _links(channels: Sequence[ChannelFormula]) -> list[tuple[int, int, float]]:
    """Which parameters C have a fitted exponent n in their unit length^±n: their rows, and ±C."""
    links, first = [], 0
    for channel in channels:
        fitted = [
            (first + k, p.value)
            for k, p in enumerate(channel.parameters)
            if p.energy == p.length == 0 and p.stderr > 0
        ]
        for c, p in enumerate(channel.parameters, first):
            if p.energy and p.length and p.stderr != 0:
                same = [(n, value) for n, value in fitted if abs(p.length) == abs(value)]
                links += [(c, n, p.value * p.length / value) for n, value in same[:1]]
        first += len(channel.parameters)
    return links


def correlation_matrix(covariance: FloatArray, stderrs: FloatArray) -> FloatArray:
    """Covariance in units of the standard errors; a variance that has underflowed is a 1.

    A parameter some of whose covariances have underflowed as well is taken as independent of the others, since
    a matrix with holes need not be positive.
    """
    correlation = covariance / stderrs[:, None] / stderrs
    lost = np.outer(stderrs, stderrs) < np.finfo(np.float64).tiny
    holes = np.diag(lost) & (lost.sum(axis=1) > 1)
    correlation[holes] = correlation[:, holes] = 0.0
    correlation[np.diag(np.diag(lost))] = 1.0
    return correlation
