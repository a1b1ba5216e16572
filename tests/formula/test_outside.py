"""What formulas do where they were not sampled (`interpot.formula.outside`), against their known shapes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from systems import System, crystal, statistic_of

from interpot.formula.channel_formula import ChannelFormula, Loss, Parameter
from interpot.formula.expression import parse_expression
from interpot.formula.outside import Finding, outside
from interpot.formula.potential import Potential
from interpot.formula.temperature import thermal_energy
from interpot.records import Dynamics
from interpot.units import unit_style

KT = 0.0862  # eV, 1000 K


def made(
    text: str, cutoff: float, low: float, high: float = 0.0, zero: str = "infinity", **constants: float
) -> Potential:
    dimensions = {"C": (1, 6), "rho": (0, 1), "s": (0, 1)}
    parameters = tuple(Parameter(n, value, 0.1, *dimensions.get(n, (1, 0))) for n, value in constants.items())
    expression = parse_expression(text, {p.name: p.symbol for p in parameters})
    domain = (low, high or 0.999 * cutoff)
    channel = ChannelFormula(("O", "O"), cutoff, domain, "form", expression, parameters, zero)
    return Potential(unit_style("metal"), (channel,), np.eye(len(parameters)), Loss(1e-3, 1e-3, 1e-3))


def said(potential: Potential, words: str, thermal: float = KT) -> Finding:
    [finding] = [f for f in outside(potential, thermal) if words in f.sentence]
    return finding


def silent(potential: Potential, words: str) -> bool:
    return not any(words in f.sentence for f in outside(potential, KT))


BUCKINGHAM = made("A*exp(-r/rho) - C/r**6", 10.0, 1.8, A=1388.773, rho=0.3623188, C=175.0)  # BKS O-O
LJ = made("4*e*((s/r)**12 - (s/r)**6)", 8.5, 3.1, e=0.0104, s=3.4)


def test_buckinghams_collapse() -> None:
    finding = said(BUCKINGHAM, "attracts again")
    # where A/ρ exp(-r/ρ) = 6 C/r⁷ a second time, by bisection
    force = lambda r: 1388.773 / 0.3623188 * np.exp(-r / 0.3623188) - 6 * 175.0 / r**7  # noqa: E731
    low, high = 1.2, 1.8
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if force(middle) < 0 else (low, middle)
    assert finding.r == pytest.approx(low, rel=1e-9)
    height = 1388.773 * np.exp(-low / 0.3623188) - 175.0 / low**6
    assert f"{height:.3g} eV ({height / KT:.2g} kT)" in finding.sentence
    assert "falls without bound" in finding.sentence
    assert not finding.severe  # 78 kT


def test_a_barrier_that_is_climbed_is_a_warning() -> None:
    assert said(BUCKINGHAM, "attracts again", thermal=0.5).severe
    assert "kT" not in said(BUCKINGHAM, "attracts again", thermal=float("nan")).sentence


def test_numbers_are_in_the_units_of_the_potential() -> None:
    real = said(BUCKINGHAM.to_units("real"), "attracts again", thermal=KT * 23.0605)
    assert "kcal/mol (78 kT)" in real.sentence and real.r == pytest.approx(1.504, abs=1e-3)


def test_a_hard_core_is_nothing_to_speak_of() -> None:
    assert all("cutoff" in f.sentence for f in outside(LJ, KT))


@pytest.mark.parametrize(
    ("potential", "severe", "top"),
    [
        (made("A*exp(-r**2/2)", 5.0, 0.5, A=0.2), True, 0.2),
        (made("D*(exp(-2*a*(r-b)) - 2*exp(-a*(r-b)))", 8.0, 2.2, D=0.34, a=1.35, b=2.87), False,
         0.34 * (np.exp(2 * 1.35 * 2.87) - 2 * np.exp(1.35 * 2.87))),
    ],
)  # fmt: skip
def test_a_soft_core(potential: Potential, severe: bool, top: float) -> None:
    finding = said(potential, "the core is soft")
    assert finding.severe is severe and f"φ goes to {top:.3g} eV" in finding.sentence


def test_a_logarithm_is_no_soft_core() -> None:
    logarithm = made("-A*log(r/5)", 5.0, 1.0, zero="cutoff", A=1.0)
    assert silent(logarithm, "core") and not said(logarithm, "does not decay").severe


def test_attraction_without_a_wall() -> None:
    assert said(made("-C/r**6", 8.0, 3.0, C=10.0), "at all smaller ones").severe
    walled = made("B/r**12 - C/r**6", 8.0, 3.9, B=4 * 0.01 * 3.4**12, C=4 * 0.01 * 3.4**6)
    assert said(walled, "repels below").r == pytest.approx(2 ** (1 / 6) * 3.4, rel=2e-3)


def test_the_jump_at_the_cutoff() -> None:
    finding = said(LJ, "at the cutoff")
    x = (3.4 / 8.5) ** 6
    assert f"{-4 * 0.0104 * (x**2 - x):.3g} eV" in finding.sentence and not finding.severe
    assert f"{24 * 0.0104 / 8.5 * (x - 2 * x**2):.2g} eV/Å" in finding.sentence
    assert said(LJ, "at the cutoff", thermal=1e-3).severe
    smooth = made("A*(1 - r**2/25)**2", 5.0, 1.0, zero="cutoff", A=1.0)
    assert silent(smooth, "jumps")


def test_what_decays_slowly_needs_a_lattice_sum() -> None:
    assert said(made("C/r", 10.0, 2.0, C=14.4), "r^-1 only").severe
    assert silent(LJ, "only")


def test_poles_and_oscillations() -> None:
    weber = made("A*(B/r**4 - 1)*exp(s/(r - a))", 3.77, 2.1, A=15.3, B=11.6, s=2.095, a=3.77118)
    assert said(weber, "singular").r == pytest.approx(3.77118, rel=0.01)
    assert silent(weber, "jumps")
    assert said(made("A*cos(5*r)/r**3 + B/r**12", 8.0, 2.5, A=0.3, B=5e3), "oscillates")


def test_what_was_not_sampled_up_to_the_cutoff() -> None:
    gap = made("4*e*((s/r)**12 - (s/r)**6)", 8.5, 3.1, 7.0, e=0.0104, s=3.4)
    assert not said(gap, "not sampled between 7 Å").severe
    turning = made("A*(r - 7.5)**2", 8.5, 3.1, 7.0, zero="cutoff", A=1.0)
    assert said(turning, "turns round").r == pytest.approx(7.5, abs=1e-2)


def test_the_temperature_of_a_simulation(reference_folder: Path) -> None:
    system = System(
        "argon-150-kelvin",
        ("pair_style lj/cut 8.5", "pair_coeff * * 0.01034 3.405"),
        crystal(5.6, 4),
        Dynamics(0.002, 1600, 40, ensemble="nvt", temperature=150.0, equilibration=1500),
        8.5,
        {},
        {},
    )
    statistic = statistic_of(system.simulate(reference_folder), 8.5)
    lj = made("4*e*((s/r)**12 - (s/r)**6)", 8.5, statistic.coverage[0].minimum, e=0.01034, s=3.405)
    thermal = thermal_energy(statistic, lj)
    assert thermal / unit_style("metal").boltzmann == pytest.approx(150.0, rel=0.04)
    assert thermal_energy(statistic, lj.to_units("real")) == pytest.approx(thermal * 23.0605, rel=1e-4)
    assert np.isnan(thermal_energy(statistic, replace(lj, loss=Loss(0.9, 0.9, 0.9))))
