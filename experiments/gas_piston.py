"""A gas under a moving wall: its laws are found while it is compressed, and its work is that of the reference.

A dilute gas between a fixed wall at z = 0 and a piston at z = X(t), both of the 9-3 kind, periodic across. The piston
moves in one of three ways: at a constant speed (ramp), to and fro (oscillation), or freely, with a mass and a load
that pushes it (free). interpot is told where the piston is at each instant. The work on the gas, W = -∫ f·v dt with
the force f of the gas on the wall and the speed v of the wall, and the adiabatic curve P V^γ are compared as means over
runs.

    interpot run experiments/gas_piston.py --motion free --size paper
"""

from dataclasses import dataclass, replace
from math import pi
from typing import Literal

from gases import EPSILON, KELVIN, MASS, SIGMA, SPECIES, pair_commands, pair_constants, particles, planes

from interpot import Dynamics, Experiment, ReferenceModel
from interpot.records import Piston
from interpot.trajectory.walls import parse_wall


@dataclass(frozen=True)
class Size:
    """Particles, width and first length (Å), steps of a run, steps between frames, runs, speed of the ramp (Å/ps)."""

    count: int
    width: float
    length: float
    steps: int
    every: int
    runs: int
    speed: float


SIZES = {
    "small": Size(120, 36.0, 60.0, 12000, 120, 4, -1.2),
    "paper": Size(240, 60.0, 120.0, 100000, 500, 8, -0.3),
}

TIMESTEP = 0.002  # ps
TEMPERATURE = 300.0  # K
MASS_OF_PISTON = 2.0  # of the whole gas
REACH = {"one": 4.0, "several": 3.0}
"""σ, where LAMMPS truncates the pair forces: far out, since a pair that compression brings within the cutoff adds the
unshifted potential there to the energy, which is nobody's work."""
WALL = 2.0, 0.9, 2.5
"""Of both walls: ε and σ in units of the species' own, and reach in units of the wall's σ."""


def wall_constants(name: str) -> tuple[float, float, float]:
    """ε (eV), σ (Å) and reach (Å) of the 9-3 walls for a species."""
    strength, size, reach = WALL
    sigma = size * SIGMA[name]
    return strength * EPSILON[name], sigma, reach * sigma


def wall_commands(species: tuple[str, ...], face: str) -> list[str]:
    """LAMMPS's words for one wall, which stands where interpot's variable wall_FACE says."""
    lines = []
    for name in species:
        epsilon, sigma, reach = wall_constants(name)
        lines += [
            f"fix {face}_{name} {name} wall/lj93 {face} v_wall_{face} {epsilon!r} {sigma!r} {reach!r}",
            f"fix_modify {face}_{name} energy yes",
        ]
    force = "+".join(f"f_{face}_{name}[1]" for name in species)
    return [*lines, f"variable force_{face} equal {force}"]


def motion_of(kind: str, how: Size) -> str:
    """Position of the piston (Å) as a function of the time t (ps)."""
    if kind == "ramp":
        return f"{how.length} - {-how.speed}*t"
    depth, rate = 0.15 * how.length, 2 * pi * 3 / (how.steps * TIMESTEP)  # three times to and fro
    return f"{how.length} - {depth!r}*(1 - cos({rate!r}*t))"


def load_of(how: Size) -> float:
    """Force (eV/Å) on a free piston that twice the pressure of an ideal gas at the start would balance."""
    return -2 * how.count * KELVIN * TEMPERATURE / how.length


def experiment(
    species: Literal["one", "several"] = "one",
    motion: Literal["ramp", "oscillation", "free"] = "ramp",
    size: Literal["small", "paper"] = "small",
    dimension: Literal[2, 3] = 3,
    seed: int = 20261121,
) -> Experiment:
    """The gas under its piston."""
    names, how = SPECIES[species], SIZES[size]
    axis = "xyz"[dimension - 1]
    low, high = f"{axis}lo", f"{axis}hi"
    length, width = how.length, how.width if dimension == 3 else 3 * how.width
    box, margin = (width,) * (dimension - 1) + (length,), (0.0,) * (dimension - 1) + (3.5,)
    start = particles(names, how.count, box, margin, seed, (True,) * (dimension - 1) + (False,))
    moving = parse_wall(
        f"{high}=log:v_wall_{high}" if motion == "free" else f"{high}={motion_of(motion, how)}"
    )
    piston = Piston(high, MASS_OF_PISTON * how.count * MASS[names[0]], load_of(how))
    return Experiment(
        name=f"gas_piston_{motion}_{species}" + ("_2d" if dimension == 2 else ""),
        title=f"{', '.join(names)} under a piston ({motion}), in {dimension} dimensions, by LAMMPS",
        units="metal",
        reference=ReferenceModel(
            engine="lammps",
            commands=(
                *pair_commands(names, REACH[species]),
                *(f"group {name} type {number}" for number, name in enumerate(names, 1)),
                *wall_commands(names, low),
                *wall_commands(names, high),
            ),
            series={f"v_force_{face}": f"wall force {face}" for face in (low, high)},
            constants=pair_constants(names) | wall_constants_named(names, (low, high)),
            species=names,
        ),
        start=replace(start, surfaces=planes(dimension - 1, 0.0, length)),
        dynamics=Dynamics(
            timestep=TIMESTEP,
            steps=how.steps,
            every=how.every,
            temperature=TEMPERATURE,
            equilibration=5000,
            seed=seed,
            walls=() if motion == "free" else (moving,),
            piston=piston if motion == "free" else None,
        ),
        cutoff=14.0,
        walls=(f"{low}=0", moving),
        runs=how.runs,
    )


def wall_constants_named(species: tuple[str, ...], faces: tuple[str, str]) -> dict[str, tuple[float, str]]:
    """The truth of the walls, for the report."""
    found = {}
    for name in species:
        for face in faces:
            epsilon, sigma, _ = wall_constants(name)
            found |= {f"epsilon {name}-{face}": (epsilon, "eV"), f"sigma {name}-{face}": (sigma, "Å")}
    return found
