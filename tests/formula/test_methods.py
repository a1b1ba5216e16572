"""The table of methods: where columns are orthogonal all must find the truth; each keeps its own promise."""

from __future__ import annotations

import inspect
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import sympy
from systems import Frames, clusters, statistic_of

from interpot import InterpotError, discover
from interpot.formula.codegen import R
from interpot.formula.regress import METHODS, elastic_net, lasso, load_method, omp, ridge, ssr, stlsq
from interpot.formula.regress.paths import largest_of
from interpot.formula.regress.restriction import Bound, Restriction, Selector
from interpot.formula.regress.subsets import search as exhaustive
from interpot.formula.terms import Shape, Term, library
from interpot.formula.terms.term import between
from interpot.records import FloatArray
from interpot.statistic.objective import Objective

# cos(k r) at the midpoints of (0, π) are orthogonal
NODES = (np.arange(64) + 0.5) * np.pi / 64
ORDER = Shape("k", -1, lambda low, high: np.arange(1.0, 11.0), between(0.5, 20.0), integer=True)
COSINE = Term("cosine", sympy.cos(ORDER.symbol * R), (ORDER,), sympy.Integer(0), False, "J. Fourier (1822)")
TRUTH = {2: 3.0, 5: -1.5, 9: 0.4}


def of(values: FloatArray, nodes: FloatArray = NODES) -> Objective:
    return Objective((nodes,), (np.eye(nodes.size),), values, np.eye(nodes.size), 0.0, float(values @ values))


def cosines(noise: float = 0.0) -> Objective:
    values = sum(a * np.cos(k * NODES) for k, a in TRUTH.items())
    return of(values + noise * np.random.default_rng(1).normal(size=NODES.size))


