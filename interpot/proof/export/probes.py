"""Configurations on which exports are checked: every distance of every pair of species, and a fluid."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from interpot.formula.potential import Potential
from interpot.records import Cell, FloatArray, Frame, IntArray

# of the sampled range, from the smallest distance (0) to the cutoff (1): the strong forces of one part must not
# hide deviations in another
_PARTS = ((0.0, 0.15), (0.15, 0.5), (0.5, 1.02))
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
        A fluid in a periodic box, in which no two particles are closer than was sampled; then pairs that do not see
        each other, at distances from just below the smallest sampled one (one frame) and from there to just beyond the
        cutoff (three frames). The same at each call.
    """
    length = potential.units.length
    below = [np.linspace(_BELOW, 0.999, _DIMERS) * c.domain[0] * length for c in potential.channels]
    frames = [_fluid(potential), _dimers(potential, below, "pairs closer than was sampled")]
    for a, b in _PARTS:
        reach = [(c.domain[0], c.cutoff - c.domain[0]) for c in potential.channels]
        r = [(low + np.linspace(a, b, _DIMERS, endpoint=False) * wide) * length for low, wide in reach]
        frames.append(_dimers(potential, r, f"pairs from {a:.0%} to {b:.0%} of the sampled range"))
    return frames


def _dimers(potential: Potential, distances: list[FloatArray], where: str) -> Frame:
    """Pairs of particles far from each other, on a line, each pair turned another way."""
    random = np.random.default_rng(7)
    reach = max(c.cutoff for c in potential.channels) * potential.units.length
    centres, kinds = list[FloatArray](), list[int]()
    for channel, values in zip(potential.channels, distances, strict=True):
        a, b = (potential.species.index(name) for name in channel.species)
        for r in values:
            direction = random.normal(size=3)
            half = 0.5 * r * direction / np.linalg.norm(direction)
            middle = np.array([3.0 * reach * (len(kinds) // 2), 0.0, 0.0])
            centres += [middle - half, middle + half]
            kinds += [a, b]
    positions = np.array(centres)
    low, high = positions.min(axis=0), positions.max(axis=0)
    cell = Cell(np.diag(high - low + 2 * reach), low - reach, (False, False, False))
    return _frame(potential, positions, np.array(kinds, dtype=np.int64), cell, where)


def _fluid(potential: Potential) -> Frame:
    """Particles of all species at random in a cube of more than two cutoffs, none closer than was sampled."""
    random = np.random.default_rng(11)
    length, species = potential.units.length, potential.species
    reach = max(c.cutoff for c in potential.channels) * length
    nearest = max(c.domain[0] for c in potential.channels) * length
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
