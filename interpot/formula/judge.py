"""What the blocks of frames say of a formula: its held-out loss, the errors of its constants.

All of it from the statistic. With ρ = W P φ - y the residual of a formula in the compressed objective and k₀ = W⁺y the
spline ceiling, the loss on any blocks with sums A_f, B_f, C_f is

    L_f = ρᵀ S_f ρ + 2 ρᵀ t_f + L_f(k₀),      S_f = W⁺ᵀ A_f W⁺,    t_f = W⁺ᵀ (A_f k₀ - B_f)

exact, and free of the cancellation that kᵀA_f k - 2 kᵀB_f + C_f suffers: the differences between formulas are as
exact as ρ. Over all blocks the S_f add up to 1 and the t_f to 0. Constants for a training set follow from those of
all data to first order in how far the fold moves them, exactly where no exponent or rate is free.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from interpot.formula.block_products import BlockProducts, orthonormal
from interpot.formula.block_scores import DEVIATIONS, BlockScores
from interpot.formula.candidate import INDIFFERENT, LEAST_ROWS, Candidate, choices
from interpot.formula.quantity import half_width
from interpot.formula.regress.varpro import Fit
from interpot.formula.resolution import Resolution
from interpot.formula.terms import Term
from interpot.formula.uncertainty import meat, sandwich, scaled_inverse
from interpot.records import FloatArray
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective

UNRESOLVED = 1.5
"""Times its projection error a formula's force error speaks for it as much as none: of a sum of random parts."""

ROUGH = 1e-5
"""Projection errors from here on are no fault of the splines, but of a formula that has a pole among the distances."""

UNSEEN = 1e-6
"""Relative singular value of slopes up to which their products, which have its square, are rounding in part."""

AT_ONCE = 16
"""Fits for which each block is read once."""

MAX_FOLDS = 16

SHARE = 0.02  # of the information on a combination of constants that must be in the training folds


