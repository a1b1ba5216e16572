"""What every method does with a form it has found: fit it, and fit its variants, each from the best point known.

The grid of the library has whole exponents and untied rates. A fit may want neither: its exponents are freed and, where
they come out near whole numbers, set to these again; two rates near 1 : 2 are tied (Morse).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import combinations, permutations, product

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
    """Fit a form and its variants, each from the best point known for it; none twice."""
    fit = partial(
        varpro.fit, constraints=None if constraints is None else [constraints], converged=varpro.RANKED
    )
    whole = fit(objective, [form])
    integers = [k for k, shape in enumerate(form.shape_list) if shape.integer]
    if all(
        form.shapes[k] == round(form.shapes[k]) for k in integers
    ):  # else a real exponent, which is fitted
        yield whole
    ties = [fit(objective, [variant]) for variant in tied(whole.forms[0])]
    yield from ties
    if not integers or whole.constants + len(integers) >= len(objective.y):
        return
    shapes = whole.forms[0].shapes
    free = [k for k in range(len(shapes)) if k in integers or whole.forms[0].ties[k].any()]
    loose = fit(objective, [whole.forms[0].freed(free)])
    yield loose
    known = [fitted.forms[0] for fitted in (whole, *ties)]
    for variant in snapped(loose.forms[0], integers):
        if not any(_leads_to(variant, form) for form in known):
            yield fit(objective, [variant])


def _leads_to(start: Form, known: Form, tolerance: float = 0.1) -> bool:
    """Whether a start is so close to a fit of the same structure that it would end there, too."""
    same = start.key == known.key and [t.name for t in start.terms] == [t.name for t in known.terms]
    return same and np.allclose(start.free, known.free, rtol=tolerance, atol=0)


def twins(form: Form, tolerance: float = 0.03) -> bool:
    """Whether two terms have run into each other: their difference is a derivative in disguise, of huge constants."""
    members = list(zip((t.name for t in form.terms), form.split(), strict=True))
    return any(
        one == other and len(a) > 0 and np.allclose(a, b, rtol=tolerance, atol=0)
        for (one, a), (other, b) in combinations(members, 2)
    )


def tied(form: Form, tolerance: float = 0.2) -> Iterator[Form]:
    """Forms in which two free rates are tied where they nearly are: α and 2α (Morse), or α and b (Tang-Toennies)."""
    names = [(t.name, shape.name) for t in form.terms for shape in t.shapes]
    leaders = [int(column.nonzero()[0][0]) for column in form.ties.T]
    for a, b in permutations(leaders, 2):
        ratio = _ratio(names[a], names[b])
        if not abs(form.shapes[b] / form.shapes[a] - ratio) <= tolerance * ratio:  # NaN too
            continue
        one, other = form.ties[a].argmax(), form.ties[b].argmax()
        column = form.ties[:, one] + ratio * form.ties[:, other]
        ties = form.ties.copy()  # shapes that terms share stay shared
        ties[:, one] = column / column[column.nonzero()[0][0]]  # the first of the two leads
        shapes = form.shapes + form.ties[:, other] * (ratio * form.shapes[a] - form.shapes[b])
        yield Form(form.terms, shapes, np.delete(ties, other, axis=1))


def _ratio(leader: tuple[str, str], follower: tuple[str, str]) -> float:
    """In which ratio the field ties a shape of one term to that of another; NaN where it does not."""
    if leader == follower:
        return 2.0
    damped = follower[0].startswith("damped") and follower[1] == "b"
    return 1.0 if damped and leader == ("exponential", "alpha") else np.nan


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
