"""Forces as the file holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from interpot.errors import InterpotError
from interpot.records import Frame
from interpot.trajectory.place import place
from interpot.trajectory.targets.windows import Windows


def recorded(frames: Iterable[Frame]) -> Iterator[Windows]:
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
                "in LAMMPS with 'dump ... custom ... id type x y z fx fy fz', in extended XYZ as 'forces:R:3', or "
                "ask for another target: --target momenta or positions"
            )
        yield Windows.of(frame, frame.forces)
