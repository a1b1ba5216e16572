"""The page a supervisor would read: what was found, how well it explains the data, how it behaves."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from interpot.files import writable_folder
from interpot.formula.channel_formula import Loss
from interpot.formula.mixing import EXCLUDED, RULES, SLIGHT, TELLING
from interpot.report import frames
from interpot.report.cells import (
    candidates,
    criterion,
    excluded_sentence,
    formula_text,
    marks_sentence,
    mixing_cells,
    order_sentence,
    resolution,
)
from interpot.report.curve import energies_section
from interpot.report.document import (
    RENDERERS,
    Badge,
    Badges,
    Block,
    Cell,
    Code,
    Document,
    Entry,
    Facts,
    Heading,
    Items,
    Lead,
    Panel,
    Paragraph,
    Plots,
    Table,
)
from interpot.report.findings import Findings
from interpot.report.limits_page import limits_section
from interpot.report.origin import facts_of
from interpot.report.pareto import pareto_figure
from interpot.report.potential_page import potential_section
from interpot.report.proof_page import badges, exports_section, forces_section, observables_section
from interpot.report.style import save, settle
from interpot.report.words import raised, sentence, short, typeset, unique_names
from interpot.table import load_row
from interpot.version import VERSION

_CANDIDATES = 14  # rows of a front on the page


def write_report(findings: Findings, folder: Path) -> Path:
    """Write ``report.html``, ``report.pdf``, ``figures/*.png|pdf`` and ``tables/*.csv`` into a folder.

    Parameters
    ----------
    findings
        Everything that is shown.
    folder
        Made if it is not there; earlier reports in it are replaced file by file.

    Returns
    -------
    Path
        Of report.html, one file that needs nothing else: no network, no scripts, no file beside it.

    Raises
    ------
    InterpotError
        The folder cannot be written to.
    """
    for part in (folder, folder / "figures", folder / "tables"):
        writable_folder(part)
    frames.write_tables(frames.all_frames(findings), folder / "tables")
    made = document(findings)
    for panel in made.panels:
        settle(panel.figure)
        save(panel.figure, folder / "figures", panel.name)
    for suffix in RENDERERS:
        load_row(RENDERERS, suffix, "format of a report")(made, folder / f"report.{suffix}")
    return folder / "report.html"


def document(findings: Findings) -> Document:
    """Say once what every format of the report shows."""
    blocks = [
        *_head(findings),
        *potential_section(findings),
        *(forces_section(findings) if findings.points is None else energies_section(findings)),
        *_front(findings),
        *limits_section(findings),
        *_mixing(findings),
        *_remarks(findings),
        *observables_section(findings),
        *exports_section(findings),
        *_origin(findings),
    ]
    return Document(findings.title, blocks)


def _head(findings: Findings) -> list[Block]:
    potential = findings.potential
    several = len(potential.channels) > 1
    leads = [
        Lead(
            f"{c.label}: " if several else "", c.form, _constants(potential.describe(c).removeprefix(c.form))
        )
        for c in potential.channels
    ]
    return [*leads, Badges(badges(findings))]


def _constants(described: str) -> str:
    """Powers in numbers and units as people write them."""
    words = described.replace(",", " ,").split(" ")
    return " ".join(raised(word) if "^" in word else typeset(word) for word in words).replace(" ,", ",")


# ---------------------------------------------------------------------------- Pareto front


def _front(findings: Findings) -> list[Block]:
    front, error, loss = findings.front, criterion(findings.potential), findings.potential.loss
    if front.empty:
        return []
    ceiling = (
        loss.ceiling if error == loss.name else math.nan
    )  # that of the forces is none of a weighted error
    groups = front.groupby("channel", sort=False) if "channel" in front else [("", front)]
    blocks: list[Block] = [Heading("What else was tried")]
    names = unique_names([str(label) for label, _ in groups])
    for (key, group), name in zip(groups, names, strict=True):
        label = str(key)
        of = f" for {label}" if label else ""
        caption = (
            f"Candidates{of}: {error} against number of constants. The line is the Pareto front; "
            "bars are the cross-validated errors."
        )
        least = resolution(error, loss)
        if (group["loss"] < least).any():
            caption += f" What is below {short(least, 2)} is not resolved (shaded)."
        drawn = pareto_figure(group, ceiling, label, error, least)
        panel = Panel(drawn, f"pareto_{name}" if label else "pareto", f"Pareto front{of}")
        blocks += [
            _candidates(group, of, error, loss),
            Plots(caption, (panel,)),
        ]  # tables break, figures float
    return blocks


def _candidates(group: pd.DataFrame, of: str, error: str, loss: Loss) -> Table:
    best = candidates(group, _CANDIDATES, error, loss)
    rows = tuple(
        (
            str(c.number),
            c.mark,
            Cell(c.form, formula_text(c.formula), code=True),
            c.constants,
            c.loss,
            c.cross_validated,
            c.worse_by,
        )
        for c in best
    )
    words = f"The best candidates{of}: {marks_sentence(group)}. {order_sentence(group)}"
    if excluded := excluded_sentence(group):
        words += f" {excluded[0].upper()}{excluded[1:]}."
    if len(group) > len(best):
        words += f" {len(group) - len(best)} more are in the table pareto.csv."
    columns = (">no.", "", "form", ">constants", f">{error}", ">cross-validated", ">worse by")
    return Table(words, columns, rows, tuple("chosen" if c.chosen else "" for c in best))


# ---------------------------------------------------------------------------- mixing rules


def _mixing(findings: Findings) -> list[Block]:
    tests = findings.mixing
    if not tests:
        return []
    rows: list[tuple[Entry, ...]] = []
    marked, last = list[str](), ""
    for test in tests:
        pair, rule, *words, verdict = mixing_cells(test)
        source = Cell(rule, RULES[rule].reference)
        rows.append(("" if pair == last else pair, source, *words, Badge(verdict, verdict)))
        marked.append("" if pair == last else "group")
        last = pair
    caption = (
        "Constants of unlike pairs against what mixing rules make of those of the like pairs: the relative "
        "difference with its standard error in the last digits, the probability p of differences as large as these "
        "if the rule holds, and the error on held-out frames of the best potential under the rule; without it "
        f"{short(tests[0].held_out_free, 4)}. A rule is excluded where p is below {EXCLUDED:g}, or below 0.05 with "
        f"held-out frames against it, and nearly holds where its constants are closer than {100 * SLIGHT:g} % all the "
        f"same; it agrees where it is neither and every interval of 95 % is narrower than {100 * TELLING:g} %."
    )
    columns = ("pair", "rule", "found − predicted", ">p", ">held-out error", "verdict")
    return [Heading("Mixing rules"), Table(caption, columns, tuple(rows), tuple(marked))]


def _remarks(findings: Findings) -> list[Block]:
    said = findings.honesty.warnings if findings.honesty is not None else ()  # in sections of their own
    remarks = tuple(sentence(remark) for remark in findings.remarks if remark not in said)
    return [Heading("What was decided"), Items(remarks)] if remarks else []


# ---------------------------------------------------------------------------- origin


def _origin(findings: Findings) -> list[Block]:
    origin = findings.provenance or findings.potential.provenance
    told = {"remarks", "command"} if findings.command else {"remarks"}  # elsewhere on the page
    facts = tuple(
        fact for fact in facts_of(origin, findings.potential.units) if fact[1] and fact[0] not in told
    )
    blocks: list[Block] = [Heading("Where it comes from")] if facts or findings.command else []
    if findings.command:
        blocks += [Paragraph("This repeats it:"), Code(findings.command)]
    if facts:
        blocks.append(Facts(facts))
    units = findings.potential.units
    note = (
        f"Numbers are in LAMMPS's unit style ‘{units.name}’ (energy {units.energy_unit}, length "
        f"{units.length_unit}). The numbers behind the figures are in tables/, the figures as PNG and PDF in figures/. "
        f"interpot {VERSION}"
    )
    return [*blocks, Paragraph(note, small=True)]
