"""``interpot show`` and ``interpot export``: potentials that were found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from interpot import workflow
from interpot.cli.application import app, session
from interpot.cli.reading import Reading, Species, Topology, Walls, in_units_of
from interpot.cli.words import refuse
from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.proof.export import EXPORTERS
from interpot.report.tables import print_potential

PotentialFile = Annotated[
    Path,
    typer.Argument(metavar="potential.json|DIR", help="What interpot has found, or the folder that holds it"),
]


def file_of(potential: Path) -> Path:
    """The file that is meant: in a folder, its potential.json."""
    if not potential.is_dir():
        return potential
    if not (potential / "potential.json").is_file():
        raise InterpotError(
            f"'{potential}' is a folder without a potential.json: name a file, or a folder of results that holds one"
        )
    return potential / "potential.json"


@app.command()
def show(potential: PotentialFile) -> None:
    """Show a potential: formula, constants with errors, range, and how well it explains the forces."""
    print_potential(Console(), Potential.load(file_of(potential)))


@app.command()
def export(
    potential: PotentialFile,
    to: Annotated[str, typer.Option(metavar="TARGET", help=", ".join(EXPORTERS))],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="FILE|DIR", help="To be written; gromacs and others: a folder"),
    ],
    units: Annotated[
        str | None, typer.Option(metavar="STYLE", help="Of the file; the potential's own unless given")
    ] = None,
    on: Annotated[
        list[str] | None,
        typer.Option(metavar="TRAJECTORY", help="Check on frames of this, too; repeat for several files"),
    ] = None,
    species: Species = None,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Do not let the target evaluate what is written")
    ] = False,
    wall: Walls = None,
    topology: Topology = None,
) -> None:
    """Write a potential for another program, which evaluates it: energy, forces and virial must be the original's."""
    found = Potential.load(file_of(potential))
    frames = None
    if on:
        reading = Reading(in_units_of(found, on[0]), species, wall=wall, topology=topology)
        frames = reading.open(on)
    else:
        refuse({"wall": wall, "topology": topology}, "it says what is in the frames of --on")
    workflow.export_file(found, to, out, session(), frames, units=units, checked=not unchecked)
