"""Steele's wall of stacked planes of atoms, 10-4-3, with the layers as far apart as in fcc crystals cut along (100).

2π [2/5 (σ/r)¹⁰ - (σ/r)⁴ - √2 σ³/(3 (r + 0.61 σ/√2)³)]
"""

import sympy

from interpot.formula.codegen import R
from interpot.formula.terms.term import Shape, Term, width_bounds, widths

_sigma = Shape("sigma", 1, widths(0.3, 3.0), width_bounds)


def steele(sigma: sympy.Symbol) -> sympy.Expr:
    """The energy in units of ε, as LAMMPS has it."""
    root = sympy.sqrt(2)
    sums = sympy.Float("0.61") / root * sigma
    x = sigma / R
    return 2 * sympy.pi * (sympy.Rational(2, 5) * x**10 - x**4 - root * sigma**3 / (3 * (R + sums) ** 3))


TERM = Term(
    name="steele",
    expression=steele(_sigma.symbol),
    shapes=(_sigma,),
    coefficient_length=sympy.Integer(0),
    decays=True,
    reference="W. A. Steele, Surf. Sci. 36, 317 (1973); LAMMPS, fix wall/lj1043",
    kinds=("wall",),
)
