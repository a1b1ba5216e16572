"""Which formula the data support: held-out loss over blocks of frames, errors of the constants, the choice.

All of it from the statistic. With ρ = W P φ - y the residual of a formula in the compressed objective and k₀ = W⁺y the
spline ceiling, the loss on any blocks with sums A_f, B_f, C_f is

    L_f = ρᵀ S_f ρ + 2 ρᵀ t_f + L_f(k₀),      S_f = W⁺ᵀ A_f W⁺,    t_f = W⁺ᵀ (A_f k₀ - B_f)

exact, and free of the cancellation that kᵀA_f k - 2 kᵀB_f + C_f suffers: the differences between formulas are as
exact as ρ. Over all blocks the S_f add up to 1 and the t_f to 0. Constants for a training set follow from those of
all data to first order in how far the fold moves them, exactly where no exponent or rate is free.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from interpot.formula.block_products import BlockProducts, orthonormal
from interpot.formula.block_scores import DEVIATIONS, BlockScores
from interpot.formula.quantity import half_width
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit
from interpot.formula.resolution import Resolution
from interpot.formula.symbolic.complexity import complexity
from interpot.formula.terms import Term
from interpot.formula.uncertainty import meat, sandwich, scaled_inverse
from interpot.records import FloatArray
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective

INDIFFERENT = 1e-7
"""Relative force errors below this are rounding and projection errors: formulas below it are equally good."""

UNRESOLVED = 1.5
"""Times its projection error a formula's force error speaks for it as much as none: of a sum of random parts."""

ROUGH = 1e-5
"""Projection errors from here on are no fault of the splines, but of a formula that has a pole among the distances."""

DECISIVE = 10.0
"""Difference in BIC that is decisive evidence; R. E. Kass, A. E. Raftery, J. Am. Stat. Assoc. 90, 773 (1995)."""

STRONG = 6.0
"""Difference in BIC that is strong evidence, from the same source."""

CLEAR = 4.0
"""Standard errors of a paired difference that are beyond chance, also that of the best of many formulas."""

AT_ONCE = 16
"""Fits for which each block is read once."""

MAX_FOLDS = 16
LEAST_ROWS = 1000.0
"""For the price of a constant: a fitted exponent costs more than one whole exponent of twenty, however few the data."""
ALPHABET = 8
"""What a node of an expression is chosen from: r, a constant, + - * / ^ exp."""

