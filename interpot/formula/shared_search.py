"""The search of one function of several variables for all channels: the library, and what is beyond it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from interpot.errors import InterpotError
from interpot.formula.candidate import INDIFFERENT, Candidate, choices
from interpot.formula.invariants import Variables
from interpot.formula.judge import Judge
from interpot.formula.regress import load_method
from interpot.formula.regress.restriction import Restriction
from interpot.formula.regress.varpro import Fit
from interpot.formula.symbolic.asked import Symbolic
from interpot.formula.symbolic.beyond import ShowFront
from interpot.formula.symbolic.joined import BeyondShared, of_several
from interpot.formula.terms import library as load_library
from interpot.formula.terms.joint import JointTerm
from interpot.formula.terms.user import terms_from
from interpot.formula.tied import Separated, joint_library, joint_objective, separated
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective

JUDGED = 16
"""How many formulas are cross-validated, those with the best information criterion."""

USUAL = 3
"""Terms in a formula, unless a user says otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class OneFormula:
    """A function of r and the variables, judged.

    Attributes
    ----------
    joint
        Its fit, one form of joint terms.
    parts
        The same as a form for each channel.
    candidate
        What the data say of it.
    """

    joint: Fit
    parts: Separated
    candidate: Candidate


@dataclass(frozen=True, slots=True, eq=False)
class SharedSearch:
    """What is known before the search.

    Attributes
    ----------
    statistic, objective
        The same data, of all channels.
    variables
        Of the function, beside r.
    library
        Terms to combine, with every dependence on the variables.
    max_terms, method
        As `interpot.discover` takes them.
    beyond
        Whether what is beyond the library is searched where that does not do.
    symbolic
        How.
    """

    statistic: Statistic
    objective: Objective
    variables: Variables
    library: tuple[JointTerm, ...]
    max_terms: int
    method: str
    beyond: bool
    symbolic: Symbolic

    @classmethod
    def of(
        cls,
        statistic: Statistic,
        objective: Objective,
        variables: Variables,
        *,
        terms: Sequence[str] | None,
        max_terms: int | None,
        method: str,
        symbolic: Symbolic,
    ) -> SharedSearch:
        """Of a statistic and its objective."""
        library = load_library() if terms is None else terms_from(terms)
        members = joint_library(library, variables, objective)
        beyond = terms is None and method == "exhaustive" and symbolic.search == "auto"
        return cls(statistic, objective, variables, members, max_terms or USUAL, method, beyond, symbolic)

    @property
    def domain(self) -> tuple[float, float]:
        """Smallest and largest sampled distance of all channels, Å."""
        seen = self.statistic.coverage
        return min(c.minimum for c in seen), max(c.maximum for c in seen)

    @property
    def chance(self) -> float:
        """What the true function leaves by chance, eV²/Å², as `ChannelSearch.chance`."""
        directions = len(self.objective.y)
        noise = self.objective.floor / max(self.statistic.rows - directions, 1)
        by_chance = noise * (directions + 2 * np.sqrt(2 * directions))
        indifferent = INDIFFERENT**2 + self.statistic.systematic**2
        return float(max(indifferent * self.objective.square, by_chance))

    def run(
        self, say: Callable[[str], None], show: ShowFront | None = None
    ) -> tuple[list[OneFormula], tuple[str, ...]]:
        """Search the library, and what is beyond it where that does not do or where it was asked for; judge the best.

        Raises
        ------
        InterpotError
            No term is defined where the channels were sampled.
        """
        say(f"one formula for all channels: trying all of up to {self.max_terms} terms")
        joint, remarks = joint_objective(self.objective), list[str]()
        search, enough = load_method(self.method), INDIFFERENT**2 * self.objective.square
        fits: list[Fit] = search(
            joint, library=self.library, domain=self.domain, max_terms=self.max_terms, enough=enough
        )
        fits = [fit for fit in fits if np.isfinite(fit.misfit)]
        does = bool(fits) and min(fit.misfit for fit in fits) <= self.chance
        if self.symbolic.always or (self.beyond and not does):
            say("one formula for all channels: searching beyond the library")
            more, remarks = self._beyond(joint).run(fits, show)
            fits += more
        if not fits:
            low, high = self.domain
            raise InterpotError(
                f"none of the terms is defined between {low:.4g} and {high:.4g} Å in all channels: give others"
            )
        judge = Judge(self.statistic, self.objective)
        return [self._judged(judge, fit) for fit in self._promising(fits)[:JUDGED]], tuple(remarks)

    def _beyond(self, joint: Objective) -> BeyondShared:
        return BeyondShared(
            "all channels",
            "pair",
            self.domain,
            joint,
            self.chance,
            Restriction(),
            of_several(self.symbolic),
            self.statistic.units,
            self.objective,
            self.variables,
        )

    def _judged(self, judge: Judge, fit: Fit) -> OneFormula:
        parts = separated(fit, self.variables)
        candidate = replace(judge.candidate(parts.fit), choices=choices(fit.forms[0], self.library))
        return OneFormula(fit, parts, candidate)

    def _promising(self, fits: Sequence[Fit]) -> list[Fit]:
        """Sort by the extended information criterion; misfits below chance count as chance."""
        rows = self.statistic.rows

        def criterion(fit: Fit) -> float:
            systematic = self.statistic.systematic**2 * self.objective.square
            left = max(max(fit.misfit, systematic) + self.objective.floor, self.chance)
            cost = fit.constants * np.log(rows) + 2 * choices(fit.forms[0], self.library)
            return float(rows * np.log(left) + cost)

        return sorted(fits, key=criterion)
