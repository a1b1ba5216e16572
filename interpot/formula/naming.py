"""The field's names and constants for a form: from coefficients and shapes to ε, σ, D, α, ρ ...

Each named form states its function in its own constants, and how they follow from the coefficients a, b, c and the
shapes p, q, s of its terms. Errors are carried through by the delta method: if C is the covariance of coefficients
and free shapes and G the derivative of the constants with respect to them, the constants have G C Gᵀ. A form
without a name keeps its coefficients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
import sympy

from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.potential import Parameter
from interpot.formula.regress.form import Form
from interpot.records import FloatArray

COEFFICIENTS = a, b, c = sympy.symbols("a b c", real=True)
SHAPES = p, q, s = sympy.symbols("p q s", positive=True)

A, C, C_6, C_8, D, r_0 = sympy.symbols("A C C_6 C_8 D r_0", real=True)
epsilon, sigma, n, m, alpha, rho, kappa, w, gamma = sympy.symbols(
    "epsilon sigma n m alpha rho kappa w gamma", real=True
)
_mie = n / (n - m) * (n / m) ** (m / (n - m))  # makes ε the depth of the well


@dataclass(frozen=True, slots=True)
class NamedForm:
    """One row of the table of named forms.

    Attributes
    ----------
    name
        {n} and {m} stand for exponents.
    terms
        Names of the terms whose coefficients are a, b, c and whose shapes are p, q, s.
    exponents
        Whole numbers that shapes must be, None where any value will do.
    expression
        φ(r) in the constants.
    constants
        Constant → (value in a, b, c, p, q, s; energy dimension; length dimension).
    valid
        Of the numbers a, b, c, p, q, s (those there are): what makes it this form.
    tied
        Whether the shapes must be tied to each other.
    """

    name: str
    terms: tuple[str, ...]
    exponents: tuple[int | None, ...]
    expression: sympy.Expr
    constants: dict[sympy.Symbol, tuple[sympy.Expr, float, float]]
    valid: Callable[..., bool]
    tied: bool = False


FORMS = (
    NamedForm(
        "Lennard-Jones 12-6",
        ("power", "power"),
        (12, 6),
        4 * epsilon * ((sigma / R) ** 12 - (sigma / R) ** 6),
        {epsilon: (b**2 / (4 * a), 1, 0), sigma: ((-a / b) ** sympy.Rational(1, 6), 0, 1)},
        lambda a, b, p, q: a > 0 > b,
    ),
    NamedForm(
        "Mie {n}-{m}",
        ("power", "power"),
        (None, None),
        _mie * epsilon * ((sigma / R) ** n - (sigma / R) ** m),
        {
            epsilon: (-b / _mie.subs({n: p, m: q}) * (-a / b) ** (-q / (p - q)), 1, 0),
            sigma: ((-a / b) ** (1 / (p - q)), 0, 1),
            n: (p, 0, 0),
            m: (q, 0, 0),
        },
        lambda a, b, p, q: a > 0 > b and p > q,
    ),
    NamedForm(
        "Morse",
        ("exponential", "exponential"),
        (None, None),
        D * (sympy.exp(-2 * alpha * (R - r_0)) - 2 * sympy.exp(-alpha * (R - r_0))),
        {D: (b**2 / (4 * a), 1, 0), alpha: (q, 0, -1), r_0: (sympy.log(-2 * a / b) / q, 0, 1)},
        lambda a, b, p, q: a > 0 > b and p > q,
        tied=True,
    ),
    NamedForm(
        "Buckingham exp-6",
        ("exponential", "power"),
        (None, 6),
        A * sympy.exp(-R / rho) - C_6 / R**6,
        {A: (a, 1, 0), rho: (1 / p, 0, 1), C_6: (-b, 1, 6)},
        lambda a, b, p, q: a > 0 > b,
    ),
    NamedForm(
        "Born-Mayer-Huggins",
        ("exponential", "power", "power"),
        (None, 6, 8),
        A * sympy.exp(-R / rho) - C_6 / R**6 - C_8 / R**8,
        {A: (a, 1, 0), rho: (1 / p, 0, 1), C_6: (-b, 1, 6), C_8: (-c, 1, 8)},
        lambda a, b, c, p, q, s: a > 0 > b,
    ),
    NamedForm(
        "Born-Mayer",
        ("exponential",),
        (None,),
        A * sympy.exp(-R / rho),
        {A: (a, 1, 0), rho: (1 / p, 0, 1)},
        lambda a, p: True,
    ),
    NamedForm(
        "Yukawa",
        ("yukawa",),
        (None,),
        A * sympy.exp(-kappa * R) / R,
        {A: (a, 1, 1), kappa: (p, 0, -1)},
        lambda a, p: True,
    ),
    NamedForm(
        "Gaussian",
        ("gaussian",),
        (None,),
        A * sympy.exp(-(R**2) / (2 * w**2)),
        {A: (a, 1, 0), w: (p, 0, 1)},
        lambda a, p: True,
    ),
    NamedForm("Coulomb", ("power",), (1,), C / R, {C: (a, 1, 1)}, lambda a, p: True),
    NamedForm(
        "Coulomb of Gaussian charges",
        ("erf_coulomb",),
        (None,),
        C * sympy.erf(gamma * R) / R,
        {C: (a, 1, 1), gamma: (p, 0, -1)},
        lambda a, p: True,
    ),
    NamedForm(
        "Screened Coulomb erfc",
        ("erfc_coulomb",),
        (None,),
        C * sympy.erfc(gamma * R) / R,
        {C: (a, 1, 1), gamma: (p, 0, -1)},
        lambda a, p: True,
    ),
)
"""The table of named forms, the more special before the more general."""


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A channel's function in the field's constants.

    Attributes
    ----------
    name
        Of the form.
    expression
        φ(r) in the parameters' symbols.
    parameters
        Values in internal units, no errors yet.
    gradient : (parameters, coefficients + free shapes)
        G, for the delta method.
    decays
        Whether φ(∞) = 0.
    """

    name: str
    expression: sympy.Expr
    parameters: tuple[Parameter, ...]
    gradient: FloatArray
    decays: bool


