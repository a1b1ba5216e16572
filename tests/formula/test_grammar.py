"""The grammar: every structure once, the same whoever counts; known truths found; nothing by chance."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
import sympy
from systems import Frames, clusters, statistic_of

from interpot.errors import InterpotError
from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.symbolic.grammar import BACKEND, stages
from interpot.formula.symbolic.grammar.beam import Lexicon, extensions
from interpot.formula.symbolic.grammar.bench import Bench, Found, codes
from interpot.formula.symbolic.grammar.factors import FACTORS, POWERS
from interpot.formula.symbolic.grammar.functions import INNERS, OUTERS
from interpot.formula.symbolic.grammar.kernels import INNER, LOG, OUTER, SHAPES, radial
from interpot.formula.symbolic.grammar.kernels import factors as factor_values
from interpot.formula.symbolic.grammar.search import search
from interpot.formula.symbolic.grammar.structure import Structure
from interpot.formula.symbolic.problem import SearchProblem
from interpot.formula.symbolic.search import Budget
from interpot.statistic.objective import Objective

CUTOFF = 9.0
BY_NAME = {factor.name: factor for factor in FACTORS}


def nothing(share, candidates):
    """Watch nothing."""


def problem_of(phi, low=3.0, noise=0.0, enough=0.0):
    """A problem from the forces in clusters whose pairs end at the cutoff."""
    slope = numpy_function(derivative(phi, R), (R,))
    frames = clusters(
        lambda r: slope(r) * (r < CUTOFF), frames=8, atoms=30, low=low, high=3.5 * low, noise=noise
    )
    objective = Objective.of(statistic_of(Frames(frames), CUTOFF)).without_others(0)
    chance = enough * float(objective.y @ objective.y)
    return SearchProblem.of(objective, (low, CUTOFF), "Ar-Ar", chance=chance)


@pytest.fixture(scope="module")
def lj():
    return problem_of(0.0412 * ((3.4 / R) ** 12 - (3.4 / R) ** 6))


# ---------------------------------------------------------------------------- the words


def test_tables_have_the_kernels_rows():
    assert list(OUTERS) == list(OUTER) and list(INNERS) == list(INNER)


@pytest.mark.parametrize("factor", FACTORS, ids=lambda f: f.name)
def test_compiled_factors_are_their_formulas_and_slopes(factor):
    r, grid = np.linspace(3.0, 9.0, 7), factor.grid((3.0, 9.0))
    outer, inner, q = codes((factor,))
    for shapes in grid[:: max(1, len(grid) // 5)]:
        F, dF = np.empty((1, 7)), np.empty((1, SHAPES, 7))
        factor_values(r, outer, inner, q, shapes[None], F, dF)
        a, b = sympy.Symbol("a"), sympy.Symbol("b")
        written = OUTERS[factor.outer].of(INNERS[factor.inner].of(sympy.nsimplify(factor.q), a, b))
        numbers = {a: sympy.Float(shapes[0], 40), b: sympy.Float(shapes[1], 40)}
        for k, symbol in enumerate((None, a, b)[: 1 + factor.shapes]):
            exact = written if symbol is None else sympy.diff(written, symbol)
            expected = [float(exact.subs(numbers).subs(R, sympy.Float(x, 40)).evalf(20)) for x in r]
            got = F[0] if symbol is None else dF[0, k - 1]
            # differences of nearly equal numbers and waves of large arguments lose some digits
            assert got == pytest.approx(expected, rel=1e-7, abs=1e-13 * max(1, np.abs(expected).max()))


@pytest.mark.parametrize("factor", FACTORS, ids=lambda f: f.name)
def test_grids_lie_within_the_bounds_and_are_finite_somewhere(factor):
    for domain in ((3.0, 9.0), (0.9, 2.5)):
        grid, (low, high) = factor.grid(domain), factor.bounds(domain)
        used = slice(0, factor.shapes)
        assert np.all(grid[:, used] >= low[used]) and np.all(grid[:, used] <= high[used])
        assert len(np.unique(grid[:, used], axis=0)) == len(grid)


def test_names_are_unlike():
    assert len(BY_NAME) == len(FACTORS)


def test_shared_factors_are_written_once():
    exponential, soft = BY_NAME["exp(scaled, 1)"], BY_NAME["power(shifted, 6)"]
    structure = Structure(
        (exponential, soft),
        ((1.25, 0.0), (700.0, 0.0)),
        ((-1.0, 1.0, -1.0), (0.0, 1.0, -1.0), (0.0, 0.0, -1.0)),
    )
    written = structure.expression((2.0, 3.0, 5.0))
    assert sympy.simplify(written - (sympy.exp(-1.25 * R) * (2 / R + 3) + 5) / (700 + R**6)) == 0
    assert str(written).count("700") == 1 and str(written).count("exp") == 1


# ---------------------------------------------------------------------------- exhaustive where it says so


def brute(bench, factor, monomials, grid, size):
    """The least loss of every subset, by least squares on the whole W, one after the other."""
    least = {}
    for shapes in grid:
        columns = {
            m: Structure((factor,), (tuple(map(float, shapes)),), (m,)).expression((1.0,)) for m in monomials
        }
        values = {m: bench.problem.values(e) for m, e in columns.items()}
        for subset in combinations(monomials, size):
            if not any(p for _, p in subset):
                continue
            X = bench.problem.W @ np.column_stack([values[m] / np.abs(values[m]).max() for m in subset])
            c = np.linalg.lstsq(X, bench.problem.y, rcond=1e-14)[0]
            loss = bench.problem.beyond + float(np.sum((X @ c - bench.problem.y) ** 2))
            least[subset] = min(loss, least.get(subset, np.inf))
    return least


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_pools_hold_every_subset_once(lj, size):
    bench, factor = Bench.of(lj), BY_NAME["exp(scaled, 1)"]
    monomials = [(-1.0, 1.0), (0.0, 1.0), (0.0, 2.0), (-12.0, 0.0), (-6.0, 0.0), (-4.0, 0.0)]
    grid = factor.grid((3.0, CUTOFF))[::6]
    pool = stages.Pool((factor,), np.array(monomials), grid[:, None])
    with stages.ThreadPoolExecutor(2) as workers:
        parts = stages.subsets(bench, pool, (size, size), 10**6, workers, stages.Count())
        starts = list(chain.from_iterable(parts))
    assert len({s.key for _, s in starts}) == len(starts)
    expected = brute(bench, factor, monomials, grid, size)
    got = {tuple(m for m in monomials if m in s.monomials): rest for rest, s in starts}
    assert got.keys() == expected.keys()
    for subset, loss in expected.items():
        assert got[subset] == pytest.approx(loss, rel=1e-4, abs=1e-8)


def test_pairs_are_the_best_of_their_classes(lj):
    bench = Bench.of(lj)
    one, other = BY_NAME["exp(scaled, 1)"], BY_NAME["power(shifted, 2)"]
    members = stages.Members.of(bench, (one, other), lambda p: p != LOG, 6, 1)
    with stages.ThreadPoolExecutor(2) as workers:
        parts = stages.pairs(bench, members, (-6.0,), (1,), 100, workers, stages.Count())
        starts = list(chain.from_iterable(parts))
    got = {tuple(f.name for f in s.factors): rest for rest, s in starts}
    plain = bench.columns((), np.zeros((0, 2)), np.array([[-6.0]]))[0]
    expected = {}
    for i, j in combinations(range(len(members.classes)), 2):
        X = np.column_stack([members.columns[i], members.columns[j], plain])
        c = np.linalg.lstsq(X, bench.target, rcond=1e-14)[0]
        loss = float(np.sum((X @ c - bench.target) ** 2))
        name = tuple(members.names[members.classes[k]][0].name for k in (i, j))
        expected[name] = min(loss, expected.get(name, np.inf))
    assert got.keys() == expected.keys()
    assert [got[k] for k in expected] == pytest.approx(list(expected.values()), rel=1e-3, abs=1e-8)


# ---------------------------------------------------------------------------- the search

GAUSS = 0.0103 * ((3.4 / R) ** 12 - 2 * (3.4 / R) ** 6) - 0.012 * sympy.exp(-((R - 5.0) ** 2) / 0.32)
LONG_RANGE = 0.05 * (1 - (3.8 / R) ** 6 * sympy.exp(-(R**4 - 3.8**4) / (R**4 + 3.8**4))) ** 2
TRUTHS = {
    "two powers": (0.04 * ((3.4 / R) ** 12 - (3.4 / R) ** 6), 3.0, 2),
    "Lennard-Jones-Gauss": (GAUSS, 3.0, 5),
    "Hertz": (0.8 * (1 - R / 20) ** sympy.Rational(5, 2), 3.0, 2),
    "Morse long range": (LONG_RANGE, 3.0, 4),  # its shapes lie far along a narrow valley from the grid
    "Rydberg": (-0.5 * (1 + 1.3 * (R - 3.5)) * sympy.exp(-1.3 * (R - 3.5)), 2.8, 3),
}


@pytest.mark.parametrize("name", TRUTHS)
def test_truths_are_found_exactly(name):
    phi, low, constants = TRUTHS[name]
    problem = problem_of(phi, low)
    found = search(problem, BACKEND.operators, Budget(evaluations=200_000), 0, nothing)
    exact = [c for c in found if c.loss < 1e-14]
    simplest = min(exact, key=lambda c: c.complexity)
    r = np.linspace(low, CUTOFF, 50)
    slope = numpy_function(derivative(simplest.expression, R), (R,))(r)
    assert slope == pytest.approx(numpy_function(derivative(phi, R), (R,))(r), rel=1e-5, abs=1e-7)
    numbers = {abs(n) for n in simplest.expression.atoms(sympy.Float)}
    assert len(numbers) <= constants + 1  # none written twice but the two places of a rate


def test_losses_are_those_of_the_problem(lj):
    found = search(lj, ("+", "-", "*", "/", "^", "exp"), Budget(evaluations=20_000), 0, nothing)
    assert found == sorted(found, key=lambda c: (c.complexity, c.loss, str(c.expression)))
    assert found and all(c.loss == lj.loss(lj.values(c.expression)) for c in found)


def test_seed_and_threads_change_nothing(monkeypatch):
    problem = problem_of(GAUSS, noise=0.01)
    one = search(problem, ("+", "*", "^", "exp"), Budget(evaluations=60_000), 1, nothing)
    monkeypatch.setattr("interpot.formula.symbolic.grammar.search.threads", lambda: 1)
    other = search(problem, ("+", "*", "^", "exp"), Budget(evaluations=60_000), 2, nothing)
    assert one == other


def test_operators_restrict_what_is_written():
    problem = problem_of(GAUSS, noise=0.01)
    for candidate in search(problem, ("+", "-", "*", "/", "^"), Budget(evaluations=60_000), 0, nothing):
        assert not candidate.expression.atoms(sympy.Function)
    for candidate in search(problem, ("*", "/", "exp"), Budget(evaluations=30_000), 0, nothing):
        assert not candidate.expression.atoms(sympy.log) and not candidate.expression.is_Add


def test_unknown_operator_is_refused(lj):
    with pytest.raises(InterpotError, match="knows no operator 'sinh'"):
        search(lj, ("+", "sinh"), Budget(evaluations=10), 0, nothing)


def test_budget_ends_it():
    problem = problem_of(GAUSS, noise=0.01)
    shares = []
    found = search(
        problem, BACKEND.operators, Budget(evaluations=8_000), 0, lambda share, c: shares.append(share)
    )
    assert found and shares[-1] == 1.0
    more = search(problem, BACKEND.operators, Budget(evaluations=60_000), 0, nothing)
    assert min(c.loss for c in more) < min(c.loss for c in found)


def test_interrupt_passes_through_watch(monkeypatch):
    problem = problem_of(GAUSS, noise=0.01)
    monkeypatch.setattr("interpot.formula.symbolic.grammar.search._BETWEEN", 0.0)
    kept = []

    def watch(share, candidates):
        kept.append(candidates)
        if candidates:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(problem, BACKEND.operators, Budget(evaluations=10**9), 0, watch)
    assert kept[-1]


@pytest.mark.slow
def test_sum_of_three_products_is_found():
    morse = 0.3 * (sympy.exp(-3 * (R - 3.6)) - 2 * sympy.exp(-1.5 * (R - 3.6)))
    problem = problem_of(morse - 0.05 * sympy.exp(-3 * (R - 5.2) ** 2), 2.9)
    found = search(problem, ("+", "-", "*", "/", "^", "exp"), Budget(), 0, nothing)
    assert min(c.loss for c in found) < 1e-12


def test_powers_are_in_order():
    assert len(set(POWERS)) == len(POWERS)


def test_rough_losses_rank_as_the_exact_ones(lj):
    """On fewer nodes a smooth function has the loss that it has on all."""
    bench = Bench.of(lj)
    rough = bench.rough()
    assert 2 * len(rough.r) < len(bench.r)
    factor = BY_NAME["exp(scaled, 1)"]
    for monomials in ([(0.0, 1.0), (-6.0, 0.0)], [(0.0, 1.0), (1.0, 1.0)]):
        structure = Structure((factor,), ((1.3, 0.0),), tuple(monomials))
        assert rough.polish(structure, 20).loss == pytest.approx(bench.polish(structure, 20).loss, rel=1e-6)


@pytest.mark.parametrize("p", [-30.0, -7.0, -2.0, -0.5, 1.0, 2.5, 3.0, 12.0])
def test_whole_powers_by_squaring_are_powers(p):
    r, out = np.linspace(0.3, 7.0, 50), np.empty(50)
    radial(r, p, out)
    np.testing.assert_allclose(out, r**p, rtol=1e-14)


def test_extension_of_what_overflows_warns_of_nothing(lj):
    """The tangent of ∞ - ∞ is left out."""
    bench = Bench.of(lj)
    base = Structure((BY_NAME["exp(sum, 2)"],), ((-500.0, 0.0),), ((0.0, 1.0), (1.0, 1.0)))
    lexicon = Lexicon.of(bench, [(BY_NAME["exp(scaled, 1)"], (0.0, 1.0))], 6)
    starts = extensions(bench, Found(base, (1.0, -1.0), 0.5), lexicon, POWERS, 10)
    assert starts
    assert all(np.isfinite(rest) for rest, _ in starts)
