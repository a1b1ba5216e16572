"""Constraints: in words, in small least-squares problems, in the scan, in variable projection and in discovery."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize

from interpot import InterpotError
from interpot.formula.constraints import (
    CONSTRAINTS,
    Coefficient,
    Decay,
    Place,
    RepulsiveCore,
    ShapeRange,
    Smooth,
    parse,
)
from interpot.formula.known import Known, from_text
from interpot.formula.regress.constrained import ConstrainedProjection, constrained_value, nearest
from interpot.formula.regress.form import Form
from interpot.formula.regress.grid import Grid
from interpot.formula.regress.restriction import Restriction, Selector
from interpot.formula.regress.scan import scan
from interpot.formula.regress.subsets import search, together
from interpot.formula.regress.varpro import fit
from interpot.formula.terms import TERMS, library
from interpot.statistic.objective import Objective
from interpot.units import STYLES

NODES = np.linspace(2.5, 9.0, 120)
LIBRARY = library()


def restriction(*texts: str, units: str = "metal", known: Known | None = None) -> Restriction:
    place, made = Place(2.5, 9.0, known, STYLES[units]), Restriction(texts)
    for text in texts:
        made = parse(text).restrict(made, place, LIBRARY)
    return made


def form(terms: str, *shapes: float, free: list[int] | None = None) -> Form:
    made = Form.of(library(terms.split()), np.array(shapes))
    return made if free is None else made.freed(free)


def objective(truth: np.ndarray, noise: float = 0.0, rows: int = 60, seed: int = 1) -> Objective:
    random = np.random.default_rng(seed)
    M = random.normal(size=(rows, NODES.size)) / np.sqrt(rows)
    y = M @ truth
    y = y + noise * np.linalg.norm(y) / np.sqrt(rows) * random.normal(size=rows)
    return Objective((NODES,), (M,), y, np.eye(rows), 0.0, float(y @ y))


def faces(X: np.ndarray, y: np.ndarray, rows: np.ndarray, least: np.ndarray) -> float:
    """Smallest ‖X a - y‖² with rows @ a ≥ least, by solving on every face of the polyhedron."""
    best, k = np.inf, X.shape[1]
    for size in range(min(k, len(rows)) + 1):
        for face in combinations(range(len(rows)), size):
            A, b = rows[list(face)], least[list(face)]
            if size and np.linalg.matrix_rank(A, tol=1e-9) < size:
                continue
            a = np.linalg.lstsq(A, b, rcond=None)[0] if size else np.zeros(k)
            N = np.linalg.svd(A)[2][size:].T if size else np.eye(k)
            if N.size:
                a = a + N @ np.linalg.lstsq(X @ N, y - X @ a, rcond=None)[0]
            if np.all(rows @ a >= least - 1e-8):
                best = min(best, float(np.sum((X @ a - y) ** 2)))
    return best


# ---------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("repulsive-core", RepulsiveCore()),
        ("repulsive-core:0.8", RepulsiveCore(0.8)),
        ("decay", Decay()),
        ("smooth", Smooth()),
        ("smooth:1", Smooth(1)),
        ("Ne-Xe: smooth", Smooth(channel="Ne-Xe")),
        ("Ne-Xe:repulsive-core:0.7", RepulsiveCore(0.7, "Ne-Xe")),
        ("power:6 < 0", Coefficient(Selector("power", (6,)), high=0.0)),
        ("power>=1e-3", Coefficient(Selector("power"), low=1e-3)),
        ("power:1 = 2.3", Coefficient(Selector("power", (1,)), 2.3, 2.3)),
        ("power:12 in -1..2e4", Coefficient(Selector("power", (12,)), -1.0, 2e4)),
        ("exponential.alpha in 2..6", ShapeRange(Selector("exponential"), "alpha", 2.0, 6.0)),
        ("Ar-Ar: gaussian.w > 0.5", ShapeRange(Selector("gaussian"), "w", low=0.5, channel="Ar-Ar")),
    ],
)
def test_words_become_records_and_back(text: str, record: object) -> None:
    assert parse(text) == record
    assert parse(str(record)) == record


def test_every_word_of_the_table_is_read() -> None:
    for word in CONSTRAINTS:
        assert str(parse(word)) == word


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hard", "'hard' is no constraint: expected one of repulsive-core, decay, smooth, or a relation"),
        ("exponential.alpha in 6..2", "the lower bound 6 is above the upper one 2: swap them"),
        ("power:6 in 3", "expected two bounds, such as 2..6"),
        ("power:6 < zero", "'zero' is no number"),
        ("power < nan", "'nan' is no number"),
        ("repulsive-core:2", "expected a share of the smallest sampled distance"),
        ("smooth:3", "expected smooth:1"),
        ("decay:1", "expected decay alone"),
        ("lennard:6 < 0", "is about the term 'lennard': expected one of power, "),
        ("exponential.n > 2", "the term exponential has no shape 'n', it has alpha"),
        ("exponential.alpha = 2", "leaves the shape a single value: give it a range"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(text: str, message: str) -> None:
    with pytest.raises(InterpotError) as error:
        restriction(text)
    assert message in str(error.value)


# ---------------------------------------------------------------------------- small least-squares problems


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize(("k", "m"), [(1, 1), (2, 3), (3, 5), (4, 7)])
def test_the_constrained_optimum_is_that_of_brute_force(k: int, m: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    X, y = random.normal(size=(12, k)), random.normal(size=12)
    X /= np.linalg.norm(X, axis=0)
    rows, least = random.normal(size=(m, k)), random.normal(size=m) * (seed % 3)
    value = constrained_value(np.ascontiguousarray(X.T), y, rows, least)
    best = faces(X, y, rows, least)
    assert float(y @ y) - value == pytest.approx(best, rel=1e-9, abs=1e-12)


def test_constraints_that_contradict_each_other_are_told() -> None:
    rows, least = np.array([[1.0, 0.3], [-1.0, -0.3]]), np.array([1.0, -0.5])
    assert constrained_value(np.eye(2, 5), np.ones(5), rows, least) == -np.inf
    assert np.isinf(nearest(np.array([[0.6, 0.8], [-0.6, -0.8]]), np.array([2.0, -1.0]), np.zeros(2, bool)))
    # by little: the Gram matrix of the two is nearly singular
    assert np.isinf(
        nearest(np.array([[-1.0], [1.0]]), np.array([2.18410672, -2.12666815]), np.zeros(2, bool))
    )


def test_equalities_are_two_inequalities() -> None:
    random = np.random.default_rng(3)
    X, y, A = random.normal(size=(20, 5)), random.normal(size=20), random.normal(size=(2, 5))
    X /= np.linalg.norm(X, axis=0)
    N = np.linalg.svd(A)[2][2:].T
    exact = np.sum((X @ N @ np.linalg.lstsq(X @ N, y, rcond=None)[0] - y) ** 2)
    value = constrained_value(np.ascontiguousarray(X.T), y, np.vstack([A, -A]), np.zeros(4))
    assert float(y @ y) - value == pytest.approx(exact, rel=1e-12)


# ---------------------------------------------------------------------------- rows of a form


def test_rows_are_the_derivatives_that_they_stand_for() -> None:
    rule = restriction(
        "smooth", "repulsive-core", "power:6 in -50..-2", known=from_text("2.3/r", STYLES["metal"])
    )
    made, a = form("power power exponential", 12, 6, 1.1), np.array([3e4, -40.0, 7.0])
    rows, least = rule.rows(made)

    def phi(r: np.ndarray) -> np.ndarray:
        return made.columns(r) @ a + 2.3 / r

    h, c = 1e-4, np.array([9.0])
    first = (phi(c + h) - phi(c - h)) / (2 * h)
    second = (phi(c + h) - 2 * phi(c) + phi(c - h)) / h**2
    left = rows @ a - least
    assert left[:4] == pytest.approx([*first, *-first, *second, *-second], rel=1e-6, abs=1e-9)
    r = 2.5 * np.geomspace(0.5, 1, 8)
    core = -(phi(r * (1 + 1e-6)) - phi(r * (1 - 1e-6))) / (2e-6 * r)
    assert left[4:12] == pytest.approx(core, rel=1e-6)
    assert left[12:] == pytest.approx([-40 + 50, -2 + 40])


@pytest.mark.parametrize("units", ["metal", "nano"])
def test_slopes_of_the_rows_are_their_differences(units: str) -> None:
    rule = restriction("smooth", "repulsive-core", "power:6 < -2", units=units)
    made, a = form("power exponential", 6.1, 1.1, free=[0, 1]), np.array([-40.0, 7.0])
    slopes = rule.slopes(made, a)
    for j, h in enumerate((1e-5, 1e-6)):
        ends = []
        for sign in (1, -1):
            theta = made.free.copy()
            theta[j] += sign * h
            rows, least = rule.rows(made.moved(theta))
            ends.append(rows @ a - least)
        assert slopes[:, j] == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-6, abs=1e-7)


def test_bounds_are_in_the_units_of_the_data() -> None:
    rule = restriction("power:6 > 2", units="real")
    _, least = rule.rows(form("power", 6))
    assert least == pytest.approx([2 * STYLES["real"].energy])
    nano = restriction("power:6 > 2", "exponential.alpha in 2..6", units="nano")
    assert nano.rows(form("power", 6))[1] == pytest.approx([2 * STYLES["nano"].energy * 10.0**6])
    assert (nano.ranges[0].low, nano.ranges[0].high) == pytest.approx((0.2, 0.6))


def test_what_is_broken_is_named() -> None:
    rule = restriction("repulsive-core", "power:6 < 0", "decay")
    lj = form("power power", 12, 6)
    assert rule.satisfied(lj, np.array([1e4, -50.0])) and not rule.broken(lj, np.array([1e4, -50.0]))
    assert rule.broken(lj, np.array([-1e4, 50.0])) == ["repulsive-core", "power:6 < 0"]
    assert rule.broken(form("polynomial", 2), np.array([-1.0])) == ["decay"]


# ---------------------------------------------------------------------------- variable projection


CASES = [
    ("exponential power", (1.0, 6), ("smooth:1",)),
    ("exponential power", (1.0, 6), ("repulsive-core", "power:6 in -1..1")),
    ("exponential exponential power", (2.0, 1.0, 6), ("smooth",)),
    ("exponential gaussian power", (2.0, 1.0, 6), ("power:6 > 4", "smooth:1")),
]


@pytest.mark.parametrize(("terms", "shapes", "texts"), CASES)
def test_the_jacobian_at_fixed_active_constraints(
    terms: str, shapes: tuple[float, ...], texts: tuple[str, ...]
) -> None:
    """Kaufman's Jacobian leaves out a part in the span of the residual only: its gradient of the misfit is exact."""
    problem = objective(3e3 * np.exp(-3 * NODES) - 30 / NODES**6, noise=0.3)
    made, rules = form(terms, *shapes), [restriction(*texts)]
    here = ConstrainedProjection(problem, [made], rules)
    assert here.active.any()
    gradient = 2 * here.jacobian().T @ here.residual
    for j in range(made.ties.shape[1]):
        ends = []
        for sign in (1, -1):
            theta = made.free.copy()
            theta[j] += sign * 1e-5
            there = ConstrainedProjection(problem, [made.moved(theta)], rules)
            assert (there.active == here.active).all()
            ends.append(there.residual @ there.residual)
        assert gradient[j] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-4, abs=1e-8 * problem.square)


