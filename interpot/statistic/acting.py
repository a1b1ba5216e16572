"""Pair channels over splines as the species meet them: what compiled loops need to know of channels, in arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from interpot.grid import GridMaker
from interpot.records import FloatArray, IntArray
from interpot.statistic.basis import LogSplines
from interpot.statistic.layout import Layout


class Acting(NamedTuple):
    """Each species with each of its channels, those of the first species first: m of them.

    Attributes
    ----------
    begin : (species + 1,) int64
        First of each species.
    channel, partner : (m,) int64
        Number of the channel, and species of the partners.
    cutoff, knots_per_log : (m,) float64
        Where the lattice is anchored, and 1/spacing.
    intervals, column, start : (m,) int64
        Number of intervals; first column among those that act on the species, and among all.
    stencils : (s, 2) int64
        Of all channels, one after the other, and of the largest cutoff; whole, as `interpot.grid.GridMaker.stencil`
        gives them.
    reach : (channels + 2,) int64
        Where the stencil of each begins, and that of the largest cutoff.
    """

    begin: IntArray
    channel: IntArray
    partner: IntArray
    cutoff: FloatArray
    knots_per_log: FloatArray
    intervals: IntArray
    column: IntArray
    start: IntArray
    stencils: IntArray
    reach: IntArray


def acting(layout: Layout, grid: GridMaker) -> Acting:
    """Tell who meets whom in the box of the last grid; all bases are `LogSplines`."""
    met = [(a, c) for a, members in enumerate(layout.members) for c in members]
    bases, channels = [_lattice(layout, c) for _, c in met], [layout.channels[c] for _, c in met]
    cutoffs = [*(channel.cutoff for channel in layout.channels), grid.cutoff]
    stencils = [grid.stencil(cutoff, False) for cutoff in cutoffs]
    return Acting(
        begin=_whole(np.cumsum([0, *(len(members) for members in layout.members)])),
        channel=_whole([c for _, c in met]),
        partner=_whole([_partner(layout, a, c) for a, c in met]),
        cutoff=np.array([channel.cutoff for channel in channels], dtype=np.float64),
        knots_per_log=np.array([1 / basis.spacing for basis in bases], dtype=np.float64),
        intervals=_whole([basis.intervals for basis in bases]),
        column=_whole([layout.local[a][c] for a, c in met]),
        start=_whole([layout.starts[c] for _, c in met]),
        stencils=np.concatenate(stencils),
        reach=_whole(np.cumsum([0, *(len(stencil) for stencil in stencils)])),
    )


def _whole(numbers: ArrayLike) -> IntArray:
    return np.array(numbers, dtype=np.int64)


def _lattice(layout: Layout, c: int) -> LogSplines:
    basis = layout.bases[c]
    assert isinstance(basis, LogSplines)
    return basis


def _partner(layout: Layout, a: int, c: int) -> int:
    """Index of the species that a channel pairs with species `a`."""
    one, two = (layout.species.index(name) for name in layout.channels[c].species)
    return two if one == a else one
