"""The best potential under a mixing rule, and whether held-out frames miss the freedom it takes away.

The rule is an equation between the constants of three channels, Δ(c) = 0. Gauss-Newton steps within its tangent
lower the misfit; after each, Newton steps bring the constants back to the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from interpot.formula.mixing import EXCLUDED, Relation, RuleTest, relations
from interpot.formula.naming import name
from interpot.formula.regress.varpro import Fit, moved
from interpot.formula.selection import Candidate, Judge, choose
from interpot.records import FloatArray
from interpot.statistic.channels.channel import Channel
from interpot.statistic.objective import Objective

STEPS = 30
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
    """Add to each test what held-out frames say; a rule that they and the constants both speak against is excluded.

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
    ruled = fit_under(_condition(test, channels), objective, free.fit)
    if ruled is None or len(free.held_out) < 2:
        return test
    candidate = judge.candidate(ruled)
    difference = candidate.held_out - free.held_out
    spread = float(difference.std(ddof=1) / np.sqrt(len(difference)))
    chosen, rivals = choose([free, replace(candidate, determined=free.determined)])
    told = chosen == 0 and 1 not in rivals
    excluded = test.verdict == "excluded" or (told and test.probability < HINT)
    return replace(
        test,
        verdict="excluded" if excluded and test.probability < max(EXCLUDED, HINT) else test.verdict,
        held_out=candidate.cross_validated,
        held_out_free=free.cross_validated,
        held_out_errors=float(difference.mean()) / spread if spread > 0 else 0.0,
    )


def _condition(test: RuleTest, channels: Sequence[Channel]) -> Condition:
    """The equation of a rule, in the constants of a fit."""

    def condition(fit: Fit) -> tuple[FloatArray, FloatArray]:
        named = [name(f, a, c.cutoff) for f, a, c in zip(fit.forms, fit.coefficients, channels, strict=True)]
        forms = [(c.label, c.species, n.name, n.parameters) for c, n in zip(channels, named, strict=True)]
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
    """Fit all constants under an equation between them, from a fit without it; None where there is no way."""
    here = _restored(condition, objective, replace(start, active=None))
    if here is None:
        return None
    for _ in range(STEPS):
        residual, J, scale = _linear(objective, here)
        directions = here.directions(scale)
        move = directions @ np.linalg.lstsq(J @ directions, -residual, rcond=1e-13)[0]
        there = None
        for share in (1.0, 0.3, 0.1, 0.01):
            there = _restored(condition, objective, moved(here, share * move, objective.nodes))
            if there is not None and there.misfit < here.misfit:
                break
            there = None
        if there is None:
            return here
        done = here.misfit - there.misfit <= 1e-10 * here.misfit
        here = there
        if done:
            break
    return here


def _linear(objective: Objective, fit: Fit) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Residual, its derivative with respect to the constants, and the lengths of the latter's columns."""
    J = np.hstack(
        [
            M @ form.jacobian(r, a)
            for M, r, form, a in zip(
                objective.maps, objective.nodes, fit.forms, fit.coefficients, strict=True
            )
        ]
    )
    scale = np.linalg.norm(J, axis=0)
    scale[scale == 0] = 1.0
    return objective.residual(fit.values(objective.nodes)), J, scale


def _restored(condition: Condition, objective: Objective, fit: Fit) -> Fit | None:
    """Bring the constants to the rule, by the Newton steps that change the forces least."""
    _, J, scale = _linear(objective, fit)
    T = np.asarray(np.linalg.qr(J / scale, mode="r"))
    gap, slopes = condition(fit)
    for _ in range(STEPS):
        if not np.isfinite(gap).all() or np.abs(gap).max() < 1e-13:
            break
        # c = scale⁻¹ T⁻¹ z, where |z| is the change of the forces
        rows = np.linalg.lstsq(T.T, (slopes / scale).T, rcond=1e-12)[0].T
        z = np.linalg.lstsq(rows, -gap, rcond=None)[0]
        step = np.linalg.lstsq(T, z, rcond=1e-12)[0] / scale
        for share in 0.5 ** np.arange(8):
            trial = moved(fit, share * step, objective.nodes)
            ahead = condition(trial)
            if np.abs(ahead[0]).max() < np.abs(gap).max():
                break
        fit, (gap, slopes) = trial, ahead
    if not np.abs(gap).max() < 1e-10:
        return None
    residual = objective.residual(fit.values(objective.nodes))
    return replace(fit, misfit=float(residual @ residual), active=slopes)
