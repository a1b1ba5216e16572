"""Formulas as backends write them, and their forms: the same function, no constant too many, one key per structure."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import sympy

from interpot.formula.codegen import R, numpy_function
from interpot.formula.named_structures import STRUCTURES
from interpot.formula.naming import agreed, name
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit
from interpot.formula.symbolic.refine import expression_of
from interpot.formula.symbolic.structure import NoFormError, form_of
from interpot.formula.terms import library
from interpot.report.words import in_letters

DISTANCES = np.linspace(2.4, 8.1, 60)


def parsed(text: str) -> sympy.Expr:
    """What a backend gives: sympy's reading of its text."""
    return sympy.sympify(text, locals={"r": R})


def numbers(text: str, r: np.ndarray = DISTANCES) -> np.ndarray:
    """The text by numpy alone."""
    from scipy.special import erf, erfc

    names = {"exp": np.exp, "sqrt": np.sqrt, "log": np.log, "cos": np.cos, "sin": np.sin, "tanh": np.tanh}
    return np.asarray(eval(text, {**names, "erf": erf, "erfc": erfc, "r": r}))


# name: constants without the additive one, then the same structure written in several ways with any numbers
LITERATURE: dict[str, tuple[int, list[str]]] = {
    "Lennard-Jones": (
        2,
        [
            "4*0.0103*((3.4/r)**12 - (3.4/r)**6)",
            "0.7 + 95456.8*r**-12.0 - 61.79/(r*r*r*r*r*r)",
            "(1.2/(r**3)**2 - 30.0)**2 - 900.0",
            "(308.0 / (r*r*r*r*r*r) - 0.2) / (r**3.0)**2",
            "41.0*(r**-6)*((1543.2*(1/r)**6) - 1.0) + 3",
        ],
    ),
    "Hulthén": (2, ["1.3/(exp(r/1.6) - 1)", "0.2 - 1.3/(1.0 - exp(0.625*r))"]),
    "Mie with free exponents": (4, ["3.1e4*r**-11.7 - 40.2*r**-5.8", "(8.1e3*r**(-6.4) - 3)/r**5.3 - 0.1"]),
    "Morse": (
        3,
        [
            "0.4*(exp(-2*1.2*(r - 3.3)) - 2*exp(-1.2*(r - 3.3)))",
            "0.4*(1 - exp(1.2*(3.3 - r)))**2",
            "(exp(1.2 - 0.9*r) - 0.31)*exp(-0.9*r)*2.7",
            "exp(-(r*1.1))*(-3.0) + 44.0*exp(-(r + r)*1.1) + 2.0",
        ],
    ),
    "Born-Mayer-Huggins": (
        4,
        ["1e3*exp(-2.7*r) - 60.0/r**6 - 90.0/r**8", "exp(6.9 - 2.7*r) + (-90.0/r**2 - 60.0)/(r*r)**3"],
    ),
    "Yukawa": (2, ["exp(1.2 - 3.4*r)/r", "2.0/(r*exp(0.4*r))", "0.3*(0.7**r)/r"]),
    "Gaussian core": (2, ["0.3*exp(-(r/1.7)**2)", "exp(-0.41*r*r - 2.0)", "2.3*exp(r*(r*-0.8))"]),
    "Lennard-Jones-Gauss": (
        5,
        [
            "2e4/r**12 - 30/r**6 - 0.3*exp(-(r - 4.1)**2/(2*0.5**2))",
            "exp(-2.1*r*r + 17.0*r - 34.0) + 1.9e4*r**-12 - 22.0*(r**-3.0)**2",
            "(-exp((r - 3.9)*(3.9 - r)*1.9))*0.2 + (1.9e4/r**6 - 22.0)*r**-6",
        ],
    ),
    "Rydberg": (
        3,
        [
            "-0.3*(1 + 1.3*(r - 3.1))*exp(-1.3*(r - 3.1))",
            "(2.2 - 0.9*r)*exp(2.0 - 1.7*r)",
            "(3.1 - r)/exp(r*1.4)",
        ],
    ),
    "Woods-Saxon": (
        3,
        [
            "0.5/(1 + exp((r - 5.0)/0.4))",
            "0.3/(1.2 + 0.004*exp(r*2.3)) + 4",
            "1/(2.0*exp((r - 4.2)*1.9) + 0.9)",
        ],
    ),
    "softened Coulomb": (2, ["14.4/sqrt(r**2 + 1.5**2)", "3.0*(r*r*0.2 + 0.5)**-0.5", "1/(2*r**2 + 9)**0.5"]),
    "soft-core Lennard-Jones": (
        3,
        [
            "4*0.01*(1/(0.5 + (r/3.4)**6)**2 - 1/(0.5 + (r/3.4)**6))",
            "(20.0/(r**6 + 700.0) - 0.7)/(r**6 + 700.0)",
        ],
    ),
    "Kihara": (
        3,
        [
            "4*0.02*((2.6/(r - 0.8))**12 - (2.6/(r - 0.8))**6)",
            "(15.0/(2.0*r - 1.5)**6.0 - 0.004)*30.0/((r - 0.75)**3)**2",
        ],
    ),
    "buffered 14-7": (
        4,
        [
            "0.3*(1.07/(r/3.3 + 0.07))**7*(1.12/((r/3.3)**7 + 0.12) - 2)",
            "(200.0/(r**7 + 500.0) - 0.1)*(2.2*r + 0.3)**-7",
        ],
    ),
    "generalised exponential 4": (
        2,
        ["0.7*exp(-(r/3.3)**4)", "exp(0.2 - 0.01*r*r*r*r)", "2*exp(-((0.3*r)**2)**2)"],
    ),
    "generalised exponential": (3, ["0.7*exp(-(r/3.3)**3.7)", "exp(0.2 - 0.11*r**1.9)"]),
    "Friedel": (3, ["2.1*cos(2.1*r + 0.4)/r**3", "(1.1*sin(1.9*r) - 0.2*cos(1.9*r))*r**-3.0"]),
    "damped oscillation": (
        4,
        ["3.0*exp(-0.7*r)*cos(2.2*r + 0.4)", "(sin(2.5*r) + 2*cos(2.5*r))/exp(0.3*r)"],
    ),
    "rational": (3, ["(r**2 + 2.5)/(1.3 + 2.2*r**6)", "3.0/(0.1*r**6 + 9.0) + 2.0*r*r/(90.0 + r**6.0)"]),
    "shoulder": (
        4,
        ["1.8e4*r**-12 + 0.5*tanh(2.0*(3.9 - r))", "0.4 - 0.3*tanh(1.6*r - 6.0) + 2.2e4*(1/(r*r*r))**4"],
    ),
    "HFD-B": (
        5,
        [
            "2e3*exp(-2.5*r - 0.05*r**2) - 60.0/r**6 - 100.0/r**8",
            "exp(7.7 - r*(2.4 + 0.04*r)) - (55.0 + 130.0/r**2)*r**-6",
        ],
    ),
    "SAAP": (
        5,
        [
            "65.0*exp(-1.5*r - 0.1*r**2)/r - 0.3/(1 + 0.001*r**6)",
            "exp(4.0 - 1.6*r - 0.09*r*r)*(1/r) - 20.0/(900.0 + r**6)",
        ],
    ),
    "erf Coulomb": (2, ["14.4*erf(0.4*r)/r", "(1/r)*erf(r/2.2)*-3.0 - 1"]),
    "erfc Coulomb": (2, ["14.4*erfc(0.4*r)/r", "erfc(r*0.3)/(0.2*r)"]),
    "Dzugutov": (
        7,
        [
            "(5.8/r**16 - 1.3)*exp(1.1/(r - 9.9)) + 0.5*exp(0.3/(r - 12.0))",
            "exp(1.2/(r - 10.2))*(9.0*r**-16.0 - 2.0) - 0.4*exp(0.2/(r - 13.0))",
        ],
    ),
    "sigmoid of a power": (
        2,
        ["3.0/(2.0 + 0.01*r**4)", "0.7*r**4.0/(300.0 + r*r*r*r)", "1/(1 + (3.1/r)**4)"],
    ),
    "logarithm": (1, ["-0.7*log(r)", "log(3.0/r**2)", "0.4*log(0.2*r) - log(r)"]),
    "spring": (2, ["0.3*(r - 3.2)**2", "0.2*r*r - r", "r*(0.4*r - 2.0) + 7"]),
    "sixth power of a distance": (2, ["0.3*(r - 3.2)**6", "((0.2*r - 0.5)**3)**2"]),
}

