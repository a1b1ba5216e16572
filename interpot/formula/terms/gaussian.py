"""Gaussian core exp(-r²/2w²)."""

import sympy

from interpot.formula.codegen import R
from interpot.formula.terms.term import Shape, Term, width_bounds, widths

_w = Shape("w", 1, widths(0.15, 2.0), width_bounds)

TERM = Term(
    name="gaussian",
    expression=sympy.exp(-(R**2) / (2 * _w.symbol**2)),
    shapes=(_w,),
    coefficient_length=sympy.Integer(0),
    decays=True,
    reference="F. H. Stillinger, J. Chem. Phys. 65, 3968 (1976)",
)
