"""What the experiments with gases share: argon, krypton, xenon and their mixture, and particles to start from.

Lennard-Jones constants of the pure substances: J. Vrabec, J. Stoll, H. Hasse, J. Phys. Chem. B 105, 12126 (2001).
Unlike pairs follow M. Waldman and A. T. Hagler, J. Comput. Chem. 14, 1077 (1993), a rule made for the noble gases,
which is not that of Lorentz and Berthelot.
"""

from itertools import combinations_with_replacement

import numpy as np

from interpot.records import Cell, Frame, Surface
from interpot.units import unit_style

METAL = unit_style("metal")
KELVIN = METAL.boltzmann  # eV

EPSILON = {"Ar": 116.79 * KELVIN, "Kr": 162.58 * KELVIN, "Xe": 227.55 * KELVIN}  # eV
SIGMA = {"Ar": 3.3952, "Kr": 3.6274, "Xe": 3.9011}  # Å
MASS = {"Ar": 39.948, "Kr": 83.798, "Xe": 131.293}  # amu
REACH = 2.5  # σ, where LAMMPS truncates the force

SPECIES = {"one": ("Ar",), "several": ("Ar", "Kr", "Xe")}


def mixed(a: str, b: str) -> tuple[float, float]:
    """ε and σ of a pair by the rule of Waldman and Hagler; for two of a kind their own."""
    cubes, sixth = SIGMA[a] ** 3 * SIGMA[b] ** 3, (SIGMA[a] ** 6 + SIGMA[b] ** 6) / 2
    return float(np.sqrt(EPSILON[a] * EPSILON[b]) * cubes / sixth), float(sixth ** (1 / 6))


def pair_commands(species: tuple[str, ...], reach: float = REACH) -> tuple[str, ...]:
    """LAMMPS's words for all pairs, truncated at `reach` σ."""
    lines = [f"pair_style lj/cut {reach * max(SIGMA[s] for s in species)!r}"]
    for (i, a), (j, b) in combinations_with_replacement(enumerate(species, 1), 2):
        epsilon, sigma = mixed(a, b)
        lines.append(f"pair_coeff {i} {j} {epsilon!r} {sigma!r} {reach * sigma!r}")
    return tuple(lines)


def pair_constants(species: tuple[str, ...]) -> dict[str, tuple[float, str]]:
    """The truth, for the report: "epsilon Ar-Kr" → (value, unit)."""
    found = {}
    for a, b in combinations_with_replacement(species, 2):
        suffix = "" if len(species) == 1 else f" {a}-{b}"
        for name, value, unit in zip(("epsilon", "sigma"), mixed(a, b), ("eV", "Å"), strict=True):
            found[name + suffix] = (value, unit)
    return found


def particles(
    species: tuple[str, ...],
    count: int,
    box: tuple[float, ...],
    margin: tuple[float, ...],
    seed: int,
    periodic: tuple[bool, ...],
) -> Frame:
    """Put particles on a lattice in a box, species in turn at random places.

    Parameters
    ----------
    count
        How many in all.
    box : (d,), Å
        Its lengths; d is 2 or 3.
    margin : (d,), Å
        Kept free on both sides of each axis.
    periodic : (d,)
        Which axes repeat.
    """
    free = np.array(box) - 2 * np.array(margin)
    # as many places along each axis as make the lattice nearly cubic, and at least `count` in all
    spacing = (np.prod(free) / count) ** (1 / len(box))
    while np.prod(places := np.maximum((free / spacing).astype(int), 1)) < count:
        spacing *= 0.99
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in places), indexing="ij"), axis=-1).reshape(
        -1, len(box)
    )
    random = np.random.default_rng(seed)
    chosen = np.sort(random.permutation(len(grid))[:count])
    positions = np.zeros((count, 3))
    positions[:, : len(box)] = np.array(margin) + (grid[chosen] + 0.5) * (free / places)
    kinds = random.permutation(np.arange(count) % len(species))
    lengths = np.ones(3)
    lengths[: len(box)] = box
    repeats = (*periodic, False)[:3]
    cell = Cell(np.diag(lengths), np.zeros(3), (repeats[0], repeats[1], repeats[2]))
    masses = np.array([MASS[s] for s in species])[kinds]
    return Frame(
        positions, species, kinds.astype(np.int64), cell, len(box), masses=masses, source="the start"
    )


def planes(axis: int, low: float, high: float) -> tuple[Surface, Surface]:
    """Two walls across an axis, at `low` and `high` (Å)."""
    name = "xyz"[axis]
    return Surface(f"{name}lo", "plane", axis, 1, low), Surface(f"{name}hi", "plane", axis, -1, high)
