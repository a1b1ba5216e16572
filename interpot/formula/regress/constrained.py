"""Least squares under linear constraints, for a handful of columns: exact, by the dual active set.

With X = Q T and x = T a, to minimise ‖X a - y‖² under H a ≥ h is to find the point x nearest to x₀ = Qᵀy with
C x ≥ d. The shortest u = x - x₀ with C u ≥ d - C x₀ follows from a non-negative least-squares problem with as many
unknowns as there are constraints; those that are not zero mark the constraints that hold as equalities.

Source: C. L. Lawson, R. J. Hanson, Solving Least Squares Problems (1974), chapter 23.
"""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
from scipy.linalg import block_diag, null_space

from interpot.formula.regress.form import Form
from interpot.formula.regress.restriction import Restriction
from interpot.records import FloatArray
from interpot.statistic.objective import Objective

COLLINEAR = 1e-10
"""Squared sine of the angle below which a column adds nothing to those before it."""

NEGLIGIBLE = 1e-11
"""A constraint that is missed by less than this share of ‖y‖ is met: rounding."""

BROKEN = 1e-6
"""A nearest point that misses a constraint by more than this share of the distances at hand is none."""


@numba.njit(cache=True, nogil=True)
def nearest(C, d, active):  # type: ignore[no-untyped-def]
    """Find the shortest u with C u ≥ d.

    Parameters
    ----------
    C : (m, k) float64
        Rows of length 1, or 0 for one that asks for nothing.
    d : (m,) float64
    active : (m,) bool
        Is set to the constraints that hold as equalities and keep u from being shorter.

    Returns
    -------
    float
        ‖u‖², infinite where there is no such u.
    """
    m, k = C.shape
    active[:] = False
    worst = d.max() if m else 0.0
    if worst <= 0:
        return 0.0
    K = np.empty((m, m))
    for i in range(m):
        for j in range(m):
            value = d[i] * d[j] / worst**2
            for b in range(k):
                value += C[i, b] * C[j, b]
            K[i, j] = value
    v = _non_negative(K, d / worst, active)
    rest = 1.0
    for i in range(m):
        rest -= v[i] * d[i] / worst
    if rest < 1e-13:
        return np.inf
    u = np.zeros(k)
    for i in range(m):
        u += C[i] * v[i] * worst / rest
    square = u @ u
    for i in range(m):  # where there is no u the rest is rounding, and so is this u
        if C[i] @ u < d[i] - BROKEN * (worst + np.sqrt(square)):
            return np.inf
    return square


@numba.njit(cache=True, nogil=True)
def _non_negative(K, f, passive):  # type: ignore[no-untyped-def]
    """Minimise vᵀK v - 2 fᵀv over v ≥ 0 (Lawson and Hanson's NNLS on the Gram matrix)."""
    m = len(f)
    v = np.zeros(m)
    blocked = np.zeros(m, dtype=np.bool_)
    for _ in range(10 * m):
        enter, steepest = -1, 1e-12
        for i in range(m):
            if not (passive[i] or blocked[i]):
                slope = f[i]
                for j in range(m):
                    slope -= K[i, j] * v[j]
                if slope > steepest:
                    enter, steepest = i, slope
        if enter < 0:
            break
        passive[enter] = True
        while True:
            s, regular = _solve(K, f, passive)
            if not regular:  # the new one is a sum of the others
                passive[enter] = False
                blocked[enter] = True
                break
            step, leave = 1.0, -1
            for i in range(m):
                if passive[i] and s[i] <= 0:
                    share = v[i] / (v[i] - s[i]) if v[i] > 0 else 0.0
                    if leave < 0 or share < step:
                        step, leave = share, i
            if leave < 0:
                v = s
                blocked[:] = False
                break
            for i in range(m):
                if passive[i]:
                    v[i] += step * (s[i] - v[i])
            v[leave], passive[leave] = 0.0, False
            if leave == enter:
                blocked[enter] = True
    return v


