"""Forces where the formula has not been fitted: frames of its own run, other temperatures, other densities.

The truth comes from the engine that made the reference. A formula that is right only where it was fitted shows here; so
does a state in which pairs come closer than any that was sampled, of which no fit can know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from interpot.comparison import StateCheck
from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.proof.domain import closeness
from interpot.proof.expectation import ELSEWHERE, judge_forces
from interpot.proof.forces import compare_forces, evenly_spaced
from interpot.proof.observables.energies import kinetic_temperature
from interpot.proof.observables.recorded import fills_space, thinned
from interpot.proof.walls import trajectory_of
from interpot.records import Dynamics, Engine, Frame, Progress, ReferenceModel, Trajectory
from interpot.units import UnitStyle

OWN_FRAMES = "frames of its own run"

STATES: tuple[tuple[str, float, float], ...] = (
    ("0.75 × temperature", 0.75, 1.0),
    ("1.5 × temperature", 1.5, 1.0),
    ("0.8 × density", 1.0, 0.8),
    ("1.1 × density", 1.0, 1.1),
)
"""Name, factor of the temperature and of the density of the states that are looked at."""

_EQUILIBRATION, _STEPS, _EVERY = 1000, 500, 50
_FRAMES = 10


def on_own_frames(
    potential: Potential, model: ReferenceModel, program: Engine, frames: Sequence[Frame], units: UnitStyle
) -> StateCheck:
    """Compare with the truth on frames that the potential itself has reached, which no fit has seen.

    Parameters
    ----------
    potential
        With its continuations.
    model
        The truth, in the words of `program`.
    frames
        Of the run with the potential; up to ten of them are evaluated.
    units
        Style of the run.
    """
    chosen = thinned(frames, _FRAMES)
    truth = [replace(frame, forces=program.forces(model, frame, units)) for frame in chosen]
    return on_frames(OWN_FRAMES, potential, truth, units)


def on_trajectory(potential: Potential, trajectory: Trajectory) -> StateCheck:
    """Compare on a trajectory with forces that the user gives, named after its file."""
    name = ", ".join(path.name for path in trajectory.sources)
    return on_frames(name, potential, evenly_spaced(trajectory, _FRAMES), trajectory.units)


def on_frames(name: str, potential: Potential, frames: Sequence[Frame], units: UnitStyle) -> StateCheck:
    """Compare and judge on frames that hold true forces, and count the pairs that are closer than any sampled one."""
    seen = closeness(potential, frames)
    forces = judge_forces(compare_forces(potential, frames, units), potential, frames, units, ELSEWHERE)
    remark = "" if forces.verdict == "agrees" else forces.remark
    return StateCheck(name, forces, seen.closer, seen.shortest / units.length, remark, forces.verdict)


def elsewhere(
    potential: Potential,
    model: ReferenceModel,
    program: Engine,
    start: Frame,
    dynamics: Dynamics,
    units: UnitStyle,
    progress: Progress | None = None,
) -> Iterator[StateCheck]:
    """Run the truth at other temperatures and densities, and compare the forces there.

    Parameters
    ----------
    potential
        With its continuations.
    model, program
        The truth, and the engine that knows it.
    start
        Of the reference, with velocities or a temperature in `dynamics`.
    dynamics
        Of the reference; its time step is used, and its temperature.
    units
        Style of `dynamics`.
    progress
        Called with the steps done and their total, over all states.

    Yields
    ------
    StateCheck
        One for each row of `STATES`; densities only where the box repeats in every direction. A state that the
        engine cannot run has no forces, but its words.
    """
    temperature = dynamics.temperature or kinetic_temperature(start, units)
    if not temperature:
        return
    states = [s for s in STATES if s[2] == 1.0 or fills_space(start)]
    model = replace(model, recorded=(), series={}) if model.recorded else model  # walls stand there
    each = _EQUILIBRATION + _STEPS
    for number, (name, hotter, denser) in enumerate(states):

        def report(done: int, _: int, before: int = number * each) -> None:
            if progress is not None:
                progress(before + done, each * len(states))

        plan = Dynamics(
            dynamics.timestep, _STEPS, _EVERY, "nvt", hotter * temperature, _EQUILIBRATION, dynamics.seed
        )
        try:
            with TemporaryDirectory(prefix="interpot-") as folder:
                begin = replace(compressed(start, denser), velocities=None)
                run = program.run(model, begin, plan, units, Path(folder), "elsewhere", report)
                frames = list(trajectory_of(run, begin.surfaces, start.dimension))
            yield on_frames(name, potential, frames, units)
        except InterpotError as error:
            yield StateCheck(name, None, float("nan"), float("nan"), str(error))


def compressed(frame: Frame, factor: float) -> Frame:
    """Scale a frame, box, walls and all, so that its density is `factor` times as large."""
    scale = factor ** (-1 / frame.dimension)
    cell = replace(frame.cell, vectors=frame.cell.vectors * scale, origin=frame.cell.origin * scale)
    walls = tuple(
        replace(
            s,
            position=s.position * scale,
            centre=(s.centre[0] * scale, s.centre[1] * scale, s.centre[2] * scale),
        )
        for s in frame.surfaces
    )
    positions = frame.positions * scale
    return replace(frame, positions=positions, cell=cell, surfaces=walls, unwrapped=None, forces=None)
