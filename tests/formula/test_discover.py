"""From the statistic to the potential: what comes out where there is little, much or nothing to find."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from systems import Frames, clusters, noisy, scaled, statistic_of

from interpot import Discovery, InterpotError, Potential, discover
from interpot.formula.assembly import one_standard_error
from interpot.units import STYLES

EPSILON, SIGMA, CUTOFF = 0.0103, 3.4, 9.0
LJ = "Lennard-Jones 12-6"


def slope(r: np.ndarray) -> np.ndarray:
    """φ' of Lennard-Jones, truncated where the channel ends."""
    s6 = (SIGMA / r) ** 6
    return np.where(r < CUTOFF, -24 * EPSILON * (2 * s6**2 - s6) / r, 0.0)


FRAMES = clusters(slope, frames=12, atoms=40, low=3.0, high=14.0)


def found_in(frames: list, units: str = "metal", cutoff: float = CUTOFF, **options) -> Discovery:
    return discover(statistic_of(Frames(frames, STYLES[units]), cutoff), **options)


def constants(found: Discovery) -> dict[str, float]:
    return {p.name: p.value for p in found.best.channel().parameters}


@pytest.fixture(scope="module")
def argon() -> Discovery:
    return found_in(FRAMES)


# ---------------------------------------------------------------------------- what comes out


def test_the_truth(argon: Discovery) -> None:
    assert argon.best.channel().form == LJ
    assert constants(argon) == pytest.approx({"epsilon": EPSILON, "sigma": SIGMA}, rel=1e-8)
    assert argon.best.loss.formula < 1e-8
    assert argon.remarks == ()


def test_the_front_tells_what_was_tried(argon: Discovery) -> None:
    front = argon.front
    assert front.chosen.sum() == 1
    row = front[front.chosen].iloc[0]
    assert (row.channel, row.form, row.constants, row.terms) == ("Ar-Ar", LJ, 2, 2)
    assert not (front.chosen & front.indistinguishable).any()
    assert (front.constants.diff().dropna() >= 0).all()
    for _, group in front.groupby("constants"):
        assert (group.loss.diff().dropna() >= 0).all()
    assert row.loss == argon.best.loss.formula


def test_domain_and_cutoff_are_those_of_the_data(argon: Discovery) -> None:
    channel = argon.best.channel()
    distances = np.concatenate(
        [np.linalg.norm(f.positions[:, None] - f.positions, axis=-1)[np.triu_indices(40, 1)] for f in FRAMES]
    )
    inside = distances[distances < CUTOFF]
    assert channel.domain == pytest.approx((inside.min(), inside.max()), rel=1e-14)
    assert channel.cutoff == CUTOFF


def test_it_is_the_same_every_time(argon: Discovery) -> None:
    again = found_in(FRAMES)
    assert constants(again) == constants(argon)
    assert again.front.equals(argon.front)


def test_the_potential_is_complete(argon: Discovery, tmp_path) -> None:
    found = discover(argon.statistic, provenance={"command": "pytest"})
    assert found.best.provenance["command"] == "pytest" and found.best.provenance["frames"] == 12
    errors = [p.stderr for p in found.best.parameters]
    assert np.sqrt(np.diag(found.best.covariance)) == pytest.approx(errors, rel=1e-12)
    found.best.save(tmp_path / "potential.json")
    assert Potential.load(tmp_path / "potential.json").channels == found.best.channels


def test_the_splines_are_the_truth(argon: Discovery) -> None:
    inner = argon.splines.r[0] < 0.97 * CUTOFF  # the ends are seen by few pairs
    r = argon.splines.r[0][inner]
    assert np.abs(argon.splines.slope[0][inner] - slope(r)).max() < 1e-5 * np.abs(slope(r)).max()


def test_progress_is_told() -> None:
    lines: list[str] = []
    found_in(FRAMES[:3], progress=lines.append, max_terms=2)
    assert len(lines) == 5 and any("Ar-Ar: trying all formulas of up to 2 terms" in line for line in lines)


# ---------------------------------------------------------------------------- scales


@cache
def unscaled(level: float) -> Discovery:
    return found_in(noisy(FRAMES, level, seed=3) if level else FRAMES, max_terms=2)


@pytest.mark.parametrize(
    ("units", "length", "energy"),
    [("metal", 1, 1e-6), ("metal", 1, 1e6), ("lj", 1 / SIGMA, 1 / EPSILON), ("lj", 1e-3, 1)],
)
@pytest.mark.parametrize("level", [0.0, 0.05])
def test_scales_change_nothing(units: str, length: float, energy: float, level: float) -> None:
    frames = noisy(FRAMES, level, seed=3) if level else FRAMES
    one = unscaled(level)
    other = found_in(scaled(frames, length, energy), units, CUTOFF * length, max_terms=2)
    assert other.best.channel().form == one.best.channel().form
    for p, q in zip(one.best.parameters, other.best.parameters, strict=True):
        scale = energy**p.energy * length**p.length
        assert q.value == pytest.approx(p.value * scale, rel=1e-8)
        if level:
            assert q.stderr == pytest.approx(p.stderr * scale, rel=1e-5)
    if level:
        assert other.best.loss.formula == pytest.approx(one.best.loss.formula, rel=1e-8)
        assert other.best.loss.cross_validated == pytest.approx(one.best.loss.cross_validated, rel=1e-6)


