"""Terms of external fields, functions of a coordinate x that may be negative.

Whole powers: uniform forces, traps and double wells; of a speed,
friction. A Gaussian barrier or well at x_0. Waves of wave number q,
written as cos(qx) and sin(qx) that share it: amplitude and phase are then linear.
"""

import numpy as np
import sympy

from interpot.formula.codegen import R
from interpot.formula.terms.term import Shape, Term
from interpot.records import FloatArray

MOST = 32  # wave numbers on the grid


def _power(name: str, n: int) -> Term:
    return Term(
        name=name,
        expression=R**n,
        shapes=(),
        coefficient_length=sympy.Integer(-n),
        decays=False,
        reference="the Taylor series",
        kinds=("field", "friction"),
    )


LINEAR, QUADRATIC = _power("linear", 1), _power("quadratic", 2)
CUBIC, QUARTIC = _power("cubic", 3), _power("quartic", 4)


def _places(x_min: float, x_max: float) -> FloatArray:
    return np.asarray(x_min + (x_max - x_min) * (np.arange(12) + 0.5) / 12)


def _around(x_min: float, x_max: float) -> tuple[float, float]:
    return 2 * x_min - x_max, 2 * x_max - x_min


_x_0 = Shape("x_0", 1, _places, _around)
_w = Shape(
    "w",
    1,
    lambda x_min, x_max: np.asarray((x_max - x_min) * 2.0 ** np.arange(-5, 1)),
    lambda x_min, x_max: (1e-3 * (x_max - x_min), 10 * (x_max - x_min)),
)

HILL = Term(
    name="hill",
    expression=sympy.exp(-((R - _x_0.symbol) ** 2) / (2 * _w.symbol**2)),
    shapes=(_x_0, _w),
    coefficient_length=sympy.Integer(0),
    decays=True,
    reference="A. Ashkin et al., Opt. Lett. 11, 288 (1986): a laser's focus",
    kinds=("field",),
)


def _wave_numbers(x_min: float, x_max: float) -> FloatArray:
    """From half a wave over the sampled range on, in steps that shift the phase across it by 1.5."""
    return np.asarray((np.pi + 1.5 * np.arange(MOST)) / (x_max - x_min))


_q = Shape(
    "q",
    -1,
    _wave_numbers,
    lambda x_min, x_max: (0.5 / (x_max - x_min), 1.5 * float(_wave_numbers(x_min, x_max)[-1])),
    shared=True,
)


def _wave(name: str, function: sympy.Expr) -> Term:
    return Term(
        name=name,
        expression=function,
        shapes=(_q,),
        coefficient_length=sympy.Integer(0),
        decays=False,
        reference="I. Bloch, Nat. Phys. 1, 23 (2005): lattices of light",
        kinds=("field",),
    )


WAVE_COSINE = _wave("wave_cosine", sympy.cos(_q.symbol * R))
WAVE_SINE = _wave("wave_sine", sympy.sin(_q.symbol * R))
