"""The best potential under a mixing rule, and whether held-out frames miss the freedom it takes away.

The rule is an equation between the constants of three channels, Δ(c) = 0. The best potential under it is looked for
from the free one on: where the rule is far from the data it is the best nearby, which may be no minimum at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import least_squares

from interpot.formula.candidate import Candidate
from interpot.formula.judge import Judge
from interpot.formula.mixing import Relation, RuleTest, exclusion, pair_of, relations
from interpot.formula.naming import of_channel
from interpot.formula.regress.varpro import Fit, moved
from interpot.formula.selection import choose
from interpot.records import FloatArray
from interpot.statistic.channels.channel import Channel
from interpot.statistic.objective import Objective

STEPS = 40
WEIGHTS = (0.1, 10.0, 1e3)  # of the penalty, in units of all forces
CERTAIN = 1e-6  # a probability below this needs no second opinion, which takes a constrained fit
HINT = 0.05  # a probability above this is no hint against a rule, whatever held-out errors say

Condition = Callable[[Fit], tuple[FloatArray, FloatArray]]
"""Δ relative to the constants it is about, and its derivative with respect to all constants of a fit."""


def with_held_out(
    tests: Sequence[RuleTest],
    objective: Objective,
    judge: Judge,
    free: Candidate,
    channels: Sequence[Channel],
) -> list[RuleTest]:
    """Add to each test what held-out frames say.

    A rule is excluded by its constants alone, or where these hint at it (`HINT`) and held-out frames tell.

    Parameters
    ----------
    tests
        `interpot.formula.mixing.check_rules`.
    objective, judge, free
        The compressed objective, its judge and the potential without rules.
    channels
        Of the statistic.
    """
    return [_with_held_out(test, objective, judge, free, channels) for test in tests]


def _with_held_out(
    test: RuleTest, objective: Objective, judge: Judge, free: Candidate, channels: Sequence[Channel]
) -> RuleTest:
    test = replace(test, held_out_free=free.cross_validated)
    if len(free.held_out) < 2 or test.probability < CERTAIN:
        return test
    ruled = fit_under(_condition(test, channels), objective, free.fit)
    if ruled is None:
        return test
    candidate = judge.candidate(ruled)
    difference = candidate.held_out - free.held_out
    spread = float(difference.std(ddof=1) / np.sqrt(len(difference)))
    chosen, rivals = choose([free, replace(candidate, determined=free.determined)])
    told = chosen == 0 and 1 not in rivals
    return replace(
        test,
        verdict=exclusion(test.constants) if told and test.probability < HINT else test.verdict,
        held_out=candidate.cross_validated,
        held_out_errors=float(difference.mean()) / spread if spread > 0 else 0.0,
    )


def _condition(test: RuleTest, channels: Sequence[Channel]) -> Condition:
    """The equation of a rule, in the constants of a fit."""

    def condition(fit: Fit) -> tuple[FloatArray, FloatArray]:
        named = [of_channel(f, a, c) for f, a, c in zip(fit.forms, fit.coefficients, channels, strict=True)]
        forms = [(c.label, pair_of(c), n.name, n.parameters) for c, n in zip(channels, named, strict=True)]
        relation = _relation(relations(forms), test)
        if relation is None:  # the constants have left the form
            return np.array([np.inf]), np.zeros((1, sum(f.constants for f in fit.forms)))
        values = np.array([p.value for n in named for p in n.parameters])
        G = np.zeros((len(values), sum(f.constants for f in fit.forms)))
        row = column = 0
        for n, form in zip(named, fit.forms, strict=True):
            G[row : row + len(n.parameters), column : column + form.constants] = n.gradient
            row, column = row + len(n.parameters), column + form.constants
        found = values[relation.rows[0]]
        difference = found - relation.predicted(values).real
        return difference / found, relation.gradient(values) @ G / found[:, None]

    return condition


def _relation(known: Sequence[Relation], test: RuleTest) -> Relation | None:
    return next((r for r in known if (r.pair, r.rule) == (test.pair, test.rule)), None)


def fit_under(condition: Condition, objective: Objective, start: Fit) -> Fit | None:
    """Fit all constants under an equation between them, from a fit without it; None where there is no way.

    The equation is approached by penalties of growing weight, which take the constants far along a curved way, and then
    met exactly by Newton steps.
    """
    here = _restored(condition, objective, replace(start, active=None))
    if here is None:
        return None
    best = here
    for weight in np.sqrt(objective.square) * np.array(WEIGHTS):
        here = _penalised(condition, objective, here, float(weight))
        met = _restored(condition, objective, here)
        if met is not None and met.misfit < best.misfit:
            best = met
    return best


def _penalised(condition: Condition, objective: Objective, start: Fit, weight: float) -> Fit:
    """Minimise ‖ρ‖² + weight² |Δ|² over all constants, in units of their sizes."""
    size = _sizes(start)

    def at(x: FloatArray) -> Fit:
        return moved(start, size * x, objective.nodes)

    def residual(x: FloatArray) -> FloatArray:
        gap, _ = condition(at(x))
        far = np.where(np.isfinite(gap), gap, 1e3)  # out of the form
        return np.concatenate([objective.residual(at(x).values(objective.nodes)), weight * far])

    def jacobian(x: FloatArray) -> FloatArray:
        _, slopes = condition(at(x))
        return np.vstack([_linear(objective, at(x)), weight * slopes]) * size

    solved = least_squares(
        residual,
        np.zeros(len(size)),
        jacobian,
        x_scale="jac",
        ftol=1e-14,
        xtol=1e-14,
        gtol=1e-14,
        max_nfev=STEPS,
    )
    return at(solved.x)


def _sizes(fit: Fit) -> FloatArray:
    parts = zip(fit.forms, fit.coefficients, strict=True)
    return np.concatenate([np.abs(part) for form, a in parts for part in (a, form.free)])


def _linear(objective: Objective, fit: Fit) -> FloatArray:
    """Derivative of the residual with respect to all constants, (R, constants)."""
    parts = zip(objective.maps, objective.nodes, fit.forms, fit.coefficients, strict=True)
    return np.hstack([M @ form.jacobian(r, a) for M, r, form, a in parts])


def _restored(condition: Condition, objective: Objective, fit: Fit) -> Fit | None:
    """Bring the constants to the rule, by the Newton steps of the smallest relative changes."""
    gap, slopes = condition(fit)
    for _ in range(STEPS):
        if not np.isfinite(gap).all() or np.abs(gap).max() < 1e-13:
            break
        size = _sizes(fit)
        change = np.linalg.lstsq(slopes * size, -gap, rcond=None)[0]
        change *= min(1.0, 0.3 / float(np.abs(change).max()))
        fit = moved(fit, size * change, objective.nodes)
        gap, slopes = condition(fit)
    if not np.abs(gap).max() < 1e-10:
        return None
    residual = objective.residual(fit.values(objective.nodes))
    return replace(fit, misfit=float(residual @ residual), active=slopes)
