"""Formulas of potentials as text: `interpot.expression` with the channel's coordinate among the names."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from interpot import expression as text_form
from interpot.expression import FUNCTIONS, is_name, names_in
from interpot.formula.codegen import R

__all__ = ["FUNCTIONS", "is_name", "names_in", "parse_expression", "print_expression"]


def print_expression(expression: sympy.Expr, variable: str = R.name) -> str:
    """Write φ in a letter so that `parse_expression` (and `sympy.sympify`) gives the same formula back."""
    return text_form.print_expression(expression.xreplace({R: sympy.Symbol(variable, positive=True)}))


def parse_expression(text: str, symbols: Mapping[str, sympy.Symbol], variable: str = R.name) -> sympy.Expr:
    """Read a formula; nothing in the text is executed.

    Parameters
    ----------
    text
        In the notation of the schema.
    symbols
        The constants by name.
    variable
        Letter of the coordinate, which becomes `interpot.formula.codegen.R`.

    Raises
    ------
    ValueError
        The text is no such formula; the message continues a sentence ("calls 'open', ...").
    """
    # a coordinate of a field may be negative: the root of its square is not itself
    x = R if variable == R.name else sympy.Symbol(variable, real=True)
    expression = text_form.parse_expression(text, {**symbols, variable: x})
    if expression.has(sympy.Abs):
        raise ValueError(f"holds the root of a square, |{variable}|, which has a kink")
    return expression.xreplace({x: R})
