"""A potential's numbers against Lennard-Jones written by hand, its units against explicit conversion."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import constants

from interpot.errors import InterpotError
from interpot.formula.channel_formula import ChannelFormula, Loss, Parameter
from interpot.formula.expression import parse_expression
from interpot.formula.potential import Potential
from interpot.units import STYLES, unit_style

EPSILON, SIGMA, CUTOFF = 0.0103, 3.405, 8.5
DISTANCES = np.linspace(3.0, 8.49, 50)
KCAL = constants.calorie * 1e3 / constants.Avogadro  # J
EV = constants.electron_volt


def lj_channel(species: tuple[str, str] = ("Ar", "Ar"), cutoff: float = CUTOFF) -> ChannelFormula:
    parameters = (Parameter("epsilon", EPSILON, 2e-5, 1, 0), Parameter("sigma", SIGMA, 3e-3, 0, 1))
    expression = parse_expression(
        "4*epsilon*((sigma/r)**12 - (sigma/r)**6)", {p.name: p.symbol for p in parameters}
    )
    return ChannelFormula(species, cutoff, (2.9, 8.4), "Lennard-Jones 12-6", expression, parameters)


def buckingham_channel(species: tuple[str, str] = ("Ar", "Kr")) -> ChannelFormula:
    parameters = (
        Parameter("A", 13000.0, 5.0, 1, 0),
        Parameter("rho", 0.273, 1e-4, 0, 1),
        Parameter("C_6", 65.0, 0.1, 1, 6),
    )
    expression = parse_expression("A*exp(-r/rho) - C_6/r**6", {p.name: p.symbol for p in parameters})
    return ChannelFormula(species, 9.0, (2.5, 8.9), "Buckingham exp-6", expression, parameters)


def potential(*channels: ChannelFormula, units: str = "metal") -> Potential:
    sigma = np.array([p.stderr for c in channels for p in c.parameters])
    covariance = np.full((len(sigma), len(sigma)), 0.3)
    np.fill_diagonal(covariance, 1.0)
    return Potential(unit_style(units), channels, covariance * np.outer(sigma, sigma), Loss(1e-6, 1e-7, 2e-6))


def by_hand(r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """φ and the radial force of Lennard-Jones."""
    s6 = (SIGMA / r) ** 6
    return 4 * EPSILON * (s6**2 - s6), 24 * EPSILON * (2 * s6**2 - s6) / r


# ---------------------------------------------------------------------------- numbers


def test_energy_and_force_are_those_of_the_textbook() -> None:
    argon = potential(lj_channel())
    energy, force = by_hand(DISTANCES)
    np.testing.assert_allclose(argon.energy(DISTANCES), energy, rtol=1e-13, atol=1e-17)
    np.testing.assert_allclose(argon.force(DISTANCES), force, rtol=1e-13, atol=1e-17)
    assert argon.force(3.0) > 0 > argon.force(5.0)  # positive where it repels


def test_psi_is_the_kernel_of_the_equations_of_motion() -> None:
    """-dp_i/dt = (1/n) Σ_j (q_i - q_j) ψ(r_ij) gives the same force on a particle as φ."""
    argon = potential(lj_channel())
    q = np.array([[0.0, 0.0, 0.0], [3.5, 0.4, -0.2], [-0.3, 4.1, 0.9], [1.0, -2.0, 3.3]])
    by_force = np.zeros((4, 3))
    by_kernel = np.zeros((4, 3))
    for i in range(4):
        for j in set(range(4)) - {i}:
            apart = q[i] - q[j]
            r = np.linalg.norm(apart)
            by_force[i] += by_hand(r)[1] * apart / r
            by_kernel[i] -= apart * argon.psi(r, n=4) / 4
    np.testing.assert_allclose(by_kernel, by_force, rtol=1e-12)
    np.testing.assert_allclose(argon.psi(DISTANCES), -by_hand(DISTANCES)[1] / DISTANCES, rtol=1e-12)
    np.testing.assert_allclose(argon.psi(DISTANCES, n=864), 864 * argon.psi(DISTANCES), rtol=1e-15)


def test_it_ends_at_the_cutoff() -> None:
    argon = potential(lj_channel())
    below = np.nextafter(CUTOFF, 0)
    assert argon.energy(below) == pytest.approx(by_hand(CUTOFF)[0]) and argon.energy(below) != 0
    for r in (CUTOFF, np.nextafter(CUTOFF, 9), 20.0, 1e6):
        assert argon.energy(r) == argon.force(r) == argon.psi(r) == 0


@pytest.mark.parametrize("shape", [(), (1,), (5,), (2, 3), (0,)])
def test_arrays_of_any_shape(shape: tuple[int, ...]) -> None:
    r = np.full(shape, 4.0)
    argon = potential(lj_channel())
    for values in (argon.energy(r), argon.force(r), argon.psi(r)):
        assert values.shape == shape and values.dtype == np.float64
    np.testing.assert_allclose(argon.energy(r), np.full(shape, by_hand(np.array(4.0))[0]))


def test_lists_integers_and_strides_are_taken() -> None:
    argon = potential(lj_channel())
    np.testing.assert_allclose(argon.energy([4, 5]), by_hand(np.array([4.0, 5.0]))[0], rtol=1e-13)
    np.testing.assert_allclose(argon.energy(DISTANCES[::-3]), by_hand(DISTANCES[::-3])[0], rtol=1e-12)


def test_what_is_no_number_stays_so() -> None:
    argon = potential(lj_channel())
    for evaluate in (argon.energy, argon.force, argon.psi):
        values = evaluate([4.0, np.nan, 9.0])
        assert np.isfinite(values[0]) and np.isnan(values[1]) and values[2] == 0


@pytest.mark.parametrize("r", [0.0, -1.0, [3.0, 0.0]])
def test_distances_are_positive(r: object) -> None:
    argon = potential(lj_channel())
    for evaluate in (argon.energy, argon.force, argon.psi):
        with pytest.raises(InterpotError, match=r"Ar-Ar: a distance of -?\d was given, expected r > 0"):
            evaluate(r)


# ---------------------------------------------------------------------------- channels


MIXTURE = potential(lj_channel(), buckingham_channel(), lj_channel(("Kr", "Kr"), 7.0))


def test_channels_are_found_in_either_order() -> None:
    assert MIXTURE.channel("Kr", "Ar") is MIXTURE.channel("Ar", "Kr") is MIXTURE.channels[1]
    assert MIXTURE.channel("Kr") is MIXTURE.channel("Kr", "Kr") is MIXTURE.channels[2]
    assert potential(lj_channel()).channel().label == "Ar-Ar"
    assert MIXTURE.species == ("Ar", "Kr")
    r = 4.4
    assert MIXTURE.energy(r, "Kr", "Ar") == pytest.approx(13000 * math.exp(-r / 0.273) - 65 / r**6, rel=1e-12)
    assert MIXTURE.energy(7.5, "Kr") == 0 != MIXTURE.energy(7.5, "Ar")


def test_a_channel_has_to_be_named_and_to_exist() -> None:
    with pytest.raises(InterpotError, match="several channels: name one of Ar-Ar, Ar-Kr, Kr-Kr"):
        MIXTURE.energy(4.0)
    with pytest.raises(InterpotError, match="no channel Ar-Xe: it has Ar-Ar, Ar-Kr, Kr-Kr"):
        MIXTURE.force(4.0, "Xe", "Ar")


# ---------------------------------------------------------------------------- units


SCALES = {  # one unit in J and m
    "metal": (EV, 1e-10),
    "real": (KCAL, 1e-10),
    "si": (1.0, 1.0),
    "nano": (1e-21, 1e-9),
    "electron": (
        constants.physical_constants["Hartree energy"][0],
        constants.physical_constants["Bohr radius"][0],
    ),
}


@pytest.mark.parametrize("style", SCALES)
def test_units_convert_every_number(style: str) -> None:
    energy, length = EV / SCALES[style][0], 1e-10 / SCALES[style][1]
    other = MIXTURE.to_units(style)
    assert other.units == STYLES[style]
    for before, after in zip(MIXTURE.channels, other.channels, strict=True):
        assert after.cutoff == pytest.approx(before.cutoff * length, rel=1e-12)
        assert after.domain == pytest.approx(tuple(x * length for x in before.domain), rel=1e-12)
        assert (after.form, after.expression) == (before.form, before.expression)
    factors = np.array([energy, length, energy, length, energy * length**6, energy, length])
    found = np.array([p.value for p in other.parameters]), np.array([p.stderr for p in other.parameters])
    np.testing.assert_allclose(found[0], factors * [p.value for p in MIXTURE.parameters], rtol=1e-12)
    np.testing.assert_allclose(found[1], factors * [p.stderr for p in MIXTURE.parameters], rtol=1e-12)
    np.testing.assert_allclose(other.covariance, np.outer(factors, factors) * MIXTURE.covariance, rtol=1e-11)
    r = DISTANCES[::7]
    for pair in (("Ar",), ("Ar", "Kr")):
        np.testing.assert_allclose(
            other.energy(r * length, *pair), MIXTURE.energy(r, *pair) * energy, rtol=1e-11
        )
        np.testing.assert_allclose(
            other.force(r * length, *pair), MIXTURE.force(r, *pair) * energy / length, rtol=1e-11
        )
    back = other.to_units("metal")
    np.testing.assert_allclose(back.covariance, MIXTURE.covariance, rtol=1e-11)


def powers_channel(n: float = 12.34, k: float = 1.7, c: float = 2e4, b: float = 0.02) -> ChannelFormula:
    """C/r^n + B r^k with both exponents fitted: the units of C and B have them in."""
    parameters = (
        Parameter("C", c, 3.0, 1, n),
        Parameter("n", n, 2e-4, 0, 0),
        Parameter("B", b, 1e-5, 1, -k),
        Parameter("k", k, 1e-3, 0, 0),
        Parameter("r_c", 9.0, 0.0, 0, 1),
    )
    expression = parse_expression(
        "C/r**n - C/r_c**n + B*r**k - B*r_c**k", {p.name: p.symbol for p in parameters}
    )
    return ChannelFormula(("Ne", "Ne"), 9.0, (2.5, 8.9), "r^-n + r^k", expression, parameters, "cutoff")


@pytest.mark.parametrize("style", SCALES)
def test_a_fitted_exponent_enters_the_error_of_its_coefficient(style: str) -> None:
    """G is the derivative of the converted values by the given ones, with the units following the exponents."""
    given = {"n": 12.34, "k": 1.7, "c": 2e4, "b": 0.02}
    before = potential(lj_channel(), powers_channel(**given))
    after = before.to_units(style)
    jacobian = np.diag([b.value / a.value for a, b in zip(before.parameters, after.parameters, strict=True)])
    for column, name in zip((2, 3, 4, 5), ("c", "n", "b", "k"), strict=True):
        h = 1e-6 * given[name]
        high, low = (
            potential(lj_channel(), powers_channel(**{**given, name: given[name] + step})).to_units(style)
            for step in (h, -h)
        )
        values = (np.array([p.value for p in end.parameters]) for end in (high, low))
        jacobian[:, column] = np.subtract(*values) / (2 * h)
    expected = jacobian @ before.covariance @ jacobian.T
    scale = np.sqrt(np.diag(expected)) + (np.diag(expected) == 0)
    np.testing.assert_allclose(
        after.covariance / np.outer(scale, scale), expected / np.outer(scale, scale), atol=1e-7
    )
    stderrs = [p.stderr for p in after.parameters]
    np.testing.assert_allclose(stderrs, np.sqrt(np.diag(expected)), rtol=1e-7)
    assert stderrs[-1] == 0
    back = after.to_units("metal")
    np.testing.assert_allclose(
        [p.stderr for p in back.parameters], [p.stderr for p in before.parameters], rtol=1e-7
    )
    np.testing.assert_allclose(back.covariance, before.covariance, rtol=1e-6)


def steep(units: str = "metal") -> Potential:
    """r^-18 + r^-20: in SI the constants are some 1e-200, and their squares underflow."""
    parameters = (
        Parameter("A", 0.01, 1e-4, 1, 0),
        Parameter("C_18", 3e7, 2e3, 1, 18),
        Parameter("C_20", -1e8, 4e4, 1, 20),
    )
    expression = parse_expression(
        "A*exp(-r**2) + C_18/r**18 + C_20/r**20", {p.name: p.symbol for p in parameters}
    )
    return potential(
        ChannelFormula(("Ar", "Ar"), 9.0, (2.5, 8.9), "steep", expression, parameters), units=units
    )


def test_errors_outlive_the_underflow_of_their_squares(tmp_path: Path) -> None:
    argon = steep()
    si = argon.to_units("si")
    assert si.covariance[2, 2] == 0 < si.parameters[2].stderr
    factors = [EV, EV * 1e-180, EV * 1e-200]
    expected = [p.stderr * f for p, f in zip(argon.parameters, factors, strict=True)]
    np.testing.assert_allclose([p.stderr for p in si.parameters], expected, rtol=1e-12)
    si.save(tmp_path / "p.json")
    back = Potential.load(tmp_path / "p.json").to_units("metal")
    np.testing.assert_allclose(np.diag(back.covariance), np.diag(argon.covariance), rtol=1e-11)
    assert np.linalg.eigvalsh(back.covariance)[0] > 0
    back.save(tmp_path / "again.json")


def test_the_same_units_change_nothing() -> None:
    assert MIXTURE.to_units("metal") is MIXTURE
    assert MIXTURE.to_units(STYLES["metal"]) is MIXTURE


def test_reduced_units_are_never_converted() -> None:
    reduced = potential(lj_channel(), units="lj")
    assert reduced.to_units("lj") is reduced
    for one, other in ((reduced, "metal"), (MIXTURE, "lj")):
        with pytest.raises(InterpotError, match="reduced units have no fixed relation to physical ones"):
            one.to_units(other)
    with pytest.raises(InterpotError, match="unknown unit style 'cgs'"):
        MIXTURE.to_units("cgs")


# ---------------------------------------------------------------------------- for people


def test_it_says_what_it_is() -> None:
    text = str(MIXTURE).splitlines()
    assert text[0] == "Ar-Ar: Lennard-Jones 12-6, ε = 0.010300(20) eV, σ = 3.405(3) Å"
    assert text[1] == "Ar-Kr: Buckingham exp-6, A = 13000(5) eV, ρ = 0.27300(10) Å, C₆ = 65.00(10) eV·Å^6"
    assert str(potential(lj_channel(), units="real")).startswith(
        "Ar-Ar: Lennard-Jones 12-6, ε = 0.010300(20) kcal/mol"
    )


def test_latex_for_notebooks() -> None:
    text = MIXTURE._repr_latex_()
    assert text.startswith(r"$$\begin{aligned}") and text.endswith(r"\end{aligned}$$")
    assert text.count("&=") == 3 and text.count("{") == text.count("}")
    for piece in (r"\mathrm{Ar-Kr}", r"\varepsilon", r"\sigma", r"\rho", "C_{6}"):
        assert piece in text


def test_numeric_has_every_constant_at_full_precision() -> None:
    phi = lj_channel().numeric
    assert {s.name for s in phi.free_symbols} == {"r"}
    (r,) = phi.free_symbols
    assert float(phi.subs(r, 3.9)) == pytest.approx(by_hand(3.9)[0], rel=1e-14)
