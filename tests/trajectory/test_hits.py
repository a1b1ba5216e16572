"""Who hit a hard wall, in the stream of instants, against particles that meet nothing but walls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import pi, sin

import numpy as np
import pytest
from test_bounces import Billiard

from interpot.records import Cell, FloatArray, Frame, Surface
from interpot.trajectory.bounces import find_bounces
from interpot.trajectory.following import Instant, follow
from interpot.trajectory.hits import (
    hard_walls,
    in_part,
    may_have_more,
    not_left_out,
    watched_for_hits,
    who_hit,
)
from interpot.trajectory.motion import Motion
from interpot.trajectory.targets import target_rows
from interpot.trajectory.targets.denoise import estimate_noise
from interpot.trajectory.targets.weak_momenta import weak_momenta
from interpot.trajectory.targets.weak_positions import weak_positions
from interpot.trajectory.walls import parse_wall
from interpot.units import unit_style

LJ = unit_style("lj")
TARGETS = {"momenta": weak_momenta, "positions": weak_positions}
Wall = Callable[[float], float]


def oscillation(t: float) -> float:
    return 20 + sin(2 * pi * t / 6)


def ramp(t: float) -> float:
    return 20 - 0.4 * t


def at_rest(_: float) -> float:
    return 20.0


def instants(game: Billiard, target: str, told: Wall | None = None) -> list[Instant]:
    """Its frames, followed, without the forces; the upper wall told where it is given."""

    def frames() -> Iterator[Frame]:
        for k, frame in enumerate(game.walk()):
            walls = (Surface("lower", "plane", 2, 1, 0.0, hard=True),)
            if told is not None:
                walls += (Surface("piston", "plane", 2, -1, told(k * game.interval), hard=True),)
            velocities = frame.velocities if target == "momenta" else None
            yield replace(frame, velocities=velocities, forces=None, surfaces=walls if told else ())

    return list(follow(frames(), Motion(target), LJ, lambda _: None))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("high", "is_told"), [(at_rest, False), (ramp, False), (oscillation, True)])
def test_those_who_hit_are_known(target: str, high: Wall, is_told: bool) -> None:
    game = Billiard(high=high, particles=200, frames=80)
    made = instants(game, target, high if is_told else None)
    motion = Motion(target, hard=hard_walls(made, Motion(target)))
    assert set(motion.hard) == {"zlo", "zhi"}
    if not is_told:
        assert motion.hard["zlo"] == pytest.approx(0.0, abs=1e-6)
        assert (motion.hard["zhi"] is None) == (high is not at_rest)
    none = np.zeros(game.particles, dtype=bool)
    found = [none if i.hit is None else i.hit for i in watched_for_hits(made, motion)][1:]
    truth = np.array(game.hits)
    missed, extra = truth & ~np.array(found), np.array(found) & ~truth
    # the margin of 0.3 flights takes those in who are about to hit or have just hit
    assert extra.sum() <= 0.9 * truth.sum()
    assert missed.sum() <= 0.05 * truth.sum() if high is not at_rest and not is_told else not missed.any()


@pytest.mark.parametrize("target", TARGETS)
def test_free_flight_is_left_in_the_rows(target: str) -> None:
    """No force acts on whoever is left in: all its targets vanish, while those of the rest were as large as a hit."""
    made = instants(Billiard(particles=200, frames=60), target)
    motion = Motion(target, width=(3,), hard=hard_walls(made, Motion(target)))
    watched = list(watched_for_hits(made, motion))
    for windows in TARGETS[target](watched, motion):
        assert np.abs(windows.targets).max() < 1e-9
    largest = max(np.abs(windows.targets).max() for windows in TARGETS[target](made, motion))
    left = [w.left_out.mean() for w in TARGETS[target](watched, motion) if w.left_out is not None]
    assert largest > 1 and 0 < np.mean(left) < 0.5


def test_a_wall_that_comes_nearer_hits_whoever_draws_back_too_slowly() -> None:
    """Its velocity is not reversed: 2u - v with u = -1 and v = -0.3 is -1.7."""
    game = Billiard(particles=2, frames=1)
    (frame,) = game.walk()
    x, v = np.zeros((2, 3)), np.zeros((2, 3))
    x[:, 2], v[:, 2] = (19.96, 15.0), -0.3
    walls = [(Surface("zhi", "plane", 2, -1, place, hard=True),) for place in (20.0, 19.9)]
    tau = 0.04 / 0.7
    end, after = x + 0.1 * v, v.copy()
    after[0, 2] = -1.7
    end[0, 2] = 20.0 - tau - 1.7 * (0.1 - tau)
    before = replace(frame, positions=x, velocities=v, surfaces=walls[0])
    later = replace(frame, positions=end, velocities=after, surfaces=walls[1])
    np.testing.assert_array_equal(who_hit(before, later, 0.1, {"zhi": None}), [True, False])


def test_walls_on_both_sides_of_a_partition() -> None:
    """Two chambers, 0 < z < 4 < z < 8: the particles of one are beyond the walls of the other."""
    x, v = np.full((6, 3), 4.0), np.zeros((6, 3))
    x[:, 2], v[:, 2] = (0.05, 3.95, 2.0, 4.05, 7.95, 6.0), (-1, 1, -1, -1, 1, 1)
    names = (("zlo", 1, 0.0), ("below", -1, 4.0), ("above", 1, 4.0), ("zhi", -1, 8.0))
    planes = tuple(Surface(name, "plane", 2, inward, at, hard=True) for name, inward, at in names)
    frame = replace(seen(x[None], v[None], "momenta")[0].frame, surfaces=planes)
    hit = np.array([True, True, False] * 2)
    later = replace(
        frame, positions=np.where(hit[:, None], x, x + 0.1 * v), velocities=np.where(hit[:, None], -v, v)
    )
    walls = hard_walls(
        follow([frame, replace(later, time=0.1)], Motion("momenta"), LJ, lambda _: None), Motion("momenta")
    )
    assert walls == {"zlo": None, "zhi": None} and in_part(frame, walls) == []
    np.testing.assert_array_equal(who_hit(frame, later, 0.1, walls), hit)


def test_what_is_recognised_in_part_is_said() -> None:
    frame = seen(np.ones((1, 1, 3)), np.ones((1, 1, 3)), "momenta")[0].frame
    (said,) = in_part(frame, {"zlo": 0.0, "zhi": None})
    assert "zhi moves" in said and "only in part" in said and "--wall 'zhi=hard POSITION'" in said
    ball = Surface("sphere", "sphere", 0, -1, 3.0, (4, 4, 4), hard=True)
    curved = replace(frame, surfaces=(ball,))
    (said,) = in_part(curved, {})
    assert "sphere is no plane" in said
    instants = list(follow([curved, replace(curved, time=1.0)], Motion("momenta"), LJ, lambda _: None))
    assert hard_walls(instants, Motion("momenta")) == {}


def test_frames_without_particles_have_no_walls() -> None:
    for target in TARGETS:
        empty = seen(np.zeros((20, 0, 3)), np.zeros((20, 0, 3)), target)
        assert recognised(empty, target) == []


def test_kinks_are_no_noise() -> None:
    made = instants(Billiard(particles=200, frames=60), "positions")
    motion = Motion("positions", hard=hard_walls(made, Motion("positions")))
    with_kinks = estimate_noise(made)["A"]
    without = estimate_noise(list(watched_for_hits(made, motion)))["A"]
    assert with_kinks.deviation > 1e-3 and without.deviation < 1e-9


def test_gaps_and_no_walls() -> None:
    game = Billiard(particles=50, frames=40)
    frames = [replace(frame, forces=None) for k, frame in enumerate(game.walk()) if k not in (20, 21, 22)]
    motion = Motion("momenta", width=(2,), hard={"zlo": 0.0, "zhi": 20.0})
    for windows in target_rows(frames, motion, LJ, lambda _: None):
        assert np.abs(windows.targets).max() < 1e-9
    periodic = [replace(f, cell=replace(f.cell, periodic=(True, True, True))) for f in frames]
    assert hard_walls(list(follow(periodic, motion, LJ, lambda _: None)), motion) == {}
    assert hard_walls([], motion) == {}


def seen(positions: FloatArray, velocities: FloatArray, target: str, interval: float = 1.0) -> list[Instant]:
    """Particles in an open box, followed; (frames, n, 3)."""
    cell = Cell(8.0 * np.eye(3), np.zeros(3), (False, False, False))
    moving = velocities if target == "momenta" else [None] * len(positions)
    kinds = np.zeros(positions.shape[1], dtype=np.int64)
    frames = [
        Frame(x, ("A",), kinds, cell, velocities=v, masses=np.ones(len(kinds)), time=k * interval, step=k, source="m")
        for k, (x, v) in enumerate(zip(positions, moving, strict=True))
    ]  # fmt: skip
    return list(follow(frames, Motion(target), LJ, lambda _: None))


def recognised(made: list[Instant], target: str) -> list[str]:
    """In the pass, and by the frames themselves."""
    itself = find_bounces(instant.frame for instant in made).hard_walls
    return [*hard_walls(made, Motion(target)), *(wall.name for wall in itself)]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("particles", [1, 3])
@pytest.mark.parametrize(
    "period", [2.3, 4, 6, 7.5, 9, 10, 12.3, 15, 20, 25, 31, 40, 55, 70, 100], ids=lambda p: f"{p:g}"
)
def test_smooth_turns_are_no_walls(period: float, particles: int, target: str) -> None:
    """An oscillator turns at one place, sampled finely or coarsely."""
    random = np.random.default_rng(7)
    phase = random.uniform(0, 2 * pi, (particles, 3))
    rate, k = 2 * pi / period * np.array([1, 1.37, 0]), np.arange(400)[:, None, None]
    x, v = np.sin(rate * k + phase), rate * np.cos(rate * k + phase)
    assert recognised(seen(x, v, target), target) == []


def between_soft_walls(particles: int, frames: int) -> tuple[FloatArray, FloatArray]:
    """Free but for V = (z/0.8)⁻⁹ of walls at z = 0 and 8, by velocity Verlet; an interval is 0.02."""
    random = np.random.default_rng(11)
    x, v = random.uniform(2, 6, (particles, 3)), random.normal(size=(particles, 3))
    places, speeds, step = [], [], 0.002

    def pushed(z: FloatArray) -> FloatArray:
        return np.asarray(9 * 0.8**9 * (z**-10 - (8 - z) ** -10))

    force = pushed(x[:, 2])
    for k in range(10 * frames):
        if k % 10 == 0:
            places.append(x.copy())
            speeds.append(v.copy())
        v[:, 2] += step / 2 * force
        x = x + step * v
        force = pushed(x[:, 2])
        v[:, 2] += step / 2 * force
    return np.array(places), np.array(speeds)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("particles", "frames"), [(1, 20_000), (60, 4000)])
def test_soft_walls_are_no_hard_ones(particles: int, frames: int, target: str) -> None:
    """At strides from which the turn is followed to those at which it seems to be at once."""
    x, v = between_soft_walls(particles, frames)
    assert x[..., 2].min() > 0.3
    for stride in (1, 3, 10, 30, 80):
        made = seen(x[::stride][:1500], v[::stride][:1500], target, 0.02 * stride)
        assert [name for name in recognised(made, target) if name[0] == "z"] == []


@pytest.mark.parametrize("target", ["momenta", pytest.param("positions", marks=pytest.mark.slow)])
def test_few_particles_are_watched_for_longer(target: str) -> None:
    """Four of them hit a wall too rarely in 60 frames to show that it is hard."""
    made = instants(Billiard(particles=4, frames=1500), target)
    walls = hard_walls(made[:60], Motion(target))
    assert may_have_more(walls, made[:60])
    assert set(hard_walls(iter(made), Motion(target))) == {"zlo", "zhi"}
    assert not may_have_more({"zlo": 0.0, "zhi": 20.0}, made[:60])


def test_a_wall_that_is_recognised_late_is_said() -> None:
    wall = find_bounces(Billiard(particles=200, frames=80).walk()).hard_walls[0]
    said = not_left_out(wall, Motion("momenta"), LJ)
    assert f"{wall.hits} hits are in the windows" in said and said.endswith("--wall 'zlo=hard 0'")
    assert not not_left_out(wall, Motion("momenta", hard={"zlo": None}), LJ)
    assert not not_left_out(wall, Motion("recorded"), LJ)
    assert parse_wall("zlo=hard 0").hard