SHARE = 0.02  # of the information on a combination of constants that must be in the training folds


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
        Whether zero is outside the 95 % interval of every term's size.
    rows
        Effective number of independent force components.
    choices
        Natural logarithm of the number of forms of this kind that the library holds.
    unresolved
        Relative force error up to which it would be no wonder if this were the true function: the splines hold it no
        better, or the way to the forces makes an error of that size (`Statistic.systematic`), beyond that of the best
        splines.
    """

    fit: Fit
    loss: float
    held_out: FloatArray
    determined: bool
    rows: float
    choices: float = 0.0
    unresolved: float = 0.0

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
        return float(
            max(self._objective.floor, INDIFFERENT**2 * self._objective.square) / self.statistic.rows
        )

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


def choices(form: Form, library: Sequence[Term]) -> float:
    """Logarithm of the number of forms with as many terms, whole exponents counted as different terms.

    An exponent that is free is one of the constants instead. A term that is not of the library was chosen among all
    expressions of its length, of which there are `ALPHABET` times more for each node of its tree.
    """
    if not library or not form.terms:
        return 0.0
    driven = np.split(form.driven, np.cumsum([len(t.shapes) for t in form.terms])[:-1])
    kinds = set.intersection(*(set(term.kinds) for term in form.terms))
    library = [term for term in library if kinds & set(term.kinds)]
    exponents = {term.name: _exponents(term) for term in library}
    total = sum(exponents.values())
    count = 0.0
    for term, free in zip(form.terms, driven, strict=True):
        if term.name not in exponents:
            count += complexity((term.base or term).expression) * np.log(ALPHABET)
            continue
        whole = any(s.integer and not f for s, f in zip(term.shapes, free, strict=True))
        count += np.log(total if whole or not term.shapes else len(library))
    return float(count - gammaln(len(form.terms) + 1))  # their order says nothing


def _exponents(term: Term) -> int:
    """How many terms it is, one for each of its whole exponents."""
    return int(np.prod([len(s.grid(1.0, 2.0)) for s in term.shapes if s.integer], initial=1))


def description(candidate: Candidate, rows: float) -> float:
    """What a formula costs: constants · ln N, and twice the logarithm of how many of its kind were tried.

    A sum of three powers out of twenty explains more by chance than one of two: the second part is the extended BIC's;
    J. Chen, Z. Chen, Biometrika 95, 759 (2008), with γ = 1.
    """
    return float(candidate.fit.constants * np.log(max(rows, LEAST_ROWS)) + 2 * candidate.choices)


def information(candidate: Candidate, rows: float) -> float:
    """Extended Bayesian information criterion N ln(loss²) + description; losses below `INDIFFERENT` count as equal.

    So do those below what the splines resolve of the formula. Only values with the same N can be compared: it
    multiplies a large logarithm.
    """
    square = max(candidate.loss**2 - candidate.unresolved**2, INDIFFERENT**2)
    return float(rows * np.log(square) + description(candidate, rows))


def _in_every_fold(losses: FloatArray, best: FloatArray) -> NDArray[np.bool_]:
    """Tell which candidates are worse by more than `CLEAR` standard errors of the logarithm over the folds."""
    folds = losses.shape[1]
    if folds < 2:
        return np.zeros(len(losses), dtype=np.bool_)
    ratio = np.log(np.maximum(losses, INDIFFERENT**2)) - np.log(np.maximum(best, INDIFFERENT**2))
    return np.asarray(ratio.mean(axis=1) > CLEAR * ratio.std(axis=1, ddof=1) / np.sqrt(folds))


def choose(
    candidates: Sequence[Candidate], named: Collection[int] = (), even: bool = True
) -> tuple[int, list[int]]:
    """Choose the simplest formula that the data cannot tell from the best, and give the others that they cannot tell.

    A formula is excluded if frames that its constants have not seen are described worse than by the best one, by
    more than two standard errors of the paired difference over the folds, and the BIC, which sees all frames at once
    but trusts their residuals to be alike, agrees: is higher by more than `STRONG`. More than `CLEAR` standard errors
    need no second opinion; where there is a single block, the BIC decides alone. With the BIC, as many standard errors
    of the logarithm of the losses exclude, too: a formula may fail in every fold by orders of magnitude, and by so
    different ones that the plain difference scatters. Differences below `INDIFFERENT` are none, nor is what the
    splines do not resolve of a formula. Formulas with a coefficient that the data do not tell from zero are considered
    only where there is no other.

    That is what may be chosen. Of a form with a name people ask whether it may be true, and neither constants that the
    data do not tell from zero nor their number speak against that: its second opinion is what it leaves of all frames
    as it is fitted, without the price of its constants, by more than `DECISIVE`, as the best is the best of many.

    Noise that is not the same everywhere (`Judge.is_uneven`) deceives the BIC, which then is not asked: more than
    `CLEAR` standard errors exclude, of the losses or of their logarithms, and the fewest constants are chosen.

    Parameters
    ----------
    candidates
        On the same folds.
    named
        Indices of forms with a name.
    even
        Whether the noise is the same everywhere.

    Returns
    -------
    chosen
        Index of the candidate with the shortest description among those that are not excluded and whose BIC is not
        decisively higher; of several the one with the lowest loss.
    rivals
        Indices of the others that are not excluded, forms of which it is a special case among them.
    """
    losses = np.array([c.held_out if len(c.held_out) else [c.loss**2] for c in candidates])
    measured = losses.mean(axis=1)
    losses = np.maximum(losses - np.array([[c.unresolved**2] for c in candidates]), 0.0)
    usable = np.array([c.determined for c in candidates])
    if not usable.any():
        usable[:] = True
    means, folds = losses.mean(axis=1), losses.shape[1]
    best = int(np.where(usable, means, np.inf).argmin())
    excess = means - means[best]
    spread = (
        (losses - losses[best]).std(axis=1, ddof=1) / np.sqrt(folds) if folds > 1 else np.zeros(len(means))
    )
    rows = candidates[best].rows
    bic = np.array([information(c, rows) for c in candidates])
    bic -= bic[usable].min()
    worse = excess > np.maximum(2 * spread, INDIFFERENT**2)
    clear = (excess > CLEAR * spread) & (folds > 1)
    every = (excess > INDIFFERENT**2) & _in_every_fold(losses, losses[best])
    worse |= every
    if not even:
        clear |= every
    near = np.flatnonzero(usable & ~(worse & (clear | (even & (bic > STRONG))))).tolist()
    simple = [k for k in near if bic[k] <= DECISIVE and even] or near

    def length(k: int) -> float:
        return description(candidates[k], rows) if even else candidates[k].fit.constants

    chosen = int(min(simple, key=lambda k: (length(k), measured[k])))
    speaks = np.array([information(c, rows) - description(c, rows) for c in candidates])
    excluded = worse & (clear | (even & (speaks - speaks[best] > DECISIVE)))
    near = sorted({*near, *(k for k in named if not excluded[k])})
    return chosen, [k for k in near if k != chosen]
