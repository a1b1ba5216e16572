"""Rows of several frames: what a weak form makes of a stretch of a trajectory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from interpot.records import FloatArray, Frame
from interpot.trajectory.following import Instant
from interpot.trajectory.motion import Motion

_ONE = np.ones((1, 1))


@dataclass(frozen=True, slots=True, eq=False)
class Rescaling:
    """What a thermostat does that acts on all particles alike: it adds -ξ(t) p_i(t) to the force on each.

    So do Nosé-Hoover chains, Berendsen's and Bussi's scaling of velocities, and isotropic barostats, each with a ξ(t)
    that no trajectory holds. Here each window has a ξ_c of its own. It does not vary within a window: rows could not
    tell its slope from the mean force, p(t) being p + F t; what slope there is makes the forces of some windows too
    large and of others too small.

    Attributes
    ----------
    momenta : (W, n, 3) float64
        Σ_t v_ct p_i(t) of each window, before whitening.
    mixing : (W, W) float64
        How whitening mixes them: ξ_c contributes mixing[w, c] momenta[c] to row w.
    """

    momenta: FloatArray
    mixing: FloatArray

    def rows(self, particles: NDArray[np.int64], dimension: int) -> FloatArray:
        """What each ξ_c contributes to the rows of some particles, (W, len(particles) * dimension, W)."""
        count = len(self.mixing)
        momenta = self.momenta[:, particles, :dimension].reshape(count, -1)
        return np.ascontiguousarray(self.mixing[:, None, :] * momenta.T)


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Some windows over consecutive frames, each of which gives one row per force component of every particle.

    Row (w, i) of the regression is Σ_t weights[w, t] X_i(frames[t]) k ≈ targets[w, i], with X_i the features of
    particle i. Weights are normalised so that rows are in units of force, and rows that are whitened stand as they are
    to be counted: each with weight one.

    Attributes
    ----------
    frames : T frames
        With the same particles in the same order.
    weights : (W, T) float64
        Of the features.
    targets : (W, n, 3) float64, eV/Å
    fresh
        Which of the frames are counted, in histograms too: others return in the next windows, or are none of the file.
    left_out : (n,) bool, or None
        Particles that give no rows: something else than forces has moved them, such as a hard wall.
    rescaling
        Of all momenta alike, which the rows are to be freed of.
    """

    frames: tuple[Frame, ...]
    weights: FloatArray
    targets: FloatArray
    fresh: tuple[int, ...] = (0,)
    left_out: NDArray[np.bool_] | None = None
    rescaling: Rescaling | None = None

    @classmethod
    def of(cls, frame: Frame, forces: FloatArray) -> Windows:
        """The window of one frame: its forces as they are."""
        return cls((frame,), _ONE, forces[None])

    @property
    def is_instant(self) -> bool:
        """Whether it is one frame with its forces."""
        return self.weights is _ONE or (len(self.frames) == 1 and np.array_equal(self.weights, _ONE))


class Target(Protocol):
    """Maps instants to windows with the target rows of their particles; keeps no more of them than it needs."""

    def __call__(self, instants: Iterable[Instant], motion: Motion) -> Iterator[Windows]:
        """Yield windows, in order of time; `motion` is settled and in internal units."""
