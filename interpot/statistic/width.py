"""The width of the test functions, chosen from the data: the one whose fit predicts forces best.

Each width L gives its own normal equations, group by group of windows, A_g k = B_g. Its fit k = A⁻¹B has the covariance

    Cov = A⁻¹ [Σ_g u_g u_gᵀ] A⁻¹,      u_g = B_g - A_g k ,

which needs no model of the errors: it holds noise, the error of sums over few times, and what correlates within a
group. With A₀ = <XᵀX> of the features of single frames, the expected mean square error of a force component is

    J(L) = tr(A₀ Cov) .

A narrow window suffers from noise and from sums over few times, a wide one averages the forces away; J has both, on one
scale for all widths. Measured on liquid argon (40 splines, 2 to 80 fs between frames, noise of 0, 0.1 % and 1 % of the
diameter, half-widths 1 to 32): with noise √J is the true error of the forces within a factor of 2.4, mostly 1.3, and
the width of least J has the least error or one within the scatter. Without noise J is nearly flat from 3 to 32, as the
error is, and passes by the hats whose error is a bias (40 fs: 4e-5 against 2e-5 of the force).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray

_SAMPLED = 1e-6
"""Smallest eigenvalue of the scaled A₀ of a combination of features that counts as sampled."""

_LEAST_GROUPS = 8
_BLOCKS = 30
"""Groups are joined into so many, so that what they share with their neighbours stays inside."""

_ALIKE = 1.1
"""Errors within this factor are alike: the narrowest of such widths is taken, for it costs least."""


@dataclass(frozen=True, slots=True)
class WidthChoice:
    """The width that was chosen, and why.

    Attributes
    ----------
    width
        Half-width L, in frames.
    errors : eV/Å
        By width, the expected root mean square error √J of a force component.
    """

    width: int
    errors: Mapping[int, float]


def best_width(
    grams: Mapping[int, FloatArray], moments: Mapping[int, FloatArray], instantaneous: FloatArray
) -> WidthChoice:
    """Choose the width with the least expected error of the forces.

    Parameters
    ----------
    grams : width → (G, k, k) float64
        A_g of each group, in order of time; the groups of each width are its own.
    moments : width → (G, k) float64
        B_g.
    instantaneous : (k, k) float64
        A₀, the mean over rows of single frames (force components).

    Raises
    ------
    InterpotError
        No width has eight groups.
    """
    directions = _sampled(instantaneous)
    errors = {
        width: _expected_error(grams[width] @ directions, moments[width], directions)
        for width in sorted(grams)
        if len(grams[width]) >= _LEAST_GROUPS
    }
    if not errors:
        most = max((len(gram) for gram in grams.values()), default=0)
        raise InterpotError(
            f"{most} groups of windows at most, where {_LEAST_GROUPS} are needed to choose a width from the data: "
            "give a longer trajectory, or the width"
        )
    least = min(errors.values())
    return WidthChoice(width=next(w for w, error in errors.items() if error <= _ALIKE * least), errors=errors)


def _sampled(instantaneous: FloatArray) -> FloatArray:
    """Combinations of features, in columns, whose mean square force is 1 each: ZᵀA₀Z = 1."""
    diagonal = np.diag(instantaneous)
    scales = np.where(diagonal > 0, 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0)), 0.0)
    values, vectors = np.linalg.eigh(instantaneous * scales * scales[:, None])
    kept = values > _SAMPLED * values[-1]
    return np.asarray(scales[:, None] * vectors[:, kept] / np.sqrt(values[kept]))


def _expected_error(half: FloatArray, moments: FloatArray, directions: FloatArray) -> float:
    """√J; `half` is A_g Z, so that the trace is over coordinates in which A₀ is 1."""
    count = min(len(moments), _BLOCKS)
    parts = np.array_split(np.arange(len(moments)), count)
    gram = np.array([directions.T @ half[part].sum(axis=0) for part in parts])
    moment = np.array([moments[part].sum(axis=0) for part in parts]) @ directions
    try:
        inverse = np.linalg.inv(gram.sum(axis=0))
    except np.linalg.LinAlgError:
        return np.inf
    scores = moment - gram @ (inverse @ moment.sum(axis=0))
    return float(np.sqrt(count / (count - 1) * np.sum((scores @ inverse) ** 2)))
