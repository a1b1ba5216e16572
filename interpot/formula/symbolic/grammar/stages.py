"""What is enumerated, by rising complexity: each stage gives the best structures of its kind, to be polished.

Exhaustive, on the grids of the shapes, are

* sums of up to four powers of r (`factors.POWERS`);
* sums of up to three monomials r^n F^p of one factor F (`Factor.powers`) and powers, of four where F has one shape;
* sums of two monomials of two factors, or of one factor with two sets of shapes, and up to two powers of r: of each
  factor three monomials, those with the smallest powers of r, on about seventy points of its grid;
* sums of two monomials of one factor of one shape that go together (F and F², F and r F), one of another factor, and
  a power of r or none;
* sums of up to four monomials of the two factors of each of the forty best such pairs, and powers of r, on the shapes
  that these have after polishing;
* polynomials of r, up to the fifth power, times an exponential or a Gaussian F, and F with polynomials times F²;
* sums of two words and a power of r or none, divided by a + r^q (`quotients`);
* sums of up to three monomials r^n F^p G^q in which two factors are multiplied, and a few powers of r, on about
  fourteen points of each grid; one of the factors is of a short list (`search._SHARED`).

Which of these structures are polished is a choice: the best on the grid. They are ranked on fewer nodes than the
problem has (`Bench.rough`), by what is left of the loss on the grid and after a few steps; what is polished to the end
is polished on all. Pools are solved a second time on the shapes
that the best of the first time have after polishing, since on a coarse grid the distance of the shapes from their
best hides which powers of r are right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from interpot.formula.symbolic.grammar import scans
from interpot.formula.symbolic.grammar.bench import Bench, codes, in_order
from interpot.formula.symbolic.grammar.factors import Factor
from interpot.formula.symbolic.grammar.kernels import LOG
from interpot.formula.symbolic.grammar.structure import Monomial, Structure
from interpot.records import FloatArray, IntArray

Start = tuple[float, Structure]
"""A structure on the grid and the squared rest that it leaves."""

_POINTS = (0, 400, 400, 100, 8)  # of a grid at a time, by size: tens of milliseconds
BLOCK = 256


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Monomials of some factors and powers, whose subsets are all solved.

    Attributes
    ----------
    factors
        All of which a subset has to hold.
    monomials : (P, 1 + K)
        Their powers.
    grid : (points, K, 2)
        Shapes of the factors.
    """

    factors: tuple[Factor, ...]
    monomials: FloatArray
    grid: FloatArray

    @property
    def constants(self) -> int:
        """Of the shapes."""
        return sum(f.shapes for f in self.factors)

    def masks(self) -> IntArray:
        """A bit for each factor that a monomial holds."""
        bits = 1 << np.arange(len(self.factors), dtype=np.int64)
        return np.asarray((self.monomials[:, 1:] != 0) @ bits)

    def chunks(self, points: int) -> list[tuple[int, FloatArray]]:
        """Parts of the grid, each with the number of its first point."""
        return [(k, self.grid[k : k + points]) for k in range(0, len(self.grid), points)]


@dataclass(slots=True)
class Count:
    """How many subsets were solved."""

    solved: int = 0


def subsets(
    bench: Bench, pool: Pool, sizes: tuple[int, int], keep: int, workers: ThreadPoolExecutor, count: Count
) -> Iterator[list[Start]]:
    """Solve all subsets of a pool, from the first size to the last.

    Gives nothing ([]) now and then, so that others have their turn, and the best `keep` of each size at last.
    """
    P, (low, high) = len(pool.monomials), (sizes[0], min(sizes[1], len(pool.monomials)))
    if low > high:
        return
    ranks = np.array([[comb(k, j) for j in range(1, 5)] for k in range(P)], dtype=np.int64)
    outer, inner, q = codes(pool.factors)
    masks, shape = pool.masks(), (5, max(comb(P, size) for size in range(low, high + 1)))
    W, y, unseen = bench.narrowed(pool.factors, pool.monomials, pool.grid)

    def solve(chunk: tuple[int, FloatArray]) -> tuple[FloatArray, IntArray, int]:
        best, which = np.full(shape, np.inf), np.zeros(shape, dtype=np.int64)
        solved = scans.pool(
            W, y, bench.r, outer, inner, q, chunk[1], pool.monomials, masks,
            low, high, ranks, best, which, chunk[0],
        )  # fmt: skip
        return best, which, solved

    least, at = np.full(shape, np.inf), np.zeros(shape, dtype=np.int64)
    for best, which, solved in in_order(solve, pool.chunks(_POINTS[high]), workers):
        better = best < least
        least[better], at[better] = best[better], which[better]
        count.solved += solved
        yield []
    for size in range(low, high + 1):
        for k in np.argsort(least[size], kind="stable")[:keep]:
            if np.isfinite(least[size, k]):
                chosen = _chosen(pool, int(k), int(at[size, k]), size)
                yield [(float(least[size, k]) + unseen, chosen)]


