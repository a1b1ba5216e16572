"""The one pass as a user calls it, with a basis of a chosen size."""

from __future__ import annotations

from inspect import signature
from math import log
from typing import Any

from interpot import Motion, accumulate
from interpot.records import Trajectory
from interpot.statistic.basis import LogSplines
from interpot.statistic.channels import pair_channels
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.splines import DEGREE

SMALL, MIDDLE, LARGE = SIZES = (28, 200, 400)
"""Numbers of basis functions K."""


NARROW, WIDE = 1, 8
"""Half-widths of windows."""


def from_positions(width: int, substeps: int = 1, noise: float = 0.0) -> Motion:
    """Windows over the positions of the Lennard-Jones liquid, all settled."""
    return Motion(
        "positions", timestep=0.005, masses={"1": 1.0}, width=(width,), substeps=substeps, noise=noise
    )


class Pass:
    """A call of `interpot.accumulate` that is ready to be timed.

    Parameters
    ----------
    species
        One channel is made for every two.
    cutoff, closest
        Reach of the channels and the closest pair there is, Å; the splines end just below it.
    size
        Basis functions of all channels together, K = intervals + 5 per channel.
    motion
        What stands for the force: the recorded one by default.
    """

    def __init__(
        self,
        species: tuple[str, ...],
        cutoff: float,
        closest: float,
        size: int,
        motion: Motion | None = None,
    ) -> None:
        self.motion = motion
        self.channels = pair_channels(species, cutoff)
        intervals = max(round(size / len(self.channels)) - DEGREE, 1)
        spacing = log(cutoff / (0.99 * closest)) / intervals
        self.bases = [LogSplines(cutoff, spacing, intervals) for _ in self.channels]

    @property
    def size(self) -> int:
        """Basis functions of all channels together, in truth: channels are of equal size."""
        return sum(basis.size for basis in self.bases)

    def __call__(self, frames: Trajectory, threads: int = 1) -> Statistic:
        """Accumulate with everything in it: neighbour search, splines, normal equations."""
        extra: dict[str, Any] = {"threads": threads} if takes_threads() else {}
        statistic = accumulate(
            frames, self.channels, cutoffs="given", bases=self.bases, motion=self.motion, **extra
        )
        grown = sum(basis.size for basis in statistic.bases)
        assert grown == self.size, f"the basis grew from {self.size} to {grown} functions"
        return statistic


def takes_threads() -> bool:
    """Whether `interpot.accumulate` can use several cores."""
    return "threads" in signature(accumulate).parameters
