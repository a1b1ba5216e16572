"""One function of several variables, fitted to all channels with one set of constants.

With φ_c(r) = φ(r, q_c) the residual is Σ_c W P_c φ(nodes_c, q_c) - y: that of a single channel whose nodes are those of
all channels one after the other. So every method of regression finds and fits such functions, given terms that know
the variables at these nodes (`interpot.formula.terms.joint`). What it finds is then restated as a form for every
channel, with an equation between the constants of each two channels (`Fit.active`): errors, information and held-out
losses count constants that are shared once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interpot.formula.invariants import Variables
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit
from interpot.formula.terms import Term
from interpot.formula.terms.joint import JointTerm, joint_terms
from interpot.records import FloatArray
from interpot.statistic.objective import Objective


def joint_objective(objective: Objective) -> Objective:
    """Of all channels as one: nodes and maps one after the other."""
    return Objective(
        (np.concatenate(objective.nodes),),
        (np.hstack(objective.maps),),
        objective.y,
        objective.inverse,
        objective.floor,
        objective.square,
        objective.baseline,
    )


def joint_library(
    library: Sequence[Term], variables: Variables, objective: Objective
) -> tuple[JointTerm, ...]:
    """Every term in all ways in which it may depend on the variables."""
    counts = [len(r) for r in objective.nodes]
    return tuple(
        joint for term in library for joint in joint_terms(term, variables.symbols, variables.table, counts)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Separated:
    """One function as a form for every channel.

    Attributes
    ----------
    fit
        Of all channels; `active` holds the equations between their constants.
    to_joint : (joint constants, constants)
        The constants of the one function from those of the channels: of each from the first channel that has it.
    """

    fit: Fit
    to_joint: FloatArray


def separated(joint: Fit, variables: Variables) -> Separated:
    """Insert the variables' values of each channel.

    Parameters
    ----------
    joint
        One form, of joint terms.
    variables
        Of all channels.
    """
    (whole,), (coefficients,) = joint.forms, joint.coefficients
    forms, numbers, places = [], [], list[tuple[int, float]]()  # joint constant, and its factor here
    for c in range(len(variables.labels)):
        form, kept, own = _in_channel(whole, variables, c)
        forms.append(form)
        numbers.append(coefficients[kept])
        places += own
    to_joint = np.zeros((whole.constants, len(places)))
    rows = []
    first: dict[int, int] = {}
    for p, (k, factor) in enumerate(places):
        if k not in first:
            first[k] = p
            to_joint[k, p] = 1 / factor
            continue
        row = -to_joint[k]
        row[p] = 1 / factor
        rows.append(row)
    active = np.array(rows).reshape(len(rows), len(places))
    return Separated(Fit(tuple(forms), tuple(numbers), joint.misfit, active), to_joint)


def _in_channel(whole: Form, variables: Variables, c: int) -> tuple[Form, list[int], list[tuple[int, float]]]:
    """The form in one channel, which terms it keeps, and of each of its constants the joint one and a factor.

    A term that vanishes here is left out, unless all do.
    """
    inserted = variables.inserted(c)
    terms = [term.at(inserted) for term in whole.terms if isinstance(term, JointTerm)]
    kept = [t for t, term in enumerate(terms) if term.expression != 0] or [0]
    starts = np.cumsum([0, *(len(t.shapes) for t in terms)])
    shapes = [k for t in kept for k in range(starts[t], starts[t + 1])]
    ties, own = whole.ties[shapes], [(t, 1.0) for t in kept]
    free = [j for j in range(ties.shape[1]) if ties[:, j].any()]
    leads = [float(ties[np.flatnonzero(ties[:, j])[0], j]) for j in free]
    own += [(len(terms) + j, lead) for j, lead in zip(free, leads, strict=True)]
    form = Form(tuple(terms[t] for t in kept), whole.shapes[shapes], ties[:, free] / np.array(leads))
    return form, kept, own
