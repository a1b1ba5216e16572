"""What the splines cannot hold of a function, against what the true function leaves, and the choice that follows."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from systems import Frames, clusters, statistic_of

import interpot.formula.regress.varpro as varpro
from interpot import Statistic
from interpot.formula.candidate import INDIFFERENT
from interpot.formula.codegen import R, numpy_function
from interpot.formula.judge import Judge
from interpot.formula.regress.varpro import Fit
from interpot.formula.resolution import Resolution
from interpot.formula.selection import choose
from interpot.formula.symbolic.structure import form_of
from interpot.statistic.objective import Objective

CUTOFF = 6.0
HERTZ = 0.3 * (CUTOFF - R) ** sympy.Rational(5, 2)
"""Not smooth where it ends."""
STEEP = 0.3 * (CUTOFF - R) ** sympy.Rational(5, 2) + 2e-3 * sympy.exp(-600.0 * (R - 4.4) ** 2)
"""Of a width of five knots."""


def known(phi: sympy.Expr) -> tuple[Statistic, Objective]:
    inside = numpy_function(sympy.diff(phi, R), (R,))

    def slope(r: np.ndarray) -> np.ndarray:
        return np.where(r < CUTOFF, inside(np.minimum(r, CUTOFF)), 0.0)

    statistic = statistic_of(Frames(clusters(slope, frames=16, atoms=30)), CUTOFF)
    return statistic, Objective.of(statistic)


def as_fit(phi: sympy.Expr, objective: Objective) -> Fit:
    """The formula with its numbers as they are."""
    form, a = form_of(phi)
    residual = objective.residual([form.columns(objective.nodes[0]) @ a])
    return Fit((form,), (a,), float(residual @ residual))


@pytest.mark.parametrize("phi", [HERTZ, STEEP])
def test_it_is_what_the_true_function_leaves(phi: sympy.Expr) -> None:
    statistic, objective = known(phi)
    fit = as_fit(phi, objective)
    left = np.sqrt(fit.misfit / objective.square)
    assert left > INDIFFERENT
    assert 0.5 * left < Resolution(statistic, objective).error(fit) < 10 * left


def test_a_smooth_function_is_held() -> None:
    phi = 0.01 * (sympy.Integer(3) / R) ** 12 - 0.01 * (sympy.Integer(3) / R) ** 6
    statistic, objective = known(phi)
    assert Resolution(statistic, objective).error(as_fit(phi, objective)) < 1e-8


def test_what_only_mends_the_splines_is_not_chosen() -> None:
    """A term more takes up half of what the true function leaves by its projection."""
    statistic, objective = known(HERTZ)
    judge = Judge(statistic, objective)
    true = varpro.fit(objective, [form_of(HERTZ)[0]])
    mended = varpro.fit(objective, [form_of(HERTZ + 1e-7 / (CUTOFF + 0.01 - R) ** 2)[0]])
    assert mended.misfit < 0.5 * true.misfit and true.misfit > INDIFFERENT**2 * objective.square
    chosen, rivals = choose([judge.candidate(mended), judge.candidate(true)])
    assert chosen == 1 and rivals == [0]


def test_what_is_wrong_beyond_the_splines_is_not_forgiven() -> None:
    statistic, objective = known(HERTZ + 1e-2 * sympy.exp(-R))
    judge = Judge(statistic, objective)
    short = varpro.fit(objective, [form_of(HERTZ)[0]])
    true = varpro.fit(objective, [form_of(HERTZ + 1e-2 * sympy.exp(-R))[0]])
    assert choose([judge.candidate(true), judge.candidate(short)])[0] == 0