@numba.njit(cache=True, nogil=True)
def _solve(K, f, passive):  # type: ignore[no-untyped-def]
    """Solve K s = f on the passive rows by Cholesky; tells whether these are independent."""
    rows = np.flatnonzero(passive)
    n, m = len(rows), len(f)
    L, s = np.zeros((n, n)), np.zeros(m)
    z = np.zeros(n)
    for a in range(n):
        z[a] = f[rows[a]]
        for b in range(a + 1):
            value = K[rows[a], rows[b]]
            for c in range(b):
                value -= L[a, c] * L[b, c]
            if b < a:
                L[a, b] = value / L[b, b]
                z[a] -= L[a, b] * z[b]
            elif value > 1e-14 * K[rows[a], rows[a]]:
                L[a, a] = np.sqrt(value)
                z[a] /= L[a, a]
            else:
                return s, False
    for a in range(n - 1, -1, -1):
        for b in range(a + 1, n):
            z[a] -= L[b, a] * z[b]
        z[a] /= L[a, a]
        s[rows[a]] = z[a]
    return s, True


@numba.njit(cache=True, nogil=True)
def constrained_value(columns, y, rows, least):  # type: ignore[no-untyped-def]
    """Largest ‖y‖² - ‖Σ_k a_k x_k - y‖² with rows @ a ≥ least: what columns explain under constraints.

    Parameters
    ----------
    columns : (k, d) float64
        The x_k, normalised. One that is collinear with those before it gets no coefficient.
    y : (d,) float64
    rows : (m, k) float64
    least : (m,) float64

    Returns
    -------
    float
        No more than without the constraints; minus infinity where no coefficients meet them.
    """
    k, m = len(columns), len(least)
    Q, T = columns.copy(), np.zeros((k, k))
    x = np.zeros(k)
    for a in range(k):  # modified Gram-Schmidt: x_a = Σ_b T[a, b] Q_b
        for b in range(a):
            T[a, b] = Q[b] @ Q[a]
            Q[a] -= T[a, b] * Q[b]
        pivot = Q[a] @ Q[a]
        if pivot < COLLINEAR:
            Q[a] = 0.0
            continue
        T[a, a] = np.sqrt(pivot)
        Q[a] /= T[a, a]
        x[a] = Q[a] @ y
    free = x @ x
    C, d = np.zeros((m, k)), np.zeros(m)
    for i in range(m):
        for a in range(k):  # rows a = C x with T c = row
            if T[a, a] > 0:
                value = rows[i, a]
                for b in range(a):
                    value -= T[a, b] * C[i, b]
                C[i, a] = value / T[a, a]
        length = np.sqrt(C[i] @ C[i])
        if not np.isfinite(length) or (length == 0.0 and least[i] > 0):
            return -np.inf
        if length > 0:
            d[i] = (least[i] - C[i] @ x) / length
            C[i] /= length
            if d[i] < NEGLIGIBLE * np.sqrt(free):
                d[i] = min(d[i], 0.0)
    return free - nearest(C, d, np.zeros(m, dtype=np.bool_))


@numba.njit(cache=True, nogil=True)
def subset_value(vectors, y, used, rows, least, lower, upper):  # type: ignore[no-untyped-def]
    """What some columns of a grid explain under its constraints.

    Parameters
    ----------
    vectors : (columns, d) float64
        All columns of the grid, normalised.
    y : (d,) float64
    used : (k,) int64
        The columns of the subset.
    rows, least, lower, upper
        `GridRows` of the grid.
    """
    m, k = len(least), len(used)
    H, h = np.zeros((m + 2 * k, k)), np.full(m + 2 * k, -np.inf)
    h[:m] = least
    X = np.empty((k, len(y)))
    count = m
    for a in range(k):
        X[a] = vectors[used[a]]
        H[:m, a] = rows[:, used[a]]
        for sign, end in ((1.0, lower[used[a]]), (-1.0, -upper[used[a]])):
            if end > -np.inf:
                H[count, a], h[count] = sign, end
                count += 1
    return constrained_value(X, y, H[:count], h[:count])


