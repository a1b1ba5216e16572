"""From frames to the statistic, cutoffs of the reference included."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from os import PathLike
from pathlib import Path

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Trajectory
from interpot.statistic.basis import Basis
from interpot.statistic.channels import Channel
from interpot.statistic.checkpoint import begin, checkpointed_pass, complete, partial_path
from interpot.statistic.distribute import check_shareable, distributed_pass
from interpot.statistic.frame_rows import NOTHING, Wanted
from interpot.statistic.heat_bath import bath_remarks
from interpot.statistic.in_bath import in_bath
from interpot.statistic.less_noise import less_noise
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import unexplained
from interpot.statistic.observed import Observed, measured, observe, with_friction
from interpot.statistic.one_pass import Accumulator, FrameProgress, counted, one_pass, walked
from interpot.statistic.reach import beyond_all, check_cutoffs, check_cutoffs_in_reach, check_walls_in_reach
from interpot.statistic.recipe import Recipe, recipe_of, wanted_of
from interpot.statistic.recognition import recognised
from interpot.statistic.thermostat import with_heat_baths
from interpot.statistic.truncation import MOST_FRAMES, find_cutoffs
from interpot.statistic.unmet import check_sampled
from interpot.threads import one_blas_thread
from interpot.trajectory.following import follow
from interpot.trajectory.hits import watched_for_hits
from interpot.trajectory.motion import RECORDED, Motion
from interpot.trajectory.targets import TARGETS, Windows
from interpot.trajectory.targets.choice import choose
from interpot.trajectory.targets.denoise import noisier
from interpot.units import UnitStyle

TOLERATED = 1.02
"""A right cutoff spares splines and loses nothing: the variance that is left hardly grows, if at all."""

PILOT_PARTICLES = 250_000
"""The first frames, on which cutoffs are looked for, are so many that they hold this many particles: 50 MB."""

TAKEN = 2.0
"""Error of clean weak forms that passes for a function, over the error that does not: 0.3 to 1.7 was measured.

