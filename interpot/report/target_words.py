"""What stood for the force, in a sentence."""

from __future__ import annotations

from interpot.report.words import short
from interpot.trajectory.motion import Motion
from interpot.units import UnitStyle

SOURCES = {
    "recorded": "forces as recorded",
    "momenta": "force from momenta",
    "positions": "force from positions",
    "langevin-momenta": "force and friction from momenta, by what follows each instant",
    "langevin-forces": "forces as recorded, with the friction and the noise of a thermostat",
    "langevin-positions": "force and friction from positions, by what follows each instant",
    "overdamped": "force from displacements of overdamped dynamics",
}
"""Target → what is observed."""


def told(motion: Motion, units: UnitStyle) -> str:
    """Say what stood for the force: "force from positions, windows of ±6 frames (60 fs)".

    Parameters
    ----------
    motion
        Settled, in internal units, as a statistic's provenance has it (`interpot.trajectory.motion.motion_of`).
    units
        In which it is said.
    """
    parts = [SOURCES.get(motion.target, motion.target)]
    if motion.width:
        parts.append(_windows(motion, units) if motion.dynamics == "newton" else _ahead(motion))
    if motion.substeps is not None and motion.substeps > 1:
        parts.append(f"on the path at {motion.substeps} places per interval")
    if motion.timestep is not None:
        parts.append(f"steps of {_time(motion.timestep, units)}")
    if motion.noise:
        parts.append(f"positions uncertain by {short(motion.noise / units.length)} {units.length_unit}")
    if motion.drag:
        rate = units.mass / units.time
        drags = ", ".join(f"{short(drag / rate)} ({name})" for name, drag in motion.drag.items())
        parts.append(f"ζ = {drags} in units of mass/time")
    return ", ".join(parts)


def _windows(motion: Motion, units: UnitStyle) -> str:
    """Widths of the test functions, and how long they are where the interval between frames is known."""
    if motion.width == (1,):
        return "windows of three frames"
    frames = " and ".join(f"±{width}" for width in motion.width)
    if motion.interval is None:
        return f"windows of {frames} frames"
    times = " and ".join(_time(width * motion.interval, units) for width in motion.width)
    return f"windows of {frames} frames ({times})"


def _ahead(motion: Motion) -> str:
    """Over how many frames the one-sided derivatives of stochastic dynamics reach."""
    return f"over {max(motion.width)} frame{'s' * (max(motion.width) > 1)} ahead"


def _time(value: float, units: UnitStyle) -> str:
    """A time; femtoseconds where picoseconds would be too long."""
    time = value / units.time
    if units.time_unit == "ps" and time < 0.5:
        return f"{short(1e3 * time)} fs"
    return f"{short(time)} {units.time_unit}"
