"""Variable projection: the coefficients follow from the shapes, so only the shapes are searched.

For shapes θ the best coefficients solve a linear problem; the residual that remains is minimised over θ by
Gauss-Newton steps with Kaufman's Jacobian -(I - QQᵀ) M ∂φ/∂θ.

Under constraints the linear problem is that of `interpot.formula.regress.constrained`.

Sources: G. H. Golub, V. Pereyra, SIAM J. Numer. Anal. 10, 413 (1973); L. Kaufman, BIT 15, 49 (1975).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import null_space

from interpot.formula.regress.constrained import ConstrainedProjection
from interpot.formula.regress.descent import descend
from interpot.formula.regress.form import Form
from interpot.formula.regress.restriction import Restriction
from interpot.records import FloatArray
from interpot.statistic.objective import Objective

CONVERGED = 1e-10
"""Relative decrease of the misfit below which a step is the last: without noise, steps decrease it by far more until
rounding is reached; with noise, what is left moves no constant by a thousandth of its error."""

RANKED = 1e-6
"""The same for fits that are compared with others first and fitted once more: what is left moves a constant by a
fiftieth of its error at most. Of forms that are far from the data the last steps are most."""


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
        ‖W P φ - y‖², eV²/Å²: what better functions of the same channels would gain. Infinite where no constants
        meet the constraints, and where a term is not finite.
    active : (q, constants) or None
        Gradients of the constraints that hold as equalities, with respect to all constants: of each channel the
        coefficients, then the free shapes.
    """

    forms: tuple[Form, ...]
    coefficients: tuple[FloatArray, ...]
    misfit: float
    active: FloatArray | None = None

    @property
    def constants(self) -> int:
        """Number of fitted constants: those that active constraints leave free."""
        return sum(form.constants for form in self.forms) - (0 if self.active is None else len(self.active))

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for fits of the same structure."""
        return tuple(form.key for form in self.forms)

    def directions(
        self, lengths: FloatArray | None = None, still: NDArray[np.bool_] | None = None
    ) -> FloatArray:
        """Directions in which the constants can move while active constraints hold, (constants, d).

        Parameters
        ----------
        lengths : (constants,)
            By how much each constant changes the forces: the directions are orthonormal for constants times these.
        still : (constants,)
            Marks constants that do not move at all.
        """
        moving = np.eye(sum(form.constants for form in self.forms))
        if still is not None:
            moving = moving[:, ~still]
        if self.active is None or not moving.size:
            return moving
        size = np.ones(len(moving)) if lengths is None else np.where(lengths > 0, lengths, 1.0)
        size = np.abs(moving).T @ size
        rows = self.active @ moving / size
        norms = np.linalg.norm(rows, axis=1)
        return np.asarray(moving @ (null_space(rows[norms > 0] / norms[norms > 0, None]) / size[:, None]))

    def values(self, nodes: Sequence[FloatArray]) -> list[FloatArray]:
        """φ of each channel on given distances; not finite where it has no value, as it may be beyond the data."""
        parts = zip(self.forms, self.coefficients, nodes, strict=True)
        with np.errstate(over="ignore", invalid="ignore"):
            return [form.columns(r) @ a for form, a, r in parts]


class _Projection:
    """The linear problem at one point θ."""

    def __init__(self, objective: Objective, forms: Sequence[Form]) -> None:
        self.forms, self._objective = tuple(forms), objective
        with np.errstate(over="ignore", invalid="ignore"):
            mapped = [
                M @ form.columns(r) for M, form, r in zip(objective.maps, forms, objective.nodes, strict=True)
            ]
            X = np.hstack(mapped)
            self.scale = np.linalg.norm(X, axis=0)
        self.feasible = bool(np.isfinite(self.scale).all())
        self.scale[(self.scale == 0) | ~np.isfinite(self.scale)] = np.inf  # a column that says nothing
        self.Q, self.T = np.linalg.qr((X if self.feasible else np.nan_to_num(X)) / self.scale)
        self.residual = self.Q @ (self.Q.T @ objective.y) - objective.y

    def coefficients(self) -> list[FloatArray]:
        """Best coefficients, per channel; collinear columns share theirs."""
        solved = np.linalg.lstsq(self.T, self.Q.T @ self._objective.y, rcond=1e-14)[0] / self.scale
        return np.split(solved, np.cumsum([len(f.terms) for f in self.forms])[:-1])

    def jacobian(self) -> FloatArray:
        """Kaufman's approximation of ∂residual/∂θ, (R, f)."""
        objective = self._objective
        parts = zip(objective.maps, self.forms, objective.nodes, self.coefficients(), strict=True)
        J = np.hstack([M @ form.free_columns(r, a) for M, form, r, a in parts])
        return np.asarray(J - self.Q @ (self.Q.T @ J))

    def gradients(self) -> None:
        """No constraint is active where there are none."""


def fit(
    objective: Objective,
    forms: Sequence[Form],
    max_steps: int = 200,
    constraints: Sequence[Restriction] | None = None,
    converged: float = CONVERGED,
) -> Fit:
    """Fit all constants of all channels' forms jointly, from the shapes that the forms come with.

    Guaranteed to be no worse than the start, once its shapes are within their bounds.

    Parameters
    ----------
    objective, forms
        As many channels as forms.
    max_steps
        Of the search over the free shapes.
    constraints
        One per channel; the constants meet them, or the misfit is infinite.
    converged
        Relative decrease of the misfit that is not worth a step.
    """
    counts = [form.ties.shape[1] for form in forms]
    splits = np.cumsum(counts)[:-1]
    limits = [form.bounds(r) for form, r in zip(forms, objective.nodes, strict=True)]
    if constraints is not None:
        narrowed = [c.shape_bounds(f, r) for c, f, r in zip(constraints, forms, objective.nodes, strict=True)]
        limits = [bounds for bounds in narrowed if bounds is not None]
        if len(limits) < len(forms):
            return Fit(tuple(forms), tuple(np.zeros(len(f.terms)) for f in forms), np.inf)

    def at(theta: FloatArray) -> _Projection | ConstrainedProjection:
        shapes = np.split(theta, splits)
        moved = [f.moved(p) for f, p in zip(forms, shapes, strict=True)]
        if constraints is None:
            return _Projection(objective, moved)
        return ConstrainedProjection(objective, moved, constraints)

    first, bounds = np.concatenate([form.free for form in forms]), np.hstack(limits)
    best = descend(at, first, bounds, converged, max_steps) if sum(counts) else at(first)
    if constraints is None and np.any((first < bounds[0]) | (first > bounds[1])):
        outside = at(first)
        if outside.residual @ outside.residual < best.residual @ best.residual:
            best = outside
    misfit = float(best.residual @ best.residual) if best.feasible else np.inf
    return Fit(best.forms, tuple(best.coefficients()), misfit, best.gradients())


def moved(fit: Fit, step: FloatArray, nodes: Sequence[FloatArray]) -> Fit:
    """Move all constants of a fit; shapes stay within their bounds, and the misfit is that from before."""
    forms, coefficients, start = [], [], 0
    for form, a, r in zip(fit.forms, fit.coefficients, nodes, strict=True):
        part = step[start : start + form.constants]
        start += form.constants
        low, high = form.bounds(r)
        forms.append(form.moved(np.clip(form.free + part[len(a) :], low, high)))
        coefficients.append(a + part[: len(a)])
    return replace(fit, forms=tuple(forms), coefficients=tuple(coefficients))
