"""BLAS's symmetric rank-k update alone: what a pass with a dense update cannot beat."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Self

import numpy as np
from scipy.linalg.blas import dsyrk

from suite.measuring import in_turns, timed
from suite.passes import LARGE, MIDDLE, SIZES, Pass
from suite.records import Figure, Row, Setting, Wish
from suite.systems import CUTOFF, liquid, sampled

PANEL_BYTES = (1_000_000, 16_000_000)
"""A panel that stays in the second-level cache, and a long one."""

WISHES = {MIDDLE: Wish("≥ 0.60", 0.60), LARGE: Wish("≥ 0.75", 0.75)}


class Update:
    """G ← G + XᵀX on one panel X that is used again and again, as the pass uses its own.

    Parameters
    ----------
    length, size
        Rows and columns of the panel.
    """

    def __init__(self, length: int, size: int) -> None:
        self._panel = np.random.default_rng(1).normal(size=(length, size))
        self._gram = np.zeros((size, size), order="F")

    def __call__(self, rows: int) -> None:
        """Add as many panels as `rows` fill."""
        for _ in range(self._panels(rows)):
            # the transpose of a panel in C order is in Fortran's: nothing is copied
            dsyrk(1.0, self._panel.T, beta=1.0, c=self._gram, overwrite_c=True)

    def __str__(self) -> str:
        return f"dsyrk, panels of {len(self._panel):,} × {len(self._gram)}"

    def _panels(self, rows: int) -> int:
        return max(round(rows / len(self._panel)), 1)

    def rows(self, rows: int) -> int:
        """How many rows a call adds in truth: whole panels."""
        return self._panels(rows) * len(self._panel)

    @classmethod
    def fastest(cls, frame: int, size: int) -> Self:
        """Choose between panels of one frame's rows and of `PANEL_BYTES`: whichever BLAS likes best is the peer."""
        made = [cls(length, size) for length in (frame, *(b // (8 * size) for b in PANEL_BYTES))]
        enough = 10 * frame
        return min(made, key=lambda update: timed(3, partial(update, enough)).fastest / update.rows(enough))


def fraction(setting: Setting) -> Iterator[Row]:
    """The whole pass over 864 atoms as a fraction of the update's rate."""
    frames = liquid(setting, 864, setting.frames(100))
    closest, _ = sampled(frames, CUTOFF)
    for size in SIZES:
        run, update = Pass(("1",), CUTOFF, closest, size), Update.fastest(3 * 864, size)
        rows = 3 * frames.atoms
        times = in_turns(setting.repeats, {"pass": partial(run, frames), "dsyrk": partial(update, rows)})
        yield Row(
            f"864 atoms, K = {run.size}",
            "atom-frames/s",
            Figure.rate(frames.atoms, times["pass"]),
            str(update),
            Figure.rate(update.rows(rows) / 3, times["dsyrk"]),
            WISHES.get(size),
        )
