"""Exponentials exp(-αr): Born-Mayer repulsion (ρ = 1/α), and with α and 2α Morse's potential."""

import sympy

from interpot.formula.codegen import R
from interpot.formula.terms.term import Shape, Term, rate_bounds, rates

_alpha = Shape("alpha", -1, rates(0.5, 50.0), rate_bounds)

TERM = Term(
    name="exponential",
    expression=sympy.exp(-_alpha.symbol * R),
    shapes=(_alpha,),
    coefficient_length=sympy.Integer(0),
    decays=True,
    reference="M. Born, J. E. Mayer, Z. Phys. 75, 1 (1932); P. M. Morse, Phys. Rev. 34, 57 (1929)",
)
