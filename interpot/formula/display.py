"""What a notebook shows of a potential: the formulas as LaTeX, the constants with errors and units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sympy.printing.pretty.pretty_symbology import pretty_symbol

from interpot.display import html_table
from interpot.formula.quantity import with_error

if TYPE_CHECKING:  # `interpot.formula.potential` imports this module
    from interpot.formula.potential import Potential


def potential_html(potential: Potential) -> str:
    """Formulas for MathJax, which notebooks have, and a table of constants."""
    rows, last = [], ""
    for channel in potential.channels:
        for p in channel.plain.parameters:
            unit = channel.unit(p, potential.units)
            head = ("", "") if channel.label == last else (channel.label, channel.form)
            rows.append((*head, pretty_symbol(p.name), with_error(p.value, p.stderr), unit))
            last = channel.label
    loss = potential.loss
    above = f"Relative {loss.name} {loss.formula:.2g}, cross-validated {loss.cross_validated:.2g}."
    table = html_table(("channel", "form", "constant", "value", "unit"), rows, above)
    return f"{potential._repr_latex_()}{table}"
