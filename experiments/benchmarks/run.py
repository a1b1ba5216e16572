"""Run the benchmarks and write their table.

    python experiments/benchmarks/run.py [--only NAME ...] [--quick] [--out FOLDER]

A full run writes `results.csv` and `results.md` beside this file; parts and quick runs write to `data/`, where the
configurations are kept too. The peers come with `pip install -e '.[benchmarks]'`.
"""

from __future__ import annotations

import os

# before anything loads a BLAS: one thread each
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import sys
from pathlib import Path

from rich.console import Console
from suite.machine import description
from suite.measuring import cores
from suite.records import Setting
from suite.running import run, write
from suite.table import BENCHMARKS

HERE = Path(__file__).parent


def arguments() -> argparse.Namespace:
    """What the user asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="a tenth of the frames, three repeats")
    parser.add_argument("--out", type=Path, help="folder of results.csv and results.md")
    parser.add_argument("--data", type=Path, default=HERE / "data", help="folder of the configurations")
    return parser.parse_args()


def main() -> int:
    """Run, show, write; returns how many benchmarks failed."""
    asked, console = arguments(), Console()
    setting = Setting(3 if asked.quick else 5, asked.quick, asked.data.resolve())
    machine = description(setting.repeats, asked.quick)
    for name, value in machine.items():
        console.print(f"[bold]{name}[/]  {value}", highlight=False)
    with cores(1):
        results = run(asked.only or BENCHMARKS, setting, console)
    part = asked.only or asked.quick
    written = write(asked.out or (asked.data if part else HERE), machine, results)
    console.print("written:", *written, soft_wrap=True, highlight=False)
    return sum(row.failed for rows in results.values() for row in rows)


if __name__ == "__main__":
    sys.exit(main())
