"""What stands for the force: the right-hand side of the regression, one module per kind and the table of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from interpot.errors import InterpotError
from interpot.records import Frame
from interpot.trajectory.following import Instant, follow
from interpot.trajectory.hits import watched_for_hits
from interpot.trajectory.motion import DYNAMICS, Motion
from interpot.trajectory.targets.overdamped import drag_remarks
from interpot.trajectory.targets.recorded import recorded
from interpot.trajectory.targets.windows import Target, Windows
from interpot.units import UnitStyle

__all__ = ["DYNAMICS", "TARGETS", "Motion", "Target", "TargetRow", "Windows", "target_rows"]


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One row of `TARGETS`.

    Attributes
    ----------
    title
        For people.
    dynamics
        Of `DYNAMICS`, for which it is made.
    needs
        What each frame must hold, of "forces" and "velocities"; positions they all do.
    function
        "module:name" of a `Target`; that of recorded forces takes frames.
    """

    title: str
    dynamics: tuple[str, ...]
    needs: tuple[str, ...]
    function: str

    def load(self) -> Target:
        """Import it."""
        module, name = self.function.split(":")
        return cast(Target, getattr(import_module(module), name))


_HERE = "interpot.trajectory.targets"

MOSTLY = 0.95
"""Of the frames: if fewer count, that is worth a remark."""

TARGETS: dict[str, TargetRow] = {
    "recorded": TargetRow("recorded forces", DYNAMICS, ("forces",), f"{_HERE}.recorded:recorded"),
    "momenta": TargetRow(
        "momenta, weak form of first order",
        ("newton",),
        ("velocities",),
        f"{_HERE}.weak_momenta:weak_momenta",
    ),
    "positions": TargetRow(
        "positions, weak form of second order", ("newton",), (), f"{_HERE}.weak_positions:weak_positions"
    ),
    "langevin-momenta": TargetRow(
        "momenta of Langevin dynamics, Itô",
        ("langevin",),
        ("velocities",),
        f"{_HERE}.langevin:langevin_momenta",
    ),
    "langevin-forces": TargetRow(
        "recorded forces with a thermostat's friction and noise",
        ("langevin",),
        ("forces", "velocities"),
        f"{_HERE}.langevin:langevin_forces",
    ),
    "langevin-positions": TargetRow(
        "positions of Langevin dynamics, Itô", ("langevin",), (), f"{_HERE}.langevin:langevin_positions"
    ),
    "overdamped": TargetRow(
        "displacements of overdamped dynamics, Itô", ("overdamped",), (), f"{_HERE}.overdamped:overdamped"
    ),
}
"""The table of targets, in the order in which they are preferred."""


def target_rows(
    frames: Iterable[Frame], motion: Motion, units: UnitStyle, remark: Callable[[str], None]
) -> Iterator[Windows]:
    """Map frames to rows of the regression.

    Parameters
    ----------
    frames
        In order of time.
    motion
        Settled: its target is a row of `TARGETS`. In internal units.
    units
        Of the trajectory, for messages.
    remark
        Called with what the user should know.

    Raises
    ------
    InterpotError
        No such row, or data that it cannot use.
    """
    if motion.target not in TARGETS:
        raise InterpotError(f"unknown target '{motion.target}': expected one of {', '.join(TARGETS)}")
    if motion.target == "recorded":
        return recorded(frames)
    if motion.target == "overdamped":
        for said in drag_remarks(motion, units):
            remark(said)
    return _counted(watched_for_hits(follow(frames, motion, units, remark), motion), motion, remark)


def _counted(instants: Iterable[Instant], motion: Motion, remark: Callable[[str], None]) -> Iterator[Windows]:
    """The windows of a target; after the last of them, how many of the frames count is remarked."""
    followed = observed = 0

    def passing() -> Iterator[Instant]:
        nonlocal followed
        for instant in instants:
            followed += 1
            yield instant

    for windows in TARGETS[motion.target].load()(passing(), motion):
        observed += len(windows.fresh)
        yield windows
    if observed < MOSTLY * followed:
        remark(
            f"{observed} of {followed} frames are counted: the others, at the ends of stretches, serve only those "
            "before them, or are too few for a window"
        )
