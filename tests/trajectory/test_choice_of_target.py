from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from argon_frames import frame

from interpot.errors import InterpotError
from interpot.records import Frame
from interpot.trajectory.motion import Motion
from interpot.trajectory.targets import TARGETS
from interpot.trajectory.targets.choice import LEAST, choose, holding

ONES = np.ones((2, 3))


def frames(count: int, *held: str) -> list[Frame]:
    return [frame(k, time=float(k), **dict.fromkeys(held, ONES)) for k in range(count)]


def test_every_target_has_its_number_of_frames() -> None:
    assert list(LEAST) == list(TARGETS)


@pytest.mark.parametrize(
    ("dynamics", "held", "count", "chosen"),
    [
        ("newton", ("forces", "velocities"), 1, "recorded"),
        ("newton", ("velocities",), 3, "momenta"),
        ("newton", (), 3, "positions"),
        ("langevin", ("forces",), 5, "recorded"),
        ("langevin", ("velocities",), 4, "langevin-momenta"),
        ("langevin", (), 7, "langevin-positions"),
        ("overdamped", ("velocities",), 3, "overdamped"),
    ],
)
def test_the_first_target_that_finds_what_it_needs(
    dynamics: str, held: tuple[str, ...], count: int, chosen: str
) -> None:
    assert choose(frames(count, *held), Motion(dynamics=dynamics)) == chosen


@pytest.mark.parametrize(
    ("asked", "dynamics", "row"),
    [
        ("positions", "newton", "positions"),
        ("positions", "langevin", "langevin-positions"),
        ("momenta", "langevin", "langevin-momenta"),
        ("langevin-momenta", "langevin", "langevin-momenta"),
        ("positions", "overdamped", "overdamped"),
        ("recorded", "langevin", "recorded"),
    ],
)
def test_what_is_asked_for(asked: str, dynamics: str, row: str) -> None:
    assert choose(frames(8, "forces", "velocities"), Motion(asked, dynamics)) == row


@pytest.mark.parametrize(
    ("given", "motion", "words"),
    [
        (
            frames(2), Motion(),
            "'a.dump' holds neither forces nor velocities, and positions in 2 consecutive frames only, which does not "
            "tell what drives the particles: expected forces (columns fx fy fz), or velocities (columns vx vy vz) in "
            "3 consecutive frames or more, or positions in 3 consecutive frames or more, at increasing times",
        ),
        (
            frames(1, "velocities"), Motion(),
            "'a.dump' holds velocities but no forces, in 1 frame, which does not tell what drives the particles",
        ),
        (
            frames(3), Motion(dynamics="langevin"),
            "or velocities (columns vx vy vz) in 3 consecutive frames or more, or positions in 7 consecutive frames",
        ),
        (frames(2, "velocities"), Motion(dynamics="langevin"), "which does not tell what drives the particles"),
        (
            frames(2, "velocities"), Motion("langevin-forces", "langevin"),
            "the target 'langevin-forces' needs forces (columns fx fy fz) and velocities (columns vx vy vz), at "
            "increasing times, but 'a.dump' holds velocities but no forces, in 2 consecutive frames",
        ),
        (
            frames(5), Motion("momenta"),
            "the target 'momenta' needs velocities (columns vx vy vz) in 3 consecutive frames or more, at increasing "
            "times, but 'a.dump' holds neither forces nor velocities",
        ),
        (
            frames(2, "forces", "velocities"), Motion("positions"),
            "the target 'positions' needs positions in 3 consecutive frames or more, at increasing times, but 'a.dump' "
            "holds forces and velocities, in 2 consecutive frames",
        ),
        (
            frames(5), Motion("langevin-positions"),
            "the target 'langevin-positions' is none of newton dynamics, which has recorded, momenta, positions: "
            "choose one of these, or say --dynamics langevin",
        ),
        (
            frames(5, "velocities"), Motion("momenta", "overdamped"),
            "the target 'momenta' is none of overdamped dynamics, which has recorded, overdamped: choose one of "
            "these, or say --dynamics newton",
        ),
        (
            frames(9), Motion("momenta"),
            "increasing times, but 'a.dump' holds neither forces nor velocities",
        ),
        (frames(5), Motion("guess"), "unknown target 'guess': expected one of auto, recorded, momenta, positions"),
    ],
)  # fmt: skip
def test_what_cannot_be(given: list[Frame], motion: Motion, words: str) -> None:
    with pytest.raises(InterpotError) as raised:
        choose(given, motion)
    assert words in str(raised.value)
    assert ("consecutive frames only" in str(raised.value)) <= (len(given) < max(LEAST.values()))


def test_frames_that_follow_each_other() -> None:
    def longest(*made: Frame) -> int:
        return holding(made).consecutive

    times = [frame(k, time=t) for k, t in enumerate([0.0, 1.0, 0.0, 1.0, 2.0, 0.0])]
    assert longest(*times) == 3
    assert longest(*(frame(k, step=s) for k, s in enumerate([0, 10, 0, 10]))) == 2
    assert longest(frame(0), frame(1), frame(2)) == 3
    assert (
        longest(*(frame(k, time=0.0, step=10 * k) for k in range(3))) == 3
    )  # a format without a time of its own
    assert longest(frame(0), frame(1, ids=np.array([1, 2])), frame(2, ids=np.array([1, 3]))) == 2
    assert longest() == 0


def test_few_frames_are_read() -> None:
    def some() -> Iterator[Frame]:
        yield from frames(max(LEAST.values()), "velocities")
        raise AssertionError

    assert choose(some(), Motion()) == "momenta"
