"""Test functions of the weak form: Newton's equation averaged over a window, with its derivatives moved off the data.

Multiply m q̈ = ṗ = F with a compact function w(t) and integrate by parts,

    ∫ w F dt = -∫ w' p dt = ∫ w'' m q dt ,

so that no path is ever differentiated. On the recorded times t of a window this is

    Σ_t v_t F(t) = Σ_t b_t p(t) = Σ_t c_t m q(t) ,      Σ_t v_t = 1 .

**The integrator's own equation.** A trajectory of velocity Verlet with step δ does not obey Newton's equation but

    F(t) = m [q(t+δ) - 2q(t) + q(t-δ)] / δ²              = (4/δ²) sinh²(δs/2) m q
    ½[F(t) + F(t+δ)] = [p(t+δ) - p(t)] / δ         ⇒   F = (2/δ) tanh(δs/2) p          (s = d/dt) ,

and these, not their limits δ → 0, are what a window averages here: what is left is the error of a sum over few times,
and none at all where every step is recorded. Summation by parts on the lattice of steps gives, for any w,

    v = w(t),                            c = [w(t+δ) - 2w(t) + w(t-δ)] / δ²
    v = [w(t+δ/2) + w(t-δ/2)] / 2,       b = -[w(t+δ/2) - w(t-δ/2)] / δ .

**Exact polynomials.** The path on which the force is t^k follows from the inverse operators, as finite series,

    g_k = [1/s² - δ²/12 + δ⁴s²/240 - ...] t^k  (positions)     g_k = [1/s + δ²s/12 - δ⁴s³/720 + ...] t^k  (momenta),

beside the free paths 1 and t (positions) or 1 (momenta). Weights are exact on them when
Σ_t c_t g_k(t) = Σ_t v_t t^k and Σ_t c_t = Σ_t t c_t = 0; for k = 0 that is Σ_t t² c_t = 2 Σ_t v_t. The sum over
recorded times only approximates the integral, and a narrow window whose c misses these conditions is off by several
per cent, because the free flight and the mean force are by far the largest part of a path.

**Hat** (three times). The path weights are the divided difference; the conditions k = 0, 1, 2 then fix v. For equal
spacing Δ they are those of Numerov, respectively Simpson, with the integrator's correction:

    c = (1, -2, 1)/Δ²,    v = (a, 1-2a, a),   a = (1 - δ²/Δ²)/12
    b = (-1, 0, 1)/2Δ,    v = (a, 1-2a, a),   a = (2 + δ²/Δ²)/12 .

**Bump** (2L+1 times). w = (1-x²)^p with x = -1 ... 1 over its support, which is as wide as it can be with no weight
outside the window: it ends the spacing Δ less δ (δ/2 for momenta) beyond the outermost times. The sum over the times is
then a trapezoid rule on a function that is flat at its ends, whose error falls faster than any power of their number.
The path weights are corrected by the smallest change (relative to w) that makes them exact on all paths up to the
sixth degree. The power is 8, less where the curve would fall off between two times. Measured on liquid argon every
40 fs, the relative error of the averaged force is 4e-3 (hat), 1.1e-3 (L = 2), 4e-4 (L = 3) and 2.6e-4 (L = 8); the
last is the jumps of the force at the cutoff.

Source: weak form and bumps, D. A. Messenger and D. M. Bortz, Multiscale Model. Simul. 19, 1474 (2021); the operators of
the integrator and the corrections are derived above.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import Polynomial

from interpot.records import FloatArray

_INVERSE = {1: (1.0, 1 / 12, -1 / 720, 1 / 30240), 2: (1.0, -1 / 12, 1 / 240, -1 / 6048)}
"""By order: coefficients of δ^2i s^(2i - order) in the inverse of the integrator's operator."""

_DEGREE = 6
"""Highest degree of the paths on which a bump is made exact."""

_POWER = 8


@dataclass(frozen=True, slots=True, eq=False)
class WeakWeights:
    """Weights of one window: Σ_t force[t] F(t) = Σ_t motion[t] m q(t), or p(t) in place of m q(t).

    Attributes
    ----------
    force : (T,) float64
        v, of sum 1.
    motion : (T,) float64
        c (inverse time squared) or b (inverse time).
    """

    force: FloatArray
    motion: FloatArray


