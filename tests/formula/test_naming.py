"""From coefficients and shapes to the field's constants: the same function, exact gradients, honest names."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import sympy

from interpot.formula.codegen import R
from interpot.formula.named_forms import FORMS, NamedForm
from interpot.formula.naming import Named, name
from interpot.formula.regress.form import Form
from interpot.formula.terms import library

CUTOFF = 9.0
DISTANCES = np.linspace(2.0, 8.9, 40)

# constants of each named form, and coefficients and shapes of its terms, written by hand from the definitions
Example = tuple[dict[str, float], list[float], list[float]]


def lennard_jones(u: np.ndarray) -> Example:
    epsilon, sigma = 0.01 + u[0], 3 + u[1]
    return {"epsilon": epsilon, "sigma": sigma}, [4 * epsilon * sigma**12, -4 * epsilon * sigma**6], [12, 6]


def mie(u: np.ndarray) -> Example:
    epsilon, sigma, n, m = 0.01 + u[0], 3 + u[1], 11 + 3 * u[2], 5 + 2 * u[3]
    scale = n / (n - m) * (n / m) ** (m / (n - m)) * epsilon
    constants = {"epsilon": epsilon, "sigma": sigma, "n": n, "m": m}
    return constants, [scale * sigma**n, -scale * sigma**m], [n, m]


def morse(u: np.ndarray) -> Example:
    depth, rate, r_0 = 0.1 + u[0], 1 + u[1], 2.5 + u[2]
    a, b = depth * np.exp(2 * rate * r_0), -2 * depth * np.exp(rate * r_0)
    return {"D": depth, "alpha": rate, "r_0": r_0}, [a, b], [2 * rate, rate]


def buckingham(u: np.ndarray) -> Example:
    A, rho, C_6 = 1000 + 500 * u[0], 0.2 + 0.2 * u[1], 30 + 50 * u[2]
    return {"A": A, "rho": rho, "C_6": C_6}, [A, -C_6], [1 / rho, 6]


def huggins(u: np.ndarray) -> Example:
    A, rho, C_6, C_8 = 1000 + 500 * u[0], 0.2 + 0.2 * u[1], 30 + 50 * u[2], 100 * (u[3] - 0.5)
    return {"A": A, "rho": rho, "C_6": C_6, "C_8": C_8}, [A, -C_6, -C_8], [1 / rho, 6, 8]


def tang_toennies(orders: tuple[int, ...], tied: bool):
    """A e^{-αr} - Σ C_n f_n(br)/r^n with α = b, or with a range ρ of its own."""

    def example(u: np.ndarray) -> Example:
        A, alpha, b = 1000 + 500 * u[0], 3 + u[1], 2.2 + u[2]
        b = alpha if tied else b
        dispersion = {f"C_{n}": (30 + 50 * u[3]) * 8.0**k for k, n in enumerate(orders)}
        rates = {"b": b} if tied else {"rho": 1 / alpha, "b": b}
        numbers = [A, *(-C for C in dispersion.values())]
        return {"A": A, **rates, **dispersion}, numbers, [alpha, *(b for _ in orders)]

    return example


def stillinger_weber(u: np.ndarray) -> Example:
    A, B, sigma, end = 2 + u[0], 0.5 + u[1], 2 + 0.2 * u[2], 10 + 2 * u[3]
    numbers = [A * B * sigma**4, -A]
    return {"A": A, "B": B, "sigma": sigma, "a": end / sigma}, numbers, [4, sigma, end, 0, sigma, end]


def friedel(u: np.ndarray) -> Example:
    A, k, delta = 0.2 + u[0], 1 + 2 * u[1], 3 * (2 * u[2] - 1)
    constants = {"A": A, "k": k, "delta": delta}
    return constants, [A * np.cos(delta), -A * np.sin(delta)], [k, 3, k, 3]


def reaction_field(u: np.ndarray) -> Example:
    C, k_rf = 20 * u[0] - 10, 1e-3 * (u[1] + 0.1)
    return {"C": C, "k_rf": k_rf, "r_c": CUTOFF}, [C, C * k_rf], [1, 2]


EXAMPLES = {
    "Reaction-field Coulomb": reaction_field,
    "Stillinger-Weber {n}-{m} pair part": stillinger_weber,
    "Friedel oscillation r^-{n}": friedel,
    "ZBL": lambda u: ({"C": 5 + 900 * u[0], "a": 0.3 + u[1]}, [5 + 900 * u[0]], [0.3 + u[1]]),
    "Soft cosine": lambda u: ({"A": u[0] - 0.3, "r_s": 9 + u[1]}, [u[0] - 0.3], [9 + u[1]]),
    **{
        f"{title} {'-'.join(f'C{n}' for n in orders)}": tang_toennies(orders, title == "Tang-Toennies")
        for title in ("Tang-Toennies", "Born-Mayer with damped dispersion")
        for orders in ((6,), (6, 8), (6, 8, 10))
    },
    "Lennard-Jones 12-6": lennard_jones,
    "Mie {n}-{m}": mie,
    "Morse": morse,
    "Buckingham exp-6": buckingham,
    "Born-Mayer-Huggins": huggins,
    "Born-Mayer": lambda u: ({"A": 100 * u[0], "rho": 0.2 + u[1]}, [100 * u[0]], [1 / (0.2 + u[1])]),
    "Yukawa": lambda u: ({"A": 9 * u[0] - 5, "kappa": u[1] + 0.1}, [9 * u[0] - 5], [u[1] + 0.1]),
    "Gaussian": lambda u: ({"A": u[0] - 0.7, "w": u[1] + 0.5}, [u[0] - 0.7], [u[1] + 0.5]),
    "Coulomb": lambda u: ({"C": 20 * u[0] - 10}, [20 * u[0] - 10], [1]),
    "Coulomb of Gaussian charges": lambda u: ({"C": 5 * u[0], "gamma": u[1] + 0.2}, [5 * u[0]], [u[1] + 0.2]),
    "Screened Coulomb erfc": lambda u: (
        {"C": -5 * u[0], "gamma": u[1] / 2 + 0.1},
        [-5 * u[0]],
        [u[1] / 2 + 0.1],
    ),
}

FREE = {"Mie {n}-{m}"}  # whose exponents are constants of the form
WHOLE = {"Stillinger-Weber {n}-{m} pair part": (4, 0), "Friedel oscillation r^-{n}": (3, 0)}


def title_of(row: NamedForm) -> str:
    n, m = WHOLE.get(row.name, ("n", "m"))
    return row.name.format(n=n, m=m)


def form_of(row: NamedForm, shapes: list[float]) -> Form:
    """Free where the shapes are constants, tied where the form says so."""
    terms = library(row.terms)
    if row.tied:
        return Form(terms, np.array(shapes), np.array(shapes)[:, None] / shapes[0])
    form = Form.of(terms, np.array(shapes, dtype=float))
    return form.freed(list(range(len(shapes)))) if row.name in FREE else form


def reordered(form: Form, coefficients: np.ndarray, order: tuple[int, ...]) -> tuple[Form, np.ndarray]:
    """Terms in another order; a tie is led by the first shape that it drives."""
    starts = np.cumsum([0, *(len(t.shapes) for t in form.terms)])
    rows = [k for t in order for k in range(starts[t], starts[t + 1])]
    ties = form.ties[rows]
    leaders = np.array([ties[np.flatnonzero(c)[0], k] for k, c in enumerate(ties.T)])
    arranged = np.argsort([np.flatnonzero(c)[0] for c in ties.T]) if ties.size else []
    moved = Form(tuple(form.terms[t] for t in order), form.shapes[rows], (ties / leaders)[:, arranged])
    return moved, np.asarray(coefficients)[list(order)]


def value(named: Named, r: np.ndarray) -> np.ndarray:
    """The named expression in its constants, by sympy."""
    numbers = {p.symbol: sympy.Float(p.value, 30) for p in named.parameters}
    filled = named.expression.subs(numbers)
    return np.array([float(filled.evalf(25, subs={R: sympy.Float(x, 30)})) for x in r])


def of_sum(form: Form, coefficients: np.ndarray, r: np.ndarray) -> np.ndarray:
    return form.columns(r) @ coefficients


def assert_same_function(named: Named, form: Form, coefficients: np.ndarray) -> None:
    """The constants' function and the sum of the terms, φ(cutoff) = 0 where it does not decay."""
    truth = of_sum(form, coefficients, DISTANCES)
    if not named.decays:
        truth = truth - of_sum(form, coefficients, np.array([CUTOFF]))
    scale = np.abs(form.columns(DISTANCES) * coefficients).max(axis=1)  # before terms cancel
    np.testing.assert_allclose(value(named, DISTANCES) / scale, truth / scale, rtol=0, atol=1e-11)


