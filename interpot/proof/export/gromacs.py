"""GROMACS: user tables of φ and -φ' for every pair of species, with topology lines and run parameters.

GROMACS takes V and -V' at both ends of each interval, puts the cubic through them and takes force from the slope of
that cubic. A jump of the energy at the cutoff would become a spike of force one interval wide. So the tables hold
φ(r) - φ(r_c): the force is that of φ and ends at the cutoff, and each pair within the cutoff lacks the constant
φ(r_c), which the head of its file states.

User tables of non-bonded interactions need the group cutoff scheme: GROMACS 4 to 2019 has it, 2020 took it away
together with them, and they have not returned since (2025). Tables of bonds, interpolated alike, remain: through these
any GROMACS can be asked what it makes of a table (`gmx`).

Sources: GROMACS manual, "Tabulated interaction functions"; release notes 2020, "Removed functionality".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
from ase.data import atomic_masses, atomic_numbers
from scipy.interpolate import CubicHermiteSpline

from interpot.errors import InterpotError
from interpot.files import atomic
from interpot.formula.potential import ChannelFormula, Potential
from interpot.proof.export import gmx
from interpot.proof.export.exporter import Exporter
from interpot.proof.export.header import header
from interpot.proof.export.tabulate import Curve, deviation, inner_end, plain_names
from interpot.proof.forces import PairForces
from interpot.records import Evaluation, FloatArray, Frame
from interpot.units import ENERGIES, UnitStyle

TOLERANCE = 2e-5
"""Stated error of a table, mixed precision included: of the largest deviation, relative to the root mean square."""

_MARGIN = 0.25  # of the tolerance: a frame's root mean square is over components
_SPACINGS = (0.002, 0.001, 0.0005, 0.00025, 0.0001)  # nm; GROMACS's own: 0.002 in mixed, 0.0005 in double precision
_BUFFER = 0.2  # nm between the cutoff and the end of the neighbour list
_EXTENSION = 1.0  # nm: GROMACS's table-extension, beyond the neighbour list
_CONTACT = 0.04  # nm: further in the Coulomb columns are zero, where 1/r would lose its digits
_LARGEST = 1e30  # kJ/mol: mixed precision ends at 3e38


@dataclass(frozen=True)
class Grid:
    """One pair of species on evenly spaced nodes from 0 to beyond its cutoff, in nm and kJ/mol.

    Attributes
    ----------
    channel
        Of the potential.
    units
        Its style.
    inner
        Below, the table is a straight line (length unit of the potential).
    spacing, reach
        Of the nodes, and up to where they go (nm).
    """

    channel: ChannelFormula
    units: UnitStyle
    inner: float
    spacing: float
    reach: float

    @property
    def length(self) -> float:
        """One length unit of the potential in nm."""
        return self.units.length / 10

    @property
    def kilojoules(self) -> float:
        """One energy unit of the potential in kJ/mol."""
        return self.units.energy / ENERGIES["kj/mol"]

    @property
    def cutoff(self) -> float:
        """Cutoff in nm."""
        return self.channel.cutoff * self.length

    @cached_property
    def shift(self) -> float:
        """φ at the cutoff, which the table's energies lack (kJ/mol)."""
        return float(Curve(self.channel).energy(np.array([self.channel.cutoff]))[0]) * self.kilojoules

    @cached_property
    def columns(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """r, φ - φ(r_c) and -φ' on the nodes, zero from the second node beyond the cutoff on."""
        r = self.spacing * np.arange(int(np.ceil(self.reach / self.spacing)) + 1)
        inner = self.inner * self.length
        curve, at = Curve(self.channel), np.maximum(r, inner) / self.length
        force = curve.force(at) * self.kilojoules / self.length
        energy = curve.energy(at) * self.kilojoules - self.shift + force * np.maximum(inner - r, 0)
        beyond = r > self.cutoff + (1 - 1e-9) * self.spacing
        energy[beyond] = force[beyond] = 0.0
        return r, energy, force


@dataclass(frozen=True)
class Interpolated:
    """A table as GROMACS interpolates it, in units of the potential; energies have their constant again.

    Attributes
    ----------
    r, energies, forces : (m,) float64
        The table, in nm and kJ/mol.
    shift, cutoff
        φ(r_c) and r_c, in kJ/mol and nm.
    units
        Style of arguments and values.
    """

    r: FloatArray
    energies: FloatArray
    forces: FloatArray
    shift: float
    cutoff: float
    units: UnitStyle

    @cached_property
    def _cubics(self) -> CubicHermiteSpline:
        return CubicHermiteSpline(self.r, self.energies, -self.forces)

    def energy(self, r: FloatArray) -> FloatArray:
        """φ(r), interpolated; zero from the cutoff on."""
        x, unit = np.asarray(r) * self.units.length / 10, self.units.energy / ENERGIES["kj/mol"]
        return np.where(x < self.cutoff, self._cubics(x) + self.shift, 0.0) / unit

    def slope(self, r: FloatArray) -> FloatArray:
        """φ'(r), the slope of that cubic; zero from the cutoff on."""
        x, unit = np.asarray(r) * self.units.length / 10, self.units.energy / ENERGIES["kj/mol"]
        return np.where(x < self.cutoff, self._cubics(x, 1), 0.0) / unit * self.units.length / 10


def grids(potential: Potential) -> list[Grid]:
    """Tabulate all pairs at the widest spacing that holds the stated error, the same for all.

    Raises
    ------
    InterpotError
        Reduced units, or none of the spacings does.
    """
    units = potential.units
    if units.name == "lj":
        raise InterpotError(
            "GROMACS needs nm and kJ/mol, to which a potential in 'lj' units has no fixed relation: discover it from "
            "data in physical units"
        )
    reach = max(c.cutoff for c in potential.channels) * units.length / 10 + _BUFFER + _EXTENSION
    ends = [inner_end(c) for c in potential.channels]
    for h in _SPACINGS:
        made = [Grid(c, units, e, h, reach + 2 * h) for c, e in zip(potential.channels, ends, strict=True)]
        errors = [deviation(g.channel, Interpolated(*g.columns, g.shift, g.cutoff, units)) for g in made]
        if max(errors) <= _MARGIN * TOLERANCE:
            _check_size(made)
            return made
    worst = int(np.argmax(errors))
    raise InterpotError(
        f"a GROMACS table of {made[worst].channel.label} every {h} nm is still off by {errors[worst]:.2g}, where "
        f"{_MARGIN * TOLERANCE:.2g} is the aim: its formula is too steep, or has a kink; no finer table is written"
    )


def _check_size(made: Sequence[Grid]) -> None:
    for grid in made:
        largest = max(float(np.abs(column).max()) for column in grid.columns[1:])
        if not largest < _LARGEST:
            raise InterpotError(
                f"the table of {grid.channel.label} would reach {largest:.1g} kJ/mol at r = 0, more than GROMACS's "
                f"single precision holds: its smallest sampled distance {grid.channel.domain[0]:.4g} is to be checked"
            )


# ---------------------------------------------------------------------------- writing


def write(potential: Potential, path: Path) -> None:
    """Write tables, topology lines and run parameters into a folder."""
    made = grids(potential)
    names = plain_names(potential.species)
    files = {"table.xvg": _table(made[0] if len(made) == 1 else None, made[0])}
    for grid in made:
        files[file_name(grid.channel.species, names)] = _table(grid, grid)
    files["forcefield.itp"] = _topology(potential, names)
    files["tables.mdp"] = _parameters(potential, names)
    for name, lines in files.items():
        with atomic(path / name) as temporary:
            temporary.write_text("\n".join([*lines, ""]), encoding="utf-8")


def file_name(species: Sequence[str], names: dict[str, str]) -> str:
    """Name of the table of a pair, as GROMACS looks for it: the energy groups in their order."""
    return f"table_{'_'.join(names[s] for s in sorted(species))}.xvg"


def _table(grid: Grid | None, like: Grid) -> list[str]:
    """Seven columns: r, Coulomb, dispersion (unused), repulsion (all of φ); of no interaction without a grid."""
    r, energy, force = like.columns
    if grid is None:
        energy, force = np.zeros_like(r), np.zeros_like(r)
        about = ["no interaction: each pair of species has its own file, table_A_B.xvg"]
    else:
        about = [
            f"{grid.channel.label}: phi(r) - phi(r_c), the formula is in forcefield.itp",
            f"cutoff r_c = {grid.cutoff:.12g} nm, phi(r_c) = {grid.shift:.12g} kJ/mol",
            f"a straight line for r < {grid.inner * grid.length:.6g} nm, where no pair comes",
        ]
    inverse = np.where(r > _CONTACT, 1 / np.maximum(r, _CONTACT), 0.0)
    zero = np.zeros_like(r)
    rows = zip(r, inverse, inverse**2, zero, zero, energy, force, strict=True)
    return [
        *(f"# {line}" for line in about),
        "# r/nm, 1/r, 1/r^2, g = 0, -g' = 0, h = phi, -h' in kJ/mol and nm; used with C6 = 0 and C12 = 1",
        *("{:.6f}  {:.10e} {:.10e}  {:.0e} {:.0e}  {:.14e} {:.14e}".format(*row) for row in rows),
    ]


def _topology(potential: Potential, names: dict[str, str]) -> list[str]:
    lines = [f"; {line}".rstrip() for line in header(potential)]
    lines += [
        "; in GROMACS: tables in nm and kJ/mol, with C6 = 0 and C12 = 1 so that they are used as they are",
        "[ defaults ]",
        "; nbfunc  comb-rule  gen-pairs  fudgeLJ  fudgeQQ",
        "1  1  no  1.0  1.0",
        "[ atomtypes ]",
        "; name  at.num  mass  charge  ptype  C6  C12",
    ]
    for name in potential.species:
        number = atomic_numbers.get(name, 0)
        mass = f"{atomic_masses[number]:.4f}" if number else "0.0"
        note = "" if number else f"  ; {name}: no element, its mass is to be filled in"
        lines.append(f"{names[name]}  {number}  {mass}  0.0  A  0.0  1.0{note}")
    lines += ["[ nonbond_params ]", "; i  j  func  C6  C12"]
    for a, b in combinations_with_replacement(potential.species, 2):
        lines.append(f"{names[a]}  {names[b]}  1  0.0  1.0")
    return lines


def _parameters(potential: Potential, names: dict[str, str]) -> list[str]:
    groups = [names[name] for name in potential.species]
    pairs = [f"{a} {b}" for a, b in combinations_with_replacement(groups, 2)]
    cutoff = max(c.cutoff for c in potential.channels) * potential.units.length / 10
    return [
        "; Lines for the run parameters of GROMACS 4 to 2019. Later versions have neither the group scheme nor user",
        "; tables of non-bonded interactions and refuse these lines.",
        "; Index groups of these names are needed (gmx make_ndx), one for each species. The tables lie beside the run:",
        ";   gmx mdrun -table table.xvg    finds table_A_B.xvg by itself",
        "cutoff-scheme     = group",
        "vdwtype           = user",
        "vdw-modifier      = none       ; the tables end at the cutoff by themselves",
        "coulombtype       = cut-off    ; user, where charges go by the tables, too",
        f"rvdw              = {cutoff:.6g}",
        f"rcoulomb          = {cutoff:.6g}",
        f"rlist             = {cutoff + _BUFFER:.6g}  ; a buffer: beyond their cutoffs the tables are zero",
        f"table-extension   = {_EXTENSION:g}",
        "DispCorr          = no",
        f"energygrps        = {' '.join(groups)}",
        f"energygrp-table   = {'  '.join(pairs)}",
    ]


# ---------------------------------------------------------------------------- reading back


def read(path: Path, units: UnitStyle) -> Interpolated:
    """Read the table of a pair as GROMACS would.

    Raises
    ------
    InterpotError
        The file does not say its cutoff.
    """
    found = re.search(r"r_c = (\S+) nm, phi\(r_c\) = (\S+) kJ/mol", path.read_text(encoding="utf-8"))
    if found is None:
        raise InterpotError(f"'{path}' does not say its cutoff: expected a table that interpot wrote")
    r, *_, energies, forces = np.loadtxt(path, unpack=True)
    return Interpolated(r, energies, forces, float(found[2]), float(found[1]), units)


def _pair(path: Path, potential: Potential, a: str, b: str) -> Interpolated:
    return read(path / file_name((a, b), plain_names(potential.species)), potential.units)


def evaluate(path: Path, potential: Potential, frames: Sequence[Frame]) -> list[Evaluation]:
    """Read the tables back and sum over the pairs of frames: by gmx, or by its interpolation where there is none."""
    pair = partial(_pair, path, potential)
    if gmx.command() is None:
        sums = PairForces(potential, pair)
        return [sums(frame) for frame in frames]
    sums = PairForces(potential, lambda a, b: gmx.Bonds(pair(a, b)))
    return [sums(frame) for frame in frames]


def version() -> str:
    """Name of what evaluates."""
    if gmx.command() is None:
        return "GROMACS's cubic interpolation (gmx not found)"
    return f"{gmx.version()} (as tables of bonds)"


EXPORTER = Exporter(
    write,
    evaluate,
    version,
    TOLERANCE,
    folder=True,
    usage="GROMACS 4 to 2019: copy NAME/*.xvg beside the run, #include NAME/forcefield.itp, add NAME/tables.mdp",
)
