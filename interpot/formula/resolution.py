"""What the splines of a statistic cannot hold of a function: its projection error, in the forces on all particles.

The statistic knows a function by its splines. Where it is not smooth, as (σ - r)^(5/2) is not at σ, or changes much
from knot to knot, even the true function leaves

    e² = Σ_c n_c Σ_k N_ck ⟨(φ_c' - (P φ_c)')²⟩_k

with N_ck the samples of channel c in knot interval k, n_c = 2 particles that feel each (one of a field), and the mean
over the interval: errors of different neighbours add up at random. What a formula leaves beyond that speaks against
it, what it leaves below does not.
"""

from __future__ import annotations

import numpy as np

from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit
from interpot.formula.terms.joint import JointTerm
from interpot.records import FloatArray
from interpot.statistic.basis import KnotSplines
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective

PER_INTERVAL = 8
"""Points at which the slopes are compared in each knot interval."""


class Resolution:
    """Projection errors of the fits of one statistic.

    Parameters
    ----------
    statistic, objective
        The same data, as sums per block and compressed.
    """

    def __init__(self, statistic: Statistic, objective: Objective) -> None:
        self._objective, self._square = objective, statistic.square
        self._channels: list[tuple[FloatArray, FloatArray, FloatArray]] = []
        for channel, basis, seen in zip(statistic.channels, statistic.bases, statistic.coverage, strict=True):
            assert isinstance(basis, KnotSplines)
            r = basis.place((np.arange(basis.intervals * PER_INTERVAL) + 0.5) / PER_INTERVAL)
            felt = (2 if channel.kind == "pair" else 1) / PER_INTERVAL * np.repeat(seen.counts, PER_INTERVAL)
            sampled = felt > 0
            r = r[sampled]
            self._channels.append((r, np.sqrt(felt[sampled]), basis.matrix(r, derivative=True)))

    def error(self, fit: Fit) -> float:
        """Relative force error e/√C that the projection alone makes; infinite where a slope is."""
        parts = zip(
            self._channels, self._objective.projections, self._objective.nodes, fit.forms, fit.coefficients,
            strict=True,
        )  # fmt: skip
        total = 0.0
        with np.errstate(all="ignore"):
            for (r, felt, slopes), P, nodes, form, a in parts:
                apart = _slopes(form, r) @ a - slopes @ (P @ (form.columns(nodes) @ a))
                total += float(np.sum((felt * apart) ** 2))
        return float(np.sqrt(total / self._square)) if np.isfinite(total) else float("inf")

    def knows(self, fit: Fit) -> bool:
        """Whether its functions can be evaluated anywhere: those of several variables cannot."""
        return bool(self._objective.projections) and not any(
            isinstance(term, JointTerm) for form in fit.forms for term in form.terms
        )


def _slopes(form: Form, r: FloatArray) -> FloatArray:
    """Derivatives of the terms with respect to r, (m, terms)."""
    return np.column_stack(
        [
            np.zeros((r.size, 0)),
            *(
                numpy_function(derivative(term.expression, R), (R, *term.symbols))(r, *shapes)
                for term, shapes in zip(form.terms, form.split(), strict=True)
            ),
        ]
    )
