"""Particles followed through time: continuous positions, times and masses, and where the thread is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from interpot.records import FloatArray, Frame
from interpot.trajectory.motion import Motion
from interpot.units import UnitStyle


@dataclass(frozen=True, slots=True, eq=False)
class Instant:
    """A frame whose particles are followed.

    Attributes
    ----------
    frame
        As it was read. The features are evaluated at its positions.
    path : (n, 3) float64, Å
        Positions continued across periodic boundaries from the first instant of the same stretch.
    time
        Internal units.
    steps
        Integrator steps since the instant before, where the file or the user tells; None else, and for the first.
    masses : (n,) float64, amu
    begins
        Whether nothing before it belongs to the same stretch: the first frame, and the first behind a gap.
    """

    frame: Frame
    path: FloatArray
    time: float
    steps: int | None
    masses: FloatArray
    begins: bool


def follow(
    frames: Iterable[Frame], motion: Motion, units: UnitStyle, remark: Callable[[str], None]
) -> Iterator[Instant]:
    """Follow the particles; a stand-in until the part is there."""
    raise NotImplementedError
