"""Search by genetic programming: known potentials, and trees against Operon's own evaluation."""

import dataclasses
import re

import numpy as np
import pyoperon
import pytest
import sympy
from systems import Frames, clusters, statistic_of

from interpot.errors import InterpotError
from interpot.formula.codegen import R, numpy_function
from interpot.formula.symbolic import operon, operon_kernel
from interpot.formula.symbolic.complexity import complexity
from interpot.formula.symbolic.operon import BACKEND, fronts
from interpot.formula.symbolic.operon_trees import NODES, Breeder, expression, program_of, sensible, tidied
from interpot.formula.symbolic.problem import SearchProblem
from interpot.formula.symbolic.search import OPERATORS, Budget
from interpot.statistic.objective import Objective

R_C = 9.0
LENNARD_JONES = 0.0416 * ((3.4 / R) ** 12 - (3.4 / R) ** 6)
MORSE = 0.02 * (sympy.exp(-3 * (R - 3.8)) - 2 * sympy.exp(-1.5 * (R - 3.8)))
Q = sympy.Symbol("q", positive=True)


def problem_of(phi, seeds=()):
    slope = sympy.lambdify(R, sympy.diff(phi, R))
    frames = clusters(lambda r: np.where(r < R_C, slope(r), 0.0), atoms=40, low=2.9, high=13.0)
    objective = Objective.of(statistic_of(Frames(frames), R_C)).without_others(0)
    return SearchProblem.of(objective, (2.9, R_C), "Ar-Ar", seeds=seeds)


@pytest.fixture(scope="module")
def lennard_jones():
    return problem_of(LENNARD_JONES)


def searched(problem, evaluations, seed=1, operators=OPERATORS, watch=lambda share, front: None):
    return BACKEND.search(problem, operators, Budget(evaluations=evaluations), seed, watch)


def simplest_exact(candidates, loss=1e-14):
    return next(c for c in candidates if c.loss < loss)


def test_lennard_jones_is_found(lennard_jones):
    candidates = searched(lennard_jones, 40_000)
    found = simplest_exact(candidates)
    assert found.complexity <= 11  # 9 for its completed square a(r^-6 - c)², which is it but for a constant
    slope = sympy.lambdify(R, sympy.diff(found.expression, R))
    r = np.linspace(2.9, 9.0, 30)
    truth = 0.0416 * (6 * 3.4**6 / r**7 - 12 * 3.4**12 / r**13)
    np.testing.assert_allclose(slope(r), truth, rtol=1e-6, atol=1e-6 * np.abs(truth).min())


def test_morse_is_found():
    found = simplest_exact(searched(problem_of(MORSE), 40_000))
    assert found.complexity == 13
    for term in found.expression.args:
        rate = float(sympy.diff(sympy.log(term / term.subs(R, 4.0)), R).subs(R, 4.0))
        assert min(abs(rate + 3), abs(rate + 1.5)) < 1e-6
        known = 0.02 * np.exp(3 * 3.8) if rate < -2 else -0.04 * np.exp(1.5 * 3.8)
        assert float(term.subs(R, 4.0)) == pytest.approx(known * np.exp(round(2 * rate) / 2 * 4.0), rel=1e-6)


def test_candidates_tell_their_loss_and_complexity(lennard_jones):
    candidates = searched(lennard_jones, 6_000)
    assert len(candidates) > 5
    assert [c.complexity for c in candidates] == sorted(c.complexity for c in candidates)
    for candidate in candidates:
        assert candidate.loss == pytest.approx(lennard_jones.loss(lennard_jones.values(candidate.expression)))
        assert candidate.complexity == complexity(candidate.expression)
    assert min(c.loss for c in candidates) < 1e-2


def test_the_same_seed_gives_the_same_on_any_number_of_cores(lennard_jones, monkeypatch):
    first = searched(lennard_jones, 3_000, seed=3)
    monkeypatch.setattr(operon, "threads", lambda: 1)
    assert searched(lennard_jones, 3_000, seed=3) == first
    assert searched(lennard_jones, 3_000, seed=4) != first