WRITTEN = [(title, text) for title, (_, texts) in LITERATURE.items() for text in texts]


@pytest.mark.parametrize(("title", "text"), WRITTEN)
def test_the_form_is_the_formula(title: str, text: str) -> None:
    """Up to an additive constant, in as many constants as the literature has, all of them independent."""
    form, coefficients = form_of(parsed(text))
    apart = form.columns(DISTANCES) @ coefficients - numbers(text)
    scale = np.abs(form.columns(DISTANCES) * coefficients).max()
    assert np.ptp(apart) < 1e-12 * scale
    assert form.constants == LITERATURE[title][0]
    J = np.column_stack([np.ones(DISTANCES.size), form.jacobian(DISTANCES, coefficients)])
    sizes = np.linalg.svd(J / np.linalg.norm(J, axis=0), compute_uv=False)
    assert sizes[-1] > 1e-13 * sizes[0] and len(sizes) == form.constants + 1
    low, high = form.bounds(DISTANCES)
    assert np.all((low < form.free) & (form.free < high))


@pytest.mark.parametrize("title", LITERATURE)
def test_one_structure_has_one_key(title: str) -> None:
    keys = {form_of(parsed(text))[0].key for text in LITERATURE[title][1]}
    assert len(keys) == 1


def test_other_structures_have_other_keys() -> None:
    keys = {title: form_of(parsed(texts[0]))[0].key for title, (_, texts) in LITERATURE.items()}
    for one, other in combinations(keys, 2):
        assert keys[one] != keys[other], (one, other)


