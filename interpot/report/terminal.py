"""What a person sees while the work goes on: a line per stage, each remark once.

In a terminal a stage is a moving bar; elsewhere (a file, a pipe, a batch job) it is one plain line when it is done, and
one now and then before.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from interpot.formula.symbolic.search import Candidate
from interpot.report.search_table import front_table
from interpot.units import UnitStyle

_NAME, _BAR = 13, 20  # widths: the longest name of a stage, and the bars
_BESIDE = _NAME + _BAR + 12  # what stands left of a detail

PLAIN_INTERVAL = 60.0
"""Seconds between two lines of a stage that is no bar."""


class Stage:
    """One stage of the work, to be called as ``stage(done, total)``.

    Parameters
    ----------
    bar
        Shows it, or nothing does.
    unit
        What is counted: "steps"; empty where nothing is.
    line
        Prints a plain line, where nothing shows the bar.
    """

    def __init__(
        self, bar: Progress, name: str, unit: str, line: Callable[[str], None] | None = None
    ) -> None:
        self._bar, self._name, self._unit, self._line = bar, name, unit, line
        self._begin = time.perf_counter()
        self._due = time.monotonic() + PLAIN_INTERVAL
        self._following: list[Stage] = []
        self._task = bar.add_task(name, total=None, unit=unit, detail="")
        self._done = 0
        self._total: int | None = None

    def __call__(self, done: int, total: int | None = None) -> None:
        """Show how far the work has come; a count that starts anew has as far to go as it came before."""
        if done < self._done and total is None:
            self._total = self._done
        elif self._total is not None and done > self._total:  # what came before was a part only
            self._total = None
        self._done, self._total = done, total or self._total
        self._bar.update(self._task, completed=done, total=self._total)
        if self._line is not None and self._unit and time.monotonic() >= self._due:
            of = "" if self._total is None else f" of {self._total}"
            self._line(f"{self._name}: {done}{of} {self._unit} so far")
            self._due = time.monotonic() + PLAIN_INTERVAL

    def say(self, detail: str) -> None:
        """Show what is being done; nothing is below the bar any more."""
        if isinstance(self._bar, _Bars):
            self._bar.below = None
        self._bar.update(self._task, detail=detail[: self._bar.console.width - _BESIDE])

    def then(self, name: str) -> Callable[[int, int], None]:
        """Return what tells the progress of a stage of its own, which begins with the first call and ends this one."""

        def tell(done: int, total: int) -> None:
            if not self._following:
                self.finish()
                self._following.append(Stage(self._bar, name, self._unit, self._line))
            self._following[0](done, total)

        return tell

    def show(self, title: str, share: float, candidates: Sequence[Candidate], units: UnitStyle) -> None:
        """Show the front of a symbolic search below the bar, and the share of its budget that is spent."""
        self.say(f"{title}, {min(share, 1.0):.0%}")
        if isinstance(self._bar, _Bars):
            width = self._bar.console.width
            self._bar.below = front_table(candidates, units, width) if candidates else None
        if self._line is not None and time.monotonic() >= self._due:
            best = f", best error {np.sqrt(candidates[-1].loss):.3g}" if candidates else ""
            self._line(f"{self._name}: {title}: {min(share, 1.0):.0%} of the budget{best}")
            self._due = time.monotonic() + PLAIN_INTERVAL

    def finish(self) -> None:
        """Show the stage, or the one that follows it, as done."""
        if self._following:
            self._following[0].finish()
            return
        self._bar.update(self._task, completed=self._done or 1, total=self._done or 1, detail="")
        if self._line is not None:
            counted = f"{self._done} {self._unit} in " if self._unit else ""
            self._line(f"{self._name}: {counted}{time.perf_counter() - self._begin:.1f} s")


class _Bars(Progress):
    """Bars, and what is shown below them meanwhile."""

    below: RenderableType | None = None

    def get_renderables(self) -> Iterable[RenderableType]:
        """Return the bars and what is below them."""
        yield from super().get_renderables()
        if self.below is not None:
            yield self.below


class _Detail(ProgressColumn):
    """How many are done, of how many where that is known; or what is being done."""

    def render(self, task: Task) -> Text:
        if not task.fields["unit"]:
            return Text(task.fields["detail"])
        of = "" if task.total is None or task.finished else f"/{task.total:.0f}"
        return Text(f"{task.completed:.0f}{of} {task.fields['unit']}")


class PatientConsole(Console):
    """Falls silent when nobody reads on, as behind ``| head``: the work goes on, and its files are written."""

    def on_broken_pipe(self) -> None:
        """See `rich.console.Console`, which would end the program."""
        self.quiet = True
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # what Python flushes at its end goes there


class Terminal(logging.Handler):
    """Shows stages and remarks; as a logging handler, it shows the package's warnings as remarks.

    Parameters
    ----------
    console
        Where everything goes, standard output by default.
    """

    def __init__(self, console: Console | None = None) -> None:
        super().__init__(logging.WARNING)
        self.console = console or PatientConsole()
        self._said: set[str] = set()

    def note(self, sentence: str) -> None:
        """Show a remark, unless it has been shown before."""
        if sentence not in self._said:
            self._said.add(sentence)
            self.line(sentence, "note", "yellow")

    def line(self, sentence: str, head: str = "", style: str = "") -> None:
        """Print a line in which nothing is markup, and that no width breaks where it goes to a file."""
        text = Text.assemble((head, style), " " if head else "", sentence)
        self.console.print(text, highlight=False, soft_wrap=not self.console.is_terminal)

    def emit(self, record: logging.LogRecord) -> None:
        """Show a warning that something below has logged."""
        self.note(record.getMessage())

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Show the warnings of the package as remarks meanwhile."""
        log = logging.getLogger("interpot")
        log.addHandler(self)
        try:
            yield
        finally:
            log.removeHandler(self)

    @contextmanager
    def stage(self, name: str, unit: str = "") -> Iterator[Stage]:
        """Show a stage of the work; what is called inside tells its progress by calling the `Stage`."""
        lively = self.console.is_terminal
        columns = (
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn(f"{{task.description:<{_NAME}}}"),
            BarColumn(bar_width=_BAR),
            TimeElapsedColumn(),
            _Detail(),
        )
        with self.listening(), _Bars(*columns, console=self.console, disable=not lively) as bar:
            stage = Stage(bar, name, unit, None if lively else self.line)
            yield stage
            stage.finish()
