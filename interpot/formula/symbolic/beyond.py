"""Beyond the library: symbolic search of one channel, whatever the backends.

The backends are asked one after the other, each with the best that is known so far to start from, until a formula
explains the forces as well as the true one would. What they find is refined into fits like those of the library, which
are judged together with them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy

from interpot.errors import InterpotError
from interpot.formula.codegen import R
from interpot.formula.expression import parse_expression
from interpot.formula.regress.restriction import Restriction
from interpot.formula.regress.varpro import Fit
from interpot.formula.symbolic import load_backend
from interpot.formula.symbolic.choice import chosen
from interpot.formula.symbolic.problem import SearchProblem
from interpot.formula.symbolic.refine import expression_of, refine
from interpot.formula.symbolic.search import Budget, Candidate, front
from interpot.statistic.objective import Objective
from interpot.units import UnitStyle

SEEDS = 4
"""How many of the library's best formulas a search starts from."""

ShowFront = Callable[[str, float, Sequence[Candidate]], None]
"""Called with what is being done, the share of the budget that is spent and the front so far."""


@dataclass(frozen=True, slots=True)
class Symbolic:
    """How formulas beyond the library are searched, as `interpot.discover` takes it.

    Attributes
    ----------
    search
        "auto": where no formula of the library explains the forces to chance, `grammar` and, where that does not do
        either, PySR where it is set up and else Operon. "none": never. Names of
        `interpot.formula.symbolic.BACKENDS`, separated by commas: these, in any case.
    operators
        That formulas are made of, of those in `interpot.formula.symbolic.search`; each backend's usual ones unless
        given.
    budget
        Of each backend, for each channel.
    seed
        Of the searches that are random.
    guesses
        Formulas φ(r) to start from beside the library's best, with numbers, in the units of the data: "2.3*exp(-r)/r",
        or "Ne-Xe: 2.3*exp(-r)/r" for one channel.
    """

    search: str = "auto"
    operators: tuple[str, ...] | None = None
    budget: Budget = field(default_factory=Budget)
    seed: int = 0
    guesses: tuple[str, ...] = ()

    @classmethod
    def of(cls, asked: Symbolic | str) -> Symbolic:
        """Return what was asked for; a word stands for the search alone."""
        return asked if isinstance(asked, Symbolic) else cls(asked)

    @property
    def always(self) -> bool:
        """Whether it is made even where the library does."""
        return self.search not in ("auto", "none")

    def check(self) -> None:
        """Refuse backends and operators that there are not, before any work is done.

        Raises
        ------
        InterpotError
            Also where a backend that was named is not set up.
        """
        for name in chosen(self.search)[0]:
            load_backend(name).check(self.operators or ())

    @property
    def recorded(self) -> dict[str, Any]:
        """What provenance keeps."""
        given = {
            "operators": list(self.operators or ()),
            "evaluations": self.budget.evaluations,
            "seconds": self.budget.seconds,
            "guesses": list(self.guesses),
        }
        return {"search": self.search, "seed": self.seed} | {k: v for k, v in given.items() if v}


