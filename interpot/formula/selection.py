"""Which formula the data support: held-out loss over blocks of frames, errors of the constants, the choice.

All of it from the statistic. With ρ = W P φ - y the residual of a formula in the compressed objective and k₀ = W⁺y the
spline ceiling, the loss on any blocks with sums A_f, B_f, C_f is

    L_f = ρᵀ S_f ρ + 2 ρᵀ t_f + L_f(k₀),      S_f = W⁺ᵀ A_f W⁺,    t_f = W⁺ᵀ (A_f k₀ - B_f)

exact, and free of the cancellation that kᵀA_f k - 2 kᵀB_f + C_f suffers: the differences between formulas are as
exact as ρ. Over all blocks the S_f add up to 1 and the t_f to 0. Constants for a training set follow from those of
all data by Gauss-Newton steps on its sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from interpot.formula.regress.varpro import Fit
from interpot.records import FloatArray, IntArray
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective

INDIFFERENT = 1e-7
"""Relative force errors below this are rounding and projection errors: formulas below it are equally good."""

DECISIVE = 10.0
"""Difference in BIC that is decisive evidence; R. E. Kass, A. E. Raftery, J. Am. Stat. Assoc. 90, 773 (1995)."""

MAX_FOLDS = 16
SHARE = 0.02  # of the information on a combination of constants that must be in the training folds
GAUSS_NEWTON_STEPS = 2  # a fold moves the constants by a fraction of their errors


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A fit and what the data say of it.

    Attributes
    ----------
    fit
        Forms and constants.
    loss
        Relative force error ‖F_model - F‖/‖F‖ on the data it was fitted to.
    held_out : (folds,) float64
        Squared force error on each fold with constants from the others, in units of the mean ‖F‖² of a fold; empty
        where there is only one block.
    determined
        Whether every coefficient is at least two standard errors from zero.
    rows
        Effective number of independent force components.
    """

    fit: Fit
    loss: float
    held_out: FloatArray
    determined: bool
    rows: float

    @property
    def cross_validated(self) -> float:
        """Relative force error on frames that the constants have not seen; NaN with a single block."""
        return float(np.sqrt(self.held_out.mean())) if len(self.held_out) else float("nan")

    @property
    def cross_validated_error(self) -> float:
        """Standard error of `cross_validated`, from the spread over folds; NaN with a single block."""
        folds = len(self.held_out)
        if folds < 2:
            return float("nan")
        error = self.held_out.std(ddof=1) / np.sqrt(folds)
        # the error of a root is that of its square over twice the root
        return float(error / (2 * self.cross_validated)) if error > 0 else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Fold:
    """Sums of a run of consecutive blocks, in the space of the compressed residual."""

    S: FloatArray
    t: FloatArray
    ceiling: float  # L_f(k₀)


