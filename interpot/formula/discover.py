"""From the statistic to the potential: the order of the steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from interpot.errors import InterpotError
from interpot.formula.constraints import Constraint, price, restrictions
from interpot.formula.honesty import Honesty, Rival, examine
from interpot.formula.known import Known, known_parts, without_known
from interpot.formula.mixing import RuleTest, check_rules
from interpot.formula.mixing import remarks as mixing_remarks
from interpot.formula.naming import Named, name
from interpot.formula.potential import ChannelFormula, Loss, Potential
from interpot.formula.regress import load_method
from interpot.formula.regress.form import Form
from interpot.formula.regress.restriction import Restriction
from interpot.formula.regress.varpro import Fit, fit
from interpot.formula.ruled import with_held_out
from interpot.formula.selection import DECISIVE, INDIFFERENT, Candidate, Judge, choices, choose
from interpot.formula.shared import shared_form as find_shared_form
from interpot.formula.terms import TERMS, Term
from interpot.formula.terms import library as load_library
from interpot.formula.terms.user import terms_from
from interpot.records import FloatArray
from interpot.statistic.merge import Opened, opened
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective, SplineFit, spline_fit
from interpot.threads import one_blas_thread
from interpot.units import STYLES
from interpot.version import versions

ALTERNATIVES = 3
"""How many forms with each number of constants are refitted jointly with the other channels and cross-validated."""

LIKELY = 24
"""Of the others, how many of those whose information criterion is not far from the best one's."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Discovery:
    """What discovery found.

    Attributes
    ----------
    best
        The chosen potential, in the units of the data.
    front
        One row per channel and form that was judged, by number of constants and loss: channel, form, formula, terms,
        constants, loss and cross_validated (relative force errors), stderr (of the latter), chosen, indistinguishable.
    splines
        The ceiling as curves, internal units.
    statistic
        What it was found from.
    remarks
        Decisions that a reader should know of, one sentence each.
    honesty
        What the data cannot tell, and what the formulas do where they were not sampled.
    mixing
        Test of each mixing rule on each unlike pair whose form is that of both like pairs.
    """

    best: Potential
    front: pd.DataFrame
    splines: SplineFit
    statistic: Statistic
    remarks: tuple[str, ...]
    honesty: Honesty
    mixing: tuple[RuleTest, ...] = ()