class ConstrainedProjection:
    """The linear problem of variable projection at one point θ, under constraints.

    Where the constraints P hold as equalities, g(a, θ) = 0, a change of θ moves the coefficients along with them:
    with N the directions that P leaves and Kaufman's approximation the residual changes by

        (I - U N Nᵀ Uᵀ) (∂X/∂θ a - U C_P⁺ ∂g/∂θ)

    Attributes
    ----------
    residual
        X a - y; ten times -y where no coefficients meet the constraints.
    feasible
        Whether there are any, and all terms are finite.
    """

    def __init__(
        self, objective: Objective, forms: Sequence[Form], constraints: Sequence[Restriction]
    ) -> None:
        self.forms, self._constraints, self._objective = tuple(forms), tuple(constraints), objective
        parts = zip(objective.maps, forms, objective.nodes, strict=True)
        with np.errstate(over="ignore", invalid="ignore"):
            X = np.hstack([M @ f.columns(r) for M, f, r in parts])
            scale = np.linalg.norm(X, axis=0)
        self.feasible = bool(np.isfinite(scale).all())
        scale[(scale == 0) | ~np.isfinite(scale)] = np.inf  # a column that says nothing
        U, sizes, Vt = np.linalg.svd(np.nan_to_num(X) / scale, full_matrices=False)
        kept = sizes > 1e-14 * sizes.max(initial=0.0)
        self._U, self._back = U[:, kept], Vt[kept].T / sizes[kept] / scale[:, None]  # a = back x
        demands = [rule.rows(form) for rule, form in zip(constraints, forms, strict=True)]
        self._rows = block_diag(*(rows for rows, _ in demands))
        least = np.concatenate([bound for _, bound in demands])
        self._solve(least, objective.y)
        self._a = self._back @ self._x
        self._settle(least)
        self.residual = self._U @ self._x - objective.y if self.feasible else -10 * objective.y

    def _solve(self, least: FloatArray, y: FloatArray) -> None:
        x = self._U.T @ y
        C = self._rows @ self._back
        self._length = np.linalg.norm(C, axis=1)
        self.feasible &= bool(np.isfinite(self._length).all() and (least[self._length == 0] <= 0).all())
        self.active = np.zeros(len(least), dtype=np.bool_)
        self._x, self._C = x, np.zeros((0, len(x)))
        if not self.feasible:
            return
        self._length[self._length == 0] = np.inf
        C, d = C / self._length[:, None], least / self._length
        d = d - C @ x
        d[(d > 0) & (d < NEGLIGIBLE * np.linalg.norm(y))] = 0.0
        self.feasible = bool(np.isfinite(nearest(C, d, self.active)))
        self._C = C[self.active]
        if self.feasible and self.active.any():
            self._x = x + np.linalg.lstsq(self._C, d[self.active], rcond=None)[0]

    def _settle(self, least: FloatArray) -> None:
        """Coefficients at one of their bounds have exactly its value, not one beyond it by rounding."""
        for k in np.flatnonzero(self.active):
            own = np.flatnonzero(self._rows[k])
            if len(own) == 1:
                self._a[own] = least[k] / self._rows[k, own]

    def coefficients(self) -> list[FloatArray]:
        """Best coefficients that meet the constraints, per channel."""
        return np.split(self._a, np.cumsum([len(f.terms) for f in self.forms])[:-1])

    def jacobian(self) -> FloatArray:
        """∂residual/∂θ, (R, f)."""
        objective = self._objective
        if not self.feasible:
            return np.zeros((len(objective.y), sum(f.ties.shape[1] for f in self.forms)))
        parts = zip(objective.maps, self.forms, objective.nodes, self.coefficients(), strict=True)
        J, Q = np.hstack([M @ f.free_columns(r, a) for M, f, r, a in parts]), self._U
        if self.active.any():
            slopes = self._slopes()[self.active] / self._length[self.active, None]
            J = J - self._U @ np.linalg.lstsq(self._C, slopes, rcond=None)[0]
            Q = self._U @ null_space(self._C)
        return np.asarray(J - Q @ (Q.T @ J))

    def _slopes(self) -> FloatArray:
        parts = zip(self._constraints, self.forms, self.coefficients(), strict=True)
        return block_diag(*(rule.slopes(form, a) for rule, form, a in parts))

    def gradients(self) -> FloatArray | None:
        """Derivatives of the active constraints by all constants: of each channel its coefficients, then its θ."""
        if not self.active.any():
            return None
        coefficients, free = self._rows[self.active], self._slopes()[self.active]
        ends = np.cumsum([len(f.terms) for f in self.forms])[:-1]
        stops = np.cumsum([f.ties.shape[1] for f in self.forms])[:-1]
        pairs = zip(np.split(coefficients, ends, axis=1), np.split(free, stops, axis=1), strict=True)
        return np.hstack([part for pair in pairs for part in pair])
