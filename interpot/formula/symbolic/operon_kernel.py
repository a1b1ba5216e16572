"""Constants of many trees at once, by variable projection on the exact loss.

A tree is a program in postfix order: codes and constants. Its sum at the root is taken apart into terms t_k(x; θ), so
that a candidate is

    v = Σ_k a_k t_k(x; θ),

with the best a for any θ by linear least squares, and θ by Levenberg-Marquardt steps on what they leave: G. H. Golub,
V. Pereyra, SIAM J. Numer. Anal. 10, 413 (1973), with the Jacobian of L. Kaufman, BIT 15, 49 (1975). Derivatives by
θ come from one sweep back through the tree. All in double precision and without Python's lock, so that threads share
the work and the result hangs on no order.
"""

from __future__ import annotations

import numba
import numpy as np

# mypy: disable-error-code="no-untyped-def"

CONSTANT, VARIABLE, ADD, SUB, MUL, DIV, POW, EXP, LOG, SQRT, SQUARE, TANH, SIN, COS = range(14)
"""Codes of nodes. The first argument of a node is the subtree right before it, the second the one before that."""

_DEPENDENT = 1e-7
"""A term of which the others leave less, in relative size, gets no coefficient of its own."""

_BOUND = 200.0
"""Of constants, in units of the search: beyond, functions are steps or overflow."""

_ROUNDING = 1e-26
"""Losses below are not worth another step."""

_STIFF = 1e6
"""Damping at which a step is none."""

_compiled = numba.njit(cache=True, nogil=True, error_model="numpy")


@_compiled
def _children(codes, first, second):
    """Index of each node's arguments (-1 where there is none) and the sizes of the subtrees."""
    sizes = np.ones(len(codes), dtype=np.int64)
    for i in range(len(codes)):
        first[i] = second[i] = -1
        if codes[i] >= ADD:
            first[i] = i - 1
            sizes[i] += sizes[i - 1]
            if codes[i] <= POW:
                second[i] = i - 1 - sizes[i - 1]
                sizes[i] += sizes[second[i]]
    return sizes


@_compiled
def _terms(codes, first, second, roots):
    """Roots of the terms of the sum at a tree's root, signs and constant factors left to the coefficients."""
    count, depth = 0, 1
    stack = np.empty(len(codes), dtype=np.int64)
    stack[0] = len(codes) - 1
    while depth:
        depth -= 1
        i = stack[depth]
        if codes[i] == ADD or codes[i] == SUB:
            stack[depth], stack[depth + 1] = second[i], first[i]
            depth += 2
        elif codes[i] == MUL and codes[first[i]] == CONSTANT:
            stack[depth] = second[i]
            depth += 1
        elif (codes[i] == MUL or codes[i] == DIV) and codes[second[i]] == CONSTANT:
            stack[depth] = first[i]
            depth += 1
        else:
            roots[count] = i
            count += 1
    return count


@_compiled
def _cost(codes, first, second, roots, count):
    """About what `interpot.formula.symbolic.complexity` counts, once factors are taken out of products and sums.

    Of every subtree: its nodes, and whether it has a free factor, which costs nothing in a product and two nodes in a
    sum or a function.
    """
    nodes, scaled = np.ones(len(codes), dtype=np.int64), np.zeros(len(codes), dtype=np.bool_)
    for i in range(len(codes)):
        code, f, s = codes[i], first[i], second[i]
        if code == VARIABLE:
            scaled[i] = True
        elif code in (ADD, SUB):
            scaled[i] = scaled[f] or scaled[s]
            nodes[i] = nodes[f] + nodes[s] + 1
            if scaled[f] and scaled[s]:
                nodes[i] += 2
        elif code in (MUL, DIV):
            if codes[f] == CONSTANT or codes[s] == CONSTANT:
                nodes[i] = nodes[s] if codes[f] == CONSTANT else nodes[f]
                scaled[i] = True
            else:
                nodes[i] = nodes[f] + nodes[s] + 1
                scaled[i] = scaled[f] or scaled[s]
        elif code in (POW, SQRT, SQUARE):
            nodes[i] = nodes[f] + 2
            scaled[i] = scaled[f]
        elif code > CONSTANT:
            nodes[i] = nodes[f] + (3 if scaled[f] else 1)
    total = 3 * count - 1
    for c in range(count):
        total += nodes[roots[c]]
    return total