@pytest.mark.parametrize("units", ["real", "si", "nano", "electron"])
def test_results_are_in_the_units_of_the_data(units: str) -> None:
    style = STYLES[units]
    found = found_in(FRAMES, units, CUTOFF / style.length)
    assert found.best.units == style
    values = constants(found)
    assert values["epsilon"] * style.energy == pytest.approx(EPSILON, rel=1e-8)
    assert values["sigma"] * style.length == pytest.approx(SIGMA, rel=1e-8)
    assert found.best.channel().cutoff * style.length == pytest.approx(CUTOFF, rel=1e-12)


# ---------------------------------------------------------------------------- little data


def test_a_single_frame() -> None:
    found = found_in(clusters(slope, frames=1, atoms=60, low=3.0, high=14.0))
    assert found.best.channel().form == LJ
    assert constants(found) == pytest.approx({"epsilon": EPSILON, "sigma": SIGMA}, rel=1e-7)
    assert np.isnan(found.best.loss.cross_validated)
    assert "a single block of frames: no cross-validation" in found.remarks[0]


def test_a_single_frame_with_noise_is_not_overfitted() -> None:
    frames = clusters(slope, frames=1, atoms=120, low=3.0, high=18.0, noise=0.05)
    found = found_in(frames)
    assert LJ in set(found.front[found.front.chosen | found.front.indistinguishable].form)
    assert found.best.channel().form == LJ
    for p in found.best.channel().parameters:
        assert abs(p.value - {"epsilon": EPSILON, "sigma": SIGMA}[p.name]) < 4 * p.stderr


def two_atoms(distances: np.ndarray) -> list:
    """A dimer at given distances, turned at random."""
    random = np.random.default_rng(6)
    frames = []
    for index, r in enumerate(distances):
        axis = random.normal(size=3)
        axis /= np.linalg.norm(axis)
        force = slope(np.array([r]))[0] * axis
        frames.append(
            replace(
                FRAMES[0],
                positions=np.array([np.zeros(3), r * axis]),
                kinds=np.zeros(2, dtype=np.int64),
                forces=np.array([force, -force]),
                index=index,
            )
        )
    return frames


def test_two_atoms_are_enough() -> None:
    found = found_in(two_atoms(np.linspace(3.1, 8.95, 300)))
    assert found.best.channel().form == LJ
    assert constants(found) == pytest.approx({"epsilon": EPSILON, "sigma": SIGMA}, rel=1e-6)


@pytest.mark.parametrize("distances", [[8.8], [4.1, 8.8]])
def test_less_data_than_constants_are_refused_in_a_sentence(distances: list[float]) -> None:
    with pytest.raises(
        InterpotError, match=r"memory: the forces determine \d independent numbers only, fewer than"
    ):
        found_in(two_atoms(np.array(distances)))


def test_forces_that_are_all_zero_are_refused_in_a_sentence() -> None:
    silent = [replace(f, forces=np.zeros_like(f.forces)) for f in FRAMES]
    with pytest.raises(InterpotError, match="memory: every force is zero"):
        found_in(silent)


def test_data_close_to_the_cutoff_only() -> None:
    """A narrow range determines a slope, no formula; what comes out is honest about it."""
    frames = two_atoms(np.linspace(8.6, 8.99, 200))
    found = found_in(noisy(frames, 0.01, seed=1))
    channel = found.best.channel()
    r = np.linspace(8.65, 8.95, 30)
    assert channel.slope(r) == pytest.approx(slope(r), rel=0.02)
    assert channel.domain == pytest.approx((8.6, 8.99))
    exact = found_in(frames)
    assert exact.best.channel().slope(r) == pytest.approx(slope(r), rel=1e-5)


# ---------------------------------------------------------------------------- the library


def test_a_part_of_the_library() -> None:
    found = found_in(FRAMES, terms=["power"], max_terms=2)
    assert constants(found) == pytest.approx({"epsilon": EPSILON, "sigma": SIGMA}, rel=1e-8)
    assert (found.front.terms <= 2).all()
    without = found_in(FRAMES, terms=["exponential", "gaussian"], max_terms=2)
    assert without.best.loss.formula > 1e-6
    assert not without.front.form.str.contains("r\\^").any()


def test_an_unknown_term_is_refused_in_a_sentence() -> None:
    with pytest.raises(InterpotError, match="unknown term 'lennard-jones': expected one of power, "):
        found_in(FRAMES, terms=["power", "lennard-jones"])


def test_one_term_is_named_too() -> None:
    found = found_in(FRAMES, max_terms=1)
    # r, a coefficient, an exponent and, of a switch, its two ends
    assert len(found.best.channel().expression.free_symbols) <= 5
    assert (found.front.terms == 1).all()


