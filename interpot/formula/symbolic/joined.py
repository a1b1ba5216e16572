"""Symbolic search of one function of several variables, φ(r, q), for all channels at once.

A candidate is taken apart by what it does with the variables: addends g(q) f(r) become the terms that f is made of
(`interpot.formula.symbolic.structure`), times g. What cannot be written so becomes a term of its own with distances in
units of 1 Å, so that its numbers have no dimension. Its constants are then refitted on the exact loss of all channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import sympy

from interpot.formula.channel_formula import UNITS_OF_KNOWN
from interpot.formula.codegen import R
from interpot.formula.invariants import Variables
from interpot.formula.regress.form import Form
from interpot.formula.regress.polish import keep_best, polished
from interpot.formula.regress.varpro import Fit
from interpot.formula.symbolic.asked import Symbolic
from interpot.formula.symbolic.beyond import SEEDS, BeyondLibrary
from interpot.formula.symbolic.choice import chosen
from interpot.formula.symbolic.problem import SearchProblem
from interpot.formula.symbolic.refine import expression_of
from interpot.formula.symbolic.search import Candidate
from interpot.formula.symbolic.structure import NoFormError, form_of, tied
from interpot.formula.terms import Shape, Term
from interpot.formula.terms.joint import JointTerm, joint_name
from interpot.formula.terms.term import between, widths
from interpot.formula.tied import joint_objective
from interpot.records import FloatArray
from interpot.statistic.objective import Objective

WHOLE = 1e-6
"""A number that is this near to a whole one in an exponent is that."""

OF_ONE_VARIABLE = ("grammar",)
"""Backends that know functions of the distance only."""

_LARGEST = 8  # terms of a formula
_UNIT = Shape(UNITS_OF_KNOWN[1], 1, widths(0.15, 2.0), lambda r_min, r_max: (0.99, 1.01), shared=True)


def of_several(asked: Symbolic) -> Symbolic:
    """What "auto" means for functions of several variables: the backends that know such."""
    if asked.search != "auto":
        return asked
    names, _ = chosen("auto")
    return replace(asked, search=",".join(name for name in names if name not in OF_ONE_VARIABLE))


@dataclass(slots=True)
class BeyondShared(BeyondLibrary):
    """The search of one function for all channels.

    Attributes
    ----------
    whole
        The objective of all channels; `objective` is the joint one.
    variables
        Of the function, beside r.
    """

    whole: Objective
    variables: Variables

    def _problem(self, known: Sequence[Fit]) -> SearchProblem:
        best = sorted(known, key=lambda fit: fit.misfit)[:SEEDS]
        return SearchProblem.joined(
            self.whole,
            self.variables.symbols,
            self.variables.table,
            self.domain,
            self.label,
            chance=self.chance,
            seeds=[*self._guesses().values(), *map(expression_of, best)],
        )

    def _refined(self, candidates: Sequence[Candidate]) -> list[Fit]:
        return refined(candidates, self.whole, self.variables)


def refined(candidates: Sequence[Candidate], objective: Objective, variables: Variables) -> list[Fit]:
    """Refit what a search has found, with one set of constants for all channels.

    Parameters
    ----------
    candidates
        Formulas in r and the variables, with numbers for constants; eV and Å.
    objective
        Of all channels.

    Returns
    -------
    list of Fit
        Of joint terms; by rising misfit, one per structure.
    """
    joint = joint_objective(objective)
    points = np.repeat(variables.table, [len(r) for r in objective.nodes], axis=0)
    found: dict[tuple[object, ...], Fit] = {}
    for candidate in sorted(candidates, key=lambda c: (c.loss, c.complexity)):
        try:
            form, _ = joint_form(candidate.expression, variables.symbols, points)
        except NoFormError:
            continue
        if (form.key,) not in found and len(form.terms) <= _LARGEST:
            with np.errstate(all="ignore"):  # a step may go where a term has no value
                keep_best(found, polished(joint, form))
    return sorted(found.values(), key=lambda fit: fit.misfit)


def joint_form(
    expression: sympy.Expr, variables: Sequence[sympy.Symbol], points: FloatArray
) -> tuple[Form, FloatArray]:
    """Find the form of a function of several variables, of joint terms, and its coefficients.

    Parameters
    ----------
    expression
        In R and the variables, with numbers for constants; eV and Å.
    points : (m, variables)
        Values of the variables at the nodes at which the terms are to be evaluated.

    Raises
    ------
    NoFormError
        A function that no form has.
    """
    forms, coefficients = list[Form](), list[FloatArray]()
    for factor, rest in _by_factor(_whole_exponents(expression), variables):
        form, numbers = _own_term(rest) if rest.has(*variables) else form_of(rest)
        joint = tuple(_joint(term, factor, variables, points) for term in form.terms)
        forms.append(replace(form, terms=joint))
        coefficients.append(numbers)
    if not forms:
        raise NoFormError("it does not depend on r")
    terms = tuple(term for form in forms for term in form.terms)
    ties = np.zeros((sum(len(f.shapes) for f in forms), sum(f.ties.shape[1] for f in forms)))
    row = column = 0
    for form in forms:
        ties[row : row + len(form.shapes), column : column + form.ties.shape[1]] = form.ties
        row, column = row + len(form.shapes), column + form.ties.shape[1]
    whole = Form(terms, np.concatenate([form.shapes for form in forms]), ties)
    return (tied(whole) if ties.size else whole), np.concatenate(coefficients)


def _whole_exponents(expression: sympy.Expr) -> sympy.Expr:
    """Write exponents that are whole but for rounding as whole numbers."""

    def whole(power: sympy.Expr) -> sympy.Expr:
        return power.base ** sympy.Integer(round(power.exp))

    def near(node: sympy.Expr) -> bool:
        return bool(node.is_Pow and node.exp.is_Float and abs(node.exp - round(node.exp)) < WHOLE)

    return expression.replace(near, whole)


def _by_factor(
    expression: sympy.Expr, variables: Sequence[sympy.Symbol]
) -> list[tuple[sympy.Expr, sympy.Expr]]:
    """Factors of the variables alone, each with the sum of what it multiplies.

    A product that cannot be parted stands by itself, with the factor 1.
    """
    parts: dict[sympy.Expr, sympy.Expr] = {}
    others = []
    whole = sympy.Add(*(sympy.expand_mul(part, deep=False) for part in sympy.Add.make_args(expression)))
    for part in sympy.Add.make_args(whole):
        if not part.has(R):
            continue
        apart, rest = part.as_independent(R, as_Add=False)
        number, factor = apart.as_coeff_Mul()
        if rest.has(*variables) or factor.atoms(sympy.Float):
            others.append((sympy.Integer(1), part))
        else:
            parts[factor] = parts.get(factor, sympy.Integer(0)) + number * rest
    return [*parts.items(), *others]


def _own_term(part: sympy.Expr) -> tuple[Form, FloatArray]:
    """One product as a term of its own: every number that is not whole is a constant."""
    number, rest = part.as_coeff_Mul()
    floats = sorted(rest.atoms(sympy.Float), key=float)
    shapes, named = [_UNIT], rest
    for k, value in enumerate(floats, 1):
        shape = Shape(f"c_{k}", 0, lambda r_min, r_max: np.ones(1), between(1e-9, 1e9))
        shapes.append(shape)
        named = named.xreplace({value: sympy.sign(value) * shape.symbol})
    measured = named.xreplace({R: R / _UNIT.symbol})
    term = Term(
        str(named),
        measured,
        tuple(shapes),
        sympy.Integer(0),
        False,
        "found by symbolic search",
        default=False,
    )
    values = np.array([1.0, *(abs(float(v)) for v in floats)])
    form = Form((term,), values, np.eye(len(values))[:, 1:])
    return form, np.array([float(number)])


def _joint(
    term: Term, factor: sympy.Expr, variables: Sequence[sympy.Symbol], points: FloatArray
) -> JointTerm:
    plain = {f.name: getattr(term, f.name) for f in fields(Term)}
    plain |= {"name": joint_name(term.name, factor), "expression": factor * term.expression}
    return JointTerm(**plain, variables=tuple(variables), points=points)
