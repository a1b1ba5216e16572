"""What stood for the force, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from interpot.report.words import short
from interpot.trajectory.motion import RECORDED, Motion, motion_of
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

_WEAK = (
    "Relative error ‖⟨F⟩(model) − ⟨F⟩({0})‖ / ‖⟨F⟩({0})‖ of the rows of the weak form: ⟨F⟩ are averages of the force "
    "on a particle over windows, made independent where they overlap; not the error of the force at an instant."
)
_NOISY = (
    "the noise of the heat bath in {} is left over by every function, so that errors near 1 are no fault."
)
ERRORS = {
    "recorded": "Relative force error ‖F(model) − F(recorded)‖ / ‖F(recorded)‖.",
    "momenta": _WEAK.format("momenta"),
    "positions": _WEAK.format("positions"),
    "langevin-forces": "Relative force error ‖F(model) − F(recorded)‖ / ‖F(recorded)‖, friction in F(model); "
    + _NOISY.format("F(recorded)"),
    "langevin-momenta": "Relative error ‖F(model) − dp/dt‖ / ‖dp/dt‖, friction in F(model), dp/dt from momenta of "
    "successive frames; " + _NOISY.format("dp/dt"),
    "langevin-positions": "Relative error ‖F(model) − m d²q/dt²‖ / ‖m d²q/dt²‖, friction in F(model), d²q/dt² from "
    "positions of successive frames; " + _NOISY.format("d²q/dt²"),
    "overdamped": "Relative error ‖F(model) − ζ dq/dt‖ / ‖ζ dq/dt‖, dq/dt from positions of successive frames; "
    + _NOISY.format("dq/dt"),
}
"""Target → what the error of a fit is the error of."""


def motion_behind(provenance: Mapping[str, Any]) -> Motion:
    """The motion that a statistic or a potential comes from, by its provenance; recorded forces unless it says so."""
    return motion_of(provenance.get("target", RECORDED.target))


def told(motion: Motion, units: UnitStyle, spacing: float | None = None) -> str:
    """Say what stood for the force: "force from positions, windows of ±6 frames (60 fs)".

    Parameters
    ----------
    motion
        Settled, in internal units, as a statistic's provenance has it (`interpot.trajectory.motion.motion_of`).
    units
        In which it is said.
    spacing
        Time between two of the frames that were used, internal units, where it is known.
    """
    parts = [SOURCES.get(motion.target, motion.target)]
    if motion.width:
        reach = _windows if motion.dynamics == "newton" else _ahead
        parts.append(reach(motion, spacing, units))
    if motion.substeps is not None and motion.substeps > 1:
        parts.append(f"on the path at {motion.substeps} places per interval")
    if motion.timestep is not None:
        parts.append(f"steps of {time_text(motion.timestep, units)}")
    if motion.noise:
        parts.append(f"positions uncertain by {short(motion.noise / units.length)} {units.length_unit}")
    if motion.thermostat == "global":
        parts.append("freed of a thermostat that scales all momenta alike")
    if motion.drag:
        rate = units.mass / units.time
        drags = ", ".join(f"{short(drag / rate)} ({name})" for name, drag in motion.drag.items())
        parts.append(f"ζ = {drags} in units of mass/time")
    return ", ".join(parts)


def _windows(motion: Motion, spacing: float | None, units: UnitStyle) -> str:
    """Widths of the test functions, and how long they are where the time between frames is known."""
    frames = " and ".join(f"±{width}" for width in motion.width)
    words = "windows of three frames" if motion.width == (1,) else f"windows of {frames} frames"
    if spacing is None:
        return words
    times = " and ".join(f"±{time_text(width * spacing, units)}" for width in motion.width)
    return f"{words} ({times})"


def _ahead(motion: Motion, spacing: float | None, units: UnitStyle) -> str:
    """Over how many frames the one-sided derivatives of stochastic dynamics reach."""
    most = max(motion.width)
    time = "" if spacing is None else f" ({time_text(most * spacing, units)})"
    return f"over {most} frame{'s' * (most > 1)} ahead{time}"


def time_text(value: float, units: UnitStyle) -> str:
    """Write a time; femtoseconds where picoseconds would be too long."""
    time = value / units.time
    if units.time_unit == "ps" and time < 0.5:
        return f"{short(1e3 * time)} fs"
    return f"{short(time)} {units.time_unit}"
