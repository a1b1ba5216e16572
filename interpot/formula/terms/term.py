"""What a term of the library is: one sympy expression; everything else follows from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import sympy

from interpot.formula.codegen import R, derivative, numpy_function
from interpot.records import FloatArray


@dataclass(frozen=True, slots=True)
class Shape:
    """A non-linear parameter of a term.

    Attributes
    ----------
    name
        Of the sympy symbol.
    length
        Dimension: length^length (a rate has -1, an exponent 0).
    grid
        Values to try first, from the smallest and largest sampled distance; a field's coordinate may be negative.
    bounds
        Open interval of sensible values, from the same two.
    integer
        Whether the field takes it to be a whole number; the search then starts from those, and a fit with real
        values has to earn its extra constant.
    shared
        Whether all terms of a form that have a shape of this name have the same value of it (the a of
        Stillinger-Weber's two terms, the distance at which a switch begins).
    """

    name: str
    length: float
    grid: Callable[[float, float], FloatArray]
    bounds: Callable[[float, float], tuple[float, float]]
    integer: bool = False
    shared: bool = False

    @property
    def symbol(self) -> sympy.Symbol:
        """Symbol in the term's expression."""
        return _positive(self.name)


@cache
def _positive(name: str) -> sympy.Symbol:
    """The symbol of a shape; sympy looks through its assumptions whenever one is made."""
    return sympy.Symbol(name, positive=True)


@dataclass(frozen=True, slots=True)
class Term:
    """One member of the library: coefficient × expression(r, shapes).

    Attributes
    ----------
    name
        Row of `interpot.formula.terms.TERMS`; for a user's term its text, for a variant also what was done.
    expression
        In `interpot.formula.codegen.R` and the shapes' symbols.
    shapes
        Non-linear parameters.
    coefficient_length
        Length dimension of the coefficient (its energy dimension is 1), in the shapes' symbols: n for r^-n.
    decays
        Whether it vanishes at infinity, or where it ends.
    reference
        Where the field has it from.
    ends
        Name of the shape that is the distance at which it vanishes and from which on it has no meaning, if any.
    default
        Whether it is tried unless a user says otherwise.
    variant
        Row of `interpot.formula.terms.variants.VARIANTS` that was applied, "" for the term as such.
    base
        The term as such, of a variant.
    kinds
        Of the channels in which it makes sense, rows of `interpot.statistic.channels.CHANNELS`.
    """

    name: str
    expression: sympy.Expr
    shapes: tuple[Shape, ...]
    coefficient_length: sympy.Expr
    decays: bool
    reference: str
    ends: str = ""
    default: bool = True
    variant: str = ""
    base: Term | None = None
    kinds: tuple[str, ...] = ("pair", "wall")

    @property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """Symbols of the shapes."""
        return tuple(s.symbol for s in self.shapes)

    def values(self, r: FloatArray, *shapes: float) -> FloatArray:
        """Evaluate the expression at each r."""
        return numpy_function(self.expression, (R, *self.symbols))(r, *shapes)

    def shape_slope(self, which: int, r: FloatArray, *shapes: float) -> FloatArray:
        """Derivative of the expression with respect to one of the shapes, at each r."""
        slope = derivative(self.expression, self.symbols[which])
        return numpy_function(slope, (R, *self.symbols))(r, *shapes)


def between(low: float, high: float) -> Callable[[float, float], tuple[float, float]]:
    """Bounds of a number without dimension: the same wherever the distances lie."""
    return lambda r_min, r_max: (low, high)


def rate_bounds(r_min: float, r_max: float) -> tuple[float, float]:
    """Bounds of a decay rate: from one that double precision tells from a straight line to a wall."""
    return 1e-5 / r_max, 3e3 / r_min


def width_bounds(r_min: float, r_max: float) -> tuple[float, float]:
    """Bounds of a width: from a step to a parabola."""
    return 1e-3 * r_min, 1e3 * r_max


def rates(lowest: float, highest: float, per_octave: int = 4) -> Callable[[float, float], FloatArray]:
    """Grid of decay rates α, geometric in steps of 2^(1/4) so that it holds the pairs α, 2α of Morse's form.

    From `lowest` over the largest distance (hardly decays) to `highest` over the smallest (a hard core).
    """

    def grid(r_min: float, r_max: float) -> FloatArray:
        count = int(np.ceil(per_octave * np.log2(highest / lowest * r_max / r_min)))
        return np.asarray(lowest / r_max * 2.0 ** (np.arange(count + 1) / per_octave))

    return grid


def widths(narrowest: float, widest: float, per_octave: int = 4) -> Callable[[float, float], FloatArray]:
    """Grid of widths, geometric in steps of 2^(1/4), from a fraction of r_min to a multiple of r_max."""

    def grid(r_min: float, r_max: float) -> FloatArray:
        count = int(np.ceil(per_octave * np.log2(widest / narrowest * r_max / r_min)))
        return np.asarray(narrowest * r_min * 2.0 ** (np.arange(count + 1) / per_octave))

    return grid
