"""Where did the reference truncate its force? A jump of φ' below the asked cutoff, found per channel.

The spline fit of the first pass says near which distance the force ends. Around it the splines are
replaced by 64 bins of constant slope, on a few frames; the bins show a jump for what it is, and the bracket
around it is refined until the pairs themselves are too few to narrow it. A force that merely decays below the
noise has no jump at any magnification and is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil, log10

import numpy as np

from interpot.records import FloatArray, IntArray, Trajectory
from interpot.statistic.basis import DEGREE, Basis, LogSplines
from interpot.statistic.channels import Channel
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import decompose, residual_variance, spline_fit
from interpot.statistic.one_pass import Accumulator
from interpot.threads import one_blas_thread
from interpot.trajectory.targets import target_rows

BINS = 64
SIGNIFICANT = 6.0  # standard errors that a jump must stand out by
_SIDE = 4  # bins on each side of a jump that show what it separates
_KNOTS = 3  # a quintic spline follows a jump over so many knots on each side
_FALL = 4.0  # factor by which a force must fall there
_ENOUGH = 10  # samples of a knot interval that count
_WIDTH = DEGREE + 1


@dataclass(frozen=True, slots=True)
class SteppedSplines:
    """Splines up to `low`, then `BINS` bins of constant slope up to `high`."""

    low: float
    high: float
    splines: LogSplines

    @property
    def size(self) -> int:
        """Splines first, bins last."""
        return self.splines.size + BINS

    def covering(self, smallest: float) -> SteppedSplines:
        """Fixed: made for frames that the first pass has seen."""
        return self

    def slopes(self, s: FloatArray) -> tuple[IntArray, FloatArray]:
        """See `interpot.statistic.basis.Basis.slopes`; beyond `high` nothing acts."""
        first = np.zeros(s.size, dtype=np.int64)
        values = np.zeros((s.size, _WIDTH))
        inner = s < self.low
        first[inner], values[inner] = self.splines.slopes(s[inner])
        outer = np.flatnonzero((s >= self.low) & (s < self.high))
        bin_of = ((s[outer] - self.low) / (self.high - self.low) * BINS).astype(np.int64)
        column = self.splines.size + np.minimum(bin_of, BINS - 1)
        first[outer] = np.minimum(column, self.size - _WIDTH)  # the six columns must exist
        values[outer, column - first[outer]] = 1.0
        return first, values


@one_blas_thread()
def find_cutoffs(
    statistic: Statistic, frames: Trajectory, target: str = "recorded", rows_per_column: int = 40
) -> dict[int, float]:
    """Find the channels whose force the reference truncated, and where.

    Parameters
    ----------
    statistic
        Of the first pass, with the asked cutoffs.
    frames
        The same data; only the first few frames are walked, a few times.
    target
        As in the first pass.
    rows_per_column
        How many force components there should be for each coefficient of the refinement.

    Returns
    -------
    dict
        Channel index → cutoff in Å: the shortest decimal number, in the units of the data, that separates the
        pairs with a force from those without.
    """
    brackets = {c: b for c in range(len(statistic.channels)) if (b := _suspect(statistic, c))}
    found: dict[int, tuple[float, float]] = {}
    while brackets:
        fits = _binned_slopes(statistic, brackets, found, frames, target, rows_per_column)
        narrowed = {c: _step(*fits[c]) for c in brackets}
        for c, step in narrowed.items():
            if step is not None:
                found[c] = step
        # go on with those that are not yet as narrow as their pairs allow
        brackets = {
            c: wider
            for c, step in narrowed.items()
            if step is not None
            and (wider := _around(step)) is not None
            and wider[1] - wider[0] < 0.5 * (brackets[c][1] - brackets[c][0])
        }
    length = statistic.units.length
    return {
        # half a width of grace on both sides: where pairs are few, one bin is easily taken for the next
        c: shortest_decimal((1.5 * low - 0.5 * high) / length, (1.5 * high - 0.5 * low) / length) * length
        for c, (low, high) in found.items()
    }


def _suspect(statistic: Statistic, c: int) -> tuple[float, float] | None:
    """Bracket the steepest fall of the spline fit's force, if it falls to a quarter within a few knots.

    What counts is the largest force from a distance outwards. Beyond a truncation it does not vanish: the splines ring,
    and a jump that they cannot follow in one channel leaves traces in the others, significant but small. Hard cores
    fall by less: r^-13 to two thirds.
    """
    fit = spline_fit(statistic)
    basis, counts = statistic.bases[c], statistic.coverage[c].counts
    assert isinstance(basis, LogSplines)
    enough = counts[counts > 0][::-1] >= _ENOUGH
    r, slope, error = fit.r[c][enough], np.abs(fit.slope[c][enough]), fit.error[c][enough]
    span = 2 * _KNOTS
    significant = np.where(slope > SIGNIFICANT * error, slope, 0.0)
    if r.size <= span or not significant.any():
        return None
    outwards = np.maximum.accumulate(significant[::-1])[::-1]
    # the smallest jump worth a second pass; what lies below is the splines' own ringing
    floor = np.maximum(SIGNIFICANT / _FALL * error, 1e-6 * slope.max())
    falls = outwards[:-span] / np.maximum(outwards, floor)[span:]
    k = int(falls.argmax())
    if falls[k] < _FALL:
        return None
    margin = np.exp(10 * basis.spacing)  # quintic splines ring over several knots
    return float(r[k] / margin), float(min(r[k + span] * margin, basis.cutoff))


def _binned_slopes(
    statistic: Statistic,
    brackets: dict[int, tuple[float, float]],
    found: dict[int, tuple[float, float]],
    frames: Trajectory,
    target: str,
    rows_per_column: int,
) -> dict[int, tuple[FloatArray, FloatArray, FloatArray]]:
    """Fit with bins inside the brackets; per channel the bins' edges, slopes and standard errors.

    Bins that no pair visits have an infinite error.
    """
    channels, bases = _with_bins(statistic, brackets, found)
    accumulator = Accumulator(channels, bases)
    per_frame = statistic.rows / statistic.frames
    enough = ceil(rows_per_column * sum(b.size for b in bases) / per_frame)
    for frame, rows in islice(target_rows(frames, target), enough):
        accumulator.add(frame, rows)
    binned = accumulator.statistic(statistic.units, {})
    solved = decompose(binned.gram, binned.moment, binned.square)
    deviation = np.sqrt(residual_variance(binned, solved))
    fits = {}
    for c, (low, high) in brackets.items():
        bins = slice(binned.columns(c).stop - BINS, binned.columns(c).stop)
        error = deviation * np.linalg.norm(solved.inverse[bins], axis=1)
        error[np.diag(binned.gram)[bins] == 0] = np.inf
        fits[c] = (np.linspace(low, high, BINS + 1), solved.inverse[bins] @ solved.y, error)
    return fits


def _with_bins(
    statistic: Statistic, brackets: dict[int, tuple[float, float]], found: dict[int, tuple[float, float]]
) -> tuple[Sequence[Channel], list[Basis]]:
    """Put bins into the brackets; channels whose jump is found already end there."""
    channels, bases = list(statistic.channels), list(statistic.bases)
    for c, (low, high) in {**found, **brackets}.items():
        inner = low if c in brackets else (low + high) / 2
        splines = LogSplines(inner).covering(statistic.coverage[c].minimum)
        channels[c] = replace(channels[c], cutoff=high if c in brackets else inner)
        bases[c] = SteppedSplines(low, high, splines) if c in brackets else splines
    return channels, bases


def _step(edges: FloatArray, slope: FloatArray, error: FloatArray) -> tuple[float, float] | None:
    """Find the jump to zero among the bins, or None where a smooth curve does as well.

    The model is a straight line up to the jump and zero after it; the bin that holds the jump may have any
    value. The rival is a cubic through all bins. Returns the bracket of the jump.
    """
    sampled = np.flatnonzero(np.isfinite(error))
    if sampled.size < 2 * _SIDE + 2:
        return None
    x = (edges[sampled] + edges[sampled + 1]) / 2
    x, v, w = (x - x[0]) / (x[-1] - x[0]), slope[sampled], 1 / error[sampled]
    misfits = np.full(len(v), np.inf)
    for k in range(_SIDE, len(v) - _SIDE):  # bins 0 ... k-1 act, k holds the jump, k+1 ... do not
        line = np.polyfit(x[:k], v[:k], 1, w=w[:k])
        before, after = (v[:k] - np.polyval(line, x[:k])) * w[:k], v[k + 1 :] * w[k + 1 :]
        misfits[k] = before @ before + after @ after
    smooth = np.sum(((v - np.polyval(np.polyfit(x, v, 3, w=w), x)) * w) ** 2)
    if misfits.min() + SIGNIFICANT**2 > smooth:
        return None
    plausible = np.flatnonzero(misfits < misfits.min() + SIGNIFICANT**2 / 4)
    # the last pair that acts is somewhere in the bin before, the first that does not in the one after
    return float(edges[sampled[plausible[0] - 1]]), float(edges[sampled[plausible[-1] + 1] + 1])


def _around(step: tuple[float, float]) -> tuple[float, float] | None:
    """Widen the bracket of a jump on both sides, for the next refinement; None at the limit of precision."""
    low, high = step
    width = high - low
    return None if width < 1e-9 * high else (low - width, high + width)


def shortest_decimal(low: float, high: float) -> float:
    """Return the number with the fewest decimals in [low, high]: people choose 8.5, not 8.4999871.

    >>> shortest_decimal(8.51249, 8.51251)
    8.5125
    >>> shortest_decimal(5.9993, 6.0004)
    6.0
    """
    first = -ceil(log10(high))
    for digits in range(first, first + 17):
        candidate = ceil(low * 10.0**digits) / 10.0**digits
        if candidate <= high:
            return round(candidate, max(digits, 0))
    return (low + high) / 2
