"""Beyond what is enumerated: the best structures so far, each extended in every way by one monomial or one factor.

A structure is extended by every monomial of every factor on its grid: alone, or times what multiplies one of the
structure's own monomials; by every further monomial of the factors that it has; and by every power of r. All of
these are solved exactly, with the tangents of the structure's shapes, so that what its shapes can do is not
taken for the work of the extension. This is a beam: a structure that is a part of no good structure is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from interpot.formula.symbolic.grammar import kernels, scans
from interpot.formula.symbolic.grammar.bench import Bench, Found, codes
from interpot.formula.symbolic.grammar.factors import Factor
from interpot.formula.symbolic.grammar.stages import Start
from interpot.formula.symbolic.grammar.structure import Monomial, Structure
from interpot.records import FloatArray, IntArray

MOST_FACTORS = 4
"""Of a structure."""


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """Values of all monomials of single factors on their grids, on the nodes, each largest 1.

    Attributes
    ----------
    names
        Factor and monomial of each class.
    classes : (members,)
        Number of the class, rising.
    shapes : (members, 2)
    values : (members, m)
    """

    names: list[tuple[Factor, tuple[float, float]]]
    classes: IntArray
    shapes: FloatArray
    values: FloatArray

    @classmethod
    def of(cls, bench: Bench, names: Sequence[tuple[Factor, tuple[float, float]]], points: int) -> Lexicon:
        """Each class on about so many points of its factor's grid."""
        classes, shapes, values = [], [], []
        for k, (factor, (n, p)) in enumerate(names):
            grid = factor.grid(bench.problem.domain)
            for row in grid[:: max(1, round(len(grid) / points))]:
                v = values_of(bench, (factor,), row[None], (n, p))
                largest = np.abs(v).max()
                if 0 < largest < np.inf:
                    classes.append(k)
                    shapes.append(row)
                    values.append(v / largest)
        return cls(list(names), np.array(classes), np.array(shapes), np.array(values))


def values_of(bench: Bench, factors: Sequence[Factor], shapes: FloatArray, powers: Monomial) -> FloatArray:
    """One monomial on the nodes."""
    outer, inner, q = codes(factors)
    F = np.empty((len(factors), len(bench.r)))
    dF = np.empty((len(factors), kernels.SHAPES, len(bench.r)))
    kernels.factors(bench.r, outer, inner, q, shapes, F, dF)
    rn, out = np.empty(len(bench.r)), np.empty(len(bench.r))
    kernels.radial(bench.r, powers[0], rn)
    kernels.monomial(rn, np.array(powers), F, out)
    return out


def extensions(
    bench: Bench, found: Found, lexicon: Lexicon, powers: Sequence[float], keep: int
) -> list[Start]:
    """The best extensions of a structure by one monomial, of each class the best; no two of the same structure."""
    base = found.structure
    tangents = _tangents(bench, found)
    starts: dict[tuple[object, ...], Start] = {}
    multipliers = _multipliers(base)
    for multiplier in multipliers if len(base.factors) < MOST_FACTORS else []:
        weight = values_of(bench, base.factors, _shapes(base), multiplier)
        rests = _rests(bench, tangents, lexicon.values * weight)
        for member in _best_of_classes(rests, lexicon.classes):
            factor, (n, p) = lexicon.names[lexicon.classes[member]]
            new: Monomial = (_product(multiplier[0], n), *multiplier[1:], p)
            structure = _with_factor(base, factor, lexicon.shapes[member], new)
            _offer(starts, rests[member], structure)
    own = _own_monomials(base, powers)
    if own:
        values = np.array([values_of(bench, base.factors, _shapes(base), m) for m in own])
        for new, rest in zip(own, _rests(bench, tangents, values), strict=True):
            _offer(starts, rest, replace(base, monomials=(*base.monomials, new)))
    return sorted(starts.values(), key=lambda start: start[0])[:keep]


def _product(a: float, b: float) -> float:
    """Powers of r multiplied; a logarithm takes the place of a power."""
    return kernels.LOG if kernels.LOG in (a, b) else a + b


