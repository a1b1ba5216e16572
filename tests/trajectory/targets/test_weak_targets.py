"""Rows from momenta and positions against the forces that moved the particles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from instants import field, instants, springs

from interpot.errors import InterpotError
from interpot.trajectory.motion import Motion
from interpot.trajectory.targets.weak_momenta import weak_momenta
from interpot.trajectory.targets.weak_positions import weak_positions
from interpot.trajectory.targets.windows import Windows

MASSES = np.array([1.0, 2.5, 40.0])
STEP = 0.1
TARGETS = [weak_positions, weak_momenta]


def averaged(windows: Windows) -> np.ndarray:
    """Σ_t v_t F(t) of the forces at the frames."""
    return np.tensordot(
        windows.weights, np.array([field(frame.positions) for frame in windows.frames]), axes=1
    )


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("width", [(1,), (5,), (1, 3, 8)])
def test_every_step_is_exact(target: Callable[..., Iterator[Windows]], width: tuple[int, ...]) -> None:
    path, velocities = springs(100, STEP, MASSES)
    made = list(
        target(instants(path, STEP * np.arange(100), MASSES, velocities), Motion(timestep=STEP, width=width))
    )
    assert sum(len(windows.fresh) for windows in made) == 100
    for windows in made:
        np.testing.assert_allclose(windows.targets, averaged(windows), atol=1e-7)


@pytest.mark.parametrize("target", TARGETS)
def test_the_step_is_known_from_the_frames(target: Callable[..., Iterator[Windows]]) -> None:
    """Without a time step given, the count of steps between frames tells it; hats are the width where none is given."""
    path, velocities = springs(40, STEP, MASSES)
    told = instants(path, STEP * np.arange(40), MASSES, velocities, steps=1)
    for windows in target(told, Motion()):
        np.testing.assert_allclose(windows.targets, averaged(windows), atol=1e-9)
        assert len(windows.frames) == len(windows.weights) + 2


@pytest.mark.parametrize("target", TARGETS)
def test_every_tenth_step(target: Callable[..., Iterator[Windows]]) -> None:
    path, velocities = springs(600, STEP / 10, MASSES)
    seen = instants(path[::10], STEP * np.arange(60), MASSES, velocities[::10])
    for windows in target(seen, Motion(timestep=STEP / 10, width=(6,))):
        np.testing.assert_allclose(windows.targets, averaged(windows), atol=1e-3)


def test_coordinates_far_from_the_origin_lose_no_digits() -> None:
    path, _ = springs(30, STEP, MASSES)
    far = np.round(path * 2**30) / 2**30 + 2.0**16  # exactly representable
    here, there = (
        list(weak_positions(instants(p, STEP * np.arange(30), MASSES), Motion(timestep=STEP)))
        for p in (far - 2.0**16, far)
    )
    for a, b in zip(here, there, strict=True):
        np.testing.assert_array_equal(a.targets, b.targets)


def test_drawn_noise_is_equal_and_independent_in_all_rows() -> None:
    """Free particles with noise: targets are nothing but noise, of one variance, without correlation."""
    rng = np.random.default_rng(6)
    path = rng.normal(size=(400, 300, 3))
    made = list(weak_positions(instants(path, np.arange(400.0)), Motion(width=(4,))))
    rows = [windows.targets.reshape(len(windows.weights), -1) for windows in made]
    variance = np.concatenate([row.var(axis=1) for row in rows])
    assert np.std(variance) / np.mean(variance) == pytest.approx(np.sqrt(2 / 900), rel=0.4)
    largest = max(rows, key=len)
    correlation = np.corrcoef(largest) - np.eye(len(largest))
    assert np.max(np.abs(correlation)) < 5 / np.sqrt(900)


def test_frames_closer_than_the_time_step() -> None:
    path, _ = springs(10, STEP, MASSES)
    with pytest.raises(InterpotError, match=r"frame .* 0\.5 time steps: expected one or more"):
        list(weak_positions(instants(path, STEP * np.arange(10)), Motion(timestep=2 * STEP)))


def test_no_velocities() -> None:
    path, velocities = springs(10, STEP, MASSES)
    frames = instants(path, STEP * np.arange(10), MASSES, velocities)
    frames[4] = replace(frames[4], frame=replace(frames[4].frame, velocities=None))
    with pytest.raises(InterpotError, match="no velocities in"):
        list(weak_momenta(frames, Motion()))


def test_velocities_that_end_within_a_path_between_frames() -> None:
    path, velocities = springs(40, STEP, MASSES)
    made = instants(path, STEP * np.arange(40), MASSES, velocities)
    made = [*made[:30], *(replace(i, frame=replace(i.frame, velocities=None)) for i in made[30:])]
    with pytest.raises(InterpotError, match=r"no velocities in frame 30 of 'made'.*--target positions"):
        list(weak_momenta(made, Motion(width=(2,), substeps=5)))
