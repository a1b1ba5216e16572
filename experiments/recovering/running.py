"""The cases: which there are, what is done in each, and the files that keep what is done."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import cache
from itertools import groupby, product
from pathlib import Path
from typing import Any

import numpy as np

from interpot import accumulate, discover, pair_channels
from interpot.files import atomic
from interpot.records import Cell, Frame
from interpot.statistic.objective import Objective
from interpot.units import STYLES
from interpot.version import versions
from recovering import peers, uf3_fit
from recovering.finding import find_and_record, statistic_of
from recovering.oracle import Oracle
from recovering.potentials import POTENTIALS
from recovering.records import Case, Found, Outcome
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
        objective = Objective.of(statistic)
        found, forms = find_and_record(published, statistic, objective)
        oracle = Oracle(published, statistic, objective, forms)
        for case in group:
            if case.noise:
                statistic = statistic_of(published, drawn(trajectory, case))
                found, forms = find_and_record(published, statistic, objective)
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


def missing_peers(asked: Sequence[Case], folder: Path) -> list[tuple[Case, str]]:
    """Cases and methods that have no file yet."""
    pairs = ((case, method) for case in asked for method in peers.methods(case))
    return [(case, method) for case, method in pairs if not peer_place(case, method, folder).exists()]


def peer_place(case: Case, method: str, folder: Path) -> Path:
    """The file of what another method made of a case."""
    return folder / "peers" / method.replace(" ", "-") / f"{case.key}.json"


def run_peers(todo: Sequence[tuple[Case, str]], folder: Path, data: Path) -> Iterator[Case]:
    """Do what other methods miss of one run of LAMMPS."""
    first = todo[0][0]
    published = POTENTIALS[first.potential]
    trajectory = load(published, first.density, data)
    for case, group in groupby(todo, key=lambda pair: pair[0]):
        clean = Objective.of(statistic_of(published, drawn(trajectory, replace(case, noise=0.0))))
        frames = drawn(trajectory, case)
        statistic = statistic_of(published, frames)
        for _, method in group:
            if method == peers.UF3:
                found = uf3_fit.fit(published, frames, statistic.coverage[0].minimum, clean)
            else:
                found = peers.ask(method, published, statistic, clean)
            _write(asdict(found), peer_place(case, method, folder))
            yield case


def write(outcome: Outcome, folder: Path) -> None:
    """Keep an outcome; the file is whole or not there."""
    _write(outcome.document(), place(outcome.case, folder))


def _write(document: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part:
        part.write_text(json.dumps(document, indent=1), encoding="utf-8")


def outcomes(asked: Sequence[Case], folder: Path) -> list[Outcome]:
    """Those of the cases that are done, in their order, with what other methods made of them."""
    done = []
    for case in asked:
        if not place(case, folder).exists():
            continue
        outcome = Outcome.of(json.loads(place(case, folder).read_text()))
        files = [peer_place(case, method, folder) for method in peers.methods(case)]
        others = tuple(Found(**json.loads(file.read_text())) for file in files if file.exists())
        done.append(replace(outcome, found=(*outcome.found, *others)))
    return done
