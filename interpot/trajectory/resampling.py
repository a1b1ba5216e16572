"""The path between two frames: recorded instants, and as many between them as a sum over time needs.

A weak form sums the force over the instants of a window. The force varies faster than the path, whose second derivative
it is, and jumps where a pair passes a truncated end; the path itself is smooth, and a polynomial through the frames
around tells it between them far better than a sum over the frames alone averages the force. So features are evaluated
between frames, too, on the interpolated path.

Through p frames around an interval goes the polynomial of degree p - 1, or, where velocities are recorded, the one of
degree 2p - 1 that has them too (Hermite): as slopes, or, where the step δ of the integrator is known, as
[q(t+δ) - q(t-δ)]/2δ, which is what velocity Verlet calls the velocity. Measured on liquid argon with a truncated
potential, the error left in the averaged force: every 10 fs 6e-5 without and 6e-7 with five parts, every 40 fs
3.5e-4 and 4e-5 (eight parts), every 80 fs 2e-2 and 7e-3, and with velocities 8e-4.

Where a hard wall turns a particle back, its path is made of the frames on either side (`interpot.trajectory.kinks`):
whoever is near it has right forces then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray, Frame, Surface
from interpot.trajectory.following import Instant
from interpot.trajectory.kinks import Bent, behind, bent
from interpot.trajectory.place import place
from interpot.trajectory.unwrapping import same_box

POINTS = {False: 16, True: 8}
"""Frames around an interval through which the path goes: of positions alone, and with velocities."""


def resampled(
    instants: Iterable[Instant], parts: int, with_velocities: bool = False, timestep: float | None = None
) -> Iterator[Instant]:
    """Instants at the ends of equal parts of every interval between frames.

    Parameters
    ----------
    instants
        As `interpot.trajectory.following.follow` yields them. Their boxes must not change.
    parts
        Of each interval; 1 passes the instants on as they are.
    with_velocities
        Whether the path has the recorded velocities, and velocities are told in between.
    timestep
        δ, where it is known.

    Yields
    ------
    Instant
        Those between frames say so (`Instant.between`). Intervals at the ends of a stretch, which have not as many
        frames on both sides, are left out.

    Raises
    ------
    InterpotError
        A box changes within a stretch, or no stretch has frames enough for a path.
    """
    if parts == 1:
        yield from instants
        return
    points = POINTS[with_velocities]
    around: deque[Instant] = deque(maxlen=points)
    begins, length, longest = True, 0, 0
    for instant in instants:
        if around and not instant.begins:
            _check_at_rest(around[-1].frame, instant.frame)
        length = 1 if instant.begins else length + 1
        longest = max(longest, length)
        if instant.begins:
            if len(around) == points:
                yield replace(around[points // 2], steps=None)
            around.clear()
            begins = True
        around.append(instant)
        if len(around) == points:
            yield replace(around[points // 2 - 1], steps=None, begins=begins)
            yield from _between(list(around), parts, with_velocities, timestep or 0.0)
            begins = False
    if len(around) == points:
        yield replace(around[points // 2], steps=None)
    if longest < points:
        raise InterpotError(
            f"{longest} successive frames at most, where the path between two of them goes through {points}: give a "
            "longer trajectory without gaps, or evaluate forces at the frames alone, --substeps 1 (substeps= in Python)"
        )


def _check_at_rest(before: Frame, frame: Frame) -> None:
    """Raise `InterpotError` where the box changes: what it does to a path between frames is not known."""
    if not same_box(before.cell, frame.cell):
        raise InterpotError(
            f"the box of {place(frame.source, frame.index, frame.step)} is not that of the frame before, and forces "
            "were to be evaluated between frames, too: expected a box at rest; give --substeps 1 (substeps= in Python)"
        )


def _between(
    around: Sequence[Instant], parts: int, with_velocities: bool, timestep: float
) -> Iterator[Instant]:
    """Instants inside the middle interval."""
    left, right = around[len(around) // 2 - 1 : len(around) // 2 + 1]
    width = right.time - left.time
    nodes = tuple(np.round([(instant.time - left.time) / width for instant in around], 12).tolist())
    path = np.array([instant.path - left.path for instant in around])
    velocities = np.array([i.frame.velocities for i in around]) * width if with_velocities else None
    stencil = _Stencil(nodes, with_velocities, round(timestep / width, 12))
    turned = bent(around, path, velocities)
    kinked = None if turned is None else _kinked(turned, stencil, path, velocities, parts)
    for k in range(1, parts):
        weights = stencil.weights(0, len(nodes), k / parts)
        moved, speed = _along(weights[:, None], path, velocities)
        if turned is not None and kinked is not None:
            moved[turned.rows], speed[turned.rows] = kinked[0][k], kinked[1][k]
        frame = replace(
            left.frame,
            positions=left.frame.positions + moved,
            velocities=speed / width if with_velocities else None,
            unwrapped=None,
            forces=None,
            surfaces=_surfaces(around, weights[0]),
        )
        yield Instant(frame, left.path + moved, left.time + k / parts * width, None, left.masses, False, True)


def _along(
    weights: FloatArray, path: FloatArray, velocities: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Places and speeds by weights (4, n or 1, frames) of each particle or all of them."""

    def summed(of: FloatArray, values: FloatArray) -> FloatArray:
        if len(of) == 1:
            return np.asarray(np.tensordot(of[0], values, axes=1))
        return np.asarray(np.einsum("nf,fnd->nd", of, values))

    place, speed = summed(weights[0], path), summed(weights[2], path)
    if velocities is not None:
        place, speed = place + summed(weights[1], velocities), speed + summed(weights[3], velocities)
    return place, speed


