"""A document as one HTML file: every text is escaped here, every figure embedded, nothing is fetched."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from functools import singledispatch
from html import escape
from pathlib import Path

from interpot.files import atomic
from interpot.report.document import (
    Badge,
    Badges,
    Block,
    Cell,
    Code,
    Document,
    Entry,
    Facts,
    Formula,
    Heading,
    Items,
    Lead,
    Panel,
    Paragraph,
    Plots,
    Table,
)
from interpot.report.figures import formula_figure
from interpot.report.style import PAGE, svg
from interpot.report.stylesheet import STYLESHEET
from interpot.report.words import EXPONENT, VERDICT_MARKS, below_exponent


def write(document: Document, path: Path) -> None:
    """Write the page, whole or not at all; it needs no network, no scripts, no file beside it."""
    with atomic(path) as temporary:
        temporary.write_text(_page(document.title, _sections(document)), encoding="utf-8")


def _sections(document: Document) -> Iterable[str]:
    """The header, then a section from each heading of the second level to the next."""
    parts = [f"<header><h1>{_text(document.title)}</h1>"]
    formulas: list[str] = []
    opened = "header"
    for block, number in document.numbered():
        if isinstance(block, Formula):
            formulas.append(block_html(block, number))
            continue
        if formulas:
            parts.append(f'<div class="formulas">{"".join(formulas)}</div>')
            formulas = []
        if isinstance(block, Heading) and block.level == 2:
            parts.append(f"</{opened}>\n<section>")
            opened = "section"
        parts.append(block_html(block, number))
    return [*parts, f"</{opened}>"]


def _page(title: str, body: Iterable[str]) -> str:
    """Build the whole document, with a policy that forbids it to fetch or run anything."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLESHEET}</style></head>\n<body>\n"
        + "".join(body)
        + "\n</body></html>\n"
    )


# ---------------------------------------------------------------------------- text


def _text(words: str) -> str:
    """Escape a text and raise its exponents."""
    return EXPONENT.sub(_raised, escape(words))


def _raised(found: re.Match[str]) -> str:
    below = f"<sub>{below_exponent(found)}</sub>" if found["below"] else ""
    return f"<sup>{found['sign'].replace('-', '−')}{found['up']}{below}</sup>"


def _entry(entry: Entry) -> str:
    if isinstance(entry, Badge):
        return _badge(entry)
    if isinstance(entry, Cell):
        note = f"<code>{escape(entry.note)}</code>" if entry.code else _text(entry.note)
        return f"{_text(entry.text)}<br><small>{note}</small>" if entry.note else _text(entry.text)
    return _text(entry)


def _badge(badge: Badge) -> str:
    mark = f"{VERDICT_MARKS.get(badge.verdict, '?')} " if badge.verdict else ""
    style = "differs" if badge.verdict == "excluded" else badge.verdict.replace(" ", "-")
    return f'<span class="badge {style}">{mark}{_text(badge.words)}</span>'


def _list(items: Iterable[str], style: str) -> str:
    return f'<ul class="{style}">{"".join(f"<li>{item}</li>" for item in items)}</ul>'


# ---------------------------------------------------------------------------- blocks


@singledispatch
def block_html(block: Block, number: str) -> str:
    """One block; `number` is that of a figure or table."""
    raise TypeError(type(block).__name__)


def _register(kind: type) -> Callable[..., Callable[..., str]]:
    return block_html.register(kind)


@_register(Heading)
def _heading(block: Heading, number: str) -> str:
    return f"<h{block.level}>{_text(block.text)}</h{block.level}>"


@_register(Lead)
def _lead(block: Lead, number: str) -> str:
    return f'<p class="lead">{_text(block.before)}<b>{_text(block.strong)}</b>{_text(block.after)}</p>'


@_register(Badges)
def _badges(block: Badges, number: str) -> str:
    return _list(map(_badge, block.badges), "badges")


@_register(Paragraph)
def _paragraph(block: Paragraph, number: str) -> str:
    words = _text(block.text)
    return f'<p class="note">{words}</p>' if block.small else f"<p>{words}</p>"


@_register(Items)
def _items(block: Items, number: str) -> str:
    sign = _badge(Badge("warning", "differs"))
    return _list(
        (f"{sign} {_text(s)}" if k in block.warnings else _text(s) for k, s in enumerate(block.sentences)),
        "remarks",
    )


@_register(Code)
def _code(block: Code, number: str) -> str:
    return f"<pre>{escape(block.text)}</pre>"


@_register(Formula)
def _formula(block: Formula, number: str) -> str:
    drawn = svg(formula_figure(block.lines, block.size), tight=True)
    found = re.search(rb'width="([\d.]+)pt"', drawn)
    width = float(found[1]) if found else 0.0
    return (
        f'<figure class="formula">{_image(drawn, block.plain, f"width:{width / 12:.2f}rem")}'
        f"<figcaption>{_text(block.caption)}: <code>{escape(block.plain)}</code></figcaption></figure>"
    )


@_register(Table)
def _table(block: Table, number: str) -> str:
    right = [' class="number"' if name.startswith(">") else "" for name in block.columns]
    names = zip(block.columns, right, strict=True)
    head = "".join(f'<th scope="col"{n}>{_text(c.removeprefix(">"))}</th>' for c, n in names)
    body = []
    for index, row in enumerate(block.rows):
        marked = block.marked[index] if index < len(block.marked) else ""
        cells = "".join(f"<td{n}>{_entry(cell)}</td>" for cell, n in zip(row, right, strict=True))
        style = f' class="{marked}"' if marked else ""
        body.append(f"<tr{style}>{cells}</tr>")
    return (
        f'<figure class="table"><figcaption><b>{number}</b> {_text(block.caption)}</figcaption><div class="scroll">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div></figure>"
    )


@_register(Facts)
def _facts(block: Facts, number: str) -> str:
    rows = "".join(f"<tr><th scope='row'>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in block.pairs)
    return f'<table class="provenance"><tbody>{rows}</tbody></table>'


@_register(Plots)
def _plots(block: Plots, number: str) -> str:
    wide = block.panels[0].figure.get_figwidth() > 0.6 * PAGE
    style = "wide" if wide else "narrow" if len(block.panels) == 1 else "pair"
    drawn = "".join(map(_panel, block.panels))
    return (
        f'<figure class="plot {style}"><div class="panels">{drawn}</div>'
        f"<figcaption><b>{number}</b> {_text(block.caption)}</figcaption></figure>"
    )


def _panel(panel: Panel) -> str:
    return _image(svg(panel.figure), panel.alt)


def _image(data: bytes, alt: str, style: str = "") -> str:
    """Embed an SVG as a data URI: nothing beside the page is needed."""
    uri = base64.b64encode(data).decode("ascii")
    shape = f' style="{style}"' if style else ""
    return f'<img alt="{escape(alt)}"{shape} src="data:image/svg+xml;base64,{uri}">'
