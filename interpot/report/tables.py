"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text
from sympy.printing.pretty.pretty_symbology import pretty_symbol

from interpot.comparison import Comparison, Observable
from interpot.formula.channel_formula import Loss
from interpot.formula.mixing import RuleTest
from interpot.formula.notation import in_variable
from interpot.formula.potential import Potential
from interpot.report.cells import (
    candidates,
    elsewhere_cells,
    excluded_sentence,
    force_sentence,
    formula_line,
    interval_sentence,
    marks_sentence,
    mixing_cells,
    order_sentence,
    resolution,
    resolution_sentence,
    slower_sentence,
    value_of,
    zero_sentence,
)
from interpot.report.columns import shared
from interpot.report.findings import written
from interpot.report.target_words import ERRORS, motion_behind, told
from interpot.report.words import VERDICT_MARKS, in_letters, raised, resolved, sentence, short, typeset
from interpot.trajectory.motion import RECORDED

_COLOURS = {
    "agrees": "green",
    "differs": "red",
    "excluded": "red",
    "nearly holds": "green",
    "cannot tell": "yellow",
    "not judged": "dim",
}


_BETWEEN = 2  # blanks between columns
_LONGEST_WORD = 18  # Born-Mayer-Huggins
_BROKEN = 9  # of a longer word, where a terminal is too narrow for all numbers otherwise


def print_potential(console: Console, potential: Potential) -> None:
    """Print each channel's form with its constants, domain and cutoff, and the errors."""
    table = new_table("channel", "form", "constant", ">value", "unit", ">range")
    for channel in (c.plain for c in potential.channels):
        unit = channel.measure(potential.units).coordinate
        reach = f"{channel.domain[0]:.3g} … {channel.domain[1]:.3g} {unit}"
        head = [channel.label, in_letters(channel.form)]
        for parameter in channel.parameters:
            value, of = typeset(written(parameter)), raised(channel.unit(parameter, potential.units))
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
        phi = in_variable(channel.plain.expression, channel.variable)
        console.print(Text(f"φ({channel.variable}){label} = {formula_line(phi)}"))
        console.print(Text(f"  {zero_sentence(channel, potential.units)}", style="dim"))
    loss, least = potential.loss, resolution(potential.loss.name, potential.loss)
    console.print(
        Text(
            f"{loss.name}: formula {resolved(loss.formula, least)}, "
            f"cross-validated {resolved(loss.cross_validated, least)}"
            + (f", spline ceiling {resolved(loss.ceiling, least)}" if loss.of == "forces" else "")
        )
    )
    if bounds := resolution_sentence(loss):
        console.print(Text(bounds, style="dim"))
    motion = motion_behind(potential.provenance)
    if motion != RECORDED and loss.of == "forces":
        observed = told(motion, potential.units, potential.provenance.get("spacing"))
        console.print(Text(f"{observed}\n{ERRORS[motion.target]}", style="dim"))
    for name, error in loss.beside.items():
        console.print(Text(f"{name}: formula {short(error, 2)} of how they vary per particle"))


def print_front(
    console: Console,
    front: pd.DataFrame,
    limit: int = 12,
    error: str = "force error",
    loss: Loss | None = None,
) -> None:
    """Print the chosen candidate, those that the data cannot tell from it, and the best of the others."""
    channels = "channel" in front and front.channel.nunique() > 1
    names = ["channel"] if channels else []
    table = new_table(*names, "", "form", ">constants", f">{error}", ">held-out", ">worse by")
    for label, group in front.groupby("channel", sort=False) if channels else [("", front)]:
        head = [str(label)] if channels else []
        for row in candidates(group, limit, error, loss):
            cells: list[str | Text] = [
                *head,
                row.mark,
                in_letters(row.form),
                row.constants,
                row.loss,
                row.cross_validated,
                row.worse_by,
            ]
            table_row(table, cells, bold=row.chosen)
            head = [""] if channels else []
        table.add_section()
    console.print("", table)
    said = [marks_sentence(front), order_sentence(front)]
    if excluded := excluded_sentence(front):
        said.append(f"{excluded[0].upper()}{excluded[1:]}.")
    console.print(Text("\n".join([*said, ""]), style="dim"))


