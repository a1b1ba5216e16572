"""Who hit a hard wall between two frames, while they stream by: rows of their windows are no rows of forces.

A wall that reflects turns the momentum within one time step, by a force that no channel has. Which walls do so is known
before the pass: the user says so ("zlo=hard 0"), or the first frames show it (`interpot.trajectory.bounces`). Whom
they turn back is then told from the two frames alone, with the velocities v₀ before and v₁ after: a flight from a place
x₀ that goes on to beyond the wall, or one to x₁ that comes from there,

    x₀ + 1.3 v₀Δ < w₁      or      x₁ - 1.3 v₁Δ < w₀      (particles above the wall, which is at w₀, then at w₁).

The margin takes those in whom forces have turned back just before it: they cost rows, and no truth. A wall that moves
and of which nothing tells where it is turns back whoever is at the outermost place and has its velocity reversed
(`interpot.trajectory.flights`).

Where velocities are not recorded, they are those of a parabola through three positions on one side of the interval.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from interpot.records import FloatArray, Frame, Surface
from interpot.trajectory.bounces import BounceWatch
from interpot.trajectory.flights import BESIDE, BEYOND, open_axes, quiet_beside, turned_back
from interpot.trajectory.following import Instant
from interpot.trajectory.hard_wall import ROUNDING, HardWall
from interpot.trajectory.motion import ENDS, Motion
from interpot.units import UnitStyle

Mask = NDArray[np.bool_]

WEAK = ("momenta", "positions")
"""Targets whose rows hits would spoil."""

LOOKED_AT = 10_000, 300_000
"""Frames, and particles in all of them, that are looked at for walls."""

_SIDE = 3
"""Positions from which a velocity is taken."""

_LOOK = BESIDE + 2
"""Frames on either side of an interval that tell whether it alone changed the velocities of particles."""

_ELSEWHERE = 0.05
"""Of the interval: hits so near its ends are not used to recognise a wall from positions alone."""


def hard_walls(instants: Iterable[Instant], motion: Motion) -> dict[str, float | None]:
    """Find the hard walls of the first instants, those that are described and those that are recognised.

    Parameters
    ----------
    instants
        Successive ones, of which `LOOKED_AT` are looked at.
    motion
        Whose target tells whether velocities are recorded.

    Returns
    -------
    dict
        Name ("zlo") → place, Å; None where it moves, or where frames tell it, be it of several on one side.
    """
    watch, told = BounceWatch(), dict[str, float | None]()
    for around, k in _intervals(_enough(instants)):
        told = told or {_end_of(w): None for w in _planes(around[k].frame)}
        _watch(watch, around, k, motion)
    found = {wall.name: None if wall.moving else wall.position for wall in watch.bounces().hard_walls}
    return {**found, **told}


def may_have_more(walls: Mapping[str, float | None], first: Sequence[Instant]) -> bool:
    """Whether it is worth while to look for walls beyond the first instants: they are few, and an end has none."""
    frames, places = LOOKED_AT
    seen = sum(len(instant.path) for instant in first)
    return 0 < len(first) < frames and seen < places and len(walls) < 2 * len(open_axes(first[0].frame))


def not_left_out(wall: HardWall, motion: Motion, units: UnitStyle) -> str:
    """Say of a wall that was recognised in the course of a pass what the rows have of it; "" if nothing."""
    if motion.target not in WEAK or wall.name in motion.hard:
        return ""
    rounding = ROUNDING * float(np.median(wall.turns.flight))
    at = 0.0 if abs(wall.position) <= rounding else wall.position / units.length
    place = "POSITION" if wall.moving else f"{at:.6g}"
    return (
        f"the hard wall {wall.name} was recognised only at the end: the {wall.hits} hits are in the windows as if "
        f"forces had turned the particles back; give the wall and repeat the pass, --wall '{wall.name}=hard {place}'"
    )


def _enough(instants: Iterable[Instant]) -> Iterator[Instant]:
    """As many as `LOOKED_AT` says."""
    frames, places = LOOKED_AT
    for instant in islice(instants, frames):
        yield instant
        places -= len(instant.path)
        if places <= 0:
            return


def _intervals(instants: Iterable[Instant]) -> Iterator[tuple[Sequence[Instant], int]]:
    """Each interval once: instants around it, and which of them is its beginning."""
    around: deque[Instant] = deque(maxlen=2 * _LOOK)
    for instant in instants:
        around.append(instant)
        if len(around) > _LOOK:
            yield around, len(around) - _LOOK - 1
    for k in range(max(len(around) - _LOOK, 0), len(around) - 1):
        yield around, k


def _watch(watch: BounceWatch, around: Sequence[Instant], k: int, motion: Motion) -> None:
    """See the flight from one instant to the next."""
    before, after = around[k], around[k + 1]
    if after.begins or not open_axes(before.frame):
        return
    recorded, interval = motion.target == "momenta", after.time - before.time
    start, end = _flight(around, k, recorded)
    if start.velocities is not None and end.velocities is not None:
        quiet = quiet_beside(end.velocities - start.velocities, _changes_beside(around, k, recorded))
        watch.see_flight(start if recorded else _clear(start, end, interval), end, interval, quiet)


def _changes_beside(around: Sequence[Instant], k: int, with_velocities: bool) -> list[FloatArray]:
    """Changes of velocity in the intervals beside one, as many as are of the same stretch, (n, 3) each.

    From positions they are those from one interval to the next, on the same side of it.
    """
    first, stop = _begin(around, k), _end(around, k + 1)
    if with_velocities:
        v = [instant.frame.velocities for instant in around]
        return [
            np.subtract(v[j + 1], v[j])
            for j in (*range(k - BESIDE, k), *range(k + 1, k + 1 + BESIDE))
            if first <= j < stop - 1
        ]
    return [
        _mean_velocity(around, j) - _mean_velocity(around, j - 1)
        for j in (*range(k - BESIDE, k), *range(k + 2, k + 2 + BESIDE))
        if first < j < stop - 1
    ]


def _mean_velocity(around: Sequence[Instant], j: int) -> FloatArray:
    """From one instant to the next."""
    return np.asarray((around[j + 1].path - around[j].path) / (around[j + 1].time - around[j].time))


def watched_for_hits(instants: Iterable[Instant], motion: Motion) -> Iterator[Instant]:
    """The same instants with `Instant.hit`; what is kept is three instants on either side.

    Parameters
    ----------
    motion
        Of which `hard` says which walls turn particles back, and the target whether velocities are recorded.
    """
    if not motion.hard:
        yield from instants
        return
    with_velocities = motion.target == "momenta"
    around: deque[Instant] = deque()
    done = 0  # instants of `around` that have been passed on
    for instant in instants:
        if instant.begins:
            yield from _marked(around, done, motion.hard, with_velocities)
            around.clear()
            done = 0
        around.append(instant)
        while len(around) - done > _SIDE:
            yield _seen(around, done, motion.hard, with_velocities)
            done += 1
            if done > _SIDE:
                around.popleft()
                done -= 1
    yield from _marked(around, done, motion.hard, with_velocities)


def _marked(
    around: Sequence[Instant], done: int, walls: Mapping[str, float | None], with_velocities: bool
) -> Iterator[Instant]:
    """The rest of a stretch."""
    return (_seen(around, k, walls, with_velocities) for k in range(done, len(around)))


def _seen(
    around: Sequence[Instant], k: int, walls: Mapping[str, float | None], with_velocities: bool
) -> Instant:
    """An instant that says who hit a wall since the one before."""
    if k == 0:
        return around[0]
    start, end = _flight(around, k - 1, with_velocities)
    hit = who_hit(start, end, around[k].time - around[k - 1].time, walls)
    return replace(around[k], hit=hit) if hit.any() else around[k]


def _flight(around: Sequence[Instant], k: int, with_velocities: bool) -> tuple[Frame, Frame]:
    """The frames of an interval with the velocities before and after what happened in it; None where not known."""
    start, end = around[k].frame, around[k + 1].frame
    if with_velocities:
        return start, end
    before, after = _begin(around, k), _end(around, k + 1)
    side = range(max(before, k + 1 - _SIDE), k + 1), range(k + 1, min(after, k + 1 + _SIDE))
    speeds = [_slope([around[i] for i in span], at) for span, at in zip(side, (-1, 0), strict=True)]
    return replace(start, velocities=speeds[0]), replace(end, velocities=speeds[1])


def _clear(before: Frame, after: Frame, interval: float) -> Frame:
    """The frame before, without velocities that a parabola across a hit in the interval before has made, or after it.

    Whoever flew through the interval at the velocity of one end was turned back elsewhere: it gets that velocity.
    """
    assert before.velocities is not None and after.velocities is not None
    v0, v1 = before.velocities, after.velocities
    flown = (after.positions - before.positions) / interval
    elsewhere = np.minimum(np.abs(flown - v0), np.abs(flown - v1)) < _ELSEWHERE * np.abs(v1 - v0)
    return replace(before, velocities=np.where(elsewhere, v1, v0))


def _begin(around: Sequence[Instant], k: int) -> int:
    return next((i for i in range(k, -1, -1) if around[i].begins), 0)


def _end(around: Sequence[Instant], k: int) -> int:
    return next((i for i in range(k + 1, len(around)) if around[i].begins), len(around))


def _slope(side: Sequence[Instant], at: int) -> FloatArray | None:
    """Velocities at the first or last of a few instants, of the polynomial through them."""
    if len(side) < 2:
        return None
    times = np.array([instant.time for instant in side]) - side[at].time
    powers = times[:, None] ** np.arange(len(side))
    weights = np.linalg.inv(powers)[1]
    return np.asarray(np.tensordot(weights, [instant.path - side[at].path for instant in side], axes=1))


def who_hit(before: Frame, after: Frame, interval: float, walls: Mapping[str, float | None]) -> Mask:
    """Whether each particle hit one of the walls between two frames, (n,).

    Parameters
    ----------
    before, after
        Of the same particles, with the velocities before and after what happened between them, or without.
    interval
        Time between them.
    walls
        As `hard_walls` finds them.
    """
    hit = np.zeros(len(before.positions), dtype=bool)
    unknown = set()
    for name, place in walls.items():
        starts, ends = (_places(frame, name, place) for frame in (before, after))
        if not starts or len(starts) != len(ends):
            unknown.add(ENDS[name])
        else:
            for start, end in zip(starts, ends, strict=True):
                hit |= _met(before, after, interval, ENDS[name], start, end)
    if unknown and before.velocities is not None and after.velocities is not None:
        for turns in turned_back(before, after, interval, 0, 0.0):
            mine = [(a, s) in unknown for a, s in zip(turns.axis, turns.inward, strict=True)]
            hit[turns.particle[mine]] = True
    return hit


def _met(
    before: Frame, after: Frame, interval: float, side: tuple[int, int], start: float, end: float
) -> Mask:
    """Who flies to beyond a wall that goes from `start` to `end`, or comes from beyond it."""
    met = np.zeros(len(before.positions), dtype=bool)
    axis, inward = side
    for frame, here, there, way in ((before, start, end, 1), (after, end, start, -1)):
        if frame.velocities is not None:
            reach = way * (1 + BEYOND) * interval * frame.velocities[:, axis]
            x = frame.positions[:, axis]
            # a wall that comes nearer makes up for a particle at rest, one that draws back is not overtaken
            met |= (
                (inward * (x + reach - there) < 0)
                & (inward * (reach - (there - here)) < 0)
                & (
                    inward * (x - here) > -np.abs(reach)  # whoever is further beyond is of another chamber
                )
            )
    return met


def _planes(frame: Frame) -> list[Surface]:
    """The hard planes that a frame tells of."""
    return [wall for wall in frame.surfaces if wall.hard and wall.shape == "plane"]


def _places(frame: Frame, name: str, place: float | None) -> list[float]:
    """Where the walls of a side are in a frame, as the frame tells or as it was found."""
    told = [wall.position for wall in _planes(frame) if _end_of(wall) == name]
    return told or ([] if place is None else [place])


def _end_of(plane: Surface) -> str:
    """Its name by its normal: whatever the user calls it."""
    return f"{'xyz'[plane.axis]}{'lo' if plane.inward > 0 else 'hi'}"


def in_part(frame: Frame, hard: Mapping[str, float | None]) -> list[str]:
    """Say which hits are not recognised, or not all of them.

    Parameters
    ----------
    frame
        One of those that are watched.
    hard
        `Motion.hard`.
    """
    said = []
    if untold := [name for name, place in hard.items() if not _places(frame, name, place)]:
        said.append(
            f"the hard wall {', '.join(untold)} moves, and nothing tells where it is: who hits it is recognised only "
            f"in part; give its place, --wall '{untold[0]}=hard POSITION'"
        )
    if curved := [wall.name for wall in frame.surfaces if wall.hard and wall.shape != "plane"]:
        said.append(
            f"the hard wall {', '.join(curved)} is no plane: who hits it is not recognised, and is in the windows as "
            "if forces had turned it back"
        )
    return said
