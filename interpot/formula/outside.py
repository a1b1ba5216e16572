"""What a formula does where it was not sampled: below the smallest distance, up to the cutoff, and beyond it.

A simulation goes where the data did not: a pair that comes closer than any before it, or a particle to a wall, feels
what the formula happens to be there. Buckingham's form is the classic case: repulsive where sampled, it turns at a
maximum of φ and falls to -∞. Nothing is said of fields, which go on as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import sympy
from scipy.optimize import brentq

from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.potential import Potential
from interpot.records import FloatArray
from interpot.units import UnitStyle

SAFE_BARRIER = 30.0
"""kT that no pair of a simulation climbs: e^-30 of the pairs are there."""

HARMLESS_JUMP = 0.1
"""kT by which φ may jump at the cutoff before the energy of a simulation shows it."""

INNERMOST = 1e-3  # of the smallest sampled distance: where φ(0) is read off
FARTHEST = 30.0  # cutoffs
POINTS = 4000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a formula does where it was not sampled.

    Attributes
    ----------
    channel
        Label, "Ne-Xe".
    severe
        Whether a simulation may go wrong by it.
    r
        Where, in the length unit of the potential.
    sentence
        What, with numbers and units of the potential.
    """

    channel: str
    severe: bool
    r: float
    sentence: str


def outside(potential: Potential, thermal: float = float("nan")) -> tuple[Finding, ...]:
    """Find out what the formulas of all channels do outside the sampled range.

    Parameters
    ----------
    potential
        In any units.
    thermal
        kT of the data in the potential's energy unit, NaN where it is not known; energies are then given in kT too.

    Returns
    -------
    tuple of Finding
        By channel, from small distances to large ones.
    """
    return tuple(
        finding
        for channel in potential.channels
        if channel.ends
        for finding in _Look(channel, potential.units, thermal).findings()
    )


