"""The reference data: one LAMMPS run per liquid, saved at every step and, by the same run, ever more rarely.

Velocity Verlet at 2 fs, NVE, metal units. The text holds fifteen digits: double precision. Three files begin at the
same step: every step, every 10 fs and every 40 fs; each stride of the table is every k-th frame of one of them.
"""

from __future__ import annotations

import fcntl
import subprocess
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from interpot.files import writable_folder
from interpot.units import unit_style

METAL = unit_style("metal")
TIMESTEP = 0.002
"""ps."""
FILES = {1: (1,), 5: (5, 10), 20: (20, 40, 80)}
"""Steps between the frames of a file → the strides of the table, in steps, that are drawn from it."""
STRIDES = tuple(stride for strides in FILES.values() for stride in strides)
EQUILIBRATION = 10_000
"""Steps of NVT before the recorded part."""


@dataclass(frozen=True, slots=True)
class Liquid:
    """A liquid of Lennard-Jones particles on whose truncated forces LAMMPS moves them.

    Attributes
    ----------
    name
        Names files.
    species
        In the order of LAMMPS's types → mass, amu.
    pairs
        Label → ε in eV, σ in Å.
    cells
        Cubic cells of four particles along each edge.
    spacing
        Of the cubic cell, Å.
    temperature
        K.
    cutoff
        Å.
    source
        Of the constants.
    """

    name: str
    species: Mapping[str, float]
    pairs: Mapping[str, tuple[float, float]]
    cells: int
    spacing: float
    temperature: float
    cutoff: float
    source: str

    @property
    def length(self) -> float:
        """The least σ, Å: noise is given in parts of it."""
        return min(sigma for _, sigma in self.pairs.values())

    @property
    def names(self) -> dict[str, str]:
        """LAMMPS's types → species."""
        return {str(k): name for k, name in enumerate(self.species, 1)}


def _mixed(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """The rule of Lorentz and Berthelot, in nine digits."""
    return round((one[0] * other[0]) ** 0.5, 9), (one[1] + other[1]) / 2


_AR, _KR = (119.8 * METAL.boltzmann, 3.405), (167.0 * METAL.boltzmann, 3.633)

LIQUIDS = {
    liquid.name: liquid
    for liquid in (
        Liquid(
            "argon", {"Ar": 39.948}, {"Ar-Ar": (0.0104, 3.405)}, 4, 5.725, 94.4, 8.5,
            "A. Rahman, Phys. Rev. 136, A405 (1964), as usual in eV: ε = 0.0104 eV, σ = 3.405 Å; liquid at 94.4 K, "
            "0.0213 atoms/Å³",
        ),
        Liquid(
            "argon-krypton", {"Ar": 39.948, "Kr": 83.798},
            {"Ar-Ar": _AR, "Ar-Kr": _mixed(_AR, _KR), "Kr-Kr": _KR}, 4, 6.0, 115.8, 8.5,
            "ε/k and σ of argon 119.8 K, 3.405 Å and of krypton 167.0 K, 3.633 Å: J. V. L. Singer and K. Singer, Mol. "
            "Phys. 24, 357 (1972); Ar-Kr by the rule of Lorentz and Berthelot; half of each, liquid at 115.8 K, "
            "0.0185 atoms/Å³",
        ),
    )
}  # fmt: skip
"""The table of liquids."""


def recorded(liquid: Liquid, every: int, frames: int, folder: Path) -> Path:
    """The file with a frame every so many steps, made with the others at most once however many processes ask."""
    place = writable_folder(folder)
    path = place / f"{liquid.name}.{frames}.every{every}.lammpstrj"
    with (place / f"{liquid.name}.{frames}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _run(liquid, frames, place)
    return path


def _run(liquid: Liquid, frames: int, folder: Path) -> None:
    """Equilibrate and record; files are named when they are whole, LAMMPS's input and log stay beside them."""
    paths = {every: folder / f"{liquid.name}.{frames}.every{every}.lammpstrj" for every in FILES}
    lines, done = _script(liquid), 0
    for every, path in paths.items():
        columns = "id type xu yu zu vx vy vz fx fy fz"
        lines.append(f"dump every{every} all custom {every} {path}.part {columns}")
        lines.append(f"dump_modify every{every} sort id format float %20.15g")
    for every, strides in FILES.items():
        steps = max(strides) * (frames - 1)
        lines += [f"run {steps - done}", f"undump every{every}"]
        done = steps
    given = folder / f"in.{liquid.name}.{frames}"
    given.write_text("\n".join(lines) + "\n", encoding="utf-8")
    program = Path(sysconfig.get_path("scripts")) / "lmp"
    log = folder / f"{liquid.name}.{frames}.log"
    subprocess.run([program, "-in", given, "-log", log, "-screen", "none"], check=True)
    for path in paths.values():
        Path(f"{path}.part").replace(path)


def _script(liquid: Liquid) -> list[str]:
    """What LAMMPS is told before it records."""
    kinds, labels = len(liquid.species), list(liquid.species)
    lines = ["units metal", "atom_style atomic", f"lattice fcc {liquid.spacing}"]
    lines += [
        f"region box block 0 {liquid.cells} 0 {liquid.cells} 0 {liquid.cells}",
        f"create_box {kinds} box",
    ]
    lines += ["create_atoms 1 box"]
    lines += [f"set type 1 type/ratio {k} {1 / k} {73 + k}" for k in range(2, kinds + 1)]
    lines += [f"mass {k} {mass}" for k, mass in enumerate(liquid.species.values(), 1)]
    lines += [f"pair_style lj/cut {liquid.cutoff}"]
    for label, (epsilon, sigma) in liquid.pairs.items():
        one, other = (labels.index(name) + 1 for name in label.split("-"))
        lines += [f"pair_coeff {one} {other} {epsilon!r} {sigma!r}"]
    hot = 2 * liquid.temperature
    return [
        *lines, f"velocity all create {hot} 4928 mom yes rot yes dist gaussian", f"timestep {TIMESTEP}",
        f"fix move all nvt temp {liquid.temperature} {liquid.temperature} 0.2", f"run {EQUILIBRATION}",
        "unfix move", "fix move all nve", "reset_timestep 0",
    ]  # fmt: skip


def file_of(stride: int) -> int:
    """Steps between the frames of the file from which a stride is drawn."""
    return next(every for every, strides in FILES.items() if stride in strides)
