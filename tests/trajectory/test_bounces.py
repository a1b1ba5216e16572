"""Hard walls are recognised by who is turned back where; soft ones, collisions and free surfaces are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import pi, sin
from pathlib import Path

import numpy as np
import pytest
from lammps_runs import run_lammps
from numpy.typing import NDArray

import interpot
from interpot.records import Cell, FloatArray, Frame
from interpot.trajectory import read
from interpot.trajectory.bounces import Bounces, BounceWatch, find_bounces
from interpot.units import unit_style

# ---------------------------------------------------------------------------- particles that meet nothing but walls


@dataclass
class Billiard:
    """Free particles between z = 0 and a wall at `high(t)`; the truth of each frame is kept."""

    high: Callable[[float], float] = lambda _: 20.0
    thermal: bool = False
    particles: int = 60
    frames: int = 120
    interval: float = 0.1

    def __post_init__(self) -> None:
        source = self.source = np.random.default_rng(5)
        self.x = source.uniform(1, self.high(0.0) - 1, size=(self.particles, 3))
        self.v = source.normal(size=(self.particles, 3))
        self.masses = source.uniform(1, 3, size=self.particles)
        self.hits: list[NDArray[np.bool_]] = []  # of both walls, between a frame and the next
        self.kicks = {1: 0.0, -1: 0.0}  # Σ m Δv by the side

    def step(self, t: float, h: float) -> NDArray[np.bool_]:
        """Go on by a time in which the wall's motion is straight."""
        low, high = (0.0, 0.0), (self.high(t), self.high(t + h))
        hit = np.zeros(self.particles, dtype=bool)
        start = self.x[:, 2].copy()
        self.x += h * self.v
        for inward, (w, w1) in ((1, low), (-1, high)):
            u = (w1 - w) / h
            mine = np.flatnonzero(inward * (self.x[:, 2] - w1) < 0)
            tau = (w - start[mine]) / (self.v[mine, 2] - u)
            before = self.v[mine].copy()
            self.v[mine, 2] = 2 * u - self.v[mine, 2]
            if self.thermal:
                self.v[mine] = self.source.normal(size=(len(mine), 3))
                self.v[mine, 2] = u + inward * self.source.rayleigh(size=len(mine))
            self.x[mine] += (h - tau[:, None]) * (self.v[mine] - before)
            self.kicks[inward] += float(self.masses[mine] @ (self.v[mine, 2] - before[:, 2]))
            hit[mine] = True
        return hit

    def walk(self) -> Iterator[Frame]:
        cell = Cell(np.diag([20.0, 20.0, 20.0]), np.zeros(3), (True, True, False))
        fine = 100
        for k in range(self.frames):
            yield Frame(
                self.x.copy(),
                ("A",),
                np.zeros(self.particles, dtype=np.int64),
                cell,
                velocities=self.v.copy(),
                forces=np.zeros_like(self.x),
                masses=self.masses,
                step=10 * k,
                time=3 + k * self.interval,
            )
            hit = np.zeros(self.particles, dtype=bool)
            if k < self.frames - 1:
                h = self.interval / fine
                for j in range(fine):
                    hit |= self.step((k * fine + j) * h, h)
                self.hits.append(hit)


@pytest.mark.parametrize("thermal", [False, True])
def test_place_kind_and_hits_between_fixed_walls(thermal: bool) -> None:
    game = Billiard(thermal=thermal)
    found = find_bounces(game.walk())
    assert [wall.name for wall in found.hard_walls] == ["zlo", "zhi"]
    for wall, place in zip(found.hard_walls, (0.0, 20.0), strict=True):
        assert wall.position == pytest.approx(place, abs=1e-9) and wall.error < 1e-9
        assert wall.kind == ("thermal" if thermal else "elastic") and not wall.moving
        assert wall.momentum == pytest.approx(-game.kicks[wall.inward], rel=1e-9)
        assert wall.duration == pytest.approx(119 * game.interval)
        assert wall.force == pytest.approx(wall.momentum / wall.duration)
    for k, truth in enumerate(game.hits):
        np.testing.assert_array_equal(found.hit_between(k, k + 1, game.particles), truth)
    late = np.any(game.hits[50:60], axis=0)
    np.testing.assert_array_equal(found.hit_between(50, 60, game.particles), late)
    assert (
        sum(wall.hits for wall in found.hard_walls) == sum(hit.sum() for hit in game.hits) == len(found.turns)
    )


@pytest.mark.parametrize(
    "high", [lambda t: 20 - 0.4 * t, lambda t: 20 + sin(2 * pi * t / 6)], ids=["ramp", "oscillation"]
)
def test_walls_that_move(high: Callable[[float], float]) -> None:
    game = Billiard(high=high, particles=400)
    low, wall = find_bounces(game.walk()).hard_walls
    assert (low.moving, low.kind, wall.moving, wall.kind) == (False, "elastic", True, "elastic")
    t = np.linspace(wall.turns.time[0], wall.turns.time[-1], 50)
    np.testing.assert_allclose(wall.path(t), [high(one - 3) for one in t], rtol=0, atol=3e-4)
    assert wall.sentence(unit_style("lj")).startswith("hard wall zhi moving from z = ")


