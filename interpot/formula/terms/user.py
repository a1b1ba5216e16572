"""Terms that users write: ``exp(-(r/w)**4); w = 0.5..5 Å``.

First the function of r, in the notation of formulas (`interpot.formula.expression`; ^ may stand for **); the term is
that times a coefficient. r is the distance of a pair or to a wall; a function of x is a term of fields, whatever the
letter of their coordinate. Every other name in it is a shape, a constant that is fitted. After a semicolon each shape
may have its bounds, and a unit: ``w = 0.5..5 Å``, ``k = 1..8 Å^-1``, ``w = 0.05..0.5 nm``, ``n = 2..9 1`` (a number).
Where x is the variable, bounds may be negative: ``x_1 = -5..5 Å``. Without a unit the
bounds are in Å (in reduced units, in σ) to the power of the shape's dimension.

The dimension of a shape need not be stated where it follows from the function: what exp or cos are taken of, and
exponents, are pure numbers, and what is added up has one dimension. Bounds need not be given for a length (from a
step to a parabola, `width_bounds`) nor for a rate, an inverse length (`rate_bounds`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import sympy

from interpot.errors import InterpotError
from interpot.formula.codegen import R
from interpot.formula.expression import FUNCTIONS, names_in, parse_expression
from interpot.formula.terms import TERMS, library
from interpot.formula.terms.dimensions import lengths
from interpot.formula.terms.term import Shape, Term, rate_bounds, rates, width_bounds, widths
from interpot.records import FloatArray

_UNITS = {"Å": 1.0, "A": 1.0, "nm": 10.0}  # Å
_BOUND = re.compile(
    r"(?P<name>\w+)\s*=\s*(?P<low>[-+.\deE]+?)\s*\.\.\s*(?P<high>[-+.\deE]+)\s*"
    r"(?P<unit>1|Å|A|nm)?(\^(?P<power>-?[\d.]+))?"
)
_RESERVED = ("r_c", "r_on")  # of the variants
_MEMBERS = 64  # on the grid of a term


def terms_from(strings: Iterable[str]) -> tuple[Term, ...]:
    """Terms from names of `TERMS` and from what users write, in the given order.

    Raises
    ------
    InterpotError
        Neither a name nor a formula, or a formula that is no term.
    """
    return tuple(_term_from(string.strip()) for string in strings)


def _term_from(string: str) -> Term:
    words = re.split(r"\W+", string)
    # a misspelt name is told the names there are
    if string in TERMS or (re.fullmatch(r"[A-Za-z][\w -]+", string) and not {"r", "x"} & set(words)):
        return library([string])[0]
    text, *parts = (part.strip() for part in string.split(";"))
    bounds: dict[str, tuple[float, float]] = {}
    dimensions: dict[str, float] = {}
    for part in filter(None, parts):
        name, ends, power = _bound(part, text)
        bounds[name] = ends
        if power is not None:
            dimensions[name] = power
    return user_term(text, bounds, dimensions)


def _bound(part: str, text: str) -> tuple[str, tuple[float, float], float | None]:
    """Read ``w = 0.5..5 Å``: name, bounds in Å to the power that follows, and that power if there is a unit."""
    found = _BOUND.fullmatch(part)
    try:
        if found is None or (found["power"] and found["unit"] in (None, "1")):
            raise ValueError
        ends, unit = (float(found["low"]), float(found["high"])), found["unit"]
        power = None if unit is None else 0.0 if unit == "1" else float(found["power"] or 1)
    except ValueError:
        raise InterpotError(
            f"term '{text}': '{part}' is no range of a constant: expected, for example, 'w = 0.5..5 Å'"
        ) from None
    factor = _UNITS.get(unit, 1.0) ** (power or 0.0)
    return found["name"], (ends[0] * factor, ends[1] * factor), power


def user_term(
    text: str,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    dimensions: Mapping[str, float] | None = None,
) -> Term:
    """Make a term of the library from a function of r, or, for fields, of x.

    Parameters
    ----------
    text
        ``exp(-(r/w)**4)``; nothing in it is executed.
    bounds
        Shape → open interval, low < high, in Å to the power of its dimension; 0 ≤ low in a function of r. May be left
        out for lengths and rates.
    dimensions
        Shape → power of length, where it does not follow from the text (1 of a width, 0 of an exponent).

    Returns
    -------
    Term
        Named by the text. Its grid has at most 64 members, geometric within the bounds.

    Raises
    ------
    InterpotError
        The text is no formula or not one of r, bounds are missing, reversed or of a name that is not there, the
        dimensions contradict each other or are not determined, or a shape does no more than a coefficient.
    """
    bounds, given = dict(bounds or {}), dict(dimensions or {})
    place = f"term '{text}'"
    expression, names, variable = _parsed(text, place)
    distances = variable == R.name
    for name in (*bounds, *given):
        if name not in names:
            known = f"it has {', '.join(names)}" if names else "it has no constants"
            raise InterpotError(f"{place} holds no constant '{name}': {known}")
    for name, ends in bounds.items():
        _check_range(name, ends, place, 0.0 if distances else -np.inf)
    count = max(int(_MEMBERS ** (1 / max(len(names), 1))), 3)
    bare = tuple(Shape(name, 0, rates(1, 2), rate_bounds) for name in names)
    kinds = ("pair", "wall") if distances else ("field",)
    term = Term(text, expression, bare, sympy.Integer(0), False, "given by the user", kinds=kinds)
    trials = _trials(names, bounds)
    _check(term, trials, place)
    powers, coefficient = lengths(expression, term.symbols, given, place)
    shapes = tuple(_shape(name, powers[name], bounds.get(name), count, place) for name in names)
    if not distances:
        shapes = tuple(_across(shape) for shape in shapes)
    decays = distances and _decays(term, trials)
    return replace(term, shapes=shapes, coefficient_length=coefficient, decays=decays)


def _across(shape: Shape) -> Shape:
    """A shape of a field, whose coordinates may be negative: lengths are measured by the sampled range."""

    def of_span(take: Callable[[float, float], Any]) -> Callable[[float, float], Any]:
        return lambda x_min, x_max: take(0.05 * (x_max - x_min), x_max - x_min)

    return replace(shape, grid=of_span(shape.grid), bounds=of_span(shape.bounds))


def _parsed(text: str, place: str) -> tuple[sympy.Expr, list[str], str]:
    """The expression, the names of its shapes, in alphabetical order, and the letter of its variable."""
    formula = text.replace("^", "**")
    try:
        found = names_in(formula)
        variable = "x" if "x" in found and R.name not in found else R.name
        names = sorted(found - set(FUNCTIONS) - {variable, "pi"})
        shapes = {n: sympy.Symbol(n, positive=True) for n in names}
        expression = parse_expression(formula, shapes, variable)
    except SyntaxError as error:
        raise InterpotError(f"{place} is no formula ({error.msg})") from None
    except ValueError as error:
        raise InterpotError(f"{place} {error}") from None
    taken = [n for n in names if n in _RESERVED or not re.fullmatch(r"[A-Za-z]\w*", n)]
    if taken:
        raise InterpotError(f"{place}: '{taken[0]}' has another meaning, give that constant another name")
    if R not in expression.free_symbols:
        raise InterpotError(
            f"{place} is no function of r: a term depends on the distance (or on x, in a field)"
        )
    lost = [n for n in names if n not in {s.name for s in expression.free_symbols}]
    if lost:
        raise InterpotError(f"{place} does not depend on '{lost[0]}', which cancels: leave it out")
    return expression, names, variable


def _check_range(name: str, ends: tuple[float, float], place: str, least: float) -> None:
    if not (least <= ends[0] < ends[1] < np.inf and np.isfinite(ends[0])):
        expected = "0 ≤ smallest < largest" if least == 0 else "smallest < largest"
        raise InterpotError(
            f"{place}: '{name}' between {ends[0]:g} and {ends[1]:g} is no range: expected {expected}"
        )


def _shape(name: str, power: float, ends: tuple[float, float] | None, count: int, place: str) -> Shape:
    if ends is None:
        if power == 1:
            return Shape(name, 1, _thinned(widths(0.15, 2.0), count), width_bounds)
        if power == -1:
            return Shape(name, -1, _thinned(rates(0.25, 20.0), count), rate_bounds)
        kind = "a pure number" if power == 0 else f"a length to the power {power:g}"
        raise InterpotError(
            f"{place}: '{name}' is {kind} and has no natural bounds: give them, for example '{name} = 0.5..5'"
        )
    low, high = ends
    if low > 0:  # four in an octave, as in the library
        count = int(np.clip(4 * np.log2(high / low), 4, max(count, 4)))
    # the ends themselves are not on the grid: a fit has to be able to move both ways
    grid = np.geomspace(low, high, count + 2) if low > 0 else np.linspace(low, high, min(count, 16) + 2)
    values = grid[1:-1]
    return Shape(name, power, lambda r_min, r_max: values, lambda r_min, r_max: (low, high))


def _thinned(grid: Callable[[float, float], FloatArray], count: int) -> Callable[[float, float], FloatArray]:
    """The grid, or, where it has more than `count` values, as many of them, evenly."""

    def thin(r_min: float, r_max: float) -> FloatArray:
        values = grid(r_min, r_max)
        if len(values) <= count:
            return values
        return np.asarray(values[np.linspace(0, len(values) - 1, count).round().astype(int)])

    return thin


_NEAR = np.geomspace(0.5, 20.0, 60)  # Å, distances at which terms are looked at before there are data
_TRIALS = 12  # values of the shapes


def _trials(names: list[str], bounds: Mapping[str, tuple[float, float]]) -> list[tuple[float, ...]]:
    """Values of the shapes within their bounds, or of the size of distances."""
    random = np.random.default_rng(1)
    columns = []
    for name in names:
        low, high = bounds.get(name, (0.3, 10.0))
        share = random.uniform(0.1, 0.9, _TRIALS)
        columns.append(low * (high / low) ** share if low > 0 else low + (high - low) * share)
    return [tuple(map(float, row)) for row in zip(*columns, strict=True)] if names else [()]


def _check(term: Term, trials: list[tuple[float, ...]], place: str) -> None:
    """Refuse a term that is undefined everywhere, and shapes that only scale it."""
    if not any(np.isfinite(term.values(_NEAR, *shapes)).any() for shapes in trials):
        raise InterpotError(f"{place} is undefined at every distance from {_NEAR[0]:g} to {_NEAR[-1]:g} Å")
    for k, shape in enumerate(term.shapes):
        if all(_only_scales(term, k, shapes) for shapes in trials):
            raise InterpotError(
                f"{place}: '{shape.name}' only multiplies it or adds a constant, as its coefficient does: leave it out"
            )


def _only_scales(term: Term, k: int, shapes: tuple[float, ...]) -> bool:
    """Whether the slope along a shape is a multiple of the term plus a constant."""
    columns = np.column_stack(
        [term.values(_NEAR, *shapes), term.shape_slope(k, _NEAR, *shapes), np.ones(_NEAR.size)]
    )
    columns = columns[np.isfinite(columns).all(axis=1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = np.nan_to_num(columns / np.abs(columns).max(axis=0, initial=0.0))
    return bool(np.linalg.matrix_rank(columns, tol=1e-10) < 3)


def _decays(term: Term, trials: list[tuple[float, ...]]) -> bool:
    """Whether it vanishes at infinity for all the shapes that are looked at, by its numbers."""
    for shapes in trials:
        near = np.abs(term.values(_NEAR, *shapes))
        far = abs(term.values(np.array([1e12]), *shapes)[0])
        if not far <= 1e-6 * near[np.isfinite(near)].max(initial=0.0):
            return False
    return True


def undefined(term: Term, r_min: float, r_max: float) -> str | None:
    """Say in one sentence that a term has no value somewhere between two distances; None where it has them all.

    A member of the grid that is not finite there is left out of the search; the sentence is for a term of which
    no member remains.
    """
    r = np.linspace(r_min, r_max, 200)
    grids = [shape.grid(r_min, r_max) for shape in term.shapes]
    mesh = np.meshgrid(*grids, indexing="ij") if grids else [np.zeros(1)]
    holes = []
    for shapes in zip(*(m.ravel() for m in mesh), strict=True):
        finite = np.isfinite(term.values(r, *shapes[: len(grids)]))
        if finite.all():
            return None
        holes.append(r[~finite][0])
    return (
        f"term '{term.name}' is undefined between {r_min:.4g} and {r_max:.4g} Å, where the data are "
        f"(at {min(holes):.4g} Å, for example): it was left out"
    )
