"""Which new data would decide between two formulas that the data at hand cannot tell apart.

Between formulas whose forces differ by d(r), a pair at r adds 2 d(r)² to the rise Δ of the loss, as both its particles
feel it, and a particle at a wall d(r)²; Δ exceeds two of its standard errors 2 s √Δ from Δ = 16 s² on, where s² is the
variance of a force component. From this follows how many are needed where, and how many more frames where none are
new. A field can only be asked for more frames.

Both functions are extrapolated as they are: new data would move their constants, so that these are estimates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.naming import of_channel
from interpot.formula.paired import difference
from interpot.formula.regress.form import Form
from interpot.formula.regress.varpro import Fit
from interpot.records import FloatArray
from interpot.statistic.basis import KnotSplines
from interpot.statistic.channels import ENDLESS, Channel, measure_of
from interpot.statistic.normal_equations import Statistic
from interpot.statistic.objective import Objective, SplineFit
from interpot.units import UnitStyle

NEEDED = 16.0
"""s² of rise that tell two formulas apart by two standard errors."""

PAIRS = 10
"""New pairs, or particles at a wall, that are taken for granted where a simulation reaches a distance at all."""

HOTTEST = 10.0
"""Times the temperature that are worth proposing."""

MOST_DATA = 1000.0
"""Times the data that are worth proposing."""


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What would tell a rival from the chosen formula. Internal units.

    Attributes
    ----------
    channel
        Which.
    chosen, rival
        Names of the forms.
    errors
        By how many of its standard errors the rival's loss is higher.
    more_data
        Times the data of the same kind that would decide; infinite where the two are equal.
    widest, ratio
        Where in the sampled range their forces differ most in terms of the error of the spline fit, and by how many of
        these errors.
    closer, hotter
        Distance below the smallest sampled one at which `PAIRS` pairs decide, and the times the temperature that bring
        pairs there; NaN where there is none that could be reached.
    farther
        Cutoff that decides; NaN where none up to twice the present one does.
    r, difference, error : (m,) float64
        Distances from a tenth below the smallest sampled one on, by how much the rival's force -φ' is larger there, and
        the standard error of the spline fit, NaN where nothing was sampled.
    """

    of: Channel
    chosen: str
    rival: str
    errors: float
    more_data: float
    widest: float
    ratio: float
    closer: float
    hotter: float
    farther: float
    r: FloatArray
    difference: FloatArray
    error: FloatArray

    @property
    def channel(self) -> str:
        """Label."""
        return self.of.label

    def sentence(self, units: UnitStyle) -> str:
        """Say what to do."""
        measure = measure_of(self.of.kind, units)
        length, unit = measure.length, measure.coordinate
        ways = []
        who, near, far = "pairs", "", ""
        if self.of.kind == "wall":
            who, near, far = "particles", f" to the wall {self.of.site}", f" from the wall {self.of.site}"
        if np.isfinite(self.closer):
            ways.append(
                f"{who} closer than {self.closer / length:.3g} {unit}{near} ({PAIRS} of them; about "
                f"{self.hotter:.3g} times the temperature brings them there, or a higher density)"
            )
        if np.isfinite(self.farther):
            ways.append(
                f"{who} up to {self.farther / length:.3g} {unit}{far}, if the reference reaches so far"
            )
        if self.more_data <= MOST_DATA:
            ways.append(f"{max(self.more_data, 1.1):.2g} times as many frames")
        where = (
            f"in the sampled range they differ most at {self.widest / length:.3g} {unit}, by {self.ratio:.2g} of the "
            "spline's standard errors"
        )
        told = " or ".join(ways) or "no data of this kind"
        return f"{self.channel}: {told} would tell {self.rival} from {self.chosen}; {where}"


