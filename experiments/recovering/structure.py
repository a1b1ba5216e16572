"""The structure of a formula: its terms as functions of r, whatever the names and values of their constants.

A sum is expanded into terms c·f(r). The c go; in each f every factor or summand without r becomes a number times a
symbol: α r and 2 α r share theirs, so that Morse's form differs from two free exponentials. Two formulas are of the
same form exactly if their structures are equal.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import sympy
from sympy import Expr, Symbol

from interpot.formula.codegen import R
from interpot.formula.expression import FUNCTIONS, names_in, parse_expression

Structure = tuple[str, ...]
"""Terms of a formula, sorted; a term that occurs twice stands twice."""


def read_formula(formula: str) -> Expr:
    """Read sympy's notation: r and all constants are positive, decimals are exact."""
    symbols = {name: Symbol(name, positive=True) for name in constants_of(formula)}
    return sympy.nsimplify(parse_expression(formula, symbols), rational=True)


def constants_of(formula: str) -> tuple[str, ...]:
    """Names of the constants of a formula, sorted."""
    return tuple(sorted(names_in(formula) - {*FUNCTIONS, "r", "pi"}))


@cache
def structure(formula: str) -> Structure:
    """Take a formula apart."""
    kernels = set(_kernels(read_formula(formula)))
    return _renamed([_bare(kernel) for kernel in kernels if kernel.has(R)])


def difference(found: Structure, truth: Structure) -> tuple[int, int]:
    """How many terms are false, and how many are missed."""
    false, missed = Counter(found) - Counter(truth), Counter(truth) - Counter(found)
    return false.total(), missed.total()


def kinds_of(terms: Structure) -> Structure:
    """The same terms without what ties their constants to each other, or numbers to their rates."""
    return tuple(sorted(re.sub(r"(\d+\*)?c\d*(?=[*)]|$)", "c", term) for term in terms))


def _kernels(expression: Expr) -> Iterator[Expr]:
    """The functions of r that are added up, without their coefficients."""
    bound = expression.as_independent(R, as_Add=False)[1]
    expanded = sympy.expand(sympy.expand(bound, trig=True), force=True)
    if isinstance(expanded, sympy.Add):
        for term in expanded.args:
            yield from _kernels(term)
    else:
        yield sympy.powsimp(expanded.as_independent(R, as_Add=False)[1])


def _bare(node: Expr) -> Expr:
    """Replace what a node holds beside r by number × symbol."""
    if node == R or not node.args:
        return node if node == R else _number_times_symbol(node)
    if not node.has(R):
        return _number_times_symbol(node)
    if isinstance(node, (sympy.Add, sympy.Mul)):
        free, bound = node.as_independent(R, as_Add=isinstance(node, sympy.Add))
        return node.func(_number_times_symbol(free), *(_bare(part) for part in node.func.make_args(bound)))
    return node.func(*(_bare(part) for part in node.args))


def _number_times_symbol(node: Expr) -> Expr:
    """Make one symbol of the product of all symbols of a node without r."""
    if not node.free_symbols:
        return node
    number, rest = node.as_coeff_Mul()
    return number * Symbol(f"<{rest}>", positive=True)


def _renamed(kernels: list[Expr]) -> Structure:
    """Number the symbols that several terms share; numbers before a symbol count relative to each other only."""
    symbols = {s for kernel in kernels for s in _constants(kernel)}
    scales = {s: s / min(n for kernel in kernels for n in _numbers(kernel, s)) for s in symbols}
    scaled = [kernel.subs(scales, simultaneous=True) for kernel in kernels]
    count = Counter(s for kernel in scaled for s in _constants(kernel))
    alike = dict.fromkeys(symbols, Symbol("c"))
    names: dict[Symbol, Symbol] = {}
    for kernel in sorted(scaled, key=lambda k: str(k.subs(alike))):
        for symbol in sorted(_constants(kernel), key=str):
            shared = 1 + sum(name.name != "c" for name in names.values())
            names.setdefault(symbol, Symbol(f"c{shared}" if count[symbol] > 1 else "c"))
    return tuple(sorted(str(kernel.subs(names, simultaneous=True)) for kernel in scaled))


def _constants(kernel: Expr) -> set[Symbol]:
    return {s for s in kernel.free_symbols if s.name.startswith("<")}


def _numbers(kernel: Expr, symbol: Symbol) -> list[Expr]:
    """Sizes of the numbers before a symbol wherever it stands."""
    nodes = [node for node in sympy.preorder_traversal(kernel) if symbol in node.args]
    return [abs(node.as_coeff_Mul()[0]) if isinstance(node, sympy.Mul) else sympy.S.One for node in nodes]
