"""Which cases can be asked for their form: an oracle that knows the truth and the noise.

A form that leaves the noise-free misfit M₀ is expected to leave M₀ + N s² on N force components with noise s. A case is
identifiable if the truth's BIC, N ln(M) + p ln N at expected misfits M, beats that of every rival by ten, and if every
true constant is at least four standard errors from zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interpot.formula.candidate import INDIFFERENT
from interpot.formula.naming import name
from interpot.formula.regress.varpro import Fit, fit
from interpot.records import FloatArray
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective
from recovering.records import Published, Verdict
from recovering.structure import structure
from recovering.truth import Curve

_HOLDS = 1e-6
"""Relative noise-free force error below which a rival with more constants has the truth as a special case."""


@dataclass(frozen=True, slots=True, eq=False)
class Rival:
    """A form that is not the truth, at its best on the noise-free data.

    Attributes
    ----------
    form
        Its name.
    excess
        How many constants are fitted beyond those of the truth.
    misfit
        Noise-free, eV²/Å².
    """

    form: str
    excess: int
    misfit: float


class Oracle:
    """What the noise-free statistic of a case says; one serves all noises.

    Parameters
    ----------
    published
        The truth.
    statistic, objective
        Noise-free, and compressed.
    forms
        What the exhaustive search returned for it, by channel.
    """

    def __init__(
        self, published: Published, statistic: Statistic, objective: Objective, forms: Sequence[Sequence[Fit]]
    ) -> None:
        self.published, self.statistic = published, statistic
        self.objective = objective
        self._columns = [self._true_columns(c) for c in range(len(statistic.channels))]
        self._known: dict[tuple[int, object], Rival | None] = {}
        residual = sum(v for v, _ in self._columns) - self.objective.y
        self.misfit = float(residual @ residual)
        """That the truth leaves: rounding and projection errors."""
        self._rivals, self._reached = self._held_against(forms)

    def verdict(self, level: float, forms: Sequence[Sequence[Fit]]) -> Verdict:
        """Judge the case with a noise of `level` (eV/Å) on each component, whose search returned the forms."""
        more, reached = self._held_against(forms)
        rivals = [*self._rivals, *more]
        rows, least = self.statistic.rows, INDIFFERENT**2 * self.statistic.square
        noise = rows * level**2

        def information(misfit: float, constants: int) -> float:
            return float(rows * np.log(max(misfit + noise, least)) + constants * np.log(rows))

        own = information(self.misfit, 0)
        margins = [(information(r.misfit, r.excess) - own, r) for r in rivals]
        apart = [margin for margin, r in margins if not self._holds_truth(r)]
        margin, closest = min(margins, key=lambda pair: pair[0], default=(np.inf, None))
        return Verdict(
            margin=margin,
            margin_apart=min(apart, default=np.inf),
            rival=closest.form if closest else "",
            resolution=self._resolution(max(noise, least) / rows),
            reached=reached,
            reached_clean=self._reached,
        )

    def _holds_truth(self, rival: Rival) -> bool:
        """Whether more constants bring it to the truth, as far as the projection on splines can tell."""
        nothing = max(_HOLDS**2 * self.statistic.square, 2 * self.misfit)
        return rival.excess > 0 and rival.misfit < nothing

    def _true_columns(self, c: int) -> tuple[FloatArray, FloatArray]:
        """W P φ and W P ∂φ/∂ln(constants) of a channel's truth."""
        channel, units = self.statistic.channels[c], self.statistic.units
        curve = Curve(self.published.truth[channel.label])
        r = self.objective.nodes[c] / units.length
        M = self.objective.maps[c]
        return M @ (curve.energy(r) * units.energy), M @ (curve.jacobian(r) * units.energy)

    def _resolution(self, variance: float) -> float:
        """Least |constant| over its standard error if all true forms are fitted jointly."""
        J = np.hstack([jacobian for _, jacobian in self._columns])
        scale = np.linalg.norm(J, axis=0)
        covariance = np.linalg.pinv(J / scale, rcond=1e-13)
        errors = np.linalg.norm(covariance, axis=1) / scale * np.sqrt(variance)
        return float(1 / errors.max())

    def _held_against(self, forms: Sequence[Sequence[Fit]]) -> tuple[list[Rival], bool]:
        """All forms but the truth, and whether the truth is among them in every channel."""
        rivals, reached = [], set()
        for c, candidates in enumerate(forms):
            for candidate in candidates:
                key = (c, candidate.forms[0].key)
                if key not in self._known:
                    self._known[key] = self._rival(c, candidate)
                if (rival := self._known[key]) is None:
                    reached.add(c)
                else:
                    rivals.append(rival)
        return rivals, len(reached) == len(self.statistic.channels)

    def _rival(self, c: int, candidate: Fit) -> Rival | None:
        """Fit a form to the noise-free data, the other channels being true; None for the truth itself."""
        channel, form = self.statistic.channels[c], candidate.forms[0]
        named = name(form, candidate.coefficients[0], channel.cutoff)
        truth = self.published.truth[channel.label]
        if structure(str(named.expression)) == structure(truth.formula):
            return None
        best = fit(self._others_true(c), [form])
        return Rival(f"{channel.label} {named.name}", form.constants - len(truth.constants), best.misfit)

    def _others_true(self, c: int) -> Objective:
        """The objective of one channel where the others have their true forms, whose constants may follow."""
        others = [columns for k, columns in enumerate(self._columns) if k != c]
        M, y = self.objective.maps[c], self.objective.y
        if others:
            y = y - sum(values for values, _ in others)
            Q, _ = np.linalg.qr(
                np.hstack([jacobian / np.linalg.norm(jacobian, axis=0) for _, jacobian in others])
            )
            M, y = M - Q @ (Q.T @ M), y - Q @ (Q.T @ y)
        whole = self.objective
        return Objective((whole.nodes[c],), (M,), y, whole.inverse, whole.floor, whole.square)
