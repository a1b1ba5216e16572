"""A pair of species that never came within its cutoff: the others get their formulas, it gets a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from systems import Frames, brute_forces, clusters, statistic_of

from interpot import Discovery, InterpotError, discover, weighted
from interpot.proof.export import export
from interpot.proof.forces import PairForces
from interpot.statistic.normal_equations import Statistic

CUTOFF = 9.0
EPSILON = {"Ar-Ar": 0.0103, "Xe-Xe": 0.02}


def lennard_jones(epsilon: float, sigma: float = 3.4):
    def slope(r: np.ndarray) -> np.ndarray:
        s6 = (sigma / r) ** 6
        return np.where(r < CUTOFF, -24 * epsilon * (2 * s6**2 - s6) / r, 0.0)

    return slope


def apart() -> Frames:
    """Half of each cluster is argon, the other half xenon, a hundred cutoffs away."""
    made = []
    for frame in clusters(lennard_jones(1.0), frames=12, atoms=40, low=3.0, high=14.0):
        kinds = np.repeat([0, 1], 20)
        positions = frame.positions + np.where(kinds == 1, 900.0, 0.0)[:, None]
        slopes = {(0, 0): lennard_jones(EPSILON["Ar-Ar"]), (1, 1): lennard_jones(EPSILON["Xe-Xe"])}
        forces = brute_forces(positions, kinds, slopes)
        made.append(replace(frame, positions=positions, species=("Ar", "Xe"), kinds=kinds, forces=forces))
    return Frames(made)


FRAMES = apart()


@pytest.fixture(scope="module")
def statistic() -> Statistic:
    return statistic_of(FRAMES, CUTOFF)


@pytest.fixture(scope="module")
def found(statistic: Statistic) -> Discovery:
    return discover(
        statistic, terms=["power"], max_terms=2, constraints=["Ar-Xe: smooth"], known={"Ar-Xe": "1/r"}
    )


def test_the_others_are_found(found: Discovery) -> None:
    assert [c.label for c in found.best.channels] == ["Ar-Ar", "Xe-Xe"]
    for channel in found.best.channels:
        values = {p.name: p.value for p in channel.parameters}
        assert values == pytest.approx({"epsilon": EPSILON[channel.label], "sigma": 3.4}, rel=1e-7)
    assert [len(r) > 0 for r in found.splines.r] == [True, True]


def test_it_is_said_which_pair_was_left_out(found: Discovery) -> None:
    (remark,) = [sentence for sentence in found.remarks if "Ar-Xe" in sentence]
    assert remark.startswith("no Ar-Xe pair ever comes within its cutoff of 9 Å, so that it has no formula")


def test_the_statistic_keeps_the_channel_for_data_to_come(found: Discovery, tmp_path: Path) -> None:
    found.statistic.save(tmp_path / "kept.h5")
    assert [c.label for c in Statistic.load(tmp_path / "kept.h5").channels] == ["Ar-Ar", "Ar-Xe", "Xe-Xe"]


@pytest.mark.parametrize("kept", [[0, 2], [2], [2, 0], [0, 1, 2]])
def test_the_sums_of_some_channels_are_those_of_the_whole(statistic: Statistic, kept: list[int]) -> None:
    some = statistic.of_channels(kept)
    columns = np.concatenate([np.arange(statistic.gram.shape[0])[statistic.columns(c)] for c in kept])
    assert [c.label for c in some.channels] == [statistic.channels[c].label for c in kept]
    np.testing.assert_array_equal(some.gram, statistic.gram[np.ix_(columns, columns)])
    np.testing.assert_array_equal(some.moment, statistic.moment[columns])
    assert (some.square, some.rows) == (statistic.square, statistic.rows)
    assert weighted(some).square == statistic.square


def test_exports_and_forces_name_the_pair_without_a_formula(found: Discovery, tmp_path: Path) -> None:
    with pytest.raises(InterpotError, match=r"no (channel|formula for) Ar-Xe"):
        export(found.best, "lammps", tmp_path / "potential.lammps")
    with pytest.raises(InterpotError, match=r"no (channel|formula for) Ar-Xe"):
        PairForces(found.best)(FRAMES.frames[0])


def test_where_no_pair_met_at_all_it_is_an_error() -> None:
    with pytest.raises(InterpotError, match=r"no pair of Ar-Ar, Ar-Xe, Xe-Xe ever .* cutoff of 0\.5 Å"):
        discover(statistic_of(FRAMES, 0.5))


def test_the_cutoffs_of_the_others_are_looked_for(statistic: Statistic) -> None:
    found = statistic_of(FRAMES, CUTOFF, find="find")
    np.testing.assert_allclose(found.square, statistic.square)
