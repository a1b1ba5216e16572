"""A gas between two fixed walls: both walls and all pairs are found together, each with its own law.

Argon, or a mixture of argon, krypton and xenon, at 300 K in a slit that is closed at z = 0 and z = L (in two dimensions
y) and repeats otherwise. LAMMPS's own walls act on it: the 9-3 wall of a solid of Lennard-Jones particles, its 12-6 and
10-4-3 kin (W. A. Steele, Surf. Sci. 36, 317 (1973), https://doi.org/10.1016/0039-6028(73)90264-1), springs, or walls
that merely reflect and have no force at all. interpot is told where the walls are, and nothing of their laws.

    interpot run experiments/gas_box.py --species several --walls lj1043
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from gases import KELVIN, LIKE_PAIRS, Constants, Pair, lennard_jones, particles, planes, wall_lines

from interpot import Dynamics, Experiment, ReferenceModel

REACH = {"one": 8.5, "several": 10.0}
"""Where LAMMPS truncates the pair forces, Å; interpot is asked for 10."""

LENGTH = 40.0  # Å, between the walls


@dataclass(frozen=True, slots=True)
class Size:
    """Particles, width of the slit (Å), steps of a run, steps between frames, runs."""

    particles: int
    width: float
    steps: int
    every: int
    runs: int


SIZES = {"small": Size(200, 34.0, 4000, 40, 1), "paper": Size(500, 54.0, 20000, 100, 4)}

STRENGTH = {"lj93": 2.0, "lj126": 4.0, "lj1043": 0.4}
"""ε of the lower wall in units of the particles' own; the upper is half as strong again, so that no two are alike. They
are chosen, not measured: wells of one to three kT."""

SPRINGS = {"lo": (0.05, 3.0), "hi": (0.08, 2.5)}
"""Stiffness (eV/Å²) and reach (Å) of harmonic walls."""


def wall(kind: str, pair: Pair, face: str) -> tuple[str, float, Constants]:
    """One wall's effect on one species.

    Returns
    -------
    words
        What LAMMPS's fix is given after the wall's position.
    reach
        Å.
    constants
        As they are to be found.
    """
    if kind == "harmonic":
        stiffness, reach = SPRINGS[face[1:]]
        return f"{stiffness} 1.0 {reach}", reach, {"epsilon": (stiffness, "eV/Å^2"), "r_c": (reach, "Å")}
    kelvin, size = pair
    epsilon = STRENGTH[kind] * kelvin * KELVIN * (1.5 if face.endswith("hi") else 1.0)
    sigma, reach = 0.9 * size, round(2.25 * size, 1)
    return f"{epsilon!r} {sigma!r} {reach}", reach, {"epsilon": (epsilon, "eV"), "sigma": (sigma, "Å")}


def experiment(
    species: Literal["one", "several"] = "one",
    size: Literal["small", "paper"] = "small",
    dimension: Literal[2, 3] = 3,
    walls: Literal["lj93", "lj126", "lj1043", "harmonic", "reflect"] = "lj93",
    seed: int = 20261121,
) -> Experiment:
    """The gas in its slit."""
    like, how, axis = LIKE_PAIRS[species], SIZES[size], dimension - 1
    commands, constants = lennard_jones(like, REACH[species])
    lines, reaches, series, surfaces = [*commands], {}, {}, planes(axis, 0.0, LENGTH)
    for face in (s.name for s in surfaces if walls != "reflect"):
        words = {}
        for name, pair in like.items():
            words[name], reaches[f"{name}-{face}"], told = wall(walls, pair, face)
            constants |= {f"{constant} {name}-{face}": value for constant, value in told.items()}
        lines += wall_lines(f"wall/{walls}", face, f"{LENGTH if face.endswith('hi') else 0.0}", words)
        series[f"v_force_{face}"] = f"wall force {face}"
    if walls == "reflect":
        lines += [f"fix {s.name} gas wall/reflect {s.name} {s.position}" for s in surfaces]
    width = how.width if dimension == 3 else 4 * how.width
    start = particles(tuple(like), how.particles, (*(width,) * axis, LENGTH), (*(0.0,) * axis, 3.5), seed)
    parts = ("gas_box", walls, species, f"{dimension}d", *(["paper"] if size == "paper" else []))
    return Experiment(
        name="_".join(parts),
        title=f"{', '.join(like)} between fixed walls ({walls}) in {dimension} dimensions, by LAMMPS",
        units="metal",
        reference=ReferenceModel("lammps", tuple(lines), constants, species=tuple(like), series=series),
        start=replace(start, surfaces=tuple(replace(s, hard=walls == "reflect") for s in surfaces)),
        dynamics=Dynamics(0.002, how.steps, how.every, temperature=300.0, equilibration=3000, seed=seed),
        cutoff=10.0,
        cutoffs=reaches,
        walls=tuple(f"{s.name}={'hard ' if walls == 'reflect' else ''}{s.position}" for s in surfaces),
        runs=how.runs,
    )
