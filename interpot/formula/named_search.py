"""The forms that have a name in the field, each fitted to one channel, whatever else is found.

A search keeps what the data support. Where they are noisy that is something short, and a form of many constants, such
as Tang and Toennies's, is not among it even where it is true: nobody could then tell whether it was excluded or never
tried. Rows of the table of named forms (`interpot.formula.named_forms`) are therefore fitted one by one, from the best
point of a grid of their free shapes; of those with a choice of signs, from the best that has the signs of the name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import product

import numpy as np

from interpot.formula.named_forms import FORMS, ROWS, NamedForm
from interpot.formula.regress.form import Form
from interpot.formula.regress.polish import keep_best, tied
from interpot.formula.regress.restriction import Restriction
from interpot.formula.regress.varpro import RANKED, Fit, fit
from interpot.formula.terms import Term
from interpot.records import FloatArray
from interpot.statistic.objective import Objective

POINT_CHARGES = next(row for row in FORMS if row.charges)
"""Coulomb's law, which is added to the others where a channel holds charges."""

CHARGED = tuple(row.terms[0] for row in FORMS if row.charges and row.terms[0] != "power")
"""Terms that only charges bring."""

STEPS = 50
"""Of the search over the free shapes: the grid brings it close."""


def named_fits(
    objective: Objective,
    library: Sequence[Term],
    domain: tuple[float, float],
    kind: str,
    max_terms: int | None = None,
    known: Sequence[Fit] = (),
    constraints: Restriction | None = None,
    *,
    charged: bool = False,
) -> list[Fit]:
    """Fit all forms with a name that the terms of a library make up.

    Parameters
    ----------
    objective
        Of one channel (`Objective.without_others`).
    library
        Terms to take.
    domain
        Smallest and largest sampled coordinate, Å.
    kind
        A key of `interpot.formula.named_forms.ROWS`.
    max_terms
        Forms with more are left out, if it is given.
    known
        Fits of the same channel: a form that is among them is not fitted again.
    constraints
        That the formulas have to meet; what cannot is left out.
    charged
        Whether to fit them with Coulomb's law, too.

    Returns
    -------
    list of Fit
        One per structure.
    """
    rule = constraints or Restriction()
    terms = {term.name: term for term in library}
    best = {f.forms[0].key: f for f in sorted(known, key=lambda f: -f.misfit)}
    column = cache(partial(_column, objective))
    found: dict[tuple[object, ...], Fit] = {}
    for rows in _rows(kind, charged):
        names = [name for row in rows for name in row.terms]
        if (max_terms and len(names) > max_terms) or not set(names) <= set(terms):
            continue
        form = _form(rows, tuple(terms[name] for name in names))
        if form.key in best:
            keep_best(found, [best[form.key]])
        elif form.constants < len(objective.y):
            start = _start(objective, rows, _points(form, domain, rule), column)
            if start is not None:
                rules = [rule] if rule.names else None
                keep_best(found, [fit(objective, [start], STEPS, rules, RANKED)])
    return [f for f in found.values() if rule.has_required(f.forms[0].terms, f.forms[0].split())]


def _rows(kind: str, charged: bool) -> Iterator[tuple[NamedForm, ...]]:
    """The named forms of a kind of channel, and with Coulomb's law.

    Where one and the same terms have a name with rates that are tied and one without, the former is the field's, and
    a special case of the latter.
    """
    kinds = [of for of, _ in ROWS[kind]]
    rows = [row for row in FORMS if row.kind in kinds]
    special = {row.terms for row in rows if row.tied}
    for row in rows:
        if row.tied or row.terms not in special:
            yield (row,)
            if charged and not row.charges:
                yield row, POINT_CHARGES


def holds_charges(form: Form) -> bool:
    """Whether a term is one that only charges bring."""
    return any(
        term.name in CHARGED or (term.name == "power" and shapes[0] == 1)
        for term, shapes in zip(form.terms, form.split(), strict=True)
    )


def _form(rows: Sequence[NamedForm], terms: tuple[Term, ...]) -> Form:
    """The form that some rows make up together, its free shapes anywhere."""
    exponents = [exponent for row in rows for exponent in row.exponents]
    free = [k for k, exponent in enumerate(exponents) if exponent is None]
    shapes = np.array([1.0 if exponent is None else exponent for exponent in exponents])
    if rows[0].tied and len(set(rows[0].terms)) == 1:
        shapes[0] = 2.0  # Morse: α and 2α
    form = Form(terms, shapes, np.zeros((len(shapes), 0))).freed(free)
    return next(tied(form)) if rows[0].tied else form


def _points(form: Form, domain: tuple[float, float], rule: Restriction) -> Iterator[Form]:
    """The form at all points of the grid of its free shapes."""
    of = [(term, shape) for term in form.terms for shape in term.shapes]
    bounds = np.array([shape.bounds(*domain) for _, shape in of]).reshape(-1, 2)
    leaders = [int(column.nonzero()[0][0]) for column in form.ties.T]
    for point in product(*(rule.grid(*of[k], domain).tolist() for k in leaders)):
        moved = form.moved(np.array(point))
        inside = (bounds[:, 0] <= moved.shapes) & (moved.shapes <= bounds[:, 1])
        if np.all(inside | ~moved.driven) and all(map(rule.allows, moved.terms, moved.split())):
            yield moved


def _start(
    objective: Objective,
    rows: Sequence[NamedForm],
    points: Iterable[Form],
    column: Callable[..., tuple[FloatArray, float]],
) -> Form | None:
    """The best of some points, one with the signs of the name before others; None where it has no value at any."""
    best, least = None, (True, np.inf)
    for form in points:
        columns, norms = zip(*map(column, form.terms, map(tuple, form.split())), strict=True)
        if not np.isfinite(norms).all() or not all(norms):
            continue
        X = np.column_stack(columns)
        a = np.linalg.lstsq(X, objective.y, rcond=1e-14)[0]
        left = float(np.sum((X @ a - objective.y) ** 2))
        rank = not _has_signs(rows, form, a / norms), left
        if rank < least:
            best, least = form, rank
    return best


def _column(objective: Objective, term: Term, shapes: tuple[float, ...]) -> tuple[FloatArray, float]:
    """The compressed column of a term, divided by its length, and that."""
    (M,), (r,) = objective.maps, objective.nodes
    with np.errstate(all="ignore"):
        column = M @ term.values(r, *shapes)
        norm = float(np.linalg.norm(column))
        return column / norm, norm


def _has_signs(rows: Sequence[NamedForm], form: Form, a: FloatArray) -> bool:
    """Whether coefficients and shapes are such as each row's name asks for."""
    first, shapes = 0, form.split()
    for row in rows:
        mine = slice(first, first + len(row.terms))
        first += len(row.terms)
        if not row.valid(*a[mine], *np.concatenate(shapes[mine])):
            return False
    return True
