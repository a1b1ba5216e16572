"""A gas without walls: a warm, dense cloud in open space that expands, each particle free to leave.

One species is argon with the constants of A. Rahman, Phys. Rev. 136, A405 (1964), https://doi.org/10.1103/PhysRev.136.A405.
Several are argon, krypton and xenon with the constants that J. Vrabec, J. Stoll and H. Hasse fitted to vapour-liquid
equilibria, J. Phys. Chem. B 105, 12126 (2001), https://doi.org/10.1021/jp012542o. Unlike pairs follow the rule of
C. L. Kong, J. Chem. Phys. 59, 2464 (1973), https://doi.org/10.1063/1.1680358, better for rare gases than that of
Lorentz and Berthelot: J. Delhommelle, P. Millié, Mol. Phys. 99, 619 (2001), https://doi.org/10.1080/00268970010020041.

Nothing repeats, so that forces can reach far: truncated at 12 Å, the energy of an expanding cloud would drift, as pairs
leave each other's reach. The l runs of m frames of n particles start from the same sites with velocities of their own.

    interpot run experiments/gas_open.py --species several --size paper
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Literal

import numpy as np
from ase import Atoms
from ase.build import bulk, fcc111

from interpot import Dynamics, Experiment, Frame, ReferenceModel, from_atoms
from interpot.units import unit_style

METAL = unit_style("metal")
REACH = {"one": 40.0, "several": 18.0}
"""Where forces end, Å."""

LIKE_PAIRS = {
    "one": {"Ar": (120.0, 3.405)},
    "several": {"Ar": (116.79, 3.3952), "Kr": (162.58, 3.6274), "Xe": (227.55, 3.9011)},
}
"""ε/k in K and σ in Å."""


@dataclass(frozen=True, slots=True)
class Size:
    """l runs of m frames (one every `every` steps) of n particles."""

    runs: int
    frames: int
    particles: int
    every: int


SIZES = {"small": Size(2, 41, 120, 40), "paper": Size(8, 201, 500, 40)}
APART = {2: 4.6, 3: 4.4}
"""Distance between neighbouring sites of the start, Å, by dimension: the cloud bursts."""


def experiment(
    species: Literal["one", "several"] = "one",
    size: Literal["small", "paper"] = "small",
    dimension: Literal[2, 3] = 3,
    seed: int = 20261121,
) -> Experiment:
    """A cloud of argon, or of argon, krypton and xenon in equal parts."""
    like, chosen = LIKE_PAIRS[species], SIZES[size]
    names = ", ".join(like)
    return Experiment(
        name="_".join(("gas_open", species, f"{dimension}d", *(["paper"] if size == "paper" else []))),
        title=f"Gas without walls: {chosen.particles} atoms of {names} in {dimension} dimensions, by LAMMPS",
        units="metal",
        reference=lennard_jones(like, REACH[species]),
        start=cloud(tuple(like), chosen.particles, dimension, seed),
        dynamics=Dynamics(
            timestep=0.002,
            steps=(chosen.frames - 1) * chosen.every,
            every=chosen.every,
            temperature=350.0,
            equilibration=100,
            seed=seed,
        ),
        cutoff=REACH[species],
        runs=chosen.runs,
    )


def lennard_jones(like: dict[str, tuple[float, float]], reach: float) -> ReferenceModel:
    """LAMMPS's ``lj/cut`` for these species, unlike pairs mixed by Kong's rule."""
    commands, constants = [f"pair_style lj/cut {reach}"], {}
    for (i, one), (j, two) in combinations_with_replacement(enumerate(like, 1), 2):
        kelvin, sigma = like[one] if one == two else kong(like[one], like[two])
        epsilon, label = kelvin * METAL.boltzmann, "" if len(like) == 1 else f" {one}-{two}"
        commands.append(f"pair_coeff {i} {j} {epsilon!r} {sigma!r}")
        constants |= {f"epsilon{label}": (epsilon, "eV"), f"sigma{label}": (sigma, "Å")}
    return ReferenceModel("lammps", tuple(commands), constants, species=tuple(like))


def kong(one: tuple[float, float], two: tuple[float, float]) -> tuple[float, float]:
    """ε, σ of an unlike pair: εσ⁶ is the geometric mean, (εσ¹²)^(1/13) the arithmetic one."""
    (e1, s1), (e2, s2) = one, two
    attraction = (e1 * s1**6 * e2 * s2**6) ** 0.5
    repulsion = (((e1 * s1**12) ** (1 / 13) + (e2 * s2**12) ** (1 / 13)) / 2) ** 13
    return attraction**2 / repulsion, (repulsion / attraction) ** (1 / 6)


def cloud(species: tuple[str, ...], particles: int, dimension: int, seed: int) -> Frame:
    """A ball (a disc) of a close-packed crystal, its sites dealt to the species at random."""
    cells, edge = round(2 * particles ** (1 / dimension)) + 4, 2**0.5 * APART[dimension]
    whole = bulk("Ar", "fcc", a=edge, cubic=True).repeat(cells // 2)
    crystal = whole if dimension == 3 else fcc111("Ar", size=(cells, cells, 1), a=edge)
    sites = crystal.positions - crystal.positions.mean(axis=0)
    sites = sites[np.argsort(np.linalg.norm(sites, axis=1), kind="stable")[:particles]]
    names = np.random.default_rng(seed).permutation(np.resize(species, particles))
    return from_atoms(Atoms(names.tolist(), positions=sites), dimension=dimension)
