"""Tables on pages of a PDF: columns as wide as they need, rows that stay whole, the head on every page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from matplotlib.figure import Figure

from interpot.report.columns import shared
from interpot.report.document import Badge, Cell, Entry, Facts, Table
from interpot.report.drawing import HAIR, INK, PALE, SOFT, Shade, draw_lines, rule, shade, verdict_span
from interpot.report.flow import Box
from interpot.report.typeset import Line, Span, Style, wrap

_SIZE, _SMALL = 8.8, 7.4  # points
_SPACING = 11.4
_GAP = 11.0  # between columns
_PAD = 2.6  # above and below a row
_LONGEST = 40  # lines; a cell with more makes several rows
_BELOW_FIGURE = 16.0  # that heads a page on which the table goes on
_WIDEST_WORD = 90.0  # what cannot be broken gets at least this

Spans = Sequence[Span]


def table_boxes(table: Table, width: float) -> Iterator[Box]:
    """Boxes of a table: its head with the first row, then the rows."""
    right = [name.startswith(">") for name in table.columns]
    names = [[(name.removeprefix(">"), Style(_SIZE, bold=True))] for name in table.columns]
    marks = [*table.marked, *[""] * (len(table.rows) - len(table.marked))]
    rows = [
        [_spans(entry, mark == "chosen") for entry in row]
        for row, mark in zip(table.rows, marks, strict=True)
    ]
    widths = _widths([names, *rows], right, width)
    head = replace(_row(names, widths, right, top=1.2, bottom=0.6), before=_BELOW_FIGURE)
    yield replace(head, before=4.0, keep=True)
    for index, (row, mark) in enumerate(zip(rows, marks, strict=True)):
        pieces = list(_pieces(row, widths))
        for k, lines in enumerate(pieces):
            last = index == len(rows) - 1 and k == len(pieces) - 1
            yield _box(
                lines,
                widths,
                right,
                top=0.4 if mark == "group" and index and not k else 0.0,
                bottom=1.2 if last else 0.0,
                face=PALE if mark == "chosen" else "",
                head=head,
                keep=not last and index in (0, len(rows) - 2),  # no row stands alone at a page's end or top
            )


def facts_boxes(facts: Facts, width: float) -> Iterator[Box]:
    """Names on the left, what they are on the right."""
    rows = [[[(k, Style(_SIZE, colour=SOFT))], [(v, Style(_SIZE))]] for k, v in facts.pairs]
    widths = _widths(rows, [False, False], width, stretch=False)
    for row in rows:
        for lines in _pieces(row, widths):
            yield _box(lines, widths, [False, False], before=1.0)


def _spans(entry: Entry, bold: bool) -> Spans:
    if isinstance(entry, Badge):
        words, style = verdict_span(entry, _SIZE)
        return [(words.replace(" ", "\u00a0"), style)]  # in one piece
    if isinstance(entry, Cell):
        note = Style(_SMALL - entry.code, colour=SOFT, mono=entry.code)
        return [(entry.text, Style(_SIZE, bold)), *([(f"\n{entry.note}", note)] if entry.note else [])]
    return [(entry, Style(_SIZE, bold))]


# ---------------------------------------------------------------------------- columns


def _widths(
    rows: Sequence[Sequence[Spans]], right: Sequence[bool], width: float, stretch: bool = True
) -> list[float]:
    """Natural widths where they fit, stretched to the page; else the wide columns that can wrap share the room."""
    columns = list(zip(*rows, strict=True))
    natural = [max(_natural(spans) for spans in column) for column in columns]
    room = width - _GAP * (len(columns) - 1)
    spare = room - sum(natural)
    if spare >= 0:
        return [w + (spare / len(columns) if stretch else 0.0) for w in natural]
    least = [
        n if fixed else min(n, max(_longest_word(spans) for spans in column))
        for n, fixed, column in zip(natural, right, columns, strict=True)
    ]
    if sum(least) >= room:
        return [w * room / sum(least) for w in least]
    return shared(natural, least, room)


def _natural(spans: Spans) -> float:
    return max(line.width for line in wrap(spans, 1e6)) + 0.5


def _longest_word(spans: Spans) -> float:
    words = [(word, style) for text, style in spans for word in re.split("[ \n]+", text)]
    widest = max((wrap([word], 1e6)[0].width for word in words), default=0.0)
    return min(widest + 0.5, _WIDEST_WORD)


# ---------------------------------------------------------------------------- rows


def _pieces(row: Sequence[Spans], widths: Sequence[float]) -> Iterator[list[list[Line]]]:
    """Wrap the cells of a row; one with very long cells is cut into several."""
    cells = [wrap(spans, width) for spans, width in zip(row, widths, strict=True)]
    for start in range(0, max(map(len, cells)), _LONGEST):
        yield [cell[start : start + _LONGEST] for cell in cells]


def _row(
    row: Sequence[Spans], widths: Sequence[float], right: Sequence[bool], top: float, bottom: float
) -> Box:
    cells = [wrap(spans, width) for spans, width in zip(row, widths, strict=True)]
    return _box(cells, widths, right, top, bottom)


def _box(
    cells: Sequence[Sequence[Line]],
    widths: Sequence[float],
    right: Sequence[bool],
    top: float = 0.0,
    bottom: float = 0.0,
    face: str = "",
    head: Box | None = None,
    before: float = 0.0,
    keep: bool = False,
) -> Box:
    """Cells beside each other, with rules of the weights `top` and `bottom`, on a colour."""
    height = _SPACING * max(map(len, cells)) + 2 * _PAD
    whole = sum(widths) + _GAP * (len(widths) - 1)

    def draw(page: Figure, x: float, y: float) -> None:
        if face:
            shade(page, Shade(x, y - height, whole, height, face))
        if top:
            rule(page, x, y, whole, top, INK if top > 0.5 else HAIR)
        if bottom:
            rule(page, x, y - height, whole, bottom)
        for lines, width, to_right in zip(cells, widths, right, strict=True):
            draw_lines(page, lines, x, y - _PAD - _SIZE + 0.4, _SPACING, width if to_right else None)
            x += width + _GAP

    return Box(height, draw, before, keep, head)
