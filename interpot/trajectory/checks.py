"""What every frame of a trajectory has to fulfil, whatever its format."""

from __future__ import annotations

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Frame
from interpot.trajectory.place import place


def check_finite(frame: Frame) -> None:
    """Raise `InterpotError` where a number is infinite or none."""
    for values, columns in (
        (frame.positions, ("x", "y", "z")),
        (frame.unwrapped, ("unwrapped x", "unwrapped y", "unwrapped z")),
        (frame.forces, ("fx", "fy", "fz")),
        (frame.velocities, ("vx", "vy", "vz")),
        (frame.masses, ("mass",)),
    ):
        if values is None or np.isfinite(values).all():
            continue
        atom, axis = (int(k) for k in np.argwhere(~np.isfinite(values.reshape(len(values), -1)))[0])
        name = f"the {atom + 1}. atom" if frame.ids is None else f"atom {frame.ids[atom]}"
        raise InterpotError(
            f"{columns[axis]} of {name} is {values[atom].flat[axis]} in "
            f"{place(frame.source, frame.index, frame.step)}: expected a finite number; leave that frame out "
            "(--frames) or write the file anew"
        )


def check_dimension(frame: Frame, before: int | None) -> None:
    """Raise `InterpotError` where a frame has another dimension than those before it."""
    if before is not None and frame.dimension != before:
        raise InterpotError(
            f"{place(frame.source, frame.index, frame.step)} is {frame.dimension}-dimensional, but the "
            f"frames before it {before}-dimensional: say which it is (dimension=2 or dimension=3)"
        )
