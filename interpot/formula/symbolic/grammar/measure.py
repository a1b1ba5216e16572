"""Distances far from those of atoms, in units in which they are like these: the bounds of shapes are made for such."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from interpot.formula.codegen import R
from interpot.formula.symbolic.problem import SearchProblem
from interpot.formula.symbolic.search import Candidate, Watch

ATOMIC = (4.0, 40.0)
"""Å; where the domain ends between these, distances are taken as they are."""

_END = 10.0  # where it ends otherwise


def unit(problem: SearchProblem) -> float:
    """Return the length in Å that is one."""
    end = problem.domain[1]
    return 1.0 if ATOMIC[0] <= end <= ATOMIC[1] else end / _END


def measured(problem: SearchProblem, length: float) -> SearchProblem:
    """Return the problem with distances in units of a length."""
    low, high = problem.domain
    return replace(problem, nodes=problem.nodes / length, domain=(low / length, high / length))


def in_angstrom(candidates: Sequence[Candidate], length: float) -> list[Candidate]:
    """Return candidates as functions of r in Å; how long they are does not hang on units."""
    if length == 1:
        return list(candidates)
    return [replace(c, expression=c.expression.xreplace({R: R / length})) for c in candidates]


def watching(watch: Watch, length: float) -> Watch:
    """Tell candidates in Å."""
    return lambda share, candidates: watch(share, in_angstrom(candidates, length))
