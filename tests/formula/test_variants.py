"""Shifted, force-shifted and switched potentials: what the definitions promise, and LAMMPS's own versions of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sympy

from interpot.errors import InterpotError
from interpot.formula.channel_formula import ChannelFormula, Loss
from interpot.formula.codegen import R, compile_array, derivative, numpy_function
from interpot.formula.naming import Named, name
from interpot.formula.notation import latex
from interpot.formula.potential import Potential
from interpot.formula.regress.form import Form
from interpot.formula.terms import TERMS, Term, library
from interpot.formula.terms.user import user_term
from interpot.formula.terms.variants import VARIANTS, varied
from interpot.proof.engines.lammps import Lammps
from interpot.proof.export import export
from interpot.records import Cell, Frame, ReferenceModel
from interpot.units import unit_style

R_C, BEGIN = 8.5, 6.5  # Å
DISTANCES = np.array([2.9, 3.7, 5.2, 6.4999, 6.5, 6.5001, 7.3, 8.1, 8.4999])
SWITCHES = [v for v, row in VARIANTS.items() if row.switch]

variants = pytest.mark.parametrize("variant", VARIANTS)


def shapes_of(term: Term) -> tuple[float, ...]:
    grids = [shape.grid(2.5, R_C) for shape in (term.base or term).shapes]
    bare = tuple(float(g[len(g) // 3]) for g in grids)
    return (*bare, BEGIN) if len(term.shapes) > len(bare) else bare


def by_hand(variant: str, phi, slope, curvature, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Energy and slope from the definitions in textbooks and manuals, for r between 0 and the cutoff."""
    end, first, second = phi(R_C), slope(R_C), curvature(R_C)
    inside, width, t = r < BEGIN, R_C - BEGIN, r - BEGIN
    if variant == "shifted":
        return phi(r) - end, slope(r)
    if variant == "force_shifted":
        return phi(r) - end - (r - R_C) * first, slope(r) - first
    if variant == "force_switched":  # https://docs.lammps.org/pair_gromacs.html
        A = (-3 * first + width * second) / width**2
        B = (2 * first - width * second) / width**3
        C = -end + width * first / 2 - width**2 * second / 12
        return (
            phi(r) + C + np.where(inside, 0, A / 3 * t**3 + B / 4 * t**4),
            slope(r) + np.where(inside, 0, A * t**2 + B * t**3),
        )
    if variant == "switched":  # OpenMM's user guide, eq. (17)
        x = t / width
        S, dS = 1 - 10 * x**3 + 15 * x**4 - 6 * x**5, (-30 * x**2 + 60 * x**3 - 30 * x**4) / width
    else:  # https://docs.lammps.org/pair_charmm.html
        cube = (R_C**2 - BEGIN**2) ** 3
        S = (R_C**2 - r**2) ** 2 * (R_C**2 + 2 * r**2 - 3 * BEGIN**2) / cube
        dS = 12 * r * (R_C**2 - r**2) * (BEGIN**2 - r**2) / cube
    S, dS = np.where(inside, 1, S), np.where(inside, 0, dS)
    return phi(r) * S, slope(r) * S + phi(r) * dS


KINKED = [row for row in TERMS if library([row])[0].expression.has(sympy.Max)]


@pytest.mark.parametrize("row", KINKED)
def test_a_term_with_a_kink_has_no_slopes_to_shift_by(row: str) -> None:
    with pytest.raises(InterpotError, match="has a kink"):
        varied(library([row])[0], "force_shifted", R_C)


@variants
@pytest.mark.parametrize("row", [row for row in TERMS if row not in KINKED])
def test_every_term_becomes_what_the_definition_says(row: str, variant: str) -> None:
    (base,) = library([row])
    term = varied(base, variant, R_C)
    shapes, bare = shapes_of(term), shapes_of(base)
    slope, curvature = derivative(base.expression, R), derivative(derivative(base.expression, R), R)

    def of(expression: sympy.Expr):
        return lambda r: numpy_function(expression, (R, *base.symbols))(r, *bare)

    truth, truth_slope = by_hand(variant, of(base.expression), of(slope), of(curvature), DISTANCES)
    size = np.abs(base.values(DISTANCES, *bare)).max()
    np.testing.assert_allclose(term.values(DISTANCES, *shapes), truth, rtol=1e-9, atol=1e-13 * size)
    force = numpy_function(derivative(term.expression, R), (R, *term.symbols))
    np.testing.assert_allclose(force(DISTANCES, *shapes), truth_slope, rtol=1e-9, atol=1e-13 * size)
    end = np.array([R_C])
    assert abs(term.values(end, *shapes)[0]) < 1e-13 * size
    if variant != "shifted":
        assert abs(force(end, *shapes)[0]) < 1e-12 * size