def test_units_change_nothing_but_the_units(lennard_jones):
    p = lennard_jones
    other = dataclasses.replace(
        p,
        nodes=0.1 * p.nodes,
        W=p.W / 96.5,
        energy=96.5 * p.energy,
        domain=(0.1 * p.domain[0], 0.1 * p.domain[1]),
    )
    found = simplest_exact(searched(other, 40_000))
    assert found.complexity == 11
    expected = 96.5 * p.values(LENNARD_JONES)
    assert other.values(found.expression) == pytest.approx(expected, rel=1e-5)


def test_an_interrupt_passes(lennard_jones, monkeypatch):
    monkeypatch.setattr(operon, "_TOLD_EVERY", 0.0)
    seen = []

    def watch(share, front):
        seen.append((share, front))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        searched(lennard_jones, 10**9, watch=watch)
    assert len(seen) == 1
    assert 0 < seen[0][0] < 1
    assert seen[0][1]


def test_an_unknown_operator_is_refused(lennard_jones):
    with pytest.raises(InterpotError, match=re.escape("the search 'operon' knows no operator 'erf'")):
        searched(lennard_jones, 100, operators=("+", "erf"))


def test_undefined_values_are_no_candidates(lennard_jones):
    candidates = searched(lennard_jones, 5_000, operators=("+", "-", "*", "/", "^", "log", "sqrt"))
    assert candidates
    assert all(np.isfinite(c.loss) for c in candidates)


def test_seeds_are_taken_up(lennard_jones):
    exact = searched(dataclasses.replace(lennard_jones, seeds=(LENNARD_JONES.evalf(),)), 100)
    assert simplest_exact(exact).complexity == 11


def test_two_variables():
    r, q = (a.ravel() for a in np.meshgrid(np.linspace(2, 6, 12), [0.5, 1.0, 2.0]))
    order = np.lexsort((r, q))
    nodes = np.column_stack([r, q])[order]
    groups = np.repeat(np.arange(3), 12)
    W = np.eye(36) - (groups[:, None] == groups) / 12
    y = W @ (nodes[:, 1] ** 2 * np.exp(-nodes[:, 0]))
    scale = np.linalg.norm(y)
    problem = SearchProblem("A-B", (R, Q), nodes, groups, W / scale, y / scale, 0.0, 0.1, 0.0, (2.0, 6.0))
    found = simplest_exact(searched(problem, 30_000))
    function = numpy_function(found.expression, (R, Q))
    assert function(4.0, 1.5) - function(5.0, 1.5) == pytest.approx(
        2.25 * (np.exp(-4) - np.exp(-5)), rel=1e-6
    )


# ---------------------------------------------------------------------------- trees


def random_programs(count, seed=7):
    breeder = Breeder(2, tuple(NODES), 15, seed)
    return breeder, breeder.first(count)


def test_formulas_are_what_operon_evaluates():
    breeder, trees = random_programs(400)
    x = np.random.default_rng(0).uniform(0.5, 2.0, (50, 2))
    data = pyoperon.Dataset(np.asfortranarray(np.column_stack([x, np.zeros(50)])))
    programs = breeder.programs(trees)
    compared = 0
    for t, tree in enumerate(trees):
        truth = pyoperon.Evaluate(tree.Genotype, data, pyoperon.Range(0, 50))
        n = programs.lengths[t]
        row = [part[t, :n].tolist() for part in (programs.codes, programs.slots, programs.theta)]
        formula = expression(*row, (R, Q))[-1]
        if not np.all(np.isfinite(truth)) or formula.has(sympy.I, sympy.zoo) or np.abs(truth).max() > 1e4:
            continue
        near = expression(row[0], row[1], [1.000001 * value for value in row[2]], (R, Q))[-1]
        both = [numpy_function.__wrapped__(one, (R, Q))(*x.T) for one in (formula, near)]
        if not np.allclose(*both, rtol=1e-4, atol=1e-4):
            continue  # too steep for single precision
        for same in (formula, tidied(formula)):
            values = numpy_function.__wrapped__(same, (R, Q))(*x.T)
            assert values == pytest.approx(truth, rel=2e-3, abs=2e-3), str(formula)  # single precision
        compared += 1
    assert compared > 200


