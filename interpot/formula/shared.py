"""One form for all pairs of species, each with constants of its own, against a form for each; walls and fields alike.

Candidates are the forms that the search ranks first for some channel. Each is fitted in all channels jointly and judged
on the same folds as the forms chosen channel by channel; the paired difference says whether the data allow it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit
from interpot.formula.selection import Candidate, Judge, choose

FIRST = 2
"""How many forms of each channel are tried in all, beside those that every channel has among its best."""

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SharedForm:
    """The best single form for all channels of a kind, beside the forms chosen for each.

    Attributes
    ----------
    kind
        Of the channels.
    places
        Of the channels among all.
    candidate
        Of the single form.
    free
        Of the forms chosen channel by channel.
    same
        Whether these are one form already.
    allowed
        Whether the data cannot tell that the single form is worse.
    preferred
        Whether it is also the better choice: it has fewer constants, or as many and a lower held-out loss.
    errors
        Paired difference of the held-out losses, in standard errors: positive where the single form is worse; NaN with
        a single block.
    """

    kind: str
    places: tuple[int, ...]
    candidate: Candidate
    free: Candidate
    same: bool
    allowed: bool
    preferred: bool
    errors: float

    def remark(self, title: str, taken: bool, asked: bool) -> str:
        """One sentence, for people."""
        one, other = self.candidate.cross_validated, self.free.cross_validated
        size = f"cross-validated error {one:.4g}, with forms of their own {other:.4g}"
        if self.same:
            return f"all {self.kind}s have one form: {title}"
        if self.allowed:
            words = f"the data allow one form for all {self.kind}s, {title} ({size})"
            return words if taken else f"{words}: ask for a shared form to have it"
        size += f"; {self.errors:.3g} standard errors"
        words = f"the best single form for all {self.kind}s, {title}, is worse ({size})"
        return f"{words}; it was asked for" if asked else words


def shared_form(
    kind: str,
    places: Sequence[int],
    found: Sequence[Sequence[Fit]],
    free: Candidate,
    judge: Judge,
    alone: Callable[[int, Form], Fit],
    jointly: Callable[[Sequence[Form]], Fit],
) -> SharedForm | None:
    """Find the best single form for all channels of a kind; None with a single one or where no form fits all.

    Parameters
    ----------
    kind, places
        Which of the channels are to share a form; the others keep theirs.
    found
        Fits of each channel by itself, the most promising first.
    free
        The forms chosen channel by channel, fitted jointly.
    judge
        Of the data.
    alone
        Fits a form to one channel, the others eliminated.
    jointly
        Fits forms to all channels.
    """
    if len(places) < 2:
        return None
    candidates, mine = [], [found[c] for c in places]
    for key in _keys(mine):
        forms = list(free.fit.forms)
        shared = _everywhere(key, mine, lambda c, form: alone(places[c], form))
        for c, form in zip(places, shared, strict=True):
            forms[c] = form
        joint = jointly(forms)
        if np.isfinite(joint.misfit) and len({joint.forms[c].key for c in places}) == 1:
            candidates.append(judge.candidate(joint))
    if not candidates:
        return None
    best = candidates[choose(candidates)[0]]
    # a term that may be zero in one of the two is no reason to prefer the other
    chosen, rivals = choose([replace(free, determined=best.determined), best])
    same = len({free.fit.forms[c].key for c in places}) == 1
    allowed = same or chosen == 1 or 1 in rivals
    candidate, errors = free if same else best, paired_errors(best, free)
    return SharedForm(kind, tuple(places), candidate, free, same, allowed, chosen == 1, errors)


def _keys(found: Sequence[Sequence[Fit]]) -> list[Key]:
    """Structures to try."""
    keys = [[fit.forms[0].key for fit in fits] for fits in found]
    common = set(keys[0]).intersection(*keys[1:])
    ranked = sorted(common, key=lambda key: sum(own.index(key) for own in keys))
    return list(dict.fromkeys([*ranked[: 2 * FIRST], *(key for own in keys for key in own[:FIRST])]))


def _everywhere(key: Key, found: Sequence[Sequence[Fit]], alone: Callable[[int, Form], Fit]) -> list[Form]:
    """The form in every channel, from the shapes that suit it there."""
    own = [next((fit.forms[0] for fit in fits if fit.forms[0].key == key), None) for fits in found]
    model = next(form for form in own if form is not None)
    return [form if form is not None else alone(c, model).forms[0] for c, form in enumerate(own)]


def paired_errors(one: Candidate, other: Candidate) -> float:
    """Paired difference of two held-out losses, in standard errors; NaN with a single block."""
    if len(one.held_out) < 2:
        return float("nan")
    difference = one.held_out - other.held_out
    spread = difference.std(ddof=1) / np.sqrt(len(difference))
    return float(difference.mean() / spread) if spread > 0 else 0.0
