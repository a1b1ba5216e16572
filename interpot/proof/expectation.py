"""What force error is to be expected of a potential, and the verdict on one that was measured.

A formula says itself how far its forces are from those that it was fitted to (`Loss.formula`, and `cross_validated` on
frames that its constants have not seen). On the reference the same error is due again: it *agrees* up to 1.5 times
that, since 50 frames scatter a little about the error of all of them. In other states, where pairs come closer and the
forces have another size, up to 3 times. Beyond that it *differs*. Without an error of forces (a formula that was fitted
to energies, or to what momenta and positions tell of forces, whose error is that of averages or of noise) one *cannot
tell*.

No error is expected below a millionth, which is far less than anything else in a run decides, nor below that of the
file's own digits: positions and forces are written rounded, which is estimated by rounding them once more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from interpot.comparison import ForceCheck
from interpot.formula.potential import Potential
from interpot.proof.forces import PotentialForces
from interpot.records import FloatArray, Frame
from interpot.trajectory.motion import RECORDED, motion_of
from interpot.units import UnitStyle

ON_DATA = 1.5  # times the expected error: still the same forces
ELSEWHERE = 3.0  # the same in other states
_FLOOR = 1e-6
_MOST_DIGITS = 15  # a double holds no more: values that need them are not rounded
_SAMPLE = 300  # values that tell how many digits a file has
_ALIKE = 1e-13  # what a conversion of units changes, relative to the value


def judge_forces(
    check: ForceCheck,
    potential: Potential,
    frames: Sequence[Frame],
    units: UnitStyle,
    factor: float = ON_DATA,
) -> ForceCheck:
    """Give a force check its verdict.

    Parameters
    ----------
    check
        Of `potential` on `frames`.
    potential
        Its loss is what to expect.
    frames
        With forces, as they were read.
    units
        Style in which the frames were written.
    factor
        `ON_DATA` or `ELSEWHERE`: how many times the expected error agrees.
    """
    fitted = expected_error(potential)
    if not np.isfinite(fitted):
        words = f"the formula was fitted to {_fitted_to(potential)}: no error of its forces is known to compare with"
        return replace(check, verdict="cannot tell", remark=words)
    rounding = rounding_error(potential, frames[0], units)
    expected = max(fitted, rounding, _FLOOR)
    error = f"{check.relative_error:.2g}"
    if check.relative_error <= factor * expected:
        known = f"expected {fitted:.2g} as fitted, agreement is up to {factor * expected:.2g}"
        if rounding > fitted:
            known += f" (the file's digits make {rounding:.1g})"
        return replace(check, verdict="agrees", remark=known, expected=expected)
    asked = "is this the potential that was found from these data?"
    if factor == ELSEWHERE:
        asked = (
            f"it does not hold so far from what it was fitted to (agreement is up to {factor * expected:.2g})"
        )
    words = f"the formula was fitted to a relative error of {fitted:.2g}, here it is {error}: {asked}"
    return replace(check, verdict="differs", remark=words, expected=expected)


def expected_error(potential: Potential) -> float:
    """Relative error of the forces that the fit promises, on data seen or not; NaN where it had no recorded forces."""
    if potential.loss.of != "forces" or _target(potential) != RECORDED.target:
        return float("nan")
    return float(np.fmax(potential.loss.formula, potential.loss.cross_validated))


def _target(potential: Potential) -> str:
    """What stood for the force where the potential was found."""
    return motion_of(potential.provenance.get("target", RECORDED.target)).target


def _fitted_to(potential: Potential) -> str:
    """Energies or virials; else what stood for recorded forces."""
    if potential.loss.of != "forces":
        return potential.loss.of
    return f"rows of the target {_target(potential)}, not to forces alone"


def rounding_error(potential: Potential, frame: Frame, units: UnitStyle) -> float:
    """Relative error of the forces that a file's rounding of positions and forces makes.

    The positions are moved at random by what their rounding hides, which changes the forces; the recorded forces
    are off by their own rounding.
    """
    assert frame.forces is not None
    random, d = np.random.default_rng(0), frame.dimension
    recorded = frame.forces[:, :d]
    norm = float(np.linalg.norm(recorded))
    if norm == 0:
        return 0.0
    hidden = np.zeros_like(frame.positions)
    hidden[:, :d] = rounding(frame.positions[:, :d] / units.length) * units.length
    squares = float(np.sum((rounding(recorded / units.force) * units.force) ** 2))
    if hidden.any():
        evaluate = PotentialForces(potential)
        moved = replace(frame, positions=frame.positions + hidden * random.normal(size=hidden.shape))
        squares += float(np.sum((evaluate(moved).forces - evaluate(frame).forces)[:, :d] ** 2))
    return float(np.sqrt(squares) / norm)


def rounding(values: FloatArray) -> FloatArray:
    """Standard deviation of the rounding of each number, told from how many digits they all can do with.

    Numbers may have been written with as many significant digits each, with as many decimals, or in single precision;
    what hides most is taken. Zero where they need every digit that a double has.
    """
    sample = values.ravel()[:: max(1, values.size // _SAMPLE)]
    hidden = np.zeros_like(values)
    digits = _fewest(lambda count: np.array([float(f"{x:.{count - 1}e}") for x in sample]), sample)
    if digits is not None:
        exponent = np.floor(np.log10(np.maximum(np.abs(values), np.finfo(float).tiny)))
        hidden = np.where(values == 0, 0.0, 10.0 ** (exponent - digits + 1))
    decimals = _fewest(lambda count: np.round(sample, count), sample)
    if decimals is not None:
        hidden = np.maximum(hidden, 10.0**-decimals)
    if _same(sample.astype(np.float32).astype(np.float64), sample):
        hidden = np.maximum(hidden, np.abs(values) * np.finfo(np.float32).eps)
    return np.asarray(hidden / np.sqrt(12))


def _fewest(rounded: Callable[[int], FloatArray], values: FloatArray) -> int | None:
    """Return the fewest digits with which values stay as they are."""
    return next((count for count in range(1, _MOST_DIGITS) if _same(rounded(count), values)), None)


def _same(rounded: FloatArray, values: FloatArray) -> bool:
    return bool(np.all(np.abs(rounded - values) <= _ALIKE * np.abs(values)))
