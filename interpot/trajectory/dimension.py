"""Whether a frame is two- or three-dimensional."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Cell, Frame
from interpot.trajectory.place import place


def settle_dimension(frame: Frame, told: int | None) -> Frame:
    """Return the frame with its dimension settled and, where that is 2, its z axis open and no z components.

    Parameters
    ----------
    frame
        Of dimension 2 if it is certain to be two-dimensional, else 3.
    told
        2 or 3, or None for automatic: two-dimensional are then more than one particle with equal z, and with
        z components of the forces and velocities that are all exactly zero, as far as there are any.

    Raises
    ------
    InterpotError
        What was told contradicts the positions.
    """
    z = frame.positions[:, 2]
    level = len(z) < 2 or bool(z[0] == z[-1] and np.ptp(z) == 0)  # two of them mostly tell
    if told == 3 and frame.dimension == 2:
        raise InterpotError(f"{_where(frame)} has no z column: expected dimension=2, not 3")
    if told == 2 and not level:
        raise InterpotError(f"{_where(frame)} has particles at different z: expected dimension=3, not 2")
    if told is None and frame.dimension == 3:
        vectors = [v for v in (frame.forces, frame.velocities) if v is not None]
        if len(frame.positions) > 1 and level and not any(v[:, 2].any() for v in vectors):
            told = 2
    if 2 not in (told, frame.dimension):
        return frame
    plane = np.array([1.0, 1.0, 0.0])
    return replace(
        frame,
        dimension=2,
        cell=Cell(frame.cell.vectors, frame.cell.origin, (*frame.cell.periodic[:2], False)),
        forces=None if frame.forces is None else frame.forces * plane,
        velocities=None if frame.velocities is None else frame.velocities * plane,
    )


def _where(frame: Frame) -> str:
    return place(frame.source, frame.index, frame.step)
