"""Error of the constants against the width of the test functions: what a choice of the width has to find.

The form is taken as known, so that every width gives ε and σ; beside them stands which pair of powers a search among
powers takes. Every row is a line of FOLDER/widths.csv as soon as it is done, and those that are there are not done
again.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import interpot
from interpot import InterpotError
from observing.finding import FORM, POWERS, constants_errors, statistic_of
from observing.records import Case
from observing.systems import LIQUIDS

WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24)
"""Half-widths, frames."""
LONGEST, SHORTEST = 700.0, 20.0
"""Half-widths in fs beyond which none is tried: a particle forgets its force; noise is all that is seen."""


def asked(
    liquid: str, strides: Sequence[int], noises: Sequence[float], methods: Sequence[str]
) -> Iterator[Case]:
    """All widths that could do for each stride and noise."""
    for method in methods:
        for noise in noises if method == "positions" else (0.0,):
            for stride in strides:
                for width in WIDTHS:
                    case = Case(liquid, stride, noise, method, (width,))
                    half = width * case.interval
                    if (half <= LONGEST or width == 1) and (half >= SHORTEST or not noise):
                        yield case


def measure(cases: Sequence[Case], frames: int, data: Path, table: Path) -> Iterator[dict[str, object]]:
    """Measure the cases that the table does not hold."""
    begun = table.exists()
    done = set(pd.read_csv(table).key) if begun else set()
    with table.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for case in cases:
            if case.key in done:
                continue
            row = measured(case, frames, data)
            if not begun:
                writer.writerow(row)
                begun = True
            writer.writerow(row.values())
            file.flush()
            yield row


def measured(case: Case, frames: int, data: Path) -> dict[str, object]:
    """One line of the table."""
    begin = time.perf_counter()
    about: dict[str, object] = {
        "key": case.key, "liquid": case.liquid, "method": case.method, "interval_fs": case.interval,
        "noise": case.noise, "width": case.width[0], "half_width_fs": case.width[0] * case.interval, "frames": frames,
    }  # fmt: skip
    try:
        statistic = statistic_of(case, frames, data)
        errors = constants_errors(statistic, LIQUIDS[case.liquid])
        best = interpot.discover(statistic, symbolic="none", **POWERS).best
        forms = [channel.form for channel in best.channels]
        failure = ""
    except (InterpotError, np.linalg.LinAlgError) as error:
        errors, forms, failure = np.full((1, 2), np.nan), [], str(error)
    worst = np.abs(errors).max(axis=0)
    return {
        **about, "error_epsilon": worst[0], "error_sigma": worst[1], "error": worst.max(),
        "exact": bool(forms) and all(form == FORM for form in forms), "forms": "; ".join(forms),
        "seconds": time.perf_counter() - begin, "failure": failure,
    }  # fmt: skip