def assert_gradient(named: Named, form: Form, coefficients: np.ndarray) -> None:
    """G by central differences over coefficients and free shapes."""
    start = np.concatenate([coefficients, form.free])
    assert named.gradient.shape == (len(named.parameters), len(start))

    def constants(theta: np.ndarray) -> np.ndarray:
        moved = form.moved(theta[len(coefficients) :])
        return np.array([p.value for p in name(moved, theta[: len(coefficients)], CUTOFF).parameters])

    for k, x in enumerate(start):
        h = 1e-4 * abs(x)

        def along(t: float, k: int = k) -> np.ndarray:
            return constants(np.concatenate([start[:k], [t], start[k + 1 :]]))

        slope = (8 * (along(x + h) - along(x - h)) - (along(x + 2 * h) - along(x - 2 * h))) / (12 * h)
        np.testing.assert_allclose(
            named.gradient[:, k] * abs(x),
            slope * abs(x),
            rtol=1e-8,
            atol=1e-9 * np.abs(constants(start)).max(),
        )


PAIRS = [row for row in FORMS if row.kind == "pair"]  # the others: test_names_by_kind.py
named_forms = pytest.mark.parametrize("row", PAIRS, ids=lambda row: row.name)


@named_forms
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_constants_come_back_under_their_names(row: NamedForm, seed: int) -> None:
    constants, numbers, shapes = EXAMPLES[row.name](np.random.default_rng(seed).uniform(size=4))
    form, coefficients = form_of(row, shapes), np.array(numbers)
    for order in list(permutations(range(len(numbers))))[seed - 1 :: 1 if len(numbers) < 4 else 8]:
        moved, some = reordered(form, coefficients, order)
        named = name(moved, some, CUTOFF)
        assert named.name == title_of(row)
        assert {p.name: p.value for p in named.parameters} == pytest.approx(constants, rel=1e-10)
        assert_same_function(named, moved, some)
        assert_gradient(named, moved, some)


