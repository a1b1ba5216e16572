"""What the blocks of a statistic say of a fit and of the directions in which its constants can move it.

Moving one constant of one channel moves the splines of that channel only. With T the splines' coefficients along all
such moves and x those of the fit less the ceiling, everything that is asked of a block with the matrix A_n follows
from TᵀA_nT, TᵀA_nx and xᵀA_nx. They are made channel by channel: of many channels each block is read once, and a
matrix product takes a small part of what A_n T would.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interpot.formula.regress.varpro import Fit
from interpot.records import FloatArray, IntArray
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective

ROUNDED = 1e-10  # relative size below which a direction of the constants is rounding

SMALLEST = 1e-290  # of lengths, whose inverse is a number

UNTOLD = 1e-9
"""Of the largest possible one, the length below which the force that a constant makes is rounding."""

KEPT_BYTES = 2**32
"""Of unpacked blocks in memory, or a quarter of the machine's if that is less."""


@dataclass(frozen=True, slots=True, eq=False)
class Products:
    """Products of one fit; p constants, q directions of all channels, n blocks.

    Attributes
    ----------
    moves : (R, q)
        ∂ρ along the directions, of length 1 and within a channel orthogonal.
    constants : (q, p)
        The directions' share of each constant: ∂ρ/∂θ = moves @ constants.
    G : (n, q, q)
        TᵀA_nT.
    h : (n, q)
        TᵀA_nx.
    e : (n,)
        xᵀA_nx.
    g : (n, q)
        Tᵀ(A_n k₀ - B_n), k₀ the ceiling.
    """

    moves: FloatArray
    constants: FloatArray
    G: FloatArray
    h: FloatArray
    e: FloatArray
    g: FloatArray


