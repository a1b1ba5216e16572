"""Exhaustive search: every subset of the library on the grid of its shapes, solved exactly.

Millions of formulas are solved a second (`interpot.formula.regress.scan`), whatever the length of the trajectory; no
subset is passed over, so that the best on the grid is certain.

For each combination of families (r^-12 + r^-6, exponential + r^-6 ...) the best subset is kept, because a grid
is only a start: the most promising combinations are then polished by variable projection. They are drawn twice,
from the combinations with given whole exponents and from those of the terms alone, so that no kind of formula
crowds out the others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from interpot.formula.regress.grid import Grid
from interpot.formula.regress.polish import keep_best, polished
from interpot.formula.regress.restriction import Restriction
from interpot.formula.regress.scan import scan
from interpot.formula.regress.varpro import Fit
from interpot.formula.terms import Term
from interpot.statistic.objective import Objective

APART = 1.4
"""Two members of one family with shapes closer than this factor say the same; polishing moves them apart."""

TIED = 2.0
"""Ratio of two rates of one family that the field has names for (Morse)."""

MANY = 4
"""Subsets of this many members on hold two of one family only where their rates are tied."""


def search(
    objective: Objective,
    library: Sequence[Term],
    domain: tuple[float, float],
    max_terms: int = 3,
    polish: int = 4,
    enough: float = 0.0,
    constraints: Restriction | None = None,
) -> list[Fit]:
    """Find the forms of one channel that explain the forces best.

    Parameters
    ----------
    objective
        Of one channel (`Objective.without_others`).
    library
        Terms to combine.
    domain
        Smallest and largest sampled coordinate, Å.
    max_terms
        Largest subset.
    polish
        How many combinations with each number of constants are polished, of families and of terms each; of one or
        two terms three times as many.
    enough
        Misfit (eV²/Å²) below which a larger subset is not tried: rounding explains the rest.
    constraints
        That the formulas have to meet.

    Returns
    -------
    list of Fit
        Polished fits with their variants (whole exponents or free ones, tied rates or free ones), one per
        structure, in no particular order.
    """
    grid = Grid.of(objective, library, domain, constraints)
    found: dict[tuple[object, ...], Fit] = {}
    for size in range(1, min(max_terms, len(objective.y) - 1, len(grid.terms)) + 1):
        for subset in _promising(grid, size, polish, constraints):
            keep_best(found, polished(objective, grid.form(subset), constraints))
        if found and min(f.misfit for f in found.values()) < enough:
            break
    return list(found.values())


def _promising(
    grid: Grid, size: int, polish: int, constraints: Restriction | None = None
) -> list[tuple[int, ...]]:
    """Best subsets by family and by term, some for each number of constants: more always explain more."""
    subsets = scan(grid, size, together(grid, size), constraints).subsets
    if constraints is not None and constraints.required:
        members = ([[of[k] for k in subset] for of in (grid.terms, grid.shapes)] for subset in subsets)
        subsets = subsets[[constraints.has_required(*member) for member in members]]
    chosen: dict[tuple[int, ...], None] = {}
    few = polish * (3 if size <= 2 else 1)  # the field's formulas have two terms
    for sort, limit in ((grid.families, polish), (grid.kinds, few)):
        taken: dict[int, int] = {}
        seen: set[tuple[int, ...]] = set()
        for subset in subsets:
            kind = tuple(sort[subset])
            constants = int(np.sum(grid.first[subset + 1] - grid.first[subset]))
            if kind in seen or taken.get(constants, 0) == limit:
                continue
            seen.add(kind)
            taken[constants] = taken.get(constants, 0) + 1
            chosen[tuple(map(int, subset))] = None
    return list(chosen)


def together(grid: Grid, size: int) -> NDArray[np.bool_]:
    """Which two members may be in one subset, (members, members).

    Members of different families may, if their terms agree on the shapes that they share; members of one family
    where a rate of theirs differs enough, in large subsets where it is tied.
    """
    allowed = grid.families[:, None] != grid.families
    for family in np.unique(grid.families):
        members = np.flatnonzero(grid.families == family)
        shapes = np.array([grid.shapes[k] for k in members])
        high, low = np.maximum(shapes[:, None], shapes), np.minimum(shapes[:, None], shapes)
        apart = np.where(high > low, np.inf, 1.0)  # of shapes of either sign
        ratio = np.divide(high, low, out=apart, where=low > 0)
        different = np.isclose(ratio, TIED) if size >= MANY else ratio > APART
        allowed[np.ix_(members, members)] = different.any(axis=-1)
    return np.asarray(allowed & agreeing(grid))


def agreeing(grid: Grid) -> NDArray[np.bool_]:
    """Whether two members have the same values of the shapes that their terms share."""
    agree = np.ones((len(grid.terms), len(grid.terms)), dtype=np.bool_)
    names = {shape.name for term in grid.terms for shape in term.shapes if shape.shared}
    for name in names:
        values = np.full(len(grid.terms), np.nan)
        for k, (term, shapes) in enumerate(zip(grid.terms, grid.shapes, strict=True)):
            for shape, value in zip(term.shapes, shapes, strict=True):
                if shape.shared and shape.name == name:
                    values[k] = value
        agree &= ~(np.abs(values[:, None] - values) > 0)  # NaN: has none
    return agree
