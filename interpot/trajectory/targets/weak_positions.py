"""Forces from positions alone: the weak form of second order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from interpot.records import FloatArray
from interpot.trajectory.following import Instant
from interpot.trajectory.motion import Motion
from interpot.trajectory.targets.weak import weak_windows
from interpot.trajectory.targets.windows import Windows


def weighted_path(instant: Instant) -> FloatArray:
    """M q, (n, 3), along the continuous path."""
    return instant.masses[:, None] * instant.path


def weak_positions(instants: Iterable[Instant], motion: Motion) -> Iterator[Windows]:
    """Rows Σ_t v_t F(t) = Σ_t c_t m q(t), along the continuous path.

    Raises
    ------
    InterpotError
        As `weak_windows`.
    """
    return weak_windows(instants, motion, order=2, moving=weighted_path)
