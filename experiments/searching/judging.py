"""What a formula is worth: held against the truth without noise, whoever found it.

On the objective of the frames without noise, ‖M (φ - φ_true)‖/√C is the relative error of the forces on all of its
particles. A formula has reached the truth

    exactly     where it has no more constants, an error below `SAME` or twice that of the true form fitted to the same
                data, and below `SAME` once its constants are refitted to the forces without noise;
    well        where its error is below `CLOSE`, or twice that of the true form fitted to the same data, and its
                complexity no greater than the truth's, both counted alike.

A number that is twice another, as Morse's rates are, is no constant of its own. Refitting makes the first a matter of
the form: with noise on the forces no constants are the true ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from interpot.records import FloatArray
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective
from searching.records import Formula, Judgement, Published
from searching.truth import Parametric

SAME = 1e-6
CLOSE = 1e-4
AS_OWN = 2.0
"""Times the error of the true form's own fit."""


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """Knows the truth of a form.

    Attributes
    ----------
    truth
        The form with its published constants.
    clean
        Objective of the frames without noise.
    own
        Error of the true form, its constants fitted to the data that were given.
    """

    truth: Parametric
    clean: Objective
    own: float

    @classmethod
    def of(cls, published: Published, clean: Statistic, given: Statistic) -> Judge:
        """Fit the truth to the data that are given."""
        truth, objective = Parametric.of(published), Objective.of(clean)
        fitted = truth.fitted(Objective.of(given))
        return cls(truth, objective, _error(objective, truth, fitted))

    @property
    def enough(self) -> float:
        """Largest error of a formula that reaches the truth well."""
        return max(CLOSE, AS_OWN * self.own)

    def judge(self, formula: Formula) -> Judgement:
        """Judge one formula."""
        found = Parametric.read(formula.text)
        error, complexity = _error(self.clean, self.truth, found), found.complexity
        good = error <= self.enough and complexity <= self.truth.complexity
        return Judgement(self._exact(found, formula, error), good, error, complexity, formula.constants)

    def _exact(self, found: Parametric, formula: Formula, error: float) -> bool:
        own = formula.constants - found.doubled
        if own > len(self.truth.symbols) or error > max(SAME, AS_OWN * self.own):
            return False
        return error < SAME or _error(self.clean, self.truth, found.fitted(self.clean)) < SAME

    def best(self, formulas: Iterable[Formula]) -> Judgement | None:
        """The best that is among them."""
        judged = [self.judge(formula) for formula in formulas]
        return min(judged, key=lambda j: (not j.exact, not j.good, j.error), default=None)


def _error(clean: Objective, truth: Parametric, found: Parametric) -> float:
    """Relative force error; infinite where the formula has no value."""
    (r,), (M,) = clean.nodes, clean.maps
    difference = found.energy(r) - truth.energy(r)
    if not np.all(np.isfinite(difference)):
        return float("inf")
    residual: FloatArray = M @ (difference - difference[-1])  # a constant is no force
    return float(np.linalg.norm(residual) / np.sqrt(clean.square))
