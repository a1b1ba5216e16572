"""The search of one channel: which forms are worth fitting jointly with those of the others.

A library is tried first that holds what most potentials are made of. Where it leaves more than chance does, the data
hold something else, and rarer things are tried: terms that need not be asked for otherwise, and what programs do to
a potential near its cutoff.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from interpot.errors import InterpotError
from interpot.formula.block_scores import DEVIATIONS, BlockScores
from interpot.formula.candidate import INDIFFERENT, choices
from interpot.formula.named_search import holds_charges, named_fits
from interpot.formula.regress import load_method
from interpot.formula.regress.form import NOTHING_MORE, Form
from interpot.formula.regress.grid import Grid
from interpot.formula.regress.restriction import Restriction
from interpot.formula.regress.scan import reach
from interpot.formula.regress.varpro import RANKED, Fit, fit
from interpot.formula.selection import CLEAR, DECISIVE
from interpot.formula.symbolic.asked import Symbolic
from interpot.formula.symbolic.beyond import BeyondLibrary, ShowFront
from interpot.formula.terms import TERMS, Term
from interpot.formula.terms import library as load_library
from interpot.formula.terms.variants import VARIANTS, varied
from interpot.statistic.channels import Channel
from interpot.statistic.normal_equations import Coverage, Statistic
from interpot.statistic.objective import Objective
from interpot.units import UnitStyle

ALTERNATIVES = 3
"""How many forms with each number of constants are refitted jointly with the other channels and cross-validated."""

LIKELY = 24
"""Of the others, how many of those whose information criterion is not far from the best one's."""

COMMON = ("power", "exponential", "yukawa", "gaussian")
"""Terms that rarer ones are combined with."""

TRUNCATED = ("power", "exponential", "yukawa")
"""Terms of which the variants are tried."""

USUAL = 3
"""Terms in a formula, unless a user says otherwise."""

COMBINED_BY_FOUR = ("power", "exponential", "damped_6", "damped_8", "damped_10")
"""Terms of which one more than `USUAL` are combined: repulsion, charges and a series of dispersion."""

NOTHING = 1e-6
"""A formula that explains no more than this share of what the channel could is none."""

CANCELLING = 100.0
"""How many times all forces a term of a sensible sum is at most; the others cancel most of it."""

