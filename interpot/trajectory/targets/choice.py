"""Which target suits a file: the first of `TARGETS` that is made for the dynamics and finds what it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from interpot.errors import InterpotError
from interpot.records import Frame
from interpot.trajectory.following import same_particles
from interpot.trajectory.motion import Motion
from interpot.trajectory.targets import TARGETS

LOOKED_AT = 12
"""Frames, the first ones, that are looked at."""

LEAST = {
    "recorded": 1,
    "momenta": 3,
    "positions": 3,
    "langevin-momenta": 3,
    "langevin-forces": 1,
    "langevin-positions": 7,
    "overdamped": 3,
}
"""Target → how many consecutive frames it needs at least."""

_COLUMNS = {"forces": "fx fy fz", "velocities": "vx vy vz"}


@dataclass(frozen=True, slots=True)
class Holding:
    """What a file holds, by its first frames.

    Attributes
    ----------
    quantities
        Beside positions: "forces", "velocities".
    consecutive
        The most frames that follow each other in time with the same particles.
    source
        Its name.
    """

    quantities: frozenset[str]
    consecutive: int
    source: str

    def suits(self, target: str) -> bool:
        """Whether a row of `TARGETS` finds what it needs."""
        return self.consecutive >= LEAST[target] and self.quantities.issuperset(TARGETS[target].needs)

    def __str__(self) -> str:
        """Say it: "forces but no velocities, in 1 frame"."""
        held = [name for name in _COLUMNS if name in self.quantities]
        lacking = [name for name in _COLUMNS if name not in self.quantities]
        frames = "1 frame" if self.consecutive == 1 else f"{self.consecutive} consecutive frames"
        enough = self.consecutive >= max(LEAST.values())  # where it was looked no further
        if not held:
            return f"neither forces nor velocities{'' if enough else f', and positions in {frames} only'}"
        told = f"{held[0]} {f'but no {lacking[0]}' if lacking else 'and velocities'}"
        return told if enough else f"{told}, in {frames}"


def holding(frames: Iterable[Frame]) -> Holding:
    """Find out what a file holds from its first frames; what is not in the first of them does not count."""
    held: frozenset[str] = frozenset()
    longest = consecutive = 0
    before: Frame | None = None
    for frame in islice(frames, LOOKED_AT):
        if before is None:
            held = frozenset(name for name in _COLUMNS if getattr(frame, name) is not None)
        goes_on = before is not None and _goes_on(before, frame)
        consecutive = consecutive + 1 if goes_on else 1
        longest, before = max(longest, consecutive), frame
        if longest >= max(LEAST.values()):
            break
    return Holding(held, longest, "" if before is None else before.source)


def choose(frames: Iterable[Frame], motion: Motion) -> str:
    """Choose the row of `TARGETS` for what the first frames hold, or check the one that was asked for.

    Parameters
    ----------
    frames
        From the first; a few are looked at.
    motion
        Its target may be "auto", or "momenta" and "positions" for any dynamics that has such a row.

    Raises
    ------
    InterpotError
        No such row, one of other dynamics, or the frames lack what it needs.
    """
    held = holding(frames)
    suited = [name for name, row in TARGETS.items() if motion.dynamics in row.dynamics]
    if motion.target == "auto":
        for name in suited:
            if held.suits(name):
                return name
        ways = [_wanted(name) for name in suited if "forces" not in TARGETS[name].needs]
        raise InterpotError(
            f"'{held.source}' holds {held}, which does not tell what drives the particles: expected forces (columns "
            f"fx fy fz), or {', or '.join(ways)}, at increasing times"
        )
    if motion.target not in TARGETS:
        hint = " (forces that the file holds are 'recorded')" if motion.target == "forces" else ""
        raise InterpotError(
            f"unknown target '{motion.target}'{hint}: expected one of auto, {', '.join(TARGETS)}"
        )
    asked = _for_dynamics(motion)
    if asked != "recorded" and not held.suits(asked):
        raise InterpotError(
            f"the target '{asked}' needs {_wanted(asked)}, at increasing times, but '{held.source}' holds {held}"
        )
    return asked


def _wanted(target: str) -> str:
    """Say what a row of `TARGETS` needs: "velocities (columns vx vy vz) in 3 consecutive frames or more"."""
    needs = (
        " and ".join(f"{name} (columns {_COLUMNS[name]})" for name in TARGETS[target].needs) or "positions"
    )
    return f"{needs} in {LEAST[target]} consecutive frames or more" if LEAST[target] > 1 else needs


def _for_dynamics(motion: Motion) -> str:
    """Return the row for the dynamics that a target is asked for by the name of what is observed."""
    asked, dynamics = motion.target, motion.dynamics
    for name in (asked, f"{dynamics}-{asked}", *([dynamics] if asked == "positions" else [])):
        if name in TARGETS and dynamics in TARGETS[name].dynamics:
            return name
    suited = ", ".join(name for name, row in TARGETS.items() if dynamics in row.dynamics)
    raise InterpotError(
        f"the target '{asked}' is none of {dynamics} dynamics, which has {suited}: choose one of these, or say "
        f"--dynamics {TARGETS[asked].dynamics[0]}"
    )


def _goes_on(before: Frame, frame: Frame) -> bool:
    """Whether time advances from one frame to the next, by any of the clocks of a file."""
    if not same_particles(before, frame):
        return False
    for start, end in ((before.time, frame.time), (before.step, frame.step)):
        if start is not None and end is not None and end != start:
            return end > start
    return frame.index > before.index
