"""A gas under a moving wall: its laws are found while it is compressed, and its work is that of the reference.

A dilute gas between a fixed wall at z = 0 and a piston at z = X(t), both of the 9-3 kind, periodic across. The piston
moves in one of three ways: at a constant speed (ramp), to and fro (oscillation), or freely, with a mass and a load that
pushes it (free). interpot is told where the piston is at each instant. The work on the gas, W = -∫ f·v dt with the force
f of the gas on the wall and the speed v of the wall, and the adiabatic curve P V^γ are compared as means over runs.

    interpot run experiments/gas_piston.py --motion free --size paper
"""

from typing import Literal

from gases import EPSILON, SIGMA, SPECIES, pair_commands, pair_constants, particles

from interpot import Dynamics, Experiment, ReferenceModel
from interpot.records import Piston, Wall

SIZES = {
    "small": {"count": 120, "width": 36.0, "length": 60.0, "steps": 12000, "every": 120, "runs": 3, "speed": -1.2},
    "paper": {"count": 240, "width": 60.0, "length": 120.0, "steps": 100000, "every": 500, "runs": 8, "speed": -0.3},
}
"""Size → particles, width and first length (Å), steps, steps between frames, runs, speed of the ramp (Å/ps)."""

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
    """Position and velocity of the piston as functions of the time t."""
    if kind == "ramp":
        return f"{length} + {speed}*t", f"{speed}"
    depth, rate = 0.15 * length, 2 * pi * 3 / time  # three times to and fro
    return f"{length} - {depth}*(1 - cos({rate!r}*t))", f"-{depth * rate!r}*sin({rate!r}*t)"
