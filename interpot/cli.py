"""The command line: thin, every command is a function of `interpot.workflow` or of the public API."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from interpot import workflow
from interpot.errors import InterpotError
from interpot.files import writable_folder
from interpot.formula.potential import Potential
from interpot.proof.export import EXPORTERS
from interpot.proof.export import export as write_export
from interpot.records import Trajectory
from interpot.report.tables import print_potential
from interpot.report.terminal import Terminal
from interpot.trajectory import known_units, parse_frames, parse_species, read
from interpot.units import STYLES
from interpot.version import VERSION

INTERRUPTED = 130  # what shells report for a command that Ctrl-C ended


class Commands(TyperGroup):
    """The commands; a user's mistake is one sentence on standard error and exit status 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except InterpotError as error:
            raise _stop(str(error), 1) from None
        except OSError as error:  # a full disk, a file that vanished
            raise _stop(f"{error.strerror or error}: '{error.filename}'", 1) from None
        except KeyboardInterrupt:
            message = "interrupted: files that were complete are kept, none is half-written"
            raise _stop(message, INTERRUPTED) from None


def _stop(sentence: str, status: int) -> typer.Exit:
    Terminal(Console(stderr=True)).line(sentence, "error" if status == 1 else "", "bold red")
    return typer.Exit(status)


app = typer.Typer(
    name="interpot",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Script = Annotated[Path, typer.Argument(metavar="EXPERIMENT.py", help="Defines experiment = Experiment(...)")]
PotentialFile = Annotated[Path, typer.Argument(metavar="potential.json", help="What interpot has found")]
Trajectories = Annotated[
    list[str], typer.Argument(metavar="TRAJECTORY...", help="LAMMPS dump (.gz, .zst), extended XYZ, .npz")
]
Units = Annotated[
    str | None,
    typer.Option(
        metavar="STYLE", help=f"LAMMPS unit style, needed where files are silent: {', '.join(STYLES)}"
    ),
]
Species = Annotated[
    str | None,
    typer.Option(metavar="OLD=NEW,...", help="Names for the files' types or elements, such as 1=Ne,2=Xe"),
]
Stride = Annotated[int, typer.Option(metavar="N", help="Take every N-th frame", min=1)]
Frames = Annotated[
    str | None, typer.Option(metavar="A:B", help="Take frames A to B-1, counted from 0 over all files")
]
Dimension = Annotated[
    int | None, typer.Option(metavar="2|3", help="Told from the data unless given", min=2, max=3)
]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"interpot {VERSION}")
        raise typer.Exit


