"""The walls of a run in LAMMPS: where they stand, what acts on the particles, how they move, what is printed of them.

Each surface of the start has its position in the equal-style variable ``wall_NAME``: of a potential's walls, and for
the words of a reference to use (``fix w gas wall/lj93 zhi v_wall_zhi ...``). The variable is a number until the
recorded part, then what `Dynamics.walls` and `Dynamics.piston` say, without a change to the fixes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.proof.dialects.lammps_walls import face_of, in_units, one_body, position_name
from interpot.proof.engines.piston import GROUP, piston_lines
from interpot.proof.engines.wall_motion import motion_formula, speed_formula
from interpot.proof.series import FORCE, MEAN_FORCE, POSITION, VELOCITY, WORK
from interpot.records import Dynamics, Frame, Piston, ReferenceModel, Surface
from interpot.units import UnitStyle


class Walls:
    """See above.

    Parameters
    ----------
    model
        What acts.
    start
        Its surfaces are the walls.
    units
        Style of the run.
    dynamics
        Of a run; None for a single frame.
    push_sign
        As `one_body` takes it.

    Attributes
    ----------
    start, acting, recorded : list of str
        Lines before the model's, after them, and at the beginning of the recorded part.
    columns : dict
        Further columns of thermo → their names in `MdRun.thermo`.

    Raises
    ------
    InterpotError
        A wall that the start does not have, a cell that is turned against the walls, or a motion that the reference
        would not follow.
    """

    def __init__(
        self,
        model: Potential | ReferenceModel,
        start: Frame,
        units: UnitStyle,
        dynamics: Dynamics | None = None,
        push_sign: int = -1,
    ) -> None:
        self._start, self._units = start, units
        self._surfaces = [_plain_plane(surface) for surface in start.surfaces]
        self.start = [f"group {GROUP} union all"]
        self.start += [
            f"variable {position_name(s.name)} equal {s.position / units.length!r}" for s in self._surfaces
        ]
        self.acting: list[str] = []
        self.columns: dict[str, str] = {}
        self._pushes: dict[str, str] = {}
        moved = False
        if isinstance(model, Potential):
            self._of_potential(model, push_sign)
        else:
            moved = bool(model.recorded)
            self._of_reference(model)
        self.recorded = list(model.recorded) if isinstance(model, ReferenceModel) else []
        if dynamics is None:
            return
        if not moved:
            self._move(dynamics, model)
        for name in self._pushes:
            self._average(name, dynamics.every)

    def _of_potential(self, potential: Potential, push_sign: int) -> None:
        own = potential.to_units(self._units)
        self.acting = _reflecting(self._surfaces)
        if all(c.kind == "pair" for c in own.channels):
            return
        lengths = self._units.length
        made = one_body(
            own,
            in_units(self._surfaces, lengths),
            self._start.dimension,
            self._start.cell.periodic,
            push_sign,
        )
        self.acting += made.lines
        self._pushes = made.pushes
        for name in [s.name for s in self._surfaces]:
            self.columns[f"v_{position_name(name)}"] = POSITION + name
            if name in made.pushes:
                push = position_name(name).replace("wall_", "push_", 1)
                self.acting.append(f'variable {push} equal "{made.pushes[name]}"')
                self.columns[f"v_{push}"] = FORCE + name

    def _of_reference(self, model: ReferenceModel) -> None:
        self.columns = dict(model.series)
        self._pushes = {
            name.removeprefix(FORCE): head for head, name in model.series.items() if name.startswith(FORCE)
        }
        told = set(model.series.values())
        for surface in self._surfaces:
            if POSITION + surface.name not in told and _uses(model, surface.name):
                self.columns[f"v_{position_name(surface.name)}"] = POSITION + surface.name

    def _move(self, dynamics: Dynamics, model: Potential | ReferenceModel) -> None:
        """Let the walls move from the beginning of the recorded part on."""
        piston = dynamics.piston
        names = [wall.name for wall in dynamics.walls if piston is None or wall.name != piston.wall]
        for name in [*names, *([piston.wall] if piston else [])]:
            self._check(name, model)
        for wall in dynamics.walls:
            if wall.name in names:
                formula = motion_formula(wall, self._start, self._units)
                self.recorded.append(f'variable {position_name(wall.name)} equal "{formula}"')
                if (speed := speed_formula(wall)) is not None:
                    self.recorded.append(f'variable {_of("speed", wall.name)} equal "{speed}"')
                    self._sum_up(wall.name, dynamics.every)
        if piston is not None:
            self._let_go(piston)
            self._sum_up(piston.wall, dynamics.every)

    def _average(self, name: str, every: int) -> None:
        """Let LAMMPS average the force on a wall between two rows of thermo."""
        column = f"f_{_of('mean', name)}"
        self.recorded += [
            f'variable {_of("on", name)} equal "{self._pushes[name]}"',
            f"fix {_of('mean', name)} all ave/time 1 {every} {every} v_{_of('on', name)} ave one",
        ]
        self.columns[column] = MEAN_FORCE + name

    def _sum_up(self, name: str, every: int) -> None:
        """Let LAMMPS sum up the work of a wall at every step: rows of thermo may be too far apart for an integral."""
        if name not in self._pushes:
            return
        power, work = _of("power", name), _of("work", name)
        self.recorded += [
            f'variable {power} equal "-({self._pushes[name]})*v_{_of("speed", name)}"',
            f"fix {work} all ave/time 1 {every} {every} v_{power} ave running",  # its mean since the start
            f"variable {work} equal f_{work}*time",
        ]
        self.columns[f"v_{work}"] = WORK + name

    def _let_go(self, piston: Piston) -> None:
        surface = next(s for s in self._surfaces if s.name == piston.wall)
        if surface.shape != "plane" or self._start.cell.periodic[surface.axis]:
            raise InterpotError(
                f"the wall {piston.wall} cannot be a piston: expected a plane across an open axis of the box"
            )
        if not piston.mass > 0:
            raise InterpotError(
                f"the mass of the piston {piston.wall} is {piston.mass:g}: expected a positive number"
            )
        if piston.wall not in self._pushes:
            raise InterpotError(
                f"nothing tells the force on the piston {piston.wall}: name its column in the reference's series, "
                f'{{"f_ID[1]": "{FORCE}{piston.wall}"}}, or give the potential such a wall'
            )
        self.recorded += piston_lines(piston, surface.axis, self._pushes[piston.wall])
        self.columns[f"v_{_of('speed', piston.wall)}"] = VELOCITY + piston.wall

    def _check(self, name: str, model: Potential | ReferenceModel) -> None:
        if all(s.name != name for s in self._surfaces):
            there = ", ".join(s.name for s in self._surfaces) or "none"
            raise InterpotError(
                f"the dynamics move the wall {name}, but the walls of the start are {there}: say where it begins, with "
                f"--wall {name}=POSITION (walls= of interpot.read in Python)"
            )
        if isinstance(model, ReferenceModel) and not _uses(model, name):
            raise InterpotError(
                f"the dynamics move the wall {name}, but the reference's commands place it elsewhere: write "
                f"v_{position_name(name)} for its position, or say in the reference's `recorded` lines how it moves"
            )


def _of(quantity: str, wall: str) -> str:
    """Name of a variable beside ``wall_NAME``: speed_NAME."""
    return position_name(wall).replace("wall_", f"{quantity}_", 1)


def _reflecting(surfaces: Sequence[Surface]) -> list[str]:
    """Walls that reflect; raises `InterpotError` for a curved one, which LAMMPS does not have."""
    lines = []
    for surface in surfaces:
        if surface.hard and surface.shape != "plane":
            raise InterpotError(
                f"the wall {surface.name} is hard and curved: LAMMPS reflects particles at planes only"
            )
        if surface.hard:
            face = face_of(surface)
            lines.append(f"fix hard_{face} {GROUP} wall/reflect {face} v_{position_name(surface.name)}")
    return lines


def _uses(model: ReferenceModel, name: str) -> bool:
    return any(f"v_{position_name(name)}" in line for line in model.commands)


def _plain_plane(surface: Surface) -> Surface:
    """Return a surface whose position, if it is a plane, is the coordinate itself."""
    if surface.shape != "plane":
        return surface
    position = surface.position + surface.centre[surface.axis]
    return replace(surface, position=position, centre=(0.0, 0.0, 0.0))
