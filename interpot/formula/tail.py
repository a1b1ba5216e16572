"""Whether what is left of the forces may be what pairs beyond the cutoff make: the reference may go on there.

What is missed of it is no function of the sampled distances, but bends those that are found, and excludes the true
form. If the forces of the pairs beyond the cutoff r_c add up as independent ones,

    Σ|ΔF|² = 2 ∫ φ'(r)² n(r) dr,      n(r) = n(r_c) (r/r_c)²      from r_c on,

with n pairs per length, as both particles of a pair feel it. In liquids they cancel in part: it is a size, no estimate.
"""

from __future__ import annotations

import numpy as np

from interpot.formula.adequacy import NOTABLE, ROUNDING, Adequacy, percent
from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.outside import Finding
from interpot.formula.potential import Potential
from interpot.statistic.basis import KnotSplines
from interpot.statistic.normal_equations import Statistic

FARTHEST = 3.0
"""Cutoffs up to which pairs are counted."""

ALIKE = 8.0
"""Ratio of two sizes up to which one may be the other."""


def missed_tail(statistic: Statistic, potential: Potential) -> float:
    """Relative force error that pairs beyond the cutoffs would make if all formulas of pairs that decay went on.

    0 where nothing is known of forces.
    """
    units, square = potential.units, 0.0
    for formula, basis, seen in zip(potential.channels, statistic.bases, statistic.coverage, strict=True):
        # one that does not decay means nothing beyond its cutoff
        if formula.kind != "pair" or formula.zero == "cutoff" or not seen.counts[0]:
            continue
        assert isinstance(basis, KnotSplines)
        cutoff = formula.cutoff
        slope = numpy_function(
            derivative(formula.expression, R), (R, *(p.symbol for p in formula.parameters))
        )
        r = np.linspace(cutoff, FARTHEST * cutoff, 801)
        force = slope(r, *(p.value for p in formula.parameters)) * units.force
        width = float(basis.place(np.zeros(1))[0] - basis.place(np.ones(1))[0]) / units.length
        pairs = seen.counts[0] / width * (r / cutoff) ** 2
        with np.errstate(over="ignore"):  # close to a pole
            square += 2 * float(np.nansum(force**2 * pairs)) * float(r[1] - r[0])
    # without the rows of energies and virials that may have been put beside the forces
    forces = sum(float(part.square.sum()) for part in statistic.blocks.parts if part.species)
    return float(np.sqrt(square / forces)) if forces > 0 else 0.0


def cut_too_short(statistic: Statistic, potential: Potential, split: Adequacy) -> tuple[Finding, ...]:
    """Say so where what is left, and cannot be noise alone, is about as large as the missed tail."""
    physics, left = split.missing_physics, 0.0
    if physics is not None and physics.significant:
        left = physics.value
    elif split.net < ROUNDING:  # no noise, if nothing was removed
        left = split.unexplained.value
    tail = missed_tail(statistic, potential) if left > NOTABLE else 0.0
    if not left / ALIKE < tail < left * ALIKE or not left > NOTABLE:
        return ()
    pairs = (c for c in potential.channels if c.kind == "pair" and c.zero != "cutoff")
    longest = max(pairs, key=lambda c: c.cutoff)
    cutoff = f"{longest.cutoff:g} {potential.units.length_unit}"
    words = (
        f"{longest.label}: pairs beyond the cutoff of {cutoff} would make about {percent(tail)} of the force if the "
        f"formula went on, and {percent(left)} is left: if the reference reaches farther, give its own cutoff, for "
        "this error bends the functions that are found"
    )
    return (Finding(longest.label, True, longest.cutoff, words),)
