"""A formula with what the data say of it, and its price by the information criterion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit
from interpot.formula.symbolic.complexity import complexity
from interpot.formula.terms import Term
from interpot.records import FloatArray

INDIFFERENT = 1e-7
"""Relative force errors below this are rounding and projection errors: formulas below it are equally good."""

LEAST_ROWS = 1000.0
"""For the price of a constant: a fitted exponent costs more than one whole exponent of twenty, however few the data."""

ALPHABET = 8
"""What a node of an expression is chosen from: r, a constant, + - * / ^ exp."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A fit and what the data say of it.

    Attributes
    ----------
    fit
        Forms and constants.
    loss
        Relative force error ‖F_model - F‖/‖F‖ on the data it was fitted to.
    held_out : (folds,) float64
        Squared force error on each fold with constants from the others, in units of the mean ‖F‖² of a fold; empty
        where there is only one block.
    determined
        Whether zero is outside the 95 % interval of every term's size.
    rows
        Effective number of independent force components.
    choices
        Natural logarithm of the number of forms of this kind that the library holds.
    unresolved
        Relative force error up to which it would be no wonder if this were the true function: the splines hold it no
        better, or the way to the forces makes an error of that size (`Statistic.systematic`), beyond that of the best
        splines.
    """

    fit: Fit
    loss: float
    held_out: FloatArray
    determined: bool
    rows: float
    choices: float = 0.0
    unresolved: float = 0.0

    @property
    def cross_validated(self) -> float:
        """Relative force error on frames that the constants have not seen; NaN with a single block."""
        return float(np.sqrt(self.held_out.mean())) if len(self.held_out) else float("nan")

    @property
    def cross_validated_error(self) -> float:
        """Standard error of `cross_validated`, from the spread over folds; NaN with a single block."""
        folds = len(self.held_out)
        if folds < 2:
            return float("nan")
        error = self.held_out.std(ddof=1) / np.sqrt(folds)
        # the error of a root is that of its square over twice the root
        return float(error / (2 * self.cross_validated)) if error > 0 else 0.0


def choices(form: Form, library: Sequence[Term]) -> float:
    """Logarithm of the number of forms with as many terms, whole exponents counted as different terms.

    An exponent that is free is one of the constants instead. A term that is not of the library was chosen among all
    expressions of its length, of which there are `ALPHABET` times more for each node of its tree.
    """
    if not library or not form.terms:
        return 0.0
    driven = np.split(form.driven, np.cumsum([len(t.shapes) for t in form.terms])[:-1])
    kinds = set.intersection(*(set(term.kinds) for term in form.terms))
    library = [term for term in library if kinds & set(term.kinds)]
    exponents = {term.name: _exponents(term) for term in library}
    total = sum(exponents.values())
    count = 0.0
    for term, free in zip(form.terms, driven, strict=True):
        if term.name not in exponents:
            count += complexity((term.base or term).expression) * np.log(ALPHABET)
            continue
        whole = any(s.integer and not f for s, f in zip(term.shapes, free, strict=True))
        count += np.log(total if whole or not term.shapes else len(library))
    return float(count - gammaln(len(form.terms) + 1))  # their order says nothing


def _exponents(term: Term) -> int:
    """How many terms it is, one for each of its whole exponents."""
    return int(np.prod([len(s.grid(1.0, 2.0)) for s in term.shapes if s.integer], initial=1))


def description(candidate: Candidate, rows: float) -> float:
    """What a formula costs: constants · ln N, and twice the logarithm of how many of its kind were tried.

    A sum of three powers out of twenty explains more by chance than one of two: the second part is the extended BIC's;
    J. Chen, Z. Chen, Biometrika 95, 759 (2008), with γ = 1.
    """
    return float(candidate.fit.constants * np.log(max(rows, LEAST_ROWS)) + 2 * candidate.choices)


def information(candidate: Candidate, rows: float) -> float:
    """Extended Bayesian information criterion N ln(loss²) + description; losses below `INDIFFERENT` count as equal.

    So do those below what the splines resolve of the formula. Only values with the same N can be compared: it
    multiplies a large logarithm.
    """
    square = max(candidate.loss**2 - candidate.unresolved**2, INDIFFERENT**2)
    return float(rows * np.log(square) + description(candidate, rows))