def design(seed: int, rows: int = 60, columns: int = 12, alike: float = 0.0) -> FloatArray:
    """Columns of length 1, drawn at random, with a part `alike` that all share."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, columns)) + alike * random.normal(size=(rows, 1))
    return np.asarray(X / np.linalg.norm(X, axis=0))


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_the_interface(name: str) -> None:
    asked = inspect.signature(exhaustive)
    given = inspect.signature(load_method(name))
    assert {k: p.default for k, p in given.parameters.items()} == {
        k: p.default for k, p in asked.parameters.items()
    }


@pytest.mark.parametrize("noise", [0.0, 0.05])
@pytest.mark.parametrize("name", METHODS)
def test_on_an_orthogonal_library_all_find_the_best_subset_of_each_size(name: str, noise: float) -> None:
    problem = cosines(noise)
    fits = load_method(name)(problem, [COSINE], (NODES[0], NODES[-1]), max_terms=3)
    explained = {k: float(problem.y @ np.cos(k * NODES)) ** 2 / 32 for k in range(1, 11)}
    for size in (1, 2, 3):
        best = min((f for f in fits if len(f.forms[0].terms) == size == f.constants), key=lambda f: f.misfit)
        expected = sorted(explained, key=lambda k: -explained[k])[:size]
        assert sorted(best.forms[0].shapes) == sorted(expected)
        left = problem.square - sum(explained[k] for k in expected)
        assert best.misfit == pytest.approx(left, rel=1e-9, abs=1e-13 * problem.square)


@pytest.mark.parametrize("name", METHODS)
def test_forms_are_polished_and_no_larger_than_asked(name: str) -> None:
    """An order between whole numbers: the free variant finds it, from whatever whole number the path meets."""
    problem = of(np.cos(4.2 * NODES))
    fits = load_method(name)(problem, [COSINE], (NODES[0], NODES[-1]), max_terms=2)
    assert max(len(f.forms[0].terms) for f in fits) <= 2
    assert len({f.key for f in fits}) == len(fits)
    best = min((f for f in fits if f.constants == 2), key=lambda f: f.misfit)
    assert best.forms[0].shapes == pytest.approx([4.2]) and best.coefficients[0] == pytest.approx([1.0])


@pytest.mark.parametrize("name", METHODS)
def test_no_more_terms_where_fewer_are_enough(name: str) -> None:
    problem = of(2 * np.cos(3 * NODES))
    fits = load_method(name)(problem, [COSINE], (NODES[0], NODES[-1]), enough=1e-20)
    assert {len(f.forms[0].terms) for f in fits} == {1}


@pytest.mark.parametrize("name", METHODS)
def test_lennard_jones_among_few_powers(name: str) -> None:
    """Coulomb, dispersion and core are different enough for all of them, from data to the named constants."""
    epsilon, sigma = 0.0103, 3.4

    def slope(r: FloatArray) -> FloatArray:
        s6 = (sigma / r) ** 6
        return np.asarray(np.where(r < 9, -24 * epsilon * (2 * s6**2 - s6) / r, 0.0))

    [power] = library(["power"])
    few = replace(
        power, shapes=(replace(power.shapes[0], grid=lambda low, high: np.array([1.0, 6.0, 12.0])),)
    )
    statistic = statistic_of(Frames(clusters(slope, frames=8, atoms=30, low=3.0, high=11.0, noise=1e-3)), 9.0)
    objective = Objective.of(statistic)
    fits = load_method(name)(objective, [few], (3.0, 9.0), max_terms=2)
    best = min((f for f in fits if f.constants == 2), key=lambda f: f.misfit)
    assert sorted(best.forms[0].shapes) == [6, 12]
    a, b = (best.coefficients[0][list(best.forms[0].shapes).index(n)] for n in (12, 6))
    assert (b**2 / (4 * a), (-a / b) ** (1 / 6)) == pytest.approx((epsilon, sigma), rel=3e-3)


@pytest.mark.parametrize("name", METHODS)
def test_constraints_are_met(name: str) -> None:
    """Positive coefficients only: the term that would need another is not among what is found."""
    positive = Bound("positive", Selector("cosine"), 0.0, np.inf)
    rule = Restriction(("positive",), bounds=(positive,))
    fits = load_method(name)(cosines(0.05), [COSINE], (NODES[0], NODES[-1]), constraints=rule)
    assert fits and all((f.coefficients[0] > 0).all() for f in fits)
    assert not any(5 in f.forms[0].shapes for f in fits)


@pytest.mark.parametrize("name", METHODS)
def test_nothing_to_combine_gives_nothing(name: str) -> None:
    never = Restriction(("decay",), decaying=True)  # no cosine does
    assert load_method(name)(cosines(), [COSINE], (NODES[0], NODES[-1]), constraints=never) == []


def test_discovery_takes_the_name_of_a_method() -> None:
    def slope(r: FloatArray) -> FloatArray:
        return np.asarray(np.where(r < 9, -9 * 4e3 / r**10, 0.0))

    statistic = statistic_of(Frames(clusters(slope, frames=8, atoms=30, low=3.0, high=11.0)), 9.0)
    found = discover(statistic, method="omp", terms=["power"], max_terms=1)
    assert found.best.provenance["method"] == "omp"
    assert found.front.set_index("form").loss["r^-9"] < 1e-9
    with pytest.raises(InterpotError, match="unknown method 'guess': expected one of exhaustive, ridge"):
        discover(statistic, method="guess")


def test_a_missing_package_names_the_extra_of_all_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METHODS, "lasso", "a_package_that_nobody_has:search")
    with pytest.raises(InterpotError, match=r"method 'lasso' needs .* pip install 'interpot\[regression\]'"):
        load_method("lasso")


def test_a_path_without_a_small_support_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stlsq, "RIDGES", (0.0,))
    two = replace(COSINE, shapes=(replace(ORDER, grid=lambda low, high: np.array([3.0, 5.0])),))
    equal = of(np.cos(3 * NODES) + np.cos(5 * NODES))
    with pytest.raises(InterpotError, match=r"no formula of 1 terms or fewer on its path: allow more terms"):
        stlsq.search(equal, [two], (NODES[0], NODES[-1]), max_terms=1)


# ---------------------------------------------------------------------------- each method's own promise


@pytest.mark.parametrize("alike", [0.0, 2.0])
@pytest.mark.parametrize("mu", [0.0, 0.1])
def test_the_path_satisfies_the_conditions_of_optimality(alike: float, mu: float) -> None:
    """x_jᵀ(y - X a) - μ a_j = λ sign(a_j) where a_j ≠ 0, and no larger than λ elsewhere (Karush, Kuhn, Tucker)."""
    X = design(3, alike=alike)
    y = X[:, [1, 4, 7]] @ [2.0, -1.0, 0.5] + 0.05 * np.random.default_rng(4).normal(size=60)
    penalties, coefficients = lasso.path(X.T @ X + mu * np.eye(12), X.T @ y)
    assert penalties[0] == pytest.approx(np.abs(X.T @ y).max()) and not coefficients[0].any()
    assert len(penalties) > 5 and (np.diff(penalties) <= 0).all()
    for penalty, a in zip(penalties, coefficients, strict=True):
        slope = X.T @ (y - X @ a) - mu * a
        assert (np.abs(slope) <= penalty + 1e-12).all()
        assert slope[a != 0] == pytest.approx(penalty * np.sign(a[a != 0]), abs=1e-12)


def test_collinear_columns_do_no_harm() -> None:
    X = design(5, columns=6)
    X = np.hstack([X, X[:, :3], (X[:, [4]] + X[:, [5]]) / np.linalg.norm(X[:, 4] + X[:, 5])])
    y = X[:, [1, 4]] @ [1.0, -2.0]
    for method in (ridge, stlsq, lasso, elastic_net, omp, ssr):
        for support in method.supports(X, y, 2):
            assert 1 <= len(support) <= 2 and list(support) == sorted(set(support))


@pytest.mark.parametrize("seed", range(5))
def test_matching_pursuit_is_the_best_subset_where_columns_differ_enough(seed: int) -> None:
    """All cosines below 1/(2k - 1): J. A. Tropp's condition for k columns."""
    X = np.linalg.qr(design(seed, rows=12))[0]
    X = X + 0.04 * design(seed + 100, rows=12)
    X = X / np.linalg.norm(X, axis=0)
    assert np.abs(X.T @ X - np.eye(12)).max() < 1 / 5
    random = np.random.default_rng(seed)
    y = X[:, random.choice(12, 3, replace=False)] @ random.uniform(1, 5, 3)

    def left(columns: tuple[int, ...]) -> float:
        A = X[:, columns]
        return float(np.linalg.norm(A @ np.linalg.lstsq(A, y, rcond=None)[0] - y))

    *_, last = omp.supports(X, y, 3)
    assert last == min(combinations(range(12), 3), key=left)
    assert left(last) < 1e-12