def name(form: Form, coefficients: FloatArray, cutoff: float) -> Named:
    """Name a form and restate it in its constants.

    Parameters
    ----------
    form, coefficients
        Of one channel, internal units.
    cutoff
        Å; a function that does not decay is given with φ(cutoff) = 0, in a parameter r_c.
    """
    named = (
        _match(form, coefficients) or _with_coulomb(form, coefficients) or _sum_of_terms(form, coefficients)
    )
    if named.decays:
        return named
    r_c = Parameter("r_c", cutoff, 0.0, 0, 1)
    gradient = np.vstack([named.gradient, np.zeros(named.gradient.shape[1])])
    shifted = named.expression - named.expression.subs(R, r_c.symbol)
    return replace(named, expression=shifted, parameters=(*named.parameters, r_c), gradient=gradient)


def _part(
    form: Form, coefficients: FloatArray, order: tuple[int, ...]
) -> tuple[Form, FloatArray, FloatArray]:
    """Some of a form's terms, in a given order, and which of the form's constants they have."""
    starts = np.cumsum([0, *(len(t.shapes) for t in form.terms)])
    rows = [k for t in order for k in range(starts[t], starts[t + 1])]
    part = Form(tuple(form.terms[t] for t in order), form.shapes[rows], form.ties[rows])
    return part, coefficients[list(order)], np.array(order)


def _match(form: Form, coefficients: FloatArray) -> Named | None:
    """Find the first named form that some order of the terms fits."""
    for candidate in FORMS:
        for order in permutations(range(len(form.terms))):
            part, numbers, _ = _part(form, coefficients, order)
            if _fits(candidate, part, numbers):
                return _restate(candidate, part, numbers, order)
    return None


def _fits(candidate: NamedForm, form: Form, numbers: FloatArray) -> bool:
    if tuple(t.name for t in form.terms) != candidate.terms:
        return False
    driven = form.driven
    for exponent, value, free in zip(candidate.exponents, form.shapes, driven, strict=True):
        if exponent is not None and (free or value != exponent):
            return False
    is_tied = bool((np.count_nonzero(form.ties, axis=0) > 1).any())
    return is_tied == candidate.tied and candidate.valid(*numbers, *form.shapes)


def _restate(candidate: NamedForm, form: Form, numbers: FloatArray, order: tuple[int, ...]) -> Named:
    """Evaluate the constants of a named form and their derivatives."""
    count, driven = len(form.terms), form.driven
    symbols = (*COEFFICIENTS[:count], *SHAPES[: len(form.shapes)])
    values = (*numbers, *form.shapes)
    # an exponent that was not fitted is part of the form, not a constant of it
    given = {SHAPES[k]: v for k, v in enumerate(form.shapes) if not driven[k]}
    expression, parameters, gradient, exponents = candidate.expression, [], [], {}
    for symbol, (solution, energy, length) in candidate.constants.items():
        if solution in given:
            whole = int(given[solution])
            expression, exponents[symbol.name] = expression.subs(symbol, whole), whole
            continue
        value = float(numpy_function(solution, symbols)(*values))
        parameters.append(Parameter(symbol.name, value, 0.0, energy, length))
        slopes = np.array([float(numpy_function(derivative(solution, x), symbols)(*values)) for x in symbols])
        row = np.zeros(count + form.ties.shape[1])
        row[list(order)] = slopes[:count]
        row[count:] = slopes[count:] @ form.ties
        gradient.append(row)
    title = candidate.name.format(n=exponents.get("n", "n"), m=exponents.get("m", "m"))
    return Named(title, expression, tuple(parameters), np.array(gradient), all(t.decays for t in form.terms))


