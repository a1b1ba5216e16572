"""Ensembles and adiabats: virial coefficients of the literature, exact gases, and LAMMPS under a piston."""

from __future__ import annotations

from dataclasses import replace
from math import factorial
from pathlib import Path

import numpy as np
import pytest
from proof_systems import channel, potential
from scipy.special import erf, gamma
from walled_runs import HARMONIC, LJ, LJ93, argon, lammps, script, wall

from interpot.errors import InterpotError
from interpot.formula.codegen import R
from interpot.formula.potential import Potential
from interpot.proof.adiabat import adiabatic_exponent, compare_adiabat, ideal_exponent
from interpot.proof.dilute import DiluteGas, excluded_layer, second_virial
from interpot.proof.ensemble import Ensemble, binned, compare_ensembles, ensemble_means
from interpot.units import unit_style

# ---------------------------------------------------------------------------- the dilute gas

ARGON = channel("Lennard-Jones 12-6", ("1", "1"), 300.0, epsilon=1.0, sigma=1.0)
B0 = 2 * np.pi / 3

# B/b₀ of the Lennard-Jones gas: Hirschfelder, Curtiss and Bird (1954), table I-B
TABLE = {0.7: -4.71004, 1.0: -2.53808, 2.0: -0.62763, 5.0: 0.24334, 10.0: 0.46088}


@pytest.mark.parametrize("temperature", TABLE)
def test_second_virial_coefficients_of_the_literature(temperature: float) -> None:
    measured = second_virial(ARGON, temperature) / B0
    assert measured == pytest.approx(TABLE[temperature], abs=2e-5)
    series = sum(2 ** (k + 0.5) / (4 * factorial(k)) * gamma((2 * k - 1) / 4) * temperature ** (-(2 * k + 1) / 4)
                 for k in range(60))  # fmt: skip
    assert measured == pytest.approx(-series, abs=1e-6)


def test_boyles_temperature() -> None:
    assert second_virial(ARGON, 3.417928) / B0 == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("dimension", "core"), [(2, np.pi / 2), (3, B0)])
def test_powers_have_exact_coefficients(dimension: int, core: float) -> None:
    """φ = r^-n: B = Γ(1 - d/n) times that of hard discs or spheres, at kT = 1."""
    for n in (12, 70):
        power = replace(ARGON, expression=R**-n, cutoff=40.0, parameters=())
        assert second_virial(power, 1.0, dimension) == pytest.approx(
            core * gamma(1 - dimension / n), rel=1e-8
        )


def test_functions_count_from_their_cutoff() -> None:
    """Molecular dynamics has no force at the step of a truncated function."""
    short = replace(ARGON, cutoff=2.5)
    step = float(short.energy(2.5 - 1e-12))
    shifted = replace(short, expression=short.expression - step)
    assert second_virial(short, 1.3) == pytest.approx(second_virial(shifted, 1.3), rel=1e-12)
    assert second_virial(short, 1.3) > second_virial(ARGON, 1.3) + 0.5


def test_the_layer_of_a_harmonic_wall() -> None:
    """∫ (1 - exp(-K(r_c - s)²/kT)) ds = r_c - ½ √(πkT/K) erf(r_c √(K/kT))."""
    stiff = wall("zlo", HARMONIC, 2.0, {"K": 1.5, "r_c": 2.0})
    for kt in (0.3, 1.0, 20.0):
        exact = 2.0 - np.sqrt(np.pi * kt / 1.5) / 2 * erf(2.0 * np.sqrt(1.5 / kt))
        assert excluded_layer(stiff, kt) == pytest.approx(exact, rel=1e-7)


def ideal(dimension: int = 3) -> DiluteGas:
    none = channel("Lennard-Jones 12-6", ("1", "1"), 3.0, epsilon=0.0)
    return DiluteGas(potential(none, units="lj"), {"1": 50}, 7.0, (), dimension)


