"""Neighbour pairs: particles and their periodic images, sorted into bins.

Every image of a particle that can be a neighbour is laid out beside the box, so that the search knows no boundary.
Bins divide the box evenly along its vectors; the images are sorted by species and bin, and the bins that a cutoff
reaches are rows that follow each other in memory: a *stencil* of ranges, made once for a box and good for every
particle. Each pair of images is found once where half a stencil is used, and from both of its ends with a whole
one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np

from interpot.errors import InterpotError
from interpot.geometry import complete_vectors, heights
from interpot.records import FloatArray, Frame, IntArray

# mypy: disable-error-code="no-untyped-def"

_BINS_PER_CUTOFF = 2
_BINS_PER_PARTICLE = 2  # bins that hold less than a particle on average cost time without sparing any
_ONE_PLACE = 1e-8  # of the cutoff: smaller distances are rounding errors of images of the same place
_MOST_NEIGHBOURS = 20_000  # water has as many within 36 Å; more are a mistake of units
_MOST_IMAGES = 20  # a cutoff beyond is a mistake of units, and would be searched for ever


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Neighbour pairs of one frame, a half list.

    Attributes
    ----------
    i, j : (p,) int64
        Particles.
    r : (p,) float64, Å
        Distance.
    unit : (p, 3) float64
        r̂_ij, from i to j.
    """

    i: IntArray
    j: IntArray
    r: FloatArray
    unit: FloatArray


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
    images : (3, g) float64, Å
        Positions, sorted by species and bin.
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
    images: FloatArray
    owner: IntArray
    first: IntArray
    bins: int


@dataclass(frozen=True, slots=True, eq=False)
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

    @property
    def padded(self) -> IntArray:
        """Number of bins per axis, those for images included."""
        return np.asarray(self.shape + 2 * self.reach)


