"""One formula in several variables for all channels: found, and held against formulas of each channel's own.

    found = interpot.discover_shared(statistic, {"qq = q_i*q_j": {"Na": 1, "Cl": -1}})

finds φ(r, qq) with one set of constants for all pairs. Its constants are known better than those of separate formulas,
as all pairs tell of them, and it says what a pair of other species would do. Whether the data allow it is judged as
everything else is: by held-out frames and the information criterion, which counts constants that are shared once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from interpot.formula.adequacy import adequacy
from interpot.formula.assembly import assembled, front_of, one_standard_error, without_units
from interpot.formula.candidate import Candidate
from interpot.formula.codegen import R
from interpot.formula.discover import Discovery, Progress, check_options, discover
from interpot.formula.honesty import examine
from interpot.formula.invariants import Given, Variables, only_pairs, variables_of
from interpot.formula.joint_choice import Judged
from interpot.formula.judge import Judge
from interpot.formula.kinds import Kind, forces_alone, loss_of
from interpot.formula.known import Known, known_parts, without_known
from interpot.formula.naming import Named, agreed, of_channel
from interpot.formula.notation import in_variable
from interpot.formula.potential import Potential
from interpot.formula.selection import choose
from interpot.formula.shared import paired_errors
from interpot.formula.shared_search import OneFormula, SharedSearch
from interpot.formula.symbolic.asked import Symbolic
from interpot.formula.symbolic.beyond import ShowFront
from interpot.statistic.merge import opened
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective
from interpot.threads import one_blas_thread


@one_blas_thread()
def discover_shared(
    statistic: Statistic | str | Path,
    variables: Given,
    *,
    terms: Sequence[str] | None = None,
    max_terms: int | None = None,
    method: str = "exhaustive",
    known: str | Path | Potential | Mapping[str, str] | Sequence[str] | None = None,
    symbolic: Symbolic | str = "auto",
    provenance: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    show: ShowFront | None = None,
    separate: Discovery | None = None,
) -> Discovery:
    """Find one formula for all channels, with one set of constants, and compare it with separate ones.

    Parameters
    ----------
    statistic
        Of the whole data, or the file that keeps it.
    variables
        What differs between channels beside the distance, `interpot.formula.invariants.variables_of`:
        {"qq": {"Na-Na": 1, "Cl-Na": -1, "Cl-Cl": 1}}, {"qq = q_i*q_j": {"Na": 1, "Cl": -1}}, or texts of this kind.
    terms, max_terms, method, known, symbolic, provenance, progress, show
        As `interpot.discover` takes them. Each term may enter as it is, times a variable, its size or its square, or
        with distances measured by a variable that is positive.
    separate
        What `interpot.discover` found from the same statistic, to compare with. If it is not given it is found here:
        beyond the library only where `symbolic` is "auto", as backends that are named are meant for the one formula.

    Returns
    -------
    Discovery
        In every channel the one formula, with the variables' values inserted; its constants have the same names,
        values and errors in all. The first remark gives it as a function of all variables and says whether the
        data reject it; `front` has the separate formulas, too.

    Raises
    ------
    InterpotError
        There are walls or fields; a variable is not understood or tells nothing; whatever `interpot.discover` raises.
    """
    check_options(terms, max_terms, method, symbolic=symbolic)
    say = progress or (lambda _: None)
    asked = Symbolic.of(symbolic)
    if separate is None:
        given = opened(statistic)
        only_pairs(given.channels)
        separate = discover(
            given,
            terms=terms,
            max_terms=max_terms,
            method=method,
            known=known,
            symbolic=asked if asked.search == "auto" else replace(asked, search="none"),
            progress=progress,
            show=show,
        )
    assert separate.chosen is not None  # `discover` gives it
    labels = [channel.label for channel in separate.best.channels]
    whole = separate.statistic
    seen = [c for c, channel in enumerate(whole.channels) if channel.label in labels]
    values = variables_of(variables, [whole.channels[c] for c in seen])
    data = whole if len(seen) == len(whole.channels) else whole.of_channels(seen)
    every_part = known_parts(known, whole.channels, whole.units)
    parts = [every_part[c] for c in seen]
    objective = without_known(Objective.of(data), parts, data.channels)
    search = SharedSearch.of(
        data,
        objective,
        values,
        terms=terms,
        max_terms=max_terms,
        method=method,
        symbolic=asked,
    )
    found, remarks = search.run(say, show)
    chosen, rivals = choose([one.candidate for one in found])
    origin = {"method": method, "variables": str(values), **(provenance or {})}
    marks = {chosen: "chosen", **dict.fromkeys(rivals, "rival")}
    judged = [(c, one.candidate, marks.get(k, "")) for k, one in enumerate(found) for c in range(len(labels))]
    return _discovered(data, objective, values, found[chosen], judged, parts, separate, origin, remarks)


def _discovered(
    statistic: Statistic,
    objective: Objective,
    variables: Variables,
    one: OneFormula,
    judged: Judged,
    known: Sequence[Known | None],
    separate: Discovery,
    provenance: Mapping[str, Any],
    remarks: Sequence[str],
) -> Discovery:
    judge = Judge(statistic, objective)
    forces = forces_alone(statistic, objective, known)
    loss = loss_of(judge, one.candidate, objective, forces, known)
    named = [_named(statistic, one, variables, c, part) for c, part in enumerate(known)]
    G = np.vstack([part.gradient for part in named]) @ one.parts.to_joint
    covariance = G @ judge.covariance(one.parts.fit) @ G.T
    best = assembled(statistic, named, covariance, judge.freedom, loss, provenance)
    data = forces or Kind(statistic, objective)
    split = adequacy(data.statistic, data.objective, data.seen(one.parts.fit))
    honesty = examine(statistic, objective, one.parts.fit, split, [], (), best, separate.splines)
    assert separate.chosen is not None
    allowed = _allowed(separate.chosen, one.candidate)
    remark = _remark(statistic, one, variables, separate.chosen, allowed)
    return Discovery(
        best,
        _front(front_of(statistic, judged, known), separate, allowed),
        separate.splines,
        separate.statistic,
        (remark, *remarks, *statistic.provenance.get("remarks", ()), *honesty.warnings),
        honesty,
        chosen=one.candidate,
    )


def _named(statistic: Statistic, one: OneFormula, variables: Variables, c: int, known: Known | None) -> Named:
    """The function in one channel; the gradient is along the constants of the one formula."""
    channel, whole = statistic.channels[c], _whole(statistic, one, variables, c)
    here = replace(whole, expression=whole.expression.subs(variables.inserted(c)))
    seen, fit = statistic.coverage[c], one.parts.fit
    agreed(here, fit.forms[c], fit.coefficients[c], (seen.minimum, min(seen.maximum, channel.cutoff)))
    return here if known is None else known.added_to(here, channel)


def _whole(statistic: Statistic, one: OneFormula, variables: Variables, c: int = 0) -> Named:
    """The function of all variables, with the cutoff of one channel; no constant is called as a variable is."""
    named = of_channel(one.joint.forms[0], one.joint.coefficients[0], statistic.channels[c])
    taken = {*variables.names, *(p.name for p in named.parameters)}
    fresh = {
        p: replace(p, name=next(n for k in range(1, 99) if (n := f"{p.name}_{k}") not in taken))
        for p in named.parameters
        if p.name in variables.names
    }
    expression = named.expression.subs({p.symbol: q.symbol for p, q in fresh.items()}, simultaneous=True)
    return replace(named, expression=expression, parameters=tuple(fresh.get(p, p) for p in named.parameters))


def _allowed(free: Candidate, one: Candidate) -> bool:
    """Whether the data cannot tell that the one formula is worse than separate ones."""
    # a term that may be zero in one of the two is no reason to prefer the other
    chosen, rivals = choose([replace(free, determined=one.determined), one])
    return chosen == 1 or 1 in rivals


def _remark(
    statistic: Statistic, one: OneFormula, variables: Variables, free: Candidate, allowed: bool
) -> str:
    """The formula as a function of all variables, and what the data say of it."""
    whole = _whole(statistic, one, variables)
    arguments = ", ".join((R.name, *variables.names))
    formula = f"φ({arguments}) = {in_variable(without_units(whole.expression), R.name)} with {variables}"
    size = (
        f"{_error(one.candidate)} with {one.joint.constants} constants, separate formulas "
        f"{_error(free)} with {free.fit.constants}"
    )
    if allowed:
        return f"one formula for all channels, {formula}: the data allow it ({size})"
    errors = paired_errors(one.candidate, free)
    more = f"; {errors:.3g} standard errors" if np.isfinite(errors) else ""
    return (
        f"the data reject one formula for all channels: the best, {formula}, is worse than separate formulas "
        f"({size}{more}); a variable has a wrong value somewhere, or the channels differ by more"
    )


def _error(candidate: Candidate) -> str:
    if len(candidate.held_out):
        return f"cross-validated error {candidate.cross_validated:.4g}"
    return f"error {candidate.loss:.4g}"


def _front(shared: pd.DataFrame, separate: Discovery, allowed: bool) -> pd.DataFrame:
    """What was judged, the separate formulas beside the one."""
    others = separate.front
    told = (others.chosen | others.indistinguishable) & allowed
    others = others.assign(chosen=False, indistinguishable=told, contains_chosen=False)
    both = pd.concat([shared, others], ignore_index=True)
    return one_standard_error(both.sort_values(["channel", "constants", "loss"], ignore_index=True))
