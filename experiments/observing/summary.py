"""Results as a table, and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from interpot.files import atomic
from observing.records import Outcome
from observing.systems import LIQUIDS

WISHED = (
    ("positions", 2.0, 0.0, 1e-8),
    ("positions", 10.0, 0.0, 2e-4),
    ("positions", 40.0, 0.0, 5e-4),
    ("positions", 80.0, 0.0, 1e-2),
    ("momenta", 40.0, 0.0, 1e-3),
    ("positions", 10.0, 0.001, 3e-3),
    ("positions", 10.0, 0.01, 2e-2),
)
"""Method, interval in fs, noise over σ, and the relative error of the constants that was to be reached."""

TITLES = {
    "recorded": "recorded forces", "momenta": "momenta, weak form", "positions": "positions, weak form",
    "difference": "positions, second difference", "smoothed": "positions, Savitzky-Golay",
}  # fmt: skip


def table(done: Sequence[Outcome], frames: int) -> pd.DataFrame:
    """One row per case."""
    rows = []
    for outcome in done:
        row = {
            name: value for name, value in asdict(outcome).items() if name not in ("case", "forms", "chosen")
        }
        case = outcome.case
        rows.append(
            {
                "liquid": case.liquid, "method": case.method, "interval_fs": case.interval, "noise": case.noise,
                "frames": frames, "chosen": str(outcome.chosen), "width": ",".join(map(str, outcome.chosen.width)),
                "substeps": outcome.chosen.substeps, "estimated_noise": outcome.chosen.noise, **row,
                "within_2_sigma": outcome.deviation <= 2 if outcome.exact else None,
                "forms": "; ".join(outcome.forms.values()),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def write(frame: pd.DataFrame, folder: Path) -> tuple[Path, Path]:
    """Write results.csv and results.md."""
    csv, page = folder / "results.csv", folder / "results.md"
    with atomic(csv) as part:
        frame.to_csv(part, index=False)
    with atomic(page) as part:
        part.write_text("\n".join(markdown(frame)) + "\n", encoding="utf-8")
    return csv, page


def markdown(frame: pd.DataFrame) -> Iterator[str]:
    """The page, line by line."""
    yield from ("# Formulas from positions and momenta, against stride and noise", "", _about(frame), "")
    yield from (
        "## What was wished for",
        "",
        *targets(frame),
        "",
        *verdict(frame),
        "",
        "## All cases",
        "",
        *rows(frame),
        "",
    )
    yield from (
        "## The liquids",
        "",
        *(f"- {name}: {LIQUIDS[name].source}" for name in frame.liquid.unique()),
    )


def _about(frame: pd.DataFrame) -> str:
    return (
        f"{frame.frames.iloc[0]} frames in each case, of one run of velocity Verlet at 2 fs in LAMMPS. Noise is "
        "Gaussian, on each coordinate, over the least σ. *Constants* is the largest relative error of an ε or σ where "
        "the form is exact, *form known* the same where it need not be found, *stated* the largest relative standard "
        "error that interpot gives, *off* the largest error over its own standard error, *forces* the root mean square "
        "error of the formula's forces on a clean frame. *Chosen* is what interpot took from the data: half-width of "
        "the windows in frames, parts of the time between frames, errors of the positions. It was told the step of "
        "the integrator and the masses. The filter has the width "
        "that suits the truth best, and the searches after the filter and the second difference end at two terms."
    )


def targets(frame: pd.DataFrame) -> Iterator[str]:
    """What was wished for, and what was reached."""
    yield "| liquid | method | every | noise | wished | constants | |"
    yield "|---|---|---:|---:|---:|---:|---|"
    for liquid, cases in frame.groupby("liquid", sort=False):
        for method, interval, noise, wished in WISHED:
            mine = cases[(cases.method == method) & (cases.interval_fs == interval) & (cases.noise == noise)]
            for r in mine.itertuples():
                word = "reached" if r.exact and r.error <= wished else "not reached"
                yield (
                    f"| {liquid} | {TITLES[method]} | {interval:g} fs | {noise:.1%} | {wished:g} "
                    f"| {_number(r.error)} | {word} |"
                )


def verdict(frame: pd.DataFrame) -> Iterator[str]:
    """Say how many wishes are reached, and which are not and why."""
    lines = [line.split("|") for line in list(targets(frame))[2:]]
    missed = [line for line in lines if line[-2].strip() != "reached"]
    yield f"{len(lines) - len(missed)} of {len(lines)} are reached." + (" Not reached:" if missed else "")
    yield ""
    for _, liquid, method, every, noise, _, constants, *_ in missed:
        why = "the constants are too far off" if constants.strip() else "the form that was found is another"
        yield f"- {liquid.strip()}, {method.strip()}, every {every.strip()}, noise {noise.strip()}: {why}"


def rows(frame: pd.DataFrame) -> Iterator[str]:
    """All cases."""
    yield "| liquid | method | every | noise | chosen | form | constants | form known | stated | off | forces | s |"
    yield "|---|---|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|"
    for r in frame.itertuples():
        form = "exact" if r.exact else r.failure.splitlines()[0][:60] if r.failure else r.forms
        yield (
            f"| {r.liquid} | {TITLES[r.method]} | {r.interval_fs:g} fs | {r.noise:.1%} | {r.chosen} | {form} "
            f"| {_number(r.error)} | {_number(r.known)} | {_number(r.stderr)} | {_number(r.deviation, '.1f')} "
            f"| {_number(r.force_error)} "
            f"| {r.seconds:.0f} |"
        )


def _number(value: float, style: str = ".1e") -> str:
    return "" if value != value else format(value, style)
