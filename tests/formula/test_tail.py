"""A cutoff that is smaller than the reference's is named as what may be wrong (`interpot.formula.tail`)."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import sympy
from systems import Frames, clusters, noisy, statistic_of

from interpot import Discovery, Potential, Statistic, accumulate, discover, pair_channels, weighted
from interpot.formula.codegen import R
from interpot.formula.tail import missed_tail
from interpot.records import FloatArray

CUTOFF = 7.0


def slope(r: FloatArray) -> FloatArray:
    """Of r^-14 and r^-7, with its minimum at 3.75 Å."""
    return 0.04 * (-((3.75 / r) ** 15) + (3.75 / r) ** 8)


def cut(r: FloatArray) -> FloatArray:
    return np.where(r < CUTOFF, slope(r), 0.0)


def found(law: object, noise: float = 0.0) -> Discovery:
    frames = clusters(law, frames=24, atoms=90, low=3.3, high=18.0)  # type: ignore[arg-type]
    made = noisy(frames, noise, seed=2) if noise else frames
    return discover(statistic_of(Frames(made), CUTOFF), terms=["power"], max_terms=2)


@pytest.mark.parametrize("noise", [0.0, 1e-4])
def test_a_reference_that_goes_on_beyond_the_cutoff_is_named(noise: float) -> None:
    said = [w for w in found(slope, noise).honesty.warnings if "give its own cutoff" in w]
    assert len(said) == 1 and f"cutoff of {CUTOFF:g} Å" in said[0]


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_one_that_ends_there_is_not(noise: float) -> None:
    assert not any("give its own cutoff" in w for w in found(cut, noise).honesty.warnings)


def test_the_missed_tail_is_that_of_independent_pairs() -> None:
    """Against the sum over the pairs beyond the cutoff that are there, in a cluster much larger than that."""
    frames = clusters(cut, frames=4, atoms=600, low=2.0, high=40.0)
    made = statistic_of(Frames(frames), CUTOFF)
    best = discover(made, terms=["power"], max_terms=2).best
    square = 0.0
    for frame in frames:
        r = np.linalg.norm(frame.positions[:, None] - frame.positions, axis=-1)[np.triu_indices(600, 1)]
        beyond = r[(r > CUTOFF) & (r < 3 * CUTOFF)]
        square += 2 * float(np.sum(slope(beyond) ** 2))
    assert missed_tail(made, best) == pytest.approx(np.sqrt(square / made.square), rel=0.3)


@cache
def made_and_best() -> tuple[Statistic, Potential]:
    frames = Frames([replace(f, energy=float(k)) for k, f in enumerate(clusters(cut, 6, 30, 3.3, 14.0))])
    made = accumulate(frames, pair_channels(frames, CUTOFF), cutoffs="given", energies="potential")
    return made, discover(weighted(made, energies=0.0), terms=["power"], max_terms=2).best


def test_energies_beside_the_forces_are_no_forces() -> None:
    """Whatever they weigh, the share of the forces is the same; of energies alone there is none."""
    made, best = made_and_best()
    tail = missed_tail(weighted(made, energies=0.0), best)
    assert tail > 0
    assert missed_tail(weighted(made, energies=1e3), best) == tail
    assert missed_tail(weighted(made, forces=0.0, energies=1.0), best) == 0


def test_a_formula_that_does_not_decay_does_not_go_on() -> None:
    made, best = made_and_best()
    (channel,) = best.channels
    assert missed_tail(made, replace(best, channels=(replace(channel, zero="cutoff"),))) == 0


def test_a_pole_beyond_the_cutoff_makes_no_finite_tail() -> None:
    """As of exp(s/(r - a)), whose force is larger than what a float's square holds just beyond a."""
    made, best = made_and_best()
    (channel,) = best.channels
    expression = sympy.exp(sympy.Float(30.0) / (R - 7.2))
    wild = replace(channel, expression=expression, parameters=())
    assert missed_tail(made, replace(best, channels=(wild,), covariance=np.zeros((0, 0)))) == np.inf