@dataclass(slots=True)
class BeyondLibrary:
    """The search of one channel.

    Attributes
    ----------
    label, kind, domain
        Of the channel.
    objective
        With all other channels eliminated.
    chance
        Misfit that the true function would leave, eV²/Å².
    rule
        Constraints.
    asked
        What is to be searched.
    units
        Of the data.
    """

    label: str
    kind: str
    domain: tuple[float, float]
    objective: Objective
    chance: float
    rule: Restriction
    asked: Symbolic
    units: UnitStyle

    def run(self, known: Sequence[Fit], show: ShowFront | None = None) -> tuple[list[Fit], list[str]]:
        """Search.

        Parameters
        ----------
        known
            Fits of the library.
        show
            Told the front while it grows; Ctrl-C ends the search, not the discovery.

        Returns
        -------
        fits
            In no particular order.
        remarks
            Which backends were asked, why, and what became of it.
        """
        names, why = chosen(self.asked.search)
        found, asked, ended = list[Fit](), list[str](), ""
        for name in names:
            candidates, interrupted = self._candidates(name, [*known, *found], show)
            found += self._refined(candidates)
            asked.append(name)
            if interrupted:
                ended = "; interrupted, the best so far is given"
                break
            if found and min(fit.misfit for fit in found) <= self.chance and not self.asked.always:
                break
        why = why if len(asked) == len(names) else ""  # it is the last that was a choice
        return found, [self._remark(asked, why, ended, [*known, *found], found)]

    def _refined(self, candidates: Sequence[Candidate]) -> list[Fit]:
        return refine(candidates, self.objective, kind=self.kind, rule=self.rule, limit=self.chance)

    def _candidates(
        self, name: str, known: Sequence[Fit], show: ShowFront | None
    ) -> tuple[list[Candidate], bool]:
        """What one backend finds, or had found when it was interrupted; and whether it was."""
        latest: list[Candidate] = []

        def watch(share: float, so_far: Sequence[Candidate]) -> None:
            latest[:] = so_far
            if show is not None:
                show(f"{self.label}: {name}", share, front(so_far))

        backend, asked = load_backend(name), self.asked
        try:
            return backend.search(
                self._problem(known), asked.operators or backend.usual, asked.budget, asked.seed, watch
            ), False
        except KeyboardInterrupt:
            return latest, True

    def _problem(self, known: Sequence[Fit]) -> SearchProblem:
        best = sorted(known, key=lambda fit: fit.misfit)[:SEEDS]
        guesses = self._guesses()
        seeds = [*guesses.values(), *map(expression_of, best)]
        problem = SearchProblem.of(
            self.objective, self.domain, self.label, chance=self.chance, kind=self.kind, rule=self.rule,
            seeds=seeds,
        )  # fmt: skip
        for text, guess in guesses.items():
            _check_defined(problem, guess, text)
        return problem

    def _guesses(self) -> dict[str, sympy.Expr]:
        """The user's formulas for this channel, in eV and Å, by their text."""
        own = {}
        for text in self.asked.guesses:
            label, colon, formula = text.rpartition(":")
            if not colon or label.strip() == self.label:
                own[text] = _guess(formula.strip(), self.units)
        return own

    def _remark(
        self, asked: Sequence[str], why: str, ended: str, fits: Sequence[Fit], found: Sequence[Fit]
    ) -> str:
        searched = f"{self.label}: searched beyond the library by {', then '.join(asked)}{ended}"
        if not found:
            return (
                f"{searched}; no formula came of it: allow more operators or a larger budget, or give a guess to "
                "start from"
            )
        best, beyond = min(f.misfit for f in fits), min(f.misfit for f in found)
        if beyond > best:
            return (
                f"{searched}; nothing better was found ({why})"
                if why
                else f"{searched}; nothing better was found"
            )
        return f"{searched} ({why})" if why else searched


def _guess(text: str, units: UnitStyle) -> sympy.Expr:
    """φ(r) in the units of the data → in eV and Å."""
    try:
        given = parse_expression(text.replace("^", "**"), {})
    except ValueError as error:
        raise InterpotError(f"the guess '{text}' {error}") from None
    if R not in given.free_symbols:
        raise InterpotError(
            f"the guess '{text}' is no function of r: expected one such as '0.01*exp(-2*r)/r'"
        )
    return units.energy * given.xreplace({R: R / units.length})


def _check_defined(problem: SearchProblem, seed: sympy.Expr, text: str) -> None:
    values = problem.values(seed)
    if not np.isfinite(values).all():
        r = problem.nodes[~np.isfinite(values), 0][0]
        raise InterpotError(
            f"{problem.label}: the guess '{text}' has no value at r = {r:.4g} Å, where the data are: give one that is "
            f"defined between {problem.domain[0]:.4g} and {problem.domain[1]:.4g} Å"
        )
