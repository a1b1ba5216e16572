"""The ordinary way: a curve is fitted to the forces first, and a formula to the curve by least squares.

The curve is the best spline function (`interpot.statistic.objective.spline_fit`); the searches are those of Operon and
PySR as their own interfaces offer them, with the operators that interpot gives its own.
"""

from __future__ import annotations

import time

import sympy

from interpot.formula.codegen import R
from interpot.formula.expression import parse_expression, print_expression
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import spline_fit
from searching.records import Answer, Formula

SYMBOLS = "add,sub,mul,div,exp,pow,constant,variable"
LENGTH = 40
"""Nodes of a formula at most."""
STEPS = 10
"""Of Levenberg and Marquardt's method on the constants of each new formula."""


def operon(statistic: Statistic, seconds: float, seed: int) -> Answer:
    """Operon's regressor on the curve: error and length as objectives, its own choice from the front."""
    from pyoperon import InfixFormatter
    from pyoperon.sklearn import SymbolicRegressor

    begin = time.monotonic()
    curve = spline_fit(statistic)
    regressor = SymbolicRegressor(
        allowed_symbols=SYMBOLS, objectives=["mse", "length"], max_length=LENGTH, optimizer_iterations=STEPS,
        generations=10**6, max_evaluations=10**9, max_time=round(seconds), n_threads=2, random_state=seed,
    )  # fmt: skip
    regressor.fit(curve.r[0][:, None], curve.energy[0])
    spent = time.monotonic() - begin

    def read(tree: object) -> Formula:
        return _formula(InfixFormatter.Format(tree, regressor.variables_, 17))

    front = tuple(read(member["tree"]) for member in regressor.pareto_front_)
    return Answer(read(regressor.model_), front, spent, spent)


def pysr(statistic: Statistic, seconds: float, seed: int) -> Answer:
    """PySR's regressor on the curve, as it comes, and its own choice."""
    from interpot.formula.symbolic.julia import load_pysr

    begin = time.monotonic()
    curve = spline_fit(statistic)
    regressor = load_pysr().PySRRegressor(
        binary_operators=["+", "-", "*", "/", "^"], unary_operators=["exp"], constraints={"^": (-1, 1)},
        maxsize=LENGTH, niterations=10**6, timeout_in_seconds=round(seconds), random_state=seed, progress=False,
        verbosity=0, temp_equation_file=True,
    )  # fmt: skip
    regressor.fit(curve.r[0][:, None], curve.energy[0], variable_names=["r"])
    spent = time.monotonic() - begin
    front = tuple(_formula(str(equation)) for equation in regressor.equations_.equation)
    return Answer(_formula(str(regressor.get_best().equation)), front, spent, spent)


def _formula(text: str) -> Formula:
    """Read what either of them writes."""
    names = {"X1": R, "r": R}
    expression = parse_expression(text.replace("^", "**"), names)
    seen = expression.as_independent(R, as_Add=True)[1] if expression.is_Add else expression
    return Formula(print_expression(seen), len(seen.atoms(sympy.Float)))
