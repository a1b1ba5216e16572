"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sympy.printing.pretty.pretty_symbology import pretty_symbol

from interpot.formula.mixing import RuleTest
from interpot.formula.potential import Potential
from interpot.records import Comparison
from interpot.report.cells import (
    candidates,
    elsewhere_cells,
    force_sentence,
    formula_line,
    interval_sentence,
    marks_sentence,
    mixing_cells,
    slower_sentence,
    value_of,
    zero_sentence,
)
from interpot.report.findings import written
from interpot.report.words import VERDICT_MARKS, raised, short, typeset

_COLOURS = {
    "agrees": "green",
    "differs": "red",
    "excluded": "red",
    "nearly holds": "green",
    "cannot tell": "yellow",
    "not judged": "dim",
}


def print_potential(console: Console, potential: Potential) -> None:
    """Print each channel's form with its constants, domain and cutoff, and the errors."""
    table = new_table("channel", "form", "constant", ">value", "unit", ">range")
    unit = potential.units.length_unit
    for channel in (c.plain for c in potential.channels):
        reach = f"{channel.domain[0]:.3g} … {channel.domain[1]:.3g} {unit}"
        head = [channel.label, channel.form]
        for parameter in channel.parameters:
            value, of = typeset(written(parameter)), raised(parameter.unit(potential.units))
            table_row(table, [*head, pretty_symbol(parameter.name), value, of, reach])
            head, reach = ["", ""], ""
        if not channel.parameters:
            table_row(table, [*head, "", "", "", reach])
        table.add_section()
    console.print("", table)
    if any(p.stderr > 0 for p in potential.parameters):
        console.print(Text(interval_sentence(potential), style="dim"))
    console.print()
    for channel in potential.channels:
        label = f" {channel.label}" if len(potential.channels) > 1 else ""
        console.print(Text(f"φ(r){label} = {formula_line(channel.plain.expression)}"))
        console.print(Text(f"  {zero_sentence(channel, unit)}", style="dim"))
    loss = potential.loss
    console.print(
        Text(
            f"{loss.name}: formula {short(loss.formula, 2)}, cross-validated {short(loss.cross_validated, 2)}"
            + (f", spline ceiling {short(loss.ceiling, 2)}" if loss.of == "forces" else "")
        )
    )
    for name, error in loss.beside.items():
        console.print(Text(f"{name}: formula {short(error, 2)} of how they vary per particle"))


def print_front(console: Console, front: pd.DataFrame, limit: int = 12, error: str = "force error") -> None:
    """Print the best candidates by their error: ▸ the chosen, ≈ those that the data cannot tell from it."""
    channels = "channel" in front
    names = ["channel"] if channels else []
    table = new_table(*names, "", "form", ">constants", f">{error}", ">cross-validated")
    for label, group in front.groupby("channel", sort=False) if channels else [("", front)]:
        head = [str(label)] if channels else []
        for row in candidates(group, limit):
            cells: list[str | Text] = [
                *head,
                row.mark,
                row.form,
                row.constants,
                row.loss,
                row.cross_validated,
            ]
            table_row(table, cells, bold=row.chosen)
            head = [""] if channels else []
        table.add_section()
    console.print("", table)
    rest = "the others are worse on held-out frames and by the BIC, or have a term that may be zero"
    console.print(Text(f"{marks_sentence(front)}; {rest}\n", style="dim"))


def print_mixing(console: Console, tests: Sequence[RuleTest]) -> None:
    """Print one row per unlike pair and mixing rule: how far the constants are off, and the verdict."""
    if not tests:
        return
    table = new_table("pair", "mixing rule", "off by", ">p", ">held-out error", "verdict")
    last = ""
    for pair, *words, verdict in map(mixing_cells, tests):
        mark, colour = VERDICT_MARKS[verdict], _COLOURS[verdict]
        table_row(table, ["" if pair == last else pair, *words, Text(f"{mark} {verdict}", style=colour)])
        last = pair
    console.print(table)
    free = short(tests[0].held_out_free, 4)
    console.print(Text(f"held-out error: under the rule; without it {free}\n", style="dim"))


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Print the force check and one row per observable, with its verdict."""
    if comparison.forces is not None:
        console.print(Text(force_sentence(comparison, comparison.units)))
    _print_elsewhere(console, comparison)
    table = new_table("observable", ">reference", ">found", "unit", ">σ", "verdict")
    for o in comparison.observables:
        mark, colour = VERDICT_MARKS.get(o.verdict, "?"), _COLOURS.get(o.verdict, "")
        verdict = Text(f"{mark} {o.verdict}", style=colour)
        table_row(
            table,
            [
                o.name,
                value_of(o.reference),
                value_of(o.found),
                raised(o.unit),
                short(o.deviation, 2),
                verdict,
            ],
        )
    console.print("", table)
    if np.isfinite(comparison.slower):
        console.print(Text(slower_sentence(comparison)))
    for o in comparison.observables:
        if o.remark and o.verdict != "agrees":
            console.print(Text(f"{o.name}: {o.remark}", style="dim"))


def _print_elsewhere(console: Console, comparison: Comparison) -> None:
    """Print the force error in states that the potential was not fitted to."""
    if not comparison.elsewhere:
        return
    table = new_table(
        "forces elsewhere", ">frames", ">relative error", ">closest pair", ">pairs closer than seen"
    )
    for state in comparison.elsewhere:
        table_row(table, elsewhere_cells(state, comparison.units))
    console.print("", table)
    for state in comparison.elsewhere:
        if state.remark:
            console.print(Text(f"{state.name}: {state.remark}", style="dim"))


def new_table(*columns: str) -> Table:
    """Make a table without vertical lines; names that start with ">" align to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=False)
    for name in columns:
        right = name.startswith(">")
        table.add_column(name.removeprefix(">"), justify="right" if right else "left", overflow="fold")
    return table


def table_row(table: Table, cells: Sequence[str | Text], bold: bool = False) -> None:
    """Add a row; text from users is no markup."""
    style = "bold" if bold else ""
    table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell), style=style) for cell in cells))
