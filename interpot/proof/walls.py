"""Walls of a reference and of the run that repeats it: where they stand in each frame, and how they move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import sympy

from interpot.errors import InterpotError
from interpot.formula.expression import names_in, parse_expression, print_expression
from interpot.formula.potential import Potential
from interpot.proof.engines.wall_motion import table_words
from interpot.proof.series import POSITION
from interpot.records import FloatArray, Frame, MdRun, Surface, Trajectory, Wall
from interpot.trajectory import read
from interpot.units import UnitStyle

_STANDS = 1e-9  # relative change of a position that the rounding of a file explains


class WalledRun:
    """The trajectory of a run, with its walls where the engine had them.

    Parameters
    ----------
    run
        Its series "wall position NAME" say where they were; without one they are where `surfaces` or `walls` say.
    surfaces
        Of its start.
    walls, dimension
        As `interpot.read` takes them.
    """

    def __init__(
        self,
        run: MdRun,
        surfaces: Sequence[Surface] = (),
        walls: Sequence[str | Wall] = (),
        dimension: int | None = None,
    ) -> None:
        self._inner = read(run.trajectory, units=run.units.name, dimension=dimension, walls=walls)
        self._surfaces, self._length = tuple(surfaces), run.units.length
        self._rows = {int(step): row for row, step in enumerate(run.thermo.get("step", ()))}
        self._series: dict[str, FloatArray] = {
            head.removeprefix(POSITION): values
            for head, values in run.thermo.items()
            if head.startswith(POSITION)
        }

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @property
    def sources(self) -> tuple[Path, ...]:
        """The file."""
        return self._inner.sources

    @property
    def units(self) -> UnitStyle:
        """The style of the run."""
        return self._inner.units

    def __iter__(self) -> Iterator[Frame]:
        """Walk the frames."""
        for frame in self._inner:
            there = self._surfaces or frame.surfaces
            yield replace(frame, surfaces=tuple(self._at(surface, frame) for surface in there))

    def _at(self, surface: Surface, frame: Frame) -> Surface:
        row = self._rows.get(-1 if frame.step is None else frame.step)
        if surface.name not in self._series:
            return surface
        if row is None:
            raise InterpotError(
                f"the run does not say where the wall {surface.name} is at step {frame.step} of {frame.source}: "
                "expected a row of thermo for every frame"
            )
        return replace(surface, position=float(self._series[surface.name][row]) * self._length)


def trajectory_of(
    source: Trajectory | MdRun,
    surfaces: Sequence[Surface] = (),
    dimension: int | None = None,
    walls: Sequence[str | Wall] = (),
) -> Trajectory:
    """Return a trajectory as it is, and that of a run with its walls."""
    if not isinstance(source, MdRun):
        return source
    if surfaces or walls:
        return WalledRun(source, surfaces, walls, dimension)
    return read(source.trajectory, units=source.units.name, dimension=dimension)


def check_walls(potential: Potential, start: Frame) -> None:
    """Refuse a start that does not say where the potential's walls are."""
    there = {surface.name for surface in start.surfaces}
    missing = sorted({c.site for c in potential.channels if c.kind == "wall"} - there)
    if missing:
        raise InterpotError(
            f"{start.source or 'the reference'} does not say where the wall {missing[0]} of the potential is: give it "
            f"with --wall {missing[0]}=POSITION (walls= of interpot.read in Python)"
        )


def motions(trajectory: Trajectory) -> tuple[Wall, ...]:
    """Describe how the walls of a reference move, for `Dynamics.walls`, whose time begins with the first frame.

    A function of time is taken as it is. What was read from a file is a table through the positions in the frames,
    linear between them. Walls that stand are left out.
    """
    described: Mapping[str, Wall] = {w.name: w for w in getattr(trajectory, "walls", ())}
    told = isinstance(trajectory, WalledRun)
    if described and not told and all(map(_is_number, described.values())):
        return ()
    names, times, steps = _positions(trajectory)
    found = []
    for name, surfaces in names.items():
        places = np.array([s.position for s in surfaces]) / trajectory.units.length
        if np.ptp(places) <= _STANDS * max(float(np.abs(places).max()), 1e-300):
            continue
        first = surfaces[0]
        text = _function(described.get(name), times[0] if times else 0.0, trajectory.units)
        if text is None:
            text = table_words(_times(times, steps, len(places), name), places)
        x, y, z = (v / trajectory.units.length for v in first.centre)
        found.append(Wall(name, first.shape, first.axis, first.inward, text, (x, y, z)))
    return tuple(found)


def _is_number(wall: Wall) -> bool:
    try:
        float(wall.position)
    except ValueError:
        return False
    return True


def _positions(trajectory: Trajectory) -> tuple[dict[str, list[Surface]], list[float], int]:
    """Surfaces by name, frame by frame; times (of the style) where the frames tell; number of frames."""
    names: dict[str, list[Surface]] = {}
    times: list[float] = []
    count = 0
    for frame in trajectory:
        if not frame.surfaces:
            return {}, [], 0
        count += 1
        for surface in frame.surfaces:
            names.setdefault(surface.name, []).append(surface)
        if frame.time is not None:
            times.append(frame.time / trajectory.units.time)
    return names, times, count


def _times(times: list[float], frames: int, places: int, name: str) -> FloatArray:
    if len(times) < frames or places < frames:
        raise InterpotError(
            f"the wall {name} moves, but the frames do not tell their times: record them (dump_modify time yes), or "
            "say where the wall is as a function of time"
        )
    return np.array(times) - times[0]


def _function(wall: Wall | None, begin: float, units: UnitStyle) -> str | None:
    """Return a position that is a function of the time, counted from the first frame; None where it is none."""
    if wall is None:
        return None
    t = sympy.Symbol("t", real=True)
    try:
        if names_in(wall.position) & {"t"} != {"t"}:
            return None
        formula = parse_expression(wall.position, {"t": t})
    except (ValueError, SyntaxError):
        return None
    return str(print_expression(formula.subs(t, t + sympy.Float(begin, 17)) if begin else formula))
