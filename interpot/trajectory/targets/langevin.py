"""Targets of Langevin dynamics, m dv = F dt - ζ v dt + σ dW: forces and friction from momenta, or from positions alone.

The friction is a channel of its own (`interpot.statistic.channels.friction`), a function of the velocities of the
frames that are yielded here.

Sources: J. N. Pedersen et al., Phys. Rev. E 94, 062401 (2016), for the bias of 2/3 of overlapping differences;
D. B. Brückner, P. Ronceray and C. P. Broedersz, Phys. Rev. Lett. 125, 058103 (2020), for regression without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from interpot.errors import InterpotError
from interpot.records import Frame
from interpot.trajectory.following import Instant
from interpot.trajectory.motion import Motion
from interpot.trajectory.targets.forward import is_even, momenta, one_sided, order_of, stretches
from interpot.trajectory.targets.windows import Windows

EXTRA = (np.sqrt(2.0) - 1) / 2
"""λ of the velocity v̂ = (1+λ) d_0 - λ d_1 from the last two backward differences.

With age a in frames, v̂ - v(k) = -∫ H(a) dv, where H = 1 - (1+λ)a in the last interval and -λ(2-a) in the one before.
The noise of v̂ itself is ∫ (1-H) σ dW. Both are uncorrelated, and being Gaussian independent, if ∫ H(1-H) da =
1/6 - 2(λ+λ²)/3 vanishes: what v̂ misses of the velocity is then no regressor, and friction is not attenuated by it.
"""

VIBRATING = 3
"""Order of the differences, unless a width asks for another: with 2, vibrations of rate ω leave errors of (ωΔ)²."""

AGE = 0.5 - EXTRA
"""∫ H da = 1/2 - λ, by how many frames v̂ is older than k: forces are taken at that instant, too."""


def langevin_momenta(instants: Iterable[Instant], motion: Motion) -> Iterator[Windows]:
    """Yield dp/dt at each instant, expected from what comes after it, with features at the instant itself.

    The target is Σ_j c_j p(k+j), with the weights of a one-sided difference over `Motion.width` frames (3 unless given;
    1 is the plain [p(k+1) - p(k)]/Δ, which takes mω²Δ/2 for friction where ω is the rate of vibrations).

    Where frames hold forces, too, and the time step is known, friction is a function of the velocities `before_kick`.
    Without them those of LAMMPS's fix langevin share half a kick of noise with the target, which takes a fraction
    |c_0| δ/2 of the friction away: 9 % where every tenth step is dumped.

    Raises
    ------
    InterpotError
        A frame without velocities.
    """
    for run in stretches(instants, order_of(motion, VIBRATING) + 1):
        weights = one_sided(np.array([instant.time for instant in run]))
        p = np.array([momenta(instant, "langevin-momenta") for instant in run])
        frame = run[0].frame
        if frame.forces is not None and motion.timestep is not None:
            frame = before_kick(run[0], motion.timestep)
        yield Windows.of(frame, np.tensordot(weights, p, 1))


def langevin_positions(instants: Iterable[Instant], motion: Motion) -> Iterator[Windows]:
    """Yield accelerations from the future of each instant, with a velocity and positions from its past.

    Of the second differences y_j = m [q(k+j+1) - 2 q(k+j) + q(k+j-1)]/Δ² those with j ≥ 1 hold no noise from before k.
    The target is the polynomial through y_1 ... y_o, continued back to the instant k - `AGE`; o is `Motion.width`, 3
    unless given. There, too, stand the features: positions on the parabola through the last three, and the velocity v̂
    of `EXTRA`. All errors of O(Δ) vanish then, in forces and in friction of any form, whatever the distribution. y_0
    with the velocity of the difference that it overlaps gives 2/3 of the friction however short Δ is.

    Where frames are not equidistant there are no rows.
    """
    order = order_of(motion, VIBRATING)
    lags = 1 + AGE + np.arange(order)
    weights = np.linalg.solve(lags[None, :] ** np.arange(order)[:, None], np.eye(order)[0])
    for run in stretches(instants, order + 4):
        if not is_even(run):
            continue
        q = np.array([instant.path for instant in run])
        interval = (run[-1].time - run[0].time) / (len(run) - 1)
        older, newer = q[1] - q[0], q[2] - q[1]
        velocity = ((1 + EXTRA) * newer - EXTRA * older) / interval
        back = AGE * newer + 0.5 * AGE * (1 - AGE) * (newer - older)
        acceleration = np.tensordot(weights, np.diff(q[2:], 2, axis=0), 1) / interval**2
        frame = replace(run[2].frame, positions=run[2].frame.positions - back, velocities=velocity)
        yield Windows.of(frame, run[2].masses[:, None] * acceleration)


def langevin_forces(instants: Iterable[Instant], motion: Motion) -> Iterator[Windows]:
    """Yield recorded forces that hold the friction and the noise of a thermostat, with velocities `before_kick`.

    Raises
    ------
    InterpotError
        A frame without forces or velocities, or an unknown time step.
    """
    for instant in instants:
        frame = instant.frame
        if frame.forces is None:
            raise InterpotError(
                f"no forces in frame {frame.index} of '{frame.source}', which the target langevin-forces needs: take "
                "langevin-momenta or langevin-positions"
            )
        if motion.timestep is None:
            raise InterpotError(
                "the time step is not known, which the target langevin-forces needs: give --timestep"
            )
        yield Windows.of(before_kick(instant, motion.timestep), frame.forces)


def before_kick(instant: Instant, timestep: float) -> Frame:
    """The same frame with velocities v - δ f/2m, in the middle of the last step.

    LAMMPS's fix langevin adds friction and noise to the force, from these velocities; those at the end of the step,
    which are dumped, have had half a kick by the same noise. Its correlation with them is that of friction with
    the other sign, so that against dumped velocities recorded forces show no friction at all.
    """
    frame = instant.frame
    assert frame.forces is not None
    p = momenta(instant, "langevin-forces") - 0.5 * timestep * frame.forces
    return replace(frame, velocities=p / instant.masses[:, None])
