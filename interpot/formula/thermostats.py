"""Friction and temperature of the heat baths that a potential was found in."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.potential import Potential
from interpot.formula.quantity import with_error
from interpot.statistic.thermostat import drags, heat_baths
from interpot.trajectory.targets.fluctuations import Fluctuation, Value
from interpot.units import UnitStyle

ALIKE = 3.0
"""Standard errors within which two values of the friction are one."""


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


# ---------------------------------------------------------------------------- in words


def thermostat_remarks(
    found: Mapping[str, Fluctuation], drags: Mapping[str, Value], units: UnitStyle
) -> list[str]:
    """A sentence per species: friction and temperature of its heat bath.

    The friction that is told first is the one to take: that of the formula, or what noise and velocities make of it in
    equilibrium, whichever is known better, as long as the two agree within `ALIKE` standard errors.

    Parameters
    ----------
    drags
        Species → ζ in internal units: the constant of its friction channel, or what was given. A species that is
        missing is told of by its fluctuations alone.
    units
        In which they are written.
    """
    return [f"{name}: {_words(of, drags.get(name), units)}" for name, of in found.items()]


def _words(of: Fluctuation, drag: Value | None, units: UnitStyle) -> str:
    if drag is None and of.drag is None:
        B = units.force**2 * units.time
        unit = f"({units.energy_unit}/{units.length_unit})²·{units.time_unit}"
        return f"noise of intensity ζkT = {_shown(of.intensity, 1 / B)} {unit}"
    parts = [] if drag is not None and drag[1] == 0 else [_friction(of, drag, units)]
    return "; ".join([*parts, _temperature(of, drag, units)])


def _friction(of: Fluctuation, drag: Value | None, units: UnitStyle) -> str:
    """γ = ζ/m: the value to take, and what the other way gives."""
    kelvins, rate = of.drag, units.time / of.mass
    by_noise, by_formula = "by noise and velocities, as in equilibrium", "by the formula"
    unit = f"per {units.time_unit}"
    if drag is None:
        assert kelvins is not None
        return f"friction γ = {_shown(kelvins, rate)} {unit} {by_noise}"
    if kelvins is None:
        return f"friction γ = ζ/m = {_shown(drag, rate)} {unit} {by_formula}"
    apart = abs(drag[0] - kelvins[0]) / np.hypot(drag[1], kelvins[1])
    if apart > ALIKE:
        return (
            f"friction γ = ζ/m = {_shown(drag, rate)} {unit} {by_formula}; {by_noise} it would be "
            f"{_shown(kelvins, rate)}, {apart:.2g} standard errors away: the particles have not the temperature of the "
            "bath, or frames are too far apart to tell its noise"
        )
    pairs = [(kelvins, by_noise), (drag, by_formula)]
    (best, way), (other, other_way) = sorted(pairs, key=lambda pair: pair[0][1])
    return f"friction γ = ζ/m = {_shown(best, rate)} {unit} {way} ({_shown(other, rate)} {other_way})"


def _temperature(of: Fluctuation, drag: Value | None, units: UnitStyle) -> str:
    """Temperature by the velocities, and by the noise with the friction that was found or given."""
    kelvin, unit = 1 / (units.boltzmann * units.energy), units.temperature_unit
    ways = []
    if of.kinetic is not None:
        ways.append(f"{_shown(of.kinetic, kelvin)} {unit} by the velocities")
    if drag is not None:
        which = "friction" if drag[1] == 0 else "the formula's friction"
        ways.append(f"{_shown(of.temperature(drag), kelvin)} {unit} by the noise and {which}")
    return f"temperature {', '.join(ways)}"


def _shown(value: Value, factor: float) -> str:
    return with_error(value[0] * factor, value[1] * factor)