def _with_coulomb(form: Form, coefficients: FloatArray) -> Named | None:
    """Name the rest of a form that also has a bare Coulomb term."""
    driven = form.driven
    starts = np.cumsum([0, *(len(t.shapes) for t in form.terms)])
    charged = [
        t
        for t, term in enumerate(form.terms)
        if term.name == "power" and form.shapes[starts[t]] == 1 and not driven[starts[t]]
    ]
    if not charged or len(form.terms) == 1:
        return None
    others = tuple(t for t in range(len(form.terms)) if t != charged[0])
    part, numbers, _ = _part(form, coefficients, others)
    rest = _match(part, numbers)
    if rest is None:
        return None
    gradient = np.zeros((len(rest.parameters) + 1, form.constants))
    columns = [*others, *range(len(form.terms), form.constants)]
    gradient[:-1, columns] = rest.gradient
    gradient[-1, charged[0]] = 1.0
    taken = any(p.name == C.name for p in rest.parameters)  # by charges that are not points
    charge = Parameter("C_1" if taken else C.name, float(coefficients[charged[0]]), 0.0, 1, 1)
    expression = rest.expression + charge.symbol / R
    return Named(f"{rest.name} + Coulomb", expression, (*rest.parameters, charge), gradient, rest.decays)


def _sum_of_terms(form: Form, coefficients: FloatArray) -> Named:
    """Keep coefficients and shapes of a form that has no name."""
    driven = form.driven
    parameters, gradient, titles, expression = [], [], [], sympy.Integer(0)
    for t, (term, labels) in enumerate(zip(form.terms, _labels(form), strict=True)):
        first = sum(len(x.shapes) for x in form.terms[:t])
        given = dict(zip(term.symbols, form.shapes[first : first + len(term.shapes)], strict=True))
        length = float(term.coefficient_length.subs(given))
        amplitude = Parameter(labels[0], float(coefficients[t]), 0.0, 1, length)
        parameters.append(amplitude)
        gradient.append(np.eye(form.constants)[t])
        replaced = {}
        for k, (shape, label) in enumerate(zip(term.shapes, labels[1:], strict=True)):
            if driven[first + k]:
                constant = Parameter(label, float(form.shapes[first + k]), 0.0, 0, shape.length)
                parameters.append(constant)
                gradient.append(np.concatenate([np.zeros(len(form.terms)), form.ties[first + k]]))
                replaced[shape.symbol] = constant.symbol
            else:
                replaced[shape.symbol] = sympy.Integer(int(form.shapes[first + k]))
        expression += amplitude.symbol * term.expression.subs(replaced)
        titles.append(_title(term.name, replaced))
    decays = all(t.decays for t in form.terms)
    return Named(" + ".join(titles), expression, tuple(parameters), np.array(gradient), decays)


def _labels(form: Form) -> Iterator[tuple[str, ...]]:
    """Symbols for the coefficient and the shapes of each term.

    Whole exponents number their coefficients: C_6, K_2. All others are A, with numbers where there are several.
    """
    driven, first, letters = form.driven, 0, {"power": "C", "polynomial": "K"}
    whole = []
    for term in form.terms:
        whole.append(bool(term.shapes) and term.shapes[0].integer and not driven[first])
        first += len(term.shapes)
    others = [t for t, is_whole in enumerate(whole) if not is_whole]
    for t, (term, shapes) in enumerate(zip(form.terms, form.split(), strict=True)):
        if whole[t]:
            yield (f"{letters[term.name]}_{int(shapes[0])}", *(s.name for s in term.shapes))
        else:
            number = f"_{others.index(t) + 1}" if len(others) > 1 else ""
            yield ("A" + number, *(s.name + number for s in term.shapes))


def _title(term: str, shapes: dict[sympy.Symbol, sympy.Expr]) -> str:
    """Write a term's name: "r^-12", "erfc Coulomb", "Yukawa"."""
    if term in ("power", "polynomial"):
        return f"r^{'-' if term == 'power' else ''}{next(iter(shapes.values()))}"
    people = ("coulomb", "gaussian", "yukawa")
    return " ".join(word.capitalize() if word in people else word for word in term.split("_"))
