"""The field's names and constants for a form: from coefficients and shapes to ε, σ, D, α, ρ ...

Each named form (`interpot.formula.named_forms`) states its function in its own constants, and how they follow from
the coefficients and the shapes of its terms. Errors are carried through by the delta method: if C is the
covariance of coefficients and free shapes and G the derivative of the constants with respect to them, the constants
have G C Gᵀ. A form without a name keeps its coefficients. What was done to a potential at its cutoff
(`interpot.formula.terms.variants`) is done to the named function as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations, permutations

import numpy as np
import sympy

from interpot.errors import InterpotError
from interpot.formula.channel_formula import Parameter
from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.named_forms import COEFFICIENTS, FORMS, ROWS, SHAPES, NamedForm
from interpot.formula.named_structures import STRUCTURES
from interpot.formula.regress.form import Form
from interpot.formula.terms.variants import R_ON, VARIANTS, apply
from interpot.formula.titles import title_of, written
from interpot.records import FloatArray
from interpot.statistic.channels import ENDLESS, Channel

AMPLITUDES = {
    "power": "C_{n}",
    "polynomial": "K_{k}",
    **{f"damped_{n}": f"C_{n}" for n in (6, 8, 10)},
    **{name: f"K_{n}" for n, name in enumerate(("linear", "quadratic", "cubic", "quartic"), 1)},
}
"""Symbols of the coefficients of terms with whole exponents; all others are A."""

AGREED = 1e-6
"""Share of the size of its terms to which a named function has to be the fitted one: rounding may be large in
constants that hardly count."""

_RADII = 7  # at which that is looked at


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A channel's function in the field's constants.

    Attributes
    ----------
    name
        Of the form; empty where it has no terms.
    expression
        φ(r) in the parameters' symbols.
    parameters
        Values in internal units, no errors yet.
    gradient : (parameters, coefficients + free shapes)
        G, for the delta method.
    decays
        Whether φ(∞) = 0; otherwise φ(cutoff) = 0, but for a field.
    """

    name: str
    expression: sympy.Expr
    parameters: tuple[Parameter, ...]
    gradient: FloatArray
    decays: bool


def of_channel(form: Form, coefficients: FloatArray, channel: Channel) -> Named:
    """Name the form of a channel."""
    return name(form, coefficients, channel.cutoff, "charge" if channel.charges else channel.kind)


def name(form: Form, coefficients: FloatArray, cutoff: float, kind: str = "pair") -> Named:
    """Name a form and restate it in its constants.

    Parameters
    ----------
    form, coefficients
        Of one channel, internal units.
    cutoff
        Å; the one of the variants among the terms. A function that does not decay is given with φ(cutoff) = 0, in
        a parameter r_c; a field as it is.
    kind
        A key of `interpot.formula.named_forms.ROWS`.
    """
    if not form.terms:
        return Named("", sympy.Integer(0), (), np.zeros((0, 0)), decays=True)
    decays = kind in (*ENDLESS, "charge") or all(term.decays for term in form.terms)
    r_c = Parameter("r_c", cutoff, 0.0, 0, 1)
    whole: Named | None = None
    for variant in dict.fromkeys(term.variant for term in form.terms):
        order = tuple(t for t, term in enumerate(form.terms) if term.variant == variant)
        part = _part(form, order)
        named = _named(_bare(part), coefficients[list(order)], kind)
        if variant:
            named = _varied(named, variant, part)
        elif not decays:
            named = replace(named, expression=apply("shifted", named.expression, r_c.symbol))
        named = _spread(named, form, order)
        whole = named if whole is None else _together(whole, named)
    assert whole is not None
    if decays:
        return whole
    gradient = np.vstack([whole.gradient, np.zeros(form.constants)])
    return replace(whole, parameters=(*whole.parameters, r_c), gradient=gradient, decays=False)


