"""When a channel is searched farther than its library: not for noise that no formula follows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from systems import Frames, clusters, statistic_of

from interpot.formula.channel_search import ChannelSearch
from interpot.formula.regress.form import Form
from interpot.formula.regress.restriction import Restriction
from interpot.formula.symbolic.asked import Symbolic
from interpot.formula.terms import library
from interpot.records import FloatArray
from interpot.statistic.objective import Objective

NOISE = 1e-6  # variance of a direction, eV²/Å²


def _slope(r: FloatArray) -> FloatArray:
    return -12 * 2e4 * r**-13.0 + 6 * 40.0 * r**-7.0


@pytest.fixture(scope="module")
def clean() -> ChannelSearch:
    statistic = statistic_of(Frames(clusters(_slope, frames=12, atoms=30)), 9.0)
    return ChannelSearch.of(
        statistic,
        Objective.of(statistic),
        0,
        library(),
        Restriction(),
        max_terms=None,
        method="exhaustive",
        escalate=True,
        symbolic=Symbolic.of("none"),
    )


def _left(search: ChannelSearch, towards: FloatArray, deviations: float) -> ChannelSearch:
    """The same forces and something along a direction, as large as noise so many standard deviations above it."""
    k = len(search.objective.y)
    size = np.sqrt(NOISE * (k + deviations * np.sqrt(2 * k)))
    y = search.objective.y + size * towards / np.linalg.norm(towards)
    floor = NOISE * (search.rows - search.spent)
    return replace(search, objective=replace(search.objective, y=y, floor=floor), scores=None)


def _rough(search: ChannelSearch) -> FloatArray:
    """A direction of the splines that no smooth function reaches."""
    (M,), (r,) = search.objective.maps, search.objective.nodes
    smooth = np.linalg.qr(M @ np.polynomial.chebyshev.chebvander(2 * r / 9.0 - 1, 30))[0]
    powers = np.linalg.qr(M @ (r[:, None] / 3.0) ** -np.arange(1.0, 21.0))[0]
    basis = np.linalg.qr(np.hstack([smooth, powers]))[0]
    white = np.random.default_rng(3).normal(size=len(search.objective.y))
    return white - basis @ (basis.T @ white)


class FartherError(Exception):
    """The search goes on where the library does not do."""


def _goes_on(search: ChannelSearch) -> bool:
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if len(said) > 1:
            raise FartherError

    try:
        search.run(say)
    except FartherError:
        return True
    return False


def test_the_variance_of_noise_counts_what_all_channels_took(clean: ChannelSearch) -> None:
    search = replace(clean, spent=clean.rows // 2)
    noisy = replace(search, objective=replace(search.objective, floor=NOISE * (search.rows - search.spent)))
    k = len(noisy.objective.y)
    assert noisy.chance == pytest.approx(NOISE * (k + 2 * np.sqrt(2 * k)))


def test_nothing_rarer_is_tried_for_noise_that_no_formula_follows(clean: ChannelSearch) -> None:
    assert not _goes_on(_left(clean, _rough(clean), 3.0))


def test_what_a_formula_may_follow_is_no_noise(clean: ChannelSearch) -> None:
    (M,), (r,), k = clean.objective.maps, clean.objective.nodes, len(clean.objective.y)
    wave = M @ (np.cos(6.0 * r) / r**3)
    share = np.sqrt(3.0 * np.sqrt(2 / k))  # of the noise, that of three standard deviations
    rough = _rough(clean)
    search = _left(clean, rough / np.linalg.norm(rough) + share * wave / np.linalg.norm(wave), 3.0)
    (power,) = (term for term in search.library if term.name == "power")
    fits = [search.refit(Form.of((power, power), np.array([12.0, 6.0])))]
    assert search.chance < fits[0].misfit
    rare = next(terms for title, terms, _ in search._stages() if "cosine" in title)
    assert search._may_gain(fits, rare)


def test_what_is_clearly_no_noise_needs_no_second_opinion(clean: ChannelSearch) -> None:
    assert _goes_on(_left(clean, _rough(clean), 5.0))


def test_nothing_beyond_the_library_is_searched_for_noise_that_no_formula_follows(
    clean: ChannelSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def beyond(search: ChannelSearch) -> None:
        raise FartherError

    first = next(clean._stages())
    monkeypatch.setattr(ChannelSearch, "_stages", lambda search: iter([first]))
    monkeypatch.setattr(ChannelSearch, "_beyond", beyond)
    wanted = replace(clean, symbolic=Symbolic.of("auto"))
    _left(wanted, _rough(clean), 3.0).run(lambda _: None)
    with pytest.raises(FartherError):
        _left(wanted, _rough(clean), 5.0).run(lambda _: None)
