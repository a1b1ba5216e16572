"""Static structure factors.

    S(k) = <|ρ(k)|²>/N,    S_ab(k) = Re <ρ_a(k) ρ_b(k)*>/√(N_a N_b),    ρ(k) = Σ_j exp(-i k·r_j)

over wave vectors k of the cell's reciprocal lattice, averaged over their directions; the partial ones are Ashcroft
and Langreth's, 1 (a = b) or 0 for independent particles.

Source: N. W. Ashcroft and D. C. Langreth, Phys. Rev. 156, 685 (1967). freud computes the total one from single
precision positions of three-dimensional boxes, and averages over one octant of wave vectors only, which is no average
over directions in a sheared box or a crystal; the tests compare with it in that octant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from interpot.comparison import Curve
from interpot.geometry import complete_vectors
from interpot.proof.observables.blocks import block_average
from interpot.proof.observables.radial import volume
from interpot.proof.observables.recorded import Measured, Quantity, Recorded, in_style, thinned
from interpot.records import FloatArray, Frame, IntArray

_BINS = 60
_PER_BIN = (6, 100)  # wave vectors, at least and at most: more tell little that the frames do not
_PHASES = 500_000  # particles times wave vectors of one frame, between these limits
_WORK = 100_000_000  # and times frames, of which at least 32 are taken
_FRAMES = 32
_PEAKS = 4.0  # k reaches to so many times 2π/(V/N)^(1/d), about the place of the first peak
_CHUNK = 2048  # particles whose phases are in memory at a time

ComplexArray = NDArray[np.complex128]


def measure(run: Recorded) -> Iterator[Measured]:
    """Total S(k), and the partial ones of a mixture."""
    style = run.units
    pairs = [(-1, -1)]
    if len(run.species) > 1:
        pairs += list(combinations_with_replacement(np.unique(run.first.kinds).tolist(), 2))
    names = run.first.species
    quantities = [
        Quantity(
            "S(k)" if a < 0 else f"S(k) {names[a]}-{names[b]}", "1", "k", f"1/{style.length_unit}", many=True
        )
        for a, b in pairs
    ]
    if not run.periodic:
        yield from (q.missing("wave vectors need a box that repeats in every direction") for q in quantities)
        return
    miller, bins = wave_vectors(run.first)
    count = max(_FRAMES, _WORK // (len(miller) * run.particles))
    frames = thinned(run.frames, count)
    for quantity, curve in zip(quantities, structure_factors(frames, miller, bins, pairs), strict=True):
        yield Measured(quantity, in_style(curve, 1 / style.length, 1.0), len(frames), scale=1.0)


def wave_vectors(frame: Frame) -> tuple[IntArray, IntArray]:
    """Choose wave vectors of a cell: their Miller indices (w, 3) and the bins of |k| they belong to, (w,).

    One of each pair ±k; up to 100 in each bin, fewer of a large system, spread over the directions. The choice
    depends on the shape of the cell, neither on its orientation nor on the particles' places.
    """
    d = frame.dimension
    reciprocal = _reciprocal(frame)
    spacing = (volume(frame) / len(frame.kinds)) ** (1 / d)
    shortest = np.linalg.norm(reciprocal, axis=1).min()
    longest = max(_PEAKS * 2 * np.pi / spacing, 2 * shortest)
    reach = np.floor(longest * np.linalg.norm(complete_vectors(frame.cell), axis=1) / (2 * np.pi) + 1e-9)
    reach = np.minimum(reach.astype(np.int64), 40) * (
        np.arange(3) < d
    )  # 40: millions of vectors tell no more
    axes = [np.arange(-m, m + 1) for m in reach]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    grid = grid[len(grid) // 2 + 1 :]  # in this order the first half are the negatives of the second
    length = np.linalg.norm(grid[:, :d] @ reciprocal, axis=1)
    width = max(longest / _BINS, shortest / 2)
    index = np.floor(length / width * (1 + 1e-9)).astype(np.int64)
    most = int(np.clip(_PHASES // (_BINS * len(frame.kinds)), *_PER_BIN))
    chosen: list[IntArray] = []
    for b in range(round(longest / width)):
        inside = np.flatnonzero(index == b)
        chosen.append(inside[np.linspace(0, len(inside) - 1, min(len(inside), most)).astype(np.int64)])
    kept = np.concatenate(chosen)
    return grid[kept], index[kept]


def structure_factors(
    frames: Sequence[Frame], miller: IntArray, bins: IntArray, pairs: list[tuple[int, int]]
) -> list[Curve]:
    """S(k) of pairs of kinds, (-1, -1) being all particles; x is the mean |k| of a bin at the start, 1/Å."""
    present, counts = np.unique(bins, return_counts=True)
    group = np.searchsorted(present, bins)
    series: list[list[FloatArray]] = [[] for _ in pairs]
    for frame in frames:
        densities = _densities(frame, miller)
        numbers = np.bincount(frame.kinds, minlength=len(frame.species))
        for place, (a, b) in enumerate(pairs):
            if a < 0:
                value = np.abs(densities.sum(axis=0)) ** 2 / len(frame.kinds)
            else:
                value = (densities[a] * densities[b].conj()).real / np.sqrt(numbers[a] * numbers[b])
            series[place].append(np.bincount(group, value) / counts)
    lengths = np.linalg.norm(miller[:, : frames[0].dimension] @ _reciprocal(frames[0]), axis=1)
    x = np.bincount(group, lengths) / counts
    return [Curve(x, *block_average(np.stack(values))) for values in series]


def _reciprocal(frame: Frame) -> FloatArray:
    """Rows are the reciprocal vectors, 1/Å, with the factor 2π."""
    return np.asarray(2 * np.pi * np.linalg.inv(complete_vectors(frame.cell)).T[: frame.dimension])


def _densities(frame: Frame, miller: IntArray) -> ComplexArray:
    """Return ρ of each kind at each wave vector, (kinds, w).

    The phases of a particle are products of powers of exp(-2πi s) along each axis, s its fractional coordinates:
    few exponentials instead of one for each wave vector.
    """
    fractional = frame.positions @ np.linalg.inv(complete_vectors(frame.cell))
    rho = np.zeros((len(frame.species), len(miller)), dtype=np.complex128)
    for start in range(0, len(fractional), _CHUNK):
        piece = slice(start, start + _CHUNK)
        phases = np.ones((len(fractional[piece]), len(miller)), dtype=np.complex128)
        for axis in range(frame.dimension):
            reach = int(np.abs(miller[:, axis]).max(initial=0))
            powers = np.exp(-2j * np.pi * np.outer(fractional[piece, axis], np.arange(-reach, reach + 1)))
            phases *= powers[:, miller[:, axis] + reach]
        for kind in np.unique(frame.kinds[piece]):
            rho[kind] += phases[frame.kinds[piece] == kind].sum(axis=0)
    return rho
