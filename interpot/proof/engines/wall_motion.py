"""How a wall moves, from a user's words to a formula of LAMMPS's time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import sympy

from interpot.errors import InterpotError
from interpot.formula.expression import names_in, parse_expression
from interpot.proof.dialects.lammps_variables import variable_formula
from interpot.records import FloatArray, Frame, Wall
from interpot.trajectory.walls import WallPositions
from interpot.units import UnitStyle

TABLE = "table:"
"""Begins a position that is a list of times and places, "table: 0 40; 1.5 39; 3 38.5", linear between them."""

_STRAIGHT = 1e-9  # relative difference from a straight line that the rounding of a file explains
_T = sympy.Symbol("t", real=True)


def motion_formula(wall: Wall, start: Frame, units: UnitStyle) -> str:
    """Write the position of a wall as a formula of LAMMPS's ``time``, which counts from the recorded part.

    Parameters
    ----------
    wall
        Its position is "edge", a number, a function of t, or a table; lengths and times of the style.
    start
        Its box has the edge.

    Raises
    ------
    InterpotError
        Another position: one that has to be looked up in a file.
    """
    text = wall.position.strip()
    if text == "edge":
        return repr(WallPositions((wall,), units)(start)[0].position / units.length)
    if text.startswith(TABLE):
        return _ramps(wall, text[len(TABLE) :])
    try:
        if "r" in names_in(text):
            raise ValueError("uses the unknown name 'r'")
        return variable_formula(parse_expression(text, {"t": _T}).evalf(17), {_T: "time"})
    except (ValueError, SyntaxError) as error:
        raise InterpotError(
            f"the position '{text}' of the wall {wall.name} {error}: an engine can move a wall to a number, a "
            "function of the time such as 40 - 0.5*t, or along a table of times and places"
        ) from None


def speed_formula(wall: Wall) -> str | None:
    """Write the velocity of a wall whose position is a function of t as a formula of LAMMPS's ``time``; else None."""
    try:
        position = parse_expression(wall.position, {"t": _T})
    except (ValueError, SyntaxError):
        return None
    return variable_formula(position.diff(_T).evalf(17), {_T: "time"})


def table_words(times: Sequence[float] | FloatArray, positions: Sequence[float] | FloatArray) -> str:
    """Write a table as a position in words, leaving out what lies on a straight line between its neighbours.

    Parameters
    ----------
    times, positions : (m,) float64
        In units of the style, times increasing.
    """
    t, x = np.asarray(times, dtype=np.float64), np.asarray(positions, dtype=np.float64)
    kept = _corners(t, x)
    if np.ptp(x) == 0:
        return repr(float(x[0]))
    return f"{TABLE} " + "; ".join(f"{_number(t[k])} {_number(x[k])}" for k in kept)


def _number(value: float) -> str:
    """Write a number without the last digit, which conversions of units disturb."""
    return repr(float(f"{value:.14g}"))


def _corners(t: FloatArray, x: FloatArray) -> list[int]:
    """Number of the ends, and of the places where the speed changes."""
    speed = np.diff(x) / np.diff(t)
    scale = max(float(np.abs(speed).max(initial=0.0)), np.finfo(float).tiny)
    rounding = _STRAIGHT * max(float(np.abs(x).max()), 1e-300) / float(np.diff(t).min(initial=np.inf))
    turns = np.abs(np.diff(speed)) > _STRAIGHT * scale + rounding
    return [0, *(np.flatnonzero(turns) + 1).tolist(), len(x) - 1] if len(x) > 1 else [0]


def _ramps(wall: Wall, text: str) -> str:
    """Write a table as its first place, first speed, and each change of the speed from its time on."""
    try:
        rows = [tuple(map(float, row.split())) for row in text.split(";")]
        times, places = (np.array(column) for column in zip(*rows, strict=True))
        if len(times) > 1 and np.diff(times).min() <= 0:
            raise ValueError("times that do not increase")
    except ValueError as error:
        raise InterpotError(
            f"the table of the wall {wall.name} has {error}: expected 't x; t x; ...'"
        ) from None
    if len(times) == 1:
        return repr(float(places[0]))
    speeds = [
        (b - a) / (t - s) for (s, a), (t, b) in pairwise(zip(times.tolist(), places.tolist(), strict=True))
    ]
    parts = [f"{float(places[0])!r}+(time-{float(times[0])!r})*{speeds[0]!r}"]
    for time, before, after in zip(times[1:-1].tolist(), speeds, speeds[1:], strict=False):
        parts.append(f"(time>{time!r})*(time-{time!r})*({after - before!r})")
    return "+".join(parts).replace("(time-0.0)", "time")