@pytest.mark.parametrize(
    "left_out", [{"time": None}, {"time": None, "step": None}, {"forces": None, "masses": None}]
)
def test_what_frames_need_not_tell(left_out: dict[str, None]) -> None:
    game = Billiard()
    found = find_bounces(replace(frame, **left_out) for frame in game.walk())  # type: ignore[arg-type]
    for wall, place in zip(found.hard_walls, (0.0, 20.0), strict=True):
        assert wall.position == pytest.approx(place, abs=1e-9) and wall.kind == "elastic"
        assert np.isnan(wall.momentum) == ("masses" in left_out)


def test_frames_that_tell_nothing() -> None:
    frames = list(Billiard(frames=20).walk())
    for change in (
        {"velocities": None},
        {"cell": replace(frames[0].cell, periodic=(True, True, True))},
    ):
        assert find_bounces(replace(f, **change) for f in frames).hard_walls == ()  # type: ignore[arg-type]
    assert find_bounces([]).hard_walls == () and find_bounces(frames[:1]).hard_walls == ()
    shuffled = [replace(f, ids=np.roll(np.arange(len(f.positions)), k)) for k, f in enumerate(frames)]
    assert find_bounces(shuffled).hard_walls == ()  # other particles in the rows
    assert find_bounces(replace(f, source=str(k)) for k, f in enumerate(frames)).hard_walls == ()


def test_a_watch_that_has_seen_enough_looks_no_further() -> None:
    watch = BounceWatch(enough=30)
    frames = list(Billiard(particles=300).walk())
    for frame in frames:
        watch.see(frame)
    found = watch.bounces()
    assert found.frames < len(frames) and 30 <= len(found.turns) < 60


# ---------------------------------------------------------------------------- LAMMPS

_GAS = """
units {units}
dimension {dimension}
boundary {boundary}
region b block {box}
create_box 1 b
{lattice}
region i block {inner} units box
create_atoms 1 region i
mass 1 {mass}
{pair}
velocity all create {heat} 87287 dist gaussian
fix m all nve
{walls}
timestep {timestep}
run {before}
dump d all custom 10 gas.lammpstrj id type element mass x y z vx vy vz fx fy fz
dump_modify d sort id element Ar format float %.12g units yes time yes
run 2000
"""
_ARGON = {
    "units": "metal",
    "dimension": "3",
    "boundary": "p p f",
    "box": "0 34 0 34 0 40",
    "lattice": "lattice fcc 8.5",
    "inner": "2 32 2 32 4 36",
    "mass": "39.948",
    "pair": "pair_style lj/cut 8.5125\npair_coeff 1 1 0.0103408 3.405",
    "heat": "300",
    "timestep": "0.004",
    "before": "1000",
}
_PLANE = {
    "units": "lj",
    "dimension": "2",
    "boundary": "p f p",
    "box": "0 16 0 30 -0.5 0.5",
    "lattice": "lattice sq2 0.4",
    "inner": "0.5 15.5 1.5 28.5 -0.5 0.5",
    "mass": "1",
    "pair": "pair_style lj/cut 2.5\npair_coeff 1 1 1 1",
    "heat": "1.0",
    "timestep": "0.004",
    "before": "1000",
}
_LIQUID = {
    **_PLANE,
    "dimension": "3",
    "boundary": "p p f",
    "box": "0 8 0 8 0 10",
    "lattice": "lattice fcc 0.6",
    "inner": "0.5 7.5 0.5 7.5 1.3 8.7",
    "heat": "1.5",
}
_STOCHASTIC = "fix w all wall/reflect/stochastic {} 4711 {}lo EDGE {} 0 0 0 {} {}hi EDGE {} 0 0 0 {}"
HARD = {
    "elastic": (_ARGON, "fix w all wall/reflect zlo EDGE zhi 38.5 units box", "elastic", (0.0, 38.5)),
    "diffusive": (
        _ARGON,
        _STOCHASTIC.format("diffusive", "z", 300, "", "z", 300, ""),
        "thermal",
        (0.0, 40.0),
    ),
    "liquid": (_LIQUID, "fix w all wall/reflect zlo EDGE zhi EDGE", "elastic", (0.0, 10.0)),
    "plane": (
        _PLANE,
        "fix e all enforce2d\nfix w all wall/reflect ylo EDGE yhi EDGE",
        "elastic",
        (0.0, 30.0),
    ),
    "maxwell": (
        _PLANE,
        "fix e all enforce2d\n" + _STOCHASTIC.format("maxwell", "y", 1.0, 0.8, "y", 1.0, 0.8),
        "thermal",
        (0.0, 30.0),
    ),
}
SOFT = {
    "lj93": (_ARGON, "fix w all wall/lj93 zlo EDGE 0.01 3.2 8.0 zhi EDGE 0.02 3.0 7.5 units box"),
    "stiff": (_ARGON, "fix w all wall/harmonic zlo EDGE 20 0 1.0 zhi EDGE 2 0 1.0 units box"),
    "liquid": (_LIQUID, "fix w all wall/lj126 zlo EDGE 1 0.5 1.0 zhi EDGE 1 1 1.12 units box"),
    "plane": (_PLANE, "fix e all enforce2d\nfix w all wall/lj93 ylo EDGE 1 1 2.5 yhi EDGE 1 1 2.5 units box"),
    "drop": ({**_LIQUID, "boundary": "m m m", "heat": "0.6", "lattice": "lattice fcc 0.85"}, ""),
}


