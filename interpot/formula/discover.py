"""From the statistic to the potential: the order of the steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from interpot.errors import InterpotError
from interpot.formula.adequacy import adequacy
from interpot.formula.assembly import front_of, named_form, potential_of
from interpot.formula.candidate import INDIFFERENT, Candidate
from interpot.formula.channel_search import ChannelSearch
from interpot.formula.constraints import Constraint, asked_for, price, restrictions
from interpot.formula.honesty import Honesty, examine
from interpot.formula.joint_choice import Judged, joint_choice, marked, rivals
from interpot.formula.judge import Judge
from interpot.formula.kinds import Kind, forces_alone, loss_of
from interpot.formula.known import known_parts, without_known
from interpot.formula.mixing import RuleTest, check_rules
from interpot.formula.mixing import remarks as mixing_remarks
from interpot.formula.potential import Potential
from interpot.formula.quantity import half_width
from interpot.formula.regress import load_method
from interpot.formula.regress.varpro import Fit, fit
from interpot.formula.ruled import with_held_out
from interpot.formula.shared import shared_form as find_shared_form
from interpot.formula.symbolic.asked import Symbolic
from interpot.formula.symbolic.beyond import ShowFront
from interpot.formula.terms import TERMS, Term
from interpot.formula.terms import library as load_library
from interpot.formula.terms.user import terms_from, undefined
from interpot.formula.thermostats import thermostats
from interpot.statistic.channels import Channel
from interpot.statistic.merge import Opened, opened
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective, SplineFit, spline_fit
from interpot.statistic.unmet import unmet
from interpot.threads import one_blas_thread

Progress = Callable[[str], None]

FEW_BLOCKS = 3
"""From so few blocks a standard error is little but a guess: with two degrees of freedom its own is half of it."""


WITHIN = 0.999
"""Of the cutoff: a wall that ends farther out ends there."""

_SHOWN = 12  # candidates in a notebook


@dataclass(frozen=True, slots=True, eq=False)
class Discovery:
    """What discovery found.

    Attributes
    ----------
    best
        The chosen potential, in the units of the data.
        A pair that never came within its cutoff has no formula.
    front
        One row per channel and form that was judged, by number of constants and loss: channel, form, formula, terms,
        constants, loss and cross_validated (relative errors of the forces, or of all that was weighted), stderr (of
        the latter), worse_by (how much larger cross_validated is than the best one's) and worse_by_stderr (of
        that difference, on the same frames), chosen, indistinguishable, excluded (a form with a name that the data
        exclude), determined (no term of it may be zero), one_standard_error (what that rule would choose).
    splines
        The ceiling as curves, one for each channel of `best`, internal units.
    statistic
        What it was found from.
    remarks
        Decisions that a reader should know of, one sentence each.
    honesty
        What the data cannot tell, and what the formulas do where they were not sampled.
    mixing
        Test of each mixing rule on each unlike pair whose form is that of both like pairs.
    chosen
        The fit of `best` as it was judged, with its losses on the folds.
    """

    best: Potential
    front: pd.DataFrame
    splines: SplineFit
    statistic: Statistic
    remarks: tuple[str, ...]
    honesty: Honesty
    mixing: tuple[RuleTest, ...] = ()
    chosen: Candidate | None = None

    def __repr__(self) -> str:
        found = "; ".join(str(self.best).splitlines())
        return f"<Discovery: {found}; {self.best.loss.name} {self.best.loss.formula:.2g}, {len(self.front)} candidates>"

    def _repr_html_(self) -> str:
        return self.best._repr_html_() + self.front.head(_SHOWN).to_html(
            index=False, float_format="{:.3g}".format
        )


@contextmanager
def _decomposable() -> Iterator[None]:
    """Say what it means where no decomposition of a matrix converges."""
    try:
        yield
    except np.linalg.LinAlgError as error:
        raise InterpotError(
            f"the sums of the data cannot be decomposed ({error}): a number in them is not finite or beyond double "
            "precision; look for positions or forces beyond all sense in the trajectory and accumulate it again"
        ) from error


@one_blas_thread()
@_decomposable()
def discover(
    statistic: Opened,
    *,
    terms: Sequence[str] | None = None,
    max_terms: int | None = None,
    method: str = "exhaustive",
    constraints: Sequence[str | Constraint] = (),
    known: str | Path | Potential | Mapping[str, str] | Sequence[str] | None = None,
    shared_form: bool | str = "auto",
    symbolic: Symbolic | str = "auto",
    provenance: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    show: ShowFront | None = None,
) -> Discovery:
    """Find the closed form of every channel.

    Parameters
    ----------
    statistic
        Of the whole data, or the file that keeps it, or several files that count as one; the trajectory is not
        looked at again.
    terms
        Members of the library to combine, by name, or formulas of one's own as `interpot.formula.terms.user.terms_from`
        reads them; by default all members that need not be asked for. A channel whose kind has none of them has its
        default ones: a wall those of pairs and some of its own, a field others.
    max_terms
        Largest number of terms in a channel; by default three, and where that does not do four powers, exponentials
        and terms of dispersion.
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
    symbolic
        How formulas beyond the library are searched: "auto", "none", names of backends, or a `Symbolic` with operators,
        a budget, a seed. "auto" searches where the default terms of the library, as many as it takes, do not do.
    provenance
        Added to the potential's.
    progress
        Called with a line at each step.
    show
        Called with what a symbolic search has found so far.

    Raises
    ------
    InterpotError
        The data determine fewer numbers than a formula has constants; a constraint or a known part is not understood.
    """
    check_options(terms, max_terms, method, shared_form, symbolic)
    whole = opened(statistic)
    say = progress or (lambda _: None)
    say("compressing the normal equations")
    demands = asked_for(constraints, whole.channels)
    Symbolic.of(symbolic).check_labels(channel.label for channel in whole.channels)
    without = unmet(whole)
    seen = [c for c in range(len(whole.channels)) if c not in without]
    statistic = whole.of_channels(seen) if without else whole
    every_part = known_parts(known, whole.channels, whole.units)
    parts = [every_part[c] for c in seen]
    libraries = [_library(terms, channel.kind) for channel in statistic.channels]
    rules = restrictions(demands, statistic, libraries, parts)
    objective = without_known(Objective.of(statistic), parts, statistic.channels)
    _check_rank(statistic, objective)
    options: dict[str, Any] = {
        "max_terms": max_terms,
        "method": method,
        "escalate": terms is None and method == "exhaustive",
        "symbolic": Symbolic.of(symbolic),
    }
    searches = [
        ChannelSearch.of(statistic, objective, c, library, rule, known=part is not None, **options)
        for c, (library, rule, part) in enumerate(zip(libraries, rules, parts, strict=True))
    ]
    searches, found, named, tried, remarks = _searched(searches, say, show)
    remarks = [*without.values(), *remarks, *_undefined(terms, libraries, statistic)]
    judge = Judge(statistic, objective, tried)
    say("fitting all channels jointly and cross-validating")
    chosen, judged, said = _chosen(statistic, objective, judge, searches, found, named, shared_form)
    remarks += [
        *said,
        *price(objective, chosen.fit, [s.rule for s in searches], [s.channel.label for s in searches]),
    ]
    if method != "exhaustive":
        remarks.append(f"searched by {method}, for comparison: it may miss what the exhaustive search finds")
    say("estimating errors")
    forces = forces_alone(statistic, objective, parts)
    loss = loss_of(judge, chosen, objective, forces, parts)
    origin = {"method": method, "symbolic": Symbolic.of(symbolic).recorded, **(provenance or {})}
    best = potential_of(statistic, judge, chosen, parts, loss, origin)
    mixing = _mixing(statistic, objective, judge, chosen, best)
    say("asking what the data cannot tell")
    splines = spline_fit(statistic)
    data = forces or Kind(statistic, objective)
    split = adequacy(data.statistic, data.objective, data.seen(chosen.fit))
    honesty = examine(statistic, objective, chosen.fit, split, rivals(judged), tried, best, splines)
    remarks += [
        *mixing_remarks(mixing),
        *_correlation(statistic, chosen),
        *_remarks(statistic, best, honesty),
    ]
    front = front_of(statistic, judged, parts)
    return Discovery(best, front, splines, whole, tuple(remarks), honesty, mixing, chosen)


def check_options(
    terms: Sequence[str] | None = None,
    max_terms: int | None = None,
    method: str = "exhaustive",
    shared_form: bool | str = "auto",
    symbolic: Symbolic | str = "auto",
    **others: Any,
) -> None:
    """Refuse options that no data can make sense of, before any work is done; as `discover` takes them."""
    if strange := set(others) - set(signature(discover).parameters) - {"variables", "separate", "weights"}:
        known = ", ".join(list(signature(discover).parameters)[1:])
        raise InterpotError(f"discovery has no option '{min(strange)}': it has {known}")
    if (max_terms is not None and max_terms < 1) or (terms is not None and not terms):
        of = list(TERMS if terms is None else terms)
        raise InterpotError(f"{max_terms or 'some'} terms of {of} were asked for: expected at least one")
    if shared_form not in (True, False, "auto"):
        raise InterpotError(f"shared_form is {shared_form!r}: expected True, False or 'auto'")
    terms_from(terms or ())
    load_method(method)
    Symbolic.of(symbolic).check()


def _library(terms: Sequence[str] | None, kind: str) -> tuple[Term, ...]:
    """The terms for a kind of channel: of those that are asked for, or by default."""
    asked = () if terms is None else tuple(term for term in terms_from(terms) if kind in term.kinds)
    return asked or load_library(kind=kind)


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


def _searched(
    searches: Sequence[ChannelSearch], say: Progress, show: ShowFront | None
) -> tuple[list[ChannelSearch], list[list[Fit]], list[tuple[Fit, ...]], tuple[Term, ...], list[str]]:
    """Search every channel; constraints that nothing meets are given up, with a remark.

    Returns the searches as they were made, the fits of each, those of forms with a name, all terms that were tried,
    and remarks.
    """
    made, found, named, tried, remarks = [], [], [], dict[Term, None](), list[str]()
    for search in searches:
        searched = search.run(say, show)
        if not searched.fits and search.rule.names:
            remarks.append(
                f"{search.channel.label}: no formula of up to {search.size} terms meets "
                f"{'; '.join(search.rule.names)}: the best without these constraints is given"
            )
            search = search.unconstrained()
            searched = search.run(say, show)
        if not searched.fits:
            raise search.undefined()
        made.append(search)
        found.append(searched.fits)
        named.append(searched.named)
        tried |= dict.fromkeys(searched.tried)
        remarks += searched.remarks
    return made, found, named, tuple(tried), remarks


def _chosen(
    statistic: Statistic,
    objective: Objective,
    judge: Judge,
    searches: Sequence[ChannelSearch],
    found: list[list[Fit]],
    named: list[tuple[Fit, ...]],
    shared_form: bool | str,
) -> tuple[Candidate, Judged, list[str]]:
    """Choose forms for all channels, one for all of a kind where that is wanted; what was judged, and remarks."""
    constrained = any(search.rule.names for search in searches)
    refit = partial(fit, objective, constraints=[s.rule for s in searches] if constrained else None)
    chosen, judged = joint_choice(refit, judge, found, named)
    said = []
    open_ones = [c for c, fits in enumerate(found) if fits[0].constants]  # others are known already
    for group in dict.fromkeys(map(_alike, statistic.channels)):
        kind, places = group[0], [c for c in open_ones if _alike(statistic.channels[c]) == group]
        shared = find_shared_form(
            kind,
            places,
            found,
            chosen,
            judge,
            lambda c, form: searches[c].refit(form),
            refit,
            [search.objective.nodes[0] for search in searches],
        )
        if shared is None:
            continue
        taken = not shared.same and (shared_form is True or (shared_form == "auto" and shared.preferred))
        title = named_form(statistic, shared.candidate.fit, places[0], None).name
        if taken:
            chosen, judged = shared.candidate, marked(judged, shared.candidate, places)
        said.append(shared.remark(title, taken, shared_form is True))
    return chosen, judged, said


def _alike(channel: Channel) -> tuple[str, str, bool]:
    """What channels have in common that may share a form: all pairs, all walls, fields of one coordinate."""
    return channel.kind, channel.site if channel.kind == "field" else "", bool(channel.charges)


def _mixing(
    statistic: Statistic, objective: Objective, judge: Judge, chosen: Candidate, best: Potential
) -> tuple[RuleTest, ...]:
    """Test the mixing rules, by the constants and by held-out frames."""
    blocks = len(statistic.blocks.square)
    tests = check_rules(best, blocks if blocks > 1 else None)
    return tuple(with_held_out(tests, objective, judge, chosen, statistic.channels))


def _undefined(
    terms: Sequence[str] | None, libraries: Sequence[Sequence[Term]], statistic: Statistic
) -> list[str]:
    """Say which of the terms that were asked for have no value where a channel was sampled."""
    sentences = [
        f"{channel.label}: {sentence}"
        for channel, seen, library in zip(statistic.channels, statistic.coverage, libraries, strict=True)
        for term in (library if terms is not None else ())
        if (sentence := undefined(term, seen.minimum, seen.maximum)) is not None
    ]
    return list(dict.fromkeys(sentences))


def _correlation(statistic: Statistic, chosen: Candidate) -> list[str]:
    """How much the likeness of frames takes from the data, where it is more than a tenth."""
    if chosen.rows > 0.9 * statistic.rows:
        return []
    return [
        f"frames are alike: their {statistic.rows:,} force components tell as much of the constants as "
        f"{chosen.rows:,.0f} independent ones"
    ]


def _kinks(best: Potential) -> list[str]:
    """Say with which cutoff a wall that ends within the present one is exact."""
    unit = best.units.length_unit
    ends = [
        (channel, p.value)
        for channel in best.channels
        for p in channel.parameters
        if channel.form == "Harmonic wall" and p.name == "r_c" and p.value < WITHIN * channel.cutoff
    ]
    return [
        f"{channel.label}: the wall ends at {r_c:.6g} {unit}, within the cutoff of {channel.cutoff:g} {unit}, with a "
        f"kink of its force that splines do not follow: its constants are exact with a cutoff of {r_c:.6g} {unit}"
        for channel, r_c in ends
    ]


def _remarks(statistic: Statistic, best: Potential, honesty: Honesty) -> list[str]:
    """What a reader should know about the result."""
    remarks = [*statistic.provenance.get("remarks", ()), *thermostats(best), *honesty.warnings]
    lacks = honesty.adequacy.missing_form.significant  # splines leave less by chance, too
    if lacks and best.loss.formula > 3 * max(best.loss.ceiling, INDIFFERENT):
        remarks.append(
            f"the formula leaves a relative force error of {best.loss.formula:.2g} where splines leave "
            f"{best.loss.ceiling:.2g}: the true form is not among those tried, or the force has a kink or a jump"
        )
    remarks += _kinks(best)
    blocks = len(statistic.blocks)
    if 1 < blocks <= FEW_BLOCKS:
        remarks.append(
            f"the errors of the constants rest on {blocks} blocks of frames only and are rough: 95 % intervals are "
            f"±{half_width(1.0, best.freedom):.3g} of them; add frames"
        )
    if blocks == 1:
        remarks.append(
            "a single block of frames: no cross-validation, and errors assume independent residuals"
        )
    return remarks