@_compiled
def _free(codes, first, second, sizes, roots, count, free, owner):
    """Constants within terms, and the term each belongs to; a factor of a whole term is none."""
    p = 0
    for k in range(count):
        root = roots[k]
        if codes[root] <= VARIABLE:
            continue
        for i in range(root - sizes[root] + 1, root + 1):
            if codes[i] <= VARIABLE:
                free[p], owner[p] = i, k
                p += 1
    return p


@_compiled
def _forward(codes, slots, theta, first, second, x, v):
    """Values of all nodes, (nodes of the tree, m)."""
    m = x.shape[1]
    for i in range(len(codes)):
        code, f, s, out = codes[i], v[first[i]], v[second[i]], v[i]
        if code == CONSTANT:
            out[:] = theta[i]
        elif code == VARIABLE:
            for j in range(m):
                out[j] = theta[i] * x[slots[i], j]
        elif code == ADD:
            for j in range(m):
                out[j] = f[j] + s[j]
        elif code == SUB:
            for j in range(m):
                out[j] = f[j] - s[j]
        elif code == MUL:
            for j in range(m):
                out[j] = f[j] * s[j]
        elif code == DIV:
            for j in range(m):
                out[j] = f[j] / s[j]
        elif code == POW:
            for j in range(m):
                out[j] = f[j] ** s[j]
        elif code == EXP:
            for j in range(m):
                out[j] = np.exp(f[j])
        elif code == LOG:
            for j in range(m):
                out[j] = np.log(f[j])
        elif code == SQRT:
            for j in range(m):
                out[j] = np.sqrt(f[j])
        elif code == SQUARE:
            for j in range(m):
                out[j] = f[j] * f[j]
        elif code == TANH:
            for j in range(m):
                out[j] = np.tanh(f[j])
        elif code == SIN:
            for j in range(m):
                out[j] = np.sin(f[j])
        else:
            for j in range(m):
                out[j] = np.cos(f[j])


@_compiled
def _backward(codes, first, second, sizes, root, v, d):
    """Derivatives of a term by the values of each of its nodes, (nodes of the tree, m)."""
    m = v.shape[1]
    for j in range(m):
        d[root, j] = 1.0
    for i in range(root, root - sizes[root], -1):
        code, f, s = codes[i], first[i], second[i]
        if code < ADD:
            continue
        for j in range(m):
            up = d[i, j]
            if code == ADD:
                d[f, j] = d[s, j] = up
            elif code == SUB:
                d[f, j], d[s, j] = up, -up
            elif code == MUL:
                d[f, j], d[s, j] = up * v[s, j], up * v[f, j]
            elif code == DIV:
                d[f, j] = up / v[s, j]
                d[s, j] = -d[f, j] * v[i, j]
            elif code == POW:
                d[f, j] = up * v[s, j] * v[i, j] / v[f, j]
                d[s, j] = up * v[i, j] * np.log(v[f, j]) if v[f, j] > 0 else 0.0
            elif code == EXP:
                d[f, j] = up * v[i, j]
            elif code == LOG:
                d[f, j] = up / v[f, j]
            elif code == SQRT:
                d[f, j] = up / (2.0 * v[i, j])
            elif code == SQUARE:
                d[f, j] = up * 2.0 * v[f, j]
            elif code == TANH:
                d[f, j] = up * (1.0 - v[i, j] * v[i, j])
            elif code == SIN:
                d[f, j] = up * np.cos(v[f, j])
            else:
                d[f, j] = -up * np.sin(v[f, j])


