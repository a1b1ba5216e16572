"""Noise that is larger between close pairs, as rounded positions make it, is told from a wrong form."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from systems import Frames, blocks_of, clusters, statistic_of

from interpot import discover
from interpot.formula.adequacy import adequacy
from interpot.formula.block_scores import BlockScores, is_scatter
from interpot.formula.channel_search import ChannelSearch
from interpot.formula.judge import Judge
from interpot.formula.known import known_parts, without_known
from interpot.formula.regress.form import NOTHING_MORE, Form
from interpot.formula.regress.restriction import Restriction
from interpot.formula.regress.varpro import Fit, fit
from interpot.formula.symbolic.asked import Symbolic
from interpot.formula.terms import library
from interpot.records import FloatArray
from interpot.statistic.channels import pair_channels
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective
from interpot.statistic.one_pass import one_pass

CUTOFF, DIGITS = 8.5, 4


def slope(r: FloatArray) -> FloatArray:
    return np.where(r < CUTOFF, 4 * 0.0103 * (6 * 3.4**6 / r**7 - 12 * 3.4**12 / r**13), 0.0)


@cache
def statistic(digits: int = DIGITS) -> Statistic:
    """Forces of exact positions, of which a few decimals are kept."""
    exact = clusters(slope, frames=48, atoms=30, low=2.9, high=11.0)
    return statistic_of(Frames([replace(f, positions=f.positions.round(digits)) for f in exact]), CUTOFF)


def search(summed: Statistic) -> ChannelSearch:
    return ChannelSearch.of(
        summed, Objective.of(summed), 0, library(), Restriction(),
        max_terms=None, method="exhaustive", escalate=True, symbolic=Symbolic.of("none"),
    )  # fmt: skip


def powers(summed: Statistic, *exponents: float) -> Fit:
    form = Form((library(["power"])[0],) * len(exponents), np.array(exponents), np.zeros((len(exponents), 0)))
    return fit(Objective.of(summed), [form])


def test_scores_add_up_to_the_residual() -> None:
    """Minus its sum, whatever the channel; A k of each block is that of the unpacked matrix."""
    summed = statistic()
    whole = Objective.of(summed)
    wrong = powers(summed, 6.0, 9.0)
    scores = BlockScores(summed, whole, whole.without_others(0)).of(wrong)
    residual = whole.residual(wrong.values(whole.nodes))
    np.testing.assert_allclose(scores.sum(axis=0), -residual, atol=1e-7 * np.linalg.norm(residual))
    k = np.random.default_rng(1).normal(size=summed.blocks.size)
    for n, product in enumerate(summed.blocks.times(k)):
        np.testing.assert_allclose(product, summed.blocks.gram(n) @ k, rtol=1e-10, atol=1e-12)


def test_scores_of_one_of_many_channels_part_of_which_is_known() -> None:
    """They add up to minus the residual of that channel, whatever is known of any."""
    frames = clusters(slope, frames=12, atoms=30, low=2.9, high=11.0)
    kinds = np.arange(30) % 2
    summed = statistic_of(Frames([replace(f, species=("A", "B"), kinds=kinds) for f in frames]), CUTOFF)
    parts = known_parts({"A-B": "-0.3*exp(-r)"}, summed.channels, summed.units)
    whole = without_known(Objective.of(summed), parts, summed.channels)
    for c in range(3):
        alone = whole.without_others(c)
        wrong = fit(alone, [powers(statistic(), 6.0, 9.0).forms[0]])
        residual = alone.residual(wrong.values(alone.nodes))
        scores = BlockScores(summed, whole, alone).of(wrong).sum(axis=0)
        np.testing.assert_allclose(scores, -residual, atol=1e-7 * np.linalg.norm(residual))


def test_rounded_positions_do_not_look_like_a_wrong_form() -> None:
    """One variance for all forces lets expect far less than the truth leaves; its blocks say that this is noise."""
    summed = statistic()
    searched, truth, wrong = search(summed), powers(summed, 6.0, 12.0), powers(summed, 6.0, 11.0)
    assert searched.scores is not None and truth.misfit > 1.5 * searched.chance
    assert is_scatter(searched.scores.of(truth), 0.0) and not is_scatter(searched.scores.of(wrong), 0.0)
    judge = Judge(summed, Objective.of(summed))
    assert judge.is_uneven(truth) and not judge.is_uneven(wrong)
    assert searched._do([truth]) and searched._do([wrong, truth]) and not searched._do([wrong])
    said: list[str] = []
    found = discover(summed, progress=said.append)
    assert found.best.channel().form == "Lennard-Jones 12-6"
    assert not any("none does" in line or "beyond" in line for line in said)


def test_rounded_positions_are_named_as_a_cause() -> None:
    summed = statistic()
    split = adequacy(summed, Objective.of(summed), powers(summed, 6.0, 12.0))
    assert split.not_random and "as positions of few digits make them" in split.verdict


@pytest.mark.parametrize("digits", [4, 5, 6])
def test_held_out_errors_are_no_smaller_than_the_noise(digits: int) -> None:
    """Also where what is left of a single fold cannot be told from rounding, but what is left of all can."""
    summed = statistic(digits)
    objective = Objective.of(summed)
    judged = Judge(summed, objective).candidate(powers(summed, 6.0, 12.0))
    assert judged.cross_validated == pytest.approx(judged.loss, rel=0.1)
    assert objective.floor > 0


@pytest.mark.parametrize("seed", range(4))
def test_noise_of_any_size_scatters(seed: int) -> None:
    """Z of 300 draws with variances over four decades has mean 0 and variance 1; with a common part it is large."""
    random = np.random.default_rng(seed)
    size = 10.0 ** random.uniform(-2, 2, 40)
    draws = [random.normal(size=(30, 40)) * size for _ in range(300)]
    passed = [sum(is_scatter(s, 0.0, d) for s in draws) / 300 for d in (-1.0, 0.0, 2.0)]
    assert passed[0] == pytest.approx(0.16, abs=0.08)
    assert passed[1] == pytest.approx(0.5, abs=0.15)
    assert passed[2] > 0.93
    assert not any(is_scatter(s + size, 0.0) for s in draws)


def test_what_blocks_cannot_tell() -> None:
    scores = np.random.default_rng(5).normal(size=(12, 20))
    assert is_scatter(scores, 0.0, 5.0) and not is_scatter(scores[:7], 0.0, 5.0)
    scores[3] *= 20  # nearly all is seen in one block
    assert not is_scatter(scores, 0.0, 5.0)
    assert not is_scatter(np.zeros((12, 20)), 0.0, 5.0)


@pytest.mark.parametrize("strength", [0.15, 0.5, 2.0, 30.0])
@pytest.mark.parametrize("seen_by", range(1, 13))
def test_the_same_in_a_few_blocks_is_not_taken_for_noise(seen_by: int, strength: float) -> None:
    """Beside noise of one size, in which it may be hard to see: of |s_n|² it is a multiple of what noise makes."""
    random = np.random.default_rng(seen_by)
    for _ in range(20):
        scores = random.normal(size=(45, 200))
        direction = random.normal(size=200)
        scores[:seen_by] += np.sqrt(strength * 200) * direction / np.linalg.norm(direction) * (45 / seen_by)
        assert not is_scatter(scores, 200.0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_neighbouring_blocks_share_tells_nothing(sign: float) -> None:
    """Frames dumped too often make them alike; errors of positions, which weak forms take differences of, opposite."""
    random, accepted, rejected = np.random.default_rng(6), 0, 0
    for _ in range(50):
        noise = random.normal(size=(49, 200))
        scores = noise[1:] + sign * 0.5 * noise[:-1]
        accepted += is_scatter(scores, 0.0)
        direction = random.normal(size=200)
        rejected += not is_scatter(scores + direction * np.sqrt(4) / np.linalg.norm(direction), 0.0)
    assert rejected > 45 and accepted > 35  # what is alike scatters more than what is independent


def test_what_eliminated_channels_take_of_noise_is_given_back() -> None:
    """The mean of blocks' products, Σ_n |Q S_n U|² of noise with covariance A_n, by dense matrices; it is not small."""
    random, kinds = np.random.default_rng(7), np.arange(30) % 2
    made = clusters(slope, frames=24, atoms=30, low=2.9, high=11.0)
    frames = Frames([replace(f, species=("A", "B"), kinds=kinds) for f in made])
    summed = one_pass(frames, pair_channels(["A", "B"], 5.0))
    grams = np.array([summed.blocks.gram(n) for n in range(24)])
    roots = [vectors * np.sqrt(np.maximum(values, 0)) for values, vectors in map(np.linalg.eigh, grams)]
    whole = Objective.of(summed)
    alone, nothing = whole.without_others(0), Fit((NOTHING_MORE,), (np.zeros(0),), 0.0)
    reached = [whole.inverse.T @ gram @ alone.inverse for gram in grams]
    expected = sum((S**2).sum() - ((alone.inverse.T @ whole.W.T @ S) ** 2).sum() for S in reached)
    hidden = []
    for _ in range(20):
        moment = np.array([root @ random.normal(size=len(root)) for root in roots])
        blocks = blocks_of(grams, moment, summed.blocks.square, summed.blocks.rows, summed.blocks.frames)
        drawn, one = (replace(o, y=o.inverse.T @ moment.sum(axis=0)) for o in (whole, alone))
        hidden.append(BlockScores(replace(summed, blocks=blocks), drawn, one).hidden(nothing))
        assert BlockScores(replace(summed, blocks=blocks), drawn, drawn).hidden(nothing) == 0
    assert expected > 1
    assert np.mean(hidden) == pytest.approx(expected, rel=0.25)


@pytest.mark.parametrize("seed", range(3))
def test_noise_of_one_size_is_even_however_few_the_data(seed: int) -> None:
    """The splines follow a third of it: what they leave is not spread over all components."""
    summed = statistic_of(Frames(clusters(slope, 10, 20, 2.9, 9.5, noise=0.05, seed=seed)), CUTOFF)
    objective = Objective.of(summed)
    assert len(objective.y) > 0.2 * summed.rows
    assert not Judge(summed, objective).is_uneven(powers(summed, 6.0, 12.0))


def test_what_several_stages_find_is_listed_once() -> None:
    """As its best fit; it does not take the place of others with as many constants."""
    summed = statistic()
    pairs = [(6.0, 12.0), (6.0, 11.0), (6.0, 13.0)]
    again = [powers(summed, 6.0, 12.0) for _ in range(3)]
    worse = replace(again[0], misfit=2 * again[0].misfit)
    others = [powers(summed, *pair) for pair in pairs[1:]]
    promising = search(summed)._promising([worse, *again, *others], library())
    keys = [f.key for f in promising]
    assert len(set(keys)) == len(keys)
    assert set(keys) == {powers(summed, *pair).key for pair in pairs}
    assert worse not in promising and promising[0].key == again[0].key
