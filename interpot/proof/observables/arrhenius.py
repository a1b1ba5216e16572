"""Arrhenius's law over several runs: value = A exp(-E/(kT)).

Source: S. Arrhenius, Z. Phys. Chem. 4, 226 (1889).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from interpot.errors import InterpotError


@dataclass(frozen=True, slots=True)
class Arrhenius:
    """A fitted law with standard errors.

    Attributes
    ----------
    activation, activation_error
        E/k, in the unit of the temperatures; times `UnitStyle.boltzmann` it is an energy of the style.
    prefactor, prefactor_error
        A, in the unit of the values; the error is that of ln A, times A.
    probability
        Of deviations from the law at least as large by chance alone; below 0.01 a single activation energy does not
        describe the values. 1 with two temperatures, which fit any law.
    """

    activation: float
    activation_error: float
    prefactor: float
    prefactor_error: float
    probability: float


def arrhenius(temperatures: Sequence[float], values: Sequence[float], errors: Sequence[float]) -> Arrhenius:
    """Fit ln(value) = ln A - (E/k)/T by least squares weighted with the standard errors.

    Parameters
    ----------
    temperatures, values, errors : (m,)
        Positive; errors are those of the values (absolute), small against them, so that ln is nearly linear.

    Raises
    ------
    InterpotError
        Fewer than two different temperatures, or a number that is not positive.
    """
    t, y, sigma = (np.asarray(series, dtype=np.float64) for series in (temperatures, values, errors))
    if not len(t) == len(y) == len(sigma) or len(np.unique(t)) < 2:
        raise InterpotError(
            f"an Arrhenius fit needs values with errors at two temperatures or more: got {len(t)} temperatures, "
            f"{len(y)} values and {len(sigma)} errors"
        )
    for name, series in (("temperature", t), ("value", y), ("error", sigma)):
        if not (np.isfinite(series) & (series > 0)).all():
            bad = series[~(np.isfinite(series) & (series > 0))][0]
            raise InterpotError(f"an Arrhenius fit needs positive numbers: one {name} is {bad:g}")
    weight = y / sigma
    design = np.stack([np.ones_like(t), -1 / t], axis=1) * weight[:, None]
    solution, *_ = np.linalg.lstsq(design / np.abs(design).max(axis=0), weight * np.log(y), rcond=None)
    solution = solution / np.abs(design).max(axis=0)
    covariance = np.linalg.inv(design.T @ design)
    squares = float(np.sum((design @ solution - weight * np.log(y)) ** 2))
    log_a, activation = solution
    return Arrhenius(
        activation=float(activation),
        activation_error=float(np.sqrt(covariance[1, 1])),
        prefactor=float(np.exp(log_a)),
        prefactor_error=float(np.exp(log_a) * np.sqrt(covariance[0, 0])),
        probability=float(chi2.sf(squares, len(t) - 2)) if len(t) > 2 else 1.0,
    )
