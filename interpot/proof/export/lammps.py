"""LAMMPS: an include file for ``pair_style lepton``, which compiles each formula and its derivative.

Functions and syntax: https://docs.lammps.org/pair_lepton.html and https://docs.lammps.org/Howto_lepton.html.
LAMMPS takes an undefined name for 0 without a word, so no name but r ever reaches the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from interpot.files import atomic
from interpot.formula.potential import Potential
from interpot.proof.dialects.lammps import commands
from interpot.proof.dialects.lammps_walls import in_units, one_body, position_name
from interpot.proof.engines.lammps import Lammps
from interpot.proof.export.exporter import ANALYTIC, EVERY_KIND, Exporter
from interpot.proof.export.header import header
from interpot.proof.export.walls import surfaces_of, words_of
from interpot.records import Evaluation, Frame, ReferenceModel, Surface
from interpot.units import lammps_style


def write(potential: Potential, path: Path) -> None:
    """Write the include file, in a style that LAMMPS has."""
    potential = potential.to_units(lammps_style(potential.units))
    types = ", ".join(f"{number} = {name}" for number, name in enumerate(potential.species, 1))
    surfaces = surfaces_of(potential)
    comments = [*header(potential), "", f"atom types: {types}", *_positions(surfaces, potential)]
    lines = [f"# {line}".rstrip() for line in comments]
    length = potential.units.length
    acting = one_body(potential, in_units(surfaces, length)).lines
    with atomic(path) as temporary:
        temporary.write_text("\n".join([*lines, *commands(potential), *acting, ""]), encoding="utf-8")


def _positions(surfaces: Sequence[Surface], potential: Potential) -> list[str]:
    """Say which variables are to be defined."""
    if not surfaces:
        return []
    words, length = words_of(potential), potential.units.length

    def place(surface: Surface) -> str:
        told = words.get(surface.name)
        return repr(surface.position / length) if told is None else f"POSITION    # in the data {told}"

    return [
        "",
        'Before this file is included, say where the walls are; they may move ("40-0.5*time"):',
        *(f"  variable {position_name(s.name)} equal {place(s)}" for s in surfaces),
        "A wall needs a box that is open along its axis: boundary f, m or s.",
    ]


def evaluate(path: Path, potential: Potential, frames: Sequence[Frame]) -> list[Evaluation]:
    """Let LAMMPS include the file and evaluate frames."""
    model = ReferenceModel("lammps", (f'include "{path.resolve()}"',), species=potential.species)
    return [Lammps().evaluate(model, frame, lammps_style(potential.units)) for frame in frames]


def version() -> str:
    """Name and version of LAMMPS."""
    return Lammps().version()


EXPORTER = Exporter(
    write,
    evaluate,
    version,
    ANALYTIC,
    usage="include NAME, after the box and the atoms are definedWALLS",
    kinds=EVERY_KIND,
)