@pytest.mark.parametrize("dimension", [2, 3])
def test_an_ideal_gas_is_adiabatic_with_its_exponent(dimension: int) -> None:
    gas, lengths = ideal(dimension), np.linspace(20, 8, 9)
    temperature = gas.adiabat(1.4, lengths)
    pressure = np.array([gas.pressure(t, length) for t, length in zip(temperature, lengths, strict=True)])
    np.testing.assert_allclose(temperature, 1.4 * (20 / lengths) ** (2 / dimension), rtol=1e-6)
    np.testing.assert_allclose(pressure, 50 * temperature / (7.0 * lengths), rtol=1e-6)
    fitted = adiabatic_exponent(lengths, np.stack([pressure, pressure]))
    assert fitted.value == pytest.approx(ideal_exponent(dimension), rel=1e-5) and fitted.runs == 2
    assert ideal_exponent(dimension) == {2: 2, 3: 5 / 3}[dimension]
    assert gas.energy(1.4, 20.0) == pytest.approx(dimension / 2 * 50 * 1.4, rel=1e-5)


def test_energy_and_pressure_belong_together() -> None:
    """dE = -P A dL on an adiabat, and E = (3/2) N kT + N² kT² (-dB/dT)/V."""
    gas = DiluteGas(argon(wall("zlo", LJ93, 2.5, {"eps": 1.0, "sig": 1.0})), {"1": 100}, 100.0, ("zlo",))
    lengths = np.array([20.0, 20.01])
    t = gas.adiabat(1.8, lengths)
    gained = gas.energy(t[1], lengths[1]) - gas.energy(t[0], lengths[0])
    middle = (gas.pressure(t[0], lengths[0]) + gas.pressure(t[1], lengths[1])) / 2
    assert gained == pytest.approx(-middle * 100.0 * 0.01, rel=1e-4)
    bare = DiluteGas(argon(), {"1": 100}, 100.0, ())
    slope = (bare.second_virial(1.801) - bare.second_virial(1.799)) / 0.002
    exact = 1.5 * 100 * 1.8 - 100**2 * 1.8**2 * slope / (100.0 * 20)
    assert bare.energy(1.8, 20.0) == pytest.approx(exact, rel=1e-5)
    assert bare.pressure(1.8, 20.0) == pytest.approx(
        0.05 * 1.8 * (1 + 0.05 * bare.second_virial(1.8)), rel=1e-6
    )


def test_a_mixture_of_the_same_is_one_gas() -> None:
    """But for the entropy of mixing."""
    pairs = [
        replace(ARGON, species=names, cutoff=2.5, domain=(0.9, 2.5))
        for names in (("A", "A"), ("A", "B"), ("B", "B"))
    ]
    both = DiluteGas(potential(*pairs, units="lj"), {"A": 30, "B": 70}, 100.0, ())
    one = DiluteGas(argon(), {"1": 100}, 100.0, ())
    assert both.second_virial(1.5) == pytest.approx(one.second_virial(1.5), rel=1e-12)
    assert both.pressure(1.5, 12.0) == pytest.approx(one.pressure(1.5, 12.0), rel=1e-8)
    with pytest.raises(InterpotError, match="no function of A and C"):
        DiluteGas(both.potential, {"A": 1, "C": 2}, 100.0, ())
    thick = wall("zlo", "1000.0*(2/r)**12 + 0*K", 8.0, {"K": 1.0})
    with pytest.raises(InterpotError, match="leave no room"):
        DiluteGas(argon(thick), {"1": 10}, 100.0, ("zlo",)).pressure(1.0, 2.0)


# ---------------------------------------------------------------------------- ensembles


def test_means_in_intervals() -> None:
    edges = np.array([0.0, 1.0, 2.0, 3.0])
    values = binned([np.array([0.2, 0.8, 1.5, 3.0, 9.0])], [np.array([1.0, 3.0, 5.0, 7.0, 9.0])], edges)
    np.testing.assert_array_equal(values, [[2.0, 5.0, 7.0]])
    assert np.isnan(binned([np.array([0.5])], [np.array([1.0])], edges)[0, 1:]).all()


