"""Where a potential comes from, in the units of its data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from interpot.report.target_words import motion_behind, time_text, told
from interpot.report.words import short
from interpot.trajectory.motion import RECORDED
from interpot.units import UnitStyle

Fact = tuple[str, str]

_MEASURED: dict[str, tuple[str, Callable[[float, UnitStyle], str]]] = {
    "spacing": ("time between frames", time_text),
    "systematic": (
        "error of the windows' sums that may pass for a function",
        lambda share, _: short(share, 2),
    ),
    "thermal energy": (
        "temperature by the displacements",
        lambda kT, units: f"{short(kT / units.energy / units.boltzmann, 4)} {units.temperature_unit}",
    ),
}
"""Numbers in internal units: key of the provenance → name for people, and how the number is written."""

_ELSEWHERE = ("heat baths", "recipe")
"""What the remarks tell in words, and what only a pass that goes on needs."""


def facts_of(provenance: Mapping[str, Any], units: UnitStyle) -> tuple[Fact, ...]:
    """Provenance as pairs of texts, nothing in it in internal units."""
    facts: list[Fact] = []
    for key, item in provenance.items():
        if key == "target":
            facts += _of_motion(provenance, units)
        elif key in _MEASURED and item is not None:
            name, text = _MEASURED[key]
            facts.append((name, text(float(item), units)))
        elif key == "walls":
            facts += [(f"wall {wall['name']}", _wall_text(wall, units)) for wall in item]
        elif key not in _ELSEWHERE:
            facts += _flat({key: item})
    return tuple(facts)


def _of_motion(provenance: Mapping[str, Any], units: UnitStyle) -> list[Fact]:
    """What stood for the force; and what was given of the motion beside it."""
    motion = motion_behind(provenance)
    facts = [("target", motion.target)]
    if motion != RECORDED:
        facts.append(("observed", told(motion, units, provenance.get("spacing"))))
    if motion.interval is not None:
        facts.append(("time between recorded frames, as given", time_text(motion.interval, units)))
    if motion.hard:
        places = (
            (name, "moving" if at is None else f"{short(at / units.length)} {units.length_unit}")
            for name, at in motion.hard.items()
        )
        facts.append(
            ("hard walls, whose hits are left out", ", ".join(f"{name} ({place})" for name, place in places))
        )
    if motion.masses:
        masses = ", ".join(f"{short(mass / units.mass, 6)} ({name})" for name, mass in motion.masses.items())
        facts.append(("masses, as given", masses))
    return facts


def _wall_text(wall: Mapping[str, Any], units: UnitStyle) -> str:
    """A wall as it was described: "sphere at 20 Å around 0, 0, 0"; functions of time and files stay as they are."""
    place = str(wall["position"])
    with suppress(ValueError):
        place = f"{float(place):g} {units.length_unit}"
    centre = "" if wall["shape"] == "plane" else f" around {', '.join(f'{x:g}' for x in wall['centre'])}"
    return f"{'hard ' if wall['hard'] else ''}{wall['shape']} at {place}{centre}"


def _flat(value: Mapping[str, Any], above: str = "") -> list[Fact]:
    """Nested provenance as pairs of texts: versions → numpy becomes "versions, numpy"."""
    pairs: list[Fact] = []
    for key, item in value.items():
        name = f"{above}, {key}" if above else str(key)
        if isinstance(item, Mapping):
            pairs += _flat(item, name)
        elif isinstance(item, list | tuple | np.ndarray):
            pairs.append((name, ", ".join(map(str, item))))
        else:
            pairs.append((name, str(item)))
    return pairs
