"""Beyond the library: symbolic search of one channel, whatever the backends.

The backends are asked one after the other, each with the best that is known so far to start from, until a formula
explains the forces as well as the true one would. What they find is refined into fits like those of the library, which
are judged together with them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import sympy

from interpot.errors import InterpotError
from interpot.formula.codegen import R, numpy_function
from interpot.formula.regress.restriction import Restriction
from interpot.formula.regress.varpro import Fit
from interpot.formula.symbolic import load_backend
from interpot.formula.symbolic.asked import Symbolic
from interpot.formula.symbolic.problem import SearchProblem
from interpot.formula.symbolic.refine import expression_of, refine
from interpot.formula.symbolic.search import Candidate, front
from interpot.statistic.objective import Objective
from interpot.units import UnitStyle

SEEDS = 4
"""How many of the library's best formulas a search starts from."""

SHOWS = 1e-6
"""Share of its forces that an additive constant may seem to have by rounding."""

ShowFront = Callable[[str, float, Sequence[Candidate], UnitStyle], None]
"""Called with what is being done, the share of the budget that is spent, the front so far (eV and Å) and the units of
the data."""


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
            Told the front while it grows; Ctrl-C ends the search of this channel, not the discovery.

        Returns
        -------
        fits
            In no particular order.
        remarks
            Which backends were asked, why, and what became of it.
        """
        if self._constant_shows():
            return [], [
                f"{self.label}: not searched beyond the library, for its energies tell the constant of its function, "
                "which symbolic searches leave open: leave the energies out"
            ]
        names, why = self.asked.backends()
        unable = [] if self.domain[0] > 0 else [n for n in names if load_backend(n).distances_only]
        names = [name for name in names if name not in unable]
        if unable and not names:
            return [], [
                f"{self.label}: not searched beyond the library, for {' and '.join(unable)} knows functions of "
                "distances, not of a coordinate that may be zero or negative: choose another backend"
            ]
        found, asked, ended = list[Fit](), list[str](), ""
        for name in names:
            asked.append(name)
            latest: list[Candidate] = []
            try:
                latest = self._candidates(name, [*known, *found], latest, show)
                if show is not None:
                    show(f"{self.label}: refining {len(latest)} formulas", 1.0, front(latest), self.units)
            except KeyboardInterrupt:
                ended = "; interrupted, the best so far is given"
            found += self._refined(latest)
            enough = found and min(fit.misfit for fit in found) <= self.chance and not self.asked.always
            if ended or enough:
                break
        why = why if len(asked) == len(names) else ""  # it is the last that was a choice
        return found, [self._remark(asked, why, ended, [*known, *found], found)]

    def guessed(self) -> list[Fit]:
        """Fit the user's formulas."""
        guesses = self._guesses()
        return self._refined([Candidate(formula, np.inf, 0) for formula in guesses.values()])

    def _constant_shows(self) -> bool:
        """Whether a constant that is added to the function changes the loss; forces do not see it."""
        return any(np.linalg.norm(M.sum(axis=1)) > SHOWS * np.linalg.norm(M) for M in self.objective.maps)

    def _refined(self, candidates: Sequence[Candidate]) -> list[Fit]:
        return refine(candidates, self.objective, kind=self.kind, rule=self.rule, limit=self.chance)

    def _candidates(
        self, name: str, known: Sequence[Fit], latest: list[Candidate], show: ShowFront | None
    ) -> list[Candidate]:
        """What one backend finds; `latest` holds what it has found meanwhile."""

        def watch(share: float, so_far: Sequence[Candidate]) -> None:
            latest[:] = so_far
            if show is not None:
                show(f"{self.label}: {name}", share, front(so_far), self.units)

        backend, asked = load_backend(name), self.asked
        operators = asked.operators or backend.usual
        return backend.search(self._problem(known), operators, asked.budget, asked.seed, watch)

    def _problem(self, known: Sequence[Fit]) -> SearchProblem:
        best = sorted(known, key=lambda fit: fit.misfit)[:SEEDS]
        seeds = [*self._guesses().values(), *map(expression_of, best)]
        return SearchProblem.of(
            self.objective, self.domain, self.label, chance=self.chance, kind=self.kind, rule=self.rule,
            seeds=seeds,
        )  # fmt: skip

    def _guesses(self) -> dict[str, sympy.Expr]:
        """The user's formulas for this channel, in eV and Å, by their text.

        Raises
        ------
        InterpotError
            One has no value where the data are.
        """
        guesses = self.asked.guessed(self.label, self.units)
        r = np.linspace(*self.domain, 400)
        for text, formula in guesses.items():
            undefined = ~np.isfinite(numpy_function(formula, (R,))(r))
            if undefined.any():
                unit = self.units.length_unit
                at, low, high = np.array([r[undefined][0], *self.domain]) / self.units.length
                raise InterpotError(
                    f"{self.label}: the guess '{text}' has no value at r = {at:.4g} {unit}, where the data are: give "
                    f"one that is defined between {low:.4g} and {high:.4g} {unit}"
                )
        return guesses

    def _remark(
        self, asked: Sequence[str], why: str, ended: str, fits: Sequence[Fit], found: Sequence[Fit]
    ) -> str:
        searched = f"{self.label}: searched beyond the library by {', then '.join(asked) or 'nothing'}{ended}"
        if not found:
            advice = (
                "" if ended else ": allow more operators or a larger budget, or give a guess to start from"
            )
            return f"{searched}; no formula came of it{advice}"
        best, beyond = min(f.misfit for f in fits), min(f.misfit for f in found)
        outcome = "; nothing better was found" if beyond > best else ""
        return f"{searched}{outcome} ({why})" if why else f"{searched}{outcome}"
