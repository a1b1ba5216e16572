"""Screened repulsion of nuclei, φ(r/a)/r with the universal function of Ziegler, Biersack and Littmark.

Its coefficient is Z₁Z₂e²/4πε₀; the screening length is a = 0.8854 a₀/(Z₁^0.23 + Z₂^0.23) = 0.4685 Å/(...).
"""

import sympy

from interpot.formula.codegen import R
from interpot.formula.terms.term import Shape, Term, width_bounds, widths

_a = Shape("a", 1, widths(0.02, 0.5, per_octave=2), width_bounds)

UNIVERSAL = ((0.18175, 3.1998), (0.50986, 0.94229), (0.28022, 0.4029), (0.02817, 0.20162))
"""Weights and rates of φ(x) = Σ c e^{-dx}, in the digits of LAMMPS's pair style zbl."""


def screened(a: sympy.Symbol) -> sympy.Expr:
    """φ(r/a)/r."""
    return sum(sympy.Float(c) * sympy.exp(-sympy.Float(d) * R / a) for c, d in UNIVERSAL) / R


TERM = Term(
    name="zbl",
    expression=screened(_a.symbol),
    shapes=(_a,),
    coefficient_length=sympy.Integer(1),
    decays=True,
    reference="J. F. Ziegler, J. P. Biersack, U. Littmark, The Stopping and Range of Ions in Matter (1985)",
    kinds=("pair",),
)
