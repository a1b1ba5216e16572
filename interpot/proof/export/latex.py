"""LaTeX: the formulas and a table of their constants, to be input in a paper (package amsmath)."""

from __future__ import annotations

from pathlib import Path

from interpot.files import atomic
from interpot.formula.channel_formula import Parameter
from interpot.formula.notation import latex
from interpot.formula.potential import Potential
from interpot.formula.quantity import with_error
from interpot.proof.export.exporter import ANALYTIC, EVERY_KIND, Exporter
from interpot.units import UnitStyle

_UNIT_SIGNS = {
    "Å": r"\AA", "ε": r"\ensuremath{\varepsilon}", "σ": r"\ensuremath{\sigma}", "a₀": r"\ensuremath{a_0}",
}  # fmt: skip


def write(potential: Potential, path: Path) -> None:
    """Write an ``align`` with one formula per channel and a ``tabular`` of constants."""
    formulas = [
        rf"  \varphi_{{\text{{{_text(c.label)}}}}}({c.variable}) &= {c.latex}" for c in potential.channels
    ]
    rows = [
        f"  {_text(c.label)} & {_text(c.form) if k == 0 else ''} & {_row(p, potential.units)} \\\\"
        for c in potential.channels
        for k, p in enumerate(c.parameters)
    ]
    lines = [
        r"\begin{align}",
        " \\\\\n".join(formulas),
        r"\end{align}",
        r"\begin{tabular}{llll}",
        r"  function & form & constant & unit \\ \hline",
        *rows,
        r"\end{tabular}",
        "",
    ]
    with atomic(path) as temporary:
        temporary.write_text("\n".join(lines), encoding="utf-8")


def _row(parameter: Parameter, units: UnitStyle) -> str:
    value = with_error(parameter.value, parameter.stderr)
    mantissa, _, exponent = value.partition("e")
    number = rf"{mantissa}\times 10^{{{int(exponent)}}}" if exponent else mantissa
    return f"${latex(parameter.symbol)} = {number}$ & {_unit(parameter.unit(units))}"


def _unit(name: str) -> str:
    """Set a unit such as eV·Å^6 in text mode."""
    factors = []
    for factor in name.split("·"):
        base, _, power = factor.partition("^")
        for sign, written in _UNIT_SIGNS.items():
            base = base.replace(sign, written)
        factors.append(base + (rf"\textsuperscript{{{power}}}" if power else ""))
    return r"\,".join(factors)


def _text(words: str) -> str:
    for sign in "&%#_{}$":
        words = words.replace(sign, "\\" + sign)
    return words


EXPORTER = Exporter(
    write,
    None,
    lambda: "",
    ANALYTIC,
    usage=r"\input{NAME} in a document that loads amsmath",
    kinds=(*EVERY_KIND, "friction"),
)
