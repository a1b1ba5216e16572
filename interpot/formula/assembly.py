"""From fits to what a reader sees: the potential in the field's constants, and the table of what was judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import sympy

from interpot.formula.candidate import Candidate
from interpot.formula.channel_formula import UNITS_OF_KNOWN, ChannelFormula, Loss
from interpot.formula.codegen import R
from interpot.formula.joint_choice import Judged
from interpot.formula.judge import Judge
from interpot.formula.known import Known
from interpot.formula.naming import Named, agreed, of_channel
from interpot.formula.notation import in_variable
from interpot.formula.paired import best_held_out, held_out_difference
from interpot.formula.potential import Potential
from interpot.formula.regress.varpro import Fit
from interpot.records import FloatArray
from interpot.statistic.channels import ENDLESS
from interpot.statistic.normal_equations import Statistic
from interpot.units import STYLES
from interpot.version import versions


def named_form(
    statistic: Statistic, candidate: Fit, c: int, known: Known | None, check: bool = False
) -> Named:
    """Restate one channel's form in the field's constants, what was known of it added; checked if asked for."""
    channel, form, coefficients = statistic.channels[c], candidate.forms[c], candidate.coefficients[c]
    found = of_channel(form, coefficients, channel)
    if check:
        seen = statistic.coverage[c]
        found = agreed(found, form, coefficients, (seen.minimum, min(seen.maximum, channel.cutoff)))
    return found if known is None else known.added_to(found, channel)


def potential_of(
    statistic: Statistic,
    judge: Judge,
    candidate: Candidate,
    known: Sequence[Known | None],
    loss: Loss,
    provenance: Mapping[str, Any],
) -> Potential:
    """Restate the chosen forms in the field's constants, with errors, in the units of the data.

    Raises
    ------
    InterpotError
        A restated function is not the fitted one.
    """
    named = [named_form(statistic, candidate.fit, c, part, check=True) for c, part in enumerate(known)]
    G = _block_diagonal([part.gradient for part in named])
    covariance = G @ judge.covariance(candidate.fit) @ G.T
    return assembled(statistic, named, covariance, judge.freedom, loss, provenance)


def assembled(
    statistic: Statistic,
    named: Sequence[Named],
    covariance: FloatArray,
    freedom: float,
    loss: Loss,
    provenance: Mapping[str, Any],
) -> Potential:
    """Put the functions of all channels together, in the units of the data.

    Parameters
    ----------
    named
        One function per channel, internal units.
    covariance : (p, p)
        Of the constants of all of them, internal units.
    freedom
        Degrees of freedom of it.
    """
    errors = np.split(np.sqrt(np.diag(covariance)), np.cumsum([len(part.parameters) for part in named])[:-1])
    channels = []
    for c, (channel, part, stderr) in enumerate(zip(statistic.channels, named, errors, strict=True)):
        parameters = tuple(replace(p, stderr=float(e)) for p, e in zip(part.parameters, stderr, strict=True))
        seen = statistic.coverage[c]
        channels.append(
            ChannelFormula(
                channel.species,
                channel.cutoff,
                (seen.minimum, seen.maximum),
                part.name,
                part.expression,
                parameters,
                zero="origin" if channel.kind in ENDLESS else "infinity" if part.decays else "cutoff",
                kind=channel.kind,
                site=channel.site,
                charges=channel.charges,
                centre=channel.centre,
            )
        )
    origin = {**statistic.provenance, "versions": versions(), **provenance}
    # internal units are those of metal for energy and length; in reduced units the numbers are the same
    units = statistic.units if statistic.units.name == "lj" else STYLES["metal"]
    found = Potential(units, tuple(channels), covariance, loss, origin, freedom)
    return found.to_units(statistic.units)


def _block_diagonal(parts: Sequence[FloatArray]) -> FloatArray:
    out = np.zeros((sum(p.shape[0] for p in parts), sum(p.shape[1] for p in parts)))
    row = column = 0
    for part in parts:
        out[row : row + part.shape[0], column : column + part.shape[1]] = part
        row, column = row + part.shape[0], column + part.shape[1]
    return out


def front_of(statistic: Statistic, judged: Judged, known: Sequence[Known | None]) -> pd.DataFrame:
    """Tabulate what was judged, by channel and number of constants; within these by loss."""
    rows = []
    for c, candidate, mark in judged:
        channel, named = statistic.channels[c], named_form(statistic, candidate.fit, c, known[c])
        variable = channel.site if channel.kind in ENDLESS else R.name
        rows.append(front_row(channel.label, named, candidate, c, mark, variable))
    chosen = {c: candidate.fit.forms[c] for c, candidate, mark in judged if mark == "chosen"}
    holds = [candidate.fit.forms[c].contains(chosen[c]) for c, candidate, _ in judged]
    best = {c: best_held_out([one for of, one, _ in judged if of == c]) for c in chosen}
    front = pd.DataFrame(rows).assign(contains_chosen=holds)
    front = worse_by(front, [(candidate, best[c]) for c, candidate, _ in judged])
    return one_standard_error(front.sort_values(["channel", "constants", "loss"], ignore_index=True))


def worse_by(front: pd.DataFrame, pairs: Sequence[tuple[Candidate, Candidate]]) -> pd.DataFrame:
    """Add how much larger the cross-validated error of each row is than the best one's, with its standard error.

    That of the difference on the same frames: both errors rise and fall together from fold to fold, so that it is far
    smaller than that of either.

    Parameters
    ----------
    pairs
        Candidate of each row, and the best one (`best_held_out`) beside it.
    """
    differences = [held_out_difference(one, other) for one, other in pairs]
    worse, stderr = np.array(differences).reshape(-1, 2).T
    return front.assign(worse_by=worse, worse_by_stderr=stderr)


def one_standard_error(front: pd.DataFrame) -> pd.DataFrame:
    """Add a column that marks, for each channel, what the one-standard-error rule would choose.

    The formula with the fewest constants whose cross-validated error is within one standard error of the lowest; none
    where nothing was cross-validated. It compares errors as if they were independent, where `selection.choose` pairs
    them, and is there because users expect it.

    Source: L. Breiman et al., Classification and Regression Trees (1984), section 3.4.3.
    """
    marks = np.zeros(len(front), dtype=np.bool_)
    for label in front.channel.unique():
        rows = np.flatnonzero(front.channel == label)
        errors, constants = (front[name].to_numpy()[rows] for name in ("cross_validated", "constants"))
        if np.isnan(errors).all():
            continue
        best = int(np.nanargmin(errors))
        within = np.flatnonzero(errors <= errors[best] + np.nan_to_num(front.stderr.to_numpy()[rows[best]]))
        marks[rows[min(within, key=lambda k: (constants[k], errors[k]))]] = True
    return front.assign(one_standard_error=marks)


def without_units(expression: sympy.Expr) -> sympy.Expr:
    """A formula as people write it: units that only give numbers their dimension are left out."""
    units = {sympy.Symbol(name, real=True): sympy.Integer(1) for name in UNITS_OF_KNOWN}
    return expression.xreplace(units) if expression.free_symbols & set(units) else expression


def front_row(
    label: str, named: Named, candidate: Candidate, c: int, mark: str, variable: str = R.name
) -> dict[str, Any]:
    """One row of the table of what was judged: the form of channel c, with its mark as `Judged` has it."""
    form = candidate.fit.forms[c]
    formula = in_variable(without_units(named.expression), variable)
    return {
        "channel": label,
        "form": named.name,
        "formula": str(formula),
        "terms": len(form.terms),
        "constants": form.constants,
        "loss": candidate.loss,
        "cross_validated": candidate.cross_validated,
        "stderr": candidate.cross_validated_error,
        "chosen": mark == "chosen",
        "indistinguishable": mark == "rival",
        "excluded": mark == "excluded",
        "determined": candidate.determined,
    }
