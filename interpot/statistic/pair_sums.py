"""Energy and virial of every spline, summed over the pairs of a frame.

On a knot interval every spline is a polynomial of the place t in it. So the loop over pairs
(`interpot.statistic.kernels.powers`) sums powers of t and knows no spline; the polynomials are applied afterwards, once
per interval.
"""

from __future__ import annotations

import numpy as np

from interpot.records import FloatArray
from interpot.statistic.splines import DEGREE, SEGMENT_SLOPES, SEGMENTS

COMPONENTS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
"""Of the virial, in Voigt's order; in two dimensions those without a 2."""


def applied(energies: FloatArray, virials: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Turn the sums of powers into the energy and the virial of every spline.

    Returns
    -------
    energy : (intervals + 5,) float64
        Σ B_m(r).
    virial : (6, intervals + 5) float64, without a unit
        -Σ B_m'(r) x_a x_b / r.
    """
    intervals = len(energies)
    energy, virial = np.zeros(intervals + DEGREE), np.zeros((6, intervals + DEGREE))
    for q in range(DEGREE + 1):  # spline `interval + q`; the polynomials have their highest power first
        energy[q : q + intervals] += energies @ SEGMENTS[q, ::-1]
        virial[:, q : q + intervals] += virials @ SEGMENT_SLOPES[q, ::-1]
    return energy, virial
