"""The table: in the terminal, as CSV and as Markdown."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from interpot.files import atomic
from suite.records import Figure, Row

Results = Mapping[str, Sequence[Row]]
"""Rows by the name of their benchmark."""

COLUMNS = (
    "benchmark", "case", "unit", "interpot", "low", "high", "peer", "peer_value", "peer_low", "peer_high",
    "ratio", "wished", "met", "remark",
)  # fmt: skip
HEADS = ("case", "unit", "interpot", "peer", "its figure", "ratio", "wished", "met", "remark")
"""Of the columns that people see."""
NUMBERS = ("interpot", "its figure", "ratio")
LEGEND = (
    "Written by `python experiments/benchmarks/run.py`. A ratio is interpot's figure over the peer's, *wished* is what "
    "the project asks of itself. Extremes of the repeats are in `results.csv`."
)
VERDICTS = {True: "yes", False: "no", None: ""}


def readable(value: float | None) -> str:
    """Three digits, thousands as k and M."""
    if value is None:
        return ""
    for scale, letter in ((1e6, "M"), (1e3, "k")):
        if value >= 0.9995 * scale:
            return f"{_three(value / scale)}{letter}"
    return _three(value)


def _three(value: float) -> str:
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{digits}f}"


def write_csv(path: Path, machine: Mapping[str, str], results: Results) -> None:
    """One line per row; the machine's description comes first, as rows of the benchmark "machine"."""
    with atomic(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for name, value in machine.items():
            writer.writerow({"benchmark": "machine", "case": name, "remark": value})
        for benchmark, rows in results.items():
            writer.writerows(_record(benchmark, row) for row in rows)


def _record(benchmark: str, row: Row) -> dict[str, str]:
    ours, theirs = _numbers(row.ours), _numbers(row.theirs)
    cells = (benchmark, row.case, row.unit, *ours, row.peer, *theirs, _number(row.ratio))
    judged = (row.wish.text if row.wish else "", VERDICTS[row.met], row.remark)
    return dict(zip(COLUMNS, cells + judged, strict=True))


def _numbers(figure: Figure | None) -> tuple[str, str, str]:
    if figure is None:
        return "", "", ""
    return _number(figure.median), _number(figure.low), _number(figure.high)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def markdown(machine: Mapping[str, str], about: Mapping[str, str], results: Results) -> str:
    """The page: the machine, one table per benchmark, and what could not be measured."""
    lines = ["# Benchmarks", ""]
    lines += [f"- {name}: {value}" for name, value in machine.items()]
    lines += ["", LEGEND, ""]
    for benchmark, rows in results.items():
        measured = [row for row in rows if row.ours is not None]
        lines += [f"## {benchmark}", "", f"{about[benchmark]}.", ""]
        if measured:
            lines += ["| " + " | ".join(HEADS) + " |"]
            lines += ["| " + " | ".join("---:" if head in NUMBERS else "---" for head in HEADS) + " |"]
            lines += ["| " + " | ".join(_cells(row)) + " |" for row in measured] + [""]
        lines += [f"- not measured: {_missing(row)}" for row in rows if row.ours is None]
        lines += [""] if len(measured) < len(rows) else []
    return "\n".join(lines).rstrip() + "\n"


def _missing(row: Row) -> str:
    what = ", ".join(filter(None, (row.case, row.peer)))
    return f"{what}: {row.remark}" if what else row.remark


def _cells(row: Row) -> list[str]:
    return [
        row.case,
        row.unit,
        readable(row.ours.median if row.ours else None),
        row.peer,
        readable(row.theirs.median if row.theirs else None),
        "" if row.ratio is None else f"{row.ratio:.3g}",
        row.wish.text if row.wish else "",
        VERDICTS[row.met],
        row.remark,
    ]


def terminal_table(benchmark: str, about: str, rows: Sequence[Row]) -> Table:
    """One benchmark, for people; a unit that all rows share stands in the title."""
    units = {row.unit for row in rows if row.ours}
    shown = [head for head in HEADS if head != "unit" or len(units) > 1]
    title = f"{benchmark}: {about}" + (f" [{units.pop()}]" if len(units) == 1 else "")
    table = Table(title=Text(title, "bold"), title_justify="left")
    for head in shown:
        table.add_column(head, justify="right" if head in NUMBERS else "left")
    for row in rows:
        cells = {head: Text(cell) for head, cell in zip(HEADS, _cells(row), strict=True)}
        if row.ours is None:
            cells["interpot"] = Text("not measured", "yellow")
        elif row.met is not None:
            cells["met"].stylize("green" if row.met else "red")
        table.add_row(*(cells[head] for head in shown))
    return table