@pytest.mark.parametrize(("terms", "shapes", "texts"), CASES)
def test_constrained_fits_are_as_good_as_a_general_minimiser(
    terms: str, shapes: tuple[float, ...], texts: tuple[str, ...]
) -> None:
    problem = objective(3e3 * np.exp(-3 * NODES) - 30 / NODES**6, noise=0.3)
    rule = restriction(*texts)
    found = fit(problem, [form(terms, *shapes)], constraints=[rule])
    assert rule.satisfied(found.forms[0], found.coefficients[0])
    count = len(found.coefficients[0])
    scale = np.abs(found.coefficients[0]) + 1e-3 * np.abs(found.coefficients[0]).max()

    def split(x: np.ndarray) -> tuple[Form, np.ndarray]:
        return found.forms[0].moved(x[count:]), x[:count] * scale

    def misfit(x: np.ndarray) -> float:
        made, a = split(x)
        return float(np.sum((problem.maps[0] @ made.columns(NODES) @ a - problem.y) ** 2))

    def left(x: np.ndarray) -> np.ndarray:
        made, a = split(x)
        rows, least = rule.rows(made)
        return (rows @ a - least) / np.linalg.norm(rows * scale, axis=1)

    start = np.concatenate([found.coefficients[0] / scale, found.forms[0].free])
    assert misfit(start) == pytest.approx(found.misfit, rel=1e-6)
    near = [(v - 30, v + 30) for v in start[:count]] + [(0.6 * v, 1.6 * v) for v in start[count:]]
    better = minimize(
        misfit,
        start,
        method="SLSQP",
        bounds=near,
        constraints={"type": "ineq", "fun": left},
        options={"ftol": 1e-12},
    )
    if left(better.x).min() > -1e-9:
        assert better.fun > found.misfit * (1 - 1e-4)


