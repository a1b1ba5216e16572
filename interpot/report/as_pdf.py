"""A document as PDF pages of A4, all vectors, letters kept as letters; the same document gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import singledispatch
from pathlib import Path

from matplotlib.artist import Artist
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from interpot.files import atomic
from interpot.report.document import (
    Badges,
    Block,
    Code,
    Document,
    Facts,
    Formula,
    Heading,
    Items,
    Lead,
    Paragraph,
    Plots,
    Table,
)
from interpot.report.drawing import (
    COLOURS,
    PALE,
    SOFT,
    Shade,
    draw_lines,
    mathematics,
    reading_order,
    shade,
    text_box,
    verdict_span,
)
from interpot.report.flow import Box, paginate
from interpot.report.pdf_table import facts_boxes, table_boxes
from interpot.report.style import PAGE, journal_style
from interpot.report.typeset import LEADING, Line, Run, Style, extent, math_extent, wrap

A4 = (595.28, 841.89)
"""Points."""

WIDTH = PAGE * 72
_LEFT = (A4[0] - WIDTH) / 2
_TOP, _BOTTOM = 52.0, 58.0  # margins; the page number stands in the lower one
_GUTTER = 0.2 * 72  # between two panels of a row

_BODY, _BOLD = Style(10), Style(10, bold=True)
_NOTE, _NOTE_BOLD = Style(8.5, colour=SOFT), Style(8.5, bold=True)


def write(document: Document, path: Path) -> None:
    """Write the PDF, whole or not at all."""
    metadata = {"Title": document.title, "Creator": "interpot", "Producer": None, "CreationDate": None}
    with journal_style(), atomic(path) as temporary, PdfPages(temporary, metadata=metadata) as file:
        for page in pages(document):
            file.savefig(page)


def pages(document: Document) -> list[Figure]:
    """Lay a document out; each page is a figure in which the document's own figures stand."""
    drawn = []
    with journal_style():
        stacks = paginate(_boxes(document), A4[1] - _TOP - _BOTTOM)
        for number, stack in enumerate(stacks, start=1):
            page = Figure(figsize=(A4[0] / 72, A4[1] / 72))
            for box, y in stack:
                box.draw(page, _LEFT, A4[1] - _TOP - y)
            foot = f"{number} / {len(stacks)}"
            draw_lines(page, [Line((Run(0.0, foot, _NOTE),), 0.0)], A4[0] / 2 - extent(foot, _NOTE) / 2, 40.0)
            drawn.append(page)
    return drawn


def _boxes(document: Document) -> Iterator[Box]:
    yield text_box([(document.title, Style(19, bold=True))], WIDTH)
    blocks = list(document.numbered())
    for index, (block, number) in enumerate(blocks):
        beside = [blocks[k][0] if 0 <= k < len(blocks) else None for k in (index - 1, index + 1)]
        if isinstance(block, Formula):  # formulas that follow each other share their shade
            first, last = (not isinstance(other, Formula) for other in beside)
            yield _formula(block, first, last)
            continue
        boxes = list(boxes_of(block, number))
        if isinstance(block, Paragraph) and _leads(block, beside[1]):
            boxes = [replace(box, keep=True) for box in boxes]
        yield from boxes


def _leads(paragraph: Paragraph, following: Block | None) -> bool:
    """Whether a paragraph says what follows: it is kept with that."""
    return isinstance(following, Table) or (following is not None and paragraph.text.endswith(":"))


# ---------------------------------------------------------------------------- blocks


@singledispatch
def boxes_of(block: Block, number: str) -> Iterator[Box]:
    """One block as boxes; `number` is that of a figure or table."""
    raise TypeError(type(block).__name__)


@boxes_of.register
def _heading(block: Heading, number: str) -> Iterator[Box]:
    size, before = (14.0, 20.0) if block.level == 2 else (11.0, 10.0)
    yield text_box([(block.text, Style(size, bold=True))], WIDTH, before=before, keep=True)


@boxes_of.register
def _lead(block: Lead, number: str) -> Iterator[Box]:
    normal, bold = Style(11.5), Style(11.5, bold=True)
    yield text_box([(block.before, normal), (block.strong, bold), (block.after, normal)], WIDTH, before=6.0)


@boxes_of.register
def _badges(block: Badges, number: str) -> Iterator[Box]:
    def draw(page: Figure, x: float, top: float) -> None:
        for badge in block.badges:
            words, style = verdict_span(badge, 9.5)
            width = extent(words, style)
            shade(
                page, Shade(x, top - 18, width + 14, 17.0, "white", COLOURS.get(badge.verdict, COLOURS[""]))
            )
            draw_lines(page, [Line((Run(0.0, words, style),), width)], x + 7, top - 13)
            x += width + 22

    yield Box(19.0, draw, before=8.0)


@boxes_of.register
def _paragraph(block: Paragraph, number: str) -> Iterator[Box]:
    style, before = (_NOTE, 16.0) if block.small else (_BODY, 6.0)
    yield text_box([(block.text, style)], WIDTH, before=before)


