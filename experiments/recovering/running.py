"""The cases: which there are, what is done in each, and the files that keep what is done."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby, product
from pathlib import Path

import numpy as np

from interpot import accumulate, discover, pair_channels
from interpot.files import atomic
from interpot.records import Cell, Frame
from interpot.units import STYLES
from interpot.version import versions
from recovering.finding import find_and_record, statistic_of
from recovering.oracle import Oracle
from recovering.potentials import POTENTIALS
from recovering.records import Case, Outcome
from recovering.simulating import Frames, drawn, load, noise_level


def cases(only: str, densities: Sequence[str], noises: Sequence[float], frames: Sequence[int]) -> list[Case]:
    """All cases of the potentials whose names match a pattern, those of one run side by side."""
    names = [name for name in POTENTIALS if fnmatch.fnmatch(name, only)]
    grid = product(names, densities, frames, noises)
    return [Case(name, density, noise, count) for name, density, count, noise in grid]


def place(case: Case, folder: Path) -> Path:
    """The file of a case."""
    return folder / "cases" / f"{case.key}.json"


def missing(asked: Sequence[Case], folder: Path) -> list[Case]:
    """Cases that have no file yet."""
    return [case for case in asked if not place(case, folder).exists()]


def run(asked: Sequence[Case], folder: Path, data: Path) -> Iterator[Case]:
    """Do the cases of one run of LAMMPS (same potential and density), each written as soon as it is there."""
    published = POTENTIALS[asked[0].potential]
    trajectory = load(published, asked[0].density, data)
    for count, group in groupby(asked, key=lambda case: case.frames):
        clean = drawn(trajectory, Case(published.name, asked[0].density, 0.0, count))
        statistic = statistic_of(published, clean)
        found, forms = find_and_record(published, statistic)
        oracle = Oracle(published, statistic, forms)
        for case in group:
            if case.noise:
                statistic = statistic_of(published, drawn(trajectory, case))
                found, forms = find_and_record(published, statistic)
            verdict = oracle.verdict(noise_level(clean.frames, case.noise), forms)
            about = {
                "versions": versions(),
                "rows": statistic.rows,
                "closest": [c.minimum for c in statistic.coverage],
            }
            write(Outcome(case, verdict, (found,), about), folder)
            yield case


@cache
def warm_up() -> None:
    """Let numba compile before anything is timed: once per process."""
    slope = -12 * (r := np.linspace(0.9, 2.0, 60)) ** -13.0 + 6 * r**-7.0
    pairs = np.zeros((60, 2, 3))
    pairs[:, 1, 0] = r
    box = Cell(np.eye(3) * 9.0, np.zeros(3), (False, False, False))
    forces = np.stack([slope, -slope], axis=1)[..., None] * np.array([1.0, 0.0, 0.0])
    kinds = np.zeros(2, dtype=np.int64)
    frames = [Frame(p, ("A",), kinds, box, forces=f) for p, f in zip(pairs, forces, strict=True)]
    dimers = Frames(frames, STYLES["lj"])
    discover(accumulate(dimers, pair_channels(dimers, 1.9), cutoffs="given"))


def write(outcome: Outcome, folder: Path) -> None:
    """Keep an outcome; the file is whole or not there."""
    path = place(outcome.case, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part:
        part.write_text(json.dumps(outcome.document(), indent=1), encoding="utf-8")


def outcomes(asked: Sequence[Case], folder: Path) -> list[Outcome]:
    """Those of the cases that are done, in their order."""
    files = [place(case, folder) for case in asked]
    return [Outcome.of(json.loads(file.read_text())) for file in files if file.exists()]
