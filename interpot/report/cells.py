"""Sentences and cells that the terminal and the page share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import sympy
from sympy.printing.pretty.pretty_symbology import pretty_symbol

from interpot.comparison import Comparison, Curve, StateCheck
from interpot.formula.channel_formula import ChannelFormula, Loss
from interpot.formula.expression import names_in, parse_expression
from interpot.formula.mixing import RuleTest
from interpot.formula.named_forms import FORMS
from interpot.formula.notation import one_line
from interpot.formula.potential import Potential
from interpot.formula.quantity import half_width, with_error
from interpot.report.words import VERDICT_MARKS, raised, readable, resolved, sentence, short, typeset
from interpot.statistic.objective import RESOLUTION
from interpot.units import UnitStyle


def interval_sentence(potential: Potential) -> str:
    """Say what the errors in brackets mean."""
    times, freedom = half_width(1.0, potential.freedom), potential.freedom
    source = f"{freedom:.0f} degrees of freedom" if np.isfinite(freedom) else "independent residuals"
    sums = potential.provenance.get("systematic")
    windows = (
        "; they hold what sums over windows may err by, so that they are rather too large" if sums else ""
    )
    return f"(n): standard error; 95 % intervals are ±{times:.3g} of them ({source}){windows}"


def formula_line(expression: sympy.Expr) -> str:
    """Write a formula on a line, with the letters of its symbols: "4·ε·(-σ⁶/r⁶ + σ¹²/r¹²)"."""
    return raised(one_line(expression))


def formula_text(text: str) -> str:
    """Write a formula in sympy's notation so, or letter by letter where it is none."""
    try:
        symbols = {name: sympy.Symbol(name, real=True) for name in names_in(text)}
        return formula_line(parse_expression(text, symbols))
    except (ValueError, SyntaxError):
        return readable(text)


def zero_sentence(channel: ChannelFormula, units: UnitStyle) -> str:
    """Say where φ vanishes and where it ends; of friction, what it is."""
    if channel.kind == "friction":
        return "Rayleigh's dissipation function of the speed: the force is −φ′(v) against the velocity"
    unit = units.length_unit
    end = f"{channel.cutoff:.6g} {unit}"
    if not channel.ends:
        where = f", counted from ({', '.join(f'{x:.6g}' for x in channel.centre)}) {unit}"
        return f"a field that goes on{where if any(channel.centre) else ''}; forces fix no constant of φ"
    who, feel = ("pairs", "interact") if channel.kind == "pair" else ("particles", "feel the wall")
    if channel.zero == "infinity":
        return f"φ(∞) = 0; {who} from {end} on do not {feel}"
    return f"φ = 0 at the cutoff, {end}; {who} beyond do not {feel}"


def criterion(potential: Potential) -> str:
    """What candidates were compared by: the name of their error."""
    return "weighted error" if len(potential.provenance.get("weights", ())) > 1 else potential.loss.name


def resolution(error: str, loss: Loss | None = None) -> float:
    """Relative errors of this name below which the sums over the frames cannot tell one from none.

    What rounding may have done to the sums of these data is known with their loss.
    """
    if error == "energy error":
        return 0.0
    return RESOLUTION if loss is None or np.isnan(loss.resolution) else max(loss.resolution, RESOLUTION)


def resolution_sentence(loss: Loss) -> str:
    """Say why errors are given as bounds; nothing where none is."""
    least = resolution(loss.name, loss)
    if not any(error < least for error in (loss.formula, loss.ceiling, loss.cross_validated)):
        return ""
    return f"{short(least, 2)} is the resolution of the sums over the frames: smaller errors are below it, not known."


def loss_badge(loss: Loss) -> str:
    """The error of the fit in a few words."""
    return f"{loss.name} {resolved(loss.formula, resolution(loss.name, loss), 2)}"


def _counted(front: pd.DataFrame, which: pd.Series) -> str:
    """How many of these formulas the data cannot tell from the chosen one, by channel: " (Ne-Ne 3, Ne-Xe none)"."""
    found = front["indistinguishable"] & which
    if "channel" not in front:
        return f" ({int(found.sum()) or 'none'})"
    counts = found.groupby(front["channel"], sort=False).sum()
    named = (f"{label} {count or 'none'}" for label, count in counts.items())
    return f" ({', '.join(named)})"


def _mark(row: Mapping[Any, Any]) -> str:
    if row["chosen"]:
        return "▸"
    if row["indistinguishable"]:
        return "⊃" if row.get("contains_chosen") else "≈"
    return "" if _is_determined(row) else "○"


def _is_determined(row: Mapping[Any, Any]) -> bool:
    """Whether no term may be zero, or the data exclude the formula even if one is."""
    return bool(row.get("determined", True) or row.get("excluded", False))


