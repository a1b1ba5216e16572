"""Six neighbouring columns at once: the one place where the compiler is told which vector instructions to use.

numba leaves short loops of fixed length scalar. Written as vectors, the six splines of a pair cost 19 ns instead of
34.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from interpot.lanes import repeated
from interpot.records import FloatArray
from interpot.statistic.splines import SEGMENT_SLOPES

# mypy: disable-error-code="no-untyped-def"

_REAL = ir.DoubleType()
_MAY_FUSE = ("contract",)  # a product and a sum may become one instruction
_PIECES = ((0, 4), (4, 2))  # six columns: one vector of four and one of two


def _constant(values: FloatArray) -> Any:
    return ir.Constant(ir.VectorType(_REAL, len(values)), [ir.Constant(_REAL, float(v)) for v in values])


def _times_plus(builder: Any, a: Any, b: Any, c: Any) -> Any:
    return builder.fadd(builder.fmul(a, b, flags=_MAY_FUSE), c, flags=_MAY_FUSE)


def _slopes(builder: Any, t: Any, first: int, width: int) -> Any:
    """dB/du of splines first ... first + width - 1 of an interval, by Horner's rule."""
    at = repeated(builder, t, width)
    pieces = SEGMENT_SLOPES[first : first + width]
    slopes = _constant(pieces[:, 0])
    for power in range(1, pieces.shape[1]):
        slopes = _times_plus(builder, slopes, at, _constant(pieces[:, power]))
    return slopes


def _add(builder: Any, data: Any, place: Any, slopes: Any, factor: Any) -> None:
    """data[place ...] += factor * slopes."""
    width = slopes.type.count
    target = builder.bitcast(builder.gep(data, [place]), slopes.type.as_pointer())
    sum_ = _times_plus(builder, slopes, repeated(builder, factor, width), builder.load(target, align=8))
    builder.store(sum_, target, align=8)


@intrinsic
def add_slopes(typing_context, array, place, stride, t, x, y, z):
    """Add x, y and z times the slopes dB/du of the six splines of an interval to three rows, without bounds checks.

    Parameters
    ----------
    array : one-dimensional float64 array
        Rows of features, one after the other.
    place : int64
        Of the first spline's column in the first row; the others follow at distances of `stride`.
    t : float64
        Where in the interval, in [0, 1).
    x, y, z : float64
        Factors.
    """
    signature = types.void(array, types.intp, types.intp, *(types.float64,) * 4)

    def generate(context, builder, signature, arguments):
        array, place, stride, t, *factors = arguments
        data = context.make_array(signature.args[0])(context, builder, array).data
        pieces = [(first, _slopes(builder, t, first, width)) for first, width in _PIECES]
        for factor in factors:
            for first, slopes in pieces:
                _add(builder, data, builder.add(place, ir.Constant(place.type, first)), slopes, factor)
            place = builder.add(place, stride)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def add_slopes_once(typing_context, array, place, t, factor):
    """Add a multiple of the slopes to one row; see `add_slopes`."""
    signature = types.void(array, types.intp, types.float64, types.float64)

    def generate(context, builder, signature, arguments):
        array, place, t, factor = arguments
        data = context.make_array(signature.args[0])(context, builder, array).data
        for first, width in _PIECES:
            at = builder.add(place, ir.Constant(place.type, first))
            _add(builder, data, at, _slopes(builder, t, first, width), factor)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def add_values_once(typing_context, array, place, values, factor):
    """Add a multiple of six given values, a tuple, to one row; see `add_slopes`."""
    signature = types.void(array, types.intp, types.UniTuple(types.float64, 6), types.float64)

    def generate(context, builder, signature, arguments):
        array, place, values, factor = arguments
        data = context.make_array(signature.args[0])(context, builder, array).data
        for first, width in _PIECES:
            piece = ir.Constant(ir.VectorType(_REAL, width), ir.Undefined)
            for k in range(width):
                value = builder.extract_value(values, first + k)
                piece = builder.insert_element(piece, value, ir.Constant(ir.IntType(32), k))
            _add(builder, data, builder.add(place, ir.Constant(place.type, first)), piece, factor)
        return context.get_dummy_value()

    return signature, generate


assert SEGMENT_SLOPES.shape == (6, 5) and SEGMENT_SLOPES.dtype == np.float64