@variants
def test_compiled_numbers_are_those_of_numpy(variant: str) -> None:
    term = varied(library(["exponential"])[0], variant, R_C)
    shapes, symbols = shapes_of(term), (R, *term.symbols)
    for expression in (term.expression, derivative(term.expression, R)):
        truth = numpy_function(expression, symbols)(DISTANCES, *shapes)
        np.testing.assert_allclose(
            compile_array(expression, symbols)(DISTANCES, *shapes),
            truth,
            rtol=1e-12,
            atol=1e-15 * abs(truth).max(),
        )


@pytest.mark.parametrize("variant", SWITCHES)
def test_a_switch_leaves_the_inside_as_it_is_and_begins_smoothly(variant: str) -> None:
    (base,) = library(["yukawa"])
    term = varied(base, variant, R_C)
    r = np.array([3.0, 4.0, 6.4])
    change = term.values(r, 0.4, BEGIN) - base.values(r, 0.4)
    np.testing.assert_allclose(change, change[0], rtol=0, atol=1e-15)  # a constant at most
    slope = numpy_function(derivative(term.expression, R), (R, *term.symbols))
    h = 1e-6
    before, at, after = slope(BEGIN + np.array([-h, 0, h]), 0.4, BEGIN)
    assert after == pytest.approx(before, rel=1e-5)
    if variant != "switched_in_squares":  # whose second derivative jumps
        assert (after - at) / h == pytest.approx((at - before) / h, rel=1e-4)


@variants
def test_it_is_linear(variant: str) -> None:
    yukawa, spring = library(["yukawa", "polynomial"])
    both = replace(
        yukawa, expression=yukawa.expression + 3 * spring.expression, shapes=(*yukawa.shapes, *spring.shapes)
    )
    begin = (BEGIN,) if VARIANTS[variant].switch else ()
    parts = [varied(t, variant, R_C).values(DISTANCES, x, *begin) for t, x in ((yukawa, 0.5), (spring, 2.0))]
    found = varied(both, variant, R_C)
    assert found.variant == variant and found.base is both
    np.testing.assert_allclose(
        found.values(DISTANCES, 0.5, 2.0, *begin), parts[0] + 3 * parts[1], rtol=1e-12, atol=1e-11
    )


@variants
def test_slopes_along_the_shapes(variant: str) -> None:
    (base,) = library(["exponential"])
    term = varied(base, variant, R_C)
    shapes, r = shapes_of(term), np.array([2.9, 5.2, 6.4, 6.6, 7.3, 8.1, 8.4])
    for k, shape in enumerate(shapes):

        def at(x: float, k: int = k) -> np.ndarray:
            return term.values(r, *shapes[:k], x, *shapes[k + 1 :])

        h = 1e-4 * shape
        difference = (at(shape - 2 * h) - 8 * at(shape - h) + 8 * at(shape + h) - at(shape + 2 * h)) / (
            12 * h
        )
        np.testing.assert_allclose(
            term.shape_slope(k, r, *shapes), difference, rtol=1e-6, atol=1e-7 * abs(difference).max()
        )


def test_what_cannot_be_varied_is_refused() -> None:
    (power,) = library(["power"])
    with pytest.raises(InterpotError, match="unknown variant 'bent': expected one of shifted, "):
        varied(power, "bent", 9.0)
    with pytest.raises(InterpotError, match="'power, shifted' is a variant already"):
        varied(varied(power, "shifted", 9.0), "switched", 9.0)
    with pytest.raises(InterpotError, match="cutoff of -1 "):
        varied(power, "shifted", -1.0)
    with pytest.raises(InterpotError, match="has a kink"):
        varied(user_term("Max(0, 1 - r/w)**2"), "force_shifted", 9.0)


