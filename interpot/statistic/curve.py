"""A table of energies compressed as a trajectory is: what its points count, and the objective that they make.

With standard errors σ_k, given or assumed, the loss of a function φ of the distance is

    L(φ) = Σ_k [φ(r_k) + e_0 - E_k]² / σ_k²

which is the objective of force matching (`interpot.statistic.objective`) with the points as nodes, diag(1/σ) as the map
and nothing that no function could explain. e_0 is 0, as for interaction energies, or is fitted: it is then eliminated,
since its best value for any φ is a weighted mean.

Assumed errors are known up to a factor, which follows from the residuals. The energies of a table span decades:
σ² ∝ E² + D² with the depth of the well D takes errors to be a fraction of the energy on the wall, and a fraction of
D in the well and beyond. Quantum chemistry is better than that at large distances, where its energies are small but
as exact as elsewhere: where a table shows no noise there, errors beyond the minimum are taken to be a fraction of the
energy. Only then do the points tell dispersion, r^-6, from anything else that has decayed by then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interpot.errors import InterpotError
from interpot.records import EnergyCurve, FloatArray
from interpot.statistic.objective import Objective

Weights = str | tuple[float, float] | None
"""What is assumed of the errors: a row of `ERRORS`, (floor, fraction), or None for what the table tells."""

ERRORS = {
    "well": "proportional to √(E² + D²) with the depth of the well D",
    "tail": "proportional to √(E² + D²) with the depth of the well D up to the minimum, and to E beyond",
    "relative": "proportional to the energies",
    "equal": "the same at all points",
}
"""What errors may be assumed to be."""

EXACT = 1e-3
"""Where the last digit is a smaller fraction than this of every energy beyond the minimum, their tail is exact."""

STEADY = 0.02
"""Changes of the power of the distance that are too small to be called noise."""

ROUNDING = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Standard errors of a table's energies.

    Attributes
    ----------
    sigma : (m,) float64, eV
        Up to a common factor where they are assumed.
    absolute
        Whether they are known, factor and all.
    sentence
        Where they come from, for people.
    """

    sigma: FloatArray
    absolute: bool
    sentence: str


def errors_of(curve: EnergyCurve, weights: Weights, offset: bool) -> Errors:
    """Take the errors of a table, or assume what fits it.

    Parameters
    ----------
    curve
        The table.
    weights
        "well", "tail", "relative", "equal" or (floor in energy units of the curve, fraction); None for the table's own.
    offset
        Whether the energies are total ones: they are then counted from that at the largest distance.

    Raises
    ------
    InterpotError
        Unknown weights, or a relative error of an energy that is 0.
    """
    if weights is None and curve.error is not None:
        return Errors(curve.error, True, "each point counts by the standard error that the table gives")
    if weights is None and curve.weight is not None:
        return Errors(curve.weight**-0.5, False, "each point counts by the weight that the table gives")
    energy = curve.energy - (curve.energy[-1] if offset else 0.0)
    if isinstance(weights, tuple):
        floor, fraction = weights
        assumption = f"√(({floor:g} {curve.units.energy_unit})² + ({fraction:g} E)²)"
        sentence = f"errors of the energies are taken to be {assumption}"
        return Errors(np.hypot(floor * curve.units.energy, fraction * energy), True, sentence)
    model = weights or assumed(curve.r, energy, curve.resolution)
    sigma = _proportional(energy, model)
    if not (sigma > 0).all():
        raise InterpotError(
            f"'{curve.source}': {curve.label} has an energy of 0, whose relative error means nothing: give other "
            "weights, such as --weights well"
        )
    return Errors(
        sigma,
        False,
        f"errors of the energies are taken to be {ERRORS[model]}; how large they are follows from the residuals",
    )


def _proportional(energy: FloatArray, model: str) -> FloatArray:
    """Errors up to a factor, of the size of the energies."""
    match model:
        case "well":
            return np.asarray(np.hypot(energy, well_depth(energy)))
        case "tail":
            beyond = np.arange(len(energy)) > energy.argmin()
            return np.where(beyond, np.sqrt(2) * np.abs(energy), np.hypot(energy, well_depth(energy)))
        case "relative":
            return np.abs(energy)
        case "equal":
            return np.full(len(energy), well_depth(energy))
    raise InterpotError(
        f"unknown weights '{model}': expected {', '.join(ERRORS)} or a floor and a fraction, such as 0.001,0.01"
    )


def assumed(r: FloatArray, energy: FloatArray, resolution: float) -> str:
    """What to assume of the errors of energies that vanish at infinity: "tail" or "well".

    The tail is free of noise where at least four energies beyond the minimum are negative and given to more than
    three digits, and the power of the distance with which they fall from point to point is positive and turns
    once at most: dispersion makes it rise to more than 6 and come back, noise makes it go up and down.
    """
    bottom = int(energy.argmin())
    tail = -energy[bottom:]
    if len(tail) < 5 or not (tail > 0).all() or resolution > EXACT * tail.min():
        return "well"
    powers = -np.diff(np.log(tail)) / np.diff(np.log(r[bottom:]))
    steps = np.diff(powers)
    turns = np.count_nonzero(np.diff(np.sign(steps[np.abs(steps) > STEADY])))
    return "tail" if (powers > 0).all() and turns <= 1 else "well"


def well_depth(energy: FloatArray) -> float:
    """D, the depth of the well; of a curve without one, the median size of its energies. Positive."""
    depth = max(-float(energy.min()), 0.0) or float(np.median(np.abs(energy)))
    return depth or float(np.abs(energy).max()) or 1.0


def curve_objective(
    curve: EnergyCurve, sigma: FloatArray, offset: bool, rows: NDArray[np.bool_]
) -> Objective:
    """The loss on some of the points, (m,) booleans; with an offset, on what no constant can explain."""
    M, y = np.diag(1 / sigma)[rows], (curve.energy / sigma)[rows]
    if offset:
        constant = 1 / sigma[rows]
        constant /= np.linalg.norm(constant)
        largest = np.abs(y).max()
        M, y = M - np.outer(constant, constant @ M), y - constant * (constant @ y)
        y[np.abs(y) < ROUNDING * largest] = 0.0
    return Objective((curve.r,), (M,), y, np.diag(sigma)[:, rows], 0.0, float(y @ y))