class _Look:
    """One channel, looked at from end to end."""

    def __init__(self, channel: ChannelFormula, units: UnitStyle, thermal: float) -> None:
        self.channel, self.units, self.thermal = channel, units, thermal
        self.low, self.high = channel.domain
        self.wall = channel.kind == "wall"
        self.phi, self.slope = (
            self._function(e) for e in (channel.expression, derivative(channel.expression, R))
        )

    def _function(self, expression: sympy.Expr) -> Callable[[FloatArray], FloatArray]:
        """The formula without its cutoff."""
        parameters = self.channel.parameters
        function = numpy_function(expression, (R, *(p.symbol for p in parameters)))
        return lambda r: function(r, *(p.value for p in parameters))

    def findings(self) -> Iterator[Finding]:
        yield from self._below()
        yield from self._gap()
        yield from self._cutoff()
        yield from self._beyond()

    def _finding(self, severe: bool, r: float, words: str) -> Finding:
        return Finding(self.channel.label, severe, float(r), f"{self.channel.label}: {words}")

    # ------------------------------------------------------------------ numbers in words

    @property
    def _other(self) -> str:
        return "the wall" if self.wall else "each other"

    @property
    def _apart(self) -> str:
        return "the particles off the wall" if self.wall else "the particles apart"

    def _length(self, r: float) -> str:
        return f"{r:.4g} {self.channel.measure(self.units).coordinate}"

    def _energy(self, value: float) -> str:
        unit = f"{value:.3g} {self.units.energy_unit}"
        return f"{unit} ({value / self.thermal:.2g} kT)" if np.isfinite(self.thermal) else unit

    def _force(self, value: float) -> str:
        return f"{value:.2g} {self.units.energy_unit}/{self.units.length_unit}"

    # ------------------------------------------------------------------ smaller distances

    def _below(self) -> Iterator[Finding]:
        """Walk inwards from the smallest sampled distance."""
        r = np.geomspace(self.low, INNERMOST * self.low, POINTS)
        phi, slope = self.phi(r), self.slope(r)
        defined = np.isfinite(phi) & np.isfinite(slope)
        end = len(r) if defined.all() else int(np.argmin(defined))
        if end < 2:
            yield self._finding(True, self.low, f"not defined below {self._length(self.low)}")
            return
        turn = np.flatnonzero(slope[:end] > 0)
        if len(turn) == 0:
            if _levels_off(r[:end], phi[:end], slope[:end]):
                yield self._core(float(phi[end - 1] - r[end - 1] * slope[end - 1]))
        elif turn[0] == 0:
            yield self._attracted(r[:end], slope[:end])
        else:
            yield self._collapse(r[:end], phi[:end], slope[:end], int(turn[0]))
        if end < len(r):
            yield self._finding(True, r[end], f"not defined below {self._length(r[end - 1])}")

    def _core(self, top: float) -> Finding:
        """Repulsive all the way, but not without bound: a soft core."""
        soft = bool(top < SAFE_BARRIER * self.thermal)
        words = f"the core is soft, φ goes to {self._energy(top)} at r = 0"
        return self._finding(
            soft, 0.0, words + (f": particles could pass through {self._other}" if soft else "")
        )

    def _attracted(self, r: FloatArray, slope: FloatArray) -> Finding:
        """Attractive at the smallest sampled distance: look for a wall behind it."""
        wall = np.flatnonzero(slope < 0)
        here = f"attracts at the smallest sampled distance, {self._length(self.low)},"
        if len(wall):
            return self._finding(
                False, r[wall[0]], f"{here} and repels below {self._length(r[wall[0]])} only"
            )
        words = f"{here} and at all smaller ones: nothing in this channel keeps {self._apart}"
        return self._finding(True, self.low, words)

    def _collapse(self, r: FloatArray, phi: FloatArray, slope: FloatArray, turn: int) -> Finding:
        """Repulsive, but attractive again further inside."""
        top = float(brentq(lambda x: float(self.slope(np.array([x]))[0]), r[turn], r[turn - 1]))
        height = float(self.phi(np.array([top]))[0])
        bounded = _levels_off(r, phi, slope)
        fate = f"goes to {self._energy(phi[-1])} at r = 0" if bounded else "falls without bound"
        words = f"attracts again below {self._length(top)}, where φ has a maximum of {self._energy(height)} and {fate}"
        # without a temperature, the energy of the closest pair stands for what thermal motion reaches
        reach = self.thermal * SAFE_BARRIER if np.isfinite(self.thermal) else 3 * abs(float(phi[0]))
        severe = height < reach
        return self._finding(
            severe, top, words + (f": particles may fall into {self._other}" if severe else "")
        )

    # ------------------------------------------------------------------ larger distances

    def _gap(self) -> Iterator[Finding]:
        """What lies between the largest sampled distance and the cutoff."""
        cutoff = self.channel.cutoff
        if cutoff < 1.01 * self.high:
            return
        r = np.linspace(self.high, cutoff, POINTS)[:-1]
        phi, slope = self.phi(r), self.slope(r)
        if not (np.isfinite(phi).all() and np.isfinite(slope).all()):
            at = r[np.argmin(np.isfinite(phi) & np.isfinite(slope))]
            yield self._finding(True, at, f"singular at {self._length(at)}, within the cutoff")
            return
        words = f"not sampled between {self._length(self.high)} and the cutoff, {self._length(cutoff)}"
        turns = _turns(slope)
        if turns:
            at = r[turns[0]]
            yield self._finding(True, at, f"{words}; the formula turns round there, at {self._length(at)}")
        else:
            yield self._finding(False, self.high, words)

    def _cutoff(self) -> Iterator[Finding]:
        """How large the steps at the cutoff are."""
        cutoff = self.channel.cutoff
        last = np.array([np.nextafter(cutoff, 0)])
        jump, step = -float(self.phi(last)[0]), float(self.slope(last)[0])
        inside = np.linspace(self.low, self.high, 200)
        largest, steepest = np.nanmax(np.abs(self.phi(inside))), np.nanmax(np.abs(self.slope(inside)))
        if not (np.isfinite(jump) and np.isfinite(step)):
            yield self._finding(True, cutoff, f"singular at the cutoff, {self._length(cutoff)}")
            return
        parts = [f"φ jumps by {self._energy(jump)}"] if abs(jump) > 1e-6 * largest else []
        parts += [f"the force jumps by {self._force(step)}"] if abs(step) > 1e-6 * steepest else []
        if not parts:
            return
        known = np.isfinite(self.thermal)
        severe = known and (abs(jump) > HARMLESS_JUMP * self.thermal or abs(step) * cutoff > self.thermal)
        harm = ": a simulation does not conserve its energy" if severe else ""
        words = f"at the cutoff, {self._length(cutoff)}, {' and '.join(parts)}{harm}"
        yield self._finding(bool(severe), cutoff, words)

    def _beyond(self) -> Iterator[Finding]:
        """What the formula itself does beyond the cutoff: whether a larger one could be set."""
        cutoff = self.channel.cutoff
        r = np.geomspace(cutoff, FARTHEST * cutoff, POINTS)[1:]
        phi, slope = self.phi(r), self.slope(r)
        scale = float(np.nanmax(np.abs(self.phi(np.linspace(self.low, self.high, 200)))))
        wild = ~np.isfinite(phi) | (np.abs(phi) > 1e3 * scale)
        if self.channel.zero == "cutoff":
            words = (
                "does not decay: beyond the cutoff the formula means nothing, and no larger one can be set"
            )
            yield self._finding(False, cutoff, words)
        elif wild.any():
            at = float(r[np.argmax(wild)])
            yield self._finding(False, at, f"singular near {self._length(at)}: no larger cutoff can be set")
        elif len(_turns(slope[np.abs(phi) > 1e-9 * scale])) > 2:
            yield self._finding(False, cutoff, "oscillates beyond the cutoff")
        else:
            yield from self._slow(r, phi, slope)

    def _slow(self, r: FloatArray, phi: FloatArray, slope: FloatArray) -> Iterator[Finding]:
        """Whether what is cut off adds up: it does for φ of pairs that decays faster than r^-3.

        Dispersion from a half-space decays as r^-3, which no sum makes larger: of a wall there is nothing to say.
        """
        if self.wall or abs(phi[-1]) < 1e-30:
            return
        exponent = -float(r[-1] * slope[-1] / phi[-1])
        if 0 < exponent < 3.3:
            words = (
                f"decays as r^-{exponent:.2g} only: what lies beyond the cutoff adds up without end, and a simulation "
                "needs a lattice sum such as Ewald's for it"
            )
            yield self._finding(True, self.channel.cutoff, words)


def _levels_off(r: FloatArray, phi: FloatArray, slope: FloatArray) -> bool:
    """Whether φ goes to a finite value as r goes to 0: even a logarithm has r φ' of the order of φ at the last r."""
    return bool(abs(r[-1] * slope[-1]) < 0.03 * abs(phi[-1]))


def _turns(slope: FloatArray) -> list[int]:
    """Where the sign of a slope changes."""
    return [int(k) + 1 for k in np.flatnonzero(np.diff(np.sign(slope)) != 0)]