@_compiled
def _dot(u, w):
    """Scalar product, in four sums so that the processor need not wait for one."""
    n = len(u) // 4 * 4
    first = second = third = fourth = 0.0
    for j in range(0, n, 4):
        first += u[j] * w[j]
        second += u[j + 1] * w[j + 1]
        third += u[j + 2] * w[j + 2]
        fourth += u[j + 3] * w[j + 3]
    for j in range(n, len(u)):
        first += u[j] * w[j]
    return (first + second) + (third + fourth)


@_compiled
def _add(u, factor, w):
    """Add a multiple of w to u."""
    for j in range(len(u)):
        u[j] += factor * w[j]


@_compiled
def _image(seen, WT, out):
    """Write W seen."""
    for j in range(len(out)):
        out[j] = 0.0
    for j in range(len(seen)):
        _add(out, seen[j], WT[j])


@_compiled
def _project(v, roots, count, WT, last, q, a, residual):
    """Best coefficients of the terms: loss, and in q an orthonormal basis of what they reach, (terms, k).

    `residual` is y, of which what is left is written back.
    """
    m = v.shape[1]
    upper, onto, seen = np.zeros((count, count)), np.zeros(count), np.empty(m)
    for c in range(count):
        size = 0.0
        for j in range(m):
            seen[j] = v[roots[c], j] - v[roots[c], last[j]]
            size = max(size, abs(seen[j]))
        if size == 0.0:
            q[c] = 0.0
            continue
        if not (size < 1e150 and size > 1e-150):
            return np.inf
        for j in range(m):
            seen[j] /= size
        _image(seen, WT, q[c])
        whole = _dot(q[c], q[c])
        for _ in range(2):  # twice is enough: rounding of the first pass
            for b in range(c):
                part = _dot(q[b], q[c])
                upper[b, c] += part * size
                _add(q[c], -part, q[b])
        left = _dot(q[c], q[c])
        if not left > _DEPENDENT**2 * whole:
            q[c] = 0.0
            continue
        upper[c, c] = np.sqrt(left) * size
        for j in range(len(residual)):
            q[c, j] /= np.sqrt(left)
        onto[c] = _dot(q[c], residual)
        _add(residual, -onto[c], q[c])
    for c in range(count - 1, -1, -1):
        a[c] = 0.0
        if upper[c, c] > 0:
            a[c] = onto[c]
            for b in range(c + 1, count):
                a[c] -= upper[c, b] * a[b]
            a[c] /= upper[c, c]
    return _dot(residual, residual)


@_compiled
def _too_large(v, roots, count, a, last, largest):
    """Whether a sum or any of its terms is so large that the rest is rounding."""
    for c in range(count):
        for j in range(v.shape[1]):
            if not abs(a[c] * (v[roots[c], j] - v[roots[c], last[j]])) < largest:
                return True
    return False


@_compiled
def _normal(codes, slots, x, WT, last, q, a, d, free, owner, residual, H, gradient):
    """Normal equations of the constants, of what the coefficients leave: H and the gradient."""
    J = np.empty((len(free), x.shape[1]))
    for j in range(len(free)):
        i = free[j]
        for b in range(x.shape[1]):
            J[j, b] = d[i, b] * a[owner[j]]
            if codes[i] == VARIABLE:
                J[j, b] *= x[slots[i], b]
            if not np.isfinite(J[j, b]):
                J[j, b] = 0.0
        for b in range(x.shape[1]):  # the last of a group comes last
            if last[b] != b:
                J[j, b] -= J[j, last[b]]
        for b in range(x.shape[1]):
            if last[b] == b:
                J[j, b] = 0.0
    P = np.empty((len(free), len(residual)))
    for j in range(len(free)):
        _image(J[j], WT, P[j])
        for c in range(len(q)):
            _add(P[j], -_dot(q[c], P[j]), q[c])
        for i in range(j + 1):
            H[i, j] = H[j, i] = _dot(P[i], P[j])
        gradient[j] = _dot(P[j], residual)