@one_blas_thread()
def discover(
    statistic: Opened,
    *,
    terms: Sequence[str] | None = None,
    max_terms: int = 3,
    method: str = "exhaustive",
    constraints: Sequence[str | Constraint] = (),
    known: str | Path | Potential | Mapping[str, str] | Sequence[str] | None = None,
    shared_form: bool | str = "auto",
    provenance: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Discovery:
    """Find the closed form of every channel.

    Parameters
    ----------
    statistic
        Of the whole data, or the file that keeps it, or several files that count as one; the trajectory is not
        looked at again.
    terms
        Members of the library to combine, by name, or formulas of one's own as `interpot.formula.terms.user.terms_from`
        reads them; by default all members that need not be asked for.
    max_terms
        Largest number of terms in a channel.
    method
        How the forms of a channel are searched, a row of `interpot.formula.regress.METHODS`.
    constraints
        That formulas have to meet, in words ("repulsive-core", "Ne-Xe: power:6 < 0") or as records of
        `interpot.formula.constraints`. Where no formula meets them, the best without them is given and a remark.
    known
        What is known of the functions already, as `interpot.formula.known.known_parts` takes it; it is added to what is
        found.
    shared_form
        Whether all pairs of species have the same form, with constants of their own: True, False, or "auto" where the
        data do not speak against it and it needs no more constants. Whether they do is said in any case.
    provenance
        Added to the potential's.
    progress
        Called with a line at each step.

    Raises
    ------
    InterpotError
        The data determine fewer numbers than a formula has constants; a constraint or a known part is not understood.
    """
    check_options(terms, max_terms, method, shared_form)
    statistic = opened(statistic)
    say = progress or (lambda _: None)
    say("compressing the normal equations")
    library = load_library() if terms is None else terms_from(terms)
    parts = known_parts(known, statistic.channels, statistic.units)
    rules = restrictions(constraints, statistic, library, parts)
    objective = without_known(Objective.of(statistic), parts, statistic.channels)
    _check_rank(statistic, objective)
    judge = Judge(statistic, objective, library)
    alone = [objective.without_others(c) for c in range(len(statistic.channels))]
    ranks = [_channel_rank(statistic, c, single) for c, single in enumerate(alone)]
    search = partial(load_method(method), library=library, max_terms=max_terms)
    found, remarks = [], list[str]()
    for c, channel in enumerate(statistic.channels):
        say(f"{channel.label}: trying all formulas of up to {max_terms} terms")
        fits = _channel_fits(statistic, c, alone[c], search, ranks[c], library, rules[c])
        if not fits and rules[c].names:
            remarks.append(
                f"{channel.label}: no formula of up to {max_terms} terms meets {'; '.join(rules[c].names)}: the best "
                "without these constraints is given"
            )
            rules = (*rules[:c], Restriction(), *rules[c + 1 :])
            fits = _channel_fits(statistic, c, alone[c], search, ranks[c], library, rules[c])
        found.append(_defined(statistic, c, fits))
    say("fitting all channels jointly and cross-validating")
    refit = partial(fit, objective, constraints=rules if any(rule.names for rule in rules) else None)
    chosen, judged = _joint_choice(refit, judge, found)
    shared = find_shared_form(found, chosen, judge, partial(_alone, alone, rules), refit)
    if shared is not None:
        taken = not shared.same and (shared_form is True or (shared_form == "auto" and shared.preferred))
        title = _named(statistic, shared.candidate.fit, 0, None).name
        remarks.append(shared.remark(title, taken, shared_form is True))
        if taken:
            chosen, judged = shared.candidate, _marked(judged, shared.candidate)
    remarks += price(objective, chosen.fit, rules, [c.label for c in statistic.channels])
    say("estimating errors")
    best = _potential(statistic, objective, judge, chosen, parts, {"method": method, **(provenance or {})})
    blocks = len(statistic.blocks.square)
    tested = check_rules(best, blocks if blocks > 1 else None)
    mixing = with_held_out(tested, objective, judge, chosen, statistic.channels)
    remarks += mixing_remarks(mixing)
    say("asking what the data cannot tell")
    splines = spline_fit(statistic)
    honesty = examine(statistic, objective, chosen.fit, _rivals(judged), library, best, splines)
    remarks += _remarks(statistic, best, honesty)
    front = _front(statistic, judged, parts)
    return Discovery(best, front, splines, statistic, tuple(remarks), honesty, tuple(mixing))


def check_options(
    terms: Sequence[str] | None = None,
    max_terms: int = 3,
    method: str = "exhaustive",
    shared_form: bool | str = "auto",
    **_: Any,
) -> None:
    """Refuse options that no data can make sense of, before any work is done; as `discover` takes them."""
    if max_terms < 1 or (terms is not None and not terms):
        raise InterpotError(
            f"{max_terms} terms of {list(terms or TERMS)} were asked for: expected at least one"
        )
    if shared_form not in (True, False, "auto"):
        raise InterpotError(f"shared_form is {shared_form!r}: expected True, False or 'auto'")
    terms_from(terms or ())
    load_method(method)


def _check_rank(statistic: Statistic, objective: Objective) -> None:
    rank, least = len(objective.y), 2 * len(statistic.channels) + 1
    sources = ", ".join(map(str, statistic.provenance.get("sources", ["the data"])))
    if statistic.square == 0:
        raise InterpotError(f"{sources}: every force is zero: expected data of particles that interact")
    if rank < least:
        labels = ", ".join(c.label for c in statistic.channels)
        raise InterpotError(
            f"{sources}: the forces determine {rank} independent numbers only, fewer than the {least} that formulas "
            f"for {labels} need; add frames or particles"
        )


def _channel_rank(statistic: Statistic, c: int, alone: Objective) -> int:
    """How many numbers the data determine of one channel, once the others have taken what they can."""
    sizes = np.linalg.svd(alone.maps[0], compute_uv=False)
    rank = int(np.sum(sizes > 1e-9 * sizes[0])) if sizes[0] > 0 else 0
    if rank < 3:
        pairs = int(statistic.coverage[c].counts.sum())
        raise InterpotError(
            f"{statistic.channels[c].label}: what was seen of it (samples: {pairs}) determines fewer independent "
            f"numbers ({rank}) than a formula has constants; add frames in which they meet"
        )
    return rank


def _channel_fits(
    statistic: Statistic,
    c: int,
    objective: Objective,
    search: Callable[..., list[Fit]],
    rank: int,
    library: Sequence[Term],
    rule: Restriction,
) -> list[Fit]:
    """Fits of one channel with the others eliminated, most promising first, fewer constants than the rank."""
    seen = statistic.coverage[c]
    # what a true form leaves by chance: one variance per direction, and two standard deviations of their sum
    noise = objective.floor / max(statistic.rows - len(objective.y), 1)
    chance = noise * (len(objective.y) + 2 * np.sqrt(2 * len(objective.y)))
    rounding = INDIFFERENT**2 * objective.square
    options = {"constraints": rule} if rule.names else {}
    fits = search(objective, domain=(seen.minimum, seen.maximum), enough=rounding, **options)
    fits = [f for f in fits if f.constants < rank]

    def criterion(f: Fit) -> float:  # BIC
        left = max(f.misfit + objective.floor, rounding, chance)
        cost = f.constants * np.log(statistic.rows) + 2 * choices(f.forms[0], library)
        return float(statistic.rows * np.log(left) + cost)

    fits.sort(key=criterion)
    by_constants: dict[int, list[Fit]] = {}
    for f in sorted(fits, key=lambda f: f.misfit):
        by_constants.setdefault(f.constants, []).append(f)
    shown = {id(f) for group in by_constants.values() for f in group[:ALTERNATIVES]}
    likely = {id(f) for f in fits[:LIKELY] if criterion(f) < criterion(fits[0]) + 2 * DECISIVE}
    return [f for f in fits if id(f) in shown | likely]


def _defined(statistic: Statistic, c: int, fits: list[Fit]) -> list[Fit]:
    if not fits:
        seen = statistic.coverage[c]
        raise InterpotError(
            f"{statistic.channels[c].label}: none of the terms is defined between {seen.minimum:.4g} and "
            f"{seen.maximum:.4g} Å: give others"
        )
    return fits


def _joint_choice(
    refit: Callable[[Sequence[Form]], Fit], judge: Judge, found: list[list[Fit]]
) -> tuple[Candidate, list[tuple[int, Candidate, str]]]:
    """Choose a form for each channel, the others at their first choice, then refit the chosen ones jointly.

    Returns the candidate and all that were judged: channel, candidate, "chosen", "rival" or "".
    """
    first = [fits[0].forms[0] for fits in found]
    picks, judged = [], []
    for c, fits in enumerate(found):
        alternatives = [[*first[:c], f.forms[0], *first[c + 1 :]] for f in fits]
        candidates = [judge.candidate(refit(forms)) for forms in alternatives]
        pick, rivals = choose(candidates)
        picks.append(candidates[pick].fit.forms[c])
        marks = {pick: "chosen", **dict.fromkeys(rivals, "rival")}
        judged += [(c, candidate, marks.get(k, "")) for k, candidate in enumerate(candidates)]
    return judge.candidate(refit(picks)), judged


def _alone(alone: Sequence[Objective], rules: Sequence[Restriction], c: int, form: Form) -> Fit:
    return fit(alone[c], [form], constraints=[rules[c]] if rules[c].names else None)


def _marked(judged: list[tuple[int, Candidate, str]], chosen: Candidate) -> list[tuple[int, Candidate, str]]:
    """What was judged, with the form that is shared by all channels as the chosen one."""
    key = chosen.fit.forms[0].key
    others = [
        (c, candidate, mark.replace("chosen", "rival"))
        for c, candidate, mark in judged
        if candidate.fit.forms[c].key != key
    ]
    return [*others, *((c, chosen, "chosen") for c in range(len(chosen.fit.forms)))]


def _rivals(judged: list[tuple[int, Candidate, str]]) -> list[Rival]:
    """Each channel's rivals beside the fit that was chosen for it."""
    chosen = {c: candidate.fit for c, candidate, mark in judged if mark == "chosen"}
    return [(c, chosen[c], candidate.fit) for c, candidate, mark in judged if mark == "rival"]


def _named(statistic: Statistic, candidate: Fit, c: int, known: Known | None) -> Named:
    cutoff = statistic.channels[c].cutoff
    found = name(candidate.forms[c], candidate.coefficients[c], cutoff)
    return found if known is None else known.added_to(found, cutoff)


def _potential(
    statistic: Statistic,
    objective: Objective,
    judge: Judge,
    candidate: Candidate,
    known: Sequence[Known | None],
    provenance: Mapping[str, Any],
) -> Potential:
    """Restate the chosen forms in the field's constants, with errors, in the units of the data."""
    named = [_named(statistic, candidate.fit, c, part) for c, part in enumerate(known)]
    G = _block_diagonal([part.gradient for part in named])
    covariance = G @ judge.covariance(candidate.fit) @ G.T
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
                zero="infinity" if part.decays else "cutoff",
                kind=channel.kind,
            )
        )
    loss = Loss(candidate.loss, objective.ceiling, candidate.cross_validated)
    origin = {**statistic.provenance, "versions": versions(), **provenance}
    # internal units are those of metal for energy and length; in reduced units the numbers are the same
    units = statistic.units if statistic.units.name == "lj" else STYLES["metal"]
    found = Potential(units, tuple(channels), covariance, loss, origin, judge.freedom)
    return found.to_units(statistic.units)


