"""Subset search against brute force, variable projection against minimisation over all constants at once."""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement

import numpy as np
import pytest
from scipy.optimize import least_squares

from interpot.formula.regress.form import Form
from interpot.formula.regress.grid import Grid
from interpot.formula.regress.polish import snapped, tied
from interpot.formula.regress.scan import scan
from interpot.formula.regress.subsets import search
from interpot.formula.regress.varpro import fit
from interpot.formula.terms import library
from interpot.statistic.objective import Objective

NODES = np.linspace(2.5, 9.0, 120)


def objective(*truths: np.ndarray, noise: float = 0.0, rows: int = 60, seed: int = 1) -> Objective:
    """A compressed problem with random maps; one channel per given function on the nodes."""
    random = np.random.default_rng(seed)
    maps = tuple(random.normal(size=(rows, NODES.size)) / np.sqrt(rows) for _ in truths)
    y = sum(M @ v for M, v in zip(maps, truths, strict=True))
    y = y + noise * np.linalg.norm(y) / np.sqrt(rows) * random.normal(size=rows)
    return Objective((NODES,) * len(truths), maps, y, np.eye(rows), 0.0, float(y @ y))


def lj(r: np.ndarray = NODES) -> np.ndarray:
    return 4 * ((3.4 / r) ** 12 - (3.4 / r) ** 6)


def misfit_of(problem: Objective, columns: np.ndarray) -> float:
    """Smallest ‖X a - y‖², by singular values."""
    X = columns / np.linalg.norm(columns, axis=0)
    a = np.linalg.lstsq(X, problem.y, rcond=1e-13)[0]
    return float(np.sum((X @ a - problem.y) ** 2))


def form(terms: str, *shapes: float, free: list[int] | None = None) -> Form:
    made = Form.of(library(terms.split()), np.array(shapes))
    return made if free is None else made.freed(free)


# ---------------------------------------------------------------------------- subsets


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("noise", [1e-6, 0.05])
def test_no_subset_is_missed(noise: float, seed: int) -> None:
    """Whole exponents only: the best fit of each size is that of brute force over all subsets."""
    truth = lj() + 0.3 / NODES**3 + 0.02 * NODES**2
    problem = objective(truth, noise=noise, seed=seed)
    terms = library(["power", "polynomial", "logarithm"])
    r = problem.nodes[0]
    members = [r**-n for n in range(1, 21)] + [r**k for k in range(1, 5)] + [np.log(r)]
    columns = problem.maps[0] @ np.column_stack(members)
    fits = search(problem, terms, (2.5, 9.0), max_terms=3)
    for size in (1, 2, 3):
        best = min(misfit_of(problem, columns[:, s]) for s in combinations(range(len(members)), size))
        whole = [f.misfit for f in fits if len(f.forms[0].terms) == size == f.constants]
        assert min(whole) == pytest.approx(best, rel=1e-7)


@pytest.mark.parametrize("size", [1, 2])
def test_the_best_of_each_family_is_that_of_brute_force(size: int) -> None:
    """With tangents: a member with a shape between whole numbers brings two columns."""
    problem = objective(lj() + 2 * np.exp(-0.71 * NODES), noise=1e-3)
    grid = Grid.of(problem, library(["polynomial", "exponential", "gaussian"]), (2.5, 9.0))
    explained: dict[tuple[int, ...], tuple[float, tuple[int, ...]]] = {}
    for subset in combinations(range(len(grid.terms)), size):
        columns = np.hstack([grid.columns[:, grid.first[k] : grid.first[k + 1]] for k in subset])
        left = float(np.sum((columns @ np.linalg.lstsq(columns, grid.y, rcond=1e-13)[0] - grid.y) ** 2))
        families = tuple(int(grid.families[k]) for k in subset)
        if families not in explained or left < explained[families][0]:
            explained[families] = left, subset
    everything = np.ones((len(grid.terms), len(grid.terms)), dtype=bool)
    scanned = scan(grid, size, everything)
    found = [tuple(map(int, subset)) for subset in scanned.subsets]
    assert scanned.count == len(list(combinations(range(len(grid.terms)), size)))
    for subset in found:
        columns = np.hstack([grid.columns[:, grid.first[k] : grid.first[k + 1]] for k in subset])
        left = float(np.sum((columns @ np.linalg.lstsq(columns, grid.y, rcond=1e-13)[0] - grid.y) ** 2))
        best, _ = explained[tuple(int(grid.families[k]) for k in subset)]
        assert left == pytest.approx(best, rel=1e-6)
    # every combination of families that exists is there: two of a family only where it has several members
    kinds = int(grid.families.max()) + 1
    counts = np.bincount(grid.families)
    possible = [
        c
        for c in combinations_with_replacement(range(kinds), size)
        if all(counts[k] >= c.count(k) for k in set(c))
    ]
    assert len(found) == len(possible)


