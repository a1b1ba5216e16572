"""Tables: as pandas frames that become CSV files, and for the terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sympy
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sympy.printing.pretty.pretty_symbology import pretty_symbol

from interpot.files import atomic
from interpot.formula.mixing import RuleTest
from interpot.formula.potential import ChannelFormula, Potential
from interpot.formula.quantity import half_width, with_error
from interpot.records import Comparison, Curve, MdRun, Observable
from interpot.report.findings import Findings, written
from interpot.units import UnitStyle

_POINTS = 400  # rows of a tabulated potential

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


# ---------------------------------------------------------------------------- words and numbers


def raised(unit: str) -> str:
    """Write exponents of a unit as superscripts: "eV·Å^-6" becomes "eV·Å⁻⁶"; a pure number has none."""
    return "" if unit == "1" else re.sub(r"\^(-?\d+)(?![\d.])", lambda m: m[1].translate(SUPERSCRIPT), unit)


def short(value: float, digits: int = 3) -> str:
    """Write a number for people: few digits, an en dash where there is none."""
    return typeset(f"{value:.{digits}g}") if np.isfinite(value) else "–"


def typeset(number: str) -> str:
    """Write the power of ten as people do: "2.1(3)e-07" becomes "2.1(3)×10⁻⁷"."""
    raised_power = re.sub(r"e([+-]?\d+)$", lambda m: f"×10{str(int(m[1])).translate(SUPERSCRIPT)}", number)
    return raised_power.replace("-", "−")


def file_name(name: str) -> str:
    """Name the file of a quantity: "g(r) Ne-Xe" → "g_of_r_Ne-Xe", "mean-square displacement" → "msd"."""
    known = name.replace("g(r)", "g_of_r").replace("mean-square displacement", "msd")
    return re.sub(r"[^\w-]+", "_", known).strip("_") or "unnamed"


def unique_names(names: list[str]) -> list[str]:
    """File names for several quantities, numbered where two are the same."""
    taken: list[str] = []
    for name in map(file_name, names):
        number = sum(other == name or other.startswith(f"{name}.") for other in taken)
        taken.append(f"{name}.{number + 1}" if number else name)
    return taken


# ---------------------------------------------------------------------------- frames


def constants_frame(findings: Findings) -> pd.DataFrame:
    """Every constant with its error and, where the reference's value is known, its relative deviation."""
    rows = []
    for channel in findings.potential.channels:
        for parameter in channel.plain.parameters:
            unit = parameter.unit(findings.potential.units)
            truth, truth_unit = findings.true_constant(channel, parameter) or (np.nan, "")
            comparable = truth_unit == unit and truth != 0
            rows.append(
                {
                    "channel": channel.label,
                    "form": channel.form,
                    "constant": parameter.name,
                    "value": parameter.value,
                    "stderr": parameter.stderr,
                    "unit": unit,
                    "truth": truth,
                    "truth_unit": truth_unit,
                    "relative_deviation": parameter.value / truth - 1 if comparable else np.nan,
                }
            )
    return pd.DataFrame(rows)


MIXING_COLUMNS = (
    "pair", "rule", "constant", "found", "predicted", "relative_deviation", "stderr", "standard_errors",
    "probability", "held_out", "held_out_free", "held_out_errors", "verdict",
)  # fmt: skip


def mixing_frame(tests: Sequence[RuleTest]) -> pd.DataFrame:
    """One row per unlike pair, mixing rule and constant that the rule predicts.

    ``stderr`` is relative to the prediction, ``standard_errors`` the difference in those; ``probability``, the relative
    errors on ``held_out`` frames (under the rule and free) and the ``verdict`` are of all constants together.
    """
    rows = [
        (
            t.pair, t.rule, m.name, m.found, m.predicted, m.deviation, m.stderr / abs(m.predicted), m.errors,
            t.probability, t.held_out, t.held_out_free, t.held_out_errors, t.verdict,
        )
        for t in tests
        for m in t.constants
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(MIXING_COLUMNS))


def potential_frame(channel: ChannelFormula) -> pd.DataFrame:
    """φ, φ' and the force -φ' on a grid from the smallest sampled distance to the cutoff."""
    r = np.linspace(channel.domain[0], channel.cutoff, _POINTS)
    slope = channel.slope(r)
    return pd.DataFrame({"r": r, "energy": channel.energy(r), "slope": slope, "force": -slope})


