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
dump d all custom 150 t.lammpstrj id type element x y z fx fy fz
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
    frames = interpot.read(path, units="metal", walls=[f"{face}=edge" for face in faces])
    reach = {"yhi": 4.0, "zhi": 6.0}
    channels = (
        *interpot.pair_channels(frames, 6.0),
        *(Channel("wall", ("Ar",), reach.get(face, 7.0), face) for face in faces),
    )
    return interpot.discover(interpot.accumulate(frames, channels))


# ---------------------------------------------------------------------------- two species, walls of their own, fields

FIELDS = """\
pair_style lj/cut 6.0
pair_coeff 1 1 0.0103 3.4
pair_coeff 2 2 0.014 3.6
pair_coeff 1 2 0.011 3.5
fix w1 A wall/lj93 zlo EDGE 0.02 3.2 7.0
fix w2 B wall/lj93 zlo EDGE 0.03 3.0 7.0
fix w3 all wall/reflect zhi EDGE
variable fy atom 0.02*(2*PI/34)*2*sin(2*PI/34*2*y+0.7)
fix f1 A addforce 0.004 0.0 0.0
fix f2 B addforce 0.0 v_fy 0.0
"""

OF_FIELDS = {
    "Ar-Ar": ("Lennard-Jones 12-6", {"epsilon": 0.0103, "sigma": 3.4}),
    "Ar-Kr": ("Lennard-Jones 12-6", {"epsilon": 0.011, "sigma": 3.5}),
    "Kr-Kr": ("Lennard-Jones 12-6", {"epsilon": 0.014, "sigma": 3.6}),
    "Ar-zlo": ("Lennard-Jones wall 9-3", {"epsilon": 0.02, "sigma": 3.2}),
    "Kr-zlo": ("Lennard-Jones wall 9-3", {"epsilon": 0.03, "sigma": 3.0}),
    "Ar@x": ("Uniform field", {"F": 0.004}),
    "Kr@y": ("Standing wave", {"A": 0.02, "k": 4 * np.pi / 34, "delta": 0.7}),
}


@pytest.fixture(scope="module")
def fields(tmp_path_factory: pytest.TempPathFactory) -> Discovery:
    """Argon and krypton above a wall that each feels in its own way, each in a field."""
    folder = tmp_path_factory.mktemp("fields")
    path = simulate(
        folder, FIELDS, boundary="p p f", size=34, kinds=2, inside="1 33 1 33 4 30", elements="Ar Kr"
    )
    frames = interpot.read(path, units="metal", walls=["zlo=edge"])
    channels = (
        *interpot.pair_channels(frames, 6.0),
        *(Channel("wall", (name,), 7.0, "zlo") for name in ("Ar", "Kr")),
        Channel("field", ("Ar",), 36.0, "x"),
        Channel("field", ("Kr",), 36.0, "y"),
    )
    return interpot.discover(interpot.accumulate(frames, channels))


def test_each_species_has_its_own_wall_and_field(fields: Discovery) -> None:
    check(fields.best, OF_FIELDS)


def test_a_field_is_written_in_its_letter(fields: Discovery) -> None:
    assert fields.best.channel("Ar@x").zero == "origin"
    assert fields.best.channel("Kr", "y").latex == r"A \, \cos{\left(\delta + k \, y \right)}"
    assert "(x) &= - F \\, x" in fields.best._repr_latex_()
    assert "r_c" not in str(fields.best.channel("Ar@x").expression)


def test_a_field_goes_on_where_it_was_not_sampled(fields: Discovery) -> None:
    field = fields.best.channel("Ar@x")
    assert field.energy([-50.0, 50.0]) == pytest.approx([0.2, -0.2], rel=1e-6)
    assert field.slope(-50.0) == pytest.approx(-0.004, rel=1e-6)


def test_the_document_keeps_walls_and_fields(fields: Discovery, tmp_path: Path) -> None:
    fields.best.save(tmp_path / "p.json")
    back = Potential.load(tmp_path / "p.json")
    for one, other in zip(fields.best.channels, back.channels, strict=True):
        s = np.linspace(*one.domain, 20)
        assert (one.label, one.kind, one.site, one.zero) == (other.label, other.kind, other.site, other.zero)
        np.testing.assert_array_equal(other.energy(s), one.energy(s))


def test_other_units_are_the_same_walls_and_fields(fields: Discovery) -> None:
    there = fields.best.to_units("real")
    for one, other in zip(fields.best.channels, there.channels, strict=True):
        s = np.linspace(*one.domain, 20)
        np.testing.assert_allclose(
            other.energy(s) * there.units.energy, one.energy(s), rtol=1e-12, atol=1e-15
        )
    np.testing.assert_allclose(there.to_units("metal").covariance, fields.best.covariance, rtol=1e-9)


def test_the_pairs_of_a_potential_have_their_errors(fields: Discovery) -> None:
    pairs = fields.best.pairs
    assert [c.label for c in pairs.channels] == ["Ar-Ar", "Ar-Kr", "Kr-Kr"]
    np.testing.assert_array_equal(np.diag(pairs.covariance) ** 0.5, [p.stderr for p in pairs.parameters])
    others = fields.best.of_kinds(("wall", "field"))
    assert [c.label for c in others.channels] == ["Ar-zlo", "Kr-zlo", "Ar@x", "Kr@y"]
    np.testing.assert_array_equal(others.covariance, fields.best.covariance[6:, 6:])
    assert fields.best.species == ("Ar", "Kr")


# ---------------------------------------------------------------------------- fields on charges, and a trap

TRAP = """\
pair_style lj/cut 6.0
pair_coeff * * 0.0103 3.4
set group A charge 1.0
set group B charge -2.0
fix e all efield 0.0 0.0 0.005
variable fx atom -0.004*(x-30)
variable fy atom -0.004*(y-31)
variable fz atom -0.004*(z-32)
fix t all addforce v_fx v_fy v_fz
"""


def test_a_field_acts_on_charges_beside_a_trap(tmp_path: Path) -> None:
    path = simulate(
        tmp_path, TRAP, boundary="f f f", size=60, kinds=2, inside="18 44 18 44 18 44", elements="Na Cl"
    )
    frames, centre = interpot.read(path, units="metal"), (30.0, 31.0, 32.0)
    channels = (
        *interpot.pair_channels(frames, 6.0),
        Channel("field", ("Cl", "Na"), 55.0, "z", (-2.0, 1.0)),
        *(Channel("field", (name,), 30.0, "r", (), centre) for name in ("Na", "Cl")),
    )
    best = interpot.discover(interpot.accumulate(frames, channels, cutoffs="given")).best
    truth = {f"{a}-{b}": ("Lennard-Jones 12-6", {"epsilon": 0.0103, "sigma": 3.4})
             for a, b in (("Cl", "Cl"), ("Cl", "Na"), ("Na", "Na"))}  # fmt: skip
    trap = {f"{name}@r:30,31,32": ("Harmonic trap", {"k": 0.004}) for name in ("Na", "Cl")}
    check(best, {**truth, **trap, "charge@z": ("Uniform electric field", {"E": 0.005})})
    assert "eV·Å^-1 per e" in best.describe(best.channel("charge", "z"))
    best.save(tmp_path / "p.json")
    again = Potential.load(tmp_path / "p.json").to_units("nano").channel("Na@r")
    assert again.centre == pytest.approx((3.0, 3.1, 3.2)) and again.variable == "r"


def test_every_style_of_wall_is_found_with_its_name(walls: Discovery) -> None:
    check(walls.best, OF_WALLS)
