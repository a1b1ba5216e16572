"""Variations of a structure: one power changed by one, or one function exchanged for another of the same argument.

The grids of `stages` are coarse. What looks best on them is often a neighbour of the best: e^-ar for 1/(e^ar - 1),
(r + d)^-6 for (r + d)^-7. From a polished structure the neighbour's valley is near.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain, product

import numpy as np

from interpot.formula.symbolic.grammar.factors import Domain, Factor
from interpot.formula.symbolic.grammar.kernels import LOG
from interpot.formula.symbolic.grammar.structure import Monomial, Structure

_LARGEST = 30  # power of r or of a factor

Shapes = tuple[float, float]
Monomials = tuple[Monomial, ...]


def variations(
    base: Structure, factors: Sequence[Factor], powers: Sequence[float], usable: Callable[[float], bool],
    domain: Domain,
) -> Iterator[Structure]:  # fmt: skip
    """Give all structures that differ from one in one power or in one function.

    Parameters
    ----------
    factors, powers
        Functions, and powers of r, that there are.
    usable
        Tells which powers may be written.
    domain
        Sampled distances: a function takes over the argument's size in their middle.
    """
    seen = {base.monomials}

    @cache
    def written(p: float) -> bool:
        return p == LOG or (usable(p) and abs(p) <= _LARGEST)

    for monomials in (*_exchanged(base, powers), *_moved(base), *_traded(base)):
        if (
            all(map(written, chain.from_iterable(monomials)))
            and len({*monomials}) == len(monomials)
            and monomials not in seen
            and all(map(any, monomials))
        ):
            seen.add(monomials)
            if all(any(m[k + 1] for m in monomials) for k in range(len(base.factors))):
                yield replace(base, monomials=monomials)
    middle = float(np.sqrt(domain[0] * domain[1]))
    for k, factor in enumerate(base.factors):
        for other in factors:
            shapes = _taken_over(factor, other, base.shapes[k], middle)
            if other is not factor and shapes is not None:
                yield replace(
                    base,
                    factors=(*base.factors[:k], other, *base.factors[k + 1 :]),
                    shapes=(*base.shapes[:k], shapes, *base.shapes[k + 1 :]),
                )


def _exchanged(base: Structure, powers: Sequence[float]) -> Iterator[Monomials]:
    """A bare power of r for any other one."""
    for k, monomial in enumerate(base.monomials):
        if not any(monomial[1:]):
            for n in powers:
                yield (*base.monomials[:k], (n, *monomial[1:]), *base.monomials[k + 1 :])


def _moved(base: Structure) -> Iterator[Monomials]:
    """A power of r, or of a length, one more or one less: in one monomial, and in all that have the same."""
    lengths = [0, *(k + 1 for k, factor in enumerate(base.factors) if factor.outer == "power")]
    for k, step in product(lengths, (-1.0, 1.0)):
        movable = [m for m in base.monomials if m[k] != LOG and (k == 0 or m[k] != 0)]
        groups = [[m] for m in movable]
        groups += [[m for m in movable if m[k] == p] for p in dict.fromkeys(m[k] for m in movable)]
        for group in groups:
            yield tuple(_with(m, {k: step}) if m in group else m for m in base.monomials)


def _traded(base: Structure) -> Iterator[Monomials]:
    """A power of r for one of a length, in one monomial that has it and in all: (r + d)^-7 for (r + d)^-6/r."""
    for k, factor in enumerate(base.factors, start=1):
        if factor.outer == "power":
            has = [m for m in base.monomials if m[k] not in (0.0, LOG) and m[0] != LOG]
            for group, step in product([*([m] for m in has), has], (-1.0, 1.0)):
                yield tuple(_with(m, {0: step, k: -step}) if m in group else m for m in base.monomials)


def _with(monomial: Monomial, steps: Mapping[int, float]) -> Monomial:
    return tuple(p + steps.get(k, 0.0) for k, p in enumerate(monomial))


def _taken_over(factor: Factor, other: Factor, shapes: Shapes, middle: float) -> Shapes | None:
    """Shapes with which another factor has the argument's size in the middle of the distances; None for other kinds."""
    if factor.inner == "sum" and other.inner == "scaled" and factor.outer == other.outer and other.q == 1:
        return shapes[0], 0.0  # a constant less
    if factor.inner != other.inner or (factor.outer == "power") != (other.outer == "power"):
        return None
    a, b = shapes
    if factor.q == other.q:
        return shapes
    if factor.inner in ("scaled", "one_plus"):
        return float(a * middle ** (factor.q - other.q)), b
    if factor.inner == "shifted" and factor.q > 0 and other.q > 0:
        return float(np.sign(a) * abs(a) ** (other.q / factor.q)), b
    return None