@pytest.mark.parametrize(("title", "text"), WRITTEN[::2])
def test_a_formula_comes_back_from_its_form(title: str, text: str) -> None:
    form, coefficients = form_of(parsed(text))
    again, numbers_again = form_of(expression_of(Fit((form,), (coefficients,), 0.0)))
    assert again.key == form.key
    ours, theirs = (f.columns(DISTANCES) @ a for f, a in ((form, coefficients), (again, numbers_again)))
    assert np.ptp(ours - theirs) < 1e-12 * np.abs(form.columns(DISTANCES) * coefficients).max()


@pytest.mark.parametrize(("title", "text"), WRITTEN[1::3])
def test_dimensions_are_right(title: str, text: str) -> None:
    """With all lengths stretched, the form with stretched constants is the same function."""
    form, coefficients = form_of(parsed(text))
    stretch = 1.7
    parts = [dict(zip(t.symbols, s, strict=True)) for t, s in zip(form.terms, form.split(), strict=True)]
    lengths = [float(t.coefficient_length.subs(p)) for t, p in zip(form.terms, parts, strict=True)]
    shapes = form.shapes * stretch ** np.array([s.length for s in form.shape_list])
    longer = Form(form.terms, shapes, form.ties)
    moved = longer.columns(stretch * DISTANCES) * (coefficients * stretch ** np.array(lengths))
    bare = form.columns(DISTANCES) * coefficients
    logarithms = [t.name == "logarithm" for t in form.terms]  # which a change of units shifts by a constant
    moved[:, logarithms] -= np.log(stretch) * coefficients[logarithms]
    np.testing.assert_allclose(moved, bare, rtol=1e-11)


@pytest.mark.parametrize(
    ("names", "shapes"),
    [
        ("exponential damped_6 damped_8", [3.1, 2.2, 2.2]),
        ("damped_10", [1.9]),
        ("zbl power", [0.31, 6]),
        ("stillinger_weber stillinger_weber", [4, 2.1, 9.5, 0, 2.1, 9.5]),
        ("cosine sine", [2.2, 3, 2.2, 3]),
        ("yukawa gaussian logarithm", [1.1, 1.3]),
        ("erf_coulomb erfc_coulomb polynomial", [0.3, 0.5, 2]),
    ],
)
def test_terms_of_the_library_are_recognised(names: str, shapes: list[float]) -> None:
    """Seeds from the library come back as what they are."""
    form = Form.of(library(names.split()), np.array(shapes, dtype=float))
    coefficients = 7.3 * np.arange(1.0, len(form.terms) + 1)
    found, numbers_found = form_of(expression_of(Fit((form,), (coefficients,), 0.0)), reach=9.0)
    assert found.key == form.key
    assert sorted(numbers_found) == pytest.approx(sorted(coefficients), rel=1e-10)


