"""Structures that several channels share: ranked by what all of them say.

A form that a search has found for one channel is tried in every other, with constants of its own there, and structures
are ranked by the sum over the channels of their exact misfits. What the noise of one channel hides is so found through
the others: each channel's misfits scatter by themselves, but only the true structure is good in all of them.

Sizes differ between channels. A shape s of dimension length^d starts as s (L/L₀)^d, where L is a length of the channel
and L₀ that of the one in which the form was found: the place of the lowest point of the best curve, where that lies
within, and the smallest sampled distance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit
from interpot.records import FloatArray

TRIED = 16
"""How many forms of each channel, its most promising, are tried in the others."""

GOOD = 2.0
"""A fit in another channel whose misfit is within this factor of what the form left at home, each relative to the
channel's best, is not started again from elsewhere."""

Key = tuple[object, ...]
Refit = Callable[[int, Form], Fit]
"""Fits a form to one channel by itself, by its place among those that are looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """A form with constants of its own in every channel.

    Attributes
    ----------
    fits
        One per channel, each with the other channels eliminated.
    """

    fits: tuple[Fit, ...]

    @property
    def key(self) -> Key:
        """Equal for the same structure."""
        return self.fits[0].forms[0].key

    @property
    def misfit(self) -> float:
        """Sum over the channels, eV²/Å²; infinite where one of them has no such fit."""
        return float(sum(fit.misfit for fit in self.fits))

    @property
    def constants(self) -> int:
        """Of all channels."""
        return sum(fit.constants for fit in self.fits)


def together(
    found: Sequence[Sequence[Fit]], nodes: Sequence[FloatArray], refit: Refit, price: float = 0.0
) -> list[Structure]:
    """Fit every structure that was found for some channel in all of them, and rank them.

    Parameters
    ----------
    found
        Fits of each channel, the others eliminated; the most promising first.
    nodes
        Of each channel, distances where it was sampled.
    refit
        Fits a form to a channel.
    price
        Misfit, eV²/Å², that a constant has to gain to be worth it: with N rows and a residual variance s² it is
        s² ln N. Zero ranks by the misfits alone.

    Returns
    -------
    list of Structure
        By rising misfit + price · constants; those that all channels can take.
    """
    lengths = [_lengths(fits, r) for fits, r in zip(found, nodes, strict=True)]
    least = [min(fit.misfit for fit in fits) for fits in found]
    structures = []
    for key in dict.fromkeys(fit.forms[0].key for fits in found for fit in fits[:TRIED]):
        own = [next((fit for fit in fits if fit.forms[0].key == key), None) for fits in found]
        fits = tuple(
            fit if fit is not None else _elsewhere(c, own, lengths, least, refit) for c, fit in enumerate(own)
        )
        if all(np.isfinite(fit.misfit) and fit.forms[0].key == key for fit in fits):
            structures.append(Structure(fits))
    return sorted(structures, key=lambda s: s.misfit + price * s.constants)


def _lengths(fits: Sequence[Fit], r: FloatArray) -> list[float]:
    """Lengths of a channel: where the best curve is lowest, unless that is at an end, and the smallest distance."""
    best = min(fits, key=lambda fit: fit.misfit)
    (curve,) = best.values([r])
    order = np.argsort(r)
    lowest = int(np.argmin(curve[order]))
    well = float(r[order][lowest]) if 0 < lowest < len(r) - 1 else np.nan
    return [well, float(r.min())]


def _elsewhere(
    c: int,
    own: Sequence[Fit | None],
    lengths: Sequence[Sequence[float]],
    least: Sequence[float],
    refit: Refit,
) -> Fit:
    """Fit a form in a channel in which it was not found, from the constants of each of the others."""
    best: Fit | None = None
    for home, fit in enumerate(own):
        if fit is None:
            continue
        for form in _starts(fit.forms[0], lengths[home], lengths[c]):
            trial = refit(c, form)
            if best is None or trial.misfit < best.misfit:
                best = trial
            if trial.misfit * least[home] <= GOOD * fit.misfit * least[c]:
                return trial
    assert best is not None  # some channel has it
    return best


def _starts(form: Form, here: Sequence[float], there: Sequence[float]) -> Iterator[Form]:
    """The form with its shapes scaled by each ratio of lengths that is known, and as it is."""
    ratios = [b / a for a, b in zip(here, there, strict=True) if a > 0 and b > 0]
    for ratio in dict.fromkeys([*ratios, 1.0]):
        yield scaled(form, ratio)


def scaled(form: Form, ratio: float) -> Form:
    """The form of a channel whose lengths are so many times larger; shapes that are not free stay."""
    powers = np.array([shape.length for shape in form.shape_list], dtype=np.float64)
    factors = np.where(form.driven, float(ratio) ** powers, 1.0)
    moved = replace(form, shapes=form.shapes * factors)
    return form.moved(moved.free) if form.ties.shape[1] else form
