"""Friction and temperature of the heat baths that a potential was found in."""

from __future__ import annotations

from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.potential import Potential
from interpot.statistic.thermostat import drags, heat_baths
from interpot.trajectory.targets.fluctuations import Value, thermostat_remarks


def thermostats(found: Potential) -> list[str]:
    """Say of every species what its friction and its temperature are; nothing where there was no heat bath.

    Its provenance tells how strong the noise is (`interpot.statistic.thermostat`), its channels of friction tell the
    drag, where that is linear; in overdamped dynamics it was given.
    """
    given: dict[str, Value] = {name: (drag, 0.0) for name, drag in drags(found.provenance).items()}
    of_friction = {
        channel.species[0]: drag
        for channel in found.channels
        if channel.kind == "friction" and (drag := linear_drag(channel, found)) is not None
    }
    return thermostat_remarks(heat_baths(found.provenance), given | of_friction, found.units)


def linear_drag(channel: ChannelFormula, found: Potential) -> Value | None:
    """ζ of a channel of friction and its standard error, internal units; None where friction is not linear."""
    if channel.form != "Linear drag":
        return None
    unit = found.units.force / found.units.velocity
    (zeta,) = (p for p in channel.parameters if p.name == "zeta")
    return zeta.value * unit, zeta.stderr * unit
