"""Soft repulsion 1 + cos(πr/r_s), which vanishes with its slope at r_s: pushes overlapping particles apart."""

import numpy as np
import sympy

from interpot.formula.codegen import R
from interpot.formula.terms.term import Shape, Term

_end = Shape(
    "r_s",
    1,
    lambda r_min, r_max: r_max * np.array([1.005, 1.1, 1.3, 1.7]),
    lambda r_min, r_max: (r_max, 10 * r_max),
)

TERM = Term(
    name="soft_cosine",
    expression=1 + sympy.cos(sympy.pi * R / _end.symbol),
    shapes=(_end,),
    coefficient_length=sympy.Integer(0),
    decays=True,
    reference="A. P. Thompson et al., Comput. Phys. Commun. 271, 108171 (2022): LAMMPS, pair style soft",
    ends=_end.name,
)
