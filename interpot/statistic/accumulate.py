"""From frames to the statistic, cutoffs of the reference included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from os import PathLike
from pathlib import Path

from interpot.errors import InterpotError
from interpot.records import Trajectory
from interpot.statistic.basis import Basis
from interpot.statistic.channels import Channel
from interpot.statistic.concluded import concluded
from interpot.statistic.frame_rows import Wanted
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.observed import observe
from interpot.statistic.one_pass import FrameProgress, one_pass
from interpot.statistic.reach import check_cutoffs
from interpot.statistic.recipe import recipe_of
from interpot.statistic.settled import Settled, settle, settled_motion
from interpot.statistic.ways import Way, kept, shared
from interpot.trajectory.motion import Motion


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
        Called with the number of frames done in the present pass, since it was resumed if it was.
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
        make = shared if way.is_shared else kept
        return make(frames, channels, asked, recipe, way, progress)
    if bases is None:
        observed, channels = settled_motion(frames, channels, asked, cutoffs)
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
