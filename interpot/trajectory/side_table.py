"""Numbers that belong to the frames of a trajectory, in a table beside it: text columns or the log of LAMMPS.

A row is found by the frame's step where both tell it, else by its time, else by its number; nothing is interpolated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import cast

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame
from interpot.trajectory.lammps_log import read_columns
from interpot.trajectory.place import place, shown
from interpot.trajectory.readers.stream import open_bytes
from interpot.units import UnitStyle

STEPS = ("step", "timestep")
TIMES = ("time", "t")
"""Heads, in small letters, of the columns that say to which frame a row belongs."""

TOLERANCE = 1e-6
"""Relative: two times that agree so far are the same; files print six digits and more."""

CountFrames = Callable[[str], int]
"""Number of frames of a file, by its name."""


@dataclass(frozen=True, slots=True, eq=False)
class SideTable:
    """A table.

    Attributes
    ----------
    name
        Of the file, for messages.
    columns : each (m,) float64
        By their heads; without heads "1", "2" ...
    headed
        Whether the file names its columns.
    """

    name: str
    columns: dict[str, FloatArray]
    headed: bool

    def column(self, name: str) -> FloatArray:
        """Return the column of a name, or the only one that is neither step nor time.

        Raises
        ------
        InterpotError
            There is no such column, or there are several and none is named.
        """
        heads = list(self.columns)
        if name in heads:
            return self.columns[name]
        if name:
            raise InterpotError(f"'{self.name}' has no column '{name}': it has {', '.join(heads)}")
        if not self.headed:
            rest = heads[1:] or heads
        else:
            rest = [head for head in heads if head.lower() not in (*STEPS, *TIMES)]
        if len(rest) != 1 or len(heads) > 2:
            raise InterpotError(
                f"'{self.name}' has the columns {', '.join(heads)}: say which is meant, "
                f"{self.name}:{rest[-1] if rest else 'COLUMN'}"
            )
        return self.columns[rest[0]]

    def row(self, frame: Frame, units: UnitStyle, count: CountFrames | None = None) -> int:
        """Find the row of a frame.

        Parameters
        ----------
        frame
            Its step, time, or number in its file.
        units
            Style in which the table's times are.
        count
            Tells how many frames the frame's file has.

        Raises
        ------
        InterpotError
            There is none, or the numbers of rows and frames differ.
        """
        steps, times = self._key(STEPS), self._key(TIMES)
        time = None if frame.time is None else frame.time / units.time
        if not self.headed and len(self.columns) > 1:
            return self._guessed(frame, time)
        if steps is not None and frame.step is not None:
            return self._found(_exact(steps, frame.step), frame, f"step {frame.step}", steps)
        if times is not None and time is not None:
            return self._found(_nearest(times, time), frame, f"time {time:.10g}", times)
        return self._by_number(frame, count)

    def _key(self, names: tuple[str, ...]) -> FloatArray | None:
        return next((values for head, values in self.columns.items() if head.lower() in names), None)

    def _guessed(self, frame: Frame, time: float | None) -> int:
        """Find a row by a first column of which nobody says what it is."""
        keys = self.columns["1"]
        by_step = None if frame.step is None or np.any(keys != np.rint(keys)) else _exact(keys, frame.step)
        by_time = None if time is None else _nearest(keys, time)
        if by_step is not None and by_time is not None and by_step != by_time:
            raise InterpotError(
                f"the first column of '{self.name}' may be steps or times: say which in a first line, such as "
                "'step position'"
            )
        what = f"step {frame.step}" if time is None else f"step {frame.step} nor time {time:.10g}"
        return self._found(by_time if by_step is None else by_step, frame, what, keys)

    def _found(self, row: int | None, frame: Frame, what: str, keys: FloatArray) -> int:
        if row is None:
            raise InterpotError(
                f"'{self.name}' has no row for {what} of {place(frame.source, frame.index, frame.step)}: it has "
                f"{len(keys)} rows from {keys.min():.10g} to {keys.max():.10g}, and nothing is interpolated"
            )
        return row

    def _by_number(self, frame: Frame, count: CountFrames | None) -> int:
        rows = len(next(iter(self.columns.values())))
        frames = frame.index + 1 if count is None else count(frame.source)
        if rows < frames or (count is not None and rows > frames):
            raise InterpotError(
                f"'{self.name}' has {rows} positions, but '{frame.source}' has {frames} frames: expected a row for "
                "each frame, or a column with the step or time of each row"
            )
        return frame.index


def _exact(keys: FloatArray, key: float) -> int | None:
    """Last row of a key."""
    rows = np.flatnonzero(keys == key)
    return int(rows[-1]) if len(rows) else None


def _nearest(keys: FloatArray, key: float) -> int | None:
    """Row of a time, as files round it; of equal ones the last."""
    away = np.abs(keys - key)
    rows = np.flatnonzero(away == away.min()) if len(away) else np.zeros(0, dtype=np.int64)
    return int(rows[-1]) if len(rows) and away[rows[-1]] <= TOLERANCE * abs(key) else None


# ---------------------------------------------------------------------------- files


def load_table(path: Path, name: str, is_log: bool = False) -> SideTable:
    """Read a table; that of a file that has not changed is remembered.

    Parameters
    ----------
    path, name
        Where it is, and how it is called in messages.
    is_log
        Whether it has to be a log of LAMMPS; a table may be one anyway.

    Raises
    ------
    InterpotError
        There is no such file, or it is neither.
    """
    try:
        state = path.stat()
    except OSError:
        raise InterpotError(f"no such file: '{name}'") from None
    return _load(path, name, is_log, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=16)
def _load(path: Path, name: str, is_log: bool, mtime_ns: int, size: int) -> SideTable:
    if is_log:
        return SideTable(name, read_columns(path), headed=True)
    try:
        return _text_table(path, name)
    except InterpotError:
        if not _has_thermo(path):
            raise
    return SideTable(name, read_columns(path), headed=True)


def _has_thermo(path: Path) -> bool:
    try:
        return "Step" in read_columns(path)
    except InterpotError:
        return False


def _text_table(path: Path, name: str) -> SideTable:
    """Read columns that are apart by blanks, commas or semicolons, with or without heads."""
    heads: list[str] = []
    rows: list[list[float]] = []
    with (
        open_bytes(path) as file,
        TextIOWrapper(cast(BufferedReader, file), encoding="utf-8", errors="replace") as text,
    ):
        for number, line in enumerate(text, 1):
            words = _words(line.lstrip("#! \t\ufeff"))
            comment = line.lstrip()[:1] in ("#", "!")
            if not words:
                continue
            values = None if comment else _numbers(words)
            if values is None and not rows and (comment or not heads or len(heads) != len(words)):
                heads = words  # the last line before the numbers names the columns
            elif values is None and comment:
                continue
            elif values is None or (rows and len(values) != len(rows[0])):
                raise InterpotError(
                    f"line {number} of '{name}' is '{shown(line.encode())}': expected "
                    + (f"{len(rows[0])} numbers" if rows else "numbers")
                )
            else:
                rows.append(values)
    if not rows:
        raise InterpotError(f"'{name}' holds no numbers: expected a table with the step or time of each row")
    table = np.array(rows)
    headed = len(heads) == table.shape[1] and len(set(heads)) == len(heads)
    names = heads if headed else [str(k + 1) for k in range(table.shape[1])]
    return SideTable(name, {head: table[:, k].copy() for k, head in enumerate(names)}, headed)


def _words(line: str) -> list[str]:
    for separator in ",;":
        if separator in line:
            return [word.strip().strip("\"'").partition("(")[0].strip() for word in line.split(separator)]
    return line.split()


def _numbers(words: list[str]) -> list[float] | None:
    try:
        return [float(word) for word in words]
    except ValueError:
        return None
