"""The error of each kind of data alone, where forces, energies and virials have been fitted together.

The forms and constants are those of the combined loss (`interpot.statistic.weights`); its own value is a mixture that
means nothing to a reader. What is reported is ‖F_φ - F‖/‖F‖ of the forces, and beside it the same of the energies and
of the virials per particle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from interpot.formula.adequacy import resolved_to
from interpot.formula.candidate import Candidate
from interpot.formula.channel_formula import Loss
from interpot.formula.judge import Judge
from interpot.formula.known import Known, without_known
from interpot.formula.regress.varpro import Fit
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective
from interpot.statistic.weights import weighted

OTHERS = ("energies", "virials")
"""Kinds of rows that may stand beside the forces."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One kind of data alone.

    Attributes
    ----------
    statistic, objective
        Of its rows only, what is known already subtracted; the nodes are those of the combined objective.
    """

    statistic: Statistic
    objective: Objective

    @classmethod
    def of(cls, statistic: Statistic, known: Sequence[Known | None]) -> Kind:
        """Compress a statistic that holds one kind of rows."""
        return cls(statistic, without_known(Objective.of(statistic), known, statistic.channels))

    def error(self, fit: Fit) -> float:
        """Relative error of a fit."""
        return self.objective.relative_error(fit.values(self.objective.nodes))

    def seen(self, fit: Fit) -> Fit:
        """The same fit with the misfit that it has here."""
        residual = self.objective.residual(fit.values(self.objective.nodes))
        return replace(fit, misfit=float(residual @ residual))


def forces_alone(statistic: Statistic, objective: Objective, known: Sequence[Known | None]) -> Kind | None:
    """The forces of a statistic; None where it has been made without them.

    The statistic and its objective themselves where nothing has been put beside the forces.
    """
    forces = [part for part in statistic.blocks.parts if part.species]
    if len(forces) == len(statistic.blocks.parts):
        return Kind(statistic, objective)
    return Kind.of(weighted(statistic, energies=0.0, virials=0.0), known) if forces else None


def loss_of(
    judge: Judge,
    candidate: Candidate,
    objective: Objective,
    forces: Kind | None,
    known: Sequence[Known | None],
) -> Loss:
    """What to report of a candidate: its errors of the forces, and those of energies and virials.

    Parameters
    ----------
    judge, candidate, objective
        Of the combined loss.
    forces
        `forces_alone`.
    known
        Per channel, what was known already.
    """
    if forces is None:  # fitted to something else
        only = next(iter(judge.statistic.provenance.get("weights", OTHERS)))
        told = candidate.loss, objective.ceiling, candidate.cross_validated
        return Loss(*told, of=only, resolution=resolved_to(judge.statistic))
    errors = dict.fromkeys(OTHERS, np.nan)
    for name in OTHERS:
        if getattr(judge.statistic, name) is not None:
            weights = dict.fromkeys(OTHERS, 0.0) | {name: 1.0}
            alone = weighted(forces.statistic, forces=0.0, **weights)
            errors[name] = Kind.of(alone, known).error(candidate.fit) if alone.square > 0 else np.nan
    beside = errors["energies"], errors["virials"], resolved_to(forces.statistic)
    if forces.objective is objective:
        return Loss(candidate.loss, objective.ceiling, candidate.cross_validated, "forces", *beside)
    held_out = Judge(forces.statistic, forces.objective).losses(candidate.fit, judge.moves(candidate.fit))
    cross_validated = float(np.sqrt(held_out.mean())) if len(held_out) else np.nan
    return Loss(forces.error(candidate.fit), forces.objective.ceiling, cross_validated, "forces", *beside)