def compressed(
    folder: Path, seed: int, walls: str, pair: str, number: int, heights: tuple[float, float], edge: float,
    steps: int, temperature: float = 2.0, thermo: int = 5,
) -> dict[str, np.ndarray]:  # fmt: skip
    """One run under a wall that comes down slowly, after some thousand steps in which it stands."""
    high, low = heights
    moves = f"variable z equal {high}-{high - low}*(step-4000)/{steps}*(step>4000)"
    text = script(
        number, (edge, edge, high), f"{moves}\nfix w all {walls}", f"run 4000\nthermo {thermo}\nrun {steps}", pair,
        temperature, seed, columns="f_w[1] f_w[2] v_z",
    )  # fmt: skip
    series = lammps(folder, text)
    still = np.zeros(len(series["step"]))
    return series | {
        "wall force zlo": series["f_w[1]"], "wall force zhi": series["f_w[2]"],
        "wall position zlo": still, "wall position zhi": series["v_z"],
    }  # fmt: skip


FREE = ("wall/harmonic zlo 0.0 200.0 0.0 1.0 zhi v_z 200.0 0.0 1.0", "pair_style zero 1.0\npair_coeff * *")


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ensemble]:
    """Ensembles of a gas without collisions, two at one temperature and one that is hotter."""
    folder, made = tmp_path_factory.mktemp("free"), {}
    for name, first, temperature in (("one", 1, 2.0), ("two", 11, 2.0), ("hot", 21, 3.0)):
        runs = [
            compressed(folder, 13 * k, *FREE, 120, (20.0, 11.0), 8.0, 12_000, temperature, 4)
            for k in range(first, first + 4)
        ]
        made[name] = Ensemble(runs, LJ, 64.0)
    return made


def test_a_gas_without_collisions_is_compressed_in_one_dimension(free: dict[str, Ensemble]) -> None:
    """Only the motion along the normal gains: γ = 3, not 5/3."""
    told = {m.quantity.name.removesuffix(" (ensemble)"): m.curve for m in ensemble_means(free["one"])}
    curve = told["pressure against volume"]
    layer = excluded_layer(wall("zlo", "K*(1 - r)**2", 1.0, {"K": 200.0}), 4.0)
    pressures = np.stack([curve.y, curve.y])
    assert adiabatic_exponent(curve.x - 2 * 64.0 * layer, pressures).value == pytest.approx(3.0, abs=0.15)
    gained, done = told["energy gained"], told["work of the walls"]
    assert abs(gained.y[0] - done.y[0]) < 2e-3 * done.y[0] and done.error[0] < 0.1 * done.y[0]
    assert told["position of wall zhi"].y[0] > 19 and told["work of wall zhi"].y[-1] < done.y[0]


def test_ensembles_of_the_same_gas_agree_and_others_differ(free: dict[str, Ensemble]) -> None:
    same = compare_ensembles(free["one"], free["two"])
    assert same.agrees and (same.reference, same.found) == (4, 4)
    verdicts = {o.name.removesuffix(" (ensemble)"): o.verdict for o in same.observables}
    assert (
        verdicts["work of the walls"] == verdicts["final temperature"] == verdicts["temperature"] == "agrees"
    )
    assert verdicts["position of wall zhi"] == "agrees"
    other = compare_ensembles(free["one"], free["hot"])
    verdicts = {o.name.removesuffix(" (ensemble)"): o.verdict for o in other.observables}
    assert not other.agrees and verdicts["final temperature"] == verdicts["temperature"] == "differs"


def test_walls_that_stand_may_be_told(free: dict[str, Ensemble]) -> None:
    without = [{k: v for k, v in run.items() if k != "wall position zlo"} for run in free["one"].runs]
    unknown = replace(free["one"], runs=without)
    named = {name: replace(unknown, standing=told) for name, told in (("no", {}), ("yes", {"zlo": 0.0}))}
    assert not any("volume" in m.quantity.name for m in ensemble_means(named["no"]))
    for one, two in zip(ensemble_means(free["one"]), ensemble_means(named["yes"]), strict=True):
        np.testing.assert_array_equal(one.curve.y, two.curve.y)


