"""In which units people read the coordinate and the function of a channel."""

from __future__ import annotations

from dataclasses import dataclass

from interpot.statistic.channels.friction import unit_of_time
from interpot.units import UnitStyle


@dataclass(frozen=True, slots=True)
class Measure:
    """The units of one kind of channel in a unit style. The slope of every function is a force.

    Attributes
    ----------
    coordinate, function
        Their names: "Å" and "eV"; of friction, whose coordinate is a speed, "Å/ps" and "eV/ps".
    length, energy
        How many Å and eV they are in a statistic, which counts the lengths gone in a channel's own unit of time.
    """

    coordinate: str
    function: str
    length: float
    energy: float


def measure_of(kind: str, units: UnitStyle) -> Measure:
    """Units of a kind of channel (`interpot.statistic.channels.channel.CHANNELS`): of friction, those of |v| and R."""
    if kind != "friction":
        return Measure(units.length_unit, units.energy_unit, units.length, units.energy)
    span = unit_of_time(units) / units.time
    return Measure(
        f"{units.length_unit}/{units.time_unit}",
        f"{units.energy_unit}/{units.time_unit}",
        units.length * span,
        units.energy * span,
    )
