"""What a form is called in a pair, a wall and a field; user's terms and demands for each of them."""

from __future__ import annotations

import numpy as np
import pytest

from interpot.errors import InterpotError
from interpot.formula.codegen import R, numpy_function
from interpot.formula.constraints import Decay, RepulsiveCore, asked_for
from interpot.formula.known import known_parts
from interpot.formula.named_forms import FORMS, NamedForm
from interpot.formula.naming import name
from interpot.formula.regress.form import Form
from interpot.formula.terms import library
from interpot.formula.terms.user import terms_from
from interpot.statistic.channels import Channel
from interpot.units import unit_style

NUMBERS = {
    "Lennard-Jones wall 9-3": ([30.0, -2.0], [9.0, 3.0]),
    "Lennard-Jones wall 12-6": ([500.0, -20.0], [12.0, 6.0]),
    "Steele wall 10-4-3": ([0.02], [3.1]),
    "Harmonic wall": ([0.4], [4.0]),
    "Exponential wall": ([20.0], [2.5]),
    "Uniform electric field": ([-0.3], []),
    "Uniform field": ([-0.3], []),
    "Double well": ([0.1, -0.4], []),
    "Linear drag": ([0.4], []),
    "Quadratic drag": ([0.4], []),
    "Coulomb friction": ([0.4], []),
    "Linear and quadratic drag": ([0.4, 0.2], []),
    "Rayleigh-Helmholtz friction": ([0.1, -0.4], []),
    "Gaussian barrier": ([0.3], [-1.5, 2.0]),
    "Gaussian well": ([-0.3], [-1.5, 2.0]),
}
MORE = {1: ([0.4], [0.7]), 2: ([0.4, -0.2], [0.7, 0.7])}


def numbers_of(row: NamedForm) -> tuple[list[float], list[float]]:
    """Coefficients and shapes that make the form."""
    if row.name == "Harmonic trap":
        return [0.2, -0.6][: len(row.terms)], []
    return NUMBERS.get(row.name) or MORE[len(row.terms)]


others = pytest.mark.parametrize(
    "row", [row for row in FORMS if row.kind != "pair"], ids=lambda row: f"{row.name} {len(row.terms)}"
)


@others
def test_the_named_form_is_the_same_function_but_for_a_constant(row: NamedForm) -> None:
    a, shapes = numbers_of(row)
    form = Form.of(library(row.terms), np.array(shapes))
    named = name(form, np.array(a), 7.0, row.kind)
    assert named.name == row.name
    s = np.linspace(-4.0, 4.0, 30) if row.kind in ("field", "charge") else np.linspace(1.0, 6.0, 30)
    function = numpy_function(named.expression, (R, *(p.symbol for p in named.parameters)))
    difference = function(s, *(p.value for p in named.parameters)) - form.columns(s) @ np.array(a)
    np.testing.assert_allclose(
        difference - difference[0], 0.0, atol=1e-12 * np.abs(form.columns(s) @ a).max()
    )


@others
def test_the_gradient_of_the_constants(row: NamedForm) -> None:
    a, shapes = numbers_of(row)
    form = Form.of(library(row.terms), np.array(shapes))
    start = np.concatenate([a, form.free])

    def constants(theta: np.ndarray) -> np.ndarray:
        named = name(form.moved(theta[len(a) :]), theta[: len(a)], 7.0, row.kind)
        return np.array([p.value for p in named.parameters])

    gradient = name(form, np.array(a), 7.0, row.kind).gradient
    for k, step in enumerate(1e-5 * np.eye(len(start))):
        slope = (constants(start + step) - constants(start - step)) / 2e-5
        np.testing.assert_allclose(gradient[:, k], slope, rtol=1e-6, atol=1e-8)


def powers(*exponents: int) -> Form:
    return Form.of(library(["power"] * len(exponents)), np.array(exponents, dtype=float))


def test_a_pair_has_no_walls_name_and_a_wall_no_pairs() -> None:
    for exponents, pair, wall in (
        ((9, 3), "Mie 9-3", "Lennard-Jones wall 9-3"),
        ((12, 6), "Lennard-Jones 12-6", "Lennard-Jones wall 12-6"),
        ((10, 4), "Mie 10-4", "Mie 10-4 wall"),
    ):
        form, a = powers(*exponents), np.array([50.0, -3.0])
        assert name(form, a, 7.0).name == pair
        assert name(form, a, 7.0, "wall").name == wall


def test_a_sum_without_a_name_is_not_shifted_in_a_field() -> None:
    form = Form.of(library(["linear", "cubic"]), np.zeros(0))
    named = name(form, np.array([0.2, 0.1]), 7.0, "field")
    assert named.name == "linear + cubic"
    assert {p.name: p.value for p in named.parameters} == {"K_1": 0.2, "K_3": 0.1}


# ---------------------------------------------------------------------------- what a user asks for


def test_a_term_of_x_is_one_of_fields() -> None:
    of_r, of_x = terms_from(["exp(-(r/w)**4)", "exp(-((x-c)/w)**2); c = -5..5 Å"])
    assert (of_r.kinds, of_x.kinds) == (("pair", "wall"), ("field",))
    assert of_x.values(np.array([-2.0]), -2.0, 1.0) == pytest.approx(1.0)
    assert min(of_x.shapes[0].grid(-8.0, 8.0)) < 0 < max(of_x.shapes[0].grid(-8.0, 8.0))
    for shape in of_x.shapes:  # lengths are measured by the sampled range
        low, high = shape.bounds(-8.0, 8.0)
        assert low < high and np.isfinite(shape.grid(-8.0, 8.0)).all()


def test_a_root_of_a_square_is_refused_in_a_field() -> None:
    with pytest.raises(InterpotError, match=r"the root of a square, \|x\|"):
        terms_from(["exp(-sqrt(x**2)/w)"])


CHANNELS = [
    Channel("pair", ("Ar", "Ar"), 8.0),
    Channel("wall", ("Ar",), 7.0, "zlo"),
    Channel("field", ("Ar",), 20.0, "z"),
]


def test_demands_are_made_of_channels_by_label() -> None:
    wanted = asked_for(["Ar-zlo: decay", "Ar@z: repulsive-core", "Ar-zlo: repulsive-core"], CHANNELS)
    assert wanted == [Decay("Ar-zlo"), RepulsiveCore(channel="Ar@z"), RepulsiveCore(channel="Ar-zlo")]
    assert [wanted[0].suits(kind, ()) for kind in ("pair", "wall", "field")] == [True, True, False]


def test_a_known_part_is_that_of_the_pairs_unless_it_is_said() -> None:
    units = unit_style("metal")
    pair, wall, field = known_parts(["2.3/r", "Ar@z: 0.1*z"], CHANNELS, units)
    assert pair is not None and wall is None and field is not None
    assert field.values(np.array([-3.0])) == pytest.approx(-0.3)
