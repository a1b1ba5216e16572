"""What a table of a potential needs, whatever reads it: values, an inner end, names, and how far off it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import sympy

from interpot.errors import InterpotError
from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.codegen import R, derivative, numpy_function
from interpot.proof.forces import PairFunctions
from interpot.records import FloatArray

_STEEP = 100.0  # times the sampled span of energies, which is ten kT and more: no pair comes this close
_INNERMOST = 0.1  # of the smallest sampled distance, for a formula that hardly rises
_BELOW = 0.8  # of the smallest sampled distance: a table goes at least so far in
_INSIDE = 1e-12  # of the cutoff: values there are the limit from inside
_PARTS = 8  # each judged by its own forces: strong ones must not hide deviations of weak ones
_TRIED = 400  # distances in a part
_LOOSER = 1000.0  # below the sampled range, where only a pair that is torn apart again comes by


@dataclass(frozen=True, slots=True)
class Curve:
    """φ, -φ' and -φ'' of one pair, with the continuation and without the cutoff.

    Attributes
    ----------
    channel
        Of the potential, in its units.
    """

    channel: ChannelFormula

    def energy(self, r: FloatArray) -> FloatArray:
        """φ(r)."""
        return self._values(self.channel.complete, r)

    def force(self, r: FloatArray) -> FloatArray:
        """-φ'(r)."""
        return -self._values(derivative(self.channel.complete, R), r)

    def force_slope(self, r: FloatArray) -> FloatArray:
        """-φ''(r), away from kinks."""
        second = derivative(derivative(self.channel.complete, R), R)
        return -self._values(second.replace(sympy.DiracDelta, lambda *_: sympy.Integer(0)), r)

    def _values(self, expression: sympy.Expr, r: FloatArray) -> FloatArray:
        function = numpy_function(expression, (R, *(p.symbol for p in self.channel.parameters)))
        inside = np.where(r >= self.channel.cutoff, r - _INSIDE * self.channel.cutoff, r)
        return function(inside, *(p.value for p in self.channel.parameters))


def inner_end(channel: ChannelFormula) -> float:
    """Return where a table begins, well below the smallest sampled distance (length unit of the potential).

    There φ is 100 times the span of φ over the sampled range above its value at the smallest sampled distance. The
    span is ten kT and more, or that distance would not have been seen; no pair comes closer. It is between 0.1 and 0.8
    of the smallest sampled distance whatever φ does.

    Raises
    ------
    InterpotError
        The formula is no number, or none that a table can hold, in this range.
    """
    low = channel.domain[0]
    curve = Curve(channel)
    sampled = curve.energy(np.linspace(low, channel.cutoff, 1000))
    r = np.geomspace(_BELOW * low, _INNERMOST * low, 1000)
    with np.errstate(over="ignore", invalid="ignore"):
        high = curve.energy(r) - sampled[0] > _STEEP * np.ptp(sampled)
    end = float(r[int(high.argmax())] if high.any() else r[-1])
    _check_finite(channel, np.append(np.linspace(end, low, 200), np.linspace(low, channel.cutoff, 200)))
    return end


def _check_finite(channel: ChannelFormula, r: FloatArray) -> None:
    curve = Curve(channel)
    bad = ~(np.isfinite(curve.energy(r)) & np.isfinite(curve.force(r)))
    if bad.any():
        raise InterpotError(
            f"the energy or force of {channel.label} at r = {r[bad.argmax()]:.4g} is too large for a table, or no "
            f"number: its smallest sampled distance {channel.domain[0]:.4g} is to be checked"
        )


def plain_names(species: Sequence[str]) -> dict[str, str]:
    """Name species in letters and digits, the first a letter, all different, so that files can be named after them."""
    names: dict[str, str] = {}
    for name in species:
        plain = re.sub(r"[^A-Za-z0-9]", "", name.replace("+", "p").replace("-", "m"))
        plain = plain if plain[:1].isalpha() else f"X{plain}"
        taken, number = {n.lower() for n in names.values()}, 2
        unique = plain
        while unique.lower() in taken:  # not every file system tells CO from Co
            unique, number = f"{plain}x{number}", number + 1
        names[name] = unique
    return names


def deviation(channel: ChannelFormula, table: PairFunctions) -> float:
    """Return how far an interpolated table is from its formula, at its worst.

    From 0.85 of the smallest sampled distance to the cutoff, in eight parts: the largest difference of forces relative
    to their root mean square in the part, and of energies to that of the larger of φ and r φ'. Further in a thousandth
    of the relative difference of forces, place by place.

    Parameters
    ----------
    channel
        The formula.
    table
        Interpolates it down to its inner end, in the same units.
    """
    curve, random = Curve(channel), np.random.default_rng(5)
    middle = 0.85 * channel.domain[0]
    ends = np.linspace(middle, channel.cutoff, _PARTS + 1)
    worst, special = 0.0, _about(kinks(channel))
    for low, high in pairwise(ends.tolist()):
        r = np.append(random.uniform(low, high, _TRIED), special[(special > low) & (special < high)])
        energy, force = curve.energy(r), curve.force(r)
        scale = max(_rms(energy), _rms(r * force))
        worst = max(
            worst,
            _ratio(np.abs(table.slope(r) + force).max(), _rms(force)),
            _ratio(np.abs(table.energy(r) - energy).max(), scale),
        )
    r = random.uniform(inner_end(channel), middle, _TRIED)
    force = curve.force(r)
    differences = np.abs(table.slope(r) + force)
    return max(worst, max(map(_ratio, differences, np.abs(force))) / _LOOSER)


def kinks(channel: ChannelFormula) -> list[float]:
    """Distances at which a Max of the formula changes branch: there some derivative of the force jumps."""
    symbols, values = (R, *(p.symbol for p in channel.parameters)), [p.value for p in channel.parameters]
    r = np.geomspace(_INNERMOST * channel.domain[0], channel.cutoff, 4000)
    found = []
    for node in channel.complete.atoms(sympy.Max):
        one, other = node.args
        lead = numpy_function(one - other, symbols)(r, *values)
        for k in np.flatnonzero(np.diff(lead > 0)):
            found.append(float(r[k] - lead[k] * (r[k + 1] - r[k]) / (lead[k + 1] - lead[k])))
    return found


def _about(places: Sequence[float]) -> FloatArray:
    """Distances close and closer to some places, on both sides."""
    away = np.geomspace(1e-6, 3e-3, _TRIED // 4)
    return np.array([r * (1 + side * away) for r in places for side in (-1, 1)]).ravel()


def _rms(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _ratio(difference: float, size: float) -> float:
    return 0.0 if difference == 0 else float(difference / max(size, np.finfo(np.float64).tiny))
