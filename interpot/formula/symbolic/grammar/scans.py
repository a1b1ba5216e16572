"""Compiled scans of the grammar: every subset of a pool of monomials, and every pair of products, solved exactly.

Columns live in an orthonormal basis of the span of those of the pool (some twenty directions). What is beyond a prefix
of up to two columns is made by orthogonal projection; of a pair that completes the prefix the explained part
follows from the three inner products of normalised rests, so that 10⁸ pairs are solved a second.

Numba's cache knows this file, not `kernels`, whose functions are compiled into these: who changes those has to change
this file, too (kernels of thirteen inner functions, whose r^q is at hand), or remove the cache.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from interpot.formula.symbolic.grammar.kernels import SHAPES, factors, monomial, orthonormal, radial

_APART = 1e-9
"""1 - cos² of the angle between two columns from which on a pair is a pair."""

_REST = 1e-7
"""Part of a normalised column that has to stand out of a prefix."""

_jit = numba.njit(cache=True, nogil=True, error_model="numpy")
_fast = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})


@_jit
def columns(W, r, outer, inner, q, theta, powers):  # type: ignore[no-untyped-def]
    """Columns of monomials, normalised, (P, d); zero where one is not finite."""
    m, K = len(r), len(outer)
    F, dF, V = np.empty((K, m)), np.empty((K, SHAPES, m)), np.empty((len(powers), m))
    rn = np.empty(m)
    factors(r, outer, inner, q, theta, F, dF)
    for t in range(len(powers)):
        radial(r, powers[t, 0], rn)
        monomial(rn, powers[t], F, V[t])
        largest = 0.0
        for i in range(m):
            largest = max(largest, abs(V[t, i])) if math.isfinite(V[t, i]) else np.inf
        if 0 < largest < np.inf:
            V[t] /= largest
        else:
            V[t] = 0.0
    out = V @ W.T
    for t in range(len(powers)):
        size = math.sqrt(np.dot(out[t], out[t]))
        if size > 0:
            out[t] /= size
    return out


@_fast
def _beyond(A, alive, left, unit, out, still):  # type: ignore[no-untyped-def]
    """Rests of the columns beyond one more unit vector, normalised; a rest too small is no longer alive."""
    d = len(left)
    for j in range(len(A)):
        still[j] = False
        if alive[j]:
            inside, square = 0.0, 0.0
            for i in range(d):
                inside += unit[i] * A[j, i]
            for i in range(d):
                out[j, i] = A[j, i] - inside * unit[i]
                square += out[j, i] * out[j, i]
            if square > _REST * _REST:
                still[j] = True
                scale = 1 / math.sqrt(square)
                for i in range(d):
                    out[j, i] *= scale
    return left - np.dot(unit, left) * unit


@_fast
def _pairs(A, alive, left, start, masks, prefix, full, value, rank, ranks, size, best, which, mark):  # type: ignore[no-untyped-def]
    """Complete a prefix by all pairs from `start` on; what they leave of the squared rest is kept where it is least."""
    P = len(A)
    b = A[start:] @ left
    G = A[start:] @ A[start:].T
    solved = 0
    for i in range(start, P):
        if not alive[i]:
            continue
        rank_i = rank + ranks[i, size - 2]
        for j in range(i + 1, P):
            if not alive[j] or (prefix | masks[i] | masks[j]) != full:
                continue
            g, b_i, b_j = G[i - start, j - start], b[i - start], b[j - start]
            apart = 1 - g * g
            if apart < _APART:
                continue
            solved += 1
            rest = value - (b_i * b_i + b_j * b_j - 2 * g * b_i * b_j) / apart
            at = rank_i + ranks[j, size - 1]
            if rest < best[at]:
                best[at] = rest
                which[at] = mark
    return solved


@_jit
def pool(W, y, r, outer, inner, q, thetas, powers, masks, low, high, ranks, best, which, first):  # type: ignore[no-untyped-def]
    """All subsets of `low` to `high` (1 to 4) of a pool of monomials that hold every factor, at points of a grid.

    `thetas` (points, K, SHAPES); `masks` (P,) has a bit for each factor in a monomial. `ranks` (P, 4) are those of the
    combinatorial number system; `best` and `which` (5, subsets) take, by size, the smallest squared rest of each
    subset and the number of its point, `first` that of the first. Returns how many were solved.
    """
    P, full, solved = len(powers), 0, 0
    for k in range(len(outer)):
        full |= 1 << k
    still, still2, alive = np.ones(P, dtype=np.bool_), np.ones(P, dtype=np.bool_), np.ones(P, dtype=np.bool_)
    total = np.dot(y, y)
    for point in range(len(thetas)):
        A = columns(W, r, outer, inner, q, thetas[point], powers)
        mark = first + point
        for j in range(P):
            alive[j] = np.dot(A[j], A[j]) > 0.5
        if low == 1:
            for j in range(P):
                rest = total - np.dot(A[j], y) ** 2
                if alive[j] and masks[j] == full and rest < best[1, j]:
                    best[1, j] = rest
                    which[1, j] = mark
            solved += P
        if low <= 2 <= high:
            solved += _pairs(A, alive, y, 0, masks, 0, full, total, 0, ranks, 2, best[2], which[2], mark)
        if high < 3:
            continue
        B, B2 = np.zeros_like(A), np.zeros_like(A)
        for i in range(P):
            if not alive[i]:
                continue
            left = _beyond(A, alive, y, A[i], B, still)
            if low <= 3:
                solved += _pairs(
                    B, still, left, i + 1, masks, masks[i], full, np.dot(left, left), ranks[i, 0], ranks,
                    3, best[3], which[3], mark,
                )  # fmt: skip
            for j in range(i + 1, P if high > 3 else 0):
                if not still[j]:
                    continue
                rest = _beyond(B, still, left, B[j], B2, still2)
                solved += _pairs(
                    B2, still2, rest, j + 1, masks, masks[i] | masks[j], full, np.dot(rest, rest),
                    ranks[i, 0] + ranks[j, 1], ranks, 4, best[4], which[4], mark,
                )  # fmt: skip
    return solved


@_jit
def beyond(A, prefix, y):  # type: ignore[no-untyped-def]
    """Rests of all columns and of y beyond a prefix, normalised; the rest of a column that is in it is zero."""
    Q = np.zeros((len(prefix), A.shape[1]))
    used = 0
    for k in range(len(prefix)):
        column = prefix[k].copy()
        if orthonormal(column, Q, used) > _REST:
            Q[used] = column
            used += 1
    Q = Q[:used]
    B, left = A.copy(), y.copy()
    for k in range(used):
        left -= np.dot(Q[k], left) * Q[k]
    for _ in range(2 if used else 0):
        B -= (B @ Q.T) @ Q
    for j in range(len(A)):
        size = math.sqrt(np.dot(B[j], B[j]))
        if size > _REST:
            B[j] /= size
        else:
            B[j] = 0.0
    return B, left


@_fast
def products(A, left, classes, block, best, one, other):  # type: ignore[no-untyped-def]
    """All pairs of columns: of each two classes the pair that leaves least of the squared rest.

    `best`, `one`, `other` are (classes, classes), filled for the first class not above the second (columns are
    ordered by class).
    """
    M = len(A)
    b = A @ left
    total = np.dot(left, left)
    solved = 0
    for start in range(0, M, block):
        stop = min(start + block, M)
        G = A[start:stop] @ A[start:].T
        for i in range(start, stop):
            for j in range(i + 1, M):
                g = G[i - start, j - start]
                apart = 1 - g * g
                if apart < _APART:
                    continue
                rest = total - (b[i] * b[i] + b[j] * b[j] - 2 * g * b[i] * b[j]) / apart
                if rest < best[classes[i], classes[j]]:
                    best[classes[i], classes[j]] = rest
                    one[classes[i], classes[j]] = i
                    other[classes[i], classes[j]] = j
            solved += M - i - 1
    return solved


@_fast
def with_powers(A, plain, left, classes, count):  # type: ignore[no-untyped-def]
    """Each column alone, and with each of the powers: of each class the least squared rest and its member.

    Returns arrays (classes, 1 + powers): first without a power.
    """
    best, which = np.full((count, 1 + len(plain)), np.inf), np.zeros((count, 1 + len(plain)), dtype=np.int64)
    total = np.dot(left, left)
    b, c = A @ left, plain @ left
    G = A @ plain.T
    for i in range(len(A)):
        k = classes[i]
        rest = total - b[i] * b[i]
        if rest < best[k, 0]:
            best[k, 0] = rest
            which[k, 0] = i
        for j in range(len(plain)):
            apart = 1 - G[i, j] * G[i, j]
            if apart < _APART:
                continue
            rest = total - (b[i] * b[i] + c[j] * c[j] - 2 * G[i, j] * b[i] * c[j]) / apart
            if rest < best[k, j + 1]:
                best[k, j + 1] = rest
                which[k, j + 1] = i
    return best, which
