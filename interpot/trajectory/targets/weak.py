"""The weak form of Newton's equation on groups of windows, whatever stands on its left-hand side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from interpot.errors import InterpotError
from interpot.records import FloatArray
from interpot.trajectory.following import Instant
from interpot.trajectory.motion import Motion
from interpot.trajectory.place import place
from interpot.trajectory.resampling import resampled
from interpot.trajectory.targets.grouping import Group, groups
from interpot.trajectory.targets.test_functions import weak_weights
from interpot.trajectory.targets.whitening import noise_covariance, whitener
from interpot.trajectory.targets.windows import Rescaling, Windows

Moving = Callable[[Instant], FloatArray]
"""What moves, (n, 3): m q where the order is 2, p where it is 1."""


def weak_windows(
    instants: Iterable[Instant], motion: Motion, order: int, moving: Moving
) -> Iterator[Windows]:
    """Rows Σ_t v_t F(t) = Σ_t c_t m q(t), or Σ_t b_t p(t), of all windows (`test_functions`), whitened (`whitening`).

    Parameters
    ----------
    instants
        In order of time, in stretches.
    motion
        Of which `width` (the hat where there is none), `substeps` (none), `timestep` and `thermostat` are used; in
        internal units.
    order
        2 where `moving` gives m q, 1 where it gives p.
    moving
        What moves, of one instant.

    Yields
    ------
    Windows
        Without rows of those that hit a hard wall in them (`Instant.hit`).

    Raises
    ------
    InterpotError
        No stretch holds a window, or frames are closer than the time step.
    """
    for group, mixing, force, moved in _mixed(instants, motion, order):
        first = moving(group.instants[0])  # Σ_t c_t = 0: less of it, coordinates far away lose no digits
        path = np.array([moving(instant) - first for instant in group.instants])
        targets, left_out = np.tensordot(mixing @ moved, path, axes=1), _left_out(group)
        if left_out is not None:
            targets[:, left_out] = 0.0
        scaled = motion.thermostat == "global"
        yield Windows(
            frames=tuple(instant.frame for instant in group.instants),
            weights=mixing @ force,
            targets=targets,
            fresh=tuple(t for t, instant in enumerate(group.instants[: group.fresh]) if not instant.between),
            left_out=left_out,
            rescaling=Rescaling(_mean_momenta(group, force, path + first, order), mixing) if scaled else None,
        )


def _mean_momenta(group: Group, force: FloatArray, path: FloatArray, order: int) -> FloatArray:
    """Mean momenta of windows, (W, n, 3); `path` holds momenta where the order is 1, else they are its slopes."""
    if order == 2:
        path = np.gradient(path, [instant.time for instant in group.instants], axis=0)
    return np.tensordot(force, path, axes=1)


def _left_out(group: Group) -> NDArray[np.bool_] | None:
    """Who hit a hard wall in a group: whitening mixes its windows, so that none of its rows are free of the hit."""
    hits = [instant.hit for instant in group.instants if instant.hit is not None]
    return np.any(hits, axis=0) if hits else None


def _mixed(
    instants: Iterable[Instant], motion: Motion, order: int
) -> Iterator[tuple[Group, FloatArray, FloatArray, FloatArray]]:
    """Groups with the matrix that whitens their windows, and with these windows' weights of force and path."""
    scale = None
    parts = motion.substeps or 1
    along = resampled(instants, parts, order == 1, motion.timestep)
    for group in groups(along, tuple(parts * width for width in motion.width or (1,)), parts):
        force, moved = _weights(group, order, motion.timestep)
        covariance = noise_covariance(moved)
        scale = scale or float(np.sqrt(np.mean(np.diag(covariance))))
        yield group, whitener(covariance, scale), force, moved


def _weights(group: Group, order: int, timestep: float | None) -> tuple[FloatArray, FloatArray]:
    """Weights of force and path of the windows of a group, both (W, T)."""
    times = np.array([instant.time for instant in group.instants])
    step = _step(group, times, timestep)
    force = np.zeros((len(group.windows), len(times)))
    moved = np.zeros_like(force)
    for row, (first, width) in enumerate(group.windows):
        span = slice(first, first + 2 * width + 1)
        weights = weak_weights(times[span], order, step)
        force[row, span], moved[row, span] = weights.force, weights.motion
    return force, moved


def _step(group: Group, times: FloatArray, timestep: float | None) -> float:
    """δ: as it is given, or from the steps between frames; 0 where nothing tells."""
    spacing = np.diff(times)
    if timestep is None:
        steps = group.instants[1].steps
        return float(spacing[0] / steps) if steps else 0.0
    closest = int(np.argmin(spacing))
    if spacing[closest] < timestep * (1 - 1e-6):
        frame = group.instants[closest + 1].frame
        raise InterpotError(
            f"{place(frame.source, frame.index, frame.step)} follows the frame before it after "
            f"{spacing[closest] / timestep:.3g} time steps: expected one or more; "
            "correct the time step, or the interval between frames"
        )
    return min(timestep, float(spacing[closest]))