@boxes_of.register
def _items(block: Items, number: str) -> Iterator[Box]:
    sign = ("✗ warning ", Style(10, bold=True, colour=COLOURS["differs"]))
    for index, sentence in enumerate(block.sentences):
        spans = [*([sign] if index in block.warnings else []), (sentence, _BODY)]
        box = text_box(spans, WIDTH - 14, before=4.0, indent=14.0)

        def draw(page: Figure, x: float, top: float, box: Box = box) -> None:
            draw_lines(page, [Line((Run(0.0, "•", _BODY),), 0.0)], x + 4, top - 10)
            box.draw(page, x, top)

        yield Box(box.height, draw, before=box.before)


@boxes_of.register
def _code(block: Code, number: str) -> Iterator[Box]:
    inner = text_box([(block.text, Style(8.5, mono=True))], WIDTH - 20, indent=10.0)

    def draw(page: Figure, x: float, top: float) -> None:
        shade(page, Shade(x, top - inner.height - 12, WIDTH, inner.height + 12, PALE))
        inner.draw(page, x, top - 6)

    yield Box(inner.height + 12, draw, before=6.0)


@boxes_of.register
def _facts(block: Facts, number: str) -> Iterator[Box]:
    yield from facts_boxes(block, WIDTH)


@boxes_of.register
def _table(block: Table, number: str) -> Iterator[Box]:
    caption = text_box([(number, _NOTE_BOLD), (f" {block.caption}", _NOTE)], WIDTH, before=12.0, keep=True)
    yield caption
    yield from table_boxes(block, WIDTH)


def _formula(block: Formula, first: bool, last: bool) -> Box:
    caption = wrap(
        [(f"{block.caption}:  ", _NOTE), (block.plain, Style(7, mono=True, colour=SOFT))], WIDTH - 40
    )
    extents = [math_extent(line, block.size) for line in block.lines]
    left = (WIDTH - max(width for width, _, _ in extents)) / 2
    gap = LEADING * block.size
    tall = sum(ascent + descent + gap for _, ascent, descent in extents)
    height = 14 + tall + 11.5 * len(caption) + (10 if last else 0)

    def draw(page: Figure, x: float, top: float) -> None:
        shade(page, Shade(x, top - height, WIDTH, height, PALE))
        y = top - 14
        for line, (_, ascent, descent) in zip(block.lines, extents, strict=True):
            mathematics(page, x + left, y - ascent, line, block.size)
            y -= ascent + descent + gap
        draw_lines(page, caption, x + 20, y - 8, 11.5)

    return Box(height, draw, before=12.0 if first else 0.0)


# ---------------------------------------------------------------------------- figures


class _Drawing(Artist):
    """A figure on a page: its lower left corner is moved there, and it is drawn with the page's renderer."""

    def __init__(self, figure: Figure, x: float, y: float) -> None:
        super().__init__()
        width, height = figure.get_size_inches()
        self.drawing = figure
        self.set_zorder(reading_order(y + 72 * height))
        self.place = Bbox.from_bounds(x / 72, y / 72, width, height)

    def draw(self, renderer) -> None:  # type: ignore[no-untyped-def]
        box, home = self.drawing.bbox_inches, self.drawing.bbox_inches.frozen()
        dots = [artist for artist in self.drawing.findobj() if artist.get_rasterized()]
        for artist in dots:  # the page's resolution is not the figure's: they stay vectors
            artist.set_rasterized(False)
        box.set(self.place)
        self.drawing.draw(renderer)
        box.set(home)
        for artist in dots:
            artist.set_rasterized(True)


@boxes_of.register
def _plots(block: Plots, number: str) -> Iterator[Box]:
    rows = [block.panels[k : k + 2] for k in range(0, len(block.panels), 2)]
    if block.panels[0].figure.get_figwidth() > 0.6 * PAGE:
        rows = [(panel,) for panel in block.panels]
    for index, row in enumerate(rows):
        sizes = [panel.figure.get_size_inches() * 72 for panel in row]
        height = float(max(size[1] for size in sizes))
        wide = float(sum(size[0] for size in sizes)) + _GUTTER * (len(row) - 1)
        # a single panel stands in the middle, one that is left over below the left ones
        left = (WIDTH - wide) / 2 if len(rows) == 1 else 0.0

        def draw(page: Figure, x: float, top: float, row=row, sizes=sizes, left=left) -> None:  # type: ignore[no-untyped-def]
            x += left
            for panel, (width, tall) in zip(row, sizes, strict=True):
                page.add_artist(_Drawing(panel.figure, x, top - tall))
                x += width + _GUTTER

        last, alone = index == len(rows) - 1, len(rows) == 1
        yield Box(height, draw, before=12.0 if index == 0 else 8.0, keep=last, floats=alone)
    yield text_box([(number, _NOTE_BOLD), (f" {block.caption}", _NOTE)], WIDTH, before=4.0)
