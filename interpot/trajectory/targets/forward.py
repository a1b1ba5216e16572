"""What stochastic targets share: rows made of the past alone, and derivatives at its edge from the future.

Noise enters what a particle does next, never what it has done. Where features are functions of the past of an instant k
(non-anticipating, Itô's left point), the noise of a target that begins at k is independent of them and averages out. A
window that is symmetric about k sees the noise on both sides of the regression, and takes it for a force.

Given the past, the expected path is smooth although the path itself is not, so that a one-sided difference of
order o gives its derivative at k to O(Δ^o): E[(-3 x(k) + 4 x(k+1) - x(k+2)) / 2Δ | past] = drift(k) + O(Δ²). The
plain difference, o = 1, has an error of O(Δ) that no amount of data removes. Summed over k the noise of each interval
is multiplied with Σ_j c_j X(k-j), Σ c_j = 1: the higher order costs next to nothing as long as features vary
slowly from frame to frame.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray
from interpot.trajectory.following import Instant
from interpot.trajectory.motion import Motion

ORDER = 2
"""Of the one-sided differences, unless a width asks for another."""

MOST = 4
"""Beyond it the weights alternate and grow, and rounding and noise with them."""

EQUAL = 1e-6
"""Relative difference of two intervals that count as equal: times in files are rounded."""


def stretches(instants: Iterable[Instant], length: int) -> Iterator[tuple[Instant, ...]]:
    """Yield every run of so many successive instants that belong together."""
    recent: deque[Instant] = deque(maxlen=length)
    for instant in instants:
        if instant.begins:
            recent.clear()
        recent.append(instant)
        if len(recent) == length:
            yield tuple(recent)


def order_of(motion: Motion, usual: int = ORDER) -> int:
    """The order o of the one-sided differences, which a width asks for, else the usual one.

    Raises
    ------
    InterpotError
        More than one width, or too large a one.
    """
    if len(motion.width) > 1 or max(motion.width, default=ORDER) > MOST:
        raise InterpotError(
            f"the width {', '.join(map(str, motion.width))} was given for a stochastic target: expected one from 1 "
            f"(plain differences) to {MOST}, the frames that a one-sided difference reaches ahead"
        )
    return motion.width[0] if motion.width else usual


def one_sided(times: FloatArray) -> FloatArray:
    """Weights c of the derivative at the first of some times: Σ_j c_j (t_j - t_0)^i = 1 for i = 1 and 0 for the others.

    Parameters
    ----------
    times : (o + 1,) float64
        Increasing, at any distance from each other.

    Returns
    -------
    weights : (o + 1,) float64
        Exact for polynomials of degree o.
    """
    apart = times - times[0]
    scale = apart[-1]
    powers = (apart / scale)[None, :] ** np.arange(len(times))[:, None]
    return np.asarray(np.linalg.solve(powers, np.eye(len(times))[1]) / scale)


def is_even(run: tuple[Instant, ...]) -> bool:
    """Whether all intervals of a run are equal."""
    steps = np.diff([instant.time for instant in run])
    return bool(np.ptp(steps) <= EQUAL * steps[0])


def momenta(instant: Instant, name: str) -> FloatArray:
    """The momenta, (n, 3).

    Raises
    ------
    InterpotError
        The file holds no velocities.
    """
    frame = instant.frame
    if frame.velocities is None:
        raise InterpotError(
            f"no velocities in frame {frame.index} of '{frame.source}', which the target {name} needs: dump them "
            "(vx vy vz), or take the target langevin-positions"
        )
    return instant.masses[:, None] * frame.velocities