class GridMaker:
    """Makes the grids of frame after frame; what depends only on the box is kept as long as it stays the same.

    Parameters
    ----------
    cutoff
        Å, the largest that will be searched for.
    """

    def __init__(self, cutoff: float) -> None:
        self.cutoff = float(cutoff)
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
        bins = int(box.padded.prod())
        order, starts, home, place, images, owner, first = _sort(
            frame.positions - frame.cell.origin, kinds, count, box.vectors, box.inverse, box.repeats, box.low,
            box.span, box.shape, box.reach, bins,
        )  # fmt: skip
        return Grid(order, starts, home, place, images, owner, first, bins)

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
    excess = bins.prod() / (_BINS_PER_PARTICLE * len(frame.positions) + 1)
    if excess > 1:  # thin out the finest axes of a dilute system
        bins = np.maximum(np.floor(bins / excess ** (1 / max(int(np.sum(bins > 1)), 1))), 1)
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
def _sort(positions, kinds, count, vectors, inverse, repeats, low, span, shape, reach, bins):
    """Wrap the particles into the box, and sort them and all images within reach by species and bin."""
    n = len(positions)
    wrapped = np.empty((n, 3))
    index = np.empty((n, 3), dtype=np.int64)
    padded = shape + 2 * reach
    homes = np.zeros(count * bins + 1, dtype=np.int64)
    first = np.zeros(count * bins + 1, dtype=np.int64)
    # lowest and highest shift per axis that brings an image within reach
    shifts = np.empty((n, 6), dtype=np.int64)
    for p in range(n):
        for d in range(3):
            wrapped[p, d] = positions[p, d]
        for d in range(3):
            f = (
                positions[p, 0] * inverse[0, d]
                + positions[p, 1] * inverse[1, d]
                + positions[p, 2] * inverse[2, d]
            )
            boxes = np.floor(f) if repeats[d] else 0.0
            f -= boxes
            if boxes != 0.0:
                for e in range(3):
                    wrapped[p, e] -= boxes * vectors[d, e]
            b = max(min(int((f - low[d]) / span[d] * shape[d]), shape[d] - 1), 0)
            index[p, d] = b
            shifts[p, 2 * d] = -((reach[d] + b) // shape[d]) if repeats[d] else 0
            shifts[p, 2 * d + 1] = (shape[d] + reach[d] - 1 - b) // shape[d] if repeats[d] else 0
        offset = kinds[p] * bins + 1
        homes[offset + _flat(index[p], 0, 0, 0, shape, reach, padded)] += 1
        for a in range(shifts[p, 0], shifts[p, 1] + 1):
            for b in range(shifts[p, 2], shifts[p, 3] + 1):
                for c in range(shifts[p, 4], shifts[p, 5] + 1):
                    first[offset + _flat(index[p], a, b, c, shape, reach, padded)] += 1
    for k in range(count * bins):
        homes[k + 1] += homes[k]
        first[k + 1] += first[k]
    starts = homes[::bins].copy()
    order = np.empty(n, dtype=np.int64)
    home = np.empty(n, dtype=np.int64)
    place = np.empty(n, dtype=np.int64)
    images = np.empty((3, first[-1]))
    owner = np.empty(first[-1], dtype=np.int64)
    next_home = homes[:-1].copy()
    next_image = first[:-1].copy()
    for p in range(n):
        offset = kinds[p] * bins
        b0 = _flat(index[p], 0, 0, 0, shape, reach, padded)
        rank = next_home[offset + b0]
        next_home[offset + b0] += 1
        order[rank] = p
        home[rank] = b0
        for a in range(shifts[p, 0], shifts[p, 1] + 1):
            for b in range(shifts[p, 2], shifts[p, 3] + 1):
                for c in range(shifts[p, 4], shifts[p, 5] + 1):
                    k = offset + _flat(index[p], a, b, c, shape, reach, padded)
                    at = next_image[k]
                    next_image[k] += 1
                    if a == 0 and b == 0 and c == 0:
                        place[rank] = at
                    owner[at] = rank
                    for e in range(3):
                        images[e, at] = (
                            wrapped[p, e] + a * vectors[0, e] + b * vectors[1, e] + c * vectors[2, e]
                        )
    return order, starts, home, place, images, owner, first


@numba.njit(cache=True, nogil=True)
def _flat(index, a, b, c, shape, reach, padded):
    """Bin of the image shifted by (a, b, c) boxes."""
    row = (index[0] + a * shape[0] + reach[0]) * padded[1] + index[1] + b * shape[1] + reach[1]
    return row * padded[2] + index[2] + c * shape[2] + reach[2]


@numba.njit(cache=True, nogil=True, inline="always")
def neighbours(images, first, place, base, stencil, half, square_cutoff, found, squares):
    """Images of one species within the cutoff of a particle; returns how many.

    Parameters
    ----------
    images, first
        Of the `Grid`. (Kernels take its arrays out of the tuple once: there, each access counts references.)
    place : int
        Where the particle stands among the images.
    base : int
        Its bin, counted among those of the species that is looked for.
    stencil, half
        As `GridMaker.stencil` gives them.
    found : (g,) int64, out
        The images.
    squares : (g,) float64, out
        Their squared distances.
    """
    x, y, z = images[0, place], images[1, place], images[2, place]
    count = np.uint64(0)  # unsigned places spare the question whether they count from the end
    for s in range(len(stencil)):
        begin = place + 1 if half and s == 0 else first[base + stencil[s, 0]]
        for g in range(np.uint64(begin), np.uint64(first[base + stencil[s, 1] + 1])):
            dx = images[0, g] - x
            dy = images[1, g] - y
            dz = images[2, g] - z
            square = dx * dx + dy * dy + dz * dz
            # written always and counted where it is near: cheaper than a branch that cannot be foreseen
            found[count] = g
            squares[count] = square
            count += np.uint64(square < square_cutoff)
    return np.int64(count)


@numba.njit(cache=True, nogil=True)
def _list(grid, stencil, cutoff, found, squares, ij, r, unit):
    """Store all pairs of a grid of one species; return their number, stored or not."""
    images, first, owner, home, places, order = (
        grid.images,
        grid.first,
        grid.owner,
        grid.home,
        grid.place,
        grid.order,
    )
    total = 0
    for rank in range(len(order)):
        place = places[rank]
        count = neighbours(images, first, place, home[rank], stencil, True, cutoff * cutoff, found, squares)
        if total + count <= r.size:
            for h in range(count):
                at, g = total + h, found[h]
                distance = np.sqrt(squares[h])
                inverse = 1.0 / distance if distance > 0.0 else 0.0
                ij[0, at] = order[rank]
                ij[1, at] = order[owner[g]]
                r[at] = distance
                for d in range(3):
                    unit[at, d] = (images[d, g] - images[d, place]) * inverse
        total += count
    return total


class PairSearch:
    """Finds neighbour pairs frame after frame, reusing its memory.

    Parameters
    ----------
    cutoff
        Å; pairs with r < cutoff are found.
    """

    def __init__(self, cutoff: float) -> None:
        self.cutoff = float(cutoff)
        self._grid = GridMaker(cutoff)
        self._resize(1024)

    def _resize(self, capacity: int) -> None:
        self._ij = np.empty((2, capacity), dtype=np.int64)
        self._r = np.empty(capacity)
        self._unit = np.empty((capacity, 3))

    def __call__(self, frame: Frame) -> Pairs:
        """Pairs of one frame; the arrays are views that the next call overwrites.

        Raises
        ------
        InterpotError
            Two particles in one place, or a cell without volume.
        """
        grid = self._grid(frame, np.zeros(len(frame.positions), dtype=np.int64), 1)
        found, squares = np.empty(len(grid.owner) + 1, dtype=np.int64), np.empty(len(grid.owner) + 1)
        for _ in range(2):
            count = _list(
                grid, self._grid.stencil(self.cutoff, True), self.cutoff, found, squares, self._ij, self._r, self._unit
            )  # fmt: skip
            if count <= self._r.size:
                break
            self._resize(count + count // 8)  # the kernel counts on when the memory is full
        pairs = Pairs(self._ij[0, :count], self._ij[1, :count], self._r[:count], self._unit[:count])
        _check_overlap(frame, pairs, self.cutoff)
        return pairs


def pairs(frame: Frame, cutoff: float) -> Pairs:
    """Neighbour pairs of one frame, for occasional use; see `PairSearch`."""
    return PairSearch(cutoff)(frame)


def _check_overlap(frame: Frame, pairs: Pairs, cutoff: float) -> None:
    if pairs.r.size == 0 or pairs.r.min() > _ONE_PLACE * cutoff:
        return
    p = int(pairs.r.argmin())
    ids = np.arange(1, len(frame.positions) + 1) if frame.ids is None else frame.ids
    a, b = sorted((int(ids[pairs.i[p]]), int(ids[pairs.j[p]])))
    raise InterpotError(
        f"atoms {a} and {b} of frame {frame.index} of '{frame.source}' are in one place, where no force is defined: "
        "remove one of them or leave the frame out with --frames"
    )
