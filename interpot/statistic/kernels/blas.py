"""The symmetric rank-k update of BLAS, added in place, for compiled loops and for Python.

SciPy's wrapper of ``dsyrk`` holds Python's global lock, so that threads gain nothing; NumPy's ``X.T @ X`` makes a new
matrix and copies one of its triangles to the other each time, which at K = 400 costs a tenth of the update. SciPy
offers the function's address for exactly such uses (``scipy.linalg.cython_blas``). Loops that have it go on from
frame to frame without Python, whose lock two threads would otherwise wait for several times a frame. It is passed to
them as a number, because compiled code that holds an address cannot be kept on disk.
"""

from __future__ import annotations

from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import get_cython_function_address, intrinsic

from interpot.records import FloatArray

# mypy: disable-error-code="no-untyped-def"

DSYRK: int = get_cython_function_address("scipy.linalg.cython_blas", "dsyrk")
"""Where the function is, in this process."""


@intrinsic
def _dsyrk(typing_context, address, size, rows, panel, row, gram, place):
    """Call BLAS; see `update`."""
    signature = types.void(types.intp, types.intc, types.intc, panel, types.intp, gram, types.intp)

    def generate(context, builder, signature, arguments):
        address, size, rows, panel, row, gram, place = arguments

        def at(which: int, array: Any, place: Any) -> Any:
            return builder.gep(
                context.make_array(signature.args[which])(context, builder, array).data, [place]
            )

        def stored(value: Any) -> Any:
            return cgutils.alloca_once_value(builder, value)

        one = stored(ir.Constant(ir.DoubleType(), 1.0))
        # a panel in C order is its transpose to Fortran, and the upper triangle the lower
        lower, not_transposed = (stored(ir.Constant(ir.IntType(8), ord(letter))) for letter in "LN")
        n = stored(size)
        given = [
            lower, not_transposed, n, stored(rows), one, at(3, panel, row), n, one, at(5, gram, place), n
        ]  # fmt: skip
        kind = ir.FunctionType(ir.VoidType(), [value.type for value in given])
        builder.call(builder.inttoptr(address, kind.as_pointer()), given)
        return context.get_dummy_value()

    return signature, generate


@numba.njit(cache=True, nogil=True)
def update(dsyrk, panel, start, rows, size, gram, place):
    """Add XᵀX to the upper triangle of a symmetric matrix, row after row of `size` columns from `place` on.

    Parameters
    ----------
    dsyrk : int
        `DSYRK`, asked for in this process.
    panel : one-dimensional float64 array
        X begins at `start`, row after row of `size` columns.
    rows, size : int
        Of X.
    gram : one-dimensional float64 array, in and out
        Its lower triangle is left as it is.
    """
    _dsyrk(dsyrk, numba.intc(size), numba.intc(rows), panel, start, gram, place)


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
    update(DSYRK, panel.reshape(-1), 0, rows, size, gram.reshape(-1), 0)
