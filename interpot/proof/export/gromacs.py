"""GROMACS: user tables of φ and -φ' for every pair of species, with topology lines and run parameters.

GROMACS takes V and -V' at both ends of each interval, puts the cubic through them and takes force from the slope of
that cubic. A jump of the energy at the cutoff would become a spike of force one interval wide. So the tables hold
φ(r) - φ(r_c): the force is that of φ and ends at the cutoff, and each pair within the cutoff lacks the constant
φ(r_c), which the head of its file states.

User tables of non-bonded interactions need the group cutoff scheme: GROMACS 4 to 2019 have it, 2020 removed both, and
later versions refuse the run parameters. Tables of bonds, interpolated alike, remain: through these any GROMACS can be
asked what it makes of a table (`gmx`).

Sources: GROMACS manual, "Tabulated interaction functions"; release notes of 2020, "Removed functionality".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
from ase.data import atomic_masses, atomic_numbers

from interpot.errors import InterpotError
from interpot.files import atomic
from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.potential import Potential
from interpot.proof.export import gmx
from interpot.proof.export.exporter import Exporter
from interpot.proof.export.header import header
from interpot.proof.export.tabulate import Curve, deviation, inner_end, plain_names
from interpot.proof.export.xvg import Table, ends_comment, read
from interpot.proof.forces import PairForces
from interpot.records import Evaluation, Frame
from interpot.units import ENERGIES, UnitStyle

TOLERANCE = 2e-5
"""Stated error of a table, mixed precision included: of the largest deviation, relative to the root mean square."""

_MARGIN = 0.25  # of the tolerance: a frame's root mean square is over components
_SPACINGS = (0.002, 0.001, 0.0005, 0.00025, 0.0001)  # nm; GROMACS's own are 0.002 and, in double, 0.0005
_BUFFER = 0.2  # nm between the cutoff and the end of the neighbour list
_EXTENSION = 1.0  # nm: GROMACS's table-extension, beyond the neighbour list
_CONTACT = 0.04  # nm: further in the Coulomb columns are zero, as in GROMACS's own files


def tables(potential: Potential) -> list[Table]:
    """Tabulate all pairs at the widest spacing that holds the stated error, the same for all.

    Raises
    ------
    InterpotError
        Reduced units, or none of the spacings does.
    """
    units, channels = potential.units, potential.channels
    if units.name == "lj":
        raise InterpotError(
            "GROMACS needs nm and kJ/mol, to which a potential in 'lj' units has no fixed relation: discover it from "
            "data in physical units"
        )
    reach = _longest(potential) + _BUFFER + _EXTENSION
    ends = [inner_end(c) for c in channels]
    for h in _SPACINGS:
        made = [tabulated(c, units, end, h, reach + 2 * h) for c, end in zip(channels, ends, strict=True)]
        errors = [deviation(c, table) for c, table in zip(channels, made, strict=True)]
        if max(errors) <= _MARGIN * TOLERANCE:
            return made
    worst = int(np.argmax(errors))
    raise InterpotError(
        f"a GROMACS table of {channels[worst].label} every {h} nm is still off by {errors[worst]:.2g}, where "
        f"{_MARGIN * TOLERANCE:.2g} is the aim: its formula is too steep for GROMACS, or has a jump or a kink"
    )


def tabulated(channel: ChannelFormula, units: UnitStyle, inner: float, h: float, reach: float) -> Table:
    """Put one pair on evenly spaced nodes from 0 to beyond its cutoff.

    Parameters
    ----------
    channel
        Of the potential.
    units
        Its style.
    inner
        Below, the table is a straight line (length unit of the style).
    h, reach
        Spacing, and up to where nodes go (nm).
    """
    nm, kilojoule = units.length / 10, units.energy / ENERGIES["kj/mol"]
    r = h * np.arange(int(np.ceil(reach / h)) + 1, dtype=np.float64)
    curve, at = Curve(channel), np.maximum(r / nm, inner)
    shift = float(curve.energy(np.array([channel.cutoff]))[0])
    force = curve.force(at)
    energy = curve.energy(at) - shift + force * np.maximum(inner - r / nm, 0.0)
    beyond = r > channel.cutoff * nm + (1 - 1e-9) * h  # from the second node beyond the cutoff on
    energy[beyond] = force[beyond] = 0.0
    return Table(r, energy * kilojoule, force * kilojoule / nm, channel.cutoff * nm, shift * kilojoule, units)


def _longest(potential: Potential) -> float:
    """Largest cutoff in nm."""
    return max(c.cutoff for c in potential.channels) * potential.units.length / 10


# ---------------------------------------------------------------------------- writing


def write(potential: Potential, path: Path) -> None:
    """Write tables, topology lines and run parameters into a folder."""
    made = tables(potential)
    names = plain_names(potential.species)
    zero = np.zeros_like(made[0].r)
    none = replace(made[0], energies=zero, forces=zero, cutoff=0.0, shift=0.0)
    files = {"table.xvg": _columns(none, "no interaction: each pair of species has a file of its own")}
    for channel, table in zip(potential.channels, made, strict=True):
        about = f"{channel.label}: {channel.form}; the formula is in forcefield.itp"
        files[file_name(channel.species, names)] = _columns(table, about)
    files["forcefield.itp"] = _topology(potential, names)
    files["tables.mdp"] = _parameters(potential, names)
    for name, lines in files.items():
        with atomic(path / name) as temporary:
            temporary.write_text("\n".join([*lines, ""]), encoding="utf-8")


def file_name(species: Sequence[str], names: dict[str, str]) -> str:
    """Name of the table of a pair as GROMACS looks for it: by energy groups, in their order."""
    return f"table_{'_'.join(names[s] for s in sorted(species))}.xvg"


def _columns(table: Table, about: str) -> list[str]:
    """Seven columns: r, Coulomb, dispersion (unused) and repulsion (all of φ), each with minus its slope."""
    inverse = np.where(table.r > _CONTACT, 1 / np.maximum(table.r, _CONTACT), 0.0)
    rows = zip(table.r, inverse, inverse**2, table.energies, table.forces, strict=True)
    return [
        f"# {about}",
        f"# {ends_comment(table.cutoff, table.shift)}",
        "# columns: r, 1/r, 1/r^2, g = 0, -g' = 0, h = phi - phi(r_c), -h' in nm and kJ/mol; for C6 = 0 and C12 = 1",
        *(f"{r:.6f}  {f:.10e} {df:.10e}  0 0  {h:.14e} {dh:.14e}" for r, f, df, h, dh in rows),
    ]


def _topology(potential: Potential, names: dict[str, str]) -> list[str]:
    lines = [f"; {line}".rstrip() for line in header(potential)]
    lines += [
        ";",
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
    cutoff = _longest(potential)
    return [
        "; Lines for the run parameters of GROMACS 4 to 2019. From 2020 on there is neither the group scheme nor any",
        "; user table of non-bonded interactions: grompp refuses these lines.",
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


def evaluate(path: Path, potential: Potential, frames: Sequence[Frame]) -> list[Evaluation]:
    """Read the tables back and sum over the pairs of frames: by gmx, or by its interpolation where there is none."""
    kind = Table if gmx.command() is None else gmx.Bonds
    sums = PairForces(potential, partial(_pair, path, potential, kind))
    return [sums(frame) for frame in frames]


def _pair(path: Path, potential: Potential, kind: type[Table], a: str, b: str) -> Table:
    return read(path / file_name((a, b), plain_names(potential.species)), potential.units, kind)


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
    usage="GROMACS 4 to 2019: NAME/*.xvg beside the run, #include NAME/forcefield.itp, the lines of NAME/tables.mdp",
)
