"""What positions are usually differentiated by, for comparison: accelerations that stand in for recorded forces.

*Difference*: m [q(t+Δ) - 2q(t) + q(t-Δ)]/Δ² at the positions of the middle frame. *Smoothed*: a polynomial of fourth
degree through 2L+1 frames by least squares (A. Savitzky and M. J. E. Golay, Anal. Chem. 36, 1627 (1964)), whose second
derivative is the acceleration and whose value is the position at which the features are evaluated: the raw position
would bias it further.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.signal import savgol_filter

from interpot.records import FloatArray, Frame
from interpot.trajectory import FileTrajectory
from interpot.units import UnitStyle
from observing.systems import LIQUIDS

DEGREE = 4


@dataclass(frozen=True, slots=True)
class Frames:
    """A trajectory in memory."""

    frames: tuple[Frame, ...]
    units: UnitStyle
    sources: tuple[Path, ...]

    def __iter__(self) -> Iterator[Frame]:
        return iter(self.frames)


def differentiated(run: FileTrajectory, liquid: str, interval: float, half_width: int = 0) -> Frames:
    """Frames with m q̈ as their forces, without those at the ends.

    Parameters
    ----------
    run
        With unwrapped positions.
    interval
        Between its frames, ps.
    half_width
        L of the smoothing filter; 0 for the second difference.
    """
    frames, spacing = tuple(run), interval * run.units.time
    path = np.array([frame.unwrapped for frame in frames])
    masses = np.array([LIQUIDS[liquid].species[name] for name in frames[0].species])[frames[0].kinds]
    if half_width:
        wide, cut = 2 * half_width + 1, half_width
        acceleration = savgol_filter(path, wide, DEGREE, deriv=2, delta=spacing, axis=0)[cut:-cut]
        path = savgol_filter(path, wide, DEGREE, axis=0)[cut:-cut]
    else:
        cut, acceleration = 1, np.diff(path, 2, axis=0) / spacing**2
        path = path[1:-1]
    forces: FloatArray = masses[:, None] * acceleration
    made = [
        replace(frame, positions=q, forces=f, velocities=None, unwrapped=None)
        for frame, q, f in zip(frames[cut:-cut], path, forces, strict=True)
    ]
    return Frames(tuple(made), run.units, run.sources)