def observables_frame(observables: tuple[Observable, ...]) -> pd.DataFrame:
    """One row per observable; values only where it is a single number."""
    rows = []
    for o in observables:
        single = o.found.x.size == 1
        reference = o.reference if single else None
        rows.append(
            {
                "observable": o.name,
                "unit": o.unit,
                "reference": reference.y[0] if reference else np.nan,
                "reference_error": reference.error[0] if reference else np.nan,
                "found": o.found.y[0] if single else np.nan,
                "found_error": o.found.error[0] if single else np.nan,
                "deviation": o.deviation,
                "verdict": o.verdict,
                "remark": o.remark,
            }
        )
    return pd.DataFrame(rows)


def curve_frame(observable: Observable) -> pd.DataFrame:
    """Tabulate an observable that is a function: abscissa, both values, both errors."""
    unknown = np.full_like(observable.found.y, np.nan)
    reference = observable.reference or Curve(observable.found.x, unknown, unknown)
    return pd.DataFrame(
        {
            observable.x_label or "x": observable.found.x,
            "reference": reference.y,
            "reference_error": reference.error,
            "found": observable.found.y,
            "found_error": observable.found.error,
        }
    )


def all_frames(findings: Findings) -> dict[str, pd.DataFrame]:
    """Every table of the report, by file name without ``.csv``."""
    frames = {"constants": constants_frame(findings), "pareto": findings.front}
    if findings.mixing:
        frames["mixing"] = mixing_frame(findings.mixing)
    if findings.points is not None:
        frames["points"] = findings.points
    channels = findings.potential.channels
    for name, channel in zip(unique_names([c.label for c in channels]), channels, strict=True):
        frames[f"potential_{name}"] = potential_frame(channel)
    comparison = findings.comparison
    if comparison is None:
        return frames
    frames["observables"] = observables_frame(comparison.observables)
    curves = [o for o in comparison.observables if o.found.x.size > 1]
    for name, observable in zip(unique_names([o.name for o in curves]), curves, strict=True):
        frames[name] = curve_frame(observable)
    if comparison.forces is not None:
        frames["forces"] = pd.DataFrame(
            {"reference": comparison.forces.sample_reference, "found": comparison.forces.sample_found}
        )
    for name, run in comparison.runs.items():
        frames[f"energy_{file_name(name)}"] = thermo_frame(run)
    return frames


def thermo_frame(run: MdRun) -> pd.DataFrame:
    """Tabulate the time series of a run, as the engine printed them."""
    return pd.DataFrame(dict(run.thermo))


