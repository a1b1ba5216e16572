"""One form for all pairs of species, each with constants of its own, against a form for each; walls and fields alike.

Forms that the search ranks high for some channel are fitted in each (`interpot.formula.symbolic.together`). Those that
all channels together like best, and those that some channel ranks first, are then fitted jointly and judged on the same
folds as the forms chosen channel by channel; the paired difference says whether the data allow it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from interpot.formula.candidate import Candidate
from interpot.formula.judge import Judge
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit
from interpot.formula.selection import choose
from interpot.formula.symbolic.together import Structure, together
from interpot.records import FloatArray

FIRST = 2
"""How many forms of each channel are judged for all, beside those that all channels together like best."""

LIKED = 6
"""How many of the latter."""


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
    nodes: Sequence[FloatArray],
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
    nodes
        Distances at which each channel was sampled.
    jointly
        Fits forms to all channels.
    """
    if len(places) < 2:
        return None
    joints, mine = [], [found[c] for c in places]
    structures = together(
        mine, [nodes[c] for c in places], lambda c, form: alone(places[c], form), judge.price
    )
    for structure in _first(structures, mine):
        forms = list(free.fit.forms)
        for c, fit in zip(places, structure.fits, strict=True):
            forms[c] = fit.forms[0]
        joint = jointly(forms)
        if np.isfinite(joint.misfit) and len({joint.forms[c].key for c in places}) == 1:
            joints.append(joint)
    if not joints:
        return None
    candidates = judge.candidates(joints)
    best = candidates[choose(candidates)[0]]
    # a term that may be zero in one of the two is no reason to prefer the other
    chosen, rivals = choose([replace(free, determined=best.determined), best])
    same = len({free.fit.forms[c].key for c in places}) == 1
    allowed = same or chosen == 1 or 1 in rivals
    candidate, errors = free if same else best, paired_errors(best, free)
    return SharedForm(kind, tuple(places), candidate, free, same, allowed, chosen == 1, errors)


def _first(structures: Sequence[Structure], found: Sequence[Sequence[Fit]]) -> list[Structure]:
    """Structures to judge."""
    ranked = {fit.forms[0].key for fits in found for fit in fits[:FIRST]}
    return [s for k, s in enumerate(structures) if k < LIKED or s.key in ranked]


def paired_errors(one: Candidate, other: Candidate) -> float:
    """Paired difference of two held-out losses, in standard errors; NaN with a single block."""
    if len(one.held_out) < 2:
        return float("nan")
    difference = one.held_out - other.held_out
    spread = difference.std(ddof=1) / np.sqrt(len(difference))
    return float(difference.mean() / spread) if spread > 0 else 0.0
