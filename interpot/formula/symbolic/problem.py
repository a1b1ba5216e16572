"""What a symbolic search is given: one unknown function, and the exact force-matching loss of any candidate for it.

The loss of a function with values v on the nodes is, in units of the loss of no function at all,

    L(v) = ‖W v - y‖² + beyond,

which is that of the compressed objective (`interpot.statistic.objective`): never a fit to a curve that was fitted
before. Candidates are smooth between the knots of the splines, so that their values on about a hundred Chebyshev nodes
tell those on all the splines' nodes, and W has as few columns. An additive constant changes no force: values are
taken relative to the last node of their group before anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import sympy
from numpy.typing import NDArray

from interpot.errors import InterpotError
from interpot.formula.codegen import R, numpy_function
from interpot.formula.regress.restriction import Restriction
from interpot.records import FloatArray
from interpot.statistic.objective import Objective

NODES = 128
"""Chebyshev nodes: r^-12 over a factor 4 in r to 1e-13, a Gaussian a fiftieth of the range wide to 1e-6."""

WIDE = 16.0
"""Where the largest distance is so many times the smallest, half as many nodes more keep a step at its place."""

LARGEST = 1e8
"""Of |v| in units of the problem's energy: beyond, differences are rounding, and huge constants would beat the
null loss by it."""

_KNOWN = (
    1e-5  # of the largest singular value of W: what is determined less would make a curve ragged at its ends
)


@dataclass(frozen=True, slots=True, eq=False)
class SearchProblem:
    """One unknown function of one or several variables.

    Attributes
    ----------
    label
        Of the channel, for people: "Ar-Ar".
    symbols
        The variables: (R,), or R and what else the function depends on.
    nodes : (m, v)
        Values of the variables (distances in Å) at which a candidate is evaluated.
    groups : (m,) int64
        Nodes of one number share an additive constant that no force sees; numbered from 0, in order.
    W : (k, m), y : (k,)
        The loss, scaled such that that of no function is 1; k ≤ m.
    beyond
        The part of the loss that no values on these nodes reach.
    energy
        Typical size of the function, eV: the rms of the best curve about its mean.
    enough
        Loss at which a candidate is as good as the true function would be by chance.
    domain
        Smallest and largest sampled coordinate, Å.
    kind
        Of the channel, a row of `interpot.statistic.channels.CHANNELS`.
    rule
        Constraints that a candidate has to meet.
    seeds
        Formulas to start from, the library's best, with numbers for constants; eV and Å.
    """

    label: str
    symbols: tuple[sympy.Symbol, ...]
    nodes: FloatArray
    groups: NDArray[np.int64]
    W: FloatArray
    y: FloatArray
    beyond: float
    energy: float
    enough: float
    domain: tuple[float, float]
    kind: str = "pair"
    rule: Restriction = field(default_factory=Restriction)
    seeds: tuple[sympy.Expr, ...] = ()

    @classmethod
    def of(
        cls,
        objective: Objective,
        domain: tuple[float, float],
        label: str,
        *,
        chance: float = 0.0,
        kind: str = "pair",
        rule: Restriction | None = None,
        seeds: Sequence[sympy.Expr] = (),
        nodes: int | None = None,
    ) -> SearchProblem:
        """Of one channel, the others eliminated (`Objective.without_others`).

        Parameters
        ----------
        chance
            Misfit that the true function would leave, eV²/Å² (`ChannelSearch.chance`).
        nodes
            How many Chebyshev nodes stand for the splines' own; `NODES` unless given, more in a wide range.
        """
        (fine,), (M,) = objective.nodes, objective.maps
        if nodes is None:
            nodes = NODES if fine.max() < WIDE * fine.min() or fine.min() <= 0 else 3 * NODES // 2
        places, E = interpolation(fine, min(nodes, len(fine)))
        return cls._compressed(
            (R,), places[:, None], np.zeros(len(places), dtype=np.int64), M @ E, objective.y,
            label=label, domain=domain, chance=chance, kind=kind, rule=rule, seeds=seeds,
        )  # fmt: skip

    @classmethod
    def joined(
        cls,
        objective: Objective,
        variables: tuple[sympy.Symbol, ...],
        values: FloatArray,
        domain: tuple[float, float],
        label: str,
        *,
        chance: float = 0.0,
        seeds: Sequence[sympy.Expr] = (),
        nodes: int = NODES // 2,
    ) -> SearchProblem:
        """Of one function of r and other variables, that of all channels of an objective.

        Parameters
        ----------
        variables, values : (channels, variables)
            Symbols and their values in each channel; each channel has an additive constant of its own.
        nodes
            How many Chebyshev nodes stand for those of the splines in each channel.
        """
        rows, columns, groups = [], [], list[int]()
        for c, (fine, M) in enumerate(zip(objective.nodes, objective.maps, strict=True)):
            places, E = interpolation(fine, min(nodes, len(fine)))
            rows.append(np.column_stack([places, np.tile(values[c], (len(places), 1))]))
            columns.append(M @ E)
            groups += [c] * len(places)
        return cls._compressed(
            (R, *variables), np.vstack(rows), np.array(groups, dtype=np.int64), np.hstack(columns), objective.y,
            label=label, domain=domain, chance=chance, kind="pair", rule=None, seeds=seeds,
        )  # fmt: skip

    @classmethod
    def _compressed(
        cls,
        symbols: tuple[sympy.Symbol, ...],
        nodes: FloatArray,
        groups: NDArray[np.int64],
        W: FloatArray,
        y: FloatArray,
        *,
        label: str,
        domain: tuple[float, float],
        chance: float,
        kind: str,
        rule: Restriction | None,
        seeds: Sequence[sympy.Expr],
    ) -> SearchProblem:
        """Scale the loss and give W as many rows as columns, by [W y] = Q [T t]."""
        null = float(y @ y)
        if not null > 0:
            raise InterpotError(f"{label}: no force is left to be explained by a formula")
        last = _last_of_group(groups)
        W = W - _gauge(W, groups, last)
        Q, T = np.linalg.qr(W)
        t = Q.T @ y
        beyond = max(null - float(t @ t), 0.0) / null
        energy = float(_smooth(T, t).std()) or 1.0
        scale = np.sqrt(null)
        return cls(
            label, symbols, nodes, groups, T / scale, t / scale, beyond, energy,
            chance / null, domain, kind, rule or Restriction(), tuple(seeds),
        )  # fmt: skip

    def values(self, expression: sympy.Expr) -> FloatArray:
        """Evaluate a formula with numbers for constants on the nodes, (m,); what is undefined is not finite."""
        function = numpy_function.__wrapped__(expression, self.symbols)  # of so many none is kept
        return np.asarray(function(*self.nodes.T))

    def loss(self, values: FloatArray) -> float:
        """L(v); infinite where a value is not finite or so large that the rest is rounding."""
        if not np.all(np.isfinite(values)):
            return np.inf
        seen = values - values[_last_of_group(self.groups)][self.groups]
        if np.abs(seen).max() > LARGEST * self.energy:
            return np.inf
        residual = self.W @ seen - self.y
        return float(residual @ residual) + self.beyond

    @property
    def curve(self) -> FloatArray:
        """Best values on the nodes, each group zero at its last, (m,) eV: for starts and pictures, not for losses."""
        best = _smooth(self.W, self.y)
        return np.asarray(best - best[_last_of_group(self.groups)][self.groups])


def _smooth(W: FloatArray, y: FloatArray) -> FloatArray:
    """Best values, damped where the data hardly determine them."""
    U, sizes, Vt = np.linalg.svd(W, full_matrices=False)
    return np.asarray(Vt.T @ (U.T @ y * sizes / (sizes**2 + (_KNOWN * sizes[0]) ** 2)))


def interpolation(fine: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Chebyshev nodes and what takes values on them to the fine nodes.

    The nodes are those of the second kind in log r, or in the coordinate itself where it may be negative; barycentric
    interpolation, J.-P. Berrut, L. N. Trefethen, SIAM Rev. 46, 501 (2004), eq. 5.1 with weights 5.4.

    Returns
    -------
    nodes : (count,)
        Rising.
    E : (fine nodes, count)
        E v are the values on the fine nodes of the polynomial through v.
    """
    to, back = (np.log, np.exp) if fine.min() > 0 else (np.positive, np.positive)
    u = to(fine)
    low, high = u.min(), u.max()
    x = (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * np.arange(count) / (count - 1))
    weights = (-1.0) ** np.arange(count)
    weights[[0, -1]] /= 2
    apart = u[:, None] - x
    meets = np.abs(apart) < 1e-13 * (high - low)
    shares = weights / np.where(meets, 1.0, apart)
    E = shares / shares.sum(axis=1)[:, None]
    E[meets.any(axis=1)] = 0.0
    E[meets] = 1.0
    return np.asarray(back(x)), np.asarray(E)


def _last_of_group(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Index of the last node of each group."""
    return np.flatnonzero(np.diff(groups, append=groups[-1] + 1))


def _gauge(W: FloatArray, groups: NDArray[np.int64], last: NDArray[np.int64]) -> FloatArray:
    """What is to be taken from W so that it maps a constant in any group to nothing, whatever rounding left."""
    out = np.zeros_like(W)
    for g, end in enumerate(last):
        out[:, end] = W[:, groups == g].sum(axis=1)
    return out
