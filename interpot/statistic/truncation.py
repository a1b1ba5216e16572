"""Where did the reference truncate its force? A jump of φ' below the asked cutoff, found per channel.

The spline fit of the first pass says near which distance the force ends. Around it the splines are
replaced by 64 bins of constant slope, on a few frames; the bins show a jump for what it is, and the bracket
around it is refined until the pairs themselves are too few to narrow it. A force that merely decays below the
noise has no jump at any magnification and is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, log10

import numpy as np

from interpot.records import FloatArray, IntArray
from interpot.statistic.accumulator import Accumulator
from interpot.statistic.basis import Basis, LogSplines
from interpot.statistic.channels import ENDLESS, Channel
from interpot.statistic.layout import offsets
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import SplineFit, decompose, residual_variance, spline_fit
from interpot.statistic.splines import DEGREE
from interpot.threads import one_blas_thread
from interpot.trajectory.targets import Windows

BINS = 64
SIGNIFICANT = 6.0  # standard errors that a jump must stand out by
_SIDE = 4  # bins on each side of a jump that show what it separates
_KNOTS = 3  # a quintic spline follows a jump over so many knots on each side
_FALL = 4.0  # factor by which a force must fall there
_GAPS = 1.5  # that a fall may take as many knots as it should
_ENOUGH = 10  # samples of a knot interval that count
_WIDTH = DEGREE + 1
_MANY, _COARSER = 1000, 3  # functions, beyond which knots are so many times as far apart
MOST_FRAMES = 256
"""For the last refinement: the more pairs near the jump, the narrower its bracket."""


@dataclass(frozen=True, slots=True)
class Jump:
    """Where a channel's slope falls to zero, and from which value.

    Attributes
    ----------
    low, high
        Å: pairs closer than `low` act, pairs beyond `high` do not.
    height
        φ' before the jump, eV/Å.
    """

    low: float
    high: float
    height: float


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
    statistic: Statistic, frames: Sequence[Windows], rows_per_column: int = 40
) -> dict[int, float]:
    """Find the channels whose force the reference truncated, and where.

    Parameters
    ----------
    statistic
        Of the first pass, with the asked cutoffs.
    frames
        The same data, or the first part of them, with their targets.
    rows_per_column
        How many force components there should be for each coefficient of the refinement.

    Returns
    -------
    dict
        Channel index → cutoff in Å: the shortest decimal number, in the units of the data, that separates the
        pairs with a force from those without in the first `MOST_FRAMES`.
    """
    fit = spline_fit(statistic)
    brackets = {c: b for c in range(len(statistic.channels)) if (b := _suspect(statistic, fit, c))}
    found: dict[int, Jump] = {}
    per_frame = sum(windows.targets.size for windows in frames) / len(frames)
    # a jump shows in few frames; where exactly it is, is told by the one pair of all that comes closest to it
    for few in (True, False):
        while brackets:
            columns = int(offsets(statistic.bases)[-1]) + BINS * len(brackets)
            count = ceil(rows_per_column * columns / per_frame) if few else MOST_FRAMES
            fits = _binned_slopes(statistic, brackets, found, frames[:count])
            narrowed = {c: _narrower(*fits[c], found[c]) if c in found else _step(*fits[c]) for c in brackets}
            found |= {c: jump for c, jump in narrowed.items() if jump is not None}
            # go on with those that are not yet as narrow as their pairs allow
            brackets = {
                c: wider
                for c, jump in narrowed.items()
                if jump is not None
                and (wider := _around(jump)) is not None
                and wider[1] - wider[0] < 0.7 * (brackets[c][1] - brackets[c][0])
            }
        brackets = {c: wider for c, jump in found.items() if few and (wider := _around(jump)) is not None}
    length = statistic.units.length
    return {c: shortest_decimal(jump.low / length, jump.high / length) * length for c, jump in found.items()}


def _suspect(statistic: Statistic, fit: SplineFit, c: int) -> tuple[float, float] | None:
    """Bracket the steepest fall of the spline fit's force, if it falls to a quarter within a few knots.

    What counts is the largest force from a distance outwards. Beyond a truncation it does not vanish: the splines ring,
    and a jump that they cannot follow in one channel leaves traces in the others, significant but small. Hard cores
    fall by less: r^-13 to two thirds.
    """
    if statistic.channels[c].kind in ENDLESS:  # a function of where a particle is ends nowhere
        return None
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
    # where few particles come there are gaps between the intervals that count, over which any force falls
    falls[r[span:] > r[:-span] * np.exp(_GAPS * span * basis.spacing)] = 0.0
    k = int(falls.argmax())
    if falls[k] < _FALL:
        return None
    margin = np.exp(10 * basis.spacing)  # quintic splines ring over several knots
    return float(r[k] / margin), float(min(r[k + span] * margin, basis.cutoff))


def _binned_slopes(
    statistic: Statistic,
    brackets: dict[int, tuple[float, float]],
    found: dict[int, Jump],
    frames: Sequence[Windows],
) -> dict[int, tuple[FloatArray, FloatArray, FloatArray]]:
    """Fit the first frames with bins inside the brackets; per channel the bins' edges, slopes and standard errors.

    Bins that no pair visits have an infinite error.
    """
    channels, bases = _with_bins(statistic, brackets, found)
    accumulator = Accumulator(channels, bases, block_length=MOST_FRAMES)
    for windows in frames:
        accumulator.add(windows)
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
    statistic: Statistic, brackets: dict[int, tuple[float, float]], found: dict[int, Jump]
) -> tuple[Sequence[Channel], list[Basis]]:
    """Put bins into the brackets; channels whose jump is found already end there."""
    channels, bases = list(statistic.channels), list(statistic.bases)
    ends = {c: (jump.low, jump.high) for c, jump in found.items()}
    spacing = min(b.spacing for b in bases if isinstance(b, LogSplines))
    if (
        sum(basis.size for basis in bases) > _MANY
    ):  # coarser knots show a jump as well, in a tenth of the time
        spacing *= _COARSER
        bases = [
            LogSplines(b.cutoff, spacing).covering(b.innermost) if isinstance(b, LogSplines) else b
            for b in bases
        ]
    for c, (low, high) in {**ends, **brackets}.items():
        inner = low if c in brackets else (low + high) / 2
        splines = LogSplines(inner, spacing).covering(statistic.coverage[c].minimum)
        channels[c] = replace(channels[c], cutoff=high if c in brackets else inner)
        bases[c] = SteppedSplines(low, high, splines) if c in brackets else splines
    return channels, bases


def _step(edges: FloatArray, slope: FloatArray, error: FloatArray) -> Jump | None:
    """Find the jump to zero among the bins, or None where a smooth curve does as well.

    The model is a straight line up to the jump and zero after it; the bin that holds the jump may have any
    value. The rival is a cubic through all bins.
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
    k = int(misfits.argmin())
    height = np.polyval(np.polyfit(x[:k], v[:k], 1, w=w[:k]), x[k])
    # the last pair that acts is somewhere in the bin before, the first that does not in the one after
    low, high = edges[sampled[plausible[0] - 1]], edges[sampled[plausible[-1] + 1] + 1]
    return Jump(float(low), float(high), float(height))


