"""The command line: thin, every command is a function of `interpot.workflow` or of the public API."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from interpot import workflow
from interpot.errors import InterpotError
from interpot.experiment_script import load_experiment, parse_options, script_options
from interpot.files import results_folder
from interpot.formula.channel_search import USUAL
from interpot.formula.invariants import read_variable
from interpot.formula.potential import Potential
from interpot.formula.symbolic.julia_setup import set_up
from interpot.motion_options import (
    DragOf,
    DynamicsOf,
    Interval,
    MassesOf,
    NoiseOf,
    SubstepsOf,
    TargetOf,
    ThermostatOf,
    TimeStep,
    WidthOf,
    motion_asked,
    of_motion,
)
from interpot.options import (
    CUTOFF,
    FORMATS,
    BudgetOf,
    ChargesOf,
    Columns,
    Dimension,
    Energies,
    EnergyWeight,
    Fields,
    Frames,
    Guesses,
    KeepCutoff,
    KnownParts,
    Library,
    MaxTerms,
    Method,
    Offset,
    Operators,
    Pair,
    PotentialFile,
    Require,
    Script,
    Search,
    Seed,
    SharedForm,
    ShowOptions,
    Species,
    StatisticOut,
    Stride,
    Terms,
    Topology,
    Trajectories,
    Units,
    VariablesOf,
    Virials,
    VirialWeight,
    Walls,
    WeightsOf,
    discovery_options,
    memory_size,
    parse_axes,
    parse_charges,
    parse_cutoffs,
    parse_masses,
    parse_weights,
    read_files,
    refuse,
    row_weight,
    sorted_out,
    symbolic_search,
    terms_asked_for,
)
from interpot.proof.engines import ENGINES
from interpot.proof.export import EXPORTERS
from interpot.report.tables import print_potential
from interpot.report.terminal import Terminal
from interpot.session import Session
from interpot.trajectory import known_units, parse_columns, read_curves
from interpot.version import VERSION

INTERRUPTED = 130  # what shells report for a command that Ctrl-C ended
_WITH_OPTIONS_OF_THE_SCRIPT = {"allow_extra_args": True, "ignore_unknown_options": True}


class Commands(TyperGroup):
    """The commands; a user's mistake is one sentence on standard error and exit status 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except InterpotError as error:
            raise _stop(str(error), 1) from None
        except BrokenPipeError:  # whoever was reading has enough, as in `| head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
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


@app.command(context_settings=_WITH_OPTIONS_OF_THE_SCRIPT)
def run(
    context: typer.Context,
    script: Script,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Results; results/NAME unless given"),
    ] = None,
    options: ShowOptions = False,
) -> None:
    """Run an experiment: reference MD, discovery, validation MD, report.

    Options of the script itself follow its name: --species several.
    """
    if options:
        _show_options(script)
        return
    workflow.run(load_experiment(script, parse_options(context.args)), out, _session())


def _show_options(script: Path) -> None:
    taken = script_options(script)
    for name, allowed in taken.items():
        typer.echo(f"--{name} {allowed}")
    if not taken:
        typer.echo(f"'{script}' takes no options")


