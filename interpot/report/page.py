"""The page a supervisor would read: what was found, how well it explains the data, how it behaves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sympy.printing.pretty.pretty_symbology import pretty_symbol

from interpot.files import atomic, writable_folder
from interpot.formula.mixing import EXCLUDED, RULES, SLIGHT, TELLING
from interpot.formula.potential import Loss
from interpot.records import Comparison, Observable
from interpot.report import curve, figures, tables
from interpot.report.findings import Findings, written
from interpot.report.limits_page import adequacy_part, limits_section
from interpot.report.markup import Gallery, Html, badge, formula, page, table
from interpot.report.tables import raised, short, typeset
from interpot.version import VERSION

_CANDIDATES = 14  # rows of a front on the page


def write_report(findings: Findings, folder: Path) -> Path:
    """Write ``report.html``, ``figures/*.png|pdf`` and ``tables/*.csv`` into a folder.

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
    tables.write_tables(tables.all_frames(findings), folder / "tables")
    gallery = Gallery(folder / "figures")
    body = [
        _head(findings),
        _potential(findings, gallery),
        _forces(findings, gallery),
        _front(findings, gallery),
        limits_section(findings, gallery),
        _mixing(findings, gallery),
        _remarks(findings),
        _proof(findings, gallery),
        _origin(findings),
    ]
    with atomic(folder / "report.html") as path:
        path.write_text(page(findings.title, filter(None, body)), encoding="utf-8")
    return folder / "report.html"


def _head(findings: Findings) -> str:
    potential = findings.potential
    several = len(potential.channels) > 1
    found = "".join(
        f'<p class="lead">{f"{escape(c.label)}: " if several else ""}'
        f"{_description(potential.describe(c), c.form)}</p>"
        for c in potential.channels
    )
    badges = [badge(f"{potential.loss.name} {short(potential.loss.formula, 2)}")]
    if findings.comparison is not None:
        badges.append(_summary(findings.comparison))
    items = "".join(f"<li>{b}</li>" for b in badges)
    return f'<header><h1>{escape(findings.title)}</h1>{found}<ul class="badges">{items}</ul></header>'


def _description(sentence: str, form: str) -> str:
    """Set the form bold, and powers in numbers and units as people write them."""
    words = sentence.removeprefix(form).replace(",", " ,").split(" ")
    people = " ".join(raised(word) if "^" in word else typeset(word) for word in words).replace(" ,", ",")
    return f"<b>{escape(form)}</b>{escape(people)}"


def _summary(comparison: Comparison) -> Html:
    differing = sum(o.verdict == "differs" for o in comparison.observables)
    told = sum(o.verdict != "cannot tell" for o in comparison.observables)
    if not told:
        return badge("validation cannot tell", "cannot tell")
    if differing:
        return badge(f"{differing} of {told} observables differ", "differs")
    return badge(f"{told} of {told} observables agree", "agrees")


# ---------------------------------------------------------------------------- the potential


def _potential(findings: Findings, gallery: Gallery) -> str:
    potential = findings.potential
    formulas = "".join(formula(channel) for channel in potential.channels)
    plots = ""
    names = tables.unique_names([c.label for c in potential.channels])
    for channel, name in zip(potential.channels, names, strict=True):
        data = findings.channels.get(channel.label)
        caption = (
            f"{channel.label}. Potential φ(r) and force −φ′(r); the shaded distances were not sampled, from "
            f"{channel.cutoff:.6g} {potential.units.length_unit} on the function is zero."
        )
        if data is not None:
            caption += " Below, how often each distance was seen."
        if data is not None and data.spline is not None:
            caption += (
                " Circles: the spline, the best that any function of the distance can do; its φ is shifted "
                "to meet the formula at the largest distance, since forces fix no constant. Below right, "
                "the difference of the forces, formula − spline."
            )
        drawn = figures.potential_figure(channel, data, potential.units)
        alt = f"Potential and force of {channel.label} against distance"
        plots += gallery.figure(drawn, f"potential_{name}", caption, alt, "wide")
        if findings.points is not None:
            points = findings.points[findings.points["channel"] == channel.label]
            drawn, words = (
                curve.curve_figure(channel, points, potential.units),
                curve.curve_caption(channel.label),
            )
            plots += gallery.figure(
                drawn, f"curve_{name}", words, f"Table and formula of {channel.label}", "wide"
            )
    return (
        f'<section><h2>The potential</h2><div class="formulas">{formulas}</div>'
        f"{_constants(findings, gallery)}{plots}</section>"
    )


def _constants(findings: Findings, gallery: Gallery) -> str:
    frame = tables.constants_frame(findings)
    if frame.empty:
        return ""
    known = bool(frame["truth"].notna().any())
    rows, marked, last = [], [], ""
    constants = ((c, p) for c in findings.potential.channels for p in c.plain.parameters)
    for (channel, parameter), (_, row) in zip(constants, frame.iterrows(), strict=True):
        fresh = channel.label != last
        last = channel.label
        cells: list[object] = [
            channel.label if fresh else "",
            pretty_symbol(parameter.name),
            typeset(written(parameter)),
            raised(row["unit"]),
        ]
        if known:
            truth = f"{row['truth']:.10g} {raised(row['truth_unit'])}" if math.isfinite(row["truth"]) else "–"
            cells += [typeset(truth.strip()), short(row["relative_deviation"], 2)]
        rows.append(cells)
        marked.append("group" if fresh else "")
    columns = ["channel", "constant", ">value", "unit"]
    words = "The constants; in parentheses the standard error of the last digits"
    if known:
        columns += [">reference", ">relative deviation"]
        words += ", beside them what the reference was given"
    return table(gallery.caption(words + "."), columns, rows, marked)


# ---------------------------------------------------------------------------- forces


def _forces(findings: Findings, gallery: Gallery) -> str:
    if findings.points is not None:
        return curve.energies_section(findings.potential, findings.points, gallery)
    loss = findings.potential.loss
    rows = [
        ("closed form", short(loss.formula), "on the frames it was fitted to"),
        (
            "closed form, cross-validated",
            short(loss.cross_validated),
            "on frames its constants have not seen",
        ),
        ("spline ceiling", short(loss.ceiling), "the best that any function of the same distances can do"),
        *(
            (f"closed form, {name}", short(error), "relative to how they vary per particle")
            for name, error in loss.beside.items()
        ),
    ]
    caption = gallery.caption("Relative force error ‖F(model) − F(recorded)‖ / ‖F(recorded)‖.")
    said = "" if findings.honesty else f"<p>{escape(loss_sentence(loss))}</p>"
    body = said + table(caption, ("model", ">error", "meaning"), rows)
    if findings.honesty is not None:
        body += adequacy_part(findings.honesty, gallery)
    comparison = findings.comparison
    if comparison is not None and comparison.forces is not None:
        caption = (
            f"Force components of the found potential against those recorded ({comparison.forces.frames} "
            "frames; a sample is drawn), and their difference below."
        )
        drawn = figures.parity_figure(comparison.forces, comparison.units)
        body += gallery.figure(drawn, "parity", caption, "Parity plot of force components", "narrow")
    return f"<section><h2>How well it explains the forces</h2>{body}</section>"


def loss_sentence(loss: Loss) -> str:
    """Say what the three errors mean together."""
    if not (math.isfinite(loss.formula) and math.isfinite(loss.ceiling)):
        return "The error of the spline fit is not known, so what a better function could do is not either."
    if loss.formula <= max(1.5 * loss.ceiling, 1e-6):
        sentence = "The closed form explains the forces as well as any function of these distances can."
    else:
        ratio = loss.formula / loss.ceiling if loss.ceiling > 0 else math.inf
        more = f"{ratio:.2g} times smaller" if ratio < 1000 else "more than a thousand times smaller"
        sentence = (
            f"A free function of these distances leaves an error {more}: the closed form lacks something."
        )
    if loss.ceiling > 1e-2:
        sentence += (
            f" No function of these distances gets below {short(loss.ceiling, 2)}: the rest is noise, or "
            "interactions of more than two particles."
        )
    return sentence


# ---------------------------------------------------------------------------- Pareto front


def _front(findings: Findings, gallery: Gallery) -> str:
    front, error = findings.front, tables.criterion(findings.potential)
    if front.empty:
        return ""
    loss = findings.potential.loss
    ceiling = (
        loss.ceiling if error == loss.name else math.nan
    )  # that of the forces is none of a weighted error
    groups = front.groupby("channel", sort=False) if "channel" in front else [("", front)]
    body = ""
    names = tables.unique_names([str(label) for label, _ in groups])
    for (key, group), name in zip(groups, names, strict=True):
        label = str(key)
        of = f" for {label}" if label else ""
        caption = (
            f"Candidates{of}: {error} against number of constants. The line is the Pareto front; "
            "bars are the cross-validated errors."
        )
        drawn = figures.pareto_figure(group, ceiling, label, error)
        stem = f"pareto_{name}" if label else "pareto"
        body += gallery.figure(drawn, stem, caption, f"Pareto front{of}", "wide")
        body += _candidates(group, of, error, gallery)
    return f"<section><h2>What else was tried</h2>{body}</section>"


def _candidates(group: pd.DataFrame, of: str, error: str, gallery: Gallery) -> str:
    best = tables.candidates(group, _CANDIDATES)
    rows = [
        (
            c.number,
            c.mark,
            Html(f"{escape(c.form)}<br><small><code>{escape(c.formula)}</code></small>"),
            c.constants,
            c.loss,
            c.cross_validated,
        )
        for c in best
    ]
    words = f"The best candidates{of}: {tables.marks_sentence(group)}."
    if len(group) > len(best):
        words += f" {len(group) - len(best)} more are in the table pareto.csv."
    columns = (">no.", "", "form", ">constants", f">{error}", ">cross-validated")
    return table(gallery.caption(words), columns, rows, ["chosen" if c.chosen else "" for c in best])


# ---------------------------------------------------------------------------- mixing rules


def _mixing(findings: Findings, gallery: Gallery) -> str:
    tests = findings.mixing
    if not tests:
        return ""
    rows: list[list[object]] = []
    marked, last = list[str](), ""
    for test in tests:
        pair, rule, *words, verdict = tables.mixing_cells(test)
        source = Html(f"{escape(rule)}<br><small>{escape(RULES[rule].reference)}</small>")
        sign = badge(verdict, "differs" if verdict == "excluded" else verdict)
        rows.append(["" if pair == last else pair, source, *words, sign])
        marked.append("" if pair == last else "group")
        last = pair
    caption = gallery.caption(
        "Constants of unlike pairs against what mixing rules make of those of the like pairs: the relative "
        "difference with its standard error in the last digits, the probability p of differences as large as these "
        "if the rule holds, and the error on held-out frames of the best potential under the rule; without it "
        f"{short(tests[0].held_out_free, 4)}. A rule is excluded where p is below {EXCLUDED:g}, or below 0.05 with "
        f"held-out frames against it, and nearly holds where its constants are closer than {100 * SLIGHT:g} % all the "
        f"same; it agrees where it is neither and every interval of 95 % is narrower than {100 * TELLING:g} %."
    )
    columns = ("pair", "rule", "found − predicted", ">p", ">held-out error", "verdict")
    return f"<section><h2>Mixing rules</h2>{table(caption, columns, rows, marked)}</section>"


def _remarks(findings: Findings) -> str:
    said = findings.honesty.warnings if findings.honesty is not None else ()  # in sections of their own
    remarks = [remark for remark in findings.remarks if remark not in said]
    if not remarks:
        return ""
    items = "".join(f"<li>{escape(remark)}</li>" for remark in remarks)
    return f'<section><h2>What was decided</h2><ul class="remarks">{items}</ul></section>'


# ---------------------------------------------------------------------------- the proof


def _proof(findings: Findings, gallery: Gallery) -> str:
    comparison = findings.comparison
    if comparison is None:
        return ""
    caption = gallery.caption(
        "Observables of the run with the found potential beside the reference; the deviation is in combined "
        "standard errors, for curves the root mean square."
    )
    rows = [_observable_row(o) for o in comparison.observables]
    columns = ("observable", ">reference", ">found", "unit", ">deviation", "verdict")
    curves = [o for o in comparison.observables if o.found.x.size > 1]
    names = tables.unique_names([o.name for o in curves])
    plots = "".join(
        gallery.figure(
            figures.observable_figure(o),
            name,
            _curve_caption(o),
            f"{o.name} in both runs",
        )
        for o, name in zip(curves, names, strict=True)
    )
    if comparison.runs:
        caption_energy = (
            "Total energy since the start"
            + (" per particle" if findings.particles else "")
            + ": drift of the runs."
        )
        drawn = figures.energy_figure(comparison.runs, comparison.units, findings.particles)
        plots += gallery.figure(drawn, "energy", caption_energy, "Total energy against time")
    return (
        f"<section><h2>How it behaves</h2><p>The found potential was run by {escape(comparison.engine)}.</p>"
        f'{table(caption, columns, rows)}<div class="pair">{plots}</div></section>'
    )


def _curve_caption(observable: Observable) -> str:
    if observable.reference is None:
        return f"With the found potential: {observable.name}; the band is the standard error."
    return (
        f"Reference and found potential: {observable.name}; bands are standard errors. Below, their "
        "deviation in such errors, shaded within two."
    )


def _observable_row(observable: Observable) -> tuple[object, ...]:
    remark = f"<br><small>{escape(observable.remark)}</small>" if observable.remark else ""
    return (
        Html(f"{escape(observable.name)}{remark}"),
        tables.value_of(observable.reference),
        tables.value_of(observable.found),
        raised(observable.unit),
        short(observable.deviation, 2),
        badge(observable.verdict, observable.verdict),
    )


# ---------------------------------------------------------------------------- origin


def _origin(findings: Findings) -> str:
    facts = _flat(findings.provenance or findings.potential.provenance)
    rows = "".join(f"<tr><th scope='row'>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in facts)
    listing = f'<table class="provenance"><tbody>{rows}</tbody></table>' if rows else ""
    again = f"<p>This repeats it:</p><pre>{escape(findings.command)}</pre>" if findings.command else ""
    heading = "<h2>Where it comes from</h2>" if listing or again else ""
    units = findings.potential.units
    return (
        f"<section>{heading}{again}{listing}</section><footer>Numbers are in LAMMPS's unit style "
        f"‘{units.name}’ (energy {escape(units.energy_unit)}, length {escape(units.length_unit)}). The "
        "numbers behind the figures are in tables/, the figures as PNG and PDF in figures/. "
        f"interpot {VERSION}</footer>"
    )


def _flat(value: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    """Nested provenance as pairs of texts: versions → numpy becomes "versions, numpy"."""
    pairs: list[tuple[str, str]] = []
    for key, item in value.items():
        name = f"{above}, {key}" if above else str(key)
        if isinstance(item, Mapping):
            pairs += _flat(item, name)
        elif isinstance(item, list | tuple | np.ndarray):
            pairs.append((name, ", ".join(map(str, item))))
        else:
            pairs.append((name, str(item)))
    return pairs
