"""The pair part of Stillinger and Weber's potential, r^-p exp(s/(r - a)): smooth to all orders where it ends, at a.

Two of these terms with the same s and a are their A [B (σ/r)^p - (σ/r)^q] exp(σ/(r - aσ)), with p = 4 and q = 0
for silicon. The distance a is sought beyond the largest sampled one; a trajectory that is read up to the
cutoff of its potential has the cutoff there.
"""

import numpy as np
import sympy

from interpot.formula.codegen import R
from interpot.formula.terms.term import Shape, Term, between

_p = Shape("p", 0, lambda r_min, r_max: np.array([0.0, 2, 4, 6, 8, 12]), between(-0.5, 30.0), integer=True)
_s = Shape(
    "s",
    1,
    lambda r_min, r_max: r_max * np.array([0.15, 0.3, 0.6, 1.2]),
    lambda r_min, r_max: (1e-3 * r_max, 20 * r_max),
    shared=True,
)
_a = Shape(
    "a",
    1,
    lambda r_min, r_max: r_max * np.array([1.005, 1.05, 1.2, 1.5]),
    lambda r_min, r_max: (r_max, 10 * r_max),
    shared=True,
)

TERM = Term(
    name="stillinger_weber",
    expression=R ** (-_p.symbol) * sympy.exp(_s.symbol / (R - _a.symbol)),
    shapes=(_p, _s, _a),
    coefficient_length=_p.symbol,
    decays=True,
    reference="F. H. Stillinger, T. A. Weber, Phys. Rev. B 31, 5262 (1985)",
    ends=_a.name,
    default=False,
    kinds=("pair",),
)
