"""The command: does the cases that are missing, one after the other, and writes the results."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from interpot.files import writable_folder
from interpot.report.style import save
from observing import published, running, summary, widths
from observing.figure import errors_figure, widths_figure
from observing.records import Case, Outcome
from observing.systems import STRIDES, TIMESTEP


def run(asked: argparse.Namespace, console: Console | None = None) -> int:
    """Do what is missing, then sum up everything that was asked for; returns how many cases have no formula."""
    with _errors_only():
        return _run(asked, console or Console())


@contextmanager
def _errors_only() -> Iterator[None]:
    """Keep to itself what interpot says of each file: it is the same each time."""
    log = logging.getLogger("interpot")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def _run(asked: argparse.Namespace, console: Console) -> int:
    folder = writable_folder(asked.out)
    data = writable_folder(asked.data or folder / "trajectories")
    strides = [_steps(interval) for interval in asked.interval]
    if asked.published:
        return published.run(folder, console, asked.share)
    if asked.widths:
        return _widths(asked, strides, folder, data, console)
    wanted = given_widths(asked.width)
    cases = running.cases(asked.liquids, strides, asked.noise, asked.methods, wanted)
    failed = 0
    for outcome in _shown(cases, asked.frames, folder, data, console):
        failed += bool(outcome.failure)
    sum_up(running.outcomes(cases, folder), asked.frames, folder, console)
    return failed


def _steps(interval: float) -> int:
    """Time steps of an interval in fs."""
    steps = round(interval * 1e-3 / TIMESTEP)
    if steps not in STRIDES:
        known = ", ".join(f"{k * TIMESTEP * 1e3:g}" for k in STRIDES)
        raise SystemExit(f"an interval of {interval:g} fs is not in the run: expected one of {known}")
    return steps


def given_widths(texts: Sequence[str]) -> running.Widths:
    """Read "positions:40:0=6,12/5" as (method, steps, noise) → half-widths in frames and substeps."""
    made = {}
    for text in texts:
        what, _, numbers = text.partition("=")
        try:
            method, interval, noise = what.split(":")
            widths_asked, _, substeps = numbers.partition("/")
            halves = tuple(int(number) for number in widths_asked.split(","))
            made[method, _steps(float(interval)), float(noise)] = halves, int(substeps) if substeps else None
        except ValueError:
            raise SystemExit(
                f"'{text}' is no width: expected METHOD:FS:NOISE=L,L or L,L/S, as 'positions:40:0=6/5'"
            ) from None
    return made


def _shown(
    cases: Sequence[Case], frames: int, folder: Path, data: Path, console: Console
) -> Sequence[Outcome]:
    """Do the cases that are missing and say a line of each."""
    made = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("cases", total=len(running.missing(cases, folder)))
        for outcome in running.run(cases, frames, folder, data):
            made.append(outcome)
            progress.console.print(said(outcome), highlight=False)
            progress.advance(task)
    return made


def said(outcome: Outcome) -> str:
    """One line on a case."""
    if outcome.failure:
        return f"{outcome.case.key}: nothing, {outcome.failure}"
    forms = "exact" if outcome.exact else "; ".join(outcome.forms.values())
    errors = f"constants {outcome.error:.1e}, forces {outcome.force_error:.1e}"
    chosen = f" with {outcome.chosen}" if outcome.chosen.width else ""
    return f"{outcome.case.key}: {forms}{chosen}, {errors}, {outcome.seconds:.0f} s"


def sum_up(done: Sequence[Outcome], frames: int, folder: Path, console: Console) -> None:
    """Write and show the results."""
    if not done:
        return
    frame = summary.table(done, frames)
    written = summary.write(frame, folder)
    save(errors_figure(frame), folder, "observables")
    console.print(Markdown("\n".join([*summary.targets(frame), "", *summary.rows(frame)])))
    console.print("written:", *written, folder / "observables.png", soft_wrap=True, highlight=False)


def _widths(asked: argparse.Namespace, strides: list[int], folder: Path, data: Path, console: Console) -> int:
    """Measure error against width."""
    table = folder / "widths.csv"
    methods = [name for name in asked.methods if name in ("positions", "momenta")]
    for liquid in asked.liquids:
        cases = list(widths.asked(liquid, strides, asked.noise, methods))
        for row in widths.measure(cases, asked.frames, data, table):
            console.print(
                f"{row['key']}: {row['error']:.1e}, {row['forms'] or row['failure']}", highlight=False
            )
    frame = pd.read_csv(table)
    save(widths_figure(frame), folder, "widths")
    console.print("written:", table, folder / "widths.png", soft_wrap=True, highlight=False)
    return int(frame.failure.notna().sum())
