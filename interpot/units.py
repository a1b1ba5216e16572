"""Unit styles: the only place where one system of units becomes another.

Inside the package everything is in ASE units: energy in eV, length in Å, mass in amu, charge in e, and
hence time in Å·sqrt(amu/eV) ≈ 10.18 fs. Readers convert into them, exporters and reports out of them. In
the reduced style ``lj`` both sides are the same dimensionless numbers.

Energies and lengths convert by CODATA. Time converts by the constant ``mvv2e`` that LAMMPS itself uses
(kinetic energy = ½ mvv2e m v²), because its rounded value (metal: 1.0364269e-4, which is 6e-8 from CODATA)
is what moved the atoms in a LAMMPS file. The same holds for Boltzmann's and Coulomb's constants.

GROMACS's units are coherent (kJ/mol = amu·nm²/ps² to the last digit); AMBER's time is 20.455 units in which
kcal/mol = amu·Å²/time², where CODATA has 20.45483.

Sources: CODATA as in `scipy.constants`; LAMMPS ``src/update.cpp``, ``Update::set_units``; GROMACS
``api/legacy/include/gromacs/math/units.h``; AmberTools ``sander/runmd.F90`` and, for the charge, ``cewmod.F90``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from scipy import constants

from interpot.errors import InterpotError

_EV = constants.electron_volt  # J
_AMU = constants.atomic_mass  # kg
_KCAL_PER_MOL = 1e3 * constants.calorie / constants.Avogadro / _EV  # eV
_BOHR = constants.physical_constants["Bohr radius"][0] * 1e10  # Å
_HARTREE = constants.physical_constants["Hartree energy in eV"][0]  # eV


@dataclass(frozen=True, slots=True)
class UnitStyle:
    """One system of units and how it maps to the internal one.

    Attributes
    ----------
    name
        LAMMPS's name of the style, or that of the program it belongs to.
    energy, length, mass, charge
        One unit of the style in eV, Å, amu, e.
    mvv2e
        Energy units of the style per (mass · velocity²) of the style, the program's own value.
    boltzmann
        Boltzmann's constant in energy units per temperature unit, the program's own value.
    coulomb
        Energy · length of two unit charges (LAMMPS ``qqr2e``).
    nktv2p
        Pressure units per (energy / length³), the program's own value.
    energy_unit, length_unit, time_unit, temperature_unit, pressure_unit
        Names for people.
    """

    name: str
    energy: float
    length: float
    mass: float
    charge: float
    mvv2e: float
    boltzmann: float
    coulomb: float
    nktv2p: float
    energy_unit: str
    length_unit: str
    time_unit: str
    temperature_unit: str
    pressure_unit: str

    @property
    def force(self) -> float:
        """One force unit of the style in eV/Å."""
        return self.energy / self.length

    @property
    def velocity(self) -> float:
        """One velocity unit of the style in sqrt(eV/amu), such that ½mv² is the engine's own energy."""
        return sqrt(self.mvv2e * self.energy / self.mass)

    @property
    def time(self) -> float:
        """One time unit of the style in Å·sqrt(amu/eV)."""
        return self.length / self.velocity


