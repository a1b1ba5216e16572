"""What stands for a formula below the sampled range: nothing changes above it, it is smooth and repels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy

from interpot.errors import InterpotError
from interpot.formula.channel_formula import ChannelFormula, Loss, Parameter
from interpot.formula.codegen import R
from interpot.formula.continuation import continued
from interpot.formula.potential import Potential
from interpot.units import unit_style

# φ, smallest sampled distance; all but the last two fail to repel somewhere below it
FORMULAS = {
    "Buckingham": (2400 * sympy.exp(-R / 0.31) - 60 / R**6, 2.5),
    "Buckingham, seen at the top": (2400 * sympy.exp(-R / 0.31) - 60 / R**6, 1.2),
    "opposite charges": (-14.4 / R, 2.0),
    "a well without a core": (-0.7 * sympy.exp(-(R**2) / 7), 1.5),
    "not defined below 1": (sympy.log(R - 1) * -0.3, 2.0),
    "a switch inside": (-(sympy.Max(0, 3 - R) ** 3) + 1 / R**2, 2.0),
    "flat where it begins": (
        2 * sympy.Max(0, 3 - R) ** 2 - 18 * sympy.Max(0, 2 - R) ** 2,
        3.5,
    ),
    "Lennard-Jones": (0.04 * ((3.4 / R) ** 12 - (3.4 / R) ** 6), 3.0),
    "a soft core": (2 * sympy.exp(-(R**2)), 0.7),
}
REPELS = {"Lennard-Jones", "a soft core"}
CONTINUED = [name for name in FORMULAS if name not in REPELS]


def potential(name: str) -> Potential:
    expression, low = FORMULAS[name]
    channel = ChannelFormula(("Ar", "Ar"), 8.0, (low, 8.0), name, sympy.sympify(expression), ())
    return Potential(unit_style("metal"), (channel,), np.zeros((0, 0)), Loss(0.1, 0.1, 0.1))


each = pytest.mark.parametrize("name", FORMULAS)


@each
def test_nothing_changes_in_the_sampled_range(name: str) -> None:
    before, after = potential(name).channels[0], continued(potential(name)).channels[0]
    r = np.linspace(before.domain[0], 8.2, 300)
    np.testing.assert_allclose(after.energy(r), before.energy(r), rtol=1e-14, atol=1e-16)
    np.testing.assert_allclose(after.slope(r), before.slope(r), rtol=1e-13, atol=1e-16)


@each
def test_only_what_does_not_repel_is_continued(name: str) -> None:
    assert (continued(potential(name)).channels[0].core is None) == (name in REPELS)


@pytest.mark.parametrize("name", CONTINUED)
def test_it_repels_below(name: str) -> None:
    channel = continued(potential(name)).channels[0]
    assert channel.core is not None and channel.core.r <= channel.domain[0]
    r = np.geomspace(1e-3, 0.899, 2000) * channel.core.r
    assert (channel.slope(r) < 0).all()
    assert channel.energy(1e-3 * channel.core.r) > 1e6 * abs(channel.core.energy)


@pytest.mark.parametrize("domain", [(0.0, 8.0), (9.0, 9.5)])
def test_a_range_that_is_none(domain: tuple[float, float]) -> None:
    channel = replace(potential("Lennard-Jones").channels[0], domain=domain)
    with pytest.raises(InterpotError, match="expected 0 < smallest sampled distance < cutoff"):
        continued(replace(potential("Lennard-Jones"), channels=(channel,)))


@pytest.mark.parametrize("name", CONTINUED)
def test_energy_force_and_its_slope_meet_at_the_seam(name: str) -> None:
    channel = continued(potential(name)).channels[0]
    assert channel.core is not None
    seam, h = channel.core.r, 3e-8 * channel.core.r
    outside, inside = (
        [f(seam + sign * h * np.array([1.0, 2.0])) for f in (channel.energy, channel.slope)]
        for sign in (1, -1)
    )
    size = abs(channel.core.curvature) * seam**2 + abs(channel.core.slope) * seam or channel.core.strength
    for k, scale in ((0, size), (1, size / seam)):
        gap = (2 * outside[k][0] - outside[k][1]) - (2 * inside[k][0] - inside[k][1])
        assert abs(gap) < 1e-9 * scale
    curvatures = [(slope[1] - slope[0]) / (sign * h) for (_, slope), sign in ((outside, 1), (inside, -1))]
    assert curvatures[0] == pytest.approx(curvatures[1], abs=2e-4 * size / seam**2)


def test_the_top_of_buckingham_is_never_reached() -> None:
    """Its force is largest at 1.236 Å and its top lies at 0.68 Å, below which it falls to -∞."""
    core = continued(potential("Buckingham")).channels[0].core
    assert core is not None and core.r == pytest.approx(1.2356, abs=2e-3) and abs(core.curvature) < 1


def test_units_go_with_it() -> None:
    """In metal units, then in atomic ones, or the other way round."""
    charge = Parameter("C_1", -14.4, 0.0, 1.0, 1.0)
    channel = replace(
        potential("opposite charges").channels[0], expression=charge.symbol / R, parameters=(charge,)
    )
    metal = Potential(unit_style("metal"), (channel,), np.zeros((1, 1)), Loss(0.1, 0.1, 0.1))
    one, other = continued(metal).to_units("electron"), continued(metal.to_units("electron"))
    r = np.array([0.9, 2.0, 3.5, 6.0])
    np.testing.assert_allclose(one.energy(r), other.energy(r), rtol=1e-11)
    in_ev = one.energy(r / one.units.length) * one.units.energy
    np.testing.assert_allclose(in_ev, continued(metal).energy(r), rtol=1e-11)


def test_continuing_twice_is_continuing_once() -> None:
    once = continued(potential("Buckingham"))
    assert continued(once).channels == once.channels
    bare = replace(once.channels[0], core=None)
    assert bare == potential("Buckingham").channels[0]
