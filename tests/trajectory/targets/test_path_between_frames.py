"""Places on the path between frames, held against oscillations that are known at all times."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from instants import instants

from interpot.errors import InterpotError
from interpot.records import FloatArray
from interpot.trajectory.following import Instant
from interpot.trajectory.resampling import POINTS, resampled

PHASE = np.arange(12.0).reshape(4, 3)


def oscillations(times: FloatArray) -> tuple[FloatArray, FloatArray]:
    phase = times[:, None, None] + PHASE
    return np.cos(phase), -np.sin(phase)


def seen(count: int, begins: tuple[int, ...] = (0,)) -> list[Instant]:
    times = 0.2 * np.arange(count)
    path, velocities = oscillations(times)
    return instants(path, times, velocities=velocities, begins=begins)


@pytest.mark.parametrize("with_velocities", [False, True])
def test_places_lie_on_the_path(with_velocities: bool) -> None:
    made = list(resampled(seen(40), 4, with_velocities))
    times = np.array([instant.time for instant in made])
    np.testing.assert_allclose(np.diff(times), 0.05)
    path, velocities = oscillations(times)
    np.testing.assert_allclose([instant.path for instant in made], path, atol=1e-10)
    np.testing.assert_allclose([instant.frame.positions for instant in made], path, atol=1e-10)
    if with_velocities:
        np.testing.assert_allclose([i.frame.velocities for i in made], velocities, atol=1e-9)
    assert [instant.between for instant in made[:5]] == [False, True, True, True, False]
    assert sum(not instant.between for instant in made) == 40 - POINTS[with_velocities] + 2


def test_no_place_lies_in_a_gap() -> None:
    made = list(resampled(seen(60, begins=(0, 30)), 2))
    assert [instant.begins for instant in made].count(True) == 2
    assert all(instant.time < 29.5 * 0.2 or instant.time > 29.9 * 0.2 for instant in made)


def test_a_box_that_changes_is_refused() -> None:
    made = seen(40)
    wider = replace(made[0].frame.cell, vectors=101 * np.eye(3), periodic=(True, True, True))
    later = [replace(i, frame=replace(i.frame, cell=wider)) for i in made[30:]]
    with pytest.raises(InterpotError, match=r"box of frame 30 .*--substeps 1"):
        list(resampled([*made[:30], *later], 2))
    assert len(list(resampled([*made[:30], *later], 1))) == 40


def test_too_few_frames_for_a_path() -> None:
    with pytest.raises(InterpotError, match=r"10 successive frames at most.*through 16.*--substeps 1"):
        list(resampled(seen(10), 5))
