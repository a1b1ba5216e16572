"""A gas between two fixed walls: both walls and all pairs are found together, each with its own law.

Argon at 300 K and about a fifth of the critical density of its liquid, or a mixture of argon, krypton and xenon, in a
slit that is closed at z = 0 and z = L (in two dimensions y) and periodic otherwise. LAMMPS's own walls act on it: the
9-3 wall of a solid of Lennard-Jones particles and its 12-6, 10-4-3 (Steele, Surf. Sci. 36, 317 (1973)) and harmonic
kin, or walls that merely reflect and have no force at all. interpot is told where the walls are, and nothing else.

    interpot run experiments/gas_box.py --species several --walls lj1043
"""

from dataclasses import replace
from typing import Literal

from gases import EPSILON, SIGMA, SPECIES, pair_commands, pair_constants, particles, planes

from interpot import Dynamics, Experiment, ReferenceModel

WALLS = {"lj93": "wall/lj93", "lj126": "wall/lj126", "lj1043": "wall/lj1043", "harmonic": "wall/harmonic"}
"""Kind of wall → LAMMPS's fix."""

LENGTH = 40.0  # Å, between the walls
SIZES = {"small": (200, 34.0, 4000, 40, 1), "paper": (500, 54.0, 20000, 100, 4)}
"""Size → particles, width of the slit (Å), steps, steps between frames, runs."""


def wall_constants(kind: str, species: str, face: str) -> tuple[float, float, float]:
    """ε (eV), σ (Å) and reach (Å) of a wall for a species: the upper one is stronger, so that no two are alike.

    The strengths are chosen, not measured: half and once the well of argon on a rare-gas crystal.
    """
    sigma = 0.9 * SIGMA[species]
    if kind == "harmonic":  # LAMMPS's words are K, a number it has no use for, and r_c
        return (0.05 if face.endswith("lo") else 0.08), 1.0, (3.0 if face.endswith("lo") else 2.5)
    strength = {"lj93": 2.0, "lj126": 4.0, "lj1043": 0.4}[kind] * (1.0 if face.endswith("lo") else 1.5)
    return strength * EPSILON[species], sigma, 2.5 * sigma


def wall_commands(kind: str, species: tuple[str, ...], face: str, position: float) -> list[str]:
    """LAMMPS's words for one wall."""
    if kind == "reflect":
        return [f"fix {face} gas wall/reflect {face} {position}"]
    lines = []
    for number, name in enumerate(species, 1):
        epsilon, sigma, reach = wall_constants(kind, name, face)
        lines += [
            f"group {name} type {number}",
            f"fix {face}_{name} {name} {WALLS[kind]} {face} {position} {epsilon!r} {sigma!r} {reach!r}",
            f"fix_modify {face}_{name} energy yes",
        ]
    return lines


def wall_constants_named(
    kind: str, species: tuple[str, ...], faces: tuple[str, str]
) -> dict[str, tuple[float, str]]:
    """The truth of the walls, for the report."""
    if kind == "reflect":
        return {}
    names = ("epsilon", "r_c") if kind == "harmonic" else ("epsilon", "sigma")
    units = ("eV/Å^2", "Å") if kind == "harmonic" else ("eV", "Å")
    found = {}
    for name in species:
        for face in faces:
            epsilon, sigma, reach = wall_constants(kind, name, face)
            values = (epsilon, reach if kind == "harmonic" else sigma)
            for constant, value, unit in zip(names, values, units, strict=True):
                found[f"{constant} {name}-{face}"] = (value, unit)
    return found


def experiment(
    species: Literal["one", "several"] = "one",
    size: Literal["small", "paper"] = "small",
    dimension: Literal[2, 3] = 3,
    walls: Literal["lj93", "lj126", "lj1043", "harmonic", "reflect"] = "lj93",
    seed: int = 20261121,
) -> Experiment:
    """The gas in its slit."""
    names, (count, width, steps, every, runs) = SPECIES[species], SIZES[size]
    axis = "xyz"[dimension - 1]
    low, high = f"{axis}lo", f"{axis}hi"
    box = (width,) * (dimension - 1) + (LENGTH,) if dimension == 3 else (4 * width, LENGTH)
    margin = (0.0,) * (dimension - 1) + (3.5,)
    periodic = (True,) * (dimension - 1) + (False,)
    start = particles(names, count, box, margin, seed, periodic)
    sides = ((low, 0.0), (high, LENGTH))
    forces = (
        {f"wall force {face}": "+".join(f"f_{face}_{name}[1]" for name in names) for face, _ in sides}
        if walls != "reflect"
        else {}
    )
    reaches = {
        f"{n}-{f}": wall_constants(walls, n, f)[2] for n in names for f, _ in sides if walls == "harmonic"
    }
    return Experiment(
        name=f"gas_box_{walls}_{species}" + ("_2d" if dimension == 2 else ""),
        title=f"{', '.join(names)} between two fixed walls ({walls}), in {dimension} dimensions, by LAMMPS",
        units="metal",
        reference=ReferenceModel(
            engine="lammps",
            commands=(
                *pair_commands(names),
                *(line for face, position in sides for line in wall_commands(walls, names, face, position)),
                *(f"variable {words.split()[-1]} equal {sum_}" for words, sum_ in forces.items()),
            ),
            constants=pair_constants(names) | wall_constants_named(walls, names, (low, high)),
            species=names,
            series={f"v_{words.split()[-1]}": words for words in forces},
        ),
        start=start if walls == "reflect" else replace(start, surfaces=planes(dimension - 1, 0.0, LENGTH)),
        dynamics=Dynamics(
            timestep=0.002, steps=steps, every=every, temperature=300.0, equilibration=3000, seed=seed
        ),
        cutoff=10.0,
        cutoffs=reaches,
        walls=() if walls == "reflect" else (f"{low}=0", f"{high}={LENGTH}"),
        runs=runs,
    )
