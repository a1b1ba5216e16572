"""Terms beside what was published of them and beside LAMMPS's own versions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import gammainc

from interpot.formula.codegen import R, compile_array, derivative, numpy_function
from interpot.formula.naming import name
from interpot.formula.regress.form import Form
from interpot.formula.terms import Term, library
from interpot.proof.engines.lammps import Lammps
from interpot.records import Cell, Frame, ReferenceModel
from interpot.units import unit_style

BOHR, HARTREE, KELVIN = 0.529177210903, 27.211386245988, 8.617333262e-05  # Å, eV, eV/K


def slope(term: Term):
    return numpy_function(derivative(term.expression, R), (R, *term.symbols))


# ---------------------------------------------------------------------------- Tang and Toennies


@pytest.mark.parametrize("n", [6, 8, 10])
def test_damping_is_the_incomplete_gamma_function_without_loss_of_digits(n: int) -> None:
    """f_n(x) = P(n + 1, x), f_n'(x) = e^{-x} x^n/n!, to 1e-12 over all that the bounds of b allow."""
    (term,) = library([f"damped_{n}"])
    (shape,) = term.shapes
    low, high = shape.bounds(1.0, 30.0)
    x = np.concatenate([np.linspace(low, 12, 200), np.geomspace(12, 40, 50)])
    f = gammainc(n + 1, x)
    df = np.exp(-x + n * np.log(x) - np.sum(np.log(np.arange(1, n + 1))))
    assert (low, high) == (3.5, 60.0)
    np.testing.assert_allclose(term.values(x, 1.0), f / x**n, rtol=1e-12)
    np.testing.assert_allclose(
        compile_array(term.expression, (R, *term.symbols))(x, 1.0), f / x**n, rtol=1e-12
    )
    np.testing.assert_allclose(slope(term)(x, 1.0), df / x**n - n * f / x ** (n + 1), rtol=1e-12)
    near = x < 30  # beyond, the slope along b is below 1e-6 and so is its use
    np.testing.assert_allclose(term.shape_slope(0, x[near], 1.0), (x * df / x**n)[near], rtol=1e-11)


def test_damping_has_its_limits() -> None:
    for n in (6, 8, 10):
        (term,) = library([f"damped_{n}"])
        assert term.values(np.array([5.0]), 50.0)[0] == pytest.approx(5.0**-n, rel=1e-14)


@pytest.mark.parametrize(
    ("A", "b", "dispersion", "r_e", "depth"),
    [
        (41.96, 2.523, (1.461, 14.11, 183.6), 2.973007, 11.01097),  # He
        (199.5, 2.458, (6.383, 90.34, 1536.0), 3.089723, 42.37155),  # Ne
        (748.3, 2.031, (64.3, 1623.0, 49060.0), 3.756524, 143.51993),  # Ar
    ],
)
def test_noble_gases_of_tang_and_toennies(
    A: float, b: float, dispersion: tuple[float, ...], r_e: float, depth: float
) -> None:
    """J. Chem. Phys. 118, 4976 (2003): minimum (Å) and depth (K) of their He2, Ne2, Ar2, worked out independently."""
    terms = library(["exponential", "damped_6", "damped_8", "damped_10"])
    form = Form(terms, np.full(4, b / BOHR), np.ones((4, 1)))
    powers = [BOHR**n for n in (6, 8, 10)]
    coefficients = HARTREE * np.array([A, *(-C * p for C, p in zip(dispersion, powers, strict=True))])
    named = name(form, coefficients, 12.0)
    assert named.name == "Tang-Toennies C6-C8-C10"
    symbols = (R, *(p.symbol for p in named.parameters))
    values = [p.value for p in named.parameters]
    phi, force = (numpy_function(e, symbols) for e in (named.expression, derivative(named.expression, R)))
    minimum = brentq(lambda r: float(force(r, *values)), 2.5, 5.0, xtol=1e-13)
    assert minimum == pytest.approx(r_e, abs=1e-6)
    assert -float(phi(minimum, *values)) / KELVIN == pytest.approx(depth, rel=1e-6)


