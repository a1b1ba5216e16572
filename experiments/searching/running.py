"""The cases: which there are, what is done in each, and the files that keep what is done."""

from __future__ import annotations

import fnmatch
import json
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from interpot.files import atomic
from interpot.statistic.normal_equations import Statistic
from interpot.version import versions
from searching.asking import ALONE, ask
from searching.forms import FORMS
from searching.judging import Judge
from searching.methods import METHODS
from searching.records import Answer, Case, Outcome, Published
from searching.simulating import statistic


def cases(patterns: Sequence[str], methods: Sequence[str], noises: Sequence[float]) -> list[Case]:
    """All cases of the forms whose names match any of the patterns, method by method, the quick ones first."""
    names = [name for name in FORMS if any(fnmatch.fnmatch(name, p) for p in patterns)]
    return [Case(name, noise, method) for method, noise, name in product(methods, noises, names)]


def place(case: Case, folder: Path) -> Path:
    """The file of a case."""
    return folder / "cases" / f"{case.key}.json"


def missing(asked: Sequence[Case], folder: Path) -> list[Case]:
    """Cases that have no file yet."""
    return [case for case in asked if not place(case, folder).exists()]


def warm_up(case: Case, folder: Path) -> None:
    """Let numba compile before anything is timed."""
    ask(statistic(FORMS[case.form], 0.0, folder / "data"), "grammar,operon", 1.0, 0, **ALONE)


def run(case: Case, folder: Path, seconds: float, seed: int) -> Outcome:
    """Do one case and keep it; the file is whole or not there."""
    published, data = FORMS[case.form], folder / "data"
    clean, given = (statistic(published, noise, data) for noise in (0.0, case.noise))
    begin = time.process_time()
    answer = METHODS[case.method](given, seconds, seed)
    processor = time.process_time() - begin
    return _kept(judged(case, published, clean, given, answer, processor), folder)


def judge_again(outcome: Outcome, folder: Path) -> Outcome:
    """Judge an answer that is there already by the rules as they stand."""
    published, data = FORMS[outcome.case.form], folder / "data"
    clean, given = (statistic(published, noise, data) for noise in (0.0, outcome.case.noise))
    processor = outcome.about.get("processor", float("nan"))
    return _kept(judged(outcome.case, published, clean, given, outcome.answer, processor), folder)


def _kept(outcome: Outcome, folder: Path) -> Outcome:
    path = place(outcome.case, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part:
        part.write_text(json.dumps(outcome.document(), indent=1), encoding="utf-8")
    return outcome


def judged(
    case: Case, published: Published, clean: Statistic, given: Statistic, answer: Answer, processor: float
) -> Outcome:
    """Hold an answer against the truth; `processor` are the seconds of this process, all its threads together."""
    judge, seen = Judge.of(published, clean, given), given.coverage[0]
    about = {
        "versions": versions(),
        "rows": given.rows,
        "closest": seen.minimum,
        "farthest": seen.maximum,
        "processor": processor,
    }
    return Outcome(
        case, answer, judge.own, judge.truth.complexity, len(judge.truth.symbols),
        None if answer.chosen is None else judge.judge(answer.chosen),
        judge.best(answer.front), about,
    )  # fmt: skip


def outcomes(asked: Sequence[Case], folder: Path) -> list[Outcome]:
    """Those of the cases that are done, in their order."""
    done = [place(case, folder) for case in asked if place(case, folder).exists()]
    return [Outcome.of(json.loads(path.read_text(encoding="utf-8"))) for path in done]
