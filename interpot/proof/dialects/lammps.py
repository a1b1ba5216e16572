"""``pair_style lepton`` and ``pair_coeff`` lines, which LAMMPS compiles with their derivatives."""

from __future__ import annotations

from itertools import combinations_with_replacement

from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.potential import Potential
from interpot.proof.dialects.lepton import lepton


def commands(potential: Potential) -> tuple[str, ...]:
    """Return the ``pair_style`` and ``pair_coeff`` lines; types count the species in sorted order.

    Without any pair function the particles do not see each other; walls and fields are
    `interpot.proof.dialects.lammps_walls`.

    Raises
    ------
    InterpotError
        A pair of species has no formula, or lepton cannot express one.
    """
    pairs = [c for c in potential.channels if c.kind == "pair"]
    if not pairs:
        return (
            f"pair_style zero {max(float(c.cutoff) for c in potential.channels)!r} nocoeff",
            "pair_coeff * *",
        )
    cutoff = max(c.cutoff for c in pairs)
    types = {name: number for number, name in enumerate(potential.species, 1)}
    lines = [f"pair_style lepton {float(cutoff)}"]
    for first, second in combinations_with_replacement(potential.species, 2):
        lines.append(_coefficients(potential.channel(first, second), types))
    return tuple(lines)


def _coefficients(channel: ChannelFormula, types: dict[str, int]) -> str:
    i, j = (types[name] for name in channel.species)
    return f'pair_coeff {i} {j} "{lepton(channel.numeric)}" {float(channel.cutoff)}'
