"""Least squares within bounds, against scipy's and against minima that are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.optimize import least_squares, lsq_linear

from interpot.formula.regress.descent import descend
from interpot.records import FloatArray

Function = Callable[[FloatArray], FloatArray]


@dataclass
class Here:
    """A residual with its slopes at one point."""

    x: FloatArray
    residual: FloatArray
    slopes: Function

    def jacobian(self) -> FloatArray:
        """∂residual/∂x."""
        return self.slopes(self.x)


def descended(
    residual: Function, slopes: Function, start: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[Here, int]:
    """Where the descent ends, and after how many evaluations."""
    calls: list[FloatArray] = []

    def at(x: FloatArray) -> Here:
        calls.append(x)
        return Here(x, residual(x), slopes)

    return descend(at, start, np.array([low, high]), 1e-10, 200), len(calls)


def rosenbrock(x: FloatArray) -> FloatArray:
    """A curved valley; zero at (1, 1)."""
    return np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]])


def valley(x: FloatArray) -> FloatArray:
    """Its slopes."""
    return np.array([[-20 * x[0], 10.0], [-1.0, 0.0]])


@pytest.mark.parametrize(("end", "minimum"), [(5.0, (1.0, 1.0)), (0.5, (0.5, 0.25))])
def test_valley(end: float, minimum: tuple[float, float]) -> None:
    """The end of a curved valley, and where it leaves the box: there the minimum is at a bound."""
    found, _ = descended(
        rosenbrock, valley, np.array([-1.2, 1.0]), np.array([-5.0, -5.0]), np.array([end, 5.0])
    )
    assert found.x == pytest.approx(minimum, abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_linear_problems_within_bounds(seed: int) -> None:
    """Linear least squares in a box, of which several faces hold the minimum: as scipy solves it."""
    random = np.random.default_rng(seed)
    A, b = random.normal(size=(12, 5)) * 10.0 ** random.integers(-3, 4, 5), random.normal(size=12)
    ends = np.sort(random.normal(size=(2, 5)) / np.linalg.norm(A, axis=0), axis=0)
    exact = lsq_linear(A, b, ends, method="bvls", tol=1e-14)
    found, _ = descended(lambda x: A @ x - b, lambda _: A, ends.mean(axis=0), *ends)
    assert found.residual @ found.residual == pytest.approx(2 * exact.cost, rel=1e-10)
    assert np.all((found.x > ends[0]) & (found.x < ends[1]))


@pytest.mark.parametrize("seed", range(12))
def test_decays_as_scipy_fits_them(seed: int) -> None:
    """Two rates in noise, sometimes at a bound: no worse than scipy from the same start, in far fewer evaluations."""
    random = np.random.default_rng(seed)
    t = np.linspace(0.0, 4.0, 60)
    y = np.exp(-t) + 0.5 * np.exp(-random.uniform(2.0, 6.0) * t) + random.normal(0, 1e-3, 60)
    low, high = np.array([0.2, 1.2]), np.array([1.1, 4.0])

    def residual(x: FloatArray) -> FloatArray:
        return np.exp(-x[0] * t) + 0.5 * np.exp(-x[1] * t) - y

    def slopes(x: FloatArray) -> FloatArray:
        return np.column_stack([-t * np.exp(-x[0] * t), -0.5 * t * np.exp(-x[1] * t)])

    start = random.uniform(low, high)
    other = least_squares(
        residual, start, slopes, (low, high), x_scale="jac", ftol=1e-12, xtol=1e-14, gtol=1e-15
    )
    found, calls = descended(residual, slopes, start, low, high)
    assert found.residual @ found.residual <= 2 * other.cost * (1 + 1e-9)
    assert calls < 20


def test_unknowns_that_say_nothing_or_the_same() -> None:
    """A slope that is zero and two that are equal leave what they decide where it is, and no number is lost."""
    A, b = np.array([[1.0, 1.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 0.0]]), np.array([1.0, 2.0, 3.0])
    found, _ = descended(lambda x: A @ x - b, lambda _: A, np.zeros(3), np.full(3, -9.0), np.full(3, 9.0))
    assert found.residual == pytest.approx([0.0, 0.0, -3.0], abs=1e-12)
    assert found.x[:2].sum() == pytest.approx(1.0)
    assert found.x[2] == 0.0


def test_never_worse_than_the_start() -> None:
    """Slopes that point the wrong way lead nowhere, and the start is returned, brought into its bounds."""
    found, calls = descended(
        rosenbrock, lambda x: -valley(x), np.array([7.0, 1.0]), np.zeros(2), np.full(2, 2.0)
    )
    assert found.x == pytest.approx([2.0, 1.0])
    assert calls <= 200


@pytest.mark.parametrize("size", [1e-100, 1e-150, 1e-160, 1e-300])
def test_slopes_that_are_next_to_nothing_end_the_descent(size: float) -> None:
    """Their squares are no numbers: a function that has all but died out where the data are."""
    A, b = size * np.array([[1.0, 0.5], [0.3, 1e-9], [0.2, 0.4]]), np.array([1.0, -2.0, 3.0])
    found, calls = descended(lambda x: A @ x - b, lambda _: A, np.ones(2), np.full(2, 0.5), np.full(2, 9.0))
    assert found.x.tolist() == [1.0, 1.0] and calls == 1
