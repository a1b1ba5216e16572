"""What every method does with a form it has found: fit it, and fit its variants, each from the best point known.

The grid of the library has whole exponents and untied rates. A fit may want neither: its exponents are freed and, where
they come out near whole numbers, set to these again; two rates near 1 : 2 are tied (Morse).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import combinations, product

import numpy as np

from interpot.formula.regress import varpro
from interpot.formula.regress.form import Form
from interpot.formula.regress.restriction import Restriction
from interpot.formula.regress.varpro import Fit
from interpot.statistic.objective import Objective


def keep_best(found: dict[tuple[object, ...], Fit], fits: Iterable[Fit]) -> None:
    """Add fits to those found, of each structure the best.

    Forms of two equal terms are left out, and those whose constants cannot meet the constraints or do so only without
    one of the terms.
    """
    for candidate in fits:
        if np.isinf(candidate.misfit) or any(np.any(a == 0) for a in candidate.coefficients):
            continue
        if twins(candidate.forms[0]):
            continue
        known = found.get(candidate.key)
        if known is None or candidate.misfit < known.misfit:
            found[candidate.key] = candidate


def polished(objective: Objective, form: Form, constraints: Restriction | None = None) -> Iterator[Fit]:
    """Fit a form and its variants, each from the best point known for it."""
    fit = partial(varpro.fit, constraints=None if constraints is None else [constraints])
    whole = fit(objective, [form])
    yield whole
    yield from (fit(objective, [variant]) for variant in tied(whole.forms[0]))
    integers = [k for k, shape in enumerate(form.shape_list) if shape.integer]
    if not integers or whole.constants + len(integers) >= len(objective.y):
        return
    shapes = whole.forms[0].shapes
    free = [k for k in range(len(shapes)) if k in integers or whole.forms[0].ties[k].any()]
    loose = fit(objective, [whole.forms[0].freed(free)])
    yield loose
    yield from (fit(objective, [variant]) for variant in snapped(loose.forms[0], integers))


def twins(form: Form, tolerance: float = 0.03) -> bool:
    """Whether two terms have run into each other: their difference is a derivative in disguise, of huge constants."""
    members = list(zip((t.name for t in form.terms), form.split(), strict=True))
    return any(
        one == other and len(a) > 0 and np.allclose(a, b, rtol=tolerance, atol=0)
        for (one, a), (other, b) in combinations(members, 2)
    )


def tied(form: Form, tolerance: float = 0.2) -> Iterator[Form]:
    """Forms in which two free rates of the same term are tied as α and 2α, where they nearly are (Morse)."""
    names = [(t.name, k) for t in form.terms for k in range(len(t.shapes))]
    free = np.flatnonzero(form.driven)
    for a, b in product(free, free):
        ratio = form.shapes[b] / form.shapes[a]
        if names[a] != names[b] or abs(ratio - 2) > 2 * tolerance:
            continue
        one, other = form.ties[a].argmax(), form.ties[b].argmax()
        column = form.ties[:, one] + 2 * form.ties[:, other]
        ties = form.ties.copy()  # shapes that terms share stay shared
        ties[:, one] = column / column[column.nonzero()[0][0]]  # the first of the two leads
        shapes = form.shapes + form.ties[:, other] * (2 * form.shapes[a] - form.shapes[b])
        yield Form(form.terms, shapes, np.delete(ties, other, axis=1))


def snapped(form: Form, integers: list[int], tolerance: float = 0.1) -> Iterator[Form]:
    """Forms in which some of the free exponents are set to the whole numbers next to them."""
    near = [k for k in integers if abs(form.shapes[k] - round(form.shapes[k])) < tolerance]
    free = np.flatnonzero(form.driven).tolist()
    for chosen in product((False, True), repeat=len(near)):
        fixed = [k for k, c in zip(near, chosen, strict=True) if c]
        if fixed:
            shapes = form.shapes.copy()
            shapes[fixed] = np.round(shapes[fixed])
            yield Form(form.terms, shapes, form.ties).freed([k for k in free if k not in fixed])
