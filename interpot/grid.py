"""Particles and their periodic images, sorted into bins.

Every image of a particle that can be a neighbour is laid out beside the box, so that a search knows no boundary.
Bins divide the box evenly along its vectors; the images are sorted by species and bin, and the bins that a cutoff
reaches are rows that follow each other in memory: a *stencil* of ranges, made once for a box and good for every
particle. Each pair of images is found once where half a stencil is used, and from both of its ends with a whole
one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numba
import numpy as np

from interpot.errors import InterpotError
from interpot.geometry import complete_vectors, heights
from interpot.lanes import LANES
from interpot.records import FloatArray, Frame, IntArray

# mypy: disable-error-code="no-untyped-def"

_BINS_PER_CUTOFF = np.array(
    [1, 1, 4]
)  # few rows of many candidates suit vectors, and short bins trim their ends
_BINS_PER_PARTICLE = 2  # bins that hold less than a particle on average cost time without sparing any
_MOST_NEIGHBOURS = 20_000  # water has as many within 36 Å; more are a mistake of units
_MOST_IMAGES = 20  # a cutoff beyond is a mistake of units, and would be searched for ever


class Grid(NamedTuple):
    """Particles of one frame, ranked by species and bin, and their images; what the compiled searches work on.

    Attributes
    ----------
    order : (n,) int64
        Particle of each rank.
    starts : (kinds + 1,) int64
        First rank of each species.
    home : (n,) int64
        Bin of the particle of each rank.
    place : (n,) int64
        Where it stands among the images, of which it is one.
    x, y, z : (g + 8,) float64, Å
        Positions of the images, sorted by species and bin; the last eight are there to be read past the end.
    owner : (g,) int64
        Rank of the particle whose image it is.
    first : (kinds * bins + 1,) int64
        First image of each bin; those of species k begin at k * bins.
    bins : int
        Number of bins.
    """

    order: IntArray
    starts: IntArray
    home: IntArray
    place: IntArray
    x: FloatArray
    y: FloatArray
    z: FloatArray
    owner: IntArray
    first: IntArray
    bins: int


@dataclass(frozen=True, eq=False)
class _Box:
    """How a box is divided into bins, and how far a cutoff reaches.

    `low` and `span` are the range of fractional coordinates that the bins cover.
    """

    vectors: FloatArray
    inverse: FloatArray
    repeats: IntArray
    low: FloatArray
    span: FloatArray
    shape: IntArray
    reach: IntArray
    widths: FloatArray
    rectangular: bool

    @cached_property
    def padded(self) -> IntArray:
        """Number of bins per axis, those for images included."""
        return np.asarray(self.shape + 2 * self.reach)

    @cached_property
    def bins(self) -> int:
        """Number of bins, those for images included."""
        return int(self.padded.prod())


class GridMaker:
    """Makes the grids of frame after frame; what depends only on the box is kept as long as it stays the same.

    Parameters
    ----------
    cutoff
        Å, the largest that will be searched for.
    aligned
        Rank the particles of a species as they come instead of by bin, so that a particle has the same rank in all
        frames. Searches then jump about in memory.
    """

    def __init__(self, cutoff: float, aligned: bool = False) -> None:
        self.cutoff, self._aligned = float(cutoff), aligned
        self._box: _Box | None = None
        self._made_for: tuple[object, ...] = ()
        self._stencils: dict[tuple[float, bool], IntArray] = {}

    def __call__(self, frame: Frame, kinds: IntArray, count: int) -> Grid:
        """Sort the particles of a frame, of `count` species numbered by `kinds`.

        Raises
        ------
        InterpotError
            A cell without volume, or a cutoff out of all proportion to it.
        """
        box = self._settled(frame)
        order, starts, home, place, images, owner, first = _sort(
            frame.positions - frame.cell.origin, kinds, count, box.vectors, box.inverse, box.repeats, box.low,
            box.span, box.shape, box.reach, box.bins, self._aligned,
        )  # fmt: skip
        x, y, z = images
        return Grid(order, starts, home, place, x, y, z, owner, first, box.bins)

    def stencil(self, cutoff: float, half: bool) -> IntArray:
        """Ranges of bins, relative to a particle's own, that a cutoff reaches in the box of the last grid.

        Returns
        -------
        (s, 2) int64
            First and last bin of each row. A half stencil begins with the particle's own row, from its own bin on.
        """
        key = (cutoff, half)
        if key not in self._stencils:
            assert self._box is not None
            self._stencils[key] = _stencil(self._box, cutoff, half)
        return self._stencils[key]

    def _settled(self, frame: Frame) -> _Box:
        cell = frame.cell
        made_for = (cell.vectors.tobytes(), cell.periodic, frame.dimension, len(frame.positions))
        if self._box is None or made_for != self._made_for or not self._box.repeats.all():
            self._box, self._made_for = _divide(frame, self.cutoff), made_for
            self._stencils.clear()
        return self._box


def _divide(frame: Frame, cutoff: float) -> _Box:
    """Divide a box into bins no narrower than a part of the cutoff."""
    vectors = complete_vectors(frame.cell)
    inverse = np.asarray(np.linalg.inv(vectors), dtype=np.float64)
    repeats = np.array(frame.cell.periodic)
    if frame.dimension == 2:
        repeats[2] = False
    low, span = np.zeros(3), np.ones(3)
    if not repeats.all() and len(frame.positions):
        fractional = (frame.positions - frame.cell.origin) @ inverse
        low = np.where(repeats, 0.0, fractional.min(axis=0))
        span = np.where(repeats, 1.0, np.maximum(fractional.max(axis=0) - low, 1e-12))
    extent = heights(vectors) * span
    _check_proportions(frame, cutoff, extent, repeats, float(abs(np.linalg.det(vectors))))
    bins = np.maximum(np.floor(_BINS_PER_CUTOFF * extent / cutoff), 1)
    while bins.prod() > _BINS_PER_PARTICLE * len(frame.positions) + 1:
        shortest = np.argmin(np.where(bins > 1, extent / bins, np.inf))
        bins[shortest] = np.floor(0.75 * bins[shortest])
    reach = np.ceil(cutoff * bins / extent)
    reach = np.where(repeats, reach, np.minimum(reach, bins - 1)).astype(np.int64)
    unit = vectors / np.linalg.norm(vectors, axis=1)[:, None]
    rectangular = bool(np.abs(unit @ unit.T - np.eye(3)).max() < 1e-12)
    return _Box(
        vectors, inverse, repeats.astype(np.int64), low, span, bins.astype(np.int64), reach, extent / bins, rectangular
    )  # fmt: skip


def _check_proportions(
    frame: Frame, cutoff: float, extent: FloatArray, repeats: np.typing.NDArray[np.bool_], volume: float
) -> None:
    if np.any(repeats & (cutoff > _MOST_IMAGES * extent)):
        raise InterpotError(
            f"a cutoff of {cutoff:g} Å reaches over more than {_MOST_IMAGES} images of the box of {frame.source} frame "
            f"{frame.index}, which is {extent[repeats].min():g} Å wide: give a smaller one, in the unit of the data"
        )
    neighbours = 4 / 3 * np.pi * cutoff**3 * len(frame.positions) / volume
    if repeats.all() and neighbours > _MOST_NEIGHBOURS:
        raise InterpotError(
            f"within a cutoff of {cutoff:g} Å each atom of {frame.source} frame {frame.index} has about "
            f"{neighbours:,.0f} neighbours: give a smaller one, in the length unit of the data"
        )


def _stencil(box: _Box, cutoff: float, half: bool) -> IntArray:
    """See `GridMaker.stencil`. Rows whose every point is farther than the cutoff are left out."""
    reach = np.minimum(box.reach, np.ceil(cutoff / box.widths)).astype(np.int64)
    strides = np.array([box.padded[1] * box.padded[2], box.padded[2]])
    rows = []
    for a in range(0 if half else -reach[0], reach[0] + 1):
        for b in range(0 if half and a == 0 else -reach[1], reach[1] + 1):
            along = int(reach[2])
            gaps = np.maximum(np.abs([a, b]) - 1, 0) * box.widths[:2]
            if box.rectangular:
                left = cutoff**2 - gaps @ gaps
                if left <= 0:
                    continue
                along = min(along, int(np.ceil(np.sqrt(left) / box.widths[2] + 1e-9)))
            centre = int(np.array([a, b]) @ strides)
            rows.append((centre if half and a == b == 0 else centre - along, centre + along))
    return np.array(rows, dtype=np.int64)


@numba.njit(cache=True, nogil=True)
def _sort(positions, kinds, count, vectors, inverse, repeats, low, span, shape, reach, bins, aligned):
    """Sort the particles and all their images within reach by species and bin: the arrays of a `Grid`."""
    wrapped, index, shifts, total = _wrap(positions, vectors, inverse, repeats, low, span, shape, reach)
    points, owner, bin_of, itself = _images(wrapped, index, shifts, total, vectors, shape, reach)
    n, rank_of = len(positions), np.empty(len(positions), dtype=np.int64)
    homes, first = np.zeros(count * bins + 1, dtype=np.int64), np.zeros(count * bins + 1, dtype=np.int64)
    for m in range(total):
        bin_of[m] += kinds[owner[m]] * bins
        first[bin_of[m] + 1] += 1
    for p in range(n):
        homes[bin_of[itself[p]] + 1] += 1
    for k in range(count * bins):
        homes[k + 1] += homes[k]
        first[k + 1] += first[k]
    starts = homes[::bins].copy()
    order, home, place = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    next_rank = starts.copy()
    for p in range(n):
        own = bin_of[itself[p]]
        if aligned:
            rank = next_rank[kinds[p]]
            next_rank[kinds[p]] += 1
        else:
            rank = homes[own]
            homes[own] += 1
        rank_of[p] = rank
        order[rank], home[rank] = p, own - kinds[p] * bins
    sorted_points, sorted_owner = np.zeros((3, total + LANES)), np.empty(total, dtype=np.int64)
    vacant = first[:-1].copy()
    for m in range(total):
        at, rank = vacant[bin_of[m]], rank_of[owner[m]]
        vacant[bin_of[m]] += 1
        sorted_owner[at] = rank
        for d in range(3):
            sorted_points[d, at] = points[m, d]
        if m == itself[owner[m]]:
            place[rank] = at
    return order, starts, home, place, sorted_points, sorted_owner, first


@numba.njit(cache=True, nogil=True)
def _wrap(positions, vectors, inverse, repeats, low, span, shape, reach):
    """Positions within the box, the bin of each along the vectors, and the images that are within reach.

    These are given by the lowest and highest shift per axis, (n, 6), and by their number.
    """
    n, total = len(positions), 0
    wrapped, index = np.empty((n, 3)), np.empty((n, 3), dtype=np.int64)
    shifts = np.zeros((n, 6), dtype=np.int64)
    for p in range(n):
        x, y, z = positions[p]
        wrapped[p, 0], wrapped[p, 1], wrapped[p, 2] = x, y, z
        images = 1
        for d in range(3):
            f = x * inverse[0, d] + y * inverse[1, d] + z * inverse[2, d]
            if repeats[d]:
                boxes = np.floor(f)
                f -= boxes
                for e in range(3):
                    wrapped[p, e] -= boxes * vectors[d, e]
            b = max(min(int((f - low[d]) / span[d] * shape[d]), shape[d] - 1), 0)
            index[p, d] = b
            if repeats[d]:
                shifts[p, 2 * d] = -((reach[d] + b) // shape[d])
                shifts[p, 2 * d + 1] = (shape[d] + reach[d] - 1 - b) // shape[d]
                images *= shifts[p, 2 * d + 1] - shifts[p, 2 * d] + 1
        total += images
    return wrapped, index, shifts, total


@numba.njit(cache=True, nogil=True)
def _images(wrapped, index, shifts, total, vectors, shape, reach):
    """Positions of all images, whose they are, the bins that they are in, and which of them are the particles."""
    points, itself = np.empty((total, 3)), np.empty(len(wrapped), dtype=np.int64)
    owner, bin_of = np.empty(total, dtype=np.int64), np.empty(total, dtype=np.int64)
    padded, m = shape + 2 * reach, 0
    for p in range(len(wrapped)):
        for a in range(shifts[p, 0], shifts[p, 1] + 1):
            row_a = (index[p, 0] + a * shape[0] + reach[0]) * padded[1]
            for b in range(shifts[p, 2], shifts[p, 3] + 1):
                row = (row_a + index[p, 1] + b * shape[1] + reach[1]) * padded[2] + index[p, 2] + reach[2]
                for c in range(shifts[p, 4], shifts[p, 5] + 1):
                    for e in range(3):
                        points[m, e] = (
                            wrapped[p, e] + a * vectors[0, e] + b * vectors[1, e] + c * vectors[2, e]
                        )
                    owner[m], bin_of[m] = p, row + c * shape[2]
                    if a == 0 and b == 0 and c == 0:
                        itself[p] = m
                    m += 1
    return points, owner, bin_of, itself
