"""Friction and temperature of heat baths, in words."""

from __future__ import annotations

import pytest

from interpot.formula.thermostats import thermostat_remarks
from interpot.trajectory.targets.fluctuations import Fluctuation, Value
from interpot.units import unit_style

METAL = unit_style("metal")
KT, MASS = METAL.boltzmann * 300, 39.948
ONE = MASS / METAL.time  # a drag: γ is 1 per ps


def said(intensity: Value, kinetic: Value | None, drag: Value | None) -> str:
    found = {"Ar": Fluctuation((intensity[0] * ONE * KT, intensity[1] * ONE * KT), MASS, kinetic)}
    drags = {} if drag is None else {"Ar": (drag[0] * ONE, drag[1] * ONE)}
    (sentence,) = thermostat_remarks(found, drags, METAL)
    return sentence


@pytest.mark.parametrize(
    ("intensity", "kinetic", "drag", "words"),
    [
        # the better known value comes first, whichever it is
        ((1.0, 0.01), (KT, 0.0), (1.05, 0.05),
         "Ar: friction γ = ζ/m = 1.000(10) per ps by noise and velocities, as in equilibrium (1.05(5) by the formula); "
         "temperature 300 K by the velocities, 286(14) K by the noise and the formula's friction"),
        ((1.0, 0.05), (KT, 0.0), (1.05, 0.01),
         "Ar: friction γ = ζ/m = 1.050(10) per ps by the formula (1.00(5) by noise and velocities, as in equilibrium); "
         "temperature 300 K by the velocities, 286(15) K by the noise and the formula's friction"),
        ((1.0, 0.0), None, (1.0, 0.05),
         "Ar: friction γ = ζ/m = 1.00(5) per ps by the formula; temperature 300(15) K by the noise and the formula's "
         "friction"),
        ((1.0, 0.02), (KT, 0.0), None,
         "Ar: friction γ = 1.000(20) per ps by noise and velocities, as in equilibrium; temperature 300 K by the "
         "velocities"),
        # of overdamped dynamics the drag was given
        ((1.0, 0.01), None, (1.0, 0.0), "Ar: temperature 300(3) K by the noise and friction"),
    ],
)  # fmt: skip
def test_one_friction_is_told_as_the_final_one(
    intensity: Value, kinetic: Value | None, drag: Value | None, words: str
) -> None:
    assert said(intensity, kinetic, drag) == words


def test_two_frictions_that_do_not_agree_are_no_equilibrium() -> None:
    sentence = said((1.5, 0.01), (KT, 0.0), (1.0, 0.05))
    assert sentence.startswith(
        "Ar: friction γ = ζ/m = 1.00(5) per ps by the formula; by noise and velocities"
    )
    assert "it would be 1.500(10), 9.8 standard errors away" in sentence


def test_noise_alone_has_an_intensity() -> None:
    (bare,) = thermostat_remarks({"Ar": Fluctuation((1.0, 0.1), MASS)}, {}, unit_style("lj"))
    assert bare == "Ar: noise of intensity ζkT = 1.00(10) (ε/σ)²·τ"