def decision(
    statistic: Statistic,
    objective: Objective,
    chosen: Fit,
    rival: Fit,
    channel: int,
    variance: float,
    splines: SplineFit,
) -> Decision:
    """Find out what would tell a rival from the chosen formula of one channel.

    Parameters
    ----------
    statistic, objective
        The same data, as sums per block and compressed.
    chosen, rival
        Fits of all channels that differ in one.
    channel
        Which.
    variance
        As `interpot.formula.paired.difference` takes it.
    splines
        The best functions, with their errors.
    """
    c, seen, of = channel, statistic.coverage[channel], statistic.channels[channel]

    def apart(r: FloatArray) -> FloatArray:
        """By how much the rival's force is larger."""
        one, two = (_slope(f.forms[c], f.coefficients[c], r) for f in (chosen, rival))
        return one - two

    chance = difference(objective, chosen, rival, variance)
    r, error = splines.r[c], splines.error[c]
    ratio = np.divide(np.abs(apart(r)), error, out=np.zeros_like(error), where=error > 0)
    inner = np.linspace(0.9 * seen.minimum, seen.minimum, 40)[:-1] if of.kind not in ENDLESS else np.zeros(0)
    drawn = np.concatenate([inner, r[r > seen.minimum]])
    drawn_error = np.concatenate([np.full(len(inner), np.nan), error[r > seen.minimum]])
    closer, hotter = _closer(chosen, c, apart, of.kind, (seen.minimum, seen.maximum), variance)
    # a function that ends somewhere has no meaning from there on
    ends = of.kind in ENDLESS or any(term.ends for f in (chosen, rival) for term in f.forms[c].terms)
    names = [of_channel(f.forms[c], f.coefficients[c], of).name for f in (chosen, rival)]
    return Decision(
        of=of,
        chosen=names[0],
        rival=names[1],
        errors=chance.rise / chance.error if chance.error > 0 else 0.0,
        more_data=chance.more_data,
        widest=float(r[np.argmax(ratio)]),
        ratio=float(ratio.max()),
        closer=closer,
        hotter=hotter,
        farther=float("nan") if ends else _farther(statistic, c, apart, variance),
        r=drawn,
        difference=apart(drawn),
        error=drawn_error,
    )


def _feel(kind: str) -> int:
    """How many particles feel one contribution of a channel."""
    return 2 if kind == "pair" else 1


def _closer(
    chosen: Fit,
    c: int,
    apart: Callable[[FloatArray], FloatArray],
    kind: str,
    ends: tuple[float, float],
    variance: float,
) -> tuple[float, float]:
    """Largest distance below the smallest sampled one at which a few pairs decide, and how much hotter it is there.

    The closest of all pairs has some multiple of kT more energy than the bottom of the well, and so it has at another
    temperature.
    """
    (low, high), nowhere = ends, (float("nan"), float("nan"))
    if kind in ENDLESS or variance == 0:
        return nowhere
    r = np.linspace(low, 0.6 * low, 401)[1:]
    enough = np.flatnonzero(_feel(kind) * PAIRS * apart(r) ** 2 >= NEEDED * variance)
    if not len(enough):
        return nowhere
    at = float(r[enough[0]])
    form, a = chosen.forms[c], chosen.coefficients[c]
    bottom = float(np.min(form.columns(np.linspace(low, high, 400)) @ a))
    here, there = (float((form.columns(np.array([x])) @ a)[0]) - bottom for x in (low, at))
    if not (here > 0 and here < there < HOTTEST * here):
        return nowhere
    return at, there / here


def _farther(
    statistic: Statistic, c: int, apart: Callable[[FloatArray], FloatArray], variance: float
) -> float:
    """Smallest cutoff that decides, with as many pairs beyond the present one as their density there tells."""
    basis, seen, channel = statistic.bases[c], statistic.coverage[c], statistic.channels[c]
    cutoff = channel.cutoff
    assert isinstance(basis, KnotSplines)
    if variance == 0 or not seen.counts[0]:
        return float("nan")
    r = np.linspace(cutoff, 2 * cutoff, 401)
    # per Å: pairs in spherical shells, particles in layers along a wall
    growth = (r / cutoff) ** 2 if channel.kind == "pair" else np.ones_like(r)
    density = seen.counts[0] / (cutoff * basis.spacing) * growth
    rise = np.cumsum(_feel(channel.kind) * apart(r) ** 2 * density) * (r[1] - r[0])
    enough = np.flatnonzero(rise >= NEEDED * variance)
    return float(r[enough[0]]) if len(enough) and np.isfinite(rise[enough[0]]) else float("nan")


def _slope(form: Form, coefficients: FloatArray, r: FloatArray) -> FloatArray:
    """φ' of a form; NaN where it has none, as it may be beyond the data."""
    with np.errstate(over="ignore", invalid="ignore"):
        slopes = [
            a * numpy_function(derivative(term.expression, R), (R, *term.symbols))(r, *shapes)
            for a, term, shapes in zip(coefficients, form.terms, form.split(), strict=True)
        ]
        return np.asarray(np.sum(slopes, axis=0))
