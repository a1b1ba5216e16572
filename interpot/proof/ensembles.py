"""What dynamics must hold so that an engine can run them; the same for all engines."""

from __future__ import annotations

from interpot.errors import InterpotError
from interpot.records import Dynamics, Frame

ENSEMBLES = ("nve", "nvt", "npt")


def check_dynamics(dynamics: Dynamics, start: Frame) -> None:
    """Refuse dynamics that contradict themselves, or that the start does not allow.

    Raises
    ------
    InterpotError
        An unknown ensemble, a temperature or pressure that lacks, steps that are no multiple of the recorded ones, or
        an open axis at constant pressure.
    """
    _check_ensemble(dynamics, start)
    if not (dynamics.timestep > 0 and dynamics.every > 0 and dynamics.steps > 0):
        raise InterpotError(
            f"timestep {dynamics.timestep:g}, steps {dynamics.steps} and every {dynamics.every} were given: "
            "expected positive numbers"
        )
    if dynamics.steps % dynamics.every:
        raise InterpotError(
            f"{dynamics.steps} steps are no multiple of {dynamics.every}, so that the last would not be "
            "recorded: choose a multiple"
        )


def _check_ensemble(dynamics: Dynamics, start: Frame) -> None:
    if dynamics.ensemble not in ENSEMBLES:
        raise InterpotError(f"unknown ensemble '{dynamics.ensemble}': expected nve, nvt or npt")
    if dynamics.temperature is not None and not dynamics.temperature > 0:
        raise InterpotError(
            f"temperature {dynamics.temperature:g} was given (--temperature): expected a positive number"
        )
    if dynamics.temperature is None and (dynamics.ensemble != "nve" or start.velocities is None):
        lack = "a thermostat" if dynamics.ensemble != "nve" else "a start without velocities"
        raise InterpotError(f"{lack} needs a temperature: give --temperature (temperature= in Python)")
    if dynamics.ensemble != "npt":
        return
    if dynamics.pressure is None:
        raise InterpotError("constant pressure (npt) needs a pressure: give --pressure (pressure= in Python)")
    if not all(start.cell.periodic[: start.dimension]):
        raise InterpotError(
            "constant pressure (npt) needs a box that repeats in every direction: this one has an open axis"
        )
