"""Where the pairs of a trajectory, and its particles before walls, stand in the range in which a potential was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.neighbours import PairSearch
from interpot.proof.forces import OneBodyForces
from interpot.records import FloatArray, Frame


@dataclass(frozen=True, slots=True)
class Closeness:
    """Pairs of some frames within the reach of a potential, and particles within the reach of its walls and fields.

    Attributes
    ----------
    pairs
        How many of both.
    closer
        Share of them that are closer than the closest that was sampled of their channel.
    shortest
        Smallest distance of a pair, Å; infinite without pairs.
    """

    pairs: int
    closer: float
    shortest: float


def closeness(potential: Potential, frames: Sequence[Frame]) -> Closeness:
    """Count the pairs of frames, and the particles before walls, that no fit has seen as close."""
    length = potential.units.length
    reach = max((c.cutoff for c in potential.channels if c.kind == "pair"), default=None)
    search = None if reach is None else PairSearch(reach * length)
    one_body = OneBodyForces(potential)
    closer, count, shortest = 0, 0, np.inf
    for frame in frames:
        for channel, s in one_body.coordinates(frame):
            count += len(s)
            if channel.kind == "wall":
                closer += int((s < channel.domain[0] * (1 - 1e-9)).sum())
        if search is None:
            continue
        found = search(frame)
        lowest = _smallest_sampled(potential, frame) * length
        low = lowest[frame.kinds[found.i], frame.kinds[found.j]]
        # digits of a file may round the closest pair of the data itself inwards
        closer += int((found.r < low * (1 - 1e-9)).sum())
        count += len(found.r)
        shortest = min(shortest, float(found.r.min(initial=np.inf)))
    return Closeness(count, closer / max(count, 1), shortest)


def check_overlap(potential: Potential, frames: Sequence[Frame]) -> None:
    """Refuse a trajectory of which no pair is at a distance that the potential knows: often its units are others.

    Raises
    ------
    InterpotError
        All pairs are closer than any that was sampled, or there are forces though nothing is within reach. A gas too
        dilute for any pair is fine.
    """
    seen = closeness(potential, frames)
    length, unit = potential.units.length, potential.units.length_unit
    ended = [c for c in potential.channels if c.kind != "field"] or potential.channels
    low, high = min(c.domain[0] for c in ended), max(c.cutoff for c in ended)
    name = frames[0].source or "the reference"
    if seen.pairs == 0 and any(f.forces is not None and f.forces.any() for f in frames):
        found = f"no pair of {name} is closer than {high:.4g} {unit}, though there are forces"
    elif seen.pairs and seen.closer == 1.0:
        found = f"all pairs of {name} within reach are closer than any that was sampled (from {low:.4g} {unit} on)"
        found += f", the closest {seen.shortest / length:.4g} {unit}"
    else:
        return
    raise InterpotError(f"{found}: is this the same system, and are its units (--units) those of the file?")


def _smallest_sampled(potential: Potential, frame: Frame) -> FloatArray:
    """Smallest sampled distance by the kinds of the two particles, in the potential's units."""
    table = np.zeros((len(frame.species), len(frame.species)))
    for channel in potential.channels:
        if channel.kind == "pair" and set(channel.species) <= set(frame.species):
            a, b = (frame.species.index(name) for name in channel.species)
            table[a, b] = table[b, a] = channel.domain[0]
    return table