def test_a_term_that_ends_within_reach_is_none_of_the_library() -> None:
    text = parsed("exp(2.0/(r - 9.5))")
    assert [t.name for t in form_of(text, reach=9.0)[0].terms] == ["stillinger_weber"]
    assert [t.name for t in form_of(text, reach=10.0)[0].terms] == ["exp(w/(r - r_0))"]


def test_the_kind_of_channel_permits_terms() -> None:
    text = parsed("0.2*r**4 - 3*r**2 + cos(2.0*r)")
    assert sorted(t.name for t in form_of(text, kind="field")[0].terms) == [
        "quadratic",
        "quartic",
        "wave_cosine",
    ]
    assert sorted(t.name for t in form_of(text, kind="wall")[0].terms) == [
        "cos(k*r)",
        "polynomial",
        "polynomial",
    ]


def test_waves_of_two_lengths_share_none() -> None:
    """The library's waves share their wave number; two that have not the same are free each."""
    form, coefficients = form_of(parsed("cos(2.0*r)/r**3 + 0.4*cos(3.0*r)/r**3"))
    assert form.constants == 4
    moved = form.moved(form.free + np.array([0.1, 0.2]))
    apart = numbers("cos(2.1*r)/r**3 + 0.4*cos(3.2*r)/r**3") - moved.columns(DISTANCES) @ coefficients
    other = numbers("cos(2.2*r)/r**3 + 0.4*cos(3.1*r)/r**3") - moved.columns(DISTANCES) @ coefficients
    assert min(np.abs(apart).max(), np.abs(other).max()) < 1e-14


def test_numbers_without_dimensions_get_constants() -> None:
    form, _ = form_of(parsed("exp(r) + r + r**2 + exp(-r)"))
    assert sorted(t.name for t in form.terms) == ["exp(k*r)", "exponential", "polynomial", "polynomial"]
    assert form.constants == 6 and list(form.shapes[form.driven]) == [1.0, 1.0]


def test_a_logarithm_beside_its_power_has_no_rate_of_its_own() -> None:
    alone, _ = form_of(parsed("log(r)/r**3"))
    beside, _ = form_of(parsed("log(2.0*r)/r**3 + 3.0/r**6"))
    both, coefficients = form_of(parsed("log(r)/r**3 + 2.0/r**3"))
    assert (alone.constants, beside.constants, both.constants) == (2, 3, 2)
    J = np.column_stack([np.ones(60), both.jacobian(DISTANCES, coefficients)])
    assert np.linalg.matrix_rank(J / np.linalg.norm(J, axis=0)) == both.constants + 1


NONE = {
    "5.0": "does not depend on r",
    "r - r": "does not depend on r",
    "sqrt(-r)": "not real",
    "sqrt(-exp(r))": "not real|fractional power of something negative",
    "log(-2.0*r)": "logarithm of something negative",
    "Abs(r - 2)*1.0": "it holds Abs",
    "r**900.0": "a power of 900",
    "r*x": "it holds|more than r|x",
    "exp(exp(800.0)*r)": "not finite|real|sense",
    "I*r": "not real",
}


@pytest.mark.parametrize("text", NONE)
def test_what_has_no_form_is_refused(text: str) -> None:
    with pytest.raises(NoFormError, match=NONE[text]):
        form_of(parsed(text))


# ---------------------------------------------------------------------------- names

NAMES = {
    "Lennard-Jones-Gauss": {
        "epsilon": 0.01125,
        "sigma": (2e4 / 30) ** (1 / 6),
        "D": 0.3,
        "r_0": 4.1,
        "w": 0.5,
    },
    "Rydberg": {"D": 0.3, "alpha": 1.3, "r_0": 3.1},
    "Woods-Saxon": {"A": 0.5, "r_0": 5.0, "w": 0.4},
    "Hulthén": {"A": 1.3, "w": 1.6},
    "softened Coulomb": {"C": 14.4, "w": 1.5},
    "soft-core Lennard-Jones": {"epsilon": 0.01, "sigma": 3.4, "w": 3.4 * 0.5 ** (1 / 6)},
    "Kihara": {"epsilon": 0.02, "sigma": 3.4, "r_0": 0.8},
    "buffered 14-7": {"epsilon": 0.3, "sigma": 3.3, "delta": 0.07, "gamma": 0.12},
    "generalised exponential": {"A": 0.7, "w": 3.3, "n": 3.7},
    "damped oscillation": {"A": 3.0, "kappa": 0.7, "k": 2.2, "delta": 0.4},
}