def marks_sentence(front: pd.DataFrame) -> str:
    """What the marks mean, with how many candidates of each channel have them."""
    holds = front["indistinguishable"] & front.get("contains_chosen", False)
    words = f"▸ chosen   ≈ the data cannot tell it from the chosen one{_counted(front, ~holds)}"
    if holds.any():
        words += f"   ⊃ nor this, which holds the chosen one as a special case{_counted(front, holds)}"
    if any(_mark(row) == "○" for row in front.to_dict("records")):
        words += "   ○ a term of it may be zero: passed over"
    return words


ORDER = (
    "Order: the chosen one, those that the data cannot tell from it (fewest constants first), those passed over, and "
    "those without a mark, which the data speak against, by their error on held-out data."
)
"""Said below every table of candidates."""

WORSE_BY = (
    "Worse by: in percent of the best one's error on the same held-out data, with the standard error of the "
    "difference; the data speak against a form that is worse by two of these and by the BIC, or by four."
)
"""Said where differences are shown."""


def order_sentence(front: pd.DataFrame) -> str:
    """Say how the table of candidates is ordered, and what its last column is."""
    rule = ORDER if "○" in marks_sentence(front) else ORDER.replace(" those passed over,", "")
    return f"{rule} {WORSE_BY}" if _has_differences(front) else rule


_NAMES = re.compile("|".join(re.sub(r"\\\{\w\\\}", ".+", re.escape(row.name)) for row in FORMS))


def excluded_sentence(front: pd.DataFrame) -> str:
    """Say which forms with a name the data exclude from every channel; "" if there are none.

    Where a search was restricted, forms are not fitted for their name's sake: those that were met all the same and
    are worse are named, and no more is claimed.
    """
    marks = [_mark(row) for row in front.to_dict("records")]
    possible = {form for form, mark in zip(front.form, marks, strict=True) if mark}
    named = [form for form in dict.fromkeys(front.form) if form not in possible and _NAMES.fullmatch(form)]
    excluded = {*front.form[front.get("excluded", pd.Series(False, front.index))]}
    if excluded:
        names = [form for form in named if form in excluded]
        return f"the data exclude, of the forms with a name, {', '.join(names)}" if names else ""
    if not named:
        return ""
    worse = ", ".join(named)
    return (
        f"of the forms with a name, these were tried and are worse: {worse}; others may not have been tried"
    )


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
    worse_by: str
    chosen: bool


def ranked(front: pd.DataFrame) -> pd.DataFrame:
    """Order candidates as `ORDER` says; their numbers in figure and tables are their places here."""
    places = {"▸": 0, "≈": 1, "⊃": 1, "○": 2, "": 3}
    group = [places[_mark(row)] for row in front.to_dict("records")]
    error = front["cross_validated"].fillna(front["loss"])
    few = np.where(np.array(group) == 1, front["constants"], 0)
    keys = pd.DataFrame({"group": group, "few": few, "error": error, "constants": front["constants"]})
    return front.loc[keys.sort_values([*keys], kind="stable").index].reset_index(drop=True)


ALIKE = 8
"""So many of the formulas that the data cannot tell from the chosen one are shown, the shortest first."""

_PLAIN = 1e5  # differences up to which they are written without a power of ten
_DECIMALS = 4  # of differences, so that they stand below each other; smaller ones have a power of ten


def listed(rows: pd.DataFrame, count: int) -> list[int]:
    """Places of the candidates to be shown: the chosen one, the best, `ALIKE` that may be true as well, and others.

    Those that are passed over are no more than half of these: of what is worse some should be seen, too.
    """
    marks = np.array([_mark(row) for row in rows.to_dict("records")])
    of = {mark: np.flatnonzero(marks == mark).tolist() for mark in ("▸", "○", "")}
    alike = np.flatnonzero((marks == "≈") | (marks == "⊃")).tolist()
    best = np.flatnonzero(rows.get("worse_by", pd.Series(np.nan, rows.index)) == 0).tolist()
    first = list(dict.fromkeys([*of["▸"], *best, *alike[:ALIKE]]))[:count]
    half = (count - len(first) + 1) // 2
    rest = [*of["○"][:half], *of[""], *of["○"][half:], *alike[ALIKE:]]
    return sorted(list(dict.fromkeys([*first, *rest]))[:count])