@app.callback()
def interpot(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Closed-form interatomic potentials from molecular-dynamics trajectories, proved by running them."""


@app.command()
def run(
    script: Script,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Results; results/NAME unless given"),
    ] = None,
) -> None:
    """Run an experiment: reference MD, discovery, validation MD, report."""
    workflow.run(workflow.load_experiment(script), out, _session())


@app.command()
def discover(
    trajectories: Trajectories,
    cutoff: Annotated[
        list[str],
        typer.Option(
            metavar="R|A-B=R",
            help="Reach of the pair functions in the files' length unit; repeat for single pairs: Ne-Xe=8",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Results")],
    units: Units = None,
    species: Species = None,
    stride: Stride = 1,
    frames: Frames = None,
    dimension: Dimension = None,
    keep_cutoff: Annotated[
        bool, typer.Option("--keep-cutoff", help="Do not look for a force that the reference truncated")
    ] = False,
) -> None:
    """Discover the potential behind trajectories of your own; several files count as one."""
    common, pairs = _cutoffs(cutoff)
    data = _read(trajectories, units, species, stride, frames, dimension)
    workflow.discover_files(data, out, common, pairs, "given" if keep_cutoff else "find", _session())


@app.command()
def show(potential: PotentialFile) -> None:
    """Show a potential: formula, constants with errors, range, and how well it explains the forces."""
    print_potential(Console(), Potential.load(potential))


@app.command()
def export(
    potential: PotentialFile,
    to: Annotated[str, typer.Option(metavar="TARGET", help=", ".join(EXPORTERS))],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="To be written")],
    units: Annotated[
        str | None, typer.Option(metavar="STYLE", help="Of the file; the potential's own unless given")
    ] = None,
) -> None:
    """Write a potential for another program."""
    found = Potential.load(potential)
    if out.is_dir():
        raise InterpotError(f"'{out}' is a folder: name a file in it with --out")
    writable_folder(out.parent)
    write_export(found, to, out, units)
    Terminal().line(f"written: {out}")


@app.command()
def simulate(
    script: Script,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="For the run; results/NAME/md unless given"),
    ] = None,
) -> None:
    """Run only the reference MD of an experiment."""
    experiment, session = workflow.load_experiment(script), _session()
    with workflow.results_folder(out or Path("results") / experiment.name / "md") as folder:
        made = session.simulate(experiment, folder)
    session.terminal.line(f"written: {made.trajectory}")


@app.command()
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
    units: Units = None,
    species: Species = None,
    stride: Stride = 1,
    frames: Frames = None,
    dimension: Dimension = None,
    timestep: Annotated[
        float | None,
        typer.Option(help="Of the reference, in its time unit; needed where its files are silent"),
    ] = None,
    every: Annotated[int | None, typer.Option(help="Steps between two frames, likewise", min=1)] = None,
    steps: Annotated[int | None, typer.Option(help="To be run; those of the reference unless given")] = None,
    masses: Annotated[
        str | None,
        typer.Option(metavar="NAME=MASS,...", help="Where the files hold none: Ne=20.18,Xe=131.29"),
    ] = None,
    temperature: Annotated[
        float | None, typer.Option(help="Of velocities, where the files hold none, and of the ensemble nvt")
    ] = None,
    ensemble: Annotated[str, typer.Option(metavar="nve|nvt", help="Of the reference")] = "nve",
    engine: Annotated[str, typer.Option(metavar="NAME", help="What runs the potential")] = "lammps",
) -> None:
    """Run a potential beside a reference, from the same start, and compare what they do."""
    found, session = Potential.load(potential), _session()
    if units is None and known_units(reference[0]) is None:
        units = found.units.name
        session.terminal.note(
            f"'{reference[0]}' does not state its units: those of the potential ({units}) are taken"
        )
    workflow.validate_files(
        found,
        _read(reference, units, species, stride, frames, dimension),
        out or potential.parent / "validation",
        session,
        timestep=timestep,
        every=every,
        steps=steps,
        masses=_masses(masses) if masses else None,
        temperature=temperature,
        ensemble=ensemble,
        engine=engine,
    )


# ---------------------------------------------------------------------------- options into what the workflow takes


def _session() -> workflow.Session:
    return workflow.Session(command=shlex.join(["interpot", *sys.argv[1:]]))


def _read(
    files: Sequence[str],
    units: str | None,
    species: str | None,
    stride: int,
    frames: str | None,
    dimension: int | None,
) -> Trajectory:
    return read(
        *files,
        units=units,
        species=parse_species(species) if species else None,
        stride=stride,
        frames=parse_frames(frames) if frames else None,
        dimension=dimension,
    )


def _cutoffs(options: Sequence[str]) -> tuple[float, dict[str, float]]:
    """Sort ``--cutoff 10 --cutoff Ne-Xe=8`` into the common cutoff and the exceptions."""
    common: list[float] = []
    pairs: dict[str, float] = {}
    for option in options:
        label, _, text = option.rpartition("=")
        value = _number(text, f"--cutoff {option}", "10, or Ne-Xe=8 for a pair")
        if label in pairs:
            raise InterpotError(f"--cutoff names '{label}' twice: give each pair once")
        if label:
            pairs[label] = value
        else:
            common.append(value)
    if len(common) != 1:
        raise InterpotError(
            f"{len(common) or 'no'} cutoffs for all pairs were given: expected one, such as --cutoff 10, beside "
            "those of single pairs"
        )
    return common[0], pairs


def _masses(text: str) -> dict[str, float]:
    return {
        name: _number(mass, f"--masses {text}", "Ne=20.18,Xe=131.29")
        for name, mass in parse_species(text).items()
    }


def _number(text: str, option: str, example: str) -> float:
    """Read a positive number."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < float("inf"):
        raise InterpotError(f"{option}: '{text}' is no positive number: expected, e.g., {example}")
    return value


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # Greek letters in a terminal without them
    # a batch system's way to end a job: leave as Ctrl-C does, with the engine stopped and nothing half-written
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    app()


if __name__ == "__main__":
    main()
