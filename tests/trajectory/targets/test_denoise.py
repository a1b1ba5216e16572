"""Noise that was drawn is found again, and its products are taken out of the normal equations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from instants import instants

from interpot.records import FloatArray
from interpot.trajectory.following import Instant
from interpot.trajectory.motion import Motion
from interpot.trajectory.targets.denoise import estimate_noise, noisier
from interpot.trajectory.targets.weak import Moving, weak_windows
from interpot.trajectory.targets.weak_momenta import momenta
from interpot.trajectory.targets.weak_positions import weighted_path
from interpot.trajectory.targets.windows import Windows

COUNT = 200


def observed(noise: float, every: float = 0.25, count: int = 80, jitter: float = 0.0) -> list[Instant]:
    """Oscillators m q̈ = -q far from the origin as a camera sees them; the features and the force are those of q."""
    rng = np.random.default_rng(2)
    masses = rng.uniform(1, 3, COUNT)
    times = every * (np.arange(count) + jitter * rng.uniform(-1, 1, count))
    phase = rng.uniform(0, 2 * np.pi, (COUNT, 3)) + times[:, None, None] / np.sqrt(masses)[:, None]
    path, velocities = np.cos(phase), -np.sin(phase) / np.sqrt(masses)[:, None]
    return instants(path + noise * rng.normal(size=path.shape), times, masses, velocities)


@pytest.mark.parametrize("jitter", [0.0, 0.3])
@pytest.mark.parametrize("noise", [1e-3, 1e-1])
def test_noise_is_found_again(noise: float, jitter: float) -> None:
    (found,) = estimate_noise(observed(noise, jitter=jitter)).values()
    assert found.seen
    assert found.deviation == pytest.approx(noise, rel=0.05)


def test_noise_by_species() -> None:
    made = observed(0.0)
    rng = np.random.default_rng(3)
    kinds = (np.arange(COUNT) >= 150).astype(np.int64)
    deviation = np.where(kinds == 0, 0.01, 0.03)[:, None]
    made = [
        replace(
            instant,
            path=instant.path + deviation * rng.normal(size=instant.path.shape),
            frame=replace(instant.frame, kinds=kinds, species=("A", "B")),
        )
        for instant in made
    ]
    found = estimate_noise(made)
    assert {name: noise.deviation for name, noise in found.items()} == pytest.approx(
        {"A": 0.01, "B": 0.03}, rel=0.05
    )


def test_motion_without_noise_is_not_called_noise() -> None:
    (found,) = estimate_noise(observed(0.0, every=0.5)).values()
    assert not found.seen
    assert found.deviation < 1e-6
    assert estimate_noise(observed(0.0, count=10)) == {}


def test_noise_of_stretches_with_other_particles() -> None:
    """Of which the second begins elsewhere, and at the time of one before."""
    first, second = observed(1e-2, count=60), observed(1e-2, count=40)
    second = [
        replace(
            instant,
            path=instant.path[50:] + 20.0,
            frame=replace(instant.frame, kinds=instant.frame.kinds[50:]),
            begins=instant.begins,
        )
        for instant in second
    ]
    (found,) = estimate_noise([*first, *second]).values()
    assert found.seen
    assert found.deviation == pytest.approx(1e-2, rel=0.05)
    assert not estimate_noise([*first[:8], *second[:8]])


def products(made: Iterable[Windows]) -> FloatArray:
    """XᵀX and XᵀF of the feature -q."""
    total = np.zeros(2)
    for windows in made:
        rows = -np.tensordot(windows.weights, np.array([frame.positions for frame in windows.frames]), axes=1)
        total += np.sum(rows * rows), np.sum(rows * windows.targets)
    return total


@pytest.mark.parametrize("width", [1, 4, 8])
@pytest.mark.parametrize(("order", "moving"), [(2, weighted_path), (1, momenta)])
def test_noise_upon_noise_undoes_the_attenuation(order: int, moving: Moving, width: int) -> None:
    """The stiffness is 1, which noise lowers by several per cent where few frames are averaged."""
    seen, motion = observed(0.5, every=0.2, count=300), Motion(width=(width,))
    rows = products(weak_windows(seen, motion, order, moving))
    noisy = (
        sum(products(weak_windows(noisier(seen, 0.5, sign), motion, order, moving)) for sign in (1, -1)) / 2
    )
    less = 2 * rows - noisy
    plain, mended = rows[1] / rows[0], less[1] / less[0]
    assert abs(plain - 1) > 0.05
    assert abs(mended - 1) < 0.2 * abs(plain - 1)


def test_further_noise_is_the_same_in_every_walk_and_another_in_every_frame() -> None:
    made = observed(0.0)
    once, again, opposite = (list(noisier(made, 0.1, sign)) for sign in (1, 1, -1))
    shifts = np.array([b.path - a.path for a, b in zip(made, once, strict=True)])
    assert shifts.std() == pytest.approx(0.1, rel=0.01)
    assert abs(np.mean(shifts[1:] * shifts[:-1])) < 1e-4
    for a, b, c, d in zip(made, once, again, opposite, strict=True):
        np.testing.assert_array_equal(b.path, c.path)
        np.testing.assert_allclose(b.path + d.path, 2 * a.path, atol=1e-12)
        np.testing.assert_allclose(b.frame.positions - a.frame.positions, b.path - a.path, atol=1e-12)
