"""The compressed objective: the exact force-matching loss of any formula, from the statistic alone.

With A = WᵀW, y = W⁻ᵀB and P the projection of a function's values on the splines,

    L(φ) = Σ |F - X P φ(nodes)|² = ‖W P φ(nodes) - y‖² + floor,      floor = C - yᵀy

where the floor is what no function of the channels can explain. Columns are scaled before A is decomposed, and
directions that the data do not determine (the additive constant of φ among them) are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np
from scipy import linalg

from interpot.errors import InterpotError
from interpot.records import FloatArray
from interpot.statistic.basis import KnotSplines
from interpot.statistic.normal_equations import Statistic

RELATIVE_CUTOFF = 1e-12
"""Eigenvalues of the scaled A below this fraction of the largest are rounding errors of the sums."""

RESOLUTION = 2e-8
"""Relative force errors below this cannot be told from C - yᵀy in double precision."""


@dataclass(frozen=True, slots=True, eq=False)
class Decomposition:
    """Normal equations A k = B on the R directions that the data determine.

    Attributes
    ----------
    W : (R, K)
        A = WᵀW.
    y : (R,)
        WᵀY = B.
    inverse : (K, R)
        W⁺; the best coefficients are W⁺y and A⁺ = W⁺W⁺ᵀ.
    rounding
        How far yᵀy can be from its true value because the sums were rounded.
    lengths : (K,)
        √A_kk, by which the columns were scaled; 1 where nothing was sampled.
    """

    W: FloatArray
    y: FloatArray
    inverse: FloatArray
    rounding: float
    lengths: FloatArray


def decompose(gram: FloatArray, moment: FloatArray, square: float) -> Decomposition:
    """Eigen-decompose A with scaled columns."""
    scale = np.sqrt(np.diag(gram))
    scale[scale == 0] = 1.0
    values, vectors = np.linalg.eigh(gram / scale / scale[:, None])
    kept = values > RELATIVE_CUTOFF * values[-1]
    root, directions = np.sqrt(values[kept]), vectors[:, kept]
    y = directions.T @ (moment / scale) / root
    # the sums B are rounded by ε of their terms' size √(A C), which is an error ε√C/√λ of y along eigenvalue λ
    error = np.finfo(np.float64).eps * np.sqrt(len(moment) * square) / root
    rounding = float(2 * np.abs(y) @ error)
    W = root[:, None] * directions.T * scale
    return Decomposition(W, y, directions / root / scale[:, None], rounding, scale)


_DECOMPOSED: WeakKeyDictionary[Statistic, Decomposition] = WeakKeyDictionary()


def decomposed(statistic: Statistic) -> Decomposition:
    """Decompose the sums over all blocks; kept as long as the statistic, for many steps begin with it."""
    if statistic not in _DECOMPOSED:
        _DECOMPOSED[statistic] = decompose(statistic.gram, statistic.moment, statistic.square)
    return _DECOMPOSED[statistic]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Objective:
    """The loss of any set of formulas, one per channel.

    Attributes
    ----------
    nodes
        Per channel, (m_c,) distances in Å at which a formula is evaluated.
    maps
        Per channel, W P_c (R, m_c): values on the nodes → weighted force residuals.
    y : (R,)
        What the formulas' mapped values should add up to.
    inverse : (K, R)
        W⁺: residuals → spline coefficients of all channels, those that are eliminated among them.
    floor
        Loss of the best functions there are, eV²/Å²; 0 where it cannot be told from rounding.
    square
        C, the loss of no forces at all.
    baseline : (R,) or None
        What parts of the functions that are known already contribute; y is what is left of it.
    projections
        Per channel, P_c (K_c, m_c): values on the nodes → spline coefficients. Empty for one that is not of splines,
        and so are
    W : (R, K)
        and
    lengths : (K,)
        of the `Decomposition`.
    """

    nodes: tuple[FloatArray, ...]
    maps: tuple[FloatArray, ...]
    y: FloatArray
    inverse: FloatArray
    floor: float
    square: float
    baseline: FloatArray | None = None
    projections: tuple[FloatArray, ...] = ()
    W: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    lengths: FloatArray = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of(cls, statistic: Statistic) -> Objective:
        """Compress a statistic over splines; raises `InterpotError` for one over given functions."""
        if not all(isinstance(basis, KnotSplines) for basis in statistic.bases):
            raise InterpotError(
                "this statistic is over given functions: their coefficients are statistic.solve(), formulas are "
                "discovered from one over splines, as interpot.accumulate makes it without bases"
            )
        solved = decomposed(statistic)
        nodes, maps = [], []
        projections: list[FloatArray] = []
        for c, basis in enumerate(statistic.bases):
            assert isinstance(basis, KnotSplines)
            r = basis.nodes()
            nodes.append(r)
            projections.append(_projection(basis.matrix(r)))
            maps.append(solved.W[:, statistic.columns(c)] @ projections[-1])
        floor = statistic.square - float(solved.y @ solved.y)
        if floor < max(RESOLUTION**2 * statistic.square, solved.rounding):
            floor = 0.0
        return cls(
            tuple(nodes),
            tuple(maps),
            solved.y,
            solved.inverse,
            floor,
            statistic.square,
            projections=tuple(projections),
            W=solved.W,
            lengths=solved.lengths,
        )

    def without_others(self, channel: int) -> Objective:
        """Return the objective of one channel with all others eliminated exactly.

        The others take, for every formula of this one, the best functions that they can: the residual is
        projected on what they cannot reach (the Schur complement of A). Only the directions that this channel can
        reach are kept, which are fewer. It is kept as long as the whole: several steps ask for it.
        """
        known = _WITHOUT_OTHERS.setdefault(self, {})
        if channel not in known:
            known[channel] = self._without_others(channel)
        return known[channel]

    def _without_others(self, channel: int) -> Objective:
        M, y, inverse = self.maps[channel], self.y, self.inverse
        if len(self.maps) > 1:
            U = self._beyond_others(channel)
            M, y, inverse = U.T @ M, U.T @ y, inverse @ U
        return Objective((self.nodes[channel],), (M,), y, inverse, self.floor, self.square)

    def _beyond_others(self, channel: int) -> FloatArray:
        """Orthonormal directions, (R, k), that no function of the other channels reaches; k is small beside R."""
        parts, own = list(self.maps), [P.shape[1] for P in self.maps]
        lengths = np.concatenate([np.linalg.norm(P, axis=0) for P in parts])
        if self.W.size:  # its columns span what the maps do, and are half as many
            own = [len(P) for P in self.projections]
            parts, lengths = np.split(self.W, np.cumsum(own)[:-1], axis=1), self.lengths
        kept = (np.repeat(np.arange(len(own)), own) != channel) & (lengths > 0)
        # each column is measured by itself: those of a field may be thousands of times those of a pair, and the
        # spline of the closest pairs of all is short but the function there is large
        others = np.hstack(parts)[:, kept] / lengths[kept]
        Q, triangle, _ = linalg.qr(others, pivoting=True)
        sizes = np.abs(np.diag(triangle))
        return np.asarray(Q[:, int(np.sum(sizes > np.sqrt(RELATIVE_CUTOFF) * sizes[0])) :])

    @property
    def target(self) -> FloatArray:
        """What the whole functions should add up to, known parts included, (R,)."""
        return self.y if self.baseline is None else self.y + self.baseline

    def residual(self, values: Sequence[FloatArray]) -> FloatArray:
        """W P φ(nodes) - y for values on each channel's nodes, (R,)."""
        return np.asarray(sum(M @ v for M, v in zip(self.maps, values, strict=True)) - self.y)

    def relative_error(self, values: Sequence[FloatArray]) -> float:
        """‖F_model - F‖/‖F‖ of formulas given by their values on the nodes."""
        residual = self.residual(values)
        return float(np.sqrt((residual @ residual + self.floor) / self.square))

    @property
    def ceiling(self) -> float:
        """Relative force error of the best functions of these channels."""
        return float(np.sqrt(self.floor / self.square))


