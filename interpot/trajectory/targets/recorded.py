"""What stands for the force: the right-hand side of the regression, by name in `TARGETS`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame
from interpot.trajectory.place import place


class Target(Protocol):
    """Maps frames to frames with the target rows of their particles.

    A target may need several successive frames for one row (weak forms) and may then yield fewer frames than
    it is given, or others; it keeps no more of them than it needs.
    """

    def __call__(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, FloatArray]]:
        """Yield each frame at whose positions the features are to be evaluated, and its target.

        The target is (n, 3) float64 in eV/Å, of which only the first `Frame.dimension` columns are data.
        """


def recorded(frames: Iterable[Frame]) -> Iterator[tuple[Frame, FloatArray]]:
    """Yield each frame with the forces that the file holds.

    Raises
    ------
    InterpotError
        A frame has none.
    """
    for frame in frames:
        if frame.forces is None:
            raise InterpotError(
                f"no force columns (fx fy fz) in {place(frame.source, frame.index, frame.step)}: dump them, "
                "in LAMMPS with 'dump ... custom ... id type x y z fx fy fz', in extended XYZ as 'forces:R:3'"
            )
        yield frame, frame.forces


TARGETS: dict[str, Target] = {"recorded": recorded}
"""The table of targets."""


def target_rows(frames: Iterable[Frame], target: str) -> Iterator[tuple[Frame, FloatArray]]:
    """Map frames by a row of `TARGETS`.

    Raises
    ------
    InterpotError
        No such row.
    """
    if target not in TARGETS:
        raise InterpotError(f"unknown target '{target}': expected one of {', '.join(TARGETS)}")
    return TARGETS[target](frames)
