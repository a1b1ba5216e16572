"""Compiled arithmetic of the grammar: factors, monomials, and their constants by variable projection.

A formula is a sum of monomials c r^n F₁^p₁ F₂^p₂ ...; a factor F = outer(inner(r; shapes)) is known here by the numbers
of its two functions (`OUTER`, `INNER`). The power LOG stands for log F: that is what the derivative of F^p with
respect to p leaves at p = 0, and so it belongs to the powers of r and of other lengths.

Everything is linear in the c. They are eliminated by orthogonal projection at each step, never through normal
equations; the shapes take Levenberg-Marquardt steps with Kaufman's Jacobian.

Sources: G. H. Golub, V. Pereyra, SIAM J. Numer. Anal. 10, 413 (1973); L. Kaufman, BIT 15, 49 (1975).
"""

from __future__ import annotations

import math

import numba
import numpy as np

SHAPES = 2
"""Most shapes that a factor has."""

LOG = 99.0
"""The power that stands for a logarithm."""

OUTER = {
    name: number
    for number, name in enumerate(
        ("power", "exp", "logistic", "bose", "damping", "tanh", "erf", "erfc", "cos", "sech", "csch")
    )
}
"""Numbers of the outer functions."""

INNER = {
    name: number
    for number, name in enumerate(
        (
            "scaled",
            "stretched",
            "sum",
            "step",
            "bump",
            "shifted",
            "quadratic",
            "wave",
            "real",
            "pole",
            "one_plus",
            "ending",
            "saturating",
        )
    )
}
"""Numbers of the inner functions."""

_LEAST = 1e-11
"""Part of a normalised column that has to stand out of the columns before it."""

_SMALL = 1e-14
"""Relative decrease of the loss in a step from which on steps are not worth it."""

_jit = numba.njit(cache=True, nogil=True, error_model="numpy")


@_jit
def _whole(f, n):  # type: ignore[no-untyped-def]
    """f^n for a whole n from 1 on, by squaring."""
    out = 1.0
    while n > 0:
        if n & 1:
            out *= f
        f *= f
        n >>= 1
    return out


@_jit
def _raised(f, p):  # type: ignore[no-untyped-def]
    """f^p, or log f, and its derivative with respect to f."""
    if p == 1:
        return f, 1.0
    if p == LOG:
        return math.log(f), 1 / f
    if p == 0:
        return 1.0, 0.0
    if p == math.floor(p) and abs(p) < LOG:
        below = _whole(f, int(p) - 1) if p > 0 else 1 / _whole(f, 1 - int(p))
        return f * below, p * below
    return f**p, p * f ** (p - 1)


@_jit
def _inner(code, q, a, b, r, x):  # type: ignore[no-untyped-def]
    """Give u and its derivatives with respect to the two shapes a and b; q is a constant of the factor, x is r^q."""
    if code == 0:  # a r^q
        return a * x, x, 0.0
    if code == 1:  # a r^b
        x = r**b
        return a * x, x, a * x * math.log(r)
    if code == 2:  # a r + b r^q
        return a * r + b * x, r, x
    if code == 3:  # a (r - b)
        return a * (r - b), r - b, -a
    if code == 4:  # a (r - b)^q
        x = _raised(r - b, q - 1)[0]
        return a * x * (r - b), x * (r - b), -a * q * x
    if code == 5:  # a + r^q
        return a + x, 1.0, 0.0
    if code == 6:  # 1 + a r + b r²
        return 1 + a * r + b * r * r, r, r * r
    if code == 7:  # a r + b
        return a * r + b, r, 1.0
    if code == 8:  # r^a
        x = r**a
        return x, x * math.log(r), 0.0
    if code == 9:  # a / (r - b)
        return a / (r - b), 1 / (r - b), a / (r - b) ** 2
    if code == 10:  # 1 + a r^q
        return 1 + a * x, x, 0.0
    if code == 11:  # a - r
        return a - r, 1.0, 0.0
    x = 1 / (b + x)  # a / (b + r^q)
    return a * x, x, -a * x * x


