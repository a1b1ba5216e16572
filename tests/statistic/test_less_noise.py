"""Forces that errors of the positions have taken away: against functions that are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from statistic_systems import lattice_gas, with_forces

from interpot.records import Frame
from interpot.statistic.accumulator import Accumulator
from interpot.statistic.channels import pair_channels
from interpot.statistic.less_noise import less_noise
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective
from interpot.trajectory.targets import Windows
from interpot.units import unit_style

METAL = unit_style("metal")
CHANNELS = pair_channels(["Ar"], 6.0)
SIGMA = 0.09


def slope(r: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return 0.3 * np.exp(-(r - 2.0) / 1.5) * np.cos(1.2 * r)


def summed(frames: list[Frame], forces: list[Frame]) -> Statistic:
    accumulator = Accumulator(CHANNELS)
    for frame, exact in zip(frames, forces, strict=True):
        assert exact.forces is not None
        accumulator.add(Windows.of(frame, exact.forces))
    return accumulator.statistic(METAL, {})


def noisier(frames: list[Frame], random: np.random.Generator, sign: int = 1) -> list[Frame]:
    return [
        replace(f, positions=f.positions + sign * SIGMA * random.normal(size=f.positions.shape))
        for f in frames
    ]


def scale_of_truth(statistic: Statistic) -> float:
    """Coefficient with which least squares finds the true function."""
    objective = Objective.of(statistic)
    r = objective.nodes[0]
    energy = np.concatenate([[0.0], np.cumsum((slope(r[1:]) + slope(r[:-1])) / 2 * np.diff(r))])
    column = objective.maps[0] @ energy
    return float(column @ objective.y / (column @ column))


@pytest.mark.parametrize("seed", [1, 2])
def test_what_noise_took_away_is_given_back(seed: int) -> None:
    random = np.random.default_rng(seed)
    clean = [with_forces(lattice_gas(random, sites=5, rattle=0.9), CHANNELS, [slope]) for _ in range(100)]
    seen = noisier(clean, random)
    statistic = summed(seen, clean)
    more = np.random.default_rng(100 + seed), np.random.default_rng(100 + seed)
    noisy = summed([*noisier(seen, more[0]), *noisier(seen, more[1], -1)], [*clean, *clean])
    corrected, size = less_noise(statistic, statistic, noisy)
    before, after = scale_of_truth(statistic), scale_of_truth(corrected)
    assert before < 0.985 and abs(after - 1) < 0.5 * abs(before - 1)
    assert 0 < size < 0.2
    np.testing.assert_array_equal(corrected.gram, statistic.gram)
    residual = [s.square - Objective.of(s).y @ Objective.of(s).y for s in (statistic, corrected)]
    assert residual[1] == pytest.approx(residual[0], rel=1e-6)


def test_no_noise_takes_nothing() -> None:
    random = np.random.default_rng(3)
    clean = [with_forces(lattice_gas(random, sites=4), CHANNELS, [slope]) for _ in range(6)]
    statistic = summed(clean, clean)
    corrected, size = less_noise(statistic, statistic, statistic)
    assert size < 1e-9
    np.testing.assert_allclose(corrected.moment, statistic.moment, rtol=1e-9, atol=1e-12)
