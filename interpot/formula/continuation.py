"""What stands for a formula at distances smaller than any sampled one, where it would not repel.

A formula of a distance is used inwards of the sampled range as long as it repels there; a field is left as it is.
Buckingham's turns over and falls to -∞, opposite charges attract without end, a high power of a difference may not be
defined: from a distance r_c on, the innermost where the formula can be trusted to repel, it is continued inwards by

    φ(r) = φ_c + φ'_c (r - r_c) + ½ φ''_c (r - r_c)² + K (r_c/r - 1)³,    r < r_c,

which meets value, force and the force's slope at r_c, and repels without bound. r_c is the maximum of the repulsive
force on the way inwards, or the smallest sampled distance where that is not repulsive. K is |φ'_c| r_c where the
parabola repels by itself, else so large that everything below 0.9 r_c repels, and the largest |φ| where it is flat.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import sympy

from interpot.errors import InterpotError
from interpot.formula.channel_formula import ChannelFormula, Core
from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.potential import Potential
from interpot.records import FloatArray

_INNERMOST = 1e-3  # of the smallest sampled distance
_POINTS = 4000
_TURNED = 0.9  # of r_c: from here on inwards an attractive pair repels


def continued(potential: Potential) -> Potential:
    """Give every channel that needs one its continuation below the sampled range.

    Parameters
    ----------
    potential
        In any units; a continuation that it has already is replaced.

    Returns
    -------
    Potential
        Its functions are those of `potential` in the sampled range, exactly, and repel below it.

    Raises
    ------
    InterpotError
        A smallest sampled distance that is not between zero and the cutoff.
    """
    channels = (replace(channel, core=None) for channel in potential.channels)
    return replace(potential, channels=tuple(replace(c, core=_core(c)) for c in channels))


def _core(channel: ChannelFormula) -> Core | None:
    """Find r_c on a walk inwards; None where the formula repels all the way, and for a field."""
    if not channel.ends:
        return None
    if not 0 < channel.domain[0] < channel.cutoff:
        raise InterpotError(
            f"{channel.label} was sampled from {channel.domain[0]:g} on, its cutoff is {channel.cutoff:g}: expected "
            "0 < smallest sampled distance < cutoff"
        )
    r = np.geomspace(channel.domain[0], _INNERMOST * channel.domain[0], _POINTS)
    slope = _values(channel, derivative(channel.expression, R), r)
    repels = np.isfinite(slope) & (slope < 0)
    if repels.all():
        return None
    turn = int(np.argmin(repels))  # the first that does not repel
    steepening = _values(channel, _curvature(channel), r[: max(turn, 1)]) > 0
    last = len(steepening) - 1 if steepening.all() else int(np.argmin(steepening)) - 1
    return _wall(channel, float(r[max(last, 0)]))


def _wall(channel: ChannelFormula, r_c: float) -> Core | None:
    """Value, slope and curvature of the formula at r_c, and the K of the continuation."""
    energy, slope, curvature = (
        float(_values(channel, expression, np.array([r_c]))[0])
        for expression in (channel.expression, derivative(channel.expression, R), _curvature(channel))
    )
    x = np.geomspace(1 / _TURNED, 1 / _INNERMOST, _POINTS)  # r_c/r
    parabola = -slope + curvature * r_c * (1 - 1 / x)  # the force without the wall
    needed = float(np.max(-parabola * r_c / (3 * (x - 1) ** 2 * x**2)))
    scale = max(abs(slope) * r_c, _height(channel) if slope == curvature == 0 else 0.0)
    strength = max(needed, scale)
    return Core(r_c, energy, slope, curvature, strength) if strength > 0 else None


def _height(channel: ChannelFormula) -> float:
    """Return the largest |φ| from r_c/2 on, the scale of a wall where the formula is flat; 0 for no formula at all."""
    r = np.linspace(0.5 * channel.domain[0], channel.cutoff, _POINTS)
    values = _values(channel, channel.expression, r)
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def _curvature(channel: ChannelFormula) -> sympy.Expr:
    """φ'', of which the pulses at kinks are left out: the terms of the library have none in φ'."""
    curvature = derivative(derivative(channel.expression, R), R)
    return curvature.replace(sympy.DiracDelta, lambda *_: sympy.S.Zero)


def _values(channel: ChannelFormula, expression: sympy.Expr, r: FloatArray) -> FloatArray:
    """Values of a formula without its cutoff; not finite where it is not defined."""
    function = numpy_function(expression, (R, *(p.symbol for p in channel.parameters)))
    return function(r, *(p.value for p in channel.parameters))
