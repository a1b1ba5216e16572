"""Results as a table, and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from interpot.files import atomic
from searching.forms import FORMS
from searching.judging import AS_OWN, CLOSE, SAME
from searching.records import Judgement, Outcome

WISHED = {0.0: 0.8, 0.01: 0.5}
"""Share of the forms that were to be reached, by noise."""

STATES = ("exact form", "forces as near as wished, no longer than the truth", "missed")


def table(done: Sequence[Outcome]) -> pd.DataFrame:
    """One row per case."""
    rows = []
    for outcome in done:
        case, answer = outcome.case, outcome.answer
        row: dict[str, object] = {
            "form": case.form, "noise": case.noise, "method": case.method, "truth_constants": outcome.constants,
            "truth_complexity": outcome.complexity, "own_error": outcome.own,
        }  # fmt: skip
        row |= _columns(outcome.chosen, "") | _columns(outcome.front, "front_")
        row |= {
            "seconds": answer.seconds, "search_seconds": answer.search,
            "processor_seconds": outcome.about.get("processor", float("nan")), "candidates": len(answer.front),
            "formula": answer.chosen.text if answer.chosen else "", "failure": answer.failure,
        }  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows)


def _columns(judgement: Judgement | None, prefix: str) -> dict[str, object]:
    j = judgement or Judgement(False, False, float("nan"), 0, 0)
    state = 0 if j.exact else 1 if j.good else 2
    values = {
        "state": state, "exact": j.exact, "reached": j.reached, "error": j.error, "complexity": j.complexity,
        "constants": j.constants,
    }  # fmt: skip
    return {prefix + name: value for name, value in values.items()}


def write(frame: pd.DataFrame, folder: Path, absent: Mapping[str, str]) -> tuple[Path, Path]:
    """Write results.csv and results.md."""
    csv, page = folder / "results.csv", folder / "results.md"
    with atomic(csv) as part:
        frame.to_csv(part, index=False)
    with atomic(page) as part:
        part.write_text("\n".join(markdown(frame, absent)) + "\n", encoding="utf-8")
    return csv, page


def markdown(frame: pd.DataFrame, absent: Mapping[str, str]) -> Iterator[str]:
    """The page, line by line."""
    yield from ("# Reach of the symbolic search", "", _about(frame), "", *shares(frame), "")
    yield from (f"{name} was not run: {why}." for name, why in absent.items())
    for noise, rows in frame.groupby("noise"):
        yield from ("", f"## Noise {noise:.1%}", "", *_forms(rows))
    yield from ("", "## Chosen formulas", "", *_formulas(frame), "", "## The forms", "", *_references(frame))


def _about(frame: pd.DataFrame) -> str:
    return (
        f"{frame.form.nunique()} published forms that are no sum of the library's terms, each on frames of a run of "
        "LAMMPS. The moves of the grammar were settled looking at those called *known*; the *blind* ones were added "
        "after, and nothing was changed because of them. "
        f"*Exact*: no more constants than the truth, forces as near to it as those of the true form fitted to "
        f"the same data (within {SAME:g}, or {AS_OWN:g} times its error), and within {SAME:g} once the constants are "
        f"refitted to the forces without noise. *Near*: force error against the truth without noise below {CLOSE:g} or "
        f"{AS_OWN:g} times that of the true form fitted to the same data, at no greater complexity than the truth's. "
        "*Shown*: the same of the best formula among all from which the method chose."
    )


def shares(frame: pd.DataFrame) -> Iterator[str]:
    """How many of the forms each method reached."""
    yield (
        "| forms | method | noise | number | exact | exact or near | wished | shown | median error | median s "
        "| longest s | median processor s |"
    )
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    kinds = frame.form.map(lambda name: "blind" if FORMS[name].blind else "known").rename("kind")
    for (kind, method, noise), rows in frame.groupby([kinds, "method", "noise"], sort=False):
        wished = WISHED.get(float(noise))
        yield (
            f"| {kind} | {method} | {noise:.1%} | {len(rows)} | {rows.exact.mean():.0%} | {rows.reached.mean():.0%} "
            f"| {'' if wished is None else f'{wished:.0%}'} | {rows.front_reached.mean():.0%} "
            f"| {rows.error.median():.1e} | {rows.seconds.median():.0f} | {rows.seconds.max():.0f} "
            f"| {rows.processor_seconds.median():.0f} |"
        )


def _forms(rows: pd.DataFrame) -> Iterator[str]:
    methods = list(dict.fromkeys(rows.method))
    yield "| form | constants | complexity | own error | " + " | ".join(methods) + " |"
    yield "|---|---:|---:|---:|" + "---|" * len(methods)
    for form, own in rows.groupby("form", sort=False):
        first = own.iloc[0]
        cells = [_cell(own[own.method == method]) for method in methods]
        yield (
            f"| {form} | {first.truth_constants} | {first.truth_complexity} | {first.own_error:.1e} | "
            + " | ".join(cells)
            + " |"
        )


def _cell(found: pd.DataFrame) -> str:
    if not len(found):
        return ""
    row = found.iloc[0]
    if row.failure:
        return "none"
    word = ("exact", "near", "")[row.state]
    shown = f"; shown: {('exact', 'near')[row.front_state]}" if row.front_state < row.state else ""
    return f"{word} {row.error:.1e} ({row.complexity}){shown}".strip()


def _formulas(frame: pd.DataFrame) -> Iterator[str]:
    yield "| form | noise | method | formula |"
    yield "|---|---:|---|---|"
    for _, row in frame.iterrows():
        yield f"| {row.form} | {row.noise:.1%} | {row.method} | {f'`{row.formula}`' if row.formula else row.failure} |"


def _references(frame: pd.DataFrame) -> Iterator[str]:
    yield "| form | φ(r) | reference | remark |"
    yield "|---|---|---|---|"
    for name in frame.form.unique():
        p = FORMS[name]
        yield f"| {name} | `{p.formula}` | {p.reference} | {p.remark} |"
