"""Formulas in the language of LAMMPS's ``variable`` command, which knows positions, the time and other variables.

It has no erf and no hyperbolic functions, its ``log`` is decadic, and a leading minus binds closer than a power: -2^2
is 4. Functions and precedence: https://docs.lammps.org/variable.html.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter

from interpot.errors import InterpotError

_FUNCTIONS = {name: name for name in ("exp", "sin", "cos", "tan", "asin", "acos", "atan")} | {"log": "ln"}
_HYPERBOLIC = (sympy.sinh, sympy.cosh, sympy.tanh)
_OPERATIONS = (sympy.Add, sympy.Mul, sympy.Pow, sympy.Rational, sympy.Float)


class _Printer(StrPrinter):  # type: ignore[misc]
    def _print_Float(self, expr: sympy.Float) -> str:  # noqa: N802 (sympy's name)
        return repr(float(expr))  # the shortest digits that read back as the same double

    def _print_Mul(self, expr: sympy.Mul) -> str:  # noqa: N802
        number, rest = expr.as_coeff_Mul()
        if number < 0 and (number == -1 or not (number.is_Integer or number.is_Float)):
            return f"{float(number)!r}*{self.parenthesize(rest, PRECEDENCE['Mul'])}"  # -r^2 would be (-r)^2
        return str(super()._print_Mul(expr))

    def _print_Max(self, expr: sympy.Max) -> str:  # noqa: N802
        one, *others = expr.args
        other = f"({self._print(sympy.Max(*others))})"
        one = f"({self._print(one)})"
        return f"({one}*({one}>{other})+{other}*({one}<={other}))"

    def _print_Heaviside(self, expr: sympy.Heaviside) -> str:  # noqa: N802
        x = f"({self._print(expr.args[0])})"
        return f"(({x}>0)+0.5*({x}==0))"

    def _print_Function(self, expr: sympy.Expr) -> str:  # noqa: N802
        return f"{_FUNCTIONS[type(expr).__name__]}({self._print(expr.args[0])})"


def variable_formula(expression: sympy.Expr, names: Mapping[sympy.Symbol, str]) -> str:
    """Write an expression as the formula of an equal- or atom-style variable, without blanks.

    Parameters
    ----------
    expression
        In the symbols of `names` only.
    names
        What stands for each in LAMMPS: "v_s", "time".

    Raises
    ------
    InterpotError
        A symbol without a name, or something that LAMMPS's variables do not know.
    """
    unknown = expression.free_symbols - set(names)
    if unknown:
        raise InterpotError(
            f"the formula {expression} has no value for {', '.join(sorted(map(str, unknown)))}"
        )
    for kind in _HYPERBOLIC:
        expression = expression.replace(kind, lambda x, kind=kind: kind(x).rewrite(sympy.exp))
    expression = expression.xreplace({c: sympy.Float(c, 17) for c in expression.atoms(sympy.NumberSymbol)})
    for node in sympy.preorder_traversal(expression):
        known = isinstance(node, (*_OPERATIONS, sympy.Max, sympy.Heaviside)) or node in names
        if not known and type(node).__name__ not in _FUNCTIONS:
            raise InterpotError(
                f"LAMMPS's variables cannot express '{node}' ({type(node).__name__}), as a field or a curved wall "
                f"needs it: expected sums, products, powers and {', '.join((*_FUNCTIONS, 'sqrt'))}"
            )
    places = {symbol: sympy.Symbol(name) for symbol, name in names.items()}
    return str(_Printer().doprint(expression.xreplace(places))).replace("**", "^").replace(" ", "")
