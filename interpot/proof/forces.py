"""Forces of a potential on given frames, and how far they are from those recorded there.

The energy of a wall counts from its cutoff, φ(s) - φ(cutoff), as LAMMPS has it, so that it does not jump there; that of
a field is q φ(ξ). The virial is that of the pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Protocol

import numpy as np
import sympy

from interpot.comparison import ForceCheck
from interpot.errors import InterpotError
from interpot.formula.channel_formula import ChannelFormula
from interpot.formula.codegen import R, compile_array, derivative
from interpot.formula.potential import Potential
from interpot.neighbours import PairSearch
from interpot.proof.observables.recorded import thinned
from interpot.records import Evaluation, FloatArray, Frame, Trajectory
from interpot.statistic.channels import Channel, Contributions, collectors
from interpot.units import UnitStyle

FORCE_FRAMES = 50  # enough for a force error in its third digit
_NO_END = 1e30  # Å
_INSIDE = 1 - 1e-15  # of a cutoff: the value there is the limit from inside
_SAMPLE = 4000  # components that a parity plot shows without being a blot


class PairFunctions(Protocol):
    """φ(r) and φ'(r) of one pair of species."""

    def energy(self, r: FloatArray) -> FloatArray:
        """φ(r)."""

    def slope(self, r: FloatArray) -> FloatArray:
        """φ'(r)."""


class PotentialForces:
    """Evaluates all channels of a potential, frame after frame: pairs, walls and fields, but no friction.

    Parameters
    ----------
    potential
        Any unit style; frames, forces and energies are in internal units.
    functions
        Gives the functions of a channel by two names (`names_of`), in units of the potential; those of the potential
        unless given.
    """

    def __init__(self, potential: Potential, functions: Callable[..., PairFunctions] | None = None) -> None:
        potential = potential.conservative
        kinds = {channel.kind for channel in potential.channels}
        self._pairs = PairForces(potential, functions) if "pair" in kinds else None
        self._one_body = OneBodyForces(potential, functions) if kinds - {"pair"} else None

    def __call__(self, frame: Frame) -> Evaluation:
        """Return energy, forces and virial.

        Raises
        ------
        InterpotError
            A pair of species without a formula, a frame without a wall of the potential, or a particle beyond one.
        """
        parts = [part(frame) for part in (self._pairs, self._one_body) if part is not None]
        if len(parts) == 1:
            return parts[0]
        virials = [part.virial for part in parts if part.virial is not None]
        return Evaluation(
            sum(part.energy for part in parts),
            np.sum([part.forces for part in parts], axis=0),
            np.sum(virials, axis=0),
        )


class OneBodyForces:
    """Evaluates F_i = -Σ φ'(s_i) ∇s_i and E = Σ φ(s_i) over all walls and fields, frame after frame.

    Parameters
    ----------
    potential, functions
        As `PotentialForces` takes them.
    """

    def __init__(self, potential: Potential, functions: Callable[..., PairFunctions] | None = None) -> None:
        self.units = potential.units
        channels = [c for c in potential.conservative.channels if c.kind != "pair"]
        self._collectors = [
            ([channels[k] for k in members], collect)
            for members, collect in collectors([_channel(c, self.units.length) for c in channels])
        ]
        self._functions = {
            names_of(c): _Smooth(c) if functions is None else functions(*names_of(c)) for c in channels
        }

    def __call__(self, frame: Frame) -> Evaluation:
        """Return energy and forces; the virial, which is that of pairs, is zero."""
        energy, forces = 0.0, np.zeros((len(frame.kinds), 3))
        for channel, found in self._contributions(frame):
            functions, s = self._functions[names_of(channel)], found.s / self.units.length
            each = functions.energy(s)
            if channel.kind == "wall":
                each = each - functions.energy(np.array([channel.cutoff * _INSIDE]))
            elif channel.charges:
                each = each * _charges(channel, frame)[found.i]
            energy += float(each.sum()) * self.units.energy
            forces[found.i] += (
                functions.slope(s)[:, None] * found.unit * self.units.force
            )  # each particle once
        return Evaluation(energy, forces, np.zeros((3, 3)))

    def coordinates(self, frame: Frame) -> Iterator[tuple[ChannelFormula, FloatArray]]:
        """Give each channel's coordinates, in units of the potential."""
        for channel, found in self._contributions(frame):
            yield channel, found.s / self.units.length

    def _contributions(self, frame: Frame) -> Iterator[tuple[ChannelFormula, Contributions]]:
        for channels, collect in self._collectors:
            yield from zip(channels, collect(frame), strict=True)


@dataclass(frozen=True, slots=True)
class _Smooth:
    """φ and φ' of a wall or a field as they stand; where a wall ends is not their business."""

    channel: ChannelFormula

    def energy(self, r: FloatArray) -> FloatArray:
        return self._values(self.channel.complete, r)

    def slope(self, r: FloatArray) -> FloatArray:
        return self._values(derivative(self.channel.complete, R), r)

    def _values(self, expression: sympy.Expr, r: FloatArray) -> FloatArray:
        function = compile_array(expression, (R, *(p.symbol for p in self.channel.parameters)))
        return function(r, *(p.value for p in self.channel.parameters))


def names_of(channel: ChannelFormula) -> tuple[str, str]:
    """Return the two names that tell a channel from the others: "Ne", "Xe"; "Ne", "zlo"; "Ne", "z"; "charge", "z"."""
    if channel.kind == "pair":
        return channel.species[0], channel.species[-1]
    return "charge" if channel.charges else channel.species[0], channel.site


def _channel(formula: ChannelFormula, length: float) -> Channel:
    """Return the channel of a formula in Å; a field has no end."""
    x, y, z = (length * v for v in formula.centre)
    reach = _NO_END if formula.kind == "field" else formula.cutoff * length
    return Channel(formula.kind, formula.species, reach, formula.site, formula.charges, (x, y, z))


def _charges(channel: ChannelFormula, frame: Frame) -> FloatArray:
    """Charge of each particle."""
    of = dict(zip(channel.species, channel.charges, strict=True))
    return np.array([of.get(name, 0.0) for name in frame.species])[frame.kinds]


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
        reach = max(c.cutoff for c in potential.channels if c.kind == "pair")
        self._search = PairSearch(reach * self.units.length)

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
    evaluate = PotentialForces(potential)
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
