"""Diffusion coefficients, from the slope of the mean-square displacement: <|Δq|²> = 2 d D t at long times.

Sources: A. Einstein, Ann. Phys. 322, 549 (1905); I.-C. Yeh and G. Hummer, J. Phys. Chem. B 108, 15873 (2004);
S. A. Khrapak, J. Phys. Chem. B 128, 287 (2024).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.polynomial import polyfit

from interpot.errors import InterpotError
from interpot.proof.observables.blocks import block_average, mean_value
from interpot.proof.observables.displacement import block_curves, lag_grid, longest, shared_time
from interpot.proof.observables.recorded import Measured, Quantity, Recorded, in_style, or_missing
from interpot.records import FloatArray

_FROM = 0.4  # of the longest time: before that, motion still remembers its velocity
_DIFFUSIVE = (0.8, 1.2)  # d log MSD/d log t of what may be called diffusion
_FEWEST = 4  # points of a straight line


def measure(run: Recorded) -> Iterator[Measured]:
    """D of each species."""
    style = run.units
    names = run.species
    unit = f"{style.length_unit}^2/{style.time_unit}"
    quantities = [Quantity(f"diffusion coefficient {name}", unit) for name in names]

    def measured() -> Iterator[Measured]:
        for quantity, name in zip(quantities, names, strict=True):
            line = species_line(run, name)
            curve = in_style(mean_value(line.slopes, len(line.slopes)), 1.0, style.length**2 / style.time)
            remark = finite_size(run)
            if not _DIFFUSIVE[0] < line.exponent < _DIFFUSIVE[1]:
                remark = f"not diffusive: the displacement grows as t^{line.exponent:.2f}"
            scale = line.farthest / (style.length**2 / style.time)
            yield Measured(quantity, curve, len(run.paths), remark, scale, shared_time(run))

    yield from or_missing(quantities, measured)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The late part of a species' mean-square displacement.

    Attributes
    ----------
    slopes : (b,) float64
        D in each block, Å² per internal time.
    exponent
        d log MSD/d log t: 1 of diffusion, 2 of free flight, 0 of particles that stay in their places.
    farthest
        MSD/(2 d t) at the longest time: D, were the particles free; of a solid it is how small D can be told.
    """

    slopes: FloatArray
    exponent: float
    farthest: float


def species_line(run: Recorded, species: str) -> Line:
    """Fit straight lines to the displacements of a species.

    Raises
    ------
    InterpotError
        The particles cannot be followed, or the blocks are too short for a straight line.
    """
    paths, freedoms = run.paths, 2 * run.first.dimension
    mine = np.flatnonzero(paths.kinds == paths.species.index(species))
    lags = late_lags(run)
    curves = block_curves(paths.positions[:, mine], lags, paths.blocks, np.full(len(mine), 1 / len(mine)))
    mean, _ = block_average(curves, paths.blocks)
    time = np.asarray(lags * paths.spacing(), dtype=np.float64)
    exponent = polyfit(np.log(time), np.log(mean), 1)[1] if (mean > 0).all() else 0.0
    return Line(
        np.asarray(polyfit(time, curves.T, 1)[1] / freedoms),
        float(exponent),
        float(mean[-1] / (freedoms * time[-1])),
    )


def late_lags(run: Recorded) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the lags at which a straight line is fitted; raises `InterpotError` where they are too few."""
    lags = lag_grid(longest(run))
    lags = lags[(lags >= _FROM * longest(run)) & (lags < run.paths.block_length)]
    if len(lags) < _FEWEST:
        raise InterpotError(
            f"{len(run.paths)} frames give no straight line of displacement against time: record more"
        )
    return lags


def finite_size(run: Recorded) -> str:
    """Say how much a periodic box slows diffusion, as far as that can be known.

    D(∞) = D + ξ kT/(6π η L), ξ = 2.837297 in a cube, needs the shear viscosity η. In dense fluids of one species
    η D is nearly kT ρ^{1/3}/(6π) · 3.0, which makes the correction about D N^{-1/3} whatever the substance.
    """
    if not run.periodic:
        return ""
    if run.first.dimension == 2:
        return "in two dimensions it grows with the logarithm of the box; both runs share the box"
    share = float(100 / np.cbrt(run.particles))
    return (
        f"finite size: an infinite box adds 2.837 kT/(6πηL), with the viscosity η unknown; in dense "
        f"fluids about {share:.2g} %, in both runs"
    )