class Judge:
    """Evaluates fits on blocks of frames.

    Parameters
    ----------
    statistic, objective
        The same data, as sums per block and compressed.
    library
        The terms that were tried.
    """

    def __init__(self, statistic: Statistic, objective: Objective, library: Sequence[Term] = ()) -> None:
        self.statistic, self._objective = statistic, objective
        self._library = library
        self._products = BlockProducts(statistic, objective)
        self._resolution = Resolution(statistic, objective)
        self._slopes: tuple[Fit, FloatArray] | None = None
        count = len(statistic.blocks.square)
        # a fold is a run of consecutive blocks: frames next to each other are alike
        self._folds = np.array_split(np.arange(count), min(count, MAX_FOLDS)) if count > 1 else []
        self._t = [objective.inverse.T @ self._products.slopes[part].sum(axis=0) for part in self._folds]
        self._ceilings = [self._products.ceiling(part) for part in self._folds]

    def candidates(self, fits: Sequence[Fit], of: int | None = None) -> list[Candidate]:
        """Judge several fits, `AT_ONCE` at a time: reading the blocks takes longer than what is done with them.

        Where they are alternatives for one channel (`of`), only its terms have to be determined.
        """
        judged = list[Candidate]()
        for start in range(0, len(fits), AT_ONCE):
            some = fits[start : start + AT_ONCE]
            if len(self.statistic.blocks.square) > 1:
                self._products.prepare(some)
            judged += [self.candidate(fit, of) for fit in some]
        return judged

    def candidate(self, fit: Fit, of: int | None = None) -> Candidate:
        """Judge one fit; see `candidates`."""
        loss = np.sqrt((fit.misfit + self._objective.floor) / self.statistic.square)
        J, directions = self._reach(fit)
        bread, filling = self._bread_and_meat(fit, J, directions)
        with np.errstate(invalid="ignore"):  # of a term that hardly counts anything may be infinite
            covariance = directions @ self._sandwich(fit, bread, filling) @ directions.T
            covariance += self._unseen(J, directions)
        held_out = self._held_out(fit, J)
        return Candidate(
            fit,
            float(loss),
            held_out * len(held_out) / self.statistic.square,
            determined(self._objective, fit, covariance, self.freedom, of),
            self._effective_rows(fit, bread, filling),
            sum(choices(form, self._library) for form in fit.forms),
            self._unresolved(fit, float(loss)),
        )

    def _unresolved(self, fit: Fit, loss: float) -> float:
        """What neither the splines resolve nor the way to the forces."""
        beyond = max(fit.misfit, 0.0) / self.statistic.square
        return float(np.hypot(self._unheld(fit, loss), np.sqrt(min(beyond, self.statistic.systematic**2))))

    def _unheld(self, fit: Fit, loss: float) -> float:
        """What the splines do not resolve, where that may count."""
        if not INDIFFERENT < loss < UNRESOLVED * ROUGH or not self._resolution.knows(fit):
            return 0.0
        error = self._resolution.error(fit)
        return UNRESOLVED * error if error < ROUGH else 0.0

    def is_uneven(self, fit: Fit) -> bool:
        """Whether what a fit leaves is noise, but not the same everywhere: one variance lets expect less of it."""
        directions = len(self._objective.y)
        chance = self._noise * (directions + DEVIATIONS * np.sqrt(2 * directions))
        if fit.misfit <= max(chance, self._indifferent * self._objective.square):
            return False
        return BlockScores(self.statistic, self._objective, self._objective).scatter(fit, self._noise)

    def _effective_rows(self, fit: Fit, H: FloatArray, filling: FloatArray) -> float:
        """Force components divided by the design effect: how much correlation widens the constants' errors.

        Source: L. Kish, Survey Sampling (1965), ch. 5; here the mean over the constants.
        """
        independent = (fit.misfit + self._objective.floor) / self.statistic.rows
        if independent * self.statistic.rows <= INDIFFERENT**2 * self.statistic.square or not len(H):
            return float(self.statistic.rows)  # rounding tells nothing of correlation
        scale, inverse = scaled_inverse(H)
        effect = np.trace(inverse @ (filling / scale / scale[:, None])) / (len(H) * independent)
        rows, blocks = self.statistic.rows, len(self.statistic.blocks.square)
        return float(max(rows / max(effect, 1.0), min(blocks, rows)))  # blocks are independent

    def covariance(self, fit: Fit) -> FloatArray:
        """Covariance of all constants, (p, p), by channel: coefficients, then free shapes; internal units.

        The sandwich over blocks of `interpot.formula.uncertainty`; with a single block, what independent residuals
        give. Added to it is H⁻¹ times what ‖ρ‖² has beyond chance, which is as far as rounding and projection errors
        can move the constants if they conspire, up to `INDIFFERENT`: it is what remains of the error when the
        data are free of noise. Constraints that hold as equalities take away the directions in which they do not.
        """
        J, directions = self._reach(fit)
        reduced = self._sandwich(fit, *self._bread_and_meat(fit, J, directions))
        return np.asarray(directions @ reduced @ directions.T)

    def _sandwich(self, fit: Fit, H: FloatArray, filling: FloatArray) -> FloatArray:
        directions = len(self._objective.y)
        noise = self._objective.floor / max(self.statistic.rows - directions, 1)
        beyond = max(fit.misfit - noise * (directions + 2 * np.sqrt(2 * directions)), 0.0)
        return sandwich(H, filling + H * min(beyond, self._indifferent * self._objective.square))

    def _unseen(self, J: FloatArray, directions: FloatArray) -> FloatArray:
        """Covariance of all constants along what products of J know nothing of, as of independent residuals.

        Two columns may be alike to eight digits: what they differ by is in J, those of `_reach`, itself. Elsewhere the
        sandwich knows better: noise of one species may be many times that of another.
        """
        lengths = np.linalg.norm(J, axis=0)
        lengths[lengths == 0] = 1.0
        _, sizes, Vt = np.linalg.svd(J / lengths, full_matrices=False)
        unseen = sizes <= UNSEEN * sizes.max(initial=0.0)
        sizes = np.maximum(sizes[unseen], np.finfo(float).eps)
        root = directions @ (Vt[unseen] / sizes[:, None] / lengths).T
        return np.asarray(self._noise * root @ root.T)

    @property
    def _indifferent(self) -> float:
        """Relative squared force error that passes for any function: of rounding, projection, weak forms."""
        return float(INDIFFERENT**2 + self.statistic.systematic**2)

    @property
    def freedom(self) -> float:
        """Degrees of freedom of `covariance`: blocks - 1, infinite with a single block."""
        count = len(self.statistic.blocks.square)
        return count - 1.0 if count > 1 else float("inf")

    def _bread_and_meat(
        self, fit: Fit, J: FloatArray, directions: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """H and the filling of the sandwich."""
        H, count = J.T @ J, len(self.statistic.blocks.square)
        variance = (fit.misfit + self._objective.floor) / max(self.statistic.rows - J.shape[1], 1)
        if count == 1:
            return H, H * variance
        made = self._products.of(fit)
        D = made.constants @ directions
        return H, meat(H, (made.g + made.h) @ D, D.T @ made.G @ D, variance)

    @property
    def price(self) -> float:
        """What a constant has to gain to be worth it, by the information criterion: s² ln N, eV²/Å²."""
        rows = self.statistic.rows
        return float(self._noise * np.log(max(rows, LEAST_ROWS)))

    @property
    def _noise(self) -> float:
        """Variance of a force component about the best functions, eV²/Å²."""
        left = max(self._objective.floor, INDIFFERENT**2 * self._objective.square)
        return float(left / max(self.statistic.rows - len(self._objective.y), 1))

    def _residual(self, fit: Fit) -> FloatArray:
        return self._objective.residual(fit.values(self._objective.nodes))

    def _reach(self, fit: Fit, still: NDArray[np.bool_] | None = None) -> tuple[FloatArray, FloatArray]:
        """∂ρ/∂θ along the directions in which the constraints let those constants move that are not `still`."""
        J = self._jacobian(fit)
        directions = fit.directions(np.linalg.norm(J, axis=0), still)
        return J @ directions, directions

    def _without_effect(self, fit: Fit) -> NDArray[np.bool_]:
        """Shapes that could move over all that they may be, as far as their slopes tell, and nothing would show it."""
        lengths, widths = np.linalg.norm(self._jacobian(fit), axis=0), list[float]()
        for form, seen in zip(fit.forms, self.statistic.coverage, strict=True):
            of = [shape.bounds(seen.minimum, seen.maximum) for term in form.terms for shape in term.shapes]
            leaders = (int(column.nonzero()[0][0]) for column in form.ties.T)
            widths += [np.inf] * len(form.terms) + [of[k][1] - of[k][0] for k in leaders]
        reach = np.array(widths) * np.where(lengths > 0, lengths, np.finfo(float).tiny)
        return np.asarray(reach < np.sqrt(self._noise))

    def _jacobian(self, fit: Fit) -> FloatArray:
        """∂ρ/∂θ, (R, p); that of the last fit is kept, for several steps ask for it."""
        if self._slopes is None or self._slopes[0] is not fit:
            parts = zip(self._objective.maps, fit.forms, self._objective.nodes, fit.coefficients, strict=True)
            self._slopes = fit, np.hstack([M @ form.jacobian(r, a) for M, form, r, a in parts])
        return self._slopes[1]

    def _held_out(self, fit: Fit, J: FloatArray) -> FloatArray:
        """Squared force error on each fold with the constants of the others, (folds,), eV²/Å²; J is that of `_reach`.

        A fold moves the constants by a fraction of their errors, so the model is taken as linear in them. In an
        orthonormal basis Q of what they can reach, in which all data have the Hessian 1, the other folds have
        1 - QᵀSQ; the constants of those minimise ρ'ᵀ(1 - S)ρ' - 2 ρ'ᵀt over ρ' = ρ - Qδ.

        Constants at the minimum cannot be better without a fold than with it. Where the linear step says so it leads
        to a formula that nobody has: a damping too short to be seen, or another shape short of its minimum, would
        have to move without end. Shapes then stay where they are; coefficients, at their minimum always, still move,
        so that such a form pays for leaving out a fold what the form with these shapes fixed does. So do shapes that
        nothing shows: a step along what rounding makes of their slope could lead anywhere.
        """
        seen, idle = self._seen(fit), self._without_effect(fit)
        is_shape = np.concatenate([np.arange(form.constants) >= len(form.terms) for form in fit.forms])
        for still in (idle, is_shape):
            Q, _ = orthonormal(self._reach(fit, still)[0] if still.any() else J)
            held_out = np.array([loss for loss, _ in self._without_each(fit, Q)])
            if held_out.sum() >= seen.sum():
                return held_out
        return seen

    def _seen(self, fit: Fit) -> FloatArray:
        """Loss on each fold with the constants as they are, (folds,), eV²/Å²."""
        residual, made = self._residual(fit), self._products.of(fit)
        parts = zip(self._folds, self._t, self._ceilings, strict=True)
        return np.array([max(float(made.e[part].sum()) + 2 * residual @ t + c, 0.0) for part, t, c in parts])

    def _without_each(self, fit: Fit, Q: FloatArray) -> Iterator[tuple[float, FloatArray]]:
        """Loss on each fold, and the step δ of ρ' = ρ - Qδ that leaving it out makes."""
        residual, made = self._residual(fit), self._products.of(fit)
        E = np.linalg.lstsq(made.moves, Q, rcond=None)[0]
        pulled = Q.T @ residual
        for part, t, ceiling in zip(self._folds, self._t, self._ceilings, strict=True):
            S, cross = E.T @ made.G[part].sum(axis=0) @ E, E.T @ made.h[part].sum(axis=0)
            shares, axes = np.linalg.eigh(np.eye(Q.shape[1]) - S)
            weighed = cross + Q.T @ t
            # where the training folds hold less (a pair that meets in one fold only) the constants stay what all
            # data make them: without that fold they could be anything, and would tell of nothing but its absence
            T = axes[:, shares > SHARE] / np.sqrt(shares[shares > SHARE])
            step = T @ (T.T @ (pulled - weighed))
            loss = float(made.e[part].sum()) + 2 * residual @ t - 2 * step @ weighed + step @ S @ step
            yield max(float(loss + ceiling), 0.0), step

    def moves(self, fit: Fit) -> FloatArray:
        """By how much leaving out each fold moves the constants, (folds, p); see `covariance` for their order."""
        J, directions = self._reach(fit)
        Q, to_constants = orthonormal(J)
        steps = [step for _, step in self._without_each(fit, Q)]
        return -np.array(steps).reshape(len(steps), Q.shape[1]) @ to_constants.T @ directions.T

    def losses(self, fit: Fit, moves: FloatArray) -> FloatArray:
        """Squared error on each fold with the constants moved by so much, (folds,), as `Candidate.held_out` has it."""
        residual, made, losses = self._residual(fit), self._products.of(fit), []
        for part, t, ceiling, move in zip(self._folds, self._t, self._ceilings, moves, strict=True):
            step = made.constants @ move
            G, h, e = (sums[part].sum(axis=0) for sums in (made.G, made.h, made.e))
            linear = 2 * (residual + made.moves @ step) @ t
            losses.append(max(float(e + 2 * step @ h + step @ G @ step + linear + ceiling), 0.0))
        return np.array(losses) * len(losses) / self.statistic.square


def determined(
    objective: Objective, fit: Fit, covariance: FloatArray, freedom: float, of: int | None = None
) -> bool:
    """Whether every term, or every one of one channel, is there: zero is outside the 95 % interval of its size ‖M a f‖.

    Of a power whose exponent is free it is not the coefficient that tells, which is the term's value at 1 Å.
    """
    start, width = 0, half_width(1.0, freedom)
    parts = zip(objective.maps, fit.forms, objective.nodes, fit.coefficients, strict=True)
    for c, (M, form, r, a) in enumerate(parts):
        own = covariance[start : start + form.constants, start : start + form.constants]
        start += form.constants
        if of not in (None, c):
            continue
        for t in range(len(form.terms)):
            alone = np.where(np.arange(len(a)) == t, a, 0.0)
            size, shifts = M @ form.columns(r)[:, t], M @ form.free_columns(r, alone)
            if not size @ size > 0:  # a term that is nowhere seen
                return False
            slope = np.concatenate([np.eye(len(a))[t], shifts.T @ size / (size @ size)])
            with np.errstate(
                divide="ignore", over="ignore", invalid="ignore"
            ):  # of r^-400 the square is infinite
                relative = slope / a[t]
                told = width**2 * relative @ own @ relative <= 1
            if not told:  # NaN too
                return False
    return True
