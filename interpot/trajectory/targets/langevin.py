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

AGE = 0.5 - EXTRA
"""∫ H da = 1/2 - λ, by how many frames v̂ is older than k: forces are taken at that instant, too."""


def langevin_momenta(instants: Iterable[Instant], motion: Motion) -> Iterator[Windows]:
    """Yield dp/dt at each instant, expected from what comes after it, with features at the instant itself.

    The target is Σ_j c_j p(k+j), with the weights of a one-sided difference over `Motion.width` frames (2 unless given;
    1 is the plain [p(k+1) - p(k)]/Δ, which finds (1 - e^-γΔ)/γΔ of all forces).

    Raises
    ------
    InterpotError
        A frame without velocities.
    """
    for run in stretches(instants, order_of(motion) + 1):
        weights = one_sided(np.array([instant.time for instant in run]))
        p = np.array([momenta(instant, "langevin-momenta") for instant in run])
        yield Windows.of(run[0].frame, np.tensordot(weights, p, 1))


def langevin_positions(instants: Iterable[Instant], motion: Motion) -> Iterator[Windows]:
    """Yield accelerations from the future of each instant, with a velocity and positions from its past.

    With y_j = m [q(k+j+1) - 2 q(k+j) + q(k+j-1)]/Δ², of which y_1 and y_2 hold no noise from before k, the target is
    their line through time continued back to k - `AGE`: (2+AGE) y_1 - (1+AGE) y_2. There, too, stand the features:
    positions on the last step, and the velocity v̂ of `EXTRA`. All errors of O(Δ) vanish then, in forces and in
    friction of any form, whatever the distribution; y_0 with the velocity of overlapping differences gives
    2/3 of the friction however short Δ is.

    Where frames are not equidistant there are no rows.
    """
    for run in stretches(instants, 6):
        if not is_even(run):
            continue
        q = np.array([instant.path for instant in run])
        interval = (run[-1].time - run[0].time) / 5
        older, newer = q[1] - q[0], q[2] - q[1]
        velocity = ((1 + EXTRA) * newer - EXTRA * older) / interval
        first, second = q[4] - 2 * q[3] + q[2], q[5] - 2 * q[4] + q[3]
        acceleration = ((2 + AGE) * first - (1 + AGE) * second) / interval**2
        frame = run[2].frame
        frame = replace(frame, positions=frame.positions - AGE * newer, velocities=velocity)
        yield Windows.of(frame, run[2].masses[:, None] * acceleration)


def langevin_forces(instants: Iterable[Instant], motion: Motion) -> Iterator[Windows]:
    """Yield recorded forces that hold the friction and the noise of a thermostat, with the velocities these acted on.

    LAMMPS's fix langevin adds both to the force, from the velocities in the middle of the step; those that are dumped
    at its end have had half a kick by the noise that the force holds, v = v' + δ f/2m. Its correlation with v is that
    of friction with the other sign, so that dumped velocities show none. Before the kick they do.

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
        p = momenta(instant, "langevin-forces") - 0.5 * motion.timestep * frame.forces
        yield Windows.of(replace(frame, velocities=p / instant.masses[:, None]), frame.forces)
