"""The split of the force error (`interpot.formula.adequacy`), against noise and many-body forces that were put in."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from systems import Frames, clusters, noisy, statistic_of

from interpot.formula.adequacy import Adequacy, Share, adequacy, percent, scatter
from interpot.formula.known import known_parts, without_known
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import fit
from interpot.formula.terms import library
from interpot.records import Frame
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective

EPSILON, SIGMA, CUTOFF = 0.0103, 3.4, 9.0


def slope(r: np.ndarray) -> np.ndarray:
    s6 = (SIGMA / r) ** 6
    return np.where(r < CUTOFF, -24 * EPSILON * (2 * s6**2 - s6) / r, 0.0)


@cache
def frames() -> list[Frame]:
    return clusters(slope, frames=120, atoms=40, low=3.1, high=16.0)


def embedded(level: float) -> list[Frame]:
    """The same frames with forces of a potential Σ_i √ρ_i, ρ_i = Σ_j exp(-r_ij), as large as `level` of all."""
    many = []
    for frame in frames():
        apart = frame.positions[None] - frame.positions[:, None]
        r = np.linalg.norm(apart, axis=-1)
        np.fill_diagonal(r, 1.0)
        rho = np.exp(-r / 0.8)
        np.fill_diagonal(rho, 0.0)
        root = np.sqrt(rho.sum(axis=1))
        pull = -(0.5 / root[:, None] + 0.5 / root[None]) * rho / 0.8
        many.append(np.einsum("ij,ijx->ix", pull / r, apart))
    size, total = (np.sqrt(np.mean(np.concatenate(F) ** 2)) for F in (many, [f.forces for f in frames()]))
    return [
        replace(f, forces=f.forces + level * total / size * F) for f, F in zip(frames(), many, strict=True)
    ]


def form(terms: str, *shapes: float) -> Form:
    return Form.of(library(terms.split()), np.array(shapes)).freed([])


def split(data: list[Frame], terms: str = "power power", shapes: tuple[float, ...] = (12, 6)) -> Adequacy:
    statistic = statistic_of(Frames(data), CUTOFF)
    objective = Objective.of(statistic)
    return adequacy(statistic, objective, fit(objective, [form(terms, *shapes)]))


def without_net(data: list[Frame]) -> list[Frame]:
    return [replace(f, forces=f.forces - f.forces.mean(axis=0)) for f in data]


@pytest.mark.parametrize("level", [0.01, 0.1, 0.5])
def test_the_net_force_shows_the_noise_that_was_added(level: float) -> None:
    found = split(noisy(frames(), level, 4))
    truth = level / np.hypot(1, level)  # relative to the noisy forces
    assert found.noise is not None and found.missing_physics is not None
    assert abs(found.noise.value - truth) < 3 * found.noise.error
    assert found.noise.error < 0.1 * truth
    assert abs(found.unexplained.value - truth) < 4 * found.unexplained.error
    assert not found.missing_physics.significant and found.adequate
    assert not found.missing_form.significant
    assert not found.not_random
    assert "noise of" in found.verdict and "no pair formula" not in found.verdict


def test_the_ceiling_is_corrected_for_its_degrees_of_freedom() -> None:
    data = noisy(frames()[:6], 0.3, 2)  # 720 rows, of which a hundred and more splines take a good part
    statistic = statistic_of(Frames(data), CUTOFF)
    assert Objective.of(statistic).ceiling < 0.27
    assert split(data).unexplained.value == pytest.approx(0.3 / np.hypot(1, 0.3), rel=0.06)


def test_the_error_of_the_noise_is_its_spread() -> None:
    shares = [s.noise for seed in range(40) if (s := split(noisy(frames()[:40], 0.05, seed))).noise]
    assert len(shares) == 40
    spread = np.std([s.value for s in shares], ddof=1)
    assert np.mean([s.error for s in shares]) == pytest.approx(spread, rel=0.3)


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_forces_of_many_particles_are_missing_physics(noise: float) -> None:
    clean = embedded(0.5)
    truth = split(clean).unexplained.value  # no noise: all of it is what pair functions lack
    assert 0.05 < truth < 0.5
    found = split(noisy(clean, noise, 3) if noise else clean)
    if noise:
        assert found.noise is not None and found.missing_physics is not None
        assert found.noise.value == pytest.approx(noise, rel=0.2)
        assert found.missing_physics.value == pytest.approx(truth, rel=0.02)
        assert not found.adequate and found.verdict.startswith("no pair formula will do")
    else:  # the net force is zero to the last digit, as it is where it was removed
        assert found.noise is None and "zero to rounding" in found.reason


def test_a_net_force_that_was_removed_tells_nothing() -> None:
    found = split(without_net(noisy(frames(), 0.1, 4)))
    assert found.noise is None and found.missing_physics is None
    assert found.unexplained.value == pytest.approx(0.1, rel=0.05)
    assert "cannot be told apart" in found.verdict and "looks random" in found.verdict
    assert found.adequate  # nothing speaks against it


def test_a_field_is_not_taken_for_noise() -> None:
    found = split([replace(f, forces=f.forces + np.array([0, 0, 0.02])) for f in frames()])
    assert found.noise is None and "field" in found.reason


def test_residuals_that_persist_are_not_random() -> None:
    data = without_net(noisy(frames()[:64], 0.1, 7))
    found = split([frame for frame in data for _ in range(4)])  # 64 blocks, each of the same frame four times
    assert found.not_random and 3 < found.dispersion < 5
    assert "that is not random" in found.verdict and found.verdict.startswith("no pair formula will do")


def test_sums_over_windows_may_err_by_what_is_left() -> None:
    """Of weak forms; then a form lacks nothing that is smaller than that either."""
    found = split(without_net(embedded(0.1)))
    assert found.systematic == 0 and "the sums over windows err" not in found.verdict
    windows = replace(found, systematic=2 * found.unexplained.value)
    assert "so that the sums over windows err, which they may by" in windows.verdict
    assert "or something else acts" in windows.verdict
    shown = split(noisy(embedded(0.05), 0.01, 3))
    assert shown.missing_physics is not None and "is missing physics" in shown.verdict
    windows = replace(shown, systematic=2 * shown.missing_physics.value)
    assert "is what sums over windows err by, or missing physics" in windows.verdict
    wrong = split(frames(), "power", (12,))
    assert "the formula lacks" in wrong.verdict
    assert "the formula lacks" not in replace(wrong, systematic=2 * wrong.missing_form.value).verdict


def test_what_a_wrong_form_lacks() -> None:
    found = split(noisy(frames(), 0.02, 4), "power power", (10, 5))
    objective = Objective.of(statistic_of(Frames(frames()), CUTOFF))  # without noise
    truth = np.sqrt(fit(objective, [form("power power", 10, 5)]).misfit / objective.square)
    assert found.missing_form.significant
    assert found.missing_form.value == pytest.approx(truth, rel=0.1)
    assert "the formula lacks" in found.verdict


def test_the_dispersion_of_noise_is_one() -> None:
    ratios = []
    for seed in range(10):
        statistic = statistic_of(Frames(noisy(frames()[:40], 0.1, seed)), CUTOFF)
        made = scatter(statistic, Objective.of(statistic))
        ratios.append((made.dispersion - 1) / made.error)
        assert made.residual.sum() == pytest.approx(Objective.of(statistic).floor, rel=1e-6)
    assert abs(np.mean(ratios)) < 1 and np.std(ratios) < 1.5


def test_data_without_noise() -> None:
    found = split(frames())
    assert found.unexplained.value < 1e-6 and not found.notable


def test_one_block_and_no_net() -> None:
    statistic = statistic_of(Frames(noisy(frames()[:20], 0.1, 1)), CUTOFF)
    bare = replace(
        statistic.in_one_block(),
        blocks=replace(statistic.in_one_block().blocks, net=np.array([np.nan])),
    )
    objective = Objective.of(bare)
    found = adequacy(bare, objective, fit(objective, [form("power power", 12, 6)]))
    assert found.noise is None and "not recorded" in found.verdict
    assert np.isnan(found.dispersion) and not found.not_random


# ---------------------------------------------------------------------------- the net force in the statistic


def test_the_net_force_is_recorded_kept_and_added(tmp_path) -> None:
    data = noisy(frames()[:20], 0.1, 1)
    truth = sum(float(np.sum(f.forces.sum(axis=0) ** 2)) for f in data)
    statistic = statistic_of(Frames(data), CUTOFF)
    assert statistic.net == pytest.approx(truth, rel=1e-10)
    assert statistic.in_one_block().net == pytest.approx(truth, rel=1e-10)
    statistic.save(tmp_path / "s.h5")
    loaded = Statistic.load(tmp_path / "s.h5")
    assert np.array_equal(loaded.blocks.net, statistic.blocks.net)
    assert (loaded + statistic).net == pytest.approx(2 * truth, rel=1e-10)


def test_a_file_without_net_forces_loads(tmp_path) -> None:
    import h5py

    statistic = statistic_of(Frames(frames()[:4]), CUTOFF)
    statistic.save(tmp_path / "s.h5")
    with h5py.File(tmp_path / "s.h5", "a") as file:
        del file["net"]
    assert np.isnan(Statistic.load(tmp_path / "s.h5").net)


def test_percent() -> None:
    assert [percent(x) for x in (0.3141, 1.3, 0.0012, 2.2e-8)] == ["31 %", "130 %", "0.12 %", "2.2e-08"]
    assert not Share.of_square(0.01, 0.005).significant and Share.of_square(0.01, 0.003).significant
    assert Share.of_square(-1.0, 0.04).value == 0 and Share.of_square(0.0, 0.04).error == pytest.approx(0.2)


def test_what_is_known_already_changes_nothing() -> None:
    """Blocks are compared at the best whole functions, those of what is left and the known part together."""
    statistic = statistic_of(Frames(noisy(frames(), 0.02, 3)), CUTOFF)
    objective = Objective.of(statistic)
    parts = known_parts(f"{-4 * EPSILON * SIGMA**6}/r**6", statistic.channels, statistic.units)
    whole, rest = (
        scatter(statistic, o) for o in (objective, without_known(objective, parts, statistic.channels))
    )
    np.testing.assert_allclose(rest.residual, whole.residual, rtol=1e-6)
    assert rest.dispersion == pytest.approx(whole.dispersion, rel=1e-6)
    assert whole.dispersion == pytest.approx(1, abs=5 * whole.error)
