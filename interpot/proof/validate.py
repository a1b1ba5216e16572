"""The proof: run the found potential beside the reference from the same start, and compare what they do."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from interpot.comparison import Comparison, ForceCheck, StateCheck
from interpot.errors import InterpotError
from interpot.formula.continuation import continued
from interpot.formula.potential import Potential
from interpot.proof.checks import check_axes, check_charges, check_distinct, check_species
from interpot.proof.domain import check_overlap
from interpot.proof.elsewhere import OWN_FRAMES, elsewhere, on_own_frames, on_trajectory
from interpot.proof.engines import engine as start_engine
from interpot.proof.expectation import judge_forces
from interpot.proof.forces import FORCE_FRAMES, check_forces, compare_forces, evenly_spaced
from interpot.proof.observables.recorded import Recorded, thinned
from interpot.proof.reference_log import logged
from interpot.proof.start import check_state, dynamics, schedule, start_frame
from interpot.proof.verdict import observables
from interpot.proof.walls import check_walls, motions, trajectory_of
from interpot.records import (
    Dynamics,
    FloatArray,
    Frame,
    MdRun,
    Piston,
    Progress,
    ReferenceModel,
    Trajectory,
    Wall,
)
from interpot.units import UnitStyle

__all__ = ["check_forces", "compare", "validate"]

# Frames kept for g(r), whose pairs are dear, while neighbouring frames tell nearly the same; fewer of a large
# system, where one frame tells more and weighs more.
_FRAMES, _FEWEST, _PARTICLES = 200, 20, 2_000_000


def validate(
    potential: Potential,
    reference: Trajectory | MdRun,
    *,
    engine: str = "lammps",
    timestep: float | None = None,
    steps: int | None = None,
    every: int | None = None,
    ensemble: str = "nve",
    temperature: float | None = None,
    folder: str | Path | None = None,
    label: str = "validation",
    masses: Mapping[str, float] | None = None,
    pressure: float | None = None,
    truth: ReferenceModel | None = None,
    unseen: Sequence[Trajectory] = (),
    seed: int | None = None,
    charges: Mapping[str, float] | None = None,
    axes: tuple[int, ...] | None = None,
    log: str | Path | None = None,
    walls: Sequence[str | Wall] = (),
    piston: Piston | None = None,
    progress: Progress | None = None,
    progress_elsewhere: Progress | None = None,
) -> Comparison:
    """Run a found potential as the reference was run, from the same start, and compare.

    Parameters
    ----------
    potential
        What was found; any unit style.
    reference
        A user's trajectory, or a run that an engine made. Its first frame is the start.
    engine
        A row of `interpot.proof.engines.ENGINES`.
    timestep, steps, every
        Of the reference, in its units; None takes them from the step numbers and times of its frames.
    ensemble, temperature
        "nve", "nvt" or "npt" at `temperature` (units of the reference). A temperature is also that of velocities
        to be drawn where the reference holds none.
    folder
        Where the run is kept; None makes one in the system's temporary folder (see ``runs["found"]``).
    label
        Names its files.
    masses
        By species, in mass units of the reference, where its file has none and its species are no elements.
    pressure
        For "npt", in units of the reference.
    truth
        What made the reference. With it, forces are compared on frames of the found potential's own run, and at other
        temperatures and densities, too.
    unseen
        Trajectories with forces, on which forces are compared, too: of other states, or kept apart from the fit.
    seed
        Of velocities that are drawn, and of the thermostat.
    charges, axes
        As `compare` takes them.
    log
        LAMMPS log of the reference, for the energies and the pressure that its trajectory does not hold.
    walls
        Of a reference that is a run, as `interpot.read` takes them; its series tell where they were, if they have them.
        A trajectory has been read with its walls. They move in the found potential's run as they do in the reference.
    piston
        The wall that is free to move in that run.
    progress, progress_elsewhere
        Called with the steps done and their total: of this run, and of those of the truth in other states.

    Returns
    -------
    Comparison
        In the units of the reference.

    Raises
    ------
    InterpotError
        The species differ, masses, velocities or the timestep are unknown, or the run blows up.
    """
    potential = potential.conservative  # friction is the thermostat's
    observed = trajectory_of(reference, walls=walls)
    start = start_frame(observed, masses, temperature)
    check_species(potential, start)
    check_walls(potential, start)
    few = _with_masses_of(start, evenly_spaced(observed, _FEWEST))
    check_overlap(potential, few)
    check_state(ensemble, temperature, pressure, few, observed.units)
    plan = dynamics(schedule(observed, timestep, steps, every), ensemble, temperature, pressure, seed)
    plan = replace(plan, walls=motions(observed), piston=piston)
    thermo = None if log is None else logged(log, observed, plan.timestep)
    where = Path(tempfile.mkdtemp(prefix="interpot-validation-")) if folder is None else Path(folder)
    for suffix in ("lammpstrj", "npz"):  # what the engines write
        check_distinct(observed, where / f"{label}.{suffix}")
    program, used = start_engine(engine), continued(potential)
    # what may be wrong with the rest is told before the run
    check_charges(charges or {}, start)
    check_axes(axes or (), start)
    states = [on_trajectory(used, trajectory) for trajectory in unseen]
    if truth is not None:
        start_engine(truth.engine).evaluate(truth, start, observed.units)
    run = program.run(used, start, plan, observed.units, where, label, progress)
    made = compare(
        used,
        reference,
        run,
        engine=program.version(),
        ensemble=ensemble,
        charges=charges,
        axes=axes,
        thermo=thermo,
        walls=walls,
    )
    slower = np.nan
    if truth is not None:
        states += _against(truth, used, run, start, plan, progress_elsewhere)
        if isinstance(reference, MdRun) and truth.engine == engine:
            slower = _per_step(run) / _per_step(reference)
    return replace(made, elsewhere=tuple(states), slower=slower)


def _per_step(run: MdRun) -> float:
    """Wall time of a step of the recorded part."""
    return run.seconds / max(float(run.thermo["step"][-1] - run.thermo["step"][0]), 1.0)


def _against(
    truth: ReferenceModel,
    potential: Potential,
    run: MdRun,
    start: Frame,
    plan: Dynamics,
    progress: Progress | None,
) -> Iterator[StateCheck]:
    """Compare with the truth on the frames of the potential's own run, and in other states."""
    program = start_engine(truth.engine)
    frames = evenly_spaced(trajectory_of(run, start.surfaces, start.dimension), FORCE_FRAMES)
    if truth.recorded:
        words = "the reference moves its walls itself, so that it cannot say what forces it has there"
        yield StateCheck(OWN_FRAMES, None, float("nan"), float("nan"), words)
    else:
        yield on_own_frames(potential, truth, program, frames, run.units)
    yield from elsewhere(potential, truth, program, start, plan, run.units, progress)


