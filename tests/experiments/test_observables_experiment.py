"""The experiment on observed motion: noise, differences and set-ups that do what they say, on tiny data."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from observing import published, systems, widths
from observing.command import given_widths, run
from observing.differences import differentiated
from observing.finding import POWERS, find
from observing.observed import noisy, observed
from observing.published import SETUPS, logarithmic, mean_field, simulated, truncated_lennard_jones
from observing.records import Case, Outcome
from observing.summary import targets
from observing.systems import LIQUIDS, TIMESTEP, file_of, recorded
from rich.console import Console

import interpot

FRAMES = 24
ARGON = LIQUIDS["argon"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    small = replace(ARGON, cells=3, cutoff=7.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(systems, "EQUILIBRATION", 500)
        patch.setitem(systems.LIQUIDS, "argon", small)
        recorded(small, 1, FRAMES, folder)
    return folder


@pytest.fixture(autouse=True)
def small_argon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(systems.LIQUIDS, "argon", replace(ARGON, cells=3, cutoff=7.5))


def test_all_files_begin_at_the_same_step_and_meet_again(data: Path) -> None:
    every, fifth = (observed(Case("argon", stride, 0.0, "recorded"), FRAMES, data) for stride in (1, 5))
    first, later = list(every), list(fifth)
    assert len(first) == len(later) == FRAMES
    np.testing.assert_array_equal(first[5].positions, later[1].positions)
    assert [frame.step for frame in later[:3]] == [0, 5, 10]
    assert file_of(10) == 5 and file_of(80) == 20


def test_noise_is_as_large_as_it_says_and_all_there_is(data: Path) -> None:
    path = recorded(systems.LIQUIDS["argon"], 5, FRAMES, data)
    made = noisy(path, 0.02)
    apart = [
        clean.unwrapped - rough.unwrapped
        for clean, rough in zip(
            interpot.read(path, units="metal"), interpot.read(made, units="metal"), strict=True
        )
    ]
    assert np.std(apart) == pytest.approx(0.02, rel=0.02)
    assert abs(np.mean(apart)) < 4 * 0.02 / np.sqrt(np.size(apart))
    rough = next(iter(interpot.read(made, units="metal")))
    assert rough.velocities is None and rough.forces is None and len(rough.kinds) == 108


def test_the_second_difference_of_every_step_is_verlets_force(data: Path) -> None:
    run = observed(Case("argon", 1, 0.0, "difference"), FRAMES, data)
    truth = [frame.forces for frame in run][1:-1]
    made = [frame.forces for frame in differentiated(run, "argon", TIMESTEP)]
    np.testing.assert_allclose(made, truth, atol=1e-7 * np.abs(truth).max())


def test_the_filter_is_exact_on_a_parabola(data: Path) -> None:
    run = list(observed(Case("argon", 1, 0.0, "smoothed"), FRAMES, data))
    units = observed(Case("argon", 1, 0.0, "smoothed"), FRAMES, data).units
    path = [
        frame.positions + 0.5 * 3.0 * (k * TIMESTEP * units.time) ** 2 for k, frame in enumerate(run[:1] * 20)
    ]
    moving = [replace(run[0], unwrapped=q) for q in path]

    class Run(list):  # type: ignore[type-arg]
        sources, units = (Path("memory"),), observed(Case("argon", 1, 0.0, "smoothed"), FRAMES, data).units

    made = differentiated(Run(moving), "argon", TIMESTEP, half_width=4)  # type: ignore[arg-type]
    assert len(made.frames) == 12
    np.testing.assert_allclose(made.frames[0].forces, 3.0 * 39.948, rtol=1e-6)


@pytest.mark.parametrize("method", ["recorded", "positions", "momenta", "difference"])
def test_every_step_gives_the_constants_that_lammps_was_given(data: Path, method: str) -> None:
    outcome = find(
        Case("argon", 1, 0.0, method, (1,) if method in ("positions", "momenta") else ()),
        FRAMES,
        data,
        POWERS,
    )
    assert outcome.exact and outcome.error < 1e-7 and outcome.force_error < 1e-7
    assert Outcome.of(outcome.document()) == outcome


def test_plain_differences_are_further_off_than_the_weak_form(data: Path) -> None:
    errors = {
        method: widths.measured(Case("argon", 20, 0.0, method, width), FRAMES, data)["error"]
        for method, width in (("positions", (4,)), ("difference", (0,)))
    }
    assert errors["positions"] < 0.02 < errors["difference"]


def test_the_command_goes_on_where_it_was_and_says_what_is_reached(data: Path, tmp_path: Path) -> None:
    asked = Namespace(
        out=tmp_path, data=data, liquids=["argon"], interval=[2.0], noise=[0.0], methods=["positions"], frames=FRAMES,
        width=["positions:2:0=1"], widths=False, published=False, share=1.0,
    )  # fmt: skip
    assert run(asked, Console(quiet=True)) == 0
    kept = next((tmp_path / "cases").iterdir())
    before = kept.stat().st_mtime_ns
    assert run(asked, Console(quiet=True)) == 0
    assert kept.stat().st_mtime_ns == before
    table = pd.read_csv(tmp_path / "results.csv")
    assert len(table) == 1 and table.exact.all() and table.error.max() < 1e-8
    assert any("reached" in line and "not reached" not in line for line in targets(table))
    assert {"results.md", "observables.png", "observables.pdf"} <= {p.name for p in tmp_path.iterdir()}


def test_widths_are_read_and_refused() -> None:
    assert given_widths(["positions:40:0.01=6,12"]) == {("positions", 20, 0.01): ((6, 12), None)}
    assert given_widths(["momenta:10:0=6/5"]) == {("momenta", 5, 0.0): ((6,), 5)}
    for wrong in ("positions=6", "positions:3:0=6", "positions:40:0=wide"):
        with pytest.raises(SystemExit, match="expected"):
            given_widths([wrong])


# ---------------------------------------------------------------------------- set-ups of others


@pytest.mark.parametrize("slope", [truncated_lennard_jones, logarithmic])
def test_mean_field_forces_are_minus_the_gradient(slope: published.Force) -> None:
    random = np.random.default_rng(4)
    x = random.normal(size=(1, 4, 2))

    def energy(x: np.ndarray) -> float:
        """Of slopes integrated from a distance of 3, over n."""
        i, j = np.triu_indices(4, 1)
        r = np.linalg.norm(x[0, i] - x[0, j], axis=-1)
        nodes, weights = np.polynomial.legendre.leggauss(400)
        grid = (3 + r[:, None]) / 2 + (r[:, None] - 3) / 2 * nodes
        return float(np.sum((r[:, None] - 3) / 2 * weights * slope(grid)) / 4)

    step, forces = 1e-4, mean_field(slope)(x)
    for k in np.ndindex(1, 4, 2):
        move = np.zeros_like(x)
        move[k] = step
        assert forces[k] == pytest.approx(
            -(energy(x + move) - energy(x - move)) / (2 * step), rel=2e-2, abs=2e-2
        )
    np.testing.assert_allclose(forces.sum(axis=1), 0, atol=1e-9)


def test_a_harmonic_trap_spreads_as_boltzmann_says(tmp_path: Path) -> None:
    setup = replace(SETUPS["double well"], frames=400)
    y = np.load(simulated(setup, 100, tmp_path))["positions"][100:, :, 1]
    assert np.var(y) == pytest.approx(1 / 3, rel=0.1)  # D/k


def test_runs_stand_behind_each_other(tmp_path: Path) -> None:
    setup = replace(SETUPS["interaction laws"], frames=11)
    archive = np.load(simulated(setup, 3, tmp_path))
    assert archive["positions"].shape == (33, 7, 2)
    assert archive["time"][[0, 10, 11, 22]] == pytest.approx([0, 1e-3, 0, 0])
    np.testing.assert_allclose(
        archive["positions"].mean(axis=1)[10], archive["positions"].mean(axis=1)[0], atol=1e-9
    )


def test_a_brownian_particle_tells_its_wells(tmp_path: Path) -> None:
    rows = published.tried(replace(SETUPS["double well"], frames=400), 40, tmp_path)
    assert {row["constant"] for row in rows} == {"D", "x_0", "k"} and all(row["exact"] for row in rows)
    assert all(abs(row["deviation"]) < 3.5 for row in rows)
    assert all(0 < row["stderr"] < 0.2 * abs(row["true"]) for row in rows)
