"""The tables of a report as pandas frames, which become CSV files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from interpot.comparison import Curve, Observable
from interpot.files import atomic
from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.mixing import RuleTest
from interpot.records import MdRun
from interpot.report.findings import Findings
from interpot.report.words import file_name, unique_names

_POINTS = 400  # rows of a tabulated potential


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
                    "unit": channel.unit(parameter, findings.potential.units) or "1",
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
    """φ, φ' and the force -φ' on a grid from the smallest sampled distance to the cutoff; of a field, where sampled."""
    r = np.linspace(channel.domain[0], channel.cutoff if channel.ends else channel.domain[1], _POINTS)
    slope = channel.slope(r)
    return pd.DataFrame({channel.variable: r, "energy": channel.energy(r), "slope": slope, "force": -slope})


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
