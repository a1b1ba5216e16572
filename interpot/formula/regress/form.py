"""A form: which terms make up a channel's function, and which of their shapes are free.

    φ(r) = Σ_t a_t f_t(r; s_t),      s = s_fixed + T θ

The shapes s of all terms, one after the other, depend linearly on the free parameters θ. A column of T with a single
1 frees one shape; one with a 1 and a 2 ties two shapes, as Morse's α and 2α; one with several 1 is a shape that
terms share.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate, permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interpot.formula.terms import Shape, Term
from interpot.records import FloatArray

UNDAMPED = {"damped_6": 6, "damped_8": 8, "damped_10": 10}
"""Whole exponent of the power that a term becomes where its damping is too short to be seen."""

_SQUARABLE = 1e150

Member = tuple[Term, FloatArray, NDArray[np.bool_]]
"""A term with its shapes, and which of these are free."""


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """The structure of one channel's function with a value for each of its shapes.

    Attributes
    ----------
    terms
        One coefficient each; none in `NOTHING_MORE`.
    shapes : (s,) float64
        Values of all shapes.
    ties : (s, f) float64
        T, one column per free parameter; its first non-zero entry is 1.
    """

    terms: tuple[Term, ...]
    shapes: FloatArray
    ties: FloatArray

    @classmethod
    def of(cls, terms: tuple[Term, ...], shapes: FloatArray) -> Form:
        """Terms with the given shapes, of which those that are not whole numbers by nature are free."""
        form = cls(terms, np.asarray(shapes, dtype=np.float64), np.zeros((len(shapes), 0)))
        return form.freed([k for k, shape in enumerate(form.shape_list) if not shape.integer])

    def freed(self, which: list[int]) -> Form:
        """Return the form in which exactly these shapes are free, each by itself; shared ones as one."""
        shapes = self.shape_list
        leaders: list[int] = []
        for k in which:
            known = [shapes[j].name for j in leaders if shapes[j].shared]
            if not (shapes[k].shared and shapes[k].name in known):
                leaders.append(k)
        ties = np.eye(len(self.shapes))[:, leaders]
        for column, k in enumerate(leaders):
            if shapes[k].shared:
                ties[[shape.shared and shape.name == shapes[k].name for shape in shapes], column] = 1.0
        return replace(self, ties=ties)

    @property
    def shape_list(self) -> list[Shape]:
        """The shapes of all terms, one after the other."""
        return [shape for term in self.terms for shape in term.shapes]

    @property
    def constants(self) -> int:
        """Number of fitted constants: coefficients and free parameters."""
        return len(self.terms) + int(self.ties.shape[1])

    @property
    def free(self) -> FloatArray:
        """θ, read off the first shape that each free parameter drives."""
        return self.shapes[self._leaders]

    def bounds(self, r: FloatArray) -> FloatArray:
        """(2, f) lower and upper bounds of θ where the function is evaluated at the distances r."""
        limits = np.array([self.shape_list[k].bounds(r.min(), r.max()) for k in self._leaders])
        return limits.reshape(-1, 2).T

    @property
    def driven(self) -> NDArray[np.bool_]:
        """Whether each shape depends on a free parameter, (s,)."""
        return np.asarray(self.ties.any(axis=1), dtype=np.bool_)

    @property
    def _leaders(self) -> list[int]:
        return (self.ties != 0).argmax(axis=0).tolist() if self.ties.size else []

    def contains(self, other: Form) -> bool:
        """Whether the other form, which has fewer constants, is a special case of this one.

        It is where each of its terms is one of these, with the same shapes or with some that are free here; damped
        dispersion holds bare one, of which it is no longer damped.
        """
        if self.constants <= other.constants or len(self.terms) < len(other.terms) or self._is_tied:
            return False
        mine, theirs = ([*zip(f.terms, f.split(), f._driven_by_term, strict=True)] for f in (self, other))
        return any(all(map(_holds, order, theirs)) for order in permutations(mine, len(theirs)))

    @property
    def _is_tied(self) -> bool:
        """Whether one free parameter drives shapes that are not one shared shape."""
        shapes = self.shape_list
        driven = [[shapes[k] for k in np.flatnonzero(column)] for column in self.ties.T]
        return any(len(some) > 1 and not all(shape.shared for shape in some) for some in driven)

    @property
    def _driven_by_term(self) -> list[NDArray[np.bool_]]:
        """What `driven` says of the shapes of each term."""
        return self._by_term(self.driven)

    def moved(self, free: FloatArray) -> Form:
        """Return the form with other values of θ."""
        return Form(self.terms, self.shapes + self.ties @ (free - self.free), self.ties)

    def split(self) -> list[FloatArray]:
        """Shapes of each term."""
        return self._by_term(self.shapes)

    def _by_term(self, of_shapes: NDArray[Any]) -> list[NDArray[Any]]:
        ends = accumulate(len(t.shapes) for t in self.terms)
        return [of_shapes[end - len(t.shapes) : end] for t, end in zip(self.terms, ends, strict=True)]

    def columns(self, r: FloatArray) -> FloatArray:
        """f_t(r), (m, terms)."""
        if not self.terms:
            return np.zeros((r.size, 0))
        return np.column_stack([t.values(r, *s) for t, s in zip(self.terms, self.split(), strict=True)])

    def free_columns(self, r: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Derivatives of φ with respect to θ, (m, f).

        Zero where one has no finite square: 1/(eˣ + 1) is flat where eˣ overflows, and its derivative ∞/∞.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # shapes that are tried may be far off
            slopes = [
                a * term.shape_slope(k, r, *s)
                for a, term, s in zip(coefficients, self.terms, self.split(), strict=True)
                for k in range(len(term.shapes))
            ]
            if not slopes:
                return np.zeros((r.size, 0))
            each = np.column_stack(slopes)
            return np.where(np.abs(each) < _SQUARABLE, each, 0.0) @ self.ties

    def jacobian(self, r: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Derivatives of φ with respect to the coefficients and θ, (m, constants)."""
        return np.hstack([self.columns(r), self.free_columns(r, coefficients)])

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for forms of the same structure, whatever the values of their free parameters."""
        fixed = tuple(None if d else float(v) for d, v in zip(self.driven, self.shapes, strict=True))
        names = [t.name for t in self.terms]
        starts = np.cumsum([0, *(len(t.shapes) for t in self.terms)])
        parts = [(n, fixed[a:b]) for n, a, b in zip(names, starts[:-1], starts[1:], strict=True)]
        return (tuple(sorted(parts, key=repr)), self.ties.shape[1])


NOTHING_MORE = Form((), np.zeros(0), np.zeros((0, 0)))
"""φ(r) = 0: what is left of a function that is known already."""


def _holds(one: Member, other: Member) -> bool:
    """Whether a term is another one for some values of its free shapes."""
    (term, shapes, free), (special, values, moves) = one, other
    if special.name == "power" and term.name in UNDAMPED:
        return bool(values[0] == UNDAMPED[term.name] and not moves[0])
    return term.name == special.name and bool(np.all(free | ((shapes == values) & ~moves)))