def write_tables(frames: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write each frame to ``folder/name.csv``, with the digits that give the same doubles back."""
    for name, frame in frames.items():
        with atomic(folder / f"{name}.csv") as path:
            frame.to_csv(path, index=False)


# ---------------------------------------------------------------------------- the terminal


def print_potential(console: Console, potential: Potential) -> None:
    """Print each channel's form with its constants, domain and cutoff, and the errors."""
    table = new_table("channel", "form", "constant", ">value", "unit", ">range")
    unit = potential.units.length_unit
    for channel in (c.plain for c in potential.channels):
        reach = f"{channel.domain[0]:.3g} … {channel.domain[1]:.3g} {unit}"
        head = [channel.label, channel.form]
        for parameter in channel.parameters:
            value, of = typeset(written(parameter)), raised(parameter.unit(potential.units))
            table_row(table, [*head, pretty_symbol(parameter.name), value, of, reach])
            head, reach = ["", ""], ""
        if not channel.parameters:
            table_row(table, [*head, "", "", "", reach])
        table.add_section()
    console.print("", table)
    if any(p.stderr > 0 for p in potential.parameters):
        console.print(Text(interval_sentence(potential), style="dim"))
    console.print()
    for channel in potential.channels:
        label = f" {channel.label}" if len(potential.channels) > 1 else ""
        console.print(Text(f"φ(r){label} = {one_line(channel.plain.expression)}"))
        console.print(Text(f"  {zero_sentence(channel, unit)}", style="dim"))
    loss = potential.loss
    console.print(
        Text(
            f"{loss.name}: formula {short(loss.formula, 2)}, cross-validated {short(loss.cross_validated, 2)}"
            + (f", spline ceiling {short(loss.ceiling, 2)}" if loss.of == "forces" else "")
        )
    )
    for name, error in loss.beside.items():
        console.print(Text(f"{name}: formula {short(error, 2)} of how they vary per particle"))


def criterion(potential: Potential) -> str:
    """What candidates were compared by: the name of their error."""
    return "weighted error" if len(potential.provenance.get("weights", ())) > 1 else potential.loss.name


def interval_sentence(potential: Potential) -> str:
    """Say what the errors in brackets mean."""
    times, freedom = half_width(1.0, potential.freedom), potential.freedom
    source = f"{freedom:.0f} degrees of freedom" if np.isfinite(freedom) else "independent residuals"
    return f"(n): standard error; 95 % intervals are ±{times:.3g} of them ({source})"


def one_line(expression: sympy.Expr) -> str:
    """Write a formula on a line, with the letters of its symbols: "4·ε·(-σ⁶/r⁶ + σ¹²/r¹²)"."""
    names = {symbol: sympy.Symbol(pretty_symbol(symbol.name)) for symbol in expression.free_symbols}
    return raised(str(expression.xreplace(names)).replace("**", "^")).replace("*", "·")


def zero_sentence(channel: ChannelFormula, unit: str) -> str:
    """Say where φ vanishes and where it ends."""
    end = f"{channel.cutoff:.6g} {unit}"
    if channel.zero == "infinity":
        return f"φ(∞) = 0; pairs from {end} on do not interact"
    return f"φ = 0 at the cutoff, {end}; pairs beyond do not interact"


def print_front(console: Console, front: pd.DataFrame, limit: int = 12, error: str = "force error") -> None:
    """Print the best candidates by their error: ▸ the chosen, ≈ those that the data cannot tell from it."""
    channels = "channel" in front
    names = ["channel"] if channels else []
    table = new_table(*names, "", "form", ">constants", f">{error}", ">cross-validated")
    for label, group in front.groupby("channel", sort=False) if channels else [("", front)]:
        head = [str(label)] if channels else []
        for row in candidates(group, limit):
            cells: list[str | Text] = [
                *head,
                row.mark,
                row.form,
                row.constants,
                row.loss,
                row.cross_validated,
            ]
            table_row(table, cells, bold=row.chosen)
            head = [""] if channels else []
        table.add_section()
    console.print("", table)
    rest = "the others are worse on held-out frames and by the BIC, or have a term that may be zero"
    console.print(Text(f"{marks_sentence(front)}; {rest}\n", style="dim"))


def _counted(front: pd.DataFrame, which: pd.Series) -> str:
    """How many of these formulas the data cannot tell from the chosen one, by channel: " (Ne-Ne 3, Ne-Xe none)"."""
    found = front["indistinguishable"] & which
    if "channel" not in front:
        return f" ({int(found.sum()) or 'none'})"
    counts = found.groupby(front["channel"], sort=False).sum()
    named = (f"{label} {count or 'none'}" for label, count in counts.items())
    return f" ({', '.join(named)})"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One row of the Pareto front in words, for terminal and page."""

    number: int
    mark: str
    form: str
    formula: str
    terms: str
    constants: str
    loss: str
    cross_validated: str
    chosen: bool


def ranked(front: pd.DataFrame) -> pd.DataFrame:
    """Order candidates by their loss; their numbers in figure and tables are their places here."""
    return front.sort_values(["loss", "constants"], kind="stable").reset_index(drop=True)


def candidates(front: pd.DataFrame, limit: int) -> list[Candidate]:
    """Return the first rows of a front, and the chosen one wherever it stands."""
    found = []
    for index, row in enumerate(ranked(front).to_dict("records")):
        if index >= limit and not row["chosen"]:
            continue
        found.append(
            Candidate(
                number=index + 1,
                mark=_mark(row),
                form=str(row["form"]),
                formula=str(row["formula"]),
                terms=str(row["terms"]),
                constants=str(row["constants"]),
                loss=short(float(row["loss"])),
                cross_validated=typeset(with_error(float(row["cross_validated"]), float(row["stderr"]))),
                chosen=bool(row["chosen"]),
            )
        )
    return found


def _mark(row: Mapping[Any, Any]) -> str:
    if row["chosen"]:
        return "▸"
    return ("⊃" if row.get("contains_chosen") else "≈") if row["indistinguishable"] else ""


def marks_sentence(front: pd.DataFrame) -> str:
    """What the marks mean, with how many candidates of each channel have them."""
    holds = front["indistinguishable"] & front.get("contains_chosen", False)
    words = f"▸ chosen   ≈ the data cannot tell it from the chosen one{_counted(front, ~holds)}"
    return (
        f"{words}   ⊃ it holds the chosen one as a special case{_counted(front, holds)}"
        if holds.any()
        else words
    )


def print_mixing(console: Console, tests: Sequence[RuleTest]) -> None:
    """Print one row per unlike pair and mixing rule: how far the constants are off, and the verdict."""
    if not tests:
        return
    table = new_table("pair", "mixing rule", "off by", ">p", ">held-out error", "verdict")
    last = ""
    for pair, *words, verdict in map(mixing_cells, tests):
        mark, colour = _VERDICTS[verdict]
        table_row(table, ["" if pair == last else pair, *words, Text(f"{mark} {verdict}", style=colour)])
        last = pair
    console.print(table)
    free = short(tests[0].held_out_free, 4)
    console.print(Text(f"held-out error: under the rule; without it {free}\n", style="dim"))


def mixing_cells(test: RuleTest) -> list[str]:
    """One test in words: pair, rule, deviations with their errors, probability, held-out error, verdict."""
    deviations = ", ".join(
        f"{pretty_symbol(m.name)} {percent(m.deviation, m.stderr / abs(m.predicted))}" for m in test.constants
    )
    probability = "< 10⁻⁹" if test.probability < 1e-9 else short(test.probability, 2)
    return [test.pair, test.rule, deviations, probability, short(test.held_out, 4), test.verdict]


def percent(share: float, stderr: float) -> str:
    """Write a share with its error in per cent, to four decimals at most: "+12.1(3) %"."""
    if abs(share) < 5e-7 and stderr < 5e-7:
        return "0 %"
    text = with_error(100 * share, 100 * stderr) if stderr > 5e-7 else f"{100 * share:.4f}"
    return f"{'' if share < 0 else '+'}{typeset(text)} %"


_VERDICTS = {
    "agrees": ("✓", "green"),
    "differs": ("✗", "red"),
    "excluded": ("✗", "red"),
    "nearly holds": ("≈", "green"),
    "cannot tell": ("?", "yellow"),
}


def verdict_mark(verdict: str) -> str:
    """Return the sign of a verdict, so that colour is not the only one."""
    return _VERDICTS.get(verdict, ("?", ""))[0]


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Print the force check and one row per observable, with its verdict."""
    if comparison.forces is not None:
        console.print(Text(force_sentence(comparison, comparison.units)))
    table = new_table("observable", ">reference", ">found", "unit", ">dev./error", "verdict")
    for o in comparison.observables:
        mark, colour = _VERDICTS.get(o.verdict, ("?", ""))
        verdict = Text(f"{mark} {o.verdict}", style=colour)
        table_row(
            table,
            [
                o.name,
                value_of(o.reference),
                value_of(o.found),
                raised(o.unit),
                short(o.deviation, 2),
                verdict,
            ],
        )
    console.print("", table)
    for o in comparison.observables:
        if o.remark and o.verdict != "agrees":
            console.print(Text(f"{o.name}: {o.remark}", style="dim"))


def force_sentence(comparison: Comparison, units: UnitStyle) -> str:
    """Put the force check into words; none, no words."""
    check = comparison.forces
    if check is None:
        return ""
    unit = f"{units.energy_unit}/{units.length_unit}"
    return (
        f"forces on {check.frames} frames: relative error {short(check.relative_error, 2)}, "
        f"root mean square {short(check.rms, 2)} {unit}, worst {short(check.worst, 2)} {unit}"
    )


def value_of(curve: Curve | None) -> str:
    """Write a single number with its error, "curve" for a function, a dash for nothing."""
    if curve is None:
        return "–"
    if curve.x.size > 1:
        return "curve"
    return typeset(with_error(float(curve.y[0]), float(curve.error[0])))


def new_table(*columns: str) -> Table:
    """Make a table without vertical lines; names that start with ">" align to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=False)
    for name in columns:
        right = name.startswith(">")
        table.add_column(name.removeprefix(">"), justify="right" if right else "left", overflow="fold")
    return table


def table_row(table: Table, cells: list[str | Text], bold: bool = False) -> None:
    """Add a row; text from users is no markup."""
    style = "bold" if bold else ""
    table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell), style=style) for cell in cells))
