"""The verdict on forces: what a fit promises and what a file's digits allow agree, a wrong constant does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from proof_systems import disordered, lennard_jones

from interpot.comparison import Comparison, ForceCheck, StateCheck
from interpot.formula.channel_formula import Loss
from interpot.formula.potential import Potential
from interpot.proof.expectation import ELSEWHERE, ON_DATA, expected_error, judge_forces, rounding
from interpot.proof.forces import PairForces, compare_forces
from interpot.records import Frame
from interpot.units import unit_style

METAL, REAL = unit_style("metal"), unit_style("real")
FORMATS = {"%.6g": "%.6g", "%.12g": "%.12g", "%.4f": "%.4f"}


def written(values: np.ndarray, form: str) -> np.ndarray:
    return np.array([float(form % value) for value in values.ravel()]).reshape(values.shape)


def frames(form: str = "", noise: float = 0.0, units: object = METAL) -> list[Frame]:
    """Frames with true forces, relative noise on them, as a file with such digits holds them."""
    random, made = np.random.default_rng(1), []
    for seed in range(4):
        frame = disordered(seed=seed)
        forces = PairForces(lennard_jones())(frame).forces
        forces = forces + noise * np.sqrt(np.mean(forces**2)) * random.normal(size=forces.shape)
        positions = frame.positions
        if form:
            positions = written(positions / units.length, form) * units.length
            forces = written(forces / units.force, form) * units.force
        made.append(replace(frame, positions=positions, forces=forces))
    return made


def judged(found: Potential, on: list[Frame], factor: float = ON_DATA, units: object = METAL) -> ForceCheck:
    return judge_forces(compare_forces(found, on, units), found, on, units, factor)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("units", [METAL, REAL])
def test_rounding_is_told_from_the_numbers(form: str, units: object) -> None:
    values = np.random.default_rng(2).normal(0, 7, (200, 3))
    rounded = written(values, form)
    told = rounding(rounded * units.energy / units.energy)
    assert np.sqrt(np.mean(told**2)) == pytest.approx(np.std(rounded - values), rel=0.1)


def test_single_precision_is_told_and_double_is_not_rounded() -> None:
    values = np.random.default_rng(2).normal(0, 7, (200, 3))
    single = values.astype(np.float32).astype(np.float64)
    assert 1 < np.sqrt(np.mean(rounding(single) ** 2)) / np.std(single - values) < 2
    assert np.abs(rounding(values)).max() < 1e-12


@pytest.mark.parametrize("units", [METAL, REAL])
@pytest.mark.parametrize("form", FORMATS)
def test_the_true_potential_agrees_whatever_the_digits(form: str, units: object) -> None:
    check = judged(lennard_jones(), frames(form, units=units), units=units)
    assert check.verdict == "agrees", check.remark
    if form != "%.12g":  # rounding is far above what the formula promises, and it is that
        assert check.expected > 1e-5 and "the file's digits" in check.remark
        assert 0.7 < check.relative_error / check.expected < 1.4


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "wrong", [{"sigma": 3.405 * 1.01}, {"epsilon": 0.0103 * 0.99}, {"sigma": 3.405 * 1.002}]
)
def test_a_wrong_constant_differs_whatever_the_digits(form: str, wrong: dict[str, float]) -> None:
    check = judged(lennard_jones(**wrong), frames(form))
    assert check.verdict == "differs"
    assert "is this the potential that was found from these data?" in check.remark
    assert f"here it is {check.relative_error:.2g}" in check.remark


def test_noise_that_the_fit_knew_agrees_and_more_of_it_differs() -> None:
    noisy = replace(lennard_jones(), loss=Loss(0.0100, 0.0100, 0.0101))
    assert expected_error(noisy) == 0.0101
    for noise, on_data, elsewhere in (
        (0.01, "agrees", "agrees"),
        (0.02, "differs", "agrees"),
        (0.04, "differs", "differs"),
    ):
        assert judged(noisy, frames(noise=noise)).verdict == on_data
        assert judged(noisy, frames(noise=noise), ELSEWHERE).verdict == elsewhere


@pytest.mark.parametrize("target", ["positions", "langevin-momenta", "overdamped"])
def test_errors_of_averages_and_of_noise_promise_nothing_of_forces(target: str) -> None:
    """An error of 0.99, that of noise, would call any forces right."""
    found = replace(lennard_jones(), loss=Loss(0.99, 0.99, 0.99))
    assert judged(found, frames()).verdict == "agrees"
    origin = {**found.provenance, "target": {"target": target, "dynamics": "langevin"}}
    check = judged(replace(found, provenance=origin), frames())
    assert check.verdict == "cannot tell" and f"rows of the target {target}" in check.remark


def test_a_formula_of_energies_promises_nothing_of_forces() -> None:
    of_curve = replace(lennard_jones(), loss=Loss(1e-3, np.nan, np.nan, "energies"))
    check = judged(of_curve, frames())
    assert (
        check.verdict == "cannot tell" and "fitted to energies" in check.remark and np.isnan(check.expected)
    )


def test_a_comparison_agrees_only_if_its_forces_do() -> None:
    good, bad = judged(lennard_jones(), frames()), judged(lennard_jones(sigma=3.44), frames())
    assert Comparison(good, (), "", {}, METAL).agrees
    assert Comparison(None, (), "", {}, METAL).agrees
    assert not Comparison(bad, (), "", {}, METAL).agrees
    state = StateCheck("hot", bad, 0.0, 3.0, bad.remark, bad.verdict)
    assert not Comparison(good, (), "", {}, METAL, elsewhere=(state,)).agrees
