"""From the names of benchmarks to their rows and files."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.status import Status

from interpot.files import atomic
from suite.records import NotMeasured, Row, Setting
from suite.table import BENCHMARKS
from suite.writing import Results, markdown, terminal_table, write_csv


def measured(name: str, setting: Setting) -> list[Row]:
    """The rows of one benchmark; what keeps it from being measured becomes a row, too."""
    rows: list[Row] = []
    try:
        for row in BENCHMARKS[name].load()(setting):
            rows.append(row)
            setting.say(row.case)
    except NotMeasured as reason:
        rows.append(Row("", "", None, remark=str(reason)))
    except (
        Exception
    ) as error:  # minutes of measuring are not thrown away for it: it is shown, and said in the table
        traceback.print_exc()
        rows.append(Row("", "", None, remark=f"failed with {type(error).__name__}: {error}", failed=True))
    return rows


def run(names: Iterable[str], setting: Setting, console: Console) -> Results:
    """Run benchmarks one after the other, each shown as soon as it is there."""
    results = {}
    for name in names:
        begin = time.perf_counter()
        with console.status(name) as status:
            said = replace(setting, say=partial(_update, status, name))
            results[name] = measured(name, said)
        console.print(terminal_table(name, BENCHMARKS[name].about, results[name]))
        console.print(f"{time.perf_counter() - begin:.0f} s\n", style="dim", highlight=False)
    return results


def _update(status: Status, name: str, what: str) -> None:
    status.update(f"{name}: {what}")


def write(folder: Path, machine: Mapping[str, str], results: Results) -> tuple[Path, Path]:
    """Write the table as results.csv and results.md."""
    folder.mkdir(parents=True, exist_ok=True)
    csv, page = folder / "results.csv", folder / "results.md"
    write_csv(csv, machine, results)
    with atomic(page) as part:
        about = {name: benchmark.about for name, benchmark in BENCHMARKS.items()}
        part.write_text(markdown(machine, about, results), encoding="utf-8")
    return csv, page
