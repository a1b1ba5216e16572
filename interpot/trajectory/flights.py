"""Flights between two frames, and the particles that were turned back on them by more than the recorded force.

A particle that meets a hard wall at time τ after the first frame flies freely before and after,

    w = x₀ + v₀ τ + ½ a₀ τ² + ⅙ j τ³,      w = x₁ - v₁ σ + ½ a₁ σ² - ⅙ j σ³,      σ = Δt - τ,  j = (a₁ - a₀)/Δt,

with the accelerations a = F/m that the frames hold (zero where they hold none). Both together give τ, and with it the
place w of the wall, whatever the wall makes of the velocity.

Where no forces are recorded, every smooth turn is unexplained. A wall's kick is unlike what happens before and behind
it, |Δv| in the intervals beside the flight being a small part of its own, and nothing smooth is like that: of an
oscillation of any period the largest of the four intervals beside a turn has at least half of its Δv if velocities
are recorded, and 0.26 if they are those of parabolas through positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from interpot.records import FloatArray, Frame, IntArray

UNEXPLAINED = 0.5
"""Of the change of velocity, the least part that the recorded forces leave over where a wall has acted."""

BEYOND = 0.3
"""Of the flight between two frames: so far within the outermost particle forces may let a wall seem to be."""

BESIDE, QUIET = 2, 0.2
"""Intervals on either side of a turn, and the part of its change of velocity that each of them may have, where no
forces are recorded that could explain it."""


@dataclass(frozen=True, slots=True, eq=False)
class Turns:
    """Particles that were turned back between two frames; all arrays (k,).

    Attributes
    ----------
    frame : int64
        Number of the frame before, from the first that was walked.
    particle : int64
        Its row.
    axis, inward : int64
        The coordinate that was turned back, and the sign of the velocity afterwards.
    time : float64, internal
        When.
    place : float64, Å
        Where, w.
    before, after : float64, sqrt(eV/amu)
        Velocities along the axis just before and after.
    aside : float64, sqrt(eV/amu)
        Change of the velocity along the other axes that the forces leave over.
    mass : float64, amu
        NaN where the frame does not tell.
    flight : float64, Å
        Mean speed along the axis times Δt.
    """

    frame: IntArray
    particle: IntArray
    axis: IntArray
    inward: IntArray
    time: FloatArray
    place: FloatArray
    before: FloatArray
    after: FloatArray
    aside: FloatArray
    mass: FloatArray
    flight: FloatArray

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Turns:
        """Those for which a mask is true."""
        return Turns(*(getattr(self, f.name)[chosen] for f in fields(self)))


def join(parts: list[Turns]) -> Turns:
    """Put turns in a row."""
    if not parts:
        whole, real = np.zeros(0, dtype=np.int64), np.zeros(0)
        return Turns(whole, whole, whole, whole, real, real, real, real, real, real, real)
    return Turns(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Turns)))


def open_axes(frame: Frame) -> list[int]:
    """Axes of which a wall may be an end."""
    return [axis for axis in range(frame.dimension) if not frame.cell.periodic[axis]]


def accelerations(frame: Frame, rows: IntArray) -> FloatArray:
    """F/m of some particles, or zeros where the frame lacks one of them, (k, 3) in internal units."""
    if frame.forces is None or frame.masses is None:
        return np.zeros((len(rows), 3))
    return np.asarray(frame.forces[rows] / frame.masses[rows, None])


def time_of_flight(before: Frame, after: Frame) -> float:
    """Time between two frames by the flights of their particles; NaN where nothing moves.

    It is the median of (x₁ - x₀ + (a₁ - a₀) Δt²/12)/v̄ along the open axes of the faster half of those that were not
    turned back.
    """
    assert before.velocities is not None and after.velocities is not None
    axes = open_axes(before)
    v0, v1 = before.velocities[:, axes], after.velocities[:, axes]
    v, onwards = 0.5 * (v0 + v1), v0 * v1 > 0
    if not onwards.any():
        return float("nan")
    fast = onwards & (np.abs(v) >= np.median(np.abs(v[onwards])))
    x = (after.positions - before.positions)[:, axes][fast]
    rows = np.arange(len(v))
    change = (accelerations(after, rows) - accelerations(before, rows))[:, axes][fast]
    interval = float(np.median(x / v[fast]))
    return float(np.median((x + change * interval**2 / 12) / v[fast]))


def quiet_beside(kick: FloatArray, beside: Sequence[FloatArray]) -> NDArray[np.bool_]:
    """Whether little happened before and behind a change of velocity; the changes are (n, 3), and so is the answer."""
    if len(beside) < 2 * BESIDE:
        return np.zeros(kick.shape, dtype=bool)
    return np.asarray(np.max(np.abs(beside), axis=0) <= QUIET * np.abs(kick))


def turned_back(
    before: Frame,
    after: Frame,
    interval: float,
    number: int,
    time: float,
    quiet: NDArray[np.bool_] | None = None,
) -> list[Turns]:
    """Find the particles that were turned back on the outermost places of an open axis.

    Parameters
    ----------
    before, after
        Successive frames with the same particles in the same rows, and velocities.
    interval
        Time between them.
    number, time
        Of the frame before.
    quiet : (n, 3) bool
        `quiet_beside` where no forces are recorded: others are not said to be turned back. None for all.

    Returns
    -------
    list of Turns
        For each open axis those whose velocity was reversed, the forces leaving over most of the change, at a place
        no particle of the two frames is beyond. A place between other particles is that of a collision.
    """
    assert before.velocities is not None and after.velocities is not None
    found = []
    for axis in open_axes(before):
        v0, v1 = before.velocities[:, axis], after.velocities[:, axis]
        rows = np.flatnonzero((v0 * v1 < 0) & (True if quiet is None else quiet[:, axis]))
        if not len(rows):
            continue
        change = v1[rows] - v0[rows]
        a0, a1 = (accelerations(frame, rows)[:, axis] for frame in (before, after))
        free = 0.5 * (a0 + a1) * interval
        doubt = np.maximum(UNEXPLAINED * np.abs(change), 0.5 * np.abs(a1 - a0) * interval)
        rows = rows[np.abs(change - free) > doubt]
        if len(rows):
            found.append(_turns(before, after, interval, number, time, axis, rows))
    return found


def _turns(
    before: Frame, after: Frame, interval: float, number: int, time: float, axis: int, rows: IntArray
) -> Turns:
    assert before.velocities is not None and after.velocities is not None
    frames = before, after
    x0, x1 = (frame.positions[rows, axis] for frame in frames)
    v0, v1 = before.velocities[rows, axis], after.velocities[rows, axis]
    a = [accelerations(frame, rows) for frame in frames]
    a0, a1 = a[0][:, axis], a[1][:, axis]
    tau = _meeting(x0, x1, v0, v1, a0, a1, interval)
    jerk = (a1 - a0) / interval
    place = x0 + tau * (v0 + tau * (a0 / 2 + tau * jerk / 6))
    inward = np.sign(v1).astype(np.int64)
    flight = 0.5 * (np.abs(v0) + np.abs(v1)) * interval
    # a wall that moves is beyond the outermost particle of one of the frames, a fixed one beyond both
    low = max(frame.positions[:, axis].min() for frame in frames)
    high = min(frame.positions[:, axis].max() for frame in frames)
    outermost = np.where(inward > 0, place <= low + BEYOND * flight, place >= high - BEYOND * flight)
    good = outermost & (tau >= 0) & (tau <= interval)
    sigma = interval - tau
    kicks = after.velocities[rows] - before.velocities[rows] - 0.5 * (a[0] + a[1]) * interval
    kicks[:, axis] = 0.0
    masses = np.full(len(rows), np.nan) if before.masses is None else before.masses[rows]
    return Turns(
        np.full(len(rows), number, dtype=np.int64),
        rows,
        np.full(len(rows), axis, dtype=np.int64),
        inward,
        time + tau,
        place,
        v0 + tau * (a0 + tau * jerk / 2),
        v1 - sigma * (a1 - sigma * jerk / 2),
        np.linalg.norm(kicks, axis=1),
        masses,
        flight,
    )[good]


def _meeting(
    x0: FloatArray,
    x1: FloatArray,
    v0: FloatArray,
    v1: FloatArray,
    a0: FloatArray,
    a1: FloatArray,
    interval: float,
) -> FloatArray:
    """Return τ: the solution for constant acceleration, improved by Newton's method."""
    a, jerk = 0.5 * (a0 + a1), (a1 - a0) / interval
    tau = (x1 - x0 - v1 * interval + 0.5 * a * interval**2) / (v0 - v1 + a * interval)
    for _ in range(3):
        sigma = interval - tau
        gap = x0 + tau * (v0 + tau * (a0 / 2 + tau * jerk / 6))
        gap -= x1 - sigma * (v1 - sigma * (a1 / 2 - sigma * jerk / 6))
        slope = v0 + tau * (a0 + tau * jerk / 2) - v1 + sigma * (a1 - sigma * jerk / 2)
        tau = tau - gap / np.where(np.abs(slope) > 0.1 * np.abs(v0 - v1), slope, v0 - v1)
    return tau
