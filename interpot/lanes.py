"""Eight candidates at once: where the search tells the compiler which vector instructions to use.

numba has no vectors, and a loop that keeps some of what it looks at stays scalar: 1.5 ns for each candidate where eight
of them cost 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

# mypy: disable-error-code="no-untyped-def"

LANES = 8
"""How far a search may read past the last candidate, and write past the last it keeps."""

_BYTE, _INT, _LONG, _REAL = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.DoubleType()


def _set_bits() -> np.typing.NDArray[np.uint8]:
    """Of each number below 256 the places of its ones, in front; (256, 8)."""
    places = np.zeros((2**LANES, LANES), dtype=np.uint8)
    for number in range(2**LANES):
        ones = [bit for bit in range(LANES) if number >> bit & 1]
        places[number, : len(ones)] = ones
    return places


_SET_BITS = _set_bits()


def repeated(builder: Any, value: Any, width: int) -> Any:
    """Vector of `width` copies of a value."""
    empty = ir.Constant(ir.VectorType(value.type, width), ir.Undefined)
    one = builder.insert_element(empty, value, ir.Constant(_INT, 0))
    return builder.shuffle_vector(one, empty, ir.Constant(ir.VectorType(_INT, width), [0] * width))


def _global_table(builder: Any) -> Any:
    """`_SET_BITS`, eight bytes to a row, in the compiled module."""
    name, rows = "interpot.set_bits", _SET_BITS.view(np.uint64).ravel().tolist()
    module = builder.module
    if name not in module.globals:
        table = ir.GlobalVariable(module, ir.ArrayType(_LONG, len(rows)), name)
        table.global_constant, table.linkage = True, "internal"
        table.initializer = ir.Constant(table.value_type, rows)
    return module.globals[name]


@intrinsic
def note_near(typing_context, x, y, z, first, left, at_x, at_y, at_z, square_cutoff, found, count):
    """Append those of the next eight candidates that are near a point; return how many are noted then.

    Parameters
    ----------
    x, y, z : one-dimensional float64 arrays
        Candidates. Eight are read, whatever `left` is.
    first : int64
        The first of the eight.
    left : int64
        How many candidates there are from it on, of which eight are looked at at most.
    at_x, at_y, at_z, square_cutoff : float64
        Point, and the square of the distance below which a candidate is near.
    found : (count + 8 at least,) uint32, out
        Numbers of the near ones, from place `count` on. Eight are written, of which the last may mean nothing.
    count : int64
        How many had been noted.
    """
    signature = types.intp(x, y, z, types.intp, types.intp, *(types.float64,) * 4, found, types.intp)

    def generate(context, builder, signature, arguments):
        *axes, first, left, at_x, at_y, at_z, square_cutoff, found, count = arguments

        def address(which: int, array: Any, place: Any, kind: Any) -> Any:
            data = context.make_array(signature.args[which])(context, builder, array).data
            return builder.bitcast(builder.gep(data, [place]), ir.VectorType(kind, LANES).as_pointer())

        square = None
        for which, (axis, point) in enumerate(zip(axes, (at_x, at_y, at_z), strict=True)):
            here = builder.load(address(which, axis, first, _REAL), align=8)
            step = builder.fsub(here, repeated(builder, point, LANES))
            product = builder.fmul(step, step)
            square = product if square is None else builder.fadd(square, product)
        near = builder.fcmp_ordered("<", square, repeated(builder, square_cutoff, LANES))
        one, most = ir.Constant(_LONG, 1), ir.Constant(_LONG, LANES)
        asked = builder.select(builder.icmp_signed("<", left, most), left, most)
        inside = builder.sub(builder.shl(one, asked), one)
        bits = builder.and_(builder.zext(builder.bitcast(near, _BYTE), _LONG), inside)
        # the near lanes come to the front by a table, one row for each of the 256 patterns
        row = builder.gep(_global_table(builder), [ir.Constant(_LONG, 0), bits], inbounds=True)
        lanes = builder.load(builder.bitcast(row, ir.VectorType(_BYTE, LANES).as_pointer()), align=8)
        numbers = builder.add(
            builder.zext(lanes, ir.VectorType(_INT, LANES)),
            repeated(builder, builder.trunc(first, _INT), LANES),
        )
        builder.store(numbers, address(9, found, count, _INT), align=4)
        return builder.add(count, builder.ctpop(bits))

    return signature, generate