def agreed(named: Named, form: Form, coefficients: FloatArray, domain: tuple[float, float]) -> Named:
    """The named function, if it is the fitted one, up to rounding and an additive constant.

    Parameters
    ----------
    named
        Of this form with these coefficients.
    domain
        Smallest and largest sampled coordinate, Å.

    Raises
    ------
    InterpotError
        It is another function: a fault of this module that would else go unseen.
    """
    r = np.linspace(*domain, _RADII)
    with np.errstate(all="ignore"):
        parts = form.columns(r) * coefficients
    symbols = (R, *(p.symbol for p in named.parameters))
    found = numpy_function(named.expression, symbols)(r, *(p.value for p in named.parameters))
    apart = found - parts.sum(axis=1)
    if np.isfinite(parts).all() and not np.ptp(apart) <= AGREED * np.abs(parts).sum(axis=1).max():
        raise InterpotError(
            f"the formula '{named.name}' is not the function that was fitted ({named.expression}): this is a fault of "
            "interpot, please report it with the statistic"
        )
    return named


def _named(form: Form, coefficients: FloatArray, kind: str) -> Named:
    for rows, addition in ROWS[kind]:
        if (found := _match(form, coefficients, rows)) is not None:
            return replace(found, name=found.name + addition)
    charged = _with_charges(form, coefficients) if kind == "pair" else None
    return charged or _sum_of_terms(form, coefficients)


# ---------------------------------------------------------------------------- parts of a form


def _starts(form: Form) -> list[int]:
    """Where the shapes of each term begin."""
    return [int(k) for k in np.cumsum([0, *(len(t.shapes) for t in form.terms)])]


def _rows(form: Form, order: Sequence[int]) -> list[int]:
    starts = _starts(form)
    return [k for t in order for k in range(starts[t], starts[t + 1])]


def _part(form: Form, order: Sequence[int]) -> Form:
    """Some of a form's terms, in a given order, with all the columns of its ties."""
    rows = _rows(form, order)
    return Form(tuple(form.terms[t] for t in order), form.shapes[rows], form.ties[rows])


def _bare(form: Form) -> Form:
    """The terms as such, of variants: without what was done to them at the cutoff."""
    starts = _starts(form)
    bare = tuple(term.base or term for term in form.terms)
    rows = [
        k for start, term in zip(starts, bare, strict=False) for k in range(start, start + len(term.shapes))
    ]
    return Form(bare, form.shapes[rows], form.ties[rows])


def _spread(named: Named, form: Form, order: Sequence[int]) -> Named:
    """The gradient of a part's constants along all coefficients of the form."""
    gradient = np.zeros((len(named.parameters), form.constants))
    gradient[:, [*order, *range(len(form.terms), form.constants)]] = named.gradient
    return replace(named, gradient=gradient)


def _together(first: Named, second: Named) -> Named:
    """The sum of two parts whose gradients are along the same coefficients; what is shared is one constant."""
    taken = {p.name: p for p in first.parameters}
    parameters, rows, symbols = list(first.parameters), list(first.gradient), {}
    for parameter, row in zip(second.parameters, second.gradient, strict=True):
        if parameter.name == R_ON.name and parameter.name in taken:
            continue
        renamed = replace(parameter, name=_untaken(parameter.name, taken))
        taken[renamed.name] = renamed
        symbols[parameter.symbol] = renamed.symbol
        parameters.append(renamed)
        rows.append(row)
    expression = first.expression + second.expression.subs(symbols, simultaneous=True)
    title = f"{first.name} + {second.name}"
    return Named(title, expression, tuple(parameters), np.array(rows), first.decays and second.decays)


def _untaken(name: str, taken: dict[str, Parameter]) -> str:
    """The name, or the first of name_1, name_2 ... that is free."""
    number, found = 0, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


def _varied(named: Named, variant: str, part: Form) -> Named:
    """Do to a named function what was done to its terms."""
    row, r_c = VARIANTS[variant], sympy.Symbol("r_c", real=True)
    r_on = sympy.Symbol(R_ON.name, real=True)
    expression = apply(variant, named.expression, r_c, r_on)
    title = f"{named.name}, {row.title}"
    if not row.switch:
        return replace(named, name=title, expression=expression)
    begin = Parameter(R_ON.name, float(part.shapes[-1]), 0.0, 0, 1)
    slope = np.concatenate([np.zeros(len(part.terms)), part.ties[-1]])
    gradient = np.vstack([named.gradient, slope])
    return replace(
        named, name=title, expression=expression, parameters=(*named.parameters, begin), gradient=gradient
    )