@named_forms
def test_constants_have_their_dimensions(row: NamedForm) -> None:
    """In other units of energy and length every constant is what its dimension makes it."""
    constants, numbers, shapes = EXAMPLES[row.name](np.random.default_rng(4).uniform(size=4))
    form = form_of(row, shapes)
    energy, length = 3.0, 1.3
    lengths = [
        t.coefficient_length.subs(dict(zip(t.symbols, s, strict=True)))
        for t, s in zip(form.terms, form.split(), strict=True)
    ]
    rescaled = np.array(numbers) * energy * length ** np.array(lengths, dtype=float)
    stretch = [s * length**shape.length for s, shape in zip(shapes, form.shape_list, strict=True)]
    for p in name(form_of(row, stretch), rescaled, CUTOFF * length).parameters:
        assert p.value == pytest.approx(constants[p.name] * energy**p.energy * length**p.length, rel=1e-10)


@pytest.mark.parametrize(
    ("whole", "title", "names"),
    [
        ((0, 1), "Mie 14-7", ["epsilon", "sigma"]),
        ((0,), "Mie 14-m", ["epsilon", "sigma", "m"]),
        ((1,), "Mie n-7", ["epsilon", "sigma", "n"]),
    ],
)
def test_whole_exponents_are_part_of_mies_name(whole: tuple[int, ...], title: str, names: list[str]) -> None:
    terms = library(["power", "power"])
    form = Form.of(terms, np.array([14.0, 7.0])).freed([k for k in (0, 1) if k not in whole])
    coefficients = np.array([2e5, -80.0])
    for order in ((0, 1), (1, 0)):
        moved, some = reordered(form, coefficients, order)
        named = name(moved, some, CUTOFF)
        assert (named.name, [p.name for p in named.parameters]) == (title, names)
        assert_same_function(named, moved, some)
        assert_gradient(named, moved, some)


