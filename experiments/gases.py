"""What the experiments with gases share: argon alone, the mixture of argon, krypton and xenon, and where they start.

Argon alone has the constants of A. Rahman, Phys. Rev. 136, A405 (1964), https://doi.org/10.1103/PhysRev.136.A405, in
the mixture all three have those that J. Vrabec, J. Stoll and H. Hasse fitted to vapour-liquid equilibria,
J. Phys. Chem. B 105, 12126 (2001), https://doi.org/10.1021/jp012542o. Unlike pairs follow the rule of C. L. Kong,
J. Chem. Phys. 59, 2464 (1973), https://doi.org/10.1063/1.1680358, better for rare gases than that of Lorentz and
Berthelot: J. Delhommelle, P. Millié, Mol. Phys. 99, 619 (2001), https://doi.org/10.1080/00268970010020041.
"""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np

from interpot.records import Cell, Frame, Surface
from interpot.units import unit_style

METAL = unit_style("metal")
KELVIN = METAL.boltzmann  # eV

LIKE_PAIRS = {
    "one": {"Ar": (120.0, 3.405)},
    "several": {"Ar": (116.79, 3.3952), "Kr": (162.58, 3.6274), "Xe": (227.55, 3.9011)},
}
"""ε/k in K and σ in Å."""

MASS = {"Ar": 39.948, "Kr": 83.798, "Xe": 131.293}  # amu

Pair = tuple[float, float]
Constants = dict[str, tuple[float, str]]


def kong(one: Pair, two: Pair) -> Pair:
    """ε, σ of an unlike pair: εσ⁶ is the geometric mean, (εσ¹²)^(1/13) the arithmetic one."""
    (e1, s1), (e2, s2) = one, two
    attraction = (e1 * s1**6 * e2 * s2**6) ** 0.5
    repulsion = (((e1 * s1**12) ** (1 / 13) + (e2 * s2**12) ** (1 / 13)) / 2) ** 13
    return attraction**2 / repulsion, (repulsion / attraction) ** (1 / 6)


def lennard_jones(like: dict[str, Pair], reach: float) -> tuple[tuple[str, ...], Constants]:
    """LAMMPS's ``lj/cut`` up to `reach` (Å) for these species, unlike pairs mixed by Kong's rule; and its constants."""
    commands, constants = [f"pair_style lj/cut {reach}"], {}
    for (i, one), (j, two) in combinations_with_replacement(enumerate(like, 1), 2):
        kelvin, sigma = like[one] if one == two else kong(like[one], like[two])
        epsilon, label = kelvin * KELVIN, "" if len(like) == 1 else f" {one}-{two}"
        commands.append(f"pair_coeff {i} {j} {epsilon!r} {sigma!r}")
        constants |= {f"epsilon{label}": (epsilon, "eV"), f"sigma{label}": (sigma, "Å")}
    return tuple(commands), constants


def wall_lines(style: str, face: str, position: str, words: dict[str, str]) -> list[str]:
    """LAMMPS's words for a wall.

    Parameters
    ----------
    style
        "wall/lj93" and so on.
    face
        "zlo".
    position
        A number or a variable.
    words
        What the fix is given after the position, for each species in the order of the types.

    Returns
    -------
    list of str
        They leave the force of all species on the wall in the variable ``force_FACE``.
    """
    lines = []
    for number, (name, constants) in enumerate(words.items(), 1):
        fix = f"{face}_{name}"
        lines += [
            f"group {name} type {number}",
            f"fix {fix} {name} {style} {face} {position} {constants}",
            f"fix_modify {fix} energy yes",
        ]
    return [*lines, f"variable force_{face} equal " + "+".join(f"f_{face}_{name}[1]" for name in words)]


def particles(
    species: tuple[str, ...],
    count: int,
    box: tuple[float, ...],
    margin: tuple[float, ...],
    seed: int,
) -> Frame:
    """Put particles on a lattice in a box that is open along its last axis, species in turn at random places.

    Parameters
    ----------
    count
        How many in all.
    box : (d,), Å
        Its lengths; d is 2 or 3.
    margin : (d,), Å
        Kept free on both sides of each axis.
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
    cell = Cell(np.diag(lengths), np.zeros(3), (True, len(box) == 3, False))
    masses = np.array([MASS[s] for s in species])[kinds]
    return Frame(
        positions, species, kinds.astype(np.int64), cell, len(box), masses=masses, source="the start"
    )


def planes(axis: int, low: float, high: float) -> tuple[Surface, Surface]:
    """Two walls across an axis, at `low` and `high` (Å)."""
    name = "xyz"[axis]
    return Surface(f"{name}lo", "plane", axis, 1, low), Surface(f"{name}hi", "plane", axis, -1, high)
