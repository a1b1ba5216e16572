"""The PDF says what the page says, keeps letters as letters, and nothing overlaps or leaves a page."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import combinations
from pathlib import Path

import numpy as np
import pdf_reader
import pytest
from matplotlib.backends.backend_pdf import PdfFile, RendererPdf
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from report_samples import argon, bare, crowded, mixture

from interpot.report.as_pdf import A4, pages, write
from interpot.report.document import Badge, Cell, Code, Document, Facts, Heading, Items, Paragraph, Table
from interpot.report.flow import Box, paginate
from interpot.report.page import document
from interpot.report.style import journal_style, settle
from interpot.report.typeset import Style, extent, wrap

LONG = "a word and /a/path/that/is/much/longer/than/any/line/of/a/cell/" * 6

WORSE = Badge("differs", "differs")

EXTREME = Document(
    "A title that is so long that it does not fit on a line of the page, with r^-n_1 and $x$ in it",
    [
        Heading("First"),
        Paragraph(LONG),
        Items((LONG, "short"), frozenset({0})),
        Code("interpot discover " + LONG),
        Table(
            "A table on several pages.",
            ("name", ">number", "meaning", "verdict"),
            tuple((f"row-{k}", f"{k}.5×10⁻⁷", Cell(LONG[: 40 + 3 * k], "a note"), WORSE) for k in range(90)),
        ),
        Table("Wide.", tuple(f">c{k}" for k in range(14)), (tuple("123456.789" for _ in range(14)),)),
        Facts((("files", "x" * 6000), ("frames", "51"))),
    ],
)  # fmt: skip


def pdf_renderer(figure: Figure) -> RendererPdf:
    """Measures text as it is in the file: a renderer of pixels would round the widths of letters."""
    width, height = figure.get_size_inches()
    return RendererPdf(PdfFile(BytesIO()), 72, height, width)


def boxes(page: Figure) -> tuple[list[tuple[str, Bbox]], list[Bbox]]:
    """Extents in points: texts of the page, and figures on it."""
    renderer = pdf_renderer(page)
    texts = [(t.get_text(), t.get_window_extent(renderer)) for t in page.texts if t.get_text().strip()]
    places = [a.place for a in page.artists if hasattr(a, "drawing")]
    return texts, [Bbox(72 * p.get_points()) for p in places]


@pytest.mark.parametrize(
    "make",
    [argon, mixture, bare, crowded, lambda: None],
    ids=["argon", "mixture", "bare", "crowded", "extreme"],
)
def test_nothing_overlaps_and_nothing_leaves_the_page(make) -> None:
    findings = make()
    made = document(findings) if findings else EXTREME
    for panel in made.panels:
        settle(panel.figure)
    with journal_style():
        for page in pages(made):
            texts, figures = boxes(page)
            for words, box in texts:
                assert box.x0 > 35 and box.x1 < A4[0] - 35 and box.y0 > 30 and box.y1 < A4[1] - 35, words
            inner = [(words, Bbox([[b.x0 + 1, b.y0 + 1.5], [b.x1 - 1, b.y1 - 1.5]])) for words, b in texts]
            inner += [("figure", Bbox([[b.x0 + 1, b.y0 + 1], [b.x1 - 1, b.y1 - 1]])) for b in figures]
            for (one, a), (other, b) in combinations(inner, 2):
                assert not (a.x0 < b.x1 and b.x0 < a.x1 and a.y0 < b.y1 and b.y0 < a.y1), (one, other)


@pytest.mark.parametrize("make", [argon, mixture, crowded])
def test_nothing_in_a_figure_is_cut_off(make) -> None:
    for panel in document(make()).panels:
        settle(panel.figure)
        with journal_style():
            box = panel.figure.get_tightbbox(pdf_renderer(panel.figure))
        width, height = panel.figure.get_size_inches()
        slack = 2 / 72
        assert box.x0 > -slack and box.y0 > -slack, panel.name
        assert box.x1 < width + slack and box.y1 < height + slack, panel.name


@pytest.fixture(scope="module")
def argon_pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pdf") / "report.pdf"
    made = document(argon())
    for panel in made.panels:
        settle(panel.figure)
    write(made, path)
    return path


def test_letters_are_letters(argon_pdf: Path) -> None:
    types = pdf_reader.font_types(argon_pdf)
    assert types and "Type3" not in types
    first, *_, last = pdf_reader.pages(argon_pdf)
    for words in (
        "Liquid argon",
        "Lennard-Jones 12-6",
        "0.0103419990(12)",
        "✗ 1 of 5 observables differ, 1 cannot tell",
    ):
        assert words in first, words
    assert "spline ceiling" in first  # of the figure's legend: figures are no pictures
    assert "interpot run experiments/argon.py" in last
    assert b"/Subtype /Image" not in argon_pdf.read_bytes()


def test_it_says_what_the_page_says(argon_pdf: Path) -> None:
    said = "".join("".join(pdf_reader.pages(argon_pdf)).split())
    made = document(argon())
    for block, number in made.numbered():
        for words in (number, getattr(block, "text", ""), getattr(block, "caption", "")):
            assert "".join(words.split()) in said, words
    for block in made.blocks:
        for row in block.rows if isinstance(block, Table) else ():
            for entry in row:
                words = (
                    entry if isinstance(entry, str) else getattr(entry, "words", getattr(entry, "text", ""))
                )
                assert "".join(words.split()) in said, words


def test_the_same_document_gives_the_same_bytes(argon_pdf: Path, tmp_path: Path) -> None:
    made = document(argon())
    for panel in made.panels:
        settle(panel.figure)
    for name in ("one", "two"):
        write(made, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() == argon_pdf.read_bytes()


def test_long_tables_repeat_their_heads_and_lose_no_row(tmp_path: Path) -> None:
    write(EXTREME, tmp_path / "x.pdf")
    texts = pdf_reader.pages(tmp_path / "x.pdf")
    assert len(texts) > 4
    with_rows = [text for text in texts if "\nrow-" in text]
    assert len(with_rows) > 1 and all("\nmeaning" in text for text in with_rows)
    rows = [line for text in texts for line in text.split("\n") if line.startswith("row-")]
    assert rows == [f"row-{k}" for k in range(90)]
    assert sum(text.count("x") for text in texts) >= 6000
    for number, text in enumerate(texts, start=1):
        assert f"\n{number} / {len(texts)}" in text


def test_boxes_are_stacked() -> None:
    def box(height: float, **options) -> Box:
        return Box(height, lambda *_: None, **options)

    head = box(10)
    found = paginate([box(60), box(30, before=5, keep=True), box(40, head=head), box(40, head=head)], 100)
    assert [[(b.height, y) for b, y in page] for page in found] == [
        [(60, 0.0)],
        [(30, 0.0), (40, 30.0)],  # kept together, not below the first
        [(10, 0.0), (40, 10.0)],  # a new page begins with the head
    ]


def test_figures_float_and_texts_fill_the_page() -> None:
    def box(height: float, **options) -> Box:
        return Box(height, lambda *_: None, **options)

    head = box(5)
    stack = [box(50), box(60, floats=True), box(20, floats=True), box(30, head=head), box(15, head=head)]
    found = paginate([*stack, box(10)], 100)
    assert [[(b.height, y) for b, y in page] for page in found] == [
        [(50, 0.0), (30, 50.0), (15, 80.0)],  # rows stand before the figures, which keep their order
        [(60, 0.0), (20, 60.0), (10, 80.0)],
    ]
    found = paginate([*stack[:4], box(15, head=head), box(10, head=head)], 100)
    assert [b.height for b, _ in found[1]] == [
        60,
        20,
        5,
        10,
    ]  # a table that goes on below them repeats its head


def test_lines_are_no_wider_than_they_may_be() -> None:
    style, bold = Style(9), Style(9, bold=True)
    spans = [("bold start ", bold), (LONG, style), ("\nnew line", style)]
    for width in (60.0, 200.0, 480.0):
        lines = wrap(spans, width)
        ends = [run.x + extent(run.text, run.style) for line in lines for run in line.runs]
        assert max(ends) <= width + 0.5
        words = "".join(run.text for line in lines for run in line.runs).replace(" ", "")
        assert words == ("bold start " + LONG + "new line").replace(" ", "")


def test_widths_are_those_of_the_file() -> None:
    """The sum of the advance widths of STIX: 500 per mille for a digit, as its font file says."""
    assert extent("0123456789", Style(10)) == pytest.approx(10 * 10 * 0.5, rel=0.02)


def test_writing_leaves_the_figures_as_they_were(tmp_path: Path) -> None:
    made = document(replace(argon(), front=argon().front.head(0)))
    for panel in made.panels:
        settle(panel.figure)
    before = [panel.figure.bbox_inches.frozen().get_points() for panel in made.panels]
    write(made, tmp_path / "x.pdf")
    for panel, box in zip(made.panels, before, strict=True):
        np.testing.assert_array_equal(panel.figure.bbox_inches.get_points(), box)
    assert any(a.get_rasterized() for p in made.panels for a in p.figure.findobj())
