"""The ordinary way: a curve is fitted to the forces first, and a formula to the curve by least squares.

The curve is the best spline function (`interpot.statistic.objective.spline_fit`); the searches are those of Operon and
PySR as their own interfaces offer them, with the operators that interpot gives its own.
"""

from __future__ import annotations

import time

import numpy as np
import sympy

from interpot.formula.codegen import R
from interpot.formula.expression import parse_expression, print_expression
from interpot.records import FloatArray
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import spline_fit
from searching.records import Answer, Formula

SYMBOLS = "add,sub,mul,div,exp,pow,constant,variable"
LENGTH = 40
"""Nodes of a formula at most."""
PAIRS = 20
"""Least number of pairs in an interval between knots of which the curve is believed."""
STEPS = 10
"""Of Levenberg and Marquardt's method on the constants of each new formula."""


def operon(statistic: Statistic, seconds: float, seed: int) -> Answer:
    """Operon's regressor on the curve: error and length as objectives; of the front, the least BIC."""
    from pyoperon import InfixFormatter
    from pyoperon.sklearn import SymbolicRegressor

    begin = time.monotonic()
    r, energy = _curve(statistic)
    scale = float(energy.std())  # Operon takes errors below 1e-5 for equal
    regressor = SymbolicRegressor(
        allowed_symbols=SYMBOLS,
        objectives=["mse", "length"],
        max_length=LENGTH,
        optimizer_iterations=STEPS,
        generations=10**6,
        max_evaluations=10**9,
        max_time=round(seconds),
        n_threads=2,
        random_state=seed,
    )
    regressor.fit(r[:, None], energy / scale)
    spent = time.monotonic() - begin
    found = []
    for member in regressor.pareto_front_:
        text = InfixFormatter.Format(member["tree"], regressor.variables_, 17)
        formula = _formula(f"{scale!r}*({text})")
        found.append(
            (len(r) * np.log(member["mean_squared_error"]) + formula.constants * np.log(len(r)), formula)
        )
    front = tuple(formula for _, formula in found)
    return Answer(min(found, key=lambda pair: pair[0])[1], front, spent, spent)


def pysr(statistic: Statistic, seconds: float, seed: int) -> Answer:
    """PySR's regressor on the curve, as it comes, and its own choice."""
    from interpot.formula.symbolic.julia import load_pysr

    begin = time.monotonic()
    r, energy = _curve(statistic)
    regressor = load_pysr().PySRRegressor(
        binary_operators=["+", "-", "*", "/", "^"], unary_operators=["exp"], constraints={"^": (-1, 1)},
        maxsize=LENGTH, niterations=10**6, timeout_in_seconds=round(seconds), random_state=seed, progress=False,
        verbosity=0, temp_equation_file=True,
    )  # fmt: skip
    regressor.fit(r[:, None], energy, variable_names=["r"])
    spent = time.monotonic() - begin
    front = tuple(_formula(str(equation)) for equation in regressor.equations_.equation)
    return Answer(_formula(str(regressor.get_best().equation)), front, spent, spent)


def _curve(statistic: Statistic) -> tuple[FloatArray, FloatArray]:
    """Best curve, r (Å) and φ (eV), where at least `PAIRS` were seen: its ends are anything."""
    curve = spline_fit(statistic)
    counts = statistic.coverage[0].counts
    seen = counts[np.flatnonzero(counts)[::-1]] >= PAIRS
    return curve.r[0][seen], curve.energy[0][seen]


def _formula(text: str) -> Formula:
    """Read what either of them writes."""
    names = {"X1": R, "r": R}
    expression = parse_expression(text.replace("^", "**"), names)
    seen = expression.as_independent(R, as_Add=True)[1] if expression.is_Add else expression
    return Formula(print_expression(seen), len(seen.atoms(sympy.Float)))
