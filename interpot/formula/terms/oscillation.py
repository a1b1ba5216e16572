"""Friedel's oscillations cos(kr + δ)/r^n around charges in a metal: k = 2k_F, and n = 3 in three dimensions.

Written as two terms, cos(kr)/r^n and sin(kr)/r^n, that share k: amplitude and phase δ are then linear.
"""

import numpy as np
import sympy

from interpot.formula.codegen import R
from interpot.formula.terms.term import Shape, Term, between
from interpot.records import FloatArray

MOST = 32  # wave numbers on the grid


def _grid(r_min: float, r_max: float) -> FloatArray:
    """From half a wave over r_max, in steps that shift the phase across the range by 1.5, to some waves in r_min."""
    first, step = np.pi / r_max, 1.5 / (r_max - r_min)
    count = int(np.clip((12.0 / r_min - first) / step, 4, MOST - 1))
    return np.asarray(first + step * np.arange(count + 1))


def _bounds(r_min: float, r_max: float) -> tuple[float, float]:
    return 0.5 / r_max, 1.5 * float(_grid(r_min, r_max)[-1])


_k = Shape("k", -1, _grid, _bounds, shared=True)
_n = Shape("n", 0, lambda r_min, r_max: np.arange(1.0, 6.0), between(0.3, 12.0), integer=True)


def _term(name: str, wave: sympy.Expr) -> Term:
    return Term(
        name=name,
        expression=wave * R ** (-_n.symbol),
        shapes=(_k, _n),
        coefficient_length=_n.symbol,
        decays=True,
        reference="J. Friedel, Philos. Mag. 43, 153 (1952); N. W. Ashcroft, N. D. Mermin, Solid State Physics, ch. 17",
        default=False,
        kinds=("pair",),
    )


COSINE = _term("cosine", sympy.cos(_k.symbol * R))
SINE = _term("sine", sympy.sin(_k.symbol * R))
