"""The command line: thin, every command is a function of `interpot.workflow` or of the public API."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler

from interpot.errors import InterpotError
from interpot.records import Trajectory

app = typer.Typer(
    name="interpot",
    help="Closed-form interatomic potentials from molecular-dynamics trajectories, proved by running them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Trajectories = Annotated[
    list[str], typer.Argument(metavar="TRAJECTORY...", help="LAMMPS dump, extended XYZ, .npz")
]
Units = Annotated[
    str | None, typer.Option(help="LAMMPS unit style of the files: metal, real, lj, si, nano, electron")
]
Species = Annotated[str | None, typer.Option(help="Names of the species: 1=Ne,2=Xe")]
Stride = Annotated[int, typer.Option(help="Take every so-manieth frame", min=1)]
Frames = Annotated[
    str | None, typer.Option(metavar="A:B", help="Take the frames A to B-1, counted over all files")
]
Dimension = Annotated[int | None, typer.Option(help="2 or 3; told from the data by default", min=2, max=3)]


@app.command()
def run(
    script: Annotated[Path, typer.Argument(metavar="EXPERIMENT.py")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Results folder [default: results/NAME]")
    ] = None,
) -> None:
    """Run an experiment: reference MD, discovery, validation MD, report."""
    from interpot import workflow

    workflow.run(workflow.load_experiment(script), out)


@app.command()
def simulate(
    script: Annotated[Path, typer.Argument(metavar="EXPERIMENT.py")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder [default: results/NAME/md]")] = None,
) -> None:
    """Run only the reference MD of an experiment."""
    from interpot import workflow
    from interpot.files import writable_folder

    experiment = workflow.load_experiment(script)
    folder = writable_folder(out or Path("results") / experiment.name / "md")
    made = workflow.Session().simulate(experiment, folder)
    typer.echo(f"trajectory: {made.trajectory}")


@app.command()
def discover(
    trajectories: Trajectories,
    out: Annotated[Path, typer.Option("--out", "-o", help="Results folder")],
    cutoff: Annotated[
        list[str],
        typer.Option(
            help="Reach of the pair functions in the files' length unit; NAME-NAME=VALUE for a pair"
        ),
    ],
    units: Units = None,
    species: Species = None,
    stride: Stride = 1,
    frames: Frames = None,
    dimension: Dimension = None,
    keep_cutoff: Annotated[bool, typer.Option(help="Do not look for truncated forces")] = False,
) -> None:
    """Discover the potential behind trajectories of your own."""
    from interpot import workflow
    from interpot.files import writable_folder

    common, pairs = _cutoffs(cutoff)
    writable_folder(out)
    data = _read(trajectories, units, species, stride, frames, dimension)
    workflow.discover_files(data, out, common, pairs, "given" if keep_cutoff else "find")


@app.command()
def show(potential: Annotated[Path, typer.Argument(metavar="potential.json")]) -> None:
    """Show a potential: its formula, constants, errors and range."""
    from interpot.formula.potential import Potential
    from interpot.report.tables import print_potential

    print_potential(Console(), Potential.load(potential))


@app.command()
def export(
    potential: Annotated[Path, typer.Argument(metavar="potential.json")],
    to: Annotated[str, typer.Option(help="lammps, python or latex")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write")],
    units: Annotated[
        str | None, typer.Option(help="Unit style of the file [default: the potential's]")
    ] = None,
) -> None:
    """Write a potential for another program."""
    from interpot.files import writable_folder
    from interpot.formula.potential import Potential
    from interpot.proof.export import export as write

    writable_folder(out.parent)
    write(Potential.load(potential), to, out, units)
    typer.echo(f"written: {out}")


@app.command()
def validate(
    potential: Annotated[Path, typer.Argument(metavar="potential.json")],
    reference: Annotated[
        list[str], typer.Option(help="Trajectory of the reference; repeat for several files")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Results folder")] = Path("validation"),
    units: Units = None,
    species: Species = None,
    stride: Stride = 1,
    frames: Frames = None,
    dimension: Dimension = None,
    timestep: Annotated[float | None, typer.Option(help="Of the reference, in its time unit")] = None,
    temperature: Annotated[
        float | None, typer.Option(help="Of velocities to draw, and of --ensemble nvt")
    ] = None,
    ensemble: Annotated[str, typer.Option(help="nve or nvt")] = "nve",
    engine: Annotated[str, typer.Option(help="What runs the found potential")] = "lammps",
) -> None:
    """Run a potential beside a reference trajectory, from the same start, and compare."""
    from interpot import workflow
    from interpot.files import writable_folder
    from interpot.formula.potential import Potential

    writable_folder(out)
    found = Potential.load(potential)
    data = _read(reference, units or found.units.name, species, stride, frames, dimension)
    workflow.validate_files(
        found, data, out, timestep=timestep, temperature=temperature, ensemble=ensemble, engine=engine
    )


def _read(
    files: list[str],
    units: str | None,
    species: str | None,
    stride: int,
    frames: str | None,
    dimension: int | None,
) -> Trajectory:
    from interpot.trajectory import parse_frames, parse_species, read

    return read(
        *files,
        units=units,
        species=parse_species(species) if species else None,
        stride=stride,
        frames=parse_frames(frames) if frames else None,
        dimension=dimension,
    )


def _cutoffs(options: list[str]) -> tuple[float, dict[str, float]]:
    """Sort ``--cutoff 10 --cutoff Ne-Xe=8`` into the common cutoff and the exceptions."""
    common: list[float] = []
    pairs: dict[str, float] = {}
    for option in options:
        label, _, text = option.rpartition("=")
        try:
            value = float(text)
        except ValueError:
            raise InterpotError(f"--cutoff {option}: expected a number or NAME-NAME=NUMBER") from None
        if label:
            pairs[label] = value
        else:
            common.append(value)
    if len(common) != 1:
        raise InterpotError(
            f"{len(common)} cutoffs for all pairs were given: expected one, such as --cutoff 10"
        )
    return common[0], pairs


def main() -> None:
    """Run the command line; a user's mistake is one sentence and exit status 1."""
    console = Console(stderr=True)
    logging.basicConfig(
        level=logging.WARNING,
        format="%(message)s",
        handlers=[RichHandler(console=console, show_time=False, show_path=False)],
    )
    try:
        app()
    except InterpotError as error:
        console.print(f"[bold red]error[/] {error}", highlight=False, soft_wrap=True, markup=True)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("[bold]interrupted[/]: files that were complete are kept, none is half-written")
        sys.exit(130)


if __name__ == "__main__":
    main()