def chained(random: np.random.Generator, sines: list[float]) -> np.ndarray:
    """Columns of length 1, each beyond those before it by the sine of a given angle only, (32, columns)."""
    Q = np.linalg.qr(random.normal(size=(32, len(sines))))[0]
    columns = Q[:, :1]
    for k, sine in enumerate(sines[1:], 1):
        along = Q[:, :k] @ random.normal(size=k)
        column = sine * Q[:, k] + np.sqrt(1 - sine**2) * along / np.linalg.norm(along)
        columns = np.column_stack([columns, column])
    return columns


def grid_of(members: list[np.ndarray], y: np.ndarray) -> Grid:
    """Members of one family, by their columns."""
    first = np.concatenate([[0], np.cumsum([m.shape[1] for m in members])])
    R = np.linalg.qr(np.column_stack([*members, y]), mode="r")
    one = np.zeros(len(members), dtype=np.int64)
    return Grid([], [], one, one, first, R[:, :-1], R[:, -1], np.ones(first[-1]))


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("closest", [1.0, 1e-2, 1e-3])
def test_members_of_many_columns_are_solved_as_by_singular_values(closest: float, size: int) -> None:
    """Up to three tangents, nearly collinear or not: no subset is better than the one that is found."""
    for seed in range(10):
        random = np.random.default_rng(seed)
        widths = random.integers(1, 5, 8)
        members = [chained(random, [1.0, *random.uniform(closest, 1, w - 1)]) for w in widths]
        y = sum(m @ random.normal(size=m.shape[1]) for m in members[:size]) + 0.3 * random.normal(size=32)
        best = min(
            float(np.sum((X @ np.linalg.lstsq(X, y, rcond=1e-13)[0] - y) ** 2))
            for X in map(np.hstack, combinations(members, size))
        )
        found = scan(grid_of(members, y), size, np.ones((8, 8), dtype=bool))
        X = np.hstack([members[k] for k in found.subsets[0]])
        left = float(np.sum((X @ np.linalg.lstsq(X, y, rcond=1e-13)[0] - y) ** 2))
        assert float(y @ y) - found.explained[0] == pytest.approx(left, rel=1e-7)
        assert left == pytest.approx(best, rel=1e-9)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(
    ("columns", "nearness"), [((1, 1), 1e-6), ((1, 2), 1e-3), ((2, 2), 1e-3), ((4, 1), 1e-3)]
)
def test_tangents_that_are_nearly_collinear_hide_no_subset(
    columns: tuple[int, int], nearness: float, seed: int
) -> None:
    """The exact subset comes after one that is nearly as good; digits that products lose do not speak against it."""
    random = np.random.default_rng(seed)
    ahead, width = columns
    both = chained(random, [1.0, *[1e-3] * (ahead - 1), *[1.5e-3] * width])
    one, exact = both[:, :ahead], both[:, ahead:]
    y = np.linalg.qr(both)[0] @ random.normal(size=ahead + width)
    near = exact + nearness * 1.5e-3**width * random.normal(size=exact.shape) / np.sqrt(32)
    near /= np.linalg.norm(near, axis=0)
    together = np.array([[False, True, True], [True, False, False], [True, False, False]])
    assert scan(grid_of([one, near, exact], y), 2, together).subsets.tolist() == [[0, 2]]


def test_a_term_that_is_there_twice_is_used_once() -> None:
    """Collinear columns: nothing explodes and the same formula comes out."""
    problem = objective(lj(), noise=1e-3)
    single = search(problem, library(["power"]), (2.5, 9.0), max_terms=2)
    double = search(problem, library(["power", "power"]), (2.5, 9.0), max_terms=2)
    for fits in (single, double):
        best = min((f for f in fits if f.constants == 2), key=lambda f: f.misfit)
        assert sorted(best.forms[0].shapes) == [6, 12]
        assert np.abs(best.coefficients[0]).max() < 1.1 * 4 * 3.4**12


def test_a_member_that_is_not_finite_is_left_out() -> None:
    """r^-20 of distances in picometres overflows nothing but itself."""
    problem = objective(lj())
    tiny = Objective((NODES * 1e-20,), problem.maps, problem.y, problem.inverse, 0.0, problem.square)
    for f in search(tiny, library(["power"]), (2.5e-20, 9e-20), max_terms=2):
        assert np.isfinite(f.misfit)
        assert f.misfit <= problem.square * (1 + 1e-9)


def test_no_larger_subset_where_a_smaller_one_is_enough() -> None:
    problem = objective(lj())
    fits = search(problem, library(), (2.5, 9.0), max_terms=3, enough=1e-14 * problem.square)
    assert max(len(f.forms[0].terms) for f in fits) == 2
    best = min(fits, key=lambda f: f.misfit)
    assert best.misfit < 1e-20 * problem.square
    whole = next(f for f in fits if f.constants == 2 and sorted(f.forms[0].shapes) == [6, 12])
    assert whole.misfit < 1e-20 * problem.square


