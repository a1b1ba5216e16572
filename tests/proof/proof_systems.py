"""Potentials and configurations that the tests of the proof share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sympy

from interpot.formula.channel_formula import ChannelFormula, Loss, Parameter
from interpot.formula.codegen import R
from interpot.formula.potential import Potential
from interpot.records import Cell, Dynamics, Frame, ReferenceModel
from interpot.units import unit_style

# form → (φ in the parameters, name: (value, energy, length))
FORMS = {
    "Lennard-Jones 12-6": (
        "4*epsilon*((sigma/r)**12 - (sigma/r)**6)",
        {"epsilon": (0.0103, 1, 0), "sigma": (3.405, 0, 1)},
    ),
    "Morse": (
        "D*(exp(-2*alpha*(r - r_0)) - 2*exp(-alpha*(r - r_0)))",
        {"D": (0.0123, 1, 0), "alpha": (1.7, 0, -1), "r_0": (3.8, 0, 1)},
    ),
    "Buckingham": (
        "A*exp(-r/rho) - C_6/r**6",
        {"A": (2400.0, 1, 0), "rho": (0.31, 0, 1), "C_6": (60.0, 1, 6)},
    ),
    "Yukawa": ("A*exp(-kappa*r)/r", {"A": (1.3, 1, 1), "kappa": (0.4, 0, -1)}),
    "Gaussian": ("A*exp(-r**2/(2*w**2))", {"A": (-0.7, 1, 0), "w": (1.9, 0, 1)}),
    "Coulomb": ("C_1/r", {"C_1": (14.399645, 1, 1)}),
    "screened Coulomb": ("C_1*erf(r/w)/r", {"C_1": (3.2, 1, 1), "w": (2.2, 0, 1)}),
    "logarithm": (
        "-A*log(r/r_0)*sqrt(2) + pi*B*r**Rational(-3, 2)",
        {"A": (0.2, 1, 0), "r_0": (9.0, 0, 1), "B": (0.3, 1, 1.5)},
    ),
}


def channel(
    form: str, species: tuple[str, str] = ("Ar", "Ar"), cutoff: float = 8.0, **values: float
) -> ChannelFormula:
    expression, constants = FORMS[form]
    parameters = tuple(
        Parameter(name, values.get(name, value), 1e-4 * abs(value), energy, length)
        for name, (value, energy, length) in constants.items()
    )
    names = {p.name: p.symbol for p in parameters} | {"r": R}
    return ChannelFormula(
        species, cutoff, (2.5, cutoff), form, sympy.sympify(expression, locals=names), parameters
    )


def potential(*channels: ChannelFormula, units: str = "metal") -> Potential:
    count = sum(len(c.parameters) for c in channels)
    return Potential(unit_style(units), channels, np.zeros((count, count)), Loss(1e-9, 1e-9, 1e-9))


def mixture() -> Potential:
    """Neon and xenon, each pair with its own cutoff."""
    form = "Lennard-Jones 12-6"
    return potential(
        channel(form, ("Ne", "Ne"), 6.0, epsilon=0.0031, sigma=2.74),
        channel(form, ("Ne", "Xe"), 8.0, epsilon=0.0064, sigma=3.35),
        channel(form, ("Xe", "Xe"), 9.5, epsilon=0.0190, sigma=4.10),
    )


def lennard_jones(cutoff: float = 8.0, **values: float) -> Potential:
    return potential(channel("Lennard-Jones 12-6", cutoff=cutoff, **values))


TRUTH = ReferenceModel(
    "lammps",
    ("pair_style lj/cut 8.0", "pair_coeff 1 1 0.0103 3.405"),
    {"epsilon": (0.0103, "eV"), "sigma": (3.405, "Å")},
)


def disordered(
    species: tuple[str, ...] = ("Ar",),
    repeats: tuple[int, int, int] = (3, 3, 3),
    spacing: float = 5.4,
    vectors: np.ndarray | None = None,
    periodic: tuple[bool, bool, bool] = (True, True, True),
    seed: int = 3,
    dimension: int = 3,
) -> Frame:
    """A rattled face-centred lattice (centred squares in two dimensions); `vectors` shear the unit cell."""
    random = np.random.default_rng(seed)
    basis = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    if dimension == 2:
        basis, repeats, periodic = basis[:2], (*repeats[:2], 1), (*periodic[:2], False)
    grid = np.stack(np.meshgrid(*map(np.arange, repeats), indexing="ij"), axis=-1).reshape(-1, 1, 3)
    cell = spacing * (np.eye(3) if vectors is None else vectors) * np.array(repeats)[:, None]
    positions = ((grid + basis).reshape(-1, 3) / np.array(repeats)) @ cell
    positions += random.uniform(-0.2, 0.2, positions.shape)
    if dimension == 2:
        positions[:, 2] = 0.0
    n = len(positions)
    velocities = random.normal(0, 0.02, (n, 3)) * np.array([1, 1, dimension == 3])
    kinds = np.arange(n) % len(species)
    return Frame(
        positions=positions + 1.0 * (np.arange(3) < dimension),
        species=species,
        kinds=kinds,
        cell=Cell(cell, np.zeros(3), periodic),
        dimension=dimension,
        velocities=velocities - velocities.mean(axis=0),
        masses=np.array([39.948, 131.293])[kinds],
    )


LIQUID = Dynamics(timestep=0.005, steps=400, every=10, temperature=120.0, equilibration=200)


@dataclass(frozen=True)
class Frames:
    """A trajectory in memory."""

    frames: tuple[Frame, ...]
    units: object = unit_style("metal")
    sources: tuple[Path, ...] = (Path("memory"),)

    def __iter__(self):
        return iter(self.frames)
