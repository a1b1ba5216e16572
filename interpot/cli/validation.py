"""``interpot validate``: a potential beside the reference that it was found from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from interpot import workflow
from interpot.cli.application import app, session
from interpot.cli.grouping import grouped
from interpot.cli.potentials import PotentialFile, file_of
from interpot.cli.reading import Reading, in_units_of
from interpot.cli.words import parse_axes, parse_charges, parse_masses
from interpot.formula.potential import Potential
from interpot.proof.engines import ENGINES


@dataclass(frozen=True, slots=True)
class ReferenceOptions:
    """What the files of the reference do not say of its run."""

    timestep: Annotated[
        float | None,
        typer.Option(help="Of the reference, in its time unit; needed where its files are silent"),
    ] = None
    every: Annotated[int | None, typer.Option(help="Steps between two frames, likewise", min=1)] = None
    masses: Annotated[
        str | None,
        typer.Option(metavar="NAME=MASS,...", help="Where the files hold none: Ne=20.18,Xe=131.29"),
    ] = None
    temperature: Annotated[
        float | None, typer.Option(help="Of velocities, where the files hold none, and of the ensemble nvt")
    ] = None
    ensemble: Annotated[str, typer.Option(metavar="nve|nvt|npt", help="Of the reference")] = "nve"
    pressure: Annotated[float | None, typer.Option(help="Of the ensemble npt, in the reference's unit")] = (
        None
    )
    log: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="LAMMPS log of the reference, for the energies and pressure that dumps lack"
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class ComparisonOptions:
    """What is run, and what is compared beside the usual."""

    steps: Annotated[int | None, typer.Option(help="To be run; those of the reference unless given")] = None
    unseen: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TRAJECTORY", help="Compare forces on this, too: another state, frames kept apart"
        ),
    ] = None
    charges: Annotated[
        str | None, typer.Option(metavar="NAME=CHARGE,...", help="Compare conductivities, too: Na=1,Cl=-1")
    ] = None
    profiles: Annotated[
        str | None, typer.Option(metavar="AXES", help="Compare densities and temperatures along them: z")
    ] = None
    engine: Annotated[
        str, typer.Option(metavar="NAME", help=f"What runs the potential: {', '.join(ENGINES)}")
    ] = "lammps"
    seed: Annotated[int | None, typer.Option(help="Of velocities that are drawn, and of the thermostat")] = (
        None
    )


@app.command()
@grouped
def validate(
    potential: PotentialFile,
    reference: Annotated[
        list[str], typer.Option(metavar="TRAJECTORY", help="Of the reference; repeat for several files")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Results; 'validation' beside the potential unless given"
        ),
    ] = None,
    *,
    reading: Reading,
    told: ReferenceOptions,
    compared: ComparisonOptions,
) -> None:
    """Run a potential beside a reference, from the same start, and compare what they do."""
    potential = file_of(potential)
    found, begun = Potential.load(potential), session()
    units = reading.units or in_units_of(found, reference[0])
    unseen = [
        Reading(in_units_of(found, file), reading.species, topology=reading.topology).open([file])
        for file in compared.unseen or ()
    ]
    workflow.validate_files(
        found,
        replace(reading, units=units).open(reference),
        out or potential.parent / "validation",
        begun,
        timestep=told.timestep,
        every=told.every,
        steps=compared.steps,
        masses=parse_masses(told.masses) if told.masses else None,
        temperature=told.temperature,
        ensemble=told.ensemble,
        pressure=told.pressure,
        log=told.log,
        unseen=unseen,
        engine=compared.engine,
        seed=compared.seed,
        charges=parse_charges(compared.charges) if compared.charges else None,
        axes=parse_axes(compared.profiles) if compared.profiles else None,
    )