def weak_weights(times: FloatArray, order: int, step: float = 0.0) -> WeakWeights:
    """Weights of the hat (three times) or the bump (more) on the times of a window; see the head of this module.

    Parameters
    ----------
    times : (2L+1,) float64
        Increasing, L ≥ 1, equally spaced or not.
    order
        2 for positions, 1 for momenta.
    step
        δ of the Verlet integrator, at most the smallest spacing; 0 where it is unknown, or for Newton's own equation.

    Returns
    -------
    WeakWeights
        Exact on paths up to the third degree (the sixth for L > 2), and on every Verlet trajectory that is recorded at
        each step.
    """
    scale = float(times[-1] - times[0])
    unit = np.round((times - times[0]) / scale, 13)  # so that windows of equal shape are found equal
    force, motion = _unit_weights(tuple(unit), order, round(step / scale, 13))
    return WeakWeights(force=force, motion=motion / scale**order)


@lru_cache(maxsize=256)
def _unit_weights(times: tuple[float, ...], order: int, step: float) -> tuple[FloatArray, FloatArray]:
    """Weights of the force and of the path; the times begin with 0 and end with 1."""
    make = _hat if len(times) == 3 else _bump
    return make(np.array(times), order, step)


def _hat(times: FloatArray, order: int, step: float) -> tuple[FloatArray, FloatArray]:
    """Three times: the divided difference of the path, and the force weights that match it."""
    times = times - times[1]
    before, after = -times[0], times[2]
    if order == 2:
        motion = 2 / (before + after) * np.array([1 / before, -1 / before - 1 / after, 1 / after])
    else:
        motion = np.array([-1.0, 0.0, 1.0]) / (before + after)
    paths, forces = _exact(times, order, step, degree=2 + order)
    return np.linalg.solve(forces[order:], paths[order:] @ motion), motion


def _bump(times: FloatArray, order: int, step: float) -> tuple[FloatArray, FloatArray]:
    """Five times or more: the polynomial bump, its path weights corrected."""
    reach = step if order == 2 else step / 2
    spacing = np.diff(times)
    low, high = times[0] - spacing[0] + reach, times[-1] + spacing[-1] - reach
    middle, half = (low + high) / 2, (high - low) / 2
    x, e = (times - middle) / half, step / half
    spacing = np.r_[spacing[0], spacing, spacing[-1]]
    cell = (spacing[:-1] + spacing[1:]) / 2  # of the trapezoid rule
    curves = _curves(x, e, order, power=min(_POWER, len(times) + 1))
    force, motion, envelope = (cell * curve for curve in curves)
    total = force.sum()
    force, motion = force / total, motion / total
    paths, forces = _exact(x, order, e, degree=min(_DEGREE, len(times) - 1))
    lack = forces @ force - paths @ motion
    motion = motion + envelope * (np.linalg.solve((paths * envelope) @ paths.T, lack) @ paths)
    return force, motion / half**order


def _curves(x: FloatArray, e: float, order: int, power: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Of w = (1-x²)^power: what multiplies the force, what multiplies the path, and an envelope of both."""

    def w(x: FloatArray) -> FloatArray:
        return np.asarray(np.clip(1 - x**2, 0, None) ** power)

    if order == 1:
        left, right = w(x - e / 2), w(x + e / 2)
        slope = -(right - left) / e if e > 0 else 2 * power * x * np.clip(1 - x**2, 0, None) ** (power - 1)
        return (left + right) / 2, slope, (left + right) / 2
    left, right = w(x - e), w(x + e)
    if e > 0:
        bend = (left - 2 * w(x) + right) / e**2
    else:
        bend = 2 * power * ((2 * power - 1) * x**2 - 1) * np.clip(1 - x**2, 0, None) ** (power - 2)
    return w(x), bend, (left + 2 * w(x) + right) / 4


def _exact(times: FloatArray, order: int, step: float, degree: int) -> tuple[FloatArray, FloatArray]:
    """Polynomial paths of each degree, 0 ... degree, and the forces on them, both (degree + 1, T)."""
    paths, forces = [], []
    for free in range(order):
        paths.append(times**free)
        forces.append(0 * times)
    for k in range(degree - order + 1):
        power = Polynomial.basis(k)
        path = power.integ(order)
        for i, coefficient in enumerate(_INVERSE[order][1:], start=1):
            path = path + coefficient * step ** (2 * i) * power.deriv(2 * i - order)
        paths.append(path(times))
        forces.append(power(times))
    return np.array(paths), np.array(forces)
