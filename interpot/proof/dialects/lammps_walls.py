"""Walls and fields in LAMMPS's words: ``fix wall/lepton`` for plane walls, ``fix addforce`` for all else.

Where a wall stands is the equal-style variable `position_name`, which may move. Energies of walls count from their
cutoffs, as those of all of LAMMPS's walls do, and like those of fields they are in ``pe``; the pressure is that of the
pairs. A particle on a wall or beyond is an error.

Sources: https://docs.lammps.org/fix_wall.html, https://docs.lammps.org/fix_addforce.html.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import sympy

from interpot.errors import InterpotError
from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.codegen import R, derivative
from interpot.formula.potential import Potential
from interpot.proof.dialects.lammps_variables import variable_formula
from interpot.proof.dialects.lepton import lepton
from interpot.records import Surface
from interpot.statistic.channels.field import COORDINATES


@dataclass(slots=True)
class OneBody:
    """The lines of all walls and fields.

    Attributes
    ----------
    lines
        Commands; the variables of the walls' positions are not among them.
    pushes
        Wall → formula of the force of the particles on it: a plane along +axis, a curved one away from its centre.
    """

    lines: list[str] = field(default_factory=list)
    pushes: dict[str, str] = field(default_factory=dict)

    def push(self, wall: str, formula: str) -> None:
        """Add to the force on a wall."""
        self.pushes[wall] = "+".join(filter(None, (self.pushes.get(wall), formula)))


def position_name(wall: str) -> str:
    """Return the variable that holds the position of a wall: "wall_zlo"."""
    return f"wall_{_plain(wall)}"


def one_body(
    potential: Potential,
    surfaces: Sequence[Surface],
    dimension: int = 3,
    periodic: tuple[bool, bool, bool] = (False, False, False),
    push_sign: int = -1,
) -> OneBody:
    """Write the lines of the walls and fields of a potential, in its units.

    Parameters
    ----------
    surfaces
        The walls; their positions do not matter.
    dimension
        In two, z is left out of distances from a centre.
    periodic
        Axes of the box; a wall may stand across a periodic one.
    push_sign
        Of the force on a plane wall as ``fix wall/lepton`` tells it: up to version 22 Jul 2025 -1, that on the
        particles.

    Raises
    ------
    InterpotError
        A wall that is not among the surfaces, or a formula that LAMMPS cannot express.
    """
    made = OneBody()
    types = {name: number for number, name in enumerate(potential.species, 1)}
    channels = [c for c in potential.channels if c.kind != "pair"]
    for name in sorted({name for c in channels for name in c.species}):
        made.lines.append(f"group species_{types[name]} type {types[name]}")
    for number, channel in enumerate(channels, 1):
        if channel.kind == "field":
            _field(made, channel, number, types, dimension)
            continue
        surface, group = surface_of(channel, surfaces, potential), f"species_{types[channel.species[0]]}"
        if surface.shape == "plane":
            _plane(made, channel, surface, f"{_plain(surface.name)}_{number}", group, periodic, push_sign)
        else:
            _curved(made, channel, surface, number, group, dimension)
    return made


def surface_of(channel: ChannelFormula, surfaces: Sequence[Surface], potential: Potential) -> Surface:
    """Return the surface of a wall channel by its name."""
    for surface in surfaces:
        if surface.name == channel.site:
            return surface
    walls = ", ".join(sorted({c.site for c in potential.channels if c.kind == "wall"}))
    there = ", ".join(s.name for s in surfaces) or "none"
    raise InterpotError(
        f"the potential has the walls {walls}, but the configuration to run has {there}: say where {channel.site} is, "
        f"with --wall {channel.site}=POSITION (walls= of interpot.read in Python)"
    )


def face_of(surface: Surface) -> str:
    """Return LAMMPS's name of a plane: "zlo"."""
    return "xyz"[surface.axis] + ("lo" if surface.inward > 0 else "hi")


def in_units(surfaces: Sequence[Surface], length: float) -> list[Surface]:
    """Give the lengths of surfaces in another unit, so many Å long."""
    return [
        Surface(
            s.name,
            s.shape,
            s.axis,
            s.inward,
            s.position / length,
            (s.centre[0] / length, s.centre[1] / length, s.centre[2] / length),
        )
        for s in surfaces
    ]