# ---------------------------------------------------------------------------- forms with a name


def _match(form: Form, coefficients: FloatArray, kind: str = "pair") -> Named | None:
    """Find the first named form of a kind that some order of the terms fits."""
    terms = sorted(t.name for t in form.terms)
    for candidate in (*FORMS, *STRUCTURES):
        if candidate.kind != kind or sorted(candidate.terms) != terms:
            continue
        for order in permutations(range(len(form.terms))):
            part, numbers = _part(form, order), coefficients[list(order)]
            if _fits(candidate, part, numbers):
                return _spread(_restate(candidate, part, numbers), form, order)
    return None


def _fits(candidate: NamedForm, form: Form, numbers: FloatArray) -> bool:
    if tuple(t.name for t in form.terms) != candidate.terms:
        return False
    for exponent, value, free in zip(candidate.exponents, form.shapes, form.driven, strict=True):
        if exponent is not None and (free or value != exponent):
            return False
    return _tied(form) == candidate.tied and candidate.valid(*numbers, *form.shapes)


def _tied(form: Form) -> bool:
    """Whether one free parameter drives shapes that are not one shared shape."""
    shapes = form.shape_list
    for column in form.ties.T:
        driven = [shapes[k] for k in np.flatnonzero(column)]
        if len(driven) > 1 and not (all(s.shared for s in driven) and len({s.name for s in driven}) == 1):
            return True
    return False


def _restate(candidate: NamedForm, form: Form, numbers: FloatArray) -> Named:
    """Evaluate the constants of a named form and their derivatives."""
    count = len(form.terms)
    symbols = (*COEFFICIENTS[:count], *SHAPES[: len(form.shapes)])
    values = (*numbers, *form.shapes)
    # an exponent that was not fitted is part of the form, not a constant of it
    whole = [s.integer and not free for s, free in zip(form.shape_list, form.driven, strict=True)]
    given = {SHAPES[k]: _exact(form.shapes[k]) for k in np.flatnonzero(whole)}
    expression, parameters, gradient, exponents = candidate.expression, [], [], {}
    for symbol, (solution, energy, length) in candidate.constants.items():
        if solution in given:
            expression = _with_exponent(expression, symbol, given[solution])
            exponents[symbol.name] = written(given[solution])
            continue
        value = float(numpy_function(solution, symbols)(*values))
        power = float(numpy_function(sympy.sympify(length), symbols)(*values))
        parameters.append(Parameter(symbol.name, value, 0.0, energy, power))
        slopes = np.array([float(numpy_function(derivative(solution, x), symbols)(*values)) for x in symbols])
        with np.errstate(invalid="ignore"):  # of a constant that says nothing a slope may be infinite
            gradient.append(np.concatenate([slopes[:count], slopes[count:] @ form.ties]))
    title = candidate.name.format(n=exponents.get("n", "n"), m=exponents.get("m", "m"))
    return Named(title, expression, tuple(parameters), np.array(gradient), all(t.decays for t in form.terms))


@lru_cache(maxsize=1024)
def _with_exponent(expression: sympy.Expr, symbol: sympy.Symbol, number: sympy.Expr) -> sympy.Expr:
    """The expression with a number for an exponent; remembered, as searches ask for the same often."""
    return expression.subs(symbol, number)


def _with_charges(form: Form, coefficients: FloatArray) -> Named | None:
    """Name a form that is the sum of a named one and of Coulomb's law, bare or as simulations treat it."""
    every = range(len(form.terms))
    for candidate in (row for row in (*FORMS, *STRUCTURES) if row.charges):
        for charged in combinations(every, len(candidate.terms)):
            others = [t for t in every if t not in charged]
            parts = [(_part(form, some), coefficients[list(some)], some) for some in (others, charged)]
            law = _match(*parts[1][:2])
            if not others or law is None or law.name != candidate.name:
                continue
            rest = _match(*parts[0][:2])
            if rest is not None:
                return _together(_spread(rest, form, others), _spread(law, form, charged))
    return None