@_jit
def _outer(code, u):  # type: ignore[no-untyped-def]
    """F(u) and F'(u)."""
    if code == 0:
        return u, 1.0
    if code == 1:
        x = math.exp(-u)
        return x, -x
    if code == 2:  # 1 / (1 + e^u)
        x = 1 / (1 + math.exp(u))
        return x, -x * (1 - x)
    if code == 3:  # 1 / (e^u - 1)
        x = 1 / math.expm1(u)
        return x, -x * (1 + x)
    if code == 4:  # 1 - e^-u
        return -math.expm1(-u), math.exp(-u)
    if code == 5:
        x = math.tanh(u)
        return x, 1 - x * x
    if code == 6:
        return math.erf(u), 2 / math.sqrt(math.pi) * math.exp(-u * u)
    if code == 7:
        return math.erfc(u), -2 / math.sqrt(math.pi) * math.exp(-u * u)
    if code == 8:
        return math.cos(u), -math.sin(u)
    up, down = math.exp(u), math.exp(-u)
    x = 1 / (up + down) if code == 9 else 1 / (up - down)
    return x, -x * x * (up - down if code == 9 else up + down)


@_jit
def radial(r, n, out):  # type: ignore[no-untyped-def]
    """r^n, or log r, on the nodes."""
    for i in range(len(r)):
        out[i] = _raised(r[i], n)[0]


@_jit
def _factors(r, x, outer, inner, q, theta, F, dF):  # type: ignore[no-untyped-def]
    """`factors`, from each factor's r^q, (K, m)."""
    for k in range(len(outer)):
        for i in range(len(r)):
            u, one, two = _inner(inner[k], q[k], theta[k, 0], theta[k, 1], r[i], x[k, i])
            f, slope = _outer(outer[k], u)
            F[k, i] = f
            dF[k, 0, i] = slope * one
            dF[k, 1, i] = slope * two


@_jit
def _of_radii(r, q):  # type: ignore[no-untyped-def]
    """r^q of each factor, (K, m)."""
    x = np.empty((len(q), len(r)))
    for k in range(len(q)):
        radial(r, q[k], x[k])
    return x


@_jit
def factors(r, outer, inner, q, theta, F, dF):  # type: ignore[no-untyped-def]
    """Values of K factors on the nodes, (K, m), and derivatives with respect to their shapes, (K, SHAPES, m)."""
    _factors(r, _of_radii(r, q), outer, inner, q, theta, F, dF)


@_jit
def monomial(rn, powers, F, out):  # type: ignore[no-untyped-def]
    """r^n F₁^p₁ F₂^p₂ ... on the nodes, from r^n."""
    out[:] = rn
    for k in range(len(F)):
        p = powers[k + 1]
        if p == 1:
            out *= F[k]
        elif p != 0:
            for i in range(len(rn)):
                out[i] *= _raised(F[k, i], p)[0]


@_jit
def _slope(rn, powers, F, dF, which, shape, weight, out):  # type: ignore[no-untyped-def]
    """Add weight times the derivative of a monomial with respect to a shape of factor `which`."""
    if powers[which + 1] == 0:
        return
    for i in range(len(rn)):
        v = weight * rn[i] * _raised(F[which, i], powers[which + 1])[1] * dF[which, shape, i]
        for k in range(len(F)):
            if k != which and powers[k + 1] != 0:
                v *= _raised(F[k, i], powers[k + 1])[0]
        out[i] += v


@_jit
def orthonormal(column, Q, used):  # type: ignore[no-untyped-def]
    """Take from a column what `used` rows of Q hold of it, twice, and normalise the rest.

    Returns what was left of a unit column; the column then is a unit vector, or nothing of use where that is below
    `_LEAST` or not a number.
    """
    size = math.sqrt(np.dot(column, column))
    if not (size > 0 and size < np.inf):
        return 0.0
    column /= size
    left = 1.0
    for _ in range(2):
        for k in range(used):
            column -= np.dot(Q[k], column) * Q[k]
        norm = math.sqrt(np.dot(column, column))
        left *= norm
        if not left > _LEAST:
            return 0.0
        column /= norm
    return left


@_jit
def _project(W, y, V, Q, T, residual):  # type: ignore[no-untyped-def]
    """Orthonormalise the columns W v; the residual of y, the triangle T and the loss, infinite if collinear."""
    residual[:] = y
    for t in range(len(V)):
        column = W @ V[t]
        size = math.sqrt(np.dot(column, column))
        if not (size > 0 and size < np.inf):
            return np.inf
        raw = column.copy()
        if not orthonormal(column, Q, t) > _LEAST:
            return np.inf
        Q[t] = column
        for k in range(t + 1):
            T[k, t] = np.dot(Q[k], raw)
        residual -= np.dot(column, residual) * column
    return np.dot(residual, residual)


