"""Methods that walk a path: as a penalty or a threshold changes, terms enter or leave, and each stop is a support.

A method of this kind is a function from the linear problem X a ≈ y to supports, in whatever order it meets them. X are
the normalised columns of the library on the grid of its shapes, so that coefficients can be compared, whatever the
terms' units. `PathMethod` makes it a row of METHODS: of each size the supports that explain most are fitted
with their shapes free, as those of the exhaustive search are. What a method does not meet on its path is not tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lstsq

from interpot.errors import InterpotError
from interpot.formula.regress.grid import Grid
from interpot.formula.regress.polish import keep_best, polished
from interpot.formula.regress.restriction import Restriction
from interpot.formula.regress.subsets import agreeing
from interpot.formula.regress.varpro import Fit
from interpot.formula.terms import Term
from interpot.records import FloatArray
from interpot.statistic.objective import Objective

Support = tuple[int, ...]
"""Ascending column numbers."""


@dataclass(frozen=True, slots=True)
class PathMethod:
    """A row of METHODS made of a rule for supports.

    Attributes
    ----------
    supports
        (X, y, max_terms) → supports of 1 to max_terms columns; X is (R, T) with columns of length 1, y (R,).
    """

    supports: Callable[[FloatArray, FloatArray, int], Iterable[Support]]

    def __call__(
        self,
        objective: Objective,
        library: Sequence[Term],
        domain: tuple[float, float],
        max_terms: int = 3,
        polish: int = 4,
        enough: float = 0.0,
        constraints: Restriction | None = None,
    ) -> list[Fit]:
        """Find forms of one channel; parameters and result as those of `subsets.search`.

        The path knows no constraints: what it meets is made to meet them when its constants are fitted.

        Raises
        ------
        InterpotError
            The path meets no support that is small enough.
        """
        grid = Grid.of(objective, library, domain, constraints)
        if not grid.terms:
            return []
        X, largest = grid.columns[:, grid.first[:-1]], min(max_terms, len(objective.y) - 1)
        agree = agreeing(grid)
        met = {s for s in self.supports(X, grid.y, largest) if agree[np.ix_(s, s)].all()}
        reach = {support: _reach(grid, support) for support in met}
        if not reach:
            raise InterpotError(
                f"this method meets no formula of {max_terms} terms or fewer on its path: allow more terms, offer "
                "fewer to combine, or use the exhaustive search"
            )
        found: dict[tuple[object, ...], Fit] = {}
        taken: dict[tuple[int, int], int] = {}
        for support in sorted(reach, key=lambda s: (len(s), -reach[s], s)):
            if found and len(support) > 1 and min(f.misfit for f in found.values()) < enough:
                break
            # more columns always explain more: forms of as many constants are compared
            kind = len(support), sum(int(grid.first[k + 1] - grid.first[k]) for k in support)
            taken[kind] = taken.get(kind, 0) + 1
            if taken[kind] <= polish:
                keep_best(found, polished(objective, grid.form(support), constraints))
        return list(found.values())


def _reach(grid: Grid, support: Support) -> float:
    """What a support explains of ‖y‖² with its shapes free, to first order."""
    columns = np.concatenate([np.arange(grid.first[k], grid.first[k + 1]) for k in support])
    X = grid.columns[:, columns]
    return float(grid.y @ X @ least_squares(X, grid.y))


def least_squares(X: FloatArray, y: FloatArray) -> FloatArray:
    """Shortest a that minimises ‖X a - y‖, by a QR with pivots; collinear columns share their coefficient."""
    return np.asarray(lstsq(X, y, cond=1e-14, lapack_driver="gelsy", check_finite=False)[0])


def largest_of(a: FloatArray, max_terms: int) -> Iterator[Support]:
    """Supports that thresholds on |a| leave: its largest entry, the two largest ..."""
    order = np.argsort(-np.abs(a), kind="stable")
    for size in range(1, min(max_terms, int(np.count_nonzero(a))) + 1):
        yield tuple(sorted(map(int, order[:size])))
