"""What a report says before it has a shape: headings, paragraphs, formulas, tables, figures.

`interpot.report.page` fills a `Document` once; each row of `RENDERERS` writes it in one format, so that nothing is said
twice. Texts are plain: a renderer escapes them, and sets an exponent such as that of "r^-n_1".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

RENDERERS = {
    "html": "interpot.report.as_html:write",
    "pdf": "interpot.report.as_pdf:write",
}
"""Format, which is the suffix of the file → where its ``write(document, path)`` stands."""


@dataclass(frozen=True, slots=True)
class Badge:
    """A few words in a frame; a verdict has a sign and a colour."""

    words: str
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with a smaller line beneath, which may be code."""

    text: str
    note: str = ""
    code: bool = False


Entry = str | Badge | Cell


@dataclass(frozen=True, slots=True)
class Heading:
    """Heads a section (level 2) or a part of it (level 3)."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Lead:
    """The result in a sentence: the words before `strong`, those, and the ones after."""

    before: str
    strong: str
    after: str


@dataclass(frozen=True, slots=True)
class Badges:
    """Badges beside each other."""

    badges: tuple[Badge, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; a small one is a note at the end."""

    text: str
    small: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list of sentences; those of `warnings`, by their places, get a sign."""

    sentences: tuple[str, ...]
    warnings: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Code:
    """Something to be typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula, large.

    Attributes
    ----------
    lines
        In mathtext, without dollar signs; none is wider than `interpot.report.formulas.WIDTH` at `size` points.
    size
        Points.
    caption
        What it is.
    plain
        The same on a line of text.
    """

    lines: tuple[str, ...]
    size: float
    caption: str
    plain: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table; names of columns that start with ">" align to the right.

    Attributes
    ----------
    caption
        Without its number.
    marked
        Of each row: "group" for the first of a group, "chosen", or nothing.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]
    marked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what they are."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One drawing: the file's name without suffix, and what it shows in a few words."""

    figure: Figure
    name: str
    alt: str


@dataclass(frozen=True, slots=True, eq=False)
class Plots:
    """A figure: one panel, or several of half the page's width, two a row."""

    caption: str
    panels: tuple[Panel, ...]


Block = Heading | Lead | Badges | Paragraph | Items | Code | Formula | Table | Facts | Plots


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A title and what stands below it."""

    title: str
    blocks: Sequence[Block]

    def numbered(self) -> Iterator[tuple[Block, str]]:
        """Blocks with their numbers: "Figure 3.", "Table 1.", nothing for the others."""
        counts = {"Figure": 0, "Table": 0}
        for block in self.blocks:
            kind = "Figure" if isinstance(block, Plots) else "Table" if isinstance(block, Table) else ""
            if kind:
                counts[kind] += 1
            yield block, f"{kind} {counts[kind]}." if kind else ""

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All drawings."""
        return tuple(panel for block in self.blocks if isinstance(block, Plots) for panel in block.panels)
