"""The cases: which there are, and the files that keep what is done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from interpot.files import atomic
from observing.finding import constants_errors, find, statistic_of
from observing.records import PLAN, Case, Outcome
from observing.systems import LIQUIDS, TIMESTEP

FILTERS = (3, 4, 5, 7, 10, 15)
"""Half-widths, frames, among which the smoothing filter is given the best one, judged by the truth."""

TWO_TERMS: dict[str, Any] = {"max_terms": 2}
"""What other ways to the force are searched with: more terms than the truth has could only mislead them further."""

Widths = Mapping[tuple[str, int, float], tuple[tuple[int, ...], int | None]]
"""(method, stride, noise) → half-widths and substeps that are to be used; interpot's own choice elsewhere."""


def cases(
    liquids: Sequence[str],
    strides: Sequence[int],
    noises: Sequence[float],
    methods: Sequence[str],
    widths: Widths,
) -> list[Case]:
    """Those of the plan that are asked for."""
    made = []
    for liquid in liquids:
        for planned, of_noises, intervals in PLAN[liquid]:
            for method, noise, interval in product(planned, of_noises, intervals):
                stride = round(interval * 1e-3 / TIMESTEP)
                if method in methods and noise in noises and stride in strides:
                    width = widths.get((method, stride, noise), ((), None))
                    made.append(Case(liquid, stride, noise, method, *width))
    return made


def place(case: Case, folder: Path) -> Path:
    """The file of a case."""
    return folder / "cases" / f"{case.key}.json"


def missing(asked: Sequence[Case], folder: Path) -> list[Case]:
    """Cases that have no file yet."""
    return [case for case in asked if not place(case, folder).exists()]


def run(asked: Sequence[Case], frames: int, folder: Path, data: Path) -> Iterator[Outcome]:
    """Do what is missing, each kept as soon as it is done; files are whole or not there."""
    for case in missing(asked, folder):
        if case.method == "smoothed":
            case_of_filter = replace(case, width=(_best_filter(case, frames, data),))
            outcome = replace(find(case_of_filter, frames, data, TWO_TERMS), case=case)
        else:
            outcome = find(case, frames, data, TWO_TERMS if case.method == "difference" else None)
        path = place(case, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path) as part:
            part.write_text(json.dumps(outcome.document(), indent=1), encoding="utf-8")
        yield outcome


def _best_filter(case: Case, frames: int, data: Path) -> int:
    """Half-width whose constants are nearest to the truth: no user could choose better."""
    errors = {}
    for half in case.width or FILTERS:
        statistic = statistic_of(replace(case, width=(half,)), frames, data)
        errors[half] = np.abs(constants_errors(statistic, LIQUIDS[case.liquid])).max()
    return min(errors, key=lambda half: np.nan_to_num(errors[half], nan=np.inf))


def outcomes(asked: Sequence[Case], folder: Path) -> list[Outcome]:
    """Those of the cases that are done, in their order."""
    done = [place(case, folder) for case in asked if place(case, folder).exists()]
    return [Outcome.of(json.loads(path.read_text(encoding="utf-8"))) for path in done]
