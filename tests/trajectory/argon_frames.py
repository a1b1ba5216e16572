"""What tests of motion share: frames of a few particles at given times, and following them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from interpot.records import Cell, Frame
from interpot.trajectory.following import Instant, follow
from interpot.trajectory.motion import Motion
from interpot.units import unit_style

METAL = unit_style("metal")


def frame(index: int, seed: int | None = None, **known: object) -> Frame:
    """Two argon atoms in a box of 10 Å, displaced a little in a way of the frame's own; time in ps."""
    random = np.random.default_rng(index if seed is None else seed)
    time = known.pop("time", None)
    made = Frame(
        np.array([[1.0, 1, 1], [4, 4, 4]]) + random.uniform(-0.2, 0.2, (2, 3)),
        ("Ar",),
        np.zeros(2, dtype=np.int64),
        Cell(10 * np.eye(3), np.zeros(3), (True, True, True)),
        masses=np.array([39.95, 39.95]),
        source="a.dump",
        index=index,
        time=None if time is None else time * METAL.time,  # type: ignore[operator]
    )
    return replace(made, **known)  # type: ignore[arg-type]


def at_times(times: Sequence[float]) -> list[Frame]:
    """Frames at times in ps."""
    return [frame(index, time=time) for index, time in enumerate(times)]


def at_steps(steps: Sequence[int]) -> list[Frame]:
    """Frames at integrator steps."""
    return [frame(index, step=step) for index, step in enumerate(steps)]


def followed(frames: Iterable[Frame], motion: Motion | None = None) -> tuple[list[Instant], list[str]]:
    """Instants, and what is remarked; the motion is in metal units."""
    remarks: list[str] = []
    instants = list(follow(frames, (motion or Motion()).internal(METAL), METAL, remarks.append))
    return instants, remarks