It was set to hold these, of liquid argon; so how often the form is found there is no blind test of it.
"""

TAKEN_BY_NOISE = 0.1
"""The same where positions have errors."""

NOISE_PARTICLES = 2_000_000
"""What noise does is found out on rows of so many particles in frames, those of several windows counted as often."""


def accumulate(
    frames: Trajectory,
    channels: Sequence[Channel],
    *,
    target: str | None = None,
    motion: Motion | None = None,
    cutoffs: str = "find",
    bases: Sequence[Basis] | None = None,
    energies: str | None = None,
    virials: str | None = None,
    factor: str = "gram",
    threads: int = 1,
    memory: int | None = None,
    progress: FrameProgress | None = None,
    out: str | PathLike[str] | None = None,
    resume: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
) -> Statistic:
    """Accumulate the normal equations of all channels in one pass over the frames.

    Whether the reference truncated its force below the asked cutoff is found out on the first frames (`settle`). The
    statistic's provenance says so under "remarks", where it also keeps what reading the files brought up.

    Parameters
    ----------
    frames
        `interpot.read`, or anything that can be walked again.
    channels
        What the forces may depend on: `interpot.pair_channels`.
    target
        What stands for the force, a row of `interpot.trajectory.targets.TARGETS`, or "auto", the default: recorded
        forces where the file has them, else momenta, else positions.
    motion
        What else is to be known where forces are not recorded (`interpot.Motion`): the time step, masses, dynamics.
    cutoffs
        "find" looks for truncated forces, "given" takes the channels' cutoffs as they are.
    bases
        One per channel, such as `interpot.Functions` of given callables: the textbook normal equations, solved by
        `Statistic.solve`. The channels' cutoffs are then taken as they are. Splines by default.
    energies
        "potential" adds a row for the energy of each frame, "total" subtracts the kinetic energy from it first. The
        rows are kept apart from the forces' until `interpot.weighted` puts them together; what they show of
        themselves (a constant, kinetic energy in them, an opposite sign) is among the remarks.
    virials
        "given" adds rows for the virial of each frame, "opposite" for those of the other sign, "total" subtracts the
        kinetic part first. The conventions are those of `interpot.geometry`.
    factor
        "qr" keeps the triangular factors of the rows, too: `Statistic.solve` then does not square the condition of
        the basis functions (`interpot.statistic.triangular`). It takes two to three times as long.
    threads
        How many sum up; one more reads the files. The result is the same.
    memory
        Bytes that the sums of finished blocks may take; fewer and longer blocks are kept where they would take more.
    progress
        Called with the number of frames done in the present pass.
    out
        Write the statistic there, with checkpoints on the way (``OUT.partial``).
    resume
        Go on from the checkpoint of a pass to `out` that was stopped; the result is the same bit for bit.
    workers, scheduler
        Make the pass on a Dask cluster instead: so many processes of this machine, or the cluster at this address
        (`interpot.statistic.distribute`). It keeps no checkpoints; what a dead worker held is made again.

    Raises
    ------
    InterpotError
        No frames or bad ones, a frame without an energy or virial that is wanted, a pair that never meets, a cutoff
        beyond all sampled distances.
    """
    wanted = Wanted(energies, virials, factor)
    asked = motion or Motion()
    asked = asked if target is None else replace(asked, target=target)
    if cutoffs not in ("find", "given"):
        raise InterpotError(f"cutoffs is '{cutoffs}': expected find or given")
    way = Way(None if out is None else Path(out), resume, threads, memory, workers, scheduler)
    if (way.is_kept or way.is_shared) and bases is not None:
        raise InterpotError("given functions have no file form: leave out the file and the cluster, or bases")
    way.check_free(frames)
    for frame in islice(frames, 1):
        check_cutoffs(channels, frame, frames.units)
    if way.is_kept or way.is_shared:
        recipe = recipe_of(frames, channels, motion=asked, cutoffs=cutoffs, memory=memory, wanted=wanted)
        make = _shared if way.is_shared else _kept
        return make(frames, channels, asked, recipe, way, progress)
    if bases is None:
        observed, channels = _observed(frames, channels, asked, cutoffs)
    else:
        observed = observe(frames, channels, asked)
    settled = Settled(tuple(channels))
    if cutoffs == "find" and bases is None:
        settled = settle(
            frames,
            channels,
            observed.motion,
            threads=threads,
            memory=memory,
            wanted=wanted,
            progress=progress,
        )
    statistic = settled.statistic or one_pass(
        frames, settled.channels, bases, motion=observed.motion, threads=threads, memory=memory, wanted=wanted,
        progress=progress,
    )  # fmt: skip
    return concluded(statistic, settled.said(observed.remarks), frames, wanted, observed.motion)


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """What the pass over all frames is to be made with.

    Attributes
    ----------
    channels
        With the cutoffs that were found.
    remarks
        What was found, a sentence each.
    statistic
        That of all frames, if the first frames were all.
    """

    channels: tuple[Channel, ...]
    remarks: tuple[str, ...] = ()
    statistic: Statistic | None = None

    def said(self, remarks: Sequence[str]) -> Settled:
        """The same with what was found before."""
        return replace(self, remarks=(*remarks, *self.remarks))


@one_blas_thread()
def settle(
    frames: Trajectory,
    channels: Sequence[Channel],
    motion: Motion = RECORDED,
    *,
    threads: int = 1,
    memory: int | None = None,
    wanted: Wanted = NOTHING,
    progress: FrameProgress | None = None,
) -> Settled:
    """Find out on the first frames where the reference truncated its force.

    A cutoff that is found is used if it explains the forces at least as well as the one that was asked for.
    """
    first, complete = _first_rows(frames, motion)

    def passed(candidates: Sequence[Channel]) -> Statistic:
        with closing(Accumulator(candidates, threads=threads, memory=memory, wanted=wanted)) as accumulator:
            for windows in first:
                accumulator.add(windows)
                if progress is not None:
                    progress(accumulator.frames)
            return counted(accumulator, frames, motion)

    asked = tuple(channels)
    statistic = passed(asked)
    remarks: tuple[str, ...] = ()
    found = find_cutoffs(statistic, first)
    if found:
        shorter = tuple(replace(c, cutoff=found.get(k, c.cutoff)) for k, c in enumerate(asked))
        again = passed(shorter)
        if unexplained(again) < TOLERATED * unexplained(statistic):
            statistic, remarks = again, tuple(_found_cutoffs(asked, found, frames.units))
    if motion.target == "recorded":
        remarks += tuple(bath_remarks(statistic, first, frames.units))
    return Settled(statistic.channels, remarks, statistic if complete else None)


def _first_rows(frames: Trajectory, motion: Motion) -> tuple[list[Windows], bool]:
    """Take the rows of the first frames; and whether they are all."""
    first: list[Windows] = []
    particles = 0
    for windows in walked(frames, motion):
        if len(first) == MOST_FRAMES or (len(first) > 1 and particles > PILOT_PARTICLES):
            return first, False
        first.append(windows)
        particles += len(windows.fresh) * len(windows.frames[0].positions)
    return first, True


def concluded(
    statistic: Statistic,
    settled: Settled,
    frames: Trajectory,
    wanted: Wanted = NOTHING,
    motion: Motion = RECORDED,
) -> Statistic:
    """Return the statistic of all frames with the remarks that belong to it.

    Raises
    ------
    InterpotError
        A cutoff beyond all sampled distances, a wall that nobody can reach.
    """
    check_walls_in_reach(statistic, frames)
    check_sampled(statistic, ", ".join(str(path) for path in frames.sources))
    check_cutoffs_in_reach(statistic, frames)
    if motion.noise:
        statistic, settled = _without_noise(statistic, settled, frames, motion)
    baths = with_heat_baths(statistic, frames)
    remarks = [
        *getattr(frames, "remarks", ()),
        *settled.remarks,
        *baths.pop("remarks", ()),
        *beyond_all(statistic, frames),
        *recognised(statistic, wanted),
    ]  # a file that ends within a frame comes first
    provenance = {**statistic.provenance, **baths, "remarks": list(dict.fromkeys(remarks))}
    if motion.target not in ("recorded", "langevin-forces"):
        provenance |= measured(frames, motion)
    if motion.target in ("positions", "momenta"):
        provenance["systematic"] = max(_systematic(statistic, motion), statistic.systematic)
    return replace(statistic, provenance=provenance)


def _systematic(statistic: Statistic, motion: Motion) -> float:
    """Relative error that weak forms may make in the shape of a function.

    Sums over recorded times err as the forces between them ask, not at random: what the best splines leave of clean
    data is such an error, and what they took in is taken to be no more than `TAKEN` of it. Of noisy data what is left
    is noise for the most part; there the correction of the noise, which is of first order, may err by itself.
    """
    left = float(np.sqrt(unexplained(statistic) * statistic.rows / statistic.square))
    return (TAKEN_BY_NOISE if motion.noise else TAKEN) * left


def _without_noise(
    statistic: Statistic, settled: Settled, frames: Trajectory, motion: Motion
) -> tuple[Statistic, Settled]:
    """Take out what errors of the positions add to the sums, as far as the first frames tell."""
    plain, noisy = (_some_rows(statistic, frames, motion, signs) for signs in ((0,), (1, -1)))
    corrected, size = less_noise(statistic, plain, noisy)
    corrected = replace(corrected, provenance={**corrected.provenance, "systematic": size})
    said = f"errors of the positions had made the forces smaller by about {100 * size:.2g} %: these are given back"
    return corrected, settled.said([said])


def _some_rows(statistic: Statistic, frames: Trajectory, motion: Motion, signs: Sequence[int]) -> Statistic:
    """The sums of the first rows, with further noise of the positions where there is a sign."""
    with closing(Accumulator(statistic.channels, statistic.bases)) as accumulator:
        for sign in signs:
            places = 0
            instants = follow(frames, motion, frames.units, lambda _: None)
            instants = watched_for_hits(instants, motion)
            instants = noisier(instants, motion.noise or 0.0, sign) if sign else instants
            for windows in TARGETS[motion.target].load()(instants, motion):
                accumulator.add(windows)
                places += len(windows.frames) * len(windows.frames[0].positions)
                if places >= NOISE_PARTICLES:
                    break
        return accumulator.statistic(frames.units, {})


# ---------------------------------------------------------------------------- kept on the way, and on a cluster


@dataclass(frozen=True, slots=True)
class Way:
    """Where and how a pass is made, and where its result goes; see `accumulate`."""

    out: Path | None
    resume: bool
    threads: int
    memory: int | None
    workers: int | None
    scheduler: str | None

    @property
    def is_shared(self) -> bool:
        """Whether the pass is one of a cluster."""
        return self.workers is not None or self.scheduler is not None

    @property
    def is_kept(self) -> bool:
        """Whether it keeps checkpoints."""
        return self.out is not None and not self.is_shared

    def __post_init__(self) -> None:
        if self.workers is not None and self.scheduler is not None:
            raise InterpotError("workers and a scheduler were given: expected one of them")
        if self.is_shared and self.resume:
            raise InterpotError(
                "a pass on a cluster keeps no checkpoints: leave out --resume (resume=True in Python)"
            )
        if self.is_shared and (self.threads != 1 or self.memory is not None):
            raise InterpotError(
                "threads and memory are those of a pass in one process: leave them out with workers or a "
                "scheduler"
            )
        if self.memory is not None and not isinstance(self.memory, int):
            raise InterpotError(f"memory is {self.memory!r}: expected bytes, such as 2 * 10**9")
        if self.resume and self.out is None:
            raise InterpotError("there is nothing to resume without a file: name that of the stopped pass")

    def check_free(self, frames: Trajectory) -> None:
        """Refuse to write over anything that is there: a trajectory, say, or what took a day."""
        if self.out is not None and not self.resume and self.out.exists():
            data = any(self.out.samefile(path) for path in frames.sources if path.exists())
            what = "one of the trajectories" if data else "there already"
            raise InterpotError(f"'{self.out}' is {what}: name another output, or delete it")


def _kept(
    frames: Trajectory,
    channels: Sequence[Channel],
    asked: Motion,
    recipe: Recipe,
    way: Way,
    progress: FrameProgress | None,
) -> Statistic:
    """Make a pass that can be resumed, or go on with one, in the motion and the channels that it was begun with."""
    assert way.out is not None
    begun = begin(way.out, recipe, way.resume)
    if isinstance(begun, Statistic):
        return begun
    if begun is not None:
        motion, settled = begun.motion, Settled(begun.statistic.channels, begun.settled)
    else:
        motion, settled = _settled(frames, channels, asked, recipe, way, progress)
    statistic = settled.statistic or checkpointed_pass(
        frames,
        settled.channels,
        partial_path(way.out),
        recipe,
        motion,
        settled.remarks,
        begun,
        threads=way.threads,
        progress=progress,
    )
    statistic = _with_recipe(concluded(statistic, settled, frames, wanted_of(recipe), motion), recipe)
    complete(statistic, way.out)
    return statistic


def _shared(
    frames: Trajectory,
    channels: Sequence[Channel],
    asked: Motion,
    recipe: Recipe,
    way: Way,
    progress: FrameProgress | None,
) -> Statistic:
    """Make a pass on a cluster; the first frames are looked at here."""
    check_shareable(choose(frames, asked))  # before minutes are spent on settling windows
    motion, settled = _settled(frames, channels, asked, recipe, way, progress)
    statistic, met = distributed_pass(
        frames,
        settled.channels,
        motion=motion,
        workers=way.workers,
        scheduler=way.scheduler,
        wanted=wanted_of(recipe),
        progress=progress,
    )
    settled = replace(settled, remarks=(*met, *settled.remarks))
    statistic = _with_recipe(concluded(statistic, settled, frames, wanted_of(recipe), motion), recipe)
    if way.out is not None:
        statistic.save(way.out)
    return statistic


def _settled(
    frames: Trajectory,
    channels: Sequence[Channel],
    asked: Motion,
    recipe: Recipe,
    way: Way,
    progress: FrameProgress | None,
) -> tuple[Motion, Settled]:
    """Settle on the first frames what the pass is to be made with."""
    observed, channels = _observed(frames, channels, asked, recipe["cutoffs"])
    settled = Settled(channels)
    if recipe["cutoffs"] == "find":
        settled = settle(
            frames, channels, observed.motion, threads=way.threads, memory=way.memory, wanted=wanted_of(recipe),
            progress=progress,
        )  # fmt: skip
    return observed.motion, settled.said(observed.remarks)


def _observed(
    frames: Trajectory, channels: Sequence[Channel], asked: Motion, cutoffs: str
) -> tuple[Observed, tuple[Channel, ...]]:
    """Settle what stands for the force, and the channels that go with it."""
    observed = in_bath(frames, channels, asked, observe(frames, channels, asked), always=cutoffs == "given")
    return observed, with_friction(frames, channels, observed.motion)


def _with_recipe(statistic: Statistic, recipe: Recipe) -> Statistic:
    remarks = list(dict.fromkeys(statistic.provenance["remarks"]))
    return replace(statistic, provenance={**statistic.provenance, "remarks": remarks, "recipe": recipe})


def _found_cutoffs(channels: Sequence[Channel], found: dict[int, float], units: UnitStyle) -> list[str]:
    length, unit = units.length, units.length_unit
    remarks = [
        f"the reference truncates the {channels[k].label} force at {cutoff / length:.10g} {unit}; that cutoff is used "
        f"instead of the {channels[k].cutoff / length:g} {unit} asked for"
        for k, cutoff in found.items()
    ]
    of_pairs = {cutoff for k, cutoff in found.items() if channels[k].kind == "pair"}
    others = [c.label for k, c in enumerate(channels) if k not in found and c.kind == "pair"]
    if len(of_pairs) == 1 and others:  # engines usually have one cutoff for all pairs, and others for walls
        shared = of_pairs.pop() / length
        remarks.append(
            f"for {', '.join(others)} the data do not show where the force ends: if at {shared:.10g} {unit} for all, "
            f"ask for --cutoff {shared:.10g}"
        )
    return remarks