class Judge:
    """Evaluates fits on blocks of frames.

    Parameters
    ----------
    statistic, objective
        The same data, as sums per block and compressed.
    """

    def __init__(self, statistic: Statistic, objective: Objective) -> None:
        self._statistic, self._objective = statistic, objective
        self._ceiling = objective.inverse @ objective.target
        count = len(statistic.blocks.square)
        # a fold is a run of consecutive blocks: frames next to each other are alike
        parts = np.array_split(np.arange(count), min(count, MAX_FOLDS)) if count > 1 else []
        self._folds = [self._fold(part) for part in parts]

    def _fold(self, part: IntArray) -> _Fold:
        blocks, k, inverse = self._statistic.blocks, self._ceiling, self._objective.inverse
        A, B, C = blocks.gram(part), blocks.moment[part].sum(axis=0), blocks.square[part].sum()
        ceiling = float(k @ (A @ k) - 2 * k @ B + C)
        rounding = np.finfo(float).eps * len(k) * float(np.abs(k) @ (np.abs(A) @ np.abs(k)))
        if ceiling < rounding:
            ceiling = 0.0
        return _Fold(inverse.T @ A @ inverse, inverse.T @ (A @ k - B), ceiling)

    def candidate(self, fit: Fit) -> Candidate:
        """Judge one fit."""
        loss = np.sqrt((fit.misfit + self._objective.floor) / self._statistic.square)
        start = (self._residual(fit), self._jacobian(fit))
        held_out = np.array([self._held_out(fit, *start, fold) for fold in self._folds])
        return Candidate(
            fit,
            float(loss),
            held_out * len(held_out) / self._statistic.square,
            self._determined(fit, self.covariance(fit)),
            self._effective_rows(fit),
        )

    def _effective_rows(self, fit: Fit) -> float:
        """Force components divided by the design effect: how much correlation widens the constants' errors.

        Source: L. Kish, Survey Sampling (1965), ch. 5; here the mean over the constants.
        """
        H, meat, _ = self._bread_and_meat(fit)
        scale, inverse = _scaled_inverse(H)
        independent = (fit.misfit + self._objective.floor) / self._statistic.rows
        if independent == 0 or not len(H):
            return float(self._statistic.rows)
        effect = np.trace(inverse @ (meat / scale / scale[:, None])) / (len(H) * independent)
        return float(self._statistic.rows / max(effect, 1.0))

    @staticmethod
    def _determined(fit: Fit, covariance: FloatArray) -> bool:
        variances, start = np.diag(covariance), 0
        errors = np.sqrt(np.where(variances >= 0, variances, np.inf))  # what overflowed is not known
        for form, a in zip(fit.forms, fit.coefficients, strict=True):
            if not np.all(np.abs(a) > 2 * errors[start : start + len(a)]):
                return False
            start += form.constants
        return True

    def blocks(self, fit: Fit) -> int | None:
        """From how many blocks the errors of a fit's constants come; None where independent residuals are taken."""
        count = len(self._statistic.blocks.square)
        return None if count < fit.constants + 2 else count

    def covariance(self, fit: Fit) -> FloatArray:
        """Covariance of all constants, (p, p), by channel: coefficients, then free shapes; internal units.

        The sandwich H⁻¹ (Σ_b g_b g_bᵀ) H⁻¹ b/(b - 1) over b blocks with the gradients g_b of their losses: frames
        of a block may be correlated in any way. It is too small where blocks are few or one of them weighs most, and
        correlation widens errors: where it is smaller than what independent residuals give, or where there are fewer
        blocks than constants + 2, the latter is taken. Added to it is H⁻¹‖ρ‖², which is as far as rounding
        and projection errors ρ can move the constants if they conspire, up to `INDIFFERENT`: it is what
        remains of the error when the data are free of noise. Constraints that hold as equalities take away the
        directions in which they do not.

        Source: H. White, Econometrica 48, 817 (1980), with blocks as clusters.
        """
        H, meat, directions = self._bread_and_meat(fit)
        scale, inverse = _scaled_inverse(H)
        meat = meat + H * min(fit.misfit, INDIFFERENT**2 * self._objective.square)
        with np.errstate(over="ignore"):  # of a constant that moves no force
            covariance = inverse @ (meat / scale / scale[:, None]) @ inverse / scale / scale[:, None]
        if fit.active is not None:
            covariance = directions @ covariance @ directions.T
        return np.asarray((covariance + covariance.T) / 2)

    def _bread_and_meat(self, fit: Fit) -> tuple[FloatArray, FloatArray, FloatArray]:
        """H and Σ_b g_b g_bᵀ b/(b - 1) of the sandwich, and the directions of the constants that they are for."""
        J, residual = self._jacobian(fit), self._residual(fit)
        directions = fit.directions(np.linalg.norm(J, axis=0))
        J = J @ directions
        H, inverse = J.T @ J, self._objective.inverse
        blocks, b = self._statistic.blocks, len(self._statistic.blocks.square)
        freedom = max(self._statistic.rows - J.shape[1], 1)
        independent = H * (fit.misfit + self._objective.floor) / freedom
        if b < J.shape[1] + 2:
            return H, independent, directions
        k = self._ceiling + inverse @ residual
        slopes = [inverse.T @ (blocks.gram(n) @ k - B) for n, B in enumerate(blocks.moment)]
        scores = np.array(slopes) @ J
        return H, _larger(H, scores.T @ scores * b / (b - 1), independent), directions

    def _residual(self, fit: Fit) -> FloatArray:
        return self._objective.residual(fit.values(self._objective.nodes))

    def _jacobian(self, fit: Fit) -> FloatArray:
        """∂ρ/∂θ, (R, p)."""
        parts = zip(self._objective.maps, fit.forms, self._objective.nodes, fit.coefficients, strict=True)
        return np.hstack([M @ form.jacobian(r, a) for M, form, r, a in parts])

    def _held_out(self, fit: Fit, residual: FloatArray, J: FloatArray, fold: _Fold) -> float:
        """Squared force error on one fold with the constants of the others, eV²/Å²."""

        def training_loss(r: FloatArray) -> float:  # up to a constant; the other folds have 1 - S and -t
            return float(r @ r - r @ (fold.S @ r) - 2 * r @ fold.t)

        linear = np.concatenate([np.arange(form.constants) < len(form.terms) for form in fit.forms])
        for step in range(GAUSS_NEWTON_STEPS):
            moved = self._stepped(fit, residual, self._jacobian(fit) if step else J, fold)
            if not linear.all():
                # exponents carry the coefficients over decades: these follow once more, exactly, at the new shapes
                moved = self._stepped(moved, self._residual(moved), self._jacobian(moved), fold, ~linear)
            trial = self._residual(moved)
            if not training_loss(trial) < training_loss(residual):
                break
            fit, residual = moved, trial
        loss = residual @ (fold.S @ residual) + 2 * residual @ fold.t + fold.ceiling
        return max(float(loss), 0.0)

    def _stepped(
        self,
        fit: Fit,
        residual: FloatArray,
        J: FloatArray,
        fold: _Fold,
        still: NDArray[np.bool_] | None = None,
    ) -> Fit:
        """Move the constants by a Gauss-Newton step on all folds but one, except those that stand still."""
        directions = fit.directions(np.linalg.norm(J, axis=0), still)
        J = J @ directions
        gradient = J.T @ (residual - fold.S @ residual - fold.t)
        H = J.T @ J
        step = _determined_step(H, H - J.T @ (fold.S @ J), gradient)
        return moved(fit, -directions @ step, self._objective.nodes)


