"""The target of first-order dynamics, ζ dq = F dt + noise: Brownian particles, and agents without inertia."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from interpot.errors import InterpotError
from interpot.records import FloatArray
from interpot.trajectory.following import Instant
from interpot.trajectory.motion import Motion
from interpot.trajectory.targets.forward import one_sided, order_of, stretches
from interpot.trajectory.targets.windows import Windows
from interpot.units import UnitStyle


def overdamped(instants: Iterable[Instant], motion: Motion) -> Iterator[Windows]:
    """Yield ζ dq/dt at each instant, expected from what comes after it, with features at the instant itself.

    The target is ζ Σ_j c_j q(k+j), with the weights of a one-sided difference over `Motion.width` frames (2 unless
    given; 1 is the plain ζ [q(k+1) - q(k)]/Δ, whose error is of O(Δ)). `with_drag` gives every species its ζ.

    Raises
    ------
    InterpotError
        A species without a drag.
    """
    for run in stretches(instants, order_of(motion) + 1):
        weights = one_sided(np.array([instant.time for instant in run]))
        velocity = np.tensordot(weights, np.array([instant.path for instant in run]), 1)
        yield Windows.of(run[0].frame, _drags(run[0], motion) * velocity)


def _drags(instant: Instant, motion: Motion) -> FloatArray:
    """ζ of every particle, (n, 1)."""
    species = instant.frame.species
    if missing := [name for name in species if name not in motion.drag]:
        raise InterpotError(
            f"the drag of species '{missing[0]}' is not known: give it for every species, or for none to find "
            "forces up to it"
        )
    return np.array([motion.drag[name] for name in species])[instant.frame.kinds, None]


def with_drag(motion: Motion, species: Iterable[str], units: UnitStyle) -> Motion:
    """Settle ζ: where none is given it is 1 in the style's units of mass/time; internal units."""
    return motion if motion.drag else replace(motion, drag=dict.fromkeys(species, units.mass / units.time))


def drag_remarks(motion: Motion, units: UnitStyle) -> list[str]:
    """Say what a drag of 1 means."""
    if any(drag != units.mass / units.time for drag in motion.drag.values()):
        return []
    return [
        "the drag ζ counts as 1 in the units of the data: forces and temperatures are those divided by the true one, "
        "give --drag to have them as they are"
    ]