def compare(
    potential: Potential,
    reference: Trajectory | MdRun,
    found: MdRun,
    *,
    engine: str = "",
    ensemble: str = "nve",
    charges: Mapping[str, float] | None = None,
    axes: tuple[int, ...] | None = None,
    thermo: Mapping[str, FloatArray] | None = None,
    walls: Sequence[str | Wall] = (),
) -> Comparison:
    """Compare a run of the found potential with the reference.

    Parameters
    ----------
    potential
        Checked for its forces on the reference's frames, where these hold forces.
    reference, found
        From the same start, in the same unit style; never the same file.
    engine
        Name and version of the engine that ran `found`.
    ensemble
        Of both: energy drifts are compared for "nve" only.
    charges
        By species, in charge units of the reference: conductivities are compared then.
    axes
        Along which densities and temperatures are compared (0, 1, 2); None takes the open axes of the box.
    thermo
        Time series of the reference, as `MdRun.thermo`; None takes those of a run.
    walls
        As `validate` takes them.

    Raises
    ------
    InterpotError
        Reference and found are the same file, or in different units.
    """
    observed = trajectory_of(reference, walls=walls)
    check_distinct(observed, found.trajectory)
    if observed.units != found.units:
        raise InterpotError(
            f"the reference is in units '{observed.units.name}', the run with the found potential in "
            f"'{found.units.name}': run it in the reference's"
        )
    first = next(iter(observed))
    check_species(potential, first)
    check_charges(charges or {}, first)
    check_axes(axes or (), first)
    units = observed.units
    if thermo is None:
        thermo = reference.thermo if isinstance(reference, MdRun) else {}
    common = Recorded(
        frames=_kept(observed, len(first.kinds)),
        trajectory=observed,
        units=units,
        reach=_reach(potential),
        thermo=thermo,
        ensemble=ensemble,
        charges={name: charge * units.charge for name, charge in (charges or {}).items()},
        axes=axes,
        potential=continued(potential),
    )
    repeated = trajectory_of(found, first.surfaces, first.dimension)
    own = _as_recorded(common, repeated, found.thermo)
    frames = _with_masses_of(own.first, common.frames)
    runs = {"found": found} | ({"reference": reference} if isinstance(reference, MdRun) else {})
    return Comparison(
        forces=_forces(potential, thinned(frames, FORCE_FRAMES), units),
        observables=tuple(observables(replace(common, frames=frames, interval=_interval(own)), own)),
        engine=engine,
        runs=runs,
        units=units,
    )


def _forces(potential: Potential, frames: Sequence[Frame], units: UnitStyle) -> ForceCheck | None:
    """Compare and judge the forces on the reference's frames, where these hold them."""
    if frames[0].forces is None:
        return None
    return judge_forces(compare_forces(potential, frames, units), potential, frames, units)


def _kept(trajectory: Trajectory, particles: int) -> list[Frame]:
    return evenly_spaced(trajectory, min(_FRAMES, max(_FEWEST, _PARTICLES // max(particles, 1))))


def _as_recorded(like: Recorded, trajectory: Trajectory, thermo: Mapping[str, FloatArray]) -> Recorded:
    """Return the run with the found potential, to be measured as another one."""
    frames = _kept(trajectory, like.particles)
    steps = (frames[0].step, frames[-1].step)
    length = None if steps[0] is None or steps[1] is None else steps[1] - steps[0]
    return replace(like, frames=frames, trajectory=trajectory, thermo=thermo, steps=length, kept={})


def _interval(run: Recorded) -> float | None:
    """Return the time between two frames of a run, where it tells."""
    try:
        return run.paths.spacing()
    except InterpotError:
        return None


def _reach(potential: Potential) -> float:
    """Return how far particles see each other, in Å; where they do not, how far they see the walls."""
    pairs = [c.cutoff for c in potential.channels if c.kind == "pair"]
    return max(pairs or [c.cutoff for c in potential.channels]) * potential.units.length


def _with_masses_of(run: Frame, frames: Sequence[Frame]) -> list[Frame]:
    """Give the reference's frames the masses that its repetition was run with, where they hold none."""
    if run.masses is None:
        return list(frames)
    table = {run.species[k]: m for k, m in zip(run.kinds, run.masses, strict=True)}
    return [
        f if f.masses is not None else replace(f, masses=np.array([table[f.species[k]] for k in f.kinds]))
        for f in frames
    ]
