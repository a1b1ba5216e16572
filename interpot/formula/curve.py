"""From a table of energies to closed forms: φ(r_k) + e_0 ≈ E_k for each pair.

With the table compressed as a trajectory is (`interpot.statistic.curve`) the search is the same. Formulas are judged by
points that their constants have not seen, with exact refits: a table has few.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import block_diag

from interpot.errors import InterpotError
from interpot.formula.assembly import front_row, one_standard_error, worse_by
from interpot.formula.candidate import INDIFFERENT, Candidate
from interpot.formula.channel_formula import ChannelFormula, Loss
from interpot.formula.channel_search import ALTERNATIVES
from interpot.formula.judge import determined
from interpot.formula.named_search import named_fits
from interpot.formula.naming import Named, name
from interpot.formula.paired import best_held_out
from interpot.formula.potential import Potential
from interpot.formula.quantity import with_error
from interpot.formula.regress import load_method
from interpot.formula.regress.varpro import Fit, fit
from interpot.formula.selection import choose
from interpot.formula.terms import TERMS, Term
from interpot.formula.terms import library as load_library
from interpot.formula.terms.user import terms_from
from interpot.records import EnergyCurve, FloatArray, IntArray
from interpot.statistic.curve import ROUNDING, Errors, Weights, curve_objective, errors_of
from interpot.statistic.objective import Objective
from interpot.threads import one_blas_thread
from interpot.units import STYLES
from interpot.version import versions

SINGLY = 40
"""Points up to which each is left out by itself; of more, as many runs of neighbours."""

REACH = 2.0
"""Cutoff of a function that decays, in largest distances of its table, unless the user names another."""

REFIT_STEPS = 25  # the constants of a fold are close to those of all points

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class CurveDiscovery:
    """What discovery found in a table of energies.

    Attributes
    ----------
    best
        One channel per curve, in the units of the curves; its losses are of energies.
    front
        As `interpot.formula.discover.Discovery` has it, with relative weighted energy errors.
    points
        One row per point: channel, r, energy, formula (φ + e_0), residual (formula - energy), sigma (the error
        taken, up to a factor where it is assumed), offset (e_0); units of `best`.
    remarks
        Decisions that a reader should know of, one sentence each.
    """

    best: Potential
    front: pd.DataFrame
    points: pd.DataFrame
    remarks: tuple[str, ...]


@one_blas_thread()
def discover_curves(
    curves: EnergyCurve | Sequence[EnergyCurve],
    *,
    weights: Weights = None,
    offset: bool = False,
    cutoff: float | None = None,
    cutoffs: Mapping[str, float] | None = None,
    terms: Sequence[str] | None = None,
    max_terms: int = 3,
    method: str = "exhaustive",
    provenance: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> CurveDiscovery:
    """Find the closed form of every energy curve.

    Parameters
    ----------
    curves
        Of different pairs, in the same units (`interpot.read_curves`).
    weights
        Errors of the energies: a row of `interpot.statistic.curve.ERRORS`, or (floor, fraction) for
        σ² = floor² + (fraction E)², the floor in energy units of the curves; the table's own errors or weights unless
        given; where it has none, "tail" if its energies rise to zero without a sign of noise, else "well".
    offset
        Fit e_0 as well: for total energies. Terms that do not decay are tried only then.
    cutoff, cutoffs
        From where on the functions are zero in length units of the curves, and exceptions by pair; `REACH` times the
        largest distance unless given. A function that does not decay ends with its table.
    terms, max_terms, method
        As `interpot.discover` takes them.
    provenance
        Added to the potential's.
    progress
        Called with a line at each step.

    Raises
    ------
    InterpotError
        Curves in different units or of the same pair, weights or terms that do not fit them, or points that are
        too few.
    """
    curves = (curves,) if isinstance(curves, EnergyCurve) else tuple(curves)
    _check(curves, max_terms, terms)
    single = _single_cutoffs(curves, cutoffs or {})
    say, library = progress or (lambda _: None), _library(terms, offset)
    search = partial(load_method(method), library=library, max_terms=max_terms)
    chosen, rows, beside = [], [], []
    for curve in curves:
        problem = CurveProblem.of(curve, weights, offset)
        say(f"{curve.label}: trying all formulas of up to {max_terms} terms on {len(curve.r)} points")
        fits, named = _fits(problem, search, library if terms is None and method == "exhaustive" else ())
        say(f"{curve.label}: cross-validating {len(fits)} of them")
        candidates = [problem.candidate(f) for f in fits]
        pick, rivals = choose(candidates, named)
        reach = single.get(frozenset(curve.label.split("-")), cutoff)
        reach = REACH * curve.r[-1] if reach is None else reach * curve.units.length
        chosen.append(_Chosen(problem, candidates[pick], reach))
        marks = {**dict.fromkeys(named, "excluded"), **dict.fromkeys(rivals, "rival"), pick: "chosen"}
        beside += [(candidate, best_held_out(candidates)) for candidate in candidates]
        for k, candidate in enumerate(candidates):
            told = _Chosen(problem, candidate, reach).named
            row = front_row(curve.label, told, candidate, 0, marks.get(k, ""))
            rows.append(row | {"contains_chosen": fits[k].forms[0].contains(fits[pick].forms[0])})
    front = one_standard_error(
        worse_by(pd.DataFrame(rows), beside).sort_values(["channel", "constants", "loss"], ignore_index=True)
    )
    best = _potential(chosen, {"method": method, **(provenance or {})})
    points = pd.concat([c.points(best) for c in chosen], ignore_index=True)
    return CurveDiscovery(best, front, points, tuple(_remarks(chosen, best)))


# ---------------------------------------------------------------------------- the problem


@dataclass(frozen=True, slots=True, eq=False)
class CurveProblem:
    """One curve with the errors of its points; judges fits as `interpot.formula.judge.Judge` does.

    Attributes
    ----------
    curve
        The points.
    errors
        Of its energies.
    offset
        Whether e_0 is fitted.
    objective
        Of all points.
    """

    curve: EnergyCurve
    errors: Errors
    offset: bool
    objective: Objective

    @classmethod
    def of(cls, curve: EnergyCurve, weights: Weights, offset: bool) -> CurveProblem:
        """Set the problem up; raises `InterpotError` for energies that are all the same."""
        errors = errors_of(curve, weights, offset)
        everything = np.ones(len(curve.r), dtype=bool)
        problem = cls(curve, errors, offset, curve_objective(curve, errors.sigma, offset, everything))
        if problem.objective.square == 0:
            raise InterpotError(
                f"'{curve.source}': all energies of {curve.label} are the same: expected those of two particles that "
                "interact"
            )
        return problem

    @property
    def freedom(self) -> int:
        """How many numbers the points determine, e_0 aside."""
        return len(self.curve.r) - self.offset

    def shift(self, values: FloatArray, rows: NDArray[np.bool_]) -> float:
        """e_0 that makes φ meet some of the points best, eV."""
        if not self.offset:
            return 0.0
        return float(np.average((self.curve.energy - values)[rows], weights=self.errors.sigma[rows] ** -2))

    def candidate(self, found: Fit) -> Candidate:
        """Judge one fit by points that it has not seen.

        How many forms were tried is not counted: with few points a free exponent, ln m in the BIC, would cost less
        than the choice of a whole one among twenty.
        """
        count, square = len(self.curve.r), self.objective.square
        held_out = np.array([self._held_out(found, fold) for fold in folds(count)])
        freedom = float(max(self.freedom - found.constants, 1))
        return Candidate(
            found,
            float(np.sqrt(found.misfit / square)),
            held_out * len(held_out) / square,
            determined(self.objective, found, self.covariance(found), freedom),
            float(self.freedom),
        )

    def covariance(self, found: Fit) -> FloatArray:
        """Covariance of the constants (JᵀJ)⁻¹ s², coefficients before free shapes; internal units.

        s² is the residual variance ‖ρ‖²/(m - p). Where standard errors are given it is at least 1: residuals larger
        than these widen the errors of the constants (R. T. Birge, Phys. Rev. 40, 207 (1932)), smaller ones do not
        narrow them. No residual is taken to be smaller than the table's rounding in double precision.
        """
        (M,), (r,), (form,) = self.objective.maps, self.objective.nodes, found.forms
        J = M @ form.jacobian(r, found.coefficients[0])
        scale = np.linalg.norm(J, axis=0)
        scale[scale == 0] = 1.0
        inverse = np.linalg.pinv(J / scale, rcond=1e-14)
        misfit = max(found.misfit, ROUNDING**2 * self.objective.square)
        variance = misfit / max(self.freedom - form.constants, 1)
        variance = max(variance, 1.0) if self.errors.absolute else variance
        with np.errstate(over="ignore"):  # the coefficient of r^-400 has a variance that no float holds
            return np.asarray(inverse @ inverse.T * variance / scale / scale[:, None])

    def _held_out(self, found: Fit, fold: IntArray) -> float:
        """Squared weighted error on some points with constants fitted to all others."""
        rows = np.ones(len(self.errors.sigma), dtype=bool)
        rows[fold] = False
        others = curve_objective(self.curve, self.errors.sigma, self.offset, rows)
        (values,) = fit(others, found.forms, REFIT_STEPS).values((self.curve.r,))
        residual = (values + self.shift(values, rows) - self.curve.energy) / self.errors.sigma
        return float(residual[fold] @ residual[fold])


def folds(count: int) -> list[IntArray]:
    """Runs of neighbouring points that are left out together: single ones of a short table."""
    return np.array_split(np.arange(count), min(count, SINGLY))


# ---------------------------------------------------------------------------- the search


def _check(curves: Sequence[EnergyCurve], max_terms: int, terms: Sequence[str] | None) -> None:
    if not curves:
        raise InterpotError("no curve was given: expected at least one table of energies")
    if max_terms < 1 or (terms is not None and not terms):
        raise InterpotError(
            f"{max_terms} terms of {list(terms or TERMS)} were asked for: expected at least one"
        )
    labels = [curve.label for curve in curves]
    for curve in curves:
        if curve.units != curves[0].units:
            raise InterpotError(
                f"'{curve.source}' is in {curve.units.name} units, '{curves[0].source}' in "
                f"{curves[0].units.name}: read them with the same units"
            )
        if labels.count(curve.label) > 1:
            raise InterpotError(f"{curve.label} has several curves: discover from one at a time")


def _single_cutoffs(
    curves: Sequence[EnergyCurve], cutoffs: Mapping[str, float]
) -> dict[frozenset[str], float]:
    """Cutoffs of single pairs, whatever the order of the names."""
    known = {frozenset(curve.label.split("-")): curve.label for curve in curves}
    for label in cutoffs:
        if frozenset(label.split("-")) not in known:
            raise InterpotError(
                f"a cutoff was given for '{label}', but the table holds no such pair: expected one of "
                f"{', '.join(known.values())}"
            )
    return {frozenset(label.split("-")): value for label, value in cutoffs.items()}


def _library(terms: Sequence[str] | None, offset: bool) -> tuple[Term, ...]:
    """The terms to combine: where e_0 is no constant of the fit, those that vanish at infinity."""
    # a table says nothing of the distances beyond it, where terms that end have no meaning
    common = tuple(term for term in load_library() if not term.ends)
    library = common if terms is None else tuple(t for t in terms_from(terms) if "pair" in t.kinds)
    if offset:
        return library
    for term in library:
        if terms is not None and not term.decays:
            raise InterpotError(
                f"the term '{term.name}' does not vanish at infinity, as interaction energies do: fit a constant "
                "energy too (--offset), or leave it out"
            )
    return tuple(term for term in library if term.decays)


def _fits(
    problem: CurveProblem, search: Callable[..., list[Fit]], library: Sequence[Term]
) -> tuple[list[Fit], list[int]]:
    """The best fits with each number of constants, up to one for every two points, and all forms with a name.

    Returns them and which are of the latter: of those that the terms of `library` make up.
    """
    r, objective, freedom = problem.curve.r, problem.objective, problem.freedom
    enough = INDIFFERENT**2 * objective.square
    if problem.errors.absolute:  # what the errors make of a true form, and two standard deviations of that
        enough = max(enough, freedom + 2 * np.sqrt(2 * freedom))
    domain = float(r[0]), float(r[-1])
    found = search(objective, domain=domain, enough=enough)
    by_name = {f.key: f for f in named_fits(objective, library, domain, "pair", known=found)}
    by_constants: dict[int, list[Fit]] = {}
    for f in sorted(found, key=lambda f: f.misfit):
        by_constants.setdefault(f.constants, []).append(f)
    fits = [
        f
        for n, group in sorted(by_constants.items())
        if n <= (freedom + 1) // 2
        for f in group[:ALTERNATIVES]
    ]
    known = {f.key for f in fits}
    fits += [f for f in by_name.values() if f.key not in known and f.constants <= (freedom + 1) // 2]
    if not fits:
        raise InterpotError(
            f"'{problem.curve.source}': none of the terms can be fitted to the {len(r)} points of "
            f"{problem.curve.label}: give others, or more points"
        )
    return fits, [k for k, f in enumerate(fits) if f.key in by_name]


# ---------------------------------------------------------------------------- the result


@dataclass(frozen=True, slots=True, eq=False)
class _Chosen:
    """A candidate for one curve, and how far its function reaches (Å)."""

    problem: CurveProblem
    candidate: Candidate
    reach: float

    @property
    def curve(self) -> EnergyCurve:
        return self.problem.curve

    @property
    def cutoff(self) -> float:
        (form,) = self.candidate.fit.forms
        decays = all(term.decays for term in form.terms)
        return self.reach if decays else min(self.reach, float(self.curve.r[-1]))

    @property
    def named(self) -> Named:
        found = self.candidate.fit
        return name(found.forms[0], found.coefficients[0], self.cutoff)

    @property
    def offset(self) -> float:
        """e_0 beside the function as it is named, eV."""
        form, (a,) = self.candidate.fit.forms[0], self.candidate.fit.coefficients
        values = form.columns(self.curve.r) @ a
        if not self.named.decays:
            values = values - float((form.columns(np.array([self.cutoff])) @ a)[0])
        return self.problem.shift(values, np.ones(len(values), dtype=bool))

    def covariance(self) -> FloatArray:
        G = self.named.gradient
        return np.asarray(G @ self.problem.covariance(self.candidate.fit) @ G.T)

    def channel(self, covariance: FloatArray) -> ChannelFormula:
        """The formula in the field's constants, internal units."""
        named, r = self.named, self.curve.r
        errors = np.sqrt(np.diag(covariance))
        return ChannelFormula(
            self.curve.species,
            self.cutoff,
            (float(r[0]), min(float(r[-1]), self.cutoff)),
            named.name,
            named.expression,
            tuple(replace(p, stderr=float(e)) for p, e in zip(named.parameters, errors, strict=True)),
            zero="infinity" if named.decays else "cutoff",
        )

    def points(self, best: Potential) -> pd.DataFrame:
        """The table beside the formula, in the units of the potential."""
        units, energy = best.units, self.curve.energy / best.units.energy
        (values,) = self.candidate.fit.values((self.curve.r,))
        values = (values + self.problem.shift(values, np.ones(len(values), dtype=bool))) / units.energy
        return pd.DataFrame(
            {
                "channel": self.curve.label,
                "r": self.curve.r / units.length,
                "energy": energy,
                "formula": values,
                "residual": values - energy,
                "sigma": self.problem.errors.sigma / units.energy,
                "offset": self.offset / units.energy,
                "table_unit": self.curve.unit or units.energy_unit,
            }
        )


