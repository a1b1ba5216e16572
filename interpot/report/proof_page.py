"""The sections on forces, observables and exports: how well it explains the data, how it behaves, where it runs."""

from __future__ import annotations

import math

from interpot.comparison import Comparison, ForceCheck, Observable
from interpot.formula.channel_formula import Loss
from interpot.report import figures
from interpot.report.cells import (
    elsewhere_cells,
    loss_badge,
    resolution,
    resolution_sentence,
    slower_sentence,
    value_of,
)
from interpot.report.document import Badge, Block, Cell, Entry, Heading, Panel, Paragraph, Plots, Table
from interpot.report.findings import Findings
from interpot.report.limits_page import adequacy_part
from interpot.report.target_words import ERRORS, motion_behind, told
from interpot.report.words import raised, resolved, sentence, short, unique_names
from interpot.trajectory.motion import RECORDED
from interpot.units import UnitStyle


def badges(findings: Findings) -> tuple[Badge, ...]:
    """What was measured in this run: forces, forces elsewhere, observables; else the error of the fit."""
    comparison, loss = findings.comparison, findings.potential.loss
    if comparison is None:
        return (Badge(loss_badge(loss)),)
    check = comparison.forces
    if check is None:
        where = "" if findings.discovered else "where it was found: "
        shown = [Badge(f"{where}{loss_badge(loss)}")]
    else:
        words = f"force error {short(check.relative_error, 2)} on {check.frames} frames"
        shown = [Badge(words, "" if check.verdict == "not judged" else check.verdict)]
        shown += [Badge(loss_badge(loss))] if loss.of != "forces" else []
    judged = [state.verdict for state in comparison.elsewhere if state.verdict in ("agrees", "differs")]
    if "differs" in judged:
        words = f"forces differ in {judged.count('differs')} of {len(judged)} other states"
        shown.append(Badge(words, "differs"))
    return (*shown, summary(comparison))


def summary(comparison: Comparison) -> Badge:
    """How many observables agree, of all that were judged."""
    verdicts = [o.verdict for o in comparison.observables]
    agreeing, differing, untold = (verdicts.count(word) for word in ("agrees", "differs", "cannot tell"))
    total, rest = agreeing + differing + untold, f", {untold} cannot tell" if untold else ""
    if not agreeing + differing:
        return Badge("validation cannot tell", "cannot tell")
    if differing:
        return Badge(f"{differing} of {total} observables differ{rest}", "differs")
    return Badge(f"{agreeing} of {total} observables agree{rest}", "agrees")


# ---------------------------------------------------------------------------- forces


def forces_section(findings: Findings) -> list[Block]:
    """Errors on the frames at hand and on those of the fit, where they come from, and the parity plot."""
    honesty, comparison = findings.honesty, findings.comparison
    blocks: list[Block] = [Heading("How well it explains the forces")]
    motion, units = motion_behind(findings.potential.provenance), findings.potential.units
    if motion != RECORDED:
        source = told(motion, units, findings.potential.provenance.get("spacing"))
        blocks.append(Paragraph(f"{source[:1].upper()}{source[1:]}."))
    if findings.discovered and honesty is None:
        blocks.append(Paragraph(loss_sentence(findings.potential.loss)))
    blocks.append(_errors(findings))
    if honesty is not None:
        blocks += adequacy_part(honesty)
    if comparison is not None and comparison.forces is not None:
        blocks.append(_parity(comparison.forces, comparison.units))
    if comparison is not None and comparison.elsewhere:
        blocks.append(_elsewhere(comparison))
    return blocks


def _errors(findings: Findings) -> Table:
    """What was measured on frames, then what the fit tells."""
    loss, comparison = findings.potential.loss, findings.comparison
    least = resolution(loss.name, loss)
    where = "" if findings.discovered else "where it was found: "
    rows: list[tuple[Entry, ...]] = []
    if comparison is not None and comparison.forces is not None:
        check = comparison.forces
        found = Cell("formula against recorded forces", sentence(check.remark))
        measured = f"measured in this run on {check.frames} frames"
        meaning: Entry = (
            measured
            if check.verdict == "not judged"
            else Badge(f"{check.verdict}: {measured}", check.verdict)
        )
        rows.append((found, short(check.relative_error), meaning))
    rows += [
        ("closed form", resolved(loss.formula, least), f"{where}on the frames it was fitted to"),
        ("closed form, cross-validated", resolved(loss.cross_validated, least),
         f"{where}on frames its constants have not seen"),
        ("spline ceiling", resolved(loss.ceiling, least),
         f"{where}the best that any function of the same distances can do"),
        *(
            (f"closed form, {name}", short(error), f"{where}relative to how they vary per particle")
            for name, error in loss.beside.items()
        ),
    ]  # fmt: skip
    motion = motion_behind(findings.potential.provenance)
    caption = f"{ERRORS[motion.target]} {resolution_sentence(loss)}".strip()
    if comparison is not None and comparison.forces is not None and motion != RECORDED:
        caption += (
            " The first row is of the forces that the frames hold, ‖F(model) − F(recorded)‖ / ‖F(recorded)‖."
        )
    return Table(caption, ("model", ">error", "meaning"), tuple(rows))