def test_epsilon_is_the_depth_of_mies_well_and_sigma_its_root() -> None:
    form = Form.of(library(["power", "power"]), np.array([13.3, 6.4])).freed([0, 1])
    named = name(form, np.array([2e5, -80.0]), CUTOFF)
    constants = {p.name: p.value for p in named.parameters}
    r = np.linspace(2.5, 8, 200001)
    phi = of_sum(form, np.array([2e5, -80.0]), r)
    assert -phi.min() == pytest.approx(constants["epsilon"], rel=1e-8)
    assert r[np.abs(phi[: phi.argmin()]).argmin()] == pytest.approx(constants["sigma"], abs=1e-4)


# ---------------------------------------------------------------------------- with charges


@pytest.mark.parametrize(
    "row",
    [r for r in PAIRS if "Coulomb" not in (r.name, r.name[-7:]) and len(r.terms) < 3],
    ids=lambda r: r.name,
)
def test_a_charge_beside_a_named_form(row: NamedForm) -> None:
    constants, numbers, shapes = EXAMPLES[row.name](np.random.default_rng(7).uniform(size=4))
    bare = form_of(row, shapes)
    (coulomb,) = library(["power"])
    starts = np.cumsum([0, *(len(t.shapes) for t in bare.terms)])
    for place, start in enumerate(starts):
        ties = np.insert(bare.ties, start, 0.0, axis=0)
        terms = (*bare.terms[:place], coulomb, *bare.terms[place:])
        form, coefficients = (
            Form(terms, np.insert(bare.shapes, start, 1.0), ties),
            np.insert(numbers, place, 2.3),
        )
        named = name(form, coefficients, CUTOFF)
        assert named.name == title_of(row) + " + Coulomb"
        names = [p.name for p in named.parameters]
        assert len(set(names)) == len(names)
        found = [p.value for p in named.parameters]
        assert found == pytest.approx([*constants.values(), 2.3], rel=1e-10)
        assert_same_function(named, form, coefficients)
        assert_gradient(named, form, coefficients)


# ---------------------------------------------------------------------------- without a name


def case(terms: str, shapes: list[float], coefficients: list[float], free: list[int] | None = None):
    form = Form.of(library(terms.split()), np.array(shapes, dtype=float))
    return (form if free is None else form.freed(free)), np.array(coefficients)


