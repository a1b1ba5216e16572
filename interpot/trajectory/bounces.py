"""Hard walls in a stream of frames: who was turned back, where the wall is, of what kind, and the pressure on it.

A hard (reflecting) wall has no force that a trajectory could hold. It shows in the velocities: between two frames a
particle is turned back although the forces do not ask for it (`interpot.trajectory.flights`), time and again at the
same place (`interpot.trajectory.hard_wall`). Where forces are not recorded, nothing else must happen to it for some
frames. Planes across an open axis are found, of one position for each end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interpot.records import FloatArray, Frame
from interpot.trajectory.flights import (
    BESIDE,
    Turns,
    join,
    open_axes,
    quiet_beside,
    time_of_flight,
    turned_back,
)
from interpot.trajectory.hard_wall import HardWall, find_wall


@dataclass(frozen=True, slots=True, eq=False)
class Bounces:
    """What was found in a stream of frames.

    Attributes
    ----------
    hard_walls
        Those that were recognised.
    frames
        How many frames were looked at.
    """

    hard_walls: tuple[HardWall, ...]
    frames: int

    @property
    def turns(self) -> Turns:
        """All bounces at these walls, wall by wall."""
        return join([wall.turns for wall in self.hard_walls])

    def hit_between(self, first: int, last: int, particles: int) -> NDArray[np.bool_]:
        """Whether each particle hit a wall between two frames, counted from the first of the stream, (n,)."""
        turns, mask = self.turns, np.zeros(particles, dtype=bool)
        mask[turns.particle[(turns.frame >= first) & (turns.frame < last)]] = True
        return mask


@dataclass(frozen=True, slots=True, eq=False)
class _Flight:
    """From a frame to the next one, an `interval` later; `number` and `time` are those of the frame before."""

    before: Frame
    after: Frame
    interval: float
    number: int
    time: float

    @property
    def change(self) -> FloatArray:
        """Of the velocities, (n, 3)."""
        assert self.before.velocities is not None and self.after.velocities is not None
        return self.after.velocities - self.before.velocities


class BounceWatch:
    """Looks at frames one after the other; what it keeps grows with the turns, not with the frames.

    Of frames without forces it keeps a few more, so that a flight is judged by what happens before and behind it.

    Parameters
    ----------
    enough
        Turns after which it looks no further (`interpot.trajectory.hard_wall.ENOUGH` to recognise walls); None keeps
        all.
    """

    def __init__(self, enough: int | None = None) -> None:
        self._enough = enough
        self._parts: list[Turns] = []
        self._count = self.frames = 0
        self._before: Frame | None = None
        self._time = self._duration = 0.0
        self._ends: dict[tuple[int, int], float] = {}
        self._spacing, self._informed = 0.0, True
        self._per_step: list[float] = []
        self._flights: deque[_Flight] = deque(maxlen=2 * BESIDE + 1)

    def see(self, frame: Frame) -> None:
        """Look at the next frame; one without velocities or without an open axis tells nothing."""
        if self._enough is not None and self._count >= self._enough:
            return
        before, self._before = self._before, frame
        if frame.velocities is None or not len(frame.positions) or not open_axes(frame):
            self._before = None
            self._flights.clear()
            return
        if before is None:
            self._begin(frame)
        self._look(frame)
        interval = self._interval(before, frame) if before is not None and _continues(before, frame) else 0.0
        if before is None or not interval > 0:
            self._flights.clear()
            return
        self._flights.append(_Flight(before, frame, interval, self.frames - 2, self._time))
        self._passed(interval)
        if self._informed:
            self._find(self._flights.pop(), None)
        elif len(self._flights) == 2 * BESIDE + 1:
            changes = [flight.change for flight in self._flights]
            kick = changes.pop(BESIDE)
            self._find(self._flights[BESIDE], quiet_beside(kick, changes))

    def see_flight(self, before: Frame, after: Frame, interval: float, quiet: NDArray[np.bool_]) -> None:
        """Look at two frames, one so long after the other, whose velocities are those before and after the flight.

        Parameters
        ----------
        before, after
            The same particles in the same rows, with velocities: those of `before` may be told by earlier positions,
            those of `after` by later ones.
        interval
            Internal units.
        quiet : (n, 3) bool
            `interpot.trajectory.flights.quiet_beside`; where forces are recorded it is not needed.
        """
        if not len(before.positions):
            return
        if not self.frames:
            self._begin(before)
            self._look(before)
        self._look(after)
        flight = _Flight(before, after, interval, self.frames - 2, self._time)
        self._find(flight, None if self._informed else quiet)
        self._passed(interval)

    def _begin(self, frame: Frame) -> None:
        """Take the first frame for the scale of time and length."""
        self._time = frame.time or 0.0
        volume = abs(float(np.linalg.det(frame.cell.vectors[: frame.dimension, : frame.dimension])))
        self._spacing = (volume / len(frame.positions)) ** (1 / frame.dimension)

    def _look(self, frame: Frame) -> None:
        """Count a frame, and keep its outermost places."""
        self.frames += 1
        self._informed &= frame.forces is not None and frame.masses is not None
        self._reach(frame)

    def _find(self, flight: _Flight, quiet: NDArray[np.bool_] | None) -> None:
        """Find who was turned back."""
        found = turned_back(flight.before, flight.after, flight.interval, flight.number, flight.time, quiet)
        self._parts.extend(found)
        self._count += sum(map(len, found))

    def _passed(self, interval: float) -> None:
        """Go on in time."""
        self._time += interval
        self._duration += interval

    def _interval(self, before: Frame, after: Frame) -> float:
        """Time between two frames: as told, else by the steps and the flights seen so far, else by these flights."""
        if before.time is not None and after.time is not None:
            return after.time - before.time
        flown = time_of_flight(before, after)
        if before.step is None or after.step is None or after.step <= before.step:
            return flown
        steps = after.step - before.step
        if len(self._per_step) < 1000 and flown > 0:
            self._per_step.append(flown / steps)
        return float(np.median(self._per_step)) * steps if self._per_step else flown

    def _reach(self, frame: Frame) -> None:
        """Keep the outermost places."""
        for axis in open_axes(frame):
            x = frame.positions[:, axis]
            for inward, end, better in ((1, x.min(), min), (-1, x.max(), max)):
                self._ends[axis, inward] = better(float(end), self._ends.get((axis, inward), float(end)))

    def bounces(self) -> Bounces:
        """Return what has been found so far."""
        turns = join(self._parts)
        walls = []
        for (axis, inward), end in sorted(self._ends.items(), key=lambda item: (item[0][0], -item[0][1])):
            mine = turns[(turns.axis == axis) & (turns.inward == inward)]
            if wall := find_wall(mine, end, self._spacing, self.frames, self._duration, self._informed):
                walls.append(wall)
        return Bounces(tuple(walls), self.frames)


def _continues(before: Frame, after: Frame) -> bool:
    """Whether two frames are of one run, with the same particles in the same rows."""
    if before.source != after.source or len(before.positions) != len(after.positions):
        return False
    if before.ids is None or after.ids is None:
        return before.ids is None and after.ids is None
    return bool(np.array_equal(before.ids, after.ids))


def find_bounces(frames: Iterable[Frame]) -> Bounces:
    """Find the hard walls of a trajectory, and which particles hit them between which frames.

    Parameters
    ----------
    frames
        With velocities; forces and masses make it work in dense systems, too. The time between frames is taken from
        the flights of the particles where the frames do not tell it.
    """
    watch = BounceWatch()
    for frame in frames:
        watch.see(frame)
    return watch.bounces()
