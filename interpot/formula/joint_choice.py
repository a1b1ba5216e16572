"""The choice of a form for every channel, the constants of all fitted jointly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from interpot.errors import InterpotError
from interpot.formula.honesty import Rival
from interpot.formula.regress.varpro import RANKED, Fit
from interpot.formula.selection import Candidate, Judge, choose

Judged = list[tuple[int, Candidate, str]]
"""What was judged: channel, candidate, "chosen", "rival", "excluded" (a form with a name), or ""."""


def joint_choice(
    refit: Callable[..., Fit],
    judge: Judge,
    found: list[list[Fit]],
    named: Sequence[Sequence[Fit]] | None = None,
) -> tuple[Candidate, Judged]:
    """Choose a form for each channel, the others at their first choice, then refit the chosen ones jointly.

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
    first = [fits[0].forms[0] for fits in found]
    compared = partial(refit, converged=RANKED)
    together = compared(first)
    if np.isfinite(together.misfit):  # where the others are to start from
        first = list(together.forms)
    picks, judged = [], Judged()
    for c, (fits, known) in enumerate(zip(found, named or [[] for _ in found], strict=True)):
        promising, keys = {f.key for f in fits}, {f.key[0] for f in known}
        forms = [f.forms[0] for f in (*fits, *(f for f in known if f.key not in promising))]
        alternatives = [[*first[:c], form, *first[c + 1 :]] for form in forms]
        # forms that meet the constraints each by itself may not do so together
        refits = [joint for joint in map(compared, alternatives) if np.isfinite(joint.misfit)]
        if not refits:
            raise InterpotError(
                "no formulas of all channels together meet the constraints: leave one of them out"
            )
        candidates = judge.candidates(refits)
        by_name = [k for k, joint in enumerate(refits) if joint.forms[c].key in keys]
        pick, rivals = choose(candidates, by_name)
        picks.append(candidates[pick].fit.forms[c])
        marks = {**dict.fromkeys(by_name, "excluded"), **dict.fromkeys(rivals, "rival"), pick: "chosen"}
        judged += [(c, candidate, marks.get(k, "")) for k, candidate in enumerate(candidates)]
    return judge.candidate(refit(picks)), judged


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
