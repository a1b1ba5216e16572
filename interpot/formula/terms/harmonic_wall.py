"""A wall that pushes as a spring does, (r_w - r)² from r_w inwards and nothing beyond.

Its force has a kink at r_w. Where the channel ends there the splines reproduce it exactly; where the channel goes
on, to the width of a knot interval only.
"""

import numpy as np
import sympy

from interpot.formula.codegen import R
from interpot.formula.terms.term import Shape, Term
from interpot.records import FloatArray


def _grid(r_min: float, r_max: float) -> FloatArray:
    within = r_min + (r_max - r_min) * np.arange(0.2, 1.0, 0.1)
    return np.concatenate([within, r_max * np.array([1.001, 1.1, 1.5, 3.0])])


_end = Shape("r_w", 1, _grid, lambda r_min, r_max: (r_min, 10 * r_max))

TERM = Term(
    name="harmonic_wall",
    expression=sympy.Max(0, _end.symbol - R) ** 2,
    shapes=(_end,),
    coefficient_length=sympy.Integer(-2),
    decays=True,
    reference="LAMMPS, fix wall/harmonic",
    kinds=("wall",),
)
