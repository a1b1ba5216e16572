"""Dispersion -C_n/r^n that overlap damps at short range: f_n(br)/r^n of Tang and Toennies, n = 6, 8, 10.

    f_n(x) = 1 - e^{-x} Σ_{k=0}^{n} x^k/k!

At small x this difference cancels: f_n ≈ x^(n+1)/(n+1)!. From x = 3.5 on, where f_10 = 1.0e-3, the energy,
the force and the slope along b are good to 6e-13 in double precision (measured against fifty digits, n = 10; n = 6:
7e-15). The damping rate is therefore sought above 3.5/r_min. A smaller one would leave less than a tenth of C_6/r^6
at the closest distance that was seen. Closer than that the absolute error, 1e-16 C_n/r^n, is what counts.
"""

import numpy as np
import sympy

from interpot.formula.codegen import R
from interpot.formula.terms.term import Shape, Term
from interpot.records import FloatArray

STRONGEST, WEAKEST = 3.5, 60.0  # b r_min: f_10 = 1e-3, and 1 - f_6 = 1e-17


def _grid(r_min: float, r_max: float) -> FloatArray:
    return np.asarray(4.0 / r_min * 2.0 ** (np.arange(5) / 2))  # 1 - f_6 = 4e-3 at the last


_b = Shape("b", -1, _grid, lambda r_min, r_max: (STRONGEST / r_min, WEAKEST / r_min), shared=True)


def damped(n: int, b: sympy.Symbol) -> sympy.Expr:
    """f_n(br)/r^n."""
    series = sum((b * R) ** k / sympy.factorial(k) for k in range(n + 1))
    return (1 - sympy.exp(-b * R) * series) / R**n


def _term(n: int) -> Term:
    return Term(
        name=f"damped_{n}",
        expression=damped(n, _b.symbol),
        shapes=(_b,),
        coefficient_length=sympy.Integer(n),
        decays=True,
        reference="K. T. Tang, J. P. Toennies, J. Chem. Phys. 80, 3726 (1984)",
    )


C6, C8, C10 = _term(6), _term(8), _term(10)
