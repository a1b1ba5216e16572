"""A gas under a moving wall: its laws are found while it is compressed, and its work is that of the reference.

A dilute gas between a fixed wall at z = 0 and a piston at z = X(t) (in two dimensions y), both of LAMMPS's 9-3 kind.
The piston moves in one of three ways: at a constant speed (ramp), to and fro (oscillation), or freely, with a mass and
a load that pushes it (free). interpot is told where the piston is at each instant. The work on the gas, W = -∫ f·v dt
with the force f of the gas on the wall and the speed v of the wall, the curve P(V) and the adiabatic exponent are
compared as means over the runs.

    interpot run experiments/gas_piston.py --motion free --size paper
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import pi
from typing import Literal

from gases import KELVIN, LIKE_PAIRS, MASS, Pair, lennard_jones, particles, planes, wall_lines

from interpot import Dynamics, Experiment, ReferenceModel
from interpot.records import Piston
from interpot.trajectory.walls import parse_wall

REACH = {"one": 14.0, "several": 12.0}
"""Where LAMMPS truncates the pair forces, Å: far out, since a pair that compression brings within the cutoff adds the
potential there to the energy, which is nobody's work."""

TIMESTEP = 0.002  # ps
TEMPERATURE = 300.0  # K
PISTON_MASS = 2.0
"""Of a free piston, in units of the whole gas."""
LOAD = 2.0
"""Of a free piston, in units of what the pressure of an ideal gas at the start would balance."""


@dataclass(frozen=True, slots=True)
class Size:
    """Particles, width and first length (Å), steps of a run, steps between frames, runs, speed of the ramp (Å/ps)."""

    particles: int
    width: float
    length: float
    steps: int
    every: int
    runs: int
    speed: float


SIZES = {
    "small": Size(120, 36.0, 60.0, 12000, 120, 4, 1.2),
    "paper": Size(240, 60.0, 120.0, 100000, 500, 8, 0.3),
}


def wall(pair: Pair) -> tuple[float, float, float]:
    """ε (eV), σ (Å) and reach (Å) of the 9-3 walls for a species."""
    kelvin, size = pair
    return 2.0 * kelvin * KELVIN, 0.9 * size, round(2.25 * size, 1)


def position(motion: str, how: Size) -> str:
    """Position of a driven piston (Å) as a function of the time t (ps)."""
    if motion == "ramp":
        return f"{how.length} - {how.speed}*t"
    depth, rate = 0.15 * how.length, 2 * pi * 3 / (how.steps * TIMESTEP)  # three times to and fro
    return f"{how.length} - {depth!r}*(1 - cos({rate!r}*t))"


def experiment(
    species: Literal["one", "several"] = "one",
    motion: Literal["ramp", "oscillation", "free"] = "ramp",
    size: Literal["small", "paper"] = "small",
    dimension: Literal[2, 3] = 3,
    seed: int = 20261121,
) -> Experiment:
    """The gas under its piston."""
    like, how, axis = LIKE_PAIRS[species], SIZES[size], dimension - 1
    commands, constants = lennard_jones(like, REACH[species])
    surfaces = fixed, piston = planes(axis, 0.0, how.length)
    lines, reaches, series = [*commands], {}, {}
    for face in (fixed.name, piston.name):
        words = {}
        for name, pair in like.items():
            epsilon, sigma, reach = wall(pair)
            words[name], reaches[f"{name}-{face}"] = f"{epsilon!r} {sigma!r} {reach}", reach
            constants |= {f"epsilon {name}-{face}": (epsilon, "eV"), f"sigma {name}-{face}": (sigma, "Å")}
        lines += wall_lines("wall/lj93", face, f"v_wall_{face}", words)  # interpot's variable moves the wall
        series[f"v_force_{face}"] = f"wall force {face}"
    width = how.width if dimension == 3 else 3 * how.width
    start = particles(tuple(like), how.particles, (*(width,) * axis, how.length), (*(0.0,) * axis, 3.5), seed)
    free = motion == "free"
    course = f"log:v_wall_{piston.name}" if free else position(motion, how)
    moving = parse_wall(f"{piston.name}={course}")
    mass = PISTON_MASS * sum(MASS[name] for name in like) / len(like) * how.particles
    load = -LOAD * how.particles * KELVIN * TEMPERATURE / how.length
    parts = ("gas_piston", motion, species, f"{dimension}d", *(["paper"] if size == "paper" else []))
    return Experiment(
        name="_".join(parts),
        title=f"{', '.join(like)} under a piston ({motion}) in {dimension} dimensions, by LAMMPS",
        units="metal",
        reference=ReferenceModel("lammps", tuple(lines), constants, species=tuple(like), series=series),
        start=replace(start, surfaces=surfaces),
        dynamics=Dynamics(
            TIMESTEP,
            how.steps,
            how.every,
            temperature=TEMPERATURE,
            equilibration=5000,
            seed=seed,
            walls=() if free else (moving,),
            piston=Piston(piston.name, mass, load) if free else None,
        ),
        cutoff=REACH[species],
        cutoffs=reaches,
        walls=(f"{fixed.name}=0", moving),
        runs=how.runs,
    )
