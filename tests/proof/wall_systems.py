"""Walls, fields and gases between them that the tests of the proof share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import sympy
from proof_systems import lennard_jones, potential

from interpot.formula.channel_formula import ChannelFormula, Parameter
from interpot.formula.codegen import R
from interpot.formula.potential import Potential
from interpot.records import Cell, Frame, Surface

# LAMMPS's wall style → its arguments behind the position, cutoff last, and the same formula
WALLS = {
    "wall/lj93": ("0.01 3.2 8.0", "0.01*(2/15*(3.2/r)**9 - (3.2/r)**3)", 8.0),
    "wall/lj126": ("0.02 3.0 7.5", "4*0.02*((3/r)**12 - (3/r)**6)", 7.5),
    "wall/lj1043": (
        "0.015 3.0 9.0",
        "2*pi*0.015*(2/5*(3/r)**10 - (3/r)**4 - sqrt(2)*27/(3*(r + 0.61/sqrt(2)*3)**3))",
        9.0,
    ),
    "wall/harmonic": ("0.03 1.0 5.0", "0.03*(r - 5)**2", 5.0),
    "wall/morse": ("0.05 1.1 3.0 8.0", "0.05*(exp(-2*1.1*(r - 3)) - 2*exp(-1.1*(r - 3)))", 8.0),
}


def one_body(
    text: str,
    species: tuple[str, ...] = ("Ar",),
    site: str = "zlo",
    cutoff: float = 8.0,
    kind: str = "wall",
    charges: tuple[float, ...] = (),
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> ChannelFormula:
    """A wall or a field, whose numbers are in eV and Å; rational ones stay exact."""
    scales = Parameter("E_1", 1.0, 0.0, 1, 0), Parameter("L_1", 1.0, 0.0, 0, 1)
    expression = scales[0].symbol * sympy.sympify(text, locals={"r": R}).subs(R, R / scales[1].symbol)
    domain = (-cutoff, 0.99 * cutoff) if kind == "field" else (0.25 * cutoff, cutoff)
    return ChannelFormula(
        species,
        cutoff,
        domain,
        "by hand",
        expression,
        scales,
        kind=kind,
        site=site,
        charges=charges,
        centre=centre,
    )


def between(*walls: ChannelFormula, pairs: Potential | None = None) -> Potential:
    """A potential of argon, or of `pairs`, with walls and fields."""
    return potential(*(pairs or lennard_jones()).channels, *walls)


def plane(name: str, position: float) -> Surface:
    return Surface(name, "plane", "xyz".index(name[0]), 1 if name.endswith("lo") else -1, position)


def gas(
    count: int = 60,
    surfaces: tuple[Surface, ...] = (plane("zlo", 0.0), plane("zhi", 40.0)),
    species: tuple[str, ...] = ("Ar",),
    dimension: int = 3,
    temperature: float = 0.02,
    seed: int = 4,
) -> Frame:
    """Particles at random between z = 0 and 40 Å (y in two dimensions), 2.4 Å from walls and 3.4 from each other."""
    random = np.random.default_rng(seed)
    high = np.array([30.0, 30.0, 40.0]) if dimension == 3 else np.array([60.0, 40.0, 0.0])
    normal = dimension - 1
    margin = 2.4 * (np.arange(3) == normal)
    placed = np.empty((0, 3))
    while len(placed) < count:
        place = random.uniform(margin, high - margin) * (np.arange(3) < dimension)
        away = placed - place
        away -= high * np.round(away / np.where(high > 0, high, 1.0)) * (np.arange(3) != normal)
        if len(placed) == 0 or (np.linalg.norm(away, axis=1) > 3.4).all():
            placed = np.vstack([placed, place])
    masses = np.array([39.948, 83.798])[np.arange(count) % len(species)]
    velocities = random.normal(0, np.sqrt(temperature / masses)[:, None], (count, 3)) * (
        np.arange(3) < dimension
    )
    cell = Cell(np.diag(np.where(high > 0, high, 1.0)), np.zeros(3), (dimension != 1, dimension == 3, False))
    if dimension == 2:
        cell = replace(cell, periodic=(True, False, False))
    return Frame(
        placed, species, np.arange(count) % len(species), cell, dimension,
        velocities=velocities, masses=masses, surfaces=surfaces,
    )  # fmt: skip