def test_small_ensembles(free: dict[str, Ensemble]) -> None:
    few = replace(free["one"], runs=free["one"].runs[:2])
    told = {o.name: o for o in compare_ensembles(few, few).observables}
    assert told["energy gained (ensemble)"].remark.startswith(
        "2 runs are too few for an error estimate: make at least 4"
    )
    with pytest.raises(InterpotError, match="two runs or more"):
        replace(few, runs=few.runs[:1])
    with pytest.raises(InterpotError, match="run 2 of the ensemble has no series 'total'"):
        replace(few, runs=(few.runs[0], {k: v for k, v in few.runs[1].items() if k != "total"}))
    with pytest.raises(InterpotError, match="has 30 rows: expected 40"):
        replace(few, runs=[{k: v[:30] for k, v in run.items()} for run in few.runs])


def test_exponents_that_cannot_be() -> None:
    with pytest.raises(InterpotError, match=r"volumes that differ: got 1 to 1\.1"):
        adiabatic_exponent(np.linspace(1, 1.1, 5), np.ones((2, 5)))
    with pytest.raises(InterpotError, match="positive pressures: one mean over an interval is -1"):
        adiabatic_exponent(np.linspace(1, 2, 5), -np.ones((2, 5)))


# ---------------------------------------------------------------------------- the formula against LAMMPS


def formula(epsilon: float = 1.0) -> Potential:
    walls = [wall(name, LJ93, 2.5, {"eps": 1.0, "sig": 1.0}) for name in ("zlo", "zhi")]
    found = argon(*walls)
    pair = found.channels[0]
    stronger = replace(pair, expression=epsilon * pair.expression)
    return replace(found, channels=(stronger, *found.channels[1:]))


def test_adiabats_are_for_slow_walls_and_dilute_gases() -> None:
    """A wall as fast as twice √(kT/m), and a liquid, whose third virial coefficient would count."""
    time = np.linspace(0.0, 10.0, 60)

    def ensemble(speed: float, particles: int) -> Ensemble:
        push = np.ones(60)
        run = {
            "time": time, "kinetic": 1.5 * particles * push, "total": push, "temperature": push,
            "wall position zlo": 0 * push, "wall force zlo": -push,
            "wall position zhi": 50.0 - speed * time, "wall force zhi": push,
        }  # fmt: skip
        return Ensemble([run] * 4, unit_style("lj"), 144.0)

    gas, liquid = (DiluteGas(formula(), {"1": n}, 144.0, ("zlo", "zhi"), 3, 1.0) for n in (100, 5000))
    with pytest.raises(InterpotError, match="moves at 2 of the particles' thermal speed"):
        compare_adiabat(ensemble(2.0, 100), "zhi", gas)
    with pytest.raises(InterpotError, match="the gas is not dilute"):
        compare_adiabat(ensemble(0.1, 5000), "zhi", liquid)


def test_the_formulas_adiabat_is_that_of_lammps(tmp_path: Path) -> None:
    """A gas with collisions: the exponent is that of the virial coefficient, not of one dimension."""
    pair = "pair_style lj/cut 2.5\npair_coeff * * 1.0 1.0"
    walls = "wall/lj93 zlo 0.0 1.0 1.0 2.5 zhi v_z 1.0 1.0 2.5"
    runs = [compressed(tmp_path, 7 * k, walls, pair, 100, (24.0, 13.0), 12.0, 30_000) for k in range(1, 5)]
    ensemble = Ensemble(runs, LJ, 144.0)
    gas = DiluteGas(formula(), {"1": 100}, 144.0, ("zlo", "zhi"))
    told = {o.name: o for o in compare_adiabat(ensemble, "zhi", gas)}
    assert {o.verdict for o in told.values()} <= {"agrees", "cannot tell"}
    heat = told["temperature along the adiabat"]
    assert heat.verdict == "agrees" and heat.reference is not None
    np.testing.assert_allclose(heat.found.y, heat.reference.y, rtol=0.03)
    assert heat.found.y[0] > 1.4 * heat.found.y[-1]
    gamma_ = told["adiabatic exponent"]
    assert gamma_.found.y[0] == pytest.approx(1.73, abs=0.05) and "1.667 for an ideal gas" in gamma_.remark
    assert abs(gamma_.reference.y[0] - gamma_.found.y[0]) < 5 * gamma_.reference.error[0] < 1