@_jit
def _coefficients(Q, T, y, c):  # type: ignore[no-untyped-def]
    """Solve T c = Q y from the last row up."""
    for t in range(len(c) - 1, -1, -1):
        s = np.dot(Q[t], y)
        for k in range(t + 1, len(c)):
            s -= T[t, k] * c[k]
        c[t] = s / T[t, t]


@_jit
def _step(H, g, damping, delta):  # type: ignore[no-untyped-def]
    """Solve (H + damping diag H) δ = g by Cholesky; False where it is not positive."""
    n = len(g)
    L = H.copy()
    for i in range(n):
        L[i, i] *= 1 + damping
        for j in range(i + 1):
            s = L[i, j]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            if i == j:
                if not s > 1e-15 * H[i, i]:
                    return False
                L[i, i] = math.sqrt(s)
            else:
                L[i, j] = s / L[j, j]
    for i in range(n):
        s = g[i]
        for k in range(i):
            s -= L[i, k] * delta[k]
        delta[i] = s / L[i, i]
    for i in range(n - 1, -1, -1):
        s = delta[i]
        for k in range(i + 1, n):
            s -= L[k, i] * delta[k]
        delta[i] = s / L[i, i]
    return True


@_jit
def polish(W, y, r, outer, inner, q, free, low, high, powers, theta, c, steps):  # type: ignore[no-untyped-def]
    """Fit one structure from its shapes `theta`, which are moved in place, and give its loss.

    `free` (n, 2) names factor and number of each shape to be fitted, `low` and `high` (K, SHAPES) are their bounds,
    `powers` (T, 1 + K) the monomials; `c` (T,) takes the coefficients.
    """
    m, d, K, T, n = len(r), len(y), len(outer), len(powers), len(free)
    F, dF = np.empty((K, m)), np.empty((K, SHAPES, m))
    V, Q, triangle = np.empty((T, m)), np.empty((T, d)), np.zeros((T, T))
    J, H, g, delta = np.empty((n, d)), np.empty((n, n)), np.empty(n), np.empty(n)
    residual, slope, trial = np.empty(d), np.empty(m), theta.copy()
    rn, x = np.empty((T, m)), _of_radii(r, q)
    _factors(r, x, outer, inner, q, theta, F, dF)
    for t in range(T):
        radial(r, powers[t, 0], rn[t])
        monomial(rn[t], powers[t], F, V[t])
    loss = _project(W, y, V, Q, triangle, residual)
    if not loss < np.inf:
        return np.inf
    _coefficients(Q, triangle, y, c)
    damping, tried = 1e-3, 0
    while n > 0 and tried < steps:
        for a in range(n):
            slope[:] = 0.0
            for t in range(T):
                _slope(rn[t], powers[t], F, dF, free[a, 0], free[a, 1], c[t], slope)
            J[a] = W @ slope
            for t in range(T):
                J[a] -= np.dot(Q[t], J[a]) * Q[t]
            g[a] = np.dot(J[a], residual)
            for b in range(a + 1):
                H[a, b] = H[b, a] = np.dot(J[a], J[b])
        better = False
        while tried < steps and damping < 1e9:
            tried += 1
            if not _step(H, g, damping, delta):
                damping = max(10 * damping, 1e-6)
                continue
            for a in range(n):
                k, s = free[a, 0], free[a, 1]
                trial[k, s] = min(max(theta[k, s] + delta[a], low[k, s]), high[k, s])
            _factors(r, x, outer, inner, q, trial, F, dF)
            for t in range(T):
                monomial(rn[t], powers[t], F, V[t])
            value = _project(W, y, V, Q, triangle, residual)
            if value < loss:
                better = True
                break
            damping *= 8
        if not better:
            break
        gain = loss - value
        theta[:] = trial
        loss = value
        _coefficients(Q, triangle, y, c)
        damping = max(damping / 6, 1e-12)
        if gain < _SMALL * loss:
            break
    return loss