@pytest.mark.parametrize("title", NAMES)
def test_the_field_s_names_and_constants(title: str) -> None:
    form, coefficients = form_of(parsed(LITERATURE[title][1][0]))
    named = name(form, coefficients, 9.0)
    assert named.name.lower() == title.lower()
    assert {p.name: p.value for p in named.parameters} == pytest.approx(NAMES[title], rel=1e-9)
    values = numpy_function(named.expression, (R, *(p.symbol for p in named.parameters)))(
        DISTANCES, *(p.value for p in named.parameters)
    )
    truth = numbers(LITERATURE[title][1][0])
    assert np.ptp(values - truth) < 1e-11 * np.abs(truth).max()


def test_every_named_structure_is_tested() -> None:
    assert {row.name.lower() for row in STRUCTURES} == {title.lower() for title in NAMES}


@pytest.mark.parametrize("title", NAMES)
def test_errors_of_named_constants(title: str) -> None:
    """The gradient by central differences over coefficients and free shapes."""
    form, coefficients = form_of(parsed(LITERATURE[title][1][0]))
    start = np.concatenate([coefficients, form.free])
    gradient = name(form, coefficients, 9.0).gradient

    def constants(theta: np.ndarray) -> np.ndarray:
        moved = form.moved(theta[len(coefficients) :])
        return np.array([p.value for p in name(moved, theta[: len(coefficients)], 9.0).parameters])

    for k, x in enumerate(start):
        h = np.zeros(len(start))
        h[k] = 1e-5 * abs(x)
        slope = (constants(start + h) - constants(start - h)) / (2 * h[k])
        np.testing.assert_allclose(gradient[:, k] * x, slope * x, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("2.0*r*exp(-(r - 4.1)**2/0.6)", "r·exp(-(r - r₀)²/(2·w²))"),
        ("3/(r**2 + 2.2)**1.5", "(r² + w²)^-1.5"),
        ("3*(r - 1.2)**-6", "(r - r₀)⁻⁶"),
        ("r**2.5*exp(-1.1*r)", "r^2.5·exp(-k·r)"),
        ("(r - 1.1)**(-4.53)", "(r - r₀)⁻ⁿ"),
        ("exp(-1.1*r)*tanh(2*(r - 3.1))", "exp(-k₁·r)·tanh(k₂·(r - r₀))"),
    ],
)
def test_a_term_of_its_own_is_written_as_people_write_it(text: str, title: str) -> None:
    form, coefficients = form_of(parsed(text))
    assert in_letters(name(form, coefficients, 9.0).name) == title


def test_a_sum_lists_its_terms_and_names_a_shared_constant_once() -> None:
    form, coefficients = form_of(
        parsed("2e4/r**12 - 30/r**5 + (1 + r**2)/(900.0 + r**6) + exp(-(r - 4.0)**2)")
    )
    named = name(form, coefficients, 9.0)
    titles = ["r^-12", "r^-5", "softened r^-6", "shifted Gaussian", "r^2/(r^6 + w^6)"]
    assert named.name == " + ".join(titles)
    widths = [p for p in named.parameters if p.name.startswith("w")]
    assert sorted(p.value for p in widths) == pytest.approx([0.5**0.5, 900.0 ** (1 / 6)])
    assert named.gradient.shape == (len(named.parameters), form.constants)


def test_constants_of_one_name_in_several_terms_keep_apart() -> None:
    """The w of one term becomes w_1, which another term has of its own."""
    text = "3.0/(r**8 + 5.0**8) - 0.4*exp(-1.7/(r - 0.9))/(r**7 + 2.3**7) + 5.0*r**2/(r**7 + 2.3**7)**2"
    form, coefficients = form_of(parsed(text))
    named = agreed(name(form, coefficients, 9.0), form, coefficients, (2.5, 9.0))
    assert sorted(round(p.value, 9) for p in named.parameters) == [-0.4, 0.9, 1.7, 2.3, 3.0, 5.0, 5.0]
