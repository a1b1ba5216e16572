"""Exhaustive search: every subset of the library on the grid of its shapes, solved exactly.

On the compressed grid (`interpot.formula.regress.grid`) a subset costs a Cholesky factor of a Gram matrix of its own
size, whatever the length of the trajectory.

For each combination of families (r^-12 + r^-6, exponential + r^-6 ...) the best subset is kept, because a grid
is only a start: the most promising combinations are then polished by variable projection. They are drawn twice,
from the combinations with given whole exponents and from those of the terms alone, so that no kind of formula
crowds out the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement

import numba
import numpy as np

from interpot.formula.regress.grid import Grid
from interpot.formula.regress.polish import keep_best, polished
from interpot.formula.regress.varpro import Fit
from interpot.formula.terms import Term
from interpot.records import IntArray
from interpot.statistic.objective import Objective

COLLINEAR = 1e-10
"""Squared sine of the angle below which a column adds nothing to those before it."""


def search(
    objective: Objective,
    library: Sequence[Term],
    domain: tuple[float, float],
    max_terms: int = 3,
    polish: int = 4,
    enough: float = 0.0,
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
        How many combinations with each number of constants are polished, of families and of terms each.
    enough
        Misfit (eV²/Å²) below which a larger subset is not tried: rounding explains the rest.

    Returns
    -------
    list of Fit
        Polished fits with their variants (whole exponents or free ones, tied rates or free ones), one per
        structure, in no particular order.
    """
    grid = Grid.of(objective, library, domain)
    found: dict[tuple[object, ...], Fit] = {}
    for size in range(1, min(max_terms, len(objective.y) - 1, len(grid.terms)) + 1):
        for subset in _promising(grid, size, polish):
            keep_best(found, polished(objective, grid.form(subset)))
        if found and min(f.misfit for f in found.values()) < enough:
            break
    return list(found.values())


def _promising(grid: Grid, size: int, polish: int) -> list[tuple[int, ...]]:
    """Best subsets by family and by term, some for each number of constants: more always explain more."""
    chosen: dict[tuple[int, ...], None] = {}
    for families in (grid.families, grid.kinds):
        taken: dict[int, int] = {}
        for subset in _best_subsets(grid, families, size):
            constants = sum(int(grid.first[k + 1] - grid.first[k]) for k in subset)
            taken[constants] = taken.get(constants, 0) + 1
            if taken[constants] <= polish:
                chosen[subset] = None
    return list(chosen)


def _best_subsets(grid: Grid, families: IntArray, size: int) -> list[tuple[int, ...]]:
    """Best subset of each combination of families, best first."""
    gram, moment = grid.columns.T @ grid.columns, grid.columns.T @ grid.y
    kinds = int(families.max()) + 1
    best = np.full(kinds**size, -np.inf)
    which = np.zeros((kinds**size, size), dtype=np.int64)
    _scan(gram, moment, grid.first, families, kinds, size, best, which)
    reached = [
        int(sum(f * kinds ** (size - 1 - k) for k, f in enumerate(combination)))
        for combination in combinations_with_replacement(range(kinds), size)
    ]
    ordered = sorted((s for s in reached if np.isfinite(best[s])), key=lambda s: -best[s])
    return [tuple(int(k) for k in which[s]) for s in ordered]


@numba.njit(cache=True, nogil=True)
def _scan(gram, moment, first, families, kinds, size, best, which):  # type: ignore[no-untyped-def]
    """Walk all subsets in lexicographic order, extending one Cholesky factor as an odometer turns.

    Columns are normalised, so a pivot is the squared sine between a column and the span of those before it.
    `best[signature]` is the part of ‖y‖² explained, `which[signature]` the subset.
    """
    count = len(first) - 1
    widest = np.max(first[1:] - first[:-1])
    index = np.zeros(size, dtype=np.int64)
    used = np.zeros(size * widest, dtype=np.int64)  # columns in the factor
    rows = np.zeros(size + 1, dtype=np.int64)  # how many of them, at each depth
    factor = np.zeros((size * widest, size * widest))
    solved = np.zeros(size * widest)
    explained = np.zeros(size + 1)
    depth = 0
    index[0] = -1
    while depth >= 0:
        index[depth] += 1
        member = index[depth]
        if member > count - (size - depth):
            depth -= 1
            continue
        row = rows[depth]
        value = explained[depth]
        for column in range(first[member], first[member + 1]):
            if _extend(gram, moment, factor, solved, used, row, column):
                value += solved[row] ** 2
                row += 1
            elif column == first[member]:  # the term itself adds nothing
                row = -1
                break
        if row < 0:
            continue
        rows[depth + 1], explained[depth + 1] = row, value
        if depth + 1 < size:
            depth += 1
            index[depth] = member
            continue
        signature = 0
        for a in range(size):
            signature = signature * kinds + families[index[a]]
        if value > best[signature]:
            best[signature] = value
            which[signature] = index


@numba.njit(cache=True, nogil=True)
def _extend(gram, moment, factor, solved, used, row, column):  # type: ignore[no-untyped-def]
    """Add a row for one more column to the Cholesky factor and to the forward substitution, unless collinear."""
    pivot = gram[column, column]
    forward = moment[column]
    for a in range(row):
        value = gram[column, used[a]]
        for b in range(a):
            value -= factor[row, b] * factor[a, b]
        value /= factor[a, a]
        factor[row, a] = value
        pivot -= value * value
        forward -= value * solved[a]
    if pivot < COLLINEAR:
        return False
    factor[row, row] = np.sqrt(pivot)
    solved[row] = forward / factor[row, row]
    used[row] = column
    return True
