"""The command: does the cases that are missing, one after the other, and writes the results."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from interpot.files import writable_folder
from interpot.report.style import save
from searching import running, summary
from searching.figure import reach_figure
from searching.methods import not_run
from searching.records import Case, Outcome


def run(asked: argparse.Namespace) -> int:
    """Do what is missing, then sum up everything that was asked for; returns how many cases failed."""
    console, folder = Console(), writable_folder(asked.out)
    absent = {name: why for name in asked.backends if (why := not_run(name))}
    for name, why in absent.items():
        console.print(f"[yellow]not run:[/] {name}: {why}", highlight=False)
    methods = [name for name in asked.backends if name not in absent]
    cases = running.cases(asked.forms, methods, asked.noise)
    if not cases:
        console.print(f"no form is called {' or '.join(asked.forms)}, or no method can be run")
        return 1
    if asked.judge:
        for outcome in running.outcomes(cases, folder):
            running.judge_again(outcome, folder)
    if asked.summary or asked.judge:
        sum_up(cases, folder, absent, console)
        return 0
    failed = _do(running.missing(cases, folder), folder, asked.seconds, asked.seed, console)
    sum_up(cases, folder, absent, console)
    return failed


def _do(todo: Sequence[Case], folder: Path, seconds: float, seed: int, console: Console) -> int:
    """Do cases, one at a time: each has both cores; returns how many failed."""
    failed = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=len(todo))
        if todo:
            running.warm_up(todo[0], folder)
        for case in todo:
            progress.update(task, description=case.key)
            try:
                said = _said(running.run(case, folder, seconds, seed))
            except (
                Exception
            ) as error:  # the others are done all the same, and this one is tried again next time
                failed += 1
                said = f"[red]failed:[/] {type(error).__name__}: {error}"
            progress.console.print(f"{case.key}: {said}", highlight=False)
            progress.advance(task)
    return failed


def _said(outcome: Outcome) -> str:
    """One line on a case."""
    judged, seconds = outcome.chosen, outcome.answer.seconds
    if judged is None:
        return f"nothing ({outcome.answer.failure}), {seconds:.0f} s"
    word = "exact" if judged.exact else "near" if judged.good else "missed"
    return f"{word}, error {judged.error:.1e}, {seconds:.0f} s"


def sum_up(cases: Sequence[Case], folder: Path, absent: Mapping[str, str], console: Console) -> None:
    """Write and show the results."""
    frame = summary.table(running.outcomes(cases, folder))
    if frame.empty:
        return
    written = summary.write(frame, folder, absent)
    save(reach_figure(frame), folder, "reach")
    console.print(Markdown("\n".join(summary.shares(frame))))
    console.print("written:", *written, folder / "reach.png", soft_wrap=True, highlight=False)
