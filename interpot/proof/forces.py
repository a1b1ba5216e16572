"""Forces of a potential on given frames, and how far they are from those recorded there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations_with_replacement
from typing import Protocol

import numpy as np

from interpot.comparison import ForceCheck
from interpot.errors import InterpotError
from interpot.formula.potential import Potential
from interpot.neighbours import PairSearch
from interpot.proof.observables.recorded import thinned
from interpot.records import Evaluation, FloatArray, Frame, Trajectory
from interpot.units import UnitStyle

FORCE_FRAMES = 50  # enough for a force error in its third digit
_SAMPLE = 4000  # components that a parity plot shows without being a blot


class PairFunctions(Protocol):
    """φ(r) and φ'(r) of one pair of species."""

    def energy(self, r: FloatArray) -> FloatArray:
        """φ(r)."""

    def slope(self, r: FloatArray) -> FloatArray:
        """φ'(r)."""


class PairForces:
    """Evaluates F_i = Σ_j φ'(r_ij) r̂_ij, E = Σ_pairs φ(r_ij) and W = -Σ_pairs φ'(r) r r̂ ⊗ r̂, frame after frame.

    Parameters
    ----------
    potential
        Any unit style; frames, forces and energies are in internal units.
    pair
        Gives the functions of a pair of species, in units of the potential; those of the potential unless given.
    """

    def __init__(self, potential: Potential, pair: Callable[[str, str], PairFunctions] | None = None) -> None:
        self.pair = pair or potential.channel
        self.units = potential.units
        self._search = PairSearch(max(c.cutoff for c in potential.channels) * self.units.length)

    def __call__(self, frame: Frame) -> Evaluation:
        """Return energy, forces and virial.

        Raises
        ------
        InterpotError
            The frame has a pair of species for which the potential has no formula.
        """
        pairs = self._search(frame)
        kinds = frame.kinds[pairs.i], frame.kinds[pairs.j]
        low, high = np.minimum(*kinds), np.maximum(*kinds)
        energy, slope = 0.0, np.zeros(len(pairs.r))
        present = np.unique(frame.kinds).tolist()
        for a, b in combinations_with_replacement(present, 2):
            functions = self.pair(frame.species[a], frame.species[b])
            chosen = (low == a) & (high == b)
            r = pairs.r[chosen] / self.units.length
            energy += float(functions.energy(r).sum()) * self.units.energy
            slope[chosen] = functions.slope(r) * self.units.force
        pull = slope[:, None] * pairs.unit
        n, forces = len(frame.kinds), np.empty((len(frame.kinds), 3))
        for axis in range(3):
            forces[:, axis] = np.bincount(pairs.i, pull[:, axis], n) - np.bincount(pairs.j, pull[:, axis], n)
        virial = -(pairs.r[:, None] * pairs.unit).T @ pull
        return Evaluation(energy, forces, virial)


def check_forces(potential: Potential, trajectory: Trajectory, frames: int = FORCE_FRAMES) -> ForceCheck:
    """Compare the forces of a potential with those recorded in a trajectory.

    Parameters
    ----------
    potential
        Any unit style.
    trajectory
        Its frames hold forces.
    frames
        At most so many, evenly spaced.

    Returns
    -------
    ForceCheck
        In force units of the trajectory's style; z is left out in two dimensions.

    Raises
    ------
    InterpotError
        A frame has no forces, or a species that the potential lacks.
    """
    return compare_forces(potential, evenly_spaced(trajectory, frames), trajectory.units)


def compare_forces(potential: Potential, frames: Sequence[Frame], units: UnitStyle) -> ForceCheck:
    """Do the same on frames at hand, in force units of a style."""
    evaluate = PairForces(potential)
    found, recorded = [], []
    for frame in frames:
        if frame.forces is None:
            raise InterpotError(f"{frame.source} frame {frame.index} holds no forces to compare with")
        found.append(evaluate(frame).forces[:, : frame.dimension].ravel())
        recorded.append(frame.forces[:, : frame.dimension].ravel())
    if not found:
        raise InterpotError("the trajectory holds no frames: expected at least one")
    f, reference = np.concatenate(found) / units.force, np.concatenate(recorded) / units.force
    difference = f - reference
    norm = np.linalg.norm(reference)
    sample = np.random.default_rng(0).permutation(len(f))[:_SAMPLE]
    return ForceCheck(
        relative_error=float(np.linalg.norm(difference) / norm) if norm else float("inf"),
        rms=float(np.sqrt(np.mean(difference**2))),
        worst=float(np.abs(difference).max()),
        frames=len(found),
        sample_reference=reference[sample],
        sample_found=f[sample],
    )


def evenly_spaced(trajectory: Trajectory, count: int) -> list[Frame]:
    """Return at most `count` evenly spaced frames, the first among them; one walk, bounded memory."""
    kept: list[Frame] = []
    stride = 1
    for index, frame in enumerate(trajectory):
        if len(kept) == 4 * count and index % stride == 0:
            kept, stride = kept[::2], 2 * stride
        if index % stride == 0:
            kept.append(frame)
    return thinned(kept, count)