@_compiled
def _solve(H, g, damping):
    """Solve (H + damping diag H) s = g by Cholesky; whether it went."""
    p = len(g)
    L = H.copy()
    for i in range(p):
        L[i, i] = H[i, i] * (1.0 + damping) + 1e-300
    for i in range(p):
        for j in range(i + 1):
            total = L[i, j]
            for b in range(j):
                total -= L[i, b] * L[j, b]
            if i == j:
                if not total > 0:
                    return False
                L[i, i] = np.sqrt(total)
            else:
                L[i, j] = total / L[j, j]
    for i in range(p):
        for b in range(i):
            g[i] -= L[i, b] * g[b]
        g[i] /= L[i, i]
    for i in range(p - 1, -1, -1):
        for b in range(i + 1, p):
            g[i] -= L[b, i] * g[b]
        g[i] /= L[i, i]
    return True


@_compiled
def fit(codes, slots, theta, x, WT, y, last, largest, steps, coefficients, roots):
    """Fit one tree's constants.

    Parameters
    ----------
    codes, slots : (nodes of the tree,) int64
        What a node is, and which variable.
    theta : (nodes of the tree,)
        Constants, and factors of variables; the fitted ones are written here.
    x : (v, m), WT : (m, k), y : (k,)
        Variables, and the loss ‖W v - y‖².
    last : (m,) int64
        For each node the one relative to which values are taken.
    largest
        What no value of a term may exceed.
    steps
        Of Levenberg-Marquardt at most; 0 projects only.
    coefficients, roots : (nodes of the tree,)
        Written: a_k, and where term k ends in the program.

    Returns
    -------
    loss : float
        Infinite where a value is undefined.
    terms : int
    cost : int
        About the complexity of the formula.
    """
    n, m, k = len(codes), x.shape[1], len(y)
    first, second = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    sizes = _children(codes, first, second)
    count = _terms(codes, first, second, roots)
    free, owner = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    p = _free(codes, first, second, sizes, roots, count, free, owner)
    v, d, q = np.empty((n, m)), np.empty((n, m)), np.empty((count, k))
    residual, a, trial = np.empty(k), np.zeros(count), theta.copy()
    H, gradient, step = np.empty((p, p)), np.empty(p), np.empty(p)
    loss, damping = np.inf, 1e-2
    for _ in range(steps + 1):
        _forward(codes, slots, trial, first, second, x, v)
        residual[:] = y
        new = _project(v, roots, count, WT, last, q, a, residual)
        if new < loss and not _too_large(v, roots, count, a, last, largest):
            done = new < _ROUNDING or (loss - new < 1e-4 * loss and damping < 1e-6)
            loss, damping = new, max(damping / 8.0, 1e-12)
            theta[:] = trial
            coefficients[:count] = a
            if done or p == 0:
                break
            for c in range(count):
                _backward(codes, first, second, sizes, roots[c], v, d)
            _normal(codes, slots, x, WT, last, q, a, d, free[:p], owner, residual, H, gradient)
        elif loss == np.inf:
            break
        else:
            damping *= 6.0
        step[:] = gradient
        while not _solve(H, step, damping) and damping < _STIFF:
            damping *= 10.0
            step[:] = gradient
        if not damping < _STIFF:
            break
        for j in range(p):
            i = free[j]
            longest = 0.5 * abs(theta[i]) + 0.5
            trial[i] = theta[i] + min(max(step[j], -longest), longest)
            trial[i] = min(max(trial[i], -_BOUND), _BOUND)
    return loss, count, _cost(codes, first, second, roots, count)


@_compiled
def fit_all(
    codes, slots, theta, lengths, x, WT, y, last, largest, steps, coefficients, roots, losses, terms, costs
):
    """Fit many trees, one row each of arrays as wide as the longest."""
    for t in range(len(lengths)):
        n = lengths[t]
        losses[t], terms[t], costs[t] = fit(
            codes[t, :n], slots[t, :n], theta[t, :n], x, WT, y, last, largest, steps[t],
            coefficients[t, :n], roots[t, :n],
        )  # fmt: skip
