"""The scan: every subset of the grid, solved by QR, millions a second.

The columns of a smooth library span few dimensions (thirty or so in double precision), whatever their number: in an
orthonormal basis of that span each is a short vector. The columns of a subset are orthogonalised one after the
other by modified Gram-Schmidt steps, never through normal equations, which would square their condition. All
members but the last two form a prefix; what all columns hold beyond it is made once and shared by all pairs that
complete the prefix.

What the last member adds follows from inner products where most of its length is beyond the others: then they lose
few digits. Only where digits are lost, or the subset may be the best of its combination, is it orthogonalised.

Under constraints a subset explains no more than without. Only one that would be the best of its combination is
therefore solved again with them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.special import comb

from interpot.formula.regress.constrained import COLLINEAR, subset_value
from interpot.formula.regress.grid import Grid
from interpot.formula.regress.restriction import GridRows, Restriction
from interpot.records import FloatArray, IntArray

RANK = 1e-14
"""Directions in which no normalised column is longer than this are left out."""

ROUNDED = 1e-12
"""Share of the largest singular value of the columns below which directions are left out of the scan: the span of a
smooth library ends in thirty or so, and beyond them there are hardly any but those of rounding errors."""

WIDEST = 4
"""Most columns that a member can have: its term and three tangents."""

STEEP = 1e-7
"""Product of the squared sines of the angles between each column of a member and all before it, above which what the
member adds is known from inner products to eight digits of what is left: one is lost where another was lost before."""

MARGIN = 1e-7
"""Of what is left, more than the error of what is computed from such products."""

LANES = 8
"""Vectors are padded to a multiple of this, so that loops over them fill the registers."""

_fast = numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})  # sums in any order


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """The best subset of each combination of families, best first.

    Attributes
    ----------
    explained : (combinations,) float64
        Part of ‖y‖² that the subset explains.
    subsets : (combinations, size) int64
        Its members.
    count
        How many subsets were solved in all.
    """

    explained: FloatArray
    subsets: IntArray
    count: int


def scan(grid: Grid, size: int, together: NDArray[np.bool_], constraints: Restriction | None = None) -> Scan:
    """Solve all subsets of one size and keep the best of each combination of families.

    Parameters
    ----------
    grid
        Its members are ordered by family.
    size
        Number of members of a subset, at least 1.
    together : (members, members) bool
        Which two members may be in one subset.
    constraints
        That the coefficients must meet; combinations in which none can are left out.
    """
    families = int(grid.families.max()) + 1
    # combinations with repetition are ranked in the combinatorial number system
    ranks = comb(np.arange(families + size)[:, None], np.arange(1, size + 1)).astype(np.int64)
    best = np.full(comb(families + size - 1, size, exact=True), -np.inf)
    which = np.zeros((len(best), size), dtype=np.int64)
    vectors, target = _short(grid)
    demands = _demands(grid, constraints)
    count = _scan(vectors, target, grid.first, grid.families, together, size, ranks, demands, best, which)
    order = np.argsort(-best, kind="stable")[: np.isfinite(best).sum()]
    return Scan(best[order], which[order], count)


def reach(grid: Grid, least: float = RANK) -> tuple[float, int]:
    """Part of ‖y‖² that all columns together explain, and in how many directions.

    Parameters
    ----------
    grid
        Its columns have length 1.
    least
        Directions in which a column that is turned to them is shorter are left out.
    """
    if not grid.terms:
        return 0.0, 0
    U, sizes, _ = np.linalg.svd(grid.columns, full_matrices=False)
    explained = U[:, sizes > max(least, RANK * sizes[0])].T @ grid.y
    return float(explained @ explained), len(explained)


def _demands(grid: Grid, constraints: Restriction | None) -> tuple[FloatArray, ...] | None:
    """The constraints on the columns as the kernels take them."""
    if constraints is None or not constraints.linear:
        return None
    demands: GridRows = constraints.grid_rows(grid.terms, grid.shapes, grid.norms)
    return demands.rows, demands.least, demands.lower, demands.upper


def _short(grid: Grid) -> tuple[FloatArray, FloatArray]:
    """Columns and y in an orthonormal basis of the columns' span, padded: (columns, d) and (d,)."""
    U, sizes, Vt = np.linalg.svd(grid.columns, full_matrices=False)
    rank = int(np.sum(sizes > ROUNDED * sizes[0]))
    padded = -(-rank // LANES) * LANES
    vectors, target = np.zeros((grid.columns.shape[1], padded)), np.zeros(padded)
    vectors[:, :rank] = (sizes[:rank, None] * Vt[:rank]).T
    target[:rank] = U[:, :rank].T @ grid.y
    return vectors, target


@_fast
def _scan(  # type: ignore[no-untyped-def]
    vectors, target, first, families, together, size, ranks, demands, best, which
):
    """Turn the prefixes like an odometer and complete each; returns how many subsets were solved."""
    members, (columns, length) = len(first) - 1, vectors.shape
    depths = max(size - 1, 1)  # prefixes of 0 ... size - 2 members
    beyond, left = np.zeros((depths, columns, length)), np.zeros((depths, length))
    explained = np.zeros(depths)
    allowed = np.ones((depths, members), dtype=np.bool_)
    subset = np.full(size, -1)
    work, products = np.zeros((4 * WIDEST, length)), np.zeros((columns, WIDEST + 1))
    for column in range(columns):
        _without(vectors[column], work, 0, 0, beyond[0, column])
    _without(target, work, 0, 0, left[0])
    solved, depth = 0, 0
    while depth >= 0:
        if depth >= size - 2:
            solved += _complete(
                vectors, target, beyond[depth], left[depth], explained[depth], first, families, together,
                allowed[depth], size, ranks, demands, subset, work, products, best, which,
            )  # fmt: skip
            depth -= 1
            continue
        subset[depth] += 1
        member = subset[depth]
        if member > members - (size - depth):
            depth -= 1
            continue
        if not allowed[depth, member]:
            continue
        used, gain = _orthonormal(beyond[depth], left[depth], first[member], first[member + 1], work, 0)
        if used == 0:
            continue
        for column in range(first[member + 1], columns):
            _without(beyond[depth, column], work, 0, used, beyond[depth + 1, column])
        _without(left[depth], work, 0, used, left[depth + 1])
        explained[depth + 1] = explained[depth] + gain
        for k in range(members):
            allowed[depth + 1, k] = allowed[depth, k] and together[member, k]
        depth += 1
        subset[depth] = member
    return solved


@_fast
def _complete(  # type: ignore[no-untyped-def]
    vectors,
    target,
    beyond,
    left,
    explained,
    first,
    families,
    together,
    allowed,
    size,
    ranks,
    demands,
    subset,
    work,
    products,
    best,
    which,
):
    """Complete a prefix by all pairs of later members, or the empty prefix by all single ones.

    Where `demands` is None, numba leaves out what is behind that question: a third of the time to compile.
    """
    members = len(first) - 1
    start = subset[size - 3] + 1 if size > 2 else 0
    rank = 0
    for k in range(size - 2):
        rank += ranks[families[subset[k]] + k, k]
    if size > 1:
        _multiply(beyond, left, first, start, products)
    unexplained = _dot(left, left)
    solved = 0
    for i in range(start, members):
        if not allowed[i]:
            continue
        used, gain = _orthonormal(beyond, left, first[i], first[i + 1], work, 0)
        if used == 0:
            continue
        if size == 1:
            solved += 1
            subset[0] = i
            if demands is not None and gain > best[families[i]]:
                gain = _constrained(vectors, target, first, subset, demands)
            if gain > best[families[i]]:
                best[families[i]] = gain
                which[families[i], 0] = i
            continue
        _again(work, used)
        for m in range(used):
            work[2 * WIDEST + m, WIDEST] = _dot(left, work[m])
        rank_i = rank + ranks[families[i] + size - 2, size - 2]
        for j in range(i + 1, members):
            if not (allowed[j] and together[i, j]):
                continue
            rank_j = rank_i + ranks[families[j] + size - 1, size - 1]
            # infinite where digits are lost
            last = _added(beyond, left, first[j], first[j + 1], work, used, products)
            if explained + gain + last + MARGIN * unexplained > best[rank_j]:
                added, last = _orthonormal(beyond, left, first[j], first[j + 1], work, used)
                if added == 0:
                    continue
            solved += 1
            value = explained + gain + last
            subset[size - 2], subset[size - 1] = i, j
            if demands is not None and value > best[rank_j]:
                value = _constrained(vectors, target, first, subset, demands)
            if value > best[rank_j]:
                best[rank_j] = value
                for k in range(size):
                    which[rank_j, k] = subset[k]
    return solved


@_fast
def _multiply(beyond, left, first, start, products):  # type: ignore[no-untyped-def]
    """Products of each column with y, then with itself and those before it of its member."""
    for member in range(start, len(first) - 1):
        for column in range(first[member], first[member + 1]):
            products[column, WIDEST] = _dot(beyond[column], left)
            for k in range(first[member], column + 1):
                products[column, k - first[member]] = _dot(beyond[column], beyond[k])


@_fast
def _added(beyond, left, start, stop, work, used, products):  # type: ignore[no-untyped-def]
    """What a member's columns explain beyond the first `used` rows of `work`; infinite where products lose digits.

    A Cholesky decomposition of what their products are beyond those rows.
    """
    along, triangle = work[2 * WIDEST :], work[3 * WIDEST :]  # rows of `LANES` at least; y comes last
    total, determinant = 0.0, 1.0
    for c in range(stop - start):
        column = start + c
        reached = products[column, WIDEST]
        for m in range(used):
            along[c, m] = _dot(beyond[column], work[m])
            reached -= along[c, m] * along[m, WIDEST]
        for k in range(c + 1):
            share = products[column, k]
            for m in range(used):
                share -= along[c, m] * along[k, m]
            for m in range(k):
                share -= triangle[c, m] * triangle[k, m]
            if k < c:
                triangle[c, k] = share / triangle[k, k]
            elif share <= COLLINEAR:
                return np.inf
            else:
                determinant *= share / products[column, c]
                triangle[c, c] = np.sqrt(share)
        if determinant <= STEEP:
            return np.inf
        for m in range(c):
            reached -= triangle[c, m] * triangle[m, WIDEST]
        triangle[c, WIDEST] = reached / triangle[c, c]
        total += triangle[c, WIDEST] ** 2
    return total


@numba.njit(cache=True, nogil=True)
def _constrained(vectors, target, first, subset, demands):  # type: ignore[no-untyped-def]
    """What a subset explains under the constraints."""
    used = np.empty(len(subset) * WIDEST, dtype=np.int64)
    count = 0
    for member in subset:
        for column in range(first[member], first[member + 1]):
            used[count] = column
            count += 1
    rows, least, lower, upper = demands
    return subset_value(vectors, target, used[:count], rows, least, lower, upper)


@_fast
def _dot(a, b):  # type: ignore[no-untyped-def]
    total = 0.0
    for k in range(len(a)):
        total += a[k] * b[k]
    return total


@_fast
def _orthonormal(beyond, left, start, stop, work, before):  # type: ignore[no-untyped-def]
    """Orthonormalise some columns to each other and to the first `before` rows of `work`, into the rows after.

    Returns how many there are (none where the first column adds nothing) and what they explain.
    """
    used, gain = before, 0.0
    for column in range(start, stop):
        _without(beyond[column], work, 0, used, work[used])
        pivot, beta = 0.0, 0.0
        for k in range(len(left)):
            pivot += work[used, k] * work[used, k]
            beta += work[used, k] * left[k]
        if pivot < COLLINEAR:
            if column == start:
                return 0, 0.0
            continue
        gain += beta * beta / pivot
        scale = 1 / np.sqrt(pivot)
        for k in range(len(left)):
            work[used, k] *= scale
        used += 1
    return used - before, gain


@_fast
def _again(work, used):  # type: ignore[no-untyped-def]
    """Orthogonalise the first rows once more: what is left of a nearly collinear column has lost digits."""
    for m in range(1, used):
        _without(work[m], work, 0, m, work[m])
        scale = 1 / np.sqrt(_dot(work[m], work[m]))
        for k in range(work.shape[1]):
            work[m, k] *= scale


@_fast
def _without(vector, basis, start, stop, out):  # type: ignore[no-untyped-def]
    """`vector` less its parts along orthonormal rows of `basis`."""
    for k in range(len(vector)):
        out[k] = vector[k]
    for m in range(start, stop):
        share = 0.0
        for k in range(len(vector)):
            share += basis[m, k] * out[k]
        for k in range(len(vector)):
            out[k] -= share * basis[m, k]
