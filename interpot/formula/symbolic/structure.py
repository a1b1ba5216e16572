"""From a formula with numbers to a form: which terms it is made of, and which of its numbers are constants.

A symbolic search writes 0.03*exp(-1.9998*(r - 4.1)**2) + 12.3*r**(-11.9997) + 0.7. The form of it is that of the two
terms exp(-(r - r_0)²/2w²) and r^-n with r_0, w and n, so that all that is done with forms of the library can be done
with it. Additive constants, which no force sees, are left out. Products of sums are multiplied out where that takes no
more constants: (a + br) e^{-kr} is e^{-kr} and r e^{-kr} that share k. What the library has is taken from there;
anything else becomes a term of its own. Equal formulas have equal forms, whoever wrote them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from math import inf

import numpy as np
import sympy

from interpot.errors import InterpotError
from interpot.formula.codegen import R
from interpot.formula.expression import parse_expression, print_expression
from interpot.formula.regress.form import Form
from interpot.formula.symbolic.algebra import (
    NoFormError,
    Product,
    Sum,
    collected,
    expandable,
    expanded,
    falling,
)
from interpot.formula.symbolic.known_terms import recognised
from interpot.formula.symbolic.reading import sum_of
from interpot.formula.symbolic.writing import product_text
from interpot.formula.terms import Shape, Term
from interpot.formula.terms.dimensions import lengths
from interpot.formula.terms.term import between, rate_bounds, rates, width_bounds, widths
from interpot.records import FloatArray
from interpot.statistic.channels import ENDLESS

__all__ = ["NoFormError", "form_as_written", "form_of"]

EQUAL = 1e-6
"""Two constants of one formula that agree to this are one: those that it was multiplied out from agree to rounding."""

_REDUNDANT = 1e-10
_FAR = np.array([1e9, 1e12])
_SOMEWHERE = np.geomspace(0.7, 15.0, 80)


@dataclass(frozen=True, slots=True)
class Addend:
    """One term of a form with its numbers."""

    term: Term
    shapes: tuple[float, ...]
    coefficient: float


def form_of(
    expression: sympy.Expr, symbols: Sequence[sympy.Symbol] = (R,), kind: str = "pair", reach: float = 0.0
) -> tuple[Form, FloatArray]:
    """Find the form of a formula.

    Parameters
    ----------
    expression
        In R, with numbers for constants; eV and Å.
    symbols
        Its variables: R alone.
    kind
        Of the channel, a row of `interpot.statistic.channels.CHANNELS`: terms of the library that it permits are used.
    reach
        Distance, Å, up to which the formula is used.

    Returns
    -------
    form
        With the formula's numbers for its shapes. Exponents that are not whole are free; whole ones are not.
        Numbers that agree to `EQUAL` are one free parameter.
    coefficients : (terms,)
        With them the form is the formula, up to an additive constant.

    Raises
    ------
    NoFormError
        It is constant, not real, or of functions that forms cannot have; or its constants can have no dimensions.
    """
    if tuple(symbols) != (R,):
        raise NoFormError("it depends on more than r")
    found = addends(multiplied_out(sum_of(expression), kind), kind, reach)
    if not found:
        raise NoFormError("it does not depend on r")
    terms = tuple(a.term for a in found)
    form = tied(Form.of(terms, np.array([v for a in found for v in a.shapes])))
    coefficients = np.array([a.coefficient for a in found])
    return _determined(form, coefficients), coefficients


def form_as_written(expression: sympy.Expr, kind: str = "pair") -> Form:
    """Find the form of a formula of which nothing is multiplied out: (r - x)³ e^{-kr} is one term, and so is a square.

    Raises
    ------
    NoFormError
        It is of functions that forms cannot have; or its constants can have no dimensions.
    """
    found = addends(sum_of(expression), kind)
    return tied(Form.of(tuple(a.term for a in found), np.array([v for a in found for v in a.shapes])))


def multiplied_out(parts: Sum, kind: str) -> Sum:
    """Multiply products of sums out where that takes no more constants; numbers are left out."""
    return collected(one for part in parts if not part.is_number for one in _cheapest(falling(part), kind))


def _cheapest(part: Product, kind: str) -> Sum:
    """A product as it is or multiplied out, whichever has fewer constants; if equal, the latter."""
    best: Sum = (part,)
    factors = expandable(part)
    if not factors or recognised(part, kind) is not None:
        return best
    least = _count(best, kind)
    for size in range(1, len(factors) + 1):
        for which in combinations(factors, size):
            made = tuple(p for p in expanded(part, which) if not p.is_number)
            if made and len(made) <= 12 and (count := _count(made, kind)) <= least:
                best, least = made, count
    return best


def _count(parts: Sum, kind: str) -> float:
    try:
        found = addends(parts, kind)
    except NoFormError:
        return inf
    return tied(
        Form.of(tuple(a.term for a in found), np.array([v for a in found for v in a.shapes]))
    ).constants


def addends(parts: Sum, kind: str, reach: float = 0.0) -> list[Addend]:
    """The terms of a sum that is not to be multiplied out any further.

    Terms of the library that share a shape have one value of it; where they do not, they are terms of their own.
    """
    kept = [part for part in parts if not part.is_number]
    found = [_known(part, kind, reach) or _own(part, kind) for part in kept]
    shared: dict[str, list[float]] = {}
    for addend in found:
        for shape, value in zip(addend.term.shapes, addend.shapes, strict=True):
            if shape.shared:
                shared.setdefault(shape.name, []).append(value)
    apart = {name for name, values in shared.items() if max(values) > min(values) * (1 + EQUAL)}
    return [
        _own(part, kind) if any(s.shared and s.name in apart for s in addend.term.shapes) else addend
        for part, addend in zip(kept, found, strict=True)
    ]


def _known(part: Product, kind: str, reach: float) -> Addend | None:
    known = recognised(part, kind, reach)
    if known is None:
        return None
    term, shapes, factor = known
    return Addend(term, shapes, _finite(part, factor))


def _own(part: Product, kind: str) -> Addend:
    text = product_text(part)
    named, names = text.named
    term = _term(named, names, tuple(c.role for c in text.constants), kind)
    return Addend(term, tuple(c.value for c in text.constants), _finite(part, text.log))


def _finite(part: Product, log: float) -> float:
    value = replace(part, log=part.log + log).value
    if not 1e-290 < abs(value) < 1e290:
        raise NoFormError("a number in it is beyond all sense")
    return value


# ---------------------------------------------------------------------------- constants that are one


def tied(form: Form) -> Form:
    """Tie free shapes of one role that are equal, and rates in the ratio 1 : 2.

    A number that is exactly 1 may be none at all: exp(-r) has no constant that another one could be equal to.
    """
    shapes, ties = form.shape_list, form.ties
    leaders = [int(column.nonzero()[0][0]) for column in ties.T]
    kept: list[int] = []
    columns: list[FloatArray] = []
    for column, k in zip(ties.T, leaders, strict=True):
        value, length = form.shapes[k], shapes[k].length
        for known, j in enumerate(kept):
            if shapes[j].length != length or shapes[j].integer or value == 1.0:
                continue
            ratio = value / form.shapes[j] if form.shapes[j] else inf
            near = [q for q in ((1.0, 2.0, 0.5) if length == -1 else (1.0,)) if abs(ratio / q - 1) < EQUAL]
            if near:
                columns[known] = columns[known] + near[0] * column
                break
        else:
            kept.append(k)
            columns.append(column)
    made = np.column_stack(columns) if columns else np.zeros((len(shapes), 0))
    values = form.shapes.copy()
    for column, k in zip(made.T, kept, strict=True):
        driven = column != 0
        values[driven] = column[driven] * form.shapes[k]
    return Form(form.terms, values, made)


def _determined(form: Form, coefficients: FloatArray) -> Form:
    """Keep fixed what is redundant: a constant that says what others and the additive one say."""
    exponents = [
        k for k, s in enumerate(form.shape_list) if s.integer and form.shapes[k] != round(form.shapes[k])
    ]
    form = freed(form, exponents)
    if not any("log" in term.name and term.shapes for term in form.terms):
        return form  # all others are minimal as they are written
    J = np.column_stack([np.ones(_SOMEWHERE.size), form.jacobian(_SOMEWHERE, coefficients)])
    J = J[np.isfinite(J).all(axis=1)]
    Q = np.zeros((len(J), 0))
    redundant = []
    for k, column in enumerate(J.T):
        beyond = column - Q @ (Q.T @ column)
        beyond -= Q @ (Q.T @ beyond)
        if np.linalg.norm(beyond) > _REDUNDANT * np.linalg.norm(column):
            Q = np.column_stack([Q, beyond / np.linalg.norm(beyond)])
        elif k > len(form.terms):
            redundant.append(k - 1 - len(form.terms))
    return replace(form, ties=np.delete(form.ties, redundant, axis=1))


def freed(form: Form, which: Sequence[int]) -> Form:
    """Free some more shapes, each by itself; equal exponents as one."""
    ties = form.ties
    done: dict[float, int] = {}
    for k in which:
        if ties[k].any():
            continue
        alike = [j for value, j in done.items() if abs(value / form.shapes[k] - 1) < EQUAL]
        if alike:
            ties[k, alike[0]] = 1.0
            continue
        done[float(form.shapes[k])] = ties.shape[1]
        ties = np.column_stack([ties, np.eye(len(form.shapes))[k]])
    return replace(form, ties=ties)


# ---------------------------------------------------------------------------- terms of one's own


def _distances(r_min: float, r_max: float) -> tuple[float, float]:
    """Bounds of a shift of r, of either sign: far below the distances 1 + e^{k(r - r_0)} is but an exponential."""
    far = max(abs(r_min), abs(r_max))
    return -2 * far, 10 * far


def _centres(r_min: float, r_max: float) -> tuple[float, float]:
    """Bounds of the centre of a Gaussian: one far below the distances is e^{-αr - βr²}, as in HFD-B."""
    far = 10 * max(abs(r_min), abs(r_max))
    return -far, far


def _field_widths(r_min: float, r_max: float) -> tuple[float, float]:
    return 1e-3 * (r_max - r_min), 1e3 * (r_max - r_min)


def _field_rates(r_min: float, r_max: float) -> tuple[float, float]:
    return 1e-5 / (r_max - r_min), 3e3 / (r_max - r_min)


def _shifts(r_min: float, r_max: float) -> FloatArray:
    return np.linspace(r_min, r_max, 12)


def _numbers(r_min: float, r_max: float) -> FloatArray:
    return np.geomspace(0.1, 10.0, 9)


def _exponents(r_min: float, r_max: float) -> FloatArray:
    return np.arange(1.0, 13.0)


_NUMBER, _EXPONENT = between(1e-12, 1e12), between(0.05, 60.0)


def _shape(name: str, role: str, kind: str, text: str) -> Shape:
    """A shape of a term by its role; one name always has one meaning in it, so that equal terms are equal."""
    field = kind in ENDLESS
    match role:
        case "n":
            return Shape(name, 0, _exponents, _EXPONENT, integer=True)
        case "c":
            return Shape(name, 0, _numbers, _NUMBER)
        case "r":
            return Shape(name, 1, _shifts, _centres if f"(r - {name})**2/(2*" in text else _distances)
        case "w":
            return Shape(name, 1, widths(0.15, 2.0), _field_widths if field else width_bounds)
    return Shape(name, -1, rates(0.25, 20.0), _field_rates if field else rate_bounds)


@lru_cache(maxsize=4096)
def _term(text: str, names: tuple[str, ...], roles: tuple[str, ...], kind: str) -> Term:
    """A term of its own from its text; its constants' dimensions are checked."""
    try:
        expression = parse_expression(text, {n: sympy.Symbol(n, positive=True) for n in names})
        shapes = tuple(_shape(n, role, kind, text) for n, role in zip(names, roles, strict=True))
        symbols = [s.symbol for s in shapes]
        known = {s.name: s.length for s in shapes}
        _, coefficient = lengths(expression, symbols, known, text)
    except (InterpotError, ValueError) as error:
        raise NoFormError(f"{text}: {error}") from None
    term = Term(
        print_expression(expression),
        expression,
        shapes,
        coefficient,
        False,
        "found by symbolic search",
        default=False,
        kinds=(kind,),
    )
    return replace(term, decays=kind not in ENDLESS and _decays(term))


def _decays(term: Term) -> bool:
    """Whether it vanishes at infinity for constants of the size of one."""
    values = [1.7 + 0.3 * k for k in range(len(term.shapes))]
    far, near = np.abs(term.values(_FAR, *values)), np.abs(term.values(np.array([3.1, 4.7]), *values))
    return bool(np.all(far <= 1e-3 * np.nan_to_num(near).max()))