class BlockProducts:
    """Makes the products of one fit after the other.

    Parameters
    ----------
    statistic, objective
        The same data, as sums per block and compressed.

    Attributes
    ----------
    slopes : (n, K)
        A_n k₀ - B_n of each block.
    """

    def __init__(self, statistic: Statistic, objective: Objective) -> None:
        self._blocks, self._objective = statistic.blocks, objective
        self._columns = [statistic.columns(c) for c in range(len(statistic.channels))]
        count, size = len(self._blocks.square), self._blocks.size
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        # unpacking a block takes longer than all that is done with it, and every candidate needs them all
        few = count * size**2 * 8 < min(KEPT_BYTES, memory // 4)
        self._grams = [self._blocks.gram(n) for n in range(count)] if few else None
        k = objective.inverse @ objective.target
        self.slopes, self._ceilings, self._rounding = (
            np.empty((count, size)),
            np.empty(count),
            np.empty(count),
        )
        for n in range(count):
            A, B = self._gram(n), self._blocks.moment[n]
            self.slopes[n] = A @ k - B
            self._ceilings[n] = float(k @ (A @ k) - 2 * k @ B + self._blocks.square[n])
            self._rounding[n] = np.finfo(float).eps * size * float(np.abs(k) @ (np.abs(A) @ np.abs(k)))
        self._tells = [_tells_constants(M) for M in objective.maps]
        self._known: list[tuple[Fit, Products]] = []

    def ceiling(self, part: IntArray) -> float:
        """L(k₀) on some blocks together; where it cannot be told from rounding, their share of what is left of all."""
        ceiling = float(self._ceilings[part].sum())
        if ceiling > self._rounding[part].sum():
            return ceiling
        square = self._blocks.square
        return float(self._objective.floor * square[part].sum() / square.sum())

    def _gram(self, n: int) -> FloatArray:
        return self._blocks.gram(n) if self._grams is None else self._grams[n]

    def of(self, fit: Fit) -> Products:
        """Products of a fit; those of the last one are kept."""
        known = next((products for known, products in self._known if known is fit), None)
        if known is not None:
            return known
        self.prepare([fit])
        return self._known[0][1]

    def prepare(self, fits: Sequence[Fit]) -> None:
        """Make the products of several fits, for which each block is read once; they are kept until the next time."""
        moved = [self._moves(fit) for fit in fits]
        sums = self._summed([m.columns for m in moved])
        self._known = [
            (fit, Products(m.moves, m.constants, *made, m.g))
            for fit, m, made in zip(fits, moved, sums, strict=True)
        ]

    def _moves(self, fit: Fit) -> _Moves:
        objective = self._objective
        x = objective.inverse @ objective.residual(fit.values(objective.nodes))
        moves, shares, tangents = [], [], []
        parts = zip(
            objective.maps,
            objective.projections,
            fit.forms,
            objective.nodes,
            fit.coefficients,
            self._tells,
            strict=True,
        )
        for M, P, form, r, a, tells in parts:
            jacobian = form.jacobian(r, a)
            if not tells:
                # the slope of a erfc(γr)/r along γ goes to -2a/√π everywhere for γ to 0, where a grows as 1/γ³:
                # products with that would be its rounding
                jacobian = jacobian - jacobian.mean(axis=0)
            mapped = M @ jacobian
            Q, to = orthonormal(mapped)
            moves.append(Q)
            shares.append(Q.T @ mapped)
            tangents.append(P @ jacobian @ to)
        columns = [np.column_stack([t, x[own]]) for t, own in zip(tangents, self._columns, strict=True)]
        g = np.hstack([self.slopes[:, own] @ t for t, own in zip(tangents, self._columns, strict=True)])
        return _Moves(np.hstack(moves), _block_diagonal(shares), g, columns)

    def _summed(self, T: Sequence[list[FloatArray]]) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
        """G, h and e of each fit, from its columns [T_c, x_c] of each channel."""
        widths = [np.cumsum([0, *(t.shape[1] for t in of)]) for of in T]
        products = [np.zeros((len(self._blocks.square), w[-1], w[-1])) for w in widths]
        channels = range(len(self._columns))
        all_fits = [np.hstack([of[c] for of in T]).T for c in channels]
        rows = [np.cumsum([0, *(of[c].shape[1] for of in T)]) for c in channels]
        for n in range(len(self._blocks.square)):
            A = self._gram(n)
            for c, own in enumerate(self._columns):
                half = (
                    all_fits[c] @ A[own, own.start :]
                )  # A is symmetric: the rest is that of channels before
                for k, (of, w) in enumerate(zip(T, widths, strict=True)):
                    mine = half[rows[c][k] : rows[c][k + 1]]
                    for d in channels[c:]:
                        there = slice(self._columns[d].start - own.start, self._columns[d].stop - own.start)
                        part = mine[:, there] @ of[d]
                        products[k][n, w[c] : w[c + 1], w[d] : w[d + 1]] = part
                        products[k][n, w[d] : w[d + 1], w[c] : w[c + 1]] = part.T
        return [_parted(full, w) for full, w in zip(products, widths, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class _Moves:
    """What of `Products` no block is read for, and the splines' columns [T_c, x_c] of each channel."""

    moves: FloatArray
    constants: FloatArray
    g: FloatArray
    columns: list[FloatArray]


def _parted(products: FloatArray, widths: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """G, h and e: products of the moves, with x and of x."""
    last = widths[1:] - 1  # the columns x_c
    free = np.setdiff1d(np.arange(widths[-1]), last)
    h = products[:, free][:, :, last].sum(axis=2)
    e = products[:, last][:, :, last].sum(axis=(1, 2))
    return np.ascontiguousarray(products[:, free][:, :, free]), h, e


def orthonormal(J: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Basis Q of what the columns reach, none where constraints leave no freedom, and T with J T = Q."""
    lengths = np.linalg.norm(J, axis=0)
    scale = np.where(lengths > SMALLEST, lengths, 1.0)
    U, sizes, Vt = np.linalg.svd(J / scale, full_matrices=False)
    kept = sizes > max(ROUNDED * sizes.max(initial=0.0), SMALLEST)
    return U[:, kept], (Vt[kept] / sizes[kept, None] / scale).T


def _tells_constants(M: FloatArray) -> bool:
    """Whether a constant function makes a force: that of pairs does not."""
    return bool(np.linalg.norm(M.sum(axis=1)) > UNTOLD * np.linalg.norm(M) * np.sqrt(M.shape[1]))


def _block_diagonal(parts: list[FloatArray]) -> FloatArray:
    out = np.zeros((sum(len(p) for p in parts), sum(p.shape[1] for p in parts)))
    row = column = 0
    for part in parts:
        out[row : row + len(part), column : column + part.shape[1]] = part
        row, column = row + len(part), column + part.shape[1]
    return out
