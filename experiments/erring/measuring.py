"""What a discovery from a data set is worth, and the table that keeps it: a stopped run goes on where it was."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from erring.data import CUTOFF, TRUTH, drawn
from erring.plan import Case, Size
from interpot import InterpotError, accumulate, discover, pair_channels

FORM = "Lennard-Jones 12-6"
EXACT = 1e-6
"""Relative deviation of the constants that counts as none, where the data have no noise."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One row of the table: relative deviations from the truth, and the relative standard errors that were reported."""

    key: str
    question: str
    runs: int
    frames: int
    particles: int
    noise: float
    memory: float
    repeat: int
    rows: int
    form: str
    epsilon: float
    sigma: float
    epsilon_error: float
    sigma_error: float

    @property
    def exact(self) -> bool:
        """Whether the form is right and, without noise, the constants are."""
        right = self.form == FORM
        return right and (self.noise > 0 or max(abs(self.epsilon), abs(self.sigma)) < EXACT)


def measure(case: Case, size: Size, folder: Path) -> Measurement:
    """Discover from a data set.

    Where the errors are asked for, the form is known: the library is that of powers, of which two are taken. The
    smallest set is found with the whole library.
    """
    frames = drawn(case, size, folder)
    library = {} if case.question == "smallest" else {"terms": ["power"], "max_terms": 2}
    about = asdict(case) | {"key": case.key, "rows": case.rows}
    try:
        statistic = accumulate(frames, pair_channels(frames, CUTOFF), cutoffs="given")
        channel = discover(statistic, symbolic="none", **library).best.channel()  # type: ignore[arg-type]
    except InterpotError as error:  # too few data is an answer, too
        return Measurement(**about, form=f"none: {error}", **dict.fromkeys(_NUMBERS, np.nan))
    made = {p.name: p for p in channel.parameters} if channel.form == FORM else {}
    numbers = {name: made[name].value / true - 1 if made else np.nan for name, true in TRUTH.items()}
    errors = {f"{name}_error": made[name].stderr / true if made else np.nan for name, true in TRUTH.items()}
    return Measurement(**about, form=channel.form, **numbers, **errors)


_NUMBERS = ("epsilon", "sigma", "epsilon_error", "sigma_error")


def missing(cases: Iterable[Case], table: Path) -> list[Case]:
    """Cases that the table does not hold; a line that was cut short does not count and is taken away."""
    done = set(read_table(table).key) if whole(table) else set()
    return [case for case in cases if case.key not in done]


def whole(table: Path) -> bool:
    """Take a last line without its end away; tell whether the table is there."""
    if not table.exists():
        return False
    text = table.read_text(encoding="utf-8")
    if not text.endswith("\n"):
        table.write_text(text[: text.rfind("\n") + 1], encoding="utf-8")
    return table.stat().st_size > 0


def measured(cases: Iterable[Case], size: Size, folder: Path, table: Path) -> Iterator[Measurement]:
    """Measure one case after the other, each written as soon as it is there."""
    begun = whole(table)
    with table.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(Measurement)])
        if not begun:
            writer.writeheader()
        for case in cases:
            made = measure(case, size, folder)
            writer.writerow(asdict(made))
            file.flush()
            yield made


def read_table(table: Path) -> pd.DataFrame:
    """All measurements."""
    return pd.read_csv(table)


def measurements(table: Path) -> list[Measurement]:
    """All measurements as records."""
    return [Measurement(**row) for row in read_table(table).to_dict("records")]  # type: ignore[misc]