def _kinked(
    turned: Bent, stencil: _Stencil, path: FloatArray, velocities: FloatArray | None, parts: int
) -> tuple[FloatArray, FloatArray]:
    """Places and speeds of those who hit walls, both (parts + 1, k, 3), from one end of the interval to the other."""
    path = path[:, turned.rows]
    velocities = None if velocities is None else velocities[:, turned.rows]
    sides = []
    for spans in (turned.before, turned.after):
        which, of = np.unique(spans, axis=0, return_inverse=True)
        ways = []
        for k in range(parts + 1):
            table = [stencil.weights(first, last, k / parts) for first, last in which.tolist()]
            ways.append(_along(np.stack(table, axis=1)[:, of.ravel()], path, velocities))
        sides.append([np.array(values) for values in zip(*ways, strict=True)])
    (ahead, speed_ahead), (past, speed_past) = sides
    passed = behind(ahead, past)[..., None]
    return np.where(passed, past, ahead), np.where(passed, speed_past, speed_ahead)


def _surfaces(around: Sequence[Instant], weights: FloatArray) -> tuple[Surface, ...]:
    """Walls where they are in between; they move as smoothly as particles do."""
    left = around[len(around) // 2 - 1]
    return tuple(
        replace(wall, position=float(weights @ [instant.frame.surfaces[k].position for instant in around]))
        if len({instant.frame.surfaces[k].position for instant in around}) > 1
        else wall
        for k, wall in enumerate(left.frame.surfaces)
    )


@dataclass(frozen=True, slots=True)
class _Stencil:
    """Frames around an interval, at their times in its length from its beginning, and δ likewise."""

    nodes: tuple[float, ...]
    with_slopes: bool
    step: float

    def weights(self, first: int, last: int, at: float) -> FloatArray:
        """`_weights` of the frames from `first` to before `last`, zero for the others, (4, frames)."""
        weights = np.zeros((4, len(self.nodes)))
        some = _weights(self.nodes[first:last], at, self.with_slopes, self.step)
        for row, of in zip(weights, some, strict=True):
            row[first : first + len(of)] = of
        return weights


@lru_cache(maxsize=4096)
def _weights(
    nodes: tuple[float, ...], at: float, with_slopes: bool, step: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Weights of values and slopes at the nodes in the value, and in the slope, of the polynomial at a place.

    The powers are those of a coordinate that runs from -1 to 1 over the nodes, in which they are well conditioned.
    """
    low, half, n = nodes[0], (nodes[-1] - nodes[0]) / 2 or 1.0, len(nodes)
    powers = np.arange(2 * n if with_slopes else n)

    def values(places: FloatArray) -> FloatArray:
        return np.asarray(((places - low) / half - 1)[:, None] ** powers)

    def slopes(places: FloatArray) -> FloatArray:
        if step > 0:
            return (values(places + step) - values(places - step)) / (2 * step)
        return powers * ((places - low) / half - 1)[:, None] ** np.maximum(powers - 1, 0) / half

    x, y = np.array(nodes), np.array([at])
    known = np.vstack([values(x), slopes(x)]) if with_slopes else values(x)
    value, slope = np.linalg.solve(known.T, values(y)[0]), np.linalg.solve(known.T, slopes(y)[0])
    return value[:n], value[n:], slope[:n], slope[n:]
