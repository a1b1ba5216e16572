"""Python: one file with numpy functions, which stands alone."""

from __future__ import annotations

import runpy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from keyword import iskeyword
from pathlib import Path
from typing import Any

import numpy as np
import sympy
from sympy.printing.numpy import SciPyPrinter

from interpot.files import atomic
from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.codegen import R, derivative
from interpot.formula.potential import Potential
from interpot.proof.export.exporter import ANALYTIC, EVERY_KIND, Exporter
from interpot.proof.export.header import header
from interpot.proof.forces import PotentialForces, names_of
from interpot.records import Evaluation, FloatArray, Frame

_TAIL = '''

def energy(r, a, b):
    """Potential energy of a pair of species a and b at distance r, zero from the cutoff on.

    Of a species a before a wall b ("zlo") at the distance r, or in a field b ("z"; a is "charge" where it acts on
    charges, and the energy that of a charge 1) at the coordinate r.
    """
    return _truncated(0, r, a, b)


def force(r, a, b):
    """Force -dphi/dr, positive where the pair, or the wall, repels."""
    return -_truncated(1, r, a, b)


def _truncated(row, r, a, b):
    r = numpy.asarray(r, dtype=float)
    function = FUNCTIONS.get((a, b), FUNCTIONS.get((b, a)))
    if function is None:
        known = ", ".join(map("-".join, FUNCTIONS))
        raise ValueError(f"no pair {a}-{b} in this potential: it has {known}")
    return numpy.where(r < function[2], function[row](r), 0.0)
'''


class _Printer(SciPyPrinter):  # type: ignore[misc]
    def _print_Max(self, expr: sympy.Max) -> str:  # noqa: N802 (sympy's name)
        return f"numpy.maximum({', '.join(map(self.doprint, expr.args))})"

    def _print_Heaviside(self, expr: sympy.Heaviside) -> str:  # noqa: N802
        return f"numpy.heaviside({self.doprint(expr.args[0])}, 0.5)"


def write(potential: Potential, path: Path) -> None:
    """Write a module with ``energy(r, a, b)`` and ``force(r, a, b)`` on arrays."""
    printer = _Printer({"fully_qualified_modules": True})
    bodies = [_functions(number, channel, printer) for number, channel in enumerate(potential.channels)]
    imports = sorted({"numpy", *printer.module_imports})
    pairs = (
        f"    {names_of(c)!r}: (_phi_{n}, _slope_{n}, {_end(c)}),\n" for n, c in enumerate(potential.channels)
    )
    text = "\n".join(header(potential)).replace("\\", "/").replace('"""', "'''")
    parts = chain(
        [f'"""{text}\n"""\n\n'],
        (f"import {name}\n" for name in imports),
        bodies,
        ["\n\nFUNCTIONS = {\n", *pairs, "}\n", _TAIL],
    )
    with atomic(path) as temporary:
        temporary.write_text("".join(parts), encoding="utf-8")


def _end(channel: ChannelFormula) -> str:
    return "numpy.inf" if channel.kind == "field" else repr(channel.cutoff)


def _functions(number: int, channel: ChannelFormula, printer: Any) -> str:
    """φ and φ' of one channel as the source of two functions, with named constants."""
    safe = {p.symbol: sympy.Symbol(p.name + "_" * iskeyword(p.name)) for p in channel.parameters}
    constants = "".join(f"    {safe[p.symbol]} = {p.value!r}\n" for p in channel.parameters)
    sources = (("phi", channel.complete), ("slope", derivative(channel.complete, R)))
    return "".join(
        f"\n\ndef _{name}_{number}(r):  # {channel.label}\n{constants}"
        f"    return {printer.doprint(expression.subs(safe))}\n"
        for name, expression in sources
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    """One function in an exported module, by its two names."""

    module: Mapping[str, Any]
    a: str
    b: str

    def energy(self, r: FloatArray) -> FloatArray:
        return np.asarray(self.module["energy"](r, self.a, self.b))

    def slope(self, r: FloatArray) -> FloatArray:
        return -np.asarray(self.module["force"](r, self.a, self.b))


def evaluate(path: Path, potential: Potential, frames: Sequence[Frame]) -> list[Evaluation]:
    """Run the file on its own and sum its functions over the particles of frames."""
    sums = PotentialForces(potential, partial(_Pair, runpy.run_path(str(path))))
    return [sums(frame) for frame in frames]


def version() -> str:
    """Version of numpy, which is all that the file needs, or nearly."""
    return f"numpy {np.__version__}"


EXPORTER = Exporter(
    write, evaluate, version, ANALYTIC, usage="energy(r, PAIR) and force(r, PAIR) of NAME", kinds=EVERY_KIND
)
