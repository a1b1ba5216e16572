"""The page's sections on what the data cannot tell, and on what the formulas do where they were not sampled."""

from __future__ import annotations

from interpot.formula.honesty import Honesty
from interpot.report.document import Block, Heading, Items, Panel, Paragraph, Plots, Table
from interpot.report.findings import Findings
from interpot.report.limits import adequacy_rows, conditions_sentence
from interpot.report.limits_figures import rivals_figure
from interpot.report.words import sentence, unique_names


def adequacy_part(honesty: Honesty) -> list[Block]:
    """The verdict, and where the force error comes from."""
    rows = tuple(
        (name.replace("  ", "\u2003"), value, meaning)
        for name, value, meaning in adequacy_rows(honesty.adequacy)
    )
    verdict = honesty.adequacy.verdict
    said = Paragraph(sentence(f"{verdict[:1].upper()}{verdict[1:]}."))
    caption = "Where the relative force error comes from; the parts add in squares."
    notable = honesty.adequacy.notable
    return [said, Table(caption, ("part", ">error", "meaning"), rows)] if notable else [said]


def limits_section(findings: Findings) -> list[Block]:
    """What the data cannot tell, which new data would, and the condition numbers."""
    honesty = findings.honesty
    if honesty is None:
        return []
    blocks: list[Block] = [Heading("What the data cannot tell")]
    if honesty.cannot_tell:
        blocks.append(Items(tuple(map(sentence, honesty.cannot_tell))))
    else:
        blocks.append(Paragraph("No other term of the library can stand for one of the formula."))
    if honesty.would_decide:
        blocks += [Heading("Which data would tell", 3), Items(tuple(map(sentence, honesty.would_decide)))]
    blocks += _rivals(findings, honesty)
    blocks.append(Paragraph(conditions_sentence(honesty.conditions)))
    return [*blocks, *_outside(findings, honesty)]


def _rivals(findings: Findings, honesty: Honesty) -> list[Block]:
    """A panel for each channel that has rivals."""
    labels = list(dict.fromkeys(d.channel for d in honesty.decisions))
    if not labels:
        return []
    panels = []
    for label, name in zip(labels, unique_names(labels), strict=True):
        mine = [d for d in honesty.decisions if d.channel == label]
        drawn = rivals_figure(mine, findings.potential.units)
        panels.append(Panel(drawn, f"rivals_{name}", f"Forces of rivals of {label}"))
    caption = (
        f"{', '.join(labels)}. Force of the rivals less that of the chosen formula; grey, two standard errors of the "
        "spline fit either way; shaded distances were not sampled."
    )
    return [Plots(caption, tuple(panels))]


def _outside(findings: Findings, honesty: Honesty) -> list[Block]:
    """What the formulas do elsewhere, warnings with a sign."""
    units = findings.potential.units
    ranges = ", ".join(
        f"{c.label} between {c.domain[0]:.4g} and {c.domain[1]:.4g} {c.measure(units).coordinate}"
        for c in findings.potential.channels
    )
    blocks: list[Block] = [Heading("Outside the sampled range"), Paragraph(f"Sampled: {ranges}.")]
    if honesty.outside:
        severe = frozenset(k for k, f in enumerate(honesty.outside) if f.severe)
        blocks.append(Items(tuple(sentence(f.sentence) for f in honesty.outside), severe))
    return blocks
