"""Screened Coulomb exp(-κr)/r."""

import sympy

from interpot.formula.codegen import R
from interpot.formula.terms.term import Shape, Term, rate_bounds, rates

_kappa = Shape("kappa", -1, rates(0.25, 20.0), rate_bounds)

TERM = Term(
    name="yukawa",
    expression=sympy.exp(-_kappa.symbol * R) / R,
    shapes=(_kappa,),
    coefficient_length=sympy.Integer(1),
    decays=True,
    reference="H. Yukawa, Proc. Phys.-Math. Soc. Jpn. 17, 48 (1935); P. Debye, E. Hückel, Phys. Z. 24, 185 (1923)",
)
