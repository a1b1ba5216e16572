"""Configurations on which exports are checked: every distance of every pair of species, a fluid, walls and fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.potential import Potential
from interpot.proof.export.wall_probes import before_a_wall, free_axis, in_a_field, with_walls
from interpot.records import Cell, FloatArray, Frame, IntArray

# of the sampled range, from the smallest distance (0) to the cutoff (1): the strong forces of one part must not
# hide deviations in another
_PARTS = ((0.0, 0.15), (0.15, 0.4), (0.4, 0.7), (0.7, 1.02))
_BELOW = 0.85  # of the smallest sampled distance: how far the continuation is looked at
_DIMERS = 24  # distances in a part
_FLUID = 96  # particles


def probes(potential: Potential) -> list[Frame]:
    """Make frames that sample every function of a potential.

    Parameters
    ----------
    potential
        In any units, with its continuations.

    Returns
    -------
    list of Frame
        A fluid in a periodic box, in which no two particles are closer than was sampled; then, channel by channel, so
        that a strong one hides no other, pairs that do not see each other, at distances just below the smallest
        sampled one (one frame) and from there to just beyond the cutoff (four frames); likewise single
        particles before each wall, the others being out of reach, and at the coordinates of each field. The same at
        each call.
    """
    pairs = [channel for channel in potential.channels if channel.kind == "pair"]
    frames = [_fluid(potential, pairs)] if pairs else []
    for channel in potential.channels:
        if channel.kind == "field":
            frames += in_a_field(potential, channel)
            continue
        make = _dimers if channel.kind == "pair" else before_a_wall
        low, wide = channel.domain[0], channel.cutoff - channel.domain[0]
        below = np.linspace(_BELOW, 0.999, _DIMERS) * low
        frames.append(make(potential, channel, below, "closer than was sampled"))
        for a, b in _PARTS:
            r = low + np.linspace(a, b, _DIMERS, endpoint=False) * wide
            frames.append(make(potential, channel, r, f"from {a:.0%} to {b:.0%} of the sampled range"))
    return [with_walls(frame, potential) for frame in frames]


def _dimers(potential: Potential, channel: ChannelFormula, distances: FloatArray, where: str) -> Frame:
    """Pairs of particles far from each other, on a line, each pair turned another way."""
    random = np.random.default_rng(7)
    r = distances[:, None] * potential.units.length
    directions = random.normal(size=(len(r), 3))
    half = 0.5 * r * directions / np.linalg.norm(directions, axis=1)[:, None]
    reach = channel.cutoff * potential.units.length
    middle = 3.0 * reach * np.arange(len(r))[:, None] * np.eye(3)[free_axis(potential)]
    positions = np.stack([middle - half, middle + half], axis=1).reshape(-1, 3)
    kinds = np.array([potential.species.index(name) for name in channel.species] * len(r), dtype=np.int64)
    low, high = positions.min(axis=0), positions.max(axis=0)
    cell = Cell(np.diag(high - low + 2 * reach), low - reach, (False, False, False))
    return _frame(potential, positions, kinds, cell, f"pairs {channel.label} {where}")


def _fluid(potential: Potential, pairs: Sequence[ChannelFormula]) -> Frame:
    """Particles of all species at random in a cube of more than two cutoffs, none closer than was sampled."""
    random = np.random.default_rng(11)
    length, species = potential.units.length, potential.species
    reach = max(c.cutoff for c in pairs) * length
    nearest = max(c.domain[0] for c in pairs) * length
    edge = max(2.1 * reach, 1.5 * nearest * _FLUID ** (1 / 3))
    n = int(round((edge / (1.5 * nearest)) ** 3 / 8) * 8)
    positions = np.array(list(_scattered(random, edge, 1.02 * nearest, min(n, 4 * _FLUID))))
    kinds = np.arange(len(positions), dtype=np.int64) % len(species)
    return _frame(
        potential, positions, kinds, Cell(np.eye(3) * edge, np.zeros(3), (True, True, True)), "a fluid"
    )


def _scattered(random: np.random.Generator, edge: float, apart: float, count: int) -> Iterator[FloatArray]:
    """Random places in a periodic cube, each further than `apart` from all before it."""
    placed = np.empty((0, 3))
    for place in random.uniform(0.0, edge, (60 * count, 3)):
        away = placed - place
        away -= edge * np.round(away / edge)
        if len(placed) == 0 or np.min(np.sum(away**2, axis=1)) > apart**2:
            placed = np.vstack([placed, place])
            yield place
        if len(placed) == count:
            return


def _frame(potential: Potential, positions: FloatArray, kinds: IntArray, cell: Cell, source: str) -> Frame:
    return Frame(positions, potential.species, kinds, cell, source=source)
