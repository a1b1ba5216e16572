"""Nonlinear least squares within bounds, for a handful of unknowns: Gauss-Newton steps in a trust region.

Around x the squared residual is modelled by |J p + r|². With a QR decomposition of J the model has as many rows as
there are unknowns, so that all that is asked of it costs nothing beside one evaluation of the residual. A step is its
minimum over |D p| ≤ Δ, where D are the largest norms that J's columns have had; unknowns that the step takes beyond
their bounds stop there, and the others make the best of it. Those are free again in the next step.

Sources: J. J. Moré, The Levenberg-Marquardt algorithm, Lecture Notes in Mathematics 630, 105 (1978), for D, Δ and the
equation for the multiplier; K. Levenberg, Q. Appl. Math. 2, 164 (1944).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import numpy as np

from interpot.records import FloatArray

FIRST = 0.25
"""Of x, how far the first step may go: starts are the best points of a grid that is finer, and a step far beyond
where the model holds ends in another valley."""

STILL = 1e-14
"""A step shorter than this share of x moves nothing."""

ROUNDED = 1e-13
"""Share of the largest singular value of the scaled J below which one is rounding."""


class Evaluated(Protocol):
    """The residual at one x, and its slopes once they are asked for."""

    residual: FloatArray

    def jacobian(self) -> FloatArray:
        """∂residual/∂x, (R, f)."""


Point = TypeVar("Point", bound=Evaluated)


def descend(
    at: Callable[[FloatArray], Point],
    start: FloatArray,
    bounds: FloatArray,
    converged: float,
    most: int,
) -> Point:
    """Minimise the squared residual from a start; what is returned is no worse than that.

    Parameters
    ----------
    at
        Evaluates the residual.
    start : (f,)
    bounds : (2, f)
        Lower and upper ends of open intervals; the start is brought into them.
    converged
        Relative decrease of the squared residual below which a step is the last.
    most
        Number of evaluations.
    """
    lower, upper = np.nextafter(bounds, bounds[::-1])
    x = np.clip(start, lower, upper)
    here = at(x)
    square, scale, length = float(here.residual @ here.residual), np.zeros(len(x)), np.nan
    tried = 1
    while tried < most:
        J = here.jacobian()
        scale = np.maximum(scale, np.linalg.norm(J, axis=0))
        size = np.where(scale > 0, scale, 1.0)
        T = np.asarray(np.linalg.qr(np.column_stack([J / size, here.residual]), mode="r"))
        R, q = T[: len(x), :-1], T[: len(x), -1]
        length = length if length > 0 else FIRST * float(np.linalg.norm(x * size)) or 1.0
        done = moved = False
        while tried < most and not (moved or done):
            p = _step(R, q, length, (lower - x) * size, (upper - x) * size)
            expected = -float(R @ p @ (R @ p + 2 * q))
            far = float(np.linalg.norm(p))
            if far <= STILL * float(np.linalg.norm(x * size)):
                return here
            there = np.clip(x + p / size, lower, upper)
            trial, tried = at(there), tried + 1
            gained = square - float(trial.residual @ trial.residual)
            done, moved = expected <= converged * square, gained > 0
            if not gained > 0.25 * expected:
                length = 0.25 * far
            elif gained > 0.75 * expected and far > 0.95 * length:
                length *= 2
        if moved:
            done |= gained <= converged * square
            x, here, square = there, trial, square - gained
        if done:
            break
    return here


def _step(R: FloatArray, q: FloatArray, length: float, low: FloatArray, high: FloatArray) -> FloatArray:
    """Minimise |R p + q| over |p| ≤ length; coordinates beyond their bounds are stopped there one by one."""
    p, free = np.zeros(len(low)), np.ones(len(low), dtype=np.bool_)
    while free.any():
        held = q + R[:, ~free] @ p[~free]
        left = max(length**2 - float(p[~free] @ p[~free]), 0.0)
        p[free] = _within(R[:, free], held, np.sqrt(left))
        beyond = np.where(free, np.maximum(low - p, p - high), 0.0)
        worst = int(beyond.argmax())
        if beyond[worst] <= 0:
            break
        p[worst] = min(max(p[worst], low[worst]), high[worst])
        free[worst] = False
    return p


def _within(R: FloatArray, q: FloatArray, length: float) -> FloatArray:
    """Minimise |R p + q| over |p| ≤ length, by Newton steps for the multiplier of |p|² (Moré's equation 5.5)."""
    U, s, Vt = np.linalg.svd(R, full_matrices=False)
    reach = length * s[0]  # by how much |R p| can change
    if not reach > ROUNDED * float(np.linalg.norm(q)):
        return np.zeros(R.shape[1])  # where R is next to nothing the numbers below would overflow
    s = s / s[0]
    pull, damping = s * (q @ U), ROUNDED**2
    for _ in range(20):
        p = pull / (s * s + damping)  # in units of 1/s[0]
        far = float(np.linalg.norm(p))
        if far <= 1.05 * reach:
            break
        damping += (far / reach - 1) * far**2 / float(p @ (p / (s * s + damping)))
    return np.asarray(-(p * (length * min(1.0 / reach, 1.0 / far) if far > 0 else 1.0)) @ Vt)
