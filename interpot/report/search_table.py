"""A symbolic search while it goes on: the front so far, the simplest formula first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sympy
from rich.table import Table

from interpot.formula.notation import one_line
from interpot.formula.symbolic.search import Candidate
from interpot.report.tables import new_table, table_row
from interpot.report.words import short, shortened

ROWS = 8
"""Of the front, those of the smallest errors."""

_DIGITS = 4


def front_table(candidates: Sequence[Candidate], width: int) -> Table:
    """Tabulate a front for a terminal of so many columns.

    Parameters
    ----------
    candidates
        By rising complexity and falling loss; their losses are shares of what there is to explain.
    """
    table = new_table(">length", ">error", "φ(r), eV and Å")
    for candidate in candidates[-ROWS:]:
        formula = shortened(one_line(rounded(candidate.expression)), width - 30)
        table_row(table, [str(candidate.complexity), short(float(np.sqrt(candidate.loss))), formula])
    return table


def rounded(expression: sympy.Expr) -> sympy.Expr:
    """Return the formula with numbers of a few digits."""
    return expression.xreplace(
        {n: sympy.Float(f"{float(n):.{_DIGITS}g}") for n in expression.atoms(sympy.Float)}
    )
