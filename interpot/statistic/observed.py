"""What stands for the force, and how: what the user has not said is settled on the first frames."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Trajectory
from interpot.statistic.channels import Channel, friction_channels
from interpot.statistic.trial import SCALED, scaled_momenta, trial_width
from interpot.trajectory.checks import odd_temperature
from interpot.trajectory.flights import open_axes
from interpot.trajectory.following import Instant, follow
from interpot.trajectory.hits import hard_walls, in_part, may_have_more, watched_for_hits
from interpot.trajectory.masses import check_named
from interpot.trajectory.motion import ENDS, RECORDED, Motion
from interpot.trajectory.resampling import POINTS
from interpot.trajectory.sampling import undersampled
from interpot.trajectory.targets import TARGETS, target_rows
from interpot.trajectory.targets.choice import choose
from interpot.trajectory.targets.denoise import estimate_noise
from interpot.trajectory.targets.overdamped import drag_remarks, with_drag
from interpot.trajectory.unwrapping import same_box
from interpot.units import UnitStyle

_log = logging.getLogger("interpot")

FRAMES = 32
"""That tell how fast particles are."""

PILOT_PARTICLES, PILOT_FRAMES = 60_000, (100, 400)
"""The first frames, on which the windows are settled, hold so many particles, but are no fewer nor more than that."""

MOST_PARTS = 8
"""Into which the time between two frames is divided: the passes take as many times longer."""

PARTS_UNTOLD = 5
"""The same where nothing tells the time step of the integrator."""

NEGLIGIBLE = 1e-5
"""Noise of positions below this fraction of the shortest cutoff is none: rounding of files, mostly."""


HOPELESS = 0.1
"""Noise of positions above this fraction of the shortest cutoff leaves nothing of the forces."""

MANY = 0.5
"""Part of the rows: hard walls that cost more ask for narrower windows."""

_OF_SOME = ("width", "substeps", "noise", "drag", "thermostat")
_WEAK = ("width", "substeps", "noise", "thermostat")
_USED = {
    "recorded": (),
    "positions": _WEAK,
    "momenta": _WEAK,
    "overdamped": ("width", "drag"),
    "langevin-forces": (),
}
"""Target → which of the options that only some have play a part in it; one not named has `width`."""


@dataclass(frozen=True, slots=True)
class Observed:
    """How the force is taken from the data.

    Attributes
    ----------
    motion
        Settled, in internal units.
    remarks
        What was found on the way, a sentence each.
    """

    motion: Motion
    remarks: tuple[str, ...] = ()

    def said(self, remarks: Sequence[str]) -> Observed:
        """The same with what was found after."""
        return replace(self, remarks=(*self.remarks, *remarks))


def with_friction(frames: Trajectory, channels: Sequence[Channel], motion: Motion) -> tuple[Channel, ...]:
    """Add friction to the channels where the dynamics has it and they do not; `motion` is settled."""
    if motion.dynamics != "langevin" or any(channel.kind == "friction" for channel in channels):
        return tuple(channels)
    rows = islice(target_rows(frames, motion, frames.units, lambda _: None), FRAMES)
    moving = (frame for windows in rows for frame in windows.frames)
    return (*channels, *friction_channels(moving, frames.units))


def observe(frames: Trajectory, channels: Sequence[Channel], motion: Motion) -> Observed:
    """Settle what is open in a motion: target, noise, substeps and widths.

    Raises
    ------
    InterpotError
        The data have nothing that could stand for the force, or a mass is given for a species that they do not have.
    """
    asked = motion.internal(frames.units)
    asked = replace(asked, target=choose(frames, asked))
    species = sorted({name for channel in channels for name in channel.species})
    check_named(asked.masses, species)
    check_named(asked.drag, species, "drag")
    asked, remarks = _without_idle(asked)
    if asked.target in ("recorded", "momenta") and (odd := odd_temperature(next(iter(frames)), frames.units)):
        _log.warning(odd)  # now, while there is time to stop
        remarks.append(odd)
    if asked.target == "recorded":
        return Observed(RECORDED, tuple(remarks))
    if asked.target == "overdamped":
        settled = with_drag(asked, species, frames.units)
        return Observed(settled, (*remarks, *drag_remarks(settled, frames.units)))
    try:
        first = _first_instants(frames, asked)
    except InterpotError as error:
        if motion.target != "auto":
            raise
        raise InterpotError(
            f"there are no force columns (fx fy fz), and from {asked.target} forces cannot be had: {error}"
        ) from None
    if asked.target in ("positions", "momenta"):
        asked = replace(asked, hard=_hard(frames, asked, first))
        remarks += in_part(first[0].frame, asked.hard) if first else []
        first = list(watched_for_hits(first, asked))
    if sentence := undersampled(first, frames.units):
        if motion.target == "auto":
            raise InterpotError(f"{sentence}; --target {asked.target} goes on all the same")
        remarks.append(sentence)
    if asked.dynamics == "langevin":
        return Observed(_with_timestep(asked, first), tuple(remarks))
    return _windows_settled(frames, channels, asked, first, remarks)


def _without_idle(motion: Motion) -> tuple[Motion, list[str]]:
    """Leave out options that have no part in the target, and say so."""
    usual, used = Motion(), _USED.get(motion.target, ("width",))
    idle = [name for name in _OF_SOME if name not in used and getattr(motion, name) != getattr(usual, name)]
    if not idle:
        return motion, []
    named = ", ".join(f"--{name}" for name in idle)
    said = f"the target is {motion.target}, in which {named} {'has' if len(idle) == 1 else 'have'} no part"
    return replace(motion, **{name: getattr(usual, name) for name in idle}), [said]


def _first_instants(frames: Trajectory, motion: Motion) -> list[Instant]:
    """The first frames, followed."""
    least, most = PILOT_FRAMES
    first: list[Instant] = []
    particles = 0
    for instant in follow(frames, motion, frames.units, lambda _: None):
        if len(first) >= most or (len(first) >= least and particles >= PILOT_PARTICLES):
            break
        first.append(instant)
        particles += len(instant.path)
    return first


def _hard(frames: Trajectory, motion: Motion, first: Sequence[Instant]) -> dict[str, float | None]:
    """Hard walls that the user gave, and those of the first frames, or of more of them where hits were too few."""
    if first and (closed := [n for n in motion.hard if ENDS[n][0] not in open_axes(first[0].frame)]):
        raise InterpotError(
            f"the hard wall {closed[0]} was given, but the box of '{first[0].frame.source}' is periodic along "
            f"{closed[0][0]}: expected a wall across an open axis"
        )
    walls = hard_walls(first, motion)
    if may_have_more({**walls, **motion.hard}, first):
        walls |= hard_walls(follow(frames, motion, frames.units, lambda _: None), motion)
    return walls | {
        name: place for name, place in motion.hard.items() if place is not None or name not in walls
    }


def _windows_settled(
    frames: Trajectory, channels: Sequence[Channel], motion: Motion, first: list[Instant], remarks: list[str]
) -> Observed:
    """Settle what a weak form needs: noise, places between frames, widths."""
    if motion.noise is None:
        motion, told = _with_noise(motion, first, min(channel.cutoff for channel in channels), frames.units)
        remarks += told
    if motion.target == "positions":
        remarks += _heat(motion, first, frames.units)
    motion = _with_timestep(motion, first)
    if motion.substeps is None:
        parts = _substeps(motion, first)
        motion = replace(motion, substeps=parts)
        if parts > 1:
            remarks.append(
                f"forces are evaluated on the path between frames, too: at {parts} places per interval"
            )
    if motion.timestep is None:
        remarks.append(
            "the step of the integrator is not known: with --timestep the equation would be its own"
        )
    motion, told = _with_thermostat(motion, channels, first, frames.units)
    remarks += told
    if not motion.width:
        width, why = trial_width(first, channels, motion, frames.units)
        motion = replace(motion, width=(width,))
        remarks.append(why)
    return Observed(motion, (*remarks, *_left_out(first, motion)))


def _left_out(first: Sequence[Instant], motion: Motion) -> list[str]:
    """Say which hard walls turned particles back, and how many rows they cost."""
    if not motion.hard:
        return []
    rows = lost = 0
    for windows in TARGETS[motion.target].load()(first, motion):
        rows += windows.targets.shape[0] * windows.targets.shape[1]
        lost += 0 if windows.left_out is None else windows.targets.shape[0] * int(windows.left_out.sum())
    which = f"the hard wall {next(iter(motion.hard))}" if len(motion.hard) == 1 else "the hard walls "
    which += ", ".join(motion.hard) if len(motion.hard) > 1 else ""
    advice = "; a smaller --width would leave out fewer" if lost > MANY * rows else ""
    return [
        f"particles that hit {which} are left out of the windows in which they do: {100 * lost / rows:.3g} % of the "
        f"rows of the first {len(first)} frames{advice}"
    ]


def _with_thermostat(
    motion: Motion, channels: Sequence[Channel], first: Sequence[Instant], units: UnitStyle
) -> tuple[Motion, list[str]]:
    """Settle whether the rows are to be freed of a thermostat, and say so."""
    if motion.thermostat == "none":
        return motion, []
    gain = scaled_momenta(first, channels, motion, units)
    if motion.thermostat == "global":
        if np.isnan(gain):
            raise InterpotError(
                f"'{first[0].frame.source}' has too few particles or frames to free the forces of a thermostat whose "
                "factor is unknown at every frame: expected some ten particles, or --thermostat none"
            )
        return motion, []
    if not gain > SCALED:
        return replace(motion, thermostat="none"), []
    return replace(motion, thermostat="global"), [
        "all momenta are scaled alike, as a Nosé-Hoover, Berendsen or velocity-rescaling thermostat or a barostat does "
        f"(an unknown factor in every window explains {gain:.2g} times more than chance): the fit is freed of it"
    ]


def _with_timestep(motion: Motion, first: Sequence[Instant]) -> Motion:
    """Take the integrator's step from times and step numbers of the file, where the user has not told it."""
    if motion.timestep is not None:
        return motion
    steps = [
        (after.time - before.time) / after.steps
        for before, after in pairwise(first)
        if not after.begins and after.steps
    ]
    return replace(motion, timestep=float(np.median(steps))) if steps else motion


