"""Where the walls are in each frame."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

from interpot.errors import InterpotError
from interpot.records import Frame, Surface, Wall
from interpot.trajectory.place import place
from interpot.trajectory.side_table import CountFrames
from interpot.trajectory.wall_motion import Tabulated, Told, motion_of
from interpot.units import UnitStyle

FACES = {
    f"{x}{end}": (axis, inward) for axis, x in enumerate("xyz") for end, inward in (("lo", 1), ("hi", -1))
}
"""Name of a plane wall, as LAMMPS has them → axis of its normal, and the side on which the particles are."""

SHAPES: dict[str, tuple[str, int, int]] = {
    **{name: ("plane", axis, inward) for name, (axis, inward) in FACES.items()},
    **{f"cylinder_{x}": ("cylinder", axis, -1) for axis, x in enumerate("xyz")},
    "sphere": ("sphere", 0, -1),
    **{f"rod_{x}": ("cylinder", axis, 1) for axis, x in enumerate("xyz")},
    "ball": ("sphere", 0, 1),
}
"""Word → shape, axis, inward of a `Surface`: particles are inside a cylinder or sphere, outside a rod or ball."""


def parse_wall(text: str) -> Wall:
    """Read the description of a wall, as `--wall` takes it.

    "zlo=POSITION", "cylinder_z=RADIUS@X,Y", "sphere=RADIUS@X,Y,Z", "rod_z" and "ball" likewise; the words of `SHAPES`
    name the wall unless another name follows, "ball:second=3.5@10,0,0". Numbers are in the units of the trajectory,
    POSITION and RADIUS as in `interpot.records.Wall`. "zlo=hard 0" is a wall that reflects and has no force.

    Raises
    ------
    InterpotError
        The text is none of these.
    """
    head, _, rest = (part.strip() for part in text.partition("="))
    word, colon, name = head.partition(":")
    if word not in SHAPES:
        raise InterpotError(
            f"the wall '{text}' is not understood: expected zlo=edge or zhi=40; known are {', '.join(SHAPES)}"
        )
    if not rest or (colon and not re.fullmatch(r"[A-Za-z]\w*", name)):
        raise InterpotError(f"the wall '{text}' is not understood: expected {_form(word)}")
    shape, axis, inward = SHAPES[word]
    if shape == "plane":
        hard, _, position = rest.rpartition("hard ")
        return Wall(name or word, shape, axis, inward, position, hard=rest != position and not hard)
    position, _, centre = (part.strip() for part in rest.rpartition("@"))
    return Wall(name or word, shape, axis, inward, position, _centre(text, word, position, centre))


def _form(word: str) -> str:
    """How a wall of this kind is written."""
    shape, axis, _ = SHAPES[word]
    if shape == "plane":
        return f"{word}=edge or {word}=40, after the word perhaps a name, {word}:mine=40"
    letters = [x for k, x in enumerate("XYZ") if shape == "sphere" or k != axis]
    return f"{word}=RADIUS@{','.join(letters)}, such as {word}=15@{','.join('0' for _ in letters)}"


def _centre(text: str, word: str, position: str, given: str) -> tuple[float, float, float]:
    shape, axis, _ = SHAPES[word]
    try:
        numbers = [float(number) for number in given.split(",")]
    except ValueError:
        numbers = []
    if (
        not position
        or len(numbers) != (3 if shape == "sphere" else 2)
        or not all(map(math.isfinite, numbers))
    ):
        raise InterpotError(f"the wall '{text}' is not understood: expected {_form(word)}")
    if shape == "cylinder":
        numbers.insert(axis, 0.0)
    return numbers[0], numbers[1], numbers[2]


class WallPositions:
    """Finds the surfaces of each frame. It can be pickled.

    Parameters
    ----------
    walls
        As described.
    units
        Of the numbers in their descriptions.

    Raises
    ------
    InterpotError
        A position that is not understood, a file that is not there, or two walls of one name.
    """

    def __init__(self, walls: Sequence[Wall], units: UnitStyle) -> None:
        self.walls, self._units = tuple(walls), units
        names = [wall.name for wall in walls]
        for name in names:
            if names.count(name) > 1:
                raise InterpotError(
                    f"two walls are named {name}: give one of them another name, such as {name}:second=POSITION"
                )
        self._motions = [motion_of(wall) for wall in walls]

    def __call__(self, frame: Frame, count: CountFrames | None = None) -> tuple[Surface, ...]:
        """Return the surfaces of a frame.

        Parameters
        ----------
        frame
            With what the positions depend on: box, time, step, what the file tells.
        count
            Tells how many frames a file has, where rows of a table are matched by number.

        Raises
        ------
        InterpotError
            A position is not there, not finite, or a radius not positive.
        """
        places = (motion(frame, self._units, count) for motion in self._motions)
        return tuple(self._surface(*one, frame) for one in zip(self.walls, places, strict=True))

    def _surface(self, wall: Wall, position: float, frame: Frame) -> Surface:
        where = place(frame.source, frame.index, frame.step)
        if not math.isfinite(position) or (wall.shape != "plane" and position <= 0):
            what = "position" if wall.shape == "plane" else "radius"
            raise InterpotError(
                f"the {what} '{wall.position}' of the wall {wall.name} is {position / self._units.length:g} in "
                f"{where}: expected a {'finite' if wall.shape == 'plane' else 'positive'} number"
            )
        if frame.dimension == 2 and (wall.axis == 2) == (wall.shape == "plane") and wall.shape != "sphere":
            raise InterpotError(f"{where} is two-dimensional: expected no wall such as {wall.name}")
        x, y, z = (c * self._units.length for c in wall.centre)
        return Surface(wall.name, wall.shape, wall.axis, wall.inward, position, (x, y, z), wall.hard)

    @property
    def told(self) -> tuple[str, ...]:
        """What the file has to tell with each frame, by its names."""
        return tuple(motion.key for motion in self._motions if isinstance(motion, Told))

    def files(self, sources: Sequence[Path]) -> tuple[Path, ...]:
        """Tables that the positions are read from, for trajectories in these files."""
        found = (
            Path(motion.name(source))
            for motion in self._motions
            if isinstance(motion, Tabulated)
            for source in sources
        )
        return tuple(dict.fromkeys(found))
