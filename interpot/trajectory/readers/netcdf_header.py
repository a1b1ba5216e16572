"""The header of a NetCDF file of the classic kinds (CDF-1, CDF-2, CDF-5): where which numbers are.

Read here and not by a library so that frames can be read one by one, those of a file that is cut short too. Source: the
NetCDF user guide, appendix "File Format Specifications".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interpot.errors import InterpotError
from interpot.trajectory.readers.binary import BinaryFile

_TYPES = {
    1: "i1",
    2: "S1",
    3: ">i2",
    4: ">i4",
    5: ">f4",
    6: ">f8",
    7: "u1",
    8: ">u2",
    9: ">u4",
    10: ">i8",
    11: ">u8",
}
_SENSIBLE = 10_000  # dimensions, variables, attributes


@dataclass(frozen=True, slots=True)
class Variable:
    """Numbers of one name.

    Attributes
    ----------
    dtype, shape
        Of the numbers of one frame if `per_frame`, else of all of them.
    attributes
        Text, or arrays of numbers.
    begin
        First byte.
    """

    dtype: str
    shape: tuple[int, ...]
    per_frame: bool
    attributes: dict[str, Any]
    begin: int

    @property
    def size(self) -> int:
        """Bytes, without those that fill up to a multiple of 4."""
        return prod(self.shape) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself; `frames` is None where it was not counted, `stride` bytes from frame to frame."""

    frames: int | None
    dimensions: dict[str, int]
    attributes: dict[str, Any]
    variables: dict[str, Variable] = field(default_factory=dict)

    @property
    def stride(self) -> int:
        """Bytes from one frame to the next."""
        sizes = [v.size for v in self.variables.values() if v.per_frame]
        return sizes[0] if len(sizes) == 1 else sum(size + -size % 4 for size in sizes)

    @property
    def first(self) -> int:
        """First byte of the first frame."""
        return min((v.begin for v in self.variables.values() if v.per_frame), default=0)


class _Reader:
    """Reads the parts of a header."""

    def __init__(self, file: BinaryFile) -> None:
        self.file = file
        magic = file.numbers("u1", 4).tobytes()
        if magic[:3] != b"CDF" or magic[3] not in (1, 2, 5):
            raise InterpotError(f"'{file.path}' does not begin as a classic NetCDF file does: write it anew")
        self.count_type = ">i8" if magic[3] == 5 else ">i4"
        self.offset_type = ">i4" if magic[3] == 1 else ">i8"

    def number(self, dtype: str = "") -> int:
        return int(self.file.numbers(dtype or self.count_type, 1)[0])

    def text(self) -> str:
        return self.padded("S1", self.number()).tobytes().decode(errors="replace")

    def padded(self, dtype: str, count: int) -> NDArray[Any]:
        if not 0 <= count * np.dtype(dtype).itemsize <= self.file.size:
            raise self.damaged()
        values = self.file.numbers(dtype, count)
        self.file.skip(-values.nbytes % 4)
        return values

    def damaged(self) -> InterpotError:
        return InterpotError(f"the header of '{self.file.path}' is no NetCDF header: the file is damaged")

    def listed(self, tag: int) -> int:
        """Length of a list of dimensions (10), variables (11) or attributes (12)."""
        found, length = self.number(">i4"), self.number()
        if not (0 <= length <= _SENSIBLE and (found == tag or (found, length) == (0, 0))):
            raise self.damaged()
        return length

    def indices(self) -> list[int]:
        """Dimensions of a variable."""
        length = self.number()
        if not 0 <= length <= _SENSIBLE:
            raise self.damaged()
        return [self.number() for _ in range(length)]

    def attributes(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in range(self.listed(12)):
            name, kind = self.text(), _TYPES.get(self.number(">i4"))
            if kind is None:
                raise self.damaged()
            values = self.padded(kind, self.number())
            found[name] = values.tobytes().decode(errors="replace").rstrip("\0 ") if kind == "S1" else values
        return found


def read_header(file: BinaryFile) -> Header:
    """Read the header of a file at its beginning; raises `InterpotError` where there is none."""
    reader = _Reader(file)
    counted = reader.number()
    dimensions = [(reader.text(), reader.number()) for _ in range(reader.listed(10))]
    header = Header(counted if counted >= 0 else None, dict(dimensions), reader.attributes())
    for _ in range(reader.listed(11)):
        name = reader.text()
        indices = reader.indices()
        attributes, kind = reader.attributes(), _TYPES.get(reader.number(">i4"))
        reader.number()  # bytes of it, which overflow in large files
        begin = reader.number(reader.offset_type)
        if kind is None or begin < 0 or not all(0 <= k < len(dimensions) for k in indices):
            raise reader.damaged()
        shape = tuple(dimensions[k][1] for k in indices)
        per_frame = bool(shape) and shape[0] == 0  # the dimension that grows has length 0
        header.variables[name] = Variable(kind, shape[per_frame:], per_frame, attributes, begin)
    return header
