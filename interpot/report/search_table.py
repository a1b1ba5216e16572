"""A symbolic search while it goes on: the front so far, the simplest formula first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sympy
from rich.table import Table

from interpot.formula.codegen import R
from interpot.formula.notation import one_line
from interpot.formula.symbolic.search import Candidate
from interpot.report.tables import new_table, table_row
from interpot.report.words import short, shortened
from interpot.units import UnitStyle

ROWS = 8
"""Of the front, those of the smallest errors."""

_DIGITS = 4


def front_table(candidates: Sequence[Candidate], units: UnitStyle, width: int) -> Table:
    """Tabulate a front for a terminal of so many columns.

    Parameters
    ----------
    candidates
        By rising complexity and falling loss; their losses are shares of what there is to explain. eV and Å.
    units
        In which they are shown.
    """
    table = new_table(">complexity", ">force error", f"φ(r), {units.energy_unit} and {units.length_unit}")
    for candidate in candidates[-ROWS:]:
        formula = shortened(one_line(rounded(in_units(candidate.expression, units))), width - 30)
        table_row(table, [str(candidate.complexity), short(float(np.sqrt(candidate.loss))), formula])
    return table


def in_units(expression: sympy.Expr, units: UnitStyle) -> sympy.Expr:
    """φ(r) in eV and Å → in the units of the data."""
    if units.energy == units.length == 1:
        return expression
    return sympy.expand_power_base(expression.xreplace({R: units.length * R}) / units.energy, force=True)


def rounded(expression: sympy.Expr) -> sympy.Expr:
    """Return the formula with numbers of a few digits."""
    return expression.xreplace(
        {n: sympy.Float(f"{float(n):.{_DIGITS}g}") for n in expression.atoms(sympy.Float)}
    )
