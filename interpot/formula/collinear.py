"""Which directions the data cannot tell apart: terms that can stand for each other, constants that move together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import sympy
from sympy.printing.pretty.pretty_symbology import pretty_symbol

from interpot.formula.codegen import R
from interpot.formula.notation import in_variable
from interpot.formula.paired import difference, surely_apart
from interpot.formula.potential import Potential
from interpot.formula.regress.form import Form
from interpot.formula.regress.grid import Grid
from interpot.formula.regress.polish import twins
from interpot.formula.regress.varpro import RANKED, Fit, fit
from interpot.formula.terms import Term
from interpot.formula.terms.variants import VARIANTS
from interpot.formula.titles import bare_exponents, title_of
from interpot.records import FloatArray
from interpot.statistic.channels import ENDLESS, Measure, measure_of
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import RELATIVE_CUTOFF, Objective

INSEPARABLE = 0.99
"""Correlation from which on two constants are not known apart."""

TRIED = 6
"""How many replacements of a term are fitted, the most promising first."""

ONE_FUNCTION = 1e-6
"""Squared sine of the angle between the forces of two terms below which they are one and the same function."""

LONGEST = 48  # characters of a term that is written out

STEPS = 40  # of a fit that starts from the chosen formula


@dataclass(frozen=True, slots=True, eq=False)
class Substitute:
    """A term that can stand for one of the chosen formula.

    Attributes
    ----------
    channel
        Label.
    term, other
        Both in words: "r⁻¹²", "exp(-r/0.28 Å)".
    fit
        With the other one, all other constants refitted.
    """

    channel: str
    term: str
    other: str
    fit: Fit


@dataclass(frozen=True, slots=True)
class Conditions:
    """Condition numbers, columns scaled to length 1.

    Attributes
    ----------
    columns, rank
        How many splines there are, and how many directions of them the data determine.
    gram
        Of A on the latter: ratio of its largest to its smallest eigenvalue.
    jacobian
        Of the derivatives of the forces with respect to the formula's constants.
    """

    columns: int
    rank: int
    gram: float
    jacobian: float


def substitutes(
    statistic: Statistic, objective: Objective, chosen: Fit, library: Sequence[Term], variance: float
) -> tuple[Substitute, ...]:
    """Replace each term of the chosen formula by each other member of the library, and see whether the data object.

    Parameters
    ----------
    statistic, objective
        The same data, as sums per block and compressed.
    chosen
        One form per channel.
    library
        Terms to put in.
    variance
        As `interpot.formula.paired.difference` takes it.

    Returns
    -------
    tuple of Substitute
        By channel and term, the best first; those whose loss is higher by less than two standard errors.
    """
    found = []
    for c, channel in enumerate(statistic.channels):
        seen = statistic.coverage[c]
        alone = objective.without_others(c)
        own = [term for term in library if channel.kind in term.kinds]
        if not own:
            continue
        grid = Grid.of(alone, own, (seen.minimum, seen.maximum))
        (r,) = alone.nodes
        columns = alone.maps[0] @ np.column_stack(
            [term.values(r, *shapes) for term, shapes in zip(grid.terms, grid.shapes, strict=True)]
        )
        form, letter = chosen.forms[c], channel.site if channel.kind in ENDLESS else R.name
        measure = measure_of(channel.kind, statistic.units)
        for t, (term, shapes) in enumerate(zip(form.terms, form.split(), strict=True)):
            replaced = [
                _replaced(form, t, grid.terms[m], np.array(grid.shapes[m]))
                for m in _promising(alone, grid, columns, form, t)
            ]
            trials = _trials(objective, alone, chosen, c, [f for f in replaced if not twins(f)], variance)
            for trial in sorted(trials, key=lambda f: f.misfit):
                if (
                    not _is_limit(alone, form, trial.forms[c], t)
                    and not difference(objective, chosen, trial, variance).told_apart
                ):
                    put, its = trial.forms[c].terms[t], trial.forms[c].split()[t]
                    old = member_name(term, shapes, measure, letter)
                    new = member_name(put, its, measure, letter)
                    found.append(Substitute(channel.label, old, new, trial))
    return tuple(found)


def _trials(
    objective: Objective, alone: Objective, chosen: Fit, c: int, replaced: Sequence[Form], variance: float
) -> list[Fit]:
    """Fits with other forms for channel c, without those that cannot be but told apart.

    The best functions of the other channels leave no more than their formulas do: with them one channel says enough.
    """
    trials = []
    for form in replaced:
        forms = [*chosen.forms[:c], form, *chosen.forms[c + 1 :]]
        if len(forms) > 1:
            least = fit(alone, [form], STEPS, converged=RANKED).misfit
            constants = sum(f.constants for f in forms)
            if surely_apart(objective, chosen, least, constants, variance):
                continue
        trials.append(fit(objective, forms, STEPS, converged=RANKED))
    return trials


def _promising(alone: Objective, grid: Grid, columns: FloatArray, form: Form, t: int) -> list[int]:
    """Members that explain best what the other terms of a form leave, one per family, other than the term itself."""
    (M,), (r,) = alone.maps, alone.nodes
    others = [
        M @ term.values(r, *s)
        for k, (term, s) in enumerate(zip(form.terms, form.split(), strict=True))
        if k != t
    ]
    X, y = columns / np.linalg.norm(columns, axis=0), alone.y
    if others:
        Q = np.linalg.qr(np.column_stack(others))[0]
        X, y = X - Q @ (Q.T @ X), y - Q @ (Q.T @ y)
    norms = np.maximum(np.linalg.norm(X, axis=0), 1e-6)
    explained = (y @ X / norms) ** 2
    best: dict[int, int] = {}
    for member in np.argsort(-explained, kind="stable"):
        best.setdefault(int(grid.families[member]), int(member))
    own = [_same(grid.terms[m], grid.shapes[m], form.terms[t], form.split()[t]) for m in best.values()]
    return [m for m, same in zip(best.values(), own, strict=True) if not same][:TRIED]


def _is_limit(alone: Objective, form: Form, other: Form, t: int) -> bool:
    """Whether a term has turned into the one it replaces: damped dispersion without damping."""
    one, two = (alone.maps[0] @ f.terms[t].values(alone.nodes[0], *f.split()[t]) for f in (form, other))
    one, two = one / np.linalg.norm(one), two / np.linalg.norm(two)
    return bool(np.sum((two - one * (one @ two)) ** 2) < ONE_FUNCTION)


def _same(one: Term, a: Sequence[float], other: Term, b: FloatArray) -> bool:
    """Whether two members are of one family: the same term with the same whole exponents."""
    return one.name == other.name and all(
        x == y for x, y, shape in zip(a, b, one.shapes, strict=True) if shape.integer
    )


def _replaced(form: Form, t: int, term: Term, shapes: FloatArray) -> Form:
    """Put another term in the place of term t; the shapes of the others stay as free as they are, untied."""
    parts, driven = form.split(), np.split(form.driven, np.cumsum([len(p) for p in form.split()])[:-1])
    parts[t], driven[t] = shapes, np.array([not shape.integer for shape in term.shapes], dtype=bool)
    terms = tuple(term if k == t else old for k, old in enumerate(form.terms))
    made = Form.of(terms, np.concatenate(parts))
    return made.freed(np.flatnonzero(np.concatenate(driven)).tolist())


def member_name(term: Term, shapes: FloatArray, measure: Measure, letter: str = R.name) -> str:
    """Write a term with its shapes as a person would: "r⁻¹²", "exp(-r/0.28 Å)"; of a field in the letter of that.

    Shapes in internal units; lengths and rates are written as lengths of the measure.
    """
    if term.base is not None:
        begin = f"{shapes[-1] / measure.length:.3g} {measure.coordinate}"
        done = VARIANTS[term.variant].title.replace("r_on", begin).replace("r_c", "the cutoff")
        return f"{member_name(term.base, shapes[: len(term.base.shapes)], measure)}, {done}"
    given = {}
    for shape, value in zip(term.shapes, shapes, strict=True):
        if shape.length == 0:
            number = sympy.Integer(round(value)) if float(value).is_integer() else sympy.Float(value, 3)
            given[shape.symbol] = number
        else:  # a rate is one over a length
            length = float(value) ** (1 / shape.length) / measure.length
            given[shape.symbol] = sympy.Symbol(f"{length:.3g} {measure.coordinate}") ** sympy.sympify(
                int(shape.length)
            )
    expression = term.expression.subs(given)
    exponent = expression.as_base_exp()[1] if expression.as_base_exp()[0] == R else None
    if exponent == 1:
        return letter
    if exponent is not None:
        return letter + str(exponent).translate(str.maketrans("-.0123456789", "⁻·⁰¹²³⁴⁵⁶⁷⁸⁹"))
    text = str(in_variable(expression, letter)).replace("**", "^").replace("*", " ")
    if len(text) > LONGEST:
        return _title(term, given)
    length = rf"\d[\d.e+-]* {re.escape(measure.coordinate)}"
    text = re.sub(rf"--({length}) \+ {letter}\b", rf"{letter} + \1", text)  # of a negative length
    text = re.sub(rf"-({length}) \+ {letter}\b", rf"{letter} - \1", text)
    return bare_exponents(re.sub(rf"({length})\^", r"(\1)^", text))


def _title(term: Term, given: Mapping[sympy.Symbol, sympy.Expr]) -> str:
    """A term by its name, with the lengths in it: "damped r^-6 (1/b = 0.27 Å)"."""
    exponents = {s.symbol: given[s.symbol] if s.length == 0 else s.symbol for s in term.shapes}
    title = title_of(term.name, exponents)
    lengths = [
        f"{'1/' if shape.length < 0 else ''}{pretty_symbol(shape.name)} = {given[shape.symbol].as_base_exp()[0]}"
        for shape in term.shapes
        if shape.length != 0
    ]
    return f"{title} ({', '.join(lengths)})" if lengths else title


def collinear_sentences(found: Sequence[Substitute], potential: Potential) -> tuple[str, ...]:
    """One sentence for each term that something else can stand for."""
    sentences = []
    for channel in potential.channels:
        mine = [s for s in found if s.channel == channel.label]
        unit = channel.measure(potential.units).coordinate
        reach = f"between {channel.domain[0]:.3g} and {channel.domain[1]:.3g} {unit}"
        for term in dict.fromkeys(s.term for s in mine):
            others = " or ".join(s.other for s in mine if s.term == term)
            sentences.append(
                f"{channel.label}: {term} cannot be told from {others} {reach}, other constants following"
            )
    return tuple(sentences)


def correlated_constants(potential: Potential) -> tuple[str, ...]:
    """Name the pairs of constants that the data do not know apart, in a sentence; none, no sentence.

    A constant that several channels share is one, and is named for the first of them.
    """
    several = len(potential.channels) > 1
    owned = [(channel.label, p) for channel in potential.channels for p in channel.parameters]
    first: dict[tuple[str, float, float], int] = {}
    own = [first.setdefault((p.name, p.value, p.stderr), k) for k, (_, p) in enumerate(owned)]
    names = [pretty_symbol(p.name) + (f" of {label}" if several else "") for label, p in owned]
    errors, pairs = np.sqrt(np.diag(potential.covariance)), []
    for i, j in combinations(dict.fromkeys(own), 2):
        if not errors[i] * errors[j] > 0:
            continue
        correlation = potential.covariance[i, j] / errors[i] / errors[j]
        if abs(correlation) > INSEPARABLE:
            pairs.append(f"{names[i]} and {names[j]} ({correlation:.4f})")
    if not pairs:
        return ()
    return (
        f"constants that are known better together than each alone, with their correlation: {', '.join(pairs)}",
    )


def conditions(statistic: Statistic, objective: Objective, chosen: Fit) -> Conditions:
    """Condition numbers of the normal equations and of the chosen formula."""
    gram = statistic.gram
    scale = np.sqrt(np.diag(gram))
    scale[scale == 0] = 1.0
    values = np.linalg.eigvalsh(gram / scale / scale[:, None])
    kept = values[values > RELATIVE_CUTOFF * values[-1]]
    parts = zip(objective.maps, chosen.forms, objective.nodes, chosen.coefficients, strict=True)
    J = np.hstack([M @ form.jacobian(r, a) for M, form, r, a in parts])
    norms = np.linalg.norm(J, axis=0)
    norms[norms == 0] = 1.0
    of_constants = float(np.linalg.cond(J / norms)) if norms.size else 1.0
    return Conditions(len(gram), len(kept), float(kept[-1] / kept[0]), of_constants)