def test_derivatives_by_constants_are_those_of_finite_differences():
    breeder, trees = random_programs(300, seed=8)
    programs = breeder.programs(trees)
    x = np.random.default_rng(1).uniform(0.5, 2.0, (2, 9))
    compared = 0
    for t, n in enumerate(programs.lengths):
        codes, slots, theta = (part[t, :n] for part in (programs.codes, programs.slots, programs.theta))
        first, second = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        sizes = operon_kernel._children(codes, first, second)

        def values(at, codes=codes, slots=slots, first=first, second=second):
            out = np.zeros((len(at), x.shape[1]))
            operon_kernel._forward(codes, slots, at, first, second, x, out)
            return out

        v, d = values(theta), np.zeros((n, x.shape[1]))
        if not np.all(np.isfinite(v)) or np.abs(v).max() > 1e3:
            continue
        operon_kernel._backward(codes, first, second, sizes, n - 1, v, d)
        for i in np.flatnonzero(codes <= operon_kernel.VARIABLE):
            h = 1e-6 * np.eye(n)[i]
            slope = (values(theta + h)[-1] - values(theta - h)[-1]) / 2e-6
            exact = d[i] * (x[slots[i]] if codes[i] == operon_kernel.VARIABLE else 1.0)
            if np.all(np.isfinite(slope)) and np.abs(slope).max() < 1e3:
                assert exact == pytest.approx(slope, rel=1e-3, abs=1e-3)
                compared += 1
    assert compared > 300


def test_a_formula_comes_back_from_its_program():
    formula = 3.5 * sympy.exp(-1.2 * R**2) / Q - sympy.sqrt(R + 0.5) + sympy.cos(2.0 * R) * Q
    program = program_of(formula, (R, Q), (2.0, 0.5), tuple(NODES))
    back = expression(*program, (R / 2.0, Q / 0.5))[-1]
    assert float(back.subs({R: 1.3, Q: 0.7})) == pytest.approx(
        float(formula.subs({R: 1.3, Q: 0.7})), rel=1e-12
    )
    assert program_of(sympy.erf(R), (R,), (1.0,), tuple(NODES)) is None
    assert program_of(sympy.exp(-R), (R,), (1.0,), ("+", "*")) is None


def test_what_is_not_worth_a_fit():
    c, v, k = operon_kernel.CONSTANT, operon_kernel.VARIABLE, operon_kernel
    assert sensible([c, v, k.POW])  # r^c
    assert not sensible([v, c, k.POW])  # c^r
    assert not sensible([c, c, v, k.POW, k.POW])  # (r^c)^c
    assert sensible([c, c, c, v, k.POW, k.ADD, k.POW])  # (c + r^c)^c
    assert not sensible([v, k.EXP, k.EXP])
    assert not sensible([c, k.EXP])
    assert not sensible([c])


def test_factors_are_taken_out():
    shifted = tidied((2.0 * R - 3.0) ** -12)
    assert complexity(shifted) == 7
    assert float(shifted.subs(R, 2.5)) == pytest.approx(2.0**-12)
    assert tidied(sympy.exp(1.0 - 2.0 * R)).args[0] == pytest.approx(np.e)


def test_fronts_are_peeled_one_by_one():
    losses, sizes = np.array([3.0, 1.0, 2.0, 2.5]), np.array([1, 2, 2, 3])
    assert fronts(losses, sizes).tolist() == [0, 0, 1, 2]
