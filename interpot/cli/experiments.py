"""``interpot run`` and ``interpot simulate``: experiments that a script defines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from interpot import workflow
from interpot.cli.application import WITH_OPTIONS_OF_THE_SCRIPT, app, session
from interpot.experiment_script import load_experiment, parse_options, script_options
from interpot.files import results_folder

Script = Annotated[
    Path, typer.Argument(metavar="EXPERIMENT.py", help="Defines experiment, an Experiment or a function")
]
ShowOptions = Annotated[bool, typer.Option("--options", help="Show which options the script takes, no more")]


@app.command(context_settings=WITH_OPTIONS_OF_THE_SCRIPT)
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
    workflow.run(load_experiment(script, parse_options(context.args)), out, session())


@app.command(context_settings=WITH_OPTIONS_OF_THE_SCRIPT)
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
    experiment, begun = load_experiment(script, parse_options(context.args)), session()
    with results_folder(out or Path("results") / experiment.name / "md") as folder:
        made = begun.simulate(experiment, folder)
    for one in made:
        begun.terminal.line(f"written: {one.trajectory}")


def _show_options(script: Path) -> None:
    taken = script_options(script)
    for name, allowed in taken.items():
        typer.echo(f"--{name} {allowed}")
    if not taken:
        typer.echo(f"'{script}' takes no options")