def _projection(splines: FloatArray) -> FloatArray:
    """Least squares on the splines' values at the nodes, (K, m); where these are too few, of least norm."""
    if splines.shape[0] < splines.shape[1]:
        return np.asarray(np.linalg.pinv(splines), dtype=np.float64)
    Q, triangle = np.linalg.qr(splines)
    return np.asarray(linalg.solve_triangular(triangle, Q.T))


_WITHOUT_OTHERS: WeakKeyDictionary[Objective, dict[int, Objective]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, eq=False)
class SplineFit:
    """The best spline functions: the ceiling, as curves.

    Attributes
    ----------
    r, energy, slope, error
        Per channel, at the middle of each sampled knot interval, outwards: distance (Å), φ with φ(cutoff) = 0
        (eV), φ' and its standard error (eV/Å).
    """

    r: tuple[FloatArray, ...]
    energy: tuple[FloatArray, ...]
    slope: tuple[FloatArray, ...]
    error: tuple[FloatArray, ...]


def residual_variance(statistic: Statistic, solved: Decomposition) -> float:
    """Variance per force component that the basis leaves, no smaller than rounding can tell, eV²/Å²."""
    resolution = max(RESOLUTION**2 * statistic.square, solved.rounding)
    residual = max(statistic.square - float(solved.y @ solved.y), resolution)
    return float(residual / max(statistic.rows - len(solved.y), 1))


def unexplained(statistic: Statistic) -> float:
    """Variance per force component that no functions of the channels explain, eV²/Å²."""
    return residual_variance(statistic, decomposed(statistic))


def spline_fit(statistic: Statistic) -> SplineFit:
    """Solve the normal equations as they are and evaluate the functions where they were sampled."""
    solved = decomposed(statistic)
    k = solved.inverse @ solved.y
    variance = residual_variance(statistic, solved)
    curves: list[tuple[FloatArray, ...]] = []
    for c, basis in enumerate(statistic.bases):
        assert isinstance(basis, KnotSplines)
        sampled = np.flatnonzero(statistic.coverage[c].counts)[::-1]
        r = basis.place(sampled + 0.5)
        columns = statistic.columns(c)
        slopes = basis.matrix(r, derivative=True)
        error = np.sqrt(variance) * np.linalg.norm(slopes @ solved.inverse[columns], axis=1)
        values = basis.matrix(r) @ k[columns] - basis.matrix(np.array([basis.cutoff])) @ k[columns]
        curves.append((r, values, slopes @ k[columns], error))
    return SplineFit(*(tuple(parts) for parts in zip(*curves, strict=True)))
