"""Single particles before walls and in fields, on which exports are checked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.potential import Potential
from interpot.geometry import across
from interpot.proof.export.walls import surfaces_of
from interpot.records import Cell, FloatArray, Frame, Surface

_WIDE = 100.0  # reaches: the radius of a curved wall, around which particles do not see each other
_COORDINATES = 24  # of a field
_SINGLE = 8  # of them where each needs a frame of its own
_BEYOND = 1.5  # reaches: how far away walls stand that are not looked at


def free_axis(potential: Potential, *taken: int) -> int:
    """Return an axis along which no field acts, if there is one, and that is not taken."""
    fields = {"xyz".index(c.site) for c in potential.channels if c.kind == "field" and c.site != "r"}
    axes = [axis for axis in range(3) if axis not in taken]
    return next((axis for axis in axes if axis not in fields), axes[0])


def before_a_wall(potential: Potential, channel: ChannelFormula, distances: FloatArray, where: str) -> Frame:
    """Particles at given distances from a wall, out of reach of each other."""
    surface = next(s for s in surfaces_of(potential) if s.name == channel.site)
    s, apart = distances * potential.units.length, 3.0 * _reach(potential)
    positions = np.zeros((len(s), 3)) + np.array(surface.centre)
    if surface.shape == "plane":
        surface = replace(surface, position=0.0)
        positions[:, free_axis(potential, surface.axis)] += apart * np.arange(len(s))
        positions[:, surface.axis] += surface.inward * s
    else:
        surface = replace(surface, position=_WIDE * _reach(potential))
        first = 0 if surface.shape == "sphere" else (surface.axis + 1) % 3
        angle = 2 * np.pi * np.arange(len(s)) / len(s)
        xi = surface.position + surface.inward * s
        positions[:, first] += xi * np.cos(angle)
        positions[:, (first + 1) % 3] += xi * np.sin(angle)
    return replace(
        _frame(potential, channel, positions, f"{channel.label} {where}"),
        surfaces=(surface,),
    )


def in_a_field(potential: Potential, channel: ChannelFormula) -> list[Frame]:
    """Particles all over the sampled range of a field; those at distances from a centre one by one."""
    count = _SINGLE if channel.site == "r" else _COORDINATES
    xi = np.linspace(*channel.domain, count) * potential.units.length
    centre = np.array(channel.centre) * potential.units.length
    where = f"{channel.label} all over its range"
    if channel.site == "r":
        directions = np.random.default_rng(13).normal(size=(len(xi), 3))
        directions /= np.linalg.norm(directions, axis=1)[:, None]
        return [
            _frame(potential, channel, (centre + x * u)[None], where)
            for x, u in zip(xi, directions, strict=True)
        ]
    axis = "xyz".index(channel.site)
    positions = np.tile(centre, (len(xi), 1))
    positions[:, axis] += xi
    positions[:, free_axis(potential, axis)] += 3.0 * _reach(potential) * np.arange(len(xi))
    return [_frame(potential, channel, positions, where)]


def with_walls(frame: Frame, potential: Potential) -> Frame:
    """Place the walls that a frame lacks out of reach; axes with planes across them are opened."""
    there = {s.name for s in frame.surfaces}
    walls = surfaces_of(potential)
    placed = tuple(_far(s, frame, potential) for s in walls if s.name not in there)
    across_planes = {s.axis for s in walls if s.shape == "plane"}
    x, y, z = (bool(p) and k not in across_planes for k, p in enumerate(frame.cell.periodic))
    cell = replace(frame.cell, periodic=(x, y, z))
    return replace(frame, cell=cell, surfaces=(*frame.surfaces, *placed))


def _far(surface: Surface, frame: Frame, potential: Potential) -> Surface:
    xi, _ = across(frame.positions, surface.shape, surface.axis, surface.centre)
    away = _BEYOND * _reach(potential)
    if surface.inward < 0:
        return replace(surface, position=float(xi.max()) + away)
    if surface.shape == "plane":
        return replace(surface, position=float(xi.min()) - away)
    return replace(surface, position=0.5 * float(xi.min()))  # a ball: as small as need be


def _reach(potential: Potential) -> float:
    """Return the largest distance at which something acts, but for fields; Å."""
    return potential.units.length * max(
        (c.cutoff for c in potential.channels if c.kind != "field"), default=1.0
    )


def _frame(potential: Potential, channel: ChannelFormula, positions: FloatArray, source: str) -> Frame:
    species = [potential.species.index(name) for name in channel.species]
    kinds = np.resize(np.array(species, dtype=np.int64), len(positions))
    low, high, reach = positions.min(axis=0), positions.max(axis=0), _reach(potential)
    cell = Cell(np.diag(high - low + 2 * reach), low - reach, (False, False, False))
    return Frame(positions, potential.species, kinds, cell, source=source)
