"""From what a symbolic search has found to fits that are judged like those of the library.

Each formula is taken apart into a form (`interpot.formula.symbolic.structure`), its constants are fitted on the exact
loss, from the numbers that the search has found, and simpler forms are tried from there: exponents set to whole numbers
or halves, terms left out, constants set to zero or made equal, rates set 1 : 2. Equal formulas are taken together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
import sympy

from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.regress import varpro
from interpot.formula.regress.form import Form
from interpot.formula.regress.polish import keep_best, twins
from interpot.formula.regress.restriction import Restriction
from interpot.formula.regress.varpro import Fit
from interpot.formula.symbolic.about import about_points
from interpot.formula.symbolic.search import Candidate
from interpot.formula.symbolic.structure import NoFormError, form_as_written, form_of
from interpot.formula.terms import Shape, Term
from interpot.records import FloatArray
from interpot.statistic.objective import Objective

FIRST, SHORT, STEPS = 15, 30, 100
"""Of the search over the shapes: of every candidate, which starts near, of simpler forms, and of what is kept."""

WORTHWHILE, SIMPLIFIED = 32, 12
"""How many of the fits, the best of each number of constants first, are fitted to the end, and simplified."""

NEAR = 0.15
"""Exponents this near to a whole number or a half are tried as such."""

ALIKE = 0.25
"""Constants that differ by no more than this share are tried as one; rates also in the ratio 1 : 2."""

TRIED = 8
"""How many of the simpler forms are fitted, those first that fit best without."""

LOST = 1e-3
"""By which share of itself the misfit may grow when a formula is simplified."""

SAME = 1e-9
"""Functions whose forces differ by no more than this share of all forces are equal."""

ROUNDING = 1e-8
"""Share of all forces below which what is left of them tells nothing."""

_WRITTEN = 1e-7  # agreement of a form with the formula that it was made of, of the formula's range
_TERMS = 8  # a form of more is no formula


def refine(
    candidates: Iterable[Candidate],
    objective: Objective,
    kind: str = "pair",
    rule: Restriction | None = None,
    limit: float = 0.0,
) -> list[Fit]:
    """Refit and simplify what a search has found.

    Parameters
    ----------
    candidates
        Formulas with numbers for constants; eV and Å.
    objective
        Of the one channel (`Objective.without_others`).
    kind
        Of the channel.
    rule
        Constraints that the fits have to meet.
    limit
        Misfit that the true function would leave by chance, eV²/Å²: a simpler form that leaves no more is taken
        without regard to what the other one leaves.

    Returns
    -------
    list of Fit
        By rising misfit, one per structure and one per function. Without constraints, for every candidate that has a
        form there is one whose exact loss is no larger than the candidate's, up to `SAME`; but where two of its terms
        have run into each other, it is that of a term and its derivative, which they are the difference of.
    """
    refining = _Refining(objective, kind, rule, limit)
    found: dict[tuple[object, ...], Fit] = {}
    for candidate in sorted(candidates, key=lambda c: (c.loss, c.complexity)):
        start = refining.start(candidate.expression)
        if start is None:
            continue
        known = found.get((start.key,))
        if known is None or not known.misfit <= refining.misfit(start) * (1 + LOST):
            keep_best(found, refining.apart(refining.fit(start, FIRST)))
    for fit in _worthwhile(found.values(), WORTHWHILE):
        keep_best(found, refining.apart(refining.fit(fit.forms[0])))
    for fit in _worthwhile(found.values(), SIMPLIFIED):
        keep_best(found, refining.simpler(fit))
    return refining.distinct(found.values())


def expression_of(fit: Fit, c: int = 0) -> sympy.Expr:
    """Write the function of one channel of a fit with numbers for its constants, eV and Å."""
    form = fit.forms[c]
    parts = []
    for a, term, shapes in zip(fit.coefficients[c], form.terms, form.split(), strict=True):
        parts.append(_number(float(a)) * _filled(term, shapes))
    return sympy.Add(*parts)


def _number(value: float) -> sympy.Expr:
    return sympy.Integer(round(value)) if value == round(value) and abs(value) < 1e6 else sympy.Float(value)


def _worthwhile(fits: Iterable[Fit], count: int) -> list[Fit]:
    """The best of each number of constants, then the second ..., so many in all."""
    ranked: list[tuple[int, float, Fit]] = []
    seen: dict[int, int] = {}
    for fit in sorted(fits, key=lambda f: f.misfit):
        place = seen.get(fit.constants, 0)
        seen[fit.constants] = place + 1
        ranked.append((place, fit.misfit, fit))
    return [fit for *_, fit in sorted(ranked, key=lambda r: r[:2])[:count]]


class _Refining:
    """Fits of forms of one channel."""

    def __init__(self, objective: Objective, kind: str, rule: Restriction | None, limit: float) -> None:
        self.objective, self.kind = objective, kind
        self.limit = max(limit, ROUNDING**2 * objective.square)
        self.constraints = [rule] if rule is not None and rule.names else None
        self.rule = rule or Restriction()
        (self.r,) = objective.nodes

    def start(self, expression: sympy.Expr) -> Form | None:
        """Return the form of a formula, or None if it has none that is the same function where it was sampled."""
        try:
            form, coefficients = form_of(expression, kind=self.kind, reach=float(self.r.max()))
        except NoFormError:
            return None
        if len(form.terms) > _TERMS or not all(self.rule.allows(term) for term in form.terms):
            return None
        written = numpy_function.__wrapped__(expression, (R,))(self.r)
        with np.errstate(all="ignore"):
            apart = form.columns(self.r) @ coefficients - written
        same = np.ptp(apart) <= _WRITTEN * np.ptp(written) if np.isfinite(apart).all() else False
        return form if same else None

    def misfit(self, form: Form) -> float:
        """Smallest misfit with the shapes as they are; constraints apart."""
        with np.errstate(all="ignore"):
            X = self.objective.maps[0] @ form.columns(self.r)
            size = np.linalg.norm(X, axis=0)
        if not (np.isfinite(size).all() and size.all()):
            return np.inf
        a = np.linalg.lstsq(X / size, self.objective.y, rcond=1e-14)[0]
        residual = X / size @ a - self.objective.y
        return float(residual @ residual)

    def fit(self, form: Form, steps: int = STEPS) -> Fit:
        """Fit a form; no worse than its shapes are."""
        return varpro.fit(self.objective, [form], steps, self.constraints)

    def apart(self, fit: Fit) -> list[Fit]:
        """The fit, or, where two terms have run into each other, that of one of them and its derivative."""
        if not twins(fit.forms[0]):
            return [fit]
        limit = _confluent(fit)
        form = None if limit is None else self.start(limit)
        return [] if form is None else [self.fit(form)]

    # ------------------------------------------------------------------------ simpler forms

    def simpler(self, fit: Fit) -> Iterator[Fit]:
        """Simplify as long as the misfit permits; each step is worth keeping."""
        yield from self._rounded(fit)
        best = fit
        while True:
            step = next((f for f in self._steps(best) if self._permits(f, best)), None)
            if step is None:
                break
            best = self.canonical(step)
            yield best
        yield from self._about_points(best)

    def _permits(self, simple: Fit, fit: Fit) -> bool:
        return simple.constants < fit.constants and simple.misfit <= max(self.limit, fit.misfit * (1 + LOST))

    def canonical(self, fit: Fit) -> Fit:
        """The same function, in the form that its formula has when it is read afresh."""
        form = self.start(expression_of(fit))
        if form is None or form.key == fit.forms[0].key or form.constants > fit.constants:
            form = fit.forms[0]
        fresh = self.fit(form)
        return fresh if fresh.misfit <= max(self.limit, fit.misfit * (1 + LOST)) else fit

    def _about_points(self, fit: Fit) -> Iterator[Fit]:
        """Polynomials times exponentials about the points where they are shortest, with fewer constants."""
        for expression in about_points(expression_of(fit)):
            try:
                form = form_as_written(expression, self.kind)
            except NoFormError:
                continue
            if form.constants < fit.constants and self._permits(short := self.fit(form), fit):
                yield short

    def _rounded(self, fit: Fit) -> Iterator[Fit]:
        """With exponents near whole numbers or halves set to these, each and all."""
        form = fit.forms[0]
        near = []
        for k, shape in enumerate(form.shape_list):
            free = shape.integer and form.ties[k].any()
            if free and 0 < abs(form.shapes[k] - _half(form.shapes[k])) < NEAR:
                near.append(k)
        sets = [(k,) for k in near] if len(near) == 1 else [*((k,) for k in near), tuple(near)]
        for some in sets:
            fixed = form
            for k in some:
                if not fixed.ties[k].any():
                    continue  # it was tied to one that is set
                fixed = with_value(fixed, k, _half(form.shapes[k]))
            if some:
                yield self.canonical(self.fit(fixed))

    def _steps(self, fit: Fit) -> Iterator[Fit]:
        """Forms with a constant or a term less, those first that promise most."""
        forms = [*_without_terms(fit.forms[0]), *_simplified(fit.forms[0])]
        ranked = sorted((misfit, k) for k, misfit in enumerate(map(self.misfit, forms)) if misfit < np.inf)
        for _, k in ranked[:TRIED]:
            yield self.fit(forms[k], SHORT)

    def distinct(self, fits: Iterable[Fit]) -> list[Fit]:
        """One fit of each function: the one with the fewest constants; by rising misfit."""
        kept: list[tuple[FloatArray, Fit]] = []
        tolerance = SAME * np.linalg.norm(self.objective.y)
        for fit in sorted(fits, key=lambda f: (f.constants, f.misfit)):
            if not self.rule.has_required(fit.forms[0].terms, fit.forms[0].split()):
                continue
            forces = self.objective.residual(fit.values(self.objective.nodes))
            if all(np.linalg.norm(forces - other) > tolerance for other, _ in kept):
                kept.append((forces, fit))
        return sorted((fit for _, fit in kept), key=lambda f: f.misfit)


def _confluent(fit: Fit) -> sympy.Expr | None:
    """What a f(s) + b f(s') tends to as s' tends to s: (a + b) f + (b s' - b s) ∂f/∂s, in the mean of s and s'.

    None where terms of several shapes are that near.
    """
    (form,), (coefficients,) = fit.forms, fit.coefficients
    parts = [*zip(form.terms, form.split(), coefficients, strict=True)]
    for (i, (term, s, a)), (j, (other, s_other, b)) in combinations(enumerate(parts), 2):
        if term.name != other.name or len(s) != 1 or not np.allclose(s, s_other, rtol=0.03, atol=0):
            continue
        middle, (symbol,) = float((s[0] + s_other[0]) / 2), term.symbols
        lever = float(a * (s[0] - middle) + b * (s_other[0] - middle))
        both = _number(float(a + b)) * term.expression + _number(lever) * derivative(term.expression, symbol)
        rest = [_number(float(c)) * _filled(t, v) for k, (t, v, c) in enumerate(parts) if k not in (i, j)]
        return sympy.Add(both.xreplace({symbol: sympy.Float(middle)}), *rest)
    return None


def _filled(term: Term, shapes: FloatArray) -> sympy.Expr:
    return term.expression.xreplace({s: _number(float(v)) for s, v in zip(term.symbols, shapes, strict=True)})


def _half(value: float) -> float:
    """The nearest whole number, or half where that is nearer and small."""
    return float(round(2 * value) / 2 if abs(value) < 4 else round(value))


def with_value(form: Form, k: int, value: float) -> Form:
    """The form with one of its free shapes set to a value, and all that is tied to it accordingly."""
    (column,) = np.flatnonzero(form.ties[k])
    step = (value - form.shapes[k]) / form.ties[k, column]
    shapes = form.shapes + form.ties[:, column] * step
    shapes[k] = value
    return Form(form.terms, shapes, np.delete(form.ties, column, axis=1))


def joined(form: Form, j: int, k: int, ratio: float) -> Form:
    """The form with one free shape that is `ratio` times another one."""
    (one,), (other,) = (np.flatnonzero(form.ties[i]) for i in (j, k))
    factor = ratio * form.ties[j, one] / form.ties[k, other]
    column = form.ties[:, one] + factor * form.ties[:, other]
    ties = form.ties.copy()
    ties[:, one] = column / column[column.nonzero()[0][0]]
    value = ratio * form.shapes[j]
    shapes = form.shapes + form.ties[:, other] * (value - form.shapes[k]) / form.ties[k, other]
    return Form(form.terms, shapes, np.delete(ties, other, axis=1))


def _without_terms(form: Form) -> Iterator[Form]:
    starts = np.cumsum([0, *(len(t.shapes) for t in form.terms)])
    for t in range(len(form.terms) if len(form.terms) > 1 else 0):
        rows = np.r_[: starts[t], starts[t + 1] : len(form.shapes)].astype(int)
        ties = form.ties[rows]
        kept = ties[:, ties.any(axis=0)]
        leaders = np.array([column[column.nonzero()[0][0]] for column in kept.T])
        yield replace(
            form,
            terms=form.terms[:t] + form.terms[t + 1 :],
            shapes=form.shapes[rows],
            ties=kept / leaders if kept.size else kept,
        )


def _ratios(shape: Shape) -> tuple[float, ...]:
    """In which ratios two shapes are tried: those of f and f², of exponentials and of Gaussians."""
    if shape.integer or shape.length == 0:
        return (1.0,)
    return (1.0, 2.0, 0.5) if shape.length < 0 else (1.0, float(np.sqrt(2)), float(np.sqrt(0.5)))


def _simplified(form: Form) -> Iterator[Form]:
    """With a constant that is zero, an exponent that is whole, and two constants that are one."""
    shapes = form.shape_list
    leaders = [int(column.nonzero()[0][0]) for column in form.ties.T]
    for k in leaders:
        low, high = np.floor(form.shapes[k]), np.ceil(form.shapes[k])
        for value in {low, high} - {0.0} if shapes[k].integer else {0.0}:
            yield with_value(form, k, float(value))
    for j, k in combinations(leaders, 2):
        if shapes[j].length != shapes[k].length or shapes[j].integer != shapes[k].integer:
            continue
        ratio = form.shapes[k] / form.shapes[j] if form.shapes[j] else np.nan
        for wanted in _ratios(shapes[j]):
            if abs(ratio / wanted - 1) < ALIKE:
                yield joined(form, j, k, wanted)
