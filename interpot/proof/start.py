"""How to run again what a trajectory shows: its first frame as the start, its steps as the dynamics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import ase.data
import numpy as np

from interpot.errors import InterpotError
from interpot.proof.observables.energies import kinetic_temperature
from interpot.records import Dynamics, Frame, Trajectory
from interpot.trajectory.readers.lammps_dump import UNTOLD_ELEMENT
from interpot.units import UnitStyle

_TIMES_ROUNDED = 1e-3  # relative difference of intervals that the rounding of a file's times explains


@dataclass(frozen=True, slots=True)
class Schedule:
    """Timestep (units of the style), number of steps and steps between two frames."""

    timestep: float
    steps: int
    every: int


def start_frame(
    trajectory: Trajectory, masses: Mapping[str, float] | None = None, temperature: float | None = None
) -> Frame:
    """Return the first frame, with masses, ready to be run.

    Parameters
    ----------
    masses
        By species, in mass units of the style; they override those of the file. Without either, species that
        are named as chemical elements have the elements' masses, unless the name is only LAMMPS's default.
    temperature
        Of velocities to be drawn, where the frame has none.

    Raises
    ------
    InterpotError
        No masses, or no velocities and no temperature.
    """
    frame = next(iter(trajectory), None)
    if frame is None:
        raise InterpotError("the reference holds no frames: expected at least one")
    if frame.velocities is None and temperature is None:
        raise InterpotError(
            f"{frame.source} frame {frame.index} holds no velocities to start from: give --temperature "
            "(temperature= in Python) at which they are drawn, or record them (vx vy vz)"
        )
    elements = UNTOLD_ELEMENT not in getattr(trajectory, "remarks", ())
    return _with_masses(frame, masses or {}, trajectory.units, elements)


def _with_masses(frame: Frame, given: Mapping[str, float], units: UnitStyle, elements: bool) -> Frame:
    unknown = sorted(set(given) - set(frame.species))
    if unknown:
        raise InterpotError(
            f"masses were given for {', '.join(unknown)}: the species of {frame.source} are "
            f"{', '.join(frame.species)}"
        )
    if frame.masses is not None and not given:
        return frame
    table = np.array([_mass(frame, kind, given, units, elements) for kind in range(len(frame.species))])
    return replace(frame, masses=table[frame.kinds])


def _mass(frame: Frame, kind: int, given: Mapping[str, float], units: UnitStyle, elements: bool) -> float:
    """Mass of a species in amu: given, else the file's, else the element's if names are `elements`."""
    name = frame.species[kind]
    if name in given:
        return given[name] * units.mass
    of_kind = frame.kinds == kind
    if frame.masses is not None and of_kind.any():
        return float(frame.masses[of_kind][0])
    number = ase.data.atomic_numbers.get(name, 0)
    if elements and units.name != "lj" and number > 0:
        return float(ase.data.atomic_masses[number])
    raise InterpotError(
        f"the mass of '{name}' in {frame.source} is unknown: give --masses {name}=... (masses= in Python), or record "
        "them"
    )


def schedule(
    trajectory: Trajectory,
    timestep: float | None = None,
    steps: int | None = None,
    every: int | None = None,
) -> Schedule:
    """Find out with which steps a trajectory was made; what is given is not looked for.

    Parameters
    ----------
    timestep
        Time units of the style.
    steps, every
        Number of steps, and between two recorded frames.

    Raises
    ------
    InterpotError
        The frames do not tell, are unevenly spaced, or contradict what is given.
    """
    marks = [(frame.step, frame.time) for frame in trajectory]
    numbers = [step for step, _ in marks if step is not None]
    times = [time / trajectory.units.time for _, time in marks if time is not None]
    name = ", ".join(map(str, trajectory.sources))
    if len(marks) < 2:
        raise InterpotError(f"{name} holds {len(marks)} frames: two are the least that can be run again")
    if every is None:
        every = _stride(numbers, times, len(marks), timestep, name)
    if timestep is not None and len(times) == len(marks):
        _check_timestep(timestep, every, (times[-1] - times[0]) / (len(marks) - 1), numbers, trajectory)
    if timestep is None:
        if len(times) < len(marks):
            raise InterpotError(
                f"{name} does not tell its timestep (ITEM: TIME in a LAMMPS dump): give --timestep "
                "(timestep= in Python)"
            )
        span = numbers[-1] - numbers[0] if len(numbers) == len(marks) else every * (len(marks) - 1)
        timestep = float(f"{(times[-1] - times[0]) / span:.9g}")  # files round their times
    return Schedule(timestep, (len(marks) - 1) * every if steps is None else steps, every)


def _check_timestep(
    timestep: float, every: int, interval: float, numbers: list[int], trajectory: Trajectory
) -> None:
    """Refuse a timestep with which frames would be recorded at other intervals than the file says it was."""
    gap = numbers[1] - numbers[0] if len(numbers) > 1 else every
    own = interval / gap
    if min(abs(timestep / own - 1), abs(timestep * every / interval - 1)) < _TIMES_ROUNDED:
        return
    name, unit = ", ".join(map(str, trajectory.sources)), trajectory.units.time_unit
    raise InterpotError(
        f"--timestep {timestep:g} contradicts {name}, whose frames are {gap} steps of {own:.6g} {unit} apart: leave "
        f"it out, or give --every as well, so that frames are {interval:.6g} {unit} apart"
    )


def check_state(
    ensemble: str,
    temperature: float | None,
    pressure: float | None,
    frames: Sequence[Frame],
    units: UnitStyle,
) -> None:
    """Refuse an ensemble without its temperature or pressure, or a pressure without use.

    Parameters
    ----------
    frames
        Of the reference, whose mean temperature is what will be wanted.

    Raises
    ------
    InterpotError
        With the option that mends it.
    """
    if ensemble != "npt" and pressure is not None:
        raise InterpotError(
            f"--pressure {pressure:g} was given, but the ensemble {ensemble} holds no pressure: leave it out, or give "
            "--ensemble npt"
        )
    if ensemble in ("nvt", "npt") and temperature is None:
        known = [t for t in (kinetic_temperature(frame, units) for frame in frames) if t is not None]
        likely = f" {np.mean(known):.4g}, the mean of the reference" if known else ""
        raise InterpotError(
            f"a thermostat (--ensemble {ensemble}) needs a temperature: give --temperature{likely} (temperature= in "
            "Python)"
        )
    if ensemble == "npt" and pressure is None:
        raise InterpotError(
            f"--ensemble npt needs a pressure: give --pressure (pressure= in Python) in {units.pressure_unit}, that of "
            "the reference"
        )


def _stride(numbers: list[int], times: list[float], frames: int, timestep: float | None, name: str) -> int:
    """Return the steps between two frames, from their step numbers, else from their times."""
    if len(numbers) < frames:
        if len(times) < frames or timestep is None:
            raise InterpotError(
                f"{name} does not number its steps: give --timestep and --every, the steps between two frames "
                "(timestep=, every= in Python)"
            )
        numbers = [round(time / timestep) for time in times]
    gaps = np.diff(numbers)
    if gaps.min() < 1 or np.ptp(gaps) > 0:
        raise InterpotError(
            f"the frames of {name} are {gaps.min()} to {gaps.max()} steps apart: expected one even spacing; "
            "choose such a range with --frames"
        )
    return int(gaps[0])


def dynamics(
    plan: Schedule,
    ensemble: str,
    temperature: float | None,
    pressure: float | None = None,
    seed: int | None = None,
) -> Dynamics:
    """Return the dynamics of a repetition: no equilibration, as the start is the reference's own."""
    made = Dynamics(
        timestep=plan.timestep,
        steps=plan.steps // plan.every * plan.every,
        every=plan.every,
        ensemble=ensemble,
        temperature=temperature,
        pressure=pressure,
    )
    return made if seed is None else replace(made, seed=seed)