def simulated(system: dict[str, str], walls: str, folder: Path) -> Path:
    run_lammps(_GAS.format(**system, walls=walls), folder)
    return folder / "gas.lammpstrj"


def momentum_along(frame: Frame, axis: int) -> float:
    assert frame.masses is not None and frame.velocities is not None
    return float(frame.masses @ frame.velocities[:, axis])


@pytest.mark.parametrize("name", HARD)
def test_hard_walls_of_lammps(name: str, tmp_path: Path) -> None:
    system, walls, kind, places = HARD[name]
    frames = list(read(simulated(system, walls, tmp_path)))
    found = find_bounces(frames)
    assert [wall.kind for wall in found.hard_walls] == [kind, kind]
    for wall, place in zip(found.hard_walls, places, strict=True):
        assert wall.position == pytest.approx(place, abs=2e-4) and not wall.moving
    # particles among themselves keep their momentum: what they lose, the walls take up, but for a hit or two that a
    # collision hides
    axis = found.hard_walls[0].axis
    lost = momentum_along(frames[0], axis) - momentum_along(frames[-1], axis)
    taken = sum(wall.momentum for wall in found.hard_walls)
    assert taken == pytest.approx(lost, abs=0.1 * abs(found.hard_walls[0].momentum))


def test_a_moving_wall_of_lammps(tmp_path: Path) -> None:
    path = simulated(
        _ARGON, "variable hi equal 40-0.5*time\nfix w all wall/reflect zlo EDGE zhi v_hi units box", tmp_path
    )
    units = unit_style("metal")
    wall = find_bounces(read(path)).hard_walls[1]
    assert wall.moving and wall.kind == "elastic"  # LAMMPS's moving wall gives no energy: v → -v
    t = np.linspace(wall.turns.time[0], wall.turns.time[-1], 20)
    np.testing.assert_allclose(wall.path(t), 40 - 0.5 * t / units.time, rtol=0, atol=2e-3)


def bare(frames: list[Frame]) -> Iterator[Frame]:
    return (replace(frame, forces=None, masses=None) for frame in frames)


@pytest.mark.parametrize("name", SOFT)
def test_soft_walls_and_free_surfaces_are_not_hard(name: str, tmp_path: Path) -> None:
    system, walls = SOFT[name]
    frames = list(read(simulated(system, walls, tmp_path)))
    for stride in (1, 5, 20, 50):
        for some in (frames[::stride], bare(frames[::stride])):
            assert names(find_bounces(some)) == []


def names(found: Bounces) -> list[str]:
    return [wall.name for wall in found.hard_walls]


# ---------------------------------------------------------------------------- in the pass


def test_the_pass_remarks_hard_walls_only(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("hard", "soft")]
    for folder, walls in zip(folders, (HARD["elastic"][1], SOFT["lj93"][1]), strict=True):
        folder.mkdir()
        simulated(_ARGON, walls, folder)
    trajectory = read(folders[0] / "gas.lammpstrj")
    channels = interpot.pair_channels(trajectory, 8.5125)
    for options in ({}, {"out": tmp_path / "s.h5"}, {"threads": 2}):
        statistic = interpot.accumulate(
            read(folders[0] / "gas.lammpstrj"), channels, cutoffs="given", **options
        )
        low, high = (r for r in statistic.provenance["remarks"] if "hard wall" in r)
        assert low.startswith("hard wall zlo at z = ") and "zhi at z = 38.5000" in high
        assert " Å, elastic: " in low and high.endswith(
            " hits in 201 frames; it has no force, so that no channel is needed for it"
        )
    soft = read(folders[1] / "gas.lammpstrj", walls=["zlo=edge", "zhi=edge"])
    assert not soft.remarks and len(list(soft.watched(soft))) == 201 and not soft.remarks


def test_frames_are_passed_on_as_they_are() -> None:
    frames: list[Frame] = list(Billiard(frames=5).walk())
    before: list[FloatArray] = [frame.positions.copy() for frame in frames]
    find_bounces(frames)
    assert all(np.array_equal(f.positions, x) for f, x in zip(frames, before, strict=True))
