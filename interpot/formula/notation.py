r"""Formulas as the field writes them, in the part of LaTeX that matplotlib typesets (mathtext).

sympy prints 4ε(-σ⁶/r⁶ + σ¹²/r¹²); the field writes 4ε[(σ/r)¹² - (σ/r)⁶].
"""

from __future__ import annotations

import re

import sympy
from sympy.printing.latex import LatexPrinter
from sympy.printing.pretty.pretty_symbology import pretty_symbol
from sympy.printing.str import StrPrinter

from interpot.formula.codegen import R

_ESCAPES = {"_": r"\_", "$": r"\$", "%": r"\%", "{": r"\{", "}": r"\}", " ": r"\ "}
_UNKNOWN = '\\^~#"`'  # letters that mathtext has no way to write
_LETTERS = {"epsilon": r"\varepsilon"}  # the field's shape of the letter
_LONGEST_NUMBER = 12  # characters of an exact factor; longer ones are written with six digits


def latex(expression: sympy.Expr, variable: str = R.name) -> str:
    """φ(r) in LaTeX: repulsion before attraction, ratios of lengths under one power; `variable` is written for r."""
    expression = in_variable(expression, variable)
    names = {symbol: _LETTERS[symbol.name] for symbol in expression.free_symbols if symbol.name in _LETTERS}
    settings = {"symbol_names": names, "ln_notation": True, "mul_symbol": r" \, "}
    return _nested_brackets(str(_FieldPrinter(settings).doprint(expression)))


def in_variable(expression: sympy.Expr, variable: str) -> sympy.Expr:
    """Write another letter for the coordinate, for people and files: that of a field."""
    return expression if variable == R.name else expression.xreplace({R: sympy.Symbol(variable, real=True)})


def one_line(expression: sympy.Expr, variable: str = R.name) -> str:
    """φ(r) on a line of text, with the letters of its symbols: "4·ε·(-σ^6/r^6 + σ^12/r^12)"."""
    expression = in_variable(expression, variable)
    names = {symbol: sympy.Symbol(pretty_symbol(symbol.name)) for symbol in expression.free_symbols}
    text = str(_LinePrinter().doprint(expression.xreplace(names)))
    return text.replace("**", "^").replace("*", "·")


def legible(product: sympy.Expr) -> sympy.Expr:
    """A product whose exact numbers are long as one with a number of six digits: 1331·11^(2/3)/768 becomes 8.57183."""
    numbers, rest = product.as_independent(*product.free_symbols, as_Add=False)
    if numbers.has(sympy.Float) or len(str(numbers)) <= _LONGEST_NUMBER:
        return product
    return sympy.Mul(sympy.Float(sympy.N(numbers, 6), 6), rest)


def exponential_series(expression: sympy.Add) -> tuple[sympy.Expr, int] | None:
    """X and n where a sum is 1 + x + x²/2 + ... + xⁿ/n! of at least four terms, as in damped dispersion."""
    terms = sympy.Add.make_args(expression)
    last = len(terms) - 1
    if last < 3 or sympy.S.One not in terms:
        return None
    for x in terms:
        if x != 1 and set(terms) == {x**k / sympy.factorial(k) for k in range(last + 1)}:
            return x, last
    return None


def summands(expression: sympy.Expr) -> list[str]:
    """Return the terms of a sum in LaTeX, each with its sign, to be set on lines; one for a product."""
    if not isinstance(expression, sympy.Add):
        return [latex(expression)]
    texts = [latex(term) for term in _ordered(expression)]
    return [texts[0], *(t if t.startswith("-") else f"+ {t}" for t in texts[1:])]


def upright(text: str) -> str:
    r"""Set a name in \mathrm, whatever it is made of."""
    safe = "".join(_ESCAPES.get(letter, letter) for letter in text if letter not in _UNKNOWN)
    return rf"\mathrm{{{safe}}}"


def _ordered(expression: sympy.Add) -> list[sympy.Expr]:
    """Terms with a plus first; within each sign the highest inverse power first, else sympy's order."""
    terms = expression.as_ordered_terms()
    return sorted(terms, key=lambda t: (t.could_extract_minus_sign(), _power_of_r(t)))


def _power_of_r(term: sympy.Expr) -> float:
    exponent = term.as_powers_dict().get(R, sympy.Integer(0))
    return float(exponent) if exponent.is_number else 0.0