def _potential(chosen: Sequence[_Chosen], provenance: Mapping[str, Any]) -> Potential:
    """All curves' formulas as one potential, in the units of the curves."""
    covariances = [c.covariance() for c in chosen]
    channels = tuple(c.channel(part) for c, part in zip(chosen, covariances, strict=True))
    squares = np.array([c.problem.objective.square for c in chosen])
    losses = np.array([[c.candidate.loss, c.candidate.cross_validated] for c in chosen])
    formula, cross_validated = np.sqrt(squares @ losses**2 / squares.sum())
    style = chosen[0].curve.units
    sources = list(dict.fromkeys(c.curve.source for c in chosen))
    counts = {c.curve.label: len(c.curve.r) for c in chosen}
    origin = {"sources": sources, "points": counts, "versions": versions(), **provenance}
    loss = Loss(float(formula), np.nan, float(cross_validated), of="energies")
    # internal units are those of metal for energy and length; in reduced units the numbers are the same
    units = style if style.name == "lj" else STYLES["metal"]
    return Potential(units, channels, block_diag(*covariances), loss, origin).to_units(style)


def _remarks(chosen: Sequence[_Chosen], best: Potential) -> list[str]:
    """What a reader should know about the result."""
    labels: dict[str, list[str]] = {}
    for c in chosen:
        labels.setdefault(c.problem.errors.sentence, []).append(c.curve.label)
    remarks = [f"{', '.join(of)}: {sentence}" for sentence, of in labels.items()]
    for c in chosen:
        if c.problem.offset:
            shift = with_error(c.offset / best.units.energy, 0.0)
            remarks.append(
                f"{c.curve.label}: the energies are φ(r) + e_0 with e_0 = {shift} {best.units.energy_unit}"
            )
        excess = c.candidate.fit.misfit / max(c.problem.freedom - c.candidate.fit.constants, 1)
        if c.problem.errors.absolute and excess > 2:
            remarks.append(
                f"{c.curve.label}: the residuals are {np.sqrt(excess):.2g} times as large as the errors of the "
                "energies: the true form is not among those tried; the errors of the constants are widened by that"
            )
    return remarks
