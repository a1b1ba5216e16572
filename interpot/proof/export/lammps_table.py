"""LAMMPS: a table for ``pair_style table spline``, and the include file that uses it.

LAMMPS splines φ and -φ'/r in r². The table stands on the same nodes, evenly spaced in r² (``RSQ``), so that no value
is interpolated twice, and gives the slope of the force at both ends (``FPRIME``), so that LAMMPS need not guess it.
The error falls as the fourth power of the spacing; a cubic costs little more than LAMMPS's linear interpolation, which
needs ten to thirty times as many nodes.

Source: https://docs.lammps.org/pair_table.html.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline

from interpot.errors import InterpotError
from interpot.files import atomic
from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.potential import Potential
from interpot.proof.engines.lammps import Lammps
from interpot.proof.export.exporter import Exporter
from interpot.proof.export.header import header
from interpot.proof.export.lammps import version
from interpot.proof.export.tabulate import Curve, deviation, inner_end, plain_names
from interpot.records import Evaluation, FloatArray, Frame, ReferenceModel
from interpot.units import lammps_style

TOLERANCE = 1e-6
"""Stated error of a table: of the largest deviation, relative to the root mean square of its part of the range."""

_MARGIN = 0.25  # of the tolerance: a frame's root mean square is over components
_NODES = (500, 1000, 2000, 4000, 8000, 16000, 32000)  # 32000 nodes still fit a core's cache
TABLE, INCLUDE = "potential.table", "potential.lammps"


@dataclass(frozen=True)
class Section:
    """One pair of species on n nodes, as LAMMPS interpolates it: cubic splines of φ and -φ'/r in s = r².

    Attributes
    ----------
    channel
        Of the potential.
    inner
        Where the table begins.
    n
        Number of nodes.
    """

    channel: ChannelFormula
    inner: float
    n: int

    @cached_property
    def columns(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """r, φ and -φ' on the nodes."""
        r = np.sqrt(np.linspace(self.inner**2, self.channel.cutoff**2, self.n))
        r[[0, -1]] = self.inner, self.channel.cutoff
        curve = Curve(self.channel)
        return r, curve.energy(r), curve.force(r)

    @cached_property
    def end_slopes(self) -> tuple[float, float]:
        """dF/dr at both ends."""
        first, last = Curve(self.channel).force_slope(np.array([self.inner, self.channel.cutoff]))
        return float(first), float(last)

    @cached_property
    def _splines(self) -> tuple[CubicSpline, CubicSpline]:
        r, energy, force = self.columns
        ends, push = r[[0, -1]], force[[0, -1]]
        energy_slopes = -push / (2 * ends)
        force_slopes = (np.array(self.end_slopes) - push / ends) / (2 * ends**2)
        return _clamped(r**2, energy, energy_slopes), _clamped(r**2, force / r, force_slopes)

    def energy(self, r: FloatArray) -> FloatArray:
        """φ(r), interpolated."""
        return np.asarray(self._splines[0](r**2))

    def slope(self, r: FloatArray) -> FloatArray:
        """φ'(r), interpolated."""
        return np.asarray(-r * self._splines[1](r**2))


def _clamped(s: FloatArray, values: FloatArray, slopes: FloatArray) -> CubicSpline:
    """Cubic spline with given slopes at both ends."""
    return CubicSpline(s, values, bc_type=((1, np.array(slopes[0])), (1, np.array(slopes[1]))))


def sections(potential: Potential) -> list[Section]:
    """Tabulate all pairs on as few nodes as hold the stated error, the same number for all.

    Raises
    ------
    InterpotError
        No number of nodes that LAMMPS runs fast with does.
    """
    ends = [inner_end(c) for c in potential.channels]
    for n in _NODES:
        made = [Section(c, end, n) for c, end in zip(potential.channels, ends, strict=True)]
        errors = [deviation(s.channel, s) for s in made]
        if max(errors) <= _MARGIN * TOLERANCE:
            return made
    worst = int(np.argmax(errors))
    raise InterpotError(
        f"a table of {n} nodes for {made[worst].channel.label} is still off by {errors[worst]:.2g}, where "
        f"{_MARGIN * TOLERANCE:.2g} is the aim: its formula has a jump or a kink in the force; export it to 'lammps', "
        "which evaluates the formula itself"
    )


