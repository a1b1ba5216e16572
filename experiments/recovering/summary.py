"""What the outcomes add up to: a table of all cases, and the page that sums them up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from interpot.files import atomic
from recovering.potentials import POTENTIALS
from recovering.records import DECISIVE, RESOLVED, Outcome

EXACT = {0.0: 1.0, 0.001: 1.0, 0.01: 0.95, 0.1: 0.90}
"""Wished share of exact forms among the identifiable cases, by noise."""
IN_SET, CONSTANTS, SECONDS, SIZE = 0.95, 1e-6, 5.0, 10
"""Wished: share of truths in the set, error of constants without noise, time of a case, median size of the set."""


def table(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """One row per case and method."""
    rows = []
    for o in outcomes:
        verdict = o.verdict
        for f in o.found:
            rows.append(
                {
                    "potential": o.case.potential,
                    "kind": POTENTIALS[o.case.potential].kind,
                    "density": o.case.density,
                    "noise": o.case.noise,
                    "frames": o.case.frames,
                    "method": f.method,
                    "identifiable": verdict.identifiable,
                    "identifiable_apart": verdict.identifiable_apart,
                    "exact": f.exact,
                    "in_set": f.in_set,
                    "error": f.error,
                    "false_terms": f.false_terms,
                    "missed_terms": f.missed_terms,
                    "size": f.size,
                    "seconds": f.seconds,
                    "forms": "; ".join(f.forms.values()),
                    "margin": verdict.margin,
                    "margin_apart": verdict.margin_apart,
                    "rival": verdict.rival,
                    "resolution": verdict.resolution,
                    "reached": verdict.reached,
                    "reached_clean": verdict.reached_clean,
                    "force_error": f.force_error,
                    "failure": f.failure,
                }
            )
    return pd.DataFrame(rows)


def write(frame: pd.DataFrame, folder: Path, method: str = "exhaustive") -> tuple[Path, Path]:
    """Write results.csv and results.md."""
    csv, page = folder / "results.csv", folder / "results.md"
    with atomic(csv) as part:
        frame.to_csv(part, index=False)
    with atomic(page) as part:
        part.write_text("\n".join(markdown(frame, method)) + "\n", encoding="utf-8")
    return csv, page


def markdown(frame: pd.DataFrame, method: str = "exhaustive") -> Iterator[str]:
    """The page, line by line."""
    own = frame[frame.method == method]
    yield from ("# Recovery of published potentials", "", _about(own), "", *_share(own), "")
    yield from ("## Targets", "", *targets(own), "", "## By potential", "", *by_potential(own), "")
    if frame.method.nunique() > 1:
        yield from ("## Other methods, on the cases that each was given", "", *by_method(frame), "")
    yield from ("## Cases that miss", "", *misses(own), "", "## The potentials", "", *_references(own))


def _about(own: pd.DataFrame) -> str:
    return (
        f"{own.potential.nunique()} potentials, {len(own)} cases. A case is *identifiable* where the oracle says so: "
        f"the truth's expected BIC beats every rival's by {DECISIVE:g}, and every constant is {RESOLVED:g} standard "
        "errors from zero. *Apart* leaves out rivals that hold the truth as a special case: a constant costs ln N, "
        "which is below ten for fewer than 22,027 force components, so that ten frames of 108 particles never count."
    )


def _share(own: pd.DataFrame) -> Iterator[str]:
    yield "| noise | cases | identifiable | apart | truth reached by the search |"
    yield "|---:|---:|---:|---:|---:|"
    for noise, rows in own.groupby("noise"):
        yield (
            f"| {noise:.1%} | {len(rows)} | {rows.identifiable.mean():.0%} | {rows.identifiable_apart.mean():.0%} "
            f"| {rows.reached.mean():.0%} |"
        )


def targets(own: pd.DataFrame) -> Iterator[str]:
    """What was wished for, and what was reached."""
    yield "| target | noise | wished | reached | cases | apart | cases |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for noise, rows in own.groupby("noise"):
        strict, apart = rows[rows.identifiable], rows[rows.identifiable_apart]
        wished = EXACT.get(float(noise), 0.0)
        yield (
            f"| exact form | {noise:.1%} | {wished:.0%} | {_percent(strict.exact)} | {len(strict)} "
            f"| {_percent(apart.exact)} | {len(apart)} |"
        )
    for noise, rows in own.groupby("noise"):
        rest = rows[~rows.identifiable]
        yield (
            f"| truth in the set | {noise:.1%} | {IN_SET:.0%} | {_percent(rows.in_set)} | {len(rows)} "
            f"| not identifiable: {_percent(rest.in_set)} | {len(rest)} |"
        )
    clean = own[(own.noise == 0) & own.exact]
    yield from _bound("largest error of a constant", "0.0%", clean.error, CONSTANTS, pd.Series.max, "{:.1e}")
    yield from _bound("median size of the set", "all", own["size"], SIZE, pd.Series.median, "{:g}")
    yield from _bound("slowest case, processor s", "all", own.seconds, SECONDS, pd.Series.max, "{:.1f}")
    yield from _bound("median case, processor s", "all", own.seconds, SECONDS, pd.Series.median, "{:.1f}")


def _bound(
    what: str, noise: str, values: pd.Series, wished: float, of: Callable[..., float], style: str
) -> Iterator[str]:
    reached = style.format(of(values)) if len(values) else ""
    yield f"| {what} | {noise} | ≤ {wished:g} | {reached} | {len(values)} | | |"


def _percent(values: pd.Series) -> str:
    return f"{values.astype(float).mean():.1%}" if len(values) else ""


def by_potential(own: pd.DataFrame) -> Iterator[str]:
    """Exact forms over identifiable cases (apart), and truths in the set over all, of each potential."""
    yield "| potential | kind | identifiable | exact | exact, apart | in the set | false terms | reached | s |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|---:|"
    for name, rows in own.groupby("potential", sort=False):
        strict, apart = rows[rows.identifiable], rows[rows.identifiable_apart]
        yield (
            f"| {name} | {rows.kind.iloc[0]} | {len(strict)}/{len(rows)} | {strict.exact.sum()}/{len(strict)} "
            f"| {apart.exact.sum()}/{len(apart)} | {rows.in_set.sum()}/{len(rows)} | {rows.false_terms.mean():.2f} "
            f"| {rows.reached.sum()}/{len(rows)} | {rows.seconds.median():.1f} |"
        )


def by_method(frame: pd.DataFrame) -> Iterator[str]:
    """Methods on the cases that all of them were given."""
    key = ["potential", "density", "noise", "frames"]
    yield "| method | cases | exact, identifiable | exact, all | false terms | missed terms | force error | s |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    given = frame[frame.method != frame.method.iloc[0]][key].drop_duplicates()
    shared = frame.merge(given, on=key)
    for method, rows in shared.groupby("method", sort=False):
        strict = rows[rows.identifiable]
        yield (
            f"| {method} | {len(rows)} | {_percent(strict.exact)} | {_percent(rows.exact)} "
            f"| {rows.false_terms.mean():.2f} | {rows.missed_terms.mean():.2f} | {rows.force_error.median():.1e} "
            f"| {rows.seconds.median():.2f} |"
        )


def misses(own: pd.DataFrame) -> Iterator[str]:
    """Cases that miss a target, and where the truth was lost."""
    lost = own[(own.identifiable_apart & ~own.exact.astype(bool)) | ~own.in_set.astype(bool)]
    if not len(lost):
        yield "None."
        return
    yield "| case | identifiable | exact | in the set | found | lost by | margin, apart | rival | resolution |"
    yield "|---|---|---|---|---|---|---:|---|---:|"
    for _, r in lost.iterrows():
        label = "yes" if r.identifiable else "apart" if r.identifiable_apart else "no"
        yield (
            f"| {r.potential}, {r.density}, {r.noise:.1%}, {r.frames} | {label} | {'yes' if r.exact else 'no'} "
            f"| {'yes' if r.in_set else 'no'} | {r.forms} | {lost_by(r)} | {r.margin_apart:.3g} | {r.rival} "
            f"| {r.resolution:.2g} |"
        )


def lost_by(row: pd.Series) -> str:
    """Which step lost the truth."""
    if row.failure:
        return str(row.failure)
    if not row.reached_clean and not row.reached:
        return "library or search: not reached without noise either"
    if not row.reached:
        return "search"
    return "selection" if not row.in_set else "choice within the set"


def _references(own: pd.DataFrame) -> Iterator[str]:
    yield "| name | reference | remark |"
    yield "|---|---|---|---|"
    for name in own.potential.unique():
        p = POTENTIALS[name]
        yield f"| {name} | {p.reference} | {p.remark} |"
