"""Formulas are laid out on lines that fit the page, kinks piece by piece, without losing a part."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy
from matplotlib.mathtext import MathTextParser
from report_samples import BUCKINGHAM, LENNARD_JONES, MIE, formula

from interpot.formula.channel_formula import ChannelFormula, Parameter
from interpot.formula.codegen import R
from interpot.formula.notation import exponential_series, latex, legible, one_line
from interpot.formula.terms.damped_dispersion import damped
from interpot.formula.terms.variants import VARIANTS, apply
from interpot.report.formulas import WIDTH, broken, split
from interpot.report.formulas import formula as laid_out
from interpot.report.typeset import math_extent

NAMES = "epsilon sigma n m A rho C_6 D alpha r_0 kappa w C_1 B b r_on"
SYMBOLS = {name: sympy.Symbol(name, real=True) for name in NAMES.split()}
epsilon, sigma, r_on = SYMBOLS["epsilon"], SYMBOLS["sigma"], SYMBOLS["r_on"]
LJ = 4 * epsilon * ((sigma / R) ** 12 - (sigma / R) ** 6)

WIDE = ("A", "B", "D", "b", "n", "m", "w", "rho", "kappa")

FORMS = {
    "Lennard-Jones": LENNARD_JONES,
    "Mie": MIE,
    "Buckingham": BUCKINGHAM,
    "Morse": "D*(exp(-2*alpha*(r - r_0)) - 2*exp(-alpha*(r - r_0)))",
    "Yukawa": "A*exp(-kappa*r)/r",
    "Gaussian": "A*exp(-r**2/(2*w**2))",
    "Coulomb": "C_1/r",
    "screened": "C_1*erf(r/w)/r",
    "logarithm": "-A*log(r/r_0)*sqrt(2) + pi*B*r**Rational(-3, 2)",
}


def channel(expression: sympy.Expr | str) -> ChannelFormula:
    if isinstance(expression, str):
        expression = sympy.sympify(expression, locals=SYMBOLS | {"r": R})
    made = formula(("Ar", "Xe"), "form", "1/r", {}, 9.0, 3.0)
    values = {"n": 13.0, "m": 6.0, "r_on": 7.0, "sigma": 3.4}
    names = sorted(str(s) for s in expression.free_symbols - {R})
    parameters = tuple(Parameter(name, values.get(name, 1.5), 0.1, 0.0, 0.0) for name in names)
    return replace(made, expression=expression, parameters=parameters)


ALONE = {name: channel(text) for name, text in FORMS.items()}
VARIED = {
    f"{name}, {v}": channel(apply(v, ALONE[name].expression, sympy.Float(9.0), r_on))
    for v in VARIANTS
    for name in ("Lennard-Jones", "Buckingham")
}
SUMS = {
    "everything": channel(sympy.Add(*(c.expression for c in ALONE.values()))),
    "series": channel(SYMBOLS["C_6"] * damped(10, SYMBOLS["b"]) + LJ),
    "one wide product": channel(
        sympy.Mul(*(1 + SYMBOLS[s] * R for s in ["A", "B", "D", "b", "n", "m", "w", "rho", "kappa"]))
    ),
    "ten terms": channel(
        sum(SYMBOLS["A"] ** k * sympy.exp(-(R**k) / SYMBOLS["b"]) / R**k for k in range(1, 11))
    ),
}


@pytest.mark.parametrize("name", [*ALONE, *VARIED, *SUMS])
def test_every_line_fits_and_can_be_set(name: str) -> None:
    made = laid_out({**ALONE, **VARIED, **SUMS}[name])
    for line in made.lines:
        MathTextParser("path").parse(f"${line}$")
        assert math_extent(line, made.size)[0] <= WIDTH + 0.5
    assert 5 < made.size <= 17
    assert "**" not in made.plain and "Max" not in "".join(made.lines)


def test_a_switch_is_told_in_pieces() -> None:
    made = laid_out(VARIED["Lennard-Jones, switched"])
    assert len(made.lines) == 3
    assert made.lines[1].startswith("x = 0") and r"r \leq r_{on}" in made.lines[1]
    assert r"\dfrac{r - r_{on}}{9 - r_{on}}" in made.lines[2] and "r > r_{on}" in made.lines[2]
    squares = laid_out(VARIED["Lennard-Jones, switched_in_squares"])
    assert r"r \leq r_{on}" in squares.lines[1]


def test_cases_of_a_whole_formula_are_its_lines() -> None:
    cases = sympy.Piecewise((LJ, sigma > R), (-epsilon, 3 * sigma > R), (0, True))
    first, second, third = laid_out(channel(cases)).lines
    assert all(r"\varphi_{\mathrm{Ar–Xe}}(r) =" in line for line in (first, second, third))
    assert r"r < \sigma" in first and r"r < 3 \sigma" in second and "otherwise" in third
    step = laid_out(channel(LJ * sympy.Heaviside(2 * sigma - R))).lines
    assert step[1].startswith("x = 1") and r"r < 2 \, \sigma" in step[1] and r"r \geq 2 \, \sigma" in step[2]
    falling = laid_out(channel(epsilon * sympy.Max(0, 1 - R / sigma) ** 2)).lines
    assert r"r < \sigma" in falling[1] and falling[2].startswith("x = 0")


def test_big_prefactors_are_numbers_of_six_digits() -> None:
    mie = channel(
        MIE.replace("n", "23").replace("epsilo23", "epsilon").replace("m", "17").replace("sig17a", "sigma")
    )
    text = "".join(laid_out(mie).lines)
    factor = 23 / 6 * (23 / 17) ** (17 / 6)
    assert f"{factor:.6g}" in text and f"{factor:.6g}" in one_line(mie.expression)
    assert "12167" not in text and "sqrt" not in text
    assert legible(3 * sympy.sqrt(3) * epsilon / 2) == 3 * sympy.sqrt(3) * epsilon / 2  # short: exact


def test_a_cut_series_is_a_sum() -> None:
    b = SYMBOLS["b"]
    terms = sum((b * R) ** k / sympy.factorial(k) for k in range(7))
    assert exponential_series(terms) == (b * R, 6)
    assert exponential_series(terms + R**9) is None and exponential_series(1 + b * R) is None
    assert r"\sum_{k=0}^{6}" in latex(SYMBOLS["C_6"] * damped(6, b))


def test_no_part_is_lost_where_lines_are_broken() -> None:
    text = latex(SUMS["everything"].expression)
    joined = "".join(broken(text, lambda line: math_extent(line, 17)[0] <= 200))
    strip = lambda s: s.replace(r"\quad", "").replace(" ", "").replace(r"\right.", "").replace(r"\left.", "")  # noqa: E731
    assert strip(joined).replace(r"\,", "") == strip(text).replace(r"\,", "")
    parts = split(text, " + ")
    assert len(parts) == len(sympy.Add.make_args(SUMS["everything"].expression))
