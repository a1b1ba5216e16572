"""The command: shares the cases out to processes, shows how far they are, and writes the results."""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from itertools import groupby
from pathlib import Path
from typing import Any

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
    share = Share(folder, data, asked.jobs, console)
    failures = share.out("cases", _cases, lambda: running.missing(cases, folder))
    if asked.peers:
        failures += share.out("peers", _peers, lambda: running.missing_peers(cases, folder))
    for failure in failures:
        console.print(f"[red]failed:[/] {failure}", highlight=False)
    sum_up(cases, folder, console)
    return len(failures)


class Share:
    """Processes that work for one folder."""

    def __init__(self, folder: Path, data: Path, jobs: int, console: Console) -> None:
        self.folder, self.data, self.jobs, self.console = folder, data, jobs, console

    def out(self, name: str, work: Callable[..., int], missing: Callable[[], Sequence[Any]]) -> list[str]:
        """Share out what is missing, all of one run of LAMMPS to one process; returns what went wrong."""
        todo = missing()
        groups = [tuple(group) for _, group in groupby(todo, key=_run_of)]
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with (
            ProcessPoolExecutor(self.jobs, multiprocessing.get_context("spawn")) as pool,
            Progress(*columns, console=self.console) as progress,
        ):
            task = progress.add_task(name, total=len(todo))
            pending = {pool.submit(work, group, self.folder, self.data): group for group in groups}
            waiting: set[Future[int]] = set(pending)
            try:
                while waiting:
                    _, waiting = wait(waiting, LOOK)
                    progress.update(task, completed=len(todo) - len(missing()))
            except KeyboardInterrupt:
                pool.shutdown(cancel_futures=True)
                raise
        return list(_failures(pending))


def _run_of(task: Any) -> tuple[str, str]:
    case: Case = task if isinstance(task, Case) else task[0]
    return case.potential, case.density


def _cases(group: Sequence[Case], folder: Path, data: Path) -> int:
    running.warm_up()
    return sum(1 for _ in running.run(group, folder, data))


def _peers(group: Sequence[tuple[Case, str]], folder: Path, data: Path) -> int:
    return sum(1 for _ in running.run_peers(group, folder, data))


def _failures(pending: dict[Future[int], tuple[Any, ...]]) -> Iterator[str]:
    for future, group in pending.items():
        if (error := future.exception()) is not None:
            yield f"{', '.join(_run_of(group[0]))}: {type(error).__name__}: {error}"


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
