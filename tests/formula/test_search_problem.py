"""What a symbolic search is given: its loss is that of force matching, summed over particles by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import sympy
from systems import Frames, clusters, scaled, statistic_of

from interpot import InterpotError
from interpot.formula.codegen import R, numpy_function
from interpot.formula.symbolic import BACKENDS, load_backend
from interpot.formula.symbolic.problem import SearchProblem, interpolation
from interpot.formula.symbolic.search import Backend, Budget, Candidate, front
from interpot.records import FloatArray, Frame
from interpot.statistic.objective import Objective

EPSILON, SIGMA, CUTOFF = 0.0104, 3.4, 9.0
TRUTH = 4 * EPSILON * ((SIGMA / R) ** 12 - (SIGMA / R) ** 6)
OTHERS = {
    "a wrong constant": TRUTH.xreplace({sympy.Float(SIGMA): sympy.Float(3.5)}),
    "an exponential": 50.0 * sympy.exp(-2.5 * R),
    "a narrow well": -0.01 * sympy.exp(-(((R - 5.0) / 0.3) ** 2)),
    "a wave": 0.002 * sympy.cos(3.0 * R) / R,
}


def slope(expression: sympy.Expr) -> Callable[[FloatArray], FloatArray]:
    return numpy_function(sympy.diff(expression, R), (R,))


def forces(frame: Frame, expression: sympy.Expr) -> FloatArray:
    """Summed pair by pair within the cutoff, (n, 3)."""
    apart = frame.positions[None] - frame.positions[:, None]
    r = np.linalg.norm(apart, axis=-1)
    near = (r > 0) & (r < CUTOFF)
    pull = np.zeros_like(r)
    pull[near] = slope(expression)(r[near]) / r[near]
    return np.asarray((pull[..., None] * apart).sum(axis=1))


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    made = clusters(slope(TRUTH), frames=6, atoms=30)
    return [replace(frame, forces=forces(frame, TRUTH)) for frame in made]


def problem(frames: list[Frame]) -> tuple[SearchProblem, Objective]:
    statistic = statistic_of(Frames(frames), CUTOFF)
    objective, seen = Objective.of(statistic).without_others(0), statistic.coverage[0]
    return SearchProblem.of(objective, (seen.minimum, seen.maximum), "Ar-Ar"), objective


@pytest.mark.parametrize("name", OTHERS)
def test_the_loss_is_that_of_the_forces(frames: list[Frame], name: str) -> None:
    made, _ = problem(frames)
    error = sum(float(np.sum((forces(f, OTHERS[name]) - f.forces) ** 2)) for f in frames)
    size = sum(float(np.sum(f.forces**2)) for f in frames)
    assert made.loss(made.values(OTHERS[name])) == pytest.approx(error / size, rel=1e-5)
    assert made.loss(made.values(TRUTH)) < 1e-12


def test_few_nodes_tell_what_all_do(frames: list[Frame]) -> None:
    made, objective = problem(frames)
    null = float(objective.y @ objective.y)
    for expression in OTHERS.values():
        values = numpy_function(expression, (R,))(objective.nodes[0])
        whole = objective.residual([values])
        assert made.loss(made.values(expression)) == pytest.approx(float(whole @ whole) / null, rel=1e-5)


def test_no_function_has_loss_one_and_a_constant_changes_nothing(frames: list[Frame]) -> None:
    made, _ = problem(frames)
    assert made.loss(np.zeros(len(made.nodes))) == pytest.approx(1.0, rel=1e-12)
    values = made.values(OTHERS["an exponential"])
    for constant in (1.0, -1e3, 1e9):  # far more than the function: rounding, and no more
        assert made.loss(values + constant) == pytest.approx(made.loss(values), rel=1e-13 * constant + 1e-9)


def test_what_is_undefined_or_huge_has_no_loss(frames: list[Frame]) -> None:
    made, _ = problem(frames)
    assert made.loss(made.values(sympy.log(R - 5))) == np.inf
    assert made.loss(made.values(1 / (R - sympy.Float(made.nodes[7, 0])))) == np.inf
    assert made.loss(made.values(sympy.Float(1e12) * R)) == np.inf


def test_the_best_curve_is_the_truth(frames: list[Frame]) -> None:
    made, _ = problem(frames)
    r, truth = made.nodes[:, 0], made.values(TRUTH)
    inside = (r > made.domain[0] + 0.2) & (r < made.domain[1] - 0.2)
    difference = (made.curve - truth)[inside]
    assert np.abs(difference - difference.mean()).max() < 0.01 * EPSILON


def test_units_change_no_loss(frames: list[Frame]) -> None:
    made, _ = problem(frames)
    doubled = scaled(frames, length=1.0, energy=7.0)
    other, _ = problem(doubled)
    values = made.values(OTHERS["a wave"])
    assert other.loss(7 * values) == pytest.approx(made.loss(values), rel=1e-9)
    assert other.energy == pytest.approx(7 * made.energy, rel=1e-6)


@pytest.mark.parametrize("low, high", [(2.0, 9.0), (-3.0, 5.0)])
def test_interpolation_is_exact_for_what_it_promises(low: float, high: float) -> None:
    fine = np.linspace(low, high, 301)
    nodes, E = interpolation(fine, 40)
    assert nodes[0] == pytest.approx(low) and nodes[-1] == pytest.approx(high)
    for function in (np.ones_like, np.sin, lambda x: np.exp(-x / 3)):
        np.testing.assert_allclose(E @ function(nodes), function(fine), atol=1e-11)


def test_no_force_is_no_problem() -> None:
    with pytest.raises(InterpotError, match="Ar-Ar: no force is left"):
        nothing = Objective((np.arange(1.0, 4.0),), (np.eye(3),), np.zeros(3), np.eye(3), 0.0, 0.0)
        SearchProblem.of(nothing, (1.0, 1.0), "Ar-Ar")


# ---------------------------------------------------------------------------- the protocol


def made_up(complexity: int, loss: float) -> Candidate:
    return Candidate(sympy.Float(complexity) * R, loss, complexity)


def test_the_front_falls() -> None:
    given = [made_up(5, 0.5), made_up(3, 0.7), made_up(7, 0.6), made_up(9, 0.1), made_up(3, 0.8)]
    assert [(c.complexity, c.loss) for c in front(given)] == [(3, 0.7), (5, 0.5), (9, 0.1)]


def test_a_budget_is_of_evaluations_or_of_time() -> None:
    default = Budget().started(200)
    assert default.share(50) == 0.25 and default.spent(200) and not default.spent(199)
    assert not Budget(seconds=3600.0).started(200).spent(10**9)
    assert Budget(seconds=1e-9).started(200).spent(0)


@pytest.mark.parametrize("name", BACKENDS)
def test_every_backend_names_its_operators(name: str) -> None:
    backend = load_backend(name)
    assert isinstance(backend, Backend) and backend.name == name
    backend.check(["+", "*", "^", "exp"])
    with pytest.raises(
        InterpotError, match=rf"the search '{name}' knows no operator 'gamma': expected some of \+"
    ):
        backend.check(["+", "gamma"])


def test_an_unknown_backend() -> None:
    with pytest.raises(InterpotError, match="unknown search 'eureqa': expected one of grammar, operon, pysr"):
        load_backend("eureqa")