def _narrower(edges: FloatArray, slope: FloatArray, error: FloatArray, jump: Jump) -> Jump | None:
    """Narrow the bracket of a jump of known height: a bin acts if its slope is more than half of that.

    None where the bins are too few or too noisy to tell.
    """
    telling = np.flatnonzero(error < abs(jump.height) / SIGNIFICANT)
    acts = slope[telling] / jump.height > 0.5
    if not acts.any() or acts.all():
        return None
    last, first = int(np.flatnonzero(acts)[-1]), int(np.flatnonzero(~acts)[0])
    if last > first:  # noise has mixed them up: the jump is among the mixed ones
        last, first = first - 1, last + 1
    if last < 0 or first >= len(telling):
        return None
    return Jump(float(edges[telling[last]]), float(edges[telling[first] + 1]), jump.height)


def _around(jump: Jump) -> tuple[float, float] | None:
    """Widen the bracket of a jump on both sides, for the next refinement; None at the limit of precision."""
    width = jump.high - jump.low
    return None if width < 1e-9 * jump.high else (jump.low - width / 2, jump.high + width / 2)


def shortest_decimal(low: float, high: float) -> float:
    """Return the number with the fewest decimals in [low, high]: people choose 8.5, not 8.4999871.

    >>> shortest_decimal(8.51249, 8.51251)
    8.5125
    >>> shortest_decimal(5.9993, 6.0004)
    6.0
    """
    first, middle = -ceil(log10(high)), (low + high) / 2
    for digits in range(first, first + 17):
        candidate = round(middle * 10.0**digits) / 10.0**digits  # of several the one nearest to the middle
        if low <= candidate <= high:
            return round(candidate, max(digits, 0))
    return middle