SUMS = {
    "r^-9": case("power", [9], [3.0]),
    "r^-n": case("power", [8.7], [3.0], [0]),
    "two powers that repel": case("power power", [12, 6], [1e5, 80.0]),
    "Lennard-Jones upside down": case("power power", [12, 6], [-1e5, 80.0]),
    "attractive core": case("power power", [6, 12], [1e5, -80.0]),
    "Buckingham that repels": case("exponential power", [3.0, 6], [1000.0, 30.0]),
    "exponential and r^-4": case("exponential power", [3.0, 4], [1000.0, -30.0]),
    "two free exponentials": case("exponential exponential", [3.0, 1.4], [1000.0, -3.0]),
    "three powers": case("power power power", [12, 6, 4], [1e5, -80.0, 2.0]),
    "whole and free exponent": case("power power", [1, 5.3], [2.0, 30.0], [1]),
    "second of two is whole": case("power power", [5.3, 2], [2.0, 30.0], [0]),
    "free and whole exponent": case("power power", [5.3, 1], [30.0, 2.0], [0]),
    "three powers, two of them free": case("power power power", [2.2, 6, 4.4], [1.0, -80.0, 2.0], [0, 2]),
    "two free powers": case("power power", [5.3, 2.1], [2.0, 30.0], [0, 1]),
    "spring": case("polynomial", [2], [0.4]),
    "spring with any power": case("polynomial", [2.3], [0.4], [0]),
    "two springs": case("polynomial polynomial", [1, 2.7], [0.4, -0.1], [1]),
    "logarithm": case("logarithm", [], [-0.7]),
    "logarithm and gaussian": case("gaussian logarithm", [1.3], [0.7, -0.2]),
    "Yukawa, Gaussian, exponential": case("yukawa gaussian exponential", [0.6, 1.7, 0.9], [3.0, 0.2, -0.5]),
    "two Gaussians": case("gaussian gaussian", [1.1, 2.6], [3.0, -0.2]),
    "erf and erfc": case("erf_coulomb erfc_coulomb", [0.9, 0.4], [3.0, -2.0]),
    "powers and polynomials": case("power polynomial polynomial", [6, 1, 2], [-80.0, 0.1, 0.2]),
}


@pytest.mark.parametrize("title", SUMS)
def test_a_sum_without_a_name_keeps_its_constants(title: str) -> None:
    form, coefficients = SUMS[title]
    named = name(form, coefficients, CUTOFF)
    assert named.name.count(" + ") == len(form.terms) - 1
    assert not any(named.name == row.name for row in FORMS)
    names = [p.name for p in named.parameters]
    assert len(set(names)) == len(names), names
    assert {s.name for s in named.expression.free_symbols} == {*names, "r"}
    assert_same_function(named, form, coefficients)
    assert_gradient(named, form, coefficients)


def test_the_tied_rates_of_a_sum_follow_from_one_constant() -> None:
    """Morse upside down is no Morse; the errors of its two rates come from one free constant."""
    form = Form(library(["exponential", "exponential"]), np.array([1.2, 2.4]), np.array([[1.0], [2.0]]))
    named = name(form, np.array([3.0, -50.0]), CUTOFF)
    assert_same_function(named, form, np.array([3.0, -50.0]))
    assert_gradient(named, form, np.array([3.0, -50.0]))
    assert np.linalg.matrix_rank(named.gradient) == 3


@pytest.mark.parametrize(
    "title", ["spring", "logarithm and gaussian", "two springs", "powers and polynomials"]
)
def test_what_does_not_decay_vanishes_at_the_cutoff(title: str) -> None:
    named = name(*SUMS[title], CUTOFF)
    r_c = named.parameters[-1]
    assert not named.decays
    assert (r_c.name, r_c.value, r_c.stderr, r_c.energy, r_c.length) == ("r_c", CUTOFF, 0.0, 0, 1)
    assert not named.gradient[-1].any()
    assert value(named, np.array([CUTOFF])) == pytest.approx(0.0, abs=1e-12)


def test_what_decays_has_no_cutoff_among_its_constants() -> None:
    for form, coefficients in SUMS.values():
        named = name(form, coefficients, CUTOFF)
        assert named.decays == ("r_c" not in {p.name for p in named.parameters})


def test_constants_have_numbers_only_where_two_could_share_a_name() -> None:
    """The only free exponent of a sum is n; two are n₁ and n₂."""
    one = Form.of(
        library(["power", "zbl"]), np.array([5.3, *(s.grid(2.0, 9.0)[0] for s in library(["zbl"])[0].shapes)])
    )
    named = name(one.freed([0]), np.ones(2), CUTOFF)
    assert named.name == "r^-n + ZBL" and "n" in {p.name for p in named.parameters}
    three = Form.of(library(["power"] * 3), np.array([5.3, 7.2, 12.0])).freed([0, 1])
    named = name(three, np.ones(3), CUTOFF)
    assert named.name == "r^-n₁ + r^-n₂ + r^-12"
    assert {"n_1", "n_2"} <= {p.name for p in named.parameters}
