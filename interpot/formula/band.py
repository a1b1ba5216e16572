"""How far a potential may be off where its constants are uncertain.

With θ the constants and Σ their covariance, the delta method gives

    var φ(r) = gᵀ Σ g,      g_k = ∂φ/∂θ_k,

and the same for the slope with ∂φ'/∂θ_k. Constants that are strongly correlated thus make a band far narrower than
their own errors suggest. Source: G. Casella and R. L. Berger, Statistical Inference, 2nd ed. (2002), section 5.5.4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy
from numpy.typing import ArrayLike

from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.codegen import R, derivative, numpy_function
from interpot.formula.errors_in_units import correlation_matrix
from interpot.formula.potential import Potential
from interpot.formula.quantity import half_width
from interpot.records import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Standard errors of a channel's function.

    Attributes
    ----------
    r : (m,) float64, length unit
    energy : (m,) float64, energy unit
        Of φ(r).
    slope : (m,) float64, energy unit / length unit
        Of φ'(r), and of the force.
    freedom
        Degrees of freedom of the errors.
    """

    r: FloatArray
    energy: FloatArray
    slope: FloatArray
    freedom: float

    @property
    def factor(self) -> float:
        """Half the width of a 95 % interval in standard errors."""
        return half_width(1.0, self.freedom)


def band(potential: Potential, channel: ChannelFormula, r: ArrayLike) -> Band:
    """Standard errors of φ(r) and φ'(r) of one of the potential's channels.

    Parameters
    ----------
    r : (m,), length unit
        Above 0, but for a field; from the cutoff on the function is zero, and so are its errors.

    Returns
    -------
    Band
        NaN throughout where the covariance is not known.
    """
    distance = np.asarray(r, dtype=np.float64)
    before = sum(len(c.parameters) for c in potential.channels[: potential.channels.index(channel)])
    mine = slice(before, before + len(channel.parameters))
    stderrs = np.array([p.stderr for p in channel.parameters])
    free = np.flatnonzero(stderrs != 0)
    correlation = correlation_matrix(potential.covariance[mine, mine][np.ix_(free, free)], stderrs[free])
    energy, slope = (
        np.where(
            (distance < channel.cutoff) | (not channel.ends),
            _spread(expression, channel, correlation, distance),
            0.0,
        )
        for expression in (channel.expression, derivative(channel.expression, R))
    )
    return Band(distance, energy, slope, potential.freedom)


def _spread(
    expression: sympy.Expr, channel: ChannelFormula, correlation: FloatArray, r: FloatArray
) -> FloatArray:
    """√(gᵀ Σ g) of an expression in r and the channel's constants, of which those without error are left out.

    The sum is over correlations, not covariances: in SI the square of an error can underflow.
    """
    free = [p for p in channel.parameters if p.stderr != 0]
    arguments, values = (R, *(p.symbol for p in channel.parameters)), [p.value for p in channel.parameters]
    if not free:
        return np.zeros_like(r)
    scaled = np.stack([_function(expression, p.symbol, arguments)(r, *values) * p.stderr for p in free])
    largest = np.abs(scaled).max(axis=0)
    unit = np.where(largest > 0, largest, 1.0)
    variance = np.einsum("km,kl,lm->m", scaled / unit, correlation, scaled / unit)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)) * unit)


def _function(
    expression: sympy.Expr, symbol: sympy.Symbol, arguments: tuple[sympy.Symbol, ...]
) -> Callable[..., FloatArray]:
    """∂/∂symbol as a function; where a kink moves, what is multiplied with its delta function vanishes there."""
    smooth = derivative(expression, symbol).replace(sympy.DiracDelta, lambda *_: sympy.Integer(0))
    return numpy_function(smooth, arguments)