def write(potential: Potential, path: Path) -> None:
    """Write the table and the include file into a folder."""
    if not re.fullmatch(r"[\w.+,=@%-]+", path.name):
        raise InterpotError(
            f"LAMMPS cannot read a table in a folder named '{path.name}': name it with letters, digits, . _ and - only"
        )
    potential = potential.to_units(lammps_style(potential.units))
    made = sections(potential)
    names = plain_names(potential.species)
    for name, lines in (
        (TABLE, _table(potential, made, names)),
        (INCLUDE, _include(potential, made, names, path.name)),
    ):
        with atomic(path / name) as temporary:
            temporary.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _keyword(channel: ChannelFormula, names: dict[str, str]) -> str:
    return "_".join(names[s] for s in channel.species)


def _table(potential: Potential, made: Sequence[Section], names: dict[str, str]) -> list[str]:
    # LAMMPS looks for UNITS in the first line: a run in metal may read a table in real, any other mismatch is refused
    lines = [
        f"# UNITS: {potential.units.name}",
        *_comments(header(potential)),
        "#",
        f"# Splined in r^2 on these {made[0].n} nodes, the error is below {TOLERANCE:g} of the root mean square force",
        "# in each part of the range. LAMMPS stops with an error where a pair is closer than its table begins.",
        "# Columns: number, r, energy, force.",
    ]
    for section in made:
        rows = enumerate(zip(*section.columns, strict=True), 1)
        low, high = section.end_slopes
        lines += [
            "",
            f"# {section.channel.label}",
            _keyword(section.channel, names),
            f"N {section.n} RSQ {section.inner!r} {float(section.channel.cutoff)!r} FPRIME {low!r} {high!r}",
            "",
            *(f"{k} {r:.17g} {energy:.17g} {force:.17g}" for k, (r, energy, force) in rows),
        ]
    return lines


def _include(potential: Potential, made: Sequence[Section], names: dict[str, str], folder: str) -> list[str]:
    types = {name: number for number, name in enumerate(potential.species, 1)}
    inner = ", ".join(f"{s.channel.label} {s.inner:.4g}" for s in made)
    notes = [
        *header(potential),
        "",
        f"as a table, error below {TOLERANCE:g} of the root mean square force in each part of its range",
        f"LAMMPS stops with an error where a pair is closer than its table begins: {inner}",
        "the cutoff truncates: energy and force end there as they are, nothing is shifted",
        "",
        f"atom types: {', '.join(f'{number} = {name}' for name, number in types.items())}",
        "where the folder is, seen from where LAMMPS runs; elsewhere: lmp -var tables PATH",
    ]
    lines = [*_comments(notes), f"variable tables index {folder}", f"pair_style table spline {made[0].n}"]
    for section in made:
        i, j = (types[name] for name in section.channel.species)
        where = f"${{tables}}/{TABLE} {_keyword(section.channel, names)}"
        lines.append(f"pair_coeff {i} {j} {where} {float(section.channel.cutoff)!r}")
    return lines


def _comments(lines: Sequence[str]) -> list[str]:
    return [f"# {line}".rstrip() for line in lines]


def evaluate(path: Path, potential: Potential, frames: Sequence[Frame]) -> list[Evaluation]:
    """Let LAMMPS include the file, from a copy of the folder whose path has no spaces, and evaluate frames."""
    with tempfile.TemporaryDirectory(prefix="interpot-") as name:
        copy = shutil.copytree(path, Path(name) / "tables")
        commands = (f"variable tables index {copy}", f"include {copy / INCLUDE}")
        model = ReferenceModel("lammps", commands, species=potential.species)
        return [Lammps().evaluate(model, frame, lammps_style(potential.units)) for frame in frames]


EXPORTER = Exporter(
    write,
    evaluate,
    version,
    TOLERANCE,
    folder=True,
    usage=f"variable tables index NAME, then include NAME/{INCLUDE}, after the box and the atoms are defined",
)
