"""The command: shares the cases out to processes, shows how far they are, and writes the results."""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from interpot.files import writable_folder
from interpot.report.style import save
from recovering import running, summary
from recovering.figure import cases_figure
from recovering.records import Case

LOOK = 1.0
"""Seconds between two looks at how far the processes are."""


def run(asked: argparse.Namespace) -> int:
    """Do what is missing, then sum up everything that was asked for; returns how many runs failed."""
    console = Console()
    folder = writable_folder(asked.out)
    data = asked.data or folder / "trajectories"
    cases = running.cases(asked.only, asked.density, asked.noise, asked.frames)
    if not cases:
        console.print(f"no potential is called '{asked.only}'")
        return 1
    failures = share_out(cases, folder, data, asked.jobs, console)
    for failure in failures:
        console.print(f"[red]failed:[/] {failure}", highlight=False)
    sum_up(cases, folder, console)
    return len(failures)


def share_out(cases: Sequence[Case], folder: Path, data: Path, jobs: int, console: Console) -> list[str]:
    """Do the cases that are missing in some processes; returns what went wrong."""
    todo = running.missing(cases, folder)
    runs = [tuple(group) for _, group in groupby(todo, key=lambda case: (case.potential, case.density))]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool,
        Progress(*columns, console=console) as progress,
    ):
        task = progress.add_task("cases", total=len(cases), completed=len(cases) - len(todo))
        pending = {pool.submit(_run, group, folder, data): group for group in runs}
        waiting: set[Future[int]] = set(pending)
        try:
            while waiting:
                _, waiting = wait(waiting, LOOK)
                progress.update(task, completed=len(cases) - len(running.missing(cases, folder)))
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise
    return list(_failures(pending))


def _run(group: Sequence[Case], folder: Path, data: Path) -> int:
    running.warm_up()
    return sum(1 for _ in running.run(group, folder, data))


def _failures(pending: dict[Future[int], tuple[Case, ...]]) -> Iterator[str]:
    for future, group in pending.items():
        if (error := future.exception()) is not None:
            yield f"{group[0].potential}, {group[0].density}: {type(error).__name__}: {error}"


def sum_up(cases: Sequence[Case], folder: Path, console: Console) -> None:
    """Write and show the results."""
    frame = summary.table(running.outcomes(cases, folder))
    if frame.empty:
        return
    written = summary.write(frame, folder)
    own = frame[frame.method == "exhaustive"]
    save(cases_figure(own), folder, "recovery")
    console.print(Markdown("\n".join(summary.targets(own))))
    console.print("written:", *written, folder / "recovery.png", soft_wrap=True, highlight=False)
