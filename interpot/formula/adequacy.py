"""Adequacy: what a formula leaves of the forces, split into noise, missing closed form and missing physics.

With V the squared residual of the best functions of the channels, corrected for the R degrees of freedom that they
have spent, and C = Σ|F|²,

    V = floor · N/(N - R) = noise + missing physics,      misfit - (R - p) V/N = missing closed form

for N force components and p constants: R functions take R/N of the noise with them, and a true formula gives back all
of it but what its own constants take.

Noise and missing physics cannot be told apart by V. Internal forces, of however many particles, sum to zero: if noise
is independent from component to component, the squared net force of the frames has the same expectation Σ s² as the
noise in C. This fails where walls or fields act, and where the net force has been removed, as many electronic-structure
codes do: it is then zero to rounding whatever the noise. What remains is a test of randomness: the fitted functions
differ from block to block by what noise makes them, or by more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interpot.formula.quantity import with_error
from interpot.formula.regress.varpro import Fit
from interpot.records import FloatArray
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import RESOLUTION, Objective, decomposed

ROUNDING = 1e-5
"""Relative net force that the digits of a file leave of a net force of zero: this and less tells nothing of noise."""

FEW_DIGITS = 0.01
"""Relative force error that no more than positions to 0.01 Å may make."""

INADEQUATE = 0.05
"""Relative force error beside the noise from which on no formula of these distances will do."""

NOTABLE = 1e-4
"""Relative force error from which on a reader should know of it."""

NOT_RANDOM = 1.3
"""Dispersion from which on residuals are not taken as independent noise; what is less, unequal noise may make."""

OTHER_PHYSICS = "(more than two particles at once, beyond the cutoff, velocities)"

MIN_BLOCKS = 8  # of which a spread is an error
PROBES = 32  # random directions that estimate a trace


@dataclass(frozen=True, slots=True)
class Share:
    """A relative force error ‖ΔF‖/‖F‖ with its standard error.

    Attributes
    ----------
    value, error
    """

    value: float
    error: float

    @classmethod
    def of_square(cls, square: float, error: float) -> Share:
        """The root of a relative squared error; negative ones, which chance makes, count as zero."""
        root = float(np.sqrt(max(square, 0.0)))
        return cls(root, float(np.sqrt(root**2 + error) - root))

    @property
    def significant(self) -> bool:
        """Whether it is more than what three standard errors explain."""
        return self.value**2 > 3 * self._square_error

    @property
    def most(self) -> float:
        """What it is at most, by three standard errors."""
        return float(np.sqrt(self.value**2 + 3 * self._square_error))

    @property
    def _square_error(self) -> float:
        """Standard error of the square, which is nearly normal where the share is not."""
        return (self.value + self.error) ** 2 - self.value**2

    def __str__(self) -> str:
        return percent(self.value)


@dataclass(frozen=True, slots=True)
class Adequacy:
    """Where the force error of a formula comes from; shares add in squares.

    Attributes
    ----------
    unexplained
        What no functions of the channels explain, corrected for their degrees of freedom.
    missing_form
        What better functions of the same channels would gain, beyond what chance gives them.
    noise, missing_physics
        The two parts of `unexplained`; None where they cannot be told apart.
    net
        Relative net force √(Σ_frames |Σ_i F_i|²/C): the noise, if it is independent and internal forces are all there
        are. NaN where it is not known.
    dispersion, dispersion_error
        How much farther apart the best functions of the blocks are than independent noise makes them, as a ratio of
        variances, and its standard error if they are nothing else: 1 for noise, more (or less) for missing physics or
        noise that persists from frame to frame. NaN with a single block or nothing to explain.
    reason
        Why noise and missing physics cannot be told apart; empty where they can.
    systematic
        Relative error that sums over windows may make by themselves (`Statistic.systematic`); 0 of recorded forces.
    resolution
        Relative error that rounding of the sums may hide.
    """

    unexplained: Share
    missing_form: Share
    noise: Share | None
    missing_physics: Share | None
    net: float
    dispersion: float
    dispersion_error: float
    reason: str
    systematic: float = 0.0
    resolution: float = RESOLUTION

    @property
    def verdict(self) -> str:
        """All of this in a sentence."""
        return _verdict(self)

    @property
    def notable(self) -> bool:
        """Whether a reader should know of it: where more is left than rounding."""
        return self.unexplained.value > NOTABLE or self._lacks_form

    @property
    def _lacks_form(self) -> bool:
        form = self.missing_form
        least = max(NOTABLE, 0.1 * self.unexplained.value, self.systematic)
        return form.significant and form.value > least

    @property
    def not_random(self) -> bool:
        """Whether the blocks show that what is left is more than independent noise."""
        d = self.dispersion
        return abs(d - 1) > 3 * self.dispersion_error and not 1 / NOT_RANDOM < d < NOT_RANDOM

    @property
    def adequate(self) -> bool:
        """Whether formulas of these distances may do: False where something else acts, and is large."""
        if self.missing_physics is None:
            return not (self.unexplained.value > INADEQUATE and self.not_random)
        return not (self.missing_physics.significant and self.missing_physics.value > INADEQUATE)


def resolved_to(statistic: Statistic) -> float:
    """Relative error up to which C - yᵀy may be rounding: `Objective.floor` is zero below its square."""
    return float(np.sqrt(max(RESOLUTION**2, decomposed(statistic).rounding / statistic.square)))


def adequacy(statistic: Statistic, objective: Objective, fit: Fit) -> Adequacy:
    """Split the force error of a fit of all channels.

    Parameters
    ----------
    statistic, objective
        The same data, as sums per block and compressed.
    fit
        One form per channel.

    Returns
    -------
    Adequacy
        Shares are relative force errors.
    """
    C, N, R = objective.square, statistic.rows, len(objective.y)
    blocks = scatter(statistic, objective)
    left, net = blocks.residual, statistic.blocks.net
    spent = N / max(N - R, 1)
    V = objective.floor * spent / C
    unexplained = Share.of_square(V, _error(statistic, left, objective.floor) * spent / C)
    missing_form = _missing_form(objective, fit, V * C / N, blocks.dispersion)
    reason = _reason(statistic, unexplained, net / C)
    noise = physics = None
    if not reason:
        noise = Share.of_square(net.sum() / C, _error(statistic, net, net.sum(), per_frame=True) / C)
        both = _error(statistic, spent * left - net, spent * objective.floor, per_frame=True)
        physics = Share.of_square(V - net.sum() / C, both / C)
    relative_net = float(np.sqrt(net.sum() / C))
    return Adequacy(
        unexplained, missing_form, noise, physics, relative_net, blocks.dispersion, blocks.error, reason,
        statistic.systematic, resolved_to(statistic),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Scatter:
    """How the blocks differ from each other at the best functions of all.

    Attributes
    ----------
    residual : (b,) float64
        Squared residual of each block, eV²/Å².
    dispersion
        Ratio of the spread of the best functions over blocks to that of independent noise; see `scatter`.
    error
        Standard error that the ratio has for independent noise, at most.
    """

    residual: FloatArray
    dispersion: float
    error: float


def scatter(statistic: Statistic, objective: Objective) -> Scatter:
    """Compare the blocks at the best functions of all.

    The gradient of block b at the best functions of all blocks, g_b = W⁺ᵀ(A_b k - B_b), has the covariance
    s² (S_b - S_b²) with S_b = W⁺ᵀA_bW⁺ if residuals are independent with variance s²; the dispersion is
    Σ|g_b|² / s² Σ tr(S_b - S_b²), NaN with a single block or nothing to explain. The traces are estimated from random
    directions z with E zzᵀ = 1.

    Source of the estimator of traces: M. F. Hutchinson, Commun. Stat. Simul. Comput. 18, 1059 (1989).
    """
    blocks, inverse, R = statistic.blocks, objective.inverse, len(objective.y)
    z = np.random.default_rng(0).choice([-1.0, 1.0], size=(R, PROBES))
    k, directions = inverse @ objective.target, inverse @ z
    left, scores, freedom = np.zeros(len(blocks)), 0.0, 0.0
    for b, B in enumerate(blocks.moment):
        A = blocks.gram(b)
        Ak = A @ k
        g, Sz = inverse.T @ (Ak - B), inverse.T @ (A @ directions)
        left[b] = max(float(k @ Ak - 2 * k @ B + blocks.square[b]), 0.0)
        scores += float(g @ g)
        freedom += float(np.sum(z * Sz - Sz**2)) / PROBES
    variance = objective.floor / max(statistic.rows - R, 1)
    if variance == 0 or freedom < 1:
        return Scatter(left, float("nan"), float("nan"))
    # no eigenvalue of the scores' covariance exceeds s², so that their variance is 2 s⁴ freedom at most
    return Scatter(left, scores / (variance * freedom), float(np.sqrt(2 / freedom)))


def _error(statistic: Statistic, sums: FloatArray, total: float, per_frame: bool = False) -> float:
    """Standard error of the total of sums over blocks: from their spread, or as of independent numbers.

    A sum of n squares of normal numbers has the relative error √(2/n); a net force is at least two numbers.
    """
    count = 2 * statistic.frames if per_frame else statistic.rows
    independent = abs(total) * float(np.sqrt(2 / count))
    b, rows = len(sums), statistic.blocks.rows
    if b < MIN_BLOCKS:
        return independent
    spread = sums - sums.sum() * rows / rows.sum()
    return max(float(np.sqrt(b / (b - 1) * spread @ spread)), independent if not per_frame else 0.0)


def _missing_form(objective: Objective, fit: Fit, variance: float, dispersion: float) -> Share:
    """What the spline fit gains on the formula beyond its additional degrees of freedom."""
    design = max(dispersion, 1.0) if np.isfinite(dispersion) else 1.0
    freedom = max(len(objective.y) - fit.constants, 0)
    chance = variance * design * freedom
    error = variance * design * np.sqrt(2 * freedom)
    return Share.of_square((fit.misfit - chance) / objective.square, float(error / objective.square))


def _reason(statistic: Statistic, unexplained: Share, net: FloatArray) -> str:
    """Why the net force does not tell the noise; empty where it does."""
    n, v = float(net.sum()), unexplained.value**2
    if any(channel.kind not in ("pair", "friction") for channel in statistic.channels):
        return "walls or fields act, so that the net force is not that of noise"
    if not np.isfinite(n):
        return "the net force is not known of all frames (not recorded, or without those who hit hard walls)"
    if n < ROUNDING**2 and v > 100 * n:
        return (
            "the net force of the frames is zero to rounding: there is no noise, or the net force was removed"
        )
    error = _error(statistic, net, n, per_frame=True)
    if n > 2 * v and n - v > 3 * error:
        return (
            f"the net force ({percent(np.sqrt(n))}) is larger than what is unexplained: a field acts, or noise is "
            "common to all particles"
        )
    return ""


# ---------------------------------------------------------------------------- in words


def percent(value: float) -> str:
    """Write a relative error for people.

    >>> percent(0.3141), percent(2.2e-8)
    ('31 %', '2.2e-08')
    """
    return f"{float(f'{100 * value:.2g}'):g} %" if value >= 1e-5 else f"{value:.2g}"


def _verdict(split: Adequacy) -> str:
    """Say what is left of the force, and what it is."""
    sentence = _unexplained_sentence(split)
    if split._lacks_form:
        sentence += f"; the formula lacks {split.missing_form} that a free function of the distance has"
    return sentence


def _unexplained_sentence(split: Adequacy) -> str:
    left = split.unexplained
    if left.value < NOTABLE:
        but = (
            f"but for {left}" if left.value > 0 else f"to {split.resolution:.2g}, the resolution of the sums"
        )
        return f"functions of these distances explain the force {but}"
    unexplained = f"functions of these distances leave {left} of the force unexplained"
    if split.noise is not None and split.missing_physics is not None:
        return _resolved_sentence(unexplained, split.noise, split.missing_physics, split.systematic)
    apart = ""
    if np.isfinite(split.dispersion):
        ratio = with_error(split.dispersion, split.dispersion_error)
        apart = f"the best functions of the blocks vary {ratio} times as much as independent noise makes them"
    if not split.not_random:
        looks = f"; what is left looks random ({apart})" if apart else ""
        return f"{unexplained}: noise or missing physics, which cannot be told apart as {split.reason}{looks}"
    head = "no pair formula will do: " if left.value > INADEQUATE else ""
    return (
        f"{head}{unexplained}, and that is not random ({apart}), so that {_causes(split)}; how much of it is noise "
        f"cannot be told, as {split.reason}"
    )


def _causes(split: Adequacy) -> str:
    """What may be left that is not random: sums over windows err by themselves."""
    other = f"something else acts {OTHER_PHYSICS}"
    if split.unexplained.value < FEW_DIGITS:
        other += (
            " or errors of the forces are larger between close pairs, as positions of few digits make them"
        )
    if split.systematic < split.unexplained.value:
        return other
    return f"the sums over windows err, which they may by {percent(split.systematic)}, or {other}"


def _resolved_sentence(unexplained: str, noise: Share, physics: Share, systematic: float) -> str:
    shown = f"noise of {noise} ± {percent(noise.error)}"
    if not physics.significant:
        most = percent(physics.most)
        return (
            f"{unexplained}; the net force of the frames shows {shown}, which leaves at most {most} for missing "
            "physics (if no wall or field acts that was not asked for)"
        )
    if physics.value > INADEQUATE:
        return f"no pair formula will do: {unexplained}, of which the net force shows only {shown}"
    windows = "what sums over windows err by, or " if systematic > physics.value else ""
    return (
        f"{unexplained}; the net force of the frames shows {shown}, the other {physics} is {windows}missing physics "
        f"{OTHER_PHYSICS}"
    )
