"""The problem as the kernels take it, and the work on it in threads whose number changes no result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TypeVar

import numpy as np

from interpot.formula.symbolic.grammar import kernels, scans
from interpot.formula.symbolic.grammar.factors import FACTORS, POWERS, Factor
from interpot.formula.symbolic.grammar.structure import Structure
from interpot.formula.symbolic.problem import SearchProblem, interpolation
from interpot.records import FloatArray, IntArray
from interpot.threads import threads

_UNSEEN = 1e-15  # of the largest singular value of W: rounding
_SPAN = 1e-11  # of that of the grammar's columns: what scans leave to polishing

_ROUGH = 0.375
"""Nodes for ranking, of all: what a formula of the grammar needs to a few 1e-4, most to 1e-12."""

_NARROW = 1e-13  # the square of the same, for one pool: scans only rank
_SAMPLES = 40  # points of a grid whose columns tell the span of all

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A structure with its best constants, and the loss that it has with them."""

    structure: Structure
    coefficients: tuple[float, ...]
    loss: float


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """A problem made small.

    Attributes
    ----------
    problem
        As it was given.
    r : (m,)
        Nodes, Å.
    seen : (s, m), target : (s,)
        The loss |seen v - target|² + unseen of values v on the nodes, in a basis of the span of the grammar's columns.
    unseen
        What is left of the loss by what is not in it.
    """

    problem: SearchProblem
    r: FloatArray
    seen: FloatArray
    target: FloatArray
    unseen: float

    @classmethod
    def of(cls, problem: SearchProblem) -> Bench:
        """Compress, with columns from all corners of the grammar."""
        r = np.ascontiguousarray(problem.nodes[:, 0])
        W, y, beyond = _compressed(problem.W, problem.y, problem.beyond)
        basis = _span(W, r, problem.domain)
        target = basis.T @ y
        unseen = beyond + max(float(y @ y - target @ target), 0.0)
        return cls(problem, r, np.ascontiguousarray(basis.T @ W), target, unseen)

    def rough(self) -> Bench:
        """The same on fewer nodes: losses for ranking, several times as fast."""
        nodes, E = interpolation(self.r, round(_ROUGH * len(self.r)))
        return Bench(self.problem, nodes, *_compressed(self.seen @ E, self.target, self.unseen))

    def columns(self, factors: Sequence[Factor], shapes: FloatArray, powers: FloatArray) -> FloatArray:
        """Normalised columns of monomials in the basis of the scans, (monomials, s)."""
        outer, inner, q = codes(factors)
        return np.asarray(scans.columns(self.seen, self.r, outer, inner, q, shapes, powers))

    def narrowed(
        self, factors: Sequence[Factor], powers: FloatArray, grid: FloatArray
    ) -> tuple[FloatArray, FloatArray, float]:
        """The loss in a basis of the span of a few monomials on a grid: its W and y, and what it cannot see."""
        thinned = grid[:: max(1, len(grid) // _SAMPLES)]
        A = np.concatenate([self.columns(factors, shapes, powers) for shapes in thinned])
        squares, basis = np.linalg.eigh(A.T @ A)
        basis = basis[:, squares > _NARROW * squares[-1]]
        y = basis.T @ self.target
        return np.ascontiguousarray(basis.T @ self.seen), y, float(self.target @ self.target - y @ y)

    def polish(self, structure: Structure, steps: int) -> Found:
        """Fit all constants, in so many steps at most."""
        factors = structure.factors
        outer, inner, q, free, low, high = _given(factors, self.problem.domain)
        theta = np.array(structure.shapes, dtype=np.float64).reshape(-1, kernels.SHAPES)
        powers, c = np.array(structure.monomials, dtype=np.float64), np.zeros(len(structure.monomials))
        loss = kernels.polish(
            self.seen, self.target, self.r, outer, inner, q, free, low, high, powers, theta, c, steps
        )  # fmt: skip
        moved = Structure(factors, tuple((a, b) for a, b in theta.tolist()), structure.monomials)
        return Found(moved, tuple(c.tolist()), float(loss) + self.unseen)


def _compressed(W: FloatArray, y: FloatArray, beyond: float) -> tuple[FloatArray, FloatArray, float]:
    """The loss |W v - y|² + beyond without the directions that no force sees."""
    U, sizes, Vt = np.linalg.svd(W, full_matrices=False)
    rank = int(np.sum(sizes > _UNSEEN * sizes[0]))
    seen = U[:, :rank].T @ y
    left = max(float(y @ y - seen @ seen), 0.0)
    return np.ascontiguousarray(sizes[:rank, None] * Vt[:rank]), seen, beyond + left


def codes(factors: Sequence[Factor]) -> tuple[IntArray, IntArray, FloatArray]:
    """Factors as the kernels know them."""
    outer = np.array([f.codes[0] for f in factors], dtype=np.int64)
    inner = np.array([f.codes[1] for f in factors], dtype=np.int64)
    return outer, inner, np.array([f.q for f in factors], dtype=np.float64)


@lru_cache(maxsize=8192)
def _given(
    factors: tuple[Factor, ...], domain: tuple[float, float]
) -> tuple[IntArray, IntArray, FloatArray, IntArray, FloatArray, FloatArray]:
    """Factors as the kernels know them, their free shapes (n, 2), and the shapes' bounds."""
    free = np.array([(k, s) for k, f in enumerate(factors) for s in range(f.shapes)], dtype=np.int64)
    limits = np.array([f.bounds(domain) for f in factors]).reshape(-1, 2, kernels.SHAPES)
    low, high = (np.ascontiguousarray(limits[:, side]) for side in (0, 1))
    return *codes(factors), free.reshape(-1, 2), low, high


def _span(W: FloatArray, r: FloatArray, domain: tuple[float, float]) -> FloatArray:
    """Orthonormal basis of what the grammar's columns span, (d, s)."""
    outer, inner, q = codes(())
    stacked = [scans.columns(W, r, outer, inner, q, np.zeros((0, 2)), np.array(POWERS)[:, None])]
    for factor in FACTORS:
        outer, inner, q = codes((factor,))
        powers = np.array([factor.powers[0], factor.powers[len(factor.powers) // 2]])
        grid = factor.grid(domain)
        for shapes in grid[:: max(1, len(grid) // 60)]:
            stacked.append(scans.columns(W, r, outer, inner, q, shapes[None], powers))
    U, sizes, _ = np.linalg.svd(np.concatenate(stacked).T, full_matrices=False)
    return np.asarray(U[:, sizes > _SPAN * sizes[0]])


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], pool: ThreadPoolExecutor, ahead: int = 4
) -> Iterator[Result]:
    """Work on items in threads and give the results in the items' order; few items wait at a time."""
    rest = iter(items)
    waiting: list[Future[Result]] = [pool.submit(work, item) for item in islice(rest, ahead * threads())]
    try:
        while waiting:
            done = waiting.pop(0).result()
            waiting += [pool.submit(work, item) for item in islice(rest, 1)]
            yield done
    finally:
        for future in waiting:
            future.cancel()
