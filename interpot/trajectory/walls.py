"""Where the walls are in each frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Frame, Surface, Wall
from interpot.units import UnitStyle

FACES = {
    f"{x}{end}": (axis, inward) for axis, x in enumerate("xyz") for end, inward in (("lo", 1), ("hi", -1))
}
"""Name of a plane wall, as LAMMPS has them → axis of its normal, and the side on which the particles are."""


def parse_wall(text: str) -> Wall:
    """Read "zlo=edge", "zhi=40", as `--wall` takes it."""
    name, _, position = text.partition("=")
    if name not in FACES or not position:
        raise InterpotError(f"the wall '{text}' is not understood: expected zlo=edge or zhi=40")
    axis, inward = FACES[name]
    return Wall(name, "plane", axis, inward, position)


class WallPositions:
    """Finds the surfaces of each frame.

    Parameters
    ----------
    walls
        As described.
    units
        Of the numbers in their descriptions.
    """

    def __init__(self, walls: Sequence[Wall], units: UnitStyle) -> None:
        self.walls, self._units = tuple(walls), units

    def __call__(self, frame: Frame) -> tuple[Surface, ...]:
        """Return the surfaces of a frame."""
        return tuple(self._surface(wall, frame) for wall in self.walls)

    def _surface(self, wall: Wall, frame: Frame) -> Surface:
        if wall.position == "edge":
            low = float(frame.cell.origin[wall.axis])
            position = low if wall.inward > 0 else low + float(np.diag(frame.cell.vectors)[wall.axis])
        else:
            position = float(wall.position) * self._units.length
        return Surface(wall.name, wall.shape, wall.axis, wall.inward, position, wall.centre)
