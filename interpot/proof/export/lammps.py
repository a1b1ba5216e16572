"""LAMMPS: an include file for ``pair_style lepton``, which compiles each formula and its derivative.

Functions and syntax: https://docs.lammps.org/pair_lepton.html and https://docs.lammps.org/Howto_lepton.html.
LAMMPS takes an undefined name for 0 without a word, so no name but r ever reaches the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement
from pathlib import Path

import sympy
from sympy.printing.str import StrPrinter

from interpot.errors import InterpotError
from interpot.files import atomic
from interpot.formula.codegen import R
from interpot.formula.potential import ChannelFormula, Potential
from interpot.proof.export.exporter import ANALYTIC, Exporter
from interpot.proof.export.header import header
from interpot.records import Evaluation, Frame, ReferenceModel

# Named alike in sympy and in lepton.
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
    """Write an expression in r for lepton: numbers with all digits of a double, ``^`` for powers.

    Raises
    ------
    InterpotError
        A symbol other than r, or something that lepton does not know.
    """
    unknown = expression.free_symbols - {R}
    if unknown:
        names = ", ".join(sorted(map(str, unknown)))
        raise InterpotError(f"the formula {expression} has no value for {names}: LAMMPS would take 0")
    expression = expression.xreplace({c: sympy.Float(c, 17) for c in expression.atoms(sympy.NumberSymbol)})
    for node in sympy.preorder_traversal(expression):
        if node != R and not isinstance(node, _OPERATIONS) and type(node).__name__ not in _FUNCTIONS:
            raise InterpotError(
                f"LAMMPS lepton cannot express '{node}' ({type(node).__name__}): expected sums, products, "
                f"powers and {', '.join(_FUNCTIONS)}"
            )
    return str(_Printer().doprint(expression)).replace("**", "^")


def commands(potential: Potential) -> tuple[str, ...]:
    """Return the ``pair_style`` and ``pair_coeff`` lines; types count the species in sorted order.

    Raises
    ------
    InterpotError
        A pair of species has no formula, or lepton cannot express one.
    """
    cutoff = max(c.cutoff for c in potential.channels)
    types = {name: number for number, name in enumerate(potential.species, 1)}
    lines = [f"pair_style lepton {float(cutoff)}"]
    for first, second in combinations_with_replacement(potential.species, 2):
        lines.append(_coefficients(potential.channel(first, second), types))
    return tuple(lines)


def _coefficients(channel: ChannelFormula, types: dict[str, int]) -> str:
    i, j = (types[name] for name in channel.species)
    return f'pair_coeff {i} {j} "{lepton(channel.numeric)}" {float(channel.cutoff)}'


def write(potential: Potential, path: Path) -> None:
    """Write the include file."""
    types = ", ".join(f"{number} = {name}" for number, name in enumerate(potential.species, 1))
    comments = [*header(potential), "", f"atom types: {types}"]
    lines = [f"# {line}".rstrip() for line in comments]
    with atomic(path) as temporary:
        temporary.write_text("\n".join([*lines, *commands(potential), ""]), encoding="utf-8")


def evaluate(path: Path, potential: Potential, frames: Sequence[Frame]) -> list[Evaluation]:
    """Let LAMMPS include the file and evaluate frames."""
    # the engine itself speaks lepton with the functions above: it is loaded on use
    from interpot.proof.engines.lammps import Lammps

    model = ReferenceModel("lammps", (f'include "{path.resolve()}"',))
    return [Lammps().evaluate(model, frame, potential.units) for frame in frames]


def version() -> str:
    """Name and version of LAMMPS."""
    from interpot.proof.engines.lammps import Lammps

    return Lammps().version()


EXPORTER = Exporter(
    write, evaluate, version, ANALYTIC, usage="include NAME, after the box and the atoms are defined"
)