# ---------------------------------------------------------------------------- named as a whole

EPSILON, SIGMA = 0.0103, 3.405
LENNARD_JONES = np.array([4 * EPSILON * SIGMA**12, -4 * EPSILON * SIGMA**6])


def form_of(names: list[str], shapes: list[list[float]], variant: str | list[str]) -> Form:
    """Free where shapes are not whole; a switch begins at `BEGIN`."""
    each = variant if isinstance(variant, list) else [variant] * len(names)
    terms = tuple(varied(t, v, R_C) if v else t for t, v in zip(library(names), each, strict=True))
    values = [[*s, BEGIN] if v in SWITCHES else s for s, v in zip(shapes, each, strict=True)]
    return Form.of(terms, np.array([x for part in values for x in part]))


def value(named: Named, r: np.ndarray) -> np.ndarray:
    symbols = (R, *(p.symbol for p in named.parameters))
    return numpy_function(named.expression, symbols)(r, *(p.value for p in named.parameters))


def assert_gradient(named: Named, form: Form, coefficients: np.ndarray) -> None:
    start = np.concatenate([coefficients, form.free])
    count = len(coefficients)
    for k, x in enumerate(start):

        def constants(shift: float, k: int = k) -> np.ndarray:
            theta = start.copy()
            theta[k] += shift
            return np.array([p.value for p in name(form.moved(theta[count:]), theta[:count], R_C).parameters])

        h = 1e-4 * abs(x)
        difference = (constants(h) - constants(-h)) / (2 * h)
        np.testing.assert_allclose(
            named.gradient[:, k], difference, rtol=1e-6, atol=1e-8 * abs(difference).max()
        )


@variants
def test_the_named_form_is_that_of_the_sum(variant: str) -> None:
    form = form_of(["power", "power"], [[12.0], [6.0]], variant)
    named = name(form, LENNARD_JONES, R_C)
    assert named.name == f"Lennard-Jones 12-6, {VARIANTS[variant].title}"
    constants = {p.name: p.value for p in named.parameters}
    begin = {"r_on": BEGIN} if variant in SWITCHES else {}
    assert constants == pytest.approx({"epsilon": EPSILON, "sigma": SIGMA, **begin, "r_c": R_C}, rel=1e-12)
    assert not named.decays
    r = DISTANCES
    size = np.abs(form.columns(r) * LENNARD_JONES).max()
    np.testing.assert_allclose(
        value(named, r), form.columns(r) @ LENNARD_JONES, rtol=1e-10, atol=1e-13 * size
    )
    assert_gradient(named, form, LENNARD_JONES)


def test_the_beginning_of_a_switch_is_one_constant_with_an_error() -> None:
    form = form_of(["power", "power"], [[12.0], [6.0]], "switched")
    assert form.constants == 3
    named = name(form, LENNARD_JONES, R_C)
    row = [p.name for p in named.parameters].index("r_on")
    np.testing.assert_array_equal(named.gradient[row], [0, 0, 1])


def test_parts_that_end_in_different_ways() -> None:
    """Lennard-Jones switched and charges force-shifted, as CHARMM's users have it, and a sum with no name."""
    form = form_of(
        ["power", "power", "power"], [[1.0], [12.0], [6.0]], ["force_shifted", "switched", "switched"]
    )
    coefficients = np.array([2.3, *LENNARD_JONES])
    named = name(form, coefficients, R_C)
    assert named.name == ("Coulomb, force-shifted at r_c + Lennard-Jones 12-6, switched between r_on and r_c")
    np.testing.assert_allclose(
        value(named, DISTANCES), form.columns(DISTANCES) @ coefficients, rtol=1e-10, atol=1e-15
    )
    assert_gradient(named, form, coefficients)
    form = form_of(["gaussian", "yukawa", "power"], [[1.1], [0.4], [6.0]], ["switched", "switched", ""])
    coefficients = np.array([0.7, 0.3, -40.0])
    named = name(form, coefficients, R_C)
    shifted = (
        form.columns(np.array([R_C]))[0, 2] * coefficients[2]
    )  # so that all of it vanishes at the cutoff
    truth = form.columns(DISTANCES) @ coefficients - shifted
    np.testing.assert_allclose(value(named, DISTANCES), truth, rtol=1e-10, atol=1e-15)
    assert_gradient(named, form, coefficients)


