"""Observables of reference and found run side by side, each with a verdict.

An observable *agrees* when the root mean square of (found - reference)/σ, σ the two standard errors combined, stays
below a limit, such that chance alone makes *any* observable of a comparison differ once in a hundred times: for a
single number, or the strongly correlated points of a mean-square displacement, the quantile of Student's t, since the
errors come from a few blocks; for the many points of g(r) and its like that of the rms of as many t as there are
fives of points (neighbours are alike), but not below 2. Beyond the limit it *differs*, as does what has no scatter
and is not equal. Both runs start alike, which makes chance deviations smaller: the limits are on the safe side.

One *cannot tell* where it was not measured in both runs, where too few measurements were made for a standard error,
and where runs agree only because the errors are larger than a tenth of the value. As errors shrink with 1/√t, the
remark then says how much longer a run would do. Where runs agree, it says which difference would have shown.

Some deviations need no standard error. The mean of few measurements is no less exact than one of them: what is further
off than the reference's single measurements scatter (by the quantile of Student's t, and by more than a tenth of the
value) *differs* however few they are. So does what no sound run does, to gain or lose all of its kinetic energy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.stats import t as student

from interpot.comparison import Curve, Observable
from interpot.proof.observables import OBSERVABLES, measure
from interpot.proof.observables.blocks import PER_BLOCK, block_count
from interpot.proof.observables.divergence import divergence
from interpot.proof.observables.recorded import Measured, Quantity, Recorded
from interpot.records import FloatArray

_MANY_POINTS = 2.0  # limit of the rms deviation
_FEWEST_POINTS = 10  # that are many
_ALIKE = 5  # neighbouring points that count as one
_INDEPENDENT = 20  # at most are drawn: with more the limit would be lower, not higher
_DRAWS = 100_000
_CHANCE = 0.01  # of a comparison's observables any one differs by chance
_BLOCKS = 4  # at least, for a standard error worth the name
_TELLING = 0.1  # largest standard error, relative to the value, with which agreement means something
_EXACT = 1e-9  # relative difference of what is equal but for rounding
_SURELY = 2.0  # standard errors beyond the limit: a number that far off differs in 97 of 100 runs
_UNKNOWN = Curve(np.zeros(1), np.full(1, np.nan), np.full(1, np.nan))


@dataclass(frozen=True, slots=True)
class Extent:
    """How much was measured with the found potential, for the advice to measure more.

    Attributes
    ----------
    steps
        Length of the run, where known.
    runs
        How many there are, where each gives one measurement.
    """

    steps: int | None = None
    runs: int | None = None

    def longer(self, factor: float) -> str:
        """Say how much more it has to be."""
        if self.runs is not None:
            return (
                f"make {np.ceil(max(factor, 1.1) * self.runs):.0f} runs"
                if np.isfinite(factor)
                else "make more runs"
            )
        if not np.isfinite(factor):
            return "run longer"
        length = f" (about {float(f'{self.steps * factor:.2g}'):,.0f} steps)" if self.steps else ""
        return f"run {max(factor, 1.1):.2g} times as long{length}"

    def too_few(self, measurements: int) -> str:
        """Say that there are too few measurements for a standard error."""
        if self.runs is not None:
            return f"{self.runs} runs are too few for an error estimate: make at least {_BLOCKS}"
        return (
            f"{measurements} recorded frames are too few for an error estimate: record more often, or "
            f"{self.longer(_BLOCKS * PER_BLOCK / max(measurements, 1))}"
        )


def observables(reference: Recorded, found: Recorded) -> Iterator[Observable]:
    """Measure every row of the table in both runs, and judge what was measured."""
    pairs = [pair for name in OBSERVABLES for pair in measured_alike(name, reference, found)]
    chance = _CHANCE / max(len(pairs), 1)
    yield from (judge(one, two, chance, Extent(found.steps)) for one, two in pairs)
    yield apart(divergence(reference, found))


def measured_alike(name: str, reference: Recorded, found: Recorded) -> list[tuple[Measured, Measured]]:
    """Measure one row in both runs, the found one with the choices made for the reference, and pair by name."""
    ours = {m.quantity.name: m for m in measure(name, reference)}
    chosen = {key: value for m in ours.values() for key, value in m.chosen.items()}
    theirs = {m.quantity.name: m for m in measure(name, replace(found, chosen=chosen))}
    return [
        (ours.get(key) or absent(theirs[key]), theirs.get(key) or absent(ours[key]))
        for key in dict.fromkeys((*ours, *theirs))
    ]


def absent(other: Measured) -> Measured:
    """Return what stands for a quantity that only the other run has."""
    return other.quantity.missing("it is not there")


def judge(
    reference: Measured, found: Measured, chance: float = 1e-3, extent: Extent = Extent()
) -> Observable:
    """Compare a quantity in two runs and give the verdict.

    Parameters
    ----------
    chance
        Probability with which runs of the same potential may differ.
    extent
        How much was measured, for the advice to measure more.
    """
    quantity = found.quantity
    if found.curve is not None and _unsound(reference, found):
        return _ruined(reference, found)
    if reference.curve is None or found.curve is None:
        return _undecided(quantity, None, found.curve or _UNKNOWN, _reasons(reference, found))
    one, two = on_common_points(reference.curve, found.curve)
    if len(two.x) == 0:
        reason = "the two runs have no points in common: record both at the same intervals"
        return _undecided(quantity, None, found.curve if len(found.curve.x) else _UNKNOWN, reason)
    count = min(reference.count, found.count)
    if block_count(count) < _BLOCKS:
        return _without_error((one, two), (reference, found), chance, extent)
    return _judged(quantity, (one, two), (reference, found), chance, extent)


def _unsound(reference: Measured, found: Measured) -> bool:
    """Whether the found run does what no sound run does, and the reference does not."""
    assert found.curve is not None
    beyond = bool(np.abs(found.curve.y).max(initial=0.0) > found.bound)
    same = reference.curve is not None and np.abs(reference.curve.y).max(initial=0.0) > reference.bound
    return beyond and not same


def _ruined(reference: Measured, found: Measured) -> Observable:
    assert found.curve is not None
    words = f"found: {found.remark}, which no sound run does: the time step is too long for this potential"
    told = _undecided(found.quantity, reference.curve, found.curve, words)
    return replace(told, verdict="differs")


def _without_error(
    curves: tuple[Curve, Curve], runs: tuple[Measured, Measured], chance: float, extent: Extent
) -> Observable:
    """Judge what was measured too few times for a standard error by the scatter of single measurements."""
    one, two = curves
    quantity, scatter, count = runs[1].quantity, runs[0].scatter, runs[0].count
    difference = two.y - one.y
    scale = max(runs[0].scale, float(np.sqrt(np.mean(one.y**2))))
    if scatter is not None and scatter.shape == difference.shape and (scatter > 0).all():
        scores = difference / (np.sqrt(2) * scatter)  # no error of either mean is larger
        far = float(np.sqrt(np.mean(scores**2)))
        large = np.sqrt(np.mean(difference**2)) > _TELLING * scale
        if large and far > student.isf(chance / 2, count - 1):
            words = (
                f"{far / np.sqrt(0.5):.2g} times as far off as single measurements of the reference scatter"
            )
            return _observable(
                quantity, curves, float("nan"), "differs", [_size(quantity, curves, scale), words]
            )
    reason = extent.too_few(min(r.count for r in runs))
    return _undecided(quantity, one, two, reason)


def apart(measured: Measured) -> Observable:
    """Report what both runs have in common, on which no verdict depends."""
    told = _undecided(measured.quantity, None, measured.curve or _UNKNOWN, measured.remark)
    return replace(told, verdict="not judged")


def on_common_points(reference: Curve, found: Curve) -> tuple[Curve, Curve]:
    """Return both curves where they have the same abscissa."""
    if len(reference.x) == 0 or len(found.x) == 0:
        return _at(reference, np.zeros(0, dtype=np.int64)), _at(found, np.zeros(0, dtype=np.int64))
    tolerance = 1e-6 * max(np.abs(reference.x).max(), np.abs(found.x).max(), np.finfo(float).tiny)
    place = np.searchsorted(found.x, reference.x - tolerance)
    inside = np.flatnonzero(place < len(found.x))
    mine = inside[np.abs(found.x[place[inside]] - reference.x[inside]) <= tolerance]
    return _at(reference, mine), _at(found, place[mine])


def limit_of(quantity: Quantity, points: int, blocks: int, chance: float) -> float:
    """Return the largest deviation, in standard errors, that agrees."""
    freedom = max(2 * (blocks - quantity.taken), 1)
    if quantity.many and points >= _FEWEST_POINTS:
        return max(_MANY_POINTS, _rms_limit(min(points // _ALIKE, _INDEPENDENT), freedom, chance))
    return float(student.isf(chance / 2, freedom))


@lru_cache(maxsize=64)
def _rms_limit(count: int, freedom: int, chance: float) -> float:
    """Return what the rms of so many independent t exceeds with a probability of `chance`, by drawing them."""
    drawn = np.random.default_rng(count).standard_t(freedom, (_DRAWS, count))
    return float(np.quantile(np.sqrt(np.mean(drawn**2, axis=1)), 1 - chance))


def _judged(
    quantity: Quantity,
    curves: tuple[Curve, Curve],
    runs: tuple[Measured, Measured],
    chance: float,
    extent: Extent,
) -> Observable:
    one, two = curves
    sigma = np.hypot(one.error, two.error)
    known, remarks = sigma > 0, _remarks(*runs)
    scale = max(runs[0].scale, runs[1].scale, float(np.sqrt(np.mean(one.y**2))))
    still = sigma == 0
    if not np.allclose(one.y[still], two.y[still], rtol=_EXACT, atol=0.0):
        size = _size(quantity, curves, scale)
        return _observable(quantity, curves, np.inf, "differs", [size, "without any scatter", *remarks])
    if not known.any():
        return _observable(quantity, curves, 0.0, "agrees", ["equal, without any scatter", *remarks])
    scores = (two.y[known] - one.y[known]) / sigma[known]
    deviation = float(np.sqrt(np.mean(scores**2)))
    limit = limit_of(quantity, int(known.sum()), block_count(min(r.count for r in runs)), chance)
    said = f"rms deviation {deviation:.2g} standard errors, agreement is up to {limit:.2g}"
    if deviation > limit:
        size = _size(quantity, curves, scale)
        worst = _worst(quantity, two.x[known], scores)
        told = _observable(quantity, curves, deviation, "differs", [size, said + worst, *remarks])
        return replace(told, limit=limit)
    relative = float(np.sqrt(np.mean(sigma**2))) / scale if scale > 0 else np.inf
    if relative > _TELLING:
        told = _observable(
            quantity, curves, deviation, "cannot tell", [_vague(quantity, relative, scale, extent)]
        )
    else:
        reach = limit if quantity.many and int(known.sum()) >= _FEWEST_POINTS else limit + _SURELY
        visible = float(f"{100 * relative * reach:.1g}")
        shown = f"a difference of {visible:g} % of {scale:.3g}{_suffix(quantity)} would have shown"
        told = _observable(quantity, curves, deviation, "agrees", [said, shown])
    return replace(told, limit=limit, remark="; ".join([told.remark, *remarks]))


def _vague(quantity: Quantity, relative: float, scale: float, extent: Extent) -> str:
    """Say that a standard error is too large to tell anything, and how long a run would make it small enough."""
    return (
        f"the standard error is {float(f'{100 * relative:.2g}'):g} % of {scale:.3g}{_suffix(quantity)}, too large to "
        f"tell: {extent.longer((relative / _TELLING) ** 2)}"
    )


def _size(quantity: Quantity, curves: tuple[Curve, Curve], scale: float) -> str:
    """Say how large a difference is: absolute, and relative to the scale."""
    difference = curves[1].y - curves[0].y
    unit = _suffix(quantity)
    share = f" ({{:{'+' if len(difference) == 1 else ''}.2g}} % of {scale:.3g}{unit})" if scale > 0 else ""
    if len(difference) == 1:
        return f"differs by {difference[0]:+.3g}{unit}{share.format(100 * difference[0] / (scale or 1))}"
    rms = float(np.sqrt(np.mean(difference**2)))
    return f"differs by {rms:.3g}{unit} rms{share.format(100 * rms / (scale or 1))}"


def _suffix(quantity: Quantity) -> str:
    """Return the unit as it follows a number."""
    return "" if quantity.unit == "1" else f" {quantity.unit}"


def _worst(quantity: Quantity, x: FloatArray, scores: FloatArray) -> str:
    if len(x) == 1:
        return ""
    worst = int(np.abs(scores).argmax())
    return f"; most ({scores[worst]:+.2g}) at {quantity.x_label} = {x[worst]:.4g} {quantity.x_unit}".rstrip()


def _remarks(reference: Measured, found: Measured) -> list[str]:
    """Return what each run's measurement has to say, once where it is the same."""
    if reference.remark == found.remark or not reference.remark:
        return [found.remark] if found.remark else []
    if not found.remark or "the reference's" in found.remark:
        return [reference.remark]
    return [f"reference: {reference.remark}", f"found: {found.remark}"]


def _reasons(reference: Measured, found: Measured) -> str:
    if reference.curve is None and found.curve is None and reference.remark == found.remark:
        return found.remark
    told = [(name, m.remark) for name, m in (("reference", reference), ("found", found)) if m.remark]
    return "; ".join(f"{name}: {remark}" for name, remark in told)


def _observable(
    quantity: Quantity, curves: tuple[Curve, Curve], deviation: float, verdict: str, remarks: list[str]
) -> Observable:
    return Observable(
        quantity.name, quantity.x_label, quantity.x_unit, quantity.unit, *curves, deviation, verdict,
        "; ".join(remarks),
    )  # fmt: skip


def _undecided(quantity: Quantity, reference: Curve | None, found: Curve, remark: str) -> Observable:
    return Observable(
        quantity.name, quantity.x_label, quantity.x_unit, quantity.unit, reference, found, float("nan"),
        "cannot tell", remark,
    )  # fmt: skip


def _at(curve: Curve, places: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Curve:
    return Curve(curve.x[places], curve.y[places], curve.error[places])