def test_fewer_data_than_constants_are_not_overfitted() -> None:
    """Three numbers: no formula of three constants or more comes back."""
    problem = objective(lj(), rows=3)
    for f in search(problem, library(), (2.5, 9.0), max_terms=3):
        assert f.constants <= 3 or f.misfit > 0


@pytest.mark.parametrize("structure", [12.3, 7.7])
def test_each_structure_comes_once(structure: float) -> None:
    fits = search(objective(NODES**-structure, noise=1e-4), library(["power", "gaussian"]), (2.5, 9.0), 2)
    keys = [f.key for f in fits]
    assert len(set(keys)) == len(keys)


# ---------------------------------------------------------------------------- variants


def test_rates_near_two_to_one_are_tied() -> None:
    close = form("exponential exponential", 2.9, 1.4)
    (variant,) = tied(close)
    assert variant.constants == 3
    assert variant.shapes == pytest.approx([2.8, 1.4])
    assert variant.free == pytest.approx([2.8])  # the first leads, and bounds are its
    assert variant.moved(np.array([2.0])).shapes == pytest.approx([2.0, 1.0])
    (variant,) = tied(form("exponential exponential", 1.4, 2.9))
    assert variant.moved(np.array([1.0])).shapes == pytest.approx([1.0, 2.0])
    assert not list(tied(form("exponential exponential", 5.0, 1.4)))
    assert not list(tied(form("exponential gaussian", 2.8, 1.4)))


def test_exponents_near_whole_numbers_are_set_to_them() -> None:
    loose = form("power power", 12.03, 5.6, free=[0, 1])
    (variant,) = snapped(loose, [0, 1])
    assert variant.shapes == pytest.approx([12, 5.6])
    assert variant.driven.tolist() == [False, True]
    both = {tuple(v.shapes) for v in snapped(form("power power", 12.03, 5.95, free=[0, 1]), [0, 1])}
    assert both == {(12.0, 6.0), (12.0, 5.95), (12.03, 6.0)}


def test_the_key_of_a_form_knows_no_order_and_no_values() -> None:
    assert form("power power", 12, 6).key == form("power power", 6, 12).key != form("power power", 12, 7).key
    assert form("exponential power", 1.3, 6).key == form("power exponential", 6, 2.9).key
    assert form("power", 6).key != form("power", 6, free=[0]).key


@pytest.mark.parametrize("case", ["free", "tied"])
def test_the_jacobian_of_a_form(case: str) -> None:
    made = form("exponential power gaussian exponential", 1.3, 6.4, 2.2, 2.7, free=[0, 1, 2, 3])
    if case == "tied":
        made = Form(made.terms, made.shapes, np.array([[1.0, 0], [0, 1], [0, 0], [2, 0]]))
    a = np.array([2.0, -3.0, 0.4, 1.1])
    J = made.jacobian(NODES, a)
    theta = np.concatenate([a, made.free])

    def values(t: np.ndarray) -> np.ndarray:
        return made.moved(t[4:]).columns(NODES) @ t[:4]

    assert J.shape == (NODES.size, made.constants)
    for k in range(made.constants):
        h = 1e-5 * np.eye(made.constants)[k]
        slope = (values(theta + h) - values(theta - h)) / 2e-5
        np.testing.assert_allclose(J[:, k], slope, rtol=1e-6, atol=1e-9)


# ---------------------------------------------------------------------------- variable projection

PROBLEMS = {
    "Mie": (form("power power", 11.0, 7.0, free=[0, 1]), np.array([2e6, -900.0]), [12.6, 5.7]),
    "Buckingham": (form("exponential power", 2.5, 6.0), np.array([1e3, -90.0]), [3.1, 6.0]),
    "two exponentials": (form("exponential exponential", 2.5, 0.8), np.array([9e2, -3.0]), [3.1, 1.1]),
    "Yukawa": (form("yukawa", 1.1), np.array([4.0]), [0.7]),
    "Gaussian and power": (form("gaussian power", 1.9, 4.0, free=[0, 1]), np.array([-0.5, 60.0]), [1.4, 4.6]),
}


