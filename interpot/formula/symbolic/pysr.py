"""Symbolic search by PySR (M. Cranmer, arXiv:2305.01582): evolution of expressions in Julia, on the exact loss.

Two processes with seeds of their own make the same search at the same time, because one seed of two was seen to
miss a form in noisy data: first among formulas as small as Lennard-Jones', then, unless one of these is enough, among
larger ones (`pysr_problem.STAGES`).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from interpot.formula.symbolic.julia import require
from interpot.formula.symbolic.problem import SearchProblem
from interpot.formula.symbolic.pysr_problem import FOUND, STAGES, Stage, job_of, settings
from interpot.formula.symbolic.pysr_process import Worker, dismiss, team
from interpot.formula.symbolic.pysr_table import Equations
from interpot.formula.symbolic.search import (
    ARITHMETIC,
    FUNCTIONS,
    Backend,
    Budget,
    Candidate,
    Clock,
    Watch,
    front,
)

EVALUATIONS = 8_000_000
"""Of losses in all runs together, where no budget is given."""

SEEDS = 2
"""Searches with seeds of their own, each in its process."""

_OFTEN, _LATE = 0.5, 10.0  # s between looks at the tables; beyond its time, until a search is ended


def search(
    problem: SearchProblem, operators: Sequence[str], budget: Budget, seed: int, watch: Watch
) -> list[Candidate]:
    """Search as `interpot.formula.symbolic.search.Search` says.

    With the same seed and a budget of evaluations, the same versions of Julia and PySR give the same result. A
    budget of seconds includes the start of Julia in a session's first search.

    Raises
    ------
    InterpotError
        An operator that is unknown, PySR not set up, or that failed.
    """
    BACKEND.check(operators)
    require()
    run = _Run(problem, operators, budget.started(EVALUATIONS), seed, watch, Equations(problem))
    try:
        return run.all_stages()
    except BaseException:  # Ctrl-C, too: Julia would go on
        dismiss()
        raise


@dataclass(slots=True, eq=False)
class _Run:
    """A search under way."""

    problem: SearchProblem
    operators: Sequence[str]
    clock: Clock
    seed: int
    watch: Watch
    equations: Equations

    def all_stages(self) -> list[Candidate]:
        """Return candidates, by rising complexity and falling loss."""
        found: dict[Candidate, None] = {}
        for number, stage in enumerate(STAGES):
            with tempfile.TemporaryDirectory(prefix="interpot-pysr-") as folder:
                found |= dict.fromkeys(self._stage(number, stage, Path(folder), list(found)))
            reached = min((c.loss for c in found), default=1.0)
            if reached <= max(self.problem.enough, self.problem.beyond + FOUND) or self._late:
                break
        self.watch(1.0, front(found))
        return sorted(found, key=lambda c: (c.complexity, c.loss, str(c.expression)))

    def _stage(self, number: int, stage: Stage, folder: Path, before: list[Candidate]) -> list[Candidate]:
        workers = team(SEEDS)
        known = (*self.problem.seeds, *(c.expression for c in front(before)))
        problem = replace(self.problem, seeds=known)
        for k, worker in enumerate(workers):
            own = folder / str(k)
            own.mkdir()
            worker.begin(job_of(problem, self._settings(problem, number, stage, SEEDS * self.seed + k)), own)
        while sum(worker.done for worker in workers) < SEEDS:
            so_far = [*before, *self._found(workers)]
            self.watch(min(self._share(number), 1.0), front(so_far))
            if self._late:
                dismiss()
                return so_far
            time.sleep(_OFTEN)
        return self._found(workers)

    def _settings(self, problem: SearchProblem, number: int, stage: Stage, seed: int) -> dict[str, object]:
        evaluations, seconds, left = self.clock.evaluations, self.clock.seconds, len(STAGES) - number
        return settings(
            problem,
            self.operators,
            stage,
            seed,
            None if evaluations is None else max(evaluations // (SEEDS * len(STAGES)), 1),
            None if seconds is None else max(seconds * (1 - self.clock.share(0)) / left, 1.0),
        )

    def _found(self, workers: Sequence[Worker]) -> list[Candidate]:
        return [c for worker in workers for c in self.equations.of_file(worker.table)]

    def _share(self, number: int) -> float:
        """Of the budget that is spent: of time, or of the stages, whose evaluations PySR does not tell."""
        return max(self.clock.share(0), number / len(STAGES))

    @property
    def _late(self) -> bool:
        """Whether the time is over, and the while that PySR may take to notice."""
        seconds = self.clock.seconds
        return seconds is not None and time.monotonic() - self.clock.begin > seconds + _LATE


BACKEND = Backend("pysr", frozenset((*ARITHMETIC, *FUNCTIONS)), search)
