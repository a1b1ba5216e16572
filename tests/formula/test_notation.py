"""Formulas in the field's notation: mathtext can set every one, and they mean what they should."""

from __future__ import annotations

import string

import pytest
import sympy
from matplotlib.mathtext import MathTextParser

from interpot.formula.expression import parse_expression
from interpot.formula.notation import latex, summands, upright

FORMS = {
    "Lennard-Jones": "4*epsilon*((sigma/r)**12 - (sigma/r)**6)",
    "Mie": "epsilon*n*(n/m)**(m/(n - m))*((sigma/r)**n - (sigma/r)**m)/(n - m)",
    "Morse": "D_e*(exp(-2*alpha*(r - r_e)) - 2*exp(-alpha*(r - r_e)))",
    "Buckingham": "A*exp(-r/rho) - C_6/r**6",
    "Yukawa": "A*exp(-kappa*r)/r",
    "Gaussian": "A*exp(-r**2/(2*s**2))",
    "erf Coulomb": "qq*erf(gamma*r)/r - qq*erf(10.0*gamma)/10.0",
    "erfc": "qq*erfc(gamma*r)/r",
    "three terms": "C_9/r**9 + A*exp(-r/rho) - 2*(A + B)*(rho - r)/(rho*r**2) + B*log(r)/3",
    "ten terms": " + ".join(f"a_{n}*exp(-r**{n}/b_{n})/r**{n}" for n in range(1, 11)),
    "hyperbolic": "A*tanh(r/b)*cosh(r/b)*sinh(r/b) - B*sqrt(r)*sin(k*r)*cos(k*r) + tan(r/b)/pi",
    "numbers": "1.5e-7*A/r**2.5 - 3.25*B*r**(1/3)",
    "one over": "1/(A*r)",
    "switched": "A*(1 - Max(0, (r - b)/(c - b)))**3*(1 + 3*Max(0, (r - b)/(c - b)))/r",
    "modified": "(A/r**p - B/r**q)*exp(1/(r - a))",
}


def expression(text: str) -> sympy.Expr:
    names = sympy.sympify(text, locals={"gamma": sympy.Symbol("gamma")}).free_symbols
    return parse_expression(text, {str(n): sympy.Symbol(str(n), real=True) for n in names if str(n) != "r"})


def parses(text: str) -> bool:
    MathTextParser("path").parse(f"${text}$")
    return True


@pytest.mark.parametrize("form", FORMS)
def test_mathtext_sets_every_form_and_every_term(form: str) -> None:
    formula = expression(FORMS[form])
    assert parses(latex(formula))
    assert all(parses(term) for term in summands(formula))
    assert parses(latex(sympy.diff(formula, sympy.Symbol("r", positive=True))))


def test_lennard_jones_looks_as_in_textbooks() -> None:
    assert latex(expression(FORMS["Lennard-Jones"])).replace(r" \, ", " ") == (
        r"4 \varepsilon \left[\left(\dfrac{\sigma}{r}\right)^{12} - \left(\dfrac{\sigma}{r}\right)^{6}\right]"
    )


def test_repulsion_stands_before_attraction() -> None:
    morse = latex(expression(FORMS["Morse"]))
    assert morse.index("- 2") < morse.rindex("- 2")  # e^{-2α(...)} first, then - 2 e^{-α(...)}
    assert summands(expression(FORMS["Buckingham"]))[0].startswith("A")


def test_terms_together_are_the_formula() -> None:
    terms = summands(expression(FORMS["three terms"]))
    assert len(terms) == 4
    assert terms[1].startswith("+ ") and terms[-1].startswith("- ")


@pytest.mark.parametrize(
    "name", ["Ar–Ar", "Na+", "Cl⁻", "A_1", "", "é", *string.punctuation, "a b", "$x_1$ \\frac{"]
)
def test_any_name_can_be_set(name: str) -> None:
    assert parses(rf"\varphi_{{{upright(name + 'x')}}}(r)")