def _offer(starts: dict[tuple[object, ...], Start], rest: float, structure: Structure) -> None:
    if np.isfinite(rest) and (structure.key not in starts or rest < starts[structure.key][0]):
        starts[structure.key] = (float(rest), structure)


def _shapes(structure: Structure) -> FloatArray:
    return np.array(structure.shapes, dtype=np.float64).reshape(-1, kernels.SHAPES)


def _multipliers(base: Structure) -> list[Monomial]:
    """Nothing, and every product of powers of factors that a monomial has, and its single factors."""
    none = (0.0,) * (1 + len(base.factors))
    chosen = {none: None}
    for monomial in base.monomials:
        chosen[(0.0, *monomial[1:])] = None
        for k in range(1, len(monomial)):
            if monomial[k] != 0:
                chosen[(*none[:k], monomial[k], *none[k + 1 :])] = None
    return list(chosen)


def _with_factor(base: Structure, factor: Factor, shapes: FloatArray, new: Monomial) -> Structure:
    monomials = (*((*m, 0.0) for m in base.monomials), new)
    return Structure((*base.factors, factor), (*base.shapes, (float(shapes[0]), float(shapes[1]))), monomials)


def _own_monomials(base: Structure, powers: Sequence[float]) -> list[Monomial]:
    """Powers of r, monomials of each factor, and what there is times a small power of r."""
    none = (0.0,) * len(base.factors)
    own: dict[Monomial, None] = {(n, *none): None for n in powers}
    for k, factor in enumerate(base.factors):
        for n, p in factor.powers:
            own[(n, *none[:k], p, *none[k + 1 :])] = None
    for monomial in base.monomials:
        for n in (-2.0, -1.0, 1.0, 2.0):
            own[(_product(monomial[0], n), *monomial[1:])] = None
    return [m for m in own if m not in base.monomials and any(m)]


def _tangents(bench: Bench, found: Found) -> FloatArray:
    """Columns of the structure and derivatives along its shapes, (T + shapes, s), in the basis of the scans."""
    base, shapes = found.structure, _shapes(found.structure)
    rows = [values_of(bench, base.factors, shapes, m) for m in base.monomials]
    c = np.array(found.coefficients)

    def total(moved: FloatArray) -> FloatArray:
        return np.asarray(c @ np.array([values_of(bench, base.factors, moved, m) for m in base.monomials]))

    with np.errstate(invalid="ignore", over="ignore"):  # beside a bound nothing may be finite
        for k, s in ((k, s) for k, factor in enumerate(base.factors) for s in range(factor.shapes)):
            step = np.zeros_like(shapes)
            step[k, s] = 1e-6 * max(abs(shapes[k, s]), 1e-3)
            rows.append((total(shapes + step) - total(shapes - step)) / (2 * step[k, s]))
        made = np.array(rows) @ bench.seen.T
    made = made[np.isfinite(made).all(axis=1)]
    sizes = np.linalg.norm(made, axis=1)
    return np.asarray(made[sizes > 0] / sizes[sizes > 0, None])


def _rests(bench: Bench, tangents: FloatArray, values: FloatArray) -> FloatArray:
    """What each column leaves of the squared rest beyond the structure; infinite where it is not finite."""
    with np.errstate(invalid="ignore", over="ignore"):
        A = values @ bench.seen.T
        sizes = np.linalg.norm(A, axis=1)
        good = np.isfinite(sizes) & (sizes > 0)
        A[~good], sizes[~good] = 0.0, 1.0
    B, left = scans.beyond(A / sizes[:, None], tangents, bench.target)
    return np.where(good, left @ left - (B @ left) ** 2, np.inf)


def _best_of_classes(rests: FloatArray, classes: IntArray) -> list[int]:
    """The member of each class that leaves least."""
    order = np.lexsort((rests, classes))
    _, first = np.unique(classes[order], return_index=True)
    return [int(k) for k in order[first]]
