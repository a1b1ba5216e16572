"""Powers of the places of pairs in their knot intervals, summed over a frame: of them energies and virials are made."""

from __future__ import annotations

import numba
import numpy as np

from interpot.neighbours import neighbours

# mypy: disable-error-code="no-untyped-def"


@numba.njit(cache=True, nogil=True)
def sum_powers(
    grid, low, high, dimension, other, same, stencil, lattice, found, energies, virials, ends, extremes
):  # fmt: skip
    """Sum the powers of t over all pairs of one channel.

    Every pair of one species is met from both of its ends, and counts half each time; a particle and its own image,
    which feel no force, are such a pair.

    Parameters
    ----------
    grid, dimension, other, stencil, lattice, found
        As in `interpot.statistic.kernels.pair_rows.add_pair_rows`.
    same
        Whether the partners are of the channel's first species, too.
    low, high
        Ranks of the channel's first species, all of them.
    energies : (intervals, 6) float64, in and out
        Σ t^p.
    virials : (6, intervals, 5) float64, in and out
        Σ x_a x_b / (spacing r²) t^p, because -dB/dr x_a x_b / r is that times dB/du.
    ends : (intervals,) int64, in and out
        Ends of pairs of particles with their own images: those of other pairs are counted with the forces.
    extremes : (2,) float64, in and out
        Smallest and largest squared distance. Pairs closer than the lattice reaches are left out of all else.
    """
    x, y, z, first = grid.x, grid.y, grid.z, grid.first
    owner, home, places = grid.owner, grid.home, grid.place
    knots_per_log, square_cutoff, bins = (
        lattice.knots_per_log,
        lattice.cutoff * lattice.cutoff,
        other * grid.bins,
    )
    nearest, farthest = extremes[0], extremes[1]
    share = 0.5 if same else 1.0
    for rank in range(low, high):
        place = places[rank]
        base = bins + home[rank]
        near = neighbours(x, y, z, first, place, base, stencil, False, square_cutoff, found)
        for h in range(np.uint64(near)):
            g = found[h]
            if g == place:
                continue
            dx, dy, dz = x[g] - x[place], y[g] - y[place], z[g] - z[place]
            square = dx * dx + dy * dy + dz * dz
            nearest, farthest = min(nearest, square), max(farthest, square)
            if square == 0.0:
                continue
            inverse = 1.0 / square
            u = max(0.5 * knots_per_log * np.log(square_cutoff * inverse), 0.0)
            interval = int(u)
            if interval >= lattice.intervals:
                continue
            t = u - interval
            if dimension == 2:
                dz = 0.0
            ends[interval] += owner[g] == rank
            power, scale = share, share * knots_per_log * inverse
            for p in range(6):
                energies[interval, p] += power
                power *= t
            power = scale
            for p in range(5):
                virials[0, interval, p] += power * dx * dx
                virials[1, interval, p] += power * dy * dy
                virials[2, interval, p] += power * dz * dz
                virials[3, interval, p] += power * dy * dz
                virials[4, interval, p] += power * dx * dz
                virials[5, interval, p] += power * dx * dy
                power *= t
    extremes[0], extremes[1] = nearest, farthest