STYLES: dict[str, UnitStyle] = {
    style.name: style
    for style in (
        UnitStyle(
            "lj", 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, "ε", "σ", "τ", "ε/k", "ε/σ³"
        ),
        UnitStyle(
            "real", _KCAL_PER_MOL, 1.0, 1.0, 1.0, 48.88821291**2, 0.0019872067, 332.06371, 68568.415,
            "kcal/mol", "Å", "fs", "K", "atm",
        ),
        UnitStyle(
            "metal", 1.0, 1.0, 1.0, 1.0, 1.0364269e-4, 8.617343e-5, 14.399645, 1.6021765e6,
            "eV", "Å", "ps", "K", "bar",
        ),
        UnitStyle(
            "si", 1 / _EV, 1e10, 1 / _AMU, 1 / _EV, 1.0, 1.3806504e-23, 8.9876e9, 1.0,
            "J", "m", "s", "K", "Pa",
        ),
        UnitStyle(
            # attogram, nanometre, nanosecond: one energy unit is 1e-21 J
            "nano", 1e-21 / _EV, 10.0, 1e-21 / _AMU, 1.0, 1.0, 0.013806504, 230.7078669, 1.0,
            "ag·nm²/ns²", "nm", "ns", "K", "ag/(nm·ns²)",
        ),
        UnitStyle(
            "electron", _HARTREE, _BOHR, 1.0, 1.0, 1.06657236, 3.16681534e-6, 1.0, 2.94210108e13,
            "Ha", "a₀", "fs", "K", "Pa",
        ),
        UnitStyle(
            # Coulomb: 1/(4π ε₀) of CODATA 2018, as the header computes it
            "gromacs", _KCAL_PER_MOL / constants.calorie, 10.0, 1.0, 1.0, 1.0, 8.31446261815324e-3,
            138.93545764498155, 16.6054, "kJ/mol", "nm", "ps", "K", "bar",
        ),
        UnitStyle(
            "amber", _KCAL_PER_MOL, 1.0, 1.0, 1.0, 20.455**-2, 8.31441e-3 / 4.184, 18.2223**2, 1.6604345e4 * 4.184,
            "kcal/mol", "Å", "ps", "K", "bar",
        ),
    )
}  # fmt: skip
"""The table of unit styles: one row per LAMMPS style, and those of the programs whose files are read."""

LAMMPS_STYLES = tuple(name for name in STYLES if name not in ("gromacs", "amber"))
"""Those that LAMMPS itself knows."""


LENGTHS: dict[str, float] = {
    **dict.fromkeys(("å", "Å", "a", "ang", "angstrom", "angstroms"), 1.0),
    **dict.fromkeys(("bohr", "a0", "a₀", "a_0", "a.u."), _BOHR),
    "nm": 10.0,
    "pm": 0.01,
}  # fmt: skip
"""Single units of length that tables of energies state, in small letters: name → Å."""

ENERGIES: dict[str, float] = {
    "ev": 1.0,
    "mev": 1e-3,
    **dict.fromkeys(("kcal/mol", "kcal_mol", "kcal mol-1", "kcal mol^-1", "kcal"), _KCAL_PER_MOL),
    **dict.fromkeys(("kj/mol", "kj_mol", "kj mol-1", "kj mol^-1"), _KCAL_PER_MOL / constants.calorie),
    **dict.fromkeys(("ha", "hartree", "hartrees", "eh", "e_h"), _HARTREE),
    **dict.fromkeys(("mha", "meh", "mhartree"), 1e-3 * _HARTREE),
    **dict.fromkeys(("k", "kelvin"), constants.Boltzmann / _EV),
    **dict.fromkeys(
        ("cm-1", "cm^-1", "1/cm", "cm⁻¹", "cm_1"), 100 * constants.Planck * constants.speed_of_light / _EV
    ),
}  # fmt: skip
"""Single units of energy that tables state, in small letters: name → eV; K is energy/k, cm⁻¹ energy/hc."""

ENERGY_NAMES = {
    ENERGIES[name.lower()]: name
    for name in ("eV", "meV", "kcal/mol", "kJ/mol", "hartree", "mhartree", "K", "cm⁻¹")
}
"""What people call these units: eV → name."""


def unit_style(name: str) -> UnitStyle:
    """Look a style up by its name; raises `InterpotError` with the list of those known."""
    try:
        return STYLES[name]
    except KeyError:
        known = ", ".join(STYLES)
        raise InterpotError(f"unknown unit style '{name}': expected one of {known}") from None


def lammps_style(units: UnitStyle) -> UnitStyle:
    """Return a style that LAMMPS knows: the given one, else "real", in molar energies like those it does not know."""
    return units if units.name in LAMMPS_STYLES else STYLES["real"]
