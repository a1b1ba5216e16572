"""What belongs to a statistic once all frames are summed: checks, remarks, and what its rows are known to err by."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np

from interpot.records import Trajectory
from interpot.statistic.accumulator import Accumulator
from interpot.statistic.frame_rows import NOTHING, Wanted
from interpot.statistic.less_noise import less_noise
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import unexplained
from interpot.statistic.observed import measured
from interpot.statistic.reach import beyond_all, beyond_box, check_cutoffs_in_reach, check_walls_in_reach
from interpot.statistic.recognition import recognised
from interpot.statistic.settled import Settled
from interpot.statistic.thermostat import with_heat_baths
from interpot.statistic.unmet import check_rows, check_sampled
from interpot.trajectory.following import follow
from interpot.trajectory.hits import watched_for_hits
from interpot.trajectory.motion import RECORDED, Motion
from interpot.trajectory.targets import TARGETS
from interpot.trajectory.targets.denoise import noisier

TAKEN = 2.0
"""Error of clean weak forms that passes for a function, over the error that does not: 0.3 to 1.7 was measured.

It was set to hold these, of liquid argon; so how often the form is found there is no blind test of it.
"""

TAKEN_BY_NOISE = 0.1
"""The same where positions have errors."""

NOISE_PARTICLES = 2_000_000
"""What noise does is found out on rows of so many particles in frames, those of several windows counted as often."""


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
        No rows, a cutoff beyond all sampled distances, a wall that nobody can reach.
    """
    if not statistic.rows:
        check_rows(motion.hard, motion.width)
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
        *beyond_box(statistic, frames),
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
    if not statistic.square:
        return 0.0
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