def test_active_gradients_leave_the_directions_that_keep_the_constraints() -> None:
    problem = objective(3e3 * np.exp(-3 * NODES) - 30 / NODES**6, noise=0.3)
    rule = restriction("smooth:1")
    found = fit(problem, [form("exponential power", 1.0, 6)], constraints=[rule])
    assert found.active is not None and found.directions().shape == (3, 2)
    for direction in found.directions().T:
        ends = []
        for step in (1e-6, -1e-6):
            moved = found.forms[0].moved(found.forms[0].free + step * direction[2:])
            rows, least = rule.rows(moved)
            ends.append((rows @ (found.coefficients[0] + step * direction[:2]) - least)[0])
        size = np.abs(found.active[0]) @ np.abs(direction)
        assert abs(ends[0] - ends[1]) / 2e-6 < 1e-5 * size


def test_shapes_stay_in_their_ranges() -> None:
    problem = objective(3e3 * np.exp(-3 * NODES) - 30 / NODES**6)
    rule = restriction("exponential.alpha in 1..2")
    found = fit(problem, [form("exponential power", 2.5, 6)], constraints=[rule])
    assert 1.0 <= found.forms[0].shapes[0] <= 2.0
    tied = Form(library(["exponential", "exponential"]), np.array([1.5, 3.0]), np.array([[1.0], [2.0]]))
    assert np.isinf(fit(problem, [tied], constraints=[rule]).misfit) or True
    wide, narrow = restriction("exponential.alpha in 1..2.5"), restriction("exponential.alpha in 1..1.5")
    assert wide.shape_bounds(tied, NODES) == pytest.approx(np.array([[1.0], [1.25]]))
    assert narrow.shape_bounds(tied, NODES) is None
    assert np.isinf(fit(problem, [tied], constraints=[narrow]).misfit)


