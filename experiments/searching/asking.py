"""What interpot makes of the data of a case: `interpot.discover` itself, and all that it chose from."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sympy

from interpot import Discovery, InterpotError, discover
from interpot.formula import discover as steps
from interpot.formula.expression import print_expression
from interpot.formula.regress.varpro import Fit
from interpot.formula.symbolic.asked import Symbolic
from interpot.formula.symbolic.refine import expression_of
from interpot.formula.symbolic.search import Budget
from interpot.statistic.normal_equations import Statistic
from searching.records import Answer, Formula

ALONE: dict[str, Any] = {"terms": ("power",), "max_terms": 1}
"""Leaves a backend to itself: the library is a single power."""

_LARGEST = 40  # whole numbers up to here are exponents


def ask(statistic: Statistic, search: str, seconds: float, seed: int, **options: Any) -> Answer:
    """Discover, with so many seconds for each backend that is asked; a refusal is an answer, too."""
    symbolic = Symbolic(search, budget=Budget(seconds=seconds), seed=seed)
    begin, marks = time.monotonic(), dict[str, float]()

    def mark(line: str) -> None:
        marks["beyond" if "beyond" in line else "after" if "jointly" in line else "other"] = time.monotonic()

    with candidates() as fits:
        try:
            found = discover(statistic, symbolic=symbolic, progress=mark, **options)
        except InterpotError as error:
            return Answer(None, (), time.monotonic() - begin, 0.0, str(error))
    spent = marks["after"] - marks["beyond"] if {"after", "beyond"} <= marks.keys() else 0.0
    front = tuple(Formula(_text(expression_of(fit)), fit.constants) for fit in fits)
    return Answer(_chosen(found), front, time.monotonic() - begin, spent)


@contextmanager
def candidates() -> Iterator[list[Fit]]:
    """While it lasts, remember what discovery chooses from."""
    kept: list[Fit] = []
    own = steps.joint_choice

    def choice(refit: Any, judge: Any, found: list[list[Fit]], *named: Any) -> Any:
        kept.extend(found[0])
        return own(refit, judge, found, *named)

    steps.joint_choice = choice  # type: ignore[assignment]
    try:
        yield kept
    finally:
        steps.joint_choice = own


def _chosen(found: Discovery) -> Formula:
    channel = found.best.channel()
    chosen = found.front[found.front.chosen]
    values = {p.symbol: sympy.Float(p.value, 17) for p in channel.parameters}
    return Formula(_text(channel.expression.xreplace(values)), int(chosen.constants.iloc[0]))


def _text(expression: sympy.Expr) -> str:
    """Print a formula; what is a whole number to the last digit is written as one."""
    whole = {
        n: sympy.Integer(round(n))
        for n in expression.atoms(sympy.Float)
        if n == round(n) and abs(n) <= _LARGEST
    }
    return print_expression(expression.xreplace(whole).doit())
