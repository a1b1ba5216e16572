"""The search: stages by rising complexity, the most promising structures of each polished by variable projection."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from interpot.errors import InterpotError
from interpot.formula.symbolic.complexity import complexity
from interpot.formula.symbolic.grammar import stages
from interpot.formula.symbolic.grammar.beam import Lexicon, extensions
from interpot.formula.symbolic.grammar.bench import Bench, Found, in_order
from interpot.formula.symbolic.grammar.factors import FACTORS, POWERS, Factor, power_allowed
from interpot.formula.symbolic.grammar.measure import in_angstrom, measured, unit, watching
from interpot.formula.symbolic.grammar.quotients import quotients
from interpot.formula.symbolic.grammar.stages import Count, Pool, Start
from interpot.formula.symbolic.grammar.structure import Structure
from interpot.formula.symbolic.grammar.variations import variations
from interpot.formula.symbolic.problem import SearchProblem
from interpot.formula.symbolic.search import (
    ARITHMETIC,
    FUNCTIONS,
    Backend,
    Budget,
    Candidate,
    Clock,
    Watch,
    front,
)
from interpot.threads import one_blas_thread, threads

DEFAULT = 20_000_000
"""Evaluations: a minute on two cores."""

SUBSETS = 1000
"""Subsets that are solved in scans for the cost of one evaluation."""

ROUNDING = 3e-15
"""A loss beyond what no function explains that is as good as none."""

NEAR = 8
"""Candidates with each number of constants."""

_SHORT, _LONG = 5, 80  # steps of the first and of the second polishing
_NARROW = (
    10  # of the first where there are few structures: from the far end of a narrow valley to its lowest point
)
_ZOOM = 40  # polished shapes on which a pool is solved once more
_BETWEEN = 0.5  # seconds between two calls of `watch`


class _SpentError(Exception):
    """The budget is at its end."""


class _Run:
    """One search: what was found, what was spent."""

    def __init__(self, bench: Bench, workers: ThreadPoolExecutor, clock: Clock, watch: Watch) -> None:
        self.problem, self.bench, self.rough = bench.problem, bench, bench.rough()
        self.workers, self.clock, self.watch = workers, clock, watch
        self.found: dict[tuple[object, ...], Found] = {}
        self.count = Count()
        self.polished = 0
        self.candidates: dict[Found, Candidate] = {}
        self.told = time.monotonic()
        self.seen: set[tuple[object, ...]] = set()
        self.enough = max(self.problem.enough, 1.2 * self.problem.beyond + ROUNDING)
        self.limit = float("inf")  # constants that a structure has to stay below: of the simplest good enough

    def tick(self) -> None:
        """Tell how far the search is, now and then; end it when the budget is spent."""
        spent = self.polished + self.count.solved // SUBSETS
        if time.monotonic() - self.told > _BETWEEN:
            self.watch(min(self.clock.share(spent), 1.0), front(self.near(1)))
            self.told = time.monotonic()
        if self.clock.spent(spent):
            raise _SpentError

    def scan(self, parts: Iterable[list[Start]]) -> list[Start]:
        """Collect what a scan gives."""
        starts = []
        for part in parts:
            starts += part
            self.tick()
        return starts

    def polish(self, starts: Iterable[Start], short: int, full: int, steps: int = _SHORT) -> list[Found]:
        """Polish with each number of constants the best `short` in a few steps, the best `full` of these to the end."""
        chosen = [s for s in _best(starts, short) if s.constants < self.limit and s.key not in self.seen]
        first = self.polished_parts(chosen, steps)
        best = _best([(f.loss, f.structure) for f in first], full)
        self.seen |= {s.key for s in best}
        self._keep(self.polished_parts(best, _LONG))
        return first

    def _keep(self, polished: Iterable[Found]) -> None:
        """Of each structure the best; what is good enough is tried without each of its monomials."""
        for found in polished:
            known = self.found.get(found.structure.key)
            if not (found.loss < 1 and all(found.coefficients)) or (known and known.loss <= found.loss):
                continue
            self.found[found.structure.key] = found
            if found.loss <= self.enough and found.structure.constants <= self.limit:
                self.limit = found.structure.constants
                self._keep(self.polished_parts(found.structure.parts(), _LONG))

    def enumerate(
        self, pool: Pool, sizes: tuple[int, int], keep: int, short: int, full: int, steps: int = _SHORT
    ) -> list[Found]:
        """Solve all subsets of a pool on its grid, polish the best, and once more on the shapes that these have then.

        On a coarse grid the shapes' distance from their best hides which powers are right; near the best it does not.
        """
        done: list[Found] = []
        for _ in range(1 if len(pool.factors) > 1 and self.limit < np.inf else 2):
            starts = self.scan(stages.subsets(self.rough, pool, sizes, keep, self.workers, self.count))
            first = sorted(self.polish(starts, short, full, steps), key=lambda f: f.loss)
            done += first
            if not first or not pool.factors:
                break
            pool = replace(pool, grid=np.array([f.structure.shapes for f in first[:_ZOOM]]))
        return done

    def prune(self, each: int) -> None:
        """Try the best without each of their monomials."""
        parts = {part.key: part for found in self.best(each) for part in found.structure.parts()}
        self._keep(self.polished_parts([part for key, part in parts.items() if key not in self.found], _LONG))

    def polished_parts(self, structures: Sequence[Structure], steps: int) -> list[Found]:
        """Polish: in a few steps on the rough loss, in many on the exact one."""
        parts = [structures[k : k + 16] for k in range(0, len(structures), 16)]
        bench = self.bench if steps == _LONG else self.rough
        done: list[Found] = []
        for part in in_order(lambda part: [bench.polish(s, steps) for s in part], parts, self.workers):
            done += part
            self.polished += steps * len(part)
            self.tick()
        return done

    def best(self, each: int) -> list[Found]:
        """The best found with each number of constants, by rising number."""
        ranked = sorted(self.found.values(), key=lambda f: (f.structure.constants, f.loss, f.structure.key))
        taken: dict[int, int] = {}
        chosen = []
        for found in ranked:
            n = found.structure.constants
            if taken.get(n, 0) < each:
                taken[n] = taken.get(n, 0) + 1
                chosen.append(found)
        return chosen

    def near(self, each: int) -> list[Candidate]:
        """The best with each number of constants, as candidates."""
        made = []
        for found in self.best(each):
            if found not in self.candidates:
                expression = found.structure.expression(found.coefficients)
                loss = self.problem.loss(self.problem.values(expression))
                self.candidates[found] = Candidate(expression, loss, complexity(expression))
            made.append(self.candidates[found])
        return sorted(
            (c for c in made if c.loss < 1), key=lambda c: (c.complexity, c.loss, str(c.expression))
        )


def _best(starts: Iterable[Start], each: int) -> list[Structure]:
    """The best with each number of constants, every structure once."""
    taken: dict[int, int] = {}
    chosen: dict[tuple[object, ...], Structure] = {}
    for _, structure in sorted(starts, key=lambda start: start[0]):
        n = structure.constants
        if taken.get(n, 0) < each and structure.key not in chosen:
            taken[n] = taken.get(n, 0) + 1
            chosen[structure.key] = structure
    return list(chosen.values())


# ---------------------------------------------------------------------------- the stages


class _Grammar:
    """What may be written with the operators."""

    def __init__(self, operators: Sequence[str]) -> None:
        self.operators = frozenset(operators)
        self.factors = [f for f in FACTORS if f.allowed(operators)]
        self.powers = [n for n in POWERS if self.usable(n)]
        self.terms = 4 if self.operators & {"+", "-"} else 1

    def usable(self, p: float) -> bool:
        return power_allowed(p, self.operators)

    def named(self, *names: str) -> list[Factor]:
        return [f for f in self.factors if f.name in names]


def _powers(run: _Run, grammar: _Grammar) -> None:
    pool = stages.powers_only(grammar.powers)
    run.polish(
        run.scan(stages.subsets(run.rough, pool, (1, grammar.terms), 40, run.workers, run.count)), 40, 20
    )


def _singles(run: _Run, grammar: _Grammar, low: int, high: int, shapes: int) -> None:
    """Monomials of one factor, and powers."""
    for factor in grammar.factors:
        pool = stages.one_factor(factor, grammar.powers, run.problem.domain, grammar.usable)
        sizes = (low, int(min(high, grammar.terms, run.limit - 1 - factor.shapes)))
        if factor.shapes <= shapes:
            run.enumerate(pool, sizes, 150, 100, 12, _NARROW)


def _pairs(run: _Run, grammar: _Grammar, sizes: Sequence[int]) -> None:
    """Two monomials of two factors, and powers."""
    most = run.limit - 2 - min(sizes) - 1  # shapes of both
    factors = [f for f in grammar.factors if f.shapes + 1 <= most]
    if factors and grammar.terms > 1:
        members = stages.Members.of(run.rough, factors, grammar.usable, 70, 3)
        parts = stages.pairs(run.rough, members, grammar.powers, sizes, 300, run.workers, run.count)
        first = run.polish(run.scan(parts), 2500, 200)
        _again(run, grammar, [f.structure for f in sorted(first, key=lambda f: f.loss)])


def _again(run: _Run, grammar: _Grammar, polished: Sequence[Structure]) -> None:
    """The pools of the factors of the best pairs, on the shapes that these have after polishing."""
    groups: dict[tuple[Factor, ...], list[Structure]] = {}
    for structure in polished[:_ZOOM]:
        groups.setdefault(structure.factors, []).append(structure)
    for factors, structures in groups.items():
        most = int(min(4, grammar.terms, run.limit - 1 - sum(f.shapes for f in factors)))
        pool = stages.both_factors(structures, grammar.powers, grammar.usable, 8)
        starts = run.scan(stages.subsets(run.rough, pool, (2, most), 30, run.workers, run.count))
        run.polish(starts, 20, 4)


def _ladders(run: _Run, grammar: _Grammar) -> None:
    """Two monomials of one factor (1 + a r, or F and F²), one of another, and a power or none."""
    most = run.limit - 1 - 3
    owners = [f for f in grammar.factors if f.shapes == 1 and f.shapes + 1 <= most and f.outer in _OWNERS]
    factors = [f for f in grammar.factors if f.shapes + 1 <= most]
    if owners and factors and grammar.terms > 2:
        members = stages.Members.of(run.rough, factors, grammar.usable, 70, 2)
        for owner in owners:
            parts = stages.ladders(
                run.rough, owner, members, grammar.powers, grammar.usable, run.workers, run.count
            )
            _climb(run, grammar, run.polish(run.scan(parts), 200, 20), 6)


_OWNERS = ("exp", "bose", "power", "sech", "csch")
"""Outer functions of which two monomials together are a potential."""

_SHARED = (
    "power(shifted, 6)", "power(shifted, 2)", "power(shifted, 1)", "exp(scaled, 1)", "exp(scaled, 2)",
    "cos(wave, 0)", "logistic(step, 0)", "damping(scaled, 1)",
)  # fmt: skip
"""Factors that others are multiplied by."""


def _shared(run: _Run, grammar: _Grammar, high: int) -> None:
    """Products of two factors."""
    done: set[frozenset[str]] = set()
    few = [n for n in grammar.powers if n in (-12, -9, -6, -4, -2, -1)]
    for one in grammar.named(*_SHARED):
        found: list[Found] = []
        for other in grammar.factors:
            kind = frozenset((one.name, other.name))
            if one is other or kind in done:
                continue
            done.add(kind)
            sizes = (1, int(min(high, grammar.terms, run.limit - 1 - one.shapes - other.shapes)))
            pool = stages.two_factors(one, other, few, run.problem.domain, grammar.usable, 14)
            found += run.enumerate(pool, sizes, 30, 12, 3)
            if one.outer == "power" and other.shapes == 1:
                pool = stages.two_factors(one, other, few, run.problem.domain, grammar.usable, 9, 16)
                found += run.enumerate(pool, (1, min(2, sizes[1])), 30, 12, 3)
        _climb(run, grammar, found, 8)


def _polynomials(run: _Run, grammar: _Grammar) -> None:
    """Polynomials of r times F, and F with polynomials times F²."""
    for factor in grammar.named("exp(scaled, 1)", "exp(scaled, 2)"):
        ladders = [[(float(n), 1.0) for n in range(k + 1)] for k in (2, 3, 4, 5)]
        ladders += [[(0.0, 1.0), *((float(n), 2.0) for n in range(k + 1))] for k in (2, 3, 4)]
        chosen = [m for m in ladders if len(m) + 1 < run.limit and grammar.terms > 1]
        rows = factor.grid(run.problem.domain)
        starts = [Structure((factor,), ((float(a), 0.0),), tuple(m)) for a, _ in rows for m in chosen]
        run.polish([(f.loss, f.structure) for f in run.polished_parts(starts, 0)], 4, 4)


def _quotients(run: _Run, grammar: _Grammar) -> None:
    """Sums divided by a length: (F + G + r^n) / (a + r^q)."""
    factors = [f for f in grammar.factors if f.shapes == 1 and f.outer not in ("power", "damping")]
    names = [(f, m) for f in factors for m in f.powers if m[1] == 1 and m[0] in (-1, 0)]
    if grammar.terms < 3 or run.limit <= 5 or not names or not grammar.usable(-1):
        return
    lexicon = Lexicon.of(run.rough, names, 24)
    few = [0.0, *(n for n in grammar.powers if n in (-6, -4, -2, -1, 1, 2))]
    found: list[Found] = []
    for divisor in grammar.named(
        "power(shifted, 1)", "power(shifted, 2)", "power(shifted, 4)", "power(shifted, 6)"
    ):
        parts = quotients(run.rough, divisor, lexicon, few, 20, run.workers, run.count)
        found += run.polish(run.scan(parts), 400, 40)
    _climb(run, grammar, found, 10)


def _climb(run: _Run, grammar: _Grammar, found: Sequence[Found], each: int) -> None:
    """Change one power or one function of the best that a stage has found, and of what is best then.

    Of each number of constants `each` are followed. A stage's own are kept apart: those of others, which are better
    at first, would crowd them out.
    """
    domain, done = run.problem.domain, set[tuple[object, ...]]()
    keys = [f.structure.key for f in found]
    known = {key: run.found[key] for key in keys if key in run.found}  # those that were polished to the end
    for _ in range(_ROUNDS):
        parents = [
            s for s in _best([(f.loss, f.structure) for f in known.values()], each) if s.key not in done
        ]
        if not parents:
            return
        done |= {s.key for s in parents}
        varied = {
            s.key: s
            for parent in parents
            for s in variations(parent, grammar.factors, grammar.powers, grammar.usable, domain)
            if s.constants < run.limit and s.key not in known
        }
        first = run.polished_parts([*varied.values()], _SHORT)
        longer = run.polished_parts(_best([(f.loss, f.structure) for f in first], each), _LONG)
        run._keep(longer)
        known |= {f.structure.key: f for f in longer}


_ROUNDS = 16  # changes, one after the other


def _beam(run: _Run, grammar: _Grammar, width: int, rounds: int) -> None:
    """The best so far, extended."""
    names = [
        (f, m) for f in grammar.factors for m in f.powers if grammar.usable(m[0]) and grammar.usable(m[1])
    ]
    lexicon = Lexicon.of(run.rough, [(f, m) for f, m in names if m[0] in (-1, 0)], 24)
    extended: set[tuple[object, ...]] = set()
    for _ in range(rounds if grammar.terms > 1 else 0):
        parents = [f for f in run.best(width) if f.structure.key not in extended]
        parents = [f for f in parents if f.structure.constants + 1 < run.limit]
        extended |= {f.structure.key for f in parents}
        for kids in in_order(
            lambda parent: extensions(run.rough, parent, lexicon, grammar.powers, 120),
            parents,
            run.workers,
            1,
        ):
            run.tick()
            run.polish(kids, 40, 6)


def search(
    problem: SearchProblem, operators: Sequence[str], budget: Budget, seed: int, watch: Watch
) -> list[Candidate]:
    """Find formulas by enumeration; the result hangs on no random number and not on the number of threads.

    Exhaustive, on the grids of the shapes, is what `stages` says; beyond it a beam extends the best. `seed` is not
    used. The budget counts evaluations of losses in polishing, and a thousand subsets solved in scans as one.
    When a formula is as good as the true one would be by chance, only simpler ones are looked at further.

    Raises
    ------
    InterpotError
        An unknown operator, a function of several variables, or one of a coordinate that may be zero or negative.
    """
    BACKEND.check(operators)
    if len(problem.symbols) != 1:
        raise InterpotError(
            f"{problem.label}: the search 'grammar' knows functions of one variable, not of "
            f"{len(problem.symbols)}: choose another backend"
        )
    if not problem.domain[0] > 0:
        raise InterpotError(
            f"{problem.label}: the search 'grammar' knows functions of distances, not of a coordinate that may be zero "
            "or negative: choose another backend"
        )
    length = unit(problem)
    found = _enumerated(measured(problem, length), _Grammar(operators), budget, watching(watch, length))
    return in_angstrom(found, length)


def _enumerated(problem: SearchProblem, grammar: _Grammar, budget: Budget, watch: Watch) -> list[Candidate]:
    """Go through the stages."""
    workers = ThreadPoolExecutor(threads())
    try:
        with one_blas_thread():
            run = _Run(Bench.of(problem), workers, budget.started(DEFAULT), watch)
            try:
                _powers(run, grammar)
                _singles(run, grammar, 1, 3, 2)
                _pairs(run, grammar, (0, 1))
                _polynomials(run, grammar)
                _quotients(run, grammar)
                _ladders(run, grammar)
                _shared(run, grammar, 3)
                _singles(run, grammar, 4, 4, 1)
                _pairs(run, grammar, (2,))
                _beam(run, grammar, 8, 4)
                run.prune(NEAR)
            except _SpentError:
                pass
            found = run.near(NEAR)
            watch(1.0, front(found))
            return found
    finally:
        workers.shutdown(cancel_futures=True)


BACKEND = Backend(
    "grammar", frozenset((*ARITHMETIC, *FUNCTIONS)), search, (*ARITHMETIC, *FUNCTIONS), distances_only=True
)
