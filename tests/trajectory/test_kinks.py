"""Paths between frames of particles that hard walls turn back, against the places where they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from interpot.records import Cell, FloatArray, Frame
from interpot.trajectory.following import Instant, follow
from interpot.trajectory.hits import watched_for_hits
from interpot.trajectory.motion import Motion
from interpot.trajectory.resampling import resampled
from interpot.units import unit_style

LJ = unit_style("lj")
OPEN = Cell(np.diag([10.0, 10.0, 10.0]), np.zeros(3), (False, False, False))
PULL, HEIGHT, APART = 0.5, 10.0, 0.1


def falling(time: float) -> tuple[FloatArray, FloatArray]:
    """Balls that fall and are reflected by the floor, z = |...| of parabolas: places and velocities, exactly.

    Each begins at the top of its flight, h above the floor, at a time of its own.
    """
    height = np.linspace(0.5, 2.5, 7)
    half = np.sqrt(2 * height / PULL)  # from the top to the floor
    phase = np.mod(time + np.linspace(0, 1, 7) + half, 2 * half) - half
    x, v = np.zeros((2, 7, 3))
    x[:, 0], v[:, 0] = np.sin(0.3 * time + np.arange(7)), 0.3 * np.cos(0.3 * time + np.arange(7))
    x[:, 2], v[:, 2] = height - PULL / 2 * phase**2, -PULL * phase
    return x, v


def instants(target: str, count: int) -> list[Instant]:
    frames = []
    for k in range(count):
        x, v = falling(k * APART)
        frames.append(
            Frame(x, ("A",), np.zeros(7, dtype=np.int64), OPEN, velocities=v if target == "momenta" else None,
                  masses=np.ones(7), time=k * APART, index=k, source="made")
        )  # fmt: skip
    return list(follow(frames, Motion(target), LJ, lambda _: None))


@pytest.mark.parametrize("target", ["momenta", "positions"])
def test_the_path_is_right_on_both_sides_of_a_hit(target: str) -> None:
    made = instants(target, 200)
    motion = Motion(target, hard={"zlo": 0.0})
    seen = list(watched_for_hits(made, motion))
    assert sum(0 if i.hit is None else int(i.hit.sum()) for i in seen) > 30

    def worst(of: list[Instant]) -> tuple[float, float]:
        between = [i for i in resampled(of, 4, target == "momenta") if i.between]
        truth = [falling(i.time) for i in between]
        off = [
            np.abs(i.path - of[0].path + of[0].frame.positions - x).max()
            for i, (x, _) in zip(between, truth, strict=True)
        ]
        speeds = [(i.frame.velocities, v) for i, (_, v) in zip(between, truth, strict=True)]
        return max(off), max((np.abs(s - v).max() for s, v in speeds if s is not None), default=0.0)

    place, speed = worst(seen)
    across = worst([replace(i, hit=None) for i in seen])
    assert place < 1e-6 and speed < 1e-5
    assert across[0] > 1e-3


def test_whoever_hits_too_often_keeps_the_path_through_all_frames() -> None:
    made = instants("positions", 40)
    always = [replace(i, hit=np.ones(7, dtype=bool)) for i in made]
    for with_hits, without in zip(resampled(always, 3), resampled(made, 3), strict=True):
        assert np.isfinite(with_hits.path).all()
        assert np.abs(with_hits.path - without.path).max() < 1.0