@pytest.mark.parametrize("seed", range(3))
def test_thresholding_ends_where_it_stays(seed: int) -> None:
    """A support of STLSQ: its least-squares coefficients are above some threshold that took all others out."""
    X = design(seed, alike=0.5)
    random = np.random.default_rng(seed)
    y = X[:, [0, 3]] @ [1.0, -2.0] + 0.01 * random.normal(size=60)

    def iterated(threshold: float) -> tuple[int, ...]:  # as published
        a = np.linalg.lstsq(X, y, rcond=None)[0]
        for _ in range(20):
            large = np.abs(a) >= threshold
            a = np.zeros(12)
            a[large] = np.linalg.lstsq(X[:, large], y, rcond=None)[0]
        return tuple(np.flatnonzero(a).tolist())

    met = set(stlsq.supports(X, y, 3))
    assert (0, 3) in met
    published = {iterated(t) for t in np.geomspace(1e-4, 3, 40)}
    assert {s for s in published if 0 < len(s) <= 3} <= met


def test_the_regressor_drops_the_smallest_coefficient_first() -> None:
    X = design(8, alike=1.0)
    y = X @ np.arange(1.0, 13.0)
    kept, expected = list(range(12)), []
    while kept:
        if len(kept) <= 4:
            expected.append(tuple(kept))
        a = np.linalg.solve(X[:, kept].T @ X[:, kept], X[:, kept].T @ y)
        kept.remove(kept[int(np.argmin(np.abs(a)))])
    assert list(ssr.supports(X, y, 4)) == expected


def test_ridge_goes_from_least_squares_to_correlation() -> None:
    X = design(9, alike=1.0)
    y = X @ np.random.default_rng(9).normal(size=12)
    met = set(ridge.supports(X, y, 3))
    assert set(largest_of(np.linalg.solve(X.T @ X, X.T @ y), 3)) <= met
    for penalty in ridge.PENALTIES[::15]:
        assert set(largest_of(np.linalg.solve(X.T @ X + penalty * np.eye(12), X.T @ y), 3)) <= met