def _block_diagonal(parts: Sequence[FloatArray]) -> FloatArray:
    out = np.zeros((sum(p.shape[0] for p in parts), sum(p.shape[1] for p in parts)))
    row = column = 0
    for part in parts:
        out[row : row + part.shape[0], column : column + part.shape[1]] = part
        row, column = row + part.shape[0], column + part.shape[1]
    return out


def _front(
    statistic: Statistic, judged: list[tuple[int, Candidate, str]], known: Sequence[Known | None]
) -> pd.DataFrame:
    """Tabulate what was judged, by channel and number of constants; within these by loss."""
    rows = [
        front_row(
            statistic.channels[c].label, _named(statistic, candidate.fit, c, known[c]), candidate, c, mark
        )
        for c, candidate, mark in judged
    ]
    return pd.DataFrame(rows).sort_values(["channel", "constants", "loss"], ignore_index=True)


def front_row(label: str, named: Named, candidate: Candidate, c: int, mark: str) -> dict[str, Any]:
    """One row of the table of what was judged: the form of channel c, with its mark "chosen", "rival" or ""."""
    form = candidate.fit.forms[c]
    return {
        "channel": label,
        "form": named.name,
        "formula": str(named.expression),
        "terms": len(form.terms),
        "constants": form.constants,
        "loss": candidate.loss,
        "cross_validated": candidate.cross_validated,
        "stderr": candidate.cross_validated_error,
        "chosen": mark == "chosen",
        "indistinguishable": mark == "rival",
    }


def _remarks(statistic: Statistic, best: Potential, honesty: Honesty) -> list[str]:
    """What a reader should know about the result."""
    remarks = [*statistic.provenance.get("remarks", ()), *honesty.warnings]
    if best.loss.formula > 3 * max(best.loss.ceiling, INDIFFERENT):
        remarks.append(
            f"the formula leaves a relative force error of {best.loss.formula:.2g} where splines leave "
            f"{best.loss.ceiling:.2g}: the true form is not among those tried, or the force has a kink or a jump"
        )
    if len(statistic.blocks.square) == 1:
        remarks.append(
            "a single block of frames: no cross-validation, and errors assume independent residuals"
        )
    return remarks
