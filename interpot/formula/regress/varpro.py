"""Variable projection: the coefficients follow from the shapes, so only the shapes are searched.

For shapes θ the best coefficients solve a linear problem; the residual that remains is minimised over θ by
Gauss-Newton steps with Kaufman's Jacobian -(I - QQᵀ) M ∂φ/∂θ.

Sources: G. H. Golub, V. Pereyra, SIAM J. Numer. Anal. 10, 413 (1973); L. Kaufman, BIT 15, 49 (1975).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import least_squares

from interpot.formula.regress.form import Form
from interpot.records import FloatArray
from interpot.statistic.objective import Objective

CONVERGED = 1e-10
"""Relative decrease of the misfit below which a step is the last: without noise, steps decrease it by far more until
rounding is reached; with noise, what is left moves no constant by a thousandth of its error."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Forms for all channels of an objective, with their best constants.

    Attributes
    ----------
    forms
        One per channel.
    coefficients
        Per channel, (terms,), internal units.
    misfit
        ‖W P φ - y‖², eV²/Å²: what better functions of the same channels would gain.
    """

    forms: tuple[Form, ...]
    coefficients: tuple[FloatArray, ...]
    misfit: float

    @property
    def constants(self) -> int:
        """Number of fitted constants."""
        return sum(form.constants for form in self.forms)

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for fits of the same structure."""
        return tuple(form.key for form in self.forms)

    def values(self, nodes: Sequence[FloatArray]) -> list[FloatArray]:
        """φ of each channel on given distances."""
        parts = zip(self.forms, self.coefficients, nodes, strict=True)
        return [form.columns(r) @ a for form, a, r in parts]


class _Projection:
    """The linear problem at one point θ."""

    def __init__(self, objective: Objective, forms: Sequence[Form]) -> None:
        self.forms = tuple(forms)
        mapped = [
            M @ form.columns(r) for M, form, r in zip(objective.maps, forms, objective.nodes, strict=True)
        ]
        X = np.hstack(mapped)
        with np.errstate(over="ignore"):
            self.scale = np.linalg.norm(X, axis=0)
        self.scale[(self.scale == 0) | ~np.isfinite(self.scale)] = np.inf  # a column that says nothing
        self.Q, self.T = np.linalg.qr(np.nan_to_num(X) / self.scale)
        self.residual = self.Q @ (self.Q.T @ objective.y) - objective.y

    def coefficients(self, y: FloatArray) -> list[FloatArray]:
        """Best coefficients, per channel; collinear columns share theirs."""
        solved = np.linalg.lstsq(self.T, self.Q.T @ y, rcond=1e-14)[0] / self.scale
        return np.split(solved, np.cumsum([len(f.terms) for f in self.forms])[:-1])


def fit(objective: Objective, forms: Sequence[Form], max_steps: int = 200) -> Fit:
    """Fit all constants of all channels' forms jointly, from the shapes that the forms come with.

    Guaranteed to be no worse than the start.
    """
    counts = [form.ties.shape[1] for form in forms]
    splits = np.cumsum(counts)[:-1]

    @lru_cache(maxsize=1)  # the Jacobian is asked for where the residual was
    def at_bytes(theta: bytes) -> _Projection:
        parts = np.split(np.frombuffer(theta), splits)
        return _Projection(objective, [f.moved(p) for f, p in zip(forms, parts, strict=True)])

    def at(theta: FloatArray) -> _Projection:
        return at_bytes(theta.tobytes())

    def residual(theta: FloatArray) -> FloatArray:
        return np.asarray(at(theta).residual / np.sqrt(objective.square))

    def jacobian(theta: FloatArray) -> FloatArray:
        here = at(theta)
        columns = [
            M @ form.free_columns(r, a)
            for M, form, r, a in zip(
                objective.maps, here.forms, objective.nodes, here.coefficients(objective.y), strict=True
            )
        ]
        J = np.nan_to_num(np.hstack(columns))
        return np.asarray((J - here.Q @ (here.Q.T @ J)) / np.sqrt(objective.square))

    best = at(np.concatenate([form.free for form in forms]))
    if sum(counts):
        lower, upper = np.hstack([form.bounds(r) for form, r in zip(forms, objective.nodes, strict=True)])
        start = np.clip(np.concatenate([form.free for form in forms]), lower, upper)
        solved = least_squares(
            residual,
            start,
            jacobian,
            bounds=(lower, upper),
            x_scale="jac",
            ftol=CONVERGED,
            xtol=1e-14,
            gtol=1e-15,
            max_nfev=max_steps,
        )
        found = at(solved.x)
        if found.residual @ found.residual <= best.residual @ best.residual:
            best = found
    return Fit(best.forms, tuple(best.coefficients(objective.y)), float(best.residual @ best.residual))
