"""A gas under a moving wall: its laws are found while it is compressed, and its work is that of the reference.

A dilute gas between a fixed wall at z = 0 and a piston at z = X(t), both of the 9-3 kind, periodic across. The piston
moves in one of three ways: at a constant speed (ramp), to and fro (oscillation), or freely, with a mass and a load
that pushes it (free). interpot is told where the piston is at each instant. The work on the gas, W = -∫ f·v dt with
the force f of the gas on the wall and the speed v of the wall, and the adiabatic curve P V^γ are compared as means over
runs.

    interpot run experiments/gas_piston.py --motion free --size paper
"""

import re
from dataclasses import dataclass, replace
from math import pi
from typing import Literal

from gases import EPSILON, SIGMA, SPECIES, pair_commands, pair_constants, particles, planes

from interpot import Dynamics, Experiment, ReferenceModel


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
    "small": Size(120, 36.0, 60.0, 12000, 120, 3, -1.2),
    "paper": Size(240, 60.0, 120.0, 100000, 500, 8, -0.3),
}

TIMESTEP = 0.002  # ps
TEMPERATURE = 300.0  # K
WALL = 2.0, 0.9, 2.5
"""Of both walls: ε and σ in units of the species' own, and reach in units of the wall's σ."""


def wall_constants(name: str) -> tuple[float, float, float]:
    """ε (eV), σ (Å) and reach (Å) of the 9-3 walls for a species."""
    strength, size, reach = WALL
    sigma = size * SIGMA[name]
    return strength * EPSILON[name], sigma, reach * sigma


def wall_commands(species: tuple[str, ...], face: str, position: str) -> list[str]:
    """LAMMPS's words for one wall; a fix given again under its ID takes the place of the first."""
    lines = []
    for name in species:
        epsilon, sigma, reach = wall_constants(name)
        lines += [
            f"fix {face}_{name} {name} wall/lj93 {face} {position} {epsilon!r} {sigma!r} {reach!r}",
            f"fix_modify {face}_{name} energy yes",
        ]
    return lines


def motion_of(kind: str, length: float, speed: float, time: float) -> tuple[str, str]:
    """Position (Å) and velocity (Å/ps) of the piston as functions of the time t (ps)."""
    if kind == "ramp":
        return f"{length} + {speed}*t", f"{speed} + 0*t"
    depth, rate = 0.15 * length, 2 * pi * 3 / time  # three times to and fro
    return f"{length} - {depth!r}*(1 - cos({rate!r}*t))", f"-{depth * rate!r}*sin({rate!r}*t)"


def experiment(
    species: Literal["one", "several"] = "one",
    motion: Literal["ramp", "oscillation"] = "ramp",
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
    position, velocity = motion_of(motion, length, how.speed, how.steps * TIMESTEP)
    return Experiment(
        name=f"gas_piston_{motion}_{species}" + ("_2d" if dimension == 2 else ""),
        title=f"{', '.join(names)} under a piston ({motion}), in {dimension} dimensions, by LAMMPS",
        units="metal",
        reference=ReferenceModel(
            engine="lammps",
            commands=(
                *pair_commands(names),
                *(f"group {name} type {number}" for number, name in enumerate(names, 1)),
                *wall_commands(names, low, "0.0"),
                *wall_commands(names, high, f"{length}"),
            ),
            recorded=(
                f"variable x_{high} equal {in_lammps_words(position)}",
                f"variable speed_{high} equal {in_lammps_words(velocity)}",
                *wall_commands(names, high, f"v_x_{high}"),
                f"variable force_{low} equal {force_on(names, low)}",
                f"variable force_{high} equal {force_on(names, high)}",
                # the mean power since the start, of every step: what is recorded seldom is still summed up exactly
                f"variable power_{high} equal -v_force_{high}*v_speed_{high}",
                f"fix power_{high} all ave/time 1 {how.every} {how.every} v_power_{high} ave running",
                f"variable work_{high} equal f_power_{high}*time",
            ),
            series={
                f"v_x_{high}": f"wall position {high}",
                f"v_force_{low}": f"wall force {low}",
                f"v_force_{high}": f"wall force {high}",
                f"v_work_{high}": f"wall work {high}",
            },
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
        ),
        cutoff=10.0,
        walls=(f"{low}=0", f"{high}={position}"),
        runs=how.runs,
    )


def in_lammps_words(function: str) -> str:
    """A function of t as an equal-style variable has it."""
    return re.sub(r"\bt\b", "time", function).replace(" ", "")


def force_on(species: tuple[str, ...], face: str) -> str:
    """The force of all species on a wall."""
    return "+".join(f"f_{face}_{name}[1]" for name in species)


def wall_constants_named(species: tuple[str, ...], faces: tuple[str, str]) -> dict[str, tuple[float, str]]:
    """The truth of the walls, for the report."""
    found = {}
    for name in species:
        for face in faces:
            epsilon, sigma, _ = wall_constants(name)
            found |= {f"epsilon {name}-{face}": (epsilon, "eV"), f"sigma {name}-{face}": (sigma, "Å")}
    return found
