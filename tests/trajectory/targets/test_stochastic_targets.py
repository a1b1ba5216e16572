"""Against linear stochastic equations, whose paths are made exactly at the times of the frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from stochastic_truth import harmonic_brownian, harmonic_langevin, instants

from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame
from interpot.trajectory.following import Instant
from interpot.trajectory.motion import Motion
from interpot.trajectory.targets.fluctuations import fluctuations
from interpot.trajectory.targets.forward import one_sided
from interpot.trajectory.targets.langevin import langevin_momenta, langevin_positions
from interpot.trajectory.targets.overdamped import drag_remarks, overdamped, with_drag
from interpot.trajectory.targets.windows import Windows
from interpot.units import unit_style

Coordinates = Callable[[Frame], list[FloatArray]]

STIFFNESS, GAMMA, MASS, TEMPERATURE, DRAG = 2.0, 1.0, 2.0, 1.5, 2.0


def place(frame: Frame) -> list[FloatArray]:
    return [-frame.positions]


def place_and_velocity(frame: Frame) -> list[FloatArray]:
    assert frame.velocities is not None
    return [-frame.positions, -frame.velocities]


def fitted(windows: Iterable[Windows], features: Coordinates) -> FloatArray:
    """Dense least squares over all rows."""
    A, b = np.zeros((2, 2)), np.zeros(2)
    for window in windows:
        assert window.weights.shape == (1, len(window.frames)) and window.fresh == (0,)
        X = np.array([np.ravel(f) for f in features(window.frames[0])])
        A[: len(X), : len(X)] += X @ X.T
        b[: len(X)] += X @ window.targets[0].ravel()
    return np.linalg.solve(A[: len(X), : len(X)], b[: len(X)])


def langevin(interval: float, frames: int = 1500, n: int = 200) -> tuple[FloatArray, FloatArray]:
    return harmonic_langevin(interval, frames, n, STIFFNESS, GAMMA, TEMPERATURE, MASS, seed=5)


def windows_of(
    target: Callable[..., Iterator[Windows]], interval: float, **motion: object
) -> Iterator[Windows]:
    if target is overdamped:
        path = harmonic_brownian(interval, 1500, 200, STIFFNESS, TEMPERATURE, DRAG, seed=5)
        return target(instants(path, interval), Motion(drag={"A": DRAG}, **motion))  # type: ignore[arg-type]
    path, velocities = langevin(interval)
    given = velocities if target is langevin_momenta else None
    return target(instants(path, interval, MASS, given), Motion(**motion))  # type: ignore[arg-type]


def test_one_sided_differences_are_exact_for_polynomials_at_uneven_times() -> None:
    times = np.array([2.0, 2.3, 3.1, 3.2])
    weights = one_sided(times)
    for degree in range(4):
        assert weights @ times**degree == pytest.approx(degree * 2.0 ** (degree - 1), abs=1e-11)
    np.testing.assert_allclose(one_sided(np.array([0, 0.5, 1.0])), [-3, 4, -1], atol=1e-13)


@pytest.mark.parametrize(
    ("target", "features", "truth"),
    [
        (langevin_momenta, place_and_velocity, [STIFFNESS, GAMMA * MASS]),
        (langevin_positions, place_and_velocity, [STIFFNESS, GAMMA * MASS]),
        (overdamped, place, [STIFFNESS]),
    ],
)
def test_forces_and_friction_are_found_without_bias(
    target: Callable[..., Iterator[Windows]], features: Coordinates, truth: list[float]
) -> None:
    found = fitted(windows_of(target, 0.05), features)
    np.testing.assert_allclose(found, truth, rtol=0.03)  # the scatter of these data is 1 %
    # an error that goes with Δ² : far smaller than γΔ/2 = 0.15, which a plain difference has
    assert np.abs(fitted(windows_of(target, 0.3), features)[-1] / truth[-1] - 1) < (
        0.2 if target is langevin_positions else 0.08
    )


def test_plain_left_point_differences_have_the_bias_that_theory_says() -> None:
    (found,) = fitted(windows_of(overdamped, 0.4, width=(1,)), place)
    rate = STIFFNESS / DRAG * 0.4
    assert found == pytest.approx(STIFFNESS * (1 - np.exp(-rate)) / rate, rel=0.02)  # 0.82


def test_symmetric_windows_find_no_force_in_brownian_motion() -> None:
    path = harmonic_brownian(0.02, 3000, 100, 1.0, 1.0, 1.0, seed=7)
    symmetric = (path[2:] - path[:-2]) / 0.04
    middle = path[1:-1]
    assert abs((symmetric * -middle).sum() / (middle**2).sum()) < 0.02  # a stiffness of 0 for a true 1
    (found,) = fitted(overdamped(instants(path, 0.02), Motion(drag={"A": 1.0})), place)
    assert found == pytest.approx(1.0, abs=0.05)


def test_overlapping_differences_find_two_thirds_of_the_friction_and_symmetric_ones_none() -> None:
    interval = 0.02
    path, _ = langevin(interval, 3000, 100)
    y = MASS * (path[2:] - 2 * path[1:-1] + path[:-2]) / interval**2

    def friction(velocity: FloatArray) -> float:
        X = np.array([-path[1:-1].ravel(), -velocity.ravel()])
        return float(np.linalg.solve(X @ X.T, X @ y.ravel())[1]) / (GAMMA * MASS)

    symmetric = friction((path[2:] - path[:-2]) / (2 * interval))
    overlapping = friction((path[1:-1] - path[:-2]) / interval)
    found = fitted(langevin_positions(instants(path, interval, MASS), Motion()), place_and_velocity)[1]
    assert abs(symmetric) < 0.05
    assert overlapping == pytest.approx(2 / 3, abs=0.03)
    assert found / (GAMMA * MASS) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("target", ["langevin-momenta", "langevin-positions", "overdamped"])
@pytest.mark.parametrize("interval", [0.05, 0.1])
def test_the_noise_gives_the_temperature(target: str, interval: float) -> None:
    motion = Motion(drag={"A": DRAG})
    if target == "overdamped":
        path = harmonic_brownian(interval, 1000, 100, STIFFNESS, TEMPERATURE, DRAG, seed=9)
        walked = instants(path, interval)
    else:
        path, v = langevin(interval, 1000, 100)
        walked = instants(path, interval, MASS, v if target == "langevin-momenta" else None)
    found = fluctuations(walked, motion, target)["A"]
    value, error = found.temperature((GAMMA * MASS, 0.0))
    assert 0 < error < 0.02
    assert abs(value - TEMPERATURE) < 4 * error + 0.5 * TEMPERATURE * interval**2
    if target == "langevin-momenta":
        assert found.drag is not None and found.drag[0] == pytest.approx(GAMMA * MASS, rel=0.03)


@pytest.mark.parametrize("stride", [1, 2, 5])
@pytest.mark.parametrize("divided", [True, False])
def test_kicks_that_dumps_divide_are_counted_whole(stride: int, divided: bool) -> None:
    random, timestep, B = np.random.default_rng(8), 0.01, 1.7
    kicks = np.sqrt(2 * B * timestep) * random.normal(size=(4000, 60, 3))
    before = np.cumsum(kicks, axis=0) - kicks  # the kicks of earlier steps
    v = (before + 0.5 * kicks if divided else before)[::stride] / MASS
    walked = instants(np.zeros_like(v), stride * timestep, MASS, v)
    found = fluctuations(walked, Motion(timestep=timestep), "langevin-momenta")["A"]
    assert found.intensity[0] == pytest.approx(B, rel=0.02)  # a quarter where each step is dumped, else


def test_rows_never_straddle_a_gap() -> None:
    path = harmonic_brownian(0.1, 20, 2, 1.0, 1.0, 1.0, seed=3)
    broken = [replace(i, begins=i.frame.index in (0, 8)) for i in instants(path, 0.1)]
    count = dict.fromkeys(("overdamped", "positions"), 0)
    for window in overdamped(broken, Motion(drag={"A": 1.0})):
        assert window.frames[0].index not in (6, 7, 18, 19)
        count["overdamped"] += 1
    for _ in langevin_positions(broken, Motion()):
        count["positions"] += 1
    assert count == {"overdamped": 6 + 10, "positions": 2 + 6}


def test_frames_that_are_not_equidistant_give_no_rows_of_second_differences() -> None:
    path = harmonic_brownian(0.1, 12, 1, 1.0, 1.0, 1.0, seed=3)
    uneven = [replace(i, time=i.time + (0.03 if k > 5 else 0.0)) for k, i in enumerate(instants(path, 0.1))]
    assert [w.frames[0].index for w in langevin_positions(uneven, Motion(width=(2,)))] == [2, 8]


def test_bad_input_is_one_sentence() -> None:
    path = harmonic_brownian(0.1, 8, 1, 1.0, 1.0, 1.0, seed=3)

    def walk() -> Iterator[Instant]:
        return instants(path, 0.1)

    with pytest.raises(InterpotError, match="no velocities in frame 0 of 'made', which the target"):
        list(langevin_momenta(walk(), Motion()))
    with pytest.raises(
        InterpotError, match="the drag of species 'A' is not known: give it for every species"
    ):
        list(overdamped(walk(), Motion()))
    with pytest.raises(
        InterpotError, match="the width 7 was given for a stochastic target: expected one from 1"
    ):
        list(overdamped(walk(), Motion(width=(7,))))
    with pytest.raises(InterpotError, match="too few frames for the noise"):
        fluctuations(instants(path[:4], 0.1), Motion(), "langevin-positions")


def test_without_a_drag_it_is_one_in_the_units_of_the_data() -> None:
    units = unit_style("metal")
    settled = with_drag(Motion().internal(units), ("Ar", "Ne"), units)
    assert settled.drag == dict.fromkeys(("Ar", "Ne"), units.mass / units.time)
    assert "divided by the true one" in drag_remarks(settled, units)[0]
    given = Motion(drag={"Ar": 2.0}).internal(units)
    assert with_drag(given, ("Ar",), units) is given and drag_remarks(given, units) == []
