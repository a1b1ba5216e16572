"""Bases in which a channel's unknown function is expanded: φ(s) = Σ_m k_m B_m(s).

A basis evaluates slopes dB_m/ds, because that is what forces are made of. `LogSplines` is the fine basis of
the one pass; `Functions` takes any callables instead and makes the textbook normal equations of those.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import floor
from typing import Protocol, Self

import numpy as np
from numpy.typing import ArrayLike

from interpot.errors import InterpotError
from interpot.records import FloatArray, IntArray
from interpot.statistic.channels import ENDLESS, Channel
from interpot.statistic.kernels.rows import spline_slopes
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
class KnotSplines:
    """Quintic B-splines on equidistant knots of a coordinate u(s) that is 0 at the upper end and grows inwards.

    Knots are the integers u = 0 (the upper end), 1, 2 ... They are not clamped: a smaller coordinate adds splines at
    the end and changes none, so two lattices with the same upper end and spacing differ by zero-padding only.

    Attributes
    ----------
    cutoff
        Å, the upper end, where the lattice is anchored; functions are zero beyond.
    spacing
        Knot distance.
    intervals
        Number of knot intervals covered, from the upper end inwards.
    """

    cutoff: float
    spacing: float
    intervals: int = 1

    def coordinate(self, s: FloatArray) -> FloatArray:
        """u(s), the number of knots between s and the upper end."""
        raise NotImplementedError

    def place(self, u: ArrayLike) -> FloatArray:
        """s(u), the inverse of `coordinate`."""
        raise NotImplementedError

    def rate(self, s: FloatArray) -> FloatArray:
        """du/ds, negative."""
        raise NotImplementedError

    @property
    def size(self) -> int:
        """Number of splines that live on the intervals."""
        return self.intervals + DEGREE

    @property
    def innermost(self) -> float:
        """Smallest covered coordinate."""
        return float(self.place(self.intervals))

    def covering(self, smallest: float) -> Self:
        """Return the lattice that reaches inwards to `smallest`."""
        # a sample on a knot, give or take its rounding, counts as beyond it
        needed = floor(float(self.coordinate(np.array([smallest]))[0]) + 1e-9) + 1
        return replace(self, intervals=max(self.intervals, needed))

    def inwards(self, s: float, slack: float) -> float:
        """A coordinate that is smaller by a fraction, of whatever the knots are uniform in."""
        raise NotImplementedError

    def sums(self, s: FloatArray, factor: FloatArray | None = None) -> FloatArray:
        """Σ factor B_m(s) of every spline, (size,)."""
        u = self.coordinate(s)
        first = np.clip(u.astype(np.int64), 0, self.intervals - 1)
        powers = (u - first)[:, None] ** np.arange(DEGREE, -1, -1)
        values = (powers if factor is None else powers * factor[:, None]) @ SEGMENTS.T
        out = np.zeros(self.size)
        np.add.at(out, first[:, None] + np.arange(DEGREE + 1), values)
        return out

    def slopes(self, s: FloatArray) -> tuple[IntArray, FloatArray]:
        """See `Basis.slopes`; six splines at each s."""
        u = self.coordinate(s)
        first = np.maximum(u.astype(np.int64), 0)
        powers = (u - first)[:, None] ** np.arange(SEGMENT_SLOPES.shape[1] - 1, -1, -1)
        return first, np.ascontiguousarray((powers @ SEGMENT_SLOPES.T) * self.rate(s)[:, None])

    def matrix(self, r: FloatArray, derivative: bool = False) -> FloatArray:
        """B_m(r), or its derivative with respect to r, as a dense (p, size) matrix."""
        u = self.coordinate(r)
        # the outer side of each interval belongs to it; the innermost edge belongs to the last one
        interval = np.clip(np.floor(u).astype(np.int64), 0, self.intervals - 1)
        polynomials = SEGMENT_SLOPES if derivative else SEGMENTS
        powers = (u - interval)[:, None] ** np.arange(polynomials.shape[1] - 1, -1, -1)
        values = powers @ polynomials.T
        if derivative:
            values *= self.rate(r)[:, None]
        out = np.zeros((r.size, self.size))
        np.put_along_axis(out, interval[:, None] + np.arange(DEGREE + 1), values, axis=1)
        return out

    def nodes(self, per_interval: int = 2) -> FloatArray:
        """Coordinates at which a function is sampled to be projected on the splines, from the upper end inwards."""
        return self.place((np.arange(self.intervals * per_interval) + 0.5) / per_interval)


@dataclass(frozen=True, slots=True)
class LogSplines(KnotSplines):
    """Splines on knots that are uniform in log r: u = ln(cutoff/r)/spacing, for distances."""

    spacing: float = SPACING

    def coordinate(self, s: FloatArray) -> FloatArray:
        """See `KnotSplines`."""
        return np.asarray(np.log(self.cutoff / s) / self.spacing)

    def place(self, u: ArrayLike) -> FloatArray:
        """See `KnotSplines`."""
        return np.asarray(self.cutoff * np.exp(-np.asarray(u) * self.spacing))

    def rate(self, s: FloatArray) -> FloatArray:
        """See `KnotSplines`."""
        return np.asarray(-1 / (self.spacing * s))

    def inwards(self, s: float, slack: float) -> float:
        """See `KnotSplines`; a fraction of s."""
        return float(s * np.exp(-slack))

    def slopes(self, s: FloatArray) -> tuple[IntArray, FloatArray]:
        """See `Basis.slopes`; compiled."""
        first = np.empty(s.size, dtype=np.int64)
        values = np.empty((s.size, DEGREE + 1))
        spline_slopes(s, self.cutoff, 1 / self.spacing, SEGMENT_SLOPES, first, values)
        return first, values


@dataclass(frozen=True, slots=True)
class UniformSplines(KnotSplines):
    """Splines on equidistant knots of s itself, u = (cutoff - s)/spacing: for fields, whose s may be negative."""

    def coordinate(self, s: FloatArray) -> FloatArray:
        """See `KnotSplines`."""
        return np.asarray((self.cutoff - s) / self.spacing)

    def place(self, u: ArrayLike) -> FloatArray:
        """See `KnotSplines`."""
        return np.asarray(self.cutoff - np.asarray(u) * self.spacing)

    def rate(self, s: FloatArray) -> FloatArray:
        """See `KnotSplines`."""
        return np.full(np.shape(s), -1 / self.spacing)

    def inwards(self, s: float, slack: float) -> float:
        """See `KnotSplines`; a fraction of the largest coordinate."""
        return s - slack * self.cutoff


FIELD_INTERVALS = 100
"""Knot intervals of a field's coordinate between 0 and its largest value."""


FEW = 6
"""So many channels have knots at `SPACING`; more have them at `WIDER`, or the normal equations would grow too large."""

WIDER = 1 / 120
"""Represents the library's terms to 5e-9: the error falls with the sixth power."""


def lattice_of(channel: Channel) -> type[KnotSplines]:
    """How knots stand for a channel: uniform in ln s for a distance, in s for a field's coordinate."""
    return UniformSplines if channel.kind in ENDLESS else LogSplines


def splines_for(channels: Sequence[Channel]) -> list[KnotSplines]:
    """The fine bases of the one pass."""
    spacing = SPACING if len(channels) <= FEW else WIDER
    return [
        lattice_of(c)(c.cutoff, c.cutoff / FIELD_INTERVALS if c.kind in ENDLESS else spacing)
        for c in channels
    ]


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