@app.command()
def discover(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Results")],
    data: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TRAJECTORY...|STATISTICS.h5...",
            help=f"{FORMATS}; or what accumulate and merge wrote",
        ),
    ] = None,
    curve: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A table of distances and energies of pairs, in place of trajectories"
        ),
    ] = None,
    cutoff: Annotated[list[str] | None, CUTOFF] = None,
    units: Units = None,
    species: Species = None,
    stride: Stride = 1,
    frames: Frames = None,
    dimension: Dimension = None,
    keep_cutoff: KeepCutoff = False,
    method: Method = "exhaustive",
    max_terms: MaxTerms = None,
    library: Library = None,
    term: Terms = None,
    require: Require = None,
    known: KnownParts = None,
    shared_form: SharedForm = "auto",
    columns: Columns = None,
    pair: Pair = None,
    weights: WeightsOf = None,
    offset: Offset = False,
    energies: Energies = None,
    virials: Virials = None,
    energy_weight: EnergyWeight = "auto",
    virial_weight: VirialWeight = "auto",
    wall: Walls = None,
    topology: Topology = None,
    field: Fields = None,
    charges: ChargesOf = None,
    search: Search = "auto",
    operators: Operators = None,
    budget: BudgetOf = None,
    seed: Seed = 0,
    guess: Guesses = None,
    variable: VariablesOf = None,
    target: TargetOf = "auto",
    dynamics: DynamicsOf = "newton",
    timestep: TimeStep = None,
    interval: Interval = None,
    masses: MassesOf = None,
    width: WidthOf = None,
    substeps: SubstepsOf = None,
    noise: NoiseOf = None,
    drag: DragOf = None,
    thermostat: ThermostatOf = "auto",
) -> None:
    """Discover the potential behind trajectories of your own or their statistics; several files count as one.

    With --curve, behind a table of energies.
    """
    motion = motion_asked(
        target, dynamics, timestep, interval, masses, width, substeps, noise, drag, thermostat
    )
    of_curve = {"columns": columns, "pair": pair, "weights": weights, "offset": offset}
    others: dict[str, object] = {"species": species, "stride": stride > 1, "frames": frames}
    others |= {"dimension": dimension}
    if curve is not None:
        others |= {"keep_cutoff": keep_cutoff, "energies": energies, "virials": virials}
        others |= {"wall": wall, "field": field, "charges": charges, "topology": topology}
        others |= of_motion(motion)
        others |= {
            "variable": variable,
            "search": search != "auto",
            "operators": operators,
            "budget": budget,
            "guess": guess,
        }
        refuse(others | {"require": require, "known": known}, f"'{curve}' is a table of energies")
        asked = {"method": method, "max_terms": max_terms or USUAL, "terms": terms_asked_for(library, term)}
        _discover_curve(curve, data or [], out, cutoff, units, of_curve, asked)
        return
    refuse(of_curve, "it belongs to a table of energies (--curve FILE)")
    if not data:
        raise typer.BadParameter("name trajectories, statistics, or a table of energies with --curve FILE")
    options = discovery_options(method, max_terms, library, term, require, known, shared_form)
    options |= {"symbolic": symbolic_search(search, operators, budget, seed, guess)}
    if variable:
        others = {"require": require, "shared_form": shared_form != "auto", "guess": guess}
        refuse(others, "--variable asks for one formula of several variables")
        options = {name: options[name] for name in options if name not in ("constraints", "shared_form")}
        for text in variable:
            read_variable(text)  # what is not understood is said before the pass
        options["variables"] = variable
    reading: dict[str, object] = {"units": units, "species": species, "stride": stride > 1, "frames": frames}
    rows, around = (
        {"energies": energies, "virials": virials},
        {"wall": wall, "field": field, "charges": charges},
    )
    row_weights = {
        "energies": row_weight(energy_weight, "--energy-weight"),
        "virials": row_weight(virial_weight, "--virial-weight"),
    }
    reading |= {"dimension": dimension, "keep_cutoff": keep_cutoff, "topology": topology}
    if sorted_out(data, cutoff=cutoff, **reading, **rows, **around, **of_motion(motion)):
        workflow.discover_statistics(data, out, _session(), weights=row_weights, **options)
        return
    common, pairs = parse_cutoffs(cutoff or ())
    trajectory = read_files(data, units, species, stride, frames, dimension, wall, topology)
    options |= {"weights": row_weights, "rows": rows | {"motion": motion}, "fields": field or ()}
    options |= {"charges": parse_charges(charges) if charges else None}
    find = "given" if keep_cutoff else "find"
    workflow.discover_files(trajectory, out, common, pairs, find, _session(), **options)


def _discover_curve(
    curve: Path,
    data: list[str],
    out: Path,
    cutoff: list[str] | None,
    units: str | None,
    options: dict[str, Any],
    search: dict[str, Any],
) -> None:
    if data:
        raise InterpotError(f"'{data[0]}' was named beside --curve {curve}: discover from one of the two")
    columns, weights = options["columns"], options["weights"]
    curves = read_curves(
        curve, units=units, columns=parse_columns(columns) if columns else None, pair=options["pair"]
    )
    common, pairs = parse_cutoffs(cutoff) if cutoff else (None, {})
    workflow.discover_table(
        curves,
        out,
        _session(),
        weights=parse_weights(weights) if weights else None,
        offset=options["offset"],
        cutoff=common,
        cutoffs=pairs,
        **search,
    )


@app.command()
def accumulate(
    trajectories: Trajectories,
    cutoff: Annotated[list[str], CUTOFF],
    out: StatisticOut,
    units: Units = None,
    species: Species = None,
    stride: Stride = 1,
    frames: Frames = None,
    dimension: Dimension = None,
    keep_cutoff: KeepCutoff = False,
    energies: Energies = None,
    virials: Virials = None,
    threads: Annotated[int, typer.Option(metavar="N", help="That accumulate; one more reads", min=1)] = 1,
    memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="That the sums may take, about: 500M, 2G")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a pass that was stopped")] = False,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Use Dask: so many processes of this machine", min=1)
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Use the Dask cluster behind tcp://HOST:PORT")
    ] = None,
    wall: Walls = None,
    topology: Topology = None,
    field: Fields = None,
    charges: ChargesOf = None,
    target: TargetOf = "auto",
    dynamics: DynamicsOf = "newton",
    timestep: TimeStep = None,
    interval: Interval = None,
    masses: MassesOf = None,
    width: WidthOf = None,
    substeps: SubstepsOf = None,
    noise: NoiseOf = None,
    drag: DragOf = None,
    thermostat: ThermostatOf = "auto",
) -> None:
    """Make the one pass over trajectories, to discover from later; it loses no work when it is killed."""
    common, pairs = parse_cutoffs(cutoff)
    workflow.accumulate_files(
        read_files(trajectories, units, species, stride, frames, dimension, wall, topology),
        out,
        common,
        pairs,
        "given" if keep_cutoff else "find",
        _session(),
        fields=field or (),
        charges=parse_charges(charges) if charges else None,
        energies=energies,
        virials=virials,
        motion=motion_asked(
            target, dynamics, timestep, interval, masses, width, substeps, noise, drag, thermostat
        ),
        resume=resume,
        threads=threads,
        memory=memory_size(memory) if memory else None,
        workers=workers,
        scheduler=scheduler,
    )