def _parity(check: ForceCheck, units: UnitStyle) -> Plots:
    caption = (
        f"Left: force components of the found potential against those recorded ({check.frames} "
        "frames; a sample is drawn). Right: their differences by the size of the recorded component; circles are "
        "root mean squares with their standard errors over consecutive parts of the frames."
    )
    panels = (
        Panel(figures.parity_figure(check, units), "parity", "Parity plot of force components"),
        Panel(
            figures.residual_figure(check, units),
            "residuals",
            "Residuals of force components against their size",
        ),
    )
    return Plots(caption, panels)


def _elsewhere(comparison: Comparison) -> Table:
    """Forces in states that the potential was not fitted to."""
    caption = (
        "Forces of the found potential against those of the reference where it was not fitted: on frames that its own "
        "run reached, at other temperatures and densities, and on trajectories kept apart. ‘Closer than seen’ is the "
        "share of the pairs that are closer than any in the data."
    )
    rows: list[tuple[Entry, ...]] = []
    for state in comparison.elsewhere:
        name, *numbers = elsewhere_cells(state, comparison.units)
        rows.append((Cell(name, sentence(state.remark)), *numbers, Badge(state.verdict, state.verdict)))
    columns = (
        "state",
        ">frames",
        ">relative error",
        ">closest pair",
        ">closer than seen",
        "verdict",
    )
    return Table(caption, columns, tuple(rows))


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


# ---------------------------------------------------------------------------- observables


def observables_section(findings: Findings) -> list[Block]:
    """Every observable with its verdict, and the curves two a row."""
    comparison = findings.comparison
    if comparison is None:
        return []
    caption = (
        "Observables of the run with the found potential beside the reference; the deviation is in combined "
        "standard errors, for curves the root mean square."
    )
    columns = ("observable", ">reference", ">found", "unit", ">deviation", "verdict")
    blocks: list[Block] = [
        Heading("How it behaves"),
        Paragraph(_run_sentence(comparison)),
        Table(caption, columns, tuple(map(_row, comparison.observables))),
    ]
    curves = [o for o in comparison.observables if o.found.x.size > 1]
    names = unique_names([o.name for o in curves])
    panels = [
        Panel(figures.observable_figure(o), name, f"{o.name} in both runs")
        for o, name in zip(curves, names, strict=True)
    ]
    words = (
        "Reference and found potential; bands are standard errors. Below each, their deviation in combined standard "
        "errors, shaded up to the limit within which its root mean square agrees."
    )
    if comparison.runs:
        each = " per particle" if findings.particles else ""
        words += f" Total energy{each}: its change since the start of each run."
        drawn = figures.energy_figure(comparison.runs, comparison.units, findings.particles)
        panels.append(Panel(drawn, "energy", "Total energy against time"))
    return [*blocks, Plots(words, tuple(panels))] if panels else blocks


def _run_sentence(comparison: Comparison) -> str:
    ran = f"The found potential was run by {comparison.engine}"
    return f"{ran}; {slower_sentence(comparison)}." if math.isfinite(comparison.slower) else f"{ran}."


def _row(observable: Observable) -> tuple[Entry, ...]:
    return (
        Cell(observable.name, observable.remark),
        value_of(observable.reference),
        value_of(observable.found),
        raised(observable.unit),
        short(observable.deviation, 2),
        Badge(observable.verdict, observable.verdict),
    )


# ---------------------------------------------------------------------------- exports


def exports_section(findings: Findings) -> list[Block]:
    """What each export gave when its target evaluated it."""
    if not findings.exports:
        return []
    rows: tuple[tuple[Entry, ...], ...] = tuple(
        (
            e.target,
            Cell(e.file, e.engine),
            str(e.frames),
            *(short(deviation, 2) for deviation in (e.energy, e.forces, e.virial, e.tolerance)),
        )
        for e in findings.exports
    )
    caption = (
        "Exports, each evaluated by its target on sampled frames: the largest deviations from the formula itself, "
        "relative to root mean squares, and what is tolerated."
    )
    columns = ("target", "file, evaluated by", ">frames", ">energy", ">forces", ">virial", ">tolerance")
    return [Heading("Where it runs"), Table(caption, columns, rows)]