# ---------------------------------------------------------------------------- beside LAMMPS


def lammps_pairs(commands: tuple[str, ...], r: np.ndarray) -> tuple[float, np.ndarray]:
    """Energy of pairs of atoms that do not see each other, and the radial force of each."""
    cell = Cell(np.eye(3), np.zeros(3), (False, False, False))
    first = 50.0 * np.arange(len(r))[:, None] * np.array([0, 1, 0])
    positions = np.vstack([first, first + r[:, None] * np.array([1, 0, 0])])
    frame = Frame(positions, ("Si",), np.zeros(2 * len(r), dtype=np.int64), cell)
    found = Lammps().evaluate(ReferenceModel("lammps", commands), frame, unit_style("metal"))
    return found.energy, found.forces[len(r) :, 0]


def test_zbl_is_that_of_lammps() -> None:
    """Silicon: C = Z² e²/4πε₀, a = 0.4685 Å/(2 Z^0.23); LAMMPS switches beyond 19 Å and adds a constant."""
    Z = 14
    C, a = Z**2 * unit_style("metal").coulomb, 0.46850 / (2 * Z**0.23)
    (term,) = library(["zbl"])
    r = np.array([0.3, 0.8, 1.5, 2.5])
    zbl = ("pair_style zbl 19.0 20.0", f"pair_coeff * * {Z} {Z}")
    energy, force = lammps_pairs(zbl, r)
    np.testing.assert_allclose(-C * slope(term)(r, a), force, rtol=1e-12)
    constant = C * term.values(r, a).sum() - energy  # the same for each pair
    closer = lammps_pairs(zbl, r - 0.1)[0]
    assert C * term.values(r - 0.1, a).sum() - closer == pytest.approx(constant, rel=1e-8)


def test_the_universal_function_is_one_at_contact_and_falls() -> None:
    """Φ(0), Φ(1) and Φ(10), the four exponentials added up by hand."""
    (term,) = library(["zbl"])
    x = np.array([1e-9, 1.0, 10.0])
    by_hand = [1.0, 0.00741 + 0.19871 + 0.18729 + 0.02303, 4.12e-5 + 4.986e-3 + 3.751e-3]
    np.testing.assert_allclose(term.values(x, 1.0) * x, by_hand, rtol=1e-4)


SILICON = "Si Si Si 2.1683 2.0951 1.80 0.0 1.20 -0.333333333333 7.049556277 0.6022245584 4.0 0.0 0.0\n"


def test_stillinger_and_webers_silicon(tmp_path: Path) -> None:
    """Phys. Rev. B 31, 5262 (1985): ε = 2.1683 eV, σ = 2.0951 Å, A = 7.0496, B = 0.60222, p = 4, q = 0, a = 1.8."""
    path = tmp_path / "Si.sw"
    path.write_text(SILICON)
    epsilon, sigma, A, B, a = 2.1683, 2.0951, 7.049556277, 0.6022245584, 1.8
    form = Form.of(library(["stillinger_weber"] * 2), np.array([4, sigma, a * sigma, 0, sigma, a * sigma]))
    assert form.constants == 4  # s and a are shared
    coefficients = epsilon * A * np.array([B * sigma**4, -1.0])
    r = np.array([1.7, 2.1, 2.35, 3.0, 3.6, 3.75])
    energy, force = lammps_pairs(("pair_style sw", f"pair_coeff * * {path} Si"), r)
    assert (form.columns(r) @ coefficients).sum() == pytest.approx(energy, rel=1e-11)
    slopes = np.column_stack([slope(t)(r, *s) for t, s in zip(form.terms, form.split(), strict=True)])
    np.testing.assert_allclose(-slopes @ coefficients, force, rtol=1e-11)
    constants = {p.name: p.value for p in name(form, coefficients, a * sigma).parameters}
    assert constants == pytest.approx({"A": epsilon * A, "B": B, "sigma": sigma, "a": a}, rel=1e-12)
    minimum = brentq(
        lambda x: float(
            (np.hstack([slope(t)(x, *s) for t, s in zip(form.terms, form.split(), strict=True)]))
            @ coefficients
        ),
        2.0,
        3.0,
    )
    depth = (form.columns(np.array([minimum])) @ coefficients)[0]
    assert minimum == pytest.approx(2 ** (1 / 6) * sigma, rel=1e-4)  # as the paper scales it
    assert depth == pytest.approx(-epsilon, rel=1e-4)