def print_mixing(console: Console, tests: Sequence[RuleTest]) -> None:
    """Print one row per unlike pair and mixing rule: how far the constants are off, and the verdict."""
    if not tests:
        return
    table = new_table("pair", "mixing rule", "off by", ">p", ">held-out error", "verdict")
    last = ""
    for pair, *words, verdict in map(mixing_cells, tests):
        table_row(table, ["" if pair == last else pair, *words, _verdict(verdict)])
        last = pair
    console.print(table)
    free = short(tests[0].held_out_free, 4)
    console.print(Text(f"held-out error: under the rule; without it {free}\n", style="dim"))


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Print the force check and one row per observable, with its verdict."""
    if comparison.forces is not None:
        colour = _COLOURS.get(comparison.forces.verdict, "")
        console.print(Text(force_sentence(comparison, comparison.units), style=colour))
    _print_elsewhere(console, comparison)
    print_observables(console, comparison.observables)
    if np.isfinite(comparison.slower):
        console.print(Text(slower_sentence(comparison)))


def print_observables(
    console: Console, observables: Sequence[Observable], heading: str = "observable"
) -> None:
    """Print one row per observable, with its verdict, and remarks on those that do not agree."""
    table = new_table(heading, ">reference", ">found", "unit", ">σ", "verdict")
    for o in observables:
        table_row(
            table,
            [
                o.name,
                value_of(o.reference),
                value_of(o.found),
                raised(o.unit),
                short(o.deviation, 2),
                _verdict(o.verdict),
            ],
        )
    console.print("", table)
    for o in observables:
        if o.remark and o.verdict != "agrees":
            console.print(Text(f"{o.name}: {o.remark}", style="dim"))


def _verdict(verdict: str) -> Text:
    mark = f"{VERDICT_MARKS.get(verdict, '?')} " if verdict else ""
    return Text(f"{mark}{verdict}", style=_COLOURS.get(verdict, ""))


def _print_elsewhere(console: Console, comparison: Comparison) -> None:
    """Print the force error in states that the potential was not fitted to."""
    if not comparison.elsewhere:
        return
    columns = ["forces elsewhere", ">frames", ">error", ">closest pair", ">closer than seen"]
    table = new_table(*columns, "verdict")
    for state in comparison.elsewhere:
        cells: list[str | Text] = [*elsewhere_cells(state, comparison.units)]
        table_row(table, [*cells, _verdict(state.verdict)])
    console.print("", table)
    for state in comparison.elsewhere:
        if state.remark:
            console.print(Text(f"{state.name}: {sentence(state.remark)}", style="dim"))


def new_table(*columns: str) -> Table:
    """Make a table without vertical lines; names that start with ">" align to the right."""
    table = _Fitted(box=None, pad_edge=False, padding=(0, _BETWEEN, 0, 0), header_style="bold", expand=False)
    for name in columns:
        right = name.startswith(">")
        table.add_column(name.removeprefix(">"), justify="right" if right else "left", overflow="fold")
    return table


def table_row(table: Table, cells: Sequence[str | Text], bold: bool = False) -> None:
    """Add a row; text from users is no markup."""
    style = "bold" if bold else ""
    table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell), style=style) for cell in cells))


class _Fitted(Table):
    """A table whose columns share the room so that no number, verdict or word is broken."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        cells = [[cell for cell in column.cells if isinstance(cell, Text)] for column in self.columns]
        heads = [str(column.header) for column in self.columns]
        natural = [
            max(map(cell_len, [head, *(c.plain for c in row)]))
            for head, row in zip(heads, cells, strict=True)
        ]
        whole = [column.justify == "right" for column in self.columns]
        room = options.max_width - _BETWEEN * (len(heads) - 1)
        least = [
            max(_longest_word(head), *(cell_len(c.plain) if w else _narrowest(c) for c in row), 0)
            for head, row, w in zip(heads, cells, whole, strict=True)
        ]
        heading = [max(n, cell_len(head)) if w else n for n, head, w in zip(least, heads, whole, strict=True)]
        least = (
            heading if sum(heading) <= room else least
        )  # heads of numbers on one line, where there is room
        if sum(least) > room:  # long words are broken before numbers are
            least = [n if w else min(n, _BROKEN) for n, w in zip(least, whole, strict=True)]
        for column, width in zip(self.columns, shared(natural, least, room), strict=True):
            column.width = int(width)
        yield from super().__rich_console__(console, options)


def _narrowest(cell: Text) -> int:
    """How narrow a cell of words may become: verdicts, which have colours, are not broken."""
    return cell_len(cell.plain) if str(cell.style) in _COLOURS.values() else _longest_word(cell.plain)


def _longest_word(words: str) -> int:
    return min(max(map(cell_len, words.split()), default=0), _LONGEST_WORD)