# ---------------------------------------------------------------------------- the scan


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize(
    "texts",
    [("power:6 > 0",), ("repulsive-core",), ("smooth:1", "power < 1e3"), ("power:3 in 1..2", "decay")],
)
def test_the_scan_under_constraints_misses_nothing(texts: tuple[str, ...], size: int) -> None:
    problem = objective(3e4 / NODES**12 - 40 / NODES**6 + 0.02 * NODES, noise=1e-2)
    rule = restriction(*texts)
    grid = Grid.of(problem, library(["power", "logarithm"]), (2.5, 9.0), rule)
    allowed = together(grid, size)
    found = scan(grid, size, allowed, rule)
    demands = rule.grid_rows(grid.terms, grid.shapes, grid.norms)
    best = np.inf
    for subset in combinations(range(len(grid.terms)), size):
        used = list(subset)
        rows = [demands.rows[:, used]]
        least = [demands.least]
        for k, column in enumerate(used):
            for sign, end in ((1, demands.lower[column]), (-1, -demands.upper[column])):
                if np.isfinite(end):
                    rows.append(sign * np.eye(size)[[k]])
                    least.append([end])
        if size == 3 and len(used) * len(np.concatenate(least)) > 30 and used[0] not in (0, 5, 8):
            continue  # brute force is slow: some of them
        value = constrained_value(
            np.ascontiguousarray(grid.columns[:, used].T),
            grid.y.copy(),
            np.vstack(rows),
            np.concatenate(least),
        )
        best = min(best, float(grid.y @ grid.y) - value)
    assert len(found.explained)
    assert float(grid.y @ grid.y) - found.explained[0] <= best * (1 + 1e-6) + 1e-12
    free = scan(grid, size, allowed)
    assert found.explained[0] <= free.explained[0] * (1 + 1e-12)


