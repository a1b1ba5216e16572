"""The command: measure what is missing, then write tables and figures."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from rich.console import Console

from erring.figure import errors_figure, smallest_figure
from erring.law import effective_share, errors_table, slopes_table, smallest_set, smallest_table
from erring.measuring import Measurement, measured, measurements, missing
from erring.plan import NOISE, Size, scaling, smallest
from interpot.files import atomic
from interpot.report.style import save
from interpot.report.terminal import Terminal


def run(size: Size, folder: Path, console: Console | None = None) -> None:
    """Do all of a size, or what is missing of it."""
    terminal, table = Terminal(console), folder / "measured.csv"
    (folder / "runs").mkdir(parents=True, exist_ok=True)
    cases = [*scaling(size), *smallest(size)]
    todo = missing(cases, table)
    with terminal.stage("data sets", "sets") as stage:
        for done, _ in enumerate(measured(todo, size, folder / "runs", table), len(cases) - len(todo) + 1):
            stage(done, len(cases))
    keys = {case.key for case in cases}
    summarise([m for m in measurements(table) if m.key in keys], folder, terminal)


def summarise(made: list[Measurement], folder: Path, terminal: Terminal) -> None:
    """Write tables and figures, and show the tables."""
    errors, smallest_sets = errors_table(made), smallest_table(made)
    tables = {
        "errors": errors,
        "slopes": slopes_table(errors),
        "effective": effective_share(errors),
        "smallest": smallest_sets,
    }
    for name, table in tables.items():
        with atomic(folder / f"{name}.csv") as path:
            table.to_csv(path, index=False, float_format="%.6g")
        terminal.console.print(name, table.to_string(index=False, float_format="{:.3g}".format), sep="\n")
    save(errors_figure(errors), folder, "errors")
    save(smallest_figure(smallest_sets), folder, "smallest")
    for noise in (0.0, NOISE):
        terminal.line(_smallest_sentence(smallest_set(smallest_sets, noise), noise))


def _smallest_sentence(found: pd.Series | None, noise: float) -> str:
    if found is None:
        return f"with {noise:.0%} noise, none of these sizes gives the exact form reliably"
    return (
        f"with {noise:.0%} noise, the smallest set that gives the exact form reliably is l = {found.runs:.0f}, "
        f"m = {found.frames:.0f}, n = {found.particles:.0f}: {found['rows']:.0f} force components"
    )
