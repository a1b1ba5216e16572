"""Inverse powers r^-n: Coulomb (1), dispersion (6, 8, 10), repulsive cores (9, 12 ...)."""

import numpy as np

from interpot.formula.codegen import R
from interpot.formula.terms.term import Shape, Term, between

_n = Shape("n", 0, lambda r_min, r_max: np.arange(1.0, 21.0), between(0.3, 60.0), integer=True)

TERM = Term(
    name="power",
    expression=R ** (-_n.symbol),
    shapes=(_n,),
    coefficient_length=_n.symbol,
    decays=True,
    reference="G. Mie, Ann. Phys. 316, 657 (1903); J. E. Jones, Proc. R. Soc. A 106, 463 (1924)",
)
