"""Two fits of the same data against each other: the difference of their losses, and its error.

With the residuals ρ₁ and ρ₂ of two fits in the compressed objective, their losses differ by Δ = |ρ₂|² - |ρ₁|². Both see
the same noise, which therefore enters Δ only along ρ₂ - ρ₁: the standard error of Δ is 2 s |ρ₂ - ρ₁| with the variance
s² of a force component. Two functions that hardly differ have a small Δ and a small error of it.

Source: Q. H. Vuong, Econometrica 57, 307 (1989).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interpot.formula.candidate import INDIFFERENT, Candidate
from interpot.formula.regress.varpro import Fit
from interpot.statistic.objective import Objective


@dataclass(frozen=True, slots=True)
class Difference:
    """How much worse one fit explains the data than another.

    Attributes
    ----------
    rise
        Δ with 2 s² for every constant that the worse one has more: what it would be on other data. eV²/Å².
    error
        Its standard error.
    floor
        What rounding makes.
    apart
        |ρ₂ - ρ₁|². All other parts of Δ are noise and the price of constants, which do not grow with the data. eV²/Å².
    """

    rise: float
    error: float
    floor: float
    apart: float

    @property
    def told_apart(self) -> bool:
        """Whether the data reject the other fit, by two standard errors."""
        return self.rise > 2 * self.error + self.floor

    @property
    def more_data(self) -> float:
        """How many times as much data of the same kind would tell the two apart; infinite where they are equal.

        What of the rise is no more than `apart` grows as the data, its error as their root.
        """
        growing = min(self.rise, self.apart)
        if growing <= self.floor:
            return float("inf")
        return (2 * self.error / growing) ** 2


def surely_apart(objective: Objective, better: Fit, least: float, constants: int, variance: float) -> bool:
    """Whether `difference` would tell apart any fit of so many constants whose misfit is no less than `least`.

    |ρ₂ - ρ₁| is no more than |ρ₂| + |ρ₁|, and beyond |ρ₂| = 2 s a rise grows faster than what its error may be.
    """
    rise = least - better.misfit + 2 * variance * (constants - better.constants)
    apart = float(np.sqrt(least) + np.sqrt(better.misfit))
    error = 2 * float(np.sqrt(variance)) * apart
    told = Difference(rise, error, INDIFFERENT**2 * objective.square, apart**2).told_apart
    return bool(least > 4 * variance) and told


def difference(objective: Objective, better: Fit, other: Fit, variance: float) -> Difference:
    """Compare two fits of all channels.

    Parameters
    ----------
    objective
        Both were fitted to.
    better, other
        The latter is the one that may be rejected.
    variance
        s² of a force component, eV²/Å², widened where residuals are not independent.
    """
    one, two = (objective.residual(f.values(objective.nodes)) for f in (better, other))
    rise = float(two @ two - one @ one) + 2 * variance * (other.constants - better.constants)
    apart = float(np.linalg.norm(two - one))
    return Difference(rise, 2 * float(np.sqrt(variance)) * apart, INDIFFERENT**2 * objective.square, apart**2)


def best_held_out(candidates: Sequence[Candidate]) -> Candidate:
    """Return the one with the lowest error on data that its constants have not seen, as `selection.choose` has it.

    Formulas of which a term may be zero count only where there is no other.
    """
    usable = [c for c in candidates if c.determined] or candidates

    def left(c: Candidate) -> float:
        losses = c.held_out if len(c.held_out) else np.array([c.loss**2])
        return float(np.maximum(losses - c.unresolved**2, 0.0).mean())

    return min(usable, key=left)


def held_out_difference(one: Candidate, other: Candidate) -> tuple[float, float]:
    """How much larger one's cross-validated relative error is, and the standard error of that over the folds.

    NaN where nothing was cross-validated. The error of a root is that of its square over twice the root.
    """
    if len(one.held_out) < 2:
        return float("nan"), float("nan")
    errors = [max(c.cross_validated, np.finfo(np.float64).tiny) for c in (one, other)]
    by_fold = one.held_out / (2 * errors[0]) - other.held_out / (2 * errors[1])
    return errors[0] - errors[1], float(by_fold.std(ddof=1) / np.sqrt(len(by_fold)))
