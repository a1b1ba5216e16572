"""HTML from plain values: every text is escaped here, every figure embedded, nothing is fetched."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from matplotlib.figure import Figure

from interpot.formula.notation import latex, summands, upright
from interpot.formula.potential import ChannelFormula
from interpot.report.figures import formula_figure
from interpot.report.style import save, settle, svg
from interpot.report.stylesheet import STYLESHEET
from interpot.report.tables import verdict_mark

_FORMULA_SIZE = 17.0  # points
_FORMULA_WIDTH = 430.0  # points; sums that are wider are broken into lines


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def text(value: object) -> str:
    """Escape a value unless it is markup."""
    return value if isinstance(value, Html) else escape(str(value))


def badge(words: str, verdict: str = "") -> Html:
    """Frame a few words; a verdict has its sign and shape besides its colour."""
    mark = f"{verdict_mark(verdict)} " if verdict else ""
    return Html(f'<span class="badge {verdict.replace(" ", "-")}">{mark}{escape(words)}</span>')


def table(
    caption: str, columns: Sequence[str], rows: Iterable[Sequence[object]], marked: Sequence[str] = ()
) -> Html:
    """Build a table; columns that start with ">" align to the right, `marked` gives classes of rows."""
    right = [name.startswith(">") for name in columns]
    number = [' class="number"' if r else "" for r in right]
    head = "".join(
        f'<th scope="col"{n}>{escape(c.removeprefix(">"))}</th>' for c, n in zip(columns, number, strict=True)
    )
    body = []
    for index, row in enumerate(rows):
        style = f' class="{marked[index]}"' if index < len(marked) and marked[index] else ""
        cells = "".join(f"<td{n}>{text(cell)}</td>" for cell, n in zip(row, number, strict=True))
        body.append(f"<tr{style}>{cells}</tr>")
    return Html(
        f'<figure class="table"><figcaption>{caption}</figcaption><div class="scroll"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div></figure>"
    )


def image(data: bytes, alt: str, style: str = "") -> str:
    """Embed an SVG as a data URI: nothing beside the page is needed."""
    uri = base64.b64encode(data).decode("ascii")
    shape = f' style="{style}"' if style else ""
    return f'<img alt="{escape(alt)}"{shape} src="data:image/svg+xml;base64,{uri}">'


def formula(channel: ChannelFormula) -> Html:
    """Typeset φ(r) of one channel, large, with the same in plain text below."""
    name = rf"\varphi_{{{upright('–'.join(channel.species))}}}(r) ="
    lines = [f"{name} {latex(channel.plain.expression)}"]
    drawn = svg(formula_figure(lines, _FORMULA_SIZE), tight=True)
    if _width(drawn) > _FORMULA_WIDTH:
        lines = _broken(name, summands(channel.plain.expression))
        drawn = svg(formula_figure(lines, _FORMULA_SIZE), tight=True)
    plain_text = f"φ(r) = {channel.plain.expression}"
    return Html(
        f'<figure class="formula">{image(drawn, plain_text, f"width:{_width(drawn) / 12:.2f}rem")}'
        f"<figcaption>{escape(channel.form)}, {escape(channel.label)}: <code>{escape(plain_text)}</code>"
        "</figcaption></figure>"
    )


def _width(drawn: bytes) -> float:
    found = re.search(rb'width="([\d.]+)pt"', drawn)
    return float(found[1]) if found else 0.0


def _broken(name: str, terms: list[str]) -> list[str]:
    """Set a long sum with the name in the first line and as many terms per line as fit."""
    lines = [f"{name} {terms[0]}"]
    for term in terms[1:]:
        longer = f"{lines[-1]} {term}"
        if _width(svg(formula_figure([longer], _FORMULA_SIZE), tight=True)) <= _FORMULA_WIDTH:
            lines[-1] = longer
        else:
            lines.append(rf"\quad\quad {term}")
    return lines


@dataclass(slots=True)
class Gallery:
    """Numbers figures and tables, keeps each figure as PNG and PDF in the folder and as SVG in the page."""

    folder: Path
    figures: int = field(default=0, init=False)
    tables: int = field(default=0, init=False)

    def figure(self, drawn: Figure, name: str, caption: str, alt: str, width: str = "") -> Html:
        """Save and embed one figure; `width` is "wide", "narrow" or nothing."""
        self.figures += 1
        settle(drawn)
        save(drawn, self.folder, name)
        return Html(
            f'<figure class="plot {width}">{image(svg(drawn), alt)}'
            f"<figcaption><b>Figure {self.figures}.</b> {escape(caption)}</figcaption></figure>"
        )

    def caption(self, words: str) -> str:
        """Give a table the next number."""
        self.tables += 1
        return f"<b>Table {self.tables}.</b> {escape(words)}"


def page(title: str, body: Iterable[str]) -> str:
    """Build the whole document, with a policy that forbids it to fetch or run anything."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLESHEET}</style></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )
