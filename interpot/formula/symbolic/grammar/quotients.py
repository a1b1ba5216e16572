"""Sums divided by a length: (F + G + r^n) / (a + r^q), every pair of words on a few points of the divisor's grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from interpot.formula.symbolic.grammar import scans
from interpot.formula.symbolic.grammar.beam import Lexicon, values_of
from interpot.formula.symbolic.grammar.bench import Bench, in_order
from interpot.formula.symbolic.grammar.factors import Factor
from interpot.formula.symbolic.grammar.stages import BLOCK, Count, Start, thinned
from interpot.formula.symbolic.grammar.structure import Structure
from interpot.records import FloatArray


def quotients(
    bench: Bench, divisor: Factor, lexicon: Lexicon, powers: Sequence[float], keep: int,
    workers: ThreadPoolExecutor, count: Count,
) -> Iterator[list[Start]]:  # fmt: skip
    """Two words and a power of r or none, divided by a factor, on a dozen points of its grid."""
    classes = len(lexicon.names)

    def solve(shapes: FloatArray) -> tuple[list[Start], int]:
        weight = values_of(bench, (divisor,), shapes[None], (0.0, -1.0))
        columns = _normalised((lexicon.values * weight) @ bench.seen.T)
        chosen, solved = [], 0
        for prefix in ((), *((n,) for n in powers)):
            plain = bench.columns(
                (divisor,), shapes[None], np.array([(n, -1.0) for n in prefix]).reshape(-1, 2)
            )
            A, left = scans.beyond(columns, plain, bench.target)
            best = np.full((classes, classes), np.inf)
            one, other = (np.zeros((classes, classes), dtype=np.int64) for _ in range(2))
            solved += scans.products(A, left, lexicon.classes, BLOCK, best, one, other)
            for k in np.argsort(best, axis=None, kind="stable")[:keep]:
                a, b = divmod(int(k), classes)
                if np.isfinite(best[a, b]):
                    pair = (int(one[a, b]), int(other[a, b]))
                    chosen.append((float(best[a, b]), _quotient(divisor, shapes, lexicon, pair, prefix)))
        return chosen, solved

    for chosen, solved in in_order(solve, thinned(divisor.grid(bench.problem.domain), 12), workers, ahead=1):
        count.solved += solved
        yield chosen


def _normalised(columns: FloatArray) -> FloatArray:
    """Each of length one; what is not finite is zero."""
    sizes = np.linalg.norm(columns, axis=1)
    good = np.isfinite(sizes) & (sizes > 0)
    return np.asarray(np.where(good[:, None], columns, 0.0) / np.where(good, sizes, 1.0)[:, None])


def _quotient(
    divisor: Factor, shapes: FloatArray, lexicon: Lexicon, pair: tuple[int, int], prefix: Sequence[float]
) -> Structure:
    """Two words and powers, divided by a factor."""
    names = [lexicon.names[lexicon.classes[k]] for k in pair]
    rows = [shapes, *(lexicon.shapes[k] for k in pair)]
    (n, p), (m, s) = names[0][1], names[1][1]
    return Structure(
        (divisor, names[0][0], names[1][0]),
        tuple((float(a), float(b)) for a, b in rows),
        ((n, -1.0, p, 0.0), (m, -1.0, 0.0, s), *((k, -1.0, 0.0, 0.0) for k in prefix)),
    )
