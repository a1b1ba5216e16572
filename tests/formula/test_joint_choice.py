"""The forms of all channels are chosen one after the other; what was first thought of each may be wrong."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import pytest
from systems import Frames, Slope, brute_forces, noisy, statistic_of

from interpot.formula.joint_choice import joint_choice
from interpot.formula.judge import Judge
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit, fit
from interpot.formula.terms import library
from interpot.records import Cell, Frame
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective

CUTOFF, SIDE = 8.5, 14.0  # Å
TRUTH = {(0, 0): (0.0103, 3.405), (0, 1): (0.0118, 3.5), (1, 1): (0.0146, 3.65)}  # eV, Å
KINDS = np.arange(40) % 2


def lennard_jones(epsilon: float, sigma: float) -> Slope:
    return lambda r: np.where(r < CUTOFF, 4 * epsilon * (6 * sigma**6 / r**7 - 12 * sigma**12 / r**13), 0.0)


def frame(random: np.random.Generator, index: int) -> Frame:
    """An open cluster of two kinds of atoms."""
    placed: list[np.ndarray] = []
    while len(placed) < len(KINDS):
        trial, kind = random.uniform(0, SIDE, 3), KINDS[len(placed)]
        others = zip(placed, KINDS, strict=False)
        if all(np.linalg.norm(trial - x) > 0.9 * TRUTH[min(kind, k), max(kind, k)][1] for x, k in others):
            placed.append(trial)
    x, cell = np.array(placed), Cell(np.eye(3) * SIDE, np.zeros(3), (False, False, False))
    slopes = {pair: lennard_jones(*constants) for pair, constants in TRUTH.items()}
    forces = brute_forces(x, KINDS.tolist(), slopes)
    return Frame(x, ("A", "B"), KINDS, cell, forces=forces, source="memory", index=index)


@cache
def statistic() -> Statistic:
    random = np.random.default_rng(1)
    return statistic_of(Frames(noisy([frame(random, k) for k in range(16)], 1e-4, seed=2)), CUTOFF)


def powers(*exponents: float) -> Form:
    return Form((library(["power"])[0],) * len(exponents), np.array(exponents), np.zeros((len(exponents), 0)))


LJ, FIVE, POOR = powers(6.0, 12.0), powers(4.0, 6.0, 8.0, 10.0, 12.0), powers(4.0, 9.0)


@pytest.mark.parametrize("first", [FIVE, POOR], ids=["too many terms", "wrong"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_bad_first_choice_of_one_pair_spoils_no_other(first: Form, place: int) -> None:
    """Terms of another channel that the data do not tell from zero speak against no form of this one."""
    objective = Objective.of(statistic())
    refit, judge = partial(fit, objective), Judge(statistic(), objective)

    def alone(c: int, form: Form) -> Fit:
        return fit(objective.without_others(c), [form])

    orders = [[first, LJ, POOR] if c == place else [LJ, FIVE, POOR] for c in range(3)]
    found = [[alone(c, form) for form in order] for c, order in enumerate(orders)]
    chosen, judged = joint_choice(refit, judge, found)
    assert [form.key for form in chosen.fit.forms] == [LJ.key] * 3
    assert chosen.determined
    # each was judged beside the true forms of the others
    best = {c: candidate for c, candidate, mark in judged if mark == "chosen"}
    assert [form.key for c in best for form in best[c].fit.forms] == [LJ.key] * 9
    for c, candidate, mark in judged:
        assert (mark == "") == (candidate.fit.forms[c].key == POOR.key or not candidate.determined)
