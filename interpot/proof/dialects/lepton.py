"""Lepton, the language in which LAMMPS (``pair_style lepton``) and OpenMM (custom forces) take formulas.

Both compile a formula and its derivative. LAMMPS takes an undefined name for 0 without a word, so no name but r is ever
printed. Functions and syntax: https://docs.lammps.org/Howto_lepton.html and
https://docs.openmm.org/latest/userguide/theory/05_other_features.html.
"""

from __future__ import annotations

import sympy
from sympy.printing.str import StrPrinter

from interpot.errors import InterpotError
from interpot.formula.codegen import R

# Named alike in sympy and in Lepton.
_FUNCTIONS = (
    "exp", "log", "erf", "erfc", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "Max",
)  # fmt: skip
_OPERATIONS = (sympy.Add, sympy.Mul, sympy.Pow, sympy.Rational, sympy.Float)


class _Printer(StrPrinter):  # type: ignore[misc]
    def _print_Float(self, expr: sympy.Float) -> str:  # noqa: N802 (sympy's name)
        return repr(float(expr))  # the shortest digits that read back as the same double

    def _print_Max(self, expr: sympy.Max) -> str:  # noqa: N802
        return f"max({self.stringify(expr.args, ', ')})"


def lepton(expression: sympy.Expr) -> str:
    """Write an expression in r for Lepton: numbers with all digits of a double, ``^`` for powers.

    Raises
    ------
    InterpotError
        A symbol other than r, or something that Lepton does not know.
    """
    unknown = expression.free_symbols - {R}
    if unknown:
        names = ", ".join(sorted(map(str, unknown)))
        raise InterpotError(
            f"the formula {expression} has no value for {names}: LAMMPS would take 0, OpenMM stop"
        )
    expression = expression.xreplace({c: sympy.Float(c, 17) for c in expression.atoms(sympy.NumberSymbol)})
    for node in sympy.preorder_traversal(expression):
        if node != R and not isinstance(node, _OPERATIONS) and type(node).__name__ not in _FUNCTIONS:
            raise InterpotError(
                f"Lepton cannot express '{node}' ({type(node).__name__}): expected sums, products, "
                f"powers and {', '.join(_FUNCTIONS)}"
            )
    return str(_Printer().doprint(expression)).replace("**", "^")
