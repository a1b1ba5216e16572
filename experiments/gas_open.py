"""A gas without walls: a warm, dense cloud in open space that expands, each particle free to leave.

One species is argon, several are argon, krypton and xenon; `gases.py` has their constants and where these are from.

Nothing repeats, so that forces can reach far: truncated at 12 Å, the energy of an expanding cloud would drift, as pairs
leave each other's reach. The l runs of m frames of n particles start from the same sites with velocities of their own.

    interpot run experiments/gas_open.py --species several --size paper
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from ase import Atoms
from ase.build import bulk, fcc111
from gases import LIKE_PAIRS, lennard_jones

from interpot import Dynamics, Experiment, Frame, ReferenceModel, from_atoms

REACH = {"one": 40.0, "several": 18.0}
"""Where forces end, Å."""


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
    commands, constants = lennard_jones(like, REACH[species])
    return Experiment(
        name="_".join(("gas_open", species, f"{dimension}d", *(["paper"] if size == "paper" else []))),
        title=f"Gas without walls: {chosen.particles} atoms of {names} in {dimension} dimensions, by LAMMPS",
        units="metal",
        reference=ReferenceModel("lammps", commands, constants, species=tuple(like)),
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


def cloud(species: tuple[str, ...], particles: int, dimension: int, seed: int) -> Frame:
    """A ball (a disc) of a close-packed crystal, its sites dealt to the species at random."""
    cells, edge = round(2 * particles ** (1 / dimension)) + 4, 2**0.5 * APART[dimension]
    whole = bulk("Ar", "fcc", a=edge, cubic=True).repeat(cells // 2)
    crystal = whole if dimension == 3 else fcc111("Ar", size=(cells, cells, 1), a=edge)
    sites = crystal.positions - crystal.positions.mean(axis=0)
    sites = sites[np.argsort(np.linalg.norm(sites, axis=1), kind="stable")[:particles]]
    names = np.random.default_rng(seed).permutation(np.resize(species, particles))
    return from_atoms(Atoms(names.tolist(), positions=sites), dimension=dimension)