def _larger(H: FloatArray, sandwiched: FloatArray, independent: FloatArray) -> FloatArray:
    """The first filling, widened in each direction of H in which the second is larger."""
    scale, inverse = _scaled_inverse(H)
    values, vectors = np.linalg.eigh(inverse)
    root = vectors * np.sqrt(np.maximum(values, 0.0)) / scale[:, None]
    noise = float(np.trace(root.T @ independent @ root)) / max(int(np.sum(values > 0)), 1)  # a multiple of 1
    widths, directions = np.linalg.eigh(root.T @ sandwiched @ root)
    back = H @ root @ directions  # root⁻ᵀ, as H root rootᵀ = 1
    return np.asarray((back * np.maximum(widths, noise)) @ back.T)


def _determined_step(H: FloatArray, H_train: FloatArray, gradient: FloatArray) -> FloatArray:
    """Solve H_train δ = g where the training folds hold at least `SHARE` of what all data know.

    In other directions (a pair that meets in one fold only) the constants stay what all data make them: without
    that fold they could be anything, and would tell of nothing but its absence.
    """
    scale, inverse = _scaled_inverse(H)
    values, vectors = np.linalg.eigh(inverse)
    root = vectors * np.sqrt(np.maximum(values, 0.0)) / scale[:, None]  # H⁻¹ = root rootᵀ
    shares, directions = np.linalg.eigh(root.T @ H_train @ root)
    kept = shares > SHARE
    T = root @ directions[:, kept]
    return np.asarray(T @ ((T.T @ gradient) / shares[kept]))


def _scaled_inverse(H: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Scale and pseudo-inverse of the scaled matrix: H⁺ = inverse / scale / scaleᵀ."""
    scale: FloatArray = np.sqrt(np.maximum(np.diag(H), 0.0))
    scale[scale == 0] = 1.0
    return scale, np.asarray(np.linalg.pinv(H / scale / scale[:, None], rcond=1e-13, hermitian=True))


def moved(fit: Fit, step: FloatArray, nodes: Sequence[FloatArray]) -> Fit:
    """Move all constants of a fit; shapes stay within their bounds."""
    forms, coefficients, start = [], [], 0
    for form, a, r in zip(fit.forms, fit.coefficients, nodes, strict=True):
        part = step[start : start + form.constants]
        start += form.constants
        low, high = form.bounds(r)
        forms.append(form.moved(np.clip(form.free + part[len(a) :], low, high)))
        coefficients.append(a + part[: len(a)])
    return replace(fit, forms=tuple(forms), coefficients=tuple(coefficients))


def information(candidate: Candidate, rows: float) -> float:
    """Bayesian information criterion N ln(loss²) + constants · ln N; losses below `INDIFFERENT` count as equal.

    Only values with the same N can be compared: it multiplies a large logarithm.
    """
    loss = max(candidate.loss, INDIFFERENT)
    return float(rows * np.log(loss**2) + candidate.fit.constants * np.log(rows))


def choose(candidates: Sequence[Candidate]) -> tuple[int, list[int]]:
    """Choose the simplest formula that the data cannot tell from the best.

    Two formulas can be told apart if the mean over folds of the difference of their held-out losses exceeds two
    of its standard errors, if all of at least six folds prefer the same one, or if their BIC differ by more than
    ten; where there is a single block, only by their BIC. Differences below `INDIFFERENT` are none. Formulas with a
    coefficient that the data do not tell from zero are considered only where there is no other.

    Parameters
    ----------
    candidates
        On the same folds.

    Returns
    -------
    chosen
        Index of the candidate with the fewest constants that cannot be told from the one with the lowest mean;
        of several the one with the lowest mean.
    rivals
        Indices of the others that cannot be told from it, forms of which it is a special case among them.
    """
    losses = np.array([c.held_out if len(c.held_out) else [c.loss**2] for c in candidates])
    means, constants = losses.mean(axis=1), np.array([c.fit.constants for c in candidates])
    usable = np.array([c.determined for c in candidates])
    if not usable.any():
        usable[:] = True
    best = int(np.where(usable, means, np.inf).argmin())
    difference = losses - losses[best]
    excess, folds = difference.mean(axis=1), losses.shape[1]
    spread = difference.std(axis=1, ddof=1) / np.sqrt(folds) if folds > 1 else np.full(len(excess), np.inf)
    unanimous = (difference > INDIFFERENT**2).all(axis=1) if folds >= 6 else np.zeros(len(excess), dtype=bool)
    bic = np.array([information(c, candidates[best].rows) for c in candidates])
    decisive = bic > bic[usable].min() + DECISIVE
    equal = (excess <= INDIFFERENT**2) | ((excess <= 2 * spread) & ~unanimous & ~decisive)
    near = np.flatnonzero(equal & usable)
    chosen = int(min(near, key=lambda k: (constants[k], means[k])))
    return chosen, [int(k) for k in near if k != chosen]
