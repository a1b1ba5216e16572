"""Positive powers r^k: springs and confining tails."""

import numpy as np

from interpot.formula.codegen import R
from interpot.formula.terms.term import Shape, Term, between

_k = Shape("k", 0, lambda r_min, r_max: np.arange(1.0, 5.0), between(0.3, 8.0), integer=True)

TERM = Term(
    name="polynomial",
    expression=R**_k.symbol,
    shapes=(_k,),
    coefficient_length=-_k.symbol,
    decays=False,
    reference="R. Hooke, De potentia restitutiva (1678), for k = 2",
)
