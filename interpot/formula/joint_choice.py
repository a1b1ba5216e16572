"""The choice of a form for every channel, the constants of all fitted jointly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from interpot.errors import InterpotError
from interpot.formula.candidate import Candidate
from interpot.formula.honesty import Rival
from interpot.formula.judge import Judge
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import RANKED, Fit
from interpot.formula.selection import choose

Judged = list[tuple[int, Candidate, str]]
"""What was judged: channel, candidate, "chosen", "rival", "excluded" (a form with a name), or ""."""


def joint_choice(
    refit: Callable[..., Fit],
    judge: Judge,
    found: list[list[Fit]],
    named: Sequence[Sequence[Fit]] | None = None,
) -> tuple[Candidate, Judged]:
    """Choose a form for each channel, one channel after the other, then refit the chosen ones jointly.

    The others have the forms that were chosen for them, or their first choice as long as none was. A channel that was
    judged beside a first choice that the data exclude is judged once more.

    Parameters
    ----------
    refit
        Fits forms of all channels jointly; takes `converged` as `interpot.formula.regress.varpro.fit` does.
    judge
        Cross-validates.
    found
        Per channel, fits with the others eliminated, most promising first.
    named
        Per channel, those of forms with a name, which are judged whether they are promising or not.

    Raises
    ------
    InterpotError
        Constraints that can be met channel by channel only.
    """
    compared = partial(refit, converged=RANKED)
    first = [fits[0].forms[0] for fits in found]
    together = compared(first)
    # where the others are to start from
    forms = list(together.forms) if np.isfinite(together.misfit) else list(first)
    chosen: dict[int, _Choice] = {}
    for again in (False, True):
        for c, (fits, known) in enumerate(zip(found, named or [[] for _ in found], strict=True)):
            if again and all(chosen[later].keeps_first for later in range(c + 1, len(found))):
                break
            chosen[c] = _choice(c, fits, known, forms, compared, judge)
            forms[c] = chosen[c].form
    judged = [row for c in range(len(found)) for row in chosen[c].judged]
    return judge.candidate(refit(forms)), judged


@dataclass(frozen=True, slots=True, eq=False)
class _Choice:
    """What was chosen for one channel.

    Attributes
    ----------
    form
        With the shapes of the joint fit.
    keeps_first
        Whether the data do not exclude the first choice, beside which the channels before were judged.
    judged
        All alternatives.
    """

    form: Form
    keeps_first: bool
    judged: Judged


def _choice(
    c: int,
    fits: Sequence[Fit],
    known: Sequence[Fit],
    forms: Sequence[Form],
    compared: Callable[..., Fit],
    judge: Judge,
) -> _Choice:
    """Judge the alternatives of one channel, all others as they are."""
    promising, keys = {f.key for f in fits}, {f.key[0] for f in known}
    tried = [f.forms[0] for f in (*fits, *(f for f in known if f.key not in promising))]
    alternatives = [[*forms[:c], form, *forms[c + 1 :]] for form in tried]
    # forms that meet the constraints each by itself may not do so together
    refits = [joint for joint in map(compared, alternatives) if np.isfinite(joint.misfit)]
    if not refits:
        raise InterpotError(
            "no formulas of all channels together meet the constraints: leave one of them out"
        )
    candidates = judge.candidates(refits, of=c)
    by_name = [k for k, joint in enumerate(refits) if joint.forms[c].key in keys]
    best = min(refits, key=lambda joint: joint.misfit)
    pick, rivals = choose(candidates, by_name, even=not judge.is_uneven(best))
    marks = {**dict.fromkeys(by_name, "excluded"), **dict.fromkeys(rivals, "rival"), pick: "chosen"}
    first = [k for k, joint in enumerate(refits) if joint.forms[c].key == tried[0].key]
    return _Choice(
        candidates[pick].fit.forms[c],
        any(k in (pick, *rivals) for k in first),
        [(c, candidate, marks.get(k, "")) for k, candidate in enumerate(candidates)],
    )


def marked(judged: Judged, chosen: Candidate, places: Sequence[int]) -> Judged:
    """What was judged, with the form that is shared by the channels in some places as the chosen one."""
    key = chosen.fit.forms[places[0]].key
    others = [
        (c, candidate, mark.replace("chosen", "rival") if c in places else mark)
        for c, candidate, mark in judged
        if c not in places or candidate.fit.forms[c].key != key
    ]
    return [*others, *((c, chosen, "chosen") for c in places)]


def rivals(judged: Judged) -> list[Rival]:
    """Each channel's rivals beside the fit that was chosen for it."""
    chosen = {c: candidate.fit for c, candidate, mark in judged if mark == "chosen"}
    return [(c, chosen[c], candidate.fit) for c, candidate, mark in judged if mark == "rival"]
