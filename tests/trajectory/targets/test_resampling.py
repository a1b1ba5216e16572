"""The path between frames, against motion that is known there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from instants import field, instants, springs

from interpot.records import Surface
from interpot.trajectory.motion import Motion
from interpot.trajectory.resampling import POINTS, resampled
from interpot.trajectory.targets.weak_momenta import weak_momenta
from interpot.trajectory.targets.weak_positions import weak_positions

MASSES = np.array([1.0, 2.0, 3.0])


def test_one_part_changes_nothing() -> None:
    made = instants(np.random.default_rng(1).normal(size=(5, 3, 3)), np.arange(5.0))
    assert list(resampled(made, 1)) == made


@pytest.mark.parametrize("uneven", [False, True])
def test_polynomials_are_followed_exactly(uneven: bool) -> None:
    random = np.random.default_rng(2)
    times = 0.1 * np.arange(30) + (0.02 * random.uniform(-1, 1, 30) if uneven else 0.0)
    coefficients = random.normal(size=(POINTS[False], 3, 3))

    def path(t: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        return np.tensordot((np.asarray(t)[:, None] - 1.5) ** np.arange(POINTS[False]), coefficients, axes=1)

    made = list(resampled(instants(path(times), times), 4))
    found, at = np.array([i.path for i in made]), np.array([i.time for i in made])
    np.testing.assert_allclose(found, path(at), atol=1e-9 * np.abs(found).max())
    assert sum(not i.between for i in made) == 30 - POINTS[False] + 2  # those at the ends have too few around
    assert [i.begins for i in made] == [True] + [False] * (len(made) - 1)
    assert all(not i.between for i in made[::4])


@pytest.mark.parametrize(("with_velocities", "bound"), [(False, 1e-6), (True, 1e-9)])
def test_an_integrated_path_is_met_between_its_frames(with_velocities: bool, bound: float) -> None:
    """Every fifth step of velocity Verlet, against the steps that were left out: positions and velocities."""
    step = 0.02
    path, velocities = springs(400, step, MASSES)
    coarse = instants(path[::5], 5 * step * np.arange(80), MASSES, velocities[::5], steps=5)
    for instant in resampled(coarse, 5, with_velocities, step):
        at = round(instant.time / step)
        assert np.abs(instant.path - path[at]).max() < bound
        np.testing.assert_allclose(instant.frame.positions, instant.path, atol=1e-12)
        if with_velocities:
            assert instant.frame.velocities is not None
            assert np.abs(instant.frame.velocities - velocities[at]).max() < 100 * bound


@pytest.mark.parametrize("target", [weak_positions, weak_momenta])
def test_forces_between_frames_make_weak_forms_exact(target) -> None:  # type: ignore[no-untyped-def]
    """The averaged force, from every fifth step, is far nearer with five parts than with one."""
    step = 0.02
    path, velocities = springs(400, step, MASSES)
    coarse = instants(path[::5], 5 * step * np.arange(80), MASSES, velocities[::5], steps=5)
    errors = []
    for parts in (1, 5):
        rows = list(target(coarse, Motion(timestep=step, width=(3,), substeps=parts)))
        forces = [
            np.tensordot(w.weights, np.array([field(f.positions) for f in w.frames]), axes=1) for w in rows
        ]
        targets = np.concatenate([w.targets for w in rows])
        errors.append(np.abs(np.concatenate(forces) - targets).max() / np.abs(targets).max())
    assert errors[1] < errors[0] / 20 and errors[1] < 1e-6


def test_gaps_are_not_bridged_and_short_stretches_left_out() -> None:
    path = np.random.default_rng(3).normal(size=(60, 2, 3))
    times = np.concatenate([np.arange(25.0), 100 + np.arange(5.0), 200 + np.arange(30.0)])
    made = list(resampled(instants(path, times, begins=(0, 25, 30)), 2))
    assert sum(i.begins for i in made) == 2
    assert not any(24 < i.time < 200 for i in made)


def test_walls_move_with_the_path() -> None:
    made = instants(np.zeros((20, 1, 3)), np.arange(20.0))
    moving = [
        replace(
            i,
            frame=replace(
                i.frame,
                surfaces=(
                    Surface("zhi", "plane", 2, -1, 10 + 0.5 * i.time),
                    Surface("zlo", "plane", 2, 1, 0.0),
                ),
            ),
        )
        for i in made
    ]
    for instant in resampled(moving, 4):
        high, low = instant.frame.surfaces
        assert high.position == pytest.approx(10 + 0.5 * instant.time) and low.position == 0.0
