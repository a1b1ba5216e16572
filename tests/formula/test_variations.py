"""Structures that differ from one in one power or one function."""

from __future__ import annotations

import pytest

from interpot.formula.symbolic.grammar.factors import FACTORS, POWERS
from interpot.formula.symbolic.grammar.structure import Structure
from interpot.formula.symbolic.grammar.variations import variations

BY_NAME = {factor.name: factor for factor in FACTORS}
DOMAIN = (3.0, 12.0)
SHIFTED, EXP, BOSE = BY_NAME["power(shifted, 1)"], BY_NAME["exp(scaled, 1)"], BY_NAME["bose(scaled, 1)"]


def varied(base: Structure) -> list[Structure]:
    return list(variations(base, FACTORS, POWERS, lambda p: True, DOMAIN))


@pytest.mark.parametrize(
    "base, wanted",
    [
        # a power of r for one of a length, in one monomial
        (((0.0, -6.0), (-1.0, -6.0)), ((0.0, -6.0), (0.0, -7.0))),
        # a bare power for any other
        (((0.0, -7.0), (-12.0, 0.0)), ((0.0, -7.0), (-2.0, 0.0))),
        # a power of the length, one more
        (((0.0, -6.0),), ((0.0, -7.0),)),
        # all monomials at once
        (((-1.0, -6.0), (-2.0, -6.0)), ((0.0, -7.0), (-1.0, -7.0))),
    ],
)
def test_powers_are_changed(
    base: tuple[tuple[float, ...], ...], wanted: tuple[tuple[float, ...], ...]
) -> None:
    structures = varied(Structure((SHIFTED,), ((0.4, 0.0),), base))
    found = [s.monomials for s in structures if s.factors == (SHIFTED,)]
    assert wanted in found and base not in found
    assert len({*found}) == len(found) and all(len({*monomials}) == len(base) for monomials in found)


def test_a_function_is_exchanged_for_one_of_the_same_argument() -> None:
    found = varied(Structure((BOSE,), ((1.3, 0.0),), ((-1.0, 1.0),)))
    assert [s.shapes for s in found if s.factors == (EXP,)] == [((1.3, 0.0),)]


def test_another_power_in_the_argument_leaves_its_size_in_the_middle() -> None:
    found = varied(Structure((EXP,), ((1.5, 0.0),), ((0.0, 1.0),)))
    ((a, _),) = next(s.shapes for s in found if s.factors == (BY_NAME["exp(scaled, 2)"],))
    assert a * 6.0**2 == pytest.approx(1.5 * 6.0)


def test_a_constant_may_be_left_out() -> None:
    found = varied(Structure((BY_NAME["exp(sum, -1)"],), ((1.5, 0.2),), ((-1.0, 1.0),)))
    assert any(s.factors == (EXP,) and s.shapes == ((1.5, 0.0),) for s in found)
