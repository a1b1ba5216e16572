"""The error band is the scatter of the function when its constants scatter as their covariance says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy

from interpot.formula.band import band
from interpot.formula.channel_formula import ChannelFormula, Loss, Parameter
from interpot.formula.expression import parse_expression
from interpot.formula.potential import Potential
from interpot.formula.terms.variants import apply
from interpot.units import unit_style

LJ = "4*epsilon*((sigma/r)**12 - (sigma/r)**6)"
LJ_CONSTANTS = {"epsilon": 0.0103, "sigma": 3.4}


def channel(text: str, constants: dict[str, float], fixed: tuple[str, ...] = ()) -> ChannelFormula:
    parameters = tuple(
        Parameter(n, v, 0.0 if n in fixed else 1e-4 * v, 0.0, 0.0) for n, v in constants.items()
    )
    expression = parse_expression(text, {p.name: p.symbol for p in parameters})
    return ChannelFormula(("Ar", "Ar"), 9.0, (3.0, 9.0), "form", expression, parameters)


def covariance(parameters: tuple[Parameter, ...], correlation: float) -> np.ndarray:
    sigma = np.array([p.stderr for p in parameters])
    matrix = np.full((len(sigma), len(sigma)), correlation)
    np.fill_diagonal(matrix, 1.0)
    return matrix * sigma * sigma[:, None]


def potential(*channels: ChannelFormula, correlation: float = 0.0) -> Potential:
    parameters = tuple(p for c in channels for p in c.parameters)
    loss = Loss(1e-9, 1e-9, 1e-9)
    return Potential(unit_style("metal"), channels, covariance(parameters, correlation), loss)


def switched() -> ChannelFormula:
    plain = channel(LJ, LJ_CONSTANTS | {"r_on": 6.0})
    r_on = plain.parameters[2].symbol
    return replace(plain, expression=apply("switched", plain.expression, sympy.Float(9.0), r_on))


@pytest.mark.parametrize(
    ("form", "correlation"),
    [
        (channel(LJ, LJ_CONSTANTS), -0.95),
        (channel(LJ, LJ_CONSTANTS), 0.3),
        (channel("A*exp(-r/rho) - C_6/r**6", {"A": 2400.0, "rho": 0.31, "C_6": 60.0}), 0.6),
        (channel("A*exp(-r/rho) - C_6/r**6", {"A": 2400.0, "rho": 0.31, "C_6": 60.0}, ("rho",)), -0.5),
        (switched(), 0.2),
    ],
)
def test_the_band_is_the_scatter_of_samples(form: ChannelFormula, correlation: float) -> None:
    found = potential(form, correlation=correlation)
    r = np.array([3.0, 3.3, 3.71, 4.4, 5.9, 6.5, 8.2])
    random = np.random.default_rng(7)
    values = np.array([p.value for p in form.parameters])
    draws = random.multivariate_normal(values, found.covariance, size=3000, method="eigh")
    samples = [
        replace(
            form, parameters=tuple(replace(p, value=v) for p, v in zip(form.parameters, draw, strict=True))
        )
        for draw in draws
    ]
    errors = band(found, form, r)
    np.testing.assert_allclose(errors.energy, np.std([s.energy(r) for s in samples], axis=0), rtol=0.06)
    np.testing.assert_allclose(errors.slope, np.std([s.slope(r) for s in samples], axis=0), rtol=0.06)


def test_each_channel_has_its_own_rows() -> None:
    first = channel(LJ, LJ_CONSTANTS)
    second = replace(channel(LJ, {"epsilon": 0.02, "sigma": 4.1}), species=("Ar", "Xe"))
    r = np.linspace(3.5, 8.0, 9)
    both = potential(first, second)
    for form in (first, second):
        np.testing.assert_array_equal(band(both, form, r).energy, band(potential(form), form, r).energy)


def test_beyond_the_cutoff_and_without_errors_it_is_zero() -> None:
    form = channel(LJ, LJ_CONSTANTS)
    assert (band(potential(form), form, [9.0, 12.0]).energy == 0).all()
    exact = channel(LJ, LJ_CONSTANTS, ("epsilon", "sigma"))
    assert (band(potential(exact), exact, [4.0, 5.0]).slope == 0).all()


def test_an_unknown_covariance_makes_an_unknown_band() -> None:
    form = channel(LJ, LJ_CONSTANTS)
    unknown = replace(potential(form), covariance=np.full((2, 2), np.nan))
    assert np.isnan(band(unknown, form, [4.0]).energy).all()


def test_tiny_errors_do_not_underflow() -> None:
    form = channel("C/r", {"C": 1e-170})
    form = replace(form, parameters=(replace(form.parameters[0], stderr=1e-170),))
    found = replace(potential(form), covariance=np.array([[0.0]]))  # the square of the error is no double
    assert band(found, form, [4.0]).energy[0] == pytest.approx(1e-170 / 4, rel=1e-9, abs=0.0)


def test_the_interval_is_students() -> None:
    form = channel(LJ, LJ_CONSTANTS)
    assert band(replace(potential(form), freedom=7.0), form, [4.0]).factor == pytest.approx(2.365, abs=1e-3)
