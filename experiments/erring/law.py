"""How errors fall with the number of rows, against N^(-1/2), and the smallest set that gives the exact form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from erring.measuring import FORM, Measurement
from interpot.records import FloatArray

LAW = -0.5
SURE = 0.95
"""Share of the data sets of a size that must give the exact form."""
VARIED = {"n": "particles", "m": "frames", "m persistent": "frames", "l": "runs"}
"""Question → the number that is varied."""


@dataclass(frozen=True, slots=True)
class Slope:
    """A straight line in the logarithms: error = scale · N^slope.

    Attributes
    ----------
    slope, error
        Of the logarithm of the error against that of N, and its standard error.
    scale
        The error of the line at N = 1.
    """

    slope: float
    error: float
    scale: float


def slope_of(numbers: FloatArray, errors: FloatArray, repeats: FloatArray) -> Slope:
    """Fit a line to root mean squares of so many normal deviations each.

    The logarithm of a root mean square of k normal deviations has the variance 1/(2k), by which each point counts.

    Parameters
    ----------
    numbers, errors, repeats : (p,) float64
        N, the root mean square there, and k.

    Returns
    -------
    Slope
        NaN where there are fewer than two N.
    """
    if len(np.unique(numbers)) < 2:
        return Slope(np.nan, np.nan, np.nan)
    x, y, weight = np.log(numbers), np.log(errors), 2.0 * repeats
    design = np.column_stack([np.ones_like(x), x])
    covariance = np.linalg.inv(design.T @ (weight[:, None] * design))
    level, slope = covariance @ design.T @ (weight * y)
    return Slope(float(slope), float(np.sqrt(covariance[1, 1])), float(np.exp(level)))


def errors_table(measured: Sequence[Measurement]) -> pd.DataFrame:
    """For each question and size: N, root mean squares of deviations and of reported standard errors."""
    table = pd.DataFrame([m for m in map(_row, measured) if m["question"] in VARIED])
    rows = []
    for (question, number), group in table.groupby(["question", "number"], sort=True):
        right = group[group.form == FORM]
        rms = {name: float(np.sqrt(np.mean(right[name] ** 2))) for name in _NUMBERS}
        found = {"repeats": len(right), "missed": len(group) - len(right)}
        rows.append({"question": question, "number": number, "rows": group["rows"].iloc[0], **found, **rms})
    return pd.DataFrame(rows)


_NUMBERS = ("epsilon", "sigma", "epsilon_error", "sigma_error")


def _row(m: Measurement) -> dict[str, object]:
    number = getattr(m, VARIED.get(m.question, "rows"))
    return {name: getattr(m, name) for name in ("question", "rows", "form", *_NUMBERS)} | {"number": number}


def slopes_table(errors: pd.DataFrame) -> pd.DataFrame:
    """Slopes of ε and σ for each question, and how many standard errors they are from the law."""
    rows = []
    for question, group in errors.groupby("question", sort=False):
        enough = group[group.repeats > 1]
        for name in ("epsilon", "sigma"):
            N, k = enough["rows"].to_numpy(float), enough.repeats.to_numpy(float)
            line = slope_of(N, enough[name].to_numpy(float), k)
            z = (line.slope - LAW) / line.error
            rows.append(
                {
                    "question": question,
                    "constant": name,
                    "slope": line.slope,
                    "error": line.error,
                    "from_law": z,
                }
            )
    return pd.DataFrame(rows)


def effective_share(errors: pd.DataFrame, name: str = "sigma") -> pd.DataFrame:
    """Share of the frames that count where noise persists: the square of the ratio of the errors, by m."""
    white = errors[errors.question == "m"].set_index("number")[name]
    persistent = errors[errors.question == "m persistent"].set_index("number")[name]
    share = (white / persistent) ** 2
    return pd.DataFrame({"frames": share.index, "share": share.to_numpy()})


def smallest_table(measured: Sequence[Measurement]) -> pd.DataFrame:
    """For each noise and size, how many data sets gave the exact form."""
    asked = [m for m in measured if m.question == "smallest"]
    rows = []
    for key in dict.fromkeys((m.noise, m.runs, m.frames, m.particles) for m in asked):
        noise, runs, frames, particles = key
        same = [m for m in asked if (m.noise, m.runs, m.frames, m.particles) == key]
        exact = sum(m.exact for m in same)
        deviations = [max(abs(m.epsilon), abs(m.sigma)) for m in same if m.form == FORM]
        rows.append(
            {
                "noise": noise, "runs": runs, "frames": frames, "particles": particles, "rows": same[0].rows,
                "sets": len(same), "exact": exact, "worst": max(deviations, default=np.nan),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def smallest_set(table: pd.DataFrame, noise: float) -> pd.Series | None:
    """The smallest size from which on, upwards, enough of the sets give the exact form; None where none does."""
    sizes = table[table.noise == noise].sort_values("rows", ascending=False, kind="stable")
    enough = (sizes.exact / sizes.sets >= SURE).to_numpy()
    count = len(enough) if enough.all() else int(np.argmin(enough))
    return None if count == 0 else sizes.iloc[count - 1]
