"""Formulas as text: sympy's notation, read without running it.

`sympy.sympify` executes whatever a text says. Here it is parsed to Python's syntax tree, and the tree is
walked over the short list of what may stand in a formula.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping

import sympy
from sympy.printing.str import StrPrinter

from interpot.formula.codegen import R

FUNCTIONS: dict[str, Callable[..., sympy.Expr]] = {
    name: getattr(sympy, name)
    for name in ("exp", "log", "sqrt", "erf", "erfc", "sin", "cos", "tan", "sinh", "cosh", "tanh", "Max")
}
"""The functions that an expression may call, Max with two values: those that `interpot.formula.codegen` compiles."""

_LONGEST = 10_000  # characters
_LARGEST_POWER = 100  # of a number, so that 9**9**9**9 does not hang


def is_name(text: str) -> bool:
    """Whether Python reads the text as a name and as this very name (no keyword, no ligature)."""
    try:
        body = ast.parse(text, mode="eval").body
    except SyntaxError:
        return False
    return isinstance(body, ast.Name) and body.id == text


def names_in(text: str) -> set[str]:
    """All names in a formula, functions included."""
    return {node.id for node in ast.walk(ast.parse(text.strip(), mode="eval")) if isinstance(node, ast.Name)}


class _FullPrecision(StrPrinter):  # type: ignore[misc]
    """sympy's own notation, with numbers that read back to the same double."""

    def _print_Float(self, number: sympy.Float) -> str:  # noqa: N802
        return repr(float(number))

    def _print_Exp1(self, number: sympy.Expr) -> str:  # noqa: N802
        return "exp(1)"  # sympy's E is no name of the schema


def print_expression(expression: sympy.Expr, variable: str = R.name) -> str:
    """Write φ in a letter so that `parse_expression` (and `sympy.sympify`) gives the same formula back."""
    return str(_FullPrecision().doprint(expression.xreplace({R: sympy.Symbol(variable, positive=True)})))


def parse_expression(text: str, symbols: Mapping[str, sympy.Symbol], variable: str = R.name) -> sympy.Expr:
    """Read a formula; nothing in the text is executed.

    Parameters
    ----------
    text
        In the notation of the schema.
    symbols
        The constants by name.
    variable
        Letter of the coordinate, which becomes `interpot.formula.codegen.R`.

    Raises
    ------
    ValueError
        The text is no such formula; the message continues a sentence ("calls 'open', ...").
    """
    if len(text) > _LONGEST:
        raise ValueError(f"has {len(text)} characters, more than {_LONGEST}")
    # a coordinate of a field may be negative: the root of its square is not itself
    x = R if variable == R.name else sympy.Symbol(variable, real=True)
    names = {"pi": sympy.pi, **symbols, variable: x}
    try:
        expression = _to_sympy(ast.parse(text.strip(), mode="eval").body, names)
    except SyntaxError as error:
        raise ValueError(f"is no formula ({error.msg})") from None
    except (RecursionError, MemoryError):
        raise ValueError("is nested too deeply") from None
    if expression.has(sympy.Abs):
        raise ValueError(f"holds the root of a square, |{variable}|, which has a kink")
    expression = expression.xreplace({x: R})
    if expression.has(sympy.I, sympy.oo, -sympy.oo, sympy.zoo, sympy.nan):
        raise ValueError("is not real and finite")
    # sympy's exponents have no end, those of the numbers that are printed and compiled have
    if any(number and not 0 < abs(float(number)) < math.inf for number in expression.atoms(sympy.Float)):
        raise ValueError("holds a number beyond double precision")
    return expression


def _to_sympy(node: ast.expr, names: Mapping[str, sympy.Expr]) -> sympy.Expr:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return _number(value)
        case ast.Name(id=name):
            if name not in names:
                raise ValueError(f"uses the unknown name '{name}'")
            return names[name]
        case ast.Call(func=ast.Name(id="Max"), args=[one, other], keywords=[]):
            return _larger(_to_sympy(one, names), _to_sympy(other, names))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if (
            name in FUNCTIONS and name != "Max"
        ):
            return FUNCTIONS[name](_to_sympy(argument, names))
        case ast.Call(func=function):
            raise ValueError(
                f"calls '{ast.unparse(function)}', which is not one of {', '.join(FUNCTIONS)} of one value (Max of two)"
            )
        case ast.BinOp(op=ast.Add()) | ast.BinOp(op=ast.Sub()):
            return sympy.Add(*_terms(node, names))
        case ast.BinOp(op=ast.Mult()) | ast.BinOp(op=ast.Div()) | ast.UnaryOp(op=ast.USub()):
            # all factors at once: sympy multiplies 2*(a + b)*c out when it is built pair by pair
            return sympy.Mul(*_factors(node, names))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _to_sympy(operand, names)
        case ast.BinOp(op=ast.Pow(), left=left, right=right):
            return _power(_to_sympy(left, names), _to_sympy(right, names))
    raise ValueError(f"holds '{ast.unparse(node)[:60]}', which is no part of a formula")


def _number(value: float) -> sympy.Expr:
    if isinstance(value, int):
        return sympy.Integer(value)
    if not math.isfinite(value):
        raise ValueError("holds a number beyond double precision")
    return sympy.Float(value, precision=53)


def _larger(one: sympy.Expr, other: sympy.Expr) -> sympy.Expr:
    try:
        return sympy.Max(one, other)
    except ValueError:  # sympy compares real numbers only
        raise ValueError("is not real and finite") from None


def _terms(node: ast.expr, names: Mapping[str, sympy.Expr]) -> list[sympy.Expr]:
    match node:
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return [*_terms(left, names), _to_sympy(right, names)]
        case ast.BinOp(op=ast.Sub(), left=left, right=right):
            return [*_terms(left, names), -_to_sympy(right, names)]
    return [_to_sympy(node, names)]


def _factors(node: ast.expr, names: Mapping[str, sympy.Expr]) -> list[sympy.Expr]:
    match node:
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            return [*_factors(left, names), *_factors(right, names)]
        case ast.BinOp(op=ast.Div(), left=left, right=right):
            divisor = _to_sympy(right, names)
            if divisor.is_zero:
                raise ValueError("divides by zero")
            return [*_factors(left, names), 1 / divisor]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return [sympy.Integer(-1), *_factors(operand, names)]
    return [_to_sympy(node, names)]


def _power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    if base.is_number and not (base.is_positive or exponent.is_Integer):
        raise ValueError(f"raises {base} to the power {exponent}, which is not real")
    if exponent.is_number and not abs(exponent) <= _LARGEST_POWER:
        raise ValueError(f"holds a power beyond {_LARGEST_POWER}")
    if base.is_Rational and max(abs(base.p), base.q) > 10**16 and exponent.is_number:
        raise ValueError("raises a number of more than 16 digits to a power")
    return base**exponent