# ---------------------------------------------------------------------------- sums without a name


def _sum_of_terms(form: Form, coefficients: FloatArray) -> Named:
    """Keep coefficients and shapes of a form that has no name."""
    starts, free = _starts(form), form.ties.shape[1]
    several = Counter(name for name, _ in {(s.name, _driver(form, k)) for k, s in enumerate(form.shape_list)})
    constants: dict[str, Parameter] = {}
    tied: dict[tuple[object, ...], str] = {}  # what is one free parameter, in several terms
    gradient, titles, expression = [], [], sympy.Integer(0)
    for t, (term, number) in enumerate(zip(form.terms, _numbers(form), strict=True)):
        values = dict(zip(term.symbols, map(sympy.Float, form.split()[t]), strict=True))
        replaced: dict[sympy.Symbol, sympy.Expr] = {}
        later = []
        for k, shape in enumerate(term.shapes, starts[t]):
            if shape.integer and not form.driven[k]:
                replaced[shape.symbol] = _exact(form.shapes[k])
            else:
                later.append((k, shape))
        length = float(sympy.sympify(term.coefficient_length).xreplace(values))
        label = _untaken(_amplitude(form, t, number), constants)
        amplitude = constants[label] = Parameter(label, float(coefficients[t]), 0.0, 1, length)
        gradient.append(np.eye(form.constants)[t])
        for k, shape in later:
            alone = shape.shared or several[shape.name] == 1
            driver = _driver(form, k)
            # a term of its own may have a w_1 where the w of another is called so
            label = tied.get(driver) or (
                shape.name
                if shape.shared
                else _untaken(shape.name if alone else shape.name + number, constants)
            )
            tied[driver] = label
            if label not in constants:
                constants[label] = Parameter(label, float(form.shapes[k]), 0.0, 0, shape.length)
                gradient.append(np.concatenate([np.zeros(len(form.terms)), form.ties[k]]))
            replaced[shape.symbol] = constants[label].symbol
        expression += amplitude.symbol * term.expression.xreplace(replaced)
        titles.append(title_of(term.name, replaced))
    decays = all(t.decays for t in form.terms)
    rows = np.array(gradient).reshape(-1, len(form.terms) + free)
    return Named(" + ".join(titles), expression, tuple(constants.values()), rows, decays)


def _driver(form: Form, k: int) -> tuple[object, ...]:
    """Equal for shapes that are one free parameter; a shape that is not free is like no other."""
    return ("free", *form.ties[k]) if form.driven[k] else ("fixed", k)


def _whole(form: Form) -> Iterator[bool]:
    """Whether the coefficient of each term is called after whole exponents: C_6, K_2."""
    starts = _starts(form)
    for t, term in enumerate(form.terms):
        exponents = [k for k, shape in enumerate(term.shapes, starts[t]) if shape.integer]
        whole = form.shapes[exponents] == np.round(form.shapes[exponents])
        yield term.name in AMPLITUDES and bool(whole.all()) and not form.driven[exponents].any()


def _numbers(form: Form) -> list[str]:
    """What is added to the names of each term's constants: _1, _2 ... where several terms could share them."""
    others = [t for t, whole in enumerate(_whole(form)) if not whole]
    return [
        f"_{others.index(t) + 1}" if t in others and len(others) > 1 else "" for t in range(len(form.terms))
    ]


def _amplitude(form: Form, t: int, number: str) -> str:
    """Symbol of a term's coefficient."""
    term, shapes = form.terms[t], form.split()[t]
    if not list(_whole(form))[t]:
        return "A" + number
    exponents = {shape.name: int(v) for shape, v in zip(term.shapes, shapes, strict=True) if shape.integer}
    return AMPLITUDES[term.name].format(**exponents)


def _exact(value: float) -> sympy.Expr:
    """An exponent that is not fitted: whole numbers and halves as such."""
    if value == round(value):
        return sympy.Integer(round(value))
    return sympy.Rational(round(2 * value), 2) if 2 * value == round(2 * value) else sympy.Float(value, 17)
