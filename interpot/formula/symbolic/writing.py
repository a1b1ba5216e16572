"""A product of r as text with named constants, the same for equal functions whatever their numbers.

No constant is there twice: what multiplies the whole is the coefficient. Exponents of powers apart every number is
a length (a width w, a distance r_0), a rate k, or a pure number c:

    exp(-k*r)   exp(-(r - r_0)**2/(2*w**2))   1/(exp(k*(r - r_0)) + 1)   1/sqrt(r**2 + w**2)   exp(-(r/w)**n)

Whole and half exponents inside are part of the structure, others are constants n.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import exp, isfinite, log, sqrt

from interpot.formula.symbolic.algebra import Factor, NoFormError, Product, Sum

SLOT = "§"
"""Stands for each constant, in their order."""

DISTANCE = "r"
"""Role of a distance, of either sign; its name is r_0, or r_1, r_2 ... where there are several."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number in a formula: its value and its role, which is the letter of its name (n, r, w, k or c)."""

    role: str
    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A part of a formula.

    Attributes
    ----------
    text
        With a slot for each constant.
    constants
        In the order of the slots.
    length
        Power of length that it has; None where that hangs on a fitted exponent.
    log
        What it says is e^-log times what it was made of.
    """

    text: str
    constants: tuple[Constant, ...] = ()
    length: float | None = 0.0
    log: float = 0.0

    @property
    def order(self) -> tuple[str, list[float]]:
        """In which parts stand that may stand in any order."""
        return self.text, [-c.value for c in self.constants]

    @property
    def named(self) -> tuple[str, tuple[str, ...]]:
        """The text with names for its constants, and the names in order."""
        often, seen = Counter(c.role for c in self.constants), Counter[str]()
        parts, names = self.text.split(SLOT), []
        for constant in self.constants:
            seen[constant.role] += 1
            number = seen[constant.role] if often[constant.role] > 1 else 0
            names.append(
                f"{constant.role}_{number}" if number or constant.role == DISTANCE else constant.role
            )
        between = [*names, ""]
        return "".join(part + name for part, name in zip(parts, between, strict=True)), tuple(names)


def product_text(part: Product) -> Text:
    """All of a product but the number in front.

    Raises
    ------
    NoFormError
        Its constants can be given no dimensions.
    """
    texts = [_power_of_r(part.power)] if part.power else []
    if part.exponent:
        texts.append(_exponential(part.exponent))
    alone = len(part.factors) == 1 and not (part.power or part.exponent)
    texts += sorted((_factor(f, alone) for f in part.factors), key=lambda t: t.order)
    lengths = [t.length for t in texts]
    return Text(
        "*".join(t.text for t in texts),
        _all(texts),
        None if None in lengths else sum(t for t in lengths if t is not None),
        sum(t.log for t in texts),
    )


def polynomial(parts: Sum) -> dict[float, float] | None:
    """Number of each power of r, or None where there is something else."""
    return {p.power: p.value for p in parts} if all(p.is_power for p in parts) else None


def square(second: float, first: float) -> tuple[float, float, float]:
    """Return d and w of c₂r² + c₁r = ± (r - d)²/2w² + e, and e."""
    d = -first / (2 * second)
    return d, sqrt(0.5 / abs(second)), -second * d * d


def _all(texts: Iterable[Text]) -> tuple[Constant, ...]:
    return tuple(c for t in texts for c in t.constants)


def _literal(power: float) -> str:
    whole = power == round(power)
    return (
        str(round(power))
        if whole and power > 0
        else f"({round(power)})"
        if whole
        else f"({round(2 * power)}/2)"
    )


def _is_structure(power: float) -> bool:
    return 2 * power == round(2 * power)


def _raised(text: str, power: float) -> tuple[str, tuple[Constant, ...]]:
    """What is put to a power, which is written out or a constant."""
    if power == 1:
        return text, ()
    if _is_structure(power):
        return f"{text}**{_literal(power)}", ()
    return f"{text}**({'-' if power < 0 else ''}{SLOT})", (Constant("n", abs(power)),)


def _power_of_r(power: float) -> Text:
    text, constants = _raised("r", power)
    return Text(text, constants, power if not constants else None)


# ---------------------------------------------------------------------------- functions


def _exponential(x: Sum) -> Text:
    powers = polynomial(x)
    if powers is not None and set(powers) == {1.0, 2.0}:
        d, w, rest = square(powers[2.0], powers[1.0])
        text = f"exp({_minus(powers[2.0])}(r - {SLOT})**2/(2*{SLOT}**2))"
        return Text(text, (Constant(DISTANCE, d), Constant("w", w)), log=rest)
    inside = _argument(x)
    return replace(inside, text=f"exp({inside.text})")


def _factor(factor: Factor, alone: bool) -> Text:
    if not factor.function:
        inside = _base(factor.argument)
    elif factor.function == "log":
        inside = _logarithm(factor.argument, alone)
    else:
        inside = _argument(factor.argument)
        inside = replace(inside, text=f"{factor.function}({inside.text})")
    text, constants = _raised(inside.text, factor.power)
    length = inside.length
    if length:
        length = None if constants else length * factor.power
    return Text(text, (*inside.constants, *constants), length)


def _logarithm(x: Sum, alone: bool) -> Text:
    if polynomial(x) == {1.0: 1.0}:
        return Text("log(r)") if alone else Text(f"log({SLOT}*r)", (Constant("k", 1.0),))
    inside = product_text(x[0]) if len(x) == 1 else _parts(x)
    if inside.length != 0 or inside.log:
        raise NoFormError("it has a logarithm of something with a dimension")
    return replace(inside, text=f"log({inside.text})")


def _minus(number: float) -> str:
    return "-" if number < 0 else ""


def _argument(x: Sum) -> Text:
    """What a function is taken of: a pure number."""
    powers = polynomial(x)
    if powers is None or not set(powers) <= {0.0, 1.0, 2.0} or max(powers) == 0:
        return _joined([_addend(part) for part in x])
    if 2.0 in powers:
        d, w, rest = square(powers[2.0], powers.get(1.0, 0.0))
        constants = (Constant(DISTANCE, d), Constant("w", w)) if d else (Constant("w", w),)
        text = f"(r - {SLOT})**2/(2*{SLOT}**2)" if d else f"r**2/(2*{SLOT}**2)"
        rest = powers.get(0.0, 0.0) + rest
        parts = [(_minus(powers[2.0]), Text(text, constants))]
        if rest:
            parts.append((_minus(rest), Text(SLOT, (Constant("c", abs(rest)),))))
        return _joined(parts)
    rate, number = powers[1.0], powers.get(0.0, 0.0)
    sign = _minus(rate)
    if number:
        text = f"{sign}{SLOT}*(r - {SLOT})"
        return Text(text, (Constant("k", abs(rate)), Constant(DISTANCE, -number / rate)))
    return Text(f"{sign}{SLOT}*r", (Constant("k", abs(rate)),))


# ---------------------------------------------------------------------------- sums


def _base(parts: Sum) -> Text:
    """A sum as a factor, one of its parts with the number 1."""
    powers = polynomial(parts)
    if powers is None or 0.0 not in powers or not (top := max(powers)) or not _is_structure(top):
        return _bracketed(parts)
    sign = powers[top]
    if abs(sign) != 1 or not (len(powers) == 2 or set(powers) == {0.0, 1.0, 2.0}):
        return _bracketed(parts)
    if top == 1:
        return Text(
            f"(r - {SLOT})" if sign > 0 else f"({SLOT} - r)", (Constant(DISTANCE, -powers[0.0] / sign),), 1.0
        )
    if len(powers) == 3:
        d = -powers[1.0] / (2 * sign)
        first = Text(f"(r - {SLOT})**2", (Constant(DISTANCE, d),))
        number = powers[0.0] - sign * d * d
    else:
        first, number = Text(f"r**{_literal(top)}"), powers[0.0]
    width = Text(f"{SLOT}**{_literal(top)}", (Constant("w", _root(abs(number), top)),))
    joined = _joined([(_minus(sign), first), (_minus(number), width)])
    return replace(joined, text=f"({joined.text})", length=top)


def _bracketed(parts: Sum) -> Text:
    inside = _parts(parts)
    return replace(inside, text=f"({inside.text})")


def _parts(parts: Sum) -> Text:
    """A sum that is not a simple polynomial; the part with the number 1 sets the dimension."""
    leader = next((p for p in parts if p.is_number), None)
    if leader is None:
        leader = next((p for p in parts if abs(p.value) == 1.0), None)
    length: float | None = 0.0
    if leader is not None and not leader.is_number:
        length = product_text(leader).length
    if length is None:
        raise NoFormError("a sum in it has parts whose dimension hangs on an exponent")
    return replace(_joined([_addend(part, length) for part in parts]), length=length)


def _joined(parts: list[tuple[str, Text]]) -> Text:
    """± one part ± another ..., in a fixed order: what has no minus first."""
    ordered = sorted(parts, key=lambda part: (part[0], part[1].order))
    texts = [f" {sign or '+'} {t.text}" for sign, t in ordered]
    return Text("".join(texts).removeprefix(" + ").strip(), _all(t for _, t in ordered))


def _addend(part: Product, target: float = 0.0) -> tuple[str, Text]:
    """The sign of one part of a sum, and the part with its number as a constant of its own.

    The number has the dimension that makes the whole a length to the power `target`.
    """
    size = log(abs(part.number)) + part.log
    sign = _minus(part.number)
    if part.is_number and target == 0:
        return sign, Text("1") if size == 0 else Text(SLOT, (_constant("c", size),))
    slope = _slope(part)
    if slope and target == 0 and size:
        text = f"exp({_minus(slope)}{SLOT}*(r - {SLOT}))"
        return sign, Text(text, (Constant("k", abs(slope)), Constant(DISTANCE, -size / slope)))
    if part.is_power and target == 0 and part.power != 1:
        return sign, _scaled(part.power, size)
    body = product_text(part) if not part.is_number else Text("1")
    size += body.log
    if body.length is None:
        rest = product_text(replace(part, power=0.0))
        if rest.length != target:
            raise NoFormError("a sum in it has parts whose dimension hangs on an exponent")
        scaled = _scaled(part.power, size)
        return sign, Text(f"{scaled.text}*{rest.text}", (*scaled.constants, *rest.constants))
    power = target - body.length
    if power == 0:
        number = Text("1") if abs(size) < 1e-14 else Text(SLOT, (_constant("c", size),))
    elif power == -1:
        number = Text(SLOT, (_constant("k", size),))
    else:
        number = Text(f"{SLOT}**{_literal(power)}", (_constant("w", size / power),))
    if number.text == "1":
        return sign, body
    return sign, Text(f"{number.text}*{body.text}", (*number.constants, *body.constants))


def _slope(part: Product) -> float:
    """Rate a of a number times e^{ar}, 0 of anything else."""
    powers = polynomial(part.exponent)
    alone = not (part.power or part.factors) and powers is not None and set(powers) == {1.0}
    return powers[1.0] if alone and powers else 0.0


def _scaled(power: float, size: float) -> Text:
    """e^size r^p as (r/w)^p."""
    text, constants = _raised(f"(r/{SLOT})", power)
    return Text(text, (_constant("w", -size / power), *constants))


def _constant(role: str, size: float) -> Constant:
    """A positive constant by its logarithm."""
    if not abs(size) < 300:
        raise NoFormError("a number in it is beyond all sense")
    return Constant(role, exp(size))


def _root(number: float, power: float) -> float:
    value = float(number ** (1 / power))
    if not (isfinite(value) and value > 0):
        raise NoFormError("a number in it is beyond all sense")
    return value