PAIRS = 2
"""Terms in a variant: what is switched off is a pair potential of a few constants."""


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """What the search of a channel gives.

    Attributes
    ----------
    fits
        Most promising first; none where no term is defined or none meets the constraints.
    tried
        All terms of the library that were combined.
    remarks
        On what was searched beyond it.
    named
        Fits of the forms that have a name, promising or not.
    """

    fits: list[Fit]
    tried: tuple[Term, ...]
    remarks: tuple[str, ...]
    named: tuple[Fit, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ChannelSearch:
    """What is known before the search of a channel.

    Attributes
    ----------
    channel, coverage
        Which one, and where it was sampled.
    objective
        With all other channels eliminated.
    rows, spent
        Force components, and directions of all channels' functions that are fitted to them.
    library
        Terms to combine.
    max_terms
        Largest number of them; None for `USUAL`, and one more of those in `COMBINED_BY_FOUR`.
    method
        Row of `interpot.formula.regress.METHODS`.
    escalate
        Whether rarer things are tried where the library does not do.
    rule
        Constraints.
    symbolic
        How formulas beyond the library are searched.
    units
        Of the data.
    systematic
        As of the `Statistic`.
    known
        Whether part of the function is known; the objective is that of the rest.
    scores
        What tells noise whose variance is not the same everywhere.
    """

    channel: Channel
    coverage: Coverage
    objective: Objective
    rows: int
    spent: int
    library: tuple[Term, ...]
    max_terms: int | None
    method: str
    escalate: bool
    rule: Restriction
    symbolic: Symbolic
    units: UnitStyle
    systematic: float = 0.0
    known: bool = False
    scores: BlockScores | None = None

    @classmethod
    def of(
        cls,
        statistic: Statistic,
        objective: Objective,
        c: int,
        library: tuple[Term, ...],
        rule: Restriction,
        *,
        max_terms: int | None,
        method: str,
        escalate: bool,
        symbolic: Symbolic,
        known: bool = False,
    ) -> ChannelSearch:
        """Of one channel of a statistic and its objective."""
        alone = objective.without_others(c)
        return cls(
            statistic.channels[c],
            statistic.coverage[c],
            alone,
            statistic.rows,
            len(objective.y),
            library,
            max_terms,
            method,
            escalate,
            rule,
            symbolic,
            statistic.units,
            statistic.systematic,
            known,
            BlockScores(statistic, objective, alone),
        )

    @property
    def is_settled(self) -> bool:
        """Whether what is known of the function leaves no more than chance does: there is nothing to search."""
        if not (self.known and self.rule.has_required((), ())):
            return False
        left = float(self.objective.y @ self.objective.y)
        return left <= self.chance and self.rule.satisfied(NOTHING_MORE, np.zeros(0))

    @property
    def chance(self) -> float:
        """What a true form leaves by chance: one variance per direction, and two standard deviations of their sum.

        eV²/Å²; no less than rounding and projection errors leave.
        """
        return self._by_chance(len(self.objective.y))

    @property
    def _noise(self) -> float:
        """Variance of a force component about the best functions, eV²/Å²."""
        return self.objective.floor / max(self.rows - self.spent, 1)

    def _by_chance(self, directions: int, deviations: float = DEVIATIONS) -> float:
        """What noise leaves in so many directions, and so many standard deviations of it."""
        by_chance = self._noise * (directions + deviations * np.sqrt(2 * directions))
        return float(max((INDIFFERENT**2 + self.systematic**2) * self.objective.square, by_chance))

    @property
    def size(self) -> int:
        """Largest number of terms of the library."""
        return USUAL if self.max_terms is None else self.max_terms

    def rank(self) -> int:
        """How many numbers the data determine of the channel, once the others have taken what they can.

        Raises
        ------
        InterpotError
            Fewer than any formula needs.
        """
        sizes = np.linalg.svd(self.objective.maps[0], compute_uv=False)
        rank = int(np.sum(sizes > 1e-9 * sizes[0])) if sizes[0] > 0 else 0
        if rank < 3:
            raise InterpotError(
                f"{self.channel.label}: what was seen of it (samples: {int(self.coverage.counts.sum())}) determines "
                f"fewer independent numbers ({rank}) than a formula has constants; add frames in which "
                f"{'they meet' if self.channel.kind == 'pair' else 'more particles feel it'}"
            )
        return rank

    def refit(self, form: Form) -> Fit:
        """Fit one form under the constraints, to be compared with others."""
        rules = [self.rule] if self.rule.names else None
        return fit(self.objective, [form], constraints=rules, converged=RANKED)

    def unconstrained(self) -> ChannelSearch:
        """Return the same search without constraints."""
        return replace(self, rule=Restriction())

    def run(self, say: Callable[[str], None], show: ShowFront | None = None) -> Searched:
        """Search the library, and what is beyond it where that does not do or where it was asked for.

        Parameters
        ----------
        say
            Called with a line at each stage.
        show
            Told how a symbolic search goes on.
        """
        if self.is_settled:
            nothing = Fit((NOTHING_MORE,), (np.zeros(0),), float(self.objective.y @ self.objective.y))
            said = f"{self.channel.label}: what is known of it explains all that the data hold; nothing is added to it"
            return Searched([nothing], (), (said,))
        rank, tried, fits = self.rank(), dict.fromkeys(self.library), list[Fit]()
        named: list[Fit] | None = None
        for title, terms, size in self._stages():
            if fits and not self._may_gain(fits, terms):
                continue
            say(f"{self.channel.label}: {title}")
            fits += self._sensible(self._search(terms, size), rank)
            tried |= dict.fromkeys(terms)
            if named is None:
                named = self._sensible(self._named(fits), rank)
                fits += [f for f in named if f not in fits]
            if self._do(fits):
                break
        remarks: list[str] = []
        if self.symbolic.guesses:
            fits += self._sensible(self._beyond().guessed(), rank)
        wanted = self.symbolic.search == "auto" and self.escalate and self.max_terms is None
        wanted = wanted and not self._do(fits) and (not fits or self._may_gain(fits, tuple(tried)))
        if self.symbolic.always or wanted:
            say(f"{self.channel.label}: searching beyond the library")
            beyond, remarks = self._beyond().run(fits, show)
            fits += self._sensible(beyond, rank)
        return Searched(self._promising(fits, tuple(tried)), tuple(tried), tuple(remarks), tuple(named or ()))

    def _do(self, fits: Sequence[Fit]) -> bool:
        """Whether one of them explains the forces as well as the true form would."""
        if not fits:
            return False
        best = min(fits, key=lambda fit: fit.misfit)
        if best.misfit <= self.chance:
            return True
        return self.scores is not None and self.scores.scatter(best, self._noise)

    def _may_gain(self, fits: Sequence[Fit], terms: Sequence[Term]) -> bool:
        """Whether terms may explain more of what the best fit leaves than chance lets them.

        One true form in forty leaves more than `chance`. Up to `CLEAR` standard deviations a second opinion is asked
        for: what sums of all members of the grid take of it, none of them more than `CANCELLING` times all forces.
        These are far fewer directions than those of the splines, in nearly all of which there is noise alone.
        """
        best = min(fits, key=lambda fit: fit.misfit)
        if best.misfit > self._by_chance(len(self.objective.y), CLEAR):
            return True
        left = replace(self.objective, y=-self.objective.residual(best.values(self.objective.nodes)))
        whole = [_reaching(term, self.channel.cutoff) for term in terms]
        least = np.sqrt(self._noise / float(self.objective.y @ self.objective.y)) / CANCELLING
        gain, directions = reach(Grid.of(left, whole, self._domain, self.rule), least)
        return gain > self._by_chance(directions)

    @property
    def _domain(self) -> tuple[float, float]:
        """Smallest and largest sampled coordinate, Å."""
        return self.coverage.minimum, self.coverage.maximum

    def _sensible(self, fits: Sequence[Fit], rank: int) -> list[Fit]:
        """Those with fewer constants than the data determine that explain anything.

        Constraints may be met by zeros alone, which explain nothing; so does what cannot meet them.
        """
        nothing = (1 - NOTHING) * float(self.objective.y @ self.objective.y)
        return [fit for fit in fits if fit.constants < rank and fit.misfit < nothing]

    def _beyond(self) -> BeyondLibrary:
        return BeyondLibrary(
            self.channel.label,
            self.channel.kind,
            self._domain,
            self.objective,
            self.chance,
            self.rule,
            self.symbolic,
            self.units,
        )

    def _stages(self) -> Iterator[tuple[str, tuple[Term, ...], int]]:
        """Libraries in the order in which they are tried, each with what to say and the number of terms."""
        yield f"trying all formulas of up to {self.size} terms", self.library, self.size
        if not self.escalate:
            return
        large = tuple(term for term in self.library if term.name in COMBINED_BY_FOUR)
        if self.max_terms is None and large:
            yield f"none does: trying {USUAL + 1} powers, exponentials and dispersion terms", large, USUAL + 1
        common = tuple(term for term in self.library if term.name in COMMON)
        for rare in _rare(self.channel.kind):
            names = " and ".join(term.name.replace("_", "-") for term in rare)
            yield f"none does: trying {names}", (*common, *rare), self.size
        base = [term for term in self.library if term.name in TRUNCATED]
        for variant, row in VARIANTS.items():
            if base and variant != "shifted":  # forces cannot tell
                terms = tuple(varied(term, variant, self.channel.cutoff) for term in base)
                yield f"none does: trying formulas {row.title}", terms, min(self.size, PAIRS)

    def _search(self, terms: Sequence[Term], size: int) -> list[Fit]:
        search = load_method(self.method)
        enough = INDIFFERENT**2 * self.objective.square
        options = {"constraints": self.rule} if self.rule.names else {}
        whole = [_reaching(term, self.channel.cutoff) for term in terms]
        found: list[Fit] = search(
            self.objective, library=whole, domain=self._domain, max_terms=size, enough=enough, **options
        )
        return [f for f in found if self.rule.has_required(f.forms[0].terms, f.forms[0].split())]

    def _named(self, known: Sequence[Fit]) -> list[Fit]:
        """Fits of the forms that have a name; none where people ask for other terms or methods."""
        if not self.escalate:
            return []
        best = self._promising(list(known), self.library)[:1]
        return named_fits(
            self.objective,
            self.library,
            self._domain,
            "charge" if self.channel.charges else self.channel.kind,
            self.max_terms,
            known,
            self.rule,
            charged=self.channel.kind == "pair" and any(holds_charges(f.forms[0]) for f in best),
        )

    def _promising(self, fits: list[Fit], library: Sequence[Term]) -> list[Fit]:
        """The best by the information criterion, and some with each number of constants."""

        def criterion(f: Fit) -> float:
            systematic = self.systematic**2 * self.objective.square
            left = max(max(f.misfit, systematic) + self.objective.floor, self.chance)
            cost = f.constants * np.log(self.rows) + 2 * choices(f.forms[0], library)
            return float(self.rows * np.log(left) + cost)

        best_of: dict[tuple[object, ...], Fit] = {}  # stages find the same structures again
        for f in sorted(fits, key=lambda f: f.misfit):
            best_of.setdefault(f.key, f)
        by_constants: dict[int, list[Fit]] = {}
        for f in best_of.values():
            by_constants.setdefault(f.constants, []).append(f)
        ordered = sorted(best_of.values(), key=criterion)
        shown = {id(f) for group in by_constants.values() for f in group[:ALTERNATIVES]}
        best = criterion(ordered[0]) if ordered else 0.0
        likely = {id(f) for f in ordered[:LIKELY] if criterion(f) < best + 2 * DECISIVE}
        return [f for f in ordered if id(f) in shown | likely]

    def undefined(self) -> InterpotError:
        """Say that no term of the library is defined where the channel was sampled."""
        seen = self.coverage
        return InterpotError(
            f"{self.channel.label}: none of the terms is defined between {seen.minimum:.4g} and {seen.maximum:.4g} Å: "
            "give others"
        )


def _rare(kind: str) -> Iterator[tuple[Term, ...]]:
    """Terms of a kind that are tried only where the library does not do, those together that share a shape."""
    terms = [term for term in load_library(TERMS) if not term.default and kind in term.kinds]
    shared = {term.name: tuple(s.name for s in term.shapes if s.shared) for term in terms}
    for names in dict.fromkeys(shared.values()):
        yield tuple(term for term in terms if shared[term.name] == names)


def _reaching(term: Term, cutoff: float) -> Term:
    """The same term, which, if it ends anywhere, does so no earlier than the channel.

    Distances are sampled a little short of the cutoff; a term that ended between the two would have no value there.
    """
    if not term.ends:
        return term
    shapes = tuple(
        replace(s, bounds=lambda r_min, r_max: (cutoff, 10 * cutoff)) if s.name == term.ends else s
        for s in term.shapes
    )
    return replace(term, shapes=shapes)
