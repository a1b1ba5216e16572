"""What is drawn on a page: lines of text, formulas, shades and rules. Lengths are points from its lower left corner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch
from matplotlib.transforms import Affine2D

from interpot.report.document import Badge
from interpot.report.flow import Box
from interpot.report.typeset import Line, Span, Style, wrap
from interpot.report.words import VERDICT_MARKS

INK, SOFT, PALE, HAIR = "#1b1b1b", "#5d5d5d", "#f6f5f2", "#cfcfcf"
COLOURS = {
    "": "#0072b2",
    "agrees": "#00694c",
    "differs": "#a63c00",
    "excluded": "#a63c00",
    "nearly holds": "#00694c",
    "cannot tell": "#7a5500",
    "not judged": "#555555",
}
"""Of verdicts, as on the page in HTML."""

_SPACING = 1.32  # lines of text, in the size of their letters


@dataclass(frozen=True, slots=True)
class Shade:
    """A rectangle: lower left corner, size, its colour, and that of its edge where it has one."""

    x: float
    y: float
    width: float
    height: float
    face: str
    edge: str = "none"


def shade(page: Figure, where: Shade) -> None:
    """Fill a rectangle, one with an edge with round corners."""
    corner = "round,pad=0,rounding_size=8" if where.edge != "none" else "square,pad=0"
    size = (where.width, where.height)
    patch = FancyBboxPatch((where.x, where.y), *size, corner, fc=where.face, ec=where.edge, lw=0.9, zorder=0)
    patch.set_transform(Affine2D().scale(1 / 72) + page.dpi_scale_trans)
    page.add_artist(patch)


def rule(page: Figure, x: float, y: float, width: float, weight: float = 0.5, colour: str = INK) -> None:
    """Draw a horizontal line."""
    size = page.get_size_inches() * 72
    ends = [x / size[0], (x + width) / size[0]]
    page.add_artist(Line2D(ends, [y / size[1]] * 2, color=colour, lw=weight, zorder=1))


def mathematics(page: Figure, x: float, y: float, line: str, size: float) -> None:
    """Typeset a line of mathtext on the base line y."""
    _put(page, x, y, f"${line}$", Style(size))


def draw_lines(
    page: Figure, lines: Sequence[Line], x: float, y: float, spacing: float = 0.0, right: float | None = None
) -> None:
    """Write lines, the first on the base line y; to the right, they end at the width `right`."""
    for number, line in enumerate(lines):
        start = x if right is None else x + right - line.width
        for run in line.runs:
            _put(page, start + run.x, y - number * spacing, run.text, run.style)


def _put(page: Figure, x: float, y: float, text: str, style: Style) -> None:
    width, height = page.get_size_inches() * 72
    look: dict[str, Any] = {"fontproperties": style.font, "color": style.colour, "zorder": reading_order(y)}
    page.text(x / width, y / height, text, va="baseline", **look)


def reading_order(y: float) -> float:
    """Order of drawing, in which a reader of the file gets the text: from the top of the page down."""
    return 5.0 - y / 1000


def text_box(
    spans: Sequence[Span], width: float, before: float = 0.0, keep: bool = False, indent: float = 0.0
) -> Box:
    """Wrap text to a width and make a box of it, `indent` to the right."""
    lines = wrap(spans, width)
    size = max(style.size for _, style in spans)
    spacing = _SPACING * size

    def draw(page: Figure, x: float, top: float) -> None:
        draw_lines(page, lines, x + indent, top - size, spacing)

    return Box(spacing * len(lines), draw, before, keep)


def verdict_span(badge: Badge, size: float) -> Span:
    """The words of a badge with its sign, in its colour."""
    mark = f"{VERDICT_MARKS.get(badge.verdict, '?')} " if badge.verdict else ""
    return f"{mark}{badge.words}", Style(
        size, bold=badge.verdict == "differs", colour=COLOURS.get(badge.verdict, INK)
    )
