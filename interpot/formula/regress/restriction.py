"""What constraints mean for the function of one channel, at any values of its shapes.

With the coefficients a of a form's terms, every constraint on φ(r) = φ₀(r) + Σ_t a_t f_t(r; s_t) is linear at given
shapes s:

    ± φ⁽ᵏ⁾(r_i) ≥ 0   or   = 0      (a repulsive core, smoothness at the cutoff)
    low ≤ a_t ≤ high                 (signs and bounds)

beside ranges of the shapes themselves and a choice of terms. Equalities stand as two inequalities. φ₀ is what is
known already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sympy

from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.regress.form import Form
from interpot.formula.terms import Shape, Term
from interpot.records import FloatArray
from interpot.units import STYLES, UnitStyle

Values = Sequence[float] | FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Pointwise:
    """sign · φ⁽ᵏ⁾(r_i) ≥ 0, or = 0.

    Attributes
    ----------
    name
        Of the constraint, for people.
    order
        k, the number of derivatives.
    sign
        1 or -1.
    r : (m,) float64, Å
        Where it must hold.
    known : (m,) float64
        φ₀⁽ᵏ⁾(r_i).
    equal
        Whether it must be zero.
    """

    name: str
    order: int
    sign: float
    r: FloatArray
    known: FloatArray
    equal: bool = False


@dataclass(frozen=True, slots=True)
class Selector:
    """Terms of a name, with given whole exponents where there are any: power, or power:6.

    A free exponent belongs to the whole number that it rounds to.
    """

    term: str
    exponents: tuple[int, ...] = ()

    def matches(self, term: Term, shapes: Values) -> bool:
        """Whether a term with these shapes is meant."""
        whole = [round(float(v)) for v, shape in zip(shapes, term.shapes, strict=True) if shape.integer]
        return term.name == self.term and list(self.exponents) == whole[: len(self.exponents)]

    def names(self, term: Term, shapes: Values) -> bool:
        """Whether a term with these shapes is meant and its exponents, where there are any, are whole."""
        whole = [float(v) for v, shape in zip(shapes, term.shapes, strict=True) if shape.integer]
        return self.matches(term, shapes) and (not self.exponents or all(v == round(v) for v in whole))

    def __str__(self) -> str:
        return ":".join((self.term, *map(str, self.exponents)))


@dataclass(frozen=True, slots=True)
class Bound:
    """Bounds of the coefficient of a term, in the units of the data."""

    name: str
    selector: Selector
    low: float
    high: float
    units: UnitStyle = STYLES["metal"]

    def unit(self, term: Term, shapes: Values) -> float:
        """One unit of the coefficient in internal units: energy · length^n."""
        given = dict(zip(term.symbols, map(float, shapes), strict=True))
        return float(self.units.energy * self.units.length ** float(term.coefficient_length.subs(given)))

    def unit_slopes(self, term: Term, shapes: Values) -> FloatArray:
        """Derivatives of ln `unit` with respect to the shapes: ln(length) dn/ds."""
        given = dict(zip(term.symbols, map(float, shapes), strict=True))
        slopes = [float(sympy.diff(term.coefficient_length, s).subs(given)) for s in term.symbols]
        return np.asarray(np.log(self.units.length) * np.array(slopes))


@dataclass(frozen=True, slots=True)
class Range:
    """Range of a shape of a term, internal units."""

    name: str
    selector: Selector
    shape: str
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class GridRows:
    """The constraints on normalised columns of a grid, for `interpot.formula.regress.constrained.subset_value`.

    Attributes
    ----------
    rows : (m, columns) float64
        rows @ a ≥ least, whatever columns a subset has.
    least : (m,) float64
    lower, upper : (columns,) float64
        Bounds of the coefficient of a column that is in the subset; infinite where there are none, and
        for tangents, which have no sign of their own.
    """

    rows: FloatArray
    least: FloatArray
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Restriction:
    """The constraints on one channel.

    Attributes
    ----------
    names
        Of all of them, as the user wrote them.
    decaying
        Whether only terms that vanish at infinity may be used. Growing terms of different shapes grow differently, so
        they cannot cancel, and this is no loss.
    """

    names: tuple[str, ...] = ()
    decaying: bool = False
    pointwise: tuple[Pointwise, ...] = ()
    bounds: tuple[Bound, ...] = ()
    ranges: tuple[Range, ...] = ()

    @property
    def required(self) -> tuple[Selector, ...]:
        """Terms that every formula has: those whose coefficient is given."""
        return tuple(bound.selector for bound in self.bounds if bound.low == bound.high != 0)

    def has_required(self, terms: Sequence[Term], shapes: Sequence[Values]) -> bool:
        """Whether all required terms are among those of a formula, with exactly the exponents that were named."""
        members = list(zip(terms, shapes, strict=True))
        return all(any(selector.names(*member) for member in members) for selector in self.required)

    @property
    def linear(self) -> bool:
        """Whether coefficients are constrained, not only terms and shapes."""
        return bool(self.pointwise or self.bounds)

    # ------------------------------------------------------------------------ terms and shapes

    def allows(self, term: Term, shapes: Values | None = None) -> bool:
        """Whether a term may be used, with the given shapes if these are given."""
        if self.decaying and not term.decays:
            return False
        if shapes is None:
            return True
        values = {shape.name: v for shape, v in zip(term.shapes, shapes, strict=True)}
        return all(
            rule.low <= values[rule.shape] <= rule.high
            for rule in self.ranges
            if rule.selector.matches(term, shapes) and rule.shape in values
        )

    def grid(self, term: Term, shape: Shape, domain: tuple[float, float]) -> FloatArray:
        """Values of a shape to try first: those of its grid that may be, and the ends of a range.

        Where no whole exponent may be, real ones from which to start.
        """
        values = np.asarray(shape.grid(*domain), dtype=np.float64)
        for rule in self.ranges:
            if rule.selector == Selector(term.name) and rule.shape == shape.name:
                ends = [v for v in (rule.low, rule.high) if np.isfinite(v)]
                inside = values[(rule.low <= values) & (values <= rule.high)]
                if shape.integer:
                    # not at the ends, where some bounds leave no way to go
                    values = inside if len(inside) else np.full(1, sum(ends) / len(ends))
                else:
                    values = np.unique(np.concatenate([inside, ends]))
        return values

    def shape_bounds(self, form: Form, r: FloatArray) -> FloatArray | None:
        """(2, f) bounds of the form's free parameters, or None if its shapes cannot be what they must."""
        low, high = form.bounds(r)
        first = 0
        for term, shapes in zip(form.terms, form.split(), strict=True):
            for k, shape in enumerate(term.shapes, first):
                for rule in self.ranges:
                    if not (rule.shape == shape.name and rule.selector.matches(term, shapes)):
                        continue
                    drivers = np.flatnonzero(form.ties[k])
                    if not len(drivers) and not rule.low <= form.shapes[k] <= rule.high:
                        return None
                    for j in drivers:
                        factor, value = form.ties[k, j], form.shapes[k]
                        low[j] = max(low[j], form.free[j] + (rule.low - value) / factor)
                        high[j] = min(high[j], form.free[j] + (rule.high - value) / factor)
            first += len(term.shapes)
        return np.array([low, high]) if np.all(low < high) else None

    # ------------------------------------------------------------------------ coefficients

    def rows(self, form: Form) -> tuple[FloatArray, FloatArray]:
        """Rows and their least values: rows @ a ≥ least, (m, terms) and (m,)."""
        parts = zip(form.terms, form.split(), strict=True)
        columns = [self._pointwise_rows(term, shapes) for term, shapes in parts]
        least = [self._pointwise_least()]
        rows = [np.column_stack([np.zeros((len(least[0]), 0)), *columns])]
        for t, (term, shapes) in enumerate(zip(form.terms, form.split(), strict=True)):
            for bound in self.bounds:
                if bound.selector.matches(term, shapes):
                    unit, own = bound.unit(term, shapes), np.eye(len(form.terms))[[t]]
                    for sign, end in ((1.0, bound.low), (-1.0, bound.high)):
                        if np.isfinite(end):
                            rows.append(sign * own)
                            least.append(np.array([sign * end * unit]))
        return np.vstack(rows), np.concatenate(least)

    def slopes(self, form: Form, coefficients: FloatArray) -> FloatArray:
        """Derivatives of rows @ a - least with respect to the form's free parameters, (m, f)."""
        points = [np.zeros((len(self._pointwise_least()), 0))]
        others: list[FloatArray] = []
        ends = np.cumsum([0, *(len(t.shapes) for t in form.terms)])
        for a, term, shapes, first in zip(coefficients, form.terms, form.split(), ends, strict=False):
            points += [a * self._pointwise_rows(term, shapes, k)[:, None] for k in range(len(term.shapes))]
            for bound in self.bounds:
                if bound.selector.matches(term, shapes):
                    slope = np.zeros(len(form.shapes))
                    slope[first : first + len(term.shapes)] = bound.unit_slopes(term, shapes)
                    unit = bound.unit(term, shapes)
                    for sign, end in ((1.0, bound.low), (-1.0, bound.high)):
                        if np.isfinite(end):
                            others.append(-sign * end * unit * slope)
        return np.vstack([np.hstack(points), *others]) @ form.ties

    def satisfied(self, form: Form, coefficients: FloatArray, tolerance: float = 1e-9) -> bool:
        """Whether a function meets all constraints, up to rounding."""
        shapes = zip(form.terms, form.split(), strict=True)
        if not all(self.allows(term, values) for term, values in shapes):
            return False
        rows, least = self.rows(form)
        size = np.abs(rows) @ np.abs(coefficients) + np.abs(least)
        return bool(np.all(rows @ coefficients - least >= -tolerance * size))

    def broken(self, form: Form, coefficients: FloatArray, tolerance: float = 1e-9) -> list[str]:
        """Names of the constraints that a function does not meet."""
        alone = [Restriction((p.name,), pointwise=(p,)) for p in self.pointwise]
        alone += [Restriction((b.name,), bounds=(b,)) for b in self.bounds]
        alone += [Restriction((v.name,), ranges=(v,)) for v in self.ranges]
        alone += [Restriction(("decay",), decaying=True)] if self.decaying else []
        return list(
            dict.fromkeys(one.names[0] for one in alone if not one.satisfied(form, coefficients, tolerance))
        )

    def grid_rows(self, terms: Sequence[Term], shapes: Sequence[Values], norms: FloatArray) -> GridRows:
        """The constraints on the columns of a grid: of each member the term, then its tangents, divided by `norms`."""
        columns, lower, upper = [], [], []
        for term, values in zip(terms, shapes, strict=True):
            tangents = [k for k, shape in enumerate(term.shapes) if not shape.integer]
            columns += [self._pointwise_rows(term, values, k) for k in (None, *tangents)]
            low, high = -np.inf, np.inf
            for bound in self.bounds:
                if bound.selector.matches(term, values):
                    unit = bound.unit(term, values)
                    low, high = max(low, bound.low * unit), min(high, bound.high * unit)
            lower += [low, *(-np.inf for _ in tangents)]
            upper += [high, *(np.inf for _ in tangents)]
        return GridRows(
            np.column_stack(columns) / norms,
            self._pointwise_least(),
            np.array(lower) * norms,
            np.array(upper) * norms,
        )

    def _pointwise_rows(self, term: Term, shapes: Values, slope: int | None = None) -> FloatArray:
        """± f⁽ᵏ⁾(r_i), or its derivative with respect to one of the shapes; all conditions, one after the other."""
        expression = term.expression if slope is None else derivative(term.expression, term.symbols[slope])
        parts = [np.zeros(0)]
        for condition in self.pointwise:
            of_r = expression
            for _ in range(condition.order):
                of_r = derivative(of_r, R)
            values = condition.sign * numpy_function(of_r, (R, *term.symbols))(condition.r, *shapes)
            parts += [values, -values] if condition.equal else [values]
        return np.concatenate(parts)

    def _pointwise_least(self) -> FloatArray:
        parts = [np.zeros(0)]
        for condition in self.pointwise:
            least = -condition.sign * condition.known
            parts += [least, -least] if condition.equal else [least]
        return np.concatenate(parts)
