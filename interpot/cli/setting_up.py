"""``interpot setup``: what is downloaded on request."""

from __future__ import annotations

from typing import Annotated

import typer

from interpot.cli.application import app
from interpot.errors import InterpotError
from interpot.formula.symbolic.julia_setup import set_up
from interpot.report.terminal import Terminal


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