def test_the_search_finds_the_best_that_is_allowed() -> None:
    """Attraction is forbidden: what is found meets it, and is not the unconstrained optimum."""
    problem = objective(4 * ((3.4 / NODES) ** 12 - (3.4 / NODES) ** 6))
    rule = restriction("power > 0", "repulsive-core")
    fits = search(problem, library(["power", "exponential"]), (2.5, 9.0), max_terms=2, constraints=rule)
    assert fits
    for found in fits:
        assert np.isfinite(found.misfit)
        assert rule.satisfied(found.forms[0], found.coefficients[0], 1e-7)
    free = search(problem, library(["power", "exponential"]), (2.5, 9.0), max_terms=2)
    assert min(f.misfit for f in fits) > min(f.misfit for f in free)


def test_ranges_narrower_than_the_grid_still_have_members() -> None:
    rule = restriction("exponential.alpha in 2.01..2.02")
    grid = Grid.of(objective(np.exp(-2 * NODES)), library(["exponential"]), (2.5, 9.0), rule)
    assert [s[0] for s in grid.shapes] == [2.01, 2.02]


# ---------------------------------------------------------------------------- what records and words can ask for


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Coefficient(Selector("power"), 2.0, 1.0),
            "the lower bound 2 of 'power' is above the upper one 1",
        ),
        (lambda: Coefficient(Selector("power"), np.nan), "a bound of 'power' is no number"),
        (lambda: Coefficient(Selector("power"), np.inf, np.inf), "both bounds of 'power' are inf"),
        (lambda: ShapeRange(Selector("gaussian"), "w", 3.0, 2.0), "swap them"),
        (lambda: ShapeRange(Selector("gaussian"), "w", high=np.nan), "is no number"),
        (lambda: RepulsiveCore(1.5), "expected a share of it"),
        (lambda: RepulsiveCore(np.nan), "expected a share of it"),
        (lambda: Smooth(3), "expected 1 (the force) or 2"),
    ],
)
def test_records_check_themselves(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InterpotError) as error:
        make()
    assert message in str(error.value)


def test_a_term_that_is_there_but_not_combined_is_told_from_one_that_is_not() -> None:
    with pytest.raises(
        InterpotError, match=r"'zbl', which is not among those combined .*: add it with --term zbl"
    ):
        parse("zbl > 0").restrict(Restriction(), Place(2.5, 9.0, None, STYLES["metal"]), library(["power"]))
    with pytest.raises(InterpotError) as error:
        parse("zlb > 0").restrict(Restriction(), Place(2.5, 9.0, None, STYLES["metal"]), library(["power"]))
    assert str(error.value).endswith(", ".join(TERMS))


def test_a_coefficient_that_is_known_is_in_every_formula() -> None:
    """12-6 with a coefficient that is a third too small: better formulas without it there are many."""
    truth = 95800 * NODES**-12.0 - 60 * NODES**-6.0
    rule = restriction("power:12 = 70000")
    found = search(objective(truth), LIBRARY[:1], (2.5, 9.0), 2, constraints=rule)
    assert rule.required == (Selector("power", (12,)),)
    kept = [f for f in found if rule.has_required(f.forms[0].terms, f.forms[0].split())]
    assert kept
    for one in kept:
        of = dict(zip(one.forms[0].shapes.tolist(), one.coefficients[0].tolist(), strict=True))
        assert of[12.0] == 70000
    assert restriction("power:12 = 0").required == () == restriction("power:12 > 0").required


def test_exponents_may_be_asked_for_between_whole_numbers() -> None:
    truth = 300 * np.exp(-3.0 * NODES) - 5 * NODES**-3.4
    found = search(objective(truth), library(["power", "exponential"]), (2.5, 9.0), 2,
                   constraints=restriction("power.n in 3.2..3.8"))  # fmt: skip
    for one in found:
        for term, shapes in zip(one.forms[0].terms, one.forms[0].split(), strict=True):
            if term.name == "power":
                assert 3.2 <= shapes[0] <= 3.8
    best = min(found, key=lambda f: f.misfit)
    powers = [
        s[0] for t, s in zip(best.forms[0].terms, best.forms[0].split(), strict=True) if t.name == "power"
    ]
    assert powers == pytest.approx([3.4], rel=1e-6)
    assert best.forms[0].constants == 4  # the exponent is one of them
