"""Every term of the library: its numbers by two roads, its slopes, its dimensions, and the forces it makes."""

from __future__ import annotations

from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy
from scipy.spatial.transform import Rotation
from systems import brute_forces

from interpot.errors import InterpotError
from interpot.formula.channel_formula import ChannelFormula, Loss
from interpot.formula.codegen import R, compile_array, derivative, numpy_function
from interpot.formula.naming import name
from interpot.formula.potential import Potential
from interpot.formula.regress.form import Form
from interpot.formula.terms import TERMS, Term, library
from interpot.proof.forces import PairForces
from interpot.records import Cell, Frame
from interpot.units import unit_style

DOMAIN = 2.1, 9.3  # Å, smallest and largest sampled distance
DISTANCES = np.random.default_rng(5).uniform(*DOMAIN, 25)


@pytest.fixture(params=TERMS)
def term(request: pytest.FixtureRequest) -> Term:
    return library([request.param])[0]


def shapes_of(term: Term, seed: int = 3) -> tuple[float, ...]:
    """Shapes between the points of the grid, such that the term is not negligible where it is sampled."""
    random = np.random.default_rng(seed)
    grids = [s.grid(*DOMAIN) for s in term.shapes]
    return tuple(float(random.uniform(g[len(g) // 4], g[len(g) // 2])) for g in grids)


def exact(expression: sympy.Expr, term: Term, r: float, shapes: tuple[float, ...]) -> mpmath.mpf:
    """The expression in forty digits."""
    values = {R: mpmath.mpf(r), **dict(zip(term.symbols, map(mpmath.mpf, shapes), strict=True))}
    return mpmath.mpf(expression.evalf(40, subs={k: sympy.Float(v, 45) for k, v in values.items()}))


def finite_difference(f, x: float) -> float:
    """Central difference of fourth order in forty digits: good to all of a double's."""
    with mpmath.workdps(40):
        h = mpmath.mpf(x) * mpmath.mpf("1e-7")
        return float((8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h))


def test_sympy_numpy_and_numba_agree(term: Term) -> None:
    for seed in range(3):
        shapes = shapes_of(term, seed)
        truth = np.array([float(exact(term.expression, term, r, shapes)) for r in DISTANCES])
        size = 1e-15 * np.abs(truth).max()  # of a wave, near its zeros
        np.testing.assert_allclose(term.values(DISTANCES, *shapes), truth, rtol=1e-13, atol=size)
        compiled = compile_array(term.expression, (R, *term.symbols))
        np.testing.assert_allclose(compiled(DISTANCES, *shapes), truth, rtol=1e-13, atol=size)


def test_the_force_is_the_slope_of_the_energy(term: Term) -> None:
    shapes = shapes_of(term)
    slope = derivative(term.expression, R)
    numbers = numpy_function(slope, (R, *term.symbols))(DISTANCES, *shapes)
    compiled = compile_array(slope, (R, *term.symbols))(DISTANCES, *shapes)
    for r, by_numpy, by_numba in zip(DISTANCES, numbers, compiled, strict=True):
        truth = finite_difference(lambda x: exact(term.expression, term, x, shapes), r)
        assert by_numpy == pytest.approx(truth, rel=1e-12)
        assert by_numba == pytest.approx(truth, rel=1e-12)


def test_slopes_along_the_shapes(term: Term) -> None:
    shapes = shapes_of(term)
    for k, value in enumerate(shapes):
        found = term.shape_slope(k, DISTANCES, *shapes)
        for r, slope in zip(DISTANCES, found, strict=True):

            def along(x: float, k: int = k, r: float = r) -> mpmath.mpf:
                return exact(term.expression, term, r, (*shapes[:k], x, *shapes[k + 1 :]))

            assert slope == pytest.approx(finite_difference(along, value), rel=1e-11)


def test_the_coefficient_has_its_dimension(term: Term) -> None:
    """In another unit of length a term is the same function, up to a constant, if its coefficient follows."""
    shapes, factor = shapes_of(term), 1.7
    rescaled = [value * factor**shape.length for value, shape in zip(shapes, term.shapes, strict=True)]
    power = float(term.coefficient_length.subs(dict(zip(term.symbols, shapes, strict=True))))
    difference = term.values(DISTANCES * factor, *rescaled) * factor**power - term.values(DISTANCES, *shapes)
    size = np.ptp(term.values(DISTANCES, *shapes))
    assert np.ptp(difference) < 1e-13 * size


@pytest.mark.parametrize("domain", [DOMAIN, (0.2, 8.0), (0.8, 2.5), (3.0, 3.1), (2000.0, 9000.0)])
def test_grids_rise_within_their_bounds(term: Term, domain: tuple[float, float]) -> None:
    for shape in term.shapes:
        grid = shape.grid(*domain)
        assert (np.diff(grid) > 0).all() and len(grid) > 3 and np.isfinite(grid).all()
        low, high = shape.bounds(*domain)
        assert low < grid[0] and grid[-1] < high
        if shape.integer:
            assert (grid == np.round(grid)).all()


@pytest.mark.parametrize("grid", ["exponential", "yukawa", "gaussian", "erf_coulomb", "erfc_coulomb"])
def test_grids_scale_with_the_domain(grid: str) -> None:
    (shape,) = library([grid])[0].shapes
    for values in (shape.grid, shape.bounds):
        near, far = np.array(values(2.0, 8.0)), np.array(values(200.0, 800.0))
        np.testing.assert_allclose(far, near * 100**shape.length)


def test_whether_it_decays(term: Term) -> None:
    values = {symbol: sympy.Integer(2) for symbol in term.symbols}
    if (
        "pair" not in term.kinds and term.name != "steele"
    ):  # a wall that ends; fields, of which it is not asked
        return
    end = sympy.Integer(2) if term.ends else sympy.oo
    assert term.decays == (sympy.limit(term.expression.subs(values), R, end, "-") == 0)


# ---------------------------------------------------------------------------- as a potential


def potential_of(term: Term, coefficient: float = 0.37) -> Potential:
    """The term alone, named as discovery names it."""
    form = Form.of((term,), np.array(shapes_of(term))).freed(list(range(len(term.shapes))))
    part = name(form, np.array([coefficient]), cutoff=7.0)
    channel = ChannelFormula(
        ("Ar", "Ar"), 7.0, (DOMAIN[0], 6.99), part.name, part.expression, part.parameters,
        zero="infinity" if part.decays else "cutoff",
    )  # fmt: skip
    count = len(part.parameters)
    return Potential(unit_style("metal"), (channel,), np.zeros((count, count)), Loss(1e-9, 1e-9, 1e-9))


def test_it_is_saved_loaded_and_evaluates_the_same(term: Term, tmp_path: Path) -> None:
    saved = potential_of(term)
    saved.save(tmp_path / "p.json")
    loaded = Potential.load(tmp_path / "p.json")
    r = np.linspace(2, 8, 61)
    assert loaded.energy(r).tobytes() == saved.energy(r).tobytes()
    assert loaded.force(r).tobytes() == saved.force(r).tobytes()
    truth = 0.37 * (
        term.values(r, *shapes_of(term))
        - (0 if term.decays else term.values(np.array(7.0), *shapes_of(term)))
    )
    np.testing.assert_allclose(
        loaded.energy(r), np.where(r < 7, truth, 0), rtol=1e-11, atol=1e-14 * np.abs(truth).max()
    )


def cluster(positions: np.ndarray) -> Frame:
    n = len(positions)
    cell = Cell(np.eye(3), np.zeros(3), (False, False, False))
    return Frame(positions, ("Ar",), np.zeros(n, dtype=np.int64), cell)


def test_its_forces_are_invariant_and_balanced(term: Term) -> None:
    random = np.random.default_rng(11)
    lattice = 2.6 * np.stack(np.meshgrid(*[np.arange(3)] * 3), axis=-1).reshape(-1, 3)
    positions = lattice + random.uniform(-0.2, 0.2, lattice.shape)
    evaluate = PairForces(potential_of(term))
    found = evaluate(cluster(positions))
    energy, forces = found.energy, found.forces
    size = np.abs(forces).max()

    def slope(r: np.ndarray) -> np.ndarray:
        values = 0.37 * numpy_function(derivative(term.expression, R), (R, *term.symbols))(
            r, *shapes_of(term)
        )
        return np.where(r < 7.0, values, 0.0)

    truth = brute_forces(positions, [0] * 27, {(0, 0): slope})
    np.testing.assert_allclose(forces, truth, rtol=0, atol=1e-12 * size)
    assert np.abs(forces.sum(axis=0)).max() < 1e-12 * size  # Newton's third law
    assert np.abs(np.cross(positions, forces).sum(axis=0)).max() < 1e-11 * size  # no torque

    turn = Rotation.from_rotvec([0.3, -1.1, 2.0]).as_matrix()
    order = random.permutation(27)
    for moved, expected in (
        (positions @ turn.T, forces @ turn.T),
        (positions - positions[0] * 5, forces),
        (positions[order], forces[order]),
        (-positions, -forces),
    ):
        again = evaluate(cluster(moved))
        assert again.energy == pytest.approx(energy, rel=1e-11)
        np.testing.assert_allclose(again.forces, expected, rtol=0, atol=1e-11 * size)


def test_the_force_is_minus_the_gradient_of_the_energy(term: Term) -> None:
    random = np.random.default_rng(2)
    positions = 2.4 * np.stack(np.meshgrid(*[np.arange(2)] * 3), axis=-1).reshape(-1, 3)
    positions = positions + random.uniform(-0.1, 0.1, positions.shape)
    evaluate = PairForces(potential_of(term))
    direction = random.normal(size=positions.shape)
    along = -float(np.sum(evaluate(cluster(positions)).forces * direction))

    def slope(h: float) -> float:
        return (
            evaluate(cluster(positions + h * direction)).energy
            - evaluate(cluster(positions - h * direction)).energy
        ) / (2 * h)

    richardson = (4 * slope(5e-4) - slope(1e-3)) / 3
    assert richardson == pytest.approx(along, rel=1e-8)


# ---------------------------------------------------------------------------- the table


def test_the_library_is_in_the_order_asked_for() -> None:
    assert [t.name for t in library(TERMS)] == list(TERMS)
    for kind in ("pair", "wall", "field"):
        own = [t.name for t in library(TERMS) if t.default and kind in t.kinds]
        assert [t.name for t in library(kind=kind)] == own and own
    assert library() == library(kind="pair")
    assert [t.name for t in library(["yukawa", "power"])] == ["yukawa", "power"]


def test_an_unknown_term_is_named_with_those_that_exist() -> None:
    with pytest.raises(InterpotError, match=r"unknown term 'powre': expected one of power, exponential, "):
        library(["power", "powre"])


def test_no_two_terms_are_alike() -> None:
    """On the sampled distances every term says something that the others of its kind, at these shapes, do not."""
    r = np.linspace(*DOMAIN, 200)
    for kind in ("pair", "wall", "field"):
        terms = [t for t in library(TERMS) if kind in t.kinds]
        columns = [t.values(r, *shapes_of(t)) for t in terms]
        X = np.column_stack([c / np.linalg.norm(c) for c in columns])
        assert np.linalg.matrix_rank(X, tol=1e-12) == len(terms)  # rounding is at 1e-15


def test_a_shared_shape_means_the_same_wherever_its_name_stands() -> None:
    shared = {s.name: s for t in library(TERMS) for s in t.shapes if s.shared}
    for term in library(TERMS):
        for shape in term.shapes:
            assert not shape.shared or shape == shared[shape.name]
