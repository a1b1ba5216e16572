"""Paths with kinks: a hard wall turns a velocity at once, and no polynomial may go across that.

Through frames on one side of a kink goes a polynomial of its own. In the interval of the kink, that of the frames
before it and that of the frames after it are both continued, L(t) and R(t). They meet at the kink, and their distance
changes by the kick Δv per time, so that it is told without the wall where the one ends and the other begins:

    (L - R)·(Ṙ - L̇) > 0 before it,      < 0 behind it,      Ṙ - L̇ = Δv.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from interpot.records import FloatArray, IntArray
from interpot.trajectory.following import Instant

FEWEST = {False: 3, True: 1}
"""Frames on a side of a kink from which a path is continued to it: of positions alone, and with velocities."""

MOST = {False: 4, True: 3}
"""No more than these: a polynomial of high degree leaves its frames too fast."""


@dataclass(frozen=True, slots=True, eq=False)
class Bent:
    """Particles whose paths have kinks, and which of the frames around an interval tell of their paths in it.

    Attributes
    ----------
    rows : (k,) int64
        Of the particles.
    before, after : (k, 2) int64
        First and one beyond the last frame of the polynomials on which the interval begins, and ends.
    """

    rows: IntArray
    before: IntArray
    after: IntArray


def bent(around: Sequence[Instant], path: FloatArray, velocities: FloatArray | None) -> Bent | None:
    """Find who hits walls in the frames around an interval (`Instant.hit`), which is the middle one of them.

    Parameters
    ----------
    around
        Successive instants, an even number.
    path, velocities : (frames, n, 3)
        Theirs; velocities None where they are not known.

    Returns
    -------
    Bent or None
        None where nobody does. Whoever has too few frames between two kinks is left out.
    """
    hits = [np.zeros(path.shape[1], dtype=bool) if i.hit is None else i.hit for i in around[1:]]
    rows = np.flatnonzero(np.any(hits, axis=0))
    if not len(rows):
        return None
    known = velocities is not None
    kinks = _sharpest(
        np.array(hits)[:, rows], path[:, rows], None if velocities is None else velocities[:, rows]
    )
    left, count = len(around) // 2 - 1, np.arange(len(kinks))[:, None]
    first = np.where(kinks & (count < left), count + 1, 0).max(axis=0)
    last = np.where(kinks & (count > left), count + 1, len(around)).min(axis=0)
    here = kinks[left]
    before = np.stack(
        [np.where(here, np.maximum(first, left + 1 - MOST[known]), first), np.where(here, left + 1, last)], 1
    )
    after = np.stack(
        [np.where(here, left + 1, first), np.where(here, np.minimum(last, left + 1 + MOST[known]), last)], 1
    )
    enough = np.minimum(np.ptp(before, axis=1), np.ptp(after, axis=1)) >= FEWEST[known]
    return Bent(rows[enough], before[enough], after[enough])


def _sharpest(hits: NDArray[np.bool_], path: FloatArray, velocities: FloatArray | None) -> NDArray[np.bool_]:
    """Of hits in successive intervals those of the greatest change of velocity: others were only close to the wall."""
    change = np.full(hits.shape, inf)
    if velocities is not None:
        change[:] = np.linalg.norm(np.diff(velocities, axis=0), axis=-1)
    else:  # by the intervals before and behind it
        moved = np.diff(path, axis=0)
        change[1:-1] = np.linalg.norm(moved[2:] - moved[:-2], axis=-1)
    others = np.pad(np.where(hits & np.isfinite(change), change, 0.0), ((1, 1), (0, 0)))
    return np.asarray(hits & (change >= np.maximum(others[:-2], others[2:])))


def behind(ahead: FloatArray, past: FloatArray) -> NDArray[np.bool_]:
    """Where the kink is passed, (places, k).

    Parameters
    ----------
    ahead, past : (places, k, 3)
        Positions by the polynomials of before and after, from the beginning of the interval to its end.
    """
    apart = ahead - past
    return np.asarray((apart * (apart[-1] - apart[0])).sum(axis=-1) > 0)
