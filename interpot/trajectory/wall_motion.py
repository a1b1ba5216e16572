"""Where a wall is, from the words that say so to a number for each frame."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import sympy

from interpot.errors import InterpotError
from interpot.expression import parse_expression
from interpot.records import Frame, Wall
from interpot.trajectory.place import place
from interpot.trajectory.side_table import CountFrames, load_table
from interpot.units import UnitStyle

TIME = sympy.Symbol("t", real=True)
"""The symbol of time in a wall's position."""

WORDS = "edge, a number, a function of time such as '40 - 0.5*t', frame:KEY, FILE, FILE:COLUMN or log:COLUMN"


class Motion(Protocol):
    """Where a wall is in a frame."""

    def __call__(self, frame: Frame, units: UnitStyle, count: CountFrames | None) -> float:
        """Return ξ of the wall, or its radius, in Å."""


@dataclass(frozen=True, slots=True)
class AtEdge:
    """On a face of the box."""

    wall: Wall

    def __call__(self, frame: Frame, units: UnitStyle, count: CountFrames | None) -> float:
        """Return where the face is.

        Raises
        ------
        InterpotError
            The box repeats along that axis, is not perpendicular to it, or no box at all but where the particles end.
        """
        axis, inward, cell = self.wall.axis, self.wall.inward, frame.cell
        low = float(cell.origin[axis])
        high = low + float(cell.vectors[axis, axis])
        others = [k for k in range(3) if k != axis]
        fault = ""
        if cell.periodic[axis]:
            fault = f"is periodic along {'xyz'[axis]}"
        elif cell.vectors[others, axis].any():
            fault = f"has no face perpendicular to {'xyz'[axis]}"
        elif len(frame.positions):
            x = frame.positions[:, axis]
            spanned = x.min() - low, high - x.max()
            slack = 2e-4 * (high - low)  # LAMMPS keeps its shrunk boxes so far from the outermost particles
            if (spanned[0] if inward > 0 else spanned[1]) < -slack or max(map(abs, spanned)) <= slack:
                fault = (
                    f"does not enclose the particles along {'xyz'[axis]}, as in a file without a box there"
                )
        if fault:
            raise InterpotError(
                f"the wall {self.wall.name} is at the edge of the box, but the box of "
                f"{place(frame.source, frame.index, frame.step)} {fault}: say where the wall is, {self.wall.name}=40"
            )
        return low if inward > 0 else high


@dataclass(frozen=True, slots=True)
class AtRest:
    """Always in one place, in the units of the data."""

    position: float

    def __call__(self, frame: Frame, units: UnitStyle, count: CountFrames | None) -> float:
        """Return that place."""
        return self.position * units.length


@lru_cache(maxsize=64)
def function_of_time(text: str) -> Callable[[float], float]:
    """Compile a formula in t.

    Raises
    ------
    ValueError
        It is none; the message continues a sentence.
    """
    expression = parse_expression(text, {TIME.name: TIME})
    compiled: Callable[[float], float] = sympy.lambdify(TIME, expression, "math")
    return compiled


@dataclass(frozen=True, slots=True)
class OfTime:
    """A formula in t."""

    wall: Wall

    def __call__(self, frame: Frame, units: UnitStyle, count: CountFrames | None) -> float:
        """Return its value at the frame's time; raises `InterpotError` where the frame has none."""
        where = place(frame.source, frame.index, frame.step)
        if frame.time is None:
            raise InterpotError(
                f"the wall {self.wall.name} is at {self.wall.position}, but {where} does not tell its time: dump it "
                "(LAMMPS: dump_modify time yes), or give the positions in a file with a column of steps"
            )
        try:
            return function_of_time(self.wall.position)(frame.time / units.time) * units.length
        except (ArithmeticError, ValueError):
            return math.nan


@dataclass(frozen=True, slots=True)
class Told:
    """What the file says with each frame."""

    wall: Wall
    key: str

    def __call__(self, frame: Frame, units: UnitStyle, count: CountFrames | None) -> float:
        """Return it; raises `InterpotError` for a format that tells no such thing."""
        if self.key not in frame.told:
            raise InterpotError(
                f"{place(frame.source, frame.index, frame.step)} does not tell a number '{self.key}' for the wall "
                f"{self.wall.name}: expected an extended XYZ or .npz file; otherwise give the positions in a file"
            )
        return frame.told[self.key] * units.length


@dataclass(frozen=True, slots=True)
class Tabulated:
    """A column of a file; a relative path is meant from `folder`."""

    wall: Wall
    file: str
    column: str
    folder: Path = field(default_factory=Path.cwd)

    def __call__(self, frame: Frame, units: UnitStyle, count: CountFrames | None) -> float:
        """Return the entry of the frame's row; raises `InterpotError` where there is none."""
        name = self.name(Path(frame.source))
        try:
            table = load_table(self.folder / name, name, is_log=self.file == "log")
            column = table.column(self.column)
            return float(column[table.row(frame, units, count)]) * units.length
        except InterpotError as error:
            raise InterpotError(f"the positions of the wall {self.wall.name}: {error}") from error

    def name(self, source: Path) -> str:
        """Name of the file that belongs to a trajectory."""
        bare = source
        while bare.suffix.lower() in (".gz", ".zst"):
            bare = bare.with_suffix("")
        if self.file == "log":
            return str(bare.with_suffix(".log"))
        if self.file.startswith("*"):
            return f"{bare.with_suffix('')}{self.file[1:]}"
        return self.file.replace("*", bare.stem)


def motion_of(wall: Wall) -> Motion:
    """Understand where a wall is said to be.

    Raises
    ------
    InterpotError
        It is not understood, or names a file that does not exist.
    """
    text = wall.position.strip()
    before, _, after = text.partition(":")
    if text == "edge":
        if wall.shape != "plane":
            raise InterpotError(f"the wall {wall.name} is a {wall.shape}: expected its radius, not 'edge'")
        return AtEdge(wall)
    if before in ("frame", "log") and after:
        return Told(wall, after) if before == "frame" else Tabulated(wall, "log", after)
    number = _number(text)
    if number is not None:
        return AtRest(number)
    try:
        function_of_time(text)
        return OfTime(wall)
    except ValueError as error:
        reason = str(error)
    return _tabulated(wall, text, reason)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _tabulated(wall: Wall, text: str, reason: str) -> Tabulated:
    """Take the words for a file; they are no formula for the reason given."""
    head, _, tail = text.rpartition(":")
    for file, column in ((text, ""), (head, tail)):
        # a product is no name of a file
        if file and (("*" in file and Path(file).suffix[1:].isalpha()) or Path(file).is_file()):
            return Tabulated(wall, file, column)
    raise InterpotError(
        f"the position '{text}' of the wall {wall.name} is not understood: there is no such file, and as a formula in "
        f"t it {reason}; expected {WORDS}"
    )
