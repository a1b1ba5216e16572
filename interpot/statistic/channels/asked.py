"""The channels of a system, as a user asks for them: pairs, walls and fields, each with its reach."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from interpot.errors import InterpotError
from interpot.geometry import across
from interpot.records import Frame
from interpot.statistic.channels.channel import Channel
from interpot.statistic.channels.field import COORDINATES
from interpot.statistic.channels.pair import pair_channels
from interpot.statistic.channels.wall import wall_channels

CHARGE = "charge"
"""In place of a species: a field that acts on all of them, by their charges."""

_MARGIN = 1.05  # beyond the box, where that confines the particles
_OPEN_MARGIN = 2.0  # beyond the particles of the first frame, where it does not

_GRAMMAR = re.compile(r"(?:(?P<whose>[^@]+)@)?(?P<coordinate>[xyzr])(?::(?P<centre>[^:]+))?")


@dataclass(frozen=True, slots=True)
class Field:
    """A field as it is asked for.

    Attributes
    ----------
    coordinate
        A row of `COORDINATES`.
    whose
        A species, `CHARGE`, or "" for each species by itself.
    centre
        From which the coordinate is counted; length units of the data.
    """

    coordinate: str
    whose: str = ""
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)


def parse_field(text: str) -> Field:
    """Read "z", "Ar@z", "charge@z", "r:10,10,10".

    Raises
    ------
    InterpotError
        It is none of these.
    """
    found = _GRAMMAR.fullmatch(text.strip())
    try:
        numbers = tuple(float(v) for v in ((found and found["centre"]) or "0,0,0").split(","))
    except ValueError:
        numbers = ()
    if found is None or len(numbers) != 3 or not np.isfinite(numbers).all():
        raise InterpotError(
            f"the field '{text}' is not understood: expected a coordinate such as z, of one species Ar@z, of all "
            "charges charge@z, or the distance from a centre r:10,10,10"
        )
    x, y, z = numbers
    return Field(found["coordinate"], found["whose"] or "", (x, y, z))


def asked_channels(
    species: Iterable[str],
    frame: Frame,
    cutoff: float,
    cutoffs: Mapping[str, float] | None = None,
    fields: Sequence[str | Field] = (),
    charges: Mapping[str, float] | None = None,
    length: float = 1.0,
) -> tuple[Channel, ...]:
    """Make all channels: pairs of all species, every species with every wall of the frame, and the fields.

    Parameters
    ----------
    species
        Names, in any order, repeats allowed.
    frame
        The first; it knows the walls (`Frame.surfaces`) and how far fields have to reach.
    cutoff
        Å, of every pair and wall that `cutoffs` does not name.
    cutoffs
        Exceptions by label, Å: {"Ne-Xe": 8.0, "Ne-zlo": 7.0, "zlo": 6.0 (of all species), "Ne@z": 50.0}.
    fields
        As `parse_field` reads them.
    charges
        By species, in e; for fields that act on charges.
    length
        Å of the unit in which the centres of fields are given.

    Raises
    ------
    InterpotError
        A cutoff is not positive or of no channel, a field of an unknown species, or one of charges without any.
    """
    names, given = sorted(set(species)), dict(cutoffs or {})
    walls = [surface.name for surface in frame.surfaces if not surface.hard]
    of_walls = {k: given.pop(k) for k in list(given) if k in walls or k in _labels(names, walls)}
    of_fields = {k: given.pop(k) for k in list(given) if "@" in k}
    asked = [parse_field(field) if isinstance(field, str) else field for field in fields]
    made = [
        c for field in asked for c in _field_channels(field, names, frame, of_fields, charges or {}, length)
    ]
    known = {c.label for c in made}
    if strangers := sorted(set(of_fields) - known):
        raise InterpotError(
            f"a reach was given for the field '{strangers[0]}', but the fields are {', '.join(sorted(known)) or 'none'}"
        )
    ends = {part for label in given for part in label.split("-")}
    if walls and (strangers := sorted(ends - {*names, *walls})):
        raise InterpotError(
            f"a cutoff was given for '{strangers[0]}', but there are only the species {', '.join(names)} and the walls "
            f"{', '.join(walls)}"
        )
    return (*pair_channels(names, cutoff, given), *wall_channels(names, walls, cutoff, of_walls), *made)


def _labels(species: Sequence[str], walls: Sequence[str]) -> set[str]:
    return {f"{name}-{wall}" for name in species for wall in walls}


def _field_channels(
    field: Field,
    species: Sequence[str],
    frame: Frame,
    reaches: Mapping[str, float],
    charges: Mapping[str, float],
    length: float,
) -> list[Channel]:
    """The channels of one field: of each species, of one of them, or of all charges."""
    x, y, z = (v * length for v in field.centre)
    reach = _reach(field.coordinate, (x, y, z), frame)
    if field.whose == CHARGE:
        charged = tuple(name for name in species if charges.get(name))
        if not charged:
            raise InterpotError(
                f"the field {CHARGE}@{field.coordinate} acts on charges, but no species has one: give --charges, "
                "such as Na=1,Cl=-1"
            )
        owners = [(charged, tuple(charges[name] for name in charged))]
    else:
        chosen = [field.whose] if field.whose else list(species)
        if field.whose and field.whose not in species:
            raise InterpotError(
                f"the field '{field.whose}@{field.coordinate}' is for a species that the data do not hold, only "
                f"{', '.join(species)}"
            )
        owners = [((name,), ()) for name in chosen]
    made = [Channel("field", own, reach, field.coordinate, q, (x, y, z)) for own, q in owners]
    return [
        Channel("field", c.species, reaches.get(c.label, c.cutoff), c.site, c.charges, c.centre) for c in made
    ]


def _reach(coordinate: str, centre: tuple[float, float, float], frame: Frame) -> float:
    """How far a field's lattice should reach: over the box, or well beyond the particles along open axes."""
    shape, axis = COORDINATES[coordinate]
    cell, axes = frame.cell, (range(3) if shape == "sphere" else (axis,))
    corners = (
        np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)]) @ cell.vectors + cell.origin
    )
    inside = np.abs(across(frame.positions, shape, axis, centre)[0]).max(initial=0.0)
    box = np.abs(across(corners, shape, axis, centre)[0]).max()
    is_open = not all(cell.periodic[a] for a in axes)
    return float(max(_MARGIN * box, (_OPEN_MARGIN if is_open else _MARGIN) * inside, 1e-3))