def candidates(
    front: pd.DataFrame, limit: int, error: str = "energy error", loss: Loss | None = None
) -> list[Candidate]:
    """Return the candidates of a front that are shown (`listed`).

    `error` is what they are compared by; `loss`, that of the chosen one, knows how far errors are resolved.
    """
    found, least, rows = list[Candidate](), resolution(error, loss), ranked(front)
    numbered = listed(rows, limit)
    shown = rows.iloc[numbered]
    digits = telling_digits([value for value in shown["loss"] if value >= least])
    for index, row in zip(numbered, shown.to_dict("records"), strict=True):
        found.append(
            Candidate(
                number=index + 1,
                mark=_mark(row),
                form=str(row["form"]),
                formula=str(row["formula"]),
                terms=str(row["terms"]),
                constants=str(row["constants"]),
                loss=_loss(float(row["loss"]), least, digits),
                cross_validated=resolved(least / 2, least)
                if row["cross_validated"] < least
                else typeset(with_error(float(row["cross_validated"]), float(row["stderr"]))),
                worse_by=_worse_by(row, least),
                chosen=bool(row["chosen"]),
            )
        )
    return found


def telling_digits(values: Sequence[float], most: int = 5) -> int:
    """How many significant digits, from three on, tell as many of these numbers apart as `most` do."""
    apart = len({f"{value:.{most}g}" for value in values})
    return next(d for d in range(3, most + 1) if d == most or len({f"{v:.{d}g}" for v in values}) == apart)


def _loss(loss: float, least: float, digits: int) -> str:
    if loss < least or digits == 3:
        return resolved(loss, least)
    return typeset(f"{loss:#.{digits}g}")  # with zeros at the end, as those beside it


def _has_differences(front: pd.DataFrame) -> bool:
    return "worse_by" in front and bool(np.isfinite(front["worse_by"]).any())


def _worse_by(row: Mapping[Any, Any], least: float) -> str:
    """The difference to the best one in percent of its error; a dash where it is not known or not resolved.

    An error that is not resolved is `least` at most.
    """
    difference, own = float(row.get("worse_by", np.nan)), float(row["cross_validated"])
    if not np.isfinite(difference) or (own < least and abs(difference) < least):
        return "–"
    if difference == 0:
        return "best"
    if own - difference < least:  # the best one's is not resolved
        return f"> {short(100 * (own - least) / least, 2)} %"
    percent = 100 / max(own - difference, np.finfo(np.float64).tiny)
    value, stderr = percent * difference, percent * float(row["worse_by_stderr"])
    if not stderr > 0:
        return typeset(f"{value:+.2g} %")
    decimals = int(1 - np.floor(np.log10(stderr))) - (f"{stderr:.0e}"[0] not in "12")
    if decimals > _DECIMALS or max(abs(value), stderr) > _PLAIN:
        sign = "" if value < 0 else "+"
        return f"{typeset(sign + with_error(value, stderr))} %"
    if decimals < 0:  # "+1420(120) %" rather than "+1.42(12)×10³ %"
        return typeset(f"{round(value, decimals):+.0f}({round(stderr, decimals):.0f}) %")
    return typeset(f"{value:+.{decimals}f}({round(stderr * 10.0**decimals)}) %")


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


def force_sentence(comparison: Comparison, units: UnitStyle) -> str:
    """Put the force check into words; none, no words."""
    check = comparison.forces
    if check is None:
        return ""
    unit = f"{units.energy_unit}/{units.length_unit}"
    verdict = f"{VERDICT_MARKS[check.verdict]} {check.verdict}: " if check.verdict != "not judged" else ""
    return (
        f"{verdict}forces on {check.frames} frames: relative error {short(check.relative_error, 2)}, "
        f"root mean square {short(check.rms, 2)} {unit}, worst {short(check.worst, 2)} {unit}"
        + (f" ({sentence(check.remark)})" if check.remark else "")
    )


def slower_sentence(comparison: Comparison) -> str:
    """Say what the formula costs beside the engine's own style."""
    return (
        f"step for step, the run with the formula took {short(comparison.slower, 2)} times as long as the reference "
        "with the engine's own style"
    )


def elsewhere_cells(state: StateCheck, units: UnitStyle) -> list[str]:
    """One row of the table of forces elsewhere: state, frames, error, closest pair, share of pairs closer than seen."""
    if state.forces is None:
        return [state.name, "–", "–", "–", "–"]
    return [
        state.name,
        str(state.forces.frames),
        short(state.forces.relative_error, 2),
        f"{state.shortest:.4g} {units.length_unit}",
        f"{short(100 * state.closer, 2)} %",
    ]


def value_of(curve: Curve | None) -> str:
    """Write a single number with its error, "curve" for a function, a dash for nothing."""
    if curve is None:
        return "–"
    if curve.x.size > 1:
        return "curve"
    value, error = float(curve.y[0]), float(curve.error[0])
    return typeset(with_error(value, error) if error else f"{value:.6g}")  # what is predicted has none
