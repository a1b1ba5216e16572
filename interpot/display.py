"""What a notebook shows of a result: a small table in HTML, every text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a record may be spoken of without being imported
    from interpot.comparison import Comparison, Curve


def html_table(columns: Sequence[str], rows: Iterable[Sequence[str]], above: str = "") -> str:
    """Build a table, with a line of text above it."""
    head = "".join(f'<th style="text-align:left">{escape(name)}</th>' for name in columns)
    cell = '<td style="text-align:left">{}</td>'
    body = "".join(f"<tr>{''.join(cell.format(escape(str(c))) for c in row)}</tr>" for row in rows)
    line = f"<p>{escape(above)}</p>" if above else ""
    return f"<div>{line}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def comparison_html(comparison: Comparison) -> str:
    """Force error, and each observable with its verdict."""
    check, units = comparison.forces, comparison.units
    above = f"Run by {comparison.engine}."
    if check is not None:
        unit = f"{units.energy_unit}/{units.length_unit}"
        above += (
            f" Forces on {check.frames} frames: relative error {check.relative_error:.2g}, root mean square "
            f"{check.rms:.2g} {unit}, worst {check.worst:.2g} {unit}: {check.verdict}"
            f"{' (' * bool(check.remark)}{check.remark}{')' * bool(check.remark)}."
        )
    rows = [
        (o.name, _value(o.reference), _value(o.found), "" if o.unit == "1" else o.unit, o.verdict, o.remark)
        for o in comparison.observables
    ]
    return html_table(("observable", "reference", "found", "unit", "verdict", ""), rows, above)


def _value(curve: Curve | None) -> str:
    if curve is None:
        return "–"
    if curve.x.size != 1:
        return "curve"
    error = float(curve.error[0])
    return f"{curve.y[0]:.6g}" + (f" ± {error:.2g}" if isfinite(error) else "")