def measured(frames: Trajectory, motion: Motion) -> dict[str, float]:
    """What the first frames tell of a motion that is settled, for provenance, internal units.

    "spacing" is the usual time between two frames, "thermal energy" kT by the displacements, in Newton's dynamics.
    What they do not tell is left out.
    """
    first = _first_instants(frames, motion)
    apart = [after.time - before.time for before, after in pairwise(first) if not after.begins]
    told = {"spacing": float(np.median(apart))} if apart else {}
    if motion.dynamics == "newton" and np.isfinite(thermal := _thermal_energy(motion, first)):
        told["thermal energy"] = thermal
    return told


def _heat(motion: Motion, first: Sequence[Instant], units: UnitStyle) -> list[str]:
    """Say how hot the particles are by their displacements: a wrong time step shows in nothing else."""
    temperature = _thermal_energy(motion, first) / units.energy / units.boltzmann
    if not np.isfinite(temperature):
        return []
    return [
        f"by masses, times and displacements the temperature is {temperature:.3g} {units.temperature_unit}: if the "
        "run's was another, the time step is wrong"
    ]


def _thermal_energy(motion: Motion, first: Sequence[Instant]) -> float:
    """Return <m d²>/Δ² per dimension, less 2σ² of the errors of both ends; a little too low if frames are far apart."""
    energies: list[float] = []
    for before, after in pairwise(first):
        if after.begins or not len(after.path):
            continue
        dimension = after.frame.dimension
        moved = (after.path - before.path)[:, :dimension]
        square = after.masses[:, None] * (moved**2 - 2 * (motion.noise or 0.0) ** 2)
        energies.append(float(square.mean()) / (after.time - before.time) ** 2)
    return float(np.mean(energies)) if energies else float("nan")


