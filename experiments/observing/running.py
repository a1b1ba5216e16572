"""The cases: which there are, and the files that keep what is done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from interpot.files import atomic
from observing.finding import POWERS, find
from observing.records import PLAN, Case, Outcome
from observing.systems import TIMESTEP

FILTERS = (3, 4, 5, 7, 10, 15)
"""Half-widths, frames, among which the smoothing filter is given the best one, judged by the truth."""

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
        outcome = _smoothed(case, frames, data) if case.method == "smoothed" else find(case, frames, data)
        path = place(case, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path) as part:
            part.write_text(json.dumps(outcome.document(), indent=1), encoding="utf-8")
        yield outcome


def _smoothed(case: Case, frames: int, data: Path) -> Outcome:
    """Give the filter the width whose constants are nearest to the truth: no user could choose better."""
    tried = [
        Case(case.liquid, case.stride, case.noise, case.method, (half,)) for half in case.width or FILTERS
    ]
    errors = {one: find(one, frames, data, POWERS).force_error for one in tried}
    known = {one: error for one, error in errors.items() if error == error} or errors
    best = min(known, key=known.__getitem__)
    return replace(find(best, frames, data), case=case)


def outcomes(asked: Sequence[Case], folder: Path) -> list[Outcome]:
    """Those of the cases that are done, in their order."""
    done = [place(case, folder) for case in asked if place(case, folder).exists()]
    return [Outcome.of(json.loads(path.read_text(encoding="utf-8"))) for path in done]
