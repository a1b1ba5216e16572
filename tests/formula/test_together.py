"""Structures that all channels share, found through all of them where the noise of each hides them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement

import numpy as np
import pytest
from systems import Frames, Slope, brute_forces, noisy, statistic_of

from interpot import discover
from interpot.formula.judge import Judge
from interpot.formula.regress import load_method
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit, fit
from interpot.formula.symbolic.together import Structure, scaled, together
from interpot.formula.terms import library
from interpot.records import Cell, FloatArray, Frame
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective

CUTOFF = 8.0
SIGMA, EPSILON = np.array([2.6, 3.0, 3.6]), np.array([0.05, 0.08, 0.12])  # Å, eV
KINDS = np.arange(42) % 3
PAIRS = list(combinations_with_replacement(range(3), 2))
BUCKINGHAM = ((("exponential", (None,)), ("power", (6.0,))), 1)
STEEPNESS = 13.0


def buckingham(a: int, b: int) -> tuple[float, float, float]:
    """A (eV), α (1/Å) and C (eV·Å^6) of A e^{-αr} - C/r^6 with the well at r_m and the depth ε of two species."""
    r_m, depth, x = 0.56 * (SIGMA[a] + SIGMA[b]), np.sqrt(EPSILON[a] * EPSILON[b]), STEEPNESS
    return depth * 6 / (x - 6) * np.exp(x), x / r_m, depth * x / (x - 6) * r_m**6


def slope(a: int, b: int) -> Slope:
    A, alpha, C = buckingham(a, b)
    return lambda r: np.where(r < CUTOFF, -A * alpha * np.exp(-alpha * r) + 6 * C / r**7, 0.0)


def frames(noise: float) -> list[Frame]:
    """Thin clusters of three species, which come no closer than 0.95 of the mean of their σ."""
    random, made = np.random.default_rng(1), []
    slopes = {(a, b): slope(a, b) for a, b in PAIRS}
    for index in range(24):
        placed: list[FloatArray] = []
        while len(placed) < len(KINDS):
            trial, own = random.uniform(0, 12, 3), SIGMA[KINDS[len(placed)]]
            if all(
                np.linalg.norm(trial - x) > 0.475 * (own + SIGMA[k])
                for x, k in zip(placed, KINDS, strict=False)
            ):
                placed.append(trial)
        x, cell = np.array(placed), Cell(np.diag([12.0] * 3), np.zeros(3), (False, False, False))
        forces = brute_forces(x, KINDS.tolist(), slopes)
        made.append(Frame(x, ("A", "B", "C"), KINDS, cell, forces=forces, source="memory", index=index))
    return noisy(made, noise, 1) if noise else made


@cache
def statistic(noise: float) -> Statistic:
    return statistic_of(Frames(frames(noise)), CUTOFF)


@dataclass(frozen=True)
class Searches:
    """Every channel searched by itself, among sums of two powers and exponentials."""

    objectives: list[Objective]
    found: list[list[Fit]]
    price: float

    @classmethod
    def of(cls, noise: float) -> Searches:
        summed = statistic(noise)
        objective = Objective.of(summed)
        price = Judge(summed, objective).price
        alone = [objective.without_others(c) for c in range(len(PAIRS))]
        terms, search = library(["power", "exponential"]), load_method("exhaustive")
        found = []
        for one, seen in zip(alone, summed.coverage, strict=True):
            fits = search(
                one, library=terms, domain=(seen.minimum, seen.maximum), max_terms=2,
                enough=1e-14 * objective.square,
            )  # fmt: skip
            found.append(sorted(fits, key=lambda f: f.misfit + price * f.constants))
        return cls(alone, found, price)

    def together(self, found: Sequence[Sequence[Fit]] | None = None) -> list[Structure]:
        return together(
            self.found if found is None else found,
            [one.nodes[0] for one in self.objectives],
            lambda c, form: fit(self.objectives[c], [form]),
            self.price,
        )

    def ranks(self) -> list[int | None]:
        """Where each channel by itself ranks the truth."""
        keys = [[f.forms[0].key for f in fits] for fits in self.found]
        return [own.index(BUCKINGHAM) if BUCKINGHAM in own else None for own in keys]


def test_what_the_noise_of_each_pair_hides_all_tell_together() -> None:
    searches = Searches.of(0.08)
    wrong = [rank for rank in searches.ranks() if rank != 0]
    assert len(wrong) >= 3  # of six
    assert None in wrong  # some do not even have it
    structures = searches.together()
    assert structures[0].key == BUCKINGHAM


@pytest.fixture(scope="module")
def exact() -> Searches:
    return Searches.of(0.0)


def test_a_form_found_in_one_channel_is_carried_to_all_others(exact: Searches) -> None:
    """From the smallest pair to the largest, with lengths half as large again and steep walls."""
    assert exact.ranks() == [0] * 6
    for home in (0, 5):
        others = [
            [f for f in fits if c == home or f.forms[0].key != BUCKINGHAM]
            for c, fits in enumerate(exact.found)
        ]
        best = exact.together(others)[0]
        assert best.key == BUCKINGHAM
        for made, (a, b) in zip(best.fits, PAIRS, strict=True):
            constants = dict(zip((t.name for t in made.forms[0].terms), made.coefficients[0], strict=True))
            A, alpha, C = buckingham(a, b)
            assert constants == pytest.approx({"exponential": A, "power": -C}, rel=1e-6)
            assert made.forms[0].free == pytest.approx([alpha], rel=1e-6)


def test_shapes_scale_with_their_dimension_and_stay_tied() -> None:
    exponential, gaussian, power = library(["exponential", "gaussian", "power"])
    form = Form((exponential, exponential, gaussian, power), np.array([1.0, 2.0, 0.5, 6.0]),
                np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))  # fmt: skip
    assert scaled(form, 2.0).shapes == pytest.approx([0.5, 1.0, 1.0, 6.0])
    bare = Form((power,), np.array([6.0]), np.zeros((1, 0)))
    assert scaled(bare, 2.0).shapes == pytest.approx([6.0])


def test_discovery_takes_the_form_that_only_all_pairs_tell() -> None:
    found = discover(
        statistic(0.08), terms=["power", "exponential"], max_terms=2, shared_form=True, symbolic="none"
    )
    assert {channel.form for channel in found.best.channels} == {"Buckingham exp-6"}
    assert any("one form for all pairs, Buckingham exp-6" in remark for remark in found.remarks)
