"""A potential as the expression of one ``CustomNonbondedForce``, in nm and kJ/mol."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement

import sympy
from ase.data import atomic_numbers

from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.codegen import R
from interpot.formula.potential import Potential
from interpot.proof.dialects.lepton import lepton
from interpot.units import ENERGIES, LENGTHS, UnitStyle

OPENMM = UnitStyle(
    "openmm", ENERGIES["kj/mol"], LENGTHS["nm"], 1.0, 1.0, 1.0, 0.00831446261815324, 138.93545764438198,
    16.605390671738467, "kJ/mol", "nm", "ps", "K", "bar",
)  # fmt: skip
"""OpenMM's own units; (kJ/mol)/amu is (nm/ps)² by definition."""

KIND = "interpot_species"
"""Name of the particles' parameter: the number of their species, from 1 in sorted order."""


def native_units(units: UnitStyle) -> UnitStyle:
    """Return OpenMM's units as they stand to those of a run; reduced units are taken for OpenMM's own."""
    return replace(OPENMM, name="lj", energy=1.0, length=1.0) if units.name == "lj" else OPENMM


def native(potential: Potential) -> Potential:
    """Return a potential with every number in OpenMM's units."""
    units = native_units(potential.units)
    return replace(potential, units=units) if units.name == "lj" else potential.to_units(units)


def energy_expression(potential: Potential, shifted: bool = False) -> str:
    """Write the energy of a pair of particles, each with its number of species `KIND`, in Lepton.

    Parameters
    ----------
    potential
        In OpenMM's units, with a formula for every pair.
    shifted
        Whether each function is shifted to 0 at its cutoff, which leaves the forces as they are.

    Raises
    ------
    InterpotError
        A pair of species has no formula, or Lepton cannot express one.
    """
    species = potential.species
    pairs = list(combinations_with_replacement(range(len(species)), 2))
    formulas = [_truncated(potential.channel(species[a], species[b]), shifted) for a, b in pairs]
    if len(pairs) == 1:
        return formulas[0]
    chosen = f"phi{len(pairs)}"
    for number in reversed(range(1, len(pairs))):
        chosen = f"select(delta(pair-{number}), phi{number}, {chosen})"
    # pairs are numbered row by row: with a <= b from 1 to n, those of a begin behind n + (n-1) + ...
    n = len(species)
    lines = [
        chosen,
        f"pair=(first-1)*({2 * n + 2}-first)/2+second-first+1",
        f"first=min({KIND}1, {KIND}2)",
        f"second=max({KIND}1, {KIND}2)",
        *(f"phi{number}={formula}" for number, formula in enumerate(formulas, 1)),
    ]
    return ";\n".join(lines)


def _truncated(channel: ChannelFormula, shifted: bool) -> str:
    """φ(r), and 0 from the cutoff on."""
    formula = channel.numeric
    if shifted:
        formula -= formula.xreplace({R: sympy.Float(channel.cutoff, 17)}).evalf(17)
    return f"select(step(r-{float(channel.cutoff)!r}), 0, {lepton(formula)})"


def is_element(species: str) -> bool:
    """Tell whether a species is named as a chemical element."""
    return bool(atomic_numbers.get(species, 0) > 0)
