"""The temperature of the data, from distances and forces alone.

In equilibrium ⟨|∇U|²⟩ = kT ⟨∇²U⟩. With a pair potential, every pair of particles adds 2 (φ'' + 2 φ'/r) to ∇²U in three
dimensions, and a particle at a plane wall or in a field along an axis φ'' (at a curved wall a little more), so that
the counts of the sampled coordinates are all that is needed besides Σ|F|².

Source: H. H. Rugh, Phys. Rev. Lett. 78, 772 (1997); B. D. Butler et al., J. Chem. Phys. 109, 6519 (1998).
"""

from __future__ import annotations

import numpy as np

from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.potential import Potential
from interpot.statistic.basis import KnotSplines
from interpot.statistic.normal_equations import Statistic

STEP = 1e-6
"""Of the largest distance, half the width of the differences that stand for φ''."""

WORST = 0.3
"""Relative force error of the formula up to which its curvature is worth anything."""


def thermal_energy(statistic: Statistic, potential: Potential) -> float:
    """Estimate kT of the sampled configurations, in the potential's energy unit.

    In two dimensions it is a little too small. NaN where a field acts on several charges, of which
    the counts do not tell where they were, and where the formula is too bad, or its mean curvature not positive:
    then the data are of no liquid, gas or crystal in equilibrium with it.
    """
    told = statistic.provenance.get("thermal energy")  # windows average forces: their squares tell less
    if told is not None:
        return float(told) / potential.units.energy
    mixed = any(len(set(channel.charges)) > 1 for channel in potential.channels)
    if mixed or not potential.loss.formula < WORST:
        return float("nan")
    units, laplacian = potential.units, 0.0
    for formula, basis, seen in zip(potential.channels, statistic.bases, statistic.coverage, strict=True):
        assert isinstance(basis, KnotSplines)
        sampled = np.flatnonzero(seen.counts)
        r = basis.place(sampled + 0.5) / units.length
        slope = derivative(formula.expression, R)
        values = numpy_function(slope, (R, *(p.symbol for p in formula.parameters)))
        constants = [p.value for p in formula.parameters]
        # a difference is as good as the counts, and for damped dispersion a hundred times as fast as φ'' in symbols
        step = STEP * np.abs(r).max()
        curvature = (values(r + step, *constants) - values(r - step, *constants)) / (2 * step)
        if formula.variable == "r" and formula.kind != "wall":
            curvature = curvature + 2 * values(r, *constants) / r
        felt = 2.0 if formula.kind == "pair" else (formula.charges or (1.0,))[0]
        laplacian += felt * float(seen.counts[sampled] @ curvature)
    # without the rows of energies and virials that may have been put beside the forces
    forces = sum(float(part.square.sum()) for part in statistic.blocks.parts if part.species)
    square = forces / units.force**2 * (1 - potential.loss.formula**2)
    return square / laplacian if laplacian > 0 and np.isfinite(laplacian) and square > 0 else float("nan")