def test_soft_cosine_is_that_of_lammps() -> None:
    (term,) = library(["soft_cosine"])
    r = np.array([0.5, 1.7, 3.1])
    energy, force = lammps_pairs(("pair_style soft 3.2", "pair_coeff * * 0.7 3.2"), r)
    assert 0.7 * term.values(r, 3.2).sum() == pytest.approx(energy, rel=1e-11)
    np.testing.assert_allclose(-0.7 * slope(term)(r, 3.2), force, rtol=1e-11)


@pytest.mark.parametrize(("exponents", "title"), [((9, 6), "Mie 9-6"), ((12, 10), "Mie 12-10")])
def test_other_lennard_jones_forms_are_mies(exponents: tuple[int, int], title: str) -> None:
    """9-6 as in class II force fields (LAMMPS's lj/class2: depth ε at σ) and 12-10 of hydrogen bonds."""
    n, m = exponents
    depth, r_e = 0.02, 3.6
    form = Form.of(library(["power", "power"]), np.array([n, m], dtype=float))
    coefficients = depth / (n - m) * np.array([m * r_e**n, -n * r_e**m])
    named = name(form, coefficients, 9.0)
    sigma = r_e * (m / n) ** (1 / (n - m))
    assert named.name == title
    assert {p.name: p.value for p in named.parameters} == pytest.approx({"epsilon": depth, "sigma": sigma})


def test_the_force_of_a_reaction_field_of_metal_vanishes_at_the_cutoff() -> None:
    """k_rf = 1/(2 r_c³) for ε = ∞: GROMACS's manual, "Coulomb interaction with reaction field"."""
    r_c, C = 9.0, 14.4
    form = Form.of(library(["polynomial", "power"]), np.array([2.0, 1.0]))
    named = name(form, np.array([C / (2 * r_c**3), C]), r_c)
    assert named.name == "Reaction-field Coulomb"
    symbols = (R, *(p.symbol for p in named.parameters))
    values = [p.value for p in named.parameters]
    assert float(numpy_function(named.expression, symbols)(r_c, *values)) == pytest.approx(0, abs=1e-14)
    assert float(numpy_function(derivative(named.expression, R), symbols)(r_c, *values)) == pytest.approx(
        0, abs=1e-14
    )
    r = np.array([4.0])
    gromacs = C * (1 / r + r**2 / (2 * r_c**3) - 1.5 / r_c)
    np.testing.assert_allclose(numpy_function(named.expression, symbols)(r, *values), gromacs, rtol=1e-13)


def test_charges_of_any_kind_beside_a_named_form() -> None:
    """Lennard-Jones with a reaction field, Buckingham with Gaussian charges: neither is a nameless sum."""
    form = Form.of(library(["power", "polynomial", "power", "power"]), np.array([1.0, 2, 12, 6]))
    coefficients = np.array([14.4, 0.01, 2e5, -80.0])
    named = name(form, coefficients, 9.0)
    assert named.name == "Lennard-Jones 12-6 + Reaction-field Coulomb"
    r = np.array([3.0, 7.0])
    symbols = (R, *(p.symbol for p in named.parameters))
    truth = (form.columns(r) - form.columns(np.array([9.0]))) @ coefficients
    values = [p.value for p in named.parameters]
    np.testing.assert_allclose(numpy_function(named.expression, symbols)(r, *values), truth, rtol=1e-10)
    form = Form.of(library(["erfc_coulomb", "exponential", "power"]), np.array([0.3, 3.0, 6]))
    named = name(form, np.array([14.4, 1000.0, -30.0]), 9.0)
    assert named.name == "Buckingham exp-6 + Screened Coulomb erfc"
    assert [p.name for p in named.parameters] == ["A", "rho", "C_6", "C", "gamma"]