def potential_of(variant: str) -> Potential:
    named = name(form_of(["power", "power"], [[12.0], [6.0]], variant), LENNARD_JONES, R_C)
    channel = ChannelFormula(
        ("Ar", "Ar"), R_C, (2.5, 8.4), named.name, named.expression, named.parameters, zero="cutoff"
    )
    count = len(named.parameters)
    return Potential(unit_style("metal"), (channel,), np.zeros((count, count)), Loss(1e-9, 1e-9, 1e-9))


@variants
def test_it_is_saved_converted_and_typeset(variant: str, tmp_path: Path) -> None:
    saved = potential_of(variant)
    saved.save(tmp_path / "p.json")
    loaded = Potential.load(tmp_path / "p.json")
    assert loaded.energy(DISTANCES).tobytes() == saved.energy(DISTANCES).tobytes()
    assert loaded.force(DISTANCES).tobytes() == saved.force(DISTANCES).tobytes()
    atomic = saved.to_units("electron")
    energy = atomic.energy(DISTANCES / atomic.units.length) * atomic.units.energy
    np.testing.assert_allclose(energy, saved.energy(DISTANCES), rtol=1e-11, atol=1e-16)
    assert ("max" in latex(saved.channels[0].expression)) == (variant in SWITCHES)


# ---------------------------------------------------------------------------- beside LAMMPS


def lammps_pairs(commands: tuple[str, ...], r: np.ndarray) -> tuple[float, np.ndarray]:
    """Energy of pairs of atoms that do not see each other, and the radial force of each."""
    cell = Cell(np.eye(3), np.zeros(3), (False, False, False))
    first = 50.0 * np.arange(len(r))[:, None] * np.array([0, 1, 0])
    positions = np.vstack([first, first + r[:, None] * np.array([1, 0, 0])])
    frame = Frame(positions, ("Ar",), np.zeros(2 * len(r), dtype=np.int64), cell)
    found = Lammps().evaluate(ReferenceModel("lammps", commands), frame, unit_style("metal"))
    return found.energy, found.forces[len(r) :, 0]


TRUTH = {
    "force_shifted": (f"pair_style lj/smooth/linear {R_C}", f"pair_coeff 1 1 {EPSILON} {SIGMA}"),
    "switched_in_squares": (
        f"pair_style lj/charmm/coul/charmm {BEGIN} {R_C}",
        f"pair_coeff 1 1 {EPSILON} {SIGMA}",
        "fix charges all property/atom q ghost yes",
    ),
    "force_switched": (f"pair_style lj/gromacs {BEGIN} {R_C}", f"pair_coeff 1 1 {EPSILON} {SIGMA}"),
}


@pytest.mark.parametrize("variant", TRUTH)
def test_lammps_has_the_same_variant(variant: str) -> None:
    ours = potential_of(variant)
    r = np.array([3.2, 3.9, 6.4, 6.7, 7.9, 8.45])
    energy, force = lammps_pairs(TRUTH[variant], r)
    assert ours.energy(r).sum() == pytest.approx(energy, rel=1e-10)
    np.testing.assert_allclose(ours.force(r), force, rtol=1e-10, atol=1e-12 * EPSILON)


@variants
@pytest.mark.parametrize("target", ["lammps", "python"])
def test_exports_evaluate_switches(target: str, variant: str, tmp_path: Path) -> None:
    ours = potential_of(variant)
    path = tmp_path / "exported.py"
    export(ours, target, path)
    r = np.array([3.2, 6.4, 6.5, 6.7, 7.9, 8.45, 8.6])
    if target == "lammps":
        energy, force = lammps_pairs((f"include {path}",), r)
    else:
        module: dict = {}
        exec(path.read_text(encoding="utf-8"), module)  # our own file
        energy, force = module["energy"](r, "Ar", "Ar"), module["force"](r, "Ar", "Ar")
    assert np.sum(energy) == pytest.approx(ours.energy(r).sum(), rel=1e-11)
    np.testing.assert_allclose(force, ours.force(r), rtol=1e-11, atol=1e-13 * EPSILON)