def _plane(
    made: OneBody,
    channel: ChannelFormula,
    surface: Surface,
    name: str,
    group: str,
    periodic: tuple[bool, bool, bool],
    sign: int,
) -> None:
    across = " pbc yes" if periodic[surface.axis] else ""
    made.lines += [
        f"fix {name} {group} wall/lepton {face_of(surface)} v_{position_name(surface.name)} "
        f'"{lepton(channel.numeric)}" {float(channel.cutoff)!r} units box{across}',
        f"fix_modify {name} energy yes virial no",
    ]
    made.push(surface.name, f"{'-' if sign < 0 else ''}f_{name}[1]")


def _curved(
    made: OneBody, channel: ChannelFormula, surface: Surface, number: int, group: str, dimension: int
) -> None:
    """Force -φ'(s) ∇s with s = inward (ξ - ξ_wall); the root in s is of a negative number beyond the wall."""
    n, cutoff, inside = number, float(channel.cutoff), f"(v_s_{number}<{float(channel.cutoff)!r})"
    phi, zero = channel.numeric, channel.numeric.xreplace({R: sympy.Float(cutoff, 17)}).evalf(17)
    centre = tuple(float(x) for x in surface.centre)
    xi, gradient = _coordinate(surface.shape, surface.axis, centre, f"v_xi_{n}", dimension)
    gap = f"({surface.inward}*(v_xi_{n}-v_{position_name(surface.name)}))"
    slope = variable_formula(derivative(phi, R), {R: f"v_s_{n}"})
    made.lines += [
        f'variable xi_{n} atom "{xi}"',
        f'variable s_{n} atom "{gap}+0*sqrt{gap}"',
        f'variable slope_{n} atom "{inside}*({slope})"',
        f'variable energy_{n} atom "{inside}*({variable_formula(phi - zero, {R: f"v_s_{n}"})})"',
        *_added(n, group, f"{-surface.inward}*v_slope_{n}", gradient),
        f"compute push_{n} {group} reduce sum v_slope_{n}",
    ]
    made.push(surface.name, f"{surface.inward}*c_push_{n}".replace("+-", "-"))


def _field(
    made: OneBody, channel: ChannelFormula, number: int, types: dict[str, int], dimension: int
) -> None:
    """Force -q φ'(ξ) ∇ξ on each species."""
    n, centre = number, tuple(float(x) for x in channel.centre)
    xi, gradient = _coordinate(*COORDINATES[channel.site], centre, f"v_xi_{n}", dimension)
    names, phi = {R: f"v_xi_{n}"}, channel.numeric
    made.lines.append(f'variable xi_{n} atom "{xi}"')
    charges = channel.charges or (1.0,) * len(channel.species)
    for name, charge in zip(channel.species, charges, strict=True):
        if not charge:
            continue
        each, q = f"{n}_{types[name]}", sympy.Float(charge, 17)
        made.lines += [
            f'variable slope_{each} atom "{variable_formula(q * derivative(phi, R), names)}"',
            f'variable energy_{each} atom "{variable_formula(q * phi, names)}"',
            *_added(each, f"species_{types[name]}", f"-1*v_slope_{each}", gradient),
        ]


def _added(name: int | str, group: str, along: str, gradient: dict[str, str]) -> list[str]:
    """Write the force `along` ∇ξ and the energy of a channel as a fix."""
    pulls = [f"v_pull_{name}{x}" if x in gradient else "0.0" for x in "xyz"]
    return [
        *(f'variable pull_{name}{x} atom "{along}*{slope}"' for x, slope in gradient.items()),
        f"fix added_{name} {group} addforce {' '.join(pulls)} energy v_energy_{name}",
        f"fix_modify added_{name} energy yes virial no",
    ]


def _coordinate(
    shape: str, axis: int, centre: Sequence[float], xi: str, dimension: int
) -> tuple[str, dict[str, str]]:
    """Formula of ξ (`interpot.geometry.across`), and of its gradient by axis, in which `xi` stands for ξ."""
    arms = {x: f"({x}-{c!r})".replace("--", "+") for x, c in zip("xyz", centre, strict=True)}
    if shape == "plane":
        return arms["xyz"[axis]], {"xyz"[axis]: "1"}
    skipped = {2} if dimension == 2 else set()
    axes = "".join(
        x for k, x in enumerate("xyz") if k not in skipped | ({axis} if shape == "cylinder" else set())
    )
    root = "+".join(f"{arms[x]}^2" for x in axes)
    return f"sqrt({root})", {x: f"{arms[x]}/({xi}+({xi}==0))" for x in axes}


def _plain(name: str) -> str:
    """Return a name of letters, digits and underscores, of which LAMMPS's identifiers are made."""
    return re.sub(r"\W", "_", name)
