"""The library on a grid of its shapes, compressed: what every method of regression starts from.

All columns are compressed once to a triangle R with [M f₁ ... M f_T y] = Q R: whatever the length of the trajectory and
the number of nodes, a column then has as many rows as the grid has columns, and inner products are those of force
matching. A term whose shape lies between two grid points is a sum of its column and its derivative with respect to
the shape, to first order: such a term brings this tangent as a second column, so that a coarse grid ranks
formulas by what they can reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from interpot.formula.regress.form import Form
from interpot.formula.regress.restriction import Restriction
from interpot.formula.terms import Term
from interpot.records import FloatArray, IntArray
from interpot.statistic.objective import Objective


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The library on the grid: one member per term and value of its shapes, those of a family next to each other.

    Attributes
    ----------
    terms, shapes
        Of each member.
    kinds : (members,) int64
        Number of the term.
    families : (members,) int64
        Number of the term with its whole exponents.
    first : (members + 1,) int64
        The columns of member k are `first[k]` to `first[k + 1]`: the term, then its tangents.
    columns : (R, columns) float64
        Normalised and compressed.
    y : (R,) float64
        What a sum of columns should give, compressed in the same way.
    norms : (columns,) float64
        What the columns were divided by.
    """

    terms: list[Term]
    shapes: list[tuple[float, ...]]
    kinds: IntArray
    families: IntArray
    first: IntArray
    columns: FloatArray
    y: FloatArray
    norms: FloatArray

    @classmethod
    def of(
        cls,
        objective: Objective,
        library: Sequence[Term],
        domain: tuple[float, float],
        constraints: Restriction | None = None,
    ) -> Grid:
        """Evaluate the library where the channel was sampled; members that are not finite there are left out.

        So are those that constraints do not allow.
        """
        rule = constraints or Restriction()
        terms, shapes, kinds, numbers, columns, first, sizes = [], [], [], [], [], [0], []
        families: dict[tuple[object, ...], int] = {}
        for kind, term in enumerate(library):
            for whole, values in _by_family(term, domain, rule):
                if not rule.allows(term, values):
                    continue
                with np.errstate(over="ignore", invalid="ignore"):
                    member = _member(objective, term, values)
                    norms = np.linalg.norm(member, axis=1)
                if not (np.isfinite(norms).all() and norms.all()):
                    continue
                terms.append(term)
                shapes.append(values)
                kinds.append(kind)
                numbers.append(families.setdefault((kind, *whole), len(families)))
                sizes += norms.tolist()
                columns += [column / norm for column, norm in zip(member, norms, strict=True)]
                first.append(len(columns))
        R = np.asarray(np.linalg.qr(np.column_stack([*columns, objective.y]), mode="r"))
        return cls(
            terms,
            shapes,
            np.array(kinds),
            np.array(numbers),
            np.array(first),
            R[:, :-1],
            R[:, -1],
            np.array(sizes),
        )

    def form(self, members: Sequence[int]) -> Form:
        """The form that has these members' terms, with their shapes to start from."""
        return Form.of(
            tuple(self.terms[k] for k in members), np.array([v for k in members for v in self.shapes[k]])
        )


def _by_family(
    term: Term, domain: tuple[float, float], rule: Restriction
) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
    """Whole exponents and all shapes of each of a term's members, in the order of the former."""
    members = []
    for values in product(*(rule.grid(term, shape, domain).tolist() for shape in term.shapes)):
        whole = tuple(v for v, shape in zip(values, term.shapes, strict=True) if shape.integer)
        members.append((whole, values))
    return sorted(members)


def _member(objective: Objective, term: Term, values: Sequence[float]) -> list[FloatArray]:
    """The compressed column of a term, and its tangents along the shapes that are not whole numbers."""
    (M,), (r,) = objective.maps, objective.nodes
    tangents = [k for k, shape in enumerate(term.shapes) if not shape.integer]
    return [M @ term.values(r, *values), *(M @ term.shape_slope(k, r, *values) for k in tangents)]
