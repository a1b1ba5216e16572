"""Logarithm ln r: charges in two dimensions."""

import sympy

from interpot.formula.codegen import R
from interpot.formula.terms.term import Term

TERM = Term(
    name="logarithm",
    expression=sympy.log(R),
    shapes=(),
    coefficient_length=sympy.Integer(0),
    decays=False,
    reference="J. M. Kosterlitz, D. J. Thouless, J. Phys. C 6, 1181 (1973)",
)