@pytest.mark.parametrize("noise", [0.0, 0.02])
@pytest.mark.parametrize("name", PROBLEMS)
def test_the_optimum_is_that_of_all_constants_at_once(name: str, noise: float) -> None:
    start, coefficients, shapes = PROBLEMS[name]
    truth = Form(start.terms, np.array(shapes), start.ties)
    problem = objective(truth.columns(NODES) @ coefficients, noise=noise)
    found = fit(problem, [start])
    scale, count = np.sqrt(problem.square), len(coefficients)

    def residual(t: np.ndarray) -> np.ndarray:
        moved = start.moved(t[count:] * truth.free)
        return problem.residual([moved.columns(NODES) @ (t[:count] * coefficients)]) / scale

    direct = least_squares(residual, np.ones(count + len(truth.free)), xtol=1e-15, ftol=1e-15, gtol=1e-15)
    reached = np.concatenate([found.coefficients[0] / coefficients, found.forms[0].free / truth.free])
    if noise:
        assert found.misfit == pytest.approx(2 * direct.cost * problem.square, rel=1e-9)
        np.testing.assert_allclose(reached, direct.x, rtol=1e-5)
    else:
        assert found.misfit < 1e-20 * problem.square
        np.testing.assert_allclose(reached, 1, rtol=1e-8)


def test_two_channels_are_fitted_jointly() -> None:
    first, second = form("power power", 12, 6), form("yukawa", 0.5)
    problem = objective(lj(), 3 * np.exp(-0.8 * NODES) / NODES)
    found = fit(problem, [first, second])
    assert found.coefficients[0] == pytest.approx([4 * 3.4**12, -4 * 3.4**6], rel=1e-9)
    assert (found.coefficients[1], found.forms[1].shapes) == (pytest.approx([3.0]), pytest.approx([0.8]))
    assert found.constants == 4


def test_without_free_shapes_it_is_linear_least_squares() -> None:
    problem = objective(lj(), noise=0.1)
    found = fit(problem, [form("power power polynomial", 9, 4, 1)])
    X = problem.maps[0] @ np.column_stack([NODES**-9.0, NODES**-4.0, NODES])
    size = np.linalg.norm(X, axis=0)
    a, left, *_ = np.linalg.lstsq(X / size, problem.y, rcond=None)
    assert found.coefficients[0] == pytest.approx(a / size, rel=1e-9)
    assert found.misfit == pytest.approx(left[0], rel=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_it_is_never_worse_than_its_start_and_stays_within_bounds(seed: int) -> None:
    random = np.random.default_rng(seed)
    terms = library(random.choice(["power", "exponential", "yukawa", "gaussian", "erf_coulomb"], size=2))
    shapes = np.array([random.choice(t.shapes[0].grid(2.5, 9.0)) for t in terms])
    start = Form(terms, shapes, np.eye(2))
    problem = objective(lj(), noise=random.choice([0.0, 0.1]), seed=seed)
    found = fit(problem, [start])
    assert found.misfit <= misfit_of(problem, problem.maps[0] @ start.columns(NODES)) * (1 + 1e-9)
    low, high = start.bounds(NODES)
    assert (low <= found.forms[0].free).all() and (found.forms[0].free <= high).all()
    assert np.isfinite(found.coefficients[0]).all()


@pytest.mark.parametrize(
    ("terms", "start", "truth", "end"),
    [
        ("power", 20.0, NODES**-80.0, "high"),  # steeper than any power that is allowed
        ("power", 1.0, np.log(NODES), "low"),  # r^-0 in the limit
        ("gaussian", 4.0, NODES**2.0, "high"),  # a parabola is an infinitely wide one
        ("exponential", 0.3, NODES, "low"),  # a straight line decays at no rate
    ],
)
def test_an_optimum_at_the_end_is_left_there(terms: str, start: float, truth: np.ndarray, end: str) -> None:
    # constants are no forces: the map takes differences
    random = np.random.default_rng(1)
    M = random.normal(size=(60, NODES.size - 1)) @ np.diff(np.eye(NODES.size), axis=0)
    y = M @ truth / np.abs(truth).max()
    problem = Objective((NODES,), (M,), y, np.eye(60), 0.0, float(y @ y))
    first = form(terms, start, free=[0])
    found = fit(problem, [first])
    low, high = first.bounds(NODES)
    value = found.forms[0].free[0]
    assert low[0] <= value <= high[0]
    assert value > start if end == "high" else value < start
    assert found.misfit < misfit_of(problem, M @ first.columns(NODES))


def test_tied_rates_leave_shared_shapes_shared() -> None:
    """α and 2α beside two dispersion terms with one damping b: two free parameters, not three."""
    terms = library(["exponential", "damped_6", "damped_10"])
    form = Form.of((terms[0], terms[0], *terms[1:]), np.array([2.0, 4.1, 3.0, 3.0]))
    (morse,) = tied(form)
    assert morse.shapes.tolist() == [2.0, 4.0, 3.0, 3.0]
    assert morse.ties.tolist() == [[1, 0], [2, 0], [0, 1], [0, 1]]
    (turned,) = tied(Form.of((terms[0], terms[0]), np.array([4.1, 2.0])))
    assert turned.shapes.tolist() == [4.0, 2.0] and turned.ties.tolist() == [[1], [0.5]]
