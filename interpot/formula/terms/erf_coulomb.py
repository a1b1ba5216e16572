"""Coulomb's law between Gaussian charges, erf(γr)/r: finite at contact, 1/r far away."""

import sympy

from interpot.formula.codegen import R
from interpot.formula.terms.term import Shape, Term, rate_bounds, rates

_gamma = Shape("gamma", -1, rates(0.5, 3.0), rate_bounds)

TERM = Term(
    name="erf_coulomb",
    expression=sympy.erf(_gamma.symbol * R) / R,
    shapes=(_gamma,),
    coefficient_length=sympy.Integer(1),
    decays=True,
    reference="P. P. Ewald, Ann. Phys. 369, 253 (1921), the smooth part",
)
