"""Where does the force of a wall end without a jump? A kink of φ', as of a harmonic wall or of one cut at its minimum.

The force goes to zero at a distance and stays zero. Splines up to shortly before that distance, and bins of constant
slope from there to shortly behind it, follow it closely; the zero of the splines' continuation says better where the
kink is, and the bins close in on it. A force that merely decays has no such zero and is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from interpot.records import FloatArray, Frame
from interpot.statistic.basis import Basis, LogSplines
from interpot.statistic.channels import Channel
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import decompose, spline_fit
from interpot.statistic.one_pass import Accumulator
from interpot.statistic.truncation import MOST_FRAMES, SteppedSplines, shortest_decimal
from interpot.threads import one_blas_thread

VANISHED = 1e-3
"""Of its largest value: a force below that all the way to the cutoff may have ended."""

_FIRST_WIDTH = 0.06
"""Of the bins, as a fraction of the distance: ten knots of the first fit, over which it rings."""

_NARROWER = 16.0
_NARROWEST = 1e-7


@one_blas_thread()
def find_kinks(
    statistic: Statistic, frames: Sequence[tuple[Frame, FloatArray]], ends: Mapping[int, float]
) -> dict[int, float]:
    """Find the walls whose force ends continuously, and where.

    Parameters
    ----------
    statistic
        Of the first pass, with the asked cutoffs.
    frames
        The same data, or the first part of them, with their targets.
    ends
        Channel → where its force ends, Å, as far as it is known already.

    Returns
    -------
    dict
        Channel → distance, Å: the shortest decimal number, in the units of the data, that the zeros agree on.
    """
    walls = [c for c, channel in enumerate(statistic.channels) if channel.kind == "wall" and c not in ends]
    zeros = {c: zero for c in walls if (zero := _suspected(statistic, c))}
    found, width = dict[int, float](), _FIRST_WIDTH
    while zeros and width > _NARROWEST:
        slopes = _fitted(statistic, ends, zeros, width, frames[:MOST_FRAMES])
        better = {c: _zero_behind(*slopes[c], width) for c in zeros}
        if width / _NARROWER < _NARROWEST:
            found = {c: _between(zeros[c], zero, statistic) for c, zero in better.items() if zero}
        zeros = {c: zero for c, zero in better.items() if zero and abs(zero / zeros[c] - 1) < width}
        width /= _NARROWER
    return {c: zero for c, zero in found.items() if c in zeros}


def _suspected(statistic: Statistic, c: int) -> float | None:
    """Zero of the parabola through the slopes before they vanish, None where they do not, or not there."""
    fit = spline_fit(statistic)
    r, slope = fit.r[c], fit.slope[c]
    sizes = np.abs(slope) / np.abs(slope).max(initial=1e-300)
    acts = np.flatnonzero(sizes > VANISHED)
    if r.size < 20 or acts.size < 5 or acts[-1] > r.size - 5:
        return None
    end = r[acts[-1]]
    near = (r > end * (1 - 4 * _FIRST_WIDTH)) & (r < end * (1 - _FIRST_WIDTH / 3))
    if near.sum() < 5:
        return None
    roots = np.roots(np.polyfit(r[near] - end, slope[near], 2))
    real = roots[np.abs(roots.imag) < 1e-12].real + end
    close = real[np.abs(real / end - 1) < 2 * _FIRST_WIDTH]
    return float(close[np.abs(close - end).argmin()]) if close.size else None


def _fitted(
    statistic: Statistic,
    ends: Mapping[int, float],
    zeros: Mapping[int, float],
    width: float,
    frames: Sequence[tuple[Frame, FloatArray]],
) -> dict[int, tuple[LogSplines, FloatArray]]:
    """Splines of each channel in `zeros` up to its bins, and their coefficients."""
    channels: list[Channel] = list(statistic.channels)
    bases: list[Basis] = list(statistic.bases)
    inner: dict[int, LogSplines] = {}
    for c in {**ends, **zeros}:
        low = zeros[c] * (1 - width / 2) if c in zeros else ends[c]
        splines = LogSplines(low).covering(statistic.coverage[c].minimum)
        channels[c], bases[c] = replace(channels[c], cutoff=low), splines
        if c in zeros:
            high = zeros[c] * (1 + width / 2)
            channels[c], bases[c] = replace(channels[c], cutoff=high), SteppedSplines(low, high, splines)
            inner[c] = splines
    accumulator = Accumulator(channels, bases, block_length=MOST_FRAMES)
    for frame, rows in frames:
        accumulator.add(frame, rows)
    sums = accumulator.statistic(statistic.units, {})
    solved = decompose(sums.gram, sums.moment, sums.square)
    k = solved.inverse @ solved.y
    return {c: (splines, k[sums.columns(c)][: splines.size]) for c, splines in inner.items()}


def _zero_behind(splines: LogSplines, k: FloatArray, width: float) -> float | None:
    """Where the continuation of the splines' last polynomials crosses zero, by Newton's method."""
    end = splines.cutoff
    step = 1e-3 * splines.spacing * end
    x = end
    for _ in range(20):
        before, here, after = splines.matrix(np.array([x - step, x, x + step]), derivative=True) @ k
        if after == before:
            return None
        move = float(-here * 2 * step / (after - before))
        x += move
        if abs(x / end - 1) > 3 * width:
            return None
        if abs(move) < 1e-14 * end:
            break
    return float(x)


def _between(before: float, zero: float, statistic: Statistic) -> float:
    """The number that people would have chosen, as near as the last two zeros are to each other."""
    length, apart = statistic.units.length, max(2 * abs(zero - before), 1e-8 * zero)
    return shortest_decimal((zero - apart) / length, (zero + apart) / length) * length
