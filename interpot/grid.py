"""Particles and their periodic images, sorted into bins.

Every image of a particle that can be a neighbour is laid out beside the box, so that a search knows no boundary.
Bins divide the box evenly along its vectors; the images are sorted by species and bin, and the bins that a cutoff
reaches are rows that follow each other in memory: a *stencil* of ranges, made once for a box and good for every
particle. Each pair of images is found once where half a stencil is used, and from both of its ends with a whole
one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

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


def ready(array: NDArray[Any], dtype: type[Any] = np.float64) -> NDArray[Any]:
    """Return an array as the compiled loops want it, which are compiled anew for any other: a copy if need be."""
    return array if array.flags.carray and array.dtype == dtype else np.array(array, dtype=dtype, order="C")


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


class Box(NamedTuple):
    """How a box is divided into bins, and how far a cutoff reaches.

    Attributes
    ----------
    vectors, inverse : (3, 3) float64
        Rows are the vectors of the cell, Å, and the inverse of that matrix.
    repeats : (3,) int64
        Whether an axis is periodic.
    low, span : (3,) float64
        Range of fractional coordinates that the bins cover.
    shape, reach : (3,) int64
        Number of bins within the box, and how many the cutoff reaches beyond one.
    widths : (3,) float64, Å
        Of a bin.
    bins : int
        Number of bins, those for images included.
    rectangular : bool
        Whether the vectors stand upright on each other.
    """

    vectors: FloatArray
    inverse: FloatArray
    repeats: IntArray
    low: FloatArray
    span: FloatArray
    shape: IntArray
    reach: IntArray
    widths: FloatArray
    bins: int
    rectangular: bool


def gridded(frame: Frame, kinds: IntArray, count: int, box: Box, aligned: bool = False) -> Grid:
    """Sort the particles of a frame, of `count` species numbered by `kinds`, in its box; see `sort_images`."""
    order, starts, home, place, x, y, z, owner, first = sort_images(
        ready(frame.positions), ready(frame.cell.origin), ready(kinds, np.int64), count, box, aligned
    )
    return Grid(order, starts, home, place, x, y, z, owner, first, box.bins)


class GridMaker:
    """Makes the grids of frame after frame; what depends only on the box is kept as long as it stays the same.

    Parameters
    ----------
    cutoff
        Å, the largest that will be searched for.
    """

    def __init__(self, cutoff: float) -> None:
        self.cutoff = float(cutoff)
        self._box: Box | None = None
        self._made_for: tuple[object, ...] = ()
        self._stencils: dict[tuple[float, bool], IntArray] = {}

    def __call__(self, frame: Frame, kinds: IntArray, count: int) -> Grid:
        """Sort the particles of a frame, of `count` species numbered by `kinds`.

        Raises
        ------
        InterpotError
            A cell without volume, or a cutoff out of all proportion to it.
        """
        return gridded(frame, kinds, count, self.box(frame))

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

    def box(self, frame: Frame) -> Box:
        """How the box of a frame is divided; from now on the stencils are for it."""
        if self._box is None or not self.fits(frame):
            self._box, self._made_for = _divide(frame, self.cutoff), _traits(frame)
            self._stencils.clear()
        return self._box

    def fits(self, frame: Frame) -> bool:
        """Whether the box of the last grid serves this frame, too: one that is open reaches as far as its particles."""
        return self._box is not None and bool(self._box.repeats.all()) and self._made_for == _traits(frame)


def _traits(frame: Frame) -> tuple[object, ...]:
    """What the division of a box depends on, where all directions are periodic."""
    cell = frame.cell
    return cell.vectors.tobytes(), cell.periodic, frame.dimension, len(frame.positions)


def _divide(frame: Frame, cutoff: float) -> Box:
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
    shape = bins.astype(np.int64)
    return Box(
        vectors, inverse, repeats.astype(np.int64), low, span, shape, reach, extent / bins,
        int((shape + 2 * reach).prod()), rectangular,
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


def _stencil(box: Box, cutoff: float, half: bool) -> IntArray:
    """See `GridMaker.stencil`. Rows whose every point is farther than the cutoff are left out."""
    reach = np.minimum(box.reach, np.ceil(cutoff / box.widths)).astype(np.int64)
    padded = box.shape + 2 * box.reach
    strides = np.array([padded[1] * padded[2], padded[2]])
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
def sort_images(positions, origin, kinds, count, box, aligned):
    """Sort the particles and all their images within reach by species and bin: the arrays of a `Grid`.

    If `aligned`, the particles of a species are ranked as they come instead of by bin, so that a particle has the same
    rank in all frames. Searches then jump about in memory.

    What Python calls returns no `NamedTuple`: numba makes one by calling its class, and is not prepared for Ctrl-C
    there.
    """
    vectors, inverse, repeats, low, span = box.vectors, box.inverse, box.repeats, box.low, box.span
    shape, reach = box.shape, box.reach
    n, inside = len(positions), shape[0] * shape[1] * shape[2]
    wrapped, cell = _wrap(positions, origin, vectors, inverse, repeats, low, span, shape)
    listed, begin = _by_bin(cell, kinds, count, inside)
    starts = begin[::inside].copy()
    order, rank_of = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    next_rank = starts.copy()
    for at in range(n):
        if aligned:
            rank_of[at] = next_rank[kinds[at]]
            next_rank[kinds[at]] += 1
        else:
            rank_of[listed[at]] = at
    points, owner = np.empty((3, n)), np.empty(n, dtype=np.int64)  # by bin, as images are copied
    for at in range(n):
        p = listed[at]
        order[rank_of[p]], owner[at] = p, rank_of[p]
        points[0, at], points[1, at], points[2, at] = wrapped[p]
    inner, shift = _folded(repeats, shape, reach)
    first, home, place = _bounds(begin, owner, count, inner, shift, shape, reach, box.bins)
    images, owners = _images(points, owner, begin, count, inner, shift, vectors, shape, reach, first)
    return order, starts, home, place, images[0], images[1], images[2], owners, first


@numba.njit(cache=True, nogil=True)
def _wrap(positions, origin, vectors, inverse, repeats, low, span, shape):
    """Positions within the box and from its corner, (n, 3), and the bin of each, counted within the box."""
    wrapped, cell = np.empty(positions.shape), np.empty(len(positions), dtype=np.int64)
    scale = shape / span
    for p in range(len(positions)):
        x, y, z = positions[p, 0] - origin[0], positions[p, 1] - origin[1], positions[p, 2] - origin[2]
        wrapped[p, 0], wrapped[p, 1], wrapped[p, 2] = x, y, z
        at = 0
        for d in range(3):
            f = x * inverse[0, d] + y * inverse[1, d] + z * inverse[2, d]
            if repeats[d]:
                boxes = np.floor(f)
                f -= boxes
                if boxes != 0.0:
                    for e in range(3):
                        wrapped[p, e] -= boxes * vectors[d, e]
            at = at * shape[d] + max(min(int((f - low[d]) * scale[d]), shape[d] - 1), 0)
        cell[p] = at
    return wrapped, cell


@numba.njit(cache=True, nogil=True)
def _by_bin(cell, kinds, count, inside):
    """Particles sorted by species and bin, as they come within one, and where those of each bin begin."""
    begin = np.zeros(count * inside + 1, dtype=np.int64)
    for p in range(len(cell)):
        begin[kinds[p] * inside + cell[p] + 1] += 1
    for k in range(count * inside):
        begin[k + 1] += begin[k]
    listed, vacant = np.empty(len(cell), dtype=np.int64), begin.copy()
    for p in range(len(cell)):
        at = kinds[p] * inside + cell[p]
        listed[vacant[at]] = p
        vacant[at] += 1
    return listed, begin


@numba.njit(cache=True, nogil=True)
def _folded(repeats, shape, reach):
    """Per axis and bin, those around the box included: the bin inside whose images it holds, and how far they are.

    The bins divide the box evenly, so that a bin outside is the whole image of one inside; it is -1 where the axis
    is not periodic. Distances are counted in boxes.
    """
    most = (shape + 2 * reach).max()
    inner, shift = np.full((3, most), -1), np.zeros((3, most), dtype=np.int64)
    for d in range(3):
        for k in range(shape[d] + 2 * reach[d]):
            boxes = (k - reach[d]) // shape[d]
            if boxes == 0 or repeats[d]:
                inner[d, k], shift[d, k] = k - reach[d] - boxes * shape[d], boxes
    return inner, shift


@numba.njit(cache=True, nogil=True)
def _bounds(begin, owner, count, inner, shift, shape, reach, bins):
    """First image of each bin, and per rank the bin of the particle and its place among the images."""
    first = np.zeros(count * bins + 1, dtype=np.int64)
    home, place = np.empty(len(owner), dtype=np.int64), np.empty(len(owner), dtype=np.int64)
    padded = shape + 2 * reach
    at = 0
    for k in range(count):
        for a in range(padded[0]):
            for b in range(padded[1]):
                row = ((k * shape[0] + inner[0, a]) * shape[1] + inner[1, b]) * shape[2]
                nobody = inner[0, a] < 0 or inner[1, b] < 0
                for c in range(padded[2]):
                    first[at + 1] = first[at]
                    if not nobody and inner[2, c] >= 0:
                        low, high = begin[row + inner[2, c]], begin[row + inner[2, c] + 1]
                        first[at + 1] += high - low
                        if shift[0, a] == 0 and shift[1, b] == 0 and shift[2, c] == 0:
                            for m in range(low, high):
                                home[owner[m]], place[owner[m]] = at - k * bins, first[at] + m - low
                    at += 1
    return first, home, place


@numba.njit(cache=True, nogil=True)
def _images(points, owner, begin, count, inner, shift, vectors, shape, reach, first):
    """Positions of all images, (3, g + LANES), and whose they are: copied in runs of bins that are shifted alike."""
    padded, total = shape + 2 * reach, first[-1]
    images, owners = np.zeros((3, total + LANES)), np.empty(total, dtype=np.int64)
    for k in range(count):
        for a in range(padded[0]):
            for b in range(padded[1]):
                if inner[0, a] < 0 or inner[1, b] < 0:
                    continue
                row = ((k * shape[0] + inner[0, a]) * shape[1] + inner[1, b]) * shape[2]
                bin_row = ((k * padded[0] + a) * padded[1] + b) * padded[2]
                c = 0
                while c < padded[2]:
                    stop = _end_of_run(inner[2], shift[2], c, padded[2])
                    if inner[2, c] >= 0:
                        low, high = begin[row + inner[2, c]], begin[row + inner[2, stop - 1] + 1]
                        to = first[bin_row + c]
                        for d in range(3):
                            away = shift[0, a] * vectors[0, d] + shift[1, b] * vectors[1, d]
                            away += shift[2, c] * vectors[2, d]
                            for m in range(high - low):
                                images[d, to + m] = points[d, low + m] + away
                        for m in range(high - low):  # a slice costs two seconds of compiling
                            owners[to + m] = owner[low + m]
                    c = stop
    return images, owners


@numba.njit(cache=True, nogil=True)
def _end_of_run(inner, shift, begin, end):
    """Up to which bin those from `begin` on hold images that are shifted alike, or one that holds none."""
    stop = begin + 1
    if inner[begin] >= 0:
        while stop < end and inner[stop] >= 0 and shift[stop] == shift[begin]:
            stop += 1
    return stop
