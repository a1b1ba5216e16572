"""The figure of errors against data: slopes that are known come back, and a stopped run goes on where it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from erring.command import summarise
from erring.data import drawn, remembering, start
from erring.law import effective_share, errors_table, slope_of, slopes_table, smallest_set, smallest_table
from erring.measuring import FORM, Measurement, measured, measurements, missing
from erring.plan import NOISE, Case, Size, scaling, smallest
from rich.console import Console

from interpot.report.terminal import Terminal

TINY = Size((32,), (2, 4), (1, 2), (1, 2, 32), 2, 2, ((1, 4, 32), (1, 2, 32)), 1)


def synthetic(case: Case, slope: float, random: np.random.Generator, persistent: float = 1.0) -> Measurement:
    """Deviations whose root mean square is 0.1 N^slope, reported so."""
    size = 0.1 * case.rows**slope * (persistent if case.memory else 1.0)
    epsilon, sigma = size * random.normal(size=2)
    about = {name: getattr(case, name) for name in Case.__dataclass_fields__}
    return Measurement(case.key, **about, rows=case.rows, form=FORM, epsilon=epsilon, sigma=sigma,
                       epsilon_error=size, sigma_error=size)  # fmt: skip


MANY = Size((4, 32, 108, 500), (2, 8, 32, 128), (1, 4, 16, 64), (1, 8, 108), 8, 200, ((1, 2, 32),), 1)


@pytest.mark.parametrize("slope", [-0.5, -0.3])
def test_a_known_slope_comes_back(slope: float) -> None:
    random = np.random.default_rng(5)
    slopes = slopes_table(errors_table([synthetic(case, slope, random) for case in scaling(MANY)]))
    assert len(slopes) == 8
    assert slopes.slope.to_numpy() == pytest.approx(slope, abs=4 * slopes.error.max())
    assert slopes.error.max() < 0.02
    assert (np.abs(slopes.from_law) < 4).all() == (slope == -0.5)


def test_the_error_of_a_slope_is_what_slopes_scatter_by() -> None:
    random, N = np.random.default_rng(7), np.geomspace(10, 1e4, 6)
    deviations = random.normal(size=(500, 20, 6)) * N**-0.5
    lines = [slope_of(N, np.sqrt(np.mean(d**2, axis=0)), np.full(6, 20.0)) for d in deviations]
    assert np.std([line.slope for line in lines]) == pytest.approx(lines[0].error, rel=0.15)


def test_persistent_noise_makes_frames_count_less() -> None:
    random = np.random.default_rng(9)
    errors = errors_table([synthetic(case, -0.5, random, persistent=2.0) for case in scaling(MANY)])
    assert effective_share(errors).share.to_numpy() == pytest.approx(0.25, rel=0.4)


@pytest.mark.parametrize("memory", [0.0, 0.5])
def test_noise_remembers_as_long_as_it_says(memory: float) -> None:
    made = remembering(np.random.default_rng(3).normal(size=(20, 40_000)), memory)
    assert made.std() == pytest.approx(1.0, rel=0.01)
    assert np.mean(made[10:15] * made[9:14]) == pytest.approx(
        np.exp(-0.1 / memory) if memory else 0, abs=0.01
    )


def test_the_smallest_set_is_below_no_failure() -> None:
    table = pd.DataFrame({"noise": 0.0, "rows": [96, 48, 24, 12], "sets": 40, "exact": [40, 38, 37, 40]})
    found = smallest_set(table, 0.0)
    assert found is not None and found["rows"] == 48
    assert smallest_set(table.assign(exact=3), 0.0) is None


def test_a_start_that_is_no_crystal_is_refused() -> None:
    assert [len(start(n).kinds) for n in (2, 4, 8, 16, 32, 108)] == [2, 4, 8, 16, 32, 108]
    with pytest.raises(ValueError, match="33 particles"):
        start(33)


# ---------------------------------------------------------------------------- the real thing


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def test_noise_is_as_strong_as_asked_and_the_same_each_time(runs: Path) -> None:
    case = Case("n", 1, 2, 32, NOISE, 0.0, 0)
    clean, noisy, again = (drawn(c, TINY, runs) for c in (replace(case, noise=0.0), case, case))
    assert [len(f.frames) for f in (clean, noisy)] == [2, 2]
    first = noisy.frames[0].forces
    assert first is not None
    np.testing.assert_array_equal(first, again.frames[0].forces)


@pytest.mark.slow
def test_a_stopped_run_gives_the_same_table(runs: Path, tmp_path: Path) -> None:
    # the costly ones, searches amid noise, come first: what is done twice is of both questions, with and without noise
    cases = sorted([*smallest(TINY), *scaling(TINY)], key=lambda case: -case.noise)
    whole, parts = tmp_path / "whole.csv", tmp_path / "parts.csv"
    made = list(measured(missing(cases, whole), TINY, runs, whole))
    assert missing(cases, whole) == []
    lines = whole.read_text().splitlines(keepends=True)
    kept = len(lines) - 4  # with the head
    parts.write_text("".join(lines[:kept]) + lines[kept][:20])  # killed while it wrote
    assert len(missing(cases, parts)) == len(cases) - (kept - 1)
    list(measured(missing(cases, parts), TINY, runs, parts))
    assert parts.read_text() == whole.read_text()
    assert [m.key for m in measurements(whole)] == [m.key for m in made]

    exact = {m.noise: m for m in made if m.question == "smallest" and m.particles == 32}
    assert exact[0.0].exact and abs(exact[0.0].sigma) < 1e-7
    noisy = [m for m in made if m.question != "smallest"]
    right = [m for m in noisy if m.form == FORM]
    # with two frames, from which no scatter of blocks is known, noise names one set in fourteen otherwise
    assert len(right) >= 0.9 * len(noisy) and all(m.form == FORM for m in noisy if m.frames > 2)
    assert all(1e-7 < abs(m.epsilon) < 0.1 for m in right)
    (tmp_path / "out").mkdir()
    summarise(made, tmp_path / "out", Terminal(Console(quiet=True)))
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert {"errors.csv", "slopes.csv", "smallest.csv", "errors.pdf", "smallest.png"} <= names
    assert smallest_table(made)["sets"].tolist() == [1, 1, 1, 1]
