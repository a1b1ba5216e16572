"""Symbolic search by genetic programming with Operon, on the exact force-matching loss.

Operon breeds the trees (`operon_trees`); the constants of every tree are fitted on the exact loss, in double precision
(`operon_kernel`), and written back. Several islands, of trees of different length and numbers of terms, keep their own
population, sorted by loss and complexity together (K. Deb et al., IEEE Trans. Evol. Comput. 6, 182 (2002)): an island
that has found nothing better for some generations begins anew. All islands share one archive of the best of each
complexity.

With the same seed and a budget of evaluations the result is the same, however many cores there are: trees are bred by
one thread, and what the others fit hangs on no order.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from interpot.formula.symbolic import operon_kernel as kernel
from interpot.formula.symbolic.complexity import complexity
from interpot.formula.symbolic.operon_trees import (
    NODES,
    Breeder,
    Programs,
    expression,
    program_of,
    sensible,
    tidied,
)
from interpot.formula.symbolic.problem import LARGEST, SearchProblem, interpolation
from interpot.formula.symbolic.search import Backend, Budget, Candidate, Watch
from interpot.records import FloatArray
from interpot.threads import one_blas_thread, threads

EVALUATIONS = 250_000
"""Without a budget: 30-50 s on two cores."""

_POPULATION = 400
_STEPS = 6  # of the fit of each tree
_POLISH = 60  # of the fit of those that are told
_STALE = 40  # generations without a better tree, after which an island begins anew
_ISLANDS = ((12, 3), (12, 2), (16, 3), (20, 4))  # longest tree, most terms
_COARSE = 64  # nodes for the search: r^-12 over a factor 4 in r to 1e-13, a Gaussian a tenth of the range wide to 1e-6
_CHUNK = 25  # trees that a thread fits at a time
_TOLD_EVERY = 1.0  # s
_KEPT = 3  # programs of each complexity
_ALIKE = 1e-3  # relative difference of losses of programs that are taken for one
_CLOSE = 3.0  # to the front: what is told beside it has a loss so many times as large at most
_EXACT = 1e-15  # loss by rounding alone
_SETTLED = 40  # generations without a better tree, after which an exact formula ends the search


@dataclass(frozen=True, slots=True, eq=False)
class _Loss:
    """What the kernel needs of a problem: distances in units of the shortest, W as rows of its triangle."""

    x: FloatArray
    WT: FloatArray
    y: FloatArray
    last: NDArray[np.int64]
    beyond: float
    largest: float

    @classmethod
    def of(cls, problem: SearchProblem, units: FloatArray, coarse: bool) -> _Loss:
        x, W = problem.nodes, problem.W
        ends = np.flatnonzero(np.diff(problem.groups, append=problem.groups[-1] + 1))
        last = ends[problem.groups]
        if coarse and len(problem.symbols) == 1 and len(ends) == 1 and len(x) > _COARSE:
            places, E = interpolation(x[:, 0], _COARSE)
            x, W, last = places[:, None], W @ E, np.full(_COARSE, _COARSE - 1)
        Q, T = np.linalg.qr(W)
        y = Q.T @ problem.y
        rest = problem.y - Q @ y
        return cls(
            np.ascontiguousarray((x / units).T), np.ascontiguousarray(T.T), y, last.astype(np.int64),
            problem.beyond + float(rest @ rest), LARGEST * problem.energy,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Fits:
    """Programs with fitted constants: Σ_k coefficients_k · (subtree that ends at roots_k)."""

    programs: Programs
    coefficients: FloatArray
    roots: NDArray[np.int64]
    losses: FloatArray
    terms: NDArray[np.int64]
    costs: NDArray[np.int64]

    @classmethod
    def unfitted(cls, programs: Programs) -> _Fits:
        """Return room for what a fit writes."""
        count = len(programs.lengths)
        return cls(
            programs, np.zeros_like(programs.theta), np.zeros_like(programs.codes), np.full(count, np.inf),
            np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64),
        )  # fmt: skip

    def __getitem__(self, chosen: Any) -> _Fits:
        parts = (self.coefficients, self.roots, self.losses, self.terms, self.costs)
        return _Fits(self.programs[chosen], *(np.array(part[chosen]) for part in parts))


class _Fitter:
    """Fits many programs on all cores."""

    def __init__(self, loss: _Loss, threads: ThreadPoolExecutor) -> None:
        self._loss, self._threads = loss, threads

    def __call__(self, programs: Programs, steps: int, most_terms: int) -> _Fits:
        """Fit; the loss of one with more terms is infinite."""
        good = np.array(
            [sensible(c[:n]) for c, n in zip(programs.codes.tolist(), programs.lengths, strict=True)]
        )
        chosen = np.flatnonzero(good)
        fits = _Fits.unfitted(programs)
        pieces = [chosen[i : i + _CHUNK] for i in range(0, len(chosen), _CHUNK)]
        for piece, part in zip(
            pieces, self._threads.map(lambda c: self._some(programs[c], steps), pieces), strict=True
        ):
            programs.theta[piece] = part.programs.theta
            fits.coefficients[piece], fits.roots[piece] = part.coefficients, part.roots
            fits.losses[piece], fits.terms[piece] = part.losses + self._loss.beyond, part.terms
            fits.costs[piece] = part.costs
        fits.losses[fits.terms > most_terms] = np.inf
        return fits

    def _some(self, programs: Programs, steps: int) -> _Fits:
        """Fit some, in one thread."""
        loss, count = self._loss, len(programs.lengths)
        fits = _Fits.unfitted(programs)
        kernel.fit_all(
            programs.codes, programs.slots, programs.theta, programs.lengths, loss.x, loss.WT, loss.y, loss.last,
            loss.largest, np.full(count, steps), fits.coefficients, fits.roots, fits.losses, fits.terms, fits.costs,
        )  # fmt: skip
        return fits


class _Island:
    """A population of its own."""

    def __init__(self, breeder: Breeder, most_terms: int, seeds: Sequence[Any]) -> None:
        self._breeder, self._most_terms, self._seeds = breeder, most_terms, seeds
        self._begin()

    def _begin(self) -> None:
        """Forget all."""
        self._trees: list[Any] = []
        self._losses, self._ranks = np.zeros(0), np.zeros(0)
        self._sizes = np.zeros(0, dtype=np.int64)
        self._best: dict[int, float] = {}
        self._stale = 0

    def generation(self, fit: _Fitter) -> _Fits:
        """Breed, fit and select; returns what was fitted."""
        if self._stale > _STALE:
            self._begin()
        if self._trees:
            young = self._breeder.offspring(self._trees, self._ranks, _POPULATION)
        else:
            young = self._breeder.first(2 * _POPULATION)
            young += [self._breeder.individual(tree) for tree in self._seeds]
        fits = fit(self._breeder.programs(young), _STEPS, self._most_terms)
        defined = np.flatnonzero(np.isfinite(fits.losses))
        for t in defined:
            n = fits.programs.lengths[t]
            self._breeder.write(young[t], fits.programs.codes[t, :n], fits.programs.theta[t, :n])
        self._select([young[t] for t in defined], fits.losses[defined], fits.costs[defined])
        return fits

    def _select(self, young: list[Any], losses: FloatArray, sizes: NDArray[np.int64]) -> None:
        """Keep the best by loss and size, of those of one loss the shortest."""
        trees = self._trees + young
        losses, sizes = np.concatenate([self._losses, losses]), np.concatenate([self._sizes, sizes])
        order = np.lexsort((sizes, losses))
        digits = np.round(np.log(np.maximum(losses[order], 1e-30)) * 1e5)
        order = order[np.diff(digits, prepend=-np.inf) != 0]
        losses, sizes = losses[order], sizes[order]
        ranks = fronts(losses, sizes)
        kept = np.lexsort((losses, ranks))[:_POPULATION]
        self._trees = [trees[order[k]] for k in kept]
        self._losses, self._sizes, self._ranks = losses[kept], sizes[kept], ranks[kept]
        best: dict[int, float] = {}
        for size, loss in zip(self._sizes[self._ranks == 0], self._losses[self._ranks == 0], strict=True):
            best[int(size)] = float(loss)
        better = any(loss < 0.99 * self._best.get(size, np.inf) for size, loss in best.items())
        self._stale = 0 if better else self._stale + 1
        self._best = best


def fronts(losses: FloatArray, sizes: NDArray[np.int64]) -> FloatArray:
    """Return for each the number of the front on which it lies: 0 where none is smaller and better."""
    ranks = np.zeros(len(losses))
    left = np.lexsort((losses, sizes))
    rank = 0
    while len(left):
        least = np.minimum.accumulate(losses[left])
        on = np.concatenate([[True], losses[left][1:] < least[:-1]])
        ranks[left[on]] = rank
        left, rank = left[~on], rank + 1
    return ranks


class _Archive:
    """The best programs of each complexity, and what formulas they are.

    Attributes
    ----------
    since
        How many generations have brought nothing better.
    simplest
        Complexity of the simplest exact formula, above which nothing is kept; infinite where there is none. What is
        beyond the reach of the nodes is noise or splines: where it is large, no formula counts as exact.
    """

    def __init__(self, problem: SearchProblem, units: FloatArray, polish: _Fitter) -> None:
        self._problem, self._units, self._polish = problem, units, polish
        self._best: dict[int, list[_Fits]] = {}
        self._written: dict[int, Candidate | None] = {}  # by the identity of what `_best` holds or held
        self._held: list[_Fits] = []
        self.since = 0
        self.simplest = np.inf

    def take(self, fits: _Fits) -> None:
        """Keep the best few of each complexity; `since` counts the calls without a better one."""
        self.since += 1
        order = np.lexsort((fits.losses, fits.costs))
        for t in order[np.isfinite(fits.losses[order])]:
            loss, cost = fits.losses[t], int(fits.costs[t])
            if cost > self.simplest:
                continue
            kept = self._best.setdefault(cost, [])
            if len(kept) == _KEPT and loss >= kept[-1].losses[0]:
                continue
            if any(abs(loss - one.losses[0]) <= _ALIKE * loss for one in kept):
                continue
            if not kept or loss < 0.99 * kept[0].losses[0]:
                self.since = 0
            kept.append(fits[[t]])
            kept.sort(key=lambda one: float(one.losses[0]))
            del kept[_KEPT:]
            if loss - self._problem.beyond < _EXACT:
                self.simplest = cost
                self._best = {size: some for size, some in self._best.items() if size <= cost}

    def candidates(self) -> list[Candidate]:
        """Polish and write out what is new; returns the front and what comes close to it."""
        for one in (one for kept in self._best.values() for one in kept):
            if id(one) not in self._written:
                self._held.append(one)  # so that no other gets its identity
                self._written[id(one)] = self._candidate(
                    self._polish(one.programs[:], _POLISH, len(one.roots[0]))
                )
        made = [self._written[id(one)] for kept in self._best.values() for one in kept]
        told: dict[str, Candidate] = {}
        least = np.inf
        for candidate in sorted((c for c in made if c is not None), key=lambda c: (c.complexity, c.loss)):
            if candidate.loss < _CLOSE * least:
                told.setdefault(str(candidate.expression), candidate)
                least = min(least, candidate.loss)
        return list(told.values())

    def _candidate(self, fits: _Fits) -> Candidate | None:
        """Write out one program, with factors taken out where that changes no value."""
        n, count = int(fits.programs.lengths[0]), int(fits.terms[0])
        symbols = [symbol / unit for symbol, unit in zip(self._problem.symbols, self._units, strict=True)]
        programs = fits.programs
        parts = expression(
            programs.codes[0, :n].tolist(),
            programs.slots[0, :n].tolist(),
            programs.theta[0, :n].tolist(),
            symbols,
        )
        pairs = zip(fits.coefficients[0, :count].tolist(), fits.roots[0, :count].tolist(), strict=True)
        plain = sympy.Add(*(sympy.Float(a) * parts[root] for a, root in pairs))
        made = [self._told(formula) for formula in (plain, tidied(plain))]
        best = min(candidate.loss for candidate in made)
        good = [c for c in made if np.isfinite(c.loss) and c.loss <= 1.01 * best + _EXACT / 1e3]
        return min(good, key=lambda c: c.complexity, default=None)

    def _told(self, formula: sympy.Expr) -> Candidate:
        """Return a formula with its loss; infinite where it is no function of the variables."""
        if not formula.free_symbols or formula.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I):
            return Candidate(formula, np.inf, 0)
        return Candidate(formula, self._problem.loss(self._problem.values(formula)), complexity(formula))


@one_blas_thread()
def _search(
    problem: SearchProblem, operators: Sequence[str], budget: Budget, seed: int, watch: Watch
) -> list[Candidate]:
    """Search as `interpot.formula.symbolic.search.Search` says."""
    BACKEND.check(operators)
    clock, spent, told = budget.started(EVALUATIONS), 0, time.monotonic()
    units = np.array([_unit(column) for column in problem.nodes.T])
    with ThreadPoolExecutor(threads()) as workers, np.errstate(all="ignore"):
        fit = _Fitter(_Loss.of(problem, units, coarse=True), workers)
        archive = _Archive(problem, units, _Fitter(_Loss.of(problem, units, coarse=False), workers))
        islands = _islands(problem, operators, units, seed)
        while not clock.spent(spent):
            for island in islands:
                fits = island.generation(fit)
                spent += len(fits.losses)
                archive.take(fits)
            if time.monotonic() - told > _TOLD_EVERY:
                watch(min(clock.share(spent), 1.0), archive.candidates())
                told = time.monotonic()
            if np.isfinite(archive.simplest) and archive.since > _SETTLED:
                break
        found = archive.candidates()
    watch(1.0, found)
    return found


def _islands(problem: SearchProblem, operators: Sequence[str], units: FloatArray, seed: int) -> list[_Island]:
    """Return islands whose first generations hold the problem's formulas and their parts."""
    made = []
    for i, (longest, terms) in enumerate(_ISLANDS):
        breeder = Breeder(len(units), operators, longest, 1000 * seed + i)
        wholes = [sympy.sympify(formula) for formula in problem.seeds]
        parts = [part for whole in wholes for part in (whole, *sympy.Add.make_args(whole))]
        programs = [program_of(part, problem.symbols, units.tolist(), operators) for part in parts]
        seeds = [breeder.tree(*program) for program in programs if program and len(program[0]) <= longest]
        made.append(_Island(breeder, terms, seeds))
    return made


def _unit(column: FloatArray) -> float:
    """What a variable is divided by: the smallest distance, or the largest size of what may be negative."""
    return float(column.min() if column.min() > 0 else np.abs(column).max() or 1.0)


BACKEND = Backend("operon", frozenset(NODES), _search)
