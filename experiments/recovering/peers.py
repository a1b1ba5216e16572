"""Other methods and programs on the same data: interpot's rows of comparison, PySINDy's optimisers, and UF3.

interpot's rows (STLSQ, LASSO, matching pursuit) search on the library's grid and polish what they find, as the
exhaustive search does. PySINDy's optimisers get the same columns and the same compressed forces, which are equivalent
to all rows of the trajectory; their own path of thresholds is walked, supports are refitted without bias and BIC
chooses. Nothing moves their rates and widths from the grid, so that only the kinds of their terms are held against the
truth. UF3 gives splines: only its force error can be compared.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from time import process_time

import numpy as np

from interpot.formula.naming import name
from interpot.formula.regress.grid import Grid
from interpot.formula.terms import library
from interpot.records import FloatArray
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective
from recovering.finding import failed, find
from recovering.records import Case, Found, Published
from recovering.structure import difference, kinds_of, structure

OWN = ("stlsq", "lasso", "omp")
"""Rows of interpot's METHODS; on every case."""

OPTIMISERS = ("STLSQ", "SR3", "SSR", "FROLS")
"""Of PySINDy; on the subset."""

UF3 = "UF3"

SUBSET_POTENTIALS = (
    "argon", "methane-saft", "copper-morse", "argon-buckingham", "dusty-plasma", "gaussian-core", "soft-spheres",
    "kob-andersen",
)  # fmt: skip
SUBSET_NOISES, SUBSET_FRAMES, SUBSET_DENSITY = (0.0, 0.01), 100, "dense"
"""What the slow ones are given."""

MOST_TERMS = 20
THRESHOLDS = np.geomspace(1e-4, 1e4, 41)
"""Relative to the size of the compressed forces."""
RIDGES = (1e-10, 1e-5, 0.05)


def methods(case: Case) -> tuple[str, ...]:
    """Who is given a case."""
    chosen = case.potential in SUBSET_POTENTIALS and case.noise in SUBSET_NOISES
    if not (chosen and case.frames == SUBSET_FRAMES and case.density == SUBSET_DENSITY):
        return OWN
    alone = (UF3,) if case.potential != "kob-andersen" else ()
    return (*OWN, *(f"PySINDy {optimiser}" for optimiser in OPTIMISERS), *alone)


def ask(method: str, published: Published, statistic: Statistic, clean: Objective) -> Found:
    """Let one method answer a case that is given as a statistic; one that is not installed says so."""
    if method in OWN:
        return find(published, statistic, method, clean)
    if find_spec("pysindy") is None:
        return failed(method, "pysindy is not installed: pip install pysindy", 0.0)
    return sparse(method, published, statistic, clean)


def sparse(method: str, published: Published, statistic: Statistic, clean: Objective) -> Found:
    """One of PySINDy's optimisers on the columns of the library, channel by channel."""
    begin = process_time()
    objective = Objective.of(statistic)
    forms, wrong, left = {}, [], 0.0
    for c, channel in enumerate(statistic.channels):
        seen = statistic.coverage[c]
        grids = [
            Grid.of(whole.without_others(c), library(), (seen.minimum, seen.maximum))
            for whole in (objective, clean)
        ]
        X, y = grids[0].columns[:, grids[0].first[:-1]], grids[0].y
        chosen = _chosen(method.split()[1], X, y, objective.floor, statistic.rows)
        if chosen is None:
            return failed(
                method, f"{channel.label}: no formula of {MOST_TERMS} terms or fewer", process_time() - begin
            )
        support, a = chosen
        left += float(np.sum((grids[1].columns[:, grids[1].first[:-1]][:, support] @ a - grids[1].y) ** 2))
        named = name(grids[0].form(support), a, channel.cutoff)
        forms[channel.label] = f"{len(support)} terms: {named.name}" if len(support) > 4 else named.name
        found, truth = structure(str(named.expression)), structure(published.truth[channel.label].formula)
        wrong.append(difference(kinds_of(found), kinds_of(truth)))
    return Found(
        method=method,
        exact=all(d == (0, 0) for d in wrong),
        in_set=None,
        error=float("nan"),
        false_terms=sum(false for false, _ in wrong),
        missed_terms=sum(missed for _, missed in wrong),
        size=1,
        seconds=process_time() - begin,
        forms=forms,
        force_error=float(np.sqrt(left / clean.square)),
    )


def _chosen(
    optimiser: str, X: FloatArray, y: FloatArray, floor: float, rows: int
) -> tuple[list[int], FloatArray] | None:
    """The support on an optimiser's path with the lowest BIC, and its least-squares coefficients."""
    best, criterion = None, np.inf
    least = 1e-14 * float(y @ y)
    with warnings.catch_warnings():  # PySINDy's, of each threshold that leaves nothing
        warnings.simplefilter("ignore")
        supports = {tuple(np.flatnonzero(a)) for a in _PATHS[optimiser](X, y)}
    for support in supports:
        if not 0 < len(support) <= MOST_TERMS:
            continue
        a = np.linalg.lstsq(X[:, support], y)[0]
        misfit = float(np.sum((X[:, support] @ a - y) ** 2))
        value = rows * np.log(max(misfit + floor, least)) + len(support) * np.log(rows)
        if value < criterion:
            best, criterion = (list(support), a), value
    return best


def _stlsq(X: FloatArray, y: FloatArray) -> Iterator[FloatArray]:
    import pysindy

    size = float(np.linalg.norm(y))
    for threshold in THRESHOLDS * size:
        for alpha in RIDGES:
            yield from pysindy.STLSQ(threshold=threshold, alpha=alpha).fit(X, y[:, None]).coef_


def _sr3(X: FloatArray, y: FloatArray) -> Iterator[FloatArray]:
    import pysindy

    size = float(np.linalg.norm(y))
    for threshold in THRESHOLDS * size:
        optimiser = pysindy.SR3(reg_weight_lam=threshold**2 / 2, regularizer="L0", max_iter=1000)
        yield from optimiser.fit(X, y[:, None]).coef_


def _ssr(X: FloatArray, y: FloatArray) -> Iterator[FloatArray]:
    import pysindy

    for alpha in RIDGES:
        for coefficients in pysindy.SSR(alpha=alpha, max_iter=X.shape[1] - 1).fit(X, y[:, None]).history_:
            yield from coefficients


def _frols(X: FloatArray, y: FloatArray) -> Iterator[FloatArray]:
    import pysindy

    for coefficients in pysindy.FROLS(max_iter=min(MOST_TERMS, X.shape[1])).fit(X, y[:, None]).history_:
        yield from coefficients


_PATHS: dict[str, Callable[[FloatArray, FloatArray], Iterator[FloatArray]]] = {
    "STLSQ": _stlsq,
    "SR3": _sr3,
    "SSR": _ssr,
    "FROLS": _frols,
}
