"""Text on a page: how wide it is, and how it wraps into lines. Lengths are points.

Widths are those of the fonts' outlines, unhinted, as in a PDF.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from matplotlib.cbook import is_math_text
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from interpot.report.style import MONO, SETTINGS, escaped, journal_style, plain, quiet
from interpot.report.words import EXPONENT

LEADING = 0.35
"""Space between two lines of a formula, in its size."""


_NARROWEST = 0.2  # width of a letter, in its size


@dataclass(frozen=True, slots=True)
class Style:
    """How letters look.

    Attributes
    ----------
    size
        Points.
    """

    size: float
    bold: bool = False
    colour: str = "#1b1b1b"
    mono: bool = False

    @property
    def font(self) -> FontProperties:
        """For matplotlib."""
        family = MONO if self.mono else SETTINGS["font.family"]
        return FontProperties(family=family, size=self.size, weight="bold" if self.bold else "normal")


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of one style on a line: where they begin, and in matplotlib's notation."""

    x: float
    text: str
    style: Style


@dataclass(frozen=True, slots=True)
class Line:
    """Runs beside each other, and how wide they are together."""

    runs: tuple[Run, ...]
    width: float


Span = tuple[str, Style]


@lru_cache(maxsize=20_000)
def extent(text: str, style: Style) -> float:
    """Width of a text in matplotlib's notation."""
    if is_math_text(text):
        with journal_style():  # of which only formulas depend
            return float(TextToPath().get_text_width_height_descent(text, style.font, True)[0])
    with quiet():
        return float(
            TextToPath().get_text_width_height_descent(text.replace(r"\$", "$"), style.font, False)[0]
        )


@lru_cache(maxsize=4096)
def math_extent(line: str, size: float) -> tuple[float, float, float]:
    """Width, ascent and descent of a line of mathtext without dollar signs."""
    with journal_style():
        font = FontProperties(family=SETTINGS["font.family"], size=size)
        width, height, descent = TextToPath().get_text_width_height_descent(f"${line}$", font, True)
    return float(width), float(height - descent), float(descent)


def wrap(spans: Sequence[Span], width: float) -> list[Line]:
    """Break text into lines at spaces, and words that are wider than a line into as many as they need.

    Parameters
    ----------
    spans
        Text and its style; a line feed in it ends a line.
    width
        Of a line.
    """
    lines: list[Line] = []
    runs: list[Run] = []
    x = 0.0
    for word, spaced, style in _words(spans, width):
        if word == "\n":
            lines.append(Line(tuple(runs), x))
            runs, x = [], 0.0
            continue
        wide, space = extent(word, style), _space(style) if spaced else 0.0
        if runs and x + space + wide > width:
            lines.append(Line(tuple(runs), x))
            runs, x = [], 0.0
        space = space if runs else 0.0
        last = runs[-1] if runs else None
        if last is not None and last.style == style and not (is_math_text(word) or is_math_text(last.text)):
            runs[-1] = Run(last.x, f"{last.text}{' ' if space else ''}{word}", style)
        else:
            runs.append(Run(x + space, word, style))
        x += space + wide
    return [*lines, Line(tuple(runs), x)] if runs or not lines else lines


def _space(style: Style) -> float:
    return extent("n n", style) - extent("nn", style)


def _words(spans: Sequence[Span], width: float) -> Iterator[tuple[str, bool, Style]]:
    """Words in matplotlib's notation, whether a space stands before them, and their style."""
    spaced = False
    for text, style in spans:
        for token in re.findall(r"\n|[ \t]+|[^ \t\n]+", text):
            if token.isspace():
                if token == "\n":
                    yield "\n", False, style
                spaced = token != "\n"
                continue
            for piece in _pieces(token, style, width):
                yield piece, spaced, style
                spaced = False


def _pieces(word: str, style: Style, width: float) -> Iterator[str]:
    """A word, cut where it is wider than a line."""
    most = max(1, int(width / (_NARROWEST * style.size)))
    while len(word) > most or (len(word) > 1 and extent(_set(word), style) > width):
        sizes = range(1, min(len(word), most) + 1)
        size = max(1, bisect_right(sizes, width, key=lambda n: extent(_set(word[:n]), style)))
        yield _set(word[:size])
        word = word[size:]
    yield _set(word)


def _set(word: str) -> str:
    """A word in matplotlib's notation; its letters stay as they are, to be found, unless it has exponents to be set."""
    return plain(word) if EXPONENT.search(word) else escaped(word)
