"""The weights of windows against exact polynomials, exact Verlet trajectories and an anharmonic orbit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from interpot.records import FloatArray
from interpot.trajectory.targets.test_functions import weak_weights

WIDTHS = range(1, 31)


def jittered(count: int, seed: int = 5) -> FloatArray:
    """Times of unequal spacing, far from 0."""
    return 40 + np.cumsum(np.random.default_rng(seed).uniform(0.7, 1.3, count))


@pytest.mark.parametrize("step", [0.0, 0.05, 0.5])
@pytest.mark.parametrize("width", WIDTHS)
def test_discrete_moment_conditions(width: int, step: float) -> None:
    """Σv = 1; Σc = Σtc = 0, Σt²c = 2; Σb = 0, Σtb = 1, Σt²b = 2Σtv."""
    for times in (0.5 * np.arange(2 * width + 1), jittered(2 * width + 1)):
        t = times - times[width]
        reach = t[-1]
        positions, momenta = (weak_weights(times, order, step) for order in (2, 1))
        assert positions.force.sum() == pytest.approx(1, abs=1e-12)
        assert momenta.force.sum() == pytest.approx(1, abs=1e-12)
        moments = [float(np.sum((t / reach) ** k * positions.motion) * reach**2) for k in range(3)]
        assert moments == pytest.approx([0, 0, 2], abs=1e-8)
        first = [float(np.sum((t / reach) ** k * momenta.motion) * reach) for k in range(3)]
        assert first == pytest.approx([0, 1, 2 * np.sum(t / reach * momenta.force)], abs=1e-9)


@pytest.mark.parametrize("times", [0.3 * np.arange(9), jittered(9)])
@pytest.mark.parametrize("width", [1, 2, 4])
def test_newtonian_paths_of_third_degree_give_their_force(times: FloatArray, width: int) -> None:
    t = times[: 2 * width + 1]
    path = np.polynomial.Polynomial([3.0, -2.0, 0.7, 0.4], domain=[t[0], t[-1]])
    force = path.deriv(2)
    weights = weak_weights(t, order=2)
    assert weights.motion @ path(t) == pytest.approx(weights.force @ force(t), rel=1e-10)
    weights = weak_weights(t, order=1)
    assert weights.motion @ path.deriv()(t) == pytest.approx(weights.force @ force(t), rel=1e-10)


def test_three_times_are_numerov_and_simpson() -> None:
    spacing, step = 0.4, 0.1
    times = spacing * np.arange(3)
    a = (1 - step**2 / spacing**2) / 12
    hat = weak_weights(times, 2, step)
    np.testing.assert_allclose(hat.force, [a, 1 - 2 * a, a], rtol=1e-12)
    np.testing.assert_allclose(hat.motion, np.array([1, -2, 1]) / spacing**2, rtol=1e-12)
    np.testing.assert_allclose(weak_weights(times, 2).force, np.array([1, 10, 1]) / 12, rtol=1e-12)
    np.testing.assert_allclose(weak_weights(times, 1).force, np.array([1, 4, 1]) / 6, rtol=1e-12)
    np.testing.assert_allclose(weak_weights(times, 1).motion, np.array([-0.5, 0, 0.5]) / spacing, atol=1e-12)
    np.testing.assert_allclose(weak_weights(times, 1, step=spacing).force, [0.25, 0.5, 0.25], rtol=1e-12)


def verlet(steps: int, step: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Positions, velocities and forces of m = 1 in F = -q - q³, velocity Verlet."""
    q, p = np.zeros(steps), np.zeros(steps)
    q[0], p[0] = 1.0, 0.3
    for i in range(steps - 1):
        force = -q[i] - q[i] ** 3
        q[i + 1] = q[i] + step * p[i] + step**2 / 2 * force
        p[i + 1] = p[i] + step / 2 * (force - q[i + 1] - q[i + 1] ** 3)
    return q, p, -q - q**3


@pytest.mark.parametrize("width", [1, 2, 3, 8, 20])
def test_verlet_recorded_at_every_step_is_exact(width: int) -> None:
    """Long steps, whose shadow error is per cents: windows see the integrator's own equation."""
    step = 0.2
    q, p, force = verlet(2 * width + 1, step)
    times = step * np.arange(len(q))
    for order, motion in ((2, q), (1, p)):
        weights = weak_weights(times, order, step)
        assert weights.motion @ motion == pytest.approx(weights.force @ force, abs=1e-12)
        blind = weak_weights(times, order)
        assert abs(blind.motion @ motion - blind.force @ force) > 1e-5


@pytest.fixture(scope="module")
def orbit() -> Callable[[FloatArray], FloatArray]:
    """Position and velocity of m = 1 in F = -q - q³ to thirteen digits."""
    return solve_ivp(
        lambda _, y: [y[1], -y[0] - y[0] ** 3],
        (0, 9),
        [1.0, 0.3],
        method="DOP853",
        rtol=1e-13,
        atol=1e-14,
        max_step=0.01,
        dense_output=True,
    ).sol


def lack(orbit: Callable[[FloatArray], FloatArray], order: int, width: int, spacing: float) -> float:
    """Root mean square of Σ c q - Σ v F over some windows."""
    errors = []
    for start in np.linspace(0, 0.5, 20):
        times = start + spacing * np.arange(2 * width + 1)
        q, p = orbit(times)
        weights = weak_weights(times, order)
        errors.append(weights.motion @ (q if order == 2 else p) - weights.force @ (-q - q**3))
    return float(np.sqrt(np.mean(np.square(errors))))


@pytest.mark.parametrize("order", [1, 2])
def test_hats_are_of_fourth_order(orbit: Callable[[FloatArray], FloatArray], order: int) -> None:
    ratio = lack(orbit, order, 1, 0.1) / lack(orbit, order, 1, 0.05)
    assert np.log2(ratio) == pytest.approx(4, abs=0.15)


@pytest.mark.parametrize("order", [1, 2])
def test_bumps_see_further_than_hats(orbit: Callable[[FloatArray], FloatArray], order: int) -> None:
    """At 13 frames in a period: the wider, the more exact, by three orders of magnitude."""
    errors = [lack(orbit, order, width, 0.4) for width in (1, 2, 8)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 2e-3 * errors[0]


@pytest.mark.parametrize("order", [1, 2])
def test_integrators_correction_between_frames(order: int) -> None:
    """Every fourth step of long ones: with δ the error is far below the shadow error that a blind window sees."""
    step, every, width = 0.1, 2, 8
    q, p, force = verlet(400, step)
    motion = (q if order == 2 else p)[::every]
    force = force[::every]
    times = step * every * np.arange(2 * width + 1)

    def error(assumed: float) -> float:
        weights = weak_weights(times, order, assumed)
        span = range(len(motion) - 2 * width)
        lack = [
            weights.motion @ motion[i : i + 2 * width + 1] - weights.force @ force[i : i + 2 * width + 1]
            for i in span
        ]
        return float(np.sqrt(np.mean(np.square(lack))))

    assert error(step) < 0.02 * error(0.0)