def _nested_brackets(text: str) -> str:
    """Turn parentheses that hold others into square brackets."""
    marks = list(re.finditer(r"\\left\(|\\right\)", text))
    letters = list(text)
    pending: list[tuple[int, int]] = []  # where each open parenthesis stands, and which mark it is
    for index, mark in enumerate(marks):
        if mark.group().startswith(r"\left"):
            pending.append((mark.end() - 1, index))
            continue
        start, opened = pending.pop()
        if index - opened > 1:  # there are marks in between
            letters[start], letters[mark.end() - 1] = "[", "]"
    return "".join(letters)


def _six_digits(number: sympy.Float) -> str:
    return f"{float(number):.6g}"


class _LinePrinter(StrPrinter):  # type: ignore[misc]
    def _print_Float(self, number: sympy.Float) -> str:  # noqa: N802
        return _six_digits(number)

    def _print_Add(self, expression: sympy.Add, order: str | None = None) -> str:  # noqa: N802
        series = exponential_series(expression)
        if series is not None:
            return f"sum(({self._print(series[0])})^k/k!, k = 0...{series[1]})"
        return str(super()._print_Add(expression, order))

    def _print_Mul(self, product: sympy.Mul) -> str:  # noqa: N802
        written = legible(product)
        return str(super()._print_Mul(written) if written.is_Mul else self._print(written))


class _FieldPrinter(LatexPrinter):  # type: ignore[misc]
    def _print_Add(self, expression: sympy.Add, order: str | None = None) -> str:  # noqa: N802
        series = exponential_series(expression)
        if series is not None:
            return (
                rf"\sum_{{k=0}}^{{{series[1]}}} \dfrac{{\left({self._print(series[0])}\right)^{{k}}}}{{k!}}"
            )
        parts: list[str] = []
        for term in _ordered(expression):
            negative = term.could_extract_minus_sign()
            sign = "-" if negative else "+" if parts else ""
            parts.append(f"{sign} {self._factor(-term if negative else term)}".strip())
        return " ".join(parts)

    def _print_Float(self, number: sympy.Float) -> str:  # noqa: N802
        mantissa, _, exponent = _six_digits(number).partition("e")
        return rf"{mantissa} \times 10^{{{int(exponent)}}}" if exponent else mantissa

    def _print_Mul(self, product: sympy.Mul) -> str:  # noqa: N802
        """Write σ¹² r⁻¹² as (σ/r)¹² and a sum in r after the fraction it is multiplied with."""
        product = legible(product)
        powers = product.as_powers_dict()
        inverse = powers.get(R)
        if inverse is not None and inverse != -1 and inverse.could_extract_minus_sign():
            lengths = [b for b, e in powers.items() if b.is_Symbol and b != R and e == -inverse]
            if lengths:
                length, power = self._print(lengths[0]), self._raised(-inverse)
                ratio = rf"\left(\dfrac{{{length}}}{{r}}\right)^{{{power}}}"
                return self._times(product / (lengths[0] ** -inverse * R**inverse), ratio)
        sums = [factor for factor in product.args if factor.is_Add and factor.has(R)]
        rest = product / sums[0] if len(sums) == 1 else product
        if sums and not rest.has(R) and abs(sympy.fraction(rest)[0]) != 1:
            return self._times(rest, self._factor(sums[0]))
        return str(super()._print_Mul(product)).replace(r"\frac", r"\dfrac")

    def _print_Pow(self, power: sympy.Pow) -> str:  # noqa: N802
        if power.exp.is_number:
            return str(super()._print_Pow(power))
        base = str(self._print(power.base))
        base = base if power.base.is_Symbol else rf"\left({base}\right)"
        return f"{base}^{{{self._raised(power.exp)}}}"

    def _print_ExpBase(self, function: sympy.exp, exp: str | None = None) -> str:  # noqa: N802
        return f"e^{{{self._raised(function.args[0])}}}"

    def _raised(self, exponent: sympy.Expr) -> str:
        """Print an exponent, a fraction with a slash."""
        above, below = sympy.fraction(exponent)
        if below == 1:
            return str(self._print(exponent))
        return f"{self._factor(above)} / {self._factor(below, isinstance(below, sympy.Mul))}"

    def _times(self, rest: sympy.Expr, text: str) -> str:
        if rest in (1, -1):
            return text if rest == 1 else f"- {text}"
        return rf"{self._factor(rest)} \, {text}"

    def _factor(self, factor: sympy.Expr, enclosed: bool = False) -> str:
        text = str(self._print(factor))
        return rf"\left({text}\right)" if enclosed or isinstance(factor, sympy.Add) else text
