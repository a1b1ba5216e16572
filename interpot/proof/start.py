"""How to run again what a trajectory shows: its first frame as the start, its steps as the dynamics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import ase.data
import numpy as np

from interpot.errors import InterpotError
from interpot.records import Dynamics, Frame, Trajectory
from interpot.trajectory.readers.lammps_dump import UNTOLD_ELEMENT
from interpot.units import UnitStyle


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
        The frames do not tell, or are unevenly spaced.
    """
    marks = [(frame.step, frame.time) for frame in trajectory]
    numbers = [step for step, _ in marks if step is not None]
    times = [time / trajectory.units.time for _, time in marks if time is not None]
    name = ", ".join(map(str, trajectory.sources))
    if len(marks) < 2:
        raise InterpotError(f"{name} holds {len(marks)} frames: two are the least that can be run again")
    if every is None:
        every = _stride(numbers, times, len(marks), timestep, name)
    if timestep is None:
        if len(times) < len(marks):
            raise InterpotError(
                f"{name} does not tell its timestep (ITEM: TIME in a LAMMPS dump): give --timestep "
                "(timestep= in Python)"
            )
        span = numbers[-1] - numbers[0] if len(numbers) == len(marks) else every * (len(marks) - 1)
        timestep = float(f"{(times[-1] - times[0]) / span:.9g}")  # files round their times
    return Schedule(timestep, (len(marks) - 1) * every if steps is None else steps, every)


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
