"""Gases between walls, run by LAMMPS with scripts of their own: the truth of what walls feel."""

from __future__ import annotations

import subprocess
import sysconfig
from dataclasses import replace
from pathlib import Path

import numpy as np
import sympy
from proof_systems import Frames, channel, potential

import interpot
from interpot.formula.channel_formula import ChannelFormula, Parameter
from interpot.formula.codegen import R
from interpot.formula.potential import Potential
from interpot.proof.observables import Recorded
from interpot.records import Surface
from interpot.trajectory.walls import FACES
from interpot.units import unit_style

LJ = unit_style("lj")
NAMES = {
    "Step": "step", "Time": "time", "Temp": "temperature", "PotEng": "potential", "KinEng": "kinetic",
    "TotEng": "total", "Volume": "volume", "Pxx": "pxx", "Pyy": "pyy", "Pzz": "pzz",
}  # fmt: skip


def script(
    number: int,
    box: tuple[float, float, float],
    walls: str,
    run: str,
    pair: str = "pair_style zero 3.0\npair_coeff * *",
    temperature: float = 1.5,
    seed: int = 1,
    masses: tuple[float, ...] = (1.0,),
    dimension: int = 3,
    columns: str = "f_w[1] f_w[2]",
    normal: str = "z",
) -> str:
    """Reduced units; periodic but along `normal`; particles are placed at random and pushed apart."""
    x, y, z = box
    flags = " ".join("f" if axis == normal else "p" for axis in "xyz")
    inner = [
        f"{1.2} {edge - 1.2}" if axis == normal else f"0 {edge}"
        for axis, edge in zip("xyz", box, strict=True)
    ]
    if dimension == 2:
        inner[2] = "-0.1 0.1"
    lines = [
        "units lj", f"dimension {dimension}", f"boundary {flags}", "atom_modify map array",
        f"region b block 0 {x} 0 {y} {'-0.5 0.5' if dimension == 2 else f'0 {z}'}",
        f"create_box {len(masses)} b", f"region i block {' '.join(inner)}",
        *(
            f"create_atoms {k} random {number // len(masses)} {seed + k} i overlap 0.9 maxtry 5000"
            for k in range(1, len(masses) + 1)
        ),
        *(f"mass {k} {m}" for k, m in enumerate(masses, 1)),
        pair, "neighbor 0.3 bin", "neigh_modify every 1 delay 0 check yes",
        f"velocity all create {temperature} {seed} dist gaussian mom yes",
        walls, "fix_modify w energy yes", "fix m all nve", *(["fix p all enforce2d"] if dimension == 2 else []),
        "timestep 0.005",
        f"thermo_style custom step time temp pe ke etotal vol pxx pyy pzz {columns}",
        "thermo_modify norm no format float %.15g lost error",
        run, "",
    ]  # fmt: skip
    return "\n".join(lines)


def lammps(folder: Path, text: str) -> dict[str, np.ndarray]:
    """Run a script; the series of its last run, under the names of `MdRun.thermo` where they have one."""
    (folder / "in.walls").write_text(text)
    command = [
        Path(sysconfig.get_path("scripts")) / "lmp",
        "-in",
        "in.walls",
        "-log",
        "log.walls",
        "-screen",
        "none",
    ]
    subprocess.run(command, cwd=folder, check=True)
    lines = (folder / "log.walls").read_text().splitlines()
    start = max(k for k, line in enumerate(lines) if line.lstrip().startswith("Step"))
    end = next(k for k, line in enumerate(lines) if k > start and line.startswith("Loop time"))
    table = np.array(
        [line.split() for line in lines[start + 1 : end] if line.split()[0].isdigit()], dtype=float
    )
    return {NAMES.get(name, name): column for name, column in zip(lines[start].split(), table.T, strict=True)}


def between(
    folder: Path,
    thermo: dict[str, np.ndarray],
    places: dict[str, float | np.ndarray],
    found: Potential | None = None,
    dimension: int = 3,
    dump: str | None = "d.lammpstrj",
    reach: float = 2.5,
) -> Recorded:
    """A recorded run with walls whose forces are columns f_w[1], f_w[2] ... in the order of `places`."""
    series = dict(thermo)
    for k, (name, place) in enumerate(places.items(), 1):
        series[f"wall force {name}"] = thermo[f"f_w[{k}]"]
        series[f"wall position {name}"] = np.broadcast_to(place, len(thermo["step"])).astype(float)
    frames = () if dump is None else tuple(interpot.read(folder / dump, units="lj", dimension=dimension))
    surfaces = tuple(Surface(n, "plane", *FACES[n], float(np.ravel(p)[0])) for n, p in places.items())
    frames = tuple(replace(f, surfaces=surfaces) for f in frames)
    return Recorded(frames, Frames(frames, LJ), LJ, reach, series, potential=found)


def wall(
    name: str, formula: str, cutoff: float, constants: dict[str, float], species: str = "1"
) -> ChannelFormula:
    """A wall's function in the distance r."""
    parameters = tuple(Parameter(key, value, 0.0, 0.0, 0.0) for key, value in constants.items())
    expression = sympy.sympify(formula, locals={p.name: p.symbol for p in parameters} | {"r": R})
    return ChannelFormula(
        (species,), cutoff, (0.1 * cutoff, cutoff), "wall", expression, parameters, kind="wall", site=name
    )


LJ93 = "2/15*eps*((sig/r)**9) - eps*(sig/r)**3"
HARMONIC = "K*(r_c - r)**2"


def argon(*walls: ChannelFormula, cutoff: float = 2.5) -> Potential:
    """Lennard-Jones particles of species "1" between walls."""
    pair = channel("Lennard-Jones 12-6", ("1", "1"), cutoff, epsilon=1.0, sigma=1.0)
    return potential(replace(pair, domain=(0.9, cutoff)), *walls, units="lj")
