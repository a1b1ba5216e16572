"""The symmetric rank-k update of BLAS, added in place and without Python's global lock.

SciPy's wrapper of ``dsyrk`` holds the lock, so that threads gain nothing; NumPy's ``X.T @ X`` makes a new matrix
and copies one of its triangles to the other each time, which at K = 400 costs a tenth of the update. SciPy offers
the function's address for exactly such uses (``scipy.linalg.cython_blas``), and a call through `ctypes` releases
the lock.
"""

from __future__ import annotations

from ctypes import CFUNCTYPE, POINTER, byref, c_char, c_double, c_int

from numba.extending import get_cython_function_address

from interpot.records import FloatArray

_INT, _DOUBLE = POINTER(c_int), POINTER(c_double)
_dsyrk = CFUNCTYPE(
    None, POINTER(c_char), POINTER(c_char), _INT, _INT, _DOUBLE, _DOUBLE, _INT, _DOUBLE, _DOUBLE, _INT
)(get_cython_function_address("scipy.linalg.cython_blas", "dsyrk"))
_ONE = c_double(1.0)
# a panel in C order is its transpose to Fortran, and the upper triangle the lower
_LOWER, _NOT_TRANSPOSED = c_char(b"L"), c_char(b"N")


def add_products(panel: FloatArray, gram: FloatArray) -> None:
    """Add XᵀX to the upper triangle of a symmetric matrix.

    Parameters
    ----------
    panel : (rows, K) float64, C order
        X.
    gram : (K, K) float64, C order
        Its lower triangle is left as it is.
    """
    rows, size = panel.shape
    assert gram.shape == (size, size) and panel.flags.c_contiguous and gram.flags.c_contiguous
    n, k = c_int(size), c_int(rows)
    pointer = panel.ctypes.data_as(_DOUBLE), gram.ctypes.data_as(_DOUBLE)
    _dsyrk(
        byref(_LOWER), byref(_NOT_TRANSPOSED), byref(n), byref(k), byref(_ONE), pointer[0], byref(n), byref(_ONE),
        pointer[1], byref(n),
    )  # fmt: skip
