"""Run the benchmarks and write their table.

    python experiments/benchmarks/run.py [--only NAME ...] [--quick] [--out FOLDER]

A full run writes `results.csv` and `results.md` beside this file; parts and quick runs write to `data/`, where the
configurations are kept too.
"""

from __future__ import annotations

import os

# before anything loads a BLAS: one thread each, and compiled code likewise
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import time
from pathlib import Path

from rich.console import Console
from suite.machine import description
from suite.measuring import cores
from suite.records import NotMeasured, Row, Setting
from suite.table import BENCHMARKS
from suite.writing import markdown, terminal_table, write_csv

HERE = Path(__file__).parent


def arguments() -> argparse.Namespace:
    """What the user asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="a tenth of the frames, three repeats")
    parser.add_argument("--out", type=Path, help="folder of results.csv and results.md")
    parser.add_argument("--data", type=Path, default=HERE / "data", help="folder of the configurations")
    return parser.parse_args()


def measured(name: str, setting: Setting) -> list[Row]:
    """The rows of one benchmark; what keeps it from being measured becomes a row, too."""
    rows: list[Row] = []
    try:
        for row in BENCHMARKS[name].load()(setting):
            rows.append(row)
            setting.say(row.case)
    except NotMeasured as reason:
        rows.append(Row("", "", None, remark=str(reason)))
    return rows


def main() -> None:
    """Run, show, write."""
    asked, console = arguments(), Console()
    repeats = 3 if asked.quick else 5
    machine = description(repeats, asked.quick)
    for name, value in machine.items():
        console.print(f"[bold]{name}[/]  {value}", highlight=False)
    results: dict[str, list[Row]] = {}
    with cores(1):
        for name in asked.only or BENCHMARKS:
            about, begin = BENCHMARKS[name].about, time.perf_counter()
            with console.status(name) as status:
                setting = Setting(repeats, asked.quick, asked.data, lambda what: status.update(f"{name}: {what}"))
                results[name] = measured(name, setting)
            console.print(terminal_table(name, about, results[name]))
            console.print(f"[dim]{time.perf_counter() - begin:.0f} s[/]\n")
    folder = asked.out or (asked.data if asked.only or asked.quick else HERE)
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "results.csv", machine, results)
    text = markdown(machine, {name: row.about for name, row in BENCHMARKS.items()}, results)
    (folder / "results.md").write_text(text, encoding="utf-8")
    console.print(f"written: {folder / 'results.csv'}, {folder / 'results.md'}", soft_wrap=True)


if __name__ == "__main__":
    main()