def _chosen(pool: Pool, rank: int, point: int, size: int) -> Structure:
    """The subset with a rank in the combinatorial number system, at a point of the grid."""
    members = []
    for k in range(size, 0, -1):
        member = k - 1
        while comb(member + 1, k) <= rank:
            member += 1
        members.append(member)
        rank -= comb(member, k)
    shapes = tuple((float(a), float(b)) for a, b in pool.grid[point])
    monomials = tuple(tuple(map(float, pool.monomials[m])) for m in sorted(members))
    return Structure(pool.factors, shapes, monomials)


def powers_only(powers: Sequence[float]) -> Pool:
    """Powers of r."""
    return Pool((), np.array(powers)[:, None], np.zeros((1, 0, 2)))


def one_factor(
    factor: Factor, powers: Sequence[float], domain: tuple[float, float], usable: Callable[[float], bool]
) -> Pool:
    """Monomials of one factor, and powers."""
    own = [m for m in factor.powers if usable(m[1]) and usable(m[0])]
    return Pool((factor,), np.array([*own, *((n, 0.0) for n in powers)]), factor.grid(domain)[:, None])


def two_factors(
    one: Factor, other: Factor, powers: Sequence[float], domain: tuple[float, float],
    usable: Callable[[float], bool], points: int, most: int = 6,
) -> Pool:  # fmt: skip
    """Monomials of the first factor, `most` of them, of both, and powers, on grids of so many points each."""
    first = _few([m for m in one.powers if usable(m[1]) and usable(m[0])], most)
    second = _few([m for m in other.powers if usable(m[1]) and usable(m[0])], 8)
    both = [(n, p, s) for p in dict.fromkeys(p for _, p in first[: max(3, most - 3)]) for n, s in second]
    alone = [(n, p, 0.0) for n, p in first]
    monomials = dict.fromkeys([*both, *alone, *((n, 0.0, 0.0) for n in powers)])
    a, b = thinned(one.grid(domain), points), thinned(other.grid(domain), points)
    grid = np.stack([np.repeat(a, len(b), axis=0), np.tile(b, (len(a), 1))], axis=1)
    return Pool((one, other), np.array(list(monomials)), grid)


def both_factors(
    found: Sequence[Structure], powers: Sequence[float], usable: Callable[[float], bool], most: int
) -> Pool:
    """Monomials of each of two factors, and powers, on the shapes that structures of these two have."""
    one, other = found[0].factors
    monomials = dict.fromkeys(m for s in found for m in s.monomials)
    own = [_few([m for m in f.powers if usable(m[1]) and usable(m[0])], most) for f in (one, other)]
    monomials |= dict.fromkeys((n, p, 0.0) for n, p in own[0])
    monomials |= dict.fromkeys((n, 0.0, p) for n, p in own[1])
    monomials |= dict.fromkeys((n, 0.0, 0.0) for n in powers)
    return Pool((one, other), np.array(list(monomials)), np.array([s.shapes for s in found]))


def _few(members: Sequence[tuple[float, float]], count: int) -> list[tuple[float, float]]:
    """Those with the smallest powers of r."""
    return sorted(members, key=lambda m: (abs(m[0]), members.index(m)))[:count]


def thinned(grid: FloatArray, points: int) -> FloatArray:
    """Every k-th point, about as many as asked for."""
    return grid[:: max(1, round(len(grid) / points))]


# ---------------------------------------------------------------------------- pairs of products


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """All monomials of single factors on their grids.

    Attributes
    ----------
    names
        Factor and monomial of each class.
    classes : (members,)
        Number of the class, rising.
    shapes : (members, 2)
    columns : (members, s)
        Normalised.
    """

    names: list[tuple[Factor, tuple[float, float]]]
    classes: IntArray
    shapes: FloatArray
    columns: FloatArray

    @classmethod
    def of(
        cls, bench: Bench, factors: Sequence[Factor], usable: Callable[[float], bool], points: int, each: int
    ) -> Members:
        """Of each factor some monomials, those with small powers of r, on some points of its grid.

        Of an exponential's powers one is enough: the others are its values at other points.
        """
        names: list[tuple[Factor, tuple[float, float]]] = []
        classes, shapes, columns = [], [], []
        for factor in factors:
            own = [m for m in factor.powers if usable(m[1]) and usable(m[0])]
            first = [m for m in own if m[1] == own[0][1] or factor.outer != "exp"]
            chosen = _few(first, each)
            grid = thinned(factor.grid(bench.problem.domain), points)
            made = np.array([bench.columns((factor,), row[None], np.array(chosen)) for row in grid])
            for k, name in enumerate(chosen):
                good = np.einsum("ij,ij->i", made[:, k], made[:, k]) > 0.5
                classes += [len(names)] * int(good.sum())
                names.append((factor, name))
                shapes.append(grid[good])
                columns.append(made[good, k])
        return cls(names, np.array(classes), np.concatenate(shapes), np.concatenate(columns))


