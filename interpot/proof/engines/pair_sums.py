"""Energy, forces and virial of pair potentials in any cell, from OpenMM, which tells no virial.

Where the cell repeats, images of the particles are added around it as particles of their own, in open space, where

    W = Σ_i r_i ⊗ F_i

is the virial exactly. Of the pairs between box and images each stands there twice, so that with the sums over
everything, over the box alone and over the images alone

    E = E_box + ½ (E_all - E_box - E_images),

and alike for W; the forces on the particles of the box are those in the periodic system. A difference of energies under
scaling could not be exact: pairs cross the cutoff, where the energy jumps.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from interpot.geometry import complete_vectors, heights
from interpot.proof.engines.openmm_systems import (
    Box,
    PairSystems,
    Systems,
    check_agreement,
    context,
    in_its_words,
    openmm_box,
    values,
)
from interpot.records import Evaluation, FloatArray, Frame, IntArray

_Sums = tuple[float, FloatArray, FloatArray]  # E, F and W


def evaluate_pairs(systems: Systems, frame: Frame, reach: float, platform: str = "Reference") -> Evaluation:
    """Evaluate a frame.

    Parameters
    ----------
    systems
        A sum over pairs.
    frame
        Any cell. In a rectangular box that is wide enough, energy and forces are those of the periodic System.
    reach
        Å; the longest cutoff.
    platform
        OpenMM's name of it.
    """
    names = [frame.species[kind] for kind in frame.kinds]
    if not any(frame.cell.periodic):
        return Evaluation(*_open_sums(systems, frame.positions, names, platform))
    inside, outside, owner = _with_images(frame, reach)
    images = [names[k] for k in owner]
    box_sums = _open_sums(systems, inside, names, platform)
    image_sums = _open_sums(systems, outside, images, platform)
    sums = _open_sums(systems, np.concatenate([inside, outside]), names + images, platform)
    energy = 0.5 * (sums[0] + box_sums[0] - image_sums[0])
    virial = 0.5 * (sums[2] + box_sums[2] - image_sums[2])
    forces = sums[1][: len(names)]
    box = openmm_box(frame, systems.units) if all(frame.cell.periodic) else None
    if box is not None and not box.sheared and box.reach * systems.units.length >= reach:
        turned = frame.positions @ box.rotation / systems.units.length
        energy, forces = _measured(systems.system(names, box), turned, platform)
        energy, forces = energy * systems.units.energy, forces @ box.rotation.T * systems.units.force
    return Evaluation(energy, forces, virial)


class Evaluator:
    """Evaluates a model in double precision, frame after frame of the same particles.

    The virial is None where OpenMM's own periodic sums are used: in any box of a given System, and in rectangular ones
    of a potential.

    Parameters
    ----------
    systems
        Of the model.
    """

    def __init__(self, systems: Systems) -> None:
        self._systems = systems
        self._contexts: dict[str, Any] = {}

    def __call__(self, frame: Frame) -> Evaluation:
        """Return energy, forces and, where there is one, the virial (internal units)."""
        systems, units = self._systems, self._systems.units
        box = openmm_box(frame, units)
        sheared = box is not None and box.sheared
        if isinstance(systems, PairSystems) and sheared:
            return evaluate_pairs(systems, frame, systems.reach * units.length)
        rotation = np.eye(3) if box is None else box.rotation
        energy, forces = self._values(frame, box, rotation, "Reference")
        if sheared:
            check_agreement(forces, self._values(frame, box, rotation, "CPU")[1])
        return Evaluation(energy, forces, frame.positions.T @ forces if box is None else None)

    def _values(
        self, frame: Frame, box: Box | None, rotation: FloatArray, platform: str
    ) -> tuple[float, FloatArray]:
        units = self._systems.units
        if platform not in self._contexts:
            names = [frame.species[kind] for kind in frame.kinds]
            self._contexts[platform] = context(self._systems.system(names, box), platform)
        at_hand = self._contexts[platform]
        with in_its_words("cannot evaluate the frame"):
            if box is not None:
                at_hand.setPeriodicBoxVectors(*box.vectors)
            at_hand.setPositions(frame.positions @ rotation / units.length)
            energy, forces = values(at_hand)
        return energy * units.energy, forces @ rotation.T * units.force


def _measured(system: Any, positions: FloatArray, platform: str) -> tuple[float, FloatArray]:
    """Return energy (kJ/mol) and forces (kJ/mol/nm) at positions (nm)."""
    with in_its_words("cannot evaluate the frame"):
        fresh = context(system, platform)
        fresh.setPositions(positions)
        return values(fresh)


def _open_sums(systems: Systems, positions: FloatArray, names: Sequence[str], platform: str) -> _Sums:
    """Return energy, forces and virial in open space, in internal units."""
    if not names:
        return 0.0, np.zeros((0, 3)), np.zeros((3, 3))
    units = systems.units
    centred = positions - positions.mean(axis=0)
    energy, forces = _measured(systems.system(names, None), centred / units.length, platform)
    forces = forces * units.force
    return energy * units.energy, forces, centred.T @ forces


def _with_images(frame: Frame, reach: float) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return the particles in the cell, their images closer than `reach` to it, and whose images these are."""
    vectors, periodic = complete_vectors(frame.cell), np.array(frame.cell.periodic)
    places = (frame.positions - frame.cell.origin) @ np.linalg.inv(vectors)
    places -= np.floor(places) * periodic
    margin = reach / heights(vectors) * (1 + 1e-12)
    turns = [
        range(-int(np.ceil(m)), int(np.ceil(m)) + 1) if p else (0,)
        for m, p in zip(margin, periodic, strict=True)
    ]
    shifted, owner = list[FloatArray](), list[IntArray]()
    for shift in product(*turns):
        if any(shift):
            there = places + np.array(shift)
            near = (~periodic | ((there > -margin) & (there < 1 + margin))).all(axis=1)
            shifted.append(there[near])
            owner.append(np.flatnonzero(near))
    return places @ vectors, np.concatenate(shifted) @ vectors, np.concatenate(owner)
