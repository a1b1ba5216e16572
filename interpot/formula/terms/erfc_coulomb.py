"""Coulomb's law screened by Gaussian charges, erfc(γr)/r: the real-space part of an Ewald sum."""

import sympy

from interpot.formula.codegen import R
from interpot.formula.terms.term import Shape, Term, rate_bounds, rates

_gamma = Shape("gamma", -1, rates(0.25, 3.0), rate_bounds)

TERM = Term(
    name="erfc_coulomb",
    expression=sympy.erfc(_gamma.symbol * R) / R,
    shapes=(_gamma,),
    coefficient_length=sympy.Integer(1),
    decays=True,
    reference="P. P. Ewald, Ann. Phys. 369, 253 (1921), the short-ranged part",
)