def test_what_no_pair_function_explains_is_said() -> None:
    random = np.random.default_rng(4)
    blind = [
        replace(f, forces=f.forces + 0.5 * np.abs(f.forces).max() * random.normal(size=f.forces.shape))
        for f in FRAMES
    ]
    found = found_in(blind)
    assert found.best.loss.ceiling > 0.5
    assert any(
        "functions of these distances leave" in remark and "of the force unexplained" in remark
        for remark in found.remarks
    )


# ---------------------------------------------------------------------------- forms that do not decay


def test_a_spring_vanishes_at_the_cutoff() -> None:
    def spring(r: np.ndarray) -> np.ndarray:
        return np.where(r < CUTOFF, 0.4 * (r - 4.0), 0.0)

    found = found_in(clusters(spring, frames=6, atoms=30, low=3.0, high=13.0))
    channel = found.best.channel()
    assert channel.form == "r^1 + r^2" and channel.zero == "cutoff"
    assert constants(found) == pytest.approx({"K_1": -1.6, "K_2": 0.2, "r_c": CUTOFF}, rel=1e-8)
    r = np.linspace(3.1, 8.9, 20)
    assert channel.energy(r) == pytest.approx(0.2 * (r - 4) ** 2 - 0.2 * (CUTOFF - 4) ** 2, rel=1e-8)


def test_charges_in_two_dimensions() -> None:
    found = found_in(
        clusters(lambda r: np.where(r < CUTOFF, -0.7 / r, 0.0), frames=6, atoms=30, low=3.0, high=13.0)
    )
    assert found.best.channel().form == "logarithm"
    assert constants(found) == pytest.approx({"A": -0.7, "r_c": CUTOFF}, rel=1e-8)


# ---------------------------------------------------------------------------- pairs that hardly ever meet


def with_xenon(frames: list, two_in: int) -> list:
    """One xenon, and a second in the first few frames only; all interact alike, with noise."""
    kinds = [np.arange(len(f.positions)) < (2 if k < two_in else 1) for k, f in enumerate(frames)]
    named = [
        replace(f, species=("Ar", "Xe"), kinds=xe.astype(np.int64))
        for f, xe in zip(frames, kinds, strict=True)
    ]
    return noisy(named, 1e-3, seed=5)


def test_a_pair_seen_too_rarely_is_refused_in_a_sentence() -> None:
    with pytest.raises(
        InterpotError, match=r"^Xe-Xe: what was seen of it \(samples: [12]\) determines fewer"
    ):
        found_in(with_xenon(FRAMES, 4), terms=["power"], max_terms=2)


def test_a_pair_seen_in_one_fold_spoils_no_other() -> None:
    """The folds without it say nothing of it, and must not let its constants run away."""
    frames = clusters(slope, frames=16, atoms=40, low=3.0, high=14.0)
    found = found_in(with_xenon(frames, 8))
    assert found.best.channel("Ar", "Ar").form == LJ
    assert found.best.loss.cross_validated < 2e-3
    epsilon = found.best.channel("Ar", "Ar").parameters[0]
    assert abs(epsilon.value - EPSILON) < 5 * epsilon.stderr


@pytest.mark.parametrize("options", [{"terms": []}, {"max_terms": 0}])
def test_nothing_to_combine_is_refused(options: dict) -> None:
    with pytest.raises(InterpotError, match="expected at least one"):
        found_in(FRAMES, **options)


def test_the_rule_of_one_standard_error() -> None:
    """By hand: of channel A the second row, within 0.10 + 0.02 and simpler than the best; of B the only one."""
    front = pd.DataFrame(
        {
            "channel": ["A", "A", "A", "A", "B"],
            "constants": [1, 2, 2, 3, 4],
            "cross_validated": [0.13, 0.115, 0.119, 0.10, 0.5],
            "stderr": [0.5, 0.001, 0.001, 0.02, 0.1],
        }
    )
    assert one_standard_error(front).one_standard_error.tolist() == [False, True, False, False, True]
    unknown = front.assign(cross_validated=np.nan)
    assert not one_standard_error(unknown).one_standard_error.any()


@pytest.mark.parametrize("count", [2, 3, 4])
def test_errors_from_few_blocks_are_called_rough(count: int) -> None:
    found = found_in(FRAMES[:count], terms=["power"], max_terms=2)
    assert len(found.statistic.blocks) == count
    said = [sentence for sentence in found.remarks if f"rest on {count} blocks of frames only" in sentence]
    assert len(said) == (1 if count < 4 else 0)
    assert all({2: "±12.7", 3: "±4.3 "}[count] in sentence for sentence in said)


def test_what_cannot_be_decomposed_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a decomposition fails all the same, the error is ours and tells where to look."""
    monkeypatch.setattr(
        "interpot.formula.discover._check_rank", lambda *_: np.linalg.svd(np.full((2, 2), np.nan))
    )
    with pytest.raises(InterpotError, match=r"cannot be decomposed \(SVD did not converge\)"):
        found_in(FRAMES[:3])