@app.command()
def merge(
    statistics: Annotated[list[Path], typer.Argument(metavar="STATISTICS.h5...", help="Of other data each")],
    out: StatisticOut,
) -> None:
    """Put statistics of the same channels together; their blocks are kept."""
    workflow.merge_files(statistics, out, _session())


@app.command()
def show(potential: PotentialFile) -> None:
    """Show a potential: formula, constants with errors, range, and how well it explains the forces."""
    print_potential(Console(), Potential.load(potential))


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
    found = Potential.load(potential)
    if not on:
        refuse({"wall": wall, "topology": topology}, "it says what is in the frames of --on")
    frames = (
        None if not on else read_files(on, _units_of(on[0], found), species, 1, None, None, wall, topology)
    )
    workflow.export_file(found, to, out, _session(), frames, units=units, checked=not unchecked)


@app.command(context_settings=_WITH_OPTIONS_OF_THE_SCRIPT)
def simulate(
    context: typer.Context,
    script: Script,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="For the run; results/NAME/md unless given"),
    ] = None,
    options: ShowOptions = False,
) -> None:
    """Run only the reference MD of an experiment.

    Options of the script itself follow its name: --species several.
    """
    if options:
        _show_options(script)
        return
    experiment, session = load_experiment(script, parse_options(context.args)), _session()
    with results_folder(out or Path("results") / experiment.name / "md") as folder:
        made = session.simulate(experiment, folder)
    for run in made:
        session.terminal.line(f"written: {run.trajectory}")


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
    ensemble: Annotated[str, typer.Option(metavar="nve|nvt|npt", help="Of the reference")] = "nve",
    pressure: Annotated[
        float | None, typer.Option(help="Of the ensemble npt, in the reference's unit")
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="LAMMPS log of the reference, for the energies and pressure that dumps lack"
        ),
    ] = None,
    unseen: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TRAJECTORY", help="Compare forces on this, too: another state, frames kept apart"
        ),
    ] = None,
    charges: Annotated[
        str | None, typer.Option(metavar="NAME=CHARGE,...", help="Compare conductivities, too: Na=1,Cl=-1")
    ] = None,
    profiles: Annotated[
        str | None, typer.Option(metavar="AXES", help="Compare densities and temperatures along them: z")
    ] = None,
    engine: Annotated[
        str, typer.Option(metavar="NAME", help=f"What runs the potential: {', '.join(ENGINES)}")
    ] = "lammps",
    seed: Annotated[
        int | None, typer.Option(help="Of velocities that are drawn, and of the thermostat")
    ] = None,
    wall: Walls = None,
    topology: Topology = None,
) -> None:
    """Run a potential beside a reference, from the same start, and compare what they do."""
    found, session = Potential.load(potential), _session()
    workflow.validate_files(
        found,
        read_files(
            reference,
            units or _units_of(reference[0], found),
            species,
            stride,
            frames,
            dimension,
            wall,
            topology,
        ),
        out or potential.parent / "validation",
        session,
        timestep=timestep,
        every=every,
        steps=steps,
        masses=parse_masses(masses) if masses else None,
        temperature=temperature,
        ensemble=ensemble,
        pressure=pressure,
        log=log,
        unseen=[
            read_files([file], _units_of(file, found), species, 1, None, None, None, topology)
            for file in unseen or ()
        ],
        engine=engine,
        seed=seed,
        charges=parse_charges(charges) if charges else None,
        axes=parse_axes(profiles) if profiles else None,
    )


@app.command()
def setup(
    what: Annotated[str, typer.Argument(metavar="pysr", help="Julia and its packages, for --search pysr")],
) -> None:
    """Download what is not a Python package; nothing else of interpot goes online."""
    if what != "pysr":
        raise InterpotError(f"there is nothing to set up for '{what}': expected pysr")
    terminal = Terminal()
    with terminal.stage("setting up") as stage:

        def tell(sentence: str) -> None:
            terminal.line(sentence, style="dim")
            stage.say(sentence)

        done = set_up(tell)
    terminal.line(f"PySR is {done}")


def _units_of(file: str, found: Potential) -> str | None:
    """Units for a file that does not state its own: those of the potential."""
    if known_units(file) is not None:
        return None
    Terminal().note(
        f"'{file}' does not state its units: those of the potential ({found.units.name}) are taken"
    )
    return found.units.name


def _session() -> Session:
    return Session(command=shlex.join(["interpot", *sys.argv[1:]]))


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # Greek letters in a terminal without them
    # a batch system's way to end a job: leave as Ctrl-C does, with the engine stopped and nothing half-written
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        app()
    except KeyboardInterrupt:  # before a command begins, or after it
        sys.exit(INTERRUPTED)
