"""The command line as a whole: how it begins and ends, and what it says when it cannot go on."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from interpot.errors import InterpotError
from interpot.report.terminal import Terminal
from interpot.session import Session
from interpot.version import VERSION

INTERRUPTED = 130  # what shells report for a command that Ctrl-C ended
WITH_OPTIONS_OF_THE_SCRIPT = {"allow_extra_args": True, "ignore_unknown_options": True}


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


def session() -> Session:
    """Begin the session of a command, which reports name by its words."""
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
