"""Particles followed through time: continuous positions, times and masses, and where the thread is lost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median

import numpy as np
from numpy.typing import NDArray

from interpot.records import FloatArray, Frame
from interpot.trajectory.clock import Clock
from interpot.trajectory.masses import Masses, check_named
from interpot.trajectory.motion import Motion
from interpot.trajectory.place import place
from interpot.trajectory.unwrapping import Unwrapping
from interpot.units import UnitStyle

GAP = 1.5
"""Times the usual spacing of frames: a longer one is a gap."""

_USUAL = 5  # of so many spacings, the last ones, the median is the usual one


@dataclass(frozen=True, slots=True, eq=False)
class Instant:
    """A frame whose particles are followed.

    Attributes
    ----------
    frame
        As it was read. The features are evaluated at its positions.
    path : (n, 3) float64, Å
        Positions continued across periodic boundaries from the first instant of the same stretch; where the box
        changes, what it does to them is taken away (`interpot.trajectory.unwrapping`).
    time
        Internal units.
    steps
        Integrator steps since the instant before, where the file or the user tells; None else, and for the first.
    masses : (n,) float64, amu
    begins
        Whether nothing before it belongs to the same stretch: the first frame, and the first behind a gap.
    between
        Whether it is no frame of the file, but a place on the path between two (`interpot.trajectory.resampling`).
    hit : (n,) bool, or None
        Who hit a hard wall since the instant before (`interpot.trajectory.hits`); None where nobody did.
    """

    frame: Frame
    path: FloatArray
    time: float
    steps: int | None
    masses: FloatArray
    begins: bool
    between: bool = False
    hit: NDArray[np.bool_] | None = None


def follow(
    frames: Iterable[Frame], motion: Motion, units: UnitStyle, remark: Callable[[str], None]
) -> Iterator[Instant]:
    """Follow particles from frame to frame; what is kept in memory is one frame.

    A stretch ends where time goes back, stands still or advances by more than `GAP` times the usual spacing, which is
    the median of the last five, and where the particles are others than before. A frame that is written twice, as
    at the end of a run and the start of its continuation, is left out the second time.

    Parameters
    ----------
    frames
        In the order of the files.
    motion
        In internal units.
    units
        For messages.
    remark
        Is called with what the user should know, after the last frame with how often the thread was lost.

    Yields
    ------
    Instant
        Of every frame but those written twice.

    Raises
    ------
    InterpotError
        The time between frames or a mass is not known, a mass is given for a species that is not there (after
        the last frame), or a particle moved too far to be followed across a boundary.
    """
    clock, masses, unwrapping = Clock(motion, units, remark), Masses(motion, units, remark), Unwrapping()
    breaks, species = _Breaks(), set[str]()
    recent: deque[float] = deque(maxlen=_USUAL)
    before: Frame | None = None
    time = 0.0
    for frame in frames:
        species.update(frame.species)
        steps, begins = None, True
        if before is None:
            time = clock.first(frame)
        else:
            spacing = clock.passed(before, frame)
            same = same_particles(before, frame)
            if same and spacing is not None and _is_repeated(before, frame, spacing, recent):
                continue
            begins = breaks.at(frame, spacing, recent, same)
            time += spacing or 0.0
            if begins:
                recent.clear()
            else:
                assert spacing is not None
                recent.append(spacing)
                steps = clock.steps(before, frame, spacing)
        path = unwrapping.begin(frame) if begins else unwrapping.go_on(frame)
        yield Instant(frame, path, time, steps, masses(frame), begins)
        before = frame
    breaks.summarise(remark)
    if before is not None:
        check_named(motion.masses, species)


def same_particles(one: Frame, other: Frame) -> bool:
    """Whether two frames have the same particles in the same order, as far as ids and species tell."""
    if len(one.positions) != len(other.positions) or one.dimension != other.dimension:
        return False
    if one.ids is not None and other.ids is not None and not np.array_equal(one.ids, other.ids):
        return False
    if one.species == other.species:
        return np.array_equal(one.kinds, other.kinds)
    return np.array_equal(np.array(one.species)[one.kinds], np.array(other.species)[other.kinds])


def _is_repeated(before: Frame, frame: Frame, spacing: float, recent: Iterable[float]) -> bool:
    """Whether a frame is the one before, written again."""
    if abs(spacing) > 1e-6 * max(recent, default=0.0):
        return False
    size = np.abs(frame.positions).max(initial=0.0)
    return bool(np.abs(frame.positions - before.positions).max(initial=0.0) <= 1e-6 * size)


@dataclass
class _Breaks:
    """Where the thread was lost, and how often: by kind, the first place and the count."""

    met: dict[str, tuple[str, int]] = field(default_factory=dict)

    def at(self, frame: Frame, spacing: float | None, recent: deque[float], same: bool) -> bool:
        """Whether a new stretch begins with a frame, so long after the one before."""
        kind = "particles" if not same else _break_in_time(spacing, recent)
        if kind:
            first, count = self.met.get(kind, (place(frame.source, frame.index, frame.step), 0))
            self.met[kind] = first, count + 1
        return bool(kind)

    def summarise(self, remark: Callable[[str], None]) -> None:
        """Say once of each kind how often it was met."""
        for kind, (first, count) in self.met.items():
            times = "once" if count == 1 else f"{count} times"
            them = "it" if count == 1 else "them"
            if kind == "jump":
                gaps = "1 gap" if count == 1 else f"{count} gaps"
                where = "" if count == 1 else "the first "
                remark(f"{gaps} in time, {where}before {first}: windows do not reach across {them}")
            elif kind == "back":
                remark(
                    f"time begins anew {times}, first in {first}: windows do not reach across from run to run"
                )
            else:
                remark(f"the particles change {times}, first in {first}: windows do not reach across")


def _break_in_time(spacing: float | None, recent: deque[float]) -> str:
    """Name what is wrong with a spacing, by the last ones of the same stretch; empty for nothing."""
    if spacing is None or spacing <= 0:
        return "back"
    if not recent:
        return ""
    # a stretch that begins with a longer spacing than the rest has begun too early
    too_early = len(recent) == 1 and spacing * GAP < recent[0]
    return "jump" if too_early or spacing > GAP * (1 + 1e-9) * median(recent) else ""
