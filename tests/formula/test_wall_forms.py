"""Walls and fields are found exactly, from LAMMPS's own, jointly with the pairs; a document keeps them."""

from __future__ import annotations

import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import interpot
from interpot.formula.discover import Discovery
from interpot.formula.potential import Potential
from interpot.statistic.channels import Channel

HEAD = """\
units metal
atom_style charge
boundary {boundary}
region b block 0 {size} 0 {size} 0 {size}
create_box {kinds} b
lattice sc 6.5
region i block {inside} units box
create_atoms 1 region i
set group all type/ratio {kinds} 0.4999 7
mass * 40
group A type 1
group B type {kinds}
neighbor 1.0 bin
"""
TAIL = """\
velocity all create 500 87287 dist gaussian
fix m all nve
timestep 0.004
run 2000
dump d all custom 60 t.lammpstrj id type element x y z fx fy fz
dump_modify d sort id element {elements} format float %.16g
run 2400
"""


def simulate(folder: Path, forces: str, **settings: object) -> Path:
    """Run LAMMPS with some forces."""
    text = (HEAD + forces + TAIL).format(**settings)
    (folder / "in.lammps").write_text(text)
    command = [str(Path(sysconfig.get_path("scripts")) / "lmp"), "-in", "in.lammps", "-screen", "none"]
    subprocess.run(command, cwd=folder, check=True)
    return folder / "t.lammpstrj"


def found_in(potential: Potential, label: str) -> dict[str, float]:
    """Constants of a channel by name."""
    return {p.name: p.value for p in potential.channel(label).parameters}


def check(potential: Potential, truth: Mapping[str, tuple[str, Mapping[str, float]]]) -> None:
    """Names are as they should be, and constants to a millionth."""
    assert {c.label for c in potential.channels} == set(truth)
    for label, (form, constants) in truth.items():
        assert potential.channel(label).form == form
        assert found_in(potential, label) == pytest.approx(constants, rel=1e-6)


# ---------------------------------------------------------------------------- one wall of each style

WALLS = """\
pair_style lj/cut 6.0
pair_coeff 1 1 0.0103 3.4
fix w1 all wall/lj93 xlo EDGE 0.02 3.2 7.0
fix w2 all wall/lj126 xhi EDGE 0.015 3.0 7.0
fix w3 all wall/lj1043 ylo EDGE 0.004 3.1 7.0
fix w4 all wall/harmonic yhi EDGE 0.05 1.0 4.0
fix w5 all wall/morse zlo EDGE 0.03 1.2 3.0 7.0
fix w6 all wall/lepton zhi EDGE "20*exp(-r/0.4)" 6.0
"""

OF_WALLS = {
    "Ar-Ar": ("Lennard-Jones 12-6", {"epsilon": 0.0103, "sigma": 3.4}),
    "Ar-xlo": ("Lennard-Jones wall 9-3", {"epsilon": 0.02, "sigma": 3.2}),
    "Ar-xhi": ("Lennard-Jones wall 12-6", {"epsilon": 0.015, "sigma": 3.0}),
    "Ar-ylo": ("Steele wall 10-4-3", {"epsilon": 0.004, "sigma": 3.1}),
    "Ar-yhi": ("Harmonic wall", {"epsilon": 0.05, "r_c": 4.0}),
    "Ar-zlo": ("Morse wall", {"D": 0.03, "alpha": 1.2, "r_0": 3.0}),
    "Ar-zhi": ("Exponential wall", {"A": 20.0, "rho": 0.4}),
}


@pytest.fixture(scope="module")
def walls(tmp_path_factory: pytest.TempPathFactory) -> Discovery:
    """Argon in a box with six different walls."""
    folder = tmp_path_factory.mktemp("walls")
    path = simulate(folder, WALLS, boundary="f f f", size=34, kinds=1, inside="4 30 4 30 4 30", elements="Ar")
    faces = [f"{axis}{end}" for axis in "xyz" for end in ("lo", "hi")]
    frames = interpot.read(path, walls=[f"{face}=edge" for face in faces])
    reach = {"yhi": 4.0, "zhi": 6.0}
    channels = (
        *interpot.pair_channels(frames, 6.0),
        *(Channel("wall", ("Ar",), reach.get(face, 7.0), face) for face in faces),
    )
    return interpot.discover(interpot.accumulate(frames, channels))


def test_every_style_of_wall_is_found_with_its_name(walls: Discovery) -> None:
    check(walls.best, OF_WALLS)
