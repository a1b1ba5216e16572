"""The protocol of symbolic search, and what its backends share: operators, budgets, candidates.

    search(problem, operators, budget, seed, watch) -> candidates

A backend gives formulas with numbers for constants; what follows (`interpot.formula.symbolic.refine`) is the same for
all: constants refitted on the exact loss of all nodes, equal formulas taken together, shapes snapped, names.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import sympy

from interpot.errors import InterpotError
from interpot.formula.symbolic.problem import SearchProblem

ARITHMETIC = ("+", "-", "*", "/", "^")
"""Operators of two values."""

FUNCTIONS = ("exp", "log", "sqrt", "erf", "tanh", "sin", "cos")
"""Operators of one value."""

OPERATORS = (*ARITHMETIC, "exp")
"""What random searches combine unless a user says otherwise: the arithmetic of potentials, and their exponential."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A formula that a search has found.

    Attributes
    ----------
    expression
        In the problem's symbols, with numbers for constants; eV and Å.
    loss
        `SearchProblem.loss`.
    complexity
        `interpot.formula.symbolic.complexity.complexity`.
    """

    expression: sympy.Expr
    loss: float
    complexity: int


Watch = Callable[[float, Sequence[Candidate]], None]
"""Called now and then with the share of the budget that is spent and the front so far."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a search may take; without either, as many evaluations as a backend's own default.

    Attributes
    ----------
    evaluations
        Of losses. With the same seed the result is the same.
    seconds
        Wall-clock time; how far a search comes in it hangs on the machine.
    """

    evaluations: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is no budget.

        Raises
        ------
        InterpotError
            Fewer than one evaluation, or no time.
        """
        if self.evaluations is not None and self.evaluations < 1:
            raise InterpotError(f"a budget of {self.evaluations} evaluations: expected at least one")
        if self.seconds is not None and not 0 < self.seconds < float("inf"):
            raise InterpotError(f"a budget of {self.seconds:g} s: expected a time above zero")

    def started(self, default: int) -> Clock:
        """Return a clock that begins here, with a backend's default number of evaluations."""
        evaluations = self.evaluations
        if evaluations is None and self.seconds is None:
            evaluations = default
        return Clock(evaluations, self.seconds, time.monotonic())


@dataclass(frozen=True, slots=True)
class Clock:
    """A budget that is being spent."""

    evaluations: int | None
    seconds: float | None
    begin: float

    def share(self, evaluations: int) -> float:
        """Return the share of the budget that so many evaluations, and the time since the start, have spent."""
        shares = [0.0]
        if self.evaluations:
            shares.append(evaluations / self.evaluations)
        if self.seconds:
            shares.append((time.monotonic() - self.begin) / self.seconds)
        return max(shares)

    def spent(self, evaluations: int) -> bool:
        """Whether the search has to end."""
        return self.share(evaluations) >= 1


class Search(Protocol):
    """A backend's search.

    It calls `watch` at least every few seconds and lets whatever that raises pass (KeyboardInterrupt ends a search,
    what was last watched is kept). With the same seed and a budget of evaluations it gives the same result, or says in
    its docstring why it cannot.
    """

    def __call__(
        self, problem: SearchProblem, operators: Sequence[str], budget: Budget, seed: int, watch: Watch
    ) -> list[Candidate]:
        """Return candidates, by rising complexity and falling loss; more than the front where others come close."""


@dataclass(frozen=True, slots=True)
class Backend:
    """A row of `interpot.formula.symbolic.BACKENDS`.

    Attributes
    ----------
    name
        Of the row.
    operators
        That it knows.
    search
        Finds candidates.
    usual
        Operators that are taken unless a user says otherwise.
    distances_only
        Whether it knows functions of one positive coordinate only.
    """

    name: str
    operators: frozenset[str]
    search: Search
    usual: tuple[str, ...] = OPERATORS
    distances_only: bool = False

    def check(self, operators: Iterable[str]) -> None:
        """Refuse operators that it does not know.

        Raises
        ------
        InterpotError
            Names the first of them and those that there are.
        """
        for operator in operators:
            if operator not in self.operators:
                known = [o for o in (*ARITHMETIC, *FUNCTIONS) if o in self.operators]
                raise InterpotError(
                    f"the search '{self.name}' knows no operator '{operator}': expected some of {' '.join(known)}"
                )


def front(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return those than which no simpler one has as small a loss, by rising complexity."""
    best: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: (c.complexity, c.loss, str(c.expression))):
        if not best or candidate.loss < best[-1].loss:
            best.append(candidate)
    return best
