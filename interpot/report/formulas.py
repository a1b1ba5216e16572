"""φ(r) in lines of mathtext that fit a page: kinks are told below, wide lines broken at sums and products."""

from __future__ import annotations

import re
from collections.abc import Callable

from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.kinks import unfolded
from interpot.formula.notation import in_variable, latex, upright
from interpot.report.cells import formula_line
from interpot.report.document import Formula
from interpot.report.typeset import math_extent

WIDTH = 430.0
"""Points; wider formulas are broken into lines."""

_SIZE = 17.0  # points
_INDENT = r"\quad\quad "
_MARK = re.compile(r"\\left(?=[(\[|.])|\\right(?=[)\]|.])|\\[a-zA-Z]+|\\.|[{}]| [+-] |.", re.DOTALL)

Fits = Callable[[str], bool]


def formula(channel: ChannelFormula) -> Formula:
    """Lay φ(r) of one channel out; what cannot be broken any more is set smaller."""
    values = {p.symbol: p.value for p in channel.plain.parameters}
    written = in_variable(channel.plain.expression, channel.variable)
    expression, kinks = unfolded(written, values)
    label = "–".join(channel.species) if channel.kind == "pair" else channel.label
    name = rf"\varphi_{{{upright(label)}}}({channel.variable}) ="
    heads = [] if kinks and expression == kinks[0].symbol else [(name, latex(expression), "")]
    for kink in kinks:
        letter = f"{latex(kink.symbol)} =" if heads else name
        heads += [(letter, latex(value), _when(condition)) for value, condition in kink.branches]
    lines = [line for head in heads for line in _lines(*head)]
    widest = max(math_extent(line, _SIZE)[0] for line in lines)
    plain = f"φ({channel.variable}) = {formula_line(written)}"
    caption = f"{channel.form}, {channel.label}"
    return Formula(tuple(lines), _SIZE * min(1.0, WIDTH / widest), caption, plain)


def _when(condition: str) -> str:
    return rf"\mathrm{{for}}\ \ {condition}" if condition else r"\mathrm{otherwise}"


def _lines(name: str, text: str, condition: str) -> list[str]:
    """One equation; a condition stands after it, or on a line of its own where there is no room."""
    lines = broken(f"{name} {text}", _fits)
    said = rf"\quad {condition}" if condition else ""
    if said and _fits(lines[-1] + said):
        return [*lines[:-1], lines[-1] + said]
    return [*lines, _INDENT + said] if said else lines


def _fits(line: str) -> bool:
    return math_extent(line, _SIZE)[0] <= WIDTH


def broken(text: str, fits: Fits) -> list[str]:
    r"""Break a formula in mathtext into lines: at sums, else at products, else inside its brackets.

    A bracket that is broken is closed by \right. at the end of a line and opened by \left. on the next.
    """
    if fits(text):
        return [text]
    for separator in (" + ", r" \, "):
        parts = split(text, separator)
        if len(parts) > 1:
            return _packed(parts, separator.removesuffix("+ "), fits)
    opened = _inside(text)
    if opened is None:
        return [text]
    before, bracket, content, after = opened
    parts = broken(content, lambda line: fits(f"{_INDENT}{before}{line}{after}"))
    if len(parts) == 1:
        return [text]
    last = len(parts) - 1
    left = [rf"{before}\left{bracket[0]} " if k == 0 else r"\left. " for k in range(last + 1)]
    right = [rf" \right{bracket[1]}{after}" if k == last else r" \right." for k in range(last + 1)]
    return [
        f"{_INDENT if k else ''}{a}{part}{b}"
        for k, (a, part, b) in enumerate(zip(left, parts, right, strict=True))
    ]


def _packed(parts: list[str], joint: str, fits: Fits) -> list[str]:
    """As many parts on a line as fit; a part that is too wide on its own is broken."""
    lines: list[str] = []
    for part in parts:
        if lines and fits(f"{lines[-1]}{joint}{part}"):
            lines[-1] += joint + part
            continue
        indent = _INDENT if lines else ""
        pieces = broken(part, lambda line, indent=indent: fits(indent + line))  # type: ignore[misc]
        lines += [(_INDENT if lines or k else "") + p.removeprefix(_INDENT) for k, p in enumerate(pieces)]
    return lines


def split(text: str, separator: str) -> list[str]:
    r"""Split at the outermost signs of a sum (" + "; minus signs too), or at the thin spaces of a product (" \, ")."""
    parts, depth = [""], 0
    tokens = _MARK.findall(text)
    for index, token in enumerate(tokens):
        depth += token in ("{", r"\left")
        depth -= token in ("}", r"\right")
        if depth == 0 and separator == " + " and token in (" + ", " - ") and parts[-1].strip()[-1:] != "=":
            parts.append(f"{token.strip()} ")
        elif depth == 0 and separator != " + " and token == r"\," and "".join(tokens[:index]).strip():
            parts.append("")
        else:
            parts[-1] += token
    return [part.strip() for part in parts if part.strip()]


def _inside(text: str) -> tuple[str, str, str, str] | None:
    """What stands before the widest outermost bracket, its two signs, what it holds, and what stands after."""
    spans, depth, start, place = list[tuple[int, int]](), 0, 0, 0
    for token in _MARK.findall(text):
        if token in ("{", r"\left"):
            start = place if depth == 0 and token == r"\left" else start
            depth += 1
        if token in ("}", r"\right"):
            depth -= 1
            if depth == 0 and token == r"\right":
                spans.append((start, place))
        place += len(token)
    if not spans:
        return None
    first, last = max(spans, key=lambda span: span[1] - span[0])
    opening, closing = text[first + 5 : first + 6], text[last + 6 : last + 7]
    return text[:first], opening + closing, text[first + 6 : last].strip(), text[last + 7 :]
