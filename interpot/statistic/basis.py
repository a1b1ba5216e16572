"""Bases in which a channel's unknown function is expanded: φ(s) = Σ_m k_m B_m(s).

A basis evaluates slopes dB_m/ds, because that is what forces are made of. `LogSplines` is the fine basis of
the one pass; `Functions` takes any callables instead and makes the textbook normal equations of those.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import floor, log
from typing import Protocol, Self

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray, IntArray
from interpot.statistic.kernels import spline_slopes
from interpot.statistic.splines import DEGREE, SEGMENT_SLOPES, SEGMENTS

SPACING = 1 / 180
"""Default knot spacing in log r: 200 splines over a factor 3 in r represent the library's terms to 4e-10."""


class Basis(Protocol):
    """What the accumulator needs to know of a basis."""

    @property
    def size(self) -> int:
        """Number of basis functions."""

    def covering(self, smallest: float) -> Self:
        """Return the same basis, grown so that it covers coordinates down to `smallest`.

        Functions that were there keep their index: the statistic grows by zero-padding.
        """

    def slopes(self, s: FloatArray) -> tuple[IntArray, FloatArray]:
        """Slopes of the functions that are not zero at each s.

        Returns
        -------
        first : (p,) int64
            Index of the first such function.
        slopes : (p, w) float64
            dB/ds of it and the w - 1 that follow.
        """


@dataclass(frozen=True, slots=True)
class LogSplines:
    """Quintic B-splines on knots that are uniform in log r, on a lattice anchored at the cutoff.

    The coordinate is u = ln(cutoff/r)/spacing: knots are the integers u = 0 (the cutoff), 1, 2 ... inwards.
    They are not clamped: a closer pair adds splines at the end and changes none, so two lattices with the
    same cutoff and spacing differ by zero-padding only.

    Attributes
    ----------
    cutoff
        Å, where the lattice is anchored; functions are zero beyond.
    spacing
        Knot distance in ln r.
    intervals
        Number of knot intervals covered, from the cutoff inwards.
    """

    cutoff: float
    spacing: float = SPACING
    intervals: int = 1

    @property
    def size(self) -> int:
        """Number of splines that live on the intervals."""
        return self.intervals + DEGREE

    @property
    def innermost(self) -> float:
        """Smallest covered distance."""
        return float(self.cutoff * np.exp(-self.intervals * self.spacing))

    def covering(self, smallest: float) -> LogSplines:
        """Return the lattice that reaches inwards to `smallest`."""
        # a sample on a knot, give or take its rounding, counts as beyond it
        needed = floor(log(self.cutoff / smallest) / self.spacing + 1e-9) + 1
        return replace(self, intervals=max(self.intervals, needed))

    def slopes(self, s: FloatArray) -> tuple[IntArray, FloatArray]:
        """See `Basis.slopes`; six splines at each s."""
        first = np.empty(s.size, dtype=np.int64)
        values = np.empty((s.size, DEGREE + 1))
        spline_slopes(s, self.cutoff, 1 / self.spacing, SEGMENT_SLOPES, first, values)
        return first, values

    def coordinate(self, r: FloatArray) -> FloatArray:
        """u(r), the number of knots between r and the cutoff."""
        return np.asarray(np.log(self.cutoff / r) / self.spacing)

    def matrix(self, r: FloatArray, derivative: bool = False) -> FloatArray:
        """B_m(r), or its derivative with respect to r, as a dense (p, size) matrix."""
        u = self.coordinate(r)
        # the cutoff side of each interval belongs to it; the innermost edge belongs to the last one
        interval = np.clip(np.floor(u).astype(np.int64), 0, self.intervals - 1)
        polynomials = SEGMENT_SLOPES if derivative else SEGMENTS
        powers = (u - interval)[:, None] ** np.arange(polynomials.shape[1] - 1, -1, -1)
        values = powers @ polynomials.T
        if derivative:
            values *= -1 / (self.spacing * r[:, None])  # du/dr
        out = np.zeros((r.size, self.size))
        np.put_along_axis(out, interval[:, None] + np.arange(DEGREE + 1), values, axis=1)
        return out

    def nodes(self, per_interval: int = 2) -> FloatArray:
        """Distances at which a function is sampled to be projected on the splines, from the cutoff inwards."""
        u = (np.arange(self.intervals * per_interval) + 0.5) / per_interval
        return np.asarray(self.cutoff * np.exp(-u * self.spacing))


@dataclass(frozen=True, slots=True)
class Functions:
    """Given functions, by their slopes: the textbook normal equations, and the cross-check of the splines.

    Attributes
    ----------
    slopes_of
        Callables dB_m/ds on arrays.
    names
        For people.
    """

    slopes_of: Sequence[Callable[[FloatArray], FloatArray]] = field(compare=False)
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.slopes_of) != len(self.names):
            raise InterpotError(
                f"{len(self.slopes_of)} functions were given with {len(self.names)} names: expected one name each"
            )

    @property
    def size(self) -> int:
        """Number of functions."""
        return len(self.names)

    def covering(self, smallest: float) -> Functions:
        """Given functions cover every distance."""
        return self

    def slopes(self, s: FloatArray) -> tuple[IntArray, FloatArray]:
        """See `Basis.slopes`; all functions at each s."""
        values = np.column_stack([np.broadcast_to(f(s), s.shape) for f in self.slopes_of])
        return np.zeros(s.size, dtype=np.int64), np.ascontiguousarray(values)