def pairs(
    bench: Bench, members: Members, powers: Sequence[float], sizes: Sequence[int], keep: int,
    workers: ThreadPoolExecutor, count: Count,
) -> Iterator[list[Start]]:  # fmt: skip
    """Solve all pairs of members with all sets of powers of the given sizes; of each set the best `keep`."""
    of_powers = powers_only(powers)
    plain = bench.columns((), np.zeros((0, 2)), of_powers.monomials)
    classes = len(members.names)

    def solve(prefix: tuple[int, ...]) -> tuple[list[Start], int]:
        A, left = scans.beyond(members.columns, plain[list(prefix)], bench.target)
        best = np.full((classes, classes), np.inf)
        one, other = (np.zeros((classes, classes), dtype=np.int64) for _ in range(2))
        solved = scans.products(A, left, members.classes, BLOCK, best, one, other)
        order = np.argsort(best, axis=None, kind="stable")[:keep]
        chosen = []
        for k in order:
            a, b = divmod(int(k), classes)
            if np.isfinite(best[a, b]):
                pair = int(one[a, b]), int(other[a, b])
                chosen.append((float(best[a, b]), _sum_of(members, pair, [powers[p] for p in prefix])))
        return chosen, solved

    prefixes = [prefix for size in sizes for prefix in combinations(range(len(powers)), size)]
    for chosen, solved in in_order(solve, prefixes, workers, ahead=2):
        count.solved += solved
        yield chosen


def _sum_of(members: Members, pair: tuple[int, int], powers: Sequence[float]) -> Structure:
    """Two members and powers."""
    factors, shapes, monomials = [], [], []
    for k, member in enumerate(pair):
        factor, (n, p) = members.names[members.classes[member]]
        factors.append(factor)
        shapes.append((float(members.shapes[member, 0]), float(members.shapes[member, 1])))
        monomials.append((n, p, 0.0) if k == 0 else (n, 0.0, p))
    plain: list[Monomial] = [(n, 0.0, 0.0) for n in powers]
    return Structure(tuple(factors), tuple(shapes), (*monomials, *plain))


# ---------------------------------------------------------------------------- two monomials of one factor


def ladders(
    bench: Bench, owner: Factor, members: Members, powers: Sequence[float], usable: Callable[[float], bool],
    workers: ThreadPoolExecutor, count: Count,
) -> Iterator[list[Start]]:  # fmt: skip
    """Two monomials of a factor with one member, and with one member and a power; on a dozen points of its grid."""
    own = [m for m in owner.powers if usable(m[1]) and usable(m[0])]
    steps = [pair for pair in combinations(own, 2) if _is_ladder(*pair)]
    plain = bench.columns((), np.zeros((0, 2)), np.array(powers)[:, None])
    classes = len(members.names)

    def solve(item: tuple[FloatArray, tuple[tuple[float, float], tuple[float, float]]]) -> list[Start]:
        shapes, step = item
        columns = bench.columns((owner,), shapes[None], np.array(step))
        A, left = scans.beyond(np.concatenate([members.columns, plain]), columns, bench.target)
        M = len(members.classes)
        rests = scans.with_powers(A[:M], A[M:], left, members.classes, classes)
        made = []
        for k in np.argsort(rests[0], axis=None, kind="stable")[:_KEPT]:
            group, power = divmod(int(k), len(powers) + 1)
            if np.isfinite(rests[0][group, power]):
                member = int(rests[1][group, power])
                factor, (n, p) = members.names[group]
                monomials = [(step[0][0], step[0][1], 0.0), (step[1][0], step[1][1], 0.0), (n, 0.0, p)]
                monomials += [(powers[power - 1], 0.0, 0.0)] if power else []
                both = (
                    (float(shapes[0]), 0.0),
                    (float(members.shapes[member, 0]), float(members.shapes[member, 1])),
                )
                made.append(
                    (float(rests[0][group, power]), Structure((owner, factor), both, tuple(monomials)))
                )
        return made

    grid = thinned(owner.grid(bench.problem.domain), 13)
    for made in in_order(solve, [(shapes, step) for shapes in grid for step in steps], workers):
        count.solved += len(members.classes) * (len(powers) + 1)
        yield made


_KEPT = 60


def _is_ladder(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """F and F², F^6 and F^12 ... without a power of r, or with a power of r each more; F and r F, F/r and F."""
    (n, p), (m, s) = one, other
    if p == s:
        return abs(p) == 1 and {n, m} in ({0.0, 1.0}, {-1.0, 0.0})
    if LOG in (p, s):
        return {one, other} == {(0.0, LOG), (-2.0, -1.0)}  # Hamaker's spheres
    return max(p / s, s / p) == 2 and ((n == m == 0) or (n, m) == (-1.0, -2.0))
