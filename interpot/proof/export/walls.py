"""What a potential's file says of its walls: their shapes, and where they stood in the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.records import Surface
from interpot.trajectory.walls import FACES

UNKNOWN = 0.0
"""Position of a wall of which only the name is known."""


def surfaces_of(potential: Potential) -> tuple[Surface, ...]:
    """Return the walls of a potential, from their names or from the description in its provenance (in Å).

    Raises
    ------
    InterpotError
        A wall that is no face of a box, and that is not described.
    """
    described = {wall["name"]: wall for wall in _described(potential.provenance)}
    sites = dict.fromkeys(c.site for c in potential.channels if c.kind == "wall")
    return tuple(_surface(site, described.get(site), potential.units.length) for site in sites)


def _surface(site: str, wall: Mapping[str, Any] | None, length: float) -> Surface:
    if wall is None:
        if site not in FACES:
            raise InterpotError(
                f"the potential does not say what the wall {site} is: only those named {', '.join(FACES)} are known by "
                "their names"
            )
        axis, inward = FACES[site]
        return Surface(site, "plane", axis, inward, UNKNOWN)
    position = float(wall["position"]) * length if _is_number(wall["position"]) else UNKNOWN
    x, y, z = (float(v) * length for v in wall["centre"])
    return Surface(site, wall["shape"], wall["axis"], wall["inward"], position, (x, y, z))


def words_of(potential: Potential) -> dict[str, str]:
    """Where walls stood in the data, in words, of those that moved; times and lengths in the units of the data."""
    described = {wall["name"]: str(wall["position"]) for wall in _described(potential.provenance)}
    return {name: position for name, position in described.items() if not _is_number(position)}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _described(entry: Any) -> Iterator[Mapping[str, Any]]:
    """Find the descriptions of walls that reading a trajectory has left in the provenance."""
    if isinstance(entry, Mapping):
        for key, value in entry.items():
            if key == "walls" and isinstance(value, Sequence):
                yield from (wall for wall in value if isinstance(wall, Mapping) and "name" in wall)
            else:
                yield from _described(value)
    elif isinstance(entry, (list, tuple)):
        for value in entry:
            yield from _described(value)
