"""The page's sections on what the data cannot tell, and on what the formulas do where they were not sampled."""

from __future__ import annotations

from html import escape

from interpot.formula.honesty import Honesty
from interpot.report.findings import Findings
from interpot.report.limits import adequacy_rows, conditions_sentence
from interpot.report.limits_figures import rivals_figure
from interpot.report.markup import Gallery, Html, badge, table
from interpot.report.tables import raised, unique_names


def adequacy_part(honesty: Honesty, gallery: Gallery) -> str:
    """The verdict, and where the force error comes from."""
    rows = [
        (name.replace("  ", "\u2003"), value, meaning)
        for name, value, meaning in adequacy_rows(honesty.adequacy)
    ]
    caption = gallery.caption("Where the relative force error comes from; the parts add in squares.")
    verdict = honesty.adequacy.verdict
    said = f"<p>{escape(verdict[:1].upper() + verdict[1:])}.</p>"
    return said + table(caption, ("part", ">error", "meaning"), rows) if honesty.adequacy.notable else said


def limits_section(findings: Findings, gallery: Gallery) -> str:
    """What the data cannot tell, which new data would, and the condition numbers."""
    honesty = findings.honesty
    if honesty is None:
        return ""
    nothing = "<p>No other term of the library can stand for one of the formula.</p>"
    body = _listed(honesty.cannot_tell) if honesty.cannot_tell else nothing
    if honesty.would_decide:
        body += f"<h3>Which data would tell</h3>{_listed(honesty.would_decide)}"
    body += _rivals(findings, honesty, gallery)
    body += f"<p>{escape(conditions_sentence(honesty.conditions))}</p>"
    return f"<section><h2>What the data cannot tell</h2>{body}</section>{_outside(findings, honesty)}"


def _listed(sentences: tuple[str, ...]) -> str:
    return f'<ul class="remarks">{"".join(f"<li>{escape(raised(s))}</li>" for s in sentences)}</ul>'


def _rivals(findings: Findings, honesty: Honesty, gallery: Gallery) -> str:
    """One figure for each channel that has rivals."""
    labels = list(dict.fromkeys(d.channel for d in honesty.decisions))
    body = ""
    for label, name in zip(labels, unique_names(labels), strict=True):
        mine = [d for d in honesty.decisions if d.channel == label]
        caption = (
            f"{label}. Force of the rivals less that of the chosen formula; grey, two standard errors of the spline "
            "fit either way; shaded distances were not sampled."
        )
        drawn = rivals_figure(mine, findings.potential.units)
        body += gallery.figure(drawn, f"rivals_{name}", caption, f"Forces of rivals of {label}", "narrow")
    return body


def _outside(findings: Findings, honesty: Honesty) -> str:
    """What the formulas do elsewhere, warnings with a sign."""
    units = findings.potential.units
    ranges = ", ".join(
        f"{c.label} between {c.domain[0]:.4g} and {c.domain[1]:.4g} {units.length_unit}"
        for c in findings.potential.channels
    )
    items = "".join(
        f"<li>{badge('warning', 'differs') + ' ' if f.severe else ''}{escape(f.sentence)}</li>"
        for f in honesty.outside
    )
    listed = f'<ul class="remarks">{items}</ul>' if items else ""
    return f"<section><h2>Outside the sampled range</h2><p>Sampled: {escape(ranges)}.</p>{Html(listed)}</section>"
