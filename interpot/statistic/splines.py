"""Polynomials of the uniform quintic B-spline, which all knot lattices share."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import BSpline, PPoly

from interpot.records import FloatArray

DEGREE = 5


def _segments() -> FloatArray:
    """Polynomials of the uniform B-spline of degree 5 on one knot interval.

    Row q holds the coefficients, highest power first, of B_{k+q}(t) on interval k, t in [0, 1).
    """
    spline = BSpline.basis_element(np.arange(DEGREE + 2), extrapolate=False)
    pieces = PPoly.from_spline(spline.tck).c[:, DEGREE : 2 * DEGREE + 1]  # the padding knots carry no piece
    return np.ascontiguousarray(pieces.T[::-1])


SEGMENTS = _segments()
SEGMENT_SLOPES = np.ascontiguousarray(SEGMENTS[:, :-1] * np.arange(DEGREE, 0, -1))