def _with_noise(
    motion: Motion, first: Sequence[Instant], cutoff: float, units: UnitStyle
) -> tuple[Motion, list[str]]:
    """Estimate the error of the positions, and say how large it is."""
    found = [noise.deviation for noise in estimate_noise(first).values() if noise.seen]
    deviation = float(np.sqrt(np.mean(np.square(found)))) if found else 0.0
    if deviation < NEGLIGIBLE * cutoff:
        return replace(motion, noise=0.0), []
    if deviation > HOPELESS * cutoff:
        raise InterpotError(
            f"the positions in '{first[0].frame.source}' jump by {deviation / units.length:.3g} {units.length_unit} at "
            f"random from frame to frame, which is more than {HOPELESS:g} of the cutoff and hides all forces: expected "
            "the same particles in the same order (or with their ids), in frames close in time"
        )
    return replace(motion, noise=deviation), [
        f"the positions have errors of {deviation / units.length:.3g} {units.length_unit} (standard deviation of a "
        "coordinate, estimated from differences in time): what they add to the products of the features is taken out"
    ]


def _substeps(motion: Motion, first: Sequence[Instant]) -> int:
    """In how many parts intervals are divided: at every time step of the integrator, if these are few.

    None where positions have errors, which a path between them would only correlate, where the box changes, and where
    stretches are too short to have enough frames on both sides of most intervals.
    """
    pairs = [(before, after) for before, after in pairwise(first) if not after.begins]
    breathes = any(not same_box(before.frame.cell, after.frame.cell) for before, after in pairs)
    begins = [k for k, instant in enumerate(first) if instant.begins] + [len(first)]
    longest = max((b - a for a, b in pairwise(begins)), default=0)
    if motion.noise or breathes or longest < 4 * POINTS[motion.target == "momenta"]:
        return 1
    steps = [_steps(before, after, motion) for before, after in pairs]
    known = [step for step in steps if step is not None]
    return min(int(np.median(known)), MOST_PARTS) if known else PARTS_UNTOLD


def _steps(before: Instant, after: Instant, motion: Motion) -> int | None:
    """Steps of the integrator between two frames."""
    if motion.timestep is not None:
        return max(round((after.time - before.time) / motion.timestep), 1)
    return after.steps
