"""Forces from momenta: the weak form of first order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray
from interpot.trajectory.following import Instant
from interpot.trajectory.motion import Motion
from interpot.trajectory.place import place
from interpot.trajectory.targets.weak import weak_windows
from interpot.trajectory.targets.windows import Windows


def momenta(instant: Instant) -> FloatArray:
    """Momenta m v, (n, 3); raises `InterpotError` where a frame has no velocities."""
    velocities = _moving(instant).frame.velocities
    assert velocities is not None
    return np.asarray(instant.masses[:, None] * velocities)


def _moving(instant: Instant) -> Instant:
    """The same instant, whose velocities are known."""
    frame = instant.frame
    if frame.velocities is None:
        raise InterpotError(
            f"no velocities in {place(frame.source, frame.index, frame.step)}: dump them (vx vy vz), "
            "or take the target from the positions alone (--target positions)"
        )
    return instant


def weak_momenta(instants: Iterable[Instant], motion: Motion) -> Iterator[Windows]:
    """Rows Σ_t v_t F(t) = Σ_t b_t p(t); velocities are those at the time of the positions, as velocity Verlet has them.

    Raises
    ------
    InterpotError
        A frame has no velocities, or as `weak_windows`.
    """
    return weak_windows(map(_moving, instants), motion, order=1, moving=momenta)
